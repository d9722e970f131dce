"""See a gradient vanish, explode or survive.

Public names load on first use, so that `import gradtui` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradtui.errors import InputError
    from gradtui.mathematics.activation import Activation
    from gradtui.mathematics.activations import ACTIVATIONS, activation
    from gradtui.mathematics.chain import Chain, chain
    from gradtui.mathematics.initialisation import RandomNetwork, initialisation, random_network
    from gradtui.mathematics.mean_field import MeanField, critical_sigma_w2, mean_field
    from gradtui.mathematics.network import GradientFlow, gradient_flow
    from gradtui.mathematics.recipes import INITIALISATIONS

__version__ = "0.1.0"

__all__ = [
    "ACTIVATIONS",
    "INITIALISATIONS",
    "Activation",
    "Chain",
    "GradientFlow",
    "InputError",
    "MeanField",
    "RandomNetwork",
    "__version__",
    "activation",
    "chain",
    "critical_sigma_w2",
    "gradient_flow",
    "initialisation",
    "mean_field",
    "random_network",
]

_HOMES = {
    "ACTIVATIONS": "gradtui.mathematics.activations",
    "INITIALISATIONS": "gradtui.mathematics.recipes",
    "Activation": "gradtui.mathematics.activation",
    "Chain": "gradtui.mathematics.chain",
    "GradientFlow": "gradtui.mathematics.network",
    "InputError": "gradtui.errors",
    "MeanField": "gradtui.mathematics.mean_field",
    "RandomNetwork": "gradtui.mathematics.initialisation",
    "activation": "gradtui.mathematics.activations",
    "chain": "gradtui.mathematics.chain",
    "critical_sigma_w2": "gradtui.mathematics.mean_field",
    "gradient_flow": "gradtui.mathematics.network",
    "initialisation": "gradtui.mathematics.initialisation",
    "mean_field": "gradtui.mathematics.mean_field",
    "random_network": "gradtui.mathematics.initialisation",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'gradtui' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
