"""A file that ends anywhere gives what is whole: rows that the whole file has too, or an error."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from gradtui import InputError, Run, read_run
from support import run_samples as samples
from support.run_samples import FILES, FIXTURES

TEXT = ("lightning.csv", "keras.csv", "trainer_state.json")
SERIES = ("loss", "total_norm", "learning_rate", "loss_scale", "skipped", "clip", "clipped")


def assert_within(part: Run, whole: Run) -> None:
    """All that is told of a part is told of the whole, step by step and layer by layer."""
    steps = {step: at for at, step in enumerate(whole.steps.tolist())}
    at = [steps[step] for step in part.steps.tolist()]
    for name in SERIES:
        mask = part.recorded[name]
        if mask.any():
            ours, theirs = getattr(part, name)[mask], getattr(whole, name)[at][mask]
            np.testing.assert_array_equal(ours, theirs, err_msg=name)
    columns = {name: place for place, name in enumerate(whole.names)}
    for name in ("log10_gradients", "log10_weights", "log10_updates"):
        ours = getattr(part, name)
        if ours is not None:
            theirs = getattr(whole, name)[np.ix_(at, [columns[one] for one in part.names])]
            told = ~np.isnan(ours)
            np.testing.assert_array_equal(ours[told], theirs[told], err_msg=name)


def check(name: str, lengths: range, tmp_path: Path) -> None:
    """Every one of these lengths of a content."""
    file = tmp_path / "run"
    file.write_bytes(FILES[name])
    whole = read_run(file)
    most = 0
    for length in lengths:
        file.write_bytes(FILES[name][:length])
        try:
            part = read_run(file)
        except InputError:
            # Once some rows are whole, more bytes never make it unreadable.
            assert not most, length
            continue
        assert_within(part, whole)
        if name != "trackio.db":
            assert len(part.steps) >= most
            most = len(part.steps)


@pytest.mark.parametrize("name", FILES)
def test_cut_at_some_bytes(name: str, tmp_path: Path) -> None:
    size = len(FILES[name])
    check(name, range(0, size, max(1, size // 300) | 1), tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize("name", FILES)
def test_cut_at_every_byte(name: str, tmp_path: Path) -> None:
    check(name, range(len(FILES[name])), tmp_path)


def test_mlflows_files_cut_at_every_byte(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(FIXTURES / "mlflow", folder)
    whole = read_run(folder)
    file = folder / "metrics" / "train_loss"
    content = file.read_bytes()
    for length in range(len(content)):
        file.write_bytes(content[:length])
        assert_within(read_run(folder), whole)


@pytest.mark.parametrize("name", [*TEXT, *samples.ALL])
def test_what_is_cut_off_is_said(name: str, tmp_path: Path) -> None:
    file = tmp_path / "run"
    content = FILES[name].rstrip()
    file.write_bytes(content[:-2])
    notes = " ".join(read_run(file).notes)
    assert "no end" in notes or "ends in the middle" in notes


@pytest.mark.parametrize("name", ["tensorboardx_scalars", "torch_scalars", "offline.wandb"])
def test_a_record_that_is_cut_off_is_said(name: str, tmp_path: Path) -> None:
    file = tmp_path / "run"
    file.write_bytes(FILES[name][:-3])
    assert "The last record is cut off, and left out." in read_run(file).notes
