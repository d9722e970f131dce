"""The scalar chain rule written out in plain floats: what the engine has to agree with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Pair = tuple[Callable[[float], float], Callable[[float], float]]


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


BY_HAND: dict[str, Pair] = {
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z)),
    "tanh": (math.tanh, lambda z: 1 / math.cosh(z) ** 2),
    "relu": (lambda z: max(z, 0.0), lambda z: 1.0 if z > 0 else 0.0),
    "identity": (lambda z: z, lambda z: 1.0),
    "arctan": (math.atan, lambda z: 1 / (1 + z * z)),
}


@dataclass(frozen=True)
class ByHand:
    """z_l, f′(z_l), ∂L/∂w_l and ∂L/∂z_l, indexed by layer - 1; ∂L/∂a_l from the input, layer 0."""

    z: list[float]
    slopes: list[float]
    gradients: list[float]
    backward: list[float]
    hidden: list[float]

    def of(self, quantity: str) -> list[float]:
        """∂L/∂a, ∂L/∂z or ∂L/∂w by layer."""
        return {"a": self.hidden, "z": self.backward, "w": self.gradients}[quantity]

    def ratio_of(self, quantity: str) -> float:
        """The first beside the last."""
        return abs(self.of(quantity)[0] / self.of(quantity)[-1])

    @property
    def ratio(self) -> float:
        """|∂L/∂a_0| / |∂L/∂a_L|."""
        return self.ratio_of("a")

    @property
    def rate(self) -> float:
        """The geometric mean factor of a layer."""
        return self.ratio ** (1 / len(self.z))


def by_hand(
    name: str,
    weights: Sequence[float],
    biases: Sequence[float] | float = 0.0,
    x: float = 1.0,
    upstream: float = 1.0,
) -> ByHand:
    """∂L/∂w_l = ∂L/∂z_l · a_{l-1};  ∂L/∂z_l = ∂L/∂z_{l+1} · w_{l+1} · f′(z_l)."""
    f, slope = BY_HAND[name]
    depth = len(weights)
    b = [biases] * depth if isinstance(biases, float) else list(biases)
    zs: list[float] = []
    inputs = [x]
    for w_l, b_l in zip(weights, b, strict=True):
        zs.append(w_l * inputs[-1] + b_l)
        inputs.append(f(zs[-1]))
    slopes = [slope(z) for z in zs]
    gradients, backward = [0.0] * depth, [0.0] * depth
    hidden = [upstream] * (depth + 1)
    for layer in range(depth - 1, -1, -1):
        backward[layer] = hidden[layer + 1] * slopes[layer]
        gradients[layer] = backward[layer] * inputs[layer]
        hidden[layer] = backward[layer] * weights[layer]
    return ByHand(zs, slopes, gradients, backward, hidden)


def close(shown: str | float, true: float, digits: int = 2) -> bool:
    """Whether a number that is shown in so many significant digits is the true one, rounded."""
    return abs(float(shown) - true) <= 0.5000001 * 10.0 ** (
        math.floor(math.log10(abs(true))) - digits + 1
    )
