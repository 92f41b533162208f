"""Conversion: fold batch norm, choose scales, swap every activation for a neuron."""

import copy
from collections.abc import Iterable

import numpy as np

from refsnn import validate
from refsnn.convert.scaling import Percentile, Scaling
from refsnn.convert.weight_norm import WeightNorm
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
from refsnn.nn.layer import Array, Layer
from refsnn.snn.neurons import IF

ACTIVATIONS = (ReLU, Clip, QCFS)  # what becomes spiking neurons
LINEAR = (Dense, Conv2d)  # what carries the scales


def _refusal(i, layer, why):
    """The error that a layer cannot be converted."""
    return ValueError(f"Layer {i} ({layer!r}) cannot be converted: {why}")


def fold_batch_norm(layers: Iterable[Layer]) -> tuple[list, list[int]]:
    """Copies of the layers without batch norm and dropout, and the place of each in the original.

    A batch norm is folded into the linear layer before it: y = scale * (x @ w + b) + shift has
    weights scale * w.
    """
    folded: list = []
    places: list[int] = []
    for i, layer in enumerate(layers):
        if isinstance(layer, BatchNorm):
            if not folded or places[-1] != i - 1 or not isinstance(folded[-1], LINEAR):
                raise _refusal(
                    i,
                    layer,
                    "batch norm must come right after a Dense or Conv2d layer, into which it is "
                    "folded.",
                )
            linear = folded[-1]
            std = np.sqrt(layer.running_var + np.float32(EPS))
            scale = layer.gamma * np.float32(layer.scale) / std
            bias = 0 if linear.bias is None else linear.bias
            linear.weight = linear.weight * scale
            linear.bias = (bias - layer.running_mean) * scale + layer.beta

        elif not isinstance(layer, Dropout):
            folded.append(copy.deepcopy(layer))
            places.append(i)
    return folded, places


def _check_layers(net, layers, places):
    """Raise ValueError, naming the layer, where a network has no spiking counterpart."""
    for i, layer in enumerate(net):
        if isinstance(layer, BatchNorm):
            if not layer.running_mean.any() and (layer.running_var == 1).all():
                raise _refusal(i, layer, "it has no statistics yet; train the network first.")

    linear_since_activation = False
    for i, layer in zip(places, layers, strict=True):
        if isinstance(layer, LINEAR):
            linear_since_activation = True
        elif isinstance(layer, ACTIVATIONS):
            if not linear_since_activation:
                raise _refusal(i, layer, "no Dense or Conv2d layer before it can carry its scale.")
            linear_since_activation = False
        elif not isinstance(layer, (AvgPool2d, Flatten)):
            raise _refusal(
                i,
                layer,
                "it has no spiking counterpart here; use ReLU, Clip or QCFS as activation and "
                "AvgPool2d for pooling.",
            )

    if not any(isinstance(layer, ACTIVATIONS) for layer in layers):
        raise ValueError(
            "The network has no ReLU, Clip or QCFS layer, so there is nothing to convert."
        )


def _check_rectifiers(layers, places):
    """Raise ValueError unless factors on the input of hidden layers are factors on their output."""
    last_linear = max(i for i, layer in enumerate(layers) if isinstance(layer, LINEAR))
    for i, layer in enumerate(layers[:last_linear]):
        if isinstance(layer, (Clip, QCFS)):
            why = "it clips, so a factor on its input is not one on its output"
            raise _refusal(places[i], layer, f"{why}: adjust needs ReLU.")


def _times_input(linear, scale):
    """Multiply a layer's input channels by `scale`, one number or one per channel."""
    column = np.asarray(scale, np.float32)
    linear.weight = linear.weight * (column[:, None] if column.ndim else column)


def _divide_output(linear, scale):
    """Divide a layer's output channels by `scale`, one number or one per channel."""
    row = np.asarray(scale, np.float32)
    linear.weight = linear.weight / row
    if linear.bias is not None:
        linear.bias = linear.bias / row


