"""Conversion: fold batch norm, choose scales, swap every activation for a neuron."""

import copy

import numpy as np

from refsnn import validate
from refsnn.convert.scaling import Percentile
from refsnn.nn import (
    QCFS,
    AvgPool2d,
    BatchNorm,
    Clip,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    ReLU,
    Run,
    Sequential,
)
from refsnn.nn.batch_norm import EPS
from refsnn.snn.neurons import IF

ACTIVATIONS = (ReLU, Clip, QCFS)


def fold_batch_norm(layers):
    """Copies of the layers without batch norm and dropout: y = scale * (x @ w + b) + shift has
    weights scale * w.

    Returns the layers and, for each, its index in the original list.
    """
    folded, places = [], []
    for i, layer in enumerate(layers):
        if isinstance(layer, Dropout):
            continue
        if not isinstance(layer, BatchNorm):
            folded.append(copy.deepcopy(layer))
            places.append(i)
            continue
        if not folded or places[-1] != i - 1 or not isinstance(folded[-1], (Dense, Conv2d)):
            raise ValueError(
                f"Layer {i} ({layer!r}) cannot be converted: batch norm must come right after a "
                "Dense or Conv2d layer, into which it is folded."
            )
        before, scale = (
            folded[-1],
            layer.gamma * np.float32(layer.scale) / np.sqrt(layer.running_var + np.float32(EPS)),
        )
        bias = 0 if before.bias is None else before.bias
        before.weight = before.weight * scale
        before.bias = (bias - layer.running_mean) * scale + layer.beta
    return folded, places


def _check(net, layers, places):
    """Refuse what has no spiking counterpart, naming the layer."""
    for i, layer in enumerate(net):
        if (
            isinstance(layer, BatchNorm)
            and not layer.running_mean.any()
            and (layer.running_var == 1).all()
        ):
            raise ValueError(
                f"Layer {i} ({layer!r}) cannot be converted: it has no statistics yet; train the "
                "network first."
            )
    linear_since_activation = False
    for i, layer in zip(places, layers, strict=True):
        if isinstance(layer, (Dense, Conv2d)):
            linear_since_activation = True
        elif isinstance(layer, ACTIVATIONS):
            if not linear_since_activation:
                raise ValueError(
                    f"Layer {i} ({layer!r}) cannot be converted: no Dense or Conv2d layer before "
                    "it can carry its scale."
                )
            linear_since_activation = False
        elif not isinstance(layer, (AvgPool2d, Flatten)):
            raise ValueError(
                f"Layer {i} ({layer!r}) cannot be converted: it has no spiking counterpart here; "
                "use ReLU, Clip or QCFS as activation and AvgPool2d for pooling."
            )
    if not any(isinstance(layer, ACTIVATIONS) for layer in layers):
        raise ValueError(
            "The network has no ReLU, Clip or QCFS layer, so there is nothing to convert."
        )


