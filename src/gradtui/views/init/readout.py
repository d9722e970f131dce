"""The readout of the init view: the advice, and the σw at which the cursor stands."""

from __future__ import annotations

import math

import numpy as np

from gradtui.models.finding import Kind
from gradtui.models.wording import a_layer
from gradtui.plots.picture import Row, Span, fit_text
from gradtui.setup import Setup
from gradtui.views.columns import whole_columns
from gradtui.views.init.comparison import CheckedWeights, Comparison, Comparisons
from gradtui.views.init.weights import with_sigmas
from gradtui.wording import plain, told

ADVISED = "◆"
"""Where the advised weights stand in the picture."""
_NEXT_TO_1 = 5e-6


def readout(result: Comparisons, setup: Setup, width: int) -> tuple[Row, ...]:
    """The best weights, advised if they do, and the cursor's σw: theory, and what was measured."""
    comparison, limit = result.focused, setup.log10_threshold
    after, column = f"after {setup.depth}", after_column(setup)
    best, here = comparison.best, _at_cursor(comparison, setup)
    wide, a_block = max(9, len(best.sigma_w_text(6)) + 1), f"a {comparison.subject.layer}"
    rows = [
        [
            Span(fit_text(f" {comparison.name}", 14), "title"),
            Span(f"{'σw':>{wide}}{'σb':>6}{a_block:>10}{after:>{column}}", "muted"),
            Span("  measured", "muted"),
            Span("  5-95 %", "muted"),
        ]
    ]
    kind, advised = best.kind(limit), comparison.advised is best
    letter, label = (ADVISED, "advised") if advised else (best.letter, best.label)
    for weights, lead, role in (
        (best, f"{mark_of(kind)} {letter} {label}", role_of(kind)),
        (here, "  ┆ cursor", "cursor"),
    ):
        ratio = weights.log10_ratio
        rows.append(
            [
                Span(f" {lead:<13}", role),
                Span(
                    f"{weights.sigma_w_text(6):>{wide}}{plain(weights.sigma_b):>6}"
                    f" {_a_layer(ratio, setup.depth):>9}{in_theory(weights):>{column}}"
                ),
                *measured_columns(weights),
            ]
        )
    return whole_columns(rows, width)


def after_column(setup: Setup) -> int:
    """The cells of the column of what is left after all layers, one of them before its head."""
    return max(11, len(f" after {setup.depth}"))


def mark_of(kind: Kind | None) -> str:
    """The mark of a verdict; … as long as there is none."""
    return "…" if kind is None else kind.mark


def role_of(kind: Kind | None) -> str:
    """Its role."""
    return "muted" if kind is None else kind.role


def _at_cursor(comparison: Comparison, setup: Setup) -> CheckedWeights:
    """The weights at which the cursor stands, in theory."""
    sigma_w, sigma_b = setup.plane.sigma_w, setup.plane.sigma_b
    if comparison.why_silent:
        ratio = math.nan
    elif not sigma_w:
        ratio = _at_zero(comparison)
    else:
        ratio = float(np.interp(sigma_w, *comparison.advice.curve))
    drawn = with_sigmas(comparison.subject, sigma_w, sigma_b)
    return CheckedWeights(("cursor",), "┆", drawn, sigma_w, sigma_b, ratio)


def _at_zero(comparison: Comparison) -> float:
    """What is left without weights: nothing, or what a skip passes on."""
    return float(comparison.advice.curve[1][0]) if comparison.block.skips else -math.inf


def in_theory(weights: CheckedWeights) -> str:
    """What theory says is left; "-" where it does not say."""
    return "-" if math.isnan(weights.log10_ratio) else told(weights.log10_ratio)


def _a_layer(log10_ratio: float, layers: int) -> str:
    """The geometric mean of the factors; what is not a hundred-thousandth off 1 is 1."""
    if math.isnan(log10_ratio):
        return "-"
    return "×1" if abs(log10_ratio / layers) < _NEXT_TO_1 else a_layer(log10_ratio, layers)


def measured_columns(weights: CheckedWeights) -> tuple[Span, ...]:
    """Median and 5-95 %, as two columns."""
    if not weights.measured.size:
        return (Span("  …" if weights.wanted else "", "muted"),)
    low, median, high = map(told, weights.quantiles)
    spread = f"{low} to {high}" if weights.measured.size > 1 else "1 network"
    return Span(f"  {median:<8} "), Span(spread, "spread")
