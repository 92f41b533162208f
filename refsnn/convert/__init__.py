"""From an artificial network to a spiking one.

Every public function raises ValueError or TypeError, with one sentence, on bad input.
"""

from refsnn.convert.corrections import correct_bias, shift_bias
from refsnn.convert.errors import layer_errors
from refsnn.convert.residual_noise import ResidualNoise, residual_error
from refsnn.convert.scaling import (
    Balanced,
    Max,
    ModelBased,
    Percentile,
    PerNeuron,
    Scaling,
    Unscaled,
)
from refsnn.convert.to_spiking import to_spiking
from refsnn.convert.weight_norm import WeightNorm

__all__ = [
    "Balanced",
    "Max",
    "ModelBased",
    "PerNeuron",
    "Percentile",
    "ResidualNoise",
    "Scaling",
    "Unscaled",
    "WeightNorm",
    "correct_bias",
    "layer_errors",
    "residual_error",
    "shift_bias",
    "to_spiking",
]
