"""From an artificial network to a spiking one."""
from refsnn.convert.scaling import Balanced, Max, Percentile, PerNeuron
from refsnn.convert.to_spiking import to_spiking

__all__ = ["Balanced", "Max", "PerNeuron", "Percentile", "to_spiking"]
