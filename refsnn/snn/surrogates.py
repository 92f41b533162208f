r"""Surrogates: smooth steps that stand for the spike where a derivative is asked for.

A spike is a step function of the potential, $s = [x \ge 0]$ with $x = u - \theta$: its derivative
is 0 everywhere but at 0, where there is none. A surrogate is a smooth step $g(x)$; on the way back
its slope $h = dg/dx$ is put in the place of that derivative. In every family $g(x) = G(x / \alpha)$
(alpha is a width) or $g(x) = G(\alpha x)$ (alpha is a sharpness), so that $dg/d\alpha = \mp x h(x)
/ \alpha$ needs no formula of its own.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from refsnn import validate
from refsnn.kernels import bptt as kernels


@dataclass(frozen=True)
class Surrogate:
    """Base of the six families.

    Parameters
    ----------
    alpha : float
        Above 0; a width or a sharpness, as the family says. Compare families at equal h(0), not at
        equal alpha: `width_at`.
    learn_alpha : bool
        Whether a layer trains its own alpha, from this value on. The width (alpha, or 1 / alpha) is
        then floor + softplus(p), p trained without weight decay: an alpha that is trained itself
        may fall to where no neuron is inside its window, and a rectangle has no way back from
        there.
    floor : float
        Least width of a learned alpha, at least 0, in the unit of the potential.

    Notes
    -----
    Source: Wang et al. 2025 for a learned alpha; the update through dg/dalpha, one alpha a layer
    and the floor are our reconstruction. Chapter 08.
    """

    alpha: float
    learn_alpha: bool = False
    floor: float = 0.1
    family: ClassVar[int]  # of `kernels.bptt.SPIKES` and `SLOPES`
    is_width: ClassVar[bool]

    def __post_init__(self) -> None:
        validate.number("alpha", self.alpha, above=0)
        validate.number("floor", self.floor, low=0)
        if self.learn_alpha and not self.width > self.floor:
            what = "alpha" if self.is_width else "1 / alpha"
            raise ValueError(
                f"{what} must be above the floor {self.floor:g} to be learned, not {self.width:g}."
            )

    @property
    def width(self) -> float:
        """alpha where it is a width, else 1 / alpha: what a learned alpha keeps above the floor."""
        return self.alpha if self.is_width else 1 / self.alpha

    @property
    def window(self) -> float:
        """Half-width 1 / (2 h(0)) of the rectangle of equal height and area: who is inside learns
        much (our choice).
        """
        return self.width / (2 * kernels.SLOPES[self.family](0.0))

    @classmethod
    def width_at(cls, h0: float) -> float:
        """The alpha whose slope at the threshold is `h0`, above 0."""
        ratio = validate.number("h0", h0, above=0) / kernels.SLOPES[cls.family](0.0)  # 1 / width
        return 1 / ratio if cls.is_width else ratio

    def g(self, x: np.ndarray) -> np.ndarray:
        """The smooth step at the distances `x` from the threshold; float64, of the shape of x."""
        x = validate.real("x", x)
        out = np.empty(x.size)
        kernels.smooth_spikes(self.family, 1 / self.width, x.reshape(-1), out)
        return out.reshape(x.shape)[()]

    def h(self, x: np.ndarray) -> np.ndarray:
        """Its slope dg/dx, a density: the integral is 1."""
        x = validate.real("x", x)
        out = np.empty(x.size)
        kernels.slopes(self.family, 1 / self.width, x.reshape(-1), np.zeros(x.size), out)
        return out.reshape(x.shape)[()]

    def dalpha(self, x: np.ndarray) -> np.ndarray:
        """dg/dalpha = -x h(x) / alpha for a width, +x h(x) / alpha for a sharpness."""
        sign = -1 if self.is_width else 1
        return sign * np.asarray(x) * self.h(x) / self.alpha  # eq. scale-family

    def start(self) -> float:
        """The trained p of a learned alpha at its initial value."""
        return math.log(math.expm1(self.width - self.floor))

    def at(self, p: float | np.ndarray) -> "Surrogate":
        """The surrogate of a trained p, with the alpha that belongs to it fixed."""
        width = self.floor + float(np.logaddexp(0, p))  # eq. softplus-width
        return type(self)(width if self.is_width else 1 / width, floor=self.floor)

    def width_gradient(self, p: float | np.ndarray, total: float) -> float:
        """The loss's gradient in the trained p, where this is the surrogate `at` p and `total` the
        sum over steps, images and neurons of delta^s x h(x).
        """
        dwidth = -total / self.width  # dg/dwidth = -x h(x) / width, eq. psg
        slope = 1 / (1 + np.exp(-float(p)))  # of softplus: dwidth/dp
        return dwidth * slope


@dataclass(frozen=True)
class Rectangular(Surrogate):
    """g = clip(x / (2 alpha) + 1/2, 0, 1);  h = [|x| < alpha] / (2 alpha): alpha is half the
    window's width.
    """

    alpha: float = 0.5
    family = 0
    is_width = True


@dataclass(frozen=True)
class Triangular(Surrogate):
    """g = 1/2 + x / alpha - sign(x) x^2 / (2 alpha^2) on |x| < alpha;  h = max(0, alpha - |x|) /
    alpha^2.
    """

    alpha: float = 1.0
    family = 1
    is_width = True


@dataclass(frozen=True)
class Sigmoid(Surrogate):
    """g = s = 1 / (1 + exp(-alpha x));  h = alpha s (1 - s)."""

    alpha: float = 4.0
    family = 2
    is_width = False


@dataclass(frozen=True)
class Arctan(Surrogate):
    """g = arctan(pi alpha x / 2) / pi + 1/2;  h = (alpha / 2) / (1 + (pi alpha x / 2)^2)."""

    alpha: float = 2.0
    family = 3
    is_width = False


@dataclass(frozen=True)
class FastSigmoid(Surrogate):
    """g = 1/2 + alpha x / (2 (1 + alpha |x|));  h = (alpha / 2) / (1 + alpha |x|)^2."""

    alpha: float = 2.0
    family = 4
    is_width = False


@dataclass(frozen=True)
class Gaussian(Surrogate):
    """g = Phi(x / alpha);  h = exp(-x^2 / (2 alpha^2)) / (alpha sqrt(2 pi))."""

    alpha: float = 1 / math.sqrt(2 * math.pi)
    family = 5
    is_width = True
