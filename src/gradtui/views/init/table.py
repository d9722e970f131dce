"""The numbers of the init view."""

from __future__ import annotations

import math

from gradtui.models.decay import Value
from gradtui.views.init.comparison import CheckedWeights, Comparison, Comparisons
from gradtui.views.view import Table


def table(result: Comparisons) -> Table:
    """A row for each way to draw the weights, those of one and the same σ apart again."""
    return [
        {
            "activation": comparison.subject.activation,
            "block": comparison.subject.block,
            "recipe": name,
            **_values(comparison, weights),
        }
        for comparison in result.each
        for weights in comparison.weights
        for name in weights.names
    ]


def _values(comparison: Comparison, weights: CheckedWeights) -> dict[str, Value]:
    """What is known of one way to draw the weights."""
    setup, count = comparison.subject.setup, weights.measured.size
    limit = setup.log10_threshold
    ranged = any(weights is one for one in comparison.ways) and comparison.advice.possible
    says = not comparison.why_silent
    share = weights.share(limit) if count else None
    kind = weights.kind(limit)
    low, median, high = weights.quantiles if count else (None, None, None)
    return {
        "advised": weights is comparison.advised,
        "sigma_w": math.sqrt(weights.by_layer.typical.sigma_w2),
        "sigma_b": weights.sigma_b,
        "gain": weights.sigma_w,
        "sigma_w_low": comparison.advice.low if ranged else None,
        "sigma_w_high": comparison.advice.high if ranged else None,
        "log10_rate_per_layer": weights.log10_ratio / setup.depth if says else None,
        "log10_ratio_theory": weights.log10_ratio if says else None,
        "networks": count,
        "log10_ratio_5": low,
        "log10_ratio_50": median,
        "log10_ratio_95": high,
        "log10_stream_50": weights.stream if weights.streams.size else None,
        "share_healthy": share.value if share else None,
        "share_low": share.bounds[0] if share else None,
        "share_high": share.bounds[1] if share else None,
        "verdict": str(kind) if kind else None,
    }
