"""A formula is read as it is written, and set over several lines and in LaTeX as it is read."""

from __future__ import annotations

import math

import pytest

from gradtui.lessons import LESSONS
from gradtui.lessons.formulas import Big, Infix, UnreadError, read
from gradtui.lessons.latex import latex
from gradtui.lessons.typeset import typeset
from gradtui.lessons.values import evaluate

FORMULAS = [step.formula for lesson in LESSONS.values() for step in lesson.steps]


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_line_of_every_lesson_can_be_read_set_and_exported(formula: str) -> None:
    lines = typeset(formula, 80).lines
    assert len(lines) > 1 or lines == (formula,)  # what needs no second line is as it was written
    assert latex(formula).count("{") == latex(formula).count("}")
    assert latex(formula).isascii()


@pytest.mark.parametrize(
    ("formula", "lines"),
    [
        ("σ(x) = 1 / (1 + e⁻ˣ)", ["           1", "σ(x) = ─────────", "        1 + e⁻ˣ"]),
        (
            "(1 / (1 + e⁻ˣ))²",
            ["⎛    1    ⎞²", "⎜─────────⎟", "⎝ 1 + e⁻ˣ ⎠"],
        ),
        (
            "∏ₖ₌₂ⁿ f′(zₖ)",
            [" n", " ∏  f′(zₖ)", "k=2"],
        ),
        ("σw²/n", ["σw²/n"]),
        ("a / b / c", [" a", "───", " b", "───── ", "  c"]),
    ],
)
def test_fractions_powers_and_products_are_set_as_people_write_them(
    formula: str, lines: list[str]
) -> None:
    assert [line.strip() for line in typeset(formula, 80).lines] == [line.strip() for line in lines]


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        ("σ′(x) = e⁻ˣ / (1 + e⁻ˣ)²",
         r"\sigma '\left( x \right) = \frac{{e}^{- x}}{{\left( 1 + {e}^{- x} \right)}^{2}}"),
        ("√(2/n)", r"\sqrt{\frac{2}{n}}"),
        ("∏ₗ₌₀ⁿ⁻¹ hₗ", r"\prod_{l=0}^{n-1} h_{l}"),
        ("1/2 · t", r"\tfrac{1}{2} \cdot t"),
        ("∂L/∂W₁", r"\frac{\partial L}{\partial W_{1}}"),
        ("W₂ᵀ", r"{W_{2}}^{\top}"),
        ("σw²", r"{\sigma_{w}}^{2}"),
    ],
)  # fmt: skip
def test_latex_says_the_same(formula: str, written: str) -> None:
    assert latex(formula) == written


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("0.25¹⁰", 0.25**10),
        ("2 · σ(1) − 1", math.tanh(0.5)),
        ("1/2 · (1 − 1/2)", 0.25),
        ("6 / 2 · 3", 9.0),
        ("2 / 3 / 4", 2 / 3 / 4),
        ("−2² + max(1, 3)", -1.0),
        ("2⁻¹⁴", 2.0**-14),
        ("√(2π) · φ(0)", 1.0),
        ("(1 − tanh²(1))¹⁰", (1 - math.tanh(1) ** 2) ** 10),
    ],
)
def test_a_formula_comes_to_what_it_says(formula: str, value: float) -> None:
    assert evaluate(formula) == pytest.approx(value, rel=1e-15)


def test_a_product_sign_is_of_the_group_behind_it_and_otherwise_of_the_whole_product() -> None:
    grouped, whole = read("∏ₖ₌₂ⁿ (f(zₖ) · Wₖ) · x"), read("∏ₖ₌₁ⁿ f(zₖ) · Wₖ")
    assert isinstance(grouped, Infix)
    assert isinstance(whole, Big)


def test_names_have_the_values_that_they_are_given() -> None:
    assert evaluate("W₁ · x", {"W1": 3.0, "x": 2.0}) == 6.0


@pytest.mark.parametrize("formula", ["1 +", "(1", "σ(", "$", "a / ", "x ⇒"])
def test_what_is_no_formula_is_said_to_be_none(formula: str) -> None:
    with pytest.raises(UnreadError):
        read(formula)


@pytest.mark.parametrize("formula", ["f(x)", "y", "x ⇒ 1"])
def test_what_is_no_number_is_said_to_be_none(formula: str) -> None:
    with pytest.raises(UnreadError):
        evaluate(formula, {"x": 1.0})
