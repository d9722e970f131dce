"""Every choice the user has made, as one frozen value."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

from gradtui.errors import InputError
from gradtui.mathematics.layer_values import LayerValues
from gradtui.mathematics.spec import format_spec

MAX_WEIGHT = 1e100
"""The largest weight or bias; a unit's z is then far from the end of float64."""


@dataclass(frozen=True)
class Loss:
    """Where the backward pass begins: a given ∂L/∂a_L, or a squared error ½(a_L - target)²."""

    upstream: float = 1.0
    target: float | None = None

    @property
    def text(self) -> str:
        """The text form, which the knob reads back."""
        if self.target is None:
            return format_spec("upstream", {"gradient": self.upstream})
        return format_spec("squared_error", {"target": self.target})


CHAIN, NETWORK = MODELS = ("chain", "network")
"""One unit a layer, or the matrices of real layers."""

CURSOR_RANGES: Mapping[str, str] = {
    "z": "z_range",
    "sigma_w": "sigma_w_range",
    "sigma_b": "sigma_b_range",
}
"""Each cursor over numbers, and the knob that says what it walks over."""

CURSORS = ("layer", *CURSOR_RANGES)
"""The knobs that only say where somebody looks: a move of theirs changes no result."""

_NOT_OF_A_CHAIN = (
    "activations", "focus", "samples", "model", "init", "units", "batch", "networks", "against",
    *CURSORS, *CURSOR_RANGES.values(),
)  # fmt: skip


@dataclass(frozen=True)
class Setup:
    """The state of every knob. Two equal setups give the same numbers and the same picture."""

    activations: tuple[str, ...] = ("sigmoid",)
    focus: str = ""
    depth: int = 3
    weights: LayerValues = LayerValues((1.0,))
    biases: LayerValues = LayerValues((0.0,))
    x: float = 1.0
    loss: Loss = Loss()
    seed: int = 0
    samples: int = 200
    threshold: float = 1e-3
    model: str = CHAIN
    init: tuple[str, ...] = ("pytorch_linear",)
    units: int = 64
    batch: int = 32
    networks: int = 100
    z_range: tuple[float, float] = (-6.0, 6.0)
    sigma_w_range: tuple[float, float] = (0.0, 3.0)
    sigma_b_range: tuple[float, float] = (0.0, 1.5)
    against: str = "sigma_b"
    z: float = 1.0
    layer: int = 1
    sigma_w: float = 1.0
    sigma_b: float = 0.0

    @property
    def focused(self) -> str:
        """The activation that the verdict speaks of: the chosen one, or the first."""
        return self.focus if self.focus in self.activations else self.activations[0]

    @property
    def focused_init(self) -> str:
        """The initialisation that the verdict speaks of: the chosen one, or the first."""
        return self.focus if self.focus in self.init else self.init[0]

    def with_(self, **changes: object) -> Setup:
        """A copy with those knobs changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def chain_only(self) -> Setup:
        """This setup with every knob that no chain depends on at its default."""
        default = Setup()
        return self.with_(
            **{name: getattr(default, name) for name in _NOT_OF_A_CHAIN},
        )

    def checked(self) -> Setup:
        """This setup, or an error where its knobs contradict one another.

        Raises:
            InputError: a list of weights or biases whose length is not the depth; a focus
                that is not among what is compared; several activations and several
                initialisations at once; a cursor outside what it walks over.
        """
        compared = (*self.activations, *(self.init if self.model == NETWORK else ()))
        for name, value, allowed, holds, next_step in (
            ("focus", self.focus, f"one of {', '.join(compared)}",
             self.focus in ("", *self.activations, *self.init), "choose one of them"),
            ("layer", self.layer, f"a layer from 1 to {self.depth}", self.layer <= self.depth,
             "choose a layer that is there"),
            ("init", ", ".join(self.init), "one initialisation, as there are several activations",
             1 in (len(self.activations), len(self.init)),
             "compare several of the one or of the other"),
        ):  # fmt: skip
            if not holds:
                raise InputError(name, value, allowed, next_step)
        for name, limits in CURSOR_RANGES.items():
            value, (low, high) = getattr(self, name), getattr(self, limits)
            if not low <= value <= high:
                raise InputError(
                    name,
                    value,
                    f"inside the range {low:g} to {high:g}",
                    f"move it, or widen {limits}",
                )
        for name in ("weights", "biases"):
            count = len(getattr(self, name).values)
            if count > 1 and count != self.depth:
                raise InputError(
                    name,
                    f"{count} values",
                    f"one number, or one for each of the {self.depth} layers",
                    f"set depth to {count}, or give {name} one number",
                )
        return self

    def clamped(self) -> Setup:
        """This setup with its cursors inside what they walk over."""
        inside = {
            name: min(max(getattr(self, name), low), high)
            for name, limits in CURSOR_RANGES.items()
            for low, high in (getattr(self, limits),)
        }
        return self.with_(layer=min(max(self.layer, 1), self.depth), **inside)


def log10_threshold(setup: Setup) -> float:
    """log10 of the threshold."""
    return math.log10(setup.threshold)
