"""Accuracy in 1 to 32 steps: does training with the residual error as noise help, and what do its
neighbours do?

One job trains one network, an *arm* of the study: an activation (ReLU; QCFS; NQ, which is QCFS with
noise; NQ with the error's mean), levels L, a start of the thresholds. All arms of a seed share
initial weights, order of the images and epochs. The last tenth of the training images is held out:
the noise is measured on it, and whoever chooses between arms can do so by `validation_accuracy`. No
weights are selected: those after the last epoch count. `ann_accuracy` is the network's own on the
test images, without noise.

Each network is converted as its paper says, and the corrections that need no training are applied
to the same copy; their first runs are in `extra_steps`. The arm "qcfs again" repeats a seed with
one initial weight changed in its last bit: what differs from "qcfs" is chance.

Learning rate and start were chosen on the held-out images of other seeds.
"""

import copy

import numpy as np

from refsnn import convert, files, metrics, nn, snn
from refsnn.datasets import augmented
from refsnn.nn.optimisers import scheduled
from studies.runner import Study

STEPS = (1, 2, 4, 8, 16, 32)
LEVELS = 4  # and the steps of a first run of SRP and COS
NUDGES = (-0.05, 0.05)  # of the first layer's current, in thresholds


def arm(
    activation,
    L=LEVELS,
    start=1.0,
    steps=LEVELS,
    mean=False,
    net="net",
    nudge=False,
    neighbours=False,
):
    """One way to train: `start` of the thresholds ("data": from images), `steps` at which the noise
    is measured.
    """
    return {
        "activation": activation,
        "L": L,
        "start": start,
        "steps": steps,
        "mean": mean,
        "net": net,
        "one bit": nudge,
        "neighbours": neighbours,
    }


def network(spec, shape, activation, rng):
    """Convolutions 3 x 3 with batch norm and the activation, "P" for average pooling, then the
    dense layers.
    """
    layers, (height, width, channels) = [], shape
    for each in spec["convolutions"]:
        if each == "P":
            layers.append(nn.AvgPool2d(2))
            height, width = height // 2, width // 2
        else:
            layers += [
                nn.Conv2d(channels, each, 3, padding=1, bias=False, rng=rng),
                nn.BatchNorm(each),
                activation(),
            ]
            channels = each
    layers.append(nn.Flatten())
    sizes = [height * width * channels, *spec["dense"]]
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Dense(n_in, n_out, rng=rng), activation()]
    return nn.Sequential([*layers, nn.Dense(sizes[-1], 10, rng=rng)], input_shape=shape)


def activation_of(which):
    """A constructor of the arm's activations."""
    start = 1.0 if which["start"] == "data" else which["start"]
    return {
        "relu": nn.ReLU,
        "qcfs": lambda: nn.QCFS(which["L"], start),
        "nq": lambda: nn.NoisyQCFS(which["L"], start),
    }[which["activation"]]


def train(job, which, x, y, x_val):
    """Train an arm. An epoch is a training of its own, with a fixed rate and from the weights
    alone, so that a network file after each epoch is a whole checkpoint.
    """
    settings, saved = job.settings, sorted(job.folder.glob("*.npz")) if job.folder else []
    if saved:
        ann, done = files.load(saved[-1]), int(saved[-1].stem)
    else:
        ann, done = (
            network(
                settings["nets"][which["net"]],
                x.shape[1:],
                activation_of(which),
                np.random.default_rng([job.seed, 0]),
            ),
            0,
        )
        if which["one bit"]:
            ann[0].weight.flat[0] = np.nextafter(ann[0].weight.flat[0], np.float32(np.inf))
        if which["start"] == "data":
            nn.set_thresholds(ann, x[:1000])
    noise = None
    if which["activation"] == "nq":
        noise = convert.ResidualNoise(
            x_val[: settings.get("noise images")],
            which["steps"],
            which["mean"],
            threads=job.threads,
        )
    for epoch in range(done, settings["epochs"]):
        seen = augmented(x, np.random.default_rng([job.seed, 1, epoch]), **settings["augmentation"])
        rate = scheduled(settings["learning rate"], True, epoch / settings["epochs"])
        nn.fit(
            ann,
            seen,
            y,
            epochs=1,
            batch_size=settings["batch size"],
            rng=np.random.default_rng([job.seed, 2, epoch]),
            optimiser=nn.SGD(rate, weight_decay=settings["weight decay"], cosine=False),
            after_epoch=noise,
            progress=False,
            threads=job.threads,
        )
        if job.folder:
            job.folder.mkdir(parents=True, exist_ok=True)
            files.save(ann, job.folder / f"{epoch + 1:04}.npz")
    return ann


