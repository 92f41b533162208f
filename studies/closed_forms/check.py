"""What the job of `gaps` does: train a network, watch neurons of its first layer under Bernoulli
input, and set every closed form beside what is seen.

Weights are rounded to multiples of 1/256, where simulation in float32 is exact.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

from refsnn import convert, nn, predict, snn, theory
from studies import networks

SPACING = 1 / 256
V_INIT = 0.5


class Case(NamedTuple):
    """Neurons that saw one image many times; the bias is an input that spikes in every step."""

    weight: np.ndarray  # (in, neurons)
    rates: np.ndarray  # (in,)
    potential: np.ndarray  # (T, trials, neurons), the free potential without v_init
    spikes: np.ndarray  # (T, trials, neurons)


class Gap(NamedTuple):
    """A closed form beside a simulation, one number per neuron.

    `relation` is what the closed form claims of the simulated number: "exact" (the same, without
    chance), "mean" (the same but for the standard error), "bound" (at least as large), or
    "approximation".
    """

    relation: str
    value: Any
    simulated: Any
    error: Any = 0.0


def estimate(samples):
    """Mean over trials (the first axis), and its standard error."""
    return samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(len(samples))


def spread(samples):
    """Standard deviation over trials, and its standard error from the fourth moment."""
    d = samples - samples.mean(axis=0)
    variance, fourth = (d**2).mean(axis=0), (d**4).mean(axis=0)
    return np.sqrt(variance), np.sqrt((fourth - variance**2) / len(samples) / (4 * variance))


def trained(job):
    """The converted network, its parameters on the grid."""
    data, settings = job.data, job.settings
    rng = np.random.default_rng([job.seed, 20])
    ann = networks.network(data.x_train.shape[1:], (), (settings.width,), rng)
    nn.fit(
        ann,
        data.x_train,
        data.y_train,
        epochs=settings.epochs,
        rng=rng,
        progress=False,
        threads=job.threads,
    )

    net = convert.to_spiking(ann, calibration_data=data.x_train[:500])
    for layer in (net[1], net[3]):
        layer.weight = np.round(layer.weight / SPACING) * np.float32(SPACING)
        layer.bias = np.round(layer.bias / SPACING) * np.float32(SPACING)
    return net


def watched(job, net, image):
    """One test image, shown many times."""
    settings, x = job.settings, job.data.x_test[image]
    neurons = np.arange(settings.neurons)
    record = snn.simulate(
        nn.Sequential(net[:3]),
        np.repeat(x[None], settings.trials, axis=0),
        settings.T,
        encoder=snn.Poisson(settings.max_rate),
        rng=np.random.default_rng([job.seed, 21, image]),
        watch={2: neurons},
        threads=job.threads,
    )
    weight = np.vstack([net[1].weight / settings.max_rate, net[1].bias]).astype(np.float64)
    rates = settings.max_rate * x.reshape(-1).astype(np.float64)
    return Case(
        weight[:, neurons],
        np.append(rates, 1.0),
        record.free_potential(2).astype(np.float64) - V_INIT,
        record.spikes[2],
    )


def law(case, T):
    """What `theory.moments` and `theory.law` say of the free potential after T steps."""
    V, w, r = case.potential[-1], case.weight, case.rates
    mean, std = theory.membrane_mean(w, r, T), theory.membrane_std(w, r, T)
    d, u = V - V.mean(axis=0), 1 / std[0]

    # The distance of two distribution functions is largest beside a jump of the measured one.
    z, rank = np.sort((V - mean) / std, axis=0), np.arange(len(V) + 1)[:, None] / len(V)
    distance = np.maximum(np.abs(ndtr(z) - rank[1:]), np.abs(ndtr(z) - rank[:-1])).max(axis=0)

    # The potential is a multiple of the spacing: the tail is asked half of one lower (continuity
    # correction).
    level = np.ceil((mean + 2 * std) / SPACING) * SPACING
    tail = np.array(
        [theory.saddlepoint_tail(x - SPACING / 2, w[:, k], r, T) for k, x in enumerate(level)]
    )

    covariance = theory.membrane_cov(w, r, T)[0]
    third = theory.cumulants(w, r, T, 3)[2]
    wave = theory.characteristic_function(w, r, T, u).real
    return {
        "membrane_mean": Gap("mean", mean, *estimate(V)),
        "membrane_std": Gap("mean", std, *spread(V)),
        "membrane_cov": Gap("mean", covariance, *estimate(d[:, :1] * d)),
        "cumulants": Gap("mean", third, *estimate(d**3)),
        "characteristic_function": Gap("mean", wave, *estimate(np.cos(u * V))),
        "saddlepoint_tail": Gap("approximation", tail, *estimate(V >= level)),
        "berry_esseen_bound": Gap("bound", theory.berry_esseen_bound(w, r, T), distance),
    }


def norms(job, case, T):
    """The noisiest inputs: standard deviations of potentials that are drawn from them."""
    rng = np.random.default_rng([job.seed, 22])
    trials = job.settings.trials
    w = case.weight
    gaps = {}

    # Poisson inputs: the worst rates of each norm attain its bound.
    for p in (1, 2, np.inf):
        bound = theory.std_bound(w, 0.5, p, T)
        worst = theory.worst_case_rates(w, 0.5, p)
        drawn = (
            rng.poisson(T * rates, (trials, len(rates))) @ column
            for rates, column in zip(worst.T, w.T, strict=True)
        )
        V = np.stack(list(drawn), axis=1)
        for name in ("std_bound", "worst_case_rates", "weight_norm"):
            gaps[f"{name} p={p}"] = Gap("mean", bound, *spread(V))

    # Bernoulli inputs, where the two asymptotes of the maximum cross.
    rho = theory.crossover_rho(w)
    columns = list(zip(w.T, rho, strict=True))
    maximum = np.array([theory.bernoulli_std_maximum(*each, T) for each in columns])
    drawn = (
        rng.binomial(T, theory.bernoulli_worst_case_rates(*each), (trials, len(w))) @ each[0]
        for each in columns
    )
    V = np.stack(list(drawn), axis=1)
    asymptotes = np.sqrt(T) * theory.weight_norm(w, 2) / 2
    return gaps | {
        "bernoulli_std_maximum": Gap("mean", maximum, *spread(V)),
        "bernoulli_worst_case_rates": Gap("mean", maximum, *spread(V)),
        "crossover_rho": Gap("bound", asymptotes, *spread(V)),
    }


def staircase(case, T):
    """Counts of single runs are compared one by one; what is written down is the mean over runs."""
    path, counts = case.potential + V_INIT, np.cumsum(case.spikes, axis=0, dtype=np.int64)
    stairs = theory.staircase_count(path)
    assert np.array_equal(stairs, counts)

    # The mirror fires above its threshold, not at it: it is held a quarter of a spacing lower.
    current = np.diff(path, axis=0, prepend=V_INIT)
    mirrored = theory.free_potential(*theory.mirrored(current, V_INIT)) - SPACING / 4
    mirror = T - theory.staircase_count(mirrored)[-1]

    mean_current = current.mean(axis=0)
    split = theory.split_error(mean_current, path[-1], counts[-1], T, v_init=V_INIT)
    charge = theory.charge(path[-1] - counts[-1], counts[-1])
    of_runs = {
        "staircase_count": (stairs[-1], counts[-1]),
        "free_potential": (stairs[-1], counts[-1]),
        "mirrored": (mirror, counts[-1]),
        "charge": (charge, path[-1]),
        "split_error": (sum(split), np.maximum(mean_current, 0) - counts[-1] / T),
    }
    gaps = {
        name: Gap("exact", value.mean(axis=0), simulated.mean(axis=0))
        for name, (value, simulated) in of_runs.items()
    }

    # Constant input: the mean current, on the grid.
    a = np.round(current.mean(axis=(0, 1)) / SPACING) * SPACING
    neuron = snn.IF(v_init=V_INIT)
    spikes, *_ = neuron.scan(np.float32(a)[None, None], neuron.initial(1, a.shape), T=T)
    constant = spikes.sum(axis=(0, 1))
    formula = theory.constant_input_count(a, T, v_init=V_INIT)

    # Both sides of Spitzer's identity are measured, on different runs of the same number: the
    # error is sqrt(2) times one standard error.
    half = path.shape[1] // 2
    parts = np.maximum(case.potential[:, :half], 0).mean(axis=1)
    highest, error = estimate(np.maximum(case.potential[:, half:].max(axis=0), 0))
    spitzer = theory.spitzer_maximum(parts)[-1]
    return gaps | {
        "constant_input_count": Gap("exact", formula, constant),
        "quantised_activation": Gap("exact", theory.quantised_activation(a, T), constant / T),
        "spitzer_maximum": Gap("mean", spitzer, highest, np.sqrt(2) * error),
    }


def passage(case, T):
    """Spike counts: the neurons' own (at most one spike a step), and paths that reach a level."""
    w, r, path = case.weight, case.rates, case.potential + V_INIT
    mean, std = theory.membrane_mean(w, r, 1), theory.membrane_std(w, r, 1)
    counts, highest = case.spikes.sum(axis=0, dtype=float), path.max(axis=0)

    # The law of the count, step by step, from the inputs' law and from a Gaussian one.
    steps = [theory.input_step(column, r, SPACING) for column in w.T]
    gaussian = [theory.gaussian_step(m, s, SPACING) for m, s in zip(mean, std, strict=True)]
    recursion, of_gaussian = (
        np.array([theory.recursive_spike_count(step, T, v_init=V_INIT)[-1] for step in each])
        for each in (steps, gaussian)
    )

    # Levels of about half the mean count; and the paths if every step had a little more or less.
    k = np.maximum(np.floor(mean * T / 2), 1)
    survival = theory.spike_count_survival(k, mean, std, T, v_init=V_INIT)
    slope = theory.survival_slope(k, mean, std, T, v_init=V_INIT)
    push = 1 / 64
    more = push * np.arange(1, T + 1)[:, None, None]
    pushed, held = ((path + each).max(axis=0) >= k for each in (more, -more))

    decay, shift = theory.lundberg_root(w, r), theory.barrier_shift(w, r)
    expected = theory.expected_spike_count(mean, std, T, v_init=V_INIT, decay=decay, shift=shift)
    deviation = np.sqrt(theory.spike_count_moments(mean, std, T, v_init=V_INIT).variance)
    gaps = {
        "recursive_spike_count": Gap("mean", recursion, *estimate(counts)),
        "input_step": Gap("mean", recursion, *estimate(counts)),
        "gaussian_step": Gap("approximation", of_gaussian, *estimate(counts)),
        "spike_count_survival": Gap("approximation", survival, *estimate(highest >= k)),
        "survival_slope": Gap(
            "approximation", slope, *estimate((pushed * 1.0 - held) / (2 * push))
        ),
        "expected_spike_count": Gap("approximation", expected, *estimate(counts)),
        "spike_count_moments": Gap("approximation", deviation, *spread(counts)),
    }
    silent = (mean < 0) & (-mean * np.sqrt(T) > 2 * std)  # by T all is over
    if silent.any():
        gaps |= excursions(
            mean[silent], std[silent], decay[silent], shift[silent], highest[:, silent]
        )
    return gaps


