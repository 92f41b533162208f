"""Is learning a surrogate's width the same as learning the threshold? Four arms: neither, alpha,
threshold, both.

Scaling the current, the threshold and the width of a layer together changes nothing, so a learned
threshold is a learned width and a rescaling of the weights (chapter 09). What training makes of the
two is measured here: dense networks with and without batch norm, rectangular surrogates, three
starts of the window, the threshold from 0.5. All arms of a seed share initial weights and the order
of the images. One row a spiking layer: its window and its threshold after training; only their
ratio matters.
"""

import numpy as np

from refsnn import snn
from studies.runner import Study
from studies.surrogate import jobs as surrogate

LEARNED = {
    "neither": (False, False),
    "alpha": (True, False),
    "threshold": (False, True),
    "both": (True, True),
}
STARTS = (0.25, 0.5, 2.0)


def run_job(job):
    """Train one network; one row for each of its spiking layers."""
    settings, T, point = job.settings, job.settings["T"], job.point
    (x, y), (x_val, y_val) = surrogate.split(job)
    alpha, threshold = LEARNED[point["learned"]]
    kind = surrogate.surrogate_of("rectangular", point["start"], alpha, settings["floor"])
    net = surrogate.network(
        settings["nets"][point["net"]],
        x.shape[1:],
        lambda: snn.LIF(**settings["neuron"], surrogate=kind, learn_threshold=threshold),
        np.random.default_rng([job.seed, 0]),
    )
    net = surrogate.train(job, net, T, x, y)
    accuracy, validation = (
        net.accuracy(images, labels, T=T, threads=job.threads)
        for images, labels in ((job.data.x_test, job.data.y_test), (x_val, y_val))
    )
    return [
        {
            "layer": k,
            "accuracy": accuracy,
            "validation_accuracy": validation,
            "window": layer.alpha,
            "threshold": layer.v_threshold,
        }
        for k, layer in enumerate((each for each in net if each.spiking), start=1)
    ]


STUDY = Study(
    name="width_or_threshold",
    title="a learned width against a learned threshold",
    data=("digits",),
    columns=(
        "net",
        "start",
        "learned",
        "seed",
        "layer",
        "accuracy",
        "validation_accuracy",
        "window",
        "threshold",
    ),
    run_job=run_job,
    settings={
        **{
            name: surrogate.STUDY.settings[name]
            for name in (
                "T",
                "epochs",
                "batch size",
                "learning rate",
                "flip",
                "floor",
                "held out",
                "neuron",
            )
        },
        "nets": {
            "plain": surrogate.STUDY.settings["net"],
            "batch norm": {"convolutions": (), "dense": (48, 32), "batch norm": True},
        },
    },
    grid={"net": ("plain", "batch norm"), "start": STARTS, "learned": tuple(LEARNED)},
    seeds=5,
    budget_minutes=6,
)
