"""Integrate-and-fire neurons, with and without leak."""
import numpy as np

from refsnn import validate
from refsnn.kernels import neuron as kernels
from refsnn.nn.layer import Layer, Run


def _potential(name, value):
    """Potentials as float32, in which large ones become infinite and tiny ones 0."""
    with np.errstate(over="ignore", under="ignore"):
        return validate.real(name, value).astype(np.float32)


class LIF(Layer):
    """Leaky integrate-and-fire neurons, at most one spike of value 1 a step:

        u = beta v + I;   s = [u >= v_threshold];   v = u - v_threshold s  or, reset "zero",  v_reset where it fired.

    They fire at the threshold, not only above it (snnTorch fires above): this makes the quantised-activation identity
    exact. Resetting to zero throws u - v_threshold away at every spike.

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

    Notes
    -----
    Source: chapter 02; reset by subtraction as in Rueckauer et al. 2017.
    """

    def __init__(self, beta, *, v_threshold=1.0, v_init=0.0, reset="subtract", v_reset=0.0):
        self.beta = validate.number("beta", beta, low=0, high=1)
        self.v_threshold = _potential("v_threshold", v_threshold)
        self.v_init = _potential("v_init", v_init)
        self.reset = validate.choice("reset", reset, ("subtract", "zero"))
        self.v_reset = validate.number("v_reset", v_reset)
        if not (np.isfinite(self.v_threshold).all() and (self.v_threshold > 0).all()):
            raise ValueError(f"v_threshold must be above 0 and finite, not {validate.shown(v_threshold)}.")
        if not np.isfinite(self.v_init).all():
            raise ValueError(f"v_init must be finite, not {validate.shown(v_init)}.")
        if not (self.v_reset < self.v_threshold).all():
            raise ValueError(f"v_reset must lie below v_threshold, not at {self.v_reset:g}.")

    def config(self):
        return {"beta": self.beta, "v_threshold": self.v_threshold.tolist(), "v_init": self.v_init.tolist(),
                "reset": self.reset, "v_reset": self.v_reset}

    def output_shape(self, shape):
        for name in ("v_threshold", "v_init"):
            own = getattr(self, name).shape
            fits = (mine in (1, side) for mine, side in zip(own[::-1], shape[::-1], strict=False))
            if len(own) > len(shape) or not all(fits):
                raise ValueError(f"{name} has shape {own}, which does not fit neurons of shape {shape}.")
        return shape

    def initial(self, n, shape):
        """The potentials `(n, *shape)` before the first step."""
        return np.array(np.broadcast_to(self.v_init, (n, *shape)), np.float32, order="C")

    def scan(self, current, v, T=None):
        """Run through time: the spikes `(T, n, ...)` and the potentials after the last reset `(n, ...)`, float32.

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

    def count_scan(self, current, v, T=None):
        """As `scan`, and the number of spikes of each step and image `(T, n)`."""
        current, v = np.asarray(current), np.asarray(v)
        if current.ndim < 2 or v.shape != current.shape[1:]:
            raise ValueError("current must have shape (T, n, ...) and v the shape (n, ...), not "
                             f"{current.shape} and {v.shape}.")
        steps, n, *shape = current.shape
        T = steps if T is None else validate.whole("T", T)
        if steps not in (1, T):
            raise ValueError(f"current must have 1 or {T} steps, not {steps}.")
        self.output_shape(tuple(shape))
        current, v = np.ascontiguousarray(current, np.float32), np.array(v, np.float32, order="C")
        v_threshold = np.array(np.broadcast_to(self.v_threshold, shape), np.float32).reshape(-1)
        spikes, counts = np.empty((T, n, *shape), np.float32), np.empty((T, n), np.int32)
        kernels.scan(current.reshape(steps, n, -1), v.reshape(n, -1), v_threshold, np.float32(self.beta),
                     np.float32(self.v_reset), self.reset == "subtract", counts, spikes.reshape(T, n, -1))
        return spikes, v, counts

    def trace(self, current, v):
        """As `scan`, but with the potentials after every step `(T, n, ...)`."""
        spikes, v_seq = np.empty_like(current), np.empty_like(current)
        for t in range(len(current)):
            (spikes[t],), v = self.scan(current[t:t + 1], v)
            v_seq[t] = v
        return spikes, v_seq

    def forward(self, x, run=Run()):
        current = x.reshape(run.T, -1, *x.shape[1:])
        spikes, _ = self.scan(current, self.initial(current.shape[1], x.shape[1:]))
        return spikes.reshape(x.shape), None


class IF(LIF):
    """Integrate-and-fire neurons without leak: `LIF` with beta = 1, and what a rectifier is converted to.

    With reset by subtraction, spikes count charge: v_T = V_T - v_threshold N_T, V_T the free potential (chapter 02).
    """

    def __init__(self, *, v_threshold=1.0, v_init=0.0, reset="subtract", v_reset=0.0):
        super().__init__(1.0, v_threshold=v_threshold, v_init=v_init, reset=reset, v_reset=v_reset)

    def config(self):
        return {name: value for name, value in super().config().items() if name != "beta"}
