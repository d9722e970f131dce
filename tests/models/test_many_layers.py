"""What many layers, many blocks and many inputs cost, and what is refused for it."""

from __future__ import annotations

import time

import pytest

from gradtui.errors import InputError
from gradtui.mathematics.initialisation.record import sigmas_by_layer
from gradtui.models.network.blocks import inputs_of
from gradtui.models.network.cost import seconds_of
from gradtui.models.network.networks import flow_of
from gradtui.models.subject import Subject, subjects_of
from gradtui.progress import unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS


def subject(block: str, **changes: object) -> Subject:
    setup = Setup.of(activations=("relu",), model="network", block=(block,), **changes)
    return subjects_of(setup, "network")[0]


def test_layers_that_are_alike_are_looked_at_once() -> None:
    began = time.process_time()
    for _ in range(20):
        found = sigmas_by_layer("kaiming_normal", "relu", (64,) * 10_001)
    assert time.process_time() - began < 1.0
    assert found.sigma_w2 == pytest.approx([2.0] * 10_000)


def test_layers_of_several_kinds_keep_their_order() -> None:
    found = sigmas_by_layer("normal(std=0.1)", "relu", (4, 9, 9, 4, 9, 9))
    assert found.sigma_w2 == pytest.approx([0.04, 0.09, 0.09, 0.04, 0.09])


@pytest.mark.parametrize("block", ["plain(norm=batch)", "preact", "basic_block"])
def test_a_batch_costs_by_its_steps_and_units(block: str) -> None:
    """Foretold is no less than half of what it takes, on a machine that may be slower."""
    one = subject(block, depth=50, units=16)
    flow_of(one, 1, inputs_of(one))
    began = time.process_time()
    for number in range(3):
        flow_of(one, number, inputs_of(one))
    assert (time.process_time() - began) / 3 < 2.0 * seconds_of(one)


@pytest.mark.parametrize(
    ("view", "block", "patience", "most"),
    [("layers", "pre_norm", 20.0, 11), ("decay", "preact", 200.0, 19)],
)
def test_too_many_inputs_for_so_many_blocks_are_refused_at_once(
    view: str, block: str, patience: float, most: int
) -> None:
    setup = subject(block, depth=10_000, patience=patience).setup
    assert VIEWS[view].foretold(setup) == ""
    began = time.process_time()
    with pytest.raises(InputError, match=f"block={block}") as refused:
        next(iter(VIEWS[view].results(setup, unwatched)))
    assert time.process_time() - began < 2.0
    assert refused.value.next_step.startswith(f"try {{batch={most}}}")


def test_spectra_of_blocks_that_cannot_be_in_time_are_refused_with_what_would_be() -> None:
    setup = subject("residual", depth=10_000).setup
    assert VIEWS["spectrum"].foretold(setup) == ""
    with pytest.raises(InputError, match="patience") as refused:
        next(iter(VIEWS["spectrum"].results(setup, unwatched)))
    assert "try {depth=" in refused.value.next_step
    assert refused.value.field == "depth"


def test_a_map_of_many_blocks_says_that_it_is_coarser_and_has_a_limit() -> None:
    setup = Setup.of(activations=("relu",), against="alpha", depth=10_000)
    assert VIEWS["phase"].foretold(setup) == (
        "following 10,000 blocks, on a coarser map, takes about 12 s"
    )
    with pytest.raises(InputError, match="at most 10,000"):
        next(iter(VIEWS["phase"].results(setup.with_(depth=10_001), unwatched)))
