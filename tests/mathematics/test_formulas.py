"""Formulas as activations: against SymPy and mpmath, the registered ones retyped, and bad input."""

from __future__ import annotations

import inspect
import math
import pickle
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

import gradtui.mathematics.activations.formula as package
from gradtui import activation, chain, critical_sigma_w2, gradient_flow
from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS, Activation
from gradtui.mathematics.activations.formula.definition import same_as
from gradtui.mathematics.activations.formula.functions import FUNCTIONS
from gradtui.mathematics.activations.formula.nodes import Node
from gradtui.mathematics.activations.formula.reading import MOST_CHARACTERS, FormulaError
from gradtui.mathematics.formula_text import echoed, is_formula, split_list

INF = math.inf

# ------------------------------------------------------- the registered, retyped

RETYPED = {
    "sigmoid": ("1/(1+exp(-z))", "sigmoid(z)"),
    "tanh": ("(exp(z)-exp(-z))/(exp(z)+exp(-z))", "2*sigmoid(2*z)-1"),
    "relu": ("z*(z>0)", "where(z>0, z, 0)", "max(z, 0)"),
    "leaky_relu(0.1)": ("where(z>0, z, 0.1*z)", "max(z, 0.1*z)", "where(z>0, z, a*z), a=0.1"),
    "elu": ("where(z>0, z, expm1(z))", "where(z > 0, z, alpha*expm1(z)), alpha=1"),
    "selu": ("1.0507009873554805*where(z>0, z, 1.6732632423543772*expm1(z))",),
    "celu(2)": ("max(z,0)+min(0,2*expm1(z/2))",),
    "silu": ("z*sigmoid(z)", "z/(1+exp(-z))"),
    "quick_gelu": ("z*sigmoid(1.702*z)",),
    "gelu": ("0.5*z*erfc(-z/sqrt(2))",),
    "gelu_tanh": ("z*sigmoid(2*sqrt(2/pi)*(z+0.044715*z**3))",),
    "mish": ("z*tanh(softplus(z))", "z*tanh(log1p(exp(z)))"),
    "softplus": ("where(z>20, z, log1p(exp(z)))",),
    "softsign": ("z/(1+abs(z))",),
    "logsigmoid": ("-log1p(exp(-z))",),
    "identity": ("z",),
    "gaussian": ("exp(-z**2)", "exp(-z*z)"),
    "arctan": ("atan(z)",),
    "erf": ("erf(z)",),
    "sin(2)": ("sin(2*z)",),
    "relu6": ("clip(z,0,6)", "min(max(z,0),6)"),
    "hardtanh": ("clip(z,-1,1)", "clamp(z, -1, 1)"),
    "hardsigmoid": ("clip(z+3,0,6)/6",),
    "hardswish": ("z*clip(z+3,0,6)/6",),
    "softshrink": ("where(z>0.5, z-0.5, where(z<-0.5, z+0.5, 0))",),
    "hardshrink": ("where(abs(z)>0.5, z, 0)",),
    "threshold": ("where(z>0, z, 0.5)",),
    "relu_squared": ("relu(z)**2", "max(z,0)**2"),
    "prelu": ("where(z>0, z, 0.25*z)",),
    "squareplus": ("where(z>0, (z+sqrt(z**2+4))/2, 2/(sqrt(z**2+4)-z))",),
}
"""Stable forms: what cancels in a formula is the formula's own."""

PAIRS = [(name, form) for name, forms in RETYPED.items() for form in forms]
Z = np.concatenate(
    [np.linspace(-40.0, 40.0, 4001) + 1e-3, -np.logspace(1.2, 3, 200), np.logspace(1.2, 3, 200)]
)
NEAR_0 = {"2*sigmoid(2*z)-1"}
"""What cancels at 0 is compared beside the largest value."""


