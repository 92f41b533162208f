"""A network as a list of layers: prediction, printing, and its file."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn import convert, files, nn, snn
from tests.oracles import caught


def example(rng, **kwargs):
    return nn.Sequential(
        [
            nn.Conv2d(1, 3, 3, padding=1, rng=rng),
            nn.BatchNorm(3),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.25),
            nn.Dense(12, 8, bias=False, rng=rng),
            nn.Clip(2.5),
            nn.Dense(8, 4, rng=rng),
        ],
        **kwargs,
    )


@pytest.fixture
def net():
    rng = np.random.default_rng(0)
    net = example(rng, input_shape=(4, 4, 1))
    net[1].running_mean, net[1].running_var = rng.random((2, 3)).astype(np.float32)
    return net


@pytest.fixture
def x():
    return np.random.default_rng(1).random((70, 4, 4, 1), np.float32)


def test_prediction_is_the_layers_one_after_the_other(net, x):
    """In slabs of 32 images; outside training. Matrix products of different heights may order their
    sums differently: numbers of order 1 from sums of 12 terms agree to 12 * 2**-23 < 2e-6.
    """
    h = x
    for layer in net:
        h, _ = layer.forward(h)
    scores = net.predict(x)
    assert scores.shape == (70, 4) and scores.dtype == np.float32
    assert np.allclose(scores, h, rtol=0, atol=2e-6)
    assert (
        net.accuracy(x, h.argmax(axis=1)) == 1 and net.accuracy(x, (h.argmax(axis=1) + 1) % 4) == 0
    )


@pytest.mark.parametrize(
    "width, T, penalty, images",
    [
        (64, 1, None, 32),
        (64, 4, None, 32),
        (12544, 1, None, 32),
        (12544, 4, None, 8),
        (4096, 4, None, 16),
        (64, 4, snn.PotentialDistribution(), 8),
        (64, 4, snn.PotentialDistribution(weight=0.0), 32),
        (64, 64, snn.PotentialDistribution(), 1),
    ],
)
def test_a_slab_holds_32_images_or_32_rows_or_what_stays_in_cache(width, T, penalty, images):
    """Where layers are wide or a penalty is of each slab, an image that runs through time counts T
    times.
    """
    neurons = snn.LIF(0.5, surrogate=snn.Arctan(), penalty=penalty)
    parts = nn.Sequential([nn.Flatten(), neurons]).slabs(70, T, (width, 1, 1))
    assert [part.stop - part.start for part in parts[:-1]] == [images] * (len(parts) - 1)
    assert np.concatenate([np.arange(70)[part] for part in parts]).tolist() == list(range(70))


def test_theorem_the_number_of_threads_changes_no_bit_of_a_prediction(net, x):
    assert (
        net.predict(x, threads=1).tobytes()
        == net.predict(x, threads=2).tobytes()
        == net.predict(x).tobytes()
    )


def test_images_of_other_types_and_layouts_give_the_same_scores(net, x):
    scores = net.predict(x)
    assert np.array_equal(net.predict(x.astype(np.float64)), scores)
    assert np.array_equal(net.predict(np.asfortranarray(x)), scores)
    assert np.array_equal(net.predict(np.repeat(x, 2, axis=0)[::2]), scores)
    assert np.array_equal(net.predict(x.tolist()), scores)


def test_a_network_is_a_list_of_layers(net):
    assert (
        len(net) == 9
        and net[0] is net.layers[0]
        and list(net) == net.layers
        and net[-1] is net.layers[-1]
    )
    assert net.output_shape((4, 4, 1)) == (4,) and net.classes((4, 4, 1)) == 4


def test_printing_shows_shapes_and_counts(net):
    lines = repr(net).splitlines()
    parameters = sum(array.size for layer in net for array in layer.params.values())
    assert lines[0] == f"Sequential, {parameters} parameters" and len(lines) == 1 + len(net)
    assert parameters == (9 * 3 + 3) + (3 + 3) + 12 * 8 + (8 * 4 + 4)
    assert (
        "Conv2d(1, 3, 3, padding=1)" in lines[1]
        and "(N, 4, 4, 3)" in lines[1]
        and "weight (3, 3, 1, 3)" in lines[1]
    )
    assert "Clip(upper=2.5)" in lines[8] and lines[7].endswith("96")
    # Shapes are not known before an input is.
    assert "(N," not in repr(example(np.random.default_rng(0)))


def same_network(one, two):
    assert len(one) == len(two) and one.input_shape == two.input_shape and repr(one) == repr(two)
    for first, second in zip(one, two, strict=True):
        assert type(first) is type(second) and first.config() == second.config()
        assert getattr(first, "input_rate", None) == getattr(second, "input_rate", None)
        for name, array in {**first.params, **first.buffers}.items():
            other = getattr(second, name)
            assert (
                array.dtype == other.dtype
                and array.shape == other.shape
                and array.tobytes() == other.tobytes()
            )


def test_theorem_saving_and_loading_is_the_identity(net, x, tmp_path):
    """Every bit of parameters and running statistics, the settings, and so the scores."""
    path = files.save(net, tmp_path / "network")
    assert path == tmp_path / "network.npz" and path == files.save(net, str(path))
    again = files.load(path)
    same_network(net, again)
    assert np.array_equal(net.predict(x), again.predict(x))
    again[0].weight[0, 0, 0, 0] += 1
    caught(same_network, net, again)
    # No temporary file is left.
    assert [file.name for file in tmp_path.iterdir()] == ["network.npz"]


@pytest.mark.parametrize("scaling", [convert.Percentile(99.9), convert.PerNeuron(99)])
def test_a_converted_network_survives_its_file(net, x, tmp_path, scaling):
    """Neurons, thresholds and the input rates by which the engine chooses its path."""
    spiking = convert.to_spiking(net, calibration_data=x, scaling=scaling)
    again = files.load(files.save(spiking, tmp_path / "spiking"))
    same_network(spiking, again)
    assert any(layer.input_rate for layer in again if isinstance(layer, nn.Dense))
    before, after = (
        snn.simulate(part, x, 8, encoder=snn.Poisson(), rng=np.random.default_rng(2))
        for part in (spiking, again)
    )
    assert before.scores.tobytes() == after.scores.tobytes()


@given(
    beta=st.floats(0, 1),
    reset=st.sampled_from(["subtract", "zero"]),
    v_reset=st.floats(-2, 0),
    thresholds=st.lists(st.floats(2.0**-6, 8, width=32), min_size=3, max_size=3),
    v_init=st.floats(-1, 1, width=32),
)
def test_theorem_neurons_of_any_settings_survive_their_file(
    tmp_path_factory, beta, reset, v_reset, thresholds, v_init
):
    net = nn.Sequential(
        [
            snn.LIF(
                beta, v_threshold=np.array(thresholds), v_init=v_init, reset=reset, v_reset=v_reset
            ),
            snn.IF(v_threshold=thresholds[0], reset=reset, v_reset=v_reset),
        ],
        input_shape=(3,),
    )
    folder = tmp_path_factory.getbasetemp()
    same_network(net, files.load(files.save(net, folder / "neurons")))


def test_a_failed_save_leaves_the_old_file_and_no_other(net, tmp_path, monkeypatch):
    path = files.save(net, tmp_path / "network")
    before = path.read_bytes()

    def full_disk(*args, **kwargs):
        args[0].write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="No space"):
        files.save(net, path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def refused(path):
    with pytest.raises(ValueError) as error:
        files.load(path)
    sentence = str(error.value)
    assert sentence.startswith(
        f"'{path}' is not a whole network file of refsnn: "
    ) and sentence.endswith(".")
    assert "\n" not in sentence


def test_every_truncation_of_a_file_is_refused(net, tmp_path):
    whole = files.save(net, tmp_path / "network").read_bytes()
    path = tmp_path / "cut.npz"
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        refused(path)


@given(position=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_does_not_matter(tmp_path_factory, position, bit):
    """The archive's checksums cover every byte of the arrays; what is left are times and attributes
    of the archive.
    """
    net = example(np.random.default_rng(0), input_shape=(4, 4, 1))
    folder = tmp_path_factory.getbasetemp()
    whole = bytearray(files.save(net, folder / "flipped").read_bytes())
    whole[position % len(whole)] ^= 1 << bit
    path = folder / "flipped.npz"
    path.write_bytes(whole)
    try:
        again = files.load(path)
    except ValueError:
        refused(path)
    else:
        same_network(net, again)


def description(**changes):
    whole = {
        "format": "refsnn network 1",
        "input_shape": None,
        "layers": [
            {
                "class": "nn.Dense",
                "config": {"n_in": 2, "n_out": 1, "bias": False},
                "input_rate": None,
            }
        ],
    }
    return np.array(json.dumps({**whole, **changes}))


@pytest.mark.parametrize(
    "arrays",
    [
        {"a": np.zeros(3)},
        {"description": np.array([{"format": "refsnn network 1"}], object)},
        {"description": np.array("no json"), "0.weight": np.zeros((2, 1), np.float32)},
        {"description": np.array("[1]"), "0.weight": np.zeros((2, 1), np.float32)},
        {"description": description(format="another"), "0.weight": np.zeros((2, 1), np.float32)},
        {"description": description()},
        {"description": description(), "0.weight": np.zeros((1, 2), np.float32)},
        {"description": description(), "0.weight": np.zeros((2, 1), np.int64)},
        {"description": description(), "0.weight": np.zeros((2, 1), object)},
        {"description": description(layers=[])},
        {
            "description": description(
                layers=[{"class": "nn.History", "config": {}, "input_rate": None}]
            )
        },
        {
            "description": description(
                layers=[{"class": "os.system", "config": {}, "input_rate": None}]
            )
        },
        {"description": description(layers=[{"class": 3, "config": {}, "input_rate": None}])},
        {
            "description": description(
                layers=[{"class": "nn.Clip", "config": {"upper": -1}, "input_rate": None}]
            )
        },
        {
            "description": description(
                layers=[{"class": "nn.Clip", "config": {"lower": 1}, "input_rate": None}]
            )
        },
        {"description": description(input_shape=[3]), "0.weight": np.zeros((2, 1), np.float32)},
    ],
    ids=range(16),
)
def test_archives_of_anything_else_are_refused(arrays, tmp_path):
    np.savez(tmp_path / "other.npz", **arrays)
    refused(tmp_path / "other.npz")


def test_a_good_archive_by_hand_is_read(tmp_path):
    """What the table above changes is what is wrong with it."""
    np.savez(
        tmp_path / "good.npz",
        description=description(),
        **{"0.weight": np.ones((2, 1), np.float32)},
    )
    assert files.load(tmp_path / "good.npz").predict(np.ones((1, 2), np.float32)).tolist() == [
        [2.0]
    ]
