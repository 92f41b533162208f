"""Networks in files: NumPy's .npz, a JSON description beside plain arrays, never pickle."""

import dataclasses
import importlib
import inspect
import io
import json
import zipfile
from pathlib import Path

import numpy as np

from refsnn import disk, validate
from refsnn.nn.layer import Layer

FORMAT = "refsnn network 1"
# What zipfile, NumPy and JSON raise on bytes that were not written by `save`.
DAMAGE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
)


def _entry(part, config):
    return {
        "class": ".".join(type(part).__module__.split(".")[1:2] + [type(part).__name__]),
        "config": config,
    }


def _description(net):
    layers = [
        {**_entry(layer, layer.config()), "input_rate": getattr(layer, "input_rate", None)}
        for layer in net
    ]
    return json.dumps(
        {"format": FORMAT, "input_shape": net.input_shape, "layers": layers},
        default=lambda part: _entry(part, dataclasses.asdict(part)),
    )  # a setting such as a surrogate


def save(net, path):
    """Write a network to `path` (.npz), whole or not at all.

    Parameters
    ----------
    net : Sequential
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
    path = validate.file_to_write(path, ".npz")
    arrays = {
        f"{i}.{name}": array
        for i, layer in enumerate(net)
        for name, array in {**layer.params, **layer.buffers}.items()
    }
    content = io.BytesIO()
    np.savez(content, description=np.array(_description(net)), **arrays)
    disk.write_atomically(path, content.getvalue())
    return path


def _kind(entry, fits, what):
    package, _, name = entry["class"].partition(".")
    kind = (
        getattr(importlib.import_module(f"refsnn.{package}"), name, None)
        if package in ("nn", "snn")
        else None
    )
    if not (isinstance(kind, type) and fits(kind)):
        raise ValueError(f"it names a {what} {entry['class']!r} that this version does not have")
    return kind


def _layer(entry):
    kind = _kind(entry, lambda kind: issubclass(kind, Layer), "layer")
    settings = {
        name: _kind(value, dataclasses.is_dataclass, "setting")(**value["config"])
        if isinstance(value, dict)
        else value
        for name, value in entry["config"].items()
    }
    if "rng" in inspect.signature(kind).parameters:
        settings["rng"] = np.random.default_rng(0)  # its draws are overwritten by the file's arrays
    return kind(**settings)


def load(path):
    """Read a network that `Sequential.save` wrote.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Sequential

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is not a whole network file of this format.
    """
    from refsnn.nn.sequential import Sequential

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no network file {str(path)!r}.")
    with path.open("rb") as file:
        try:
            if not zipfile.is_zipfile(file):
                raise ValueError("it is no .npz archive, or only the beginning of one")
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                description = json.loads(str(arrays["description"]))
                if description.get("format") != FORMAT:
                    raise ValueError("it is of another format")
                layers = [_layer(entry) for entry in description["layers"]]
                for i, (layer, entry) in enumerate(zip(layers, description["layers"], strict=True)):
                    for name in {**layer.params, **layer.buffers}:
                        array = arrays[f"{i}.{name}"]
                        if array.shape != getattr(layer, name).shape or array.dtype.kind != "f":
                            raise ValueError(
                                f"{name} of layer {i} has shape {array.shape} and dtype "
                                f"{array.dtype}"
                            )
                        setattr(layer, name, array)
                    if entry["input_rate"] is not None:
                        layer.input_rate = entry["input_rate"]
                return Sequential(layers, description["input_shape"])
        except DAMAGE as error:
            reason = " ".join(str(error).split()).rstrip(".") or "it ends early"
            raise ValueError(
                f"{str(path)!r} is not a whole network file of refsnn: {reason}."
            ) from None