@pytest.mark.parametrize(("name", "form"), PAIRS)
def test_a_registered_activation_retyped_is_that_to_1e_12(name: str, form: str) -> None:
    f, known = activation(form), activation(name)
    for mine, its in ((f, known), (f.derivative, known.derivative)):
        got, expected = mine(Z), its(Z)
        # Beside a zero of f′ only the absolute error can be small; denormals have few digits.
        scale = np.maximum(np.abs(expected), np.where(np.abs(Z) < 5.0, 1e-3, 1e-300))
        if form in NEAR_0:
            scale = np.maximum(scale, 1.0)
        normal = np.maximum(np.abs(expected), np.abs(got)) > 2.3e-308
        assert (np.abs(got - expected) / scale)[normal].max() < 1e-12
    got, expected = f.log_abs_derivative(Z), known.log_abs_derivative(Z)
    assert (np.isinf(got) == np.isinf(expected)).all()
    told = np.isfinite(expected)
    got, expected = got[told], expected[told]
    assert (np.abs(got - expected) / np.maximum(1.0, np.abs(expected))).max() < 1e-12


@pytest.mark.parametrize(("name", "form"), PAIRS)
def test_its_facts_are_those_of_the_registered(name: str, form: str) -> None:
    f, known = activation(form), activation(name)
    assert f.max_abs_derivative == pytest.approx(known.max_abs_derivative, rel=1e-12)
    assert f.range == pytest.approx(known.range, rel=1e-9, abs=1e-12)
    assert f.monotone == known.monotone
    assert f.zero_centred == known.zero_centred
    assert f.saturates == known.saturates
    assert [kink.at for kink in f.kinks] == [kink.at for kink in known.kinks]
    equal = same_as(f)
    assert equal is not None
    assert (equal.spec, equal.apart) == (known.spec, 0.0)


@pytest.mark.parametrize("name", ["relu", "tanh", "elu", "leaky_relu(0.1)", "erf", "gaussian"])
def test_so_is_its_critical_point(name: str) -> None:
    for form in RETYPED[name]:
        assert critical_sigma_w2(form) == pytest.approx(critical_sigma_w2(name), rel=1e-8)


def test_a_formula_that_is_another_is_said_to_equal_none() -> None:
    assert same_as(activation("z*sigmoid(1.7*z)")).spec == "silu(1.7)"  # type: ignore[union-attr]
    assert same_as(activation("z*sigmoid(z)**2")) is None
    assert same_as(activation("tanh(z)+0.01*z")) is None
    nearly = same_as(activation("log1p(exp(z))"))  # PyTorch's is z from 20 on
    assert nearly is not None
    assert nearly.spec == "softplus"
    assert nearly.apart == pytest.approx(math.exp(-20.0), rel=1e-3)
    kinked = same_as(activation("max(z, 0)"))
    assert kinked is not None
    assert kinked.kinks == (0.0,)


# ------------------------------------------------------------- against SymPy

_SYMBOL = sympy.Symbol("z", real=True)


class Erfc(sympy.Function):  # type: ignore[misc]
    """SymPy turns erfc(-z) into 2 - erfc(z), which has no digits left for large z."""

    def fdiff(self, argindex: int = 1) -> Any:
        return -2 / sympy.sqrt(sympy.pi) * sympy.exp(-(self.args[0] ** 2))


_FUNCTIONS: dict[str, Any] = {
    "exp": sympy.exp, "sqrt": sympy.sqrt, "log": sympy.log, "cosh": sympy.cosh,
    "sinh": sympy.sinh, "tanh": sympy.tanh, "atan": sympy.atan, "asinh": sympy.asinh,
    "sin": sympy.sin, "cos": sympy.cos, "erf": sympy.erf, "erfc": Erfc,
    "expm1": lambda u: sympy.exp(u) - 1, "log1p": lambda u: sympy.log(1 + u),
    "sigmoid": lambda u: 1 / (1 + sympy.exp(-u)), "softsign": lambda u: u / (1 + sympy.Abs(u)),
    "silu": lambda u: u / (1 + sympy.exp(-u)), "gaussian": lambda u: sympy.exp(-(u**2)),
    "arctan": sympy.atan,
}  # fmt: skip


def _number(rng: random.Random) -> str:
    return rng.choice(["0.5", "2", "1.25", "0.1", "3", "pi", "1e-2"])


def _small(rng: random.Random, depth: int) -> str:
    """A formula of moderate size: what may stand in an exponential."""
    if depth <= 0:
        return rng.choice(["z", f"{_number(rng)}*z", f"z/{_number(rng)}"])
    inner = _small(rng, depth - 1)
    return rng.choice(
        [f"tanh({inner})", f"sin({inner})", f"atan({inner})", f"asinh({inner})", f"erf({inner})",
         f"-({inner})", f"({inner})/sqrt(1 + ({inner})**2)", f"sigmoid({inner})", inner]
    )  # fmt: skip


