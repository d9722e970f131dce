"""The file that a recording goes to: appended, carried on, healed; another's is left alone."""

from __future__ import annotations

import math
import os
import warnings
from pathlib import Path

import numpy as np
import pytest

from gradtui import InputError, read_run
from gradtui.runs.recorder.writer import Writer

NAMES = ("0.weight", "2.weight")


def written(path: Path, steps: range, names: tuple[str, ...] = NAMES) -> None:
    writer = Writer(path, names)
    for step in steps:
        writer.write(step, {"loss": 1.0 + step, "grad": [10.0**-step] * len(names)})
    writer.close()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "new" / "run.jsonl"
    writer = Writer(file, NAMES, every=10)
    series = {"loss": 2.5, "total_norm": np.float32(0.1), "lr": 1e-4, "loss_scale": 65536.0}
    writer.write(
        10,
        {
            **series,
            "skipped": 2,
            "clip": None,
            "grad": np.array([1e-300, 0.0]),
            "weight": [2.0, None],
            "update": (1e-3, math.pi),
            "not_finite": [0.0, 0.25],
            "lost_f16": [1.0, 0.5],
            "swallowed": [None, 0.75],
            "saturated": {'a"\x1b': 0.5},
            "dead": {"a": 0.125},
        },
    )
    run = read_run(file)
    assert (run.names, run.order, run.steps.tolist()) == (NAMES, "recorded", [10])
    assert run.source == "gradtui's recording"
    assert run.notes == ()
    assert (run.loss[0], run.clip) == (2.5, None)
    assert np.float32(run.total_norm[0]) == np.float32(0.1)
    assert run.skipped is not None
    assert run.skipped[0] == 2.0
    assert run.log10_gradients[0].tolist() == [-300.0, -np.inf]
    assert run.log10_weights is not None
    assert np.isnan(run.log10_weights[0, 1])
    assert run.log10_updates is not None
    assert run.log10_updates[0, 1] == pytest.approx(math.log10(math.pi), abs=1e-9)
    assert run.shares["lost_f16"][0].tolist() == [1.0, 0.5]
    assert run.units["dead"]["a"].tolist() == [0.125]
    assert all("\x1b" not in module for module in run.units["saturated"])
    # watch sees it before the writer is closed, and every line has its end
    writer.write(20, {"loss": 2.0})
    assert file.read_bytes().endswith(b'{"step":20,"loss":2}\n')


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_read_back(tmp_path: Path, value: float) -> None:
    writer = Writer(tmp_path / "a", NAMES)
    writer.write(0, {"loss": value, "grad": [abs(value), 1.0]})
    run = read_run(tmp_path / "a")
    np.testing.assert_equal(run.loss[0], value)
    assert run.log10_gradients[0].tolist() == [np.inf, 0.0]


def test_every_float32_is_read_back_as_it_was(tmp_path: Path) -> None:
    bits = np.random.default_rng(0).integers(0, 0x7F800000, 400, np.uint32).view(np.float32)
    writer = Writer(tmp_path / "a", NAMES)
    for step, value in enumerate(bits):
        writer.write(step, {"loss": float(value)})
    assert read_run(tmp_path / "a").loss.astype(np.float32).tolist() == bits.tolist()


def test_a_resumed_training_is_one_run(tmp_path: Path) -> None:
    file = tmp_path / "run"
    written(file, range(6))
    written(file, range(4, 9))
    run = read_run(file)
    assert run.steps.tolist() == list(range(9))
    assert run.loss.tolist() == [1.0 + step for step in range(9)]
    assert run.names == NAMES
    assert "It was carried on at step 4: what was there of later ones is left out." in run.notes


def test_what_a_training_that_began_again_has_not_reached_yet_is_not_its_own(
    tmp_path: Path,
) -> None:
    file = tmp_path / "run"
    written(file, range(9))
    written(file, range(3))
    assert read_run(file).steps.tolist() == [0, 1, 2]


def test_one_whose_parameters_changed_keeps_both(tmp_path: Path) -> None:
    written(tmp_path / "run", range(2))
    written(tmp_path / "run", range(2, 4), ("2.weight", "4.weight"))
    run = read_run(tmp_path / "run")
    told = dict(zip(run.names, run.log10_gradients.T, strict=True))
    assert np.isfinite(told["0.weight"]).tolist() == [True, True, False, False]
    assert np.isfinite(told["2.weight"]).all()
    assert np.isfinite(told["4.weight"]).tolist() == [False, False, True, True]


