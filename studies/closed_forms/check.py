"""The gap between each closed form and a simulation of what it describes: the last column of the
theorem index.

One job trains a network and measures everything on its first layer, with test images as Bernoulli
input. Weights are rounded to multiples of 1/256, where simulation in float32 is exact. `relation`
is what the closed form claims of the simulated number: "exact" (the same, without chance), "mean"
(the same but for the standard error), "bound" (at least as large), or "approximation".
"""

from collections import namedtuple

import numpy as np
from scipy.special import ndtr

from refsnn import convert, nn, predict, snn, theory
from studies.runner import Study

SPACING = 1 / 256
V_INIT = 0.5
# Neurons that saw one image: weight (in, k), rates (in,), free potential without v_init and spikes
# (T, trials, k).
Case = namedtuple("Case", "weight rates potential spikes")


def trained(job):
    """The converted network, its parameters on the grid."""
    rng, data, width = np.random.default_rng([job.seed, 20]), job.data, job.settings["width"]
    ann = nn.Sequential(
        [
            nn.Flatten(),
            nn.Dense(data.x_train[0].size, width, rng=rng),
            nn.ReLU(),
            nn.Dense(width, 10, rng=rng),
        ]
    )
    nn.fit(
        ann,
        data.x_train,
        data.y_train,
        epochs=job.settings["epochs"],
        rng=rng,
        progress=False,
        threads=job.threads,
    )
    net = convert.to_spiking(ann, calibration_data=data.x_train[:500])
    for layer in (net[1], net[3]):
        layer.weight = np.round(layer.weight / SPACING) * np.float32(SPACING)
        layer.bias = np.round(layer.bias / SPACING) * np.float32(SPACING)
    return net


def simulated(job, net, image):
    """One test image many times; the bias is an input that spikes in every step."""
    settings, x = job.settings, job.data.x_test[image]
    max_rate, neurons = settings["max_rate"], np.arange(settings["neurons"])
    record = snn.simulate(
        nn.Sequential(net[:3]),
        np.repeat(x[None], settings["trials"], axis=0),
        settings["T"],
        encoder=snn.Poisson(max_rate),
        rng=np.random.default_rng([job.seed, 21, image]),
        watch={2: neurons},
        threads=job.threads,
    )
    weight = np.vstack([net[1].weight / max_rate, net[1].bias]).astype(np.float64)[:, neurons]
    return Case(
        weight,
        np.append(max_rate * x.reshape(-1).astype(np.float64), 1.0),
        record.free_potential(2).astype(np.float64) - V_INIT,
        record.spikes[2],
    )


def estimate(values):
    """Mean over trials (the first axis), and its standard error."""
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))


def spread(V):
    """Standard deviation over trials, and its standard error from the fourth moment."""
    d = V - V.mean(axis=0)
    variance, fourth = (d**2).mean(axis=0), (d**4).mean(axis=0)
    return np.sqrt(variance), np.sqrt((fourth - variance**2) / len(V) / (4 * variance))


def law(case, T):
    """What `theory.moments` and `theory.law` say of the free potential after T steps."""
    V, w, r = case.potential[-1], case.weight, case.rates
    mean, std = theory.membrane_mean(w, r, T), theory.membrane_std(w, r, T)
    d, u = V - V.mean(axis=0), 1 / std[0]
    z, rank = np.sort((V - mean) / std, axis=0), np.arange(len(V) + 1)[:, None] / len(V)
    distance = np.maximum(np.abs(ndtr(z) - rank[1:]), np.abs(ndtr(z) - rank[:-1])).max(axis=0)
    # The potential is a multiple of the spacing: the tail is asked half of one lower (continuity
    # correction).
    level = np.ceil((mean + 2 * std) / SPACING) * SPACING
    tail = [
        theory.saddlepoint_tail(x - SPACING / 2, column, r, T)
        for x, column in zip(level, w.T, strict=True)
    ]
    return {
        "membrane_mean": ("mean", mean, *estimate(V)),
        "membrane_std": ("mean", std, *spread(V)),
        "membrane_cov": ("mean", theory.membrane_cov(w, r, T)[0], *estimate(d[:, :1] * d)),
        "cumulants": ("mean", theory.cumulants(w, r, T, 3)[2], *estimate(d**3)),
        "characteristic_function": (
            "mean",
            theory.characteristic_function(w, r, T, u).real,
            *estimate(np.cos(u * V)),
        ),
        "saddlepoint_tail": ("approximation", np.array(tail), *estimate(V >= level)),
        "berry_esseen_bound": ("bound", theory.berry_esseen_bound(w, r, T), distance, 0.0),
    }


