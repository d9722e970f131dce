"""Rows of one step are merged, steps rise, layers stand in forward order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.runs.order import forward, natural
from gradtui.runs.sheet import Sheet
from support.run_samples import reading


def test_a_step_that_comes_again_keeps_the_later(tmp_path: Path) -> None:
    run = reading("step,loss\n0,2.5\n1,2.0\n1,1.5\n2,1.0\n", tmp_path)
    assert run.steps.tolist() == [0, 1, 2]
    assert run.loss.tolist() == [2.5, 1.5, 1.0]
    assert "A step is told again once: the later value is kept." in run.notes


def test_steps_that_go_back_after_a_resume(tmp_path: Path) -> None:
    rows = [*range(6), *range(3, 9)]
    text = "step,loss\n" + "".join(f"{step},{at}.5\n" for at, step in enumerate(rows))
    run = reading(text, tmp_path)
    assert run.steps.tolist() == list(range(9))
    assert run.loss.tolist() == [0.5, 1.5, 2.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5]
    assert run.notes == (
        "The steps go back from 5 to 3, as after a resume.",
        "A step is told again 3 times: the later value is kept.",
    )


def test_a_run_without_either_says_neither(tmp_path: Path) -> None:
    assert not reading("step,loss\n0,2.5\n5,2.0\n6,1.5\n", tmp_path).notes


def test_rows_without_a_step_are_counted(tmp_path: Path) -> None:
    run = reading("loss,grad_norm\n2.5,1\n2.0,2\n", tmp_path)
    assert run.steps.tolist() == [0, 1]
    assert run.notes == ("No step is recorded: rows are counted.",)


@pytest.mark.parametrize("step", ["", "nan", "1.5", "1e40", "oops", "-"])
def test_a_row_whose_step_is_none_is_left_out(step: str, tmp_path: Path) -> None:
    run = reading(f"step,loss\n0,2.5\n{step},2.0\n2,1.5\n", tmp_path)
    assert run.steps.tolist() == [0, 2]
    assert run.loss.tolist() == [2.5, 1.5]
    assert run.notes == ("Left out for want of a step: 1 row.",)


@pytest.mark.parametrize("step", ["3", "3.0", " 3", "3e0", "0003"])
def test_a_step_may_be_written_in_many_ways(step: str, tmp_path: Path) -> None:
    assert reading(f"step,loss\n0,2.5\n{step},2.0\n", tmp_path).steps.tolist() == [0, 3]


def test_epochs_are_steps_where_there_is_nothing_else(tmp_path: Path) -> None:
    assert reading("epoch,loss\n3,2.5\n4,2.0\n", tmp_path).steps.tolist() == [3, 4]
    # A share of an epoch is none.
    assert reading("epoch,loss\n0.5,2.5\n1.0,2.0\n", tmp_path).steps.tolist() == [0, 1]


def test_arrays_cannot_be_changed(tmp_path: Path) -> None:
    run = reading("step,loss,grad_norm/a\n0,2.5,1\n1,2.0,2\n", tmp_path)
    for array in (run.steps, run.loss, run.total_norm, run.log10_gradients):
        assert not array.flags.writeable


def test_a_norm_is_never_negative(tmp_path: Path) -> None:
    run = reading("step,grad/a,grad/b\n0,1.5,-0.5\n1,1.5,2\n", tmp_path)
    assert run.names == ("a",)
    assert "b has negative values, which norms never are: left out." in run.notes


ROWS = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.dictionaries(
            st.sampled_from(["loss", "grad_norm", "grad_norm/a", "grad_norm/b"]),
            st.one_of(st.floats(0, 1e300), st.just(float("nan")), st.just(float("inf"))),
            min_size=1,
        ),
    ),
    min_size=1,
    max_size=30,
)


@given(ROWS)
def test_the_last_value_of_a_step_counts_whatever_the_order(
    rows: list[tuple[int, dict[str, float]]],
) -> None:
    from gradtui.runs.assembly import run_of

    sheet = Sheet()
    last: dict[str, dict[int, float]] = {}
    for step, values in rows:
        sheet.row(values, step)
        for key, value in values.items():
            last.setdefault(key, {})[step] = value
    run = run_of(sheet, "")
    steps = sorted({step for step, _ in rows})
    assert run.steps.tolist() == steps
    for key, values in (("loss", run.loss), ("grad_norm", run.total_norm)):
        wanted = [last.get(key, {}).get(step, np.nan) for step in steps]
        np.testing.assert_array_equal(values, wanted)
    for place, name in enumerate(run.names):
        told = last[f"grad_norm/{name}"]
        for at, step in enumerate(steps):
            log10 = run.log10_gradients[at, place]
            if step not in told:
                assert np.isnan(log10)
            elif not np.isfinite(told[step]):
                assert log10 == np.inf
            elif told[step] == 0.0:
                assert log10 == -np.inf
            else:
                assert log10 == pytest.approx(np.log10(told[step]), abs=1e-12)


@pytest.mark.parametrize(("order", "said"), [("2.0", False), ("2", False), ("inf", True)])
def test_a_norm_of_another_order_is_said(order: str, said: bool, tmp_path: Path) -> None:
    run = reading(f"step,grad_{order}_norm/a,grad_{order}_norm_total\n0,1,1\n1,2,2\n", tmp_path)
    assert run.names == ("a",)
    assert run.total_norm.tolist() == [1.0, 2.0]
    assert run.notes == ((f"The gradients' norms are of order {order}, not 2.",) if said else ())


def test_natural_order() -> None:
    names = ["h.10.b", "h.2.b", "h.2.a", "h.1", "embed", "10", "9"]
    assert sorted(names, key=natural) == ["9", "10", "embed", "h.1", "h.2.a", "h.2.b", "h.10.b"]


@pytest.mark.parametrize(
    ("given_names", "wanted", "of_file"),
    [
        # As a loop over the parameters tells them.
        (["wte", "h.0", "h.2", "h.10", "ln_f"], ["wte", "h.0", "h.2", "h.10", "ln_f"], True),
        # By letters, as loggers sort.
        (["h.0", "h.10", "h.2"], ["h.0", "h.2", "h.10"], False),
        # As hooks come by on the way back.
        (["out", "h.10", "h.2", "h.0", "wte"], ["wte", "h.0", "h.2", "h.10", "out"], True),
        # In no order at all.
        (["h.2", "h.0", "h.10"], ["h.0", "h.2", "h.10"], False),
        (["a"], ["a"], False),
        ([], [], False),
    ],
)
def test_forward_order(given_names: list[str], wanted: list[str], of_file: bool) -> None:
    assert forward(given_names) == (tuple(wanted), of_file)


@pytest.mark.parametrize(
    "names",
    [
        ["wte.weight", "wpe.weight", "h.0.w", "h.2.w", "h.10.w", "ln_f.weight", "lm_head.weight"],
        ["model.embed_tokens.weight", "model.layers.0.w", "model.norm.weight", "lm_head.weight"],
        ["encoder.0.w", "encoder.11.w", "decoder.0.w", "decoder.11.w"],
        ["stem.0.w", "body.0.w", "head.w"],
        ["conv1.weight", "layer1.0.w", "layer4.1.w", "fc.weight"],
        ["encoder.0.w", "encoder.7.w", "classifier.w"],
        ["0.weight", "2.weight", "10.weight"],
    ],
)
def test_sorted_names_are_put_where_they_mostly_stand(names: list[str]) -> None:
    """As Lightning's CSVLogger sorts its header."""
    found, told = forward(sorted(names))
    assert set(found) == set(names)
    first, last = (names.index(found[at]) for at in (0, -1))
    assert not told
    assert (last, first) == (len(names) - 1, 0) or set(found[:2]) == set(names[:2])
