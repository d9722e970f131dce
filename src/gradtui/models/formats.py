"""What the number formats make of a gradient and of the signal, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
        layers: those of the gradient, rising.
        log10: log10 of the gradient there, before the loss is scaled.
        log10_scale: log10 of the loss scale.
        signal_layers: those of the activations.
        log10_signal: log10 of the activations.
    """

    layers: Layers
    log10: Array
    log10_scale: float
    signal_layers: Layers
    log10_signal: Array

    @property
    def _scaled(self) -> Array:
        return self.log10 + self.log10_scale

    def first_zero(self, format: FloatFormat) -> int | None:
        """The first layer on the way back whose gradient becomes 0."""
        at = np.flatnonzero(format.underflows(self._scaled))
        return int(self.layers[at[-1]]) if at.size else None

    def first_inf(self, format: FloatFormat) -> int | None:
        """The first layer on the way back whose gradient becomes inf."""
        at = np.flatnonzero(format.overflows(self._scaled))
        return int(self.layers[at[-1]]) if at.size else None

    def first_signal_inf(self, format: FloatFormat) -> int | None:
        """The first layer on the way up whose activation becomes inf."""
        at = np.flatnonzero(format.overflows(self.log10_signal))
        return int(self.signal_layers[at[0]]) if at.size else None

    def scales(self, format: FloatFormat) -> tuple[float, float] | None:
        """log10 of the least and the largest loss scale that lose nothing and overflow nothing.

        Each has two digits, inwards: what is printed holds. None where there is none from 1e-30 to
        1e30, or where the activations overflow, which no loss scale changes.
        """
        if self.first_signal_inf(format) is not None:
            return None
        low, high = format.log10_scales(self.log10)
        least = max(_two_digits(low, up=True), -_MOST_SCALED)
        most = min(_two_digits(high, up=False), _MOST_SCALED)
        return (least, most) if least <= most else None

    def cells(self) -> dict[str, str]:
        """For each format where the gradient ends: 0:39 it is 0 from layer 39 down, ∞:12 inf."""
        return {
            f"{format.short}{' layer' if format is FORMATS[0] else ''}": self._cell(format)
            for format in FORMATS
        }

    def _cell(self, format: FloatFormat) -> str:
        zero, inf = self.first_zero(format), self.first_inf(format)
        if zero is None and inf is None:
            return "-"
        return f"0:{zero}" if inf is None or (zero is not None and zero > inf) else f"∞:{inf}"

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
        found = [
            _where("The activations become inf", self.first_signal_inf, "on"),
            _where("The gradient becomes inf", self.first_inf, "down"),
            _where("The gradient becomes 0", self._first_lost, "down"),
        ]
        if self.log10[0] > -math.inf:
            found.append(self._loss_scales())
        return " ".join(filter(None, found))

    def _first_lost(self, format: FloatFormat) -> int | None:
        """The first layer whose gradient the format makes 0; an exact zero is none of its doing."""
        there = self._scaled[np.isfinite(self.log10)]
        return self.first_zero(format) if format.underflows(there).any() else None

    def _loss_scales(self) -> str:
        every = {format.name: self.scales(format) for format in FORMATS}
        good = [
            f"{name} {magnitude(scales[0])} to {magnitude(scales[1])}"
            for name, scales in every.items()
            if scales is not None and scales != (-_MOST_SCALED, _MOST_SCALED)
        ]
        bad = [name for name, scales in every.items() if scales is None]
        said = f"Loss scales that lose and overflow nothing: {', '.join(good)}." if good else ""
        none = f"No loss scale helps {' or '.join(bad)}." if bad else ""
        return " ".join(filter(None, (said, none)))


def _where(what: str, first: Callable[[FloatFormat], int | None], way: str) -> str:
    """In which formats that happens, and from which layer on."""
    layers = {format.name: first(format) for format in FORMATS}
    parts = [
        f"in {name} {f'from layer {layer} {way}' if layer else 'at the input'}"
        for name, layer in layers.items()
        if layer is not None
    ]
    return f"{what} {', '.join(parts)}." if parts else ""


def _two_digits(log10: float, *, up: bool) -> float:
    """log10 of the nearest number of two digits that is larger, or smaller."""
    if not abs(log10) < _HUGE:  # it has no second digit, and no loss scale reaches it
        return log10
    exponent = math.floor(log10) - 1
    mantissa = 10.0 ** (log10 - exponent)
    digits = math.floor(mantissa + _EXACT) + 1 if up else math.ceil(mantissa - _EXACT) - 1
    return math.log10(digits) + exponent