def norms(job, case, T):
    """The noisiest inputs: standard deviations of potentials that are drawn from them."""
    rng, trials, found = np.random.default_rng([job.seed, 22]), job.settings["trials"], {}
    for p in (1, 2, np.inf):
        bound, rates = (
            theory.std_bound(case.weight, 0.5, p, T),
            theory.worst_case_rates(case.weight, 0.5, p),
        )
        V = np.stack(
            [
                rng.poisson(T * r, (trials, len(r))) @ w
                for r, w in zip(rates.T, case.weight.T, strict=True)
            ],
            1,
        )
        for name in ("std_bound", "worst_case_rates", "weight_norm"):
            found[f"{name} p={p}"] = ("mean", bound, *spread(V))
    rho = theory.crossover_rho(case.weight)
    columns = list(zip(rho, case.weight.T, strict=True))
    V = np.stack(
        [
            rng.binomial(T, theory.bernoulli_worst_case_rates(w, x), (trials, len(w))) @ w
            for x, w in columns
        ],
        axis=1,
    )
    maximum = np.array([theory.bernoulli_std_maximum(w, x, T) for x, w in columns])
    asymptotes = np.sqrt(T) * theory.weight_norm(case.weight, 2) / 2
    return found | {
        "bernoulli_std_maximum": ("mean", maximum, *spread(V)),
        "bernoulli_worst_case_rates": ("mean", maximum, *spread(V)),
        "crossover_rho": ("bound", asymptotes, *spread(V)),
    }


def staircase(case, T):
    """Counts of single runs are compared one by one; what is written down is the mean over runs."""
    path, counts = case.potential + V_INIT, np.cumsum(case.spikes, axis=0, dtype=np.int64)
    stairs = theory.staircase_count(path)
    assert np.array_equal(stairs, counts)
    current = np.diff(path, axis=0, prepend=V_INIT)
    mirror_current, mirror_init = theory.mirrored(current, V_INIT)
    tie = SPACING / 4  # the mirror fires above its threshold, not at it
    mirror = (
        T - theory.staircase_count(theory.free_potential(mirror_current, mirror_init) - tie)[-1]
    )
    a = np.round(current.mean(axis=(0, 1)) / SPACING) * SPACING
    neuron = snn.IF(v_init=V_INIT)
    constant = neuron.scan(np.float32(a)[None, None], neuron.initial(1, a.shape), T=T)[0].sum(
        axis=(0, 1)
    )
    half = path.shape[1] // 2
    highest, error = estimate(np.maximum(case.potential[:, half:].max(axis=0), 0))
    parts = np.maximum(case.potential[:, :half], 0).mean(axis=1)
    left = path[-1] - counts[-1]
    found = {name: (stairs[-1], counts[-1]) for name in ("staircase_count", "free_potential")}
    found |= {
        "mirrored": (mirror, counts[-1]),
        "charge": (theory.charge(left, counts[-1]), path[-1]),
    }
    parts_of_error = theory.split_error(
        current.mean(axis=0), path[-1], counts[-1], T, v_init=V_INIT
    )
    found["split_error"] = (
        sum(parts_of_error),
        np.maximum(current.mean(axis=0), 0) - counts[-1] / T,
    )
    single = {
        name: ("exact", *(values.mean(axis=0) for values in pair), 0.0)
        for name, pair in found.items()
    }
    return single | {
        "constant_input_count": (
            "exact",
            theory.constant_input_count(a, T, v_init=V_INIT),
            constant,
            0.0,
        ),
        "quantised_activation": ("exact", theory.quantised_activation(a, T), constant / T, 0.0),
        # both sides are measured, on different runs of the same number: sqrt(2) times one standard
        # error
        "spitzer_maximum": ("mean", theory.spitzer_maximum(parts)[-1], highest, np.sqrt(2) * error),
    }


