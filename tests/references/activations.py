"""Make `activations.json`: f, f′, ln|f′| and ln|f| of every activation, with mpmath.

    python tests/references/activations.py

Each formula is written down here from the definition, for mpmath numbers, in a form that
subtracts nothing from 1, and evaluated at the exact float64 z with at least 60 digits (up to
1,360 where z − tanh z cancels 650 of them). A value is then rounded once to float64 and
stored as its shortest repr, so what the table says is right to half a unit in the last place.
`null` stands for −∞: the logarithm of a zero, or of something below e^(−1.8e308).

Conventions, those of PyTorch 2.13 (asked on the CPU, in float64):
  * at a kink, f′ is that of autograd: see KINK beside each formula;
  * softplus becomes linear where beta·z, rounded to float64, is above the threshold;
  * rrelu is the evaluation mode: its slope is the mean of lower and upper;
  * the constants of a definition (1.702, 0.044715, those of SELU) are the published decimals; a
    parameter is the float64 that the caller gives. Where quick_gelu is about to leave float64
    the decimal 1.702 and its float64 differ by 1.8e-14 relative, so the choice shows there.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import mpmath
from mpmath import mp, mpf

Function = Callable[[mpf], mpf]
Pair = tuple[Function, Function]
ROOT = Path(__file__).parent


def logistic(z: mpf) -> mpf:
    return 1 / (1 + mp.exp(-z))


def sech_squared(z: mpf) -> mpf:
    return 4 / (mp.exp(z) + mp.exp(-z)) ** 2


def tanh(z: mpf) -> mpf:
    return mp.tanh(z)


def normal_cdf(z: mpf) -> mpf:
    """Φ; beyond 10^6, where mpmath's erfc overflows, the asymptotic series (8 terms: 1e-90)."""
    if abs(z) <= 10**6:
        return mp.erfc(-z / mp.sqrt(2)) / 2
    series = sum(mp.fac2(2 * k - 1) * (-1 / z**2) ** k for k in range(8))
    below = normal_density(z) / abs(z) * series
    return below if z < 0 else 1 - below


def normal_density(z: mpf) -> mpf:
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def line(slope: object, z: mpf) -> mpf:
    return mpf(slope) * z


def sigmoid() -> Pair:
    return logistic, lambda z: logistic(z) * logistic(-z)


def hyperbolic_tangent() -> Pair:
    return tanh, sech_squared


def leaky(slope: float | mpf) -> Pair:
    """Slope 1 above 0. KINK: at 0 the slope of the left side."""
    s = mpf(slope)
    return lambda z: z if z > 0 else s * z, lambda z: mpf(1) if z > 0 else s


def rrelu(lower: float, upper: float) -> Pair:
    return leaky((mpf(lower) + mpf(upper)) / 2)


def hardtanh(low: float, high: float) -> Pair:
    """Clamped to [low, high]. KINK: 0 at both ends."""
    a, b = mpf(low), mpf(high)
    return lambda z: min(max(z, a), b), lambda z: mpf(1) if a < z < b else mpf(0)


def elu(alpha: float | mpf, scale: mpf | int = 1, stretch: float = 1.0) -> Pair:
    """scale·z above 0, scale·alpha·(e^(z/stretch) − 1) below. KINK: at 0 the left side."""
    a, c = mpf(alpha), mpf(stretch)
    return (
        lambda z: scale * (z if z > 0 else a * mp.expm1(z / c)),
        lambda z: scale * (mpf(1) if z > 0 else a / c * mp.exp(z / c)),
    )


def selu() -> Pair:
    """The constants of Klambauer et al. 2017, to 32 digits as PyTorch writes them."""
    return elu(mpf("1.6732632423543772848170429916717"), mpf("1.0507009873554804934193349852946"))


def celu(alpha: float) -> Pair:
    return elu(alpha, stretch=alpha)


def gelu() -> Pair:
    return lambda z: z * normal_cdf(z), lambda z: normal_cdf(z) + z * normal_density(z)


def gelu_tanh() -> Pair:
    c = mpf("0.044715")

    def gate(z: mpf) -> mpf:  # ½(1 + tanh u) = 1/(1 + e^(−2u))
        return logistic(2 * mp.sqrt(2 / mp.pi) * (z + c * z**3))

    def slope(z: mpf) -> mpf:
        rate = 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * c * z**2)
        return gate(z) * (1 + z * rate * gate(-z))

    return lambda z: z * gate(z), slope


