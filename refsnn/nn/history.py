"""What training writes down."""

from dataclasses import dataclass

import numpy as np

from refsnn.nn.layer import Array


@dataclass(frozen=True)
class History:
    """What was measured while training: arrays (epochs,), one number per epoch.

    `loss` and `accuracy` are means over the epoch's batches, while the weights moved; the
    `validation_` ones are taken after the epoch (empty without validation data). Losses are in
    nats, accuracies from 0 to 1. `loss` is what was minimised, with the penalties of layers;
    `validation_loss` is the cross-entropy alone. What spiking layers do is `snn.Monitor`'s.
    """

    loss: Array
    accuracy: Array
    validation_loss: Array
    validation_accuracy: Array


def in_columns(rows: list[tuple[float, ...]]) -> History:
    """A History from one row of two or four numbers per epoch."""
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return History(*columns, *[np.empty(0)] * (4 - len(columns)))
