"""An initialisation by its name and parameters, and what it means in theory.

Glossary: n units below and above a layer, W weights, b biases, f the activation function, g the
gain, σ_w and σ_b the scales of mean-field theory.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation, Parameter
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.parameters import LARGEST, Size, Word
from gradtui.mathematics.initialisation.recipes import (
    INITIALISATIONS,
    NONLINEARITIES,
    ROOT_2,
    Draw,
    Fans,
    Scheme,
    Values,
    calculate_gain,
)
from gradtui.mathematics.spec import Value, format_spec, lookup, number, parse_spec
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.mathematics.wide.mean_field import critical_sigma_w2
else:
    (critical_sigma_w2,) = when_called("gradtui.mathematics.wide.mean_field", "critical_sigma_w2")

MAX_WIDTH = 4_096

Critical = Callable[[Activation, float], float]
"""The critical σ_w² for an activation and σ_b²."""


@dataclass(frozen=True)
class Initialisation:
    """A recipe with parameters given; two with the same `spec` are equal.

    Attributes:
        spec: the text form, which `initialisation` reads back.
        scheme: the recipe.
        chosen: the parameters that are not as they are by default.
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
    ) -> dict[str, Value]:
        """Every parameter in force: as chosen, as it follows from the activation, or its default.

        Args:
            activation: f, from which only σ_w² of `critical` follows.
            critical: the critical σ_w² for f and σ_b².

        Raises:
            InputError: where σ_w² is to be critical, and there is none that is.
        """
        f = as_activation(activation)
        values: dict[str, Value] = {
            p.name: p.default for p in self.scheme.parameters if not _optional(p)
        }
        values.update(self.chosen)
        for name in self.scheme.derived:
            if name not in self.chosen:
                values[name] = critical(f, float(values["sigma_b2"]))
        return values

    def draw(
        self, fans: Fans, activation: str | Activation, critical: Critical = critical_sigma_w2
    ) -> Draw:
        """How a layer is drawn."""
        return self.scheme.draw(fans, self.parameters(activation, critical))


def initialisation(spec: str | Initialisation) -> Initialisation:
    """The recipe that `spec` names, with the parameters it gives.

    Args:
        spec: "kaiming_normal", "xavier_normal(gain=5/3)", "kaiming_normal(nonlinearity=tanh)",
            "normal(1.2, 0.1)", "normal(std=0.02)", or a recipe.

    Raises:
        InputError: for an unknown name or parameter, or a value out of its range.
    """
    if isinstance(spec, Initialisation):
        return spec
    if not isinstance(spec, str):
        raise InputError(
            "init", spec, "the name of an initialisation", "for example kaiming_normal"
        )
    parsed = parse_spec("init", spec, "orthogonal or normal(sigma_w=1.5)")
    scheme = lookup(
        "init", "initialisation", parsed.name, INITIALISATIONS,
        otherwise=f"there are: {', '.join(INITIALISATIONS)}",
    )  # fmt: skip
    _refuse_two_readings(spec, scheme.name, parsed.positional)
    names = {p.name: p for p in scheme.parameters}
    aliases = {
        other: p.name for p in scheme.parameters if isinstance(p, Size) for other in p.also_called
    }
    given = parsed.values(f"{scheme.name} parameter", tuple(names), aliases)
    for one, other in scheme.excludes:
        if one in given and other in given:
            form = f"{scheme.name}({one}=…, {other}=…)"
            raise InputError("init", form, f"one of {one} and {other}", "give one of the two")
    checked = {name: names[name].checked(scheme.name, value) for name, value in given.items()}
    chosen = {
        p.name: checked[p.name]
        for p in scheme.parameters
        if p.name in checked
        and (_optional(p) or p.name in scheme.derived or checked[p.name] != p.default)
    }
    return Initialisation(format_spec(scheme.name, chosen), scheme, MappingProxyType(chosen))


def with_weights(spec: str | Initialisation, weights: str) -> Initialisation:
    """What gives every layer the σ_w and σ_b of another recipe by weights of this kind.

    It has no text form that can be read back; where every layer has the same, `normal` or
    `orthogonal` has one.
    """
    own = initialisation(spec)

    def draw(fans: Fans, values: Values) -> Draw:
        return own.scheme.draw(fans, values).with_weights(weights, fans)

    spec = f"{weights} of each layer's σw in {own.spec}"
    return Initialisation(spec, replace(own.scheme, draw=draw), own.chosen)


def _optional(parameter: Parameter | Word) -> bool:
    """Whether a parameter counts only if it is given."""
    return isinstance(parameter, Size) and parameter.optional


def _refuse_two_readings(spec: str, name: str, given_bare: tuple[Value, ...]) -> None:
    """Refuse two bare numbers that people read as mean and deviation, or as two bounds."""
    numbers = [value for value in given_bare if not isinstance(value, str)]
    if name not in ("normal", "uniform") or len(numbers) != 2:
        return
    first, second = numbers
    given = number(second)
    if first == 0.0 and name == "normal":
        raise InputError(
            "init",
            spec,
            "clear",
            f"for a standard deviation of {given} write normal(std={given}), for σw = 0 and "
            f"σb = {given} normal(sigma_w=0, sigma_b={given})",
        )
    if first <= 0.0 and name == "uniform":
        bound = number(max(abs(first), abs(second)))
        raise InputError(
            "init",
            spec,
            "clear",
            f"for weights from -{bound} to {bound} write uniform(bound={bound}), for σw and σb "
            "uniform(sigma_w=…, sigma_b=…)",
        )


