"""Two whole screens, cell for cell and colour for colour.

After a change that is meant: pytest tests/app/test_snapshots.py --snapshot-update, and look.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from gradtui.app.appearance import Appearance
from gradtui.app.main import GradTUI
from gradtui.app.state import State
from gradtui.views.scenarios import SCENARIOS
from support.app import settle

pytest.importorskip(
    "pytest_textual_snapshot", reason="needs pytest-textual-snapshot: pip install 'gradtui[test]'"
)
FIRST = State()
NOTE = State(view="chain", setup=SCENARIOS[0].setup, theme="light")


async def settled(pilot: Pilot[Any]) -> None:
    await settle(pilot)


def test_decay_at_80x24_in_dark(snap_compare: Callable[..., bool]) -> None:
    app = GradTUI(FIRST, Appearance(colours="truecolor"))
    assert snap_compare(app, terminal_size=(80, 24), run_before=settled)


def test_the_note_s_chain_at_120x40_in_light(snap_compare: Callable[..., bool]) -> None:
    app = GradTUI(NOTE, Appearance(colours="truecolor"))
    assert snap_compare(app, terminal_size=(120, 40), run_before=settled)
