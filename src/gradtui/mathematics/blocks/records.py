"""The layers of which `network_flow` takes a sequence.

Glossary: B batch, h the input of a layer [B, n], y its output, γ the weight and β the bias of a
norm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from gradtui.mathematics.activations.record import Activation

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class Linear:
    """y = h Wᵀ + b, as `torch.nn.Linear`.

    Attributes:
        weight: W [n, m].
        bias: b [n], or None.
    """

    weight: ArrayLike
    bias: ArrayLike | None = None


@dataclass(frozen=True, eq=False)
class Elementwise:
    """y = f(h), number by number.

    Attributes:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
    """

    activation: str | Activation


@dataclass(frozen=True, eq=False)
class Gated:
    """y = f(h₁) ∘ h₂ with h = [h₁, h₂], each [B, n] of a h [B, 2n]: SwiGLU with f = SiLU.

    A `Linear` of 2n rows before it has the gate's matrix in the first n and the other in the rest
    (Shazeer, GLU variants improve transformer, 2020).

    Attributes:
        activation: as that of `Elementwise`.
    """

    activation: str | Activation


@dataclass(frozen=True, eq=False)
class LayerNorm:
    """y = (h − mean) / √(var + eps) ∘ γ + β over the units of each row, as `torch.nn.LayerNorm`.

    Attributes:
        weight: γ [n], or None for 1.
        bias: β [n], or None for 0.
        eps: above 0.
    """

    weight: ArrayLike | None = None
    bias: ArrayLike | None = None
    eps: float = 1e-5


@dataclass(frozen=True, eq=False)
class RMSNorm:
    """y = h / √(mean of h² + eps) ∘ γ over the units of each row, as `torch.nn.RMSNorm`.

    Attributes:
        weight: γ [n], or None for 1.
        eps: above 0.
    """

    weight: ArrayLike | None = None
    eps: float = 1e-6


@dataclass(frozen=True, eq=False)
class BatchNorm:
    """y = (h − mean) / √(var + eps) ∘ γ + β over the rows of each unit, as in training.

    The statistics are those of this batch, and gradients go through them, as `torch.nn.BatchNorm1d`
    has it while it trains; so the batch has two rows at least.

    Attributes:
        weight: γ [n], or None for 1.
        bias: β [n], or None for 0.
        eps: above 0.
    """

    weight: ArrayLike | None = None
    bias: ArrayLike | None = None
    eps: float = 1e-5


@dataclass(frozen=True, eq=False)
class Residual:
    """y = h + scale · branch(h), of a branch that keeps the width.

    Attributes:
        branch: a sequence of layers, at least one.
        scale: α.
    """

    branch: Sequence[Layer]
    scale: float = 1.0


Layer: TypeAlias = "Linear | Elementwise | Gated | LayerNorm | RMSNorm | BatchNorm | Residual"
