"""The inputs of a recurrent cell: noise, zeros, or the sequences of a file of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gradtui.errors import InputError
from gradtui.files import named_file
from gradtui.mathematics.elementwise import Array
from gradtui.setup.knob import Knob
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.setup.sequence_files import of_file
else:
    (of_file,) = when_called("gradtui.setup.sequence_files", "of_file")

NOISE, ZEROS = WORDS = "noise", "zeros"
MAX_INPUTS = MAX_SEQUENCES = 1024
ALLOWED = f"{NOISE}, {ZEROS}, or a file of sequences, .csv or .npy"


@dataclass(frozen=True)
class Inputs:
    """What runs through a cell.

    Attributes:
        text: noise, zeros, or a file's name as it was given.
        digest: of what the file holds, by which two of one name differ; "" without a file.
        x: its sequences [T, B, n_in], or None.
    """

    text: str = NOISE
    digest: str = ""
    x: Array | None = field(default=None, compare=False, repr=False)

    @property
    def lasting(self) -> str:
        """The text, with the whole path of a file."""
        return self.text if self.x is None else str(named_file(self.text).absolute())

    @property
    def brings(self) -> Mapping[str, int]:
        """The knobs that a file says, and what it says of them."""
        if self.x is None:
            return {}
        return dict(zip(("steps", "batch_size", "input_size"), self.x.shape, strict=True))

    def check(self, asked: Mapping[str, int]) -> None:
        """Raise an `InputError` where more steps or sequences are asked for, or other inputs."""
        for name, there in self.brings.items():
            exactly = name == "input_size"
            if asked[name] > there or (exactly and asked[name] != there):
                what = {"batch_size": "sequences", "input_size": "inputs a step"}.get(name, name)
                raise InputError(
                    "inputs",
                    self.text,
                    f"a file with {asked[name]:,} {what}: it has {there:,}",
                    f"try {{{name}={there}}}, or another file",
                )


def inputs(name: str, letter: str, help: str) -> Knob:
    """The knob."""

    def parse(text: str) -> Inputs:
        return Inputs(text.strip()) if text.strip() in WORDS else of_file(name, text.strip())

    def step(value: Inputs, n: int) -> Inputs:
        at = WORDS.index(value.text) if value.x is None else -min(n, 0)
        return Inputs(WORDS[(at + n) % len(WORDS)])

    return Knob(
        name, letter, help, ALLOWED, parse, lambda value: value.text, step, step,
        lambda: WORDS, lasting=lambda value: value.lasting, brings=lambda value: value.brings,
    )  # fmt: skip
