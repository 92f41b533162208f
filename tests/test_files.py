"""Networks that the first version of the file format wrote are still read."""

import json
from pathlib import Path

import numpy as np
import pytest

from refsnn import datasets, disk, files, nn, snn

FOLDER = Path(__file__).parent / "files"
SCORES = dict(np.load(FOLDER / "scores.npz"))
X = datasets.load_digits().x_test[:4]


def scores(net):
    """Of the first test digits: an artificial network, a converted one in 8 steps, or a trained
    spiking one in 4.
    """
    if not any(layer.spiking for layer in net):
        return net.predict(X)
    trainable = all(layer.trainable for layer in net)
    return net.predict(X, T=4) if trainable else snn.simulate(net, X, 8).scores[-1]


@pytest.mark.parametrize("name", ["ann", "converted", "lif"])
def test_a_file_of_an_earlier_revision_is_read(name):
    """The same scores, but for the order of float32 sums in another linear algebra library: 64
    terms of order 1 through three layers, 3 * 64 * 2**-24.
    """
    net = files.load(FOLDER / f"{name}.npz")
    assert np.allclose(scores(net), SCORES[name], rtol=0, atol=2e-5)
    other = files.load(FOLDER / f"{name}.npz")
    other[-1].weight += 1
    assert not np.allclose(scores(other), SCORES[name], rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", ["ann", "converted", "lif"])
def test_what_is_read_is_written_as_it_was(name, tmp_path):
    """Every array to the byte; numbers in the description may have fewer digits, for the same
    float32.
    """
    before = files.load(FOLDER / f"{name}.npz")
    path = files.save(before, tmp_path / name)
    old, new = np.load(FOLDER / f"{name}.npz"), np.load(path)
    assert sorted(old) == sorted(new) and repr(files.load(path)) == repr(before)
    assert all(old[key].tobytes() == new[key].tobytes() for key in old if key != "description")


def test_settings_of_every_kind_come_back():
    lif = files.load(FOLDER / "lif.npz")
    assert lif[2].surrogate == snn.Arctan(learn_alpha=True) and 0 < lif[2].beta < 1
    assert lif[2].penalty == snn.PotentialDistribution((0.1, 0.8), 0.1, "jensen_shannon", "channel")
    assert lif[4].v_threshold.shape == (8,) and lif[4].detach_reset
    ann = files.load(FOLDER / "ann.npz")
    assert isinstance(ann[6], nn.NoisyQCFS) and ann[6].sigma > 0 and ann[5].unit_norm


def test_a_layer_of_ones_own_is_refused_by_name(tmp_path):
    class Own(nn.ReLU):
        pass

    with pytest.raises(TypeError, match=r"Own\(\) cannot be saved"):
        files.save(nn.Sequential([Own()]), tmp_path / "own")
    with pytest.raises(TypeError, match=r"net must be an nn\.Sequential"):
        files.save(nn.ReLU(), tmp_path / "layer")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "layer, lies, says",
    [
        (1, {"n_in": 10**9, "n_out": 10**9}, "its layer 1 asks for another weight"),
        (1, {"n_in": True}, "its layer 1 asks for another weight"),
        (2, {"features": 10**9}, "its layer 2 asks for another gamma"),
        (2, {"width": 3}, "unexpected keyword argument 'width'"),
    ],
)
def test_a_file_that_asks_for_more_weights_than_it_holds_is_refused(tmp_path, layer, lies, says):
    dense = nn.Dense(4, 3, rng=np.random.default_rng(0))
    path = files.save(nn.Sequential([nn.Flatten(), dense, nn.BatchNorm(3)]), tmp_path / "net")
    description, arrays = disk.read_arrays(path, "file")
    description["layers"][layer]["config"].update(lies)
    disk.write_arrays(path, json.dumps(description), arrays)
    with pytest.raises(
        ValueError, match=f"net.npz' is not a whole network file of refsnn: .*{says}"
    ):
        files.load(path)


def test_an_array_that_a_file_lacks_is_named(tmp_path):
    path = files.save(nn.Sequential([nn.BatchNorm(3)]), tmp_path / "net")
    description, arrays = disk.read_arrays(path, "file")
    del arrays["0.running_var"]
    disk.write_arrays(path, json.dumps(description), arrays)
    with pytest.raises(ValueError, match="network file of refsnn: it lacks '0.running_var'.$"):
        files.load(path)
