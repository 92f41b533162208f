"""Closed forms about membrane potentials: arrays in, float64 arrays out; nothing here knows a network."""
from refsnn.theory.moments import membrane_cov, membrane_mean, membrane_std

__all__ = ["membrane_cov", "membrane_mean", "membrane_std"]
