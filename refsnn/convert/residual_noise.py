"""Residual error as noise: measure by how much spiking layers fall short of their activations, and
train the network to bear it.
"""

import numpy as np

from refsnn import validate
from refsnn.convert.to_spiking import ACTIVATIONS, to_spiking
from refsnn.kernels.threads import workers
from refsnn.nn import QCFS, NoisyQCFS, Run, Sequential
from refsnn.nn.layer import Array
from refsnn.nn.sequential import slabs
from refsnn.snn.layerwise import layer_by_layer


def _activations(ann, kind, needed):
    """The network's activation layers; TypeError that says what is needed unless all are `kind`."""
    activations = [layer for layer in ann if isinstance(layer, ACTIVATIONS)]
    for layer in activations:
        if not isinstance(layer, kind):
            raise TypeError(f"{needed}, not {layer!r}.")
    return activations


def _slab_errors(ann, net, x, T):
    """a - lambda N_T / T of all neurons (n, ...), for each quantised activation, of one slab."""
    rates = []

    def fire(i, neuron, current):
        spikes, _ = neuron.scan(current, T=T)
        rates.append(spikes.mean(axis=0))
        return spikes

    layer_by_layer(net, x, fire)

    errors, h = [], x
    for layer in ann:
        h = layer.forward(h, Run())[0]
        if isinstance(layer, QCFS):
            errors.append(h - layer.v_threshold * rates[len(errors)])
    return errors


def residual_error(
    ann: Sequential, x: Array, T: int, *, threads: int | None = None
) -> tuple[Array, Array]:
    """Mean and standard deviation, layer by layer, of the error of a network's spiking copy after T
    steps.

    The error of a neuron is e = a - lambda N_T / T: its activation in the artificial network,
    without noise, minus what its N_T spikes stand for in the converted one (constant input, v_0 =
    shift lambda). Both get the same images.

    Parameters
    ----------
    ann : nn.Sequential
        All its activations are `nn.QCFS` or `nn.NoisyQCFS`.
    x : array (N, ...) of float
        Images, held out from training.
    T : int
        Time steps.
    threads : int or None
        Default: all processors. The result has the same bits for any number.

    Returns
    -------
    mean, std : arrays (layers,) of float64
        Over all neurons of a layer and all images, in the unit of the activation.

    Notes
    -----
    Source: Huang et al. 2025; chapter 07.
    """
    needed = "All activations of ann must be nn.QCFS or nn.NoisyQCFS"
    if not isinstance(ann, Sequential) or not _activations(ann, QCFS, needed):
        raise TypeError(
            "ann must be an nn.Sequential with nn.QCFS or nn.NoisyQCFS layers, not "
            f"{validate.short_repr(ann)}."
        )
    x, T = ann.check_input(x), validate.integer("T", T)
    threads = validate.threads(threads)

    net = to_spiking(ann, calibration_data=x[:1])  # a QCFS layer brings its scale itself

    def sums(part):
        """How many errors there are, their sum and that of their squares, for each layer."""
        rows = []
        for errors in _slab_errors(ann, net, x[part], T):
            squares = np.square(errors, dtype=np.float64)
            rows.append([errors.size, errors.sum(dtype=np.float64), squares.sum()])
        return np.array(rows)

    with workers(threads) as run_all:
        n, total, squares = sum(run_all(sums, slabs(len(x)))).T
    mean = total / n
    return mean, np.sqrt(np.maximum(squares / n - mean**2, 0))  # eq. residual-sigma


class ResidualNoise:
    """The noise of paper 3, for `nn.fit(..., after_epoch=...)`: measured after every epoch for the
    next.

    Each `nn.NoisyQCFS` layer gets the standard deviation of its residual error on images that are
    not trained on; in the first epoch there is no noise.

    Parameters
    ----------
    x_val : array (N, ...) of float
        Images held out from training; a tenth of the training set in the paper.
    T : int
        Time steps at which the error is measured; the paper takes T = L = 4.
    mean : bool
        Whether training also subtracts the error's mean, one number per layer (not in the paper).
    threads : int or None
        Default: all processors. The result has the same bits for any number.

    Attributes
    ----------
    sigma : list of arrays (layers,)
        What was measured, one array per epoch.

    Notes
    -----
    Source: Huang et al. 2025, whose sigma^2 is the mean over batches of the variance within a
    batch; here it is the variance over all images at once.
    """

    def __init__(self, x_val: Array, T: int = 4, mean: bool = False, threads: int | None = None):
        self.x_val = validate.images(x_val, "x_val")
        self.T = validate.integer("T", T)
        self.mean = bool(mean)
        self.threads = validate.threads(threads)
        self.sigma: list[Array] = []

    def __call__(self, net: Sequential, epoch: int) -> None:
        """Measure the residual error of `net` and set its noise for the next epoch."""
        activations = _activations(net, NoisyQCFS, "ResidualNoise needs nn.NoisyQCFS activations")
        mean, std = residual_error(net, self.x_val, self.T, threads=self.threads)
        for layer, layer_mean, layer_std in zip(activations, mean, std, strict=True):
            layer.sigma[...] = layer_std
            if self.mean:
                layer.mean[...] = layer_mean
        self.sigma.append(std)