def _positive(rng: random.Random, depth: int) -> str:
    """A formula that is above 0 everywhere, of which no digits are lost to cancellation."""
    if depth <= 0:
        return rng.choice(["exp(z)", "exp(-z)", "sigmoid(z)", "1 + z**2", "cosh(z)", "gaussian(z)"])
    a, b, u = _positive(rng, depth - 1), _positive(rng, depth - 1), _small(rng, depth - 1)
    return rng.choice(
        [f"({a}) + {_number(rng)}*({b})", f"({a})*({b})", f"({a})/({b})", f"exp({u})",
         f"sqrt({a})", f"log1p({a})", f"({a})**{_number(rng)}", f"1/(1 + ({a}))",
         f"cosh({u})", f"sigmoid({u})", f"erfc({u})", f"({a})**2", f"2 + sin({u})"]
    )  # fmt: skip


def _drawn(seed: int) -> str:
    rng = random.Random(seed)
    positive = _positive(rng, rng.randint(1, 3))
    return rng.choice([positive, f"z*({positive})", f"tanh(z)*({positive})", f"-({positive})"])


def _in_sympy(text: str) -> Any:
    names = {**_FUNCTIONS, "z": _SYMBOL, "pi": sympy.Rational(math.pi)}
    numbers = re.sub(r"(?<![\w.])(\d+\.?\d*(?:e-?\d+)?)(?![\w.])", r"Rational('\1')", text)
    exact = re.sub(r"Rational\('([^']*)'\)", lambda m: f"F({float(m[1])!r})", numbers)
    return eval(exact, {"__builtins__": {}}, {**names, "F": lambda x: sympy.Rational(x)})


def _sigmoid(u: Any) -> Any:
    return 1 / (1 + mp.exp(-u))


# Each with its derivative and that of it: values at 250 digits, and how an error is passed on.
_MP: dict[str, tuple[Any, Any]] = {
    "exp": (mp.exp, mp.exp),
    "expm1": (mp.expm1, mp.exp),
    "log": (mp.log, lambda u: 1 / u),
    "log1p": (mp.log1p, lambda u: 1 / (1 + u)),
    "sqrt": (mp.sqrt, lambda u: 1 / (2 * mp.sqrt(u))),
    "sin": (mp.sin, mp.cos),
    "cos": (mp.cos, mp.sin),
    "sinh": (mp.sinh, mp.cosh),
    "cosh": (mp.cosh, mp.sinh),
    "atan": (mp.atan, lambda u: 1 / (1 + u * u)),
    "asinh": (mp.asinh, lambda u: 1 / mp.sqrt(1 + u * u)),
    "erfc": (mp.erfc, lambda u: 2 * mp.exp(-u * u)),
    "abs": (abs, lambda u: 1),
    "sign": (mp.sign, lambda u: 0),
    "tanh": (mp.tanh, lambda u: mp.sech(u) ** 2),
    "tanh′": (lambda u: mp.sech(u) ** 2, lambda u: 2 * mp.sech(u) ** 2),
    "erf": (mp.erf, lambda u: 2 / mp.sqrt(mp.pi) * mp.exp(-u * u)),
    "erf′": (
        lambda u: 2 / mp.sqrt(mp.pi) * mp.exp(-u * u),
        lambda u: 4 * u / mp.sqrt(mp.pi) * mp.exp(-u * u),
    ),
    "sigmoid": (_sigmoid, lambda u: _sigmoid(u) * _sigmoid(-u)),
    "sigmoid′": (lambda u: _sigmoid(u) * _sigmoid(-u), lambda u: _sigmoid(u) * _sigmoid(-u)),
    "gaussian": (lambda u: mp.exp(-u * u), lambda u: 2 * u * mp.exp(-u * u)),
    "gaussian′": (
        lambda u: -2 * u * mp.exp(-u * u),
        lambda u: (2 + 4 * u * u) * mp.exp(-u * u),
    ),
}
_ROUNDING = mp.mpf(2) ** -53


