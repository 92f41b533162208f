"""refsnn: how an artificial neural network becomes a spiking one, to be read, run and checked."""

__version__ = "0.1.0"
