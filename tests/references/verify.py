"""Make the numbers that `gradtui verify` compares with, with mpmath at 60 to 800 digits.

    python tests/references/verify.py                  all groups, some minutes on one core
    python tests/references/verify.py time blocks      only these
    python tests/references/verify.py --check [GROUP]  exit status 1 if a file says something else

They are shipped: src/gradtui/mathematics/verify/references/. Every number that is no input is
a text of 50 digits, with whatever exponent it needs; `null` is the logarithm of an exact zero.

Nothing of the engine is imported. Formulas of f and f′ are those of `activations.py` beside this
file, chains go by `chain.py`, expectations by `mean_field.py`. Networks go forward and back at 80
digits by δ_l = (δ_{l+1} W_{l+1}) ∘ f′(z_l). Cells and blocks are only ever run forward: each of
their derivatives is a central difference of the loss at 800 digits, h = 1e-260, which is right to
some 500 digits after the point; the networks are held against such differences too.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf, nextafter
from pathlib import Path
from typing import Any

import chain as chains_beside
import mean_field as moments_beside
from activations import (
    Case,
    Pair,
    cases,
    digits,
    leaky,
    rrelu,
    threshold,
)
from mpmath import mp, mpf

SHIPPED = Path(__file__).parents[2] / "src/gradtui/mathematics/verify/references"
DIGITS = 50
STEP = "1e-260"
SMALLEST = "1e-450"
AT = 800
"""Digits where a difference is taken."""

Matrix = list[list[Any]]


def text(value: Any) -> str:
    """50 digits."""
    written: str = mp.nstr(value, DIGITS, strip_zeros=True)
    return written.removesuffix(".0")


def log10(value: Any) -> str | None:
    return None if value == 0 else text(mp.log10(abs(value)))


def norm(numbers: Sequence[Any]) -> Any:
    return mp.sqrt(mp.fsum(number * number for number in numbers))


def drawn(seed: int, *shape: int, scale: float = 1.0) -> Any:
    """Multiples of scale/64 from -1.5 to 1.5 times the scale: a float64 holds each of them."""
    source = random.Random(seed)

    def some(sizes: tuple[int, ...]) -> Any:
        if not sizes:
            return scale * (int(source.random() * 193) - 96) / 64
        return [some(sizes[1:]) for _ in range(sizes[0])]

    return some(shape)


# ---------------------------------------------------------------- activations

REGIMES = {
    "near 0": [-1e-9, 1e-200, 0.0123],
    "moderate": [-2.7, -0.6, 0.45, 1.9],
    "tails": [-36.6, -7.3, 7.3, 21.7],
    "underflow": [-12345.5, -746.5, 400.25, 746.5],
}


def activation_cases() -> list[Case]:
    """Every one with its default parameters, and with others where it has any."""
    known = {case.spec: case for case in cases()}
    del (
        known["threshold(threshold=0.1, value=20)"],
        known["silu(beta=0.3)"],
        known["sin(omega=0.7)"],
    )
    more = [
        Case("threshold", threshold(0.0, 0.5), (0.0,)),
        Case("prelu(init=0.1)", leaky(0.1), (0.0,)),
        Case("rrelu(lower=0.25, upper=0.5)", rrelu(0.25, 0.5), (0.0,)),
    ]
    return [*known.values(), *more]


def points(case: Case) -> dict[str, list[float]]:
    """By regime; in the last, f′ is next to its zero, and an absolute error counts."""
    middles = [(low + high) / 2 + 0.0123 for low, high in case.edges]
    found = REGIMES | {"underflow": [*REGIMES["underflow"], *middles]}
    found["kinks"] = [z for at in case.kinks for z in (nextafter(at, -inf), at, nextafter(at, inf))]
    if case.turning is not None:
        at = float(case.turning)
        found["zero of f′"] = [at - 1e-7, at, at + 1e-4]
    if case.omega:  # its waves have zeros everywhere, and beyond some thousand nothing new
        found["underflow"] = []
    return {regime: sorted(z) for regime, z in found.items() if z}


def activations() -> dict[str, Any]:
    return {case.spec: {r: values_at(case.pair, z) for r, z in points(case).items()}
            for case in activation_cases()}  # fmt: skip


def values_at(pair: Pair, z: list[float]) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {"z": [], "f": [], "derivative": [], "log_abs_derivative": []}
    for one in z:
        with mp.workdps(digits(one) + 40):
            f, slope = (function(mpf(one)) for function in pair)
            out["z"].append(one)
            out["f"].append(text(f))
            out["derivative"].append(text(slope))
            out["log_abs_derivative"].append(None if slope == 0 else text(mp.log(abs(slope))))
    return out


# --------------------------------------------------------------------- chains

CHAINS = (
    "the note's three sigmoids",
    "five sigmoids at w = 0.1",
    "10,000 sigmoids",
    "10,000 tanh at w = 1",
    "tanh whose activations underflow",
    "saturated tanh",
    "tanh saturated out of sight",
    "a sigmoid that underflows",
    "sigmoid with a large negative weight",
    "relu whose activations overflow",
    "leaky relu of alternating sign",
    "a dead relu",
    "elu from the negative side",
    "gelu from the negative side",
    "silu that overflows",
    "mish",
    "gaussian",
    "no input but a bias",
    "a zero weight in the middle",
    "tanh, random weights",
    "sigmoid, random weights",
)


def chains() -> dict[str, Any]:
    chains_beside.PAIRS.update({case.spec: case.pair for case in cases()})
    known = {chain.name: chain for chain in chains_beside.chains()}
    found = {}
    for name in CHAINS:
        chain = known[name]
        mp.dps = chain.digits
        _, _, gradients = chains_beside.run(chain)
        chains_beside.check(chain, gradients)
        depth = chain.depth
        layers = sorted({0, 1, depth // 2, depth - 1} & set(range(depth)))
        found[name] = {
            "activation": chain.activation,
            "weights": chain.weights,
            "biases": chain.biases,
            "depth": depth,
            "x": chain.x,
            "upstream": chain.upstream,
            "layers": layers,
            "log10_gradients": [log10(gradients[k]) for k in layers],
            "signs": [int(mp.sign(gradients[k])) for k in layers],
        }
    return found


# ------------------------------------------------------- running, and differences


def product(h: Matrix, w: Matrix) -> Matrix:
    """H Wᵀ."""
    return [[mp.fdot(row, one) for one in w] for row in h]


def plus(h: Matrix, b: Sequence[Any] | None) -> Matrix:
    return h if b is None else [[x + y for x, y in zip(row, b, strict=True)] for row in h]


def each(function: Callable[[Any], Any], h: Matrix) -> Matrix:
    return [[function(x) for x in row] for row in h]


def turned(h: Matrix) -> Matrix:
    return [list(column) for column in zip(*h, strict=True)]


def exact(numbers: Any) -> Any:
    """The same numbers for mpmath."""
    if isinstance(numbers, list):
        return [exact(one) for one in numbers]
    return None if numbers is None else mpf(numbers)


def paths(numbers: Any) -> Iterator[tuple[Any, int]]:
    """Where each number of a list of lists stands."""
    for index, one in enumerate(numbers):
        if isinstance(one, list):
            yield from paths(one)
        else:
            yield numbers, index


def differences(numbers: Any, loss: Callable[[], Any]) -> list[Any]:
    """∂loss/∂ each of them, by changing it in its place."""
    h, found = mpf(STEP), []
    for where, index in paths(numbers):
        kept = where[index]
        where[index] = kept + h
        above = loss()
        where[index] = kept - h
        found.append((above - loss()) / (2 * h))
        where[index] = kept
    return found


def log10_of_differences(numbers: Sequence[Any]) -> str | None:
    """log10 of their norm; what differences cannot tell from zero is zero by symmetry."""
    found = norm(numbers)
    return None if found < mpf(SMALLEST) else log10(found)


def weighed(upstream: Matrix, h: Matrix) -> Any:
    """L = Σ u ∘ h."""
    return mp.fsum(mp.fdot(u, row) for u, row in zip(upstream, h, strict=True))


def zeros(h: Matrix) -> Matrix:
    return [[mpf(0)] * len(row) for row in h]


def flat(h: Matrix) -> list[Any]:
    return [number for row in h for number in row]


# ------------------------------------------------------------------- networks


def network_cases() -> dict[str, dict[str, Any]]:
    """Matrices W [n, m] that follow one another `times` over, each with its bias or none."""

    def case(
        activation: str, widths: list[int], scale: float, batch: int, times: int, bias: float = 0.0,
        seed: int = 0,
    ) -> dict[str, Any]:  # fmt: skip
        pairs = list(pairwise(widths))
        return {
            "activation": activation,
            "weights": [drawn(seed + k, n, m, scale=scale) for k, (m, n) in enumerate(pairs)],
            "biases": [drawn(seed + 50 + k, n, scale=bias) for k, (_, n) in enumerate(pairs)]
            if bias
            else None,
            "times": times,
            "x": drawn(seed + 100, batch, widths[0]),
            "upstream": drawn(seed + 101, batch, widths[-1]),
        }

    return {
        "tanh, 4 layers": case("tanh", [4] * 5, 0.75, 3, 1, 0.25, seed=1),
        "gelu, widths 3 5 2 4": case("gelu", [3, 5, 2, 4], 0.75, 4, 1, 0.25, seed=2),
        "silu, one layer": case("silu", [4, 3], 1.0, 2, 1, 0.5, seed=3),
        "relu, 40 layers": case("relu", [4] * 5, 1.0, 5, 10, 0.125, seed=8),
        "relu that dies, 40 layers": case("relu", [4] * 5, 1.0, 5, 10, 0.125, seed=5),
        "sigmoid, 600 layers": case("sigmoid", [3] * 4, 1.0, 2, 200, 0.5, seed=5),
        "tanh, 60 saturated layers": case("tanh", [3] * 4, 16.0, 2, 20, 1.0, seed=6),
        "leaky_relu, 900 layers": case("leaky_relu", [3] * 4, 16.0, 2, 300, seed=7),
        "softplus, 90 layers": case("softplus", [3] * 4, 0.5, 1, 30, seed=8),
    }


def there_and_back(case: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Norms by layer of everything that a network's flow tells, and its Jacobian."""
    f, slope = {one.spec: one.pair for one in cases()}[case["activation"]]
    weights = exact(case["weights"]) * case["times"]
    biases = exact(case["biases"] or [None] * len(case["weights"])) * case["times"]
    a, z = [exact(case["x"])], []
    for w, b in zip(weights, biases, strict=True):
        z.append(plus(product(a[-1], w), b))
        a.append(each(f, z[-1]))
    g = exact(case["upstream"])
    found: dict[str, list[Any]] = {
        "hidden": [norm(flat(g))], "preactivations": [], "weights": [], "biases": [],
        "outputs": [norm(flat(h)) for h in a],
    }  # fmt: skip
    for layer in reversed(range(len(weights))):
        delta = [
            [x * slope(y) for x, y in zip(*rows, strict=True)]
            for rows in zip(g, z[layer], strict=True)
        ]
        w, below = weights[layer], a[layer]
        columns = turned(delta)
        found["preactivations"].insert(0, norm(flat(delta)))
        found["weights"].insert(0, norm(flat(product(columns, turned(below)))))
        found["biases"].insert(0, norm([mp.fsum(column) for column in columns]))
        g = product(delta, turned(w))
        found["hidden"].insert(0, norm(flat(g)))
    return found


