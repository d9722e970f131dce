"""Every choice the user has made, as one frozen value, and the knobs that change it.

A knob is declared once, in `KNOBS`, and is from there a flag of the command line, a control of
the app, a validation and a line of help.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import MAX_DEPTH
from gradtui.mathematics.layer_values import FORMS, LayerValues, parse_layer_values
from gradtui.mathematics.spec import format_spec, number, parse_number, parse_spec
from gradtui.plots.picture import CURVES
from gradtui.views.wording import plain

MAX_WEIGHT = 1e100
"""The largest weight or bias; a unit's z is then far from the end of float64."""


@dataclass(frozen=True)
class Loss:
    """Where the backward pass begins: a given ∂L/∂a_L, or a squared error ½(a_L - target)²."""

    upstream: float = 1.0
    target: float | None = None

    @property
    def text(self) -> str:
        """The text form, which the knob reads back."""
        if self.target is None:
            return format_spec("upstream", {"gradient": self.upstream})
        return format_spec("squared_error", {"target": self.target})


@dataclass(frozen=True)
class Setup:
    """The state of every knob. Two equal setups give the same numbers and the same picture."""

    activations: tuple[str, ...] = ("sigmoid",)
    focus: str = ""
    depth: int = 3
    weights: LayerValues = LayerValues((1.0,))
    biases: LayerValues = LayerValues((0.0,))
    x: float = 1.0
    loss: Loss = Loss()
    seed: int = 0
    samples: int = 200
    threshold: float = 1e-3
    z_range: tuple[float, float] = (-6.0, 6.0)
    z: float = 1.0
    layer: int = 1

    @property
    def focused(self) -> str:
        """The activation that the verdict speaks of: the chosen one, or the first."""
        return self.focus if self.focus in self.activations else self.activations[0]

    def with_(self, **changes: object) -> Setup:
        """A copy with those knobs changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def chain_only(self) -> Setup:
        """This setup with every knob that no chain depends on at its default."""
        default = Setup()
        return self.with_(
            activations=default.activations,
            focus="",
            samples=default.samples,
            z_range=default.z_range,
            z=default.z,
            layer=1,
        )

    def checked(self) -> Setup:
        """This setup, or an error where its knobs contradict one another.

        Raises:
            InputError: a list of weights or biases whose length is not the depth; a focus
                that is not among the activations; a cursor outside what it walks over.
        """
        low, high = self.z_range
        for name, value, allowed, holds, next_step in (
            ("focus", self.focus, f"one of {', '.join(self.activations)}",
             self.focus in ("", *self.activations), "choose one of them"),
            ("layer", self.layer, f"a layer from 1 to {self.depth}", self.layer <= self.depth,
             "choose a layer that is there"),
            ("z", self.z, f"inside the range {low:g} to {high:g}", low <= self.z <= high,
             "move it, or widen z_range"),
        ):  # fmt: skip
            if not holds:
                raise InputError(name, value, allowed, next_step)
        for name in ("weights", "biases"):
            count = len(getattr(self, name).values)
            if count > 1 and count != self.depth:
                raise InputError(
                    name,
                    f"{count} values",
                    f"one number, or one for each of the {self.depth} layers",
                    f"set depth to {count}, or give {name} one number",
                )
        return self

    def clamped(self) -> Setup:
        """This setup with its two cursors inside what they walk over."""
        low, high = self.z_range
        return self.with_(layer=min(max(self.layer, 1), self.depth), z=min(max(self.z, low), high))


@dataclass(frozen=True)
class Knob:
    """One choice: how it is named, read, written, checked and stepped.

    `step(value, n)` goes n steps up or down; `scale(value, n)` goes n times by the knob's factor.
    Both stay inside the allowed range.
    """

    name: str
    letter: str
    help: str
    allowed: str
    parse: Callable[[str], Any]
    format: Callable[[Any], str]
    step: Callable[[Any, int], Any]
    scale: Callable[[Any, int], Any]

    @property
    def flag(self) -> str:
        """The option on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def label(self) -> str:
        """The name in the app."""
        return self.name.replace("_", " ")

    def text(self, setup: Setup) -> str:
        """The knob's value in `setup`, as its flag takes it."""
        return self.format(getattr(setup, self.name))