def _next_scale(scale, layer, shape):
    """A layer's output scale from its input scale, through layers that keep it; `shape` is the
    layer's input's.
    """
    if isinstance(layer, Flatten) and np.ndim(scale):
        return np.tile(scale, int(np.prod(shape)) // len(scale))
    return scale


def _times_input(layer, scale):
    """Multiply a layer's input channels by `scale`."""
    column = np.asarray(scale, np.float32)
    layer.weight = layer.weight * (column[:, None] if column.ndim else column)


def _divide_output(layer, scale):
    """Divide a layer's output channels by `scale`."""
    row = np.asarray(scale, np.float32)
    layer.weight = layer.weight / row
    if layer.bias is not None:
        layer.bias = layer.bias / row


def _per_neuron(channels, features):
    """A scalar as it is; one value a channel, for every feature of a flattened layer."""
    return np.tile(channels, features // len(channels)) if np.ndim(channels) else channels


def to_spiking(
    ann,
    *,
    calibration_data,
    scaling=Percentile(99.9),
    adjust=None,
    v_init=None,
    reset="subtract",
    readout="accumulate",
):
    """A spiking copy of an artificial network; the original is not touched.

    Batch norm is folded, dropout left out, average pooling kept, and every ReLU, Clip or QCFS
    becomes `snn.IF` with threshold 1. With lambda_l the scale of layer l (lambda of the input is 1,
    of a QCFS layer its threshold),

        W_l <- W_l lambda_{l-1} / lambda_l,   b_l <- b_l / lambda_l                    (eq.
        conversion)

    so that a rate of 1 stands for an activation of lambda_l. The last layer keeps its units.
    `adjust` multiplies what comes into each hidden neuron by a factor of its own before the layer's
    scale is taken.

    Parameters
    ----------
    ann : nn.Sequential
        Trained.
    calibration_data : array (N, ...) of float
        Images on which scales are measured: training images, a few hundred are enough. QCFS brings
        its own scale and takes only `input_rate` from them.
    scaling : Unscaled, ModelBased, Max, Percentile, PerNeuron or Balanced
    adjust : WeightNorm or None
        Paper 1; needs ReLU in all hidden layers, for a factor passes through it.
    v_init : float, optional
        Initial potential as a fraction of the threshold. Default: for a QCFS layer its shift, whose
        rounding it copies, else 1/2, which makes rounding unbiased (Bu et al. 2022).
    reset : "subtract" or "zero"
    readout : "accumulate" or "spikes"
        Whether the last layer's current is accumulated, or it gets neurons of its own, scaled as
        the others are, whose spikes are counted.

    Returns
    -------
    nn.Sequential
        With `snn.IF` layers; `input_rate` of its dense layers is the share of their inputs that
        spike in one step on the calibration data, by which the simulation chooses its path.

    Raises
    ------
    ValueError, TypeError
        If a layer cannot be converted (it is named), or a scale is 0 because the layer is silent.

    Notes
    -----
    Source: Rueckauer et al. 2017 (eq. conversion), Diehl et al. 2015.
    """
    if not isinstance(ann, Sequential):
        raise TypeError(f"ann must be an nn.Sequential, not {validate.short_repr(ann)}.")
    if isinstance(scaling, type) or not hasattr(scaling, "scale"):
        raise TypeError(
            f"scaling must be Max(), Percentile(q), PerNeuron(q), Balanced(...), ModelBased() or "
            f"Unscaled(), not {validate.short_repr(scaling)}."
        )
    if adjust is not None and (isinstance(adjust, type) or not hasattr(adjust, "factors")):
        raise TypeError(
            f"adjust must be WeightNorm(...) or None, not {validate.short_repr(adjust)}."
        )
    v_init = None if v_init is None else validate.number("v_init", v_init, low=-1, below=1)
    validate.one_of("reset", reset, ("subtract", "zero"))
    validate.one_of("readout", readout, ("accumulate", "spikes"))
    x = ann.check_input(calibration_data, "calibration_data")
    layers, places = fold_batch_norm(ann)
    _check(ann, layers, places)
    last_linear = max(i for i, layer in enumerate(layers) if isinstance(layer, (Dense, Conv2d)))
    if readout == "spikes" and not any(
        isinstance(layer, ACTIVATIONS) for layer in layers[last_linear:]
    ):
        layers.append(ReLU())
        places.append(len(ann))
    h, scale, rate, pending, converted = x, 1.0, float(x.mean()), None, []
    for i, (place, layer) in enumerate(zip(places, layers, strict=True)):
        shape = h.shape[1:]
        h = layer.forward(h, Run())[0]  # the artificial network's activations, in its own units
        if isinstance(layer, (Dense, Conv2d)):
            layer.unit_norm = False
            _times_input(layer, scale)
            if isinstance(layer, Dense):
                layer.input_rate = rate
            scale, rate, pending = 1.0, None, layer
            converted.append(layer)
        elif isinstance(layer, ACTIVATIONS):
            channels, factors = pending.weight.shape[-1], None
            if adjust is not None and i < last_linear:
                if not isinstance(layer, ReLU):
                    raise ValueError(
                        f"Layer {place} ({layer!r}) clips, so a factor on its input is no factor "
                        "on its output: adjust needs ReLU."
                    )
                factors = adjust.factors(h.reshape(len(h), -1, channels), converted, x).astype(
                    np.float32
                )
                _divide_output(pending, 1 / factors)
                h = h * _per_neuron(factors, h.shape[-1])
            if isinstance(layer, QCFS):
                scale = float(layer.v_threshold[0])
            else:
                scale = scaling.scale(h.reshape(len(h), -1, channels), converted, x)
            if isinstance(layer, Clip):
                scale = np.minimum(scale, layer.upper)
            if i > last_linear:
                scale = float(
                    np.max(scale)
                )  # nothing after it could undo different scales of the classes
            if not np.all(np.isfinite(scale)) or np.any(np.asarray(scale) <= 0):
                raise ValueError(
                    f"Layer {place} ({layer!r}) is silent on the calibration data, so it has no "
                    "scale: give more data or check the training."
                )
            _divide_output(pending, scale)
            rate = float(
                np.clip(h / np.asarray(_per_neuron(scale, h.shape[-1]), np.float32), 0, 1).mean()
            )
            if factors is not None and adjust.form == "compensated":
                h, scale = h / _per_neuron(factors, h.shape[-1]), scale / factors
            scale = _per_neuron(scale, h.shape[-1])
            start = layer.shift if isinstance(layer, QCFS) else 0.5
            converted.append(
                IF(v_threshold=1.0, v_init=start if v_init is None else v_init, reset=reset)
            )
        else:
            scale = _next_scale(scale, layer, shape)
            rate = None if isinstance(layer, AvgPool2d) else rate
            converted.append(layer)
    return Sequential(converted, input_shape=x.shape[1:])
