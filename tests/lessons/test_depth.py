"""The lessons on depth: each line is proved, and what they come to is what the engine finds.

What SymPy proves is `claims`; lines in matrices, or over random weights, are worked out in numbers
as they are written, and compared with the engine.
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradtui import (
    LayerNorm,
    Linear,
    Residual,
    RMSNorm,
    activation,
    critical_sigma_w2,
    gradient_flow,
    initialisation,
    mean_field,
    network_flow,
    random_network,
    recurrent_flow,
    recurrent_jacobian,
)
from gradtui.cli.commands import setup_of
from gradtui.cli.parsers import parsed
from gradtui.lessons import LESSONS, Lesson
from gradtui.lessons.depth import DEPTH
from gradtui.lessons.formulas import Continued, read
from gradtui.lessons.values import evaluate
from gradtui.mathematics.blocks.records import Elementwise
from gradtui.mathematics.wide.block_path import block_path
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.path import gradient_path
from gradtui.models.recurrent.clipping import at_value
from gradtui.views import VIEWS

sympy = pytest.importorskip("sympy", reason="the symbolic proof needs SymPy")

from support.claims import Claim, claims  # noqa: E402
from support.commands import run  # noqa: E402
from support.matrices import sides, valued  # noqa: E402
from support.planted import wrong  # noqa: E402
from support.symbolic import expectation, symbol, symbolic, unknown  # noqa: E402

# ------------------------------------------------------------------------ proof


def positive(name: str) -> Any:
    return sympy.Symbol(name, positive=True)


def is_of_unknown(expression: Any) -> bool:
    """Whether a function of which nothing is known stands in it: f, f′ or F."""
    return any(type(one).__name__[0] in "fF" for one in expression.atoms(sympy.Function))


@functools.cache
def mean(inner: Any) -> Any:
    return sympy.Function("E")(inner) if is_of_unknown(inner) else expectation(inner)


@functools.cache
def spread(inner: Any) -> Any:
    if is_of_unknown(inner):
        return sympy.Function("Var")(inner)
    return expectation(inner**2) - expectation(inner) ** 2


def of_independent(inner: Any) -> Any:
    """The variance of a sum of branches, each of which keeps the variance of what it is given."""
    inner = sympy.expand(inner)
    if inner.is_Add:
        return sympy.Add(*map(of_independent, inner.args))
    if type(inner).__name__ == "F":
        return of_independent(inner.args[0])
    factor, branch = inner.as_independent(sympy.Function, as_Add=False)
    return factor**2 * of_independent(branch) if branch != 1 else positive("variance")


def settled(claim: Claim) -> Claim:
    """With the smaller in the place of each minimum, now that both are known."""

    def smaller(one: Any, other: Any) -> Any:
        if sympy.simplify(other - one).is_nonnegative:
            return one
        return other if sympy.simplify(one - other).is_nonnegative else sympy.Min(one, other)

    left, right = (side.replace(sympy.Min, smaller) for side in (claim.left, claim.right))
    return replace(claim, left=left, right=right)


ALPHA, BRANCH = symbol("α"), unknown("F")
STREAM = {f"h{at + 1}": symbol(f"h{at}") + ALPHA * BRANCH(symbol(f"h{at}")) for at in range(3)}
CELL = {
    f"c{t}": symbol(f"f{t}") * symbol(f"c{t - 1}") + symbol(f"i{t}") * symbol(f"g{t}")
    for t in range(1, 6)
}
OUTPUTS = {f"y{at}": symbol(f"x{at}") / symbol("s") for at in (1, 2)}
NORM, CLIP, MORE = positive("g"), positive("c"), positive("more")

CASES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "chaos": ({"q": positive("q")},),
    "residual": ({"n": 3, **STREAM},),
    "norms": ({"i": 1, "j": 2, "n": 3, **OUTPUTS},),
    "lstm": ({"n": 5, "k": 3, **CELL},),
    # A gradient longer than the clip, and a shorter one.
    "clipping": ({"g": CLIP + MORE, "c": CLIP}, {"g": NORM, "c": NORM + MORE}),
}
"""What the names of a lesson stand for besides what it defines, in each case."""

FUNCTIONS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "chaos": {"E": mean},
    "norms": {"E": mean, "Var": spread},
    "residual": {"Var": of_independent},
}

IN_NUMBERS = {
    "chaos": (1, 2, 3, 4),
    "bptt": (6, 7, 8),
    "rnn": (2,),
    "residual": (5,),
    "norms": (7, 8, 9, 10, 11, 12),
}
"""Steps in matrices or over random weights, each of which has a test of its own below."""


def claimed(lesson: Lesson) -> list[Claim]:
    besides = {lesson.steps[at - 1].formula for at in IN_NUMBERS.get(lesson.name, ())}
    return [
        settled(claim)
        for names in CASES.get(lesson.name, ({},))
        for claim in claims(lesson, names, FUNCTIONS.get(lesson.name, {}), besides)
    ]


CLAIMED = {lesson.name: claimed(lesson) for lesson in DEPTH}
CLAIMS = [
    pytest.param(claim, id=f"{name}-{claim.number}")
    for name, of_lesson in CLAIMED.items()
    for claim in of_lesson
]
CONTINUED = [
    pytest.param(lesson, number, id=f"{lesson.name}-{number}")
    for lesson in DEPTH
    for number, step in enumerate(lesson.steps, start=1)
    if step.continues
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_a_line_claims_is_proved(claim: Claim) -> None:
    assert claim.holds, f"{claim.left} is not {claim.right}"


@pytest.mark.parametrize("lesson", DEPTH, ids=lambda lesson: lesson.name)
def test_every_line_that_continues_is_among_what_is_proved(lesson: Lesson) -> None:
    continued = {number for number, step in enumerate(lesson.steps, start=1) if step.continues}
    assert continued
    assert continued <= {claim.number for claim in CLAIMED[lesson.name]}


@pytest.mark.parametrize(("lesson", "number"), CONTINUED)
def test_a_wrong_sign_in_a_continued_line_is_found(lesson: Lesson, number: int) -> None:
    of_line = [claim for claim in CLAIMED[lesson.name] if claim.number == number]
    for formula in wrong(lesson.steps[number - 1].formula):
        line = read(formula)
        assert isinstance(line, Continued)
        planted = [settled(claim.instead(line.inner)) for claim in of_line]
        assert not all(claim.holds for claim in planted), formula


# ----------------------------------------------------------- what lines come to


def formula(name: str, number: int) -> str:
    return LESSONS[name].steps[number - 1].formula


def statement(name: str, number: int, beginning: str) -> tuple[Any, Any]:
    """Both sides of a line in matrices, which begins so."""
    assert formula(name, number).startswith(beginning)
    left, *_, right = sides(formula(name, number))
    return left, right


def in_numbers(node: Any, names: Mapping[str, Any], **functions: Callable[..., Any]) -> float:
    return float(symbolic(node, names, functions).evalf(20))


NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(200)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def quadrature(inner: Any) -> Any:
    """The mean over z, standard normal, by Gauss and Hermite."""
    values = sympy.lambdify(symbol("z"), inner, "numpy")(NODES)
    return sympy.Float(float(np.sum(WEIGHTS * values)), 17)


DRAWS = range(5)


@pytest.mark.parametrize("seed", DRAWS)
def test_chaos_its_map_and_its_rate_are_those_of_the_engine(seed: int) -> None:
    draw = random.Random(seed)
    sigma_w, sigma_b = draw.uniform(0.7, 1.6), draw.uniform(0.1, 0.5)
    theirs = mean_field("tanh", sigma_w**2, sigma_b**2)
    functions = {"f": sympy.tanh, "E": quadrature}
    names = {"σw": sigma_w, "σb": sigma_b, "q*": theirs.q}

    _, after = sides(formula("chaos", 1))
    path = gradient_path("tanh", sigma_w**2, sigma_b**2, depth=6, x=1.0)
    for at in range(5):
        q = in_numbers(after, {**names, "ql": 10.0 ** path.log10_q[at]}, **functions)
        assert math.log10(q) == pytest.approx(path.log10_q[at + 1], abs=1e-8)  # a table's accuracy

    fixed, again = sides(formula("chaos", 2))
    assert in_numbers(again, names, **functions) == pytest.approx(
        in_numbers(fixed, names), rel=1e-8
    )
    _, rate = sides(formula("chaos", 3))
    chi = in_numbers(rate, names, **functions)
    assert chi == pytest.approx(theirs.chi, rel=1e-8)

    shown = read(formula("chaos", 5))
    scale = in_numbers(shown.first, {"χ": chi})  # type: ignore[union-attr]
    assert scale == pytest.approx(theirs.xi_gradient, rel=1e-6)  # 1/ln χ near an edge magnifies


def test_chaos_two_inputs_that_almost_agree_come_apart_by_chi() -> None:
    """(1 − c) after a layer, over (1 − c) before it, by a quadrature in two dimensions."""
    sigma_w2, sigma_b2 = 1.8, 0.1
    theirs = mean_field("tanh", sigma_w2, sigma_b2)
    z1, z2 = np.meshgrid(NODES, NODES)
    weights = np.outer(WEIGHTS, WEIGHTS)
    ratios = []
    for delta in (1e-3, 1e-5):
        c = 1.0 - delta
        u1 = math.sqrt(theirs.q) * z1
        u2 = math.sqrt(theirs.q) * (c * z1 + math.sqrt(1.0 - c * c) * z2)
        apart = sigma_w2 * np.sum(weights * (np.tanh(u1) - np.tanh(u2)) ** 2) / (2.0 * theirs.q)
        ratios.append(apart / delta / theirs.chi - 1.0)
    assert abs(ratios[1]) < 2e-5
    assert abs(ratios[1]) < abs(ratios[0]) / 50.0  # it is the limit as c → 1


@pytest.mark.parametrize("sigma_w2", [1.8, 2.2])
def test_chaos_the_squared_gradient_is_multiplied_by_chi_a_layer(sigma_w2: float) -> None:
    """Of ReLU this holds at any width: the mean over networks of ‖g₀‖² / ‖g_L‖²."""
    depth, units, networks = 5, 60, 400
    recipe = initialisation(f"normal(sigma_w={math.sqrt(sigma_w2)!r})")
    draw = np.random.default_rng(0)
    ratios = []
    for seed in range(networks):
        network = random_network([units] * (depth + 1), recipe, "relu", seed)
        x, upstream = draw.standard_normal((2, 1, units))
        flow = gradient_flow("relu", network.weights, network.biases, x, upstream)
        ratios.append(10.0 ** (2.0 * (flow.log10_grad_hidden[0] - flow.log10_grad_hidden[-1])))
    _, rate = sides(formula("chaos", 4))
    expected = in_numbers(rate, {"χ": sigma_w2 / 2}, E=lambda inner: sympy.Integer(1)) ** depth
    error = np.std(ratios) / math.sqrt(networks)
    assert abs(np.mean(ratios) - expected) < 4.0 * error


@pytest.mark.parametrize("seed", DRAWS)
def test_chaos_the_rate_of_relu_is_that_of_the_engine(seed: int) -> None:
    sigma_w = random.Random(seed).uniform(0.3, 2.5)
    (rate,) = sides(formula("chaos", 8))
    theirs = mean_field("relu", sigma_w**2, 0.0).chi
    assert in_numbers(rate, {"σw": sigma_w}) == pytest.approx(theirs, rel=1e-12)


def concluded(name: str, number: int) -> tuple[Any, Any]:
    """Both sides of what stands behind ⇒ or ⇔."""
    conclusion = read(formula(name, number)).rest[0][1]  # type: ignore[union-attr]
    return conclusion.first, conclusion.rest[0][1]  # type: ignore[union-attr]


def test_chaos_relu_is_at_the_edge_where_its_rate_is_one() -> None:
    (rate,) = sides(formula("chaos", 8))
    square, value = map(symbolic, concluded("chaos", 9))
    assert sympy.solve(symbolic(rate) - 1, square) == [value]
    assert formula("chaos", 9).startswith("χ = 1  ⇔  ")


# ------------------------------------------------------------------------- time


def tanh_cell(seed: int, steps: int, units: int = 4, inputs: int = 3) -> dict[str, Any]:
    """W, U, and of a sequence x, h, D and ∂L/∂h of every step, found by hand."""
    draw = np.random.default_rng(seed)
    names: dict[str, Any] = {
        "W": draw.standard_normal((units, units)) / math.sqrt(units),
        "U": draw.standard_normal((units, inputs)),
        "h0": np.zeros((units, 1)),
        "n": steps,
    }
    for t in range(1, steps + 1):
        names[f"x{t}"] = draw.standard_normal((inputs, 1))
        names[f"h{t}"] = np.tanh(names["W"] @ names[f"h{t - 1}"] + names["U"] @ names[f"x{t}"])
        names[f"D{t}"] = np.diag(1.0 - names[f"h{t}"][:, 0] ** 2)
    names[f"∂L/∂h{steps}"] = draw.standard_normal((units, 1))
    return names


def parameters(names: Mapping[str, Any]) -> dict[str, Any]:
    zero = np.zeros(len(names["W"]))
    return {
        "weight_ih_l0": names["U"],
        "weight_hh_l0": names["W"],
        "bias_ih_l0": zero,
        "bias_hh_l0": zero,
    }


def sequence(names: Mapping[str, Any]) -> Any:
    return np.array([names[f"x{t}"].T for t in range(1, names["n"] + 1)])


@pytest.mark.parametrize("seed", DRAWS)
def test_bptt_its_matrices_are_those_of_the_engine(seed: int) -> None:
    steps = 8
    names = tanh_cell(seed, steps)
    flow = recurrent_flow(
        "tanh", parameters(names), sequence(names), names[f"∂L/∂h{steps}"].T, entries=True
    )
    _, one_step = statement("bptt", 6, "∂L/∂hₜ₋₁ = ")
    _, many = statement("bptt", 7, "∂L/∂hₜ = ")
    for t in range(steps, 0, -1):
        names[f"∂L/∂h{t - 1}"] = valued(one_step, {**names, "t": t})
    for t in range(steps):
        there = names[f"∂L/∂h{t}"]
        np.testing.assert_allclose(valued(many, {**names, "t": t}), there, rtol=1e-12, atol=1e-13)
        norm = math.log10(np.linalg.norm(there))
        assert norm == pytest.approx(flow.log10_grad_hidden[t], abs=1e-12)
    _, total = statement("bptt", 8, "∂L/∂W = ")
    assert flow.log10_grad_parameters_entries is not None
    entries = flow.log10_grad_parameters_entries["weight_hh_l0"]
    # Terms cancel in a sum: what is left is known to 1e-12 of the largest entry.
    sizes = abs(valued(total, names))
    np.testing.assert_allclose(10.0**entries, sizes, rtol=1e-12, atol=1e-12 * sizes.max())


@pytest.mark.parametrize("seed", DRAWS)
def test_rnn_one_step_is_that_of_the_engine_and_the_bound_holds(seed: int) -> None:
    steps = 30
    names = tanh_cell(seed, steps)
    lags = recurrent_jacobian("tanh", parameters(names), sequence(names)[:, 0], range(1, steps))
    _, one_step = statement("rnn", 2, "∂hₜ/∂hₜ₋₁ = ")
    values = np.linalg.svd(valued(one_step, {**names, "t": steps}), compute_uv=False)
    np.testing.assert_allclose(10.0 ** lags.log10_singular_values[0], values, rtol=1e-11)

    largest = np.linalg.norm(names["W"], 2)
    names |= {"γ": activation("tanh").max_abs_derivative, "σmax": lambda w: np.linalg.norm(w, 2)}
    (step, apart, bound) = (valued(one, {**names, "t": 1}) for one in sides(formula("rnn", 3)))
    assert step <= apart <= bound
    assert bound == pytest.approx(largest)
    for lag, found in zip(lags.lags, lags.log10_largest, strict=True):
        assert found <= lag * math.log10(bound) + 1e-12


def test_rnn_an_eigenvalue_and_a_half_life_are_those_of_the_engine() -> None:
    steps, draw = 50, np.random.default_rng(0)
    cell = {"W": 0.9 * np.eye(3), "U": np.ones((3, 1)), "n": steps}
    upstream = draw.standard_normal((1, 3))
    flow = recurrent_flow("tanh", parameters(cell), np.zeros((steps, 1, 1)), upstream)
    left = 10.0 ** (flow.log10_grad_hidden - flow.log10_grad_hidden[-1])
    assert left[0] == pytest.approx(evaluate("0.9⁵⁰"), rel=1e-12)
    assert float(f"{left[0]:.4e}") == evaluate(formula("rnn", 5))
    half = evaluate(formula("rnn", 6), {"r": 0.9})
    lags = np.arange(steps, -1, -1)
    assert np.interp(math.log(0.5), np.log(left), lags) == pytest.approx(half, rel=1e-12)


def test_rnn_a_large_singular_value_is_needed_to_explode_and_does_not_suffice() -> None:
    turning = {"W": np.array([[0.0, 2.0], [0.0, 0.0]]), "U": np.zeros((2, 1)), "n": 2}
    x = np.zeros((3, 1))
    lags = recurrent_jacobian("tanh", parameters(turning), x, [1, 2])
    assert 10.0 ** lags.log10_largest[0] == pytest.approx(2.0, rel=1e-12)
    assert lags.log10_largest[1] == -math.inf


def lstm_cell(seed: int, forget_bias: float, *, recurrent: float, inputs: float) -> dict[str, Any]:
    """One unit: PyTorch's order of gates is i, f, g, o."""
    draw = np.random.default_rng(seed)
    bias = np.zeros(4)
    bias[1] = forget_bias
    return {
        "weight_ih_l0": inputs * draw.standard_normal((4, 1)),
        "weight_hh_l0": recurrent * draw.standard_normal((4, 1)),
        "bias_ih_l0": bias,
        "bias_hh_l0": np.zeros(4),
    }


