"""A run that was interrupted and goes on ends with the bits of one that never stopped."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refsnn import convert, nn, snn
from tests.oracles import caught

EPOCHS = 3
X = np.random.default_rng(0).random((70, 4, 4, 1), np.float32)
Y = np.random.default_rng(1).integers(0, 3, 70)


def ann(activation=nn.ReLU, dropout=False):
    rng = np.random.default_rng(2)
    return nn.Sequential(
        [
            nn.Conv2d(1, 3, 3, padding=1, rng=rng),
            nn.BatchNorm(3),
            activation(),
            nn.Flatten(),
            *([nn.Dropout(0.25)] if dropout else []),
            nn.Dense(48, 3, rng=rng),
        ]
    )


def spiking():
    """Neurons that learn all they can, with a penalty."""
    neurons = snn.LIF(
        0.5,
        surrogate=snn.Sigmoid(learn_alpha=True),
        learn_beta=True,
        learn_threshold=True,
        penalty=snn.PotentialDistribution(weight=0.1),
    )
    rng = np.random.default_rng(3)
    layers = [nn.Flatten(), nn.Dense(16, 8, rng=rng), nn.BatchNorm(8), neurons]
    return nn.Sequential([*layers, nn.Dense(8, 3, rng=rng)])


def shifted(x, rng):
    """Images moved by up to one pixel, one distance for the whole batch."""
    return np.roll(x, rng.integers(-1, 2, 2), axis=(1, 2))


def plain():
    return {"net": ann(), "optimiser": nn.SGD(0.1, l1=1e-4, weight_decay=1e-3)}


def adam():
    return {"net": ann(dropout=True), "optimiser": nn.Adam(0.01)}


def noisy():
    noise = convert.ResidualNoise(X[:20], 4, threads=1)
    return {"net": ann(lambda: nn.NoisyQCFS(4)), "after_epoch": noise}


def through_time():
    return {"net": spiking(), "T": 4, "augment": shifted}


def poisson():
    return {"net": spiking(), "T": 4, "encoder": snn.Poisson(0.5), "validation": (X[:9], Y[:9])}


RUNS = [plain, adam, noisy, through_time, poisson]


class Interruption(Exception):
    """Stands for a process that is killed."""


def fit(path=None, interrupt=None, seed=4, bits=np.random.PCG64, **arguments):
    """Train; all that a run leaves behind. With `interrupt` it stops when so many batches of the
    epochs are done.
    """
    rng = np.random.Generator(bits(seed))
    augment, batches = arguments.pop("augment", None), 0

    def counting(x, rng):
        nonlocal batches
        if batches == interrupt:
            raise Interruption
        batches += 1
        return x if augment is None else augment(x, rng)

    net = arguments.pop("net")
    how = {"epochs": EPOCHS, "batch_size": 40, "progress": False, "threads": 1, **arguments}
    history = nn.fit(net, X, Y, rng=rng, augment=counting, checkpoint=path, **how)
    return left_behind(net, history, rng)


def left_behind(net, history, rng):
    arrays = [a.tobytes() for layer in net for a in {**layer.params, **layer.buffers}.values()]
    numbers = [column.tobytes() for column in vars(history).values()]
    child = rng.spawn(1)[0].random()
    return arrays, numbers, rng.random(), child


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("batch", range(1, 2 * EPOCHS, 2))
def test_theorem_an_interrupted_run_ends_with_the_same_bits(tmp_path, run, batch):
    """Stopped in the middle of an epoch, and taken up with another number of threads: parameters,
    buffers, history, the generator's next number and its next child.
    """
    path = tmp_path / "run.npz"
    whole = fit(**run())
    with pytest.raises(Interruption):
        fit(path, interrupt=batch, **run())
    assert path.exists() == (batch > 2)
    resumed = fit(path, **{**run(), "threads": 2})

    def statement(one, two):
        assert one == two

    statement(resumed, whole)
    caught(statement, fit(**run(), seed=5), whole)
    assert fit(path, **run()) == whole  # a run that has ended is read, not run again


@settings(max_examples=20)
@given(stops=st.lists(st.integers(0, 2), max_size=4))
def test_theorem_any_number_of_interruptions_changes_no_bit(tmp_path_factory, stops):
    path = tmp_path_factory.mktemp("runs") / "run.npz"
    for batches in stops:
        try:
            fit(path, interrupt=batches, **adam())
        except Interruption:
            pass
    assert fit(path, **adam()) == fit(**adam())


def test_the_same_objects_can_be_taken_up_again(tmp_path):
    """As in a notebook whose cell was interrupted: network and generator are half way through an
    epoch.
    """
    path, net, rng = tmp_path / "run.npz", ann(dropout=True), np.random.default_rng(4)

    def interrupted(x, rng):
        rng.random(3)
        if path.exists():
            raise Interruption
        return x

    how = {"epochs": EPOCHS, "rng": rng, "progress": False, "checkpoint": path}
    with pytest.raises(Interruption):
        nn.fit(net, X, Y, augment=interrupted, **how)
    net[0].weight += 1
    history = nn.fit(net, X, Y, augment=lambda x, rng: (rng.random(3), x)[1], **how)
    whole, other = ann(dropout=True), np.random.default_rng(4)
    how = {"epochs": EPOCHS, "rng": other, "progress": False}
    expected = nn.fit(whole, X, Y, augment=lambda x, rng: (rng.random(3), x)[1], **how)
    assert left_behind(net, history, rng) == left_behind(whole, expected, other)


@pytest.mark.parametrize(
    "bits", [np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM]
)
def test_any_generator_of_numpy_is_restored(tmp_path, bits):
    path = tmp_path / "run.npz"
    with pytest.raises(Interruption):
        fit(path, interrupt=3, bits=bits, seed=[4, 2], **adam())
    assert fit(path, bits=bits, seed=[4, 2], **adam()) == fit(bits=bits, seed=[4, 2], **adam())


def test_a_checkpoint_changes_no_bit_of_training(tmp_path):
    assert fit(tmp_path / "run.npz", **adam()) == fit(**adam())
    assert [file.name for file in tmp_path.iterdir()] == ["run.npz"]


def deeper():
    return {"net": nn.Sequential([nn.Flatten(), nn.Dense(16, 3, rng=np.random.default_rng(0))])}


@pytest.mark.parametrize(
    "other, name",
    [
        (lambda: {**adam(), "optimiser": nn.Adam(0.02)}, "optimiser"),
        (lambda: {**adam(), "epochs": EPOCHS + 1}, "epochs"),
        (lambda: {**adam(), "batch_size": 20}, "batch_size"),
        (lambda: {**adam(), "seed": 5}, "generator"),
        (lambda: {**adam(), "bits": np.random.MT19937}, "generator"),
        (lambda: {**adam(), "validation": (X[:5], Y[:5])}, "validation"),
        (lambda: {**adam(), "net": ann(dropout=False)}, "number of layers"),
        (lambda: {**adam(), "net": ann(nn.Clip, dropout=True)}, "layer 2"),
        (deeper, "number of layers"),
    ],
)
def test_another_run_is_named(tmp_path, other, name):
    path = tmp_path / "run.npz"
    with pytest.raises(Interruption):
        fit(path, interrupt=3, **adam())
    with pytest.raises(ValueError, match=f"another run: its {name} is") as raised:
        fit(path, **other())
    assert str(raised.value).startswith(repr(str(path))) and "\n" not in str(raised.value)


def test_a_damaged_file_is_named_and_nothing_is_changed(tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(Interruption):
        fit(path, interrupt=3, **adam())
    whole, net = path.read_bytes(), ann(dropout=True)
    with np.load(path) as archive:
        arrays = dict(archive)
    description = json.loads(str(arrays["description"]))
    first = net[0].weight.copy()

    def refused():
        with pytest.raises(ValueError, match="is not a whole checkpoint of refsnn") as raised:
            fit(path, **{**adam(), "net": net})
        assert str(path) in str(raised.value) and "\n" not in str(raised.value)
        assert np.array_equal(net[0].weight, first)

    for length in range(0, len(whole), 997):
        path.write_bytes(whole[:length])
        refused()
    for name in arrays:
        np.savez(path, **{key: array for key, array in arrays.items() if key != name})
        refused()
    for name in arrays:
        np.savez(path, **{**arrays, name: np.zeros((2, 7), np.float16)})
        refused()
    changes = ({"format": "another"}, {"step": "two"}, {"settings": 3})
    generators = ({"generators": each} for each in (None, [], [[{}, {}]], [[None, {"a": 1}]]))
    for change in (*changes, *generators):
        np.savez(path, **{**arrays, "description": np.array(json.dumps(description | change))})
        refused()


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda to: fit(to / "no" / "run.npz", **adam()), FileNotFoundError, "does not exist"),
        (
            lambda to: nn.fit(ann(), X, Y, rng=np.random.default_rng(0), augment="flip"),
            TypeError,
            r"augment must be a function of \(x, rng\)",
        ),
        (
            lambda to: fit(**{**adam(), "augment": lambda x, rng: x[:, 1:]}),
            ValueError,
            r"augment must return images of shape \(40, 4, 4, 1\)",
        ),
        (
            lambda to: fit(**{**adam(), "augment": lambda x, rng: x * np.float32(np.nan)}),
            ValueError,
            "what augment returns must be finite",
        ),
        (
            lambda to: fit(**{**poisson(), "augment": lambda x, rng: x + 1}),
            ValueError,
            r"what augment returns must lie in \[0, 1\]",
        ),
    ],
)
def test_bad_input_gets_one_clear_sentence(tmp_path, call, error, says):
    with pytest.raises(error, match=says) as raised:
        call(tmp_path)
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")
