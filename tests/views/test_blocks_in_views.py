"""Blocks in decay and layers: what is measured, what is said of it, and what is offered."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest

from gradtui.app import steps
from gradtui.app.state import State
from gradtui.cli import main
from gradtui.errors import InputError
from gradtui.models.finding import Finding, Kind
from gradtui.models.judging import Shares
from gradtui.models.network.block_remedies import blocks_to_try
from gradtui.setup import BLOCK, KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.view import Size
from support.commands import run as command
from support.subjects import subject
from support.watch import last

DECAY, LAYERS = VIEWS["decay"], VIEWS["layers"]


def setup(**knobs: Any) -> Setup:
    usual: dict[str, Any] = {
        "activations": ("relu",), "model": "network", "init": ("kaiming_normal",), "depth": 16,
        "units": 32, "networks": 10,
    }  # fmt: skip
    return Setup.of(**(usual | knobs)).clamped()


def verdict(one: Setup, view: Any = DECAY) -> Finding:
    found = view.finding(last(view, one), view.focused(one))
    assert found is not None
    return found


def rows(one: Setup, view: Any = DECAY) -> list[dict[str, Any]]:
    return list(view.table(last(view, one)))


# -------------------------------------------------------------- what is measured


@pytest.mark.heavy
def test_batch_norm_explodes_at_the_known_rate() -> None:
    """√(π/(π - 1)) = 1.2112 a layer, whatever the weights: measured 1.199 to 1.225."""
    for init in ("kaiming_normal", "pytorch_linear"):
        one = setup(
            block=("plain(norm=batch)",), init=(init,), depth=20, units=512, batch=256, networks=2
        )
        found = last(DECAY, one).each[0]
        # The first layer has Gaussian inputs, not f of something: E[f′²] alone.
        curve, law = found.curve()[1], found.law.infinite
        assert 1.19 < 10.0 ** ((curve[1] - curve[20]) / 19) < 1.23
        theory = 10.0 ** ((law[1] - law[20]) / 19)
        assert theory == pytest.approx(math.sqrt(math.pi / (math.pi - 1.0)), abs=1e-4)


def test_what_is_shut_passes_everything_on() -> None:
    for spec in ("rezero", "residual(init=zero)", "pre_norm(init=zero)", "fixup"):
        found = last(DECAY, setup(block=(spec,)).checked()).each[0]
        assert found.curve()[1] == pytest.approx(np.zeros(17), abs=1e-12)
        assert found.kind() is Kind.HEALTHY
        assert "shut at the start" in found.finding().cause


@pytest.mark.parametrize("alpha", [0.1, 0.5])
def test_an_ensemble_agrees_with_the_law_of_a_skip(alpha: float) -> None:
    """tanh'² ≤ 1 and no mean: √(1 + α² σw² E[f′²]) a block, q by a quadrature of its own."""
    one = setup(
        activations=("tanh",), init=("normal(sigma_w=1.2)",), units=128, networks=20, depth=12,
        block=(f"residual(alpha={alpha})",),
    )  # fmt: skip
    nodes, weights = np.polynomial.hermite_e.hermegauss(201)
    weights = weights / weights.sum()
    p, expected = 1.0, 0.0
    for _ in range(12):
        z = math.sqrt(1.44 * p) * nodes
        expected += 0.5 * math.log10(1.0 + alpha**2 * 1.44 * weights @ np.cosh(z) ** -4.0)
        p += alpha**2 * float(weights @ np.tanh(z) ** 2)
    found = last(DECAY, one).each[0]
    assert found.law.infinite[0] == pytest.approx(expected, abs=1e-6)
    mean, error = found.ensemble.mean_and_error()
    finite_width = 12 / 128
    assert abs(mean - expected) < 3 * error + 0.05 * finite_width
    signal = found.beside["signal"].quantiles()[1]
    assert signal[-1] - signal[0] == pytest.approx(0.5 * math.log10(p), abs=0.03)


def test_a_stream_that_doubles_is_no_success() -> None:
    found = verdict(setup(block=("residual",), depth=40))
    assert found.kind is Kind.EXPLODING
    one = setup(block=("post_norm",), depth=40)
    assert "stream" in verdict(one).cause