@pytest.mark.parametrize("seed", DRAWS)
def test_lstm_along_the_cell_the_forget_gates_multiply(seed: int) -> None:
    steps, b = 12, 0.5
    cell = lstm_cell(seed, b, recurrent=0.0, inputs=1.0)
    x = np.random.default_rng(seed + 100).standard_normal((steps, 1, 1))
    flow = recurrent_flow("lstm", cell, x, np.ones((1, 1)))
    assert flow.log10_grad_cell is not None
    _, gate = sides(formula("lstm", 1))
    names: dict[str, Any] = {"W": 0.0, "U": cell["weight_ih_l0"][1, 0], "b": b, "n": steps}
    names["σ"] = lambda v: 1.0 / (1.0 + np.exp(-v))
    for t in range(1, steps + 1):
        at = {**names, "t": t, f"h{t - 1}": 0.0, f"x{t}": x[t - 1, 0, 0]}
        names[f"f{t}"] = valued(gate, at)
    _, product = sides(formula("lstm", 4))
    for k in range(1, steps + 1):
        left = flow.log10_grad_cell[steps - k] - flow.log10_grad_cell[steps]
        assert math.log10(valued(product, {**names, "k": k})) == pytest.approx(left, abs=1e-12)


def test_lstm_what_goes_through_the_gates_is_set_aside_and_would_count() -> None:
    """Where states act on the gates, the whole gradient is not the product of forget gates."""
    x = np.random.default_rng(1).standard_normal((12, 1, 1))
    flow = recurrent_flow("lstm", lstm_cell(1, 0.5, recurrent=1.0, inputs=1.0), x, np.ones((1, 1)))
    assert flow.log10_grad_cell is not None
    along = float(np.sum(np.log10(flow.gates["f"])))
    assert abs(flow.log10_grad_cell[0] - flow.log10_grad_cell[-1] - along) > 1e-3
    assert "set aside" in LESSONS["lstm"].steps[2].reason.en


