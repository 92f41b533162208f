"""What the spiking layers of a network do while it is trained: a look at fixed images, once per
epoch.
"""

import warnings

import numpy as np
from numpy.random import Generator

from refsnn import validate
from refsnn.kernels.threads import workers
from refsnn.nn import through_time
from refsnn.nn.layer import Array, Run
from refsnn.nn.sequential import Sequential
from refsnn.nn.through_time import Encoder
from refsnn.snn.neurons import LIF, Potentials

EMPTY = 0.02  # below this share of potentials inside hardly any gradient passes: our choice


def summary(layer: LIF, cache: Potentials) -> dict[str, float]:
    """What neurons with a surrogate did in one call, in numbers by name.

    "alpha" of the surrogate; the share of potentials u "inside" its window around the threshold;
    "mean" and "std" of u over images, steps and neurons; the quantisation "error", the mean of (u /
    v_threshold - s)^2 within one threshold of the threshold (0 where no u is); the means of
    "v_threshold" and "beta" if they are learned; and the "penalty", without its weight, if there is
    one.

    Parameters
    ----------
    layer : LIF
    cache : Potentials
        What `layer.forward` returned beside the spikes.

    Notes
    -----
    Source: chapters 08 to 10.
    """
    v_threshold = np.broadcast_to(layer.v_threshold, cache.shape).reshape(-1)
    distance = np.abs(cache.u - v_threshold)
    near = distance < v_threshold
    errors = ((cache.u / v_threshold - cache.s) ** 2)[near]
    error = errors.sum(dtype=np.float64) / max(errors.size, 1)  # eq. quantisation-error
    numbers = {
        "alpha": cache.surrogate.alpha,
        "inside": float(np.mean(distance < cache.surrogate.window)),
        "mean": float(cache.u.mean(dtype=np.float64)),
        "std": float(cache.u.std(dtype=np.float64)),
        "error": float(error),
    }
    for name in ("v_threshold", "beta"):
        if name in layer.parameter_names:
            numbers[name] = float(np.mean(getattr(layer, name)))
    if layer.penalty is not None:
        u = cache.u.reshape(*cache.u.shape[:2], *cache.shape)
        numbers["penalty"] = layer.penalty.loss(u, layer.v_threshold).value
    return numbers


class Monitor:
    """Looks at the spiking layers on fixed images after every epoch: `nn.fit(...,
    after_epoch=monitor)`.

    The network runs forward as in `predict`: batch norm takes its running statistics, dropout drops
    nothing, and penalties add to no loss. Nothing of the network or of its training changes.

    Parameters
    ----------
    x : array (N, ...) of float
        Images, the same for every epoch; sequences of T frames, (N, T, ...), for `Frames`.
    T : int
        Time steps.
    encoder : snn.Direct(), snn.Poisson(...), snn.Frames() or None
        As for `nn.fit`; None is the image in each step.
    rng : numpy.random.Generator or None
        Needed by `Poisson`: one number is drawn from it, so that spikes are the same every time.

    Warns
    -----
    UserWarning
        Once per layer, when less than 2 % of its potentials lie inside its surrogate's window.

    Examples
    --------
    >>> from refsnn import nn, snn
    >>> net = nn.Sequential([snn.LIF(0.5, surrogate=snn.Rectangular())])
    >>> monitor = snn.Monitor(np.ones((1, 1)), T=2)
    >>> monitor(net, epoch=1)
    >>> monitor.layers[0]["mean"].tolist()
    [1.0]
    """

    def __init__(
        self,
        x: Array,
        T: int,
        encoder: Encoder | None = None,
        *,
        rng: Generator | None = None,
    ) -> None:
        self.x = validate.images(x)
        self.T = validate.integer("T", T)
        self.encoder = through_time.checked_encoder(encoder)
        self._key = self.encoder.draw_key(rng)
        self._numbers: dict[int, dict[str, list[float]]] = {}
        self._warned: set[int] = set()

    @property
    def layers(self) -> dict[int, dict[str, Array]]:
        """What was seen: {layer index: {name: array (epochs,)}}, with the names of `summary`."""
        return {
            i: {name: np.array(numbers) for name, numbers in named.items()}
            for i, named in self._numbers.items()
        }

    def __call__(self, net: Sequential, epoch: int) -> None:
        """Look at the network once, and remember what its layers with a surrogate do."""
        steps, encoder = through_time.check(net, self.T, self.encoder)
        x = net.check_input(self.x, "x", encoder, steps)
        x_seq = encoder.sequence(x, steps, self._key)
        unrolled = net.unrolled(steps, encoder.constant)
        with workers(1):
            _, caches = unrolled.forward(through_time.rows(x_seq), Run(T=steps))

        places = {id(layer): i for i, layer in enumerate(net)}
        for layer, cache in zip(unrolled, caches, strict=True):
            if isinstance(layer, LIF) and cache is not None:
                self._add(places[id(layer)], layer, summary(layer, cache), epoch)

    def _add(self, i, layer, numbers, epoch):
        """Remember an epoch's numbers of layer i, and warn the first time its window is empty."""
        named = self._numbers.setdefault(i, {name: [] for name in numbers})
        for name, number in numbers.items():
            named[name].append(number)
        if numbers["inside"] < EMPTY and i not in self._warned:
            self._warned.add(i)
            warnings.warn(
                f"Layer {i} ({layer!r}): in epoch {epoch} only {numbers['inside']:.1%} of its "
                "potentials lie inside the surrogate's window, so hardly any gradient passes: take "
                "a wider surrogate or batch norm.",
                stacklevel=3,
            )
