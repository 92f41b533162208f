"""A study small enough to be killed many times: no network, numbers that need all their digits."""

import os
import signal
import time
from dataclasses import dataclass

import numpy as np

from studies.runner import Study


@dataclass(frozen=True)
class Settings:
    """How long a job takes (seconds), and how many rows it has."""

    pause: float = 0.15
    T: int = 5


def run_job(job):
    """Rows of random numbers; slow enough to be killed in the middle."""
    time.sleep(job.settings.pause)
    rng = np.random.default_rng([job.seed, len(job.point["method"])])
    values = rng.random(job.settings.T) + job.data.x_train.mean(dtype=np.float64)
    return [{"T": T, "value": value, "odd": T % 2 == 1} for T, value in enumerate(values, start=1)]


def fail_at_seed_3(job):
    """A job that fails for one seed."""
    if job.seed == 3:
        raise ArithmeticError("no such number")
    return run_job(job)


def killed_at_seed_3(job):
    """A job whose process the system kills for one seed."""
    if job.seed == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return run_job(job)


def interrupt_at_seed_1(job):
    """Ctrl-C while a job runs."""
    if job.seed == 1:
        # Started in the background, Python ignores Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.kill(os.getpid(), signal.SIGINT)
    return run_job(job)


STUDY = Study(
    name="toy",
    title="Does the runner survive?",
    data=("digits",),
    columns=("method", "seed", "T", "value", "odd"),
    run_job=run_job,
    settings=Settings(),
    grid={"method": ("plain", "fancy")},
    seeds=4,
)
