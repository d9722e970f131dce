"""What the number formats make of a gradient and of the signal, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.precision import FORMATS, FloatFormat
from gradtui.models.decay import Layers, Value
from gradtui.wording import magnitude

_MOST_SCALED = 30.0
"""log10 of the largest loss scale that can be asked for; the least is its inverse."""
_HUGE = 1e6
"""Decades beyond what any format or loss scale has."""
_EXACT = 1e-6
"""A share of the second digit of a loss scale: what is nearer to a limit counts as that."""


@dataclass(frozen=True, eq=False)
class InFormats:
    """The largest gradient and the largest activation of each layer, as formats see them.

    Attributes:
        layers: those of the gradient that is drawn, rising.
        log10: log10 of that gradient there, before the loss is scaled.
        log10_scale: log10 of the loss scale.
        signal_layers: those of the activations.
        log10_signal: log10 of the activations.
        log10_every: log10 of ∂L/∂a, ∂L/∂z and ∂L/∂w of all layers: a loss scale is on them all.
    """

    layers: Layers
    log10: Array
    log10_scale: float
    signal_layers: Layers
    log10_signal: Array
    log10_every: Array

    @cached_property
    def _scaled(self) -> Array:
        return self.log10 + self.log10_scale

    def zeros(self, format: FloatFormat) -> Layers:
        """The layers whose gradient becomes 0; an exact zero is none of the format's doing."""
        return self.layers[format.underflows(self._scaled) & (self.log10 > -math.inf)]

    def first_zero(self, format: FloatFormat) -> int | None:
        """The first layer on the way back whose gradient becomes 0."""
        at = self.zeros(format)
        return int(at[-1]) if at.size else None

    @property
    def first_exact_zero(self) -> int | None:
        """The first layer on the way back whose gradient is exactly 0 in any format."""
        at = self.layers[self.log10 == -math.inf]
        return int(at[-1]) if at.size else None

    def first_inf(self, format: FloatFormat) -> int | None:
        """The first layer on the way back whose gradient becomes inf."""
        at = np.flatnonzero(format.overflows(self._scaled))
        return int(self.layers[at[-1]]) if at.size else None

    def signal_zeros(self, format: FloatFormat) -> Layers:
        """The layers whose activation becomes 0 and is not exactly that."""
        underflows = format.underflows(self.log10_signal)
        return self.signal_layers[underflows & (self.log10_signal > -math.inf)]

    def first_signal_inf(self, format: FloatFormat) -> int | None:
        """The first layer on the way up whose activation becomes inf."""
        at = np.flatnonzero(format.overflows(self.log10_signal))
        return int(self.signal_layers[at[0]]) if at.size else None

    def scales(self, format: FloatFormat) -> tuple[float, float] | None:
        """log10 of the least and the largest loss scale that lose nothing and overflow nothing.

        Each has two digits, inwards: what is printed holds. None where there is none from 1e-30 to
        1e30, or where activations become 0 or inf, which no loss scale changes.
        """
        if self.first_signal_inf(format) is not None or self.signal_zeros(format).size:
            return None
        low, high = format.log10_scales(self.log10_every)
        least = max(_two_digits(low, up=True), -_MOST_SCALED)
        most = min(_two_digits(high, up=False), _MOST_SCALED)
        return (least, most) if least <= most else None

    def cells(self) -> dict[str, str]:
        """For each format where the gradient ends first on the way back.

        0:39 at layer 39 it becomes 0, ∞:12 at layer 12 inf, =0:7 at layer 7 it is exactly 0.
        """
        return {
            f"{format.short}{' layer' if format is FORMATS[0] else ''}": self._cell(format)
            for format in FORMATS
        }

    def _cell(self, format: FloatFormat) -> str:
        ends = (
            ("0", self.first_zero(format)),
            ("∞", self.first_inf(format)),
            ("=0", self.first_exact_zero),
        )
        found = [(layer, mark) for mark, layer in ends if layer is not None]
        if not found:
            return "-"
        layer, mark = max(found)
        return f"{mark}:{layer}"

    def columns(self, index: int | None, at: int | None) -> Mapping[str, Value]:
        """Columns of a table: what gradient and activation of a layer are in each format.

        Args:
            index: of the layer among those of the gradient; None where it is not one of them.
            at: of the layer among those of the activations.
        """
        row: dict[str, Value] = {}
        for format in FORMATS:
            row[f"gradient_{format.name}"] = (
                None if index is None else format.becomes(float(self._scaled[index]))
            )
        for format in FORMATS:
            row[f"activation_{format.name}"] = (
                None if at is None else format.becomes(float(self.log10_signal[at]))
            )
        return row

    def told(self) -> str:
        """In which formats something is lost or overflows, and which loss scales avoid that."""
        lowest, highest = int(self.layers[0]), int(self.signal_layers[-1])
        found = [
            _where(
                "The activations become inf",
                lambda format: self.signal_layers[format.overflows(self.log10_signal)],
                lambda at: _on_the_way(at, self.signal_layers, highest, "on", "up"),
            ),
            _where(
                "The activations become 0",
                self.signal_zeros,
                lambda at: _on_the_way(at, self._not_exact_signal, highest, "on", "up"),
            ),
            _where(
                "The gradient becomes inf",
                lambda format: self.layers[format.overflows(self._scaled)][::-1],
                lambda at: _on_the_way(at, self.layers[::-1], lowest, "down", "back"),
            ),
            _where(
                "The gradient becomes 0",
                lambda format: self.zeros(format)[::-1],
                lambda at: _on_the_way(at, self._not_exact[::-1], lowest, "down", "back"),
            ),
        ]
        if self.log10[0] > -math.inf:
            found.append(self._loss_scales())
        return " ".join(filter(None, found))

    @property
    def _not_exact(self) -> Layers:
        return self.layers[self.log10 > -math.inf]

    @property
    def _not_exact_signal(self) -> Layers:
        return self.signal_layers[self.log10_signal > -math.inf]

    def _loss_scales(self) -> str:
        every = {format.name: self.scales(format) for format in FORMATS}
        good = [
            f"{name} {_range(*scales)}"
            for name, scales in every.items()
            if scales is not None and scales != (-_MOST_SCALED, _MOST_SCALED)
        ]
        bad = [name for name, scales in every.items() if scales is None]
        said = f"Loss scales that lose and overflow nothing: {', '.join(good)}." if good else ""
        none = f"No loss scale helps {' or '.join(bad)}." if bad else ""
        return " ".join(filter(None, (said, none)))


