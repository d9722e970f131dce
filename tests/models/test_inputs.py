"""Inputs that are too large are what is changed, where that is the cause."""

from __future__ import annotations

import pytest

from gradtui.models.inputs import usual_inputs
from gradtui.setup import Setup
from support.commands import run as gradtui


@pytest.mark.parametrize(
    ("x", "tried"),
    [
        (1e3, [1.0, 0.1]),
        (-2.0, [-1.0, -0.1]),
        (0.0, [1.0, 0.1]),
        (1e-9, [1.0, 0.1]),
        (1.0, []),
        (0.5, []),
        (-1.0, []),
    ],
)
def test_which_inputs_are_tried(x: float, tried: list[float]) -> None:
    assert [changes["x"] for _, changes in usual_inputs(Setup().with_(x=x))] == tried


@pytest.mark.parametrize(
    "command",
    [
        "decay tanh --x 1000",
        "decay tanh --x -1000",
        "decay tanh --x 1000 --model network --init critical --networks 20",
        "chain tanh --x 1e5",
        "layers tanh --x 1000 --init critical",
        "spectrum tanh --x 1000 --init orthogonal --networks 2",
    ],
)
def test_the_command_that_is_printed_changes_the_inputs_alone_and_heals(command: str) -> None:
    sick = gradtui(*command.split(), "--height", "14")
    (printed,) = (line for line in sick.out.splitlines() if line.startswith("  try: gradtui "))
    words = printed.removeprefix("  try: gradtui ").split()
    kept = command.split()
    at = kept.index("--x")
    assert [word for word in words if not word.startswith("--x=")] == [*kept[:at], *kept[at + 2 :]]
    assert "\n✓ " in gradtui(*words, "--height", "14").out


def test_inputs_that_are_not_the_cause_are_left_as_they_are() -> None:
    """Fifty sigmoids let nothing through whatever comes in: 4^-50 is the most."""
    sick = gradtui("decay", "sigmoid", "--x", "50", "--height", "14")
    (printed,) = (line for line in sick.out.splitlines() if line.startswith("  try: gradtui "))
    assert "--x 50" in printed


def test_with_other_weights_too_the_activation_is_kept() -> None:
    asked = ["--x", "50", "--weights", "4", "--depth", "5", "--samples", "2", "--height", "14"]
    sick = gradtui("decay", "sigmoid", *asked)
    (printed,) = (line for line in sick.out.splitlines() if line.startswith("  try: gradtui "))
    words = printed.removeprefix("  try: gradtui ").split()
    assert words[:2] == ["decay", "sigmoid"]
    assert "--x" not in words
    assert "\n✓ " in gradtui(*words, "--height", "14").out
