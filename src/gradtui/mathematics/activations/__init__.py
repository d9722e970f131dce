"""Activation functions: the registry, and the record that each of them is."""

from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.activations.registry import ACTIVATIONS, activation

__all__ = ["ACTIVATIONS", "Activation", "activation"]