@pytest.mark.parametrize("seed", DRAWS)
def test_lstm_a_forget_bias_sets_the_rate_and_that_of_chrono_forgets_one_in_t(seed: int) -> None:
    draw = random.Random(seed)
    for b in (draw.uniform(-3.0, 6.0), math.log(99.0)):
        cell = lstm_cell(seed, b, recurrent=0.0, inputs=0.0)
        flow = recurrent_flow("lstm", cell, np.zeros((100, 1, 1)), np.ones((1, 1)))
        assert flow.log10_grad_cell is not None
        kept = 10.0 ** ((flow.log10_grad_cell[0] - flow.log10_grad_cell[-1]) / 100.0)
        assert evaluate(formula("lstm", 6), {"b": b}) == pytest.approx(kept, rel=1e-12)
    assert evaluate(formula("lstm", 11), {"T": 100.0}) == pytest.approx(kept, rel=1e-12)
    assert evaluate(formula("lstm", 12)) == pytest.approx(kept**100, abs=5e-5)


# ----------------------------------------------------------------------- blocks


@pytest.mark.parametrize("seed", DRAWS)
def test_residual_the_product_of_sums_is_that_of_the_engine(seed: int) -> None:
    draw = random.Random(seed)
    alpha, weight, bias, start = (draw.uniform(-1.5, 1.5) for _ in range(4))
    branch = [Linear([[weight]], [bias]), Elementwise("tanh")]
    flow = network_flow([Residual(branch, alpha)] * 3, [[start]], [[1.0]])

    def f(x: Any) -> Any:
        return sympy.tanh(weight * x + bias)

    _, product = sides(formula("residual", 4))
    names: dict[str, Any] = {"n": 3, "α": alpha, "h0": start}
    for at in range(3):
        h = symbol(f"h{at}")
        names[f"h{at + 1}"] = h + symbol("α") * f(h)
    shown = in_numbers(product, names, F=f)
    assert math.log10(abs(shown)) == pytest.approx(flow.log10_grad_hidden[0], abs=1e-12)


