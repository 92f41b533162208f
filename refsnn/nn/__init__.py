"""Artificial networks from scratch: layers, backpropagation, losses, optimisers, training."""

from refsnn.nn.activations import Clip, ReLU
from refsnn.nn.batch_norm import BatchNorm
from refsnn.nn.convolution import Conv2d
from refsnn.nn.history import History
from refsnn.nn.layer import Layer, Run
from refsnn.nn.linear import AvgPool2d, Dense, Dropout, Flatten
from refsnn.nn.loss import cross_entropy
from refsnn.nn.optimisers import SGD, Adam
from refsnn.nn.quantised import QCFS, NoisyQCFS, set_thresholds
from refsnn.nn.sequential import Sequential
from refsnn.nn.training import fit

__all__ = [
    "QCFS",
    "SGD",
    "Adam",
    "AvgPool2d",
    "BatchNorm",
    "Clip",
    "Conv2d",
    "Dense",
    "Dropout",
    "Flatten",
    "History",
    "Layer",
    "NoisyQCFS",
    "ReLU",
    "Run",
    "Sequential",
    "cross_entropy",
    "fit",
    "set_thresholds",
]
