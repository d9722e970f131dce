"""One number a layer: a constant, a list, or drawn from a seeded normal distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.spec import (
    begins_with_a_name,
    check_items,
    format_spec,
    number,
    parse_number,
    parse_spec,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"

FORMS = "a number, a list like 0.5,1,2 or normal(std=1)"


@dataclass(frozen=True)
class LayerValues:
    """What each layer's weight (or bias) is.

    Exactly one of `values` (one number for all layers, or one a layer) and `std` (drawn from
    N(0, std²)) is in force: `std` where it is not None.
    """

    values: tuple[float, ...] = ()
    std: float | None = None

    @property
    def random(self) -> bool:
        """Whether the values depend on the seed."""
        return self.std is not None

    @property
    def text(self) -> str:
        """The text form, which `parse_layer_values` reads back."""
        if self.std is not None:
            return format_spec("normal", {"std": self.std})
        return ",".join(map(number, self.values))

    @property
    def largest(self) -> float:
        """The largest magnitude in force: of a value, or the std of the distribution."""
        return self.std if self.std is not None else max(map(abs, self.values), default=0.0)

    @property
    def root_mean_square(self) -> float:
        """The typical size of a value: the std of the distribution, or the list's own."""
        if self.std is not None:
            return self.std
        return math.hypot(*self.values) / math.sqrt(len(self.values))

    def draw(self, field: str, depth: int, rng: np.random.Generator) -> Array:
        """The values of layers 1 … depth."""
        if self.std is not None:
            return rng.normal(0.0, self.std, depth)
        if len(self.values) not in (1, depth):
            raise InputError(
                field,
                f"{len(self.values)} of them",
                f"one number, or one for each of the {depth} layers",
                f"give one number, or try {{depth={len(self.values)}}}",
            )
        return np.broadcast_to(np.array(self.values), (depth,)).copy()


def parse_layer_values(field: str, text: str) -> LayerValues:
    """Read a number, a comma-separated list, or `normal(std=…)`."""
    text = text.strip()
    if begins_with_a_name(text):
        spec = parse_spec(field, text, "normal(std=1)")
        if spec.name != "normal":
            raise InputError(field, text, FORMS, "try normal(std=1)")
        if len(spec.positional) == 2 and not spec.named:  # a mean, and a standard deviation
            allowed = "of mean 0 with its standard deviation alone"
            step = f"write it like {format_spec('normal', {'std': spec.positional[1]})}"
            raise InputError(field, text, allowed, step)
        std = spec.bind(field, ("std",)).get("std", 1.0)
        if std < 0:
            raise InputError(f"{{{field}}} std", std, "a number from 0 up", "try normal(std=1)")
        return LayerValues(std=std + 0.0)  # turns -0.0 into 0.0
    check_items(field, text)
    try:
        return LayerValues(tuple(parse_number(field, part) for part in text.split(",")))
    except InputError as error:
        raise InputError(field, text, f"{FORMS}, every number finite", "try 1") from error