def _per_feature(scale, features):
    """One number as it is; one per channel, repeated for the features of a flattened layer."""
    return np.tile(scale, features // len(scale)) if np.ndim(scale) else scale


def _scale(scaling, layer, activations, converted, x):
    """lambda of an activation layer: a QCFS layer brings its own, a Clip layer's is at most its
    upper end.
    """
    if isinstance(layer, QCFS):
        scale = float(layer.v_threshold[0])
    else:
        scale = scaling.scale(activations, converted, x)
    if isinstance(layer, Clip):
        scale = np.minimum(scale, layer.upper)
    return scale


def _check_scale(place, layer, scale):
    """Raise ValueError unless all scales of a layer are above 0 and finite."""
    if not (np.min(scale) > 0 and np.max(scale) < np.inf):
        why = "it is silent on the calibration data, so it has no scale"
        raise _refusal(place, layer, f"{why}: give more data or check the training.")


def _neurons(layer, v_init, reset):
    """The spiking neurons for an activation: by default they round as it does, or without bias."""
    if v_init is None:
        v_init = layer.shift if isinstance(layer, QCFS) else 0.5
    return IF(v_threshold=1.0, v_init=v_init, reset=reset)


def _converted(layers, places, x, scaling, adjust, v_init, reset):
    """The layers of the spiking network, from those of the artificial one without batch norm.

    The layers are changed in place. `places` are their indices in the original.
    """
    placed = list(zip(places, layers, strict=True))
    last_linear = max(place for place, layer in placed if isinstance(layer, LINEAR))
    h = x  # activations of the artificial network, in its own units
    scale = 1.0  # lambda_{l-1}: the activation that a spike of the layer before stands for
    rate = float(x.mean())  # share of the layer's inputs that spike in a step, None if not spikes
    converted = []

    for place, layer in placed:
        h = layer.forward(h, Run())[0]

        if isinstance(layer, LINEAR):
            linear = layer
            linear.unit_norm = False
            if isinstance(linear, Dense):
                linear.input_rate = rate
            _times_input(linear, scale)  # eq. conversion
            scale, rate = 1.0, None
            converted.append(linear)

        elif isinstance(layer, ACTIVATIONS):
            a = h.reshape(len(h), -1, linear.weight.shape[-1])  # images, positions, neurons

            # Factors of the neurons' own come first: the scale is measured behind them.
            factors = None
            if adjust is not None and place < last_linear:
                factors = adjust.factors(a, converted, x).astype(np.float32)
                _divide_output(linear, 1 / factors)
                a = a * factors

            scale = _scale(scaling, layer, a, converted, x)
            if place > last_linear:  # nothing could undo different scales of the classes
                scale = float(np.max(scale))
            _check_scale(place, layer, scale)
            _divide_output(linear, scale)  # eq. conversion
            rate = float(np.clip(a / np.asarray(scale, np.float32), 0, 1).mean())

            if factors is not None and adjust.form == "compensated":
                a = a / factors
                scale = scale / factors
            h = a.reshape(h.shape)
            scale = _per_feature(scale, h.shape[-1])
            converted.append(_neurons(layer, v_init, reset))

        else:
            # Pooling and Flatten keep scales, but averages of spikes are not spikes.
            scale = _per_feature(scale, h.shape[-1])
            rate = None if isinstance(layer, AvgPool2d) else rate
            converted.append(layer)

    return converted


def _check_rule(name, rule, method, choices):
    """Raise TypeError unless `rule` is an object, not a class, that has the method."""
    if isinstance(rule, type) or not hasattr(rule, method):
        raise TypeError(f"{name} must be {choices}, not {validate.short_repr(rule)}.")


def to_spiking(
    ann: Sequential,
    *,
    calibration_data: Array,
    scaling: Scaling = Percentile(99.9),
    adjust: WeightNorm | None = None,
    v_init: float | None = None,
    reset: str = "subtract",
    readout: str = "accumulate",
) -> Sequential:
    """A spiking copy of an artificial network; the original is not touched.

    Batch norm is folded, dropout left out, average pooling kept, and every ReLU, Clip or QCFS
    becomes `snn.IF` with threshold 1. With lambda_l the scale of layer l (lambda of the input is 1,
    of a QCFS layer its threshold),

        W_l <- W_l lambda_{l-1} / lambda_l,   b_l <- b_l / lambda_l          (eq. conversion)

    so that a rate of 1 stands for an activation of lambda_l. The last layer keeps its units.
    `adjust` multiplies the input of each hidden neuron by a factor of its own before the layer's
    scale is measured.

    Parameters
    ----------
    ann : nn.Sequential
        Trained.
    calibration_data : array (N, ...) of float
        Images on which scales are measured: training images, a few hundred are enough. QCFS brings
        its own scale and takes only `input_rate` from them.
    scaling : Unscaled, ModelBased, Max, Percentile, PerNeuron, Balanced, or another Scaling
    adjust : WeightNorm or None
        Paper 1; needs ReLU in all hidden layers, for a factor passes through it.
    v_init : float, optional
        Initial potential as a fraction of the threshold. Default: for a QCFS layer its shift, whose
        rounding it copies, else 1/2, which makes rounding unbiased (Bu et al. 2022).
    reset : "subtract" or "zero"
    readout : "accumulate" or "spikes"
        Whether the last layer's current is accumulated, or the layer gets neurons of its own,
        scaled as the others are, whose spikes are counted.

    Returns
    -------
    nn.Sequential
        With `snn.IF` layers; `input_rate` of its dense layers is the share of their inputs that
        spike in one step on the calibration data, by which the simulation chooses its path.

    Raises
    ------
    ValueError
        If a layer cannot be converted (it is named), or has no scale because it is silent.

    Notes
    -----
    Source: Rueckauer et al. 2017 (eq. conversion), Diehl et al. 2015.
    """
    validate.instance("ann", ann, Sequential, "an nn.Sequential")
    rules = "Max(), Percentile(q), PerNeuron(q), Balanced(...), ModelBased() or Unscaled()"
    _check_rule("scaling", scaling, "scale", rules)
    if adjust is not None:
        _check_rule("adjust", adjust, "factors", "WeightNorm(...) or None")
    if v_init is not None:
        v_init = validate.number("v_init", v_init, low=-1, below=1)
    validate.one_of("reset", reset, ("subtract", "zero"))
    validate.one_of("readout", readout, ("accumulate", "spikes"))
    x = ann.check_input(calibration_data, "calibration_data")

    layers, places = fold_batch_norm(ann)
    _check_layers(ann, layers, places)
    if adjust is not None:
        _check_rectifiers(layers, places)
    last = [layer for layer in layers if isinstance(layer, (*LINEAR, *ACTIVATIONS))][-1]
    if readout == "spikes" and isinstance(last, LINEAR):
        layers.append(ReLU())
        places.append(len(ann))
    layers = _converted(layers, places, x, scaling, adjust, v_init, reset)
    return Sequential(layers, input_shape=x.shape[1:])
