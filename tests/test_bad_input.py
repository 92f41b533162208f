"""What a caller can get wrong: the right result or one clear sentence from the public function,
nothing changed.
"""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from refsnn import convert, files, metrics, nn, snn, theory

RNG = np.random.default_rng(0)
X = RNG.random((6, 8, 8, 1), np.float32)
Y = np.array([0, 1, 2, 0, 1, 2])
NAN, INFINITE, BOTH = (
    np.where(np.arange(X.size).reshape(X.shape) % 7, X, value)
    for value in (np.nan, np.inf, np.where(np.arange(X.size).reshape(X.shape) % 2, np.inf, -np.inf))
)
RATES = [0.5, 0.25]


def fit(c, x=X, y=Y, **settings):
    return nn.fit(c.net, x, y, **{"epochs": 1, "rng": c.rng, "progress": False, **settings})


def simulate(c, x=X, T=4, **settings):
    return snn.simulate(c.spiking, x, T, **settings)


def poisson(c, x=X, T=4, **settings):
    return simulate(c, x, T, **{"encoder": snn.Poisson(), "rng": c.rng, **settings})


def paths(c, weight, rates=RATES, T=4, trials=2, **settings):
    return snn.sample_free_potential(weight, rates, T, trials, **{"rng": c.rng, **settings})


def converted(c, x=X, **settings):
    return convert.to_spiking(c.net, calibration_data=x, **settings)


def dense(n_in, n_out, **settings):
    return nn.Dense(n_in, n_out, rng=RNG, **settings)


def file_of(c, content):
    c.file.write_bytes(content)
    return c.file


