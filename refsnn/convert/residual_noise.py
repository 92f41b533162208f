"""Residual error as noise: measure what spiking layers fall short of, and train the network to bear
it.
"""

import numpy as np

from refsnn import validate
from refsnn.convert.to_spiking import ACTIVATIONS, to_spiking
from refsnn.kernels.threads import workers
from refsnn.nn import QCFS, NoisyQCFS, Run, Sequential
from refsnn.nn.sequential import slabs
from refsnn.snn.layerwise import layer_by_layer


def _slab_errors(ann, net, x, T):
    """For each quantised activation of one slab: a - lambda N_T / T of all its neurons, (n,
    ...).
    """
    activations, rates, h = [], [], x
    for layer in ann:
        h = layer.forward(h, Run())[0]
        if isinstance(layer, QCFS):
            activations.append((h, layer.v_threshold))

    def fire(i, neuron, current):
        spikes, _ = neuron.scan(current, neuron.initial(current.shape[1], current.shape[2:]), T)
        rates.append(spikes.mean(axis=0))
        return spikes

    layer_by_layer(net, x, fire)
    return [
        a - v_threshold * rate for (a, v_threshold), rate in zip(activations, rates, strict=True)
    ]


def residual_error(ann, x, T, *, threads=None):
    """Mean and standard deviation, layer by layer, of what the spiking copy of a network falls
    short of after T steps.

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
    if not isinstance(ann, Sequential) or not any(isinstance(layer, QCFS) for layer in ann):
        raise TypeError(
            "ann must be an nn.Sequential with nn.QCFS or nn.NoisyQCFS layers, not "
            f"{validate.short_repr(ann)}."
        )
    other = next(
        (layer for layer in ann if isinstance(layer, ACTIVATIONS) and not isinstance(layer, QCFS)),
        None,
    )
    if other is not None:
        raise TypeError(f"All activations of ann must be nn.QCFS or nn.NoisyQCFS, not {other!r}.")
    x, T = ann.check_input(x), validate.integer("T", T)
    threads = validate.threads(threads)
    net = to_spiking(
        ann, calibration_data=x[:1]
    )  # its weights and scales do not depend on the images

    def moments(part):
        return np.array(
            [
                [e.size, e.sum(dtype=np.float64), np.square(e, dtype=np.float64).sum()]
                for e in _slab_errors(ann, net, x[part], T)
            ]
        )

    with workers(threads) as run_all:
        n, total, squares = sum(run_all(moments, slabs(len(x)))).T
    mean = total / n
    return mean, np.sqrt(np.maximum(squares / n - mean**2, 0))  # eq. residual-sigma


class ResidualNoise:
    """The measurement of paper 3, for `nn.fit(..., after_epoch=...)`: after every epoch it sets the
    noise of the next.

    Each `nn.NoisyQCFS` layer gets the standard deviation of its residual error on images that are
    not trained on; in the first epoch there is no noise.

    Parameters
    ----------
    x_val : array (N, ...) of float
        Images held out from training; a tenth of the training set in the paper.
    T : int
        Time steps at which the error is measured; the paper takes T = L = 4.
    mean : bool
        Whether training also subtracts the error's mean, one number a layer (not in the paper).
    threads : int or None
        Default: all processors. The result has the same bits for any number.

    Attributes
    ----------
    sigma : list of arrays (layers,)
        What was measured, one array an epoch.

    Notes
    -----
    Source: Huang et al. 2025, whose sigma^2 is the mean over batches of the variance within a
    batch; here it is the variance over all images at once.
    """

    def __init__(self, x_val, T=4, mean=False, threads=None):
        self.x_val, self.T = validate.images(x_val, "x_val"), validate.integer("T", T)
        self.threads = validate.threads(threads)
        self.mean, self.sigma = bool(mean), []

    def __call__(self, net, epoch):
        activations = [layer for layer in net if isinstance(layer, ACTIVATIONS)]
        other = next((layer for layer in activations if not isinstance(layer, NoisyQCFS)), None)
        if other is not None:
            raise TypeError(f"ResidualNoise needs nn.NoisyQCFS activations, not {other!r}.")
        mean, std = residual_error(net, self.x_val, self.T, threads=self.threads)
        for layer, layer_mean, layer_std in zip(activations, mean, std, strict=True):
            layer.sigma[...] = layer_std
            if self.mean:
                layer.mean[...] = layer_mean
        self.sigma.append(std)
