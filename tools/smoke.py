"""Use every public package of an installed refsnn, with no checkout near: `make dist` runs this
from an empty folder in a fresh environment.
"""

import tempfile
from pathlib import Path

import numpy as np

import refsnn
from refsnn import convert, datasets, files, metrics, nn, predict, snn, theory

rng = np.random.default_rng(0)
data = datasets.load_digits()
x, y = data.x_test[:50], data.y_test[:50]

# A small network learns, and another learns through time.
ann = nn.Sequential([nn.Flatten(), nn.Dense(64, 32, rng=rng), nn.ReLU(), nn.Dense(32, 10, rng=rng)])
nn.fit(ann, data.x_train, data.y_train, epochs=5, rng=rng, progress=False)
assert ann.accuracy(x, y) > 0.8

lif = nn.Sequential(
    [
        nn.Flatten(),
        nn.Dense(64, 16, rng=rng),
        snn.LIF(beta=0.5, surrogate=snn.Rectangular()),
        nn.Dense(16, 10, rng=rng),
    ]
)
nn.fit(lif, data.x_train[:200], data.y_train[:200], epochs=1, T=4, rng=rng, progress=False)

# It is converted, simulated, predicted, measured, saved and loaded.
net = convert.to_spiking(ann, calibration_data=data.x_train[:200])
record = snn.simulate(net, x, T=16, encoder=snn.Poisson(), rng=rng)
assert record.accuracy(y)[-1] > 0.7
prediction = predict.predict_accuracy(net, x[:10], y[:10], T=16, max_rate=1.0)
assert 0 <= prediction.accuracy <= 1
assert metrics.confusion_matrix(ann.predict(x).argmax(axis=1), y, 10).sum() == len(y)

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "net.npz"
    files.save(net, path)
    again = snn.simulate(files.load(path), x, T=4)
    assert np.array_equal(again.scores, snn.simulate(net, x, T=4).scores)

# Formulas and pictures.
weight = net[1].weight
assert theory.membrane_std(weight=weight, rates=np.full(64, 0.2), T=16).shape == (32,)
from refsnn import event_plots, plots  # noqa: E402, F401

print(f"refsnn {refsnn.__version__} works from {Path(refsnn.__file__).parent}")
