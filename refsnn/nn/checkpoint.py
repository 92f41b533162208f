"""A run of training in a file, so that it can go on where it stopped, with the same bits."""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from refsnn import disk, validate
from refsnn.nn.layer import Array, Layer
from refsnn.nn.optimisers import Updates
from refsnn.nn.sequential import Sequential

FORMAT = "refsnn run 1"


@dataclass
class RunState:
    """How far a run of training is: all that an epoch changes.

    Parameters
    ----------
    net : Sequential
        As it is trained, unrolled over time; its arrays are written to in place.
    updates : Updates
        The optimiser's state.
    rng : numpy.random.Generator
        Orders, drops, disturbs, draws and augments.
    validation_rng : numpy.random.Generator or None
        Draws the spikes of validation images; None where nothing is drawn.
    rows : list of tuples of float
        The history, one row per epoch that has ended.
    """

    net: Sequential
    updates: Updates
    rng: np.random.Generator
    validation_rng: np.random.Generator | None
    rows: list[tuple[float, ...]]

    def arrays(self) -> dict[str, Array]:
        """Parameters, buffers and what the optimiser keeps for each parameter, by name."""
        arrays = {}
        for i, layer in enumerate(self.net):
            for name, array in {**layer.params, **layer.buffers}.items():
                arrays[f"{i}.{name}"] = array
        for (i, name), kept in self.updates.states.items():
            for k, array in enumerate(kept):
                arrays[f"{i}.{name}.state{k}"] = array
        return arrays


def settings(
    net: Sequential, x: Array, y: Array, rng: np.random.Generator, **others: object
) -> dict:
    """What makes a run this one and no other, as JSON gives it back: the layers but for what they
    learn, the images, their labels, the generator's seed, and the `others`.
    """
    if not isinstance(rng.bit_generator.seed_seq, np.random.SeedSequence):
        raise TypeError("rng must have been made from a seed, such as np.random.default_rng(0).")
    generator = _generator(rng)
    seed = [generator[name] for name in ("entropy", "spawn_key")]
    layers = {f"layer {i}": _layer(layer) for i, layer in enumerate(net)}
    data = {
        "number of layers": len(net),
        "images": f"{x.shape}, {zlib.crc32(x.data):08x}",
        "labels": f"{zlib.crc32(y.data):08x}",
        "generator": f"{type(rng.bit_generator).__name__}, {seed}",
    }
    named = {
        name: value if isinstance(value, int) else repr(value) for name, value in others.items()
    }
    return {**data, **layers, **named}


def _layer(layer: Layer) -> str:
    """A layer in words: its settings, without those that are trained, and its arrays' shapes."""
    config = {k: v for k, v in layer.config().items() if k not in layer.parameter_names}
    shapes = {name: array.shape for name, array in {**layer.params, **layer.buffers}.items()}
    return f"{type(layer).__name__} {config} {shapes}"


def write(path: Path, own: dict, state: RunState) -> None:
    """Write the state of a run with the settings `own` to `path`, whole or not at all."""
    description = {
        "format": FORMAT,
        "settings": own,
        "step": state.updates.step,
        "rng": _generator(state.rng),
        "validation_rng": state.validation_rng and _generator(state.validation_rng),
    }
    text = json.dumps(description)
    disk.write_arrays(path, text, {**state.arrays(), "history": np.array(state.rows)})


def restore(path: Path, own: dict, state: RunState) -> None:
    """Bring `state` to where the file at `path` left it; raises ValueError where the file is
    damaged, or of a run with other settings than `own` or another generator.
    """
    with disk.damage_named(path, "checkpoint"):
        description, arrays = disk.read_arrays(path)
        if description.get("format") != FORMAT:
            raise ValueError("it is of another format")
        saved = dict(description["settings"])

    # Another run's file is refused by the first setting that differs.
    for name in [*own, *saved]:
        if saved.get(name) != own.get(name):
            there, here = (validate.short_repr(each.get(name)) for each in (saved, own))
            raise ValueError(
                f"{str(path)!r} is the checkpoint of another run: its {name} is {there}, here it "
                f"is {here}. Take another file, or remove this one to start anew."
            )

    # Everything is read and checked before anything is changed.
    with disk.damage_named(path, "checkpoint"):
        step, history = int(description["step"]), arrays["history"]
        if history.ndim != 2 or history.dtype != np.float64 or history.shape[1] not in (2, 4):
            raise ValueError(f"history has shape {history.shape} and dtype {history.dtype}")
        generators = []
        for name, rng in (("rng", state.rng), ("validation_rng", state.validation_rng)):
            if rng is not None:
                generators.append((rng.bit_generator, *_state_and_seeds(description[name])))
        targets = state.arrays()
        for name, target in targets.items():
            array = arrays[name]
            if (array.shape, array.dtype) != (target.shape, target.dtype):
                raise ValueError(f"{name} has shape {array.shape} and dtype {array.dtype}")

    for name, target in targets.items():
        target[...] = arrays[name]
    for bit_generator, *state_and_seeds in generators:
        bit_generator.__setstate__(tuple(state_and_seeds))
    state.updates.step = step
    state.rows[:] = [tuple(row) for row in history.tolist()]


def _generator(rng):
    """All of a generator, as JSON can hold it: its numbers to come, its seed, and how many children
    it has spawned.
    """
    seeds = rng.bit_generator.seed_seq
    generator = {
        "state": rng.bit_generator.state,
        "entropy": seeds.entropy,
        "spawn_key": seeds.spawn_key,
        "pool_size": seeds.pool_size,
        "children": seeds.n_children_spawned,
    }
    return json.loads(json.dumps(generator, default=lambda array: array.tolist()))


def _state_and_seeds(generator):
    """The two things that make up a NumPy bit generator, from what `_generator` gives."""
    seeds = np.random.SeedSequence(
        generator["entropy"],
        spawn_key=generator["spawn_key"],
        pool_size=generator["pool_size"],
        n_children_spawned=generator["children"],
    )
    return generator["state"], seeds
