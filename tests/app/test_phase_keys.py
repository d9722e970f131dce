"""The keys of the phase view: arrows in both directions, C to the critical line, D into decay."""

from __future__ import annotations

import pytest

from gradtui.app import leaps, panes, steps
from gradtui.app.state import State
from gradtui.mathematics.wide.mean_field import mean_field
from gradtui.setup import Setup
from gradtui.views import VIEWS
from support.app import running, settle, shown

PHASE = State(
    view="phase", setup=Setup.of(activations=("tanh",), depth=50, sigma_w=1.5, sigma_b=0.2)
)


def snap(state: State) -> State:
    return steps.press(state, "C")


def take_into_decay(state: State) -> State:
    return steps.press(state, "D")


async def test_the_arrows_move_the_cursor_both_ways_and_leave_the_activation_alone() -> None:
    async with running(PHASE) as (app, pilot):
        await pilot.press("up", "up", "down", "right", "right", "left")
        await settle(pilot)
        assert (app.state.setup.plane.sigma_w, app.state.setup.plane.sigma_b) == (1.55, 0.22)
        await pilot.press("shift+up", "shift+left")
        await settle(pilot)
        assert (app.state.setup.plane.sigma_w, app.state.setup.plane.sigma_b) == (1.05, 0.42)
        assert app.state.setup.activations == ("tanh",)
        assert app.state.past == ()
        assert "at (1.05, 0.42)" in app.panes["readout"].picture.text
        assert "σw = 1.05, σb = 0.42" in app.panes["verdict"].picture.text


async def test_j_and_k_still_choose_the_activation() -> None:
    async with running(PHASE.with_(highlight="tanh")) as (app, pilot):
        await pilot.press("j")
        await settle(pilot)
        assert app.state.setup.activations == ("relu",)
        assert "relu: gradient left" in shown(app)
        await pilot.press("k", "pagedown", "enter")
        await settle(pilot)
        assert app.state.setup.plane.sigma_b == 0.2


async def test_elsewhere_the_arrows_choose_as_before() -> None:
    async with running(State(view="decay", setup=Setup.of(activations=("tanh",)))) as (app, pilot):
        before = app.state.highlight
        await pilot.press("down", "down")
        assert app.state.highlight != before
        await pilot.press("up", "up")
        assert app.state.highlight == before
        assert app.state.setup.plane.sigma_b == Setup().plane.sigma_b


async def test_c_finds_the_critical_line_and_d_takes_it_into_decay() -> None:
    async with running(PHASE) as (app, pilot):
        await pilot.press("C")
        await settle(pilot)
        setup = app.state.setup
        chi = mean_field("tanh", setup.plane.sigma_w**2, setup.plane.sigma_b**2).chi
        assert chi == pytest.approx(1.0, abs=1e-8)
        assert "σw 1.30415" in app.panes["bottom"].picture.text
        assert "tanh healthy, critical" in app.panes["verdict"].picture.text
        await pilot.press("D")
        await settle(pilot)
        taken = app.state.setup
        assert app.state.view == "decay"
        assert taken.model == "network"
        assert taken.network.init == (f"normal(sigma_w={setup.plane.sigma_w!r}, sigma_b=0.2)",)
        await pilot.press("u")
        await settle(pilot)
        assert app.state.view == "phase"
        assert app.state.setup == setup


def test_what_the_keys_say_can_be_read_at_80_columns() -> None:
    for state in (
        snap(PHASE),
        take_into_decay(PHASE),
        snap(State()),
        take_into_decay(State()),
        snap(PHASE.with_(setup=PHASE.setup.with_(activations=("relu",)))),
        snap(PHASE.with_(setup=PHASE.setup.with_(activations=("softplus",)))),
        snap(
            PHASE.with_(setup=PHASE.setup.with_(activations=("sigmoid",), sigma_w_range=(0.0, 3.0)))
        ),
    ):
        assert state.message
        assert "…" not in panes.bottom(state, 80).text


def test_outside_the_phase_view_both_keys_say_where_they_work() -> None:
    key = list(VIEWS).index("phase") + 1
    for step in (snap, take_into_decay):
        said = step(State())
        assert f"press {key} first" in said.message
        assert said.setup == State().setup


def test_a_snap_that_widens_the_map_can_be_undone_and_one_inside_it_is_no_change() -> None:
    inside = snap(PHASE)
    assert inside.past == ()
    given = PHASE.setup.with_(activations=("sigmoid",), sigma_w_range=(0.0, 3.0))
    far = snap(PHASE.with_(setup=given))
    assert far.setup.plane.sigma_w_range[1] > far.setup.plane.sigma_w > 3.0
    assert far.setup.checked() == far.setup
    assert "The σw range is" in far.message
    assert leaps.undo(far).setup.plane.sigma_w_range == (0.0, 3.0)
    chosen = snap(PHASE.with_(setup=given.with_(sigma_w_range=None)))
    assert chosen.setup.plane.sigma_w_range is None


def test_d_at_a_fresh_cursor_is_one_step_back() -> None:
    taken = take_into_decay(PHASE)
    assert taken.setup.checked() == taken.setup
    assert (taken.view, len(taken.past)) == ("decay", 1)
    back = leaps.undo(taken)
    assert (back.view, back.setup) == ("phase", PHASE.setup)


def test_against_alpha_there_is_no_critical_line_and_c_says_so() -> None:
    against = PHASE.with_(setup=PHASE.setup.with_(against="alpha"))
    assert "critical" in panes.bottom(PHASE, 120).text
    assert "critical" not in panes.bottom(against, 200).text
    said = snap(against)
    assert said.setup == against.setup
    assert "is not there in this setup" in said.message
    assert "…" not in panes.bottom(said, 80).text


def test_against_alpha_d_takes_the_blocks_of_the_cursor_into_decay() -> None:
    there = PHASE.setup.with_(against="alpha", alpha=0.25, branch_norm="layer")
    taken = take_into_decay(PHASE.with_(setup=there))
    assert taken.view == "decay"
    assert taken.setup.network.block == ("residual(norm=layer, alpha=0.25)",)
    assert taken.setup.network.init == ("normal(sigma_w=1.5, sigma_b=0.2)",)
    assert "residual(norm=layer, alpha=0.25)" in taken.message