@pytest.mark.parametrize("seed", DRAWS)
def test_residual_its_jacobian_is_that_of_the_engine(seed: int) -> None:
    draw = np.random.default_rng(seed)
    weight, start, upstream = draw.standard_normal((4, 4)), *draw.standard_normal((2, 1, 4))
    alpha = 0.6
    block = Residual([Linear(weight), Elementwise("tanh")], alpha)
    flow = network_flow([block], start, upstream)
    slopes = 1.0 - np.tanh(weight @ start[0]) ** 2
    names = {"I": np.eye(4), "α": alpha, "Jl": slopes[:, None] * weight}
    _, jacobian = statement("residual", 5, "∂hₗ₊₁/∂hₗ = ")
    there = np.linalg.norm(valued(jacobian, names).T @ upstream[0])
    assert math.log10(there) == pytest.approx(flow.log10_grad_hidden[0], abs=1e-12)


@pytest.mark.parametrize(
    ("block", "depth", "step"),
    [
        ("preact(norm=none)", 20, 9),
        ("preact(norm=none)", 7, 9),
        ("preact(norm=none, alpha=1/sqrt(L))", 50, 10),
        ("preact(norm=none, alpha=1/sqrt(L))", 3, 10),
    ],
)
def test_residual_stream_and_gradient_grow_as_theory_has_it(
    block: str, depth: int, step: int
) -> None:
    """Of a branch that keeps both: two matrices of He's variance, with ReLU before each."""
    path = block_path(block, "relu", 2.0, depth=depth)
    _, variance = concluded("residual", step)
    names = {"n": depth, "h0": 1.0, "Var": lambda h: h}
    growth = math.log10(valued(variance, names))
    assert 2.0 * path.log10_stream[-1] == pytest.approx(growth, abs=1e-8)
    assert 2.0 * path.log10_grad_hidden[0] == pytest.approx(growth, abs=1e-8)


