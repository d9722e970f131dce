"""The picture beside a step is one that the program draws; what may be guessed is what it finds."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradtui.cli.parsers import parsed
from gradtui.lessons import LESSONS, Prediction
from gradtui.lessons.depth import DEPTH
from gradtui.lessons.values import evaluate
from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import Chain, chain
from gradtui.mathematics.precision import FORMATS
from gradtui.mathematics.wide.mean_field import mean_field
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.phase import critical_sigma_w2
from support.commands import run

VIEWS = {"derivative", "chain", "decay", "layers", "spectrum", "phase", "init", "time"}
SHOWN = sorted({step.shows for lesson in LESSONS.values() for step in lesson.steps if step.shows})
PREDICTED = [
    pytest.param(lesson.name, step.predicts, id=f"{lesson.name}-{step.predicts.answer}")
    for lesson in LESSONS.values()
    for step in lesson.steps
    if step.predicts
]
FLOAT16, BFLOAT16 = FORMATS[:2]


@pytest.mark.parametrize("shows", SHOWN)
def test_a_picture_is_asked_for_in_words_that_the_program_knows(shows: str) -> None:
    assert parsed(shlex.split(shows)).command in VIEWS


@pytest.mark.heavy
@pytest.mark.parametrize("shows", SHOWN)
def test_a_picture_is_drawn(shows: str) -> None:
    done = run(*shlex.split(shows), "--width", "100", "--height", "30")
    assert done.status == 0, done.err
    assert "error" not in done.err


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_opens_with_a_picture(name: str) -> None:
    assert LESSONS[name].steps[0].shows


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_lets_two_or_more_numbers_be_guessed(name: str) -> None:
    assert sum(step.predicts is not None for step in LESSONS[name].steps) >= 2


def _shown(lesson: str, answer: str) -> str:
    """The picture beside the step that shows this number."""
    shows = ""
    for step in LESSONS[lesson].steps:
        shows = step.shows or shows
        if step.predicts and step.predicts.answer == answer:
            return shows
    raise AssertionError(f"{lesson} asks for no {answer}")


def _rows(lesson: str, answer: str) -> list[dict[str, Any]]:
    """The numbers of that picture."""
    rows: list[dict[str, Any]]
    rows = json.loads(run(*shlex.split(_shown(lesson, answer)), "--json").out)["rows"]
    return rows


def _first_gradient(lesson: str, answer: str) -> float:
    """|∂L/∂w₁| of the chain in the picture."""
    return float(10.0 ** _rows(lesson, answer)[0]["log10_abs_gradient"])


def _slopes(lesson: str, answer: str) -> float:
    """What the f′ of the chain in the picture multiply to."""
    return math.prod(row["derivative"] for row in _rows(lesson, answer))


def _layer(lesson: str, answer: str) -> float:
    """By what the last layer of the chain in the picture multiplies."""
    last = _rows(lesson, answer)[-1]
    return float(last["derivative"] * last["w"])


def _weights_in_product(lesson: str, answer: str) -> float:
    """How often the weight 2 is a factor of ∂L/∂w₁ where f′ and x are 1."""
    return float(chain("identity", [2.0] * 3, x=1.0).log10_gradients[0] / math.log10(2.0))


def _active(depth: int) -> Chain:
    return chain("relu", [1.0] * depth, x=1.0)


def _lost_at(quarters: int, format: Any) -> bool:
    return bool(format.underflows(np.array([quarters * math.log10(0.25)]))[0])


def _first_lost(format: Any) -> float:
    return float(next(n for n in range(1, 1000) if _lost_at(n, format)))


def _relu_share(lesson: str, answer: str) -> float:
    """E[ReLU(z)²]/E[z²], of a normal z."""
    return float(expectations(activation("relu")).moments(np.array(1.0)).square)


def _signal(lesson: str, answer: str) -> float:
    """√(q₅₀/q₀) with σw² = 1: the second moment falls by q's rate a layer."""
    return mean_field("relu", 1.0).q_slope ** (50 / 2)


