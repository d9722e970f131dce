"""The record of one activation: its formulas as declared, its facts as derived from them.

Symbols: z the pre-activation, f the activation, f′ = ∂f/∂z its derivative; in code df and log_df
stand for f′ and ln|f′|.
"""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, overload

import numpy as np

from gradtui.errors import InputError, nearest
from gradtui.mathematics.activations.facts import Piece, grid, limit, pieces
from gradtui.mathematics.elementwise import Array, Elementwise, Formula
from gradtui.mathematics.spec import format_spec, number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


SMALLEST_PARAMETER, LARGEST_PARAMETER = 1e-100, 1e100
"""Between these is what must be above 0, so that products of a few of them are still numbers."""


@dataclass(frozen=True)
class Parameter:
    """One number that shapes an activation: its default and the range it may take."""

    name: str
    default: float
    least: float = -LARGEST_PARAMETER
    most: float = LARGEST_PARAMETER

    @property
    def allowed(self) -> str:
        """The range in words."""
        return f"a number from {number(self.least)} to {number(self.most)}"

    def checked(self, owner: str, value: object) -> float:
        """`value` as a float, or an error that says what `owner` allows."""
        try:
            x = float(value) if isinstance(value, Real) else math.nan
        except OverflowError:
            x = math.inf
        if not self.least <= x <= self.most:
            raise InputError(
                f"{owner} {self.name}",
                value,
                self.allowed,
                f"try {owner}({self.name}={number(self.default)})",
            )
        return x + 0.0  # turns -0.0 into 0.0


@dataclass(frozen=True)
class Definition:
    """What is declared of an activation with its parameters bound; the rest is derived.

    Attributes:
        formula: f in one line of text.
        derivative_formula: f′ in one line of text.
        f: f(z) for finite z, cheap also for one number.
        df: f′(z) for finite z.
        ends: the limits of f as z → -∞ and z → ∞, NaN where there is none.
        slopes: the limits of f′ as z → -∞ and z → ∞, NaN where there is none.
        log_df: ln|f′(z)|, declared where f′ may underflow.
        log_f: ln|f(z)|, declared where f may underflow, but for a zero at z = 0.
        breaks: every z at which f is not analytic, in order.
        rounding: what a jump at a break may be and still be none, where breaks are not exact.
        kinks_like: whose convention is taken at kinks.
    """

    formula: str
    derivative_formula: str
    f: Formula
    df: Formula
    ends: tuple[float, float]
    slopes: tuple[float, float]
    log_df: Formula | None = None
    log_f: Formula | None = None
    breaks: tuple[float, ...] = ()
    rounding: float = 0.0
    kinks_like: str = "PyTorch"


@dataclass(frozen=True)
class Family:
    """An activation with its parameters still free.

    Attributes:
        name: as it is called here, after PyTorch or JAX.
        source: authors, title or venue, year.
        parameters: in the order in which a spec may give them without names.
        also_called: other names of the very same.
        meant_by: names that may mean it, to suggest it.
        define: from the values of the parameters to the definition.
    """

    name: str
    source: str
    parameters: tuple[Parameter, ...]
    also_called: tuple[str, ...]
    meant_by: tuple[str, ...]
    define: Callable[..., Definition]

    def bound(self, values: Mapping[str, object]) -> Activation:
        """The activation with `values` in force, and the default where a value is missing."""
        known = tuple(parameter.name for parameter in self.parameters)
        for name in values:
            if name not in known:
                raise InputError(
                    f"{self.name} parameter",
                    name,
                    f"a parameter of {self.name}",
                    f"it takes: {', '.join(nearest(name, known) or known) or 'none'}",
                )
        checked = {
            p.name: p.checked(self.name, values.get(p.name, p.default)) for p in self.parameters
        }
        if any(checked[p.name] != p.default for p in self.parameters):
            self.define(**checked)  # it may refuse values that do not go together
        return Activation(self.spec_of(checked), MappingProxyType(checked), self)

    def spec_of(self, checked: Mapping[str, float]) -> str:
        """The text form with these values of all parameters: those that differ are in it."""
        known = tuple(p.name for p in self.parameters)
        changed = {p.name: checked[p.name] for p in self.parameters if checked[p.name] != p.default}
        return format_spec(self.name, changed, known)

    def restoring(
        self, values: Mapping[str, float]
    ) -> tuple[Callable[..., Activation], tuple[object, ...]]:
        """How to make the activation of these values again, in another process."""
        return _restored, (self.define.__module__, self.name, dict(values))


def family(
    source: str,
    *parameters: Parameter,
    also_called: tuple[str, ...] = (),
    meant_by: tuple[str, ...] = (),
) -> Callable[[Callable[..., Definition]], Family]:
    """Make a function from parameters to a `Definition` the family of the function's name."""

    def declare(define: Callable[..., Definition]) -> Family:
        return Family(define.__name__, source, parameters, also_called, meant_by, define)

    return declare


