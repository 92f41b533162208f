"""Networks in files: NumPy's .npz, a JSON description beside plain arrays, never pickle."""

import dataclasses
import inspect
import json
import os
from pathlib import Path

import numpy as np

from refsnn import disk, nn, snn, validate

NETWORK_FORMAT = "refsnn network 1"

# What a file may name: the layers, and the settings that a layer can hold.
KINDS = {
    f"{package}.{name}": kind
    for package, module in (("nn", nn), ("snn", snn))
    for name, kind in vars(module).items()
    if name in module.__all__ and isinstance(kind, type)
}
NAMES = {kind: name for name, kind in KINDS.items()}

# The settings that say how large an array is, which the file must hold before a layer is made.
SHAPES = {
    nn.Dense: ("weight", ("n_in", "n_out")),
    nn.Conv2d: ("weight", ("kernel_size", "kernel_size", "c_in", "c_out")),
    nn.BatchNorm: ("gamma", ("features",)),
}


def save(net: nn.Sequential, path: str | os.PathLike) -> Path:
    """Write a network to `path` (.npz), whole or not at all; `load` reads it.

    Parameters
    ----------
    net : nn.Sequential
    path : str or Path
        In an existing folder; ".npz" is appended where it is missing.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    validate.instance("net", net, nn.Sequential, "an nn.Sequential")
    path = validate.file_to_write(path, ".npz")
    layers = [
        {**_entry(layer, layer.config()), "input_rate": getattr(layer, "input_rate", None)}
        for layer in net
    ]
    description = {"format": NETWORK_FORMAT, "input_shape": net.input_shape, "layers": layers}
    text = json.dumps(description, default=lambda part: _entry(part, dataclasses.asdict(part)))
    arrays = {
        f"{i}.{name}": array
        for i, layer in enumerate(net)
        for name, array in {**layer.params, **layer.buffers}.items()
    }
    disk.write_arrays(path, text, arrays)
    return path


def load(path: str | os.PathLike) -> nn.Sequential:
    """Read a network that `save` wrote.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    nn.Sequential

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is not a whole network file of this format.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no network file {str(path)!r}.")
    description, arrays = disk.read_arrays(path, "network file")
    with disk.damage_named(path, "network file"):
        if description.get("format") != NETWORK_FORMAT:
            raise ValueError("it is of another format")
        layers = [_filled(entry, i, arrays) for i, entry in enumerate(description["layers"])]
        return nn.Sequential(layers, description["input_shape"])


def _entry(part, config):
    """A layer or a setting as a file names it."""
    if type(part) not in NAMES:
        raise TypeError(f"{part!r} cannot be saved: only layers and settings of refsnn can.")
    return {"class": NAMES[type(part)], "config": config}


def _filled(entry, i, arrays):
    """Layer i, with its arrays from the file."""
    kind = KINDS.get(entry["class"])
    if kind in SHAPES:
        name, sides = SHAPES[kind]
        shape = tuple(entry["config"][side] for side in sides)
        if arrays[f"{i}.{name}"].shape != shape:
            raise ValueError(f"its layer {i} asks for another {name} than it holds")

    layer = _build(entry, nn.Layer)
    for name, expected in {**layer.params, **layer.buffers}.items():
        array = arrays[f"{i}.{name}"]
        if array.shape != expected.shape or array.dtype not in (np.float32, np.float64):
            raise ValueError(f"{name} of layer {i} has shape {array.shape} and dtype {array.dtype}")
        setattr(layer, name, array)
    if entry["input_rate"] is not None:
        layer.input_rate = validate.number("input_rate", entry["input_rate"], low=0, high=1)
    return layer


def _build(entry, base):
    """The layer or setting that an entry of the description names."""
    kind = KINDS.get(entry["class"])
    if kind is None or not issubclass(kind, base):
        raise ValueError(f"it names a {entry['class']!r} that this version does not have")
    settings = {
        name: _build(value, (snn.Surrogate, snn.Penalty)) if isinstance(value, dict) else value
        for name, value in entry["config"].items()
    }
    if "rng" in inspect.signature(kind).parameters:
        settings["rng"] = np.random.default_rng(0)  # its draws are overwritten by the file's arrays
    return kind(**settings)
