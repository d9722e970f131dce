"""Make `chain.json`: the gradients of scalar chains, with mpmath at 80 digits or more.

    python tests/references/chain.py

    z_l = w_l a_{l-1} + b_l    a_l = f(z_l)    a_0 = x    upstream = ∂L/∂a_L
    δ_L = upstream f′(z_L)     δ_l = δ_{l+1} w_{l+1} f′(z_l)     ∂L/∂w_l = δ_l a_{l-1}

mpmath's exponents have no bounds, so nothing here underflows and no logarithm is taken before
the end. The formulas of f and f′ are those of `activations.py` beside this file.

Every case is asked first whether float64 can know the answer: each z_l is disturbed by one part
in 10^16 at random, and a case whose log10 moves by more than 10^−11 is refused, for the tests
claim 10^−10.
"""

from __future__ import annotations

import json
import math
import random
import sys
from dataclasses import dataclass
from pathlib import Path

from activations import Pair, cases
from mpmath import mp, mpf

PAIRS: dict[str, Pair] = {}
ROOT = Path(__file__).parent


@dataclass(frozen=True)
class Chain:
    """One chain; `weights` is one number for all layers, or a tuple of them."""

    name: str
    activation: str
    weights: float | tuple[float, ...]
    depth: int
    x: float = 1.0
    biases: float | tuple[float, ...] = 0.0
    upstream: float = 1.0
    digits: int = 80

    def per_layer(self, values: float | tuple[float, ...]) -> tuple[float, ...]:
        return values if isinstance(values, tuple) else (values,) * self.depth


def drawn(seed: int, depth: int, scale: float) -> tuple[float, ...]:
    """Seeded normal numbers; the table holds them, so no test needs this generator."""
    source = random.Random(seed)
    return tuple(source.gauss(0.0, scale) for _ in range(depth))


def chains() -> list[Chain]:
    dead = (1.0, 2.0, -1.0, 1.0, 3.0)
    return [
        Chain("the note's three sigmoids", "sigmoid", 1.0, 3),
        Chain("five sigmoids at w = 0.1", "sigmoid", 0.1, 5),
        Chain("10,000 sigmoids", "sigmoid", 1.0, 10_000),
        Chain("10,000 tanh at w = 1", "tanh", 1.0, 10_000),
        Chain("tanh whose activations underflow", "tanh", 0.1, 1000),
        Chain("saturated tanh", "tanh", 3.0, 200, biases=0.5),
        Chain("relu whose activations overflow", "relu", 2.0, 10_000),
        Chain("relu whose activations underflow", "relu", 0.5, 10_000),
        Chain("linear and shrinking", "identity", 0.1, 5000),
        Chain("leaky relu of alternating sign", "leaky_relu", -1.0, 999),
        Chain("silu that grows", "silu", 1.5, 300),
        Chain("gelu from the negative side", "gelu", 0.3, 60, x=-2.0),
        Chain("gelu_tanh from the negative side", "gelu_tanh", 0.3, 60, x=-2.0),
        Chain("sigmoid with a large negative weight", "sigmoid", -30.0, 50, x=5.0),
        Chain("elu", "elu", 0.9, 2000),
        Chain("elu from the negative side", "elu", 0.9, 2000, x=-3.0),
        Chain("tiny numbers squared", "relu_squared", 0.5, 8, x=1e-60),
        Chain("a sigmoid that underflows", "sigmoid", 1.0, 3, x=-800.0),
        Chain("tanh saturated out of sight", "tanh", 400.0, 30, upstream=-2.5e-300),
        Chain("softplus", "softplus", 0.5, 200, biases=-0.3),
        Chain("mish", "mish", 0.8, 300, biases=0.1, upstream=-3.0),
        Chain("gaussian", "gaussian", 5.0, 40),
        Chain("tiny numbers cubed", "tanhshrink", 0.5, 4, x=1e-30, digits=3000),
        Chain("a slope as tiny as its input", "gaussian", (1e-200, 0.5, 0.5), 3, x=1e-200),
        Chain("large numbers squared", "relu_squared", 2.0, 8, x=1e60),
        Chain("silu that overflows", "silu", 30.0, 300),
        Chain("gelu that overflows", "gelu", 30.0, 300),
        Chain("leaky relu that overflows with alternating sign", "leaky_relu", -700.0, 401),
        Chain("softsign of what overflows", "softsign", (1e300, -2.0, 0.5), 3, x=1e300),
        Chain("arctan of what overflows", "arctan", (-1e300, -2.0, 0.5), 3, x=1e300),
        Chain("squareplus of what overflows", "squareplus", (-1e300, -2.0, 0.5), 3, x=1e300),
        Chain("one layer", "tanh", -0.75, 1, x=0.3, biases=0.2, upstream=-7.0),
        Chain("no input", "tanh", 0.9, 6, x=0.0),
        Chain("no input but a bias", "tanh", 0.9, 6, x=0.0, biases=0.25),
        Chain("no upstream", "tanh", 0.9, 6, upstream=0.0),
        Chain("a zero weight in the middle", "tanh", (0.5, 0.7, 0.0, -0.9, 1.1), 5, biases=0.3),
        Chain("a zero weight without a bias", "sigmoid", (0.5, 0.7, 0.0, -0.9, 1.1), 5),
        Chain("a dead relu", "relu", dead, 5),
        Chain("a dead relu with live ones after it", "relu", dead, 5, biases=(0, 0, 0, 1.0, 0)),
        Chain("tanh, random weights", "tanh", drawn(1, 50, 1.0), 50, biases=drawn(2, 50, 0.3)),
        Chain("sigmoid, random weights", "sigmoid", drawn(3, 50, 2.0), 50, biases=drawn(4, 50, 1)),
        Chain("tanh, random weights of scale 1.5", "tanh", drawn(5, 50, 1.5), 50, x=-0.4),
    ]


