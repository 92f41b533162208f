"""Penalties on potentials: values by their definitions, what they do to training, what they
refuse.
"""

import numpy as np
import pytest
from scipy.stats import norm

from refsnn import datasets, files, nn, snn, theory
from tests.oracles import caught

T = 4
FORMS = ("jeffreys", "jensen_shannon")
PENALTIES = [
    snn.PotentialDistribution((0.25, 0.5), 0.5, form, per)
    for form in FORMS
    for per in ("layer", "channel")
]
PENALTIES += [snn.RMPLoss(0.5), snn.IMLoss(0.5)]
EACH = pytest.mark.parametrize("penalty", PENALTIES, ids=repr)


def potentials(seed=0, shape=(T, 3, 4, 4, 5)):
    return np.random.default_rng(seed).normal(0.2, 1.3, shape)


def test_values_are_their_definitions():
    """The Jeffreys form has its least standard deviation, 0.01 of the target's, in it: 1e-4
    relative.
    """
    u, theta = potentials(), np.linspace(0.5, 1.0, 5)
    x = u / theta
    assert snn.RMPLoss().loss(u, theta).value == pytest.approx(
        np.mean(np.minimum(abs(x), abs(1 - x)) ** 2), rel=1e-12
    )
    assert snn.IMLoss().loss(u, theta).value == pytest.approx(np.mean(u - theta) ** 2, rel=1e-12)
    layer, channel = (
        snn.PotentialDistribution((0.25, 0.5), per=per).loss(u, theta).value
        for per in ("layer", "channel")
    )
    expected = [
        theory.gaussian_jeffreys(part.mean(), part.std(), 0.25, 0.5).value
        for part in np.moveaxis(u, -1, 0)
    ]

    def statement(layer, channel):
        assert layer == pytest.approx(
            theory.gaussian_jeffreys(u.mean(), u.std(), 0.25, 0.5).value, rel=1e-3
        )
        assert channel == pytest.approx(np.mean(expected), rel=1e-3)

    statement(layer, channel)
    caught(statement, channel, layer)


@pytest.mark.parametrize("form", FORMS)
def test_law_a_penalty_is_small_on_its_target_and_large_off_it(form):
    """Quantiles of the target itself, 10,000 of them: below 1e-3. Moved, widened, narrowed:
    above.
    """
    u = 0.25 + 0.5 * norm.ppf((np.arange(10_000) + 0.5) / 10_000).reshape(T, -1, 1)
    penalty = snn.PotentialDistribution((0.25, 0.5), form=form)

    def statement(u):
        assert 0 <= penalty.loss(u, 1.0).value < 1e-3

    statement(u)
    for broken in (u + 0.1, 1.2 * u, 0.8 * u):
        caught(statement, broken)


def test_counterexample_two_moments_do_not_see_a_shape():
    """Two values, at the target's mean plus and minus its standard deviation: the Jeffreys form
    calls it a normal distribution, the Jensen-Shannon form does not. Far away, the Jeffreys form
    pulls the mean back (and widens) and the other has let go.
    """
    u = np.tile([-1.0, 1.0], (T, 50)).reshape(T, -1, 1)
    jeffreys, shannon = (snn.PotentialDistribution(form=form).loss(u, 1.0) for form in FORMS)
    assert jeffreys.value < 1e-6 < 0.3 < shannon.value < np.log(2)
    jeffreys, shannon = (snn.PotentialDistribution(form=form).loss(u + 10, 1.0) for form in FORMS)
    assert jeffreys.du.mean() > 0 > jeffreys.du.min() and not shannon.du.any()


@EACH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept_and_nothing_is_written(penalty, dtype):
    u = potentials().astype(dtype)
    before = u.copy()
    value, du, dthreshold = penalty.loss(u, np.float32(0.5))
    assert du.dtype == dthreshold.dtype == dtype and du.shape == dthreshold.shape == u.shape
    assert isinstance(value, float) and np.array_equal(u, before)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("per", ["layer", "channel"])
def test_potentials_that_are_all_equal_have_a_finite_penalty_and_slope(form, per):
    for value in (0.0, 5.0, -100.0):
        found = snn.PotentialDistribution(form=form, per=per).loss(np.full((T, 2, 3), value), 1.0)
        assert np.isfinite(found.value) and np.isfinite(found.du).all()


@pytest.mark.parametrize("form", FORMS)
def test_potentials_that_are_no_numbers_give_no_number(form):
    """So that `fit` says that the loss diverged."""
    for wrong in (np.nan, np.inf):
        found = snn.PotentialDistribution(form=form).loss(np.array([[[0.0, wrong]]]), 1.0)
        assert np.isnan(found.value) and np.isnan(found.du).all()


def network(penalty, seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        [
            nn.Flatten(),
            nn.Dense(64, 32, rng=rng),
            snn.LIF(
                0.25, v_threshold=0.5, reset="zero", surrogate=snn.Rectangular(0.5), penalty=penalty
            ),
            nn.Dense(32, 10, rng=rng),
        ]
    )