def test_where_only_the_stream_explodes_that_is_said() -> None:
    """Each block adds f(b), 4 in the mean: the stream grows to 1600, and no gradient does."""
    one = setup(
        activations=("relu",), init=("normal(sigma_w=1e-3, sigma_b=10)",), depth=400,
        networks=2, units=16, block=("residual",),
    )  # fmt: skip
    found = verdict(one)
    assert found.kind is Kind.EXPLODING
    assert "exploding forward" in found.sentence
    assert "the stream grows" in found.sentence


def test_theory_that_does_not_say_says_so() -> None:
    one = setup(block=("basic_block",))
    result = last(DECAY, one)
    assert "Theory does not say" in result.each[0].finding().evidence
    assert result.each[0].cells(1)["theory"] == "-"
    assert all(row["log10_theory"] is None for row in DECAY.table(result))
    assert "no theory" in DECAY.draw(result, one, Size(80, 20), "braille").text


def test_one_norm_of_a_block_has_the_gradients_of_all_its_matrices() -> None:
    one = setup(block=("pre_norm",), quantity="w", networks=3)
    found = last(DECAY, one).each[0]
    assert np.isfinite(found.curve()[1]).all()
    assert found.law.infinite[0] == pytest.approx(found.curve()[1][0], abs=0.2)


@pytest.mark.parametrize("quantity", ["a", "z", "w"])
def test_every_quantity_agrees_with_theory(quantity: str) -> None:
    one = setup(
        activations=("gelu",), block=("pre_norm",), quantity=quantity, units=128, networks=12
    )
    found = last(DECAY, one).each[0]
    apart = found.curve()[1] - found.law.infinite
    assert np.abs(apart).max() < 0.1


# ------------------------------------------------------------------- what is said


