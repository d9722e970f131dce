"""Whether a network is a plain stack of Linear layers and one activation, and what theory says.

Glossary: L layers, each a Linear and the activation f behind it; n_l units, W_l [n_l, n_{l-1}] and
b_l [n_l] of layer l; x the input; a_l its activations; g_l = ∂L/∂a_l.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.path import gradient_path
from gradtui.runs.recorder.norms import log10_norm
from gradtui.runs.recorder.one_pass import Pass, Use

_PASSING = frozenset({"Flatten", "Identity", "Dropout"})
"""What changes no number: of Dropout, where it drops none."""
_BY_CHANCE = 4.0
"""A mean of so many of its standard errors is none by chance."""


@dataclass(frozen=True, eq=False)
class Theory:
    """What theory says of random weights of infinite width, of these sizes, beside what is.

    Arrays are by layer, from the first [L].

    Attributes:
        activation: its text form.
        sigma_w: √(n_{l-1} · mean W_l²).
        sigma_b: √(mean b_l²).
        log10_gradients: log10 of √(E‖g_l‖² / E‖g_L‖²).
        measured: log10 of ‖g_l‖ / ‖g_L‖.
    """

    activation: str
    sigma_w: Array
    sigma_b: Array
    log10_gradients: Array
    measured: Array

    @property
    def depth(self) -> int:
        """L."""
        return len(self.sigma_w)

    @property
    def log10_rate(self) -> float:
        """Of a layer, what theory has a gradient multiplied by from layer L to layer 1."""
        return float(self.log10_gradients[0]) / (self.depth - 1)

    @property
    def log10_measured_rate(self) -> float:
        """The same as it was measured."""
        return float(self.measured[0]) / (self.depth - 1)


def theory_of(found: Pass) -> Theory | None:
    """Theory for a plain stack of two layers or more; None for everything else.

    None too where the theory does not apply: where biases are not about 0, or the gradient of a
    layer is not a number above 0.
    """
    layers = _layers(found)
    if len(layers) < 2:
        return None
    linear = [one.module for one, _ in layers]
    biases = [one.bias for one in linear]
    if any(bias is not None and not _about_zero(bias) for bias in biases):
        return None
    sigma_w = np.array([math.sqrt(one.in_features) * _root_mean_square(one.weight)
                        for one in linear])  # fmt: skip
    sigma_b = np.array([0.0 if bias is None else _root_mean_square(bias) for bias in biases])
    measured = np.array([activation.gradient for _, activation in layers])
    f = layers[0][1].f
    if f is None or not np.isfinite(measured).all():
        return None
    x = _root_mean_square(layers[0][0].given)
    try:
        path = gradient_path(f, np.square(sigma_w), np.square(sigma_b), len(layers), x)
    except InputError:
        return None
    hidden = path.log10_grad_hidden[1:]
    if not path.known.all() or not np.isfinite(hidden).all():
        return None
    return Theory(f.spec, sigma_w, sigma_b, hidden, measured - measured[-1])


def _layers(found: Pass) -> list[tuple[Use, Use]]:
    """The layers of a plain stack, each a Linear and its activation; none if it is none."""
    here = found.inputs[0] if len(found.inputs) == 1 else None
    for use in found.uses:
        if use.given is not here:
            return []
        here = use.output
    if here is not found.output:
        return []
    uses = [use for use in found.uses if not _passes(use)]
    if uses and _is_linear(uses[-1]):
        uses = uses[:-1]
    pairs = list(zip(uses[::2], uses[1::2], strict=False))
    alike = {use.f for _, use in pairs}
    whole = 2 * len(pairs) == len(uses) and len(alike) == 1 and None not in alike
    return pairs if whole and all(_is_linear(one) for one, _ in pairs) else []


def _is_linear(use: Use) -> bool:
    from torch import nn

    return type(use.module) is nn.Linear


def _passes(use: Use) -> bool:
    """Whether it hands on what it is given, every number."""
    kind = type(use.module)
    if kind.__name__ not in _PASSING or not kind.__module__.startswith("torch.nn."):
        return False
    return kind.__name__ != "Dropout" or not use.module.training or use.module.p == 0.0


def _root_mean_square(tensor: Any) -> float:
    """√(mean of squares)."""
    return float(10.0 ** log10_norm(tensor)[0]) / math.sqrt(max(tensor.numel(), 1))


def _about_zero(tensor: Any) -> bool:
    """Whether the mean is no further from 0 than chance would have it."""
    values = tensor.detach().double()
    error = float(values.std(correction=0)) / math.sqrt(values.numel())
    return abs(float(values.mean())) <= _BY_CHANCE * error
