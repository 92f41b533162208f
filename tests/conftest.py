"""Hypothesis profiles (HYPOTHESIS_PROFILE=dev | ci | deep) and the oracles of the theorem tests on
the path.
"""

import os

from hypothesis import HealthCheck, settings

# No deadline in any profile: a shared machine may stall for longer than any example takes.
settings.register_profile("dev", deadline=None, max_examples=20)
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True, database=None)
settings.register_profile(
    "deep", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
