"""The callbacks for Lightning and Transformers, against what the libraries themselves find."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui import lightning_recorder, read_run, transformers_recorder

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
pytest.importorskip("transformers", reason="not installed: pip install transformers")
nn = torch.nn

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the frameworks are their own


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def norms(model: Any) -> list[float]:
    return [float(np.linalg.norm(one.grad.double().numpy())) for one in model.parameters()]


def log10(values: Any) -> Any:
    return np.log10(np.array(values))


def network() -> Any:
    return nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1))


# ----- Lightning


def lightning_module() -> Any:
    lightning = pytest.importorskip(
        "lightning", reason="Lightning is not installed: pip install lightning"
    )

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = network()
            self.found: list[list[float]] = []
            self.losses: list[float] = []

        def training_step(self, batch: Any) -> Any:
            loss = self.network(batch[0]).square().mean()
            self.losses.append(loss.item())
            return loss

        def on_before_optimizer_step(self, optimizer: Any) -> None:
            self.found.append(norms(self))

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), lr=1e-3)

    return Module()


def fit(module: Any, callback: Any, **arguments: Any) -> None:
    import lightning

    data = torch.utils.data.TensorDataset(torch.randn(96, 8))
    trainer = lightning.Trainer(
        max_epochs=1,
        callbacks=[callback],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **arguments,
    )
    trainer.fit(module, torch.utils.data.DataLoader(data, batch_size=8))


def test_lightning_is_recorded_before_clipping_where_gradients_are_accumulated(
    tmp_path: Path,
) -> None:
    module = lightning_module()
    callback = lightning_recorder(tmp_path / "run", units=True)
    fit(module, callback, accumulate_grad_batches=3, gradient_clip_val=1e-3)
    run = read_run(tmp_path / "run")
    assert run.names[0] == "network.0.weight"
    assert run.steps.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(run.log10_gradients, log10(module.found), atol=1e-8)
    np.testing.assert_allclose(run.loss, np.mean(np.reshape(module.losses, (4, 3)), axis=1), 1e-6)
    assert run.clip is not None
    assert run.clip.tolist() == [1e-3] * 4
    assert run.log10_updates is not None
    assert np.isfinite(run.log10_updates).all()
    assert list(run.units["dead"]) == ["network.1"]


def test_lightnings_loss_scaler_is_taken_into_account(tmp_path: Path) -> None:
    module = lightning_module()
    from lightning.pytorch.plugins import MixedPrecision

    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    plugin = MixedPrecision("16-mixed", "cpu", scaler=scaler)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit(module, lightning_recorder(tmp_path / "run", every=5), plugins=plugin)
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == [0, 5, 10]
    # Lightning has unscaled them by then
    np.testing.assert_allclose(run.log10_gradients, log10(module.found)[::5], atol=1e-8)
    np.testing.assert_allclose(run.loss, module.losses[::5], rtol=1e-3)
    assert run.loss_scale is not None
    assert run.loss_scale.tolist() == [1024.0] * 3
    assert run.skipped is not None
    assert run.skipped.tolist() == [0, 0, 0]


# ----- Transformers


class Regression(nn.Module):
    def __init__(self, *, gives_loss: bool = True) -> None:
        super().__init__()
        self.network = network()
        self.gives_loss = gives_loss

    def forward(self, inputs: Any, labels: Any = None) -> Any:
        outputs = self.network(inputs)
        if not self.gives_loss:
            return {"logits": outputs}
        return {"loss": nn.functional.mse_loss(outputs, labels), "logits": outputs}


def trained(callback: Any, model: Any, folder: Path, **arguments: Any) -> list[dict[str, float]]:
    """What Trainer itself logs of each step: its norm is the one before clipping."""
    transformers = pytest.importorskip(
        "transformers", reason="Transformers is not installed: pip install transformers accelerate"
    )
    pytest.importorskip("accelerate", reason="accelerate is not installed: pip install accelerate")
    given = {"compute_loss_func": arguments.pop("compute_loss_func", None)}
    inputs = torch.randn(96, 8)
    data = [{"inputs": x, "labels": x[:1] * 3.0} for x in inputs]
    settings = transformers.TrainingArguments(
        str(folder),
        per_device_train_batch_size=8,
        num_train_epochs=1,
        learning_rate=1e-3,
        logging_steps=1,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        **arguments,
    )
    trainer = transformers.Trainer(
        model, settings, train_dataset=data, callbacks=[callback], **given
    )
    trainer.train()
    return [row for row in trainer.state.log_history if "grad_norm" in row]


@pytest.mark.parametrize("accumulated", [1, 3])
def test_transformers_is_recorded_before_clipping(tmp_path: Path, accumulated: int) -> None:
    model = Regression()
    told = trained(
        transformers_recorder(tmp_path / "run"),
        model,
        tmp_path / "out",
        max_grad_norm=1e-2,
        gradient_accumulation_steps=accumulated,
    )
    run = read_run(tmp_path / "run")
    assert run.names[0] == "network.0.weight"
    assert run.steps.tolist() == list(range(12 // accumulated))
    np.testing.assert_allclose(run.total_norm, [row["grad_norm"] for row in told], rtol=1e-5)
    assert (run.total_norm > 0.1).all()
    np.testing.assert_allclose(run.loss, [float(row["loss"]) for row in told], rtol=1e-3)
    assert run.clip is not None
    assert run.clip.tolist() == [0.01] * len(told)
    assert run.log10_updates is not None
    assert np.isfinite(run.log10_updates).all()
    assert not model._forward_hooks


def test_of_a_loss_that_the_model_does_not_give_there_are_gradients(tmp_path: Path) -> None:
    def loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        return (outputs["logits"] - labels).square().mean()

    told = trained(
        transformers_recorder(tmp_path / "run", every=4),
        Regression(gives_loss=False),
        tmp_path / "out",
        compute_loss_func=loss,
    )
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == [0, 4, 8]
    np.testing.assert_allclose(run.total_norm, [row["grad_norm"] for row in told][::4], rtol=1e-5)
    assert np.isnan(run.loss).all()


def test_gradients_that_are_checkpointed_are_recorded_when_all_are_there(tmp_path: Path) -> None:
    """A reentrant checkpoint runs a backward within the backward."""

    class Checkpointed(Regression):
        def forward(self, inputs: Any, labels: Any) -> Any:
            middle = torch.utils.checkpoint.checkpoint(
                self.network[1:], self.network[0](inputs), use_reentrant=True
            )
            return {"loss": nn.functional.mse_loss(middle, labels)}

    import torch.utils.checkpoint

    told = trained(
        transformers_recorder(tmp_path / "run"),
        Checkpointed(),
        tmp_path / "out",
        max_grad_norm=1e-2,
    )
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == list(range(12))
    np.testing.assert_allclose(run.total_norm, [row["grad_norm"] for row in told], rtol=1e-5)
