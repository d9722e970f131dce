"""Runs by name: read once, again when their file is another, and named in folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradtui.errors import InputError
from gradtui.runs.naming import runs_named
from gradtui.runs.shelf import EXAMPLE, Shelf, stamp_of

ROWS = "step,loss\n0,2\n1,1\n"


def test_a_run_is_read_again_only_when_its_file_changed(tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    file.write_text(ROWS)
    shelf = Shelf()
    first = shelf.run(str(file))
    assert shelf.run(str(file)) is first
    assert shelf.known(str(file)) is first
    file.write_text(ROWS + "2,0.5\n")
    assert len(shelf.run(str(file)).steps) == 3


def test_what_could_not_be_read_is_read_once_it_can_be(tmp_path: Path) -> None:
    file, shelf = tmp_path / "metrics.csv", Shelf()
    for _ in range(2):
        with pytest.raises(InputError, match="No such file"):
            shelf.run(str(file))
    assert shelf.known(str(file)) is None
    file.write_text(ROWS)
    assert len(shelf.run(str(file)).steps) == 2


def test_whoever_follows_a_run_puts_another_in_its_place(tmp_path: Path) -> None:
    file, shelf = tmp_path / "metrics.csv", Shelf()
    file.write_text(ROWS)
    name = str(file)
    first, version = shelf.run(name), shelf.version(name)
    other = Shelf().run(name)
    shelf.put(name, other, stamp_of(name))
    assert shelf.run(name) is other is not first
    assert shelf.version(name) > version


def test_there_is_an_example() -> None:
    run = Shelf().run(EXAMPLE)
    assert len(run.steps) > 20
    assert len(run.names) > 3
    assert run.order == "recorded"


def test_a_folder_names_the_runs_in_it(tmp_path: Path) -> None:
    for version in range(3):
        folder = tmp_path / f"version_{version}"
        folder.mkdir()
        (folder / "metrics.csv").write_text("step,train_loss,grad_norm\n0,2,1\n")
    files = tuple(str(tmp_path / f"version_{version}/metrics.csv") for version in range(3))
    assert runs_named("runs", str(tmp_path), 6) == files
    assert runs_named("runs", str(tmp_path / "version_0"), 6) == (str(tmp_path / "version_0"),)
    with pytest.raises(InputError, match=r"at most 2 runs: there are 3, version_0/metrics\.csv"):
        runs_named("runs", str(tmp_path), 2)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.csv", "No such file"),
        ("empty", "a folder with a run"),
        ("blank.csv", "there is nothing in it"),
        ("weights.npz", "weights or an archive"),
        ("", "a file's name"),
    ],
)
def test_what_names_no_run_is_refused(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "blank.csv").touch()
    (tmp_path / "weights.npz").write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(InputError, match=said) as refused:
        runs_named("runs", str(tmp_path / name) if name else "", 6)
    assert refused.value.field in ("runs", "path")