def test_residual_the_square_stays_below_e_and_goes_to_it() -> None:
    n = positive("n")
    power, e = sides(formula("residual", 11))
    shown = symbolic(power).xreplace({symbol("n"): n})
    assert symbolic(e) == sympy.E
    assert sympy.limit(shown, n, sympy.oo) == sympy.E
    assert all(shown.subs(n, depth) < sympy.E for depth in (1, 2, 10, 1000))
    # n ln(1 + 1/n) < 1, since ln(1 + t) < t: its slope is below 1 for t > 0, and both are 0 at 0.
    t = positive("t")
    assert (1 - sympy.diff(sympy.log(1 + t), t)).simplify().is_positive


def test_residual_branches_that_begin_at_zero_pass_everything() -> None:
    draw = np.random.default_rng(0)
    branch = [Linear(draw.standard_normal((4, 4))), Elementwise("relu"), Linear(np.zeros((4, 4)))]
    flow = network_flow([Residual(branch)] * 50, *draw.standard_normal((2, 2, 4)))
    assert np.ptp(flow.log10_grad_hidden) == 0.0
    _, product = sides(formula("residual", 4))
    _, left = concluded("residual", 12)
    assert symbolic(product, {"n": 3}, {"F": lambda _: sympy.Integer(0)}) == symbolic(left) == 1
    assert formula("residual", 12).startswith("F′(hₗ) = 0  ⇒  ∂hₙ/∂h₀ = ")


NEXT_TO_NOTHING = 1e-100


@pytest.mark.parametrize("seed", DRAWS)
@pytest.mark.parametrize(("step", "norm"), [(7, RMSNorm), (8, LayerNorm)])
def test_norms_their_jacobians_are_those_of_the_engine(step: int, norm: Any, seed: int) -> None:
    draw = np.random.default_rng(seed)
    n = 5
    x, upstream = draw.standard_normal((2, n, 1))
    centred = x - x.mean() if norm is LayerNorm else x
    s = math.sqrt(float(np.mean(centred**2)))
    names = {"I": np.eye(n), "u": np.ones((n, 1)), "n": n, "s": s, "y": centred / s}
    _, jacobian = statement("norms", step, "∂y/∂x = ")
    there = math.log10(np.linalg.norm(valued(jacobian, names).T @ upstream))
    flow = network_flow([norm(eps=NEXT_TO_NOTHING)], x.T, upstream.T)
    assert there == pytest.approx(flow.log10_grad_hidden[0], abs=1e-12)