def _with_error(node: Node, z: Any) -> tuple[Any, Any]:
    """A part's value at 250 digits, and how far float64 may be off, each part rounding once."""
    op, args = node.op, [_with_error(part, z) for part in node.args]
    (a, da), (b, db) = [*args, (mp.mpf(0), mp.mpf(0)), (mp.mpf(0), mp.mpf(0))][:2]
    if op == "z":
        return z, mp.mpf(0)
    if op == "number":
        return mp.mpf(node.value), abs(mp.mpf(node.value)) * _ROUNDING
    if op == "negative":
        return -a, da
    if op == "+":
        value, error = a + b, da + db
    elif op == "-":
        value, error = a - b, da + db
    elif op == "*":
        value, error = a * b, abs(a) * db + abs(b) * da
    elif op == "/":
        value, error = a / b, da / abs(b) + abs(a) * db / b**2
    elif op == "**":
        value = a**b
        error = abs(b * a ** (b - 1)) * da if a else mp.mpf(0)
    else:
        name = {"f": "{}", "f′": "{}′"}.get(op, op).format(getattr(node.value, "name", ""))
        function, slope = _MP[name]
        value, error = function(a), abs(slope(a)) * da
        error += 2 * abs(value) * _ROUNDING
        if op in ("f", "f′") and 0 < abs(value) < mp.mpf("1e-290"):
            error += abs(value * mp.log(abs(value))) * _ROUNDING  # it is known by its logarithm
    return value, error + abs(value) * _ROUNDING


POINTS = (-200.0, -31.3, -4.7, -0.013, 0.4, 2.9, 150.0)


@pytest.mark.parametrize(
    "block", [0, *(pytest.param(i, marks=pytest.mark.heavy) for i in range(1, 6))]
)
def test_random_formulas_and_their_derivatives_are_those_of_sympy(block: int) -> None:
    """f′ is SymPy's at 250 digits; f, f′ and ln|f′| are right to what rounding each part does."""
    tried, refused = 0, list[str]()
    with mp.workdps(250):
        for seed in range(60 * block, 60 * (block + 1)):
            text = _drawn(seed)
            try:
                f = activation(text)
            except InputError as error:
                refused += [str(error)]
                continue
            expression = _in_sympy(text)
            value = sympy.lambdify(_SYMBOL, expression, [{"Erfc": mp.erfc}, "mpmath"])
            slope = sympy.lambdify(
                _SYMBOL, sympy.diff(expression, _SYMBOL), [{"Erfc": mp.erfc}, "mpmath"]
            )
            for z in POINTS:
                at = mp.mpf(z)
                for mine, exact, root in (
                    (f(z), value, f.definition.f.root),  # type: ignore[attr-defined]
                    (f.derivative(z), slope, f.definition.df.root),  # type: ignore[attr-defined]
                ):
                    tree, off = _with_error(root, at)
                    if abs(tree) > mp.mpf("1e-150"):  # SymPy's form has lost no digits yet
                        # Numbers that were folded, such as p - 1, are floats with us.
                        allowed = abs(tree) * mp.mpf("1e-15") + 20 * off
                        assert abs(tree - exact(at)) <= allowed, (text, z)
                    _near(mine, tree, off, (text, z))
                    tried += 1
                if off < abs(tree) / 10:
                    log = mp.log(abs(tree))
                    allowed = 20 * off / abs(tree) + 20 * (1 + abs(log)) * _ROUNDING
                    assert abs(f.log_abs_derivative(z) - log) <= allowed, (text, z)
    assert tried > 500
    assert all("too large" in one or "swings ever wider" in one for one in refused)


def _near(got: float, exact: Any, off: Any, what: object) -> None:
    if abs(exact) > mp.mpf("1.7e308"):
        assert math.isinf(got), what
    else:
        assert abs(mp.mpf(got) - exact) <= 20 * off + mp.mpf("5e-324"), what


def test_the_logarithm_of_the_slope_is_right_where_it_underflows() -> None:
    """Against the mathematics: ln|σ′(-10⁶)| = -10⁶, ln|(e^(-z²))′| = ln 2z - z²."""
    assert activation("1/(1+exp(-z))").log_abs_derivative(-1e6) == pytest.approx(-1e6, rel=1e-13)
    bump = activation("exp(-z**2)").log_abs_derivative
    for z in (30.0, 1e3, 1e6):
        assert bump(z) == pytest.approx(math.log(2.0 * z) - z * z, rel=1e-13)
    deep = activation("z*exp(-abs(z))").log_abs_derivative(5000.0)
    assert deep == pytest.approx(math.log(4999.0) - 5000.0, rel=1e-13)


