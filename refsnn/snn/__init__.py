"""Spiking networks: neurons, surrogates, penalties on potentials, encoders, simulation, Monte
Carlo.
"""

from refsnn.snn.encoders import Direct, Frames, Poisson
from refsnn.snn.monitor import Monitor, summary
from refsnn.snn.monte_carlo import sample_free_potential
from refsnn.snn.neurons import IF, LIF
from refsnn.snn.penalties import IMLoss, Penalty, PotentialDistribution, RMPLoss
from refsnn.snn.record import Record
from refsnn.snn.simulate import simulate, simulate_reference
from refsnn.snn.soft_histogram import soft_histogram
from refsnn.snn.surrogates import (
    Arctan,
    FastSigmoid,
    Gaussian,
    Rectangular,
    Sigmoid,
    Surrogate,
    Triangular,
)

__all__ = [
    "Arctan",
    "Direct",
    "FastSigmoid",
    "Frames",
    "Gaussian",
    "IF",
    "IMLoss",
    "LIF",
    "Monitor",
    "Penalty",
    "Poisson",
    "PotentialDistribution",
    "RMPLoss",
    "Record",
    "Rectangular",
    "Sigmoid",
    "Surrogate",
    "Triangular",
    "sample_free_potential",
    "simulate",
    "simulate_reference",
    "soft_histogram",
    "summary",
]
