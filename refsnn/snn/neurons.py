"""Integrate-and-fire neurons, with and without leak.

One time step of one neuron is `kernels.neuron.step`: integrate, fire, reset. Here is a layer of
them: its settings, its run through time, and the way back for training.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from refsnn import validate
from refsnn.kernels import bptt
from refsnn.kernels import neuron as kernels
from refsnn.nn.layer import Array, Layer, Run, Shape
from refsnn.snn.penalties import Penalty, PotentialLoss
from refsnn.snn.surrogates import Surrogate

LEAST_DISTANCE = 1e-3  # of a learned threshold from 0 and from v_reset: our choice


class Potentials(NamedTuple):
    """What neurons of a `shape` remember of a call: potentials before the reset and spikes, (T, n,
    F), the surrogate, and in training what their penalty adds to the loss, with its gradients.
    """

    u: Array
    s: Array
    surrogate: Surrogate
    shape: Shape
    penalty: PotentialLoss | None

    @property
    def own_loss(self) -> float:
        """What the penalty adds to the loss; `LIF.backward` adds its gradient."""
        return 0.0 if self.penalty is None else self.penalty.value


class LIF(Layer):
    """Leaky integrate-and-fire neurons, at most one spike of value 1 per step:

        u = beta v + I;   s = [u >= v_threshold];
        v = u - v_threshold s  or, with reset "zero", v_reset where it fired.

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

    Attributes
    ----------
    width_parameter : array () of float32, or None
        The trained p of a surrogate whose alpha is learned.

    Notes
    -----
    Source: chapter 02, reset by subtraction as in Rueckauer et al. 2017; chapter 08 for the
    gradient.
    """

    spiking = True
    undecayed = ("width_parameter", "v_threshold", "beta")

    def __init__(
        self,
        beta: float,
        *,
        v_threshold: float | Array = 1.0,
        v_init: float | Array = 0.0,
        reset: str = "subtract",
        v_reset: float = 0.0,
        surrogate: Surrogate | None = None,
        detach_reset: bool = False,
        learn_threshold: bool = False,
        learn_beta: bool = False,
        penalty: Penalty | None = None,
    ) -> None:
        # The dynamics.
        beta = validate.number("beta", beta, low=0, high=1)
        self.beta: Any = np.array(beta, np.float32) if learn_beta else beta
        self.v_threshold = _potential("v_threshold", v_threshold)
        self.v_init = _potential("v_init", v_init)
        self.reset = validate.one_of("reset", reset, ("subtract", "zero"))
        self.v_reset = validate.number("v_reset", v_reset)
        if not (self.v_threshold > 0).all():
            raise ValueError(
                f"v_threshold must be above 0 and finite, not {validate.short_repr(v_threshold)}."
            )
        if not (self.v_reset < self.v_threshold).all():
            raise ValueError(f"v_reset must lie below v_threshold, not at {self.v_reset:g}.")

        # What training needs, and what it changes.
        self.surrogate = _setting("surrogate", surrogate, Surrogate, "snn.Rectangular()")
        self.penalty = _setting("penalty", penalty, Penalty, "snn.PotentialDistribution()")
        self.detach_reset = bool(detach_reset)
        self.learn_threshold = bool(learn_threshold)
        self.learn_beta = bool(learn_beta)
        trained = detach_reset or learn_threshold or learn_beta or penalty is not None
        if surrogate is None and trained:
            raise ValueError(
                "surrogate must be given, such as snn.Rectangular(), where a reset is detached, a "
                "threshold or beta is learned, or there is a penalty."
            )
        self.width_parameter = None
        if surrogate is not None and surrogate.learn_alpha:
            self.width_parameter = np.array(surrogate.start(), np.float32)

    def scan(
        self, current: Array, v: Array | None = None, T: int | None = None
    ) -> tuple[Array, Array]:
        """Run through time: the spikes `(T, n, ...)` and the potentials after the last reset `(n,
        ...)`, float32.

        Parameters
        ----------
        current : array (T, n, ...) of float32
            Input of every step; with one step and `T` given, a constant input.
        v : array (n, ...) of float32 or None
            Potentials before the first step; not changed. Default: `initial`.
        T : int or None
            Number of steps; default: as many as `current` has.
        """
        current = np.asarray(current)
        v = v if v is None else np.asarray(v)
        if current.ndim < 2 or (v is not None and v.shape != current.shape[1:]):
            raise ValueError(
                "current must have shape (T, n, ...) and v the shape (n, ...), not "
                f"{current.shape} and {getattr(v, 'shape', None)}."
            )
        steps = len(current)
        T = steps if T is None else validate.integer("T", T)
        if steps not in (1, T):
            raise ValueError(f"current must have 1 or {T} steps, not {steps}.")
        shape = self.output_shape(current.shape[2:])
        v = self.initial(current.shape[1], shape) if v is None else v
        spikes, v, _ = counted_scan(self, current, v, T)
        return spikes, v

    def trace(self, current: Array, v: Array) -> tuple[Array, Array]:
        """As `scan`, but with the potentials after every step `(T, n, ...)`."""
        spikes = np.empty_like(current)
        v_seq = np.empty_like(current)
        for t in range(len(current)):
            (spikes[t],), v = self.scan(current[t : t + 1], v)
            v_seq[t] = v
        return spikes, v_seq

    def initial(self, n: int, shape: Shape) -> Array:
        """The potentials `(n, *shape)` before the first step."""
        return np.array(np.broadcast_to(self.v_init, (n, *shape)), np.float32, order="C")

    def output_shape(self, shape: Shape) -> Shape:
        """The same shape, against which thresholds and initial potentials must broadcast."""
        for name in ("v_threshold", "v_init"):
            own = getattr(self, name).shape
            pairs = zip(own[::-1], shape[::-1], strict=False)
            if len(own) > len(shape) or any(mine not in (1, side) for mine, side in pairs):
                raise ValueError(
                    f"{name} has shape {own}, which does not fit neurons of shape {shape}."
                )
        return shape

    def constants(self, shape: Shape, dtype: Any) -> tuple[Array, Any, Any, bool]:
        """What the kernels take of neurons of a shape: thresholds (F,), beta, v_reset, and whether
        a spike subtracts.
        """
        kind = np.dtype(dtype).type
        v_threshold = _flat(self.v_threshold, shape, dtype)
        return v_threshold, kind(self.beta), kind(self.v_reset), self.reset == "subtract"

    # --- Training ---

    @property
    def trainable(self) -> bool:  # type: ignore[override]
        """Whether there is a surrogate."""
        return self.surrogate is not None

    @property
    def penalised(self) -> bool:  # type: ignore[override]
        """Whether training adds a penalty to the loss: one of weight 0 is only looked at."""
        return self.penalty is not None and self.penalty.weight > 0

    @property
    def parameter_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """What is trained; `width_parameter` is the p of a learned alpha."""
        learned = {
            "width_parameter": self.width_parameter is not None,
            "v_threshold": self.learn_threshold,
            "beta": self.learn_beta,
        }
        return tuple(name for name in learned if learned[name])

    @property
    def alpha(self) -> float | None:
        """The surrogate's alpha as it is now, or None."""
        return None if self.surrogate is None else self.surrogate_now().alpha

    def surrogate_now(self) -> Surrogate:
        """The surrogate with the alpha that training has brought it to."""
        learned = self.width_parameter
        return self.surrogate if learned is None else self.surrogate.at(learned)

    def project(self) -> None:
        """Keep a learned threshold above 0 and v_reset, and a learned beta in [0, 1]."""
        if self.learn_threshold:
            least = max(0.0, self.v_reset) + LEAST_DISTANCE
            np.maximum(self.v_threshold, least, out=self.v_threshold)
        if self.learn_beta:
            self.beta[...] = np.clip(self.beta, 0, 1)

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, Potentials | None]:
        """Spikes (T * n, ...) for the currents `x` (T * n, ...); there is a cache if there is a
        surrogate.
        """
        shape = x.shape[1:]
        current = np.ascontiguousarray(x).reshape(run.T, -1, *shape)
        if self.surrogate is None:
            spikes, _ = self.scan(current)
            return spikes.reshape(x.shape), None

        # The run through time, which remembers u and s.
        current = current.reshape(*current.shape[:2], -1)  # (T, n, F)
        v = np.array(np.broadcast_to(_flat(self.v_init, shape, x.dtype), current.shape[1:]))
        constants = self.constants(shape, x.dtype)
        surrogate = self.surrogate_now()
        if run.smooth:
            fire = partial(_smooth_step, surrogate)
            u, s = bptt.smooth_scan(current, v, *constants, fire)
        else:
            u = np.empty_like(current)
            s = np.empty_like(current)
            kernels.scan_potentials(current, v, *constants, u, s)  # eq. neuron

        # What the potentials add to the loss.
        penalty = None
        if self.penalty is not None and run.train:
            potentials = u.reshape(*u.shape[:2], *shape)
            penalty = self.penalty.weighted(potentials, self.v_threshold, run.share)
        return s.reshape(x.shape), Potentials(u, s, surrogate, shape, penalty)

    def backward(self, cache: Potentials | None, dy: Array) -> tuple[Array, dict]:
        """Gradients in the currents (T * n, ...) and in what is learned."""
        if cache is None:
            raise TypeError(
                f"{self} has no gradient: give it a surrogate such as snn.Rectangular() or train "
                "the artificial network and convert it."
            )
        u, s, surrogate, shape, penalty = cache
        direct = np.empty((0, 0, 0), u.dtype) if penalty is None else penalty.du.reshape(u.shape)
        du = np.empty_like(u)
        sums = np.zeros((3, u.shape[2]))
        bptt.backward(  # eq. bptt
            np.ascontiguousarray(dy).reshape(u.shape),
            direct,
            u,
            s,
            _flat(self.v_init, shape, u.dtype),
            *self.constants(shape, u.dtype),
            not self.detach_reset,
            surrogate.family,
            1 / surrogate.width,
            bool(self.parameter_names),
            du,
            sums,
        )
        return du.reshape(dy.shape), _parameter_gradients(self, cache, sums)