@pytest.mark.parametrize("x", [0.0, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize("block", ["post_norm", "pre_norm", "residual(alpha=1/sqrt(L))"])
def test_a_stream_is_measured_from_where_it_begins(block: str, x: float) -> None:
    """The first norm, or the first branch, makes another size of a tiny input: no explosion."""
    one = setup(activations=("sigmoid",), block=(block,), x=x, init=("xavier_normal",))
    found = verdict(one)
    assert "forward" not in found.sentence
    if x == 0.0:
        assert "as large as the input" not in found.cause


def test_what_the_first_block_alone_makes_of_a_stream_is_told() -> None:
    """tanh is bounded: the first block adds ±1e6 or so, and the next ones hardly more."""
    one = setup(activations=("tanh",), block=("residual(alpha=1e6)",), depth=4, units=16)
    found = verdict(one)
    made = re.search(r"The first block makes the stream ×([\d.]+)e5; from there on it", found.cause)
    assert made is not None
    assert found.remedy is not None
    assert f"the stream ×{made[1]}e5 by the first block, then ×" in found.remedy.before
    assert "The first block makes it ×" in verdict(one, LAYERS).text
    for spec, x in (("residual(alpha=0.1)", 1.0), ("post_norm", 1e3), ("residual(alpha=1e6)", 0.0)):
        for view in (DECAY, LAYERS):
            usual = verdict(setup(activations=("tanh",), block=(spec,), x=x, depth=4), view)
            assert "irst block makes" not in usual.text


def test_a_stream_that_is_told_alike_before_and_after_stays() -> None:
    cause = verdict(setup(block=("post_norm",)), LAYERS).text
    assert "Forward, the stream stays at 1 after the first block." in cause
    cause = verdict(setup(block=("residual",)), LAYERS).text
    assert "Forward, the stream goes from " in cause


@pytest.mark.parametrize(
    ("block", "quantity", "says"),
    [
        ("rezero", "w", "α is learned from 0: nothing comes back beyond α"),
        ("fixup", "z", "last matrix begins at 0: nothing comes back"),
        ("residual(alpha=0)", "z", "α is 0"),
    ],
)
def test_what_is_shut_by_design_is_no_chance_and_has_no_remedy(
    block: str, quantity: str, says: str
) -> None:
    found = verdict(setup(block=(block,), quantity=quantity))
    assert found.kind is Kind.DEAD
    assert says in found.cause
    assert "chance" not in found.cause
    assert "f′ = 0" not in found.cause
    assert found.remedy is None


def test_one_unit_under_a_layer_norm_is_no_chance() -> None:
    for view in (DECAY, LAYERS):
        found = verdict(setup(block=("post_norm",), units=1, depth=4), view)
        assert found.kind is Kind.DEAD
        assert "one unit" in found.cause


def test_f_of_0_is_told_where_a_matrix_is_0() -> None:
    found = verdict(setup(activations=("sigmoid",), block=("residual(init=zero)",)))
    assert "shut" not in found.cause
    assert "f(0) = 0.5" in found.cause


@pytest.mark.parametrize("norm", ["batch", "layer", "rms"])
def test_where_eps_counts_no_norm_holds_whatever_the_weights(norm: str) -> None:
    small = setup(
        activations=("tanh",), init=("normal(sigma_w=0.001)",), block=(f"plain(norm={norm})",)
    )
    assert "eps counts" in verdict(small).cause
    assert "whatever the weights" not in verdict(small).cause
    usual = setup(
        activations=("tanh",), init=("normal(sigma_w=1)",), block=(f"plain(norm={norm})",)
    )
    assert "whatever the weights" in verdict(usual).cause


@pytest.mark.parametrize("block", ["pre_norm", "preact(norm=none)", "residual(norm=layer)"])
@pytest.mark.parametrize("x", [1e-3, 1.0])
def test_the_arithmetic_that_is_shown_is_right(block: str, x: float) -> None:
    cause = verdict(setup(activations=("identity",), block=(block,), x=x, depth=3)).cause
    found = re.search(r"√\(1 \+ ([\d.e-]+)²\) makes ×([\d.e]+) a block", cause)
    assert found is not None
    branch, made = map(float, found.groups())
    assert math.sqrt(1.0 + branch**2) == pytest.approx(made, rel=0.06)  # two digits of the branch


def test_what_infinite_numbers_predict_is_not_said() -> None:
    one = setup(
        activations=("relu_squared",), block=("residual",), depth=64, units=2, networks=4,
        init=("normal(sigma_w=1.5, sigma_b=0.3)",),
    )  # fmt: skip
    assert "as a finite width makes it" not in verdict(one).evidence


def test_with_a_skip_no_layer_is_said_to_saturate_the_gradient_away() -> None:
    one = setup(
        activations=("tanh",), block=("post_norm(norm=rms)",), x=1e6, depth=6,
        init=("normal(sigma_w=1.5)",),
    )  # fmt: skip
    assert "saturate" not in verdict(one).cause


def test_what_a_layer_norm_takes_of_few_directions_is_said_and_foreseen() -> None:
    one = setup(
        activations=("tanh",), block=("plain(norm=layer)",), depth=64, networks=20,
        init=("xavier_normal",),
    )  # fmt: skip
    found = last(DECAY, one).each[0]
    assert "each norm takes 2" in found.finding().cause
    mean, error = found.ensemble.mean_and_error()
    centre = found.law.centre[0]
    assert abs(mean - centre) < abs(mean - found.law.infinite[0])
    assert abs(mean - centre) < 3.0 * error + 0.3


def test_a_branch_that_passes_nothing_is_not_said_to_pass_next_to_nothing() -> None:
    """ReLU has f′(0) = 0, and without a bias all of the input 0 stays there."""
    one = setup(activations=("relu",), block=("residual",), init=("kaiming_normal",), x=0.0)
    assert "the branch passes nothing: ×1 a block" in verdict(one).cause
    one = setup(activations=("tanh",), block=("residual(alpha=1e-10)",), depth=4)
    assert "the branch is next to nothing" in verdict(one).cause


@pytest.mark.parametrize(
    ("block", "through"),
    [
        ("post_norm(norm=batch, alpha=0.2)", "comes back through it."),
        ("plain(norm=batch)", "comes back through it."),
        ("residual(norm=batch)", "comes back through the branch."),
        ("basic_block", "comes back through the branch."),
    ],
)
def test_what_a_batch_norm_of_2_rows_passes_is_said(block: str, through: str) -> None:
    """d/√(d² + eps) of two rows that are d off their mean: ±1, and eps/d³ of a gradient."""
    cause = verdict(setup(block=(block,), batch=2)).cause
    assert "A batch norm of 2 rows gives ±1, whatever it is given" in cause
    assert through in cause
    assert "2 rows" not in verdict(setup(block=(block,), batch=3)).cause
    assert "2 rows" not in verdict(setup(block=(block,), batch=2, x=1e-3)).cause  # eps counts


def test_a_batch_norm_after_the_skip_is_not_said_to_leave_the_skip_as_it_is() -> None:
    for batch in (2, 4):
        cause = verdict(setup(block=("post_norm(norm=batch, alpha=0.2)",), batch=batch)).cause
        assert "as it is" not in cause
        assert "stands after the skip and divides both" in cause
    inside = verdict(setup(block=("residual(norm=batch)",), batch=4)).cause
    assert "The skip passes it on as it is" in inside
    assert "divides" not in inside


@pytest.mark.parametrize(
    ("block", "units", "says"),
    [
        ("pre_norm", 1, "over one unit gives 0, whatever it is given, and passes nothing back: "
         "only the skip does."),
        ("residual(norm=layer)", 2, "over 2 units gives ±1, whatever it is given, and passes next "
         "to nothing back: only the skip does."),
        ("basic_block(norm=layer)", 2, "next to nothing back: only the skip does."),
        ("plain(norm=layer)", 2, "passes next to nothing back."),
        ("post_norm", 2, "passes next to nothing back."),
        ("pre_norm(norm=rms)", 1, "An RMS norm over one unit gives ±1"),
    ],
)  # fmt: skip
def test_a_norm_over_so_few_units_passes_nothing_whatever_infinite_width_has(
    block: str, units: int, says: str
) -> None:
    cause = verdict(setup(block=(block,), units=units)).cause
    assert says in cause
    assert "in theory" not in cause
    for more in (3, 32):
        assert "whatever it is given" not in verdict(setup(block=(block,), units=more)).cause


def test_where_eps_counts_a_norm_over_2_units_passes_much() -> None:
    for view in (DECAY, LAYERS):
        one = setup(block=("residual(norm=layer)",), units=2, x=1e-4, depth=1)
        assert "±1" not in verdict(one, view).cause


def test_no_norm_that_passes_nothing_is_offered() -> None:
    for units, no in ((1, "norm=rms"), (2, "norm=layer"), (1, "norm=layer")):
        offered = [
            text for text, _ in blocks_to_try(subject(setup(block=("residual",), units=units)))
        ]
        assert offered
        assert not any("pre_norm" in text or no in text for text in offered)
    offered = [text for text, _ in blocks_to_try(subject(setup(block=("residual",), units=3)))]
    assert "block = pre_norm" in offered


def test_the_coherent_mean_of_a_stream_is_told() -> None:
    one = setup(block=("residual",), depth=40)
    cause = verdict(one).cause
    assert "Most of the stream is f's mean" in cause
    assert "grows faster than infinite width has it" in cause
    assert "1/√L" not in cause  # there is none
    one = setup(block=("residual(alpha=1/sqrt(L))",), depth=40)
    assert "1/√L bounds what scatters, not that." in verdict(one).cause
    one = setup(activations=("tanh",), block=("residual",), depth=40)
    assert "f's mean" not in verdict(one).cause
    assert "faster than infinite width" not in verdict(one).cause


def test_what_the_eps_of_a_norm_takes_of_1_is_no_finding() -> None:
    for view in (DECAY, LAYERS):
        cause = verdict(setup(block=("post_norm",)), view).cause
        assert "divides both: ×1 a block in theory" in cause
    small = verdict(setup(block=("residual(alpha=0.02)",), depth=4)).cause
    assert "makes ×1.0002 a block in theory" in small
    evidence = verdict(setup(block=("residual(alpha=1e-5)",), depth=4)).evidence
    assert "agree (×1 ± 0 %)" in evidence


def test_of_a_batch_norm_behind_which_a_skip_goes_the_rows_are_named() -> None:
    one = setup(block=("residual(norm=batch)",), depth=20, units=64, batch=32, networks=20)
    says = "theory is for many rows, too, and here are 32"
    assert says in verdict(one).evidence
    assert "many rows" not in verdict(setup(block=("residual(norm=layer)",), depth=20)).evidence


def test_a_first_order_that_does_not_reach_so_far_predicts_no_number() -> None:
    one = setup(
        activations=("tanh",), block=("residual(alpha=1e10)",), depth=3, units=4, networks=2
    )
    evidence = verdict(one).evidence
    assert "first order in depth/width = 0.75 does not reach so far" in evidence
    assert "predicts" not in evidence


def test_many_blocks_and_networks_have_separators() -> None:
    one = setup(activations=("tanh",), block=("residual",), depth=1200, units=2, networks=1)
    assert "a block over 1,200 blocks" in verdict(one).sentence
    assert "in all 1,500 networks" in Shares.of([Kind.HEALTHY] * 1500).text("networks")


# ---------------------------------------------------------------- what is offered


def test_before_fewer_layers_a_skip_is_offered_with_its_rate_and_its_stream() -> None:
    one = setup(activations=("gelu",), depth=64, units=64, init=("pytorch_linear",))
    found = verdict(one)
    assert found.kind is Kind.VANISHING
    remedy = found.remedy
    assert remedy is not None
    done = remedy.applied(one)
    assert done.depth == 64
    assert verdict(done).kind is Kind.HEALTHY
    if BLOCK in remedy.changes:
        assert "a block, the stream" in remedy.after


def test_of_a_skip_that_explodes_alpha_is_tried_first() -> None:
    remedy = verdict(setup(block=("residual",), depth=64)).remedy
    assert remedy is not None
    assert remedy.changes == {BLOCK: ("residual(alpha=1/sqrt(L))",)}


def test_batch_norm_is_offered_a_skip_around_it() -> None:
    one = setup(block=("plain(norm=batch)",), depth=60, networks=5)
    found = verdict(one)
    assert found.kind is Kind.EXPLODING
    assert "Batch norm without a skip" in found.cause
    assert found.remedy is not None
    assert "norm=batch" in found.remedy.changes[BLOCK][0]


def test_what_is_healthy_is_offered_nothing() -> None:
    assert verdict(setup(depth=8)).remedy is None
    assert verdict(setup(block=("rezero",))).remedy is None


def test_no_skip_is_offered_where_widths_differ() -> None:
    one = setup(activations=("sigmoid",), units=(32, 16, 32, 16, 32, 16, 32, 16, 32), depth=8)
    remedy = verdict(one).remedy
    assert remedy is None or BLOCK not in remedy.changes


# ------------------------------------------------------------------- what is asked


def test_a_batch_counts_only_with_a_batch_norm() -> None:
    assert "batch" not in DECAY.used(setup(block=("pre_norm",)))
    assert "batch" in DECAY.used(setup(block=("plain", "preact")))


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"units": (32, 16), "depth": 1, "block": ("residual",)}, "keep the width"),
        ({"batch": 1, "block": ("preact",)}, "at least 2"),
        ({"block": ("plain", "rezero"), "init": ("orthogonal", "critical")}, "several"),
        ({"block": ("plain", "rezero"), "activations": ("relu", "tanh")}, "several"),
        ({"block": ("pre_norm(expansion=0.01)",)}, "less than one"),
    ],
)
def test_what_contradicts_is_refused(knobs: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as refused:
        setup(**knobs).checked()
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--block", "resnet"], "residual or basic_block"),
        (["--block", "residual", "--units", "8,4"], "--block"),
        (["--block", "preact", "--batch", "1"], "--batch"),
        (["--block", "residual(alpha=-1)"], "--block"),
        (
            ["--block", "rezero", "--init", "orthogonal,critical", "--block", "plain,rezero"],
            "several",
        ),
    ],
)
def test_on_the_command_line_too(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decay", "relu", "--depth", "1", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_json_names_the_block(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["decay", "relu", "--block", "rezero,plain", "--depth", "3", "--networks", "2"]
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["block"] for row in told["rows"]} == {"plain", "residual(alpha=learned)"}