def swish(beta: str | float) -> Pair:
    b = mpf(beta)
    return (
        lambda z: z * logistic(b * z),
        lambda z: logistic(b * z) * (1 + b * z * logistic(-b * z)),
    )


def mish() -> Pair:
    def soft(z: mpf) -> mpf:
        return mp.log1p(mp.exp(z))

    return (
        lambda z: z * tanh(soft(z)),
        lambda z: tanh(soft(z)) + z * sech_squared(soft(z)) * logistic(z),
    )


def softplus(beta: float, threshold: float) -> Pair:
    """KINK: at beta·z = threshold still the logarithm."""
    b = mpf(beta)

    def linear(z: mpf) -> bool:
        return beta * float(z) > threshold

    return (
        lambda z: z if linear(z) else mp.log1p(mp.exp(b * z)) / b,
        lambda z: mpf(1) if linear(z) else logistic(b * z),
    )


def softsign() -> Pair:
    return lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2


def logsigmoid() -> Pair:
    return lambda z: -mp.log1p(mp.exp(-z)), lambda z: logistic(-z)


def hardsigmoid() -> Pair:
    """KINK: 0 at −3 and 3."""
    return (
        lambda z: min(max((z + 3) / 6, mpf(0)), mpf(1)),
        lambda z: mpf(1) / 6 if abs(z) < 3 else mpf(0),
    )


def hardswish() -> Pair:
    """KINK: 0 at −3, 1 at 3."""

    def value(z: mpf) -> mpf:
        return z if z >= 3 else mpf(0) if z <= -3 else z * (z + 3) / 6

    def slope(z: mpf) -> mpf:
        return mpf(1) if z >= 3 else mpf(0) if z <= -3 else (2 * z + 3) / 6

    return value, slope


def tanhshrink() -> Pair:
    return lambda z: z - tanh(z), lambda z: tanh(z) ** 2


def softshrink(lambd: float) -> Pair:
    """KINK: 0 at both ends."""
    a = mpf(lambd)
    return (
        lambda z: z - a if z > a else z + a if z < -a else mpf(0),
        lambda z: mpf(1) if abs(z) > a else mpf(0),
    )


def hardshrink(lambd: float) -> Pair:
    """KINK: f and f′ are 0 at both ends."""
    a = mpf(lambd)
    return (
        lambda z: z if abs(z) > a else mpf(0),
        lambda z: mpf(1) if abs(z) > a else mpf(0),
    )


def threshold(at: float, value: float) -> Pair:
    """KINK: at the threshold, f is the value and f′ is 0."""
    a, v = mpf(at), mpf(value)
    return lambda z: z if z > a else v, lambda z: mpf(1) if z > a else mpf(0)


def erf() -> Pair:
    return mp.erf, lambda z: 2 / mp.sqrt(mp.pi) * mp.exp(-z * z)


def wave(omega: float) -> Pair:
    w = mpf(omega)
    return lambda z: mp.sin(w * z), lambda z: w * mp.cos(w * z)


def gaussian() -> Pair:
    return lambda z: mp.exp(-z * z), lambda z: -2 * z * mp.exp(-z * z)


def squareplus(b: float) -> Pair:
    """z + √(z² + b) with its product with √(z² + b) − z, which is b, where z is negative."""
    c = mpf(b)

    def root(z: mpf) -> mpf:
        return mp.sqrt(z * z + c)

    return (
        lambda z: (z + root(z)) / 2 if z > 0 else c / (root(z) - z) / 2,
        lambda z: ((z + root(z)) if z > 0 else c / (root(z) - z)) / (2 * root(z)),
    )


def relu_squared() -> Pair:
    """f′ is continuous: 0 at 0."""
    return lambda z: max(z, mpf(0)) ** 2, lambda z: 2 * max(z, mpf(0))


class Case:
    """One activation: its text form, its formulas, and where they need a closer look."""

    def __init__(
        self,
        spec: str,
        pair: Pair,
        kinks: tuple[float, ...] = (),
        turning: float | None = None,
        edges: tuple[tuple[float, float], ...] = (),
    ) -> None:
        """`turning`: near the zero of f′; `edges`: where f or f′ stops being a normal float64."""
        self.spec, self.pair, self.kinks, self.edges = spec, pair, kinks, edges
        self.turning = None if turning is None else mp.findroot(pair[1], turning)
        self.omega = 1.0 if spec == "sin" else 0.0  # of a wave, whose f′ has many zeros
        if spec.startswith("sin("):
            self.omega = float(spec.removeprefix("sin(omega=").removesuffix(")"))


