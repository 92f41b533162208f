"""A network: a list of layers."""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator

from refsnn import metrics, validate
from refsnn.kernels.threads import workers
from refsnn.nn import through_time
from refsnn.nn.layer import Array, Layer, Run, Shape
from refsnn.nn.through_time import Encoder

SLAB = 32  # images that a thread takes at a time, and rows of a slab; fixed, so sums have an order
# About how many numbers the widest layer of a slab may hold over time, so that it stays in cache.
SLAB_NUMBERS = 2**18


def slabs(n: int, T: int = 1, widest: int = SLAB_NUMBERS) -> list[slice]:
    """The ranges of images that a batch of `n` is cut into.

    A slab has 32 rows, T for each image; or up to 32 images as long as the `widest` layer, with
    that many numbers per row, stays in cache.
    """
    size = max(1, SLAB // T, min(SLAB, SLAB_NUMBERS // (T * widest)))
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


class Sequential(Layer):
    """Layers applied one after the other. Indexing, iteration and `len` are the list's.

    Parameters
    ----------
    layers : list of Layer
    input_shape : tuple or None
        Shape of one image, without the batch axis; `fit` sets it if it is None. With it, `repr`
        shows every shape.
    """

    def __init__(self, layers: list[Layer], input_shape: Shape | None = None) -> None:
        validate.instance(
            "layers", layers, (list, tuple), "one list of layers, such as [nn.Flatten(), nn.ReLU()]"
        )
        for i, layer in enumerate(layers):
            if not isinstance(layer, Layer) or isinstance(layer, Sequential):
                raise TypeError(
                    f"layers[{i}] must be a single layer such as nn.ReLU(), not "
                    f"{validate.short_repr(layer)}."
                )
        if not layers:
            raise ValueError("layers must hold at least one layer.")
        self.layers = list(layers)

        if input_shape is not None:
            validate.instance(
                "input_shape",
                input_shape,
                (list, tuple),
                "the shape of one image, such as (8, 8, 1)",
            )
            input_shape = tuple(validate.integer("input_shape", side) for side in input_shape)
            self.output_shape(input_shape)
        self.input_shape = input_shape

    def __getitem__(self, i: int) -> Layer:
        return self.layers[i]

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def shapes(self, shape: Shape) -> list[Shape]:
        """The shape of one output of every layer, in order, for one input of `shape`; raises
        ValueError naming the layer that does not fit.
        """
        shapes = []
        for i, layer in enumerate(self.layers):
            try:
                shape = layer.output_shape(shape)
            except ValueError as error:
                raise ValueError(f"Layer {i}: {error}") from None
            shapes.append(shape)
        return shapes

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of one output of the last layer for one input of `shape`."""
        return self.shapes(tuple(shape))[-1]

    def slabs(self, n: int, T: int, shape: Shape) -> list[slice]:
        """The ranges of images of `shape` that a batch of `n` is cut into; a penalty is of each
        slab, so with one their rows are always 32.
        """
        penalised = any(layer.penalised for layer in self)
        return slabs(n, T, SLAB_NUMBERS if penalised else self.widest(shape))

    def widest(self, shape: Shape) -> int:
        """The largest number of values that an image of `shape` or a layer's output of it has."""
        return max(int(np.prod(each)) for each in [shape, *self.shapes(shape)])

    def classes(self, shape: Shape) -> int:
        """How many scores an image of `shape` gets; raises ValueError where the output is not one
        score per class.
        """
        outputs = self.output_shape(shape)
        if len(outputs) != 1:
            raise ValueError(
                f"The network must end in one score per class, shape (N, classes), not "
                f"(N, {', '.join(map(str, outputs))})."
            )
        return outputs[0]

    def check_input(
        self, x: Array, name: str = "x", encoder: Encoder = Encoder(), T: int | None = None
    ) -> Array:
        """The images, or sequences of T frames, as float32; raises ValueError or TypeError where
        they do not fit network and encoder.
        """
        x = encoder.check(x, name, T)
        shape = encoder.image_shape(x)
        if self.input_shape is not None and shape != self.input_shape:
            raise ValueError(f"{name} must hold images of shape {self.input_shape}, not {shape}.")
        self.output_shape(shape)
        return x

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, list]:
        """The last layer's output (T * N, ...) and a list of the layers' caches."""
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, run)
            caches.append(cache)
        return x, caches

    def backward(self, cache: list, dy: Array) -> tuple[Array, list[dict]]:
        """The gradient (T * N, ...) in the input, and a list of the layers' gradients."""
        gradients: list[dict] = [{} for _ in self.layers]
        for i in reversed(range(len(self.layers))):
            dy, gradients[i] = self.layers[i].backward(cache[i], dy)  # eq. backward
        return dy, gradients

    def unrolled(self, T: int, constant: bool) -> "Sequential":
        """The same layers for T steps: where the input is constant, it is repeated before the first
        spiking layer.
        """
        if T == 1 or not constant:
            return self
        first = next(i for i, layer in enumerate(self) if layer.spiking)
        return Sequential([*self.layers[:first], through_time.Repeat(T), *self.layers[first:]])

    def predict(
        self,
        x: Array,
        *,
        T: int | None = None,
        encoder: Encoder | None = None,
        rng: Generator | None = None,
        threads: int | None = None,
    ) -> Array:
        """Scores `(N, classes)` of images `(N, ...)`, outside training.

        A spiking network needs its number of time steps `T`: its scores are the means over them,
        those of `snn.simulate` but for the rounding of sums. `encoder` and `rng` are as there; None
        is the image in each step. With `snn.Frames()`, `x` is (N, T, ...).
        """
        steps, encoder = through_time.check(self, T, encoder)
        x = self.check_input(x, "x", encoder, T)
        return scores(self, x, steps, encoder, rng, validate.threads(threads))

    def accuracy(
        self,
        x: Array,
        y: Array,
        *,
        T: int | None = None,
        encoder: Encoder | None = None,
        rng: Generator | None = None,
        threads: int | None = None,
    ) -> float:
        """Fraction of images whose largest score is the right class; T, encoder and rng as for
        `predict`.
        """
        steps, encoder = through_time.check(self, T, encoder)
        x = self.check_input(x, "x", encoder, T)
        y = validate.labels(y, len(x), self.classes(encoder.image_shape(x)))
        outputs = scores(self, x, steps, encoder, rng, validate.threads(threads))
        return float(metrics.accuracy(outputs, y))

    def __repr__(self) -> str:
        shapes = [""] * len(self)
        if self.input_shape is not None:
            outputs = self.shapes(self.input_shape)
            shapes = [f"({', '.join(['N', *map(str, shape)])})" for shape in outputs]

        rows = []
        total = 0
        for i, (layer, shape) in enumerate(zip(self.layers, shapes, strict=True)):
            count = sum(array.size for array in layer.params.values())
            arrays = ", ".join(f"{name} {array.shape}" for name, array in layer.params.items())
            rows.append((f"{i}", repr(layer), shape, arrays, f"{count:,}" if count else ""))
            total += count

        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [f"Sequential, {total:,} parameters"]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            lines.append("  " + "  ".join(cells).rstrip())
        return "\n".join(lines)


def scores(
    net: Sequential,
    x: Array,
    T: int,
    encoder: Encoder,
    rng: Generator | None,
    threads: int | None,
) -> Array:
    """What `Sequential.predict` gives for checked images: scores (N, classes)."""
    x_seq = encoder.sequence(x, T, encoder.draw_key(rng))
    unrolled = net.unrolled(T, encoder.constant)

    def of_slab(part):
        outputs, _ = unrolled.forward(through_time.rows(x_seq, part), Run(T=T))
        return through_time.over_time(outputs, T)

    with workers(threads) as run_all:
        return np.concatenate(run_all(of_slab, unrolled.slabs(len(x), T, x_seq.shape[2:])))
