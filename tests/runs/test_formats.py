"""Every number is as the library that wrote it was given it. `fixtures/make.py` wrote the files."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui import Run, read_run
from gradtui.runs import formats

FIXTURES = Path(__file__).parent / "fixtures"
TRUTH = json.loads((FIXTURES / "truth.json").read_text())
STEPS, NAMES = TRUTH["steps"], tuple(TRUTH["names"])
LOSS, TOTAL, RATE = (np.array(TRUTH[name]) for name in ("loss", "total", "rate"))
with np.errstate(divide="ignore"):
    LOG10 = np.log10(np.array(TRUTH["norms"]))
LOG10[np.isnan(LOG10)] = np.inf
EPOCHS = list(range(len(STEPS)))


def single(values: np.ndarray) -> np.ndarray:
    """As a float32 holds them."""
    return values.astype(np.float32).astype(float)


def same(run: Run, steps: list[int], *, total: bool = True, rounded: bool = False) -> None:
    """The run has these steps, and the loss and the total of the truth."""
    assert run.steps.tolist() == steps
    assert run.steps.dtype == np.int64
    kept = single if rounded else np.asarray
    np.testing.assert_array_equal(run.loss, kept(LOSS))
    assert run.recorded["loss"].all()
    if total:
        np.testing.assert_array_equal(run.total_norm, kept(TOTAL))
        assert run.not_finite("total_norm").tolist() == (~np.isfinite(TOTAL)).tolist()


def test_lightnings_rows_of_one_step_are_merged() -> None:
    run = read_run(FIXTURES / "lightning.csv")
    assert run.source == "Lightning CSV"
    same(run, STEPS)
    assert run.names == NAMES
    np.testing.assert_allclose(run.log10_gradients, LOG10, rtol=0, atol=1e-15)
    assert not run.notes


def test_keras_counts_in_epochs() -> None:
    run = read_run(FIXTURES / "keras.csv")
    assert run.source == "Keras CSV"
    same(run, EPOCHS)


def test_the_trainers_evaluations_and_its_summary_are_no_rows() -> None:
    run = read_run(FIXTURES / "trainer_state.json")
    assert run.source == "Transformers trainer_state.json"
    same(run, STEPS)
    np.testing.assert_array_equal(run.learning_rate, RATE)
    assert list(run.losses) == ["loss"]
    assert any("trust the norm" in note for note in run.notes)


@pytest.mark.parametrize("file", ["tensorboardx_scalars", "torch_scalars", "tensorflow2"])
def test_scalars_of_event_files_are_float32(file: str) -> None:
    run = read_run(FIXTURES / file)
    assert run.source == "TensorBoard events"
    same(run, STEPS, rounded=True)


def test_norms_by_layer_of_event_files() -> None:
    run = read_run(FIXTURES / "tensorboardx_scalars")
    assert run.names == NAMES
    np.testing.assert_array_equal(run.learning_rate, single(RATE))
    with np.errstate(divide="ignore"):
        wanted = np.log10(single(np.array(TRUTH["norms"])))
    wanted[np.isnan(wanted)] = np.inf
    np.testing.assert_allclose(run.log10_gradients, wanted, rtol=0, atol=1e-15)


def test_the_sum_of_squares_of_a_histogram_is_the_tensors_norm() -> None:
    run = read_run(FIXTURES / "tensorboardx_histograms")
    assert run.names == NAMES
    assert not run.approximate
    np.testing.assert_allclose(run.log10_gradients, LOG10[:4], rtol=0, atol=1e-7)
    assert run.log10_weights is not None
    # They were drawn ten times as large, in float32.
    np.testing.assert_allclose(run.log10_weights, LOG10[:4] + 1.0, rtol=0, atol=1e-6)


def test_bins_of_a_histogram_give_the_norm_about() -> None:
    run = read_run(FIXTURES / "tensorflow2")
    assert run.approximate
    assert run.names == NAMES
    np.testing.assert_allclose(run.log10_gradients[:4], LOG10[:4], rtol=0, atol=0.02)
    assert np.isnan(run.log10_gradients[4:]).all()


def test_what_wandb_drops_from_a_histogram_is_not_finite() -> None:
    run = read_run(FIXTURES / "offline.wandb")
    assert (run.source, run.approximate, run.names) == ("wandb", True, NAMES)
    np.testing.assert_array_equal(run.loss, LOSS[[9, 11]])
    np.testing.assert_array_equal(run.total_norm, TOTAL[[9, 11]])
    np.testing.assert_allclose(run.log10_gradients[0], LOG10[9], rtol=0, atol=0.02)
    # One element of the last was nan, and every one of the second: that one is not there at all.
    assert np.isfinite(run.log10_gradients[1, 0])
    assert np.isnan(run.log10_gradients[1, 1])
    assert np.isposinf(run.log10_gradients[1, 2])
    assert "wandb drops inf and nan: 1 of 6 norms by layer are missing." in run.notes


def test_mlflows_folder() -> None:
    run = read_run(FIXTURES / "mlflow")
    assert run.source == "MLflow"
    same(run, STEPS, total=False)
    assert run.names == NAMES
    np.testing.assert_allclose(run.log10_gradients, LOG10, rtol=0, atol=1e-15)
    assert not run.recorded["total_norm"].any()


def test_trackios_database_is_read_and_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    connect = sqlite3.connect

    def noted(name: str, **options: Any) -> sqlite3.Connection:
        opened.append(name.partition("?")[2])
        return connect(name, **options)

    monkeypatch.setattr(sqlite3, "connect", noted)
    file = tmp_path / "trackio.db"
    file.write_bytes((FIXTURES / "trackio.db").read_bytes())
    run = read_run(file)
    assert run.source == "trackio"
    same(run, STEPS)
    assert run.names == NAMES
    np.testing.assert_allclose(run.log10_gradients, LOG10, rtol=0, atol=1e-15)
    assert [one.name for one in tmp_path.iterdir()] == ["trackio.db"]
    assert opened == ["mode=ro&immutable=1"]


def test_a_new_format_is_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradtui import find_runs
    from gradtui.runs.formats.format import Format, Lines

    class Pairs(Lines):
        def take(self, lines: list[str]) -> None:
            for line in lines[1:]:
                step, loss = line.split("~")
                self.sheet.row({"loss": loss}, int(step))

    tildes = Format("tildes", lambda head: head.data.startswith(b"~~"), stream=Pairs)
    monkeypatch.setattr(formats, "FORMATS", (tildes, *formats.FORMATS))
    (tmp_path / "run").write_text("~~\n0~2.5\n1~2.25\n")
    assert read_run(tmp_path / "run").loss.tolist() == [2.5, 2.25]
    assert [one.format for one in find_runs(tmp_path)] == [tildes]
    assert read_run(tmp_path).source == "tildes"


def test_a_format_is_fed_or_reads_a_path() -> None:
    for one in formats.FORMATS:
        assert (one.stream is None) != (one.read is None), one.name


@pytest.mark.parametrize(
    ("theory", "told"),
    [
        ({"activation": "sigmoid", "log10_rate": -0.854, "log10_measured": -0.8}, True),
        ({"activation": "sigmoid\x1b[31m", "log10_rate": -0.854, "log10_measured": -0.8}, False),
        ({"activation": "sigmoid", "log10_rate": "much", "log10_measured": -0.8}, False),
        ({"activation": "sigmoid"}, False),
        ([], False),
    ],
)
def test_what_theory_says_of_a_probed_network_is_told(
    theory: object, told: bool, tmp_path: Path
) -> None:
    file = tmp_path / "probe.jsonl"
    head = {"gradtui": 1, "names": ["0.weight"], "theory": theory}
    file.write_text(json.dumps(head) + "\n" + '{"step": 0, "loss": 1, "grad": [1]}\n')
    said = "Theory for infinite width has ×0.14 a layer for sigmoid"
    notes = " ".join(read_run(file).notes)
    assert (said in notes and "measured ×0.16" in notes) == told
    assert "\x1b" not in notes
