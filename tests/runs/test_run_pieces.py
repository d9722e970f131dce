"""Readers are fed: by standard input, by a file that changes, by pieces of any size."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from gradtui import InputError, find_runs, read_run
from support.run_samples import FILES, reading

# ------------------------------------------------------------------ standard input


@pytest.mark.parametrize("name", ["csv", "titan", "recording", "torch_scalars", "offline.wandb"])
def test_standard_input(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from_file = reading(FILES[name], tmp_path)

    class Trickle(io.RawIOBase):
        """A pipe that has a few bytes at a time."""

        def __init__(self) -> None:
            self.rest = FILES[name]

        def read(self, size: int = -1) -> bytes:
            piece, self.rest = self.rest[: min(size, 7)], self.rest[min(size, 7) :]
            return piece

    class Standard:
        buffer = Trickle()

    monkeypatch.setattr(sys, "stdin", Standard())
    run = read_run("-")
    assert run.source == from_file.source
    np.testing.assert_array_equal(run.loss, from_file.loss)
    np.testing.assert_array_equal(run.log10_gradients, from_file.log10_gradients)


def test_what_is_only_read_as_a_file_is_refused_from_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Standard:
        buffer = io.BytesIO(FILES["trackio.db"])

    monkeypatch.setattr(sys, "stdin", Standard())
    with pytest.raises(InputError, match="name the file itself"):
        read_run("-")


# ------------------------------------------------------------------ pieces of any size


@pytest.mark.parametrize("name", sorted(set(FILES) - {"trackio.db"}))
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_reader_may_be_fed_in_pieces_of_any_size(name: str, size: int, tmp_path: Path) -> None:
    from gradtui.runs.assembly import run_of
    from gradtui.runs.formats import FORMATS
    from gradtui.runs.formats.format import Head
    from gradtui.runs.sheet import Sheet

    whole = reading(FILES[name], tmp_path)
    form = next(one for one in FORMATS if not one.folder and one.knows(Head(FILES[name])))
    assert form.stream is not None
    sheet = Sheet()
    stream = form.stream(sheet)
    for at in range(0, len(FILES[name]), size):
        stream.feed(FILES[name][at : at + size])
    stream.end()
    run = run_of(sheet, "")
    np.testing.assert_array_equal(run.steps, whole.steps)
    np.testing.assert_array_equal(run.loss, whole.loss)
    np.testing.assert_array_equal(run.log10_gradients, whole.log10_gradients)
    assert run.notes == whole.notes


@pytest.mark.parametrize("name", sorted(set(FILES) - {"trackio.db", "trainer_state.json"}))
def test_a_run_may_be_made_at_any_time_while_more_is_read(name: str, tmp_path: Path) -> None:
    from gradtui.runs.assembly import run_of
    from gradtui.runs.formats.format import Head
    from gradtui.runs.reading import format_of
    from gradtui.runs.sheet import Sheet

    content = FILES[name]
    whole = reading(content, tmp_path)
    stream_of = format_of(Head(content), name).stream
    assert stream_of is not None
    sheet = Sheet()
    sheet.source = whole.source
    stream = stream_of(sheet)
    steps = 0
    for at in range(0, len(content), len(content) // 10):
        stream.feed(content[at : at + len(content) // 10])
        try:
            run = run_of(sheet, name)
        except InputError:
            assert not steps
            continue
        assert len(run.steps) >= steps
        steps = len(run.steps)
    stream.end()
    run = run_of(sheet, name)
    np.testing.assert_array_equal(run.steps, whole.steps)
    np.testing.assert_array_equal(run.loss, whole.loss)
    np.testing.assert_array_equal(run.log10_gradients, whole.log10_gradients)
    assert run.notes == whole.notes


def test_an_empty_folder_and_one_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder with a run"):
        read_run(tmp_path)
    (tmp_path / "notes.txt").write_text("nothing of use")
    assert find_runs(tmp_path) == []
    with pytest.raises(InputError, match="name one that is there"):
        find_runs(tmp_path / "nowhere")
