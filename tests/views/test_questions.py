"""Every question is answered from the numbers of its result, and from no others."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from gradtui.cli.commands import setup_of
from gradtui.cli.parsers import parsers
from gradtui.lessons.lesson import Text
from gradtui.mathematics.layer_values import LayerValues
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.export import all_healthy
from gradtui.views.questions import BY_NAME, QUESTIONS, Question
from gradtui.views.searching import search
from gradtui.views.view import Size
from support.by_hand import by_hand
from support.watch import last

PARSERS = parsers()[1]
EVERY = pytest.mark.parametrize("one", QUESTIONS, ids=lambda one: one.name)


def small(setup: Setup, **changes: Any) -> Setup:
    """The same with few draws."""
    return setup.with_(**{"networks": 3, "draws": 3, "samples": 20, **changes})


def answered(name: str, **changes: Any) -> Text:
    one = BY_NAME[name]
    setup = small(one.setup, **changes)
    result = last(VIEWS[one.view], setup)
    return one.answer(result, setup)


def numbers(text: str) -> list[float]:
    """Those with a decimal point, a power of ten, or a factor before them."""
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


def near(text: str, value: float, rel: float = 0.06) -> bool:
    """Whether a number that is told in two digits is this."""
    return any(math.isclose(one, value, rel_tol=rel) for one in numbers(text))


# -------------------------------------------------------------------------------- each


@EVERY
def test_it_has_a_question_of_one_line_in_either_language(one: Question) -> None:
    assert len(one.asked.en) < 55
    assert one.asked.en.endswith("?")
    assert one.asked.ko.endswith("?")
    assert re.fullmatch(r"[a-z][a-z0-9-]+", one.name)


@EVERY
def test_its_setup_is_drawn_by_its_view_and_its_answer_is_sentences(one: Question) -> None:
    setup = small(one.setup, depth=min(one.setup.depth, 12), units=16)
    result = None
    if one.view:
        view = VIEWS[one.view]
        setup = setup.clamped().checked(view.family(setup))
        result = last(view, setup)
        assert view.draw(result, setup, Size(56, 13), "braille").text
    text = one.answer(result, setup)
    for said in (text.en, text.ko):
        assert said.endswith(".")
        assert "nan" not in said
        assert "None" not in said
        assert "  " not in said
    assert re.search("[가-힣]", text.ko)


@EVERY
def test_its_command_prints_its_setup(one: Question) -> None:
    if not one.view:
        assert one.command[0] == "gradtui"
        return
    _, name, *words = one.command
    assert name == one.view
    options = PARSERS[name].read(words)
    view = VIEWS[one.view]
    given = {
        knob.name: value
        for knob in view.all_knobs
        if (value := getattr(options, knob.name)) is not None
    }
    again = setup_of(view, options.names, given)
    for name in (*view.used(one.setup), *view.cursors(one.setup)):
        assert KNOBS[name].of(again) == KNOBS[name].of(one.setup), name


CHANGES: dict[str, dict[str, Any]] = {
    "deep-sigmoid": {"depth": 20},
    "which-factor": {"weights": LayerValues((0.3,))},
    "through-one": {"z": -4.0},
    "derivation": {"z": 1.5},
    "tanh-or-sigmoid": {"depth": 9},
    "saturated-tanh": {"weights": LayerValues((1.2,))},
    "larger-weights": {"weights": LayerValues((6.0,))},
    "dead-relu": {"weights": LayerValues((0.9,))},
    "exploding": {"weights": LayerValues((2.0,))},
    "max-depth": {"threshold": 0.1},
    "float16": {"depth": 4},
    "my-init": {"activations": ("tanh",), "depth": 12},
    "why-he": {"activations": ("leaky_relu(0.5)",)},
    "xavier-or-he": {"depth": 8},
    "nn-linear": {"depth": 8},
    "how-exact": {"depth": 12},
    "edge-of-chaos": {"sigma_w": 1.0},
    "scatter": {"depth": 8},
    "dying-units": {"depth": 10, "layer": 10},
    "saturating-units": {"init": ("normal(sigma_w=8)",)},
    "directions": {"depth": 20, "layer": 20},
    "skip": {"depth": 8},
    "one-over-sqrt-l": {"depth": 8},
    "bounds": {"sigma_w": 0.5},
    "batch-norm": {"depth": 5},
    "pre-or-post-norm": {"depth": 6},
    "rnn-memory": {"x": 0.0},
    "forget-bias": {"forget_bias": 3.0},
    "which-cell": {"steps": 20, "lag": 5},
    "clipping": {"clip": 5.0},
    "truncation": {"truncate": 20},
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_setup_gives_another_answer(name: str) -> None:
    depth = min(BY_NAME[name].setup.depth, 16)
    fewer = {"units": 24, "depth": depth, "layer": depth}
    before, after = answered(name, **fewer), answered(name, **{**fewer, **CHANGES[name]})
    assert before.en != after.en
    assert before.ko != after.ko
    assert numbers(before.en) != numbers(after.en)
    assert numbers(before.ko) != numbers(after.ko)


def test_each_that_has_a_result_is_changed_above() -> None:
    of_runs = {"my-run", "watch", "checkpoint"}
    assert {*CHANGES} == {*BY_NAME} - of_runs


# ------------------------------------------------------------------ what they say is so


def test_the_deep_sigmoid_by_hand() -> None:
    true = by_hand("sigmoid", [1.0] * 50)
    said = answered("deep-sigmoid")
    for text in (said.en, said.ko):
        assert near(text, 0.25)
        assert near(text, abs(true.gradients[0]) / 1.0, rel=0.1)


def test_the_dead_relu_is_the_layer_with_a_negative_z() -> None:
    weights = BY_NAME["dead-relu"].setup.chain.weights.values
    z, a, first = 0.0, 1.0, 0
    for layer, w in enumerate(weights, 1):
        z = w * a
        a = max(z, 0.0)
        if z <= 0:
            first = layer
            break
    said = answered("dead-relu").en
    assert f"at layer {first} z = {z:.3g}" in said
    assert "not dead" in answered("dead-relu", weights=LayerValues((0.9,))).en


def test_the_two_of_he() -> None:
    """E[relu′²] = ½; of leaky_relu(a) it is (1 + a²)/2."""
    assert "2 × 0.5 = 1." in answered("why-he").en
    a = 0.5
    said = answered("why-he", activations=(f"leaky_relu({a})",))
    for text in (said.en, said.ko):
        assert near(text, 2.0 / (1.0 + a * a), rel=0.01)


def test_the_edge_of_chaos_where_others_found_it() -> None:
    """σw² = 1.7609546396 at σb² = 0.05."""
    said = answered("edge-of-chaos", sigma_b=0.05**0.5)
    assert near(said.en, 1.7609546396**0.5, rel=1e-5)
    assert "chaotic" in said.en
    assert "ordered" in answered("edge-of-chaos", sigma_w=1.0).en
    assert "혼돈" in said.ko


@pytest.mark.parametrize("bias", [1.0, 3.0])
def test_the_forget_bias_that_an_lstm_needs(bias: float) -> None:
    """σ(b)^T = threshold, solved for b."""
    said = answered("forget-bias", forget_bias=bias)
    keep = 0.001 ** (1.0 / 100)
    assert near(said.en, math.log(keep / (1.0 - keep)), rel=0.005)
    half = math.log(0.5) / math.log(1.0 / (1.0 + math.exp(-bias)))
    assert near(said.en, half, rel=0.1)  # the gate has more than its bias


def test_batch_norm_makes_what_others_found_a_layer() -> None:
    """√(π/(π - 1)) = 1.2112 for ReLU."""
    said = answered("batch-norm")
    assert near(said.en, math.sqrt(math.pi / (math.pi - 1.0)), rel=0.03)


def test_float16_and_its_loss_scales_by_numpy() -> None:
    said = answered("float16").en
    true = by_hand("sigmoid", [1.0] * 14)
    hidden = np.abs(np.array([*true.hidden]))
    lost = [layer for layer, one in enumerate(hidden) if np.float16(one) == 0.0]
    assert f"first at layer {max(lost)}" in said
    low, high = map(float, re.findall(r"from (\S+) to (\S+) loses", said)[0])
    for scale in (low, high):
        scaled = np.float16(hidden * scale)
        assert (scaled > 0).all()
        assert np.isfinite(scaled).all()
    assert "no layer's gradient becomes 0" in answered("float16", depth=4).en


def test_at_a_quarter_the_sigmoid_s_derivative_is_its_product() -> None:
    z = 1.5
    value = 1.0 / (1.0 + math.exp(-z))
    assert f"{value * (1 - value):.6g}" in answered("derivation", z=z).en


def test_the_most_alpha_is_on_the_safe_side_and_a_tenth_more_is_not() -> None:
    said = answered("bounds").en
    (most,) = map(float, re.findall(r"for α up to (\S+);", said))
    view, setup = VIEWS["phase"], BY_NAME["bounds"].setup
    for alpha, healthy in ((0.95 * most, True), (1.1 * most, False)):
        there = setup.with_(alpha=alpha)
        assert all_healthy(view, last(view, there), there) is healthy


def test_clipping_leaves_no_more_than_it_is_clipped_at() -> None:
    said = answered("clipping", clip=5.0)
    assert "Clipping at 5 shortens" in said.en
    assert "and 5 is what the optimiser gets" in said.en
    huge = answered("clipping", clip=1e30)
    assert "Nothing of ∂L/∂θ is clipped" in huge.en


def test_one_direction_survives_where_singular_values_say_so() -> None:
    said = answered("directions", networks=3)
    gaussian, orthogonal = re.findall(r"let (\d+) % of the directions", said.en)
    assert int(orthogonal) > 90 > 20 > int(gaussian)


def test_a_run_that_is_healthy_is_said_to_be(tmp_path: Any) -> None:
    lines = "".join(f"{step},{1.0 / (1 + step)}\n" for step in range(40))
    (tmp_path / "run.csv").write_text(f"step,loss\n{lines}")
    run = str(tmp_path / "run.csv")
    setup = Setup.of(runs=(run,))
    for name in ("my-run", "watch"):
        text = BY_NAME[name].answer(last(VIEWS["run"], setup), setup)
        assert "healthy" in text.en or "Nothing ails" in text.en


# --------------------------------------------------------------------------- searching


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("dead relu", "dead-relu"), ("dying units", "dying-units"), ("죽은 relu", "dead-relu"),
        ("why does my gradient vanish", "deep-sigmoid"), ("loss scale", "float16"),
        ("initialisation for gelu at depth 80", "my-init"), ("why he has a 2", "why-he"),
        ("is tanh better than sigmoid", "tanh-or-sigmoid"), ("rnn memory", "rnn-memory"),
        ("lstm forget bias", "forget-bias"), ("망각 편향", "forget-bias"),
        ("1/sqrt(L)", "one-over-sqrt-l"), ("batch norm explodes", "batch-norm"),
        ("배치 정규화는 왜 폭발하나요", "batch-norm"),
        ("pre norm or post norm", "pre-or-post-norm"),
        ("gradient clipping", "clipping"), ("edge of chaos", "edge-of-chaos"),
        ("my own run", "my-run"), ("max depth", "max-depth"), ("how many layers", "max-depth"),
        ("checkpoint", "checkpoint"), ("residual connection", "skip"),
        ("larger weights 0.25", "larger-weights"), ("mixed precision", "float16"),
    ],
)  # fmt: skip
def test_what_people_ask_leads_to_its_question(asked: str, name: str) -> None:
    assert search(asked)[0].what is BY_NAME[name]


@EVERY
def test_a_question_is_found_by_its_name_and_by_itself(one: Question) -> None:
    assert search(one.name)[0].what is one
    assert search(one.asked.en)[0].what is one
    assert search(one.asked.ko)[0].what is one


@pytest.mark.parametrize(
    ("asked", "name"),
    [("chi", "χ"), ("χ", "χ"), ("q*", "q*"), ("saturated", "flat"), ("소실", "vanishing"),
     ("a", "a"), ("what is xi", "ξ"), ("kappa", "median cond.")],
)  # fmt: skip
def test_one_word_that_is_a_term_leads_to_its_entry(asked: str, name: str) -> None:
    assert search(asked)[0].what.name == name


@pytest.mark.parametrize("asked", ["", "the", "flibbertigibbet", "purple monkey dishwasher"])
def test_of_what_is_not_there_nothing_is_found(asked: str) -> None:
    assert search(asked) == []


def test_of_very_many_words_the_first_fifty_are_matched() -> None:
    first = "dead relu " * 25
    assert search(first)[0].what is BY_NAME["dead-relu"]
    assert search(first + "gradient clipping " * 6_000) == search(first)
