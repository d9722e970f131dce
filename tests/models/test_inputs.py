"""Inputs that are too large are what is changed, where that is the cause."""

from __future__ import annotations

import shlex

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


@pytest.mark.parametrize(
    ("view", "setup", "positive"),
    [
        ("decay", "relu --x -3", "--x 3"),
        ("decay", "relu6 --x -3 --depth 10", "--x 3"),
        ("decay", "celu(0.1) --depth 60 --x -3", "--x 3"),
        ("chain", "relu --x -3 --depth 4", "--x 3"),
        ("chain", "celu(0.1) --depth 60 --x -3", "--x 3"),
        ("decay", "relu6 --x -30 --depth 10", ""),  # 30 is off on the other side, and 1 is not
    ],
)
def test_units_that_are_off_are_answered_with_the_other_sign(
    view: str, setup: str, positive: str
) -> None:
    """A positive input gives all of it: so it does when it is run as printed."""
    text = " ".join(gradtui(view, *setup.split()).out.split())
    printed = text.split("try: ")[1].split(" (before")[0]
    assert printed.endswith(positive)
    assert "leaky" not in printed
    healed = " ".join(gradtui(*shlex.split(printed)[1:]).out.split())
    arrives = {"decay": "all of the loss's gradient arrives", "chain": "healthy: ∂L/∂w₁ is ×3"}
    assert arrives[view] in healed


@pytest.mark.parametrize("command", ["relu --x 0", "relu --x -3 --weights gaussian"])
def test_where_no_sign_helps_none_is_offered(command: str) -> None:
    """Random weights turn the sign over and over; 0 has none."""
    text = " ".join(gradtui("decay", *command.split()).out.split())
    assert "try: gradtui decay relu --x 3" not in text