def counted_scan(neurons: LIF, current: Array, v: Array, T: int) -> tuple[Array, Array, Array]:
    """`LIF.scan` of checked arrays, and the number of spikes of each step and image `(T, n)`."""
    steps, n = current.shape[:2]
    shape = current.shape[2:]
    current = np.ascontiguousarray(current, np.float32)
    v = np.array(v, np.float32, order="C")
    spikes = np.empty((T, n, *shape), np.float32)
    counts = np.empty((T, n), np.int32)
    kernels.scan(
        current.reshape(steps, n, -1),
        v.reshape(n, -1),
        *neurons.constants(shape, np.float32),
        counts,
        spikes.reshape(T, n, -1),
    )
    return spikes, v, counts


def _potential(name, value):
    """Finite potentials as float32, in which tiny ones become 0."""
    with np.errstate(over="ignore", under="ignore"):
        potential = validate.real(name, value).astype(np.float32)
    if not np.isfinite(potential).all():
        raise ValueError(f"{name} must be finite in float32, not {validate.short_repr(value)}.")
    return potential


def _setting(name, value, kind, example):
    """A setting of the right kind, or None."""
    if value is not None and not isinstance(value, kind):
        raise TypeError(
            f"{name} must be one such as {example}, or None, not {validate.short_repr(value)}."
        )
    return value


