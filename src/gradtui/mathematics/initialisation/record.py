"""An initialisation by its name and parameters, and what it means in theory.

Glossary: n units below and above a layer, W weights, b biases, f the activation function, g the
gain, σ_w and σ_b the scales of mean-field theory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.initialisation.recipes import INITIALISATIONS, Scheme, Values
from gradtui.mathematics.spec import format_spec, lookup, parse_spec
from gradtui.mathematics.wide.mean_field import critical_sigma_w2

MAX_WIDTH = 4_096

Critical = Callable[[Activation, float], float]
"""The critical σ_w² for an activation and σ_b²."""


@dataclass(frozen=True)
class Initialisation:
    """A recipe with parameters given; two with the same `spec` are equal.

    Attributes:
        spec: the text form, which `initialisation` reads back.
        scheme: the recipe.
        chosen: the parameters that do not follow from the activation or from their defaults.
    """

    spec: str
    scheme: Scheme = field(compare=False, repr=False)
    chosen: Values = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name without parameters."""
        return self.scheme.name

    def parameters(
        self,
        activation: str | Activation,
        critical: Critical = critical_sigma_w2,
    ) -> dict[str, float]:
        """Every parameter: as chosen, else as it follows from the activation, else its default.

        Args:
            activation: f.
            critical: the critical σ_w² for f and σ_b².

        Raises:
            InputError: where σ_w² is to be critical, and there is none that is.
        """
        f = as_activation(activation)
        values = {p.name: self.chosen.get(p.name, p.default) for p in self.scheme.parameters}
        for name in self.scheme.derived:
            if name in self.chosen:
                continue
            values[name] = gain(f) if name == "gain" else critical(f, values["sigma_b2"])
        return values


def gain(activation: str | Activation) -> float:
    """What `torch.nn.init.calculate_gain` recommends for an activation, and 1 where it has none.

    Identity and sigmoid 1, tanh 5/3, ReLU √2, a leaky ReLU of slope a √(2/(1 + a²)), SELU 3/4
    (PyTorch 2.13).
    """
    f = as_activation(activation)
    if f.name in ("leaky_relu", "prelu", "rrelu"):
        return math.sqrt(2.0 / (1.0 + f(-1.0) ** 2))
    return {"tanh": 5.0 / 3.0, "relu": math.sqrt(2.0), "selu": 0.75}.get(f.name, 1.0)


def initialisation(spec: str | Initialisation) -> Initialisation:
    """The recipe that `spec` names, with the parameters it gives.

    Args:
        spec: "kaiming_normal", "kaiming_normal(gain=1.414)", "normal(1.2, 0.1)", or a recipe.

    Raises:
        InputError: for an unknown name or parameter, or a value out of its range.
    """
    if isinstance(spec, Initialisation):
        return spec
    if not isinstance(spec, str):
        raise InputError(
            "init", spec, "the name of an initialisation", "for example kaiming_normal"
        )
    parsed = parse_spec("init", spec)
    scheme = lookup(
        "init", "initialisation", parsed.name, INITIALISATIONS,
        otherwise=f"there are: {', '.join(INITIALISATIONS)}",
    )  # fmt: skip
    values = parsed.bind(f"{scheme.name} parameter", tuple(p.name for p in scheme.parameters))
    chosen = {
        p.name: p.checked(scheme.name, values[p.name])
        for p in scheme.parameters
        if p.name in values and (p.name in scheme.derived or values[p.name] != p.default)
    }
    return Initialisation(format_spec(scheme.name, chosen), scheme, MappingProxyType(chosen))


class Sigmas(NamedTuple):
    """What mean-field theory needs to know of a recipe.

    Attributes:
        sigma_w2: σ_w² = n·Var(W_ij) for n units below and above; g² of orthogonal matrices.
        sigma_b2: σ_b², the variance of a bias.
        weights: "normal", "uniform" or "orthogonal".
    """

    sigma_w2: float
    sigma_b2: float
    weights: str


def sigmas(
    scheme: str | Initialisation,
    activation: str | Activation,
    width: int,
    *,
    critical: Critical = critical_sigma_w2,
) -> Sigmas:
    """The variances that a recipe gives to layers of `width` units on both sides.

    Args:
        scheme: a recipe or its text form.
        activation: the activation, from which a gain that is not given follows.
        width: n, a whole number from 1 to 4,096.
        critical: what gives σ_w² for the recipe of that name, from an activation and σ_b².

    Raises:
        InputError: an unknown recipe, or a width out of range.
    """
    recipe = initialisation(scheme)
    n = checked_width(width)
    draw = recipe.scheme.draw(n, n, recipe.parameters(activation, critical))
    fan = 1 if draw.weights == "orthogonal" else n
    return Sigmas(fan * draw.scale**2, draw.bias_scale**2, draw.weights)


def checked_width(width: int) -> int:
    """A width that a layer can have."""
    whole = isinstance(width, int | np.integer) and not isinstance(width, bool)
    if not whole or not 1 <= width <= MAX_WIDTH:
        raise InputError("width", width, f"a whole number from 1 to {MAX_WIDTH:,}", "try 64")
    return int(width)