def cases() -> list[Case]:
    exponential = ((-716.0, -705.0), (705.0, 716.0))
    bell = ((-38.8, -37.0), (37.0, 38.8), (-26.8, -26.2), (26.2, 26.8))
    return [
        Case("sigmoid", sigmoid(), edges=exponential),
        Case("tanh", hyperbolic_tangent(), edges=((-356.0, -352.0), (352.0, 356.0))),
        Case("relu", leaky(0.0), (0.0,)),
        Case("leaky_relu", leaky(0.01), (0.0,)),
        Case("leaky_relu(negative_slope=0.2)", leaky(0.2), (0.0,)),
        Case("prelu", leaky(0.25), (0.0,)),
        Case("rrelu", rrelu(1 / 8, 1 / 3), (0.0,)),
        Case("relu6", hardtanh(0.0, 6.0), (0.0, 6.0)),
        Case("elu", elu(1.0), (0.0,), edges=exponential),
        Case("elu(alpha=0.5)", elu(0.5), (0.0,), edges=exponential),
        Case("selu", selu(), (0.0,), edges=exponential),
        Case("celu", celu(1.0), (0.0,), edges=exponential),
        Case("celu(alpha=2)", celu(2.0), (0.0,), edges=((-1420.0, -1410.0),)),
        Case("gelu", gelu(), turning=-0.75, edges=bell),
        Case("gelu_tanh", gelu_tanh(), turning=-0.75, edges=((-21.6, -20.6), (20.6, 21.6))),
        Case("silu", swish("1"), turning=-1.28, edges=exponential),
        Case("silu(beta=3)", swish("3"), turning=-0.43, edges=((-239.0, -235.0), (235.0, 239.0))),
        Case("silu(beta=0.3)", swish(0.3), turning=-4.26, edges=((-2370.0, -2360.0),)),
        Case("mish", mish(), turning=-1.19, edges=exponential),
        Case("softplus", softplus(1.0, 20.0), (20.0,), edges=exponential),
        Case("softplus(beta=3)", softplus(3.0, 20.0), (20 / 3,), edges=((-239.0, -235.0),)),
        Case("softsign", softsign(), (0.0,)),
        Case("logsigmoid", logsigmoid(), edges=exponential),
        Case("hardsigmoid", hardsigmoid(), (-3.0, 3.0)),
        Case("hardtanh", hardtanh(-1.0, 1.0), (-1.0, 1.0)),
        Case("hardtanh(min_val=-2, max_val=0.5)", hardtanh(-2.0, 0.5), (-2.0, 0.5)),
        Case("hardswish", hardswish(), (-3.0, 3.0), turning=-1.5),
        Case("tanhshrink", tanhshrink()),
        Case("softshrink", softshrink(0.5), (-0.5, 0.5)),
        Case("softshrink(lambd=1)", softshrink(1.0), (-1.0, 1.0)),
        Case("hardshrink", hardshrink(0.5), (-0.5, 0.5)),
        Case("hardshrink(lambd=2)", hardshrink(2.0), (-2.0, 2.0)),
        Case("threshold(threshold=0.1, value=20)", threshold(0.1, 20.0), (0.1,)),
        Case("threshold(threshold=-1, value=-2)", threshold(-1.0, -2.0), (-1.0,)),
        Case("identity", leaky(1.0)),
        Case("erf", erf(), edges=bell),
        Case("arctan", (mp.atan, lambda z: 1 / (1 + z * z))),
        Case("sin", (mp.sin, mp.cos)),
        Case("sin(omega=30)", wave(30.0)),
        Case("sin(omega=0.7)", wave(0.7)),
        Case("gaussian", gaussian(), edges=bell),
        Case("squareplus", squareplus(4.0)),
        Case("squareplus(b=1)", squareplus(1.0)),
        Case("quick_gelu", swish("1.702"), turning=-0.75, edges=((-421.0, -414.0), (414.0, 421.0))),
        Case("relu_squared", relu_squared(), (0.0,)),
    ]


def both(values: list[float]) -> list[float]:
    return sorted([-value for value in values] + values)


def between(low: float, high: float, count: int) -> list[float]:
    """`count` floats inside (low, high), their mantissas full so that nothing is exact by luck."""
    step = (high - low) / count
    shift = 0.618033988749895
    return [low + step * (k + math.modf(shift * k + 0.3)[0]) for k in range(count)]


def spread(low: float, high: float, count: int) -> list[float]:
    """The same on a logarithmic scale, `low` and `high` as exponents of ten."""
    return [10.0**exponent for exponent in between(low, high, count)]


