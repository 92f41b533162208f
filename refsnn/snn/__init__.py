"""Spiking networks: neurons, encoders, simulation."""
from refsnn.snn.encoders import Direct, Frames, Poisson
from refsnn.snn.neurons import IF, LIF
from refsnn.snn.record import Record
from refsnn.snn.simulate import simulate, simulate_reference
from refsnn.snn.surrogate import Arctan, FastSigmoid, Gaussian, Rectangular, Sigmoid, Surrogate, Triangular

__all__ = ["Arctan", "Direct", "FastSigmoid", "Frames", "Gaussian", "IF", "LIF", "Poisson", "Record", "Rectangular",
           "Sigmoid", "Surrogate", "Triangular", "simulate", "simulate_reference"]
