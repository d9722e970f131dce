"""The init view with blocks: their advice, how they are judged, and blocks as what helps.

Networks have fixed seeds; what is promised is held against the command that is printed.
"""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest

from gradtui.mathematics.wide.block_path import block_path
from gradtui.models.finding import Kind
from gradtui.plots.picture import row_text
from gradtui.progress import unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.init.comparison import CheckedWeights, Comparison, Comparisons
from gradtui.views.init.weights import Left, left_in, with_sigmas
from gradtui.views.view import Size
from support.commands import run as gradtui
from support.subjects import subject
from support.watch import last as last_of

VIEW = VIEWS["init"]


def setup(name: str, **changes: object) -> Setup:
    made = Setup.of(
        activations=(name,), depth=40, threshold=0.01, networks=8, units=24, model="network"
    )
    return made.with_(**changes).checked()


def last(one: Setup) -> Comparisons:
    result = last_of(VIEW, one)
    assert isinstance(result, Comparisons)
    return result


def answer(name: str, **changes: object) -> Comparison:
    return last(setup(name, **changes)).focused


def text_of(result: Comparisons) -> str:
    found = VIEW.finding(result, result.focused.name)
    assert found is not None
    return found.text


# ------------------------------------------------------------------- judging


def test_a_stream_that_explodes_is_not_healthy() -> None:
    """ReLU beside a skip: gradient × (1 + σw²/2)^(L/2), while the stream's mean adds up."""
    one = subject(setup("relu", depth=64, units=64, threshold=0.1, block=("residual",)))
    left = left_in(with_sigmas(one, 0.22, 0.0), 1, unwatched)
    assert abs(left.gradient) < 1.0 < left.stream
    assert left.kind(-1.0) is Kind.EXPLODING
    assert Left(left.gradient).kind(-1.0) is Kind.HEALTHY


def test_of_those_drawn_a_stream_beyond_bounds_counts_as_too_much() -> None:
    one = subject(setup("relu", block=("residual",)))
    ratios, streams = np.array([0.1, 0.2, 0.1, -3.0]), np.array([0.0, 2.5, 2.5, 5.0])
    weights = CheckedWeights(("x",), "X", one, 1.0, 0.0, 0.0, 4, ratios, 0.0, streams)
    assert weights.share(-2.0).healthy == 1
    assert weights.outside(-2.0) == (0.25, 0.5)
    assert weights.kind(-2.0) is Kind.EXPLODING
    assert weights.forward(-2.0)


def test_rows_that_a_norm_makes_depend_on_one_another_pass_together() -> None:
    one = setup("relu", block=("plain(norm=batch)",), batch=48)
    assert "batch" in VIEW.used(one)
    assert "batch" not in VIEW.used(setup("relu", block=("pre_norm",)))
    # ×√(E[f′²]/Var f) = ×1.2112 a layer of ReLU, which rows one by one would not have
    ratios = [left_in(subject(one), number, unwatched).gradient for number in range(1, 7)]
    assert np.mean(ratios) == pytest.approx(40 * math.log10(1.2112), rel=0.12)


# -------------------------------------------------------------------- advice


def test_the_advice_for_blocks_keeps_gradient_and_stream_in_drawn_networks() -> None:
    found = answer("gelu", block=("residual",), units=48)
    assert found.advised is found.normal
    assert found.orthogonal is None
    limit = found.subject.setup.log10_threshold
    assert found.normal.share(limit).healthy == 8
    assert (found.normal.streams < -limit).all()
    kaiming = next(one for one in found.weights if "kaiming_normal" in one.names)
    assert kaiming.kind(limit) is Kind.EXPLODING
    assert kaiming.sigma_w > 2.0 * found.normal.sigma_w