def test_norms_the_entries_derived_are_those_of_the_matrix() -> None:
    (entry,) = sides(formula("norms", 6))
    _, matrix = sides(formula("norms", 7))
    x = np.array([[0.3], [-1.2], [0.7]])
    s = math.sqrt(float(np.mean(x**2)))
    names: dict[str, Any] = {"I": np.eye(3), "n": 3, "s": s, "y": x / s}
    names |= {f"y{at}": float(x[at - 1, 0]) / s for at in (1, 2, 3)}
    whole = valued(matrix, names)
    for i in (1, 2, 3):
        for j in (1, 2, 3):
            apart = valued(entry, {**names, "i": i, "j": j}) + (1.0 / s if i == j else 0.0)
            assert apart == pytest.approx(whole[i - 1, j - 1], abs=1e-15)


@pytest.mark.parametrize("norm", [RMSNorm, LayerNorm])
@pytest.mark.parametrize("seed", DRAWS)
def test_norms_the_scale_of_the_input_is_lost_and_divides_the_gradient(
    seed: int, norm: Any
) -> None:
    draw = np.random.default_rng(seed)
    a = random.Random(seed).uniform(0.1, 10.0)
    x, upstream = draw.standard_normal((2, 1, 5))

    def gradient(x: Any) -> float:
        flow = network_flow([norm(eps=NEXT_TO_NOTHING)], x, upstream)
        return float(10.0 ** flow.log10_grad_hidden[0])

    def output(x: Any) -> Any:
        """Squashed after it, and summed: the gradient of this tells one output from another."""
        layers = [norm(eps=NEXT_TO_NOTHING), Linear(upstream)]
        return float(10.0 ** network_flow(layers, x, [[1.0]]).log10_hidden[-1])

    names = {"a": a, "x": x, "N": output, "N′": gradient}
    for step in (9, 10):
        left, right = (valued(side, names) for side in sides(formula("norms", step)))
        assert left == pytest.approx(right, rel=1e-12)


KEEPING = math.sqrt(2.0)
"""σw² of two matrices with ReLU between them that keep the second moment, there and back."""


def test_norms_post_norm_halves_the_square_along_the_skip() -> None:
    path = block_path("post_norm(norm=rms)", "relu", KEEPING, depth=20)
    along = 10.0**path.log10_chi / (1.0 + 10.0**path.log10_branch)
    # The engine's norms have an eps of 1e-6.
    np.testing.assert_allclose(along, 0.5, rtol=3e-6)
    assert math.prod(along) ** 0.5 == pytest.approx(evaluate("√(1/2)²⁰"), rel=3e-5)
    assert formula("norms", 11) == "hₗ₊₁ = N(hₗ + F(hₗ))"


@pytest.mark.parametrize("depth", [1, 5, 20])
def test_norms_pre_norm_grows_by_one_a_block(depth: int) -> None:
    product, total = sides(formula("norms", 13))
    block, n = sympy.symbols("l n", integer=True, positive=True)
    factor = 1 + 1 / (1 + block)
    assert sympy.simplify(sympy.Product(factor, (block, 0, n - 1)).doit() - (n + 1)) == 0
    path = block_path("pre_norm(norm=rms)", "relu", KEEPING, depth=depth)
    for side in (product, total):
        shown = math.log10(valued(side, {"n": depth}))
        # The engine's norms have an eps of 1e-6.
        assert 2.0 * path.log10_grad_hidden[0] == pytest.approx(shown, abs=3e-6)
    assert formula("norms", 12) == "hₗ₊₁ = hₗ + F(N(hₗ))"


@pytest.mark.parametrize(("name", "f"), [("relu", lambda x: sympy.Max(x, 0)), ("tanh", sympy.tanh)])
def test_norms_the_rate_of_batch_norm_is_that_of_the_engine(
    name: str, f: Callable[[Any], Any]
) -> None:
    moments = expectations(activation(name)).moments(np.array(1.0))
    theirs = float(moments.slope_square / moments.variance)
    limit = block_path("plain(norm=batch)", name, 1.3, depth=12).log10_chi
    assert 10.0 ** limit[-1] == pytest.approx(theirs, rel=3e-5)  # its eps is 1e-5
    if name == "relu":
        (shown,) = sides(formula("norms", 22))
        assert in_numbers(shown, {}) == pytest.approx(theirs, rel=1e-12)
        return
    (shown,) = sides(formula("norms", 15))

    def variance(inner: Any) -> Any:
        return quadrature(inner**2) - quadrature(inner) ** 2

    assert in_numbers(shown, {}, f=f, E=quadrature, Var=variance) == pytest.approx(theirs, rel=1e-8)


# --------------------------------------------------------------------- clipping


@pytest.mark.parametrize("c", [0.3, 1.0, 50.0])
def test_clipping_by_norm_bounds_it_and_keeps_the_direction(c: float) -> None:
    torch = pytest.importorskip("torch", reason="compared with PyTorch's clip_grad_norm_")
    g = np.random.default_rng(0).standard_normal((7, 1)) * 3.0
    parameter = torch.nn.Parameter(torch.zeros(7, dtype=torch.float64))
    parameter.grad = torch.tensor(g[:, 0])
    torch.nn.utils.clip_grad_norm_([parameter], c)
    names = {"g": g, "c": c, "min": min}
    names["a"] = evaluate(formula("clipping", 1), {"c": c, "g": float(np.linalg.norm(g))})
    _, clipped = sides(formula("clipping", 2))
    names["y"] = valued(clipped, names)
    # PyTorch divides by ‖g‖ + 1e-6.
    np.testing.assert_allclose(names["y"][:, 0], parameter.grad.numpy(), rtol=2e-6 / c)
    left, right = (valued(side, names) for side in sides(formula("clipping", 5)))
    np.testing.assert_allclose(left, right, rtol=1e-14)
    length, most = (valued(side, {**names, "η": 0.1}) for side in sides(formula("clipping", 6)))
    assert length <= most * (1.0 + 1e-15)


