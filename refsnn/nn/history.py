"""What training writes down."""

import warnings
from dataclasses import dataclass, field

import numpy as np

EMPTY = (
    0.02  # below this share of potentials near the threshold hardly any gradient passes: our choice
)


@dataclass(frozen=True)
class History:
    """What was measured while training, one number an epoch.

    `loss` and `accuracy` are means over the epoch's batches, while the weights moved; the
    `validation_` ones are taken after the epoch (empty without validation data). Losses in nats,
    accuracies from 0 to 1. `loss` is what was minimised, with the penalties of layers;
    `validation_loss` is the cross-entropy alone.

    `layers` holds what layers report of themselves in the last batch of each epoch, {index: {name:
    array (epochs,)}}: of spiking neurons what `snn.LIF.report` names, such as "alpha" and the share
    of potentials inside the surrogate's "window". Numbers are means over the batch's slabs.
    """

    loss: np.ndarray
    accuracy: np.ndarray
    validation_loss: np.ndarray
    validation_accuracy: np.ndarray
    layers: dict = field(default_factory=dict)


def warn_of_empty_windows(net, reports, epoch, warned):
    """One warning a layer when its window has emptied; `warned` keeps who was named."""
    for i, named in reports.items():
        if named.get("window", 1) < EMPTY and i not in warned:
            warned.add(i)
            warnings.warn(
                f"Layer {i} ({net[i]!r}): in epoch {epoch} only {named['window']:.1%} of its "
                "potentials lie inside the surrogate's window, so hardly any gradient passes: "
                "take a wider surrogate or batch norm.",
                stacklevel=3,
            )


def in_columns(rows, reports):
    """A History from one row of numbers and one dict of reports an epoch."""
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    layers = {
        i: {name: np.array([report[i][name] for report in reports]) for name in named}
        for i, named in reports[0].items()
    }
    return History(*columns, *[np.empty(0)] * (4 - len(columns)), layers=layers)