@pytest.mark.parametrize("block", ["pre_norm", "basic_block", "plain(norm=batch)", "swiglu"])
def test_layers_looks_into_the_last_activation_of_each_block(block: str) -> None:
    one = setup(block=(block,), model="network", batch=16)
    result = last(LAYERS, one)
    table = LAYERS.table(result)
    assert len(table) == 16
    assert {row["block"] for row in table} == {Setup.of(block=(block,)).network.block[0]}
    assert 0.2 < np.mean([row["flat"] for row in table]) < 0.8  # a half of relu's
    assert LAYERS.draw(result, one, Size(80, 20), "braille").text
    found = LAYERS.finding(result, LAYERS.focused(one))
    assert found is not None
    assert found.cause


def test_layers_judges_the_stream() -> None:
    found = verdict(setup(block=("residual",), depth=64), LAYERS)
    assert found.kind is Kind.EXPLODING


# ------------------------------------------------------------------ one key in the app


def in_decay(**knobs: Any) -> State:
    return State(view="decay", setup=setup(**knobs))


def test_h_puts_a_skip_beside_what_is_there_and_takes_it_away() -> None:
    before = in_decay()
    there = steps.toggle_skip(before)
    assert there.setup.network.block == ("plain", "residual(alpha=1/sqrt(L))")
    assert there.setup.focus == "residual(alpha=1/sqrt(L))"
    assert "H takes it away" in there.message
    again = steps.toggle_skip(there)
    assert again.setup.network.block == ("plain",)
    assert again.setup.focus == ""