def excursions(mean, std, decay, shift, highest):
    """Spikes of neurons that drift away from the threshold; `highest` (trials, neurons)."""
    total = theory.spurious_spikes(mean, std, v_init=V_INIT, decay=decay, shift=shift)
    spikes = estimate(np.maximum(np.floor(highest), 0))
    level = 2 * SPACING * np.floor(std / SPACING)
    bound = np.exp(-decay * level)
    return {
        "spurious_spikes": Gap("approximation", total, *spikes),
        "barrier_shift": Gap("approximation", total, *spikes),
        "lundberg_root": Gap("bound", bound, *estimate(highest - V_INIT >= level)),
    }


def large_noise(job, T):
    """A neuron drowned in Gaussian noise of two thresholds a step."""
    rng = np.random.default_rng([job.seed, 23])
    mean = np.linspace(-0.25, 1.0, job.settings.neurons)
    v, counts = np.full((job.settings.trials, len(mean)), V_INIT), 0.0
    for _ in range(T):
        v += rng.normal(mean, 2.0, v.shape)
        counts, v = counts + (v >= 1), v - (v >= 1)
    formula = theory.large_noise_spike_count(mean, 2.0, T, v_init=V_INIT)
    return {"large_noise_spike_count": Gap("approximation", formula, *estimate(counts))}