def test_clipping_by_value_turns_the_gradient_as_the_engine_has_it() -> None:
    cosine = evaluate(formula("clipping", 9))
    found = at_value([np.log10([1.0, 10.0])], 0.0)
    assert found.degrees == pytest.approx(math.degrees(math.acos(cosine)), rel=1e-12)
    assert f"{found.degrees:.0f} degrees" in LESSONS["clipping"].steps[9].reason.en
    assert f"{found.degrees:.0f}도" in LESSONS["clipping"].steps[9].reason.ko
    names = {"c": 1.0}
    shown = formula("clipping", 7).partition(" = ")[2]
    each = [evaluate(shown, {**names, "gi": g}) for g in (1.0, 10.0, -10.0)]
    assert each == [1.0, 1.0, -1.0]


# --------------------------------------------- what is predicted, and what is shown


def left_of(flow: Any) -> float:
    """What is left of ∂L/∂h at the beginning."""
    return float(10.0 ** (flow.log10_grad_hidden[0] - flow.log10_grad_hidden[-1]))


def of_one_unit(weight: float, x: list[float], cell: str = "tanh") -> float:
    """What is left after these inputs, with an input weight of 1."""
    names = {"W": np.array([[weight]]), "U": np.eye(1)}
    return left_of(recurrent_flow(cell, parameters(names), np.reshape(x, (-1, 1, 1)), [[1.0]]))


def resting(h: float, steps: int) -> float:
    """What so many steps leave of a gradient where the state rests at h, with a weight of 1."""
    x = [math.atanh(h)] + [math.atanh(h) - h] * steps
    names = {"W": np.eye(1), "U": np.eye(1)}
    flow = recurrent_flow("tanh", parameters(names), np.reshape(x, (-1, 1, 1)), [[1.0]])
    return float(10.0 ** (flow.log10_grad_hidden[1] - flow.log10_grad_hidden[-1]))


def along_cell(forget_bias: float, steps: int) -> float:
    cell = lstm_cell(0, forget_bias, recurrent=0.0, inputs=0.0)
    flow = recurrent_flow("lstm", cell, np.zeros((steps, 1, 1)), np.ones((1, 1)))
    assert flow.log10_grad_cell is not None
    return float(10.0 ** (flow.log10_grad_cell[0] - flow.log10_grad_cell[-1]))


def passed_by_norm(scale: float) -> float:
    x, upstream = np.random.default_rng(0).standard_normal((2, 1, 5))
    return float(10.0 ** network_flow([RMSNorm(eps=NEXT_TO_NOTHING)], scale * x, upstream)
                 .log10_grad_hidden[0])  # fmt: skip


def along_skips(blocks: int) -> float:
    path = block_path("post_norm(norm=rms)", "relu", KEEPING, depth=blocks)
    return float(np.prod(10.0**path.log10_chi / (1.0 + 10.0**path.log10_branch)) ** 0.5)


def grown(block: str, sigma_w2: float, depth: int) -> float:
    return float(10.0 ** block_path(block, "relu", sigma_w2, depth=depth).log10_grad_hidden[0])


def stream(block: str, sigma_w2: float, depth: int) -> float:
    """By what the variance of the stream is multiplied."""
    path = block_path(block, "relu", sigma_w2, depth=depth)
    return float(10.0 ** (2.0 * (path.log10_stream[-1] - path.log10_stream[0])))


def normed(depth: int) -> float:
    """By what so many layers with batch norm multiply a gradient, below layers alike."""
    rates = block_path("plain(norm=batch)", "relu", 2.0, depth=depth + 1).log10_chi[1:]
    return float(10.0 ** (0.5 * rates.sum()))


EXACT, OF_A_NORM = 1e-12, 1e-3
"""Relative; a norm's eps of 1e-6, of batch norm 1e-5, adds up over some twenty blocks."""

