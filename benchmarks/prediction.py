"""Time of a prediction beside one simulation of the same images and T: `python benchmarks/prediction.py [DATA]`.

One thread, warm, best of three. "runs" is how many simulations bring the standard error of the accuracy of these
images down to 0.3 points, "speed-up" what they cost over what one prediction costs. A simulation yields the accuracy
at all steps up to T, a prediction at T alone.
"""
import sys
import time

import numpy as np

from refsnn import predict, snn, study
from refsnn.studies.prediction import STUDY, trained

ERROR = 0.003


def milliseconds(work):
    """The shortest of three times of `work()`, after one for warming up."""
    times = []
    for _ in range(4):
        start = time.perf_counter()
        result = work()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times[1:]), result


def main(name="digits"):
    """Print one row for each network, rate and T."""
    data = study.dataset(name)
    print(f"{name}, one thread, milliseconds an image\n")
    print(f"{'network':14s} {'max_rate':>8s} {'T':>4s} {'simulate':>9s} {'predict':>8s} {'runs':>5s} {'speed-up':>9s}")
    for network in STUDY.grid["network"]:
        _, net = trained(network, data, STUDY.settings, np.random.default_rng(0), None)
        count = 360 if network != "convolutional" else 100
        x, y = data.x_test[:count], data.y_test[:count]
        for max_rate in (1.0, 0.2, 0.05):
            for T in (16, 64):
                rng, runs = np.random.default_rng(0), []

                def simulated(T=T, max_rate=max_rate, rng=rng, runs=runs, net=net, x=x, y=y):
                    record = snn.simulate(net, x, T, encoder=snn.Poisson(max_rate), rng=rng, threads=1)
                    runs.append(record.scores[-1].argmax(axis=1) == y)

                simulation, _ = milliseconds(simulated)
                prediction, result = milliseconds(lambda T=T, max_rate=max_rate, net=net, x=x, y=y: (
                    predict.predict_accuracy(net, x, y, T, max_rate, calibration_data=data.x_train[:20], threads=1)))
                p = result.probabilities
                needed = max(1, int(np.ceil(np.sum(p * (1 - p)) / count**2 / ERROR**2)))
                print(f"{network:14s} {max_rate:8g} {T:4d} {simulation / count:9.2f} {prediction / count:8.2f} "
                      f"{needed:5d} {needed * simulation / prediction:9.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