def accuracy(job, net):
    """Predicted against simulated accuracy of the whole network."""
    x, y, settings = job.data.x_test, job.data.y_test, job.settings
    rng, encoder = np.random.default_rng([job.seed, 24]), snn.Poisson(settings.max_rate)
    runs = [
        snn.simulate(net, x, settings.T, encoder=encoder, rng=rng, threads=job.threads)
        for _ in range(settings.runs)
    ]
    simulated = estimate(np.array([record.accuracy(y)[-1] for record in runs]))

    gaps = {}
    for method in (predict.predict_accuracy, predict.rectified_gaussian_accuracy):
        prediction = method(net, x, y, settings.T, settings.max_rate, threads=job.threads)
        gaps[method.__name__] = Gap("approximation", prediction.accuracy, *simulated)
    return gaps


def run_job(job):
    """One row for each closed form, image and neuron."""
    net, T, rows = trained(job), job.settings.T, []
    for image in range(job.settings.images):
        case = watched(job, net, image)
        gaps = law(case, T) | norms(job, case, T) | staircase(case, T) | passage(case, T)
        rows += written(f"image {image} neuron", gaps)
    rows += written("drift", large_noise(job, T))
    rows += written("network", accuracy(job, net))
    return rows


def written(place, gaps):
    """Rows of gaps; ten digits, for the last ones of a sum differ between processors."""
    rows = []
    for name, (relation, *numbers) in gaps.items():
        form, _, setting = name.partition(" ")
        columns = (np.ravel(each).tolist() for each in np.broadcast_arrays(*numbers))
        for k, (value, simulated, error) in enumerate(zip(*columns, strict=True)):
            rows.append(
                {
                    "closed_form": form,
                    "relation": relation,
                    "setting": f"{place} {k} {setting}".strip(),
                    "value": float(f"{value:.10g}"),
                    "simulated": float(f"{simulated:.10g}"),
                    "standard_error": float(f"{error:.3g}"),
                }
            )
    return rows