def trained(penalty, epochs=3):
    data, net = datasets.load_digits(), network(penalty)
    monitor = snn.Monitor(data.x_train[:100], T)
    history = nn.fit(
        net,
        data.x_train[:400],
        data.y_train[:400],
        epochs=epochs,
        rng=np.random.default_rng(1),
        T=T,
        optimiser=nn.SGD(0.1),
        progress=False,
        validation=(data.x_train[400:500], data.y_train[400:500]),
        after_epoch=monitor,
        threads=1,
    )
    return history, monitor.layers[2]


@pytest.mark.parametrize("form", FORMS)
def test_training_moves_the_distribution_to_its_target(form):
    """The monitored mean and standard deviation come nearer to the target with the penalty than
    without; loss is what is minimised, validation loss the cross-entropy alone.
    """
    target = (0.25, 0.5)
    found, report = {}, {}
    for weight in (0.0, 2.0):
        penalty = snn.PotentialDistribution(target, weight, form)
        found[weight], report[weight] = trained(penalty)
    assert report[2.0].keys() == {"alpha", "inside", "mean", "std", "error", "penalty"}

    def statement(with_it, without):
        assert with_it["penalty"][-1] < without["penalty"][-1] / 2
        assert abs(with_it["std"][-1] - 0.5) < abs(without["std"][-1] - 0.5)

    statement(report[2.0], report[0.0])
    caught(statement, report[0.0], report[2.0])
    assert np.all(np.concatenate([each["error"] for each in report.values()]) > 0)
    assert found[0.0].loss.shape == (3,) and found[2.0].loss[0] > found[0.0].loss[0]
    plain, _ = trained(None)
    assert np.array_equal(plain.loss, found[0.0].loss)  # a weight of 0 is no penalty
    assert np.array_equal(plain.validation_loss, found[0.0].validation_loss)


def test_the_reported_error_is_its_definition():
    net = network(None)
    x = datasets.load_digits().x_train[:5]
    _, caches = net.forward(np.tile(x, (T, 1, 1, 1)), nn.Run(T=T))
    report, (u, s) = snn.summary(net[2], caches[2]), caches[2][:2]
    errors = [
        (p / 0.5 - o) ** 2
        for p, o in zip(u.ravel().tolist(), s.ravel().tolist(), strict=True)
        if 0 < p < 1
    ]
    assert report["error"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert report["mean"] == pytest.approx(u.mean(), abs=1e-6) and report["std"] == pytest.approx(
        u.std(), abs=1e-6
    )


def test_a_penalty_whose_loss_diverges_is_reported_as_a_loss_that_diverged():
    net = network(snn.PotentialDistribution())
    with pytest.raises(FloatingPointError, match="The loss became"):
        nn.fit(
            net,
            *(
                array[:64]
                for array in (datasets.load_digits().x_train, datasets.load_digits().y_train)
            ),
            epochs=30,
            rng=np.random.default_rng(0),
            T=T,
            optimiser=nn.SGD(1e30),
            progress=False,
            threads=1,
        )


@EACH
def test_a_saved_network_has_its_penalty(tmp_path, penalty):
    net = network(penalty)
    back = files.load(files.save(net, tmp_path / "net.npz"))
    assert (
        back[2].penalty == penalty
        and repr(back) == repr(net)
        and type(penalty).__name__ in repr(net)
    )


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: snn.PotentialDistribution(target=0.0), TypeError, "target must be a pair"),
        (
            lambda: snn.PotentialDistribution(target=(0.0, 0.0)),
            ValueError,
            "target's std must be above 0",
        ),
        (
            lambda: snn.PotentialDistribution(target=(np.nan, 1.0)),
            ValueError,
            "target's mean must be finite",
        ),
        (
            lambda: snn.PotentialDistribution(target=("0", 1.0)),
            TypeError,
            "target's mean must be a number",
        ),
        (lambda: snn.PotentialDistribution(weight=-1), ValueError, "weight must be at least 0"),
        (lambda: snn.PotentialDistribution(form="kl"), ValueError, "form must be one of"),
        (lambda: snn.PotentialDistribution(per="neuron"), ValueError, "per must be one of"),
        (lambda: snn.RMPLoss(weight="1"), TypeError, "weight must be a number"),
        (
            lambda: snn.IMLoss(weight=np.inf),
            ValueError,
            "weight must be finite|weight must be at least 0",
        ),
        (
            lambda: snn.LIF(0.5, surrogate=snn.Arctan(), penalty="jeffreys"),
            TypeError,
            "penalty must be one such as",
        ),
        (
            lambda: snn.LIF(0.5, surrogate=snn.Arctan(), penalty=snn.RMPLoss),
            TypeError,
            "penalty must be one such as",
        ),
        (lambda: snn.IF(penalty=snn.RMPLoss()), ValueError, "surrogate must be given"),
        (
            lambda: snn.soft_histogram([0.0, 1.0], theory.soft_bins(0.0, 1.0, 4)),
            ValueError,
            "x must have shape",
        ),
        (
            lambda: snn.soft_histogram([[np.nan]], theory.soft_bins(0.0, 1.0, 4)),
            ValueError,
            "x must be finite",
        ),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, error, says):
    with pytest.raises(error, match=says) as raised:
        call()
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")