def test_the_verdict_says_what_block_gradient_and_stream_do() -> None:
    result = last(setup("gelu", block=("residual",), units=48))
    text = text_of(result)
    assert "gelu in residual healthy over 40 blocks with σw = " in text
    stream = 10.0 ** float(np.median(result.focused.normal.streams))
    (told,) = re.findall(r"The stream goes to ×([\d.]+) of the input", text)
    assert float(told) == pytest.approx(stream, rel=0.06)
    assert "beyond it the stream grows more than 100" in text
    assert "The usual σw, Kaiming's 1.414, would make" in text
    picture = VIEW.draw(result, result.setup, Size(80, 24), "braille")
    assert "gradient left after 40 blocks of residual" in picture.text
    head = row_text(VIEW.readout(result, result.setup, 80)[0])
    assert "a block" in head


def test_behind_a_norm_a_stream_is_not_said_to_be_as_large_as_the_input() -> None:
    text = text_of(last(setup("tanh", block=("post_norm",), x=1e3, depth=6)))
    assert "as large as the input" not in text
    assert "From the first block on the stream stays as large." in text


def test_where_no_weights_do_in_a_block_the_reason_is_said() -> None:
    text = text_of(last(setup("relu", block=("plain(norm=batch)",), depth=60)))
    assert "exploding over 60 layers" in text
    assert "whatever it is, the gradient grows" in text
    # Below that the norm's eps counts, and the signal dies.
    assert "No σw from 0.01 to 100 is healthy" in text
    path = block_path("plain(norm=batch)", "relu", 0.004**2, 0.0, 60)
    assert path.log10_grad_hidden[0] < 0.0


def test_where_theory_does_not_say_the_recipes_are_drawn() -> None:
    result = last(setup("relu", block=("basic_block",), depth=12, batch=16))
    found = result.focused
    assert found.ways == ()
    assert {one.measured.size for one in found.weights} == {8}
    assert found.best.share(-2.0).healthy == max(one.share(-2.0).healthy for one in found.weights)
    assert "Theory does not say: f stands after the skip" in text_of(result)
    assert all(row["log10_ratio_theory"] is None for row in VIEW.table(result))
    rows = [row_text(line) for line in VIEW.readout(result, result.setup, 80)]
    assert "nan" not in "".join(rows)
    assert "nan" not in VIEW.draw(result, result.setup, Size(80, 24), "braille").text


def test_a_small_batch_has_no_theory_and_a_large_one_has() -> None:
    small, large = (
        next(iter(VIEW.results(setup("relu", block=("preact",), batch=rows), unwatched))).focused
        for rows in (8, 32)
    )
    assert "batch norm over 8 rows" in small.why_silent
    assert large.why_silent == ""
    assert large.advice.possible


def test_blocks_are_compared_and_the_focused_one_has_the_recipes() -> None:
    blocks = ("plain", "residual", "pre_norm")
    one = setup("tanh", block=blocks, focus="pre_norm", networks=3, depth=12)
    result = last(one)
    assert [each.name for each in result.each] == list(blocks)
    assert result.focused.name == "pre_norm"
    assert [len(each.weights) for each in result.each] == [2, 1, 5]
    rows = list(VIEW.table(result))
    assert {row["block"] for row in rows} == set(blocks)
    assert {row["activation"] for row in rows} == {"tanh"}
    for name in blocks:
        found = VIEW.finding(result, name)
        assert found is not None
        assert f"tanh in {name}" in found.sentence


# -------------------------------------------------------------------- remedy


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("gelu", {}),
        pytest.param("relu", {"units": 8, "networks": 13}, marks=pytest.mark.heavy),
        ("relu", {"block": ("residual",)}),
    ],
)
def test_where_no_weights_do_a_block_is_offered_and_keeps_its_promise(
    name: str, changes: dict[str, object]
) -> None:
    before = setup(name, depth=64, **{"threshold": 0.1, **changes})
    first = last(before).focused
    if first.advised is not None:  # a residual block has weights of its own
        assert first.remedy is None
        return
    remedy = first.remedy
    assert remedy is not None
    assert remedy.changes == {"block": ("residual(alpha=1/sqrt(L))",)}
    again = last(remedy.applied(before)).focused
    assert again.advised is not None
    share = again.advised.share(-1.0)
    assert remedy.after.startswith(f"{share.healthy} of {share.count} networks are healthy (×")
    assert "a block, the stream ×" in remedy.after