def test_cut_off_at_any_byte_it_is_carried_on(tmp_path: Path) -> None:
    written(tmp_path / "whole", range(2))
    data = (tmp_path / "whole").read_bytes()
    ends = [at + 1 for at, byte in enumerate(data) if byte == ord("\n")]
    for cut in range(len(data) + 1):
        file = tmp_path / "cut"
        file.write_bytes(data[:cut])
        written(file, range(5, 7))
        run = read_run(file)
        # a line of which only the end is missing is whole
        before = [step for step, end in enumerate(ends[1:]) if cut >= end - 1]
        assert run.steps.tolist() == [*before, 5, 6], cut
        assert run.names == NAMES


@pytest.mark.parametrize(
    "content",
    [b"step,loss\n0,1\n", b'{"step": 0}\n', b"\0\1\2", b"\n", b'{"gradtui": ', b"{}", b"[1]"],
)
def test_another_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "metrics.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match="is not a recording: another file is there"):
        Writer(file, NAMES)
    assert file.read_bytes() == content


def test_a_recording_that_cannot_be_carried_on_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "run"
    content = b'{"gradtui": 2, "names": []}\n'
    file.write_bytes(content)
    with pytest.raises(InputError, match="it has version 2, this one version 1"):
        Writer(file, NAMES)
    assert file.read_bytes() == content
    Writer(tmp_path / "sharded", NAMES, rank=1, ranks=4).write(0, {"loss": 1.0})
    with pytest.raises(InputError, match="it has ranks 4, this one ranks 2"):
        Writer(tmp_path / "sharded", NAMES, rank=1, ranks=2)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, reason in ((tmp_path, "directory"), (tmp_path / "pipe", "regular file|No such")):
        with pytest.raises(InputError, match=reason):
            Writer(path, NAMES)
    with pytest.raises(InputError, match="a file's name"):
        Writer("", NAMES)


def test_types_are_read_back_whatever_the_order_of_names(tmp_path: Path) -> None:
    for rank in range(2):
        dtypes = {"a": "bfloat16", "b": "float32"}
        writer = Writer(tmp_path / "run", ("a", "b"), rank=rank, ranks=2, dtypes=dtypes)
        writer.names = ("b", "a")
        writer.write(0, {"grad": [1.0, 2.0]})
    run = read_run(tmp_path / "run")
    assert run.names == ("b", "a")
    assert run.dtypes == {"a": "bfloat16", "b": "float32"}


def test_each_rank_has_its_file_and_norms_are_put_together(tmp_path: Path) -> None:
    for rank, norm in enumerate((3.0, 4.0)):
        writer = Writer(tmp_path / "run.jsonl", NAMES, rank=rank, ranks=2)
        writer.write(0, {"grad": [norm, None], "loss": 1.0})
    run = read_run(tmp_path / "run.jsonl")
    assert run.log10_gradients[0, 0] == pytest.approx(math.log10(5.0), abs=1e-12)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"gard": [1.0, 2.0]}, "what is recorded: 'gard' is not loss, "),
        ({"grad": 1.0}, "what is recorded: 'grad'"),
        ({"loss": [1.0]}, "what is recorded: 'loss'"),
        ({"dead": [1.0, 2.0]}, "what is recorded: 'dead'"),
        ({"grad": [1.0]}, "grad: '1 numbers' is not one for each of the 2 parameters"),
    ],
)
def test_what_a_recording_does_not_have_is_refused(
    tmp_path: Path, values: dict[str, float], message: str
) -> None:
    writer = Writer(tmp_path / "a", NAMES)
    with pytest.raises(InputError, match=message):
        writer.write(0, values)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full to fill up")
def test_a_full_disk_ends_the_recording_and_not_the_training(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a", NAMES)
    full = os.open("/dev/full", os.O_RDWR)
    os.dup2(full, writer._file)
    os.close(full)
    with pytest.warns(RuntimeWarning, match="nothing more in .* from step 3 on: No space left"):
        writer.write(3, {"loss": 1.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        writer.write(4, {"loss": 1.0})
