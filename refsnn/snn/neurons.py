"""Integrate-and-fire neurons, with and without leak."""

from typing import NamedTuple

import numpy as np

from refsnn import validate
from refsnn.kernels import bptt
from refsnn.kernels import neuron as kernels
from refsnn.nn.layer import Layer, Run
from refsnn.snn.penalties import Penalty, PotentialLoss
from refsnn.snn.surrogates import Surrogate

FLOOR = 1e-3  # a learned threshold stays this far above 0 and above v_reset: our choice


class Scan(NamedTuple):
    """What neurons of a `shape` remember of a call: potentials before the reset and spikes, (T, n,
    F), the surrogate, and in training what their penalty adds to the loss, with its gradients.
    """

    u: np.ndarray
    s: np.ndarray
    surrogate: Surrogate
    shape: tuple
    penalty: PotentialLoss | None


def _potential(name, value):
    """Potentials as float32, in which large ones become infinite and tiny ones 0."""
    with np.errstate(over="ignore", under="ignore"):
        return validate.real(name, value).astype(np.float32)


class LIF(Layer):
    """Leaky integrate-and-fire neurons, at most one spike of value 1 a step:

        u = beta v + I;   s = [u >= v_threshold];   v = u - v_threshold s  or, reset "zero",
        v_reset where it fired.

    They fire at the threshold, not only above it (snnTorch fires above): this makes the
    quantised-activation identity exact. Resetting to zero throws u - v_threshold away at every
    spike.

    Parameters
    ----------
    beta : float
        What is left of the potential after one step, in [0, 1]; 1 is no leak.
    v_threshold : float, or array that broadcasts against one image's features
        Above 0, in the units of the input current.
    v_init : float or array, likewise
        Potential before the first step.
    reset : "subtract" or "zero"
        Also called soft and hard reset.
    v_reset : float
        Potential after a spike with reset "zero"; below the threshold.
    surrogate : snn.Rectangular(...) or another family, or None
        What stands for the derivative of a spike, so that the layer can be trained; None for
        converted networks.
    detach_reset : bool
        Whether the gradient takes the spikes in the reset as constants instead of following them.
    learn_beta, learn_threshold : bool
        Whether these are trained, without weight decay; beta is kept in [0, 1], the threshold 0.001
        above 0 and above v_reset.
    penalty : snn.PotentialDistribution(...) or another, or None
        What training adds to the loss for the potentials u of all steps.

    Notes
    -----
    Source: chapter 02, reset by subtraction as in Rueckauer et al. 2017; chapter 08 for the
    gradient.
    """

    spiking = True
    undecayed = ("width_parameter", "v_threshold", "beta")

    def __init__(
        self,
        beta,
        *,
        v_threshold=1.0,
        v_init=0.0,
        reset="subtract",
        v_reset=0.0,
        surrogate=None,
        detach_reset=False,
        learn_threshold=False,
        learn_beta=False,
        penalty=None,
    ):
        self.beta = validate.number("beta", beta, low=0, high=1)
        self.v_threshold = _potential("v_threshold", v_threshold)
        self.v_init = _potential("v_init", v_init)
        self.reset = validate.one_of("reset", reset, ("subtract", "zero"))
        self.v_reset = validate.number("v_reset", v_reset)
        if not (np.isfinite(self.v_threshold).all() and (self.v_threshold > 0).all()):
            raise ValueError(
                f"v_threshold must be above 0 and finite, not {validate.short_repr(v_threshold)}."
            )
        if not np.isfinite(self.v_init).all():
            raise ValueError(f"v_init must be finite, not {validate.short_repr(v_init)}.")
        if not (self.v_reset < self.v_threshold).all():
            raise ValueError(f"v_reset must lie below v_threshold, not at {self.v_reset:g}.")
        if surrogate is not None and not isinstance(surrogate, Surrogate):
            raise TypeError(
                f"surrogate must be one such as snn.Rectangular(), or None, not "
                f"{validate.short_repr(surrogate)}."
            )
        if penalty is not None and not isinstance(penalty, Penalty):
            raise TypeError(
                f"penalty must be one such as snn.PotentialDistribution(), or None, not "
                f"{validate.short_repr(penalty)}."
            )
        if surrogate is None and (
            detach_reset or learn_threshold or learn_beta or penalty is not None
        ):
            raise ValueError(
                "surrogate must be given, such as snn.Rectangular(), where a reset is detached, a "
                "threshold or beta is learned, or there is a penalty."
            )
        self.surrogate, self.detach_reset, self.penalty = surrogate, bool(detach_reset), penalty
        self.learn_threshold, self.learn_beta = bool(learn_threshold), bool(learn_beta)
        self.width_parameter = None
        if surrogate is not None and surrogate.learn_alpha:
            self.width_parameter = np.array(surrogate.start(), np.float32)
        if self.learn_beta:
            self.beta = np.array(self.beta, np.float32)

    @property
    def parameter_names(self):
        """What is trained; `width_parameter` is the p of a learned alpha."""
        learned = {
            "width_parameter": self.width_parameter is not None,
            "v_threshold": self.learn_threshold,
            "beta": self.learn_beta,
        }
        return tuple(name for name, chosen in learned.items() if chosen)

    @property
    def trainable(self):
        """Whether there is a surrogate."""
        return self.surrogate is not None

    @property
    def penalised(self):
        """Whether training adds a penalty to the loss: one of weight 0 is only reported."""
        return self.penalty is not None and self.penalty.weight > 0

    @property
    def alpha(self):
        """The surrogate's alpha as it is now, or None."""
        return self.surrogate and self._surrogate_now().alpha

    def _surrogate_now(self):
        return (
            self.surrogate
            if self.width_parameter is None
            else self.surrogate.at(self.width_parameter)
        )

    def project(self):
        if self.learn_threshold:
            np.maximum(self.v_threshold, max(0.0, self.v_reset) + FLOOR, out=self.v_threshold)
        if self.learn_beta:
            np.clip(self.beta, 0, 1, out=self.beta)

    def config(self):
        return {
            "beta": float(str(self.beta)),
            "v_threshold": self.v_threshold.tolist(),
            "v_init": self.v_init.tolist(),
            "reset": self.reset,
            "v_reset": self.v_reset,
            "surrogate": self.surrogate,
            "detach_reset": self.detach_reset,
            "learn_threshold": self.learn_threshold,
            "learn_beta": self.learn_beta,
            "penalty": self.penalty,
        }

    def output_shape(self, shape):
        for name in ("v_threshold", "v_init"):
            own = getattr(self, name).shape
            fits = (mine in (1, side) for mine, side in zip(own[::-1], shape[::-1], strict=False))
            if len(own) > len(shape) or not all(fits):
                raise ValueError(
                    f"{name} has shape {own}, which does not fit neurons of shape {shape}."
                )
        return shape

    def initial(self, n, shape):
        """The potentials `(n, *shape)` before the first step."""
        return np.array(np.broadcast_to(self.v_init, (n, *shape)), np.float32, order="C")

    def scan(self, current, v, T=None):
        """Run through time: the spikes `(T, n, ...)` and the potentials after the last reset `(n,
        ...)`, float32.

        Parameters
        ----------
        current : array (T, n, ...) of float32
            Input of every step; with one step and `T` given, a constant input.
        v : array (n, ...) of float32
            Potentials before the first step; not changed.
        T : int or None
            Number of steps; default: as many as `current` has.
        """
        spikes, v, _ = self.count_scan(current, v, T)
        return spikes, v

    def count_scan(self, current, v, T=None, pool=None):
        """As `scan`, and the number of spikes of each step and image `(T, n)`.

        With `pool`, spikes are averaged at once over blocks of pixels, as by `nn.AvgPool2d(pool)`.
        """
        current, v = np.asarray(current), np.asarray(v)
        if current.ndim < 2 or v.shape != current.shape[1:]:
            raise ValueError(
                "current must have shape (T, n, ...) and v the shape (n, ...), not "
                f"{current.shape} and {v.shape}."
            )
        steps, n, *shape = current.shape
        T = steps if T is None else validate.integer("T", T)
        if steps not in (1, T):
            raise ValueError(f"current must have 1 or {T} steps, not {steps}.")
        self.output_shape(tuple(shape))
        current, v = np.ascontiguousarray(current, np.float32), np.array(v, np.float32, order="C")
        v_threshold, counts = (
            np.array(np.broadcast_to(self.v_threshold, shape), np.float32),
            np.empty((T, n), np.int32),
        )
        numbers = np.float32(self.beta), np.float32(self.v_reset), self.reset == "subtract"
        if pool is None:
            spikes = np.empty((T, n, *shape), np.float32)
            kernels.scan(
                current.reshape(steps, n, -1),
                v.reshape(n, -1),
                v_threshold.reshape(-1),
                *numbers,
                counts,
                spikes.reshape(T, n, -1),
            )
        else:
            height, width, channels = shape
            spikes = np.empty((T, n, height // pool, width // pool, channels), np.float32)
            kernels.scan_pooled(
                current.reshape(steps, n, height, -1),
                v.reshape(n, height, -1),
                v_threshold.reshape(height, -1),
                *numbers,
                np.float32(1 / pool**2),
                counts,
                spikes,
            )
        return spikes, v, counts

    def trace(self, current, v):
        """As `scan`, but with the potentials after every step `(T, n, ...)`."""
        spikes, v_seq = np.empty_like(current), np.empty_like(current)
        for t in range(len(current)):
            (spikes[t],), v = self.scan(current[t : t + 1], v)
            v_seq[t] = v
        return spikes, v_seq

    def _numbers(self, shape, dtype):
        """Initial potentials, thresholds (F,) and numbers as the kernels take them."""
        v_init, v_threshold = (
            np.array(np.broadcast_to(array, shape), dtype).reshape(-1)
            for array in (self.v_init, self.v_threshold)
        )
        return v_init, (
            v_threshold,
            dtype.type(self.beta),
            dtype.type(self.v_reset),
            self.reset == "subtract",
        )

    def forward(self, x, run=Run()):
        current = x.reshape(run.T, -1, *x.shape[1:])
        if self.surrogate is None:
            spikes, _ = self.scan(current, self.initial(current.shape[1], x.shape[1:]))
            return spikes.reshape(x.shape), None
        current = np.ascontiguousarray(current).reshape(*current.shape[:2], -1)  # (T, n, F)
        v_init, numbers = self._numbers(x.shape[1:], x.dtype)
        v, surrogate = np.array(np.broadcast_to(v_init, current.shape[1:])), self._surrogate_now()
        if run.smooth:
            u, s = bptt.smooth_scan(current, v, *numbers, lambda x: surrogate.g(x).astype(x.dtype))
        else:
            u, s = np.empty_like(current), np.empty_like(current)
            kernels.scan_potentials(current, v, *numbers, u, s)
        penalty = None
        if self.penalty is not None and run.train:
            penalty = self._penalised(u, x.shape[1:]).scaled(self.penalty.weight * run.share)
        return s.reshape(x.shape), Scan(u, s, surrogate, x.shape[1:], penalty)

    def _penalised(self, u, shape):
        return self.penalty.loss(u.reshape(*u.shape[:2], *shape), self.v_threshold)

    def own_loss(self, cache):
        return 0.0 if cache is None or cache.penalty is None else cache.penalty.value

    def backward(self, cache, dy):
        if cache is None:
            raise TypeError(
                f"{self} has no gradient: give it a surrogate such as snn.Rectangular() or train "
                "the artificial network and convert it."
            )
        u, s, surrogate, shape, penalty = cache
        du, sums = np.empty_like(u), np.zeros((3, u.shape[2]))
        direct = np.empty((0, 0, 0), u.dtype) if penalty is None else penalty.du.reshape(u.shape)
        v_init, numbers = self._numbers(shape, u.dtype)
        bptt.backward(
            np.ascontiguousarray(dy).reshape(u.shape),
            direct,
            u,
            s,
            v_init,
            *numbers,
            not self.detach_reset,
            surrogate.family,
            1 / surrogate.width,
            bool(self.parameter_names),
            du,
            sums,
        )  # eq. bptt
        gradients = {}
        if (
            self.width_parameter is not None
        ):  # dg/dwidth = -x h(x) / width;  dwidth/dp, the slope of softplus
            slope = 1 / (1 + np.exp(-float(self.width_parameter)))
            gradients["width_parameter"] = np.array(
                -sums[2].sum() / surrogate.width * slope, u.dtype
            )
        if self.learn_threshold:
            direct = 0 if penalty is None else penalty.dthreshold.sum(axis=(0, 1), dtype=np.float64)
            gradients["v_threshold"] = _summed_to(
                sums[0].reshape(shape) + direct, self.v_threshold.shape, u.dtype
            )
        if self.learn_beta:
            gradients["beta"] = np.array(sums[1].sum(), u.dtype)
        return du.reshape(dy.shape), gradients


def _summed_to(array, shape, dtype):
    """Sum over the axes along which `shape` was broadcast to the array's."""
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    stretched = tuple(axis for axis, side in enumerate(shape) if side == 1)
    return array.sum(axis=stretched, keepdims=True).astype(dtype).reshape(shape)


class IF(LIF):
    """Integrate-and-fire neurons without leak: `LIF` with beta = 1, and what a rectifier is
    converted to.

    With reset by subtraction, spikes count charge: v_T = V_T - v_threshold N_T, V_T the free
    potential (chapter 02).
    """

    def __init__(
        self,
        *,
        v_threshold=1.0,
        v_init=0.0,
        reset="subtract",
        v_reset=0.0,
        surrogate=None,
        detach_reset=False,
        learn_threshold=False,
        penalty=None,
    ):
        super().__init__(
            1.0,
            v_threshold=v_threshold,
            v_init=v_init,
            reset=reset,
            v_reset=v_reset,
            surrogate=surrogate,
            detach_reset=detach_reset,
            learn_threshold=learn_threshold,
            penalty=penalty,
        )

    def config(self):
        return {
            name: value
            for name, value in super().config().items()
            if name not in ("beta", "learn_beta")
        }
