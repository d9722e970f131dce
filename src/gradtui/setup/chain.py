"""The knobs of a chain: one unit a layer, with a weight, a bias and what the loss sends back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gradtui.errors import InputError
from gradtui.mathematics.layer_values import LayerValues
from gradtui.mathematics.spec import (
    begins_with_a_name,
    format_spec,
    number,
    parse_number,
    parse_spec,
)
from gradtui.setup.family import Family
from gradtui.setup.knob import Knob, declared, layer_values, tidy, whole
from gradtui.setup.shared import Shared


@dataclass(frozen=True)
class Loss:
    """Where the backward pass begins: a given ∂L/∂a_L, or a squared error ½(a_L - target)²."""

    upstream: float = 1.0
    target: float | None = None

    @property
    def text(self) -> str:
        """The text form, which the knob reads back."""
        if self.target is None:
            return number(self.upstream)
        return format_spec("squared_error", {"target": self.target})

    def changed(self, change: Callable[[float], float]) -> Loss:
        """The same kind of loss with another number.

        Raises:
            OverflowError: float64 does not hold it.
        """
        value = tidy(change(self.upstream if self.target is None else self.target))
        if not math.isfinite(value):
            raise OverflowError
        return Loss(upstream=value) if self.target is None else Loss(target=value)


_FORMS = "a number (∂L/∂a of the last layer) or squared_error(target=0), which is ½(a_L - target)²"


def _loss(name: str, letter: str, help: str) -> Knob:
    def parse(text: str) -> Loss:
        if not begins_with_a_name(text):
            return Loss(upstream=parse_number(name, text))
        spec = parse_spec(name, text, "squared_error(target=0)")
        if spec.name == "squared_error":
            return Loss(target=spec.bind(name, ("target",)).get("target", 0.0))
        if spec.name == "upstream":
            return Loss(upstream=spec.bind(name, ("gradient",)).get("gradient", 1.0))
        raise InputError(name, text, _FORMS, "try squared_error(target=0)")

    return Knob(
        name,
        letter,
        help,
        _FORMS,
        parse,
        lambda value: value.text,
        lambda value, n: value.changed(lambda number: number + 0.1 * n),
        lambda value, n: value.changed(lambda number: number * 2.0**n),
    )


@dataclass(frozen=True)
class Chain(Family):
    """What a chain depends on beside what every model does."""

    weights: LayerValues = layer_values(1.0, "w", "the weight w of each layer")
    biases: LayerValues = layer_values(0.0, "b", "the bias b of each layer")
    loss: Loss = declared(Loss(), "g", "what the loss sends back", _loss)
    samples: int = whole(200, "m", "how many random chains the spread is measured on", 1, 100_000)

    def check(self, shared: Shared) -> None:
        """Raise an `InputError` for a list of weights or biases whose length is not the depth."""
        for name, values in (("weights", self.weights.values), ("biases", self.biases.values)):
            if len(values) > 1 and len(values) != shared.depth:
                raise InputError(
                    name,
                    f"{len(values)} values",
                    f"one number, or one for each of the {shared.depth} layers",
                    f"try {{depth={len(values)}}}, or give {{{name}}} one number",
                )
