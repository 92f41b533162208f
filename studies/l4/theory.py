"""Does the theory foresee which rule wins, and at which T the difference is gone?

Networks of one hidden layer, converted by each rule of the study `l4` at gain 1 and v_init 1/2. For
each rate and T the accuracy is predicted in closed form (`predict.predict_accuracy`), and simulated
several times on the same test images; `simulated_se` is the standard error over these runs, the
noise of spikes alone.
"""

import numpy as np

from refsnn import predict, snn
from studies.l4 import jobs as l4
from studies.runner import Study

ARMS = (l4.PLAIN, *l4.INCOMING)


def run_job(job):
    """One row for each rate, rule and T."""
    settings, Ts = job.settings, job.settings["T"]
    sets = l4.held_out(job.data, settings["held out"][job.data.name], settings["validation images"])
    ann = l4.trained(job.point["network"], job.data.name, sets, settings, job.seed, job.threads)
    x, y = sets["test"]
    ann_accuracy, rows = ann.accuracy(x, y, threads=job.threads), []
    for max_rate in settings["max_rates"]:
        encoder = snn.Poisson(max_rate)
        for rule, form, exponent in ARMS:
            net = l4.arm_conversion(
                ann,
                sets["calibration"],
                (rule, form, exponent),
                encoder,
                1.0,
                0.5,
                "subtract",
                job.seed,
            )
            rng = np.random.default_rng([job.seed, 6])
            runs = np.stack(
                [
                    snn.simulate(
                        net, x, Ts[-1], encoder=encoder, rng=rng, threads=job.threads
                    ).accuracy(y)
                    for _ in range(settings["runs"])
                ]
            )
            for T in Ts:
                predicted = predict.predict_accuracy(
                    net, x, y, T, max_rate, threads=job.threads
                ).accuracy
                rows.append(
                    {
                        "max_rate": max_rate,
                        "rule": rule,
                        "form": form,
                        "T": T,
                        "simulated": runs[:, T - 1].mean(),
                        "simulated_se": runs[:, T - 1].std(ddof=1) / np.sqrt(len(runs)),
                        # six digits: the last ones of a float32 sum may differ from processor to
                        # processor
                        "predicted": round(predicted, 6),
                        "ann_accuracy": ann_accuracy,
                    }
                )
    return rows


STUDY = Study(
    name="l4_theory",
    title="paper 1: the gain of each rule, predicted in closed form and simulated",
    data=("digits",),
    columns=(
        "network",
        "seed",
        "max_rate",
        "rule",
        "form",
        "T",
        "simulated",
        "simulated_se",
        "predicted",
        "ann_accuracy",
    ),
    run_job=run_job,
    settings={**l4.STUDY.settings, "max_rates": [1.0, 0.1], "runs": 10},
    grid={"network": ("MLP plain", "MLP sparse", "MLP unit")},
    seeds=3,
    budget_minutes=5,
)
