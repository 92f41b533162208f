"""Time of a prediction beside one simulation of the same images and T: `python -m
benchmarks.prediction [DATA]`.

One thread, warm, the median of three rounds. "runs" is how many simulations bring the standard
error of the accuracy of these images down to 0.3 points, "speed-up" what they cost over what one
prediction costs. A simulation yields the accuracy at all steps up to T, a prediction at T alone.
"""

import sys

import numpy as np

from benchmarks.timing import milliseconds
from refsnn import predict, snn
from studies import runner
from studies.closed_forms.grid import PREDICTION
from studies.closed_forms.prediction import trained

ERROR = 0.003


def main(name="digits"):
    """Print one row for each network, rate and T."""
    data = runner.dataset(name)

    # The head of the table.
    print(f"{name}, one thread, milliseconds an image\n")
    print(
        f"{'network':14s} {'max_rate':>8s} {'T':>4s} {'simulate':>9s} {'predict':>8s} {'runs':>5s} "
        f"{'speed-up':>9s}"
    )
    # A row for each network, rate and T: how many simulations one prediction replaces.
    for network in PREDICTION.grid["network"]:
        _, net = trained(network, data, PREDICTION.settings, np.random.default_rng(0), None)
        count = 360 if network != "convolutional" else 100
        x, y = data.x_test[:count], data.y_test[:count]
        for max_rate in (1.0, 0.2, 0.05):
            for T in (16, 64):

                def simulated(T=T, max_rate=max_rate, net=net, x=x):
                    snn.simulate(
                        net,
                        x,
                        T,
                        encoder=snn.Poisson(max_rate),
                        rng=np.random.default_rng(0),
                        threads=1,
                    )

                def predicted(T=T, max_rate=max_rate, net=net, x=x, y=y):
                    return predict.predict_accuracy(
                        net, x, y, T, max_rate, calibration_data=data.x_train[:20], threads=1
                    )

                simulation, prediction = milliseconds(simulated), milliseconds(predicted)
                p = predicted().probabilities
                needed = max(1, int(np.ceil(np.sum(p * (1 - p)) / count**2 / ERROR**2)))
                print(
                    f"{network:14s} {max_rate:8g} {T:4d} {simulation / count:9.2f} "
                    f"{prediction / count:8.2f} {needed:5d} {needed * simulation / prediction:9.1f}"
                )


if __name__ == "__main__":
    main(*sys.argv[1:])