def test_no_block_is_offered_where_plain_weights_do() -> None:
    found = answer("tanh", depth=10, units=48)
    assert found.advised is not None
    assert found.remedy is None


def test_no_block_is_offered_where_widths_differ() -> None:
    found = answer("relu_squared", units=(16,) * 33, depth=32, networks=3)
    assert found.advised is None
    assert found.remedy is None or "block" not in found.remedy.changes


def test_no_block_is_offered_for_inputs_that_are_all_zero() -> None:
    found = answer("tanh", x=0.0, depth=10)
    assert found.remedy is None or "block" not in found.remedy.changes


def test_batch_norm_is_helped_by_a_skip_around_it() -> None:
    found = answer("relu", block=("plain(norm=batch)",), depth=60)
    assert found.remedy is not None
    (block,) = found.remedy.changes["block"]
    assert block.startswith("residual(norm=batch")


# ----------------------------------------------------------------- to paste


def test_the_lines_to_paste_build_the_block_with_the_advised_weights() -> None:
    torch = pytest.importorskip("torch")
    one = setup("gelu", block=("pre_norm(init=gpt2, expansion=2)",), units=32, depth=6)
    result = last(one)
    assert VIEW.snippets is not None
    lines = VIEW.snippets(result, one)
    assert set(lines) == {"PyTorch", "JAX/Flax", "Keras"}
    space: dict[str, object] = {}
    torch.manual_seed(1)
    exec(lines["PyTorch"], space)
    model = space["model"]
    assert len(model) == 6  # type: ignore[arg-type]
    advised = result.focused.advised
    assert advised is not None
    for name, fan_in, factor in (("fc1", 32, 1.0), ("fc2", 64, 12**-0.5)):
        layers = [getattr(layer, name) for layer in model]  # type: ignore[attr-defined]
        weights = torch.cat([layer.weight.detach().flatten() for layer in layers])
        wanted = advised.sigma_w * factor / math.sqrt(fan_in)
        assert float(weights.std()) == pytest.approx(wanted, rel=4.0 / math.sqrt(2 * len(weights)))


def test_in_json_rows_have_their_block() -> None:
    done = gradtui(
        "init", "tanh", "--depth", "6", "--units", "8", "--networks", "2", "--block", "residual",
        "--json",
    )  # fmt: skip
    assert done.status == 0
    rows = json.loads(done.out)["rows"]
    assert {row["block"] for row in rows} == {"residual"}
    assert all(row["log10_stream_50"] is not None for row in rows)


@pytest.mark.parametrize("width", [44, 56, 80, 120])
def test_of_two_blocks_the_title_stands_and_both_letters_are_named(width: int) -> None:
    view = VIEWS["init"]
    blocks = ("plain", "residual(alpha=1/sqrt(L))")
    for focus in blocks:
        one = view.default_setup.with_(block=blocks, focus=focus, depth=8, units=8, networks=2)
        result = last_of(view, one)
        picture = view.draw(result, one, Size(width, 16), "braille")
        title, names = (row_text(each) for each in picture.rows[:2])
        assert "gradient left after 8" in title
        assert "a plain  b residual(" in names
        assert len(picture.rows) == 16


def test_of_one_block_no_letter_is_named() -> None:
    view = VIEWS["init"]
    one = view.default_setup.with_(block=("residual",), depth=8, units=8, networks=2)
    rows = view.draw(last_of(view, one), one, Size(80, 16), "braille").rows
    assert not any("a residual" in row_text(each) for each in rows[:2])


@pytest.mark.parametrize("depth", [9, 100, 9_999, 10_000])
def test_columns_stand_apart_at_every_depth(depth: int) -> None:
    view = VIEWS["init"]
    one = view.default_setup.with_(
        activations=("relu",), depth=depth, units=8, networks=2, patience=1.0
    )
    result = next(iter(view.results(one, unwatched)))
    rows = [*view.readout(result, one, 100), *view.draw(result, one, Size(100, 40), "braille").rows]
    heads = [
        text for text in map(row_text, rows) if f"after {depth}" in text and "measured" in text
    ]
    assert heads
    assert all(f" after {depth} " in text for text in heads)
