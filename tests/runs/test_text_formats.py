"""Text: tables, JSON Lines, what scripts print, gradtui's own recording."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gradtui import InputError
from support import run_samples as samples
from support.run_samples import reading


@pytest.mark.parametrize("name", ["csv", "tsv", "semicolons"])
def test_tables(name: str, tmp_path: Path) -> None:
    run = reading(samples.ALL[name], tmp_path)
    assert run.source == "CSV"
    assert run.steps.tolist() == list(range(12))
    assert run.loss.tolist() == [2.5 - at / 8 for at in range(12)]
    assert run.total_norm.tolist() == [1.5 * at + 0.25 for at in range(12)]
    assert run.names == ("h.0", "h.1")
    np.testing.assert_allclose(run.log10_gradients[:, 0], -np.arange(12.0), atol=1e-14)
    assert np.isneginf(run.log10_gradients[0, 1])


def test_columns_that_blanks_separate(tmp_path: Path) -> None:
    run = reading("# step  loss\n 0   2.5\n 10  nan\n", tmp_path)
    assert run.steps.tolist() == [0, 10]
    np.testing.assert_array_equal(run.loss, [2.5, np.nan])


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-inf", "Infinity", "-Infinity", "1e999"])
def test_what_is_not_finite_was_recorded(cell: str, tmp_path: Path) -> None:
    run = reading(f"step,loss,grad_norm/a\n0,1.5,1.0\n1,{cell},{cell}\n", tmp_path)
    assert run.not_finite("loss").tolist() == [False, True]
    if not cell.startswith("-"):
        assert run.log10_gradients.tolist() == [[0.0], [np.inf]]


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "None", "null"])
def test_what_is_empty_was_not_recorded(cell: str, tmp_path: Path) -> None:
    run = reading(f"step,loss,grad_norm/a\n0,1.5,1.0\n1,{cell},2.0\n2,1.0,{cell}\n", tmp_path)
    assert run.recorded["loss"].tolist() == [True, False, True]
    assert not run.not_finite("loss").any()
    assert np.isnan(run.loss[1])
    assert np.isnan(run.log10_gradients[2, 0])


def test_cells_that_are_no_numbers_are_said(tmp_path: Path) -> None:
    run = reading("step,loss\n0,1.5\n1,oops\n2,1.25\n", tmp_path)
    assert run.recorded["loss"].tolist() == [True, True]
    assert run.steps.tolist() == [0, 2]
    assert "Left out of loss as no numbers: 1 value." in run.notes


def test_a_head_that_comes_again_names_what_follows(tmp_path: Path) -> None:
    again = "epoch,grad_norm,loss\n"
    text = f"epoch,loss\n0,2.5\n1,2.0\n{again}2,0.5,1.5\n{again}3,0.25,1.0\n"
    run = reading(text, tmp_path)
    assert run.loss.tolist() == [2.5, 2.0, 1.5, 1.0]
    np.testing.assert_array_equal(run.total_norm, [np.nan, np.nan, 0.5, 0.25])


def test_what_wandb_exports_names_the_run_first(tmp_path: Path) -> None:
    head = '"Step","bright-sun-7 - train/loss","bright-sun-7 - train/loss__MIN"'
    run = reading(f'{head}\n"0","2.5","2.4"\n"1","2.0","1.9"\n', tmp_path)
    assert run.loss.tolist() == [2.5, 2.0]
    assert list(run.losses) == ["bright-sun-7 - train/loss"]


def test_json_lines(tmp_path: Path) -> None:
    run = reading(samples.JSON_LINES, tmp_path)
    assert run.source == "JSON Lines"
    assert run.steps.tolist() == list(range(12))
    assert run.names == ("h.0", "h.1")
    assert run.loss[3] == 2.5 - 3 / 8
    np.testing.assert_allclose(run.log10_gradients[:, 0], np.log10(1.5))
    assert np.isneginf(run.log10_gradients[0, 1])


def test_json_of_rows_and_of_columns(tmp_path: Path) -> None:
    rows = reading('[{"step": 0, "loss": 1.5}, {"step": 4, "loss": NaN}]', tmp_path)
    assert (rows.source, rows.steps.tolist()) == ("JSON", [0, 4])
    columns = reading('{"loss": [1.5, 1.25], "val_loss": [3.0, 2.0], "lr": [0.1, 0.2]}', tmp_path)
    assert columns.loss.tolist() == [1.5, 1.25]
    assert columns.learning_rate is not None
    assert columns.learning_rate.tolist() == [0.1, 0.2]


LOGS = {
    "llm_c": (range(12), lambda at: 11 - at / 8, lambda at: 15.5 - at, 0.006),
    "nano_gpt": (range(12), lambda at: 4 - at / 8, None, 6e-5),
    "titan": (range(1, 12), lambda at: 8 - at / 8, lambda at: 1 + at / 4, 6e-5),
    "megatron": (
        range(1, 12),
        lambda at: 10 - at / 8,
        lambda at: at + 0.5 if at != 7 else np.nan,
        1e-6,
    ),
    "fairseq": (range(1, 12), lambda at: 10 - at / 8, lambda at: at + 0.25, 6e-4),
    "trainer": (range(12), lambda at: 2.5 - at / 8, lambda at: at + 0.5 if at != 7 else np.nan, 0),
    "trainer_strings": (range(12), lambda at: 2.5 - at / 8, lambda at: at + 0.5, 0),
}


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_scripts_print(name: str, ends: str, tmp_path: Path) -> None:
    steps, loss, norm, about = LOGS[name]
    run = reading(samples.ALL[name].replace("\n", ends), tmp_path)
    assert run.source == "console log"
    assert run.steps.tolist() == list(steps)
    np.testing.assert_allclose(run.loss, [loss(at) for at in steps], rtol=0, atol=about)
    if norm is not None:
        np.testing.assert_allclose(run.total_norm, [norm(at) for at in steps], rtol=0, atol=about)
    assert run.names == ()


def test_what_megatron_and_fairseq_tell_beside_them(tmp_path: Path) -> None:
    run = reading(samples.MEGATRON, tmp_path)
    assert run.skipped is not None
    assert run.skipped.tolist() == [float(at == 7) for at in range(1, 12)]
    assert run.loss_scale is not None
    assert set(run.loss_scale.tolist()) == {1.0}
    assert run.learning_rate is not None
    np.testing.assert_allclose(run.learning_rate, np.arange(1, 12) / 1e5)
    run = reading(samples.FAIRSEQ, tmp_path)
    assert run.clipped is not None
    assert set(run.clipped.tolist()) == {100.0}
    assert run.clip is None


def test_steps_that_a_loss_scaler_skips(tmp_path: Path) -> None:
    run = reading(
        "step=5 loss=3.5 grad_norm=2\n"
        "[INFO] [deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, reducing "
        "to 32768\n"
        "Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 8192.0\n"
        "step=6 loss=3.25 grad_norm=2\nstep=7 loss=3.0 grad_norm=2\n",
        tmp_path,
    )
    np.testing.assert_array_equal(run.skipped, [np.nan, 2.0, np.nan])
    np.testing.assert_array_equal(run.loss_scale, [np.nan, 8192.0, np.nan])
    assert run.loss.tolist() == [3.5, 3.25, 3.0]


def test_steps_are_not_taken_from_other_counts(tmp_path: Path) -> None:
    text = "".join(
        f"iteration {at}/100 | params norm: 7.5 | tokens per step: 4096 | max steps: 100 | "
        f"lm loss: {at}.5 | batch: 32\n"
        for at in range(1, 5)
    )
    run = reading(text, tmp_path)
    assert run.steps.tolist() == [1, 2, 3, 4]
    assert run.loss.tolist() == [1.5, 2.5, 3.5, 4.5]
    assert not run.recorded["total_norm"].any()


def test_several_lines_of_an_epoch_are_counted(tmp_path: Path) -> None:
    text = "".join(
        f"Train Epoch: {epoch} [{at * 640}/60000 ({at}%)]\tLoss: {epoch}.{at}00000\n"
        for epoch in (1, 2)
        for at in range(4)
    )
    run = reading(text, tmp_path)
    assert run.steps.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert run.loss.tolist() == [1.0, 1.1, 1.2, 1.3, 2.0, 2.1, 2.2, 2.3]
    assert run.notes == ("No step is recorded: rows are counted.",)


def test_fairseqs_plain_lines(tmp_path: Path) -> None:
    text = "".join(
        f"2020-10-10 00:00:00 | INFO | train_inner | epoch 001:  {at} / 1000 loss={at}.5, "
        f"ppl=12.1, wps=1234.5, ups=1.5, wpb=3000, bsz=64, num_updates={at}, lr=3.6e-05, "
        f"gnorm={at}.25, clip=100, loss_scale=128, train_wall=10, wall=20\n"
        for at in range(5, 9)
    )
    run = reading(text, tmp_path)
    assert run.steps.tolist() == [5, 6, 7, 8]
    assert run.loss.tolist() == [5.5, 6.5, 7.5, 8.5]
    assert run.total_norm.tolist() == [5.25, 6.25, 7.25, 8.25]


def test_a_line_that_is_almost_like_the_one_before_it(tmp_path: Path) -> None:
    text = (
        "step 1 loss 2.5 norm 1.5 in 10 ms\nstep  2 loss  2.25 norm 0.5 in 9 ms\n"
        "step 3 loss 2.0 norm 1.0 lr 0.5 in 9 ms\nstep 4 loss nan norm inf in 9 ms\n"
        "step 5 loss 1.5 norm 1.0 in 9 ms, overflow: False\nstep 6 loss -1e-3 norm 2 in 9 ms\n"
    )
    run = reading(text, tmp_path)
    assert run.steps.tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(run.loss, [2.5, 2.25, 2.0, np.nan, 1.5, -1e-3])
    np.testing.assert_array_equal(run.total_norm, [1.5, 0.5, 1.0, np.inf, 1.0, 2.0])
    assert run.recorded["learning_rate"].tolist() == [False, False, True, False, False, False]


def test_tables_of_gradients_that_are_printed(tmp_path: Path) -> None:
    text = "".join(
        f"step {at}\nh.0.weight: grad norm {0.5 + at}\n"
        f"h.2.bias grad: 1e-{at}\nh.10.weight | {at}.5\n"
        for at in range(3)
    )
    run = reading(text, tmp_path)
    assert run.names == ("h.0.weight", "h.2.bias", "h.10.weight")
    np.testing.assert_allclose(10 ** run.log10_gradients[:, 0], [0.5, 1.5, 2.5])
    np.testing.assert_allclose(run.log10_gradients[:, 1], [0, -1, -2], atol=1e-15)
    np.testing.assert_allclose(10 ** run.log10_gradients[:, 2], [0.5, 1.5, 2.5])


def test_a_gradient_of_a_numbered_layer_is_not_the_networks(tmp_path: Path) -> None:
    text = "".join(
        f"step {at}\nLayer 0: grad norm 1e-{at}\nlayer 10: gradient norm 0.5\nlayer 2 grad 0.25\n"
        for at in range(3)
    )
    run = reading(text, tmp_path)
    assert run.names == ("Layer.0", "layer.2", "layer.10")
    np.testing.assert_allclose(run.log10_gradients[:, 0], [0, -1, -2], atol=1e-15)
    assert not run.recorded["total_norm"].any()


def test_a_name_and_a_number_are_taken_for_a_gradient_and_that_is_said(tmp_path: Path) -> None:
    text = "h.0.weight 1e-8\nh.1.weight 0.5\nh.0.weight 1e-9\nh.1.weight 0.25\n"
    run = reading(text, tmp_path)
    np.testing.assert_allclose(run.log10_gradients[:, 0], [-8, -9])
    said = "Lines with a parameter's name and a number are taken for its gradient's norm."
    assert said in run.notes
    assert said not in reading(samples.LLM_C, tmp_path).notes


def test_commas_between_thousands(tmp_path: Path) -> None:
    run = reading(
        "step 998 loss 2.5 tps 1,234\nstep 999 loss 1,234.5 tps 999\n"
        "step 1,000 loss 2.0 tps 1,234\nstep 1,001 loss 0,25 tps 1\n",
        tmp_path,
    )
    assert run.steps.tolist() == [998, 999, 1000]
    assert run.loss.tolist() == [2.5, 1234.5, 2.0]
    table = reading('step,loss\n"1,000",2.5\n"1,001","1,234.5"\n', tmp_path)
    assert table.steps.tolist() == [1000, 1001]
    assert table.loss.tolist() == [2.5, 1234.5]


def test_tensors_as_pytorch_prints_them(tmp_path: Path) -> None:
    run = reading(
        "Iteration: 5, Loss: tensor(2.5, device='cuda:0', grad_fn=<MeanBackward0>), "
        "Grad norm: tensor(1.5)\n"
        "Iteration: 6, Loss: tensor(nan, device='cuda:0', grad_fn=<MeanBackward0>), "
        "Grad norm: tensor(inf)\n",
        tmp_path,
    )
    assert run.steps.tolist() == [5, 6]
    np.testing.assert_array_equal(run.loss, [2.5, np.nan])
    np.testing.assert_array_equal(run.total_norm, [1.5, np.inf])


def test_evaluations_do_not_pass_for_training(tmp_path: Path) -> None:
    run = reading(
        "step 0: train loss 4.5, val loss 9.5\n"
        "iter 0: loss 4.25, time 1ms\n"
        "eval step 3: eval loss 8.5\n",
        tmp_path,
    )
    assert run.steps.tolist() == [0]
    assert run.loss.tolist() == [4.25]


def test_progress_bars_of_keras(tmp_path: Path) -> None:
    text = "".join(
        f"Epoch {at}/3\n"
        f"\r 50/100 ━━━━ 1s 10ms/step - accuracy: 0.1 - loss: 9.5"
        f"\r100/100 ━━━━ 1s 10ms/step - accuracy: 0.1 - loss: {3.5 - at} - val_loss: 9.0\n"
        for at in (1, 2, 3)
    )
    run = reading(text, tmp_path)
    assert run.steps.tolist() == [1, 2, 3]
    assert run.loss.tolist() == [2.5, 1.5, 0.5]


def test_steps_within_epochs_are_carried_on(tmp_path: Path) -> None:
    text = "".join(
        f"Epoch [{epoch}/3], Step [{step}/200], Loss: {epoch + step / 1000}\n"
        for epoch in (1, 2, 3)
        for step in (100, 200)
    )
    run = reading(text, tmp_path)
    assert run.steps.tolist() == [100, 200, 201, 301, 302, 402]
    assert run.loss.tolist() == [1.1, 1.2, 2.1, 2.2, 3.1, 3.2]
    assert "Steps begin anew in each epoch: they are carried on." in run.notes


def test_gradtuis_own_recording(tmp_path: Path) -> None:
    run = reading(samples.RECORDING, tmp_path)
    assert run.source == "gradtui's recording"
    assert (run.names, run.order) == (("b.weight", "a.weight"), "recorded")
    assert run.steps.tolist() == list(range(12))
    np.testing.assert_allclose(run.log10_gradients[:, 0], -np.arange(12.0), atol=1e-14)
    assert np.isneginf(run.log10_gradients[:9, 1]).all()
    assert np.isposinf(run.log10_gradients[9, 1])
    assert run.log10_weights is not None
    np.testing.assert_allclose(run.log10_weights[0], np.log10([4.0, 2.0]))
    assert run.log10_updates is not None
    assert np.isnan(run.log10_updates[:, 1]).all()
    assert run.not_finite("loss").tolist() == [at == 9 for at in range(12)]
    assert run.clip is not None
    assert run.clip.tolist() == [1.0] * 12
    assert run.shares["swallowed"][0].tolist() == [0.75, 0.0]
    assert run.shares["lost_f16"][0].tolist() == [0.25, 0.0]
    assert run.shares["not_finite"][9].tolist() == [0.0, 0.5]
    assert run.units["dead"]["act.1"].tolist() == [0.5] * 12


def test_a_step_of_a_recording_may_tell_less(tmp_path: Path) -> None:
    run = reading(
        '{"gradtui": 1, "names": ["a", "b"]}\n'
        '{"step": 0, "dead": {"act": 0.5}}\n'
        '{"step": 1, "grad": [1.0, 2.0]}\n'
        '{"step": 2, "swallowed": [0.25, null]}\n'
        '{"step": 3, "grad": [1.0]}\n'
        '{"step": 4, "grad": "none", "loss": 2.5}\n'
        '{"step": 5, "dead": [1], "later": {"x": [1]}, "loss": 2.0}\n',
        tmp_path,
    )
    assert run.steps.tolist() == [0, 1, 2, 4, 5]
    assert run.units["dead"]["act"][0] == 0.5
    assert run.shares["swallowed"][2, 0] == 0.25
    assert np.isnan(run.shares["swallowed"][2, 1])
    assert np.isnan(run.log10_gradients).all(axis=1).tolist() == [True, False, True, True, True]
    assert "Left out as longer or shorter than the names: 2 lists." in run.notes


def test_a_recording_of_a_later_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="version 1; update gradtui"):
        reading(samples.RECORDING.replace('"gradtui": 1', '"gradtui": 2'), tmp_path)


def test_thousands_of_layers(tmp_path: Path) -> None:
    names = [f"transformer.blocks.{at}.attention.weight" for at in range(3_000)]
    head = ",".join(["step", *(f"grad_norm/{name}" for name in names)])
    cells = ",".join(["1.5"] * len(names))
    table = f"{head}\n0,{cells}\n1,{cells}\n"
    rows = "".join(
        json.dumps({"step": at} | {f"grad_norm/{name}": 1.5 for name in names}) + "\n"
        for at in range(2)
    )
    own = json.dumps({"gradtui": 1, "names": names}) + "\n"
    own += "".join(json.dumps({"step": at, "grad": [1.5] * len(names)}) + "\n" for at in range(2))
    for text, source in ((table, "CSV"), (rows, "JSON Lines"), (own, "gradtui's recording")):
        run = reading(text, tmp_path)
        assert run.source == source
        assert run.names == tuple(names)
        np.testing.assert_allclose(run.log10_gradients, np.log10(1.5))
