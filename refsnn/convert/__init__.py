"""From an artificial network to a spiking one."""
from refsnn.convert.scaling import Balanced, Max, ModelBased, Percentile, PerNeuron, Unscaled
from refsnn.convert.to_spiking import to_spiking
from refsnn.convert.weight_norm import WeightNorm

__all__ = ["Balanced", "Max", "ModelBased", "PerNeuron", "Percentile", "Unscaled", "WeightNorm", "to_spiking"]
