"""Blocks are found by name in the palette and listed in a view's help."""

from __future__ import annotations

import pytest

from gradtui.app import going
from gradtui.app.palette import found_by_name
from gradtui.app.state import first_start
from gradtui.mathematics.blocks.families import BLOCKS
from gradtui.mathematics.blocks.reading import block
from support.commands import run as command


@pytest.mark.parametrize("view", ["decay", "derivative"])
@pytest.mark.parametrize("name", ["rezero", "pre_norm"])
def test_a_block_is_made_in_this_view_or_the_first_that_has_them(view: str, name: str) -> None:
    state = going.switched(first_start(), view)
    (offer,) = (
        one for one in found_by_name(state) if one.group == "Blocks" and one.title.startswith(name)
    )
    there = offer.step(state)
    assert there.view == "decay"
    assert there.setup.network.block == (block(name).spec,)
    assert there.setup.model == "network"


@pytest.mark.parametrize("view", ["decay", "layers", "spectrum", "init"])
def test_the_help_of_a_view_lists_the_blocks(view: str) -> None:
    told = command(view, "--help").out
    for name, entry in BLOCKS.items():
        assert name in told
        assert getattr(entry, "formula", entry.title) in told
