"""What becomes of a gradient, in words."""

from __future__ import annotations

import math

import pytest

from gradtui.models.wording import a_layer, gradient_of


@pytest.mark.parametrize(
    ("log10", "text"),
    [
        (0.0, "all of the loss's gradient arrives at the input"),
        (1e-4, "slightly more than the loss's gradient arrives at the input"),
        (math.log10(0.35), "×0.35 of the loss's gradient arrives at the input"),
        (math.log10(2.3e5), "×2.3e5 of the loss's gradient arrives at the input"),
        (-math.inf, "none of the loss's gradient arrives at the input"),
    ],
)
def test_how_much_arrives(log10: float, text: str) -> None:
    assert gradient_of("a", log10, layer=0, last=50) == text


@pytest.mark.parametrize(
    ("log10", "text"),
    [
        (1.0, "layer 1's ∂L/∂w is ×10 of layer 50's"),
        (0.0, "layer 1's ∂L/∂w is as large as layer 50's"),
        (-32.0, "layer 1's ∂L/∂w is ×1e-32 of layer 50's"),
        (-math.inf, "layer 1's ∂L/∂w is exactly 0"),
    ],
)
def test_how_large_it_is_beside_the_last(log10: float, text: str) -> None:
    assert gradient_of("w", log10, layer=1, last=50) == text


def test_beside_all_of_it_no_rate_pretends_to_know_better() -> None:
    assert a_layer(10 * math.log10(1.000367), 10) == "×1"
    assert a_layer(10_000 * math.log10(0.9995), 10_000) == "×0.9995"
    assert a_layer(101 * math.log10(0.9), 101) == "×0.9"


@pytest.mark.parametrize("each", [1.00005, 1.002, 1.005, 1.01, 1.02, 1.04, 1.05, 0.985, 0.95])
@pytest.mark.parametrize("layers", [20, 400, 100_000])
def test_the_rate_that_is_shown_is_no_1_where_the_whole_is_none(each: float, layers: int) -> None:
    shown = a_layer(layers * math.log10(each), layers)
    if abs(layers * math.log(each)) > 0.1:
        assert float(shown.removeprefix("×")) == pytest.approx(each, rel=6e-4)
        assert shown != "×1"
