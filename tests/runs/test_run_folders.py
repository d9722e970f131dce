"""The runs in a folder: found by content, within bounds, and no link is followed out of it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from gradtui import InputError, find_runs, read_run
from support import run_samples as samples

FIXTURES = Path(__file__).parent / "fixtures"


def found(folder: Path) -> list[tuple[str, str]]:
    return [(one.path.relative_to(folder).as_posix(), one.format.name) for one in find_runs(folder)]


def test_the_one_run_of_a_folder_is_read(tmp_path: Path) -> None:
    version = tmp_path / "lightning_logs" / "version_0"
    version.mkdir(parents=True)
    shutil.copy(FIXTURES / "lightning.csv", version / "metrics.csv")
    (version / "hparams.yaml").write_text("lr: 0.1\nloss: mse\n")
    (version / "epoch=1.ckpt").write_bytes(b"PK\x03\x04")
    assert found(tmp_path) == [("lightning_logs/version_0/metrics.csv", "Lightning CSV")]
    assert read_run(tmp_path).source == "Lightning CSV"
    assert read_run(version).source == "Lightning CSV"


def test_a_folder_in_the_home_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "runs").mkdir()
    shutil.copy(FIXTURES / "lightning.csv", tmp_path / "runs")
    for name in ("~/runs", "~/runs/", "~/runs/lightning.csv"):
        assert read_run(name).source == "Lightning CSV"


def test_several_are_listed_in_natural_order(tmp_path: Path) -> None:
    for number in (0, 2, 10):
        version = tmp_path / f"version_{number}"
        version.mkdir()
        shutil.copy(FIXTURES / "lightning.csv", version / "metrics.csv")
    assert [path for path, _ in found(tmp_path)] == [
        f"version_{number}/metrics.csv" for number in (0, 2, 10)
    ]
    with pytest.raises(InputError, match=r"one run: there are version_0/metrics\.csv, version_2"):
        read_run(tmp_path)


def test_what_a_file_is_called_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_bytes((FIXTURES / "torch_scalars").read_bytes())
    (tmp_path / "events.out.tfevents.1").write_text(samples.CSV)
    assert found(tmp_path) == [
        ("events.out.tfevents.1", "CSV"),
        ("metrics.csv", "TensorBoard events"),
    ]


def test_event_files_of_one_folder_are_one_run(tmp_path: Path) -> None:
    shutil.copy(FIXTURES / "torch_scalars", tmp_path / "events.out.tfevents.1.host")
    shutil.copy(FIXTURES / "tensorboardx_scalars", tmp_path / "events.out.tfevents.2.host")
    (tmp_path / "log.txt").write_text(samples.LLM_C)
    assert found(tmp_path) == [(".", "TensorBoard events"), ("log.txt", "console log")]
    (tmp_path / "log.txt").unlink()
    run = read_run(tmp_path)
    assert run.names == read_run(FIXTURES / "tensorboardx_scalars").names
    assert len(run.steps) == 12


def test_of_checkpoints_the_last_has_the_history_of_all(tmp_path: Path) -> None:
    for number in (500, 1000, 90):
        checkpoint = tmp_path / "out" / f"checkpoint-{number}"
        checkpoint.mkdir(parents=True)
        shutil.copy(FIXTURES / "trainer_state.json", checkpoint)
    assert [path for path, _ in found(tmp_path)] == ["out/checkpoint-1000/trainer_state.json"]
    # What the trainer writes at the end counts before them.
    shutil.copy(FIXTURES / "trainer_state.json", tmp_path / "out")
    assert [path for path, _ in found(tmp_path)] == ["out/trainer_state.json"]


def test_mlflow_is_one_run_and_not_its_files(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "mlflow", tmp_path / "mlruns" / "0" / "abc")
    assert found(tmp_path) == [("mlruns/0/abc", "MLflow")]


def test_links_pipes_and_hidden_folders_are_passed_over(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "run.csv").write_text(samples.CSV)
    (inside / "link").symlink_to(outside)
    (inside / "file").symlink_to(outside / "run.csv")
    (inside / "round").symlink_to(inside)
    os.mkfifo(inside / "pipe")
    (inside / ".git").mkdir()
    (inside / ".git" / "run.csv").write_text(samples.CSV)
    assert found(inside) == []
    shutil.copytree(FIXTURES / "mlflow", inside / "ml")
    metrics = inside / "ml" / "metrics"
    (metrics / "train_loss").unlink()
    (metrics / "train_loss").symlink_to("/etc/passwd")
    assert not read_run(inside / "ml").recorded["loss"].any()


def test_a_program_and_a_page_are_no_runs(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        "loss = 1.0\nfor step in range(10):\n    print(f'step {step} loss {loss}')\n" * 40
    )
    (tmp_path / "README.md").write_text("| run | loss 1.6e24 |\n\nAt step 10 the loss is 3.5.\n")
    (tmp_path / "config.json").write_text('{"lr": 0.1, "step": 1, "layers": [1, 2, 3]}')
    (tmp_path / "config.yaml").write_text("step: 10\nloss: 0.5\n")
    (tmp_path / "data.csv").write_text("step,height,weight\n0,1,2\n")
    assert found(tmp_path) == []


def test_a_walk_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradtui.runs import folders

    deep = tmp_path
    for number in range(20):
        deep /= str(number)
        deep.mkdir()
    (deep / "run.csv").write_text(samples.CSV)
    assert found(tmp_path) == []
    monkeypatch.setattr(folders, "_MOST_ENTRIES", 3)
    for number in range(9):
        (tmp_path / f"run{number}").write_text(samples.CSV)
    assert 0 < len(found(tmp_path)) <= 3


def test_ranks_are_put_together_by_their_squares(tmp_path: Path) -> None:
    for rank, norms in enumerate(([3.0, "nan"], [4.0, 1.0])):
        head = {"gradtui": 1, "names": ["a", "b"], "rank": rank, "ranks": 2}
        lines = [head] + [
            {"step": step, "loss": 1.5, "total_norm": norms[0], "grad": norms, "weight": [1, 0]}
            for step in range(3 + rank)
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / f"run.rank{rank}.jsonl").write_text(text)
    assert found(tmp_path) == [(".", "gradtui's recording")]
    run = read_run(tmp_path)
    np.testing.assert_allclose(10 ** run.log10_gradients[:, 0], 5.0)
    assert np.isposinf(run.log10_gradients[:, 1]).all()
    assert run.log10_weights is not None
    np.testing.assert_allclose(run.log10_weights[:, 0], np.log10(2.0) / 2)
    assert np.isneginf(run.log10_weights[:, 1]).all()
    assert run.total_norm.tolist() == [5.0] * 3
    assert run.steps.tolist() == [0, 1, 2]
    assert len(run.notes) == 1
    alone = read_run(tmp_path / "run.rank1.jsonl")
    assert "These are the norms of rank 1 of 2 only, of its shard." in alone.notes