PREDICTED: Mapping[tuple[str, int], tuple[Callable[[], float], float]] = {
    ("chaos", 4): (
        lambda: float(10.0 ** gradient_path("relu", 1.8, depth=100).log10_grad_hidden[0]),
        1e-7,
    ),
    ("chaos", 5): (lambda: mean_field("relu", 1.8).xi_gradient, EXACT),
    ("chaos", 9): (lambda: critical_sigma_w2("relu"), EXACT),
    ("bptt", 5): (lambda: resting(0.5, 10), EXACT),
    ("bptt", 7): (lambda: math.log2(of_one_unit(2.0, [0.0] * 40)), EXACT),
    ("rnn", 5): (lambda: of_one_unit(0.9, [0.0] * 50), EXACT),
    ("rnn", 6): (
        lambda: 50.0 * math.log(0.5) / math.log(of_one_unit(0.9, [0.0] * 50)),
        EXACT,
    ),
    ("rnn", 10): (lambda: 1.0 / activation("sigmoid").max_abs_derivative, EXACT),
    ("lstm", 4): (lambda: along_cell(0.0, 10), EXACT),
    ("lstm", 6): (lambda: 30.0 * math.log(0.5) / math.log(along_cell(1.0, 30)), EXACT),
    ("lstm", 12): (lambda: along_cell(math.log(99.0), 100), EXACT),
    ("residual", 9): (lambda: grown("preact(norm=none)", 2.0, 20), 1e-8),
    ("residual", 10): (lambda: stream("preact(norm=none, alpha=1/sqrt(L))", 2.0, 50), 1e-8),
    ("residual", 12): (lambda: grown("preact(norm=none, init=zero)", 2.0, 50), EXACT),
    ("norms", 10): (lambda: passed_by_norm(8.0) / passed_by_norm(1.0), EXACT),
    ("norms", 11): (lambda: along_skips(20), OF_A_NORM),
    ("norms", 13): (lambda: grown("pre_norm(norm=rms)", KEEPING, 20), OF_A_NORM),
    ("norms", 23): (lambda: normed(20), OF_A_NORM),
    ("clipping", 4): (lambda: 10.0 ** at_value([np.array([6.0])], 0.0).log10_after, EXACT),
    ("clipping", 9): (
        lambda: math.cos(math.radians(at_value([np.log10([1.0, 10.0])], 0.0).degrees)),
        EXACT,
    ),
}
"""What the engine says to each question, and how near that is."""

QUESTIONS = [
    (lesson.name, number)
    for lesson in DEPTH
    for number, step in enumerate(lesson.steps, start=1)
    if step.predicts
]


@pytest.mark.parametrize(("name", "number"), QUESTIONS)
def test_the_answer_to_a_question_is_what_the_engine_finds(name: str, number: int) -> None:
    asked = LESSONS[name].steps[number - 1].predicts
    assert asked is not None
    engine, near = PREDICTED[name, number]
    assert evaluate(asked.answer) == pytest.approx(engine(), rel=near)


@pytest.mark.parametrize("lesson", DEPTH, ids=lambda lesson: lesson.name)
def test_a_lesson_asks_two_to_four_questions(lesson: Lesson) -> None:
    assert 2 <= sum(name == lesson.name for name, _ in QUESTIONS) <= 4


SAID: Mapping[tuple[str, int], tuple[str, ...]] = {
    ("chaos", 1): ("χ = σw² E[f′²] = 2.25", "q* = 0.871"),
    ("chaos", 4): ("100 layers leave 0.0052", "×0.9487 a layer", "= 0.9 as q → 0"),
    ("chaos", 6): ("χ = σw² E[f′²] = 2 × 0.5 = 1", "critical at this σb is σw = 1.41421"),
    ("bptt", 1): ("100 steps back",),
    ("bptt", 8): ("99 % of ∂L/∂W", "that sum hides the vanishing"),
    ("rnn", 1): ("vanishing in all 50 cells",),
    ("rnn", 5): ("×0.0052", "×0.9 a step", "6.58", "f′ makes ×1 of it"),
    ("rnn", 10): ("below 1/max f′ = 1: that suffices for every gradient to vanish",),
    ("rnn", 11): ("vanishing in all", "needed for a gradient to explode, and not sufficient"),
    ("lstm", 1): ("f keeps ×0.5 of it",),
    ("lstm", 5): ("a forget bias of 0 keeps σ(0) a step: half lasts 1 step",),
    ("lstm", 7): ("f 0.99", "half lasts 69 steps"),
    ("residual", 1): ("vanishing in all 20 networks",),
    ("residual", 6): ("together √(1 + 1²) makes ×1.4 a block", "Theory: ×1024"),
    ("residual", 10): ("Theory: ×1.6", "beside the skip's 1"),
    ("residual", 12): ("all of the loss's gradient arrives",),
    ("norms", 1): ("pre_norm(norm=rms)",),
    ("norms", 11): ("the RMS norm divides both",),
    ("norms", 12): ("Theory: ×4.6", "The stream goes to ×4.6"),
    ("norms", 14): ("√(E[f′²]/Var f) = ×1.2 a layer in theory, whatever the weights",),
    ("clipping", 1): ("in the median, 1 after it", "clipped or not"),
    ("clipping", 7): ("its direction turns by",),
    ("clipping", 11): ("Nothing is clipped at 10", "helps nothing that vanishes"),
    ("clipping", 12): ("Clipped at 1", "clipped or not", "smaller alike"),
}
"""What the picture beside a step has to say, so that the step may speak of it."""

SHOWN = [
    (lesson.name, number, step.shows)
    for lesson in DEPTH
    for number, step in enumerate(lesson.steps, start=1)
    if step.shows
]


@pytest.mark.parametrize(("name", "number", "shows"), SHOWN)
def test_what_a_step_shows_is_a_command(name: str, number: int, shows: str) -> None:
    options = parsed(shows.split())
    view = VIEWS[options.command]
    given = {
        knob.name: value
        for knob in view.all_knobs
        if (value := getattr(options, knob.name)) is not None
    }
    setup_of(view, options.names, given)
    assert (name, number) in SAID


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "number", "shows"), SHOWN)
def test_what_a_step_shows_says_what_the_step_says(name: str, number: int, shows: str) -> None:
    done = run(*shows.split(), "--width", "100")
    assert done.status == 0
    out = " ".join(done.out.split())
    for said in SAID[name, number]:
        assert said in out