def truncated(c):
    whole = files.save(c.net, c.file).read_bytes()
    return file_of(c, whole[: len(whole) // 2])


class Calls:
    """What a malicious file would run."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was run",)


# What is called, the exception, a word that names what is wrong.
WRONG = {
    # Monte Carlo
    "rates of two images": (lambda c: paths(c, [1.0, 2.0], [RATES, RATES]), ValueError, "rates"),
    "a rate that is no probability": (
        lambda c: paths(c, [1.0, 2.0], [0.5, 1.5]),
        ValueError,
        "rates",
    ),
    "no trials": (lambda c: paths(c, [1.0, 2.0], trials=0), ValueError, "trials"),
    "potentials of other neurons": (
        lambda c: paths(c, [1.0, 2.0], v_init=[0.0, 1.0]),
        ValueError,
        "v_init",
    ),
    "paths without a generator": (lambda c: paths(c, [1.0, 2.0], rng=0), TypeError, "rng"),
    # images
    "NaN in the images": (lambda c: c.net.predict(NAN), ValueError, "x"),
    "infinite images": (lambda c: c.net.predict(INFINITE), ValueError, "x"),
    "images infinite both ways": (lambda c: c.net.predict(BOTH), ValueError, "x"),
    "too large for float32": (lambda c: c.net.predict(X.astype(float) * 1e39), ValueError, "x"),
    "empty batch": (lambda c: c.net.predict(X[:0]), ValueError, "x"),
    "images without pixels": (lambda c: c.net.predict(X[:, :0]), ValueError, "x"),
    "one image without a batch axis": (lambda c: c.net.predict(X[0]), ValueError, "x"),
    "a number": (lambda c: c.net.predict(0.5), ValueError, "x"),
    "another size of image": (lambda c: c.net.predict(X[:, :7]), ValueError, "x"),
    "another number of channels": (lambda c: c.net.predict(X.repeat(2, axis=3)), ValueError, "x"),
    "flat images": (lambda c: c.net.predict(X.reshape(6, 64)), ValueError, "x"),
    "integer images": (lambda c: c.net.predict((X * 255).astype(np.uint8)), TypeError, "x"),
    "Boolean images": (lambda c: c.net.predict(X > 0.5), TypeError, "x"),
    "complex images": (lambda c: c.net.predict(X * 1j), TypeError, "x"),
    "words for images": (lambda c: c.net.predict(np.full(X.shape, "a")), TypeError, "x"),
    "images of unequal lengths": (lambda c: c.net.predict([[0.5, 0.5], [0.5]]), ValueError, "x"),
    "no images": (lambda c: c.net.predict(None), TypeError, "x"),
    "wrong number of features, shape unknown": (
        lambda c: nn.Sequential([dense(3, 2)]).predict(np.ones((2, 4))),
        ValueError,
        "Dense",
    ),
    "no threads": (lambda c: c.net.predict(X, threads=0), ValueError, "threads"),
    "half a thread": (lambda c: c.net.predict(X, threads=0.5), TypeError, "threads"),
    # labels
    "label too large": (lambda c: fit(c, y=Y + 1), ValueError, "y"),
    "label too large by far": (lambda c: fit(c, y=Y + 2**62), ValueError, "y"),
    "negative label": (lambda c: fit(c, y=Y - 1), ValueError, "y"),
    "too few labels": (lambda c: fit(c, y=Y[:4]), ValueError, "y"),
    "labels of another shape": (lambda c: fit(c, y=Y[:, None]), ValueError, "y"),
    "floating-point labels": (lambda c: fit(c, y=Y.astype(float)), TypeError, "y"),
    "labels in words": (lambda c: fit(c, y=list("abcabc")), TypeError, "y"),
    "labels out of range, accuracy": (lambda c: c.net.accuracy(X, Y + 7), ValueError, "y"),
    "too few labels, accuracy of a record": (
        lambda c: simulate(c).accuracy(Y[:2]),
        ValueError,
        "y",
    ),
    "label out of range, loss": (
        lambda c: nn.cross_entropy(np.zeros((2, 3)), [0, 3]),
        ValueError,
        "y",
    ),
    "scores without classes, loss": (
        lambda c: nn.cross_entropy(np.zeros(3), [0, 1, 2]),
        ValueError,
        "scores",
    ),
    "no scores, loss": (lambda c: nn.cross_entropy(np.zeros((0, 3)), []), ValueError, "scores"),
    "too many labels, metrics": (lambda c: metrics.accuracy(np.zeros((2, 3)), Y), ValueError, "y"),
    "scores without classes, metrics": (
        lambda c: metrics.accuracy(np.zeros(3), [0]),
        ValueError,
        "scores",
    ),
    "predicted class out of range": (
        lambda c: metrics.confusion_matrix([-1], [0], 2),
        ValueError,
        "predicted",
    ),
    "no number of classes": (
        lambda c: metrics.confusion_matrix([0], [0], 2.0),
        TypeError,
        "classes",
    ),
    # training
    "no network": (lambda c: nn.fit("net", X, Y, rng=c.rng), TypeError, "net"),
    "no epochs": (lambda c: fit(c, epochs=0), ValueError, "epochs"),
    "half an epoch": (lambda c: fit(c, epochs=0.5), TypeError, "epochs"),
    "batches of none": (lambda c: fit(c, batch_size=0), ValueError, "batch_size"),
    "seed for a generator": (lambda c: fit(c, rng=0), TypeError, "rng"),
    "training on NaN": (lambda c: fit(c, x=NAN), ValueError, "x"),
    "training on nothing": (lambda c: fit(c, x=X[:0], y=Y[:0]), ValueError, "x"),
    "training on integers": (lambda c: fit(c, x=X.astype(int)), TypeError, "x"),
    "an optimiser's name": (lambda c: fit(c, optimiser="Adam"), TypeError, "optimiser"),
    "validation images without labels": (lambda c: fit(c, validation=X), TypeError, "validation"),
    "validation images of another size": (
        lambda c: fit(c, validation=(X[:, :4], Y)),
        ValueError,
        "validation x",
    ),
    "validation labels out of range": (
        lambda c: fit(c, validation=(X, Y + 3)),
        ValueError,
        "validation y",
    ),
    "training with no threads": (lambda c: fit(c, threads=0), ValueError, "threads"),
    "training a network that ends in images": (
        lambda c: nn.fit(nn.Sequential([nn.ReLU()]), X, Y, rng=c.rng),
        ValueError,
        "network",
    ),
    "training a spiking network": (
        lambda c: nn.fit(c.spiking, X, Y, rng=c.rng, progress=False),
        TypeError,
        "IF",
    ),
    "learning rate 0": (lambda c: nn.SGD(learning_rate=0), ValueError, "learning_rate"),
    "negative learning rate": (lambda c: nn.Adam(learning_rate=-0.1), ValueError, "learning_rate"),
    "learning rate NaN": (lambda c: nn.SGD(learning_rate=np.nan), ValueError, "learning_rate"),
    "momentum 1": (lambda c: nn.SGD(momentum=1), ValueError, "momentum"),
    "negative decay": (lambda c: nn.SGD(weight_decay=-1), ValueError, "weight_decay"),
    "beta2 of 1": (lambda c: nn.Adam(beta2=1.0), ValueError, "beta2"),
    # layers and networks
    "layers one by one": (lambda c: nn.Sequential(nn.Flatten(), nn.ReLU()), TypeError, "layers"),
    "no layers": (lambda c: nn.Sequential([]), ValueError, "layers"),
    "a class for a layer": (lambda c: nn.Sequential([nn.ReLU]), TypeError, r"layers\[0\]"),
    "a network in a network": (
        lambda c: nn.Sequential([nn.ReLU(), c.net]),
        TypeError,
        r"layers\[1\]",
    ),
    "input shape as a number": (
        lambda c: nn.Sequential([nn.ReLU()], input_shape=8),
        TypeError,
        "input_shape",
    ),
    "input shape of 0": (
        lambda c: nn.Sequential([nn.ReLU()], input_shape=(0,)),
        ValueError,
        "input_shape",
    ),
    "layers that do not fit": (
        lambda c: nn.Sequential([nn.Flatten(), dense(3, 2)], input_shape=(2, 2, 1)),
        ValueError,
        "Layer 1",
    ),
    "no features": (lambda c: dense(0, 3), ValueError, "n_in"),
    "features as a float": (lambda c: dense(3, 2.0), TypeError, "n_out"),
    "layer without a generator": (lambda c: nn.Dense(3, 2, rng=None), TypeError, "rng"),
    "stride 0": (lambda c: nn.Conv2d(1, 2, 3, stride=0, rng=RNG), ValueError, "stride"),
    "negative padding": (lambda c: nn.Conv2d(1, 2, 3, padding=-1, rng=RNG), ValueError, "padding"),
    "kernel True": (lambda c: nn.Conv2d(1, 2, True, rng=RNG), TypeError, "kernel_size"),
    "kernel bigger than the image": (
        lambda c: nn.Sequential([nn.Conv2d(1, 2, 9, rng=RNG)]).predict(X),
        ValueError,
        "Conv2d",
    ),
    "wrong channels": (
        lambda c: nn.Sequential([nn.Conv2d(3, 2, 3, rng=RNG)]).predict(X),
        ValueError,
        "Conv2d",
    ),
    "convolution of rows": (
        lambda c: nn.Sequential([nn.Conv2d(1, 2, 3, rng=RNG)]).predict(X[:, 0, :, 0]),
        ValueError,
        "Conv2d",
    ),
    "pooling that does not divide": (
        lambda c: nn.Sequential([nn.AvgPool2d(3)]).predict(X),
        ValueError,
        "AvgPool2d",
    ),
    "pooling by 0": (lambda c: nn.AvgPool2d(0), ValueError, "size"),
    "wrong channels of batch norm": (
        lambda c: nn.Sequential([nn.BatchNorm(2)]).predict(X),
        ValueError,
        "BatchNorm",
    ),
    "dropping everything": (lambda c: nn.Dropout(1.0), ValueError, "p"),
    "dropout without a generator": (
        lambda c: nn.Dropout().forward(X, nn.Run(train=True)),
        TypeError,
        "rng",
    ),
    "clip at 0": (lambda c: nn.Clip(0), ValueError, "upper"),
    # files
    "no such file": (lambda c: files.load(c.file), FileNotFoundError, "network file"),
    "half a file": (lambda c: files.load(truncated(c)), ValueError, "network file"),
    "a pickle": (
        lambda c: files.load(file_of(c, pickle.dumps(Calls()))),
        ValueError,
        "network file",
    ),
    "a text": (lambda c: files.load(file_of(c, b"weights: none")), ValueError, "network file"),
    "an empty file": (lambda c: files.load(file_of(c, b"")), ValueError, "network file"),
    "a folder that is not there": (
        lambda c: files.save(c.net, c.file.parent / "no" / "net"),
        FileNotFoundError,
        "folder",
    ),
    # neurons
    "threshold 0": (lambda c: snn.IF(v_threshold=0), ValueError, "v_threshold"),
    "negative threshold": (lambda c: snn.IF(v_threshold=-1.0), ValueError, "v_threshold"),
    "one threshold of 0": (
        lambda c: snn.LIF(0.5, v_threshold=[1.0, 0.0]),
        ValueError,
        "v_threshold",
    ),
    "threshold NaN": (lambda c: snn.IF(v_threshold=np.nan), ValueError, "v_threshold"),
    "infinite threshold": (lambda c: snn.IF(v_threshold=np.inf), ValueError, "v_threshold"),
    "threshold too large for float32": (
        lambda c: snn.IF(v_threshold=1e39),
        ValueError,
        "v_threshold",
    ),
    "threshold too small for float32": (
        lambda c: snn.IF(v_threshold=1e-60),
        ValueError,
        "v_threshold",
    ),
    "threshold in words": (lambda c: snn.IF(v_threshold="one"), TypeError, "v_threshold"),
    "no threshold": (lambda c: snn.IF(v_threshold=None), TypeError, "v_threshold"),
    "initial potential NaN": (lambda c: snn.IF(v_init=np.nan), ValueError, "v_init"),
    "initial potential too large for float32": (
        lambda c: snn.IF(v_init=-1e39),
        ValueError,
        "v_init",
    ),
    "leak above 1": (lambda c: snn.LIF(1.5), ValueError, "beta"),
    "unknown reset": (lambda c: snn.IF(reset="soft"), ValueError, "reset"),
    "reset in a list": (lambda c: snn.IF(reset=["zero"]), ValueError, "reset"),
    "reset above the threshold": (lambda c: snn.IF(reset="zero", v_reset=2), ValueError, "v_reset"),
    "thresholds for other neurons": (
        lambda c: snn.simulate(nn.Sequential([nn.Flatten(), snn.IF(v_threshold=[1.0, 2.0])]), X, 4),
        ValueError,
        "v_threshold",
    ),
    "scan of rows": (lambda c: snn.IF().scan(np.ones(3), np.ones(1)), ValueError, "current"),
    "scan with other potentials": (
        lambda c: snn.IF().scan(np.ones((3, 2, 2)), np.ones((2, 3))),
        ValueError,
        "v",
    ),
    "scan over other steps": (
        lambda c: snn.IF().scan(np.ones((3, 2, 2)), np.ones((2, 2)), T=4),
        ValueError,
        "current",
    ),
    "scan over no steps": (
        lambda c: snn.IF().scan(np.ones((1, 2, 2)), np.ones((2, 2)), T=0),
        ValueError,
        "T",
    ),
    # encoders
    "negative pixels": (lambda c: poisson(c, X - 0.5), ValueError, "x"),
    "pixels above 1": (lambda c: poisson(c, X * 255), ValueError, "x"),
    "NaN pixels": (lambda c: poisson(c, NAN), ValueError, "x"),
    "infinite pixels": (lambda c: poisson(c, INFINITE), ValueError, "x"),
    "integer pixels": (lambda c: poisson(c, (X * 255).astype(np.uint8)), TypeError, "x"),
    "Boolean pixels": (lambda c: poisson(c, X > 0.5), TypeError, "x"),
    "no pixels": (lambda c: snn.Poisson().spikes(X[:0], 4, c.rng), ValueError, "x"),
    "random spikes without a generator": (lambda c: poisson(c, rng=None), TypeError, "rng"),
    "random spikes from a seed": (lambda c: snn.Poisson().spikes(X, 4, 0), TypeError, "rng"),
    "rate 0": (lambda c: snn.Poisson(max_rate=0), ValueError, "max_rate"),
    "rate above 1": (lambda c: snn.Poisson(max_rate=1.5), ValueError, "max_rate"),
    "rate in words": (lambda c: snn.Poisson(max_rate="high"), TypeError, "max_rate"),
    "unknown process": (lambda c: snn.Poisson(process="gaussian"), ValueError, "process"),
    "frames without time": (
        lambda c: simulate(c, X[:, :, 0, 0], encoder=snn.Frames()),
        ValueError,
        "x",
    ),
    "images for frames": (lambda c: simulate(c, X, T=8, encoder=snn.Frames()), ValueError, "x"),
    "frames for images": (lambda c: simulate(c, X[:, None]), ValueError, "x"),
    "another number of frames": (
        lambda c: simulate(c, X[:, None], encoder=snn.Frames()),
        ValueError,
        "T",
    ),
    "frames of another size": (
        lambda c: simulate(c, X[:, None, :4], T=1, encoder=snn.Frames()),
        ValueError,
        "x",
    ),
    "NaN in the frames": (
        lambda c: simulate(c, NAN[:, None], T=1, encoder=snn.Frames()),
        ValueError,
        "x",
    ),
    "integer frames": (
        lambda c: simulate(c, X[:, None].astype(int), T=1, encoder=snn.Frames()),
        TypeError,
        "x",
    ),
    "frames for an artificial network": (
        lambda c: c.net.predict(X[:, None], T=1, encoder=snn.Frames()),
        ValueError,
        "T",
    ),
    "validation frames of another T": (
        lambda c: nn.fit(
            nn.Sequential([nn.Flatten(), dense(64, 3), snn.IF(surrogate=snn.Rectangular())]),
            X[:, None],
            Y,
            rng=c.rng,
            T=1,
            encoder=snn.Frames(),
            validation=(X[:, None].repeat(2, axis=1), Y),
        ),
        ValueError,
        "validation x",
    ),
    "encoding no steps": (lambda c: snn.Direct().spikes(X, 0), ValueError, "T"),
    # simulation
    "T = 0": (lambda c: simulate(c, T=0), ValueError, "T"),
    "T = -1": (lambda c: simulate(c, T=-1), ValueError, "T"),
    "T = 1.5": (lambda c: simulate(c, T=1.5), TypeError, "T"),
    "T = True": (lambda c: simulate(c, T=True), TypeError, "T"),
    "simulating an artificial network": (lambda c: snn.simulate(c.net, X, 4), ValueError, "net"),
    "simulating no network": (lambda c: snn.simulate([snn.IF()], X, 4), TypeError, "net"),
    "simulating images of another size": (lambda c: simulate(c, X[:, :4]), ValueError, "x"),
    "simulating nothing": (lambda c: simulate(c, X[:0]), ValueError, "x"),
    "simulating NaN": (lambda c: simulate(c, NAN), ValueError, "x"),
    "unknown engine": (lambda c: simulate(c, engine="fast"), ValueError, "engine"),
    "encoder in words": (lambda c: simulate(c, encoder="poisson"), TypeError, "encoder"),
    "encoder's class": (lambda c: simulate(c, encoder=snn.Poisson), TypeError, "encoder"),
    "simulating with no threads": (lambda c: simulate(c, threads=0), ValueError, "threads"),
    "watching a layer without neurons": (
        lambda c: simulate(c, watch={0: [0]}),
        ValueError,
        "watch",
    ),
    "watching a layer that is not there": (
        lambda c: simulate(c, watch={99: [0]}),
        ValueError,
        "watch",
    ),
    "watching a neuron that is not there": (
        lambda c: simulate(c, watch={1: [10_000]}),
        ValueError,
        "watch",
    ),
    "watching a negative neuron": (lambda c: simulate(c, watch={1: [-1]}), ValueError, "watch"),
    "watching half a neuron": (lambda c: simulate(c, watch={1: [0.5]}), TypeError, "watch"),
    "watching nobody": (lambda c: simulate(c, watch={1: []}), ValueError, "watch"),
    "watching by coordinates": (lambda c: simulate(c, watch={1: [[0, 1, 2]]}), ValueError, "watch"),
    "watching a list of layers": (lambda c: simulate(c, watch=[1]), TypeError, "watch"),
    "free potential of the unwatched": (
        lambda c: simulate(c).free_potential(1),
        ValueError,
        "watch",
    ),
    "image numbers of another length": (lambda c: poisson(c, index=[0, 1]), ValueError, "index"),
    "negative image numbers": (lambda c: poisson(c, index=Y - 1), ValueError, "index"),
    "image numbers as floats": (lambda c: poisson(c, index=Y + 0.5), TypeError, "index"),
    "stepped simulation, T = 0": (
        lambda c: snn.simulate_reference(c.spiking, X, 0),
        ValueError,
        "T",
    ),
    "stepped simulation of another size": (
        lambda c: snn.simulate_reference(c.spiking, X[:, :4], 4),
        ValueError,
        "x",
    ),
    "stepped simulation, encoder": (
        lambda c: snn.simulate_reference(c.spiking, X, 4, encoder=0),
        TypeError,
        "encoder",
    ),
    # conversion
    "converting no network": (
        lambda c: convert.to_spiking(None, calibration_data=X),
        TypeError,
        "ann",
    ),
    "converting a spiking network": (
        lambda c: convert.to_spiking(c.spiking, calibration_data=X),
        ValueError,
        "Layer 1",
    ),
    "calibration images of another size": (
        lambda c: converted(c, X[:, :4]),
        ValueError,
        "calibration_data",
    ),
    "no calibration images": (lambda c: converted(c, X[:0]), ValueError, "calibration_data"),
    "NaN in the calibration images": (lambda c: converted(c, NAN), ValueError, "calibration_data"),
    "integer calibration images": (
        lambda c: converted(c, X.astype(int)),
        TypeError,
        "calibration_data",
    ),
    "scaling in words": (lambda c: converted(c, scaling="max"), TypeError, "scaling"),
    "scaling's class": (lambda c: converted(c, scaling=convert.Max), TypeError, "scaling"),
    "percentile 0": (lambda c: convert.Percentile(0), ValueError, "q"),
    "percentile 101": (lambda c: convert.PerNeuron(101), ValueError, "q"),
    "balancing over no steps": (lambda c: convert.Balanced(T=0), ValueError, "T"),
    "balancing without a generator": (
        lambda c: convert.Balanced(encoder=snn.Poisson()),
        TypeError,
        "rng",
    ),
    "balancing without an encoder": (
        lambda c: convert.Balanced(encoder=None),
        TypeError,
        "encoder",
    ),
    "initial potential at the threshold": (
        lambda c: converted(c, v_init=1.0),
        ValueError,
        "v_init",
    ),
    "unknown readout": (lambda c: converted(c, readout="rate"), ValueError, "readout"),
    "unknown reset of the converted": (lambda c: converted(c, reset="soft"), ValueError, "reset"),
    # theory
    "negative rate": (
        lambda c: theory.membrane_mean([1.0, 2.0], [0.5, -0.1], T=4),
        ValueError,
        "rates",
    ),
    "Bernoulli rate above 1": (
        lambda c: theory.membrane_std([1.0, 2.0], [0.5, 1.5], T=4),
        ValueError,
        "rates",
    ),
    "rate NaN": (
        lambda c: theory.membrane_std([1.0, 2.0], [0.5, np.nan], T=4),
        ValueError,
        "rates",
    ),
    "one weight too many": (
        lambda c: theory.membrane_std([1.0, 2.0, 3.0], RATES, T=4),
        ValueError,
        "rates",
    ),
    "weights of images": (
        lambda c: theory.membrane_std(np.ones((3, 3, 1, 2)), RATES, T=4),
        ValueError,
        "weight",
    ),
    "infinite weight": (
        lambda c: theory.membrane_mean([1.0, np.inf], RATES, T=4),
        ValueError,
        "weight",
    ),
    "weights of unequal lengths": (
        lambda c: theory.membrane_mean([[1.0], [1.0, 2.0]], RATES, T=4),
        ValueError,
        "weight",
    ),
    "weights in words": (
        lambda c: theory.membrane_mean(["a", "b"], RATES, T=4),
        TypeError,
        "weight",
    ),
    "covariance of one neuron": (
        lambda c: theory.membrane_cov([1.0, 2.0], RATES, T=4),
        ValueError,
        "weight",
    ),
    "moments after no steps": (
        lambda c: theory.membrane_std([1.0, 2.0], RATES, T=0),
        ValueError,
        "T",
    ),
    "moments after half a step": (
        lambda c: theory.membrane_mean([1.0, 2.0], RATES, T=0.5),
        TypeError,
        "T",
    ),
    "leak 0": (lambda c: theory.membrane_std([1.0, 2.0], RATES, T=4, beta=0.0), ValueError, "beta"),
    "unknown process of the moments": (
        lambda c: theory.membrane_std([1.0, 2.0], RATES, T=4, process="normal"),
        ValueError,
        "process",
    ),
}

# What is unusual and right: the call, and what gives the same.
RIGHT = {
    "float64 images": (lambda c: c.net.predict(X.astype(np.float64)), lambda c: c.net.predict(X)),
    "float16 images": (
        lambda c: c.net.predict(X.astype(np.float16)),
        lambda c: c.net.predict(X.astype(np.float16).astype(np.float32)),
    ),
    "nested lists": (lambda c: c.net.predict(X.tolist()), lambda c: c.net.predict(X)),
    "Fortran order": (lambda c: c.net.predict(np.asfortranarray(X)), lambda c: c.net.predict(X)),
    "a strided view": (
        lambda c: simulate(c, X.repeat(2, axis=1)[:, ::2]).scores,
        lambda c: simulate(c).scores,
    ),
    "a reversed view": (
        lambda c: simulate(c, X[::-1]).scores,
        lambda c: simulate(c, X[::-1].copy()).scores,
    ),
    "images that must not be written": (
        lambda c: c.net.predict(c.frozen),
        lambda c: c.net.predict(X),
    ),
    "one image": (lambda c: c.net.predict(X[:1]).shape, lambda c: (1, 3)),
    "labels of another integer type": (
        lambda c: c.net.accuracy(X, Y.astype(np.uint8)),
        lambda c: c.net.accuracy(X, Y),
    ),
    "labels in a list": (lambda c: c.net.accuracy(X, Y.tolist()), lambda c: c.net.accuracy(X, Y)),
    "NumPy's integers": (lambda c: simulate(c, T=np.int32(4)).scores, lambda c: simulate(c).scores),
    "one frame": (
        lambda c: simulate(c, X[:, None], T=1, encoder=snn.Frames()).scores,
        lambda c: simulate(c, T=1).scores,
    ),
    "one step": (lambda c: simulate(c, T=1).scores.shape, lambda c: (1, 6, 3)),
    "black images": (lambda c: poisson(c, 0 * X).scores[0], lambda c: simulate(c, 0 * X).scores[0]),
    "a batch larger than the data": (lambda c: fit(c, batch_size=100).loss.shape, lambda c: (1,)),
    "rates of no images": (
        lambda c: theory.membrane_std([1.0, 2.0], np.zeros((0, 2)), T=4).shape,
        lambda c: (0,),
    ),
    "rates of 0": (lambda c: theory.membrane_std([1.0, 2.0], [0, 0], T=4), lambda c: 0.0),
}


@pytest.fixture
def c(tmp_path):
    """A small network, its conversion, a generator, and a file name."""
    rng = np.random.default_rng(1)
    net = nn.Sequential(
        [
            nn.Conv2d(1, 4, 3, padding=1, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            dense(64, 3),
        ],
        input_shape=(8, 8, 1),
    )
    frozen = X.copy()
    frozen.setflags(write=False)
    return SimpleNamespace(
        net=net,
        spiking=convert.to_spiking(net, calibration_data=X),
        rng=rng,
        frozen=frozen,
        file=tmp_path / "net.npz",
    )


def everything(c):
    """All bits that a call might change."""
    layers = [*c.net, *c.spiking]
    parts = [array for layer in layers for array in {**layer.params, **layer.buffers}.values()]
    return [array.tobytes() for array in [*parts, X, Y]]


@pytest.mark.parametrize("call, error, word", WRONG.values(), ids=WRONG.keys())
def test_bad_input_gets_one_clear_sentence(c, call, error, word, capfd):
    before = everything(c)
    with pytest.raises(error) as raised:
        call(c)
    assert type(raised.value) is error and raised.value.__cause__ is None
    sentence = str(raised.value)
    assert "\n" not in sentence and sentence.endswith(".") and sentence.count(". ") == 0
    raised.match(rf"\b{word}(?!\w)")
    assert 10 < len(sentence) < 250
    assert everything(c) == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("call, equal", RIGHT.values(), ids=RIGHT.keys())
def test_unusual_input_gets_the_right_result(c, call, equal):
    found, expected = call(c), equal(c)
    assert np.array_equal(found, expected) and np.all(np.isfinite(found))
