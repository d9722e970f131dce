"""The chain view: the formula with its numbers, and the waterfall of its factors."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.mathematics.chain import Chain, chain
from gradtui.mathematics.layer_values import LayerValues
from gradtui.plots.picture import row_text
from gradtui.progress import unwatched
from gradtui.setup import Loss, Setup
from gradtui.views import VIEWS
from gradtui.views.chain.formula import formula
from gradtui.views.chain.study import Product, running_product
from gradtui.views.view import Size
from gradtui.wording import subscript
from support.by_hand import by_hand, close

VIEW = VIEWS["chain"]
NOTE = Setup.of(layer=3)


def result_of(setup: Setup) -> Product:
    *_, result = VIEW.results(setup, unwatched)
    assert isinstance(result, Product)
    return result


def texts(one: Chain, layer: int, width: int) -> tuple[str, str]:
    symbols, numbers = (row_text(row) for row in formula(one, layer, width))
    return symbols, numbers


# ------------------------------------------------------------------ readout


@pytest.mark.parametrize(
    ("spec", "changes", "said"),
    [
        # 1e100 · (1e5)^50; -(1e-10)^60; ln(1 + e^(50z))/50 at z = -100 is e^-5000/50.
        ("relu", {"weights": 1e5, "x": 1e100, "depth": 60, "layer": 50}, ("1e350", "1e350")),
        ("identity", {"weights": 1e-10, "x": -1.0, "depth": 60, "layer": 60},
         ("-1e-600", "-1e-600")),
        ("softplus(50)", {"weights": 1.0, "x": -100.0, "depth": 3, "layer": 1},
         ("-100", "6.739e-2174")),
        ("relu", {"weights": 1.0, "x": -1.0, "depth": 3, "layer": 1}, ("-1", "0")),
    ],
)  # fmt: skip
def test_z_and_a_are_told_where_float64_does_not_hold_them(
    spec: str, changes: dict[str, float], said: tuple[str, str]
) -> None:
    changes = {**changes, "weights": LayerValues((changes["weights"],))}
    setup = Setup.of(activations=(spec,)).with_(**changes)
    top = row_text(VIEW.readout(result_of(setup), setup, 80)[0])
    assert re.findall(r"[za]\S+ = (\S+)", top) == list(said)


# ------------------------------------------------------------------ formula


@pytest.mark.parametrize("width", [56, 80])
def test_the_note_s_three_layers_stand_whole_with_their_numbers(width: int) -> None:
    """∂L/∂w₁ = ∂L/∂a₃ · f′(z₃) · w₃ · f′(z₂) · w₂ · f′(z₁) · x, each number under its symbol."""
    symbols, numbers = texts(result_of(NOTE).chain, 3, width)
    assert len(symbols) == len(numbers) <= width
    left, right = re.split(r"\s*=\s*", symbols.strip())
    factors = re.split(r"\s*·\s*", right)
    assert left == "∂L/∂w₁"
    assert factors == ["∂L/∂a₃", "f′(z₃)", "w₃", "f′(z₂)", "w₂", "f′(z₁)", "x"]
    true = by_hand("sigmoid", [1.0, 1.0, 1.0])
    head, tail = re.split(r"\s*=\s*", numbers.strip())
    values = re.split(r"\s*·\s*", tail)
    assert close(head, true.gradients[0], 3)
    expected = [1.0, true.slopes[2], 1.0, true.slopes[1], 1.0, true.slopes[0], 1.0]
    assert len(values) == len(expected)
    assert all(close(shown, value, 3) for shown, value in zip(values, expected, strict=True))


def test_every_number_stands_under_its_symbol() -> None:
    one = chain("tanh", [0.5, -1.25, 2.0], 0.0, 0.3, -2.0)
    symbols, numbers = texts(one, 1, 80)
    separators = [(m.start(), m.group()) for m in re.finditer("[=·]", symbols)]
    assert separators == [(m.start(), m.group()) for m in re.finditer("[=·]", numbers)]
    for number in ("-1.25", "2", "0.3", "-2"):
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.])", numbers)


@settings(max_examples=100)
@given(
    st.lists(st.floats(0.1, 3) | st.floats(-3, -0.1), min_size=1, max_size=4),
    st.sampled_from(["sigmoid", "tanh", "silu", "leaky_relu"]),
    st.floats(0.1, 2) | st.floats(-2, -0.1),
    st.floats(0.1, 5) | st.floats(-5, -0.1),
)
def test_the_numbers_that_are_shown_multiply_to_the_gradient_that_is_shown(
    weights: list[float], name: str, x: float, upstream: float
) -> None:
    """Each of up to 9 factors is rounded to three digits: half a percent each, at most."""
    one = chain(name, weights, 0.0, x, upstream)
    symbols, numbers = texts(one, 1, 200)
    head, tail = numbers.split(" = ")
    values = [float(text) for text in tail.split("·")]
    if float(head) != 0.0 and min(map(abs, values)) > 0:
        assert math.prod(values) == pytest.approx(float(head), rel=0.005 * (len(values) + 1))
    assert "⋯" not in symbols


def test_a_slope_that_is_negative_is_shown_so() -> None:
    """SiLU falls left of -1.28."""
    one = chain("silu", [1.0], 0.0, -2.0)
    assert "-0.0908" in texts(one, 1, 80)[1]


@pytest.mark.parametrize("width", [56, 80, 96])
@pytest.mark.parametrize("layer", [1, 2, 25, 49, 50])
def test_of_a_deep_chain_both_ends_and_the_cursor_s_neighbourhood_stand(
    layer: int, width: int
) -> None:
    symbols, numbers = texts(result_of(Setup.of(depth=50)).chain, layer, width)
    assert len(symbols) == len(numbers) <= width
    for which in {50, layer, 1}:
        assert f"f′(z{subscript(which)})" in symbols
    assert "⋯" in symbols
    order = re.findall(r"f′\(z([₀-₉]+)\)", symbols)
    layers = [int(text.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))) for text in order]
    assert layers == sorted(set(layers), reverse=True)
    if width >= 80:
        assert {layer - 1, layer + 1} & set(layers) or layer in (1, 50)


@pytest.mark.parametrize("width", [56, 80])
def test_at_the_greatest_depth_the_formula_still_fits(width: int) -> None:
    symbols, numbers = texts(result_of(Setup.of(depth=100_000)).chain, 50_000, width)
    assert len(symbols) == len(numbers) <= width


# ---------------------------------------------------------------- waterfall

CHAINS = {
    "note": chain("sigmoid", [1.0] * 3),
    "deep": chain("tanh", [1.3] * 500, 0.1, 0.7, -3.0),
    "signs": chain("silu", [-2.0, 0.5, 3.0, -1.0], 0.2, 1.5, 2.0),
    "one": chain("sigmoid", [2.0], 0.0, 3.0, 0.5),
    "vanished": chain("sigmoid", [1.0] * 5000),
}


@pytest.mark.parametrize("one", CHAINS.values(), ids=CHAINS)
def test_the_running_product_ends_at_the_gradient_of_layer_1(one: Chain) -> None:
    _, _, after = running_product(one)
    assert after[-1] == pytest.approx(one.log10_gradients[0], abs=1e-9)


@pytest.mark.parametrize("one", CHAINS.values(), ids=CHAINS)
def test_the_running_product_is_that_of_the_factors(one: Chain) -> None:
    """From the loss: times f′(z_L), times w_L, times f′(z_{L-1}), …, times f′(z₁), times x."""
    before, middle, after = running_product(one)
    product = one.log10_upstream
    for index, layer in enumerate(range(one.depth, 0, -1)):
        assert before[index] == pytest.approx(product, abs=1e-9)
        product += one.log10_derivatives[layer - 1]
        assert middle[index] == pytest.approx(product, abs=1e-9)
        product += math.log10(abs(one.weights[layer - 1])) if layer > 1 else math.log10(abs(one.x))
        assert after[index] == pytest.approx(product, abs=1e-9)


@pytest.mark.parametrize("one", CHAINS.values(), ids=CHAINS)
def test_times_what_a_layer_receives_the_product_is_that_layer_s_gradient(one: Chain) -> None:
    _, middle, _ = running_product(one)
    np.testing.assert_allclose(middle[::-1] + one.log10_inputs, one.log10_gradients, atol=1e-9)


@pytest.mark.parametrize("depth", [1, 2, 3, 12, 50, 1000])
@pytest.mark.parametrize("size", [Size(36, 9), Size(56, 13), Size(90, 29)])
def test_the_waterfall_runs_from_the_last_layer_to_the_first(depth: int, size: Size) -> None:
    setup = Setup.of(depth=depth)
    picture = VIEW.draw(result_of(setup), setup, size, "braille")
    assert {len(row_text(one)) for one in picture.rows} == {size.width}
    axis = picture.text.split("\n")[-1][: size.width - (24 if size.width >= 52 else 0)].split()
    assert (axis[0], axis[-1]) == (str(depth), "1")


def test_the_layers_that_the_cursor_has_not_reached_are_muted() -> None:
    def roles(layer: int) -> set[str]:
        setup = Setup.of(depth=10, layer=layer)
        picture = VIEW.draw(result_of(setup), setup, Size(40, 15), "braille")
        return {
            role for one in picture.rows[4:-2] for text, role in one
            if any("⠀" < character <= "⣿" for character in text)
        }  # fmt: skip

    assert "muted" in roles(10)
    assert "muted" not in roles(1)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_cursor_s_layer_is_shown_on_the_slope(layer: int) -> None:
    setup = NOTE.with_(layer=layer)
    text = VIEW.draw(result_of(setup), setup, Size(80, 20), "braille").text
    assert f"f′ at z{subscript(layer)}" in text
    assert "⊕" in text


# ------------------------------------------------------------------ readout


@pytest.mark.parametrize("layer", [3, 2, 1])
def test_the_readout_walks_back_layer_by_layer(layer: int) -> None:
    setup = NOTE.with_(layer=layer)
    text = "\n".join(row_text(one) for one in VIEW.readout(result_of(setup), setup, 80))
    true, index, at = by_hand("sigmoid", [1.0] * 3), layer - 1, subscript(layer)
    assert f"layer {layer} of 3  sigmoid" in text

    def shown(symbol: str, digits: int, value: float) -> None:
        match = re.search(rf"{re.escape(symbol)} ?(?:= )?([-\d.e]+)", text)
        assert match is not None, (symbol, text)
        assert close(match[1].rstrip("."), value, digits)

    shown(f"z{at}", 4, true.z[index])
    shown(f"f′(z{at})", 4, true.slopes[index])
    shown(", passes", 2, 100 * true.slopes[index])
    shown(f"|∂L/∂w{at}|", 3, true.gradients[index])
    shown("product so far", 3, math.prod(true.slopes[index:]))


def test_the_verdict_is_on_the_focused_of_several() -> None:
    setup = Setup.of(activations=("relu", "sigmoid"), focus="sigmoid", depth=50)
    result = result_of(setup)
    assert result.subject.name == "sigmoid"
    assert VIEW.finding(result, "sigmoid").sentence.startswith("sigmoid vanishing")


def test_the_table_has_every_factor_apart() -> None:
    weights = LayerValues((0.5, -1.5, 2.0))
    setup = Setup.of(activations=("tanh",), weights=weights, loss=Loss(upstream=-2.0), x=0.7)
    true = by_hand("tanh", weights.values, 0.0, 0.7, -2.0)
    for index, row in enumerate(VIEW.table(result_of(setup))):
        assert row["layer"] == index + 1
        assert row["w"] == weights.values[index]
        assert row["b"] == 0.0
        assert row["z"] == pytest.approx(true.z[index])
        assert row["a"] == pytest.approx(math.tanh(true.z[index]))
        assert row["derivative"] == pytest.approx(true.slopes[index])
        assert row["log10_abs_derivative"] == pytest.approx(math.log10(true.slopes[index]))
        assert row["log10_abs_w"] == pytest.approx(math.log10(abs(weights.values[index])))
        assert row["log10_abs_gradient"] == pytest.approx(math.log10(abs(true.gradients[index])))
        assert row["gradient_sign"] == math.copysign(1, true.gradients[index])


@pytest.mark.parametrize(
    "setup",
    [
        Setup.of(activations=("relu",), depth=5, x=-1.0),
        Setup.of(activations=("identity",), depth=40, weights=LayerValues((1e99,))),
        Setup.of(activations=("tanh",), depth=4, weights=LayerValues((0.0,))),
        Setup.of(activations=("hardshrink",), depth=4, weights=LayerValues((0.1,))),
        Setup.of(activations=("relu_squared",), depth=20, weights=LayerValues((1e9,))),
    ],
    ids=["dead", "overflow", "zero weights", "hardshrink", "squares"],
)
def test_what_is_zero_or_huge_is_drawn_without_complaint(setup: Setup) -> None:
    result = result_of(setup)
    for layer in range(1, setup.depth + 1, 3):
        at = setup.with_(layer=layer)
        rows = VIEW.draw(result, at, Size(56, 13), "braille").rows + VIEW.readout(result, at, 80)
        assert "nan" not in "".join(map(row_text, rows))