def hold_against_differences(case: dict[str, Any], found: Mapping[str, list[Any]]) -> None:
    """Two ways to the gradients of W_1, b_1 and x, of few layers."""
    f = {one.spec: one.pair for one in cases()}[case["activation"]][0]
    weights, biases = exact(case["weights"]), exact(case["biases"])
    x, upstream = exact(case["x"]), exact(case["upstream"])

    def loss() -> Any:
        h = x
        for w, b in zip(weights, biases, strict=True):
            h = each(f, plus(product(h, w), b))
        return weighed(upstream, h)

    for name, numbers in (("weights", weights[0]), ("biases", biases[0]), ("hidden", x)):
        other = norm(differences(numbers, loss))
        if abs(other - found[name][0]) > mpf("1e-100") * other:
            raise SystemExit(f"{case['activation']}, {name}: {other} against {found[name][0]}")


def networks() -> dict[str, Any]:
    made = {}
    for name, case in network_cases().items():
        mp.dps = AT if case["times"] == 1 else 120
        found = there_and_back(case)
        if case["times"] == 1:
            hold_against_differences(case, found)
        depth = len(found["weights"])
        layers = sorted({0, depth // 2, depth - 1})
        made[name] = case | {
            "layers": layers,
            "log10": {which: [log10(values[k]) for k in layers] for which, values in found.items()},
        }
    return made


# ----------------------------------------------------------------- mean field


CRITICAL_AT = "0.05"


def attracts(case: Case, q: mpf, sigma_w2: mpf) -> bool:
    """Whether q ← σw² E[f²] + σb² comes back to q: only such a point is one where networks end."""
    h = q / 10**4
    above, below = (moments_beside.square(case, one) for one in (q + h, q - h))
    return bool(sigma_w2 * (above - below) / (2 * h) < 1)


def mean_fields() -> dict[str, Any]:
    """Fixed and critical points of `mean_field.json`, each held against expectations taken here."""
    table = json.loads((Path(__file__).parent / "mean_field.json").read_text(encoding="utf-8"))
    known = {case.spec: case for case in activation_cases()}
    w, b = table["fixed_at"]
    made: dict[str, Any] = {}
    for one in table["activations"]:
        case = known.get(one["spec"])
        if case is None or "fixed" not in one:
            continue
        mp.dps = 25
        rates = []
        for q in one["fixed"]:
            left = mpf(w) * moments_beside.square(case, mpf(q)) + mpf(b) - mpf(q)
            if abs(left) > mpf("1e-14") * q:
                raise SystemExit(f"{case.spec}: q = {q} is no fixed point ({left})")
            rates.append(float(mpf(w) * moments_beside.slope_square(case, mpf(q))))
        moments = {str(m["q"]): [m["square"], m["slope_square"]] for m in one["moments"][1:3]}
        critical = [
            point
            for point in one.get("critical", {}).get(CRITICAL_AT, [])
            if attracts(case, mpf(point["q"]), mpf(point["sigma_w2"]))
        ]
        made[case.spec] = {
            "fixed": one["fixed"],
            "chi": rates,
            "moments": moments,
            "critical": critical[0]["sigma_w2"] if len(critical) == 1 else None,
        }
    return {"sigma_w2": w, "sigma_b2": b, "critical_at": float(CRITICAL_AT), "activations": made}


# ----------------------------------------------------------------------- time


def sigmoid(z: Any) -> Any:
    return 1 / (1 + mp.exp(-z))


def cell_cases() -> dict[str, dict[str, Any]]:
    def case(
        cell: str, steps: int, scale: float, bias: float, seed: int, n: int = 3, m: int = 2,
        batch: int = 2,
    ) -> dict[str, Any]:  # fmt: skip
        rows = {"lstm": 4, "gru": 3}.get(cell, 1) * n
        parameters = {
            "weight_ih_l0": drawn(seed, rows, m, scale=scale),
            "weight_hh_l0": drawn(seed + 1, rows, n, scale=scale),
        }
        if bias:
            parameters["bias_ih_l0"] = drawn(seed + 2, rows, scale=bias)
            parameters["bias_hh_l0"] = drawn(seed + 3, rows, scale=bias)
        return {
            "cell": cell,
            "parameters": parameters,
            "x": drawn(seed + 4, steps, batch, m),
            "upstream": drawn(seed + 5, batch, n),
        }

    return {
        "tanh, 8 steps": case("tanh", 8, 0.75, 0.5, 10),
        "tanh, 120 steps": case("tanh", 120, 0.125, 0.25, 20, n=2, m=1, batch=1),
        "relu, 10 steps": case("relu", 10, 1.0, 0.25, 40),
        "sigmoid, 12 steps": case("sigmoid", 12, 1.0, 0.5, 50),
        "gru, 6 steps": case("gru", 6, 1.0, 0.5, 60),
        "gru, no biases, 30 steps": case("gru", 30, 1.0, 0.0, 70, n=2, m=1, batch=1),
        "lstm, 6 steps": case("lstm", 6, 1.0, 0.5, 80),
        "lstm, gates shut, 30 steps": case("lstm", 30, 4.0, 1.0, 90, n=2, m=1, batch=1),
    }


def step(cell: str, p: Mapping[str, Any], x: Matrix, h: Matrix, c: Matrix, nudge: Matrix | None):
    """One step as torch.nn.RNN, GRU and LSTM document it; a nudge to c before h is made of it."""
    by_x = plus(product(x, p["weight_ih_l0"]), p.get("bias_ih_l0"))
    by_h = plus(product(h, p["weight_hh_l0"]), p.get("bias_hh_l0"))
    n, new_h, new_c = len(h[0]), [], []
    for i, (v, u) in enumerate(zip(by_x, by_h, strict=True)):
        if cell == "gru":
            r = [sigmoid(v[k] + u[k]) for k in range(n)]
            z = [sigmoid(v[n + k] + u[n + k]) for k in range(n)]
            new = [mp.tanh(v[2 * n + k] + r[k] * u[2 * n + k]) for k in range(n)]
            new_h.append([(1 - z[k]) * new[k] + z[k] * h[i][k] for k in range(n)])
        elif cell == "lstm":
            total = [a + b for a, b in zip(v, u, strict=True)]
            opened, forget, candidate, out = (total[k * n : (k + 1) * n] for k in range(4))
            states = [
                sigmoid(forget[k]) * c[i][k] + sigmoid(opened[k]) * mp.tanh(candidate[k])
                for k in range(n)
            ]
            if nudge is not None:
                states = [a + b for a, b in zip(states, nudge[i], strict=True)]
            new_c.append(states)
            new_h.append([sigmoid(out[k]) * mp.tanh(states[k]) for k in range(n)])
        else:
            f = {"tanh": mp.tanh, "sigmoid": sigmoid, "relu": lambda y: max(y, mpf(0))}[cell]
            new_h.append([f(a + b) for a, b in zip(v, u, strict=True)])
    return new_h, new_c or c


def time() -> dict[str, Any]:
    mp.dps = AT
    made = {}
    for name, case in cell_cases().items():
        cell, p = case["cell"], {key: exact(value) for key, value in case["parameters"].items()}
        x, upstream = exact(case["x"]), exact(case["upstream"])
        steps = len(x)
        states = [(zeros(upstream), zeros(upstream))]
        for one in x:
            states.append(step(cell, p, one, *states[-1], None))

        def loss(start: int, h: Matrix, c: Matrix, cell=cell, p=p, x=x, upstream=upstream) -> Any:
            for one in x[start:]:
                h, c = step(cell, p, one, h, c, None)
            return weighed(upstream, h)

        times = sorted({0, 1, steps // 2, steps - 1, steps})
        hidden, carried = [], []
        for t in times:
            h, c = ([row[:] for row in one] for one in states[t])
            hidden.append(log10_of_differences(differences(h, lambda: loss(t, h, c))))  # noqa: B023
            if cell == "lstm":
                nudge = zeros(upstream)

                def nudged(t=t, nudge=nudge, cell=cell, p=p, x=x, states=states) -> Any:
                    if t == 0:
                        return loss(0, states[0][0], nudge)
                    return loss(t, *step(cell, p, x[t - 1], *states[t - 1], nudge))

                carried.append(log10_of_differences(differences(nudge, nudged)))
        made[name] = case | {
            "times": times,
            "hidden": hidden,
            "carried": carried,
            "states": [log10(norm(flat(states[t][0]))) for t in times],
            "gradients": {
                key: log10_of_differences(differences(p[key], lambda: loss(0, *states[0])))  # noqa: B023
                for key in p
            },
        }
    return made


# --------------------------------------------------------------------- blocks


def block_cases() -> dict[str, dict[str, Any]]:
    """Stacks of layers, each a list: its kind, then what it has."""

    def linear(seed: int, n: int, m: int, scale: float = 0.75, bias: bool = True) -> list[Any]:
        b = drawn(seed + 1, n, scale=0.25) if bias else None
        return ["linear", drawn(seed, n, m, scale=scale), b]

    def near_1(seed: int, n: int) -> list[float]:
        return [1.0 + x for x in drawn(seed, n, scale=0.25)]

    def case(seed: int, n: int, batch: int, layers: list[Any]) -> dict[str, Any]:
        return {
            "layers": layers,
            "x": drawn(seed, batch, n),
            "upstream": drawn(seed + 1, batch, n),
        }

    def before(seed: int) -> list[Any]:
        norm_first = ["layer_norm", near_1(seed, 3), drawn(seed + 1, 3), 1e-5]
        matrices = linear(seed + 2, 4, 3), linear(seed + 4, 3, 4)
        return ["residual", 1.0, [norm_first, matrices[0], ["elementwise", "gelu"], matrices[1]]]

    def gated(seed: int) -> list[Any]:
        norm_first = ["rms_norm", near_1(seed, 3), 1e-6]
        matrices = linear(seed + 2, 6, 3, bias=False), linear(seed + 4, 3, 3)
        return ["residual", 0.5, [norm_first, matrices[0], ["gated", "silu"], matrices[1]]]

    def after(seed: int) -> list[Any]:
        branch = [linear(seed, 3, 3, 1.0), ["elementwise", "tanh"], linear(seed + 2, 3, 3)]
        return ["residual", 1.0, branch]

    small = ["residual", 0.125, [linear(60, 3, 3), ["elementwise", "sigmoid"]]]
    return {
        "LayerNorm first, GELU": case(100, 3, 2, [before(1), before(11), before(21)]),
        "RMSNorm first, SwiGLU": case(110, 3, 2, [gated(31), gated(41)]),
        "LayerNorm last, tanh": case(
            120, 3, 2, [after(1), ["layer_norm", None, None, 1e-5],
                        after(7), ["layer_norm", near_1(80, 3), drawn(81, 3), 1e-3]],
        ),
        "BatchNorm, no skip": case(
            130, 3, 4, [linear(51, 3, 3), ["batch_norm", near_1(53, 3), drawn(54, 3), 1e-5],
                        ["elementwise", "relu"], linear(55, 3, 3),
                        ["batch_norm", None, None, 1e-5], ["elementwise", "relu"]],
        ),
        "skips of α = 1/8": case(140, 3, 2, [small] * 4),
        "40 × LayerNorm": case(
            150, 4, 2, [linear(71, 4, 4), *[["layer_norm", None, None, 1e-5]] * 40],
        ),
    }  # fmt: skip


def run_layer(layer: list[Any], h: Matrix) -> Matrix:
    """y of one layer, from its definition."""
    kind, *has = layer
    if kind == "linear":
        return plus(product(h, has[0]), has[1])
    if kind in ("elementwise", "gated"):
        f = {one.spec: one.pair for one in CASES}[has[0]][0]
        if kind == "elementwise":
            return each(f, h)
        n = len(h[0]) // 2
        return [[f(row[k]) * row[n + k] for k in range(n)] for row in h]
    if kind == "residual":
        y = h
        for one in has[1]:
            y = run_layer(one, y)
        # A scale is a list of one number, so that it can be changed in its place.
        return [[a + has[0][0] * b for a, b in zip(*rows, strict=True)]
                for rows in zip(h, y, strict=True)]  # fmt: skip
    if kind == "batch_norm":
        columns = normalised(turned(h), has[2], centred=True)
        return scaled(turned(columns), has[0], has[1])
    if kind == "layer_norm":
        return scaled(normalised(h, has[2], centred=True), has[0], has[1])
    return scaled(normalised(h, has[1], centred=False), has[0], None)


CASES = cases()


def normalised(h: Matrix, eps: Any, *, centred: bool) -> Matrix:
    found = []
    for row in h:
        mean = mp.fsum(row) / len(row) if centred else mpf(0)
        apart = [x - mean for x in row]
        root = mp.sqrt(mp.fdot(apart, apart) / len(row) + eps)
        found.append([x / root for x in apart])
    return found


def scaled(h: Matrix, weight: Any, bias: Any) -> Matrix:
    times = h if weight is None else [
        [x * w for x, w in zip(row, weight, strict=True)] for row in h
    ]  # fmt: skip
    return plus(times, bias)


def for_mpmath(layer: list[Any]) -> list[Any]:
    kind, *has = layer
    if kind in ("elementwise", "gated"):
        return layer
    if kind == "residual":
        return [kind, [mpf(has[0])], [for_mpmath(one) for one in has[1]]]
    return [kind, *(exact(one) for one in has)]


def parameters_of(layers: Sequence[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every parameter that can be changed in its place, by PyTorch's name."""
    for index, (kind, *has) in enumerate(layers):
        name = f"{before}{index}"
        if kind == "residual":
            yield from parameters_of(has[1], f"{name}.branch.")
            yield f"{name}.scale", has[0]
        elif kind not in ("elementwise", "gated"):
            named = zip(("weight", "bias"), has, strict=False)
            yield from ((f"{name}.{key}", value) for key, value in named if isinstance(value, list))


def blocks() -> dict[str, Any]:
    mp.dps = AT
    made = {}
    for name, case in block_cases().items():
        layers = [for_mpmath(one) for one in case["layers"]]
        upstream = exact(case["upstream"])
        outputs = [exact(case["x"])]
        for layer in layers:
            outputs.append(run_layer(layer, outputs[-1]))

        def loss(start: int, h: Matrix, layers=layers, upstream=upstream) -> Any:
            for layer in layers[start:]:
                h = run_layer(layer, h)
            return weighed(upstream, h)

        at = sorted({0, 1, len(layers) // 2, len(layers)})
        hidden = []
        for k in at:
            h = [row[:] for row in outputs[k]]
            hidden.append(log10_of_differences(differences(h, lambda: loss(k, h))))  # noqa: B023
        gradients = {}
        for key, numbers in parameters_of(layers):
            start = int(key.partition(".")[0])
            found = differences(numbers, lambda: loss(start, outputs[start]))  # noqa: B023
            gradients[key] = log10_of_differences(found)
        made[name] = case | {
            "at": at,
            "hidden": hidden,
            "outputs": [log10(norm(flat(outputs[k]))) for k in at],
            "gradients": gradients,
        }
    return made


# ----------------------------------------------------------------------- files

GROUPS: dict[str, Callable[[], dict[str, Any]]] = {
    "activations": activations,
    "chains": chains,
    "networks": networks,
    "mean_field": mean_fields,
    "time": time,
    "blocks": blocks,
}


def made(group: str) -> str:
    """What the file of a group says: a line an entry."""
    mp.dps = 60
    found = GROUPS[group]()
    lines = [
        f"{json.dumps(key, ensure_ascii=False)}: "
        + json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        for key, value in found.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(words: list[str]) -> int:
    check = "--check" in words
    wrong = 0
    for group in [word for word in words if word != "--check"] or list(GROUPS):
        content, file = made(group), SHIPPED / f"{group}.json"
        if check:
            same = file.read_text(encoding="utf-8") == content
            wrong += not same
            sys.stdout.write(f"{group}: {'as shipped' if same else 'NOT what is shipped'}\n")
        else:
            file.write_text(content, encoding="utf-8")
            sys.stdout.write(f"{group}: {len(content)} bytes\n")
        sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
