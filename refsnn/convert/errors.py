"""The error of a converted network, layer by layer, in units of each layer's scale."""

from refsnn import validate
from refsnn.nn import QCFS, Clip, ReLU, Run, Sequential
from refsnn.nn.layer import Array, Layer
from refsnn.snn import Record
from refsnn.snn.neurons import LIF
from refsnn.theory import ErrorSplit, split_error


def analog_inputs(ann: Sequential, net: Sequential, x: Array) -> dict[int, tuple[Array, Array]]:
    """The input that each neuron layer of `net` would get if the layers before it sent the
    activations of `ann`.

    Parameters
    ----------
    ann : nn.Sequential
        With ReLU or QCFS activations.
    net : nn.Sequential
        Its copy from `to_spiking`.
    x : array (N, ...) of float32
        Checked images.

    Returns
    -------
    dict from layer index in `net` to (z, a)
        Pre-activations and activations (N, ...) in units of the layer's scale.
    """
    # The activations in units of their scale, in which a rectifier is the same.
    activations: list[Layer] = []
    for layer in ann:
        if isinstance(layer, Clip):
            raise ValueError(
                f"{layer!r} has an upper end in the network's units, which its scale does not "
                "tell: use ReLU or QCFS."
            )
        if isinstance(layer, QCFS):
            activations.append(QCFS(layer.L, 1.0, layer.shift))
        elif isinstance(layer, ReLU):
            activations.append(layer)

    neurons = [i for i, layer in enumerate(net) if isinstance(layer, LIF)]
    if len(neurons) != len(activations):
        raise ValueError(
            f"net has {len(neurons)} neuron layers and ann {len(activations)} activations: net "
            "must be the copy of ann that to_spiking made."
        )

    # The network with its activations in the place of the neurons.
    inputs: dict[int, tuple[Array, Array]] = {}
    h = x
    for i, layer in enumerate(net):
        if isinstance(layer, LIF):
            z, h = h, activations[len(inputs)].forward(h)[0]
            inputs[i] = z, h
        else:
            h = layer.forward(h, Run())[0]
    return inputs


def layer_errors(
    ann: Sequential,
    net: Sequential,
    x: Array,
    record: Record,
    watch: dict[int, Array],
    T: int,
) -> dict[int, ErrorSplit]:
    """The conversion error of watched neurons after T steps, split into its four causes.

    Parameters
    ----------
    ann : nn.Sequential
        With ReLU or QCFS activations.
    net : nn.Sequential
        Its copy from `to_spiking`, with reset by subtraction.
    x : array (N, ...) of float
        The images of the record.
    record : snn.Record
        Of `snn.simulate(net, x, ..., watch=watch)` with constant input, over at least T steps.
    watch : dict from layer index to flat neuron indices
    T : int
        After how many steps.

    Returns
    -------
    dict from layer index to theory.ErrorSplit
        Arrays (N, k) in units of the layer's scale: their sum is relu(z) - N_T / T, with z the
        pre-activation in `ann`.

    Notes
    -----
    Source: chapter 06. A QCFS activation clips and rounds as well: at L = T it has the clipping and
    quantisation of its neuron, and only the propagated part and unevenness part the two networks.
    """
    T = validate.integer("T", T)
    inputs = analog_inputs(ann, net, net.check_input(x))
    errors = {}
    for i, neurons in watch.items():
        v_free, spikes = record.free_potential(i), record.spikes[i]
        if T > len(spikes):
            raise ValueError(f"T must be at most the {len(spikes)} steps of the record, not {T}.")
        z = inputs[i][0].reshape(len(x), -1)[:, neurons]
        counts = spikes[:T].sum(axis=0)
        v_init = record.watched[i].v_init
        errors[i] = split_error(z, v_free[T - 1], counts, T, v_init=v_init)
    return errors