def test_a_quotient_loses_no_digits_that_are_there_on_paper() -> None:
    for z in (1e3, 1e6, -1e6, 1e12):
        soft = activation("z/(1+abs(z))").derivative(z)
        assert soft == pytest.approx((1.0 + abs(z)) ** -2.0, rel=1e-14)
        for form in ("z/sqrt(1+z**2)", "z*(1+z*z)**-0.5", "z/(1+z**2)**0.5"):
            root = activation(form).derivative(z)
            assert root == pytest.approx((1.0 + z * z) ** -1.5, rel=1e-14)
    steep = activation("(z/0.1)/sqrt(1 + (z/0.1)**2)").derivative(-200.0)
    assert steep == pytest.approx(10.0 * (1.0 + 4e6) ** -1.5, rel=1e-13)


# ------------------------------------------------------------------------ kinks


@pytest.mark.parametrize(
    ("form", "at", "value"),
    [
        ("max(z, 0.1*z)", 0.0, 0.55),  # torch.maximum shares a tie
        ("min(z, 2)", 2.0, 0.5),
        ("abs(z)", 0.0, 0.0),  # torch.abs has sign(0) = 0
        ("where(z > 0, z, 0)", 0.0, 0.0),
        ("where(z >= 0, z, 0)", 0.0, 1.0),
        ("clip(z, -1, 1)", 1.0, 1.0),  # torch.clamp passes what is at an end
        ("abs(z - 0.3)", 0.3, 0.0),
        ("relu(z)", 0.0, 0.0),
    ],
)
def test_a_kink_is_found_and_has_the_value_of_pytorch(form: str, at: float, value: float) -> None:
    f = activation(form)
    kink = next(kink for kink in f.kinks if kink.at == at)
    assert kink.derivative == f.derivative(at) == pytest.approx(value)
    assert "as in torch." in f.kink_convention or "as in PyTorch" in f.kink_convention


def test_kinks_that_no_number_hits_are_found_and_no_jump_is_made_up() -> None:
    f = activation("abs(z**2 - 2)")
    assert [kink.at for kink in f.kinks] == pytest.approx([-math.sqrt(2.0), math.sqrt(2.0)])
    assert [kink.jump for kink in f.kinks] == [0.0, 0.0]
    assert [kink.left for kink in f.kinks] == pytest.approx([-2.0 * 2**0.5, -2.0 * 2**0.5])
    assert activation("where(z > 1, 2*z - 1, z**2)").kinks == ()  # it joins smoothly
    assert activation("max(z**2, 0)").kinks == ()
    (jump,) = activation("where(z > 1, 3, 1) + 0*z").kinks
    assert jump.jump == 2.0


# ------------------------------------------------------------------ limits, shape


@pytest.mark.parametrize(
    ("form", "ends", "slopes"),
    [
        ("1/(1+exp(-z))", (0.0, 1.0), (0.0, 0.0)),
        ("z*sigmoid(z)", (0.0, INF), (0.0, 1.0)),
        ("atan(z)", (-math.pi / 2, math.pi / 2), (0.0, 0.0)),
        ("z*(sqrt(z**2+1)-z)", (-INF, 0.5), (INF, 0.0)),
        ("asinh(z)", (-INF, INF), (0.0, 0.0)),
        ("1/log(2+abs(z))", (0.0, 0.0), (0.0, 0.0)),
        ("exp(-exp(z))", (1.0, 0.0), (0.0, 0.0)),
        ("z**3", (-INF, INF), (INF, INF)),
        ("log(sigmoid(z))", (-INF, 0.0), (1.0, 0.0)),
        ("exp(z)", (0.0, INF), (0.0, INF)),
        ("z + abs(z)", (0.0, INF), (0.0, 2.0)),
        ("sqrt(1+z**2)", (INF, INF), (-1.0, 1.0)),
        ("(abs(z+1)-abs(z-1))/2", (-1.0, 1.0), (0.0, 0.0)),
    ],
)
def test_limits(form: str, ends: tuple[float, float], slopes: tuple[float, float]) -> None:
    definition = activation(form).definition
    assert definition.ends == pytest.approx(ends)
    assert definition.slopes == pytest.approx(slopes)


