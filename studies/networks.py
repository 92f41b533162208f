"""The networks of the studies: convolutions, dense layers, ten scores."""

from refsnn import nn


def rectifier(features, dense):
    """What follows a hidden linear layer unless a study says otherwise: a rectifier."""
    return [nn.ReLU()]


def network(
    shape, convolutions, widths, rng, *, after=rectifier, conv=None, dense=None, scores=None
):
    """An untrained network: convolutions, then dense layers, then a dense layer of ten scores.

    Weights are drawn layer by layer, from the first to the last.

    Parameters
    ----------
    shape : tuple of int
        Of an image: height, width, channels.
    convolutions : sequence
        The number of features of a 3 x 3 convolution; or (features, kernel, stride), zero-padded by
        half the kernel; or (features, kernel, stride, padding); "P" for average pooling of 2 x 2;
        or a layer without parameters.
    widths : sequence of int
        Neurons of each hidden dense layer.
    rng : numpy.random.Generator
    after : callable
        `after(features, dense)` returns the layers that follow a hidden linear layer, whose outputs
        have `features` channels; `dense` tells a dense layer from a convolution.
    conv, dense, scores : dict, optional
        Options of the convolutions, the hidden dense layers and the last layer, such as
        {"bias": False}.

    Returns
    -------
    nn.Sequential
    """
    layers, channels = [], shape[2]
    for each in convolutions:
        if isinstance(each, nn.Layer):
            layers.append(each)
        elif each == "P":
            layers.append(nn.AvgPool2d(2))
        else:
            features, kernel, stride, padding = _convolution(each)
            options = {"stride": stride, "padding": padding, **(conv or {})}
            layers.append(nn.Conv2d(channels, features, kernel, **options, rng=rng))
            layers += after(features, dense=False)
            channels = features

    layers.append(nn.Flatten())
    (n_in,) = nn.Sequential(layers).output_shape(shape)
    for width in widths:
        layers.append(nn.Dense(n_in, width, **(dense or {}), rng=rng))
        layers += after(width, dense=True)
        n_in = width
    layers.append(nn.Dense(n_in, 10, **(scores or {}), rng=rng))
    return nn.Sequential(layers, input_shape=shape)


def _convolution(each):
    """Features, kernel, stride and padding of a convolution as `network` is told it."""
    features, kernel, stride, *padding = (each, 3, 1) if isinstance(each, int) else each
    return features, kernel, stride, *(padding or [kernel // 2])


def digits_cnn(rng):
    """The CNN of the tour, untrained, for digits of 8 x 8 pixels: 16 features, pooled, and 64 dense
    neurons.
    """
    return network((8, 8, 1), (16, "P"), (64,), rng)
