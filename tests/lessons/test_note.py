"""Every line of every derivation is true, fits a terminal, and is said in both languages."""

from __future__ import annotations

import functools
import math
import operator
import random
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import mpmath  # type: ignore[import-untyped, unused-ignore]
import numpy as np
import pytest

from gradtui.lessons import DERIVED, LESSONS, Lesson, Step, Text, lesson_for
from gradtui.lessons.depth import DEPTH
from gradtui.lessons.formulas import Continued, UnreadError, read
from gradtui.lessons.values import evaluate
from gradtui.mathematics.activations import activation

sympy = pytest.importorskip("sympy", reason="the symbolic proof needs SymPy")

from support.claims import Claim, claims  # noqa: E402
from support.planted import wrong  # noqa: E402
from support.symbolic import expectation, symbol, symbolic  # noqa: E402

WIDEST = 64
POINTS = (-7.5, -1.0, -0.3, 0.2, 0.5, 1.7, 6.0)
DIGITS = 50

STEPS = [
    pytest.param(lesson, step, id=f"{lesson.name}-{number}")
    for lesson in LESSONS.values()
    for number, step in enumerate(lesson.steps, start=1)
]
PROVED = [lesson for lesson in LESSONS.values() if lesson not in DEPTH]
"""The others have a test file of their own."""

NAMES: Mapping[str, Mapping[str, Any]] = {
    "chain": {"n": 3},
    # Three weights into a unit, and a loss as it is near one point: δ₁ and δ₂ its gradient.
    "variance": {
        "n": 3,
        "m": 2,
        "L": symbol("δ1") * symbol("z1") + symbol("δ2") * symbol("z2"),
        "z1": symbol("w1") * symbol("a") + symbol("r1"),
        "z2": symbol("w2") * symbol("a") + symbol("r2"),
    },
    "formats": {"L": symbol("w") ** 3},
}
"""What the names of a lesson stand for besides what it defines."""


@functools.cache
def mean(inner: Any) -> Any:
    """E[…] as the variance argument has it.

    Weights are independent of everything else and of one another, with mean 0 and variance σw²/3;
    everything else may be correlated. A sum with the weights in it that passes an activation is
    normal, with the variance that it has.
    """
    if inner.has(sympy.Piecewise):
        total = sum(symbol(f"w{i}") * symbol(f"a{i}") for i in (1, 2, 3))
        spread, z = sympy.Symbol("spread", positive=True), symbol("z")
        passed = inner.subs(total, spread * z)
        assert passed.free_symbols <= {spread, z}
        return expectation(passed).subs(spread, sympy.sqrt(mean(total**2)))
    total = sympy.Integer(0)
    for term in sympy.Add.make_args(sympy.expand(inner)):
        factor, moment = sympy.Integer(1), sympy.Integer(1)
        for base, power in term.as_powers_dict().items():
            if not base.is_Symbol:
                factor *= base**power
            elif base.name[0] == "w":
                assert power in (1, 2)
                factor *= (symbol("σw") ** 2 / 3) if power == 2 else 0
            else:
                moment *= base**power
        total += factor * _moment(moment)
    return sympy.simplify(total)


def _moment(product: Any) -> Any:
    """Of outputs or gradients: each has the same mean square, whatever stands below it."""
    match list(product.as_powers_dict().items()):
        case [(base, power)] if base.is_Symbol and power == 2:
            return sympy.Symbol(f"E[{base.name[0]}²]", positive=True)
    return sympy.Symbol(f"E[{product}]") if product != 1 else product


FUNCTIONS: Mapping[str, Mapping[str, Any]] = {
    "variance": {"E": mean, "Var": lambda inner: mean(inner**2) - mean(inner) ** 2}
}

OF_MATRICES = {"∂L/∂W₁ = D₁ · W₂ᵀ · D₂ · W₃ᵀ · D₃ · ∂L/∂f(z₃) · xᵀ"}
"""Lines that are proved with numbers below, their factors not being such as commute."""


def claimed(lesson: Lesson, functions: Mapping[str, Any] = {}) -> list[Claim]:
    known = {**FUNCTIONS.get(lesson.name, {}), **functions}
    return list(claims(lesson, NAMES.get(lesson.name, {}), known, OF_MATRICES))


def cases(functions: Mapping[str, Any]) -> list[Any]:
    return [
        pytest.param(claim, id=f"{lesson.name}-{claim.number}")
        for lesson in PROVED
        for claim in claimed(lesson, functions)
    ]


def planted(step: Step) -> Iterator[str]:
    """The line with a wrong sign, if it continues another."""
    return wrong(step.formula) if step.continues else iter(())