def with_first_current(net, shift):
    """A copy whose first neurons get `shift` more in every step."""
    net = copy.deepcopy(net)
    net[0].bias = net[0].bias + np.float32(shift)
    return net


def run_job(job):
    """Train one arm; for each correction and T, one row with its accuracy on held-out and on test
    images.
    """
    if job.seed >= job.settings.get("seeds of", {}).get(job.point["arm"], np.inf):
        return []
    data, which, steps = (
        job.data,
        job.settings["arms"][job.point["arm"]],
        job.settings.get("steps", STEPS),
    )
    held = len(data.x_train) // 10
    x, y, x_val, y_val = (
        data.x_train[:-held],
        data.y_train[:-held],
        data.x_train[-held:],
        data.y_train[-held:],
    )
    ann, few = train(job, which, x, y, x_val), x[:200]
    net, rows = convert.to_spiking(ann, calibration_data=x[:500]), []
    ann_accuracy = ann.accuracy(data.x_test, data.y_test, threads=job.threads)

    def add(conversion, places, scores_of, extra=0):
        validation, test = (
            metrics.accuracy(scores_of(images), labels)
            for images, labels in ((x_val, y_val), (data.x_test, data.y_test))
        )
        rows.extend(
            {
                "conversion": conversion,
                "T": T,
                "extra_steps": extra,
                "accuracy": test[k],
                "validation_accuracy": validation[k],
                "ann_accuracy": ann_accuracy,
            }
            for k, T in places
        )

    def simulated(net, T):
        return lambda images: snn.simulate(net, images, T, threads=job.threads).scores

    add("plain", [(T - 1, T) for T in steps], simulated(net, steps[-1]))
    if which["neighbours"]:
        few_steps = [T for T in steps if T <= job.settings["neighbours up to"]]
        for name, run in (
            (
                "srp",
                lambda images: convert.run_srp(
                    net, images, few_steps[-1], tau=LEVELS, threads=job.threads
                ),
            ),
            (
                "cos",
                lambda images: convert.run_cos(
                    net, images, few_steps[-1], rho=LEVELS, threads=job.threads
                ),
            ),
        ):
            add(name, [(T - 1, T) for T in few_steps], run, extra=LEVELS)
        for T in few_steps:
            add("shifted bias", [(-1, T)], simulated(convert.shift_bias(net, T), T))
            add("corrected bias", [(-1, T)], simulated(convert.correct_bias(ann, net, few, T), T))
        for nudge in NUDGES:
            add(
                f"first current {nudge:+g}",
                [(T - 1, T) for T in steps[:3]],
                simulated(with_first_current(net, nudge), steps[2]),
            )
    return rows


COLUMNS = (
    "arm",
    "seed",
    "conversion",
    "T",
    "extra_steps",
    "accuracy",
    "validation_accuracy",
    "ann_accuracy",
)
ARMS = {
    "relu": arm("relu", neighbours=True),
    **{
        f"{name}, L = {L}": arm(name, L=L, steps=L, neighbours=L == LEVELS)
        for L in (2, 4, 8)
        for name in ("qcfs", "nq")
    },
    "nq with mean": arm("nq", mean=True),
    "nq at T = 2": arm("nq", steps=2),
    "qcfs again": arm("qcfs", nudge=True),
    "qcfs from 8": arm("qcfs", start=8.0),
}

STUDY = Study(
    name="residual",
    title="accuracy in few steps: QCFS, residual error as noise, and corrections after training",
    data=("digits",),
    columns=COLUMNS,
    run_job=run_job,
    settings={
        "epochs": 15,
        "batch size": 32,
        "learning rate": 0.1,
        "weight decay": 5e-4,
        "augmentation": {"pad": 0, "flip": False},
        "neighbours up to": 32,
        "arms": ARMS,
        "nets": {"net": {"convolutions": (16, "P", 32, "P"), "dense": (64,)}},
    },
    grid={"arm": tuple(ARMS)},
    seeds=5,
    budget_minutes=5,
)