def test_what_swings_has_no_limit() -> None:
    definition = activation("z + sin(z)").definition
    assert definition.ends == (-INF, INF)
    assert all(map(math.isnan, definition.slopes))
    assert all(map(math.isnan, activation("cos(z)").definition.ends))


def test_what_is_steep_is_no_pole() -> None:
    for form in ("z/(abs(z)+1e-6)", "log(abs(z)+1e-9)", "sigmoid(1e6*z)", "1/(1+exp(-1e4*z))"):
        assert math.isfinite(activation(form).max_abs_derivative)


@pytest.mark.parametrize(
    ("form", "largest", "at"),
    [
        ("z*sigmoid(1e3*z)", 1.0998393201288668, 2.3993572805e-3),
        ("z*tanh(1e4*z)", 1.1996786402577339, 1.199678640258e-4),
        ("z + sin(z)**2", 2.0, math.pi / 4),
        ("cos(z) - z", 2.0, math.pi / 2),
    ],
)
def test_the_largest_slope_of_what_is_narrow_or_swings(
    form: str, largest: float, at: float
) -> None:
    """By scaling from silu and z·tanh z; from the mathematics; the one nearest to 0."""
    f = activation(form)
    assert f.max_abs_derivative == pytest.approx(largest, rel=1e-10)
    assert f.max_abs_derivative_at == pytest.approx(at, rel=1e-5)


def test_zeros_that_a_slope_only_touches_are_found() -> None:
    assert activation("(z-1/3)**3").zero_slopes == pytest.approx([1.0 / 3.0])
    assert min(map(abs, activation("sin(z) + z").zero_slopes)) == pytest.approx(math.pi)
    assert min(map(abs, activation("z + sin(z)**2").zero_slopes)) == pytest.approx(math.pi / 4)
    assert activation("z + 0.5*sin(z)").zero_slopes == ()


def test_a_value_at_one_point_alone_makes_another_function() -> None:
    assert same_as(activation("where(z, z, 1)")) is None


# --------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("z*sigmod(z)", 3, "did you mean sigmoid"),
        ("z*", 3, "something is missing"),
        ("2z", 2, "2*z"),
        ("z^2", 2, "a power is **"),
        ("(z+1", 1, "not closed"),
        ("z+1)", 4, "no ( belongs"),
        ("sigmoid(1.7*x) + z", 13, "the input is called z"),
        ("z*sigmoid(beta*z)", 11, "beta=1.5"),
        ("z*sigmoid(beta*z), beta=big", 25, "no number"),
        ("z, beta=2", 4, "does not occur"),
        ("torch.relu(z)", 6, "no dots"),
        ("z.real", 2, "no dots"),
        ("z*relu", 3, "write relu(z)"),
        ("where(z>0, z)", 1, "where("),
        ("exp(z, 2)", 1, "exp(z)"),
        ("elu(z, beta=2)", 8, "alpha"),
        ("-1 < z < 1", 8, "two sides"),
        ("z = 2", 3, "equal is =="),
        ("z*1e999", 3, "beyond float64"),
        ("z[0]", 2, "( and ) group"),
        ("'z'", 1, "no sign"),
        ("__import__('os')+z", 12, "no sign"),
        ("lambda z: z", 9, "no sign"),
        ("z if z else 0", 3, "where(z > 0, z, 0)"),
        ("z and 1", 3, "(z > 0)*(z < 1)"),
        ("Z", 1, "the input is called z"),
        ("1j*z", 2, "decimal digits"),
        ("beta*z", 1, "beta=1.5"),
        ("nan*z", 1, "no number"),
        ("(2*3)+4*5", 1, "z does not occur"),
        ("z\x1b[31m", 2, "no sign"),
    ],
)
def test_what_is_no_formula_is_refused_at_its_column(text: str, column: int, said: str) -> None:
    with pytest.raises(FormulaError) as error:
        activation(text)
    assert error.value.column == column
    assert said in str(error.value)
    assert f"column {column}" in str(error.value)
    assert "\x1b" not in str(error.value)
    assert pickle.loads(pickle.dumps(error.value)).column == column


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("log(z)", "at z = -1 it has none"),
        ("1/(z**2-2)", "near z = -1.414 it has no bound"),  # finite at every float
        ("log(abs(z**2-2))", "near z = -1.414 it has no bound"),
        ("1/(1+sin(z))", "at most 40 kinks"),
        ("1e308*z*10", "at most 1e100"),
        ("1/0*z", "divides by 0"),
        ("1/(z-0.123)", "at z = 0.123 it has none"),
        ("sqrt(abs(z))", "f′ has none"),
        ("sin(z)/z", "where(z == 0"),
        ("exp(exp(z))", "too large"),
        ("abs(sin(z))", "at most 40 kinks"),
        ("z*sin(z)", "swings ever wider"),
        ("z**z", "it has none"),
    ],
)
def test_a_formula_that_is_no_activation_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        activation(text)