WRONG = [
    pytest.param(claim, formula, id=f"{lesson.name}-{claim.number}-{formula}")
    for lesson in PROVED
    for claim in claimed(lesson)
    for formula in planted(lesson.steps[claim.number - 1])
]


def texts(lesson: Lesson) -> Iterator[Text]:
    yield lesson.title
    yield from (step.reason for step in lesson.steps)
    yield lesson.moral


def formulas(name: str) -> list[str]:
    return [step.formula for step in LESSONS[name].steps]


def factors(formula: str) -> list[str]:
    """The factors of a product that is written with dots."""
    return formula.partition(" = ")[2].split(" · ")


@pytest.mark.parametrize("claim", cases({}))
def test_what_a_line_claims_is_proved(claim: Claim) -> None:
    assert claim.holds, f"{claim.left} is not {claim.right}"


SOME: Mapping[str, Any] = {"f": sympy.tanh, "Loss": lambda a: (a - sympy.Rational(1, 4)) ** 2 / 2}
"""Functions in the place of those of which a lesson says nothing."""


@pytest.mark.parametrize("claim", cases(SOME))
def test_what_a_line_claims_holds_in_numbers(claim: Claim) -> None:
    draw = random.Random(claim.number)
    free = sorted(claim.left.free_symbols | claim.right.free_symbols, key=str)
    for _ in range(5):
        at = {
            one: sympy.Float(draw.uniform(0.1, 3.0) * (-1 if one.is_negative else 1), DIGITS)
            for one in free
        }
        left, right = (side.subs(at).evalf(DIGITS) for side in (claim.left, claim.right))
        if claim.about:
            assert claim.holds
        else:
            # Of 50 digits ten are left for what cancels between the two.
            assert abs(left - right) <= sympy.Float(10) ** (10 - DIGITS) * max(1, abs(left))


@pytest.mark.parametrize("lesson", PROVED, ids=lambda lesson: lesson.name)
def test_every_line_that_continues_is_among_what_is_proved(lesson: Lesson) -> None:
    proved = {claim.number for claim in claimed(lesson)}
    continued = {number for number, step in enumerate(lesson.steps, 1) if step.continues}
    assert continued <= proved


@pytest.mark.parametrize(("claim", "formula"), WRONG)
def test_a_wrong_sign_in_a_continued_line_is_found(claim: Claim, formula: str) -> None:
    line = read(formula)
    assert isinstance(line, Continued)
    assert not claim.instead(line.inner).holds


@pytest.mark.parametrize("lesson", PROVED, ids=lambda lesson: lesson.name)
def test_a_wrong_sign_is_planted_in_every_lesson(lesson: Lesson) -> None:
    assert any(
        formula in case.values
        for step in lesson.steps
        for formula in planted(step)
        for case in WRONG
    )


@pytest.mark.parametrize(("lesson", "step"), [case for case in STEPS if case.values[0] in PROVED])
def test_the_number_that_the_program_reads_in_a_line_is_the_one_proved(
    lesson: Lesson, step: Step
) -> None:
    for point in POINTS:
        try:
            number = evaluate(step.formula, {"x": point, "t": point})
        except UnreadError:
            return
        proved = symbolic(step.formula).subs({symbol("x"): point, symbol("t"): point})
        # Cancellation near the ends of POINTS costs eight of sixteen digits.
        assert number == pytest.approx(float(proved.evalf(DIGITS)), rel=1e-8, abs=1e-16)


DERIVATIVES = {
    "sigmoid": "= σ(x) · (1 − σ(x))",
    "tanh": "= (1 + tanh(x)) · (1 − tanh(x))",
    "softplus": "= σ(x)",
    "silu": "= σ(x) · (1 + x · (1 − σ(x)))",
    "gelu": "= Φ(x) + x · φ(x)",
}
"""The line of a lesson in which the derivative of its activation is complete."""


@pytest.mark.parametrize("name", DERIVATIVES)
def test_the_derivative_of_a_lesson_is_that_of_the_engine(name: str) -> None:
    assert DERIVATIVES[name] in formulas(name)
    draw = random.Random(name)
    shown = sympy.lambdify(symbol("x"), symbolic(DERIVATIVES[name]), "mpmath")
    for x in (draw.uniform(-8.0, 8.0) for _ in range(200)):
        with mpmath.workdps(DIGITS):
            expected = float(shown(mpmath.mpf(x)))
        assert float(activation(name).derivative(x)) == pytest.approx(expected, rel=1e-12, abs=0)


