"""The steps of which blocks are made: matrices, norms and activations.

Glossary: n the units of the stream h, m those inside a branch, γ the weight of a norm, α what a
branch is multiplied by.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

Norm: TypeAlias = Literal["none", "layer", "rms", "batch"]
NORMS: tuple[Norm, ...] = ("none", "layer", "rms", "batch")

EPS: Mapping[str, float] = MappingProxyType({"layer": 1e-5, "rms": 1e-6, "batch": 1e-5})
"""The eps of each norm, as PyTorch's layers have it; of RMSNorm that of LLaMA."""


class Matrix(NamedTuple):
    """W h + b.

    Attributes:
        inside: whether it comes from the stream into the branch's own width m, comes back from it,
            or neither: ("n", "m"), ("m", "n"), ("n", "n").
        factor: by which the recipe's weights are multiplied; 0 for a zero-initialised one. Biases
            are then 0 too.
        gated: whether it is two of them, a gate's and the other's, as `Gated` takes them.
    """

    inside: tuple[Literal["n", "m"], Literal["n", "m"]] = ("n", "n")
    factor: float = 1.0
    gated: bool = False


class Normed(NamedTuple):
    """A norm.

    Attributes:
        norm: which.
        eps: its eps.
        weight: γ of every unit: 1, or 0 where it is zero-initialised.
    """

    norm: Norm
    eps: float
    weight: float = 1.0


class Activated(NamedTuple):
    """f of every number, or of the first half times the second."""

    gated: bool = False


Step: TypeAlias = Matrix | Normed | Activated


class Steps(NamedTuple):
    """Of what one block is made.

    Attributes:
        branch: the steps of the branch, or all where there is no skip.
        scale: α as a number; None where there is no skip.
        after: the steps on the stream after the branch was added.
    """

    branch: tuple[Step, ...]
    scale: float | None
    after: tuple[Step, ...] = ()

    @property
    def all(self) -> tuple[Step, ...]:
        """Every step in order."""
        return (*self.branch, *self.after)
