"""What the parameters of a recipe may be: sizes, words, and those that count only if given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

from gradtui.errors import InputError, nearest
from gradtui.mathematics.activations.record import Parameter
from gradtui.mathematics.spec import number

SMALLEST = 1e-50
"""The least size but 0: theory takes a variance below its square for 0."""

LARGEST = 1e10
"""The largest σ_w and σ_b: theory takes variances up to 1e20."""


@dataclass(frozen=True)
class Size(Parameter):
    """A standard deviation, a gain, a bound or a variance: 0, or far from the ends of float64.

    Attributes:
        least: the least that it may be beside 0.
        optional: in force only if it is given; `default` is then but an example.
        only_zero: whether it can be nothing but 0, as a mean.
        also_called: other names that people give it.
    """

    least: float = SMALLEST
    most: float = LARGEST
    optional: bool = False
    only_zero: bool = False
    also_called: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The range in words."""
        if self.only_zero:
            return "0, the only mean that weights are drawn with here"
        return f"0 or a number from {number(self.least)} to {number(self.most)}"

    def checked(self, owner: str, value: object) -> float:
        """`value` as a float, or an error that says what `owner` allows."""
        x = _real(value)
        if x == 0.0 or (self.least <= x <= self.most and not self.only_zero):
            return x + 0.0  # turns -0.0 into 0.0
        example = f"try {owner}({self.name}={number(self.default)})"
        raise InputError(f"{owner} {self.name}", value, self.allowed, example)


@dataclass(frozen=True)
class Word:
    """A parameter that is one of some words."""

    name: str
    default: str
    words: tuple[str, ...]
    what: str = ""

    @property
    def allowed(self) -> str:
        """The words."""
        return f"{', '.join(self.words[:-1])} or {self.words[-1]}{self.what}"

    def checked(self, owner: str, value: object) -> str:
        """`value` as one of the words, or an error that lists them."""
        word = value.lower() if isinstance(value, str) else ""
        if word in self.words:
            return word
        near = nearest(word, self.words, 1)
        example = f"try {owner}({self.name}={near[0] if near else self.words[0]})"
        raise InputError(f"{owner} {self.name}", value, self.allowed, example)


def _real(value: object) -> float:
    """A real number as a float; NaN for anything else."""
    try:
        return float(value) if isinstance(value, Real) else math.nan
    except OverflowError:
        return math.inf