def test_the_lessons_stand_in_the_order_of_the_note() -> None:
    assert list(LESSONS) == [
        *("chain", "sigmoid", "tanh", "relu", "softplus", "silu", "gelu"),
        *("variance", "formats"),
        *("chaos", "bptt", "rnn", "lstm", "residual", "norms", "clipping"),
    ]
    assert all(name == lesson.name for name, lesson in LESSONS.items())


def test_an_activation_finds_the_lesson_that_derives_it() -> None:
    for name in ("sigmoid", "tanh", "relu", "softplus", "silu", "gelu"):
        assert lesson_for(name) is LESSONS[name]
    assert lesson_for("mish") is None


def test_the_derivative_of_the_sigmoid_takes_the_ten_lines_of_the_note() -> None:
    definition, *lines = formulas("sigmoid")[:11]
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
        ("sigmoid", "0.25¹⁰", mpmath.mpf("0.25") ** 10),
        ("tanh", "tanh′(1)¹⁰", (1 - mpmath.tanh(1) ** 2) ** 10),
    ],
)
def test_a_number_shown_is_right_to_its_last_digit(name: str, power: str, true: Any) -> None:
    assert f"{power} ≈ {float(true):.4e}".replace("e-0", "e-") in formulas(name)


def test_a_half_is_where_the_slope_of_the_sigmoid_is_greatest() -> None:
    t = symbol("t")
    slope = symbolic("d/dt t(1 − t)")
    assert sympy.solve(slope, t) == [sympy.Rational(1, 2)]
    assert slope.diff(t) < 0
    assert "1 − 2t = 0  ⇒  t = 1/2" in formulas("sigmoid")


def conclusions(pattern: str) -> list[Any]:
    found = [
        (lesson.name, re.fullmatch(pattern, step.formula))
        for lesson in PROVED
        for step in lesson.steps
    ]
    return [
        pytest.param(*match.groups(), id=f"{name}-{match[0]}") for name, match in found if match
    ]


@pytest.mark.parametrize(
    ("end", "what", "limit"), conclusions(r"x → ([±−]?)∞  ⇒  ([^⇒→]*) → (−?\d)")
)
def test_where_x_goes_to_infinity_the_slope_goes_where_the_lesson_says(
    end: str, what: str, limit: str
) -> None:
    for sign in {"": [1], "−": [-1], "±": [1, -1]}[end]:
        found = sympy.limit(symbolic(what), symbol("x"), sign * sympy.oo)
        assert found == symbolic(limit)


@pytest.mark.parametrize(
    ("left", "right", "unknown", "sign", "value"),
    conclusions(r"(?:.*:  )?(.*) = (.*)  ⇒  (\S+) ([=≈]) (\S+)"),
)
def test_what_follows_from_an_equation_solves_it(
    left: str, right: str, unknown: str, sign: str, value: str
) -> None:
    means = {"E": lambda _: symbol("E"), "Var": lambda _: symbol("Var")}
    made = [symbolic(side, functions=means) for side in (left, right, unknown)]
    solutions = sympy.Dummy(positive=True) if made[2].is_Pow else sympy.Dummy(real=True)
    equation = (made[0] - made[1]).subs(made[2], solutions)
    given = symbolic(value.removeprefix("±"))
    for one in [given, -given] if value.startswith("±") else [given]:
        if sign == "=":
            assert sympy.simplify(equation.subs(solutions, one)) == 0
            assert sympy.simplify(equation.subs(solutions, one + 1)) != 0
        else:
            near = sympy.nsolve(equation, solutions, float(one), prec=DIGITS)
            places = len(value.partition(".")[2])
            assert abs(near - one) <= sympy.Rational(1, 2 * 10**places)


def test_the_slope_of_relu_in_the_lesson_is_that_of_the_engine() -> None:
    assert "ReLU′(0) := 0" in formulas("relu")
    slope = sympy.lambdify(symbol("x"), symbolic("ReLU′(x)"))
    for x in (-3.0, -1e-300, 0.0, 1e-300, 0.5, 40.0):
        assert float(activation("relu").derivative(x)) == slope(x)


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


def test_what_is_said_to_have_a_derivation_has_one() -> None:
    found = dict.fromkeys(name for one in LESSONS.values() for name in one.activations)
    assert tuple(found) == DERIVED


def test_the_texts_are_not_imported_before_they_are_asked_for() -> None:
    code = (
        "import sys, gradtui.app.main\n"
        "print(sorted(name for name in sys.modules if name.startswith('gradtui.lessons.')))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "['gradtui.lessons.lesson']"
