"""A network: a list of layers."""

import numpy as np

from refsnn import metrics, validate
from refsnn.kernels.threads import workers
from refsnn.nn import through_time
from refsnn.nn.files import save
from refsnn.nn.layer import Layer, Run

# images that one thread takes through the network at a time; fixed, so that sums have a fixed order
SLAB = 32
FLOATS = (
    2**18
)  # about how many numbers the widest layer of a slab may hold over time, so that it stays in cache


def slabs(n, T=1, widest=FLOATS):
    """The ranges of images that a batch of `n` is cut into: as many as have 32 rows, T for each
    image, or up to 32 images as long as the `widest` layer, of so many numbers a row, stays in
    cache.
    """
    size = max(1, SLAB // T, min(SLAB, FLOATS // (T * widest)))
    return [slice(a, min(a + size, n)) for a in range(0, n, size)]


class Sequential(Layer):
    """Layers applied one after the other. Indexing, iteration and `len` are the list's.

    Parameters
    ----------
    layers : list of Layer
    input_shape : tuple or None
        Shape of one image, without the batch axis; `fit` sets it if it is None. With it, `repr`
        shows every shape.
    """

    def __init__(self, layers, input_shape=None):
        if not isinstance(layers, (list, tuple)):
            raise TypeError(
                f"layers must be one list of layers, such as [nn.Flatten(), nn.ReLU()], not "
                f"{validate.short_repr(layers)}."
            )
        self.layers = list(layers)
        for i, layer in enumerate(self.layers):
            if not isinstance(layer, Layer) or isinstance(layer, Sequential):
                raise TypeError(
                    f"layers[{i}] must be a single layer such as nn.ReLU(), not "
                    f"{validate.short_repr(layer)}."
                )
        if not self.layers:
            raise ValueError("layers must hold at least one layer.")
        if input_shape is not None:
            if not isinstance(input_shape, (list, tuple)):
                raise TypeError(
                    f"input_shape must be the shape of one image, such as (8, 8, 1), not "
                    f"{validate.short_repr(input_shape)}."
                )
            input_shape = tuple(validate.integer("input_shape", side) for side in input_shape)
            self.output_shape(input_shape)
        self.input_shape = input_shape

    def __getitem__(self, i):
        return self.layers[i]

    def __iter__(self):
        return iter(self.layers)

    def __len__(self):
        return len(self.layers)

    def shapes(self, shape):
        """The shape of one output of every layer, in order; ValueError naming the layer that does
        not fit.
        """
        found = []
        for i, layer in enumerate(self.layers):
            try:
                shape = layer.output_shape(shape)
            except ValueError as error:
                raise ValueError(f"Layer {i}: {error}") from None
            found.append(shape)
        return found

    def output_shape(self, shape):
        return self.shapes(tuple(shape))[-1]

    def slabs(self, n, T, shape):
        """The ranges of images of `shape` that a batch of `n` is cut into; a penalty is of each
        slab, so with one their rows are always 32.
        """
        return slabs(n, T, FLOATS if any(layer.penalised for layer in self) else self.widest(shape))

    def widest(self, shape):
        """The largest number of values that an image of `shape` or a layer's output of it has."""
        return max(int(np.prod(s)) for s in [shape, *self.shapes(shape)])

    def classes(self, shape):
        """How many scores an image of `shape` gets; ValueError where the output is not one score a
        class.
        """
        found = self.output_shape(shape)
        if len(found) != 1:
            raise ValueError(
                f"The network must end in one score a class, shape (N, classes), not "
                f"(N, {', '.join(map(str, found))})."
            )
        return found[0]

    def check_input(self, x, name="x", encoder=None, T=None):
        """The images, or sequences of T frames, as float32, if they fit network and encoder; else
        one sentence.
        """
        x = validate.images(x, name)
        if encoder is not None:
            encoder.check(x)
            if encoder.moving and x.shape[1] != T:
                raise ValueError(
                    f"{name} must hold T = {T} frames each, (N, T, ...), not {x.shape[1]}."
                )
        shape = through_time.image_shape(x, encoder)
        if self.input_shape is not None and shape != self.input_shape:
            raise ValueError(f"{name} must hold images of shape {self.input_shape}, not {shape}.")
        self.output_shape(shape)
        return x

    def forward(self, x, run=Run()):
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, run)
            caches.append(cache)
        return x, caches

    def backward(self, cache, dy):
        """The input's gradient, and a list of the layers' gradients."""
        gradients = [None] * len(self.layers)
        for i in reversed(range(len(self.layers))):
            dy, gradients[i] = self.layers[i].backward(cache[i], dy)
        return dy, gradients

    def unrolled(self, T, constant):
        """The same layers for T steps: where the input is constant, it is repeated before the first
        spiking layer.
        """
        if T == 1 or not constant:
            return self
        first = next(i for i, layer in enumerate(self) if layer.spiking)
        return Sequential([*self.layers[:first], through_time.Repeat(T), *self.layers[first:]])

    def predict(self, x, *, T=None, encoder=None, rng=None, threads=None):
        """Scores `(N, classes)` of images `(N, ...)`, outside training.

        A spiking network needs its number of time steps `T`: its scores are the means over them,
        those of `snn.simulate` but for the rounding of sums. `encoder` and `rng` are as there; None
        is the image in each step. With `snn.Frames()`, `x` is (N, T, ...).
        """
        T = through_time.check(self, T, encoder)
        x = self.check_input(x, "x", encoder, T)
        threads = validate.threads(threads)
        x_seq, net = (
            through_time.sequence(x, T, encoder, rng),
            self.unrolled(T, through_time.constant(encoder)),
        )

        def scores(part):
            return through_time.over_time(
                net.forward(through_time.rows(x_seq, part), Run(T=T))[0], T
            )

        with workers(threads) as run_all:
            return np.concatenate(run_all(scores, net.slabs(len(x), T, x_seq.shape[2:])))

    def accuracy(self, x, y, *, T=None, encoder=None, rng=None, threads=None):
        """Fraction of images whose largest score is the right class; T, encoder and rng as for
        `predict`.
        """
        x = self.check_input(x, "x", encoder, through_time.check(self, T, encoder))
        y = validate.labels(y, len(x), self.classes(through_time.image_shape(x, encoder)))
        return metrics.accuracy(self.predict(x, T=T, encoder=encoder, rng=rng, threads=threads), y)

    def save(self, path):
        """Write the network to `path` (.npz, no pickle), whole or not at all; `nn.load` reads
        it.
        """
        return save(self, path)

    def __repr__(self):
        shapes = (
            [""] * len(self)
            if self.input_shape is None
            else [
                "(" + ", ".join(["N", *map(str, shape)]) + ")"
                for shape in self.shapes(self.input_shape)
            ]
        )
        rows, total = [], 0
        for i, (layer, shape) in enumerate(zip(self.layers, shapes, strict=True)):
            count = sum(array.size for array in layer.params.values())
            arrays = ", ".join(f"{name} {array.shape}" for name, array in layer.params.items())
            rows.append((f"{i}", repr(layer), shape, arrays, f"{count:,}" if count else ""))
            total += count
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        body = "\n".join(
            "  "
            + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )
        return f"Sequential, {total:,} parameters\n{body}"