def _scaled(lesson: str, answer: str) -> float:
    """What arrives at the input in the picture, times its loss scale: all of its bits are there."""
    [scale] = re.findall(r"--loss-scale (\d+)", _shown(lesson, answer))
    first = _rows(lesson, answer)[0]
    assert first["gradient_float16"] == "normal"
    return float(scale) * float(10.0 ** first["log10_abs_gradient"])


ENGINE: dict[tuple[str, str], Callable[[str, str], float]] = {
    ("chain", "1/4 · 2"): _layer,
    ("chain", "3 − 1"): _weights_in_product,
    ("chain", "(1/4 · 2)⁹ · 1/4 · 1/2"): _first_gradient,
    ("sigmoid", "1/2"): lambda *_: activation("sigmoid")(
        activation("sigmoid").max_abs_derivative_at
    ),
    ("sigmoid", "1/2 · (1 − 1/2)"): lambda *_: activation("sigmoid").max_abs_derivative,
    ("sigmoid", "0.25¹⁰"): _first_gradient,
    ("tanh", "(1 + 0) · (1 − 0)"): lambda *_: activation("tanh").max_abs_derivative,
    ("tanh", "(1 − tanh(1)²)¹⁰"): lambda *_: float(activation("tanh").derivative(1.0)) ** 10,
    ("relu", "1⁵⁰"): lambda *_: float(math.prod(_active(50).derivatives)),
    ("relu", "0"): _slopes,
    ("softplus", "1"): lambda *_: activation("softplus").max_abs_derivative,
    ("softplus", "σ(0)"): lambda *_: float(activation("softplus").derivative(0.0)),
    ("softplus", "0.5¹⁰"): _slopes,
    ("silu", "σ(0)"): lambda *_: float(activation("silu").derivative(0.0)),
    ("silu", "σ(2.39935728) · (1 + 2.39935728 · (1 − σ(2.39935728)))"): (
        lambda *_: activation("silu").max_abs_derivative
    ),
    ("gelu", "Φ(0)"): lambda *_: float(activation("gelu").derivative(0.0)),
    ("gelu", "Φ(√2) + √2 · φ(√2)"): lambda *_: activation("gelu").max_abs_derivative,
    ("variance", "1/2"): _relu_share,
    ("variance", "2"): lambda *_: critical_sigma_w2("relu"),
    ("variance", "√(0.5⁵⁰)"): _signal,
    ("formats", "2⁻²⁴"): lambda *_: 10.0**FLOAT16.log10_smallest,
    ("formats", "13"): lambda *_: _first_lost(FLOAT16),
    ("formats", "2¹⁵ · 0.25¹³"): _scaled,
    ("formats", "67"): lambda *_: _first_lost(BFLOAT16),
}
"""What the engine finds, by lesson and answer; of the lessons on depth `test_depth` knows."""


@pytest.mark.parametrize(
    ("lesson", "predicted"),
    [case for case in PREDICTED if LESSONS[str(case.values[0])] not in DEPTH],
)
def test_the_answer_to_what_may_be_guessed_is_what_the_engine_finds(
    lesson: str, predicted: Prediction
) -> None:
    answer = predicted.answer
    found = ENGINE[lesson, answer](lesson, answer)
    # A log10 that is right to 1e-10 leaves 3e-10 of the number itself; the others are exact.
    assert found == pytest.approx(evaluate(answer), rel=3e-10, abs=0)


@pytest.mark.parametrize(("lesson", "predicted"), PREDICTED)
def test_a_question_is_one_in_both_languages(lesson: str, predicted: Prediction) -> None:
    assert predicted.question.en.endswith("?")
    assert predicted.question.ko.endswith("니까?")


@pytest.mark.parametrize(
    ("layers", "becomes"), [(12, "subnormal"), (13, "0")], ids=["twelve", "thirteen"]
)
def test_the_pictures_of_the_formats_show_what_the_steps_say(layers: int, becomes: str) -> None:
    shows = next(shown for shown in SHOWN if shown.startswith(f"decay sigmoid --depth {layers} "))
    rows = json.loads(run(*shlex.split(shows), "--json").out)["rows"]
    assert rows[0]["gradient_float16"] == becomes
    assert rows[0]["log10_abs_gradient"] == pytest.approx(layers * math.log10(0.25), abs=1e-10)
