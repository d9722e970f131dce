"""The verdict on an activation: what its largest |f′| means for depth."""

from __future__ import annotations

import math

from gradtui.mathematics.activations import Activation, activation
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.setup import Setup
from gradtui.views.derivative.study import Derivatives
from gradtui.views.facts import where_largest
from gradtui.wording import magnitude, percent, plain


def finding(result: Derivatives, name: str) -> Finding:
    """What the activation's largest |f′| means for depth."""
    setup, f = result.setup, activation(name)
    limit = setup.log10_threshold
    most = f.max_abs_derivative
    log10_most = math.log10(most) if most > 0 else -math.inf
    where = where_largest(f)
    saturation = f"f′ → 0 {'at neither end' if f.saturates == 'nowhere' else 'on ' + _side(f)}"
    if log10_most < -1e-12:
        layers = math.ceil(limit / log10_most)
        ten = magnitude(10 * log10_most)
        return Finding(
            f.spec,
            Kind.VANISHING,
            f"{f.spec} vanishing with depth: f′ is at most {plain(most, 4)} ({where}), so "
            f"{layers} layers leave less than {magnitude(limit)}, ten at most {ten}.",
            f"Only weights above {plain(1 / most, 4)} could make up for it; {saturation}.",
            remedy=_relu_instead(setup, f),
        )
    size = "exactly 1" if abs(log10_most) < 1e-12 else plain(most, 4)
    return Finding(
        f.spec,
        Kind.HEALTHY,
        f"{f.spec} healthy by itself: f′ reaches {size} ({where}); it need not shrink a gradient.",
        f"Where it shrinks one: {saturation}.",
    )


def _relu_instead(setup: Setup, f: Activation) -> Remedy:
    """ReLU in its place among those that are compared."""
    relu = activation("relu")
    names = (relu.spec if name == f.spec else name for name in setup.activations)
    return Remedy(
        "relu",
        {"activations": tuple(dict.fromkeys(names))},
        before=f"at most {percent(f.max_abs_derivative)} passes",
        after=f"{percent(relu.max_abs_derivative)} passes for z > 0",
        becomes=relu.spec,
    )


def _side(f: Activation) -> str:
    return f.saturates if f.saturates == "both sides" else f"the {f.saturates}"
