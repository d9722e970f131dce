"""Make `mean_field.json`: Gaussian expectations, fixed points and critical points, with mpmath.

    python tests/references/mean_field.py              all, some fifteen minutes on one core
    python tests/references/mean_field.py tanh relu    only these rows, the others as they are

The formulas are those of `activations.py` here. An expectation is an integral over z with the
tanh-sinh rule of mpmath, cut at the kinks and at points that follow the scale of f and of the
density, and taken a second time with the cuts elsewhere: refused where the two differ by 1e-16 of
their scale. One of two correlated inputs is an integral over u₁ of integrals over u₂, each cut at
the kinks. A critical point solves q - V/D = σb² and a fixed point σw² V + σb² = q, with V = E[f²]
and D = E[f′²].
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import mpmath
from activations import Case, cases, elu, hardtanh, leaky, squareplus, threshold
from mpmath import mp, mpf

Function = Callable[[mpf], mpf]
ROOT = Path(__file__).parent
SECOND_MOMENTS = 1e-4, 0.3, 4.0, 900.0
CORRELATIONS = -0.3, 0.9
CORRELATED_AT = 1.5
FIXED_AT = 1.3, 0.2
BIASES = 0.05, 1.0
FAR = mpf(11)


def density(z: mpf) -> mpf:
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def cuts(case: Case, scale: mpf, shift: float = 1.0) -> list[mpf]:
    """Points in units of u = scale·z: kinks, 0, and steps away from 0 up to the tails."""
    points = {mpf(0), *(mpf(kink) for kink in case.kinks)}
    step = mpf("0.7") * shift * min(scale, mpf(1))
    while step < FAR * scale:
        points |= {step, -step}
        step *= 2
    points = {point for point in points if abs(point) < FAR * scale}
    return sorted({*points, -FAR * scale, FAR * scale})


def expectation(case: Case, g: Function, q: mpf) -> mpf:
    """E[g(√q z)], twice."""
    r = mp.sqrt(q)
    taken = []
    for shift in (1.0, 1.31):
        edges = [u / r for u in cuts(case, r, shift)]
        taken.append(mp.quad(lambda z: g(r * z) * density(z), edges))
    if abs(taken[0] - taken[1]) > mpf("1e-16") * (abs(taken[0]) + mpf("1e-3") * min(q, 1)):
        raise SystemExit(f"{case.spec}, q = {q}: {taken[0]} against {taken[1]}")
    return taken[0]


def square(case: Case, q: mpf) -> mpf:
    return expectation(case, lambda u: case.pair[0](u) ** 2, q)


def slope_square(case: Case, q: mpf) -> mpf:
    return expectation(case, lambda u: case.pair[1](u) ** 2, q)


def correlated(case: Case, q: float, c: float) -> mpf:
    """E[f(u₁) f(u₂)]."""
    f, r = case.pair[0], mp.sqrt(mpf(q))
    s = mp.sqrt(1 - mpf(c) ** 2)
    steps = {mpf(-9), mpf("-2.5"), mpf("2.5"), mpf(9)}
    kinks = [mpf(kink) / r for kink in case.kinks]
    if not kinks:  # poles of f stand above 0, for arctan at a distance of 1
        steps |= {mpf(0), mpf(1), mpf(-1)}

    def inner(z: mpf) -> mpf:
        inside = ((kink - c * z) / s for kink in kinks)
        edges = sorted(steps | {w for w in inside if abs(w) < 9})
        return mp.quad(lambda w: f(r * (c * z + s * w)) * density(w), edges, maxdegree=4)

    edges = sorted(steps | {kink for kink in kinks if abs(kink) < 9})
    return mp.quad(lambda z: f(r * z) * density(z) * inner(z), edges, maxdegree=4)


def zeros(g: Function, falling: bool | None = None) -> list[mpf]:
    """The zeros of g between 2^-9 and 2^12, those where it falls if so asked."""
    points = [mpf(2) ** k for k in range(-9, 13)]
    values = [g(point) for point in points]
    return [
        mp.findroot(g, ends, solver="anderson", tol=1e-34)
        for ends, (before, after) in zip(pairwise(points), pairwise(values), strict=True)
        if before * after < 0 and falling in (None, before > 0)
    ]


def critical(case: Case, b: float) -> list[dict[str, float]]:
    """Every q with χ = 1, whether it is reached or not, and its σw²."""
    return [
        {"q": float(q), "sigma_w2": float(1 / slope_square(case, q))}
        for q in zeros(lambda q: (q - mpf(b)) * slope_square(case, q) - square(case, q))
    ]


def row(case: Case, full: bool) -> dict[str, object]:
    f, slope = case.pair
    f_square, df_square = (lambda u: f(u) ** 2), (lambda u: slope(u) ** 2)
    moments = []
    for q in SECOND_MOMENTS:
        if case.spec == "sin" and q > 100.0:  # too many waves for the rule
            continue
        means = (float(expectation(case, g, mpf(q))) for g in (f, f_square, df_square))
        moments.append(dict(zip(("q", "mean", "square", "slope_square"), (q, *means), strict=True)))
    out: dict[str, object] = {"spec": case.spec, "moments": moments}
    if full:
        with mp.workdps(17):
            products = [float(correlated(case, CORRELATED_AT, c)) for c in CORRELATIONS]
        w, b = (mpf(value) for value in FIXED_AT)
        with mp.workdps(20):
            out |= {
                "products": dict(zip(map(str, CORRELATIONS), products, strict=True)),
                "fixed": [float(q) for q in zeros(lambda q: w * square(case, q) + b - q, True)],
                "critical": {str(b): critical(case, b) for b in BIASES if case.spec != "sin"},
            }
    return out


def main() -> None:
    mp.dps = 25
    known = {case.spec: case for case in cases()}
    defaults = [case for spec, case in known.items() if "(" not in spec]
    defaults.append(Case("threshold", threshold(0.0, 0.5), (0.0,)))
    odd = [
        *(known[spec] for spec in ("softplus(beta=3)", "hardshrink(lambd=2)")),
        Case("celu(alpha=0.001)", elu(0.001, stretch=0.001), (0.0,)),
        Case("hardtanh(min_val=-0.001, max_val=5)", hardtanh(-0.001, 5.0), (-0.001, 5.0)),
        Case("squareplus(b=1e-8)", squareplus(1e-8)),
        Case("leaky_relu(negative_slope=-2)", leaky(-2.0), (0.0,)),
    ]
    path = ROOT / "mean_field.json"
    wanted = sys.argv[1:]
    kept = json.loads(path.read_text(encoding="utf-8"))["activations"] if wanted else []
    old = {one["spec"]: one for one in kept}
    rows = []
    for case in [*defaults, *odd]:
        again = not wanted or case.spec in wanted
        rows.append(row(case, case in defaults) if again else old[case.spec])
        sys.stdout.write(f"{case.spec}\n" if again else "")
        sys.stdout.flush()
    head = {
        "made_by": "tests/references/mean_field.py",
        "mpmath": mpmath.__version__,
        "correlated_at": CORRELATED_AT,
        "fixed_at": FIXED_AT,
    }
    lines = ",\n".join(json.dumps(one, allow_nan=False) for one in rows)
    text = json.dumps(head)[:-1] + f', "activations": [\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