def recommended_kaiming(activation: str | Activation) -> str:
    """The `kaiming_normal` whose gain PyTorch recommends for an activation, bare if for none."""
    f = as_activation(activation)
    if f.name in ("leaky_relu", "prelu", "rrelu"):
        a = -f(-1.0)
        return format_spec("kaiming_normal", {"a": a} if abs(a) <= LARGEST else {})
    name = "linear" if f.name == "identity" else f.name
    if name in NONLINEARITIES and calculate_gain(name) != ROOT_2:
        return format_spec("kaiming_normal", {"nonlinearity": name})
    return "kaiming_normal"


class Sigmas(NamedTuple):
    """What mean-field theory needs to know of a recipe.

    Attributes:
        sigma_w2: σ_w² = n_in·Var(W_ij); g² of orthogonal matrices that are square or wide.
        sigma_b2: σ_b², the variance of a bias.
        weights: "normal", "truncated", "uniform" or "orthogonal".
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
    """The variances that a recipe gives to a layer with `width` units on both sides, not the first.

    Args:
        scheme: a recipe or its text form.
        activation: the activation, from which σ_w² of `critical` follows.
        width: n, a whole number from 1 to 4,096.
        critical: what gives σ_w² for the recipe of that name, from an activation and σ_b².

    Raises:
        InputError: an unknown recipe, or a width out of range.
    """
    n = checked_width(width)
    fans = Fans(n, n)
    draw = initialisation(scheme).draw(fans, activation, critical)
    return Sigmas(draw.sigma_w2(fans), draw.bias_scale**2, draw.weights)


class LayerSigmas(NamedTuple):
    """The same of every layer 1 … L, arrays [L]."""

    sigma_w2: Array
    sigma_b2: Array
    weights: str

    @property
    def typical(self) -> Sigmas:
        """One number each: where layers differ, the geometric mean of σ_w², the mean of σ_b²."""
        w, b = float(self.sigma_w2[-1]), float(self.sigma_b2[-1])
        if not self.alike:
            w = float(np.exp(np.mean(np.log(self.sigma_w2)))) if self.sigma_w2.all() else 0.0
            b = float(np.mean(self.sigma_b2))
        return Sigmas(w, b, self.weights)

    def gains(self, widths: Sequence[int]) -> Array:
        """The gain of every layer with which orthogonal matrices have this σ_w, [L]."""
        n = np.array(widths, float)
        gains: Array = np.sqrt(self.sigma_w2 * np.maximum(n[1:] / n[:-1], 1.0))
        return gains

    @property
    def for_theory(self) -> tuple[float | Array, float | Array]:
        """σ_w² and σ_b²: one number each where layers are alike, else of every layer."""
        if self.alike:
            return self.typical.sigma_w2, self.typical.sigma_b2
        return self.sigma_w2, self.sigma_b2

    @property
    def alike(self) -> bool:
        """Whether every layer has the same."""
        return one_for_all(self.sigma_w2) and one_for_all(self.sigma_b2)


def one_for_all(of_layers: Array) -> bool:
    """Whether it is one number, to rounding."""
    return bool(np.allclose(of_layers, of_layers[-1], rtol=1e-12, atol=0.0))


def sigmas_by_layer(
    scheme: str | Initialisation,
    activation: str | Activation,
    widths: Sequence[int],
    *,
    critical: Critical = critical_sigma_w2,
) -> LayerSigmas:
    """The variances that a recipe gives to every layer of a network of these widths n_0 … n_L.

    With σ_w² = n_{l-1}·Var(W_l), E‖g_{l-1}‖² = σ_w² E[f′²] E‖g_l‖² for any widths, and the mean
    square of a pre-activation is σ_w² times that of the units below, plus σ_b².
    """
    recipe = initialisation(scheme)
    values = recipe.parameters(activation, critical)
    for _, width in dict.fromkeys((type(width), width) for width in widths):
        checked_width(width)
    (below, above), *others = itertools.pairwise(widths)
    # Few kinds make many layers: each of them is asked once.
    every = Fans(below, above, True), *(Fans(*kind) for kind in dict.fromkeys(others))
    draws = [recipe.scheme.draw(fans, values) for fans in every]
    of_first, *of_kinds = (
        (draw.sigma_w2(fans), draw.bias_scale**2) for fans, draw in zip(every, draws, strict=True)
    )
    known = dict(zip(dict.fromkeys(others), of_kinds, strict=True))
    sigma_w2, sigma_b2 = np.array([of_first, *(known[kind] for kind in others)]).T
    most = LARGEST**2  # a rounding beyond it is none
    sigma_w2 = np.where(sigma_w2 <= most * (1.0 + 1e-12), np.minimum(sigma_w2, most), sigma_w2)
    return LayerSigmas(sigma_w2, sigma_b2, draws[-1].weights)


def checked_width(width: int, field: str = "width") -> int:
    """A width that a layer can have; `field` is what to blame."""
    whole = isinstance(width, int | np.integer) and not isinstance(width, bool)
    if not whole or not 1 <= width <= MAX_WIDTH:
        raise InputError(field, width, f"a whole number from 1 to {MAX_WIDTH:,}", "try 64")
    return int(width)
