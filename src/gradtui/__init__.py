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
    from gradtui.mathematics.mean_field import MeanField, critical_sigma_w2, mean_field

__version__ = "0.1.0"

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Chain",
    "InputError",
    "MeanField",
    "__version__",
    "activation",
    "chain",
    "critical_sigma_w2",
    "mean_field",
]

_HOMES = {
    "ACTIVATIONS": "gradtui.mathematics.activations",
    "Activation": "gradtui.mathematics.activation",
    "Chain": "gradtui.mathematics.chain",
    "InputError": "gradtui.errors",
    "MeanField": "gradtui.mathematics.mean_field",
    "activation": "gradtui.mathematics.activations",
    "chain": "gradtui.mathematics.chain",
    "critical_sigma_w2": "gradtui.mathematics.mean_field",
    "mean_field": "gradtui.mathematics.mean_field",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'gradtui' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