def _where(what: str, where: Callable[[FloatFormat], Layers], told: Callable[[Layers], str]) -> str:
    """In which formats that happens, and where."""
    layers = {format.name: where(format) for format in FORMATS}
    parts = [f"in {name} {told(at)}" for name, at in layers.items() if at.size]
    return f"{what} {', '.join(parts)}." if parts else ""


def _on_the_way(at: Layers, every: Layers, end: int, on: str, way: str) -> str:
    """These layers in words: from the first of them on, if all that come after it are among them.

    Args:
        at: they, in the order of the way.
        every: all layers in that order.
        end: the last layer of the way.
        on: how what comes after is told: down, or on.
        way: how the way is told: back, or up.
    """
    first = int(at[0])
    rest = every[int(np.flatnonzero(every == at[0])[0]) :]
    if len(rest) > len(at):
        return f"{f'at layer {first}' if first else 'at the input'} first, on the way {way}"
    if first == 0:
        return "at the input" if end == 0 else f"from the input {on}"
    return f"from layer {first} {on}"


def _range(least: float, most: float) -> str:
    """Loss scales from the least to the most, where those are not the ends of what can be asked."""
    if most == _MOST_SCALED:
        return f"{magnitude(least)} and more"
    if least == -_MOST_SCALED:
        return f"{magnitude(most)} and less"
    return f"{magnitude(least)} to {magnitude(most)}"


def _two_digits(log10: float, *, up: bool) -> float:
    """log10 of the nearest number of two digits that is larger, or smaller."""
    if not abs(log10) < _HUGE:  # it has no second digit, and no loss scale reaches it
        return log10
    exponent = math.floor(log10) - 1
    mantissa = 10.0 ** (log10 - exponent)
    digits = math.floor(mantissa + _EXACT) + 1 if up else math.ceil(mantissa - _EXACT) - 1
    return math.log10(digits) + exponent
