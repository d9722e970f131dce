"""Following files that grow, shrink, are written anew, or are not there yet."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from gradtui import read_run
from gradtui.errors import InputError
from gradtui.runs.following import Follower, Piped
from gradtui.runs.formats.format import HEAD
from gradtui.runs.run import Run
from gradtui.runs.shelf import Stamp


class Followed:
    """A follower whose clock stands still but for what it is told."""

    def __init__(self, path: Path) -> None:
        self.now = 0.0
        self.seen: Stamp | None = None
        self._follower = Follower(str(path), lambda: self.now)

    def poll(self) -> Run | InputError | None:
        """What is new after a second."""
        self.now += 1.0
        found = self._follower.poll(self.seen)
        if found is None:
            return None
        self.seen = found[1]
        return found[0]

    def run(self) -> Run:
        """A run that has to be there."""
        found = self.poll()
        assert isinstance(found, Run), found
        return found


def rows(start: int, count: int) -> str:
    return "".join(f"{step},{1.0 / (step + 1)},{step % 7 + 0.5}\n" for step in range(start, count))


HEADER = "step,loss,grad_norm\n"
MANY = HEAD // 12
"""Rows that are more than what a format is known by."""


def same(one: Run, other: Run) -> bool:
    return (
        np.array_equal(one.steps, other.steps)
        and np.array_equal(one.loss, other.loss, equal_nan=True)
        and np.array_equal(one.total_norm, other.total_norm, equal_nan=True)
        and one.notes == other.notes
    )


@pytest.mark.parametrize("rows_at_first", [1, MANY])
def test_what_was_added_is_read_as_if_it_had_been_there(tmp_path: Path, rows_at_first: int) -> None:
    file = tmp_path / "metrics.csv"
    file.write_text(HEADER + rows(0, rows_at_first))
    followed = Followed(file)
    assert len(followed.run().steps) == rows_at_first
    assert followed.poll() is None
    for count in (rows_at_first + 1, rows_at_first + 500):
        with file.open("a") as stream:
            stream.write(rows(len(read_run(file).steps), count))
        assert same(followed.run(), read_run(file))


def test_half_a_row_waits_for_its_other_half(tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    file.write_text(HEADER + rows(0, 10) + "10,0.0")
    followed = Followed(file)
    assert followed.run().steps[-1] == 9
    with file.open("a") as stream:
        stream.write("625,1.5\n")
    found = followed.run()
    assert (found.steps[-1], found.loss[-1]) == (10, 0.0625)


@pytest.mark.parametrize("count", [5, MANY])
def test_a_file_written_anew_is_read_anew(tmp_path: Path, count: int) -> None:
    """As Lightning does when its header grows: another beginning, more bytes, the same file."""
    file = tmp_path / "metrics.csv"
    file.write_text(HEADER + rows(0, count))
    followed = Followed(file)
    followed.run()
    file.write_text("step,train_loss_of_the_run,grad_norm\n" + rows(0, count + 3))
    found = followed.run()
    assert len(found.steps) == count + 3
    assert list(found.losses) == ["train_loss_of_the_run"]


def test_a_file_that_shrank_or_was_replaced_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    file.write_text(HEADER + rows(0, MANY))
    followed = Followed(file)
    followed.run()
    file.write_text(HEADER + rows(0, 3))
    assert len(followed.run().steps) == 3
    other = tmp_path / "other.csv"
    other.write_text(HEADER + rows(100, 104))
    other.replace(file)
    assert followed.run().steps.tolist() == [100, 101, 102, 103]


def test_a_file_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    followed = Followed(file)
    assert isinstance(followed.poll(), InputError)
    assert followed.poll() is None
    file.touch()
    assert isinstance(followed.poll(), InputError)
    file.write_text(json.dumps({"step": 3, "loss": 2.0}) + "\n")
    assert followed.run().steps.tolist() == [3]
    file.unlink()
    assert isinstance(followed.poll(), InputError)


def test_of_a_folder_the_run_in_it_is_followed(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    assert isinstance(followed.poll(), InputError)
    version = tmp_path / "version_0"
    version.mkdir()
    (version / "metrics.csv").write_text(HEADER + rows(0, 4))
    assert len(followed.run().steps) == 4
    with (version / "metrics.csv").open("a") as stream:
        stream.write(rows(4, 9))
    assert len(followed.run().steps) == 9


def test_what_cannot_be_read_piece_by_piece_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "trainer_state.json"

    def write(count: int) -> None:
        history = [{"step": step, "loss": 1.0, "grad_norm": 2.0} for step in range(count)]
        file.write_text(json.dumps({"global_step": count, "log_history": history}))

    write(2)
    followed = Followed(file)
    assert len(followed.run().steps) == 2
    write(30)
    assert len(followed.run().steps) == 30


def test_reading_takes_no_more_than_a_fifth_of_the_time(tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    file.write_text(HEADER + rows(0, 3))
    ticks = iter([0.0, 2.0, 3.0, 9.9, 10.0, 10.0])
    follower = Follower(str(file), lambda: next(ticks))
    assert follower.poll(None) is not None  # from 0 to 2: eight seconds of rest
    file.write_text(HEADER + rows(0, 9))
    assert follower.poll(None) is None  # at 3
    assert follower.poll(None) is None  # at 9.9
    assert follower.poll(None) is not None


@pytest.mark.parametrize("count", [20, MANY])
def test_standard_input_is_read_as_it_comes(count: int) -> None:
    reader, writer = os.pipe()
    piped = Piped(reader)
    assert piped.poll(0.0) is None
    os.write(writer, HEADER.encode())
    assert isinstance(piped.poll(1.0), InputError)
    found: Run | InputError | None = None
    for start in range(0, count, 1000):
        os.write(writer, rows(start, min(start + 1000, count)).encode())
        while not (isinstance(found, Run) and found.steps[-1] == min(start + 1000, count) - 1):
            found = piped.poll(1.0) or found
    os.close(writer)
    while not piped.ended:
        piped.poll(1.0)
    os.close(reader)
    assert isinstance(found, Run)
    assert len(found.steps) == count
