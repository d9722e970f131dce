"""Every line of every derivation is true, fits a terminal, and is said in both languages."""

from __future__ import annotations

import ast
import functools
import itertools
import math
import operator
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import mpmath  # type: ignore[import-untyped, unused-ignore]
import numpy as np
import pytest

from gradtui.lessons import LESSONS, Lesson, Step, Text, lesson_for

WIDEST = 64
POINTS = ("-7.5", "-1", "-0.3", "0.2", "0.5", "1.7", "6")
DIGITS = 50
# `mpmath.diff` takes differences at a raised precision and is good to about the working one;
# half of the digits leaves room for the cancellation in 1 − tanh(x)² at the ends of POINTS.
TOLERANCE = mpmath.mpf(10) ** (-DIGITS // 2)

STEPS = [
    pytest.param(lesson, step, id=f"{lesson.name}-{number}")
    for lesson in LESSONS.values()
    for number, step in enumerate(lesson.steps, start=1)
]
CONTINUED = [
    pytest.param(above, step, id=f"{lesson.name}-{number}")
    for lesson in LESSONS.values()
    for number, (above, step) in enumerate(itertools.pairwise(lesson.steps), start=2)
    if step.continues and lesson.name != "chain"
]


def value(expression: str, at: Mapping[str, Any]) -> Any:
    """An expression in mpmath, by its syntax tree, so that Derivative can hold its body back."""

    def walk(node: ast.expr, at: Mapping[str, Any]) -> Any:
        match node:
            case ast.Constant(value=int(number)):
                return mpmath.mpf(number)
            case ast.Name(id=name):
                return at[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -walk(operand, at)
            case ast.BinOp(left=left, op=op, right=right):
                operation = {
                    ast.Add: operator.add,
                    ast.Sub: operator.sub,
                    ast.Mult: operator.mul,
                    ast.Div: operator.truediv,
                    ast.Pow: operator.pow,
                }[type(op)]
                return operation(walk(left, at), walk(right, at))
            case ast.Call(func=ast.Name(id="Derivative"), args=[body, ast.Name(id=name)]):
                return mpmath.diff(lambda v: walk(body, {**at, name: v}), at[name])
            case ast.Call(func=ast.Name(id=("exp" | "tanh") as name), args=[argument]):
                return getattr(mpmath, name)(walk(argument, at))
        raise AssertionError(f"not part of a lesson's expressions: {ast.dump(node)}")

    return walk(ast.parse(expression, mode="eval").body, at)


def symbolic(expression: str) -> Any:
    """The expression in SymPy, its derivatives carried out."""
    parser = pytest.importorskip(
        "sympy.parsing.sympy_parser", reason="the symbolic proof needs SymPy"
    )
    sympy = pytest.importorskip("sympy", reason="the symbolic proof needs SymPy")
    names = {name: sympy.Symbol(name, real=True) for name in "xt"}
    return sympy.sympify(parser.parse_expr(expression, local_dict=names)).doit()


def texts(lesson: Lesson) -> Iterator[Text]:
    yield lesson.title
    yield from (step.reason for step in lesson.steps)
    yield lesson.moral


def formulas(name: str) -> list[str]:
    return [step.formula for step in LESSONS[name].steps]


def factors(formula: str) -> list[str]:
    """The factors of a product that is written with dots."""
    return formula.partition(" = ")[2].split(" · ")


@pytest.mark.parametrize(("above", "step"), CONTINUED)
def test_a_continued_line_equals_the_line_above_symbolically(above: Step, step: Step) -> None:
    sympy = pytest.importorskip("sympy", reason="the symbolic proof needs SymPy")
    assert above.expression is not None
    assert step.expression is not None
    difference = symbolic(above.expression) - symbolic(step.expression)
    assert sympy.simplify(difference.rewrite(sympy.exp)) == 0


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(("above", "step"), CONTINUED)
def test_a_continued_line_equals_the_line_above_numerically(
    above: Step, step: Step, point: str
) -> None:
    assert above.expression is not None
    assert step.expression is not None
    with mpmath.workdps(DIGITS):
        at = {"x": mpmath.mpf(point), "t": mpmath.mpf(point)}
        difference = value(above.expression, at) - value(step.expression, at)
        assert abs(difference) < TOLERANCE


def test_the_check_can_fail() -> None:
    with mpmath.workdps(DIGITS):
        at = {"x": mpmath.mpf("0.2")}
        wrong = value("Derivative(exp(-x), x)", at) - value("exp(-x)", at)
        assert abs(wrong) > TOLERANCE


# How a shown formula reads as an expression, so that what is proved is what is shown.
SPELLED = (
    (r"d/dx \[(.*)\]$", r"Derivative(\1, x)"),
    (r"d/dx \((.*?)\)⁻¹$", r"Derivative((\1)**(-1), x)"),
    (r"d/dx \((.*?)\)$", r"Derivative(\1, x)"),
    (r"d/dt t\(1 − t\)$", "Derivative(t*(1 - t), t)"),
    (r"d/dx (x|0)$", r"Derivative(\1, x)"),
    ("e⁻²ˣ", "exp(-2*x)"),
    ("e⁻ˣ", "exp(-x)"),
    ("eˣ", "exp(x)"),
    (r"σ\(x\)", "(1/(1 + exp(-x)))"),
    (r"\)exp", ")*exp"),
    ("2t", "2*t"),
    ("²", "**2"),
    ("−", "-"),
    ("·", "*"),
    (r"0\.25", "1/4"),
)


@pytest.mark.parametrize(("lesson", "step"), STEPS)
def test_the_expression_proved_is_the_formula_shown(lesson: Lesson, step: Step) -> None:
    if step.expression is None:
        return
    spelled = step.formula.rpartition("= ")[2]
    for pattern, replacement in SPELLED:
        spelled = re.sub(pattern, replacement, spelled)
    with mpmath.workdps(DIGITS):
        at = {"x": mpmath.mpf("0.3"), "t": mpmath.mpf("0.3")}
        assert abs(value(spelled, at) - value(step.expression, at)) < TOLERANCE


def test_the_lessons_stand_in_the_order_of_the_note() -> None:
    assert list(LESSONS) == ["chain", "sigmoid", "maximum", "tanh", "relu"]
    assert all(name == lesson.name for name, lesson in LESSONS.items())


def test_an_activation_finds_the_lesson_that_derives_it() -> None:
    for name in ("sigmoid", "tanh", "relu"):
        assert lesson_for(name) is LESSONS[name]
    assert lesson_for("gelu") is None


def test_the_derivative_of_the_sigmoid_takes_the_ten_lines_of_the_note() -> None:
    definition, *lines = formulas("sigmoid")
    assert definition == "σ(x) = 1 / (1 + e⁻ˣ)"
    assert lines == [
        "σ′(x) = d/dx (1 + e⁻ˣ)⁻¹",
        "= (−1) / (1 + e⁻ˣ)² · d/dx (1 + e⁻ˣ)",
        "= (−1) / (1 + e⁻ˣ)² · (0 + e⁻ˣ) · d/dx (−x)",
        "= (−1) / (1 + e⁻ˣ)² · e⁻ˣ · (−1)",
        "= e⁻ˣ / (1 + e⁻ˣ)²",
        "= (1 + e⁻ˣ − 1) / (1 + e⁻ˣ)²",
        "= (1 + e⁻ˣ) / (1 + e⁻ˣ)² − 1 / (1 + e⁻ˣ)²",
        "= 1 / (1 + e⁻ˣ) − 1 / (1 + e⁻ˣ)²",
        "= 1 / (1 + e⁻ˣ) · (1 − 1 / (1 + e⁻ˣ))",
        "= σ(x) · (1 − σ(x))",
    ]


def test_the_factors_of_the_chain_multiply_to_the_derivative_of_the_loss() -> None:
    weights = {1: 0.7, 2: -1.3, 3: 0.9}
    x, target = 0.8, 0.25

    def inputs(first: float) -> tuple[float, float, float]:
        z1 = first * x
        z2 = weights[2] * math.tanh(z1)
        return z1, z2, weights[3] * math.tanh(z2)

    def loss(first: Any) -> Any:
        output = first * x
        for k in (2, 3):
            output = weights[k] * mpmath.tanh(output)
        return (mpmath.tanh(output) - target) ** 2 / 2

    z = dict(zip("₁₂₃", inputs(weights[1]), strict=True))
    known = {f"f′(z{k})": 1 - math.tanh(z[k]) ** 2 for k in z}
    known |= {"W₂": weights[2], "W₃": weights[3], "x": x}
    known["∂L/∂f(z₃)"] = math.tanh(z["₃"]) - target
    product = next(f for f in formulas("chain") if f.startswith("∂L/∂W₁ = "))
    computed = math.prod(known[factor] for factor in factors(product))
    # Six factors, each rounded once or twice: some ten units in the last place.
    assert computed == pytest.approx(float(mpmath.diff(loss, weights[1])), rel=1e-14)


def test_the_factors_of_the_chain_hold_for_matrices_in_the_order_shown() -> None:
    random = np.random.default_rng(0)
    x, target = random.standard_normal((4, 1)), random.standard_normal((2, 1))
    weights = [random.standard_normal(shape) for shape in ((3, 4), (5, 3), (2, 5))]

    def inputs(first: Any) -> list[Any]:
        z = [first @ x]
        for weight in weights[1:]:
            z.append(weight @ np.tanh(z[-1]))
        return z

    def loss(first: Any) -> Any:
        return np.sum((np.tanh(inputs(first)[-1]) - target) ** 2) / 2

    z = inputs(weights[0])
    known = {f"D{k}": np.diag(1 - np.tanh(z_k[:, 0]) ** 2) for k, z_k in zip("₁₂₃", z, strict=True)}
    known |= {"W₂ᵀ": weights[1].T, "W₃ᵀ": weights[2].T, "xᵀ": x.T}
    known["∂L/∂f(z₃)"] = np.tanh(z[-1]) - target
    product = formulas("chain")[-1]
    computed = functools.reduce(operator.matmul, (known[factor] for factor in factors(product)))
    step = 1e-5
    differences = np.empty_like(computed)
    for place in np.ndindex(*computed.shape):
        nudge = np.zeros_like(computed)
        nudge[place] = step
        differences[place] = (loss(weights[0] + nudge) - loss(weights[0] - nudge)) / (2 * step)
    # A central difference errs by step² (1e-10) and by the rounding of the loss over step (1e-11).
    np.testing.assert_allclose(computed, differences, rtol=0, atol=1e-8)


def test_the_first_weight_is_no_factor_of_its_own_gradient() -> None:
    products = [f for f in formulas("chain") if f.startswith("∂L/∂W₁ = ")]
    assert len(products) == 3
    assert not any("W₁" in factor for f in products for factor in factors(f))
    assert all(factors(f)[-1] in {"x", "xᵀ"} for f in products)


@pytest.mark.parametrize(
    ("name", "power", "true"),
    [
        ("maximum", "0.25¹⁰", mpmath.mpf("0.25") ** 10),
        ("tanh", "tanh′(1)¹⁰", (1 - mpmath.tanh(1) ** 2) ** 10),
    ],
)
def test_a_number_shown_is_right_to_its_last_digit(name: str, power: str, true: Any) -> None:
    assert f"{power} ≈ {float(true):.4e}".replace("e-0", "e-") in formulas(name)


def test_a_half_is_where_the_slope_of_the_sigmoid_is_greatest() -> None:
    sympy = pytest.importorskip("sympy", reason="the symbolic proof needs SymPy")
    t = sympy.Symbol("t", real=True)
    slope = symbolic("Derivative(t*(1 - t), t)")
    assert sympy.solve(slope, t) == [sympy.Rational(1, 2)]
    assert slope.diff(t) < 0
    assert "1 − 2t = 0  ⇒  t = 1/2" in formulas("maximum")


@pytest.mark.parametrize("g", [-0.1, 0, 0.5, 1, 1.1])
def test_the_subgradients_of_relu_at_its_kink_are_zero_to_one(g: float) -> None:
    below = all(max(x, 0.0) >= g * x for x in (-2.0, -1e-9, 0.0, 1e-9, 2.0))
    assert below == (0 <= g <= 1)


@pytest.mark.parametrize(("lesson", "step"), STEPS)
def test_a_formula_is_one_line_of_at_most_64_narrow_columns(lesson: Lesson, step: Step) -> None:
    assert 0 < len(step.formula) <= WIDEST
    assert step.formula == step.formula.strip()
    for character in step.formula:
        assert unicodedata.east_asian_width(character) not in {"W", "F"}
        assert not unicodedata.combining(character)
        assert unicodedata.category(character)[0] not in {"C", "M"}


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
def test_every_text_is_given_in_both_languages(lesson: Lesson) -> None:
    for text in texts(lesson):
        for said in (text.en, text.ko):
            assert said
            assert said == " ".join(said.split())
        assert re.search("[가-힣]", text.ko)
        assert not re.search("[가-힣]", text.en)
        assert unicodedata.is_normalized("NFC", text.ko)


@pytest.mark.parametrize(("lesson", "step"), STEPS)
def test_a_reason_is_one_sentence_in_one_register(lesson: Lesson, step: Step) -> None:
    assert re.fullmatch(r"[^.]+(\.\d[^.]*)*\.", step.reason.en)
    assert re.fullmatch(r"[^.]+(\.\d[^.]*)*니다\.", step.reason.ko)


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
def test_a_moral_keeps_the_register_of_the_reasons(lesson: Lesson) -> None:
    assert lesson.moral.en.endswith(".")
    sentences = re.split(r"(?<=\.)\s", lesson.moral.ko)
    assert all(sentence.endswith("니다.") for sentence in sentences)