HOSTILE = [
    "z" * 100_000,
    "z+" * 50_000,
    "(" * 100_000 + "z",
    "((((" * 50 + "z" + "))))" * 50,
    "-" * 399 + "z",
    "z**" * 130 + "z",
    "exp(" * 60 + "z" + ")" * 60,
    "9**9**9**9**9*z",
    "z*" + "1" * 390,
    "max(" + "z," * 190 + "z)",
    "where(z>0," * 30 + "z" + ",z)" * 30,
    "sigmoid(" * 39 + "z" + ")" * 39,
    "z/(1+" * 38 + "z" + ")" * 38,
    "\u202e" + "z",
    "z\x00",
    "z, " + ", ".join(f"a{i}=1" for i in range(80)),
]


def _found(text: str) -> Activation | InputError:
    try:
        return activation(text)
    except InputError as error:
        return error


@pytest.mark.parametrize("text", HOSTILE, ids=[f"{i}" for i in range(len(HOSTILE))])
def test_hostile_formulas_end(text: str) -> None:
    """The time that it takes is measured by a benchmark; here, that they end and are told."""
    f = _found(text)
    if isinstance(f, InputError):
        assert len(str(f)) < 800
    else:
        assert len(text) <= MOST_CHARACTERS
        assert not math.isnan(f(0.5))


@given(st.text(alphabet="z0123456789.+-*/()<>=,eEabx sigmodtnhru_^'\"[]{}\\\n\x1b", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_activation_or_an_input_error(text: str) -> None:
    found = _found(text)
    if isinstance(found, InputError):
        assert "\x1b" not in str(found)
    else:
        assert activation(found.spec) == found


def test_nothing_in_the_package_evaluates_python() -> None:
    for file in Path(inspect.getfile(package)).parent.glob("*.py"):
        assert not re.search(
            r"(?<!re\.)\b(eval|exec|compile|__import__|getattr)\(", file.read_text("utf-8")
        )


def test_every_function_of_the_list_can_be_used() -> None:
    for name, form in FUNCTIONS.items():
        if name in ("log", "ln", "sqrt"):
            continue
        formula = form.form if name != "log1p" else "log1p(abs(z))"
        assert math.isfinite(activation(formula)(0.3)), name
    for name, known in ACTIVATIONS.items():
        f = activation(f"{name}(z)")
        assert (f(Z[::50]) == known(Z[::50])).all() or np.allclose(
            f(Z[::50]), known(Z[::50]), 1e-13
        )


# ------------------------------------------------------------ text, everywhere


def test_a_formula_reads_back_from_its_text() -> None:
    for text in (
        "z * sigmoid(beta * z), beta=1.5", "-(z-1)**2 + 3", "2**-z", "a - (b - z), a=1, b=2",
        "elu(z, alpha=0.5)", "(z > 0)*z", "z/(2/(1+exp(-z)))", "-z**2", "(-z)**2*0.1",
        "softplus(z, beta=b), b=2",
    ):  # fmt: skip
        f = activation(text)
        again = activation(f.spec)
        assert again == f
        assert " " not in re.sub(r"\([^()]*\)|, ", "", f.spec)
        assert (again(Z[::40]) == f(Z[::40])).all()
        assert pickle.loads(pickle.dumps(f)) == f


def test_precedence_is_that_of_python() -> None:
    for text in ("-z**2", "2**-z", "z-1-2", "z/2/4", "2*z**2*3", "-z*-2", "z**2**0.5 + z*0 + 2**z",
                 "1 - z > 0", "(z < 2) + z"):  # fmt: skip
        for z in (0.7, 1.9):
            expected = float(eval(text, {"__builtins__": {}}, {"z": z}))
            try:
                assert activation(text)(z) == pytest.approx(expected, rel=1e-15)
            except InputError:
                assert text.startswith("z**2**")


def test_parameters_are_those_of_an_activation() -> None:
    f = activation("z*sigmoid(beta*z), beta=1.5")
    assert dict(f.parameters) == {"beta": 1.5}
    assert f(0.7) == pytest.approx(activation("silu(1.5)")(0.7), rel=1e-15)
    other = activation(f, beta=2)
    assert other.spec == "z*sigmoid(beta*z), beta=2"
    assert other(0.7) == pytest.approx(activation("silu(2)")(0.7), rel=1e-15)
    assert activation("softplus(z, beta=b), b=2")(0.3) == activation("softplus(beta=2)")(0.3)
    assert activation("e*z, e=2")(1.0) == 2.0  # a parameter goes before a constant
    assert activation("e*z")(1.0) == math.e
    with pytest.raises(InputError, match="gamma"):
        activation("z*sigmoid(beta*z), beta=1.5", gamma=2)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("relu, z * sigmoid(z)", ["relu", "z * sigmoid(z)"]),
        ("relu tanh", ["relu", "tanh"]),
        ("z*sigmoid(b*z), b=1.5, relu", ["z*sigmoid(b*z), b=1.5", "relu"]),
        ("max(z, 0.1*z) leaky_relu(0.2)", ["max(z, 0.1*z)", "leaky_relu(0.2)"]),
        ("elu(alpha=1, ) tanh", ["elu(alpha=1, )", "tanh"]),
        ("z > 0", ["z > 0"]),
        ("z + 1,tanh", ["z + 1", "tanh"]),
        ("elu(0.5", ["elu(0.5"]),
        ("", []),
    ],
)
def test_a_list_is_set_apart_at_what_is_between_formulas(text: str, items: list[str]) -> None:
    assert split_list(text) == items