def _flat(array, shape, dtype):
    """One number for each neuron of a shape: (F,), writeable."""
    return np.array(np.broadcast_to(array, shape), dtype).reshape(-1)


def _smooth_step(surrogate, x):
    """The surrogate's smooth step in the dtype of x."""
    return surrogate.g(x).astype(x.dtype)


def _parameter_gradients(neurons, cache, sums):
    """Gradients in what neurons learn, from the sums (3, F) of `kernels.bptt.backward`."""
    dtype = cache.u.dtype
    gradients = {}
    if neurons.width_parameter is not None:
        gradient = cache.surrogate.width_gradient(neurons.width_parameter, sums[2].sum())
        gradients["width_parameter"] = np.array(gradient, dtype)
    if neurons.learn_threshold:
        total = sums[0].reshape(cache.shape)
        if cache.penalty is not None:
            total = total + cache.penalty.dthreshold.sum(axis=(0, 1), dtype=np.float64)
        gradients["v_threshold"] = _summed_to(total, neurons.v_threshold.shape, dtype)
    if neurons.learn_beta:
        gradients["beta"] = np.array(sums[1].sum(), dtype)
    return gradients


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
        v_threshold: float | Array = 1.0,
        v_init: float | Array = 0.0,
        reset: str = "subtract",
        v_reset: float = 0.0,
        surrogate: Surrogate | None = None,
        detach_reset: bool = False,
        learn_threshold: bool = False,
        penalty: Penalty | None = None,
    ) -> None:
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
