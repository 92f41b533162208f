"""Spiking networks trained on larger images: a learned width and a penalty, together and apart."""
