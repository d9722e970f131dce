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

__version__ = "0.1.0"

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Chain",
    "InputError",
    "__version__",
    "activation",
    "chain",
]

_HOMES = {
    "ACTIVATIONS": "gradtui.mathematics.activations",
    "Activation": "gradtui.mathematics.activation",
    "Chain": "gradtui.mathematics.chain",
    "InputError": "gradtui.errors",
    "activation": "gradtui.mathematics.activations",
    "chain": "gradtui.mathematics.chain",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'gradtui' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
