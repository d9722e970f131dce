"""What networks of blocks take of memory, and what is refused for it."""

from __future__ import annotations

import re
import tracemalloc

import pytest

from gradtui.cli import commands
from gradtui.errors import InputError
from gradtui.mathematics.blocks import flow
from gradtui.mathematics.blocks.draw import RandomBlocks
from gradtui.models.network import blocks, cost, networks
from gradtui.models.network.cost import most_inputs_of, refuse_too_wide, too_wide
from gradtui.models.network.networks import flow_of
from gradtui.models.subject import Subject, subjects_of
from gradtui.progress import unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.spectrum.blocks import spectra_of_blocks
from support.commands import run as command


def subject(block: str, **changes: object) -> Subject:
    setup = Setup.of(activations=("silu",), model="network", block=(block,), **changes)
    return subjects_of(setup, "network")[0]


def peak_of(work: object) -> int:
    tracemalloc.start()
    try:
        work()  # type: ignore[operator]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


WIDE = ["pre_norm(expansion=16)", "swiglu(expansion=16)", "post_norm", "preact", "residual"]


@pytest.mark.parametrize("block", WIDE)
def test_of_blocks_made_on_demand_one_is_there_at_a_time(
    block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "KEPT_WEIGHTS", 0)
    one = subject(block, units=256, depth=4)
    flow_of(one, 0, 2)
    of_one = 8 * blocks.block_of(one).weights(256)
    assert peak_of(lambda: flow_of(one, 1, 2)) < 1.5 * of_one + 1e6


@pytest.mark.parametrize("kept", [0, 2**25])
@pytest.mark.parametrize("depth", [1, 6])
@pytest.mark.parametrize("block", [*WIDE, "basic_block", "plain(norm=batch)", "plain"])
def test_the_batch_that_is_recommended_has_room(
    block: str, depth: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 4e7
    for module in (blocks, cost, networks):
        monkeypatch.setattr(module, "KEPT_WEIGHTS", kept)
    monkeypatch.setattr(cost, "_ROOM", room)
    monkeypatch.setattr(flow._Run, "numbers", 0)  # of what is reserved not all is touched
    one = subject(block, units=128, depth=depth)
    most = most_inputs_of(one)
    with pytest.raises(InputError) as refused:
        flow_of(one, 0, most + 1)
    assert refused.value.next_step.startswith(f"try {{batch={most}}}")
    flow_of(one, 0, 2)
    peak = peak_of(lambda: flow_of(one, 0, most, layers=True, bins=10))
    assert 0.4 * room < peak < 1.05 * room


@pytest.mark.parametrize(
    ("view", "block", "units", "step"),
    [
        ("layers", "pre_norm", 4096, "try expansion=3, or {units=3749}"),
        ("layers", "pre_norm(expansion=64)", 1024, "try expansion=53, or {units=937}"),
        ("decay", "swiglu(expansion=64)", 4096, "try expansion=2, or {units=765}"),
        ("spectrum", "swiglu(expansion=64)", 512, "try expansion=21, or {units=296}"),
    ],
)
def test_a_block_whose_matrices_are_too_large_is_refused_before_any_is_drawn(
    view: str, block: str, units: int, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(RandomBlocks, "_make", never)
    setup = subject(block, units=units, depth=2, networks=1, patience=86_400.0, batch=2).setup
    assert VIEWS[view].foretold(setup) == ""
    with pytest.raises(InputError, match="less than 1 GB") as refused:
        next(iter(VIEWS[view].results(setup, unwatched)))
    assert (refused.value.field, refused.value.next_step) == ("block", step)
    expansion, fewer = map(int, re.findall(r"=(\d+)", step))
    spectrum = view == "spectrum"
    narrower = re.sub(r"\(.*|$", f"(expansion={expansion})", block, count=1)
    for one in (subject(narrower, units=units, depth=2), subject(block, units=fewer, depth=2)):
        refuse_too_wide(one, spectrum=spectrum)


def test_what_has_room_is_not_too_wide() -> None:
    for block in (*WIDE, "plain", "plain(norm=layer)"):
        assert not too_wide(subject(block, units=512, depth=2))


@pytest.mark.parametrize("block", ["pre_norm(expansion=16)", "swiglu(expansion=16)"])
@pytest.mark.parametrize("bare", [False, True])
def test_a_spectrum_takes_what_was_counted(block: str, bare: bool) -> None:
    one = subject(block, units=64, depth=2)
    peak = peak_of(lambda: [*spectra_of_blocks(one, 0, [2], bare, unwatched)])
    of_each = 8 * 64 * 64 * 16
    assert peak < cost._SPREAD_OUT["swiglu" in block] * of_each


@pytest.mark.parametrize(
    ("block", "said"), [("pre_norm", True), ("preact", False), ("plain", False)]
)
def test_where_there_is_no_memory_the_expansion_is_named_of_what_has_one(
    block: str, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(commands, "_told", none)
    done = command("layers", "relu", "--depth", "2", "--units", "4", "--block", block)
    assert ("the expansion of --block" in done.err) is said