def passage(case, T):
    """Spike counts: the neurons' own (at most one spike a step), and paths that reach a level."""
    w, r, path = case.weight, case.rates, case.potential + V_INIT
    mean, std = theory.membrane_mean(w, r, 1), theory.membrane_std(w, r, 1)
    counts, highest = case.spikes.sum(axis=0, dtype=float), path.max(axis=0)
    k = np.maximum(np.floor(mean * T / 2), 1)
    steps = [theory.input_step(column, r, SPACING) for column in w.T]
    gaussian = [theory.gaussian_step(m, s, SPACING) for m, s in zip(mean, std, strict=True)]
    decay, shift = theory.lundberg_root(w, r), theory.barrier_shift(w, r)
    expected = theory.expected_spike_count(mean, std, T, v_init=V_INIT, decay=decay, shift=shift)
    moments = theory.spike_count_moments(mean, std, T, v_init=V_INIT)
    survival = theory.spike_count_survival(k, mean, std, T, v_init=V_INIT)
    push = 1 / 64
    pushed = (path + push * np.arange(1, T + 1)[:, None, None]).max(axis=0) >= k
    held = (path - push * np.arange(1, T + 1)[:, None, None]).max(axis=0) >= k
    recursion, of_gaussian = (
        np.array([theory.recursive_spike_count(s, T, v_init=V_INIT)[-1] for s in each])
        for each in (steps, gaussian)
    )
    highest_law = [theory.maximum_survival(s, x, T) for s, x in zip(steps, k - V_INIT, strict=True)]
    found = {
        "recursive_spike_count": ("mean", recursion, *estimate(counts)),
        "input_step": ("mean", recursion, *estimate(counts)),
        "gaussian_step": ("approximation", of_gaussian, *estimate(counts)),
        "maximum_survival": ("mean", np.array(highest_law), *estimate(highest >= k)),
        "spike_count_survival": ("approximation", survival, *estimate(highest >= k)),
        "survival_slope": (
            "approximation",
            theory.survival_slope(k, mean, std, T, v_init=V_INIT),
            *estimate((pushed * 1.0 - held) / (2 * push)),
        ),
        "expected_spike_count": ("approximation", expected, *estimate(counts)),
        "spike_count_moments": ("approximation", np.sqrt(moments.variance), *spread(counts)),
    }
    silent = (mean < 0) & (-mean * np.sqrt(T) > 2 * std)  # by T all is over
    if silent.any():
        many = np.maximum(np.floor(highest[:, silent]), 0)
        gap = 2 * SPACING * np.floor(std[silent] / SPACING)
        total = theory.spurious_spikes(
            mean[silent], std[silent], v_init=V_INIT, decay=decay[silent], shift=shift[silent]
        )
        for name in ("spurious_spikes", "barrier_shift"):
            found[name] = ("approximation", total, *estimate(many))
        found["lundberg_root"] = (
            "bound",
            np.exp(-decay[silent] * gap),
            *estimate(highest[:, silent] - V_INIT >= gap),
        )
    return found


def large_noise(job, T):
    """A neuron drowned in Gaussian noise of two thresholds a step."""
    rng, mean = (
        np.random.default_rng([job.seed, 23]),
        np.linspace(-0.25, 1.0, job.settings["neurons"]),
    )
    v, counts = np.full((job.settings["trials"], len(mean)), V_INIT), 0.0
    for _ in range(T):
        v += rng.normal(mean, 2.0, v.shape)
        counts, v = counts + (v >= 1), v - (v >= 1)
    return {
        "large_noise_spike_count": (
            "approximation",
            theory.large_noise_spike_count(mean, 2.0, T, v_init=V_INIT),
            *estimate(counts),
        )
    }


def accuracy(job, net):
    """Predicted against simulated accuracy of the whole network."""
    x, y, settings = job.data.x_test, job.data.y_test, job.settings
    rng, encoder = np.random.default_rng([job.seed, 24]), snn.Poisson(settings["max_rate"])
    runs = np.stack(
        [
            snn.simulate(
                net, x, settings["T"], encoder=encoder, rng=rng, threads=job.threads
            ).accuracy(y)
            for _ in range(settings["runs"])
        ]
    )
    return {
        name: (
            "approximation",
            getattr(predict, name)(
                net, x, y, settings["T"], settings["max_rate"], threads=job.threads
            ).accuracy,
            *estimate(runs[:, -1]),
        )
        for name in ("predict_accuracy", "rectified_gaussian_accuracy")
    }


def run_job(job):
    """One row for each closed form, image and neuron."""
    net, T, rows = trained(job), job.settings["T"], []

    def write(where, found):
        for name, (relation, *numbers) in found.items():
            form, _, setting = name.partition(" ")
            for k, (value, measured, error) in enumerate(
                zip(*(np.ravel(a).tolist() for a in np.broadcast_arrays(*numbers)), strict=True)
            ):
                # ten digits: the last ones of a sum differ from processor to processor
                rows.append(
                    {
                        "closed_form": form,
                        "relation": relation,
                        "setting": f"{where} {k} {setting}".strip(),
                        "value": float(f"{value:.10g}"),
                        "simulated": float(f"{measured:.10g}"),
                        "standard_error": float(f"{error:.3g}"),
                    }
                )

    for image in range(job.settings["images"]):
        case = simulated(job, net, image)
        write(
            f"image {image} neuron",
            law(case, T) | norms(job, case, T) | staircase(case, T) | passage(case, T),
        )
    write("drift", large_noise(job, T))
    write("network", accuracy(job, net))
    return rows


STUDY = Study(
    name="gaps",
    title="the gap between each closed form and a simulation, for the theorem index",
    data=("digits",),
    columns=("seed", "closed_form", "relation", "setting", "value", "simulated", "standard_error"),
    run_job=run_job,
    settings={
        "width": 64,
        "epochs": 10,
        "max_rate": 0.5,
        "T": 32,
        "trials": 20_000,
        "neurons": 8,
        "images": 3,
        "runs": 10,
    },
    seeds=1,
    budget_minutes=2,
)
