"""Spiking networks: neurons, encoders, simulation."""
from refsnn.snn.encoders import Direct, Poisson
from refsnn.snn.neurons import IF, LIF
from refsnn.snn.record import Record
from refsnn.snn.simulate import simulate, simulate_reference

__all__ = ["Direct", "IF", "LIF", "Poisson", "Record", "simulate", "simulate_reference"]