def _whole(name: str, letter: str, help_: str, low: int, high: int) -> Knob:
    allowed = f"a whole number from {low:,} to {high:,}"

    def parse(text: str) -> int:
        try:
            value = float(text.replace(",", "").replace("_", ""))
            whole = int(value) if value == int(value) else None
        except (ValueError, OverflowError):
            whole = None
        if whole is None or not low <= whole <= high:
            raise InputError(name, text, allowed, f"try {max(low, min(high, 50))}")
        return whole

    def clamp(value: float) -> int:
        return int(min(max(value, low), high))

    def scale(value: int, n: int) -> int:
        return clamp(max(value, 1) * 2**n if n >= 0 else value // 2**-n)

    return Knob(name, letter, help_, allowed, parse, str, lambda v, n: clamp(v + n), scale)


def _real(
    name: str, letter: str, help_: str, low: float, high: float, step: float, factor: float = 2.0
) -> Knob:
    allowed = f"a number from {number(low)} to {number(high)}"

    def parse(text: str) -> float:
        value = parse_number(name, text)
        if not low <= value <= high:
            raise InputError(name, text, allowed, f"try {number(min(max(1.0, low), high))}")
        return value

    def clamp(value: float) -> float:
        return min(max(_tidy(value), low), high)

    return Knob(
        name,
        letter,
        help_,
        allowed,
        parse,
        number,
        lambda value, n: clamp(value + n * step),
        lambda value, n: clamp(value * factor**n),
    )


def _layer_values(name: str, letter: str, help_: str) -> Knob:
    def each(value: LayerValues, change: Callable[[float], float]) -> LayerValues:
        def changed(one: float) -> float:
            return min(max(_tidy(change(one)), -MAX_WEIGHT), MAX_WEIGHT)

        if value.std is not None:
            return LayerValues(std=max(changed(value.std), 0.0))
        return LayerValues(tuple(changed(one) for one in value.values))

    def parse(text: str) -> LayerValues:
        value = parse_layer_values(name, text)
        if value.largest > MAX_WEIGHT:
            raise InputError(
                name, text, f"of at most {plain(MAX_WEIGHT)} in size", "try a smaller number"
            )
        return value

    return Knob(
        name,
        letter,
        help_,
        FORMS,
        parse,
        lambda value: value.text,
        lambda value, n: each(value, lambda one: one + 0.1 * n),
        lambda value, n: each(value, lambda one: one * 2.0**n),
    )


def _tidy(value: float) -> float:
    """Twelve significant digits: 0.1 + 0.2 is 0.3 to the user."""
    return float(f"{value:.12g}")


def _parse_activations(text: str) -> tuple[str, ...]:
    """One or several text forms, separated by commas or blanks outside parentheses."""
    names: list[str] = []
    depth, word = 0, ""
    for character in text + ",":
        depth += (character == "(") - (character == ")")
        if depth <= 0 and (character == "," or character.isspace()):
            if word:
                names.append(activation(word).spec)
            word = ""
        else:
            word += character
    if word:  # a parenthesis was left open: the name's own error says so
        names.append(activation(word.removesuffix(",")).spec)
    unique = tuple(dict.fromkeys(names))
    if not 1 <= len(unique) <= CURVES:
        raise InputError(
            "activations", text, f"1 to {CURVES} activations", "choose which to compare"
        )
    return unique


def _parse_loss(text: str) -> Loss:
    if not text.strip()[:1].isalpha() or text.strip().lower() in ("nan", "inf", "infinity"):
        return Loss(upstream=parse_number("loss", text))
    spec = parse_spec("loss", text)
    if spec.name == "squared_error":
        return Loss(target=spec.bind("loss", ("target",)).get("target", 0.0))
    if spec.name == "upstream":
        return Loss(upstream=spec.bind("loss", ("gradient",)).get("gradient", 1.0))
    raise InputError("loss", text, _LOSS_FORMS, "try squared_error(target=0)")


_LOSS_FORMS = "a number (∂L/∂a of the last layer) or squared_error(target=0)"


def _change_loss(change: Callable[[float], float]) -> Callable[[Loss], Loss]:
    def changed(loss: Loss) -> Loss:
        if loss.target is None:
            return Loss(upstream=_tidy(change(loss.upstream)))
        return Loss(target=_tidy(change(loss.target)))

    return changed


def _parse_range(text: str) -> tuple[float, float]:
    low, colon, high = text.partition(":")
    if not colon:
        raise InputError("z_range", text, _RANGE_FORM, "try -6:6")
    limits = parse_number("z_range", low), parse_number("z_range", high)
    largest = max(map(abs, limits))
    width = limits[1] - limits[0]
    if width <= 0 or width < _NARROWEST * largest or largest > _FARTHEST:
        raise InputError("z_range", text, _RANGE_FORM, "try -6:6")
    return limits


_FARTHEST, _NARROWEST = 1e6, 1e-9
_RANGE_FORM = "low:high with low < high (by a billionth of them), both within ±1e6"


def _range_moved(limits: tuple[float, float], by: float) -> tuple[float, float]:
    by = min(max(by, -_FARTHEST - limits[0]), _FARTHEST - limits[1])
    return _tidy(limits[0] + by), _tidy(limits[1] + by)


def _range_scaled(limits: tuple[float, float], factor: float) -> tuple[float, float]:
    centre, half = (limits[0] + limits[1]) / 2, (limits[1] - limits[0]) / 2
    half = min(max(half * factor, 1e-3, _NARROWEST * abs(centre)), _FARTHEST - abs(centre))
    return _tidy(centre - half), _tidy(centre + half)


_KNOBS = (
    Knob(
        "activations",
        "a",
        "the activation functions to look at or compare",
        f"1 to {CURVES} activations such as sigmoid tanh 'leaky_relu(0.2)'",
        _parse_activations,
        ", ".join,
        lambda value, n: value,
        lambda value, n: value,
    ),
    Knob(
        "focus",
        "o",
        "which activation the verdict, the ceiling and the spread are for (the first)",
        "one of the chosen activations",
        lambda text: activation(text).spec if text else "",
        str,
        lambda value, n: value,
        lambda value, n: value,
    ),
    _whole("depth", "d", "the number of layers L", 1, MAX_DEPTH),
    _layer_values("weights", "w", "the weight w of each layer"),
    _layer_values("biases", "b", "the bias b of each layer"),
    _real("x", "x", "the input x", -1e100, 1e100, 0.1),
    Knob(
        "loss",
        "g",
        "what the loss sends back",
        _LOSS_FORMS,
        _parse_loss,
        lambda value: value.text if value.target is not None else number(value.upstream),
        lambda value, n: _change_loss(lambda one: one + 0.1 * n)(value),
        lambda value, n: _change_loss(lambda one: one * 2.0**n)(value),
    ),
    _whole("seed", "n", "the seed of everything drawn at random", 0, 2**32 - 1),
    _whole("samples", "m", "how many random chains the spread is measured on", 1, 100_000),
    _real("threshold", "h", "the ratio below which a gradient counts as vanished",
          1e-300, 0.999, 1e-3, 10.0),
    Knob(
        "z_range",
        "v",
        "the range of z that is drawn",
        _RANGE_FORM,
        _parse_range,
        lambda value: f"{number(value[0])}:{number(value[1])}",
        lambda value, n: _range_moved(value, n),
        lambda value, n: _range_scaled(value, 2.0**n),
    ),
    _real("z", "z", "where the cursor stands", -1e6, 1e6, 0.1),
    _whole("layer", "l", "the layer at which the cursor stands", 1, MAX_DEPTH),
)  # fmt: skip

KNOBS: Mapping[str, Knob] = {knob.name: knob for knob in _KNOBS}


def log10_threshold(setup: Setup) -> float:
    """log10 of the threshold."""
    return math.log10(setup.threshold)
