"""What a simulation leaves behind."""

from dataclasses import dataclass

import numpy as np

from refsnn import metrics
from refsnn.nn.layer import Array
from refsnn.snn.neurons import LIF


@dataclass(frozen=True)
class Record:
    """Result of a simulation of N images over T steps.

    Attributes
    ----------
    scores : array (T, N, classes) of float32
        After 1..T steps: the mean over the steps so far of the last layer's output, which is its
        current for an accumulating readout (then scores tend to the artificial network's as T
        grows) and its spikes if the network ends in neurons.
    spike_counts : dict from layer index to array (T, N) of int32
        Spikes of a neuron layer in each step and image.
    neurons : dict from layer index to int
        Number of neurons of the layer.
    spikes, v : dict from layer index to array (T, N, k) of float32
        Spikes and potentials after reset of the `k` watched neurons of a layer.
    watched : dict from layer index to snn.LIF
        The watched neurons as a layer of their own: their thresholds, initial potentials, reset and
        leak.
    """

    scores: Array
    spike_counts: dict[int, Array]
    neurons: dict[int, int]
    spikes: dict[int, Array]
    v: dict[int, Array]
    watched: dict[int, LIF]

    def predictions(self) -> Array:
        """The class with the largest score after 1..T steps: (T, N) of int64; the first class wins
        a tie.
        """
        return np.argmax(self.scores, axis=-1)

    def accuracy(self, y: Array) -> Array:
        """Fraction of images that are right after 1..T steps: (T,)."""
        return np.asarray(metrics.accuracy(self.scores, y))

    def spike_rates(self) -> Array:
        """Mean spikes per neuron and step, one number per neuron layer, in order: (layers,)."""
        layers = sorted(self.spike_counts)
        return np.array([self.spike_counts[i].mean() / self.neurons[i] for i in layers])

    def free_potential(self, layer: int) -> Array:
        """The free potential V_t of the watched neurons of a layer, as if they never fired: (T, N,
        k) of float64.

            V_t = v_t + v_threshold (spikes up to t),   eq. charge,

        which holds for reset by subtraction without leak. This, not v, is what the closed forms of
        `refsnn.theory` describe.
        """
        neurons = self.watched.get(layer)
        if neurons is None:
            raise ValueError(
                f"Layer {layer} was not watched: call simulate(..., watch={{layer: neurons}})."
            )
        if neurons.beta != 1 or neurons.reset != "subtract":
            raise ValueError(
                f"Layer {layer} ({neurons!r}) leaks or resets to zero, so charge is lost and its "
                "free potential cannot be recovered."
            )
        spikes = np.cumsum(self.spikes[layer], axis=0, dtype=np.float64)
        return self.v[layer] + neurons.v_threshold * spikes  # eq. charge
