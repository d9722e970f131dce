"""The app and the command line start from the same values, in every view."""

from __future__ import annotations

from typing import Any

import pytest

from gradtui.app import going, leaps
from gradtui.app.state import START_VIEW, State
from gradtui.setup import CURSORS, KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.command import setup_of
from gradtui.views.view import View

LOOKED_AT = {
    "activations", "cells", "focus", "model", "depth", "init", "networks", *CURSORS
}  # fmt: skip
"""What a view chooses to show at first. By all others it judges and computes."""

EVERY = pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.name)


@EVERY
def test_no_view_judges_by_numbers_of_its_own(view: View[Any]) -> None:
    usual = Setup()
    for knob in view.all_knobs:
        if knob.name not in LOOKED_AT:
            assert knob.text(view.default_setup) == knob.text(usual), knob.name


@EVERY
def test_a_command_without_options_starts_where_the_app_resets_to(view: View[Any]) -> None:
    command = setup_of(view, [], {})
    reset = leaps.reset(State(view=view.name, setup=Setup.of(depth=7, threshold=0.5))).setup
    for knob in view.all_knobs:
        assert knob.text(command) == knob.text(reset), knob.name


def test_the_app_starts_where_its_first_view_does() -> None:
    assert State().setup == VIEWS[START_VIEW].default_setup


@EVERY
@pytest.mark.parametrize("first", VIEWS)
def test_in_a_view_that_is_entered_untouched_knobs_are_as_on_the_command_line(
    view: View[Any], first: str
) -> None:
    """The app keeps one setup for all views: what nobody set is the same number in both."""
    state = going.switched(State(view=first, setup=VIEWS[first].default_setup), view.name)
    for name in view.used(state.setup):
        if name not in LOOKED_AT:
            knob = KNOBS[name]
            assert knob.text(state.setup) == knob.text(setup_of(view, [], {})), name
