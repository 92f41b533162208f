"""One network of paper 3's studies: trained, converted, and measured with each correction."""

import copy

import numpy as np

from refsnn import convert, metrics, nn, snn
from studies import networks
from studies.residual.neighbours import run_cos, run_srp
from studies.training import held_out, train

FIRST_RUN = 4  # steps of SRP and COS before those that count
NUDGES = (-0.05, 0.05)  # of the first layer's current, in thresholds
NUDGED_T = (1, 2, 4)
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


def activation(arm):
    """A new activation layer of an arm."""
    start = 1.0 if arm.start == "data" else arm.start
    if arm.activation == "relu":
        return nn.ReLU()
    return {"qcfs": nn.QCFS, "nq": nn.NoisyQCFS}[arm.activation](arm.levels, start)


def network(net, shape, activation, rng):
    """Convolutions with batch norm, then dense layers; `activation()` makes what follows each."""

    def after(features, dense):
        norm = [] if dense else [nn.BatchNorm(features)]
        return [*norm, activation()]

    return networks.network(
        shape, net.convolutions, net.dense, rng, after=after, conv={"bias": False}
    )


def untrained(arm, net, x, seed):
    """An arm's network before training, from images x."""
    rng = np.random.default_rng([seed, 0])
    ann = network(net, x.shape[1:], lambda: activation(arm), rng)
    if arm.one_bit:
        ann[0].weight.flat[0] = np.nextafter(ann[0].weight.flat[0], np.float32(np.inf))
    if arm.start == "data":
        nn.set_thresholds(ann, x[:1000])
    return ann


def trained(job, arm, x, y, x_val):
    """An arm's network after training; "nq" measures its noise after every epoch on the held-out
    images x_val.
    """
    settings = job.settings
    ann = untrained(arm, settings.nets[arm.net], x, job.seed)
    noise = None
    if arm.activation == "nq":
        images = x_val[: settings.noise_images]
        noise = convert.ResidualNoise(images, arm.noise_T, arm.mean, threads=job.threads)
    train(job, ann, x, y, pad=settings.pad, flip=settings.flip, after_epoch=noise)
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
    name, settings, data = job.point["arm"], job.settings, job.data
    if job.seed >= settings.seeds_of.get(name, np.inf):
        return []
    arm = settings.arms[name]
    (x, y), (x_val, y_val) = held_out(data, 10)
    ann = trained(job, arm, x, y, x_val)
    net = convert.to_spiking(ann, calibration_data=x[:500])
    ann_accuracy = ann.accuracy(data.x_test, data.y_test, threads=job.threads)

    rows = []
    for conversion, extra, steps, scores_of in measurements(job, arm, ann, net, x[:200]):
        validation = metrics.accuracy(scores_of(x_val), y_val)
        test = metrics.accuracy(scores_of(data.x_test), data.y_test)
        for T in steps:
            rows.append(
                {
                    "conversion": conversion,
                    "T": T,
                    "extra_steps": extra,
                    "accuracy": test[T - 1],
                    "validation_accuracy": validation[T - 1],
                    "ann_accuracy": ann_accuracy,
                }
            )
    return rows


def measurements(job, arm, ann, net, few):
    """What is measured of a converted network, one after the other: the correction's name, the
    steps of its first run, the steps T that are told, and a function from images to scores over
    time.
    """
    settings = job.settings

    def simulated(net, T):
        return lambda images: snn.simulate(net, images, T, threads=job.threads).scores

    yield "plain", 0, settings.T, simulated(net, settings.T[-1])
    if not arm.neighbours:
        return

    # A first run of its own steps, then those that count.
    steps = [T for T in settings.T if T <= settings.neighbours_up_to]

    def srp(images):
        return run_srp(net, images, steps[-1], tau=FIRST_RUN, threads=job.threads)

    def cos(images):
        return run_cos(net, images, steps[-1], rho=FIRST_RUN, threads=job.threads)

    yield "srp", FIRST_RUN, steps, srp
    yield "cos", FIRST_RUN, steps, cos

    # A bias is corrected for the one T that is used.
    for T in steps:
        yield "shifted bias", 0, [T], simulated(convert.shift_bias(net, T), T)
        yield "corrected bias", 0, [T], simulated(convert.correct_bias(ann, net, few, T), T)

    # How much hangs on the first layer's current.
    for nudge in NUDGES:
        nudged = with_first_current(net, nudge)
        yield f"first current {nudge:+g}", 0, NUDGED_T, simulated(nudged, NUDGED_T[-1])
