"""Networks in files: NumPy's .npz, a JSON description beside plain arrays, never pickle."""

import dataclasses
import inspect
import json
import os
from pathlib import Path

import numpy as np

from refsnn import disk, nn, snn, validate

FORMAT = "refsnn network 1"

# What a file may name: the layers, and the settings that a layer can hold.
KINDS = {
    f"{package}.{name}": kind
    for package, module in (("nn", nn), ("snn", snn))
    for name, kind in vars(module).items()
    if name in module.__all__ and isinstance(kind, type)
}
NAMES = {kind: name for name, kind in KINDS.items()}


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
    if not isinstance(net, nn.Sequential):
        raise TypeError(f"net must be an nn.Sequential, not {validate.short_repr(net)}.")
    path = validate.file_to_write(path, ".npz")
    layers = [
        {**_entry(layer, layer.config()), "input_rate": getattr(layer, "input_rate", None)}
        for layer in net
    ]
    description = {"format": FORMAT, "input_shape": net.input_shape, "layers": layers}
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
    with disk.damage_named(path, "network file"):
        description, arrays = disk.read_arrays(path)
        if description.get("format") != FORMAT:
            raise ValueError("it is of another format")
        layers = [_build(entry, nn.Layer) for entry in description["layers"]]
        for i, (layer, entry) in enumerate(zip(layers, description["layers"], strict=True)):
            _fill(layer, i, arrays)
            if entry["input_rate"] is not None:
                layer.input_rate = entry["input_rate"]
        return nn.Sequential(layers, description["input_shape"])


def _entry(part, config):
    """A layer or a setting as a file names it."""
    if type(part) not in NAMES:
        raise TypeError(f"{part!r} cannot be saved: only layers and settings of refsnn can.")
    return {"class": NAMES[type(part)], "config": config}


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


def _fill(layer, i, arrays):
    """Give layer i its arrays from the file."""
    for name, expected in {**layer.params, **layer.buffers}.items():
        array = arrays[f"{i}.{name}"]
        if array.shape != expected.shape or array.dtype.kind != "f":
            raise ValueError(f"{name} of layer {i} has shape {array.shape} and dtype {array.dtype}")
        setattr(layer, name, array)
