"""The focus is read as what it is on is read."""

from __future__ import annotations

import pytest

from gradtui.app.leaps import describe
from gradtui.errors import InputError
from gradtui.setup import KNOBS, Setup


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rezero", "residual(alpha=learned)"),
        ("pre-norm", "pre_norm"),
        ("residual(alpha=1/√L)", "residual(alpha=1/sqrt(L))"),
        ("swish", "silu"),
        ("leaky_relu(negative_slope=0.2)", "leaky_relu(0.2)"),
        ("kaiming-normal", "kaiming_normal"),
        ("LSTM", "lstm"),
        ("", ""),
    ],
)
def test_a_focus_is_read_as_the_knob_reads_it_that_compares_it(typed: str, meant: str) -> None:
    assert KNOBS["focus"].parse(typed) == meant


@pytest.mark.parametrize("typed", ["resnet", "skip", "1/2"])
def test_what_nothing_compared_is_called_is_refused_beside_what_is(typed: str) -> None:
    setup = Setup.of(model="network", block=("residual", "plain"))
    with pytest.raises(InputError, match="is not one of sigmoid, residual, plain") as refused:
        setup.with_(focus=KNOBS["focus"].parse(typed)).checked()
    assert refused.value.field == "focus"


def test_a_block_that_cannot_be_is_refused_as_the_focus() -> None:
    with pytest.raises(InputError, match=r"a number from 0 to 1e10") as refused:
        KNOBS["focus"].parse("residual(alpha=-1)")
    assert refused.value.field == "focus"


def test_undo_names_a_focus_that_is_not_set() -> None:
    setup = Setup.of(model="network", block=("plain", "residual"))
    assert describe(setup, setup.with_(focus="residual")) == "focus (the first) → residual"