@dataclass(frozen=True)
class Kink:
    """A point where f jumps or where its one-sided derivatives differ.

    Attributes:
        at: the point z.
        derivative: the value taken for f′ there.
        left: the limit of f′ from below.
        right: the limit of f′ from above.
        jump: f just above the point less f just below it.
    """

    at: float
    derivative: float
    left: float
    right: float
    jump: float


@dataclass(frozen=True)
class Activation:
    """One activation with its parameters in force; two with the same `spec` are equal."""

    spec: str
    parameters: Mapping[str, float] = field(compare=False)
    family: Family = field(compare=False, repr=False)

    def __reduce__(self) -> tuple[Callable[..., Activation], tuple[object, ...]]:
        # The formulas are closures: what travels to another process is how to make them again.
        return self.family.restoring(self.parameters)

    @property
    def name(self) -> str:
        """The name without parameters."""
        return self.family.name

    @property
    def source(self) -> str:
        """Where it comes from: authors, title or venue, year."""
        return self.family.source

    @cached_property
    def definition(self) -> Definition:
        """What was declared of it; made when it is first asked for, since that takes numpy."""
        return self.family.define(**self.parameters)

    @property
    def formula(self) -> str:
        """The formula of f in one line of text."""
        return self.definition.formula

    @property
    def derivative_formula(self) -> str:
        """The formula of f′ in one line of text."""
        return self.definition.derivative_formula

    @property
    def function(self) -> Formula:
        """The bare f for hot loops: finite numbers or arrays, warnings left to the caller."""
        return self.definition.f

    @overload
    def __call__(self, z: float) -> float: ...
    @overload
    def __call__(self, z: ArrayLike) -> Array: ...
    def __call__(self, z: ArrayLike) -> float | Array:
        """f(z), float64 of the shape of `z`; a float for a number."""
        return self._f(z)

    @cached_property
    def _f(self) -> Elementwise:
        return Elementwise(self.definition.f, self.definition.ends)

    @cached_property
    def derivative(self) -> Elementwise:
        """`derivative(z)` is f′(z), float64 of the shape of `z`; a float for a number."""
        return Elementwise(self.definition.df, self.definition.slopes)

    @cached_property
    def log_abs_derivative(self) -> Elementwise:
        """`log_abs_derivative(z)` is ln|f′(z)|: -∞ where f′ is zero, not where it underflows."""
        return _log_abs(self.definition.log_df or _logarithm(self.definition.df), self.derivative)

    @cached_property
    def log_abs(self) -> Elementwise:
        """`log_abs(z)` is ln|f(z)|, also where f underflows."""
        return _log_abs(self.definition.log_f or self._log_f, self._f)

    def _log_f(self, z: Array) -> Array:
        """The logarithm of |f|: that of |z f′| where f is z f′ but for digits lost to underflow."""
        f, line = self.definition.f(z), z * self.definition.df(z)
        lost = (abs(f) < _SMALLEST_NORMAL) & (abs(f - line) <= 2.0 * _SMALLEST)
        along = np.log(abs(z)) + self.log_abs_derivative.formula(z)
        values: Array = np.where(lost, along, np.log(abs(f)))
        return values

    @property
    def breaks(self) -> tuple[float, ...]:
        """Every z at which f is not analytic: the kinks, and the smoother joins such as ELU's."""
        return self.definition.breaks

    @cached_property
    def kinks(self) -> tuple[Kink, ...]:
        """The breaks at which f jumps or its one-sided derivatives differ."""
        kinks = []
        for at in self.breaks:
            least = self.definition.rounding
            below, above = (limit(self._f, at, side, least) for side in (-1, 1))
            jump = above - below
            left, right = (limit(self.derivative, at, side, least) for side in (-1, 1))
            derivative = self.derivative(at)
            slopes, least = (left, derivative, right), 100.0 * least
            jump = jump if abs(jump) > least * max(1.0, abs(at), abs(above)) else 0.0
            if jump or max(slopes) - min(slopes) > least * max(1.0, *map(abs, slopes)):
                kinks.append(Kink(at, derivative, left, right, jump))
        return tuple(kinks)

    @cached_property
    def kink_convention(self) -> str:
        """The value taken for f′ at each kink, and where f jumps, in words."""
        if not self.kinks:
            return "no kinks: f′ is continuous"
        values = ", ".join(f"f′({short(k.at)}) = {short(k.derivative)}" for k in self.kinks)
        jumps = ", ".join(f"by {short(k.jump)} at {short(k.at)}" for k in self.kinks if k.jump)
        like = self.definition.kinks_like
        return f"{values}, as in {like}" + (f"; f jumps {jumps}" if jumps else "")

    @property
    def max_abs_derivative(self) -> float:
        """The supremum of |f′|."""
        return self._steepest[0]

    @property
    def max_abs_derivative_at(self) -> float:
        """Where |f′| is largest, nearest to 0 and positive if in doubt; ±∞ if only in the limit.

        At an end of an open interval or at a jump of f′, the supremum is the limit there.
        """
        return self._steepest[1]

    @property
    def least_abs_derivative(self) -> float:
        """The infimum of |f′|."""
        return min(piece.flattest() for piece in self._pieces)

    @cached_property
    def zero_slopes(self) -> tuple[float, ...]:
        """Every z at which f′ is 0 though not around it, in order; of endlessly many, some."""
        points = {z for piece in self._pieces for z in piece.zeros()}
        points |= {z for z in self.breaks if self.log_abs_derivative(z) == -math.inf}
        return self._told_apart(sorted(points))

    def _told_apart(self, points: list[float]) -> tuple[float, ...]:
        """Of zeros between which a formula's slope is lost in its rounding, the middle one."""
        least, groups = self.definition.rounding, list[list[float]]()
        for z in points:
            between = np.linspace(groups[-1][-1] if groups else z, z, 7)
            if least and groups and np.abs(self.derivative(between)).max() <= least:
                groups[-1].append(z)
            else:
                groups.append([z])
        return tuple(group[len(group) // 2] for group in groups)

    @cached_property
    def monotone(self) -> bool:
        """Whether f never both rises and falls."""
        signs = {sign for piece in self._pieces for sign in piece.signs}
        # Softplus falls by e^-threshold where it turns into a line: shorthand, not shape.
        signs |= {math.copysign(1.0, k.jump) for k in self.kinks if abs(k.jump) > 1e-6}
        return len(signs) < 2

    @cached_property
    def zero_centred(self) -> bool:
        """Whether f is odd, so that its mean over a symmetric input is 0."""
        z = np.concatenate([grid(), np.array(self.breaks), -np.array(self.breaks)])
        with np.errstate(all="ignore"):
            allowed = self.definition.rounding
            return bool(np.allclose(self(-z), -self(z), rtol=max(1e-13, allowed), atol=allowed))

    @property
    def saturates(self) -> str:
        """Where f′ → 0 as z → ±∞: "left", "right", "both sides" or "nowhere"."""
        left, right = (slope == 0.0 for slope in self.definition.slopes)
        if left and right:
            return "both sides"
        return "left" if left else "right" if right else "nowhere"

    @property
    def range(self) -> tuple[float, float]:
        """The infimum and the supremum of f: the smallest interval with every value in it."""
        (low, _), (high, _) = self._extremes
        return low, high

    @property
    def range_text(self) -> str:
        """The range as an interval, closed where the end is attained."""
        (low, low_attained), (high, high_attained) = self._extremes
        opening, closing = "[" if low_attained else "(", "]" if high_attained else ")"
        return f"{opening}{short(low)}, {short(high)}{closing}"

    @cached_property
    def _pieces(self) -> tuple[Piece, ...]:
        rounding = self.definition.rounding
        return pieces(self._f, self.derivative, self.log_abs_derivative, self.breaks, rounding)

    def _tidy(self, value: float) -> float:
        """A short decimal, where the formula rounds and it is one but for that."""
        near = round(value, 12) if math.isfinite(value) else value
        return near if abs(value - near) <= 1e-3 * self.definition.rounding else value

    @cached_property
    def _steepest(self) -> tuple[float, float]:
        candidates = [candidate for piece in self._pieces for candidate in piece.steepest()]
        top = self._tidy(max(value for value, _ in candidates))
        # Two maxima that differ by rounding are one maximum at two places.
        least = max(1e-13, 100.0 * self.definition.rounding)
        places = [at for value, at in candidates if value >= top * (1.0 - least)]
        return top, min(places, key=lambda at: (float(f"{abs(at):.7g}"), -at)) + 0.0

    @cached_property
    def _extremes(self) -> tuple[tuple[float, bool], tuple[float, bool]]:
        """The infimum and the supremum of f, each with whether it is attained."""
        extremes = [(self._tidy(v), at) for piece in self._pieces for v, at in piece.extremes()]
        low, high = min(value for value, _ in extremes), max(value for value, _ in extremes)
        return (low + 0.0, (low, True) in extremes), (high + 0.0, (high, True) in extremes)


def short(value: float) -> str:
    """`value` in four digits, with ∞ and π/2 by name."""
    if abs(value) in _NAMED:
        return ("-" if value < 0.0 else "") + _NAMED[abs(value)]
    return number(float(f"{value:.4g}") + 0.0)


_NAMED = {math.inf: "∞", math.pi / 2: "π/2"}
_SMALLEST_NORMAL = sys.float_info.min
_SMALLEST = math.ulp(0.0)


def _log_abs(formula: Formula, function: Elementwise) -> Elementwise:
    """The logarithm of |function|: `formula`, and the logarithms of the limits."""
    left, right = (math.log(abs(end)) if end else -math.inf for end in function.ends)
    return Elementwise(formula, (left, right))


def _logarithm(formula: Formula) -> Formula:
    return lambda z: np.log(np.abs(formula(z)))


def _restored(module: str, name: str, parameters: dict[str, float]) -> Activation:
    """The activation of that name in the table `module`: what a pickled one is made from."""
    restored: Activation = getattr(importlib.import_module(module), name).bound(parameters)
    return restored
