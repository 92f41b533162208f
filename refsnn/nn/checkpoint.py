"""A run of training in a file, so that it can go on where it stopped, with the same bits."""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from refsnn import disk, validate
from refsnn.nn.layer import Array
from refsnn.nn.optimisers import Updates
from refsnn.nn.sequential import Sequential

RUN_FORMAT = "refsnn run 1"


@dataclass
class RunState:
    """How far a run of training is: all that an epoch changes.

    Parameters
    ----------
    net : Sequential
        As it is trained, unrolled over time; its arrays are written to in place.
    updates : Updates
        The optimiser's state.
    generators : list of numpy.random.Generator
        The training's, and where validation images are encoded at random the validation's.
    rows : list of tuples of float
        The history, one row per epoch that has ended.
    """

    net: Sequential
    updates: Updates
    generators: list[Generator]
    rows: list[tuple[float, ...]]

    def arrays(self) -> dict[str, Array]:
        """Parameters, buffers and what the optimiser keeps for each parameter, by name."""
        arrays = {}
        for i, layer in enumerate(self.net):
            for name, array in {**layer.params, **layer.buffers}.items():
                arrays[f"{i}.{name}"] = array
        for (i, name), own in self.updates.states.items():
            for k, array in enumerate(own):
                arrays[f"{i}.{name}.state{k}"] = array
        return arrays


def settings(net: Sequential, rng: Generator, task: dict[str, Any]) -> dict[str, str]:
    """What makes a run this one and no other, in words: the layers but for what they learn, the
    generator's seed, and what is asked for, of arrays a checksum.
    """
    seeds = rng.bit_generator.seed_seq
    if not isinstance(seeds, np.random.SeedSequence):
        raise TypeError("rng must have been made from a seed, such as np.random.default_rng(0).")
    words = {"number of layers": f"{len(net)}"}
    words |= {f"layer {i}": _layer(layer) for i, layer in enumerate(net)}
    words["generator"] = f"{type(rng.bit_generator).__name__}, {seeds.entropy}, {seeds.spawn_key}"
    for name, value in task.items():
        if isinstance(value, Array):
            words[name] = f"{value.shape}, {zlib.crc32(value.data):08x}"
        else:
            given = callable(value) or isinstance(value, tuple)
            words[name] = "given" if given else repr(value)
    return words


def _layer(layer):
    """A layer in words: its settings, without those that are trained, and its arrays' shapes."""
    config = {k: v for k, v in layer.config().items() if k not in layer.parameter_names}
    shapes = {name: array.shape for name, array in {**layer.params, **layer.buffers}.items()}
    return f"{type(layer).__name__} {config} {shapes}"


def write(path: Path, own: dict[str, str], state: RunState) -> None:
    """Write the state of a run with the settings `own` to `path`, whole or not at all."""
    description = {
        "format": RUN_FORMAT,
        "settings": own,
        "step": state.updates.step,
        "generators": [_parts(rng.bit_generator) for rng in state.generators],
    }
    text = json.dumps(description, default=lambda value: value.tolist())  # NumPy's numbers
    disk.write_arrays(path, text, {**state.arrays(), "history": np.array(state.rows)})


def restore(path: Path, own: dict[str, str], state: RunState) -> None:
    """Bring `state` to where the file at `path` left it; raises ValueError where the file is
    damaged, or of a run with other settings than `own`.
    """
    description, arrays = disk.read_arrays(path, "checkpoint")
    with disk.damage_named(path, "checkpoint"):
        if description.get("format") != RUN_FORMAT:
            raise ValueError("it is of another format")
        theirs = dict(description["settings"])

    # Another run's file is refused by the first setting that differs.
    for name in {**own, **theirs}:
        if theirs.get(name) != own.get(name):
            there, here = (validate.short_repr(each.get(name)) for each in (theirs, own))
            raise ValueError(
                f"{str(path)!r} is the checkpoint of another run: its {name} is {there}, here it "
                f"is {here}. Take another file, or remove this one to start anew."
            )

    # Everything is read and checked before anything is changed.
    with disk.damage_named(path, "checkpoint"):
        step = validate.integer("step", description["step"])
        history = arrays["history"]
        columns = 2 if own["validation"] == "None" else 4
        if history.shape[1:] != (columns,) or history.dtype != np.float64:
            raise ValueError(f"history has shape {history.shape} and dtype {history.dtype}")
        for name, target in state.arrays().items():
            array = arrays[name]
            if (array.shape, array.dtype) != (target.shape, target.dtype):
                raise ValueError(f"{name} has shape {array.shape} and dtype {array.dtype}")
        restored = []
        for rng, (numbers, seeds) in zip(state.generators, description["generators"], strict=True):
            own_seeds = _parts(rng.bit_generator)[1]
            if seeds["pool_size"] != own_seeds["pool_size"] or not _usable(numbers):
                raise ValueError("its generator has a state that no generator can have")
            restored.append(type(rng.bit_generator)(np.random.SeedSequence(**seeds)))
            restored[-1].state = numbers

    for name, target in state.arrays().items():
        target[...] = arrays[name]
    for rng, bit_generator in zip(state.generators, restored, strict=True):
        # Numbers and seeds into the caller's own object, as pickle would.
        rng.bit_generator.__setstate__(bit_generator.__getstate__())  # type: ignore[attr-defined]
    state.updates.step = step
    state.rows[:] = [tuple(row) for row in history.tolist()]


def _parts(bit_generator):
    """The two parts of a NumPy bit generator: its numbers to come, and the seeds of its children,
    with the number of those that it has spawned.
    """
    names = ("entropy", "spawn_key", "pool_size", "n_children_spawned")
    return bit_generator.state, {name: getattr(bit_generator.seed_seq, name) for name in names}


def _usable(numbers):
    """Whether the places in a generator's buffers, which NumPy does not check, lie inside them."""
    place = numbers["state"].get("pos", 0)
    buffered = numbers.get("buffer_pos", 0)
    return 0 <= place <= 624 and 0 <= buffered <= 4