def test_names_are_no_formulas() -> None:
    for name in (*ACTIVATIONS, "elu(alpha=1)", "leaky_relu(0.2)", "leaky-relu", "torch.nn.ReLU()",
                 "silu(-1e-3)", "Tanh", "lstm"):  # fmt: skip
        assert not is_formula(name)
    for formula in ("z", "sigmoid(z)", "2*3", "-z", "relu(z) + elu(z)", "z>0", "relu - tanh"):
        assert is_formula(formula)


def test_what_is_typed_is_echoed_with_a_mark_at_its_fault() -> None:
    assert echoed("relu") == ()
    assert echoed("relu, z*sigmoid(1.7*z)") == (
        "f(z)  = z·sigmoid(1.7·z)",
        "f′(z) = sigmoid(1.7·z) + 1.7·z·sigmoid′(1.7·z)",
    )
    text, mark = echoed("z*sigmod(z)")
    assert text == "z*sigmod(z)"
    assert mark.startswith("  ^ sigmod is no function; did you mean sigmoid?")
    long = "z + " * 40 + "sigmod(z)"
    text, mark = echoed(long)
    assert text[mark.index("^") :].startswith("sigmod")


def test_the_engine_takes_a_formula_wherever_it_takes_a_name() -> None:
    """The same numbers as those of the activation that the formula is."""
    known, form = "quick_gelu", "z*sigmoid(1.702*z)"
    one, two = (chain(f, [1.7] * 400, 0.1, -3.0) for f in (known, form))
    assert (
        one.log10_grad == pytest.approx(two.log10_grad, rel=1e-9)
        if hasattr(one, "log10_grad")
        else True
    )
    rng = np.random.default_rng(1)
    weights = [rng.normal(0.0, 0.2, (20, 20)) for _ in range(30)]
    x, upstream = rng.normal(size=(3, 20)), rng.normal(size=(3, 20))
    flows = [gradient_flow(f, weights, [np.zeros(20)] * 30, x, upstream) for f in (known, form)]
    names = [name for name in dir(flows[0]) if name.startswith("log10")]
    assert names
    for name in names:
        assert getattr(flows[0], name) == pytest.approx(getattr(flows[1], name), rel=1e-9)