def around(point: float | mpf, least: int, most: int) -> list[float]:
    """A float, its neighbours, and floats 10^(−most) to 10^(−least) away on both sides."""
    at = float(point)
    near = [math.nextafter(at, -math.inf), at, math.nextafter(at, math.inf)]
    return near + [at + sign * 10.0**-k for k in range(least, most) for sign in (-1, 1)]


def grid(case: Case) -> dict[str, list[float]]:
    """The points of every regime; those close to a zero of f′ are a regime of their own."""
    far = [*spread(math.log10(41.0), math.log10(700.0), 20), 708.2, 709.5, 711.0, 720.0, 744.9]
    edges = [z for low, high in case.edges for z in between(low, high, 10)]
    small = [5e-324, 1e-310, 2.5e-308, *spread(-300, -20, 14), *spread(-20, -3, 18)]
    regimes = {
        "centre": [*between(-3.0, 3.0, 60), *both(spread(-3.0, 0.0, 12)), 0.0],
        "small": both(small),
        "tails": both(between(3.0, 41.0, 36)),
        "far tails": both(far),
        "edge of float64": edges,
        "extreme": both([1e3, 9876.54321, 1e4, 123456.789, 1e5, 543210.98765, 1e6]),
        "largest": both([1e20, 1.2345e100, 1e200, 1.7e300]),
        "kinks": [z for kink in case.kinks for z in around(kink, 1, 12)],
        "zero of the derivative": [] if case.turning is None else around(case.turning, 1, 15),
    }
    if case.omega:
        zeros = [(k + 0.5) * math.pi / case.omega for k in (-219, -30, -1, 0, 1, 6)]
        regimes["zero of the derivative"] = [z for zero in zeros for z in around(zero, 2, 9)]

    def turning(z: float) -> bool:
        if case.omega:
            phase = mpf(case.omega) * mpf(z)
            beyond = case.omega != 1.0 and abs(phase) > 1e15  # there it is right to 3e-16 only
            return abs(mp.cos(phase)) < 0.1 or (beyond and abs(mp.sin(phase)) < 0.1)
        return case.turning is not None and abs(z - case.turning) < 0.15

    for name, points in regimes.items():
        if name != "zero of the derivative":
            regimes[name] = [z for z in points if not turning(z)]
    return {name: sorted(set(points)) for name, points in regimes.items() if points}


def digits(z: float) -> int:
    """Enough to see e^(−|z|), e^(−z²) or z³ beside 1 or z, and 60 more."""
    size = abs(z)
    if size == 0 or size > 1e6:
        return 60
    lost = 4 * max(0.0, -math.log10(size)), 0.9 * size, 0.45 * size**2, 0.04 * size**3
    return 60 + int(min(lost[0], 1300) + min(max(lost[1:]), 800))


def stored(value: mpf) -> float | None:
    """Rounded once to float64; None for −∞ and whatever overflows to it."""
    number = float(value)
    return None if number == -math.inf else number


def rows(pair: Pair, points: list[float]) -> dict[str, list[float | None]]:
    out: dict[str, list[float | None]] = {
        name: [] for name in ("z", "f", "derivative", "log_abs_derivative", "log_abs")
    }
    for z in points:
        with mp.workdps(digits(z)):
            f, slope = (function(mpf(z)) for function in pair)
            if math.isinf(float(f)):  # only relu_squared, beyond 1e154
                continue
            out["z"].append(z)
            out["f"].append(stored(f))
            out["derivative"].append(stored(slope))
            for name, value in (("log_abs_derivative", slope), ("log_abs", f)):
                out[name].append(None if value == 0 else stored(mp.log(abs(value))))
    return out


def main() -> None:
    mp.dps = 60
    table = {
        case.spec: {name: rows(case.pair, points) for name, points in grid(case).items()}
        for case in cases()
    }
    head = {"made_by": "tests/references/activations.py", "mpmath": mpmath.__version__}
    text = json.dumps({**head, "activations": table}, separators=(",", ":"), allow_nan=False)
    path = ROOT / "activations.json"
    path.write_text(text.replace('"z"', '\n"z"').replace("},", "},\n") + "\n", encoding="utf-8")
    points = sum(len(r["z"]) for regimes in table.values() for r in regimes.values())
    sys.stdout.write(f"{path.name}: {len(table)} activations, {points} points, {len(text)} bytes\n")


if __name__ == "__main__":
    main()