def test_h_of_a_skip_shows_what_is_without_it() -> None:
    there = steps.toggle_skip(in_decay(block=("pre_norm",)))
    assert there.setup.network.block == ("pre_norm", "plain(norm=layer)")
    assert "without the skip" in there.message


@pytest.mark.parametrize(
    ("own", "other", "told"),
    [
        ("plain(norm=batch)", "residual(norm=batch, alpha=1/sqrt(L))", "with a skip around each"),
        ("residual(norm=layer)", "plain(norm=layer)", "without the skip"),
        ("residual", "plain", "without the skip"),
        ("preact", "plain(norm=batch)", "without the skip"),
    ],
)
def test_h_changes_the_skip_and_keeps_the_norm(own: str, other: str, told: str) -> None:
    there = steps.toggle_skip(in_decay(block=(own,)))
    assert there.setup.network.block == (own, other)
    assert there.setup.focus == other
    assert told in there.message
    assert steps.toggle_skip(there).setup.network.block == (own,)


def test_h_in_a_chain_asks_for_networks() -> None:
    there = steps.toggle_skip(in_decay(model="chain"))
    assert there.setup.model == "network"


def test_h_keeps_one_of_several_activations() -> None:
    there = steps.toggle_skip(in_decay(activations=("relu", "tanh")))
    assert there.setup.activations == ("relu",)
    assert len(there.setup.network.block) == 2


def test_h_where_widths_differ_says_why_not() -> None:
    there = steps.toggle_skip(in_decay(units=(32, 16), depth=1))
    assert there.failed
    assert "width" in there.message


def test_h_in_a_view_without_blocks_says_where_they_are() -> None:
    there = steps.toggle_skip(State(view="derivative", setup=Setup()))
    assert "decay" in there.message


def test_the_block_steps_through_every_family() -> None:
    knob, value, seen = KNOBS[BLOCK], ("plain",), set()
    for _ in range(11):
        seen.add(value)
        value = knob.step(value, 1)
    assert value == ("plain",)
    assert len(seen) == 11


def test_phase_says_which_choice_of_blocks_it_has() -> None:
    done = command("phase", "relu", "--against", "alpha", "--block", "plain")
    assert "the block of phase is residual, and its choice --norm" in done.err
    other = command("time", "--block", "plain")
    assert "--norm" not in other.err
    assert "decay, layers" in other.err