def run(chain: Chain, noise: random.Random | None = None) -> tuple[list[mpf], list[mpf], list[mpf]]:
    """The z_l, the a_l from a_0 on, and the ∂L/∂w_l."""
    f, slope = PAIRS[chain.activation]
    weights = [mpf(w) for w in chain.per_layer(chain.weights)]
    biases = [mpf(b) for b in chain.per_layer(chain.biases)]
    z: list[mpf] = []
    a = [mpf(chain.x)]
    for w, b in zip(weights, biases, strict=True):
        exact = w * a[-1] + b
        z.append(exact if noise is None else exact * (1 + mpf(noise.uniform(-1e-16, 1e-16))))
        a.append(f(z[-1]))
    gradients: list[mpf] = [mpf(0)] * chain.depth
    delta = mpf(chain.upstream)
    for layer in reversed(range(chain.depth)):
        delta *= slope(z[layer])
        gradients[layer] = delta * a[layer]
        delta *= weights[layer]
    return z, a, gradients


def layers(depth: int) -> list[int]:
    """Which layers are stored, counted from 0: all of few, else the ends and some between."""
    if depth <= 8:
        return list(range(depth))
    return sorted({0, 1, 2, depth // 10, depth // 3, depth // 2, depth - 3, depth - 2, depth - 1})


def finite(value: mpf) -> float | None:
    """The float64, or None where there is none so large."""
    return float(value) if math.isfinite(float(value)) else None


def log10(value: mpf) -> str | None:
    return None if value == 0 else mp.nstr(mp.log10(abs(value)), 25)


def check(chain: Chain, gradients: list[mpf]) -> float:
    """How far the answers move when every z_l is rounded: refused above 10^−11."""
    worst = 0.0
    for seed in range(3):
        _, _, disturbed = run(chain, random.Random(seed))
        for layer in layers(chain.depth):
            if gradients[layer] != 0:
                ratio = abs(disturbed[layer] / gradients[layer])
                worst = max(worst, abs(float(mp.log10(ratio))))
    if worst > 1e-11:
        raise SystemExit(f"{chain.name}: ill conditioned, float64 cannot know it ({worst:.1e})")
    return worst


def main() -> None:
    PAIRS.update({case.spec: case.pair for case in cases()})
    table = []
    for chain in chains():
        mp.dps = chain.digits
        z, a, gradients = run(chain)
        moved = check(chain, gradients)
        sys.stdout.write(f"{chain.name}: log10 {log10(gradients[0])}, moves by {moved:.1e}\n")
        few = layers(chain.depth)
        table.append(
            {
                "name": chain.name,
                "activation": chain.activation,
                "weights": chain.weights,
                "biases": chain.biases,
                "depth": chain.depth,
                "x": chain.x,
                "upstream": chain.upstream,
                "layers": few,
                "z": [finite(z[k]) for k in few],
                "log10_abs_input": [log10(a[k]) for k in few],
                "log10_derivatives": [log10(PAIRS[chain.activation][1](z[k])) for k in few],
                "log10_gradients": [log10(gradients[k]) for k in few],
                "signs": [int(mp.sign(gradients[k])) for k in few],
            }
        )
    path = ROOT / "chain.json"
    rows = ",\n".join(json.dumps(row, allow_nan=False) for row in table)
    path.write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
