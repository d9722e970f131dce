"""Activations of the form z·G(z), where the gate G rises from 0 to 1 and G(-z) = 1 - G(z).

Symbols, with t = |z|, g = G′, which is even, and h = e^(-v/2):

    c = G(-t)   = h² y    the closed gate
    d = c - t g = h² x    f′(-t)

so that f(z) = max(z, 0) - t c, and f′(z) is d on the left and 1 - d on the right: neither side
subtracts from 1 to get a small number. The square root h of the exponential is carried because
t c and d are still normal numbers where h² no longer is.

Each f′ has one zero z₀, beside which c and t g leave nothing but their rounding. There f′ is taken
from its Taylor series in z - z₀, with z₀ to twice the digits of a float.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from gradtui.mathematics.activations.exponentials import as_pair, decay, special
from gradtui.mathematics.activations.record import Definition, Parameter, family, short
from gradtui.mathematics.elementwise import Formula

Weight: TypeAlias = Callable[[Any, Any], Any]
"""A function of t and h."""

_NEAR = 0.15
"""Within so much of |z₀| the series is taken: the next singularity is at 2.3 |z₀| or more."""


def _with_series(
    zero: str | Fraction, complex_df: Formula, df: Formula, log_df: Formula
) -> tuple[Formula, Formula]:
    """The derivative and its logarithm, near the zero by the series: good to 1e-15 of f′ there.

    Args:
        zero: z₀, to 36 digits.
        complex_df: f′ for complex z, of which the coefficients are Cauchy's integrals over
            |z - z₀| = |z₀|.
        df: f′ elsewhere.
        log_df: ln|f′| elsewhere.
    """
    near, rest = as_pair(Fraction(zero))
    unit = abs(near)
    circle = np.exp(2j * np.pi * np.arange(64) / 64.0)
    coefficients = np.fft.fft(complex_df(near + unit * circle)).real / 64.0
    falling = [*coefficients[15:0:-1].tolist(), 0.0]

    def mended(values: Any, z: Any, of: Formula) -> Any:
        t = ((z - near) - rest) / unit
        close = abs(t) < _NEAR
        if not np.any(close):
            return values
        series = np.polyval(falling, np.where(close, t, 0.0)[close])
        values = np.array(values)
        values[close] = of(series)
        return values

    return (
        lambda z: mended(df(z), z, lambda series: series),
        lambda z: mended(log_df(z), z, lambda series: np.log(abs(series))),
    )


def _gated(
    formula: str,
    derivative_formula: str,
    zero: str | Fraction,
    complex_df: Formula,
    v: Formula,
    h: Formula,
    y: Weight,
    x: Weight,
) -> Definition:
    """The activation z·G(z) from v and h of t ≥ 0, and y and x of t and h; see `_with_series`."""

    def c(t: Any) -> Any:
        r = h(t)
        return r * y(t, r) * r

    def d(t: Any) -> Any:
        r = h(t)
        return r * x(t, r) * r

    def f(z: Any) -> Any:
        t = abs(z)
        r = h(t)
        return 0.5 * z + 0.5 * t - t * (r * y(t, r)) * r  # the first two are max(z, 0)

    def df(z: Any) -> Any:
        left = d(abs(z))
        return np.where(z > 0.0, 1.0 - left, left)

    def log_df(z: Any) -> Any:
        t = abs(z)
        return np.where(z > 0.0, np.log1p(-d(t)), np.log(abs(x(t, h(t)))) - v(t))

    def log_f(z: Any) -> Any:
        t = abs(z)
        return np.log(t) + np.where(z > 0.0, np.log1p(-c(t)), np.log(y(t, h(t))) - v(t))

    slope, log_slope = _with_series(zero, complex_df, df, log_df)
    return Definition(
        formula=formula,
        derivative_formula=derivative_formula,
        f=f,
        df=slope,
        log_df=log_slope,
        log_f=log_f,
        ends=(0.0, math.inf),
        slopes=(0.0, 1.0),
    )


def _logistic(
    formula: str,
    derivative_formula: str,
    zero: str | Fraction,
    v: Formula,
    dv: Formula,
    h: Formula,
) -> Definition:
    """The activation z·σ(v(z)) for an odd v, from v, v′ and h of t ≥ 0.

    With c = h²/(1 + h²) and g = v′ h²/(1 + h²)², y = 1/(1 + h²) and x = y (1 - t v′ y).
    """

    def y(t: Any, h: Any) -> Any:
        return 1.0 / (1.0 + h * h)

    def x(t: Any, h: Any) -> Any:
        t = np.minimum(t, 1e100)  # t v′ must not overflow; v is beyond all use from there on
        w = y(t, h)
        return w * (1.0 - t * dv(t) * w)

    def complex_df(z: Any) -> Any:
        gate = 1.0 / (1.0 + np.exp(-v(z)))
        return gate * (1.0 + z * dv(z) * (1.0 - gate))

    return _gated(formula, derivative_formula, zero, complex_df, v, h, y, x)


@family(
    "Elfwing, Uchibe & Doya, Neural Networks 107, 2018",
    Parameter("beta", 1.0, least=1e-3, most=30.0),
    also_called=("swish",),
)
def silu(beta: float) -> Definition:
    """The form z σ(βz), also called swish: s(βz)/β with s that of β = 1."""
    times = "" if beta == 1.0 else f"{short(beta)} "
    gate = f"sigmoid({times}z)"
    return _logistic(
        f"z {gate}",
        f"{gate} (1 + {times}z (1 - {gate}))",
        zero=_SILU_TURNS / Fraction(beta),
        v=lambda t: beta * t,
        dv=lambda t: np.full_like(t, beta),
        h=decay(Fraction(beta) / 2),
    )


_SILU_TURNS = Fraction("-1.278464542761073795109358739022980155")
"""The zero of f′ for β = 1."""


@family("Hendrycks & Gimpel, arXiv:1606.08415, 2016")
def quick_gelu() -> Definition:
    """The form z σ(1.702 z), the logistic approximation of GELU."""
    rate = 1.702
    return _logistic(
        "z sigmoid(1.702 z)",
        "sigmoid(1.702 z) (1 + 1.702 z (1 - sigmoid(1.702 z)))",
        zero="-0.751154255441288951298095616347226883",
        v=lambda t: rate * t,
        dv=lambda t: np.full_like(t, rate),
        h=decay(Fraction("1.702") / 2),
    )


@family("Hendrycks & Gimpel, arXiv:1606.08415, 2016", also_called=("gelu_new", "gelu_approximate"))
def gelu_tanh() -> Definition:
    """GELU with Φ(z) ≈ σ(2u), u = √(2/π) (z + 0.044715 z³): 2u = t (a + b t²)."""
    a_exact = Fraction("1.595769121605730711759784239737527474")  # 2√(2/π)
    b_exact = a_exact * Fraction("0.044715")
    a, b = float(a_exact), float(b_exact)
    # The leading digits of a and b, and below of t: so few that v of them is exact in float64,
    # a multiple of 2^-41 below 2^11.
    a1, b1 = round(a * 2.0**34) / 2.0**34, round(b * 2.0**20) / 2.0**20
    a2, b2 = float(a_exact - Fraction(a1)), float(b_exact - Fraction(b1))
    coarse = 1.5 * 2.0**45  # adding it rounds to a multiple of 2^-7

    def h(t: Any) -> Any:
        # e multiplies a rounding error of v by v, which reaches 708 before e^-v is no longer normal
        t = np.minimum(t, 30.0)  # h is 0 in float64 from there on
        t1 = (t + coarse) - coarse
        t2 = t - t1
        s = t1 * t1
        rest = t1 * (a2 + b2 * s) + t2 * (a + b * (s + t * (t + t1)))
        return np.exp(-0.5 * (t1 * (a1 + b1 * s))) * np.exp(-0.5 * rest)

    return _logistic(
        "z sigmoid(2u), u = √(2/π) (z + 0.044715 z³)",
        "sigmoid(2u) (1 + 2zu′ (1 - sigmoid(2u)))",
        zero="-0.752461422071016258487954443288916090",
        v=lambda t: t * (a + b * t * t),
        dv=lambda t: a + 3.0 * b * t * t,
        h=h,
    )


@family("Hendrycks & Gimpel, arXiv:1606.08415, 2016")
def gelu() -> Definition:
    """The form z Φ(z), with Φ(-t) = ½ erfcx(t/√2) e^(-t²/2): erfcx does not underflow.

    Here v = t²/2, y = ½ erfcx(t/√2), and x = y - t/√(2π) because g = h²/√(2π).
    """
    root_half, root_tau = math.sqrt(0.5), math.sqrt(math.tau)

    def y(t: Any, h: Any) -> Any:
        return 0.5 * special().erfcx(root_half * t)

    return _gated(
        "z Φ(z) = z (1 + erf(z/√2)) / 2",
        "Φ(z) + z φ(z), φ(z) = e^(-z²/2) / √(2π)",
        zero="-0.751791524693564457457904946779524040",
        complex_df=lambda z: (
            0.5 * special().erfc(-root_half * z) + z * np.exp(-0.5 * z * z) / root_tau
        ),
        v=lambda t: 0.5 * t * t,
        h=lambda t: np.exp(-0.25 * t * t),
        y=y,
        x=lambda t, h: y(t, h) - t / root_tau,
    )


@family("Misra, arXiv:1908.08681, 2019")
def mish() -> Definition:
    """The form z tanh(ln(1 + e^z)) = z m/(m + 2) with m = e(e + 2), e = e^z.

    On the left f′ = e b/(m + 2)² with b = (e + 2)(m + 2) + 4z(e + 1), and e = h² is carried as
    its root. On the right f′ = 1 + δ, δ = 2n² (2z(1 + n) - k)/k² with n = e^-z, k = 1 + 2n + 2n².
    """

    def f(z: Any) -> Any:
        h = np.exp(0.5 * np.minimum(z, 40.0))  # m/(m + 2) is 1 to the last digit from there on
        e = h * h
        return z * (h * (e + 2.0) / (e * (e + 2.0) + 2.0)) * h

    def left(z: Any) -> tuple[Any, Any, Any]:
        """On the left: h, (e + 2)/(m + 2), and b/(m + 2)²."""
        h = np.exp(0.5 * np.minimum(z, 0.0))
        e = h * h
        k = e * (e + 2.0) + 2.0
        return h, (e + 2.0) / k, (e + 2.0) / k + z * (4.0 * (e + 1.0) / (k * k))

    def right(z: Any) -> tuple[Any, Any]:
        """On the right: f/z - 1 and δ."""
        z = np.minimum(np.maximum(z, 0.0), 1e3)  # n is 0 in float64 from there on
        n = np.exp(-z)
        k = 1.0 + 2.0 * n * (1.0 + n)
        s = 2.0 * n * n / k
        return -s, s * (2.0 * z * (1.0 + n) - k) / k

    def df(z: Any) -> Any:
        h, _, b = left(z)
        _, delta = right(z)
        return np.where(z > 0.0, 1.0 + delta, h * b * h)

    def log_df(z: Any) -> Any:
        _, _, b = left(z)
        _, delta = right(z)
        return np.where(z > 0.0, np.log1p(delta), z + np.log(abs(b)))

    def log_f(z: Any) -> Any:
        _, gate, _ = left(z)
        closed, _ = right(z)
        return np.log(abs(z)) + np.where(z > 0.0, np.log1p(closed), z + np.log(gate))

    def complex_df(z: Any) -> Any:
        e = np.exp(z)
        k = e * (e + 2.0) + 2.0
        return e * ((e + 2.0) * k + 4.0 * z * (e + 1.0)) / (k * k)

    zero = "-1.192431214515495212137588340420739406"
    slope, log_slope = _with_series(zero, complex_df, df, log_df)
    return Definition(
        formula="z tanh(ln(1 + eᶻ))",
        derivative_formula="f/z + z sigmoid(z) (1 - (f/z)²)",
        f=f,
        df=slope,
        log_df=log_slope,
        log_f=log_f,
        ends=(0.0, math.inf),
        slopes=(0.0, 1.0),
    )
