"""The knobs of a recurrent cell: how it is drawn, how long a sequence it runs over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.formula_text import echoed, split_list
from gradtui.mathematics.limits import MAX_STEPS
from gradtui.mathematics.recurrent.arrays import GATED, named
from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS, cell_initialisation
from gradtui.mathematics.spec import number, parse_number
from gradtui.plots.picture import CURVES
from gradtui.setup.family import Family
from gradtui.setup.knob import AUTO, Knob, choice, declared, real, several, tidy, whole
from gradtui.setup.sequences import MAX_INPUTS, MAX_SEQUENCES, Inputs, inputs
from gradtui.setup.shared import Shared

CELLS = tuple(dict.fromkeys(("tanh", *GATED, "relu", "sigmoid", *ACTIVATIONS)))
"""Every cell: those with gates, and a vanilla RNN of each activation."""
MAX_UNITS = 1024
"""Units of a cell that is drawn: a sequence of the longest stays below a minute."""
_MOST_BIAS = 100.0


def _called(cell: str) -> tuple[str, ...]:
    """Other names of a cell."""
    return () if cell in GATED else activation(cell).family.also_called


def _next_recipe(value: tuple[str, ...], n: int) -> tuple[str, ...]:
    """The recipe n rows further in the list of them; of several, none is next."""
    if len(value) > 1:
        return value
    names = list(CELL_INITIALISATIONS)
    return (names[(names.index(cell_initialisation(value[0]).scheme.name) + n) % len(names)],)


def _forget_bias(name: str, letter: str, help: str) -> Knob:
    allowed = f"{AUTO}, or a number from {number(-_MOST_BIAS)} to {number(_MOST_BIAS)}"

    def parse(text: str) -> float | None:
        if text.strip() == AUTO:
            return None
        value = parse_number(name, text)
        if not -_MOST_BIAS <= value <= _MOST_BIAS:
            nearest = number(min(max(value, -_MOST_BIAS), _MOST_BIAS))
            raise InputError(name, text, allowed, f"try {{{name}={nearest}}}")
        return value

    def moved(value: float | None, by: float) -> float:
        return min(max(tidy((value or 0.0) + by), -_MOST_BIAS), _MOST_BIAS)

    return Knob(
        name,
        letter,
        help,
        allowed,
        parse,
        lambda value: AUTO if value is None else number(value),
        lambda value, n: moved(value, 0.5 * n),
        lambda value, n: moved(value, 2.0 * n),
        lambda: (AUTO,),
    )


@dataclass(frozen=True)
class Recurrent(Family):
    """What a recurrent cell depends on beside what every model does."""

    roster: ClassVar[str] = "cells"
    compares: ClassVar[tuple[str, ...]] = ("cell_init",)

    cells: tuple[str, ...] = several(
        ("tanh",),
        "a",
        "the recurrent cells to look at or compare",
        f"1 to {CURVES} cells such as tanh lstm gru, or relu, or a formula of z, for a vanilla RNN",
        lambda text: named(text)[0],
        CURVES,
        "cells",
        lambda: CELLS,
        called=_called,
        apart=split_list,
        echo=echoed,
    )
    cell_init: tuple[str, ...] = several(
        ("pytorch",),
        "I",
        "how the weights of a cell are drawn, one recipe or several to compare",
        f"1 to {CURVES} initialisations such as pytorch orthogonal 'gaussian(0.9)' 'chrono(100)'",
        lambda text: cell_initialisation(text).spec,
        CURVES,
        "initialisations",
        lambda: CELL_INITIALISATIONS,
        _next_recipe,
        shown="init",
    )
    forget_bias: float | None = declared(
        None,
        "F",
        "the bias of the gate that keeps the state (LSTM f, GRU z), the sum of both biases that "
        "PyTorch has; auto as the recipe draws it",
        _forget_bias,
    )
    steps: int = whole(100, "d", "the number of steps T of the sequence", 1, MAX_STEPS)
    hidden_size: int = whole(64, "W", "the units n of the hidden state", 1, MAX_UNITS)
    inputs: Inputs = declared(
        Inputs(),
        "X",
        "what runs through a cell: noise, zeros, or the sequences of a file, which brings its "
        "steps, sequences and inputs",
        inputs,
    )
    input_size: int = whole(16, "E", "the inputs of each step", 1, MAX_INPUTS)
    input_scale: float = real(1.0, "w", "a factor on the input weights W_ih", 0.0, 1e6, 0.1)
    truncate: int = whole(
        0, "K", "truncated backpropagation: only so many steps back; 0 is all of them", 0, MAX_STEPS
    )
    clip: float = real(
        0.0,
        "C",
        "the norm at which the gradient of all parameters is clipped, that of h_T being 1; 0 is "
        "none",
        0.0, 1e300, 1.0, 10.0,
    )  # fmt: skip
    clip_value: float = real(
        0.0,
        "V",
        "the value to which every entry of the gradient of all parameters is clipped, the norm "
        "of that of h_T being 1; 0 is none",
        0.0, 1e300, 0.01, 10.0,
    )  # fmt: skip
    batch_size: int = whole(
        1, "B", "the sequences that run through a cell together", 1, MAX_SEQUENCES
    )
    picture: str = choice(
        "curves", "M", "what is drawn: curves; a map of what arrives by lag and forget bias, of a "
        "vanilla RNN by spectral radius; singular values of ∂h_T/∂h_(T-k); or shares of ∂L/∂W",
        lambda: ("curves", "map", "singular", "shares"),
    )  # fmt: skip
    lag_axis: str = choice(
        "linear", "A", "how the lags are spaced: linear, or log", lambda: ("linear", "log")
    )
    draws: int = whole(50, "N", "how many random cells are drawn", 1, 10_000)

    def check(self, shared: Shared) -> None:
        """Raise an `InputError` where these knobs contradict one another."""
        self.inputs.check({name: getattr(self, name) for name in self.inputs.brings})
        if len(self.cells) > 1 and len(self.cell_init) > 1:
            raise InputError(
                "cell_init",
                ", ".join(self.cell_init),
                "one initialisation, as there are several cells",
                "compare several of the one or of the other",
            )
        if self.clip and self.clip_value:
            raise InputError(
                "clip_value",
                number(self.clip_value),
                f"0 beside a clip of {number(self.clip)}: one of both",
                "try {clip_value=0}, or {clip=0}",
            )
        if self.forget_bias is not None:
            for recipe in self.cell_init:
                if cell_initialisation(recipe).scheme.like == "chrono":
                    raise InputError(
                        "forget_bias",
                        number(self.forget_bias),
                        f"{AUTO} beside {recipe}, which draws that bias",
                        f"try {{forget_bias={AUTO}}}, or another {{cell_init}}",
                    )
        gateless = [cell for cell in self.cells if cell not in GATED]
        for recipe in self.cell_init:
            if gateless and cell_initialisation(recipe).scheme.like == "chrono":
                raise InputError(
                    "cell_init",
                    recipe,
                    f"one for cells without gates, as {gateless[0]} is",
                    "choose another, or lstm or gru",
                )
