"""The Recorder against autograd, numpy in float64 and counts one by one, and its traps."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui import InputError, Recorder, Run, read_run

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
nn = torch.nn


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def network(*, dtype: Any = None) -> Any:
    return nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3)).to(dtype)


def sgd(model: Any, lr: float = 0.1) -> Any:
    return torch.optim.SGD(model.parameters(), lr=lr)


def backward(model: Any, factor: float = 1.0) -> Any:
    dtype = next(model.parameters()).dtype
    loss = factor * model(torch.randn(32, 8, dtype=dtype)).square().mean()
    loss.backward()
    return loss


def train(model: Any, optimizer: Any, recorder: Recorder, steps: int = 3) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        recorder.step(backward(model))
        optimizer.step()


def norm(tensor: Any) -> float:
    """In float64, by numpy."""
    return float(np.linalg.norm(tensor.detach().to(torch.float64).numpy()))


def log10(values: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.log10(values)


def gradients_of(model: Any) -> list[float]:
    return [norm(parameter.grad) for parameter in model.parameters()]


@pytest.fixture(params=[None, 7, "far"], ids=["as usual", "in tiny pieces", "as on a device"])
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradtui.runs.recorder import measures

    if request.param == "far":
        monkeypatch.setattr(measures, "near", lambda x: False)
    elif request.param:
        monkeypatch.setattr(measures, "_CACHED", request.param)


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_norms_are_those_of_autograd_and_of_what_the_step_added(tmp_path: Path, dtype: Any) -> None:
    model = network(dtype=dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    recorder = Recorder(tmp_path / "run", model, optimizer)
    expected: dict[str, list[list[float]]] = {"grad": [], "weight": [], "update": []}
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = backward(model)
        losses.append(loss.item())
        recorder.step(loss)
        before = [one.detach().double().clone() for one in model.parameters()]
        expected["grad"].append(gradients_of(model))
        optimizer.step()
        expected["weight"].append([norm(one) for one in before])
        pairs = zip(model.parameters(), before, strict=True)
        expected["update"].append([norm(one.detach().double() - was) for one, was in pairs])
    run = read_run(tmp_path / "run")
    assert run.names == ("0.weight", "0.bias", "2.weight", "2.bias")
    assert run.steps.tolist() == [0, 1, 2, 3]
    assert run.log10_weights is not None
    assert run.log10_updates is not None
    # Nine digits are written, and sums of squares may be float32's. Of float64 the update is the
    # difference of what is nearly alike.
    close = {"rtol": 0.0, "atol": 1e-8 if dtype is torch.float64 else 5e-8}
    np.testing.assert_allclose(run.log10_gradients, log10(expected["grad"]), **close)
    np.testing.assert_allclose(run.log10_weights, log10(expected["weight"]), **close)
    np.testing.assert_allclose(run.log10_updates, log10(expected["update"]), atol=1e-7)
    np.testing.assert_allclose(run.loss, losses, rtol=1e-8)
    whole = np.sqrt(np.square(expected["grad"]).sum(axis=1))
    np.testing.assert_allclose(run.total_norm, whole, rtol=1e-7)
    assert run.learning_rate is not None
    assert run.learning_rate.tolist() == [0.01] * 4


def test_a_norm_of_millions_has_not_lost_its_digits(tmp_path: Path) -> None:
    model = nn.Linear(1500, 2000, bias=False)
    recorder = Recorder(tmp_path / "run", model)
    model.weight.grad = torch.randn(2000, 1500) * 1e-3
    recorder.step()
    run = read_run(tmp_path / "run")
    assert run.total_norm[0] == pytest.approx(gradients_of(model)[0], rel=1e-7)


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("size", [1e-30, 1e-42, 1e-20, 1e-15, 1e17, 1e30])
def test_what_vanishes_or_explodes_in_float32_has_its_norm(tmp_path: Path, size: float) -> None:
    """Its square is 0 or inf in float32, and 30 sigmoid layers would look dead."""
    model = nn.Linear(30, 30, bias=False)
    recorder = Recorder(tmp_path / "run", model, sgd(model))
    model.weight.grad = torch.full((30, 30), size)
    recorder.step()
    model.weight.grad.zero_()
    recorder._optimizer.step()
    stored = float(np.float32(size))  # of 1e-42 a float32 has three digits
    found = read_run(tmp_path / "run").log10_gradients[0, 0]
    assert found == pytest.approx(math.log10(stored * 30), abs=1e-8)


# ----- shares, one by one


class Given(nn.Module):
    """Parameters whose gradient and update are as they are said to be."""

    def __init__(self, weight: Any) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.clone())


class Adds(torch.optim.Optimizer):
    """Sets the weights to what it is told."""

    def __init__(self, model: Any, after: Any) -> None:
        super().__init__(model.parameters(), {"lr": 1.0})
        self.after = after

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        self.param_groups[0]["params"][0].copy_(self.after)


def recorded(tmp_path: Path, weight: Any, after: Any, gradient: Any) -> Run:
    model = Given(weight)
    optimizer = Adds(model, after)
    recorder = Recorder(tmp_path / "run", model, optimizer)
    model.weight.grad = gradient
    recorder.step()
    optimizer.step()
    return read_run(tmp_path / "run")


SPECIAL = [0.0, -0.0, 2.0**-25, -(2.0**-25), math.nextafter(2.0**-25, 1.0), 2.0**-24, 1e-45]
SPECIAL += [math.nan, math.inf, -math.inf, 65504.0, 1e5, 3e38, -3e-8, 2.9e-8, 2.99e-8]


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_shares_of_a_gradient_are_counts_one_by_one(tmp_path: Path, dtype: Any) -> None:
    scales = 10.0 ** torch.linspace(-12, 2, 85, dtype=torch.float64)
    gradient = torch.cat([torch.tensor(SPECIAL, dtype=torch.float64), scales]).to(dtype)
    weight = torch.ones(len(gradient), dtype=dtype)
    run = recorded(tmp_path, weight, weight, gradient)
    numbers = gradient.double().tolist()
    not_finite = sum(not math.isfinite(one) for one in numbers)
    with np.errstate(over="ignore"):
        lost = sum(one != 0.0 and float(np.float16(one)) == 0.0 for one in numbers)
    # float16 has no room for what it would lose
    assert (lost > 10) == (dtype is not torch.float16)
    assert run.shares["not_finite"][0, 0] == pytest.approx(not_finite / len(numbers), rel=1e-8)
    assert run.shares["lost_f16"][0, 0] == pytest.approx(lost / len(numbers), rel=1e-8, abs=0.0)
    assert np.isposinf(run.log10_gradients[0, 0])


def rounded(value: float) -> float:
    """To bfloat16, by PyTorch itself."""
    return float(torch.tensor(value, dtype=torch.float64).to(torch.bfloat16))


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_swallowed_are_updates_that_change_no_bfloat16(tmp_path: Path, dtype: Any) -> None:
    weight = (torch.randn(600, dtype=torch.float64) * 0.02).to(dtype)
    weight[:100] = weight[:100].bfloat16()
    weight[:4] = torch.tensor([0.0, 2.0**-5, -(2.0**-5), 1.0])
    update = 10.0 ** (-6.0 * torch.rand(600, dtype=torch.float64)) * 1e-2
    after = (weight.double() + torch.randn(600).sign() * update).to(dtype)
    after[50:60] = weight[50:60]
    run = recorded(tmp_path, weight, after, torch.ones(600, dtype=dtype))
    swallowed = 0
    for was, now in zip(weight.double().tolist(), after.double().tolist(), strict=True):
        stored, change = torch.tensor(was).bfloat16(), float(np.float32(now) - np.float32(was))
        kept = rounded(float(stored) + change) == float(stored)
        swallowed += change != 0.0 and kept
    assert 50 < swallowed < 500
    assert run.shares["swallowed"][0, 0] * 600 == pytest.approx(swallowed, abs=0.1)


@pytest.mark.parametrize("lr", [3e-4, 1e-4, 3e-5, 1e-5, 3e-6])
def test_of_steps_as_long_as_adams_so_many_are_swallowed(tmp_path: Path, lr: float) -> None:
    """|u| = lr is below half an ulp, 2^(e - 8), of all |w| from 2^e on: a tail of the normal."""
    weight = torch.randn(100_000) * 0.02
    update = lr * torch.randn(100_000).sign()
    run = recorded(tmp_path, weight, weight + update, torch.ones(100_000))
    least = 2.0 ** math.ceil(math.log2(lr) + 8.0)
    expected = math.erfc(least / 0.02 / math.sqrt(2.0))
    # Three standard errors, and the weights that bfloat16 rounds up to 2^e or that step below it.
    assert run.shares["swallowed"][0, 0] == pytest.approx(expected, abs=0.01)
    stored = weight.bfloat16()
    kept = (stored + update).bfloat16() == stored
    assert run.shares["swallowed"][0, 0] == pytest.approx(float(kept.double().mean()), abs=2e-5)


def test_of_weights_in_bfloat16_those_that_stay_though_they_have_a_gradient(tmp_path: Path) -> None:
    weight = torch.randn(400).bfloat16()
    after = weight.clone()
    after[:100] *= 1.5
    gradient = torch.ones(400).bfloat16()
    gradient[350:] = 0.0
    run = recorded(tmp_path, weight, after, gradient)
    assert run.shares["swallowed"][0, 0] == 250 / 400
    assert run.log10_updates is not None
    added = norm(after.double() - weight.double())
    assert run.log10_updates[0, 0] == pytest.approx(math.log10(added), abs=1e-8)


# ----- what a training does


def test_it_is_recorded_before_clipping(tmp_path: Path) -> None:
    model = network()
    optimizer = sgd(model)
    recorder = Recorder(tmp_path / "run", model, optimizer, clip=1e-3)
    loss = backward(model)
    recorder.step(loss)
    whole = float(nn.utils.clip_grad_norm_(model.parameters(), 1e-3))
    optimizer.step()
    run = read_run(tmp_path / "run")
    assert run.total_norm[0] == pytest.approx(whole, rel=1e-5)
    assert whole > 1e-2
    assert run.clip is not None
    assert run.clip[0] == pytest.approx(1e-3)
    assert run.log10_updates is not None
    assert (10.0 ** (2 * run.log10_updates[0])).sum() == pytest.approx((0.1 * 1e-3) ** 2, rel=1e-3)


def test_without_a_call_it_is_what_the_optimizer_is_given(tmp_path: Path) -> None:
    model = network()
    optimizer = sgd(model)
    with Recorder(tmp_path / "run", model, optimizer):
        for _ in range(3):
            optimizer.zero_grad()
            backward(model)
            nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
            optimizer.step()
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == [0, 1, 2]
    np.testing.assert_allclose(run.total_norm, 1e-3, rtol=1e-3)
    assert np.isnan(run.loss).all()


@pytest.mark.parametrize("each", [True, False], ids=["called at each backward", "at the last"])
def test_accumulated_gradients_are_one_step(tmp_path: Path, each: bool) -> None:
    model = network()
    optimizer = sgd(model)
    recorder = Recorder(tmp_path / "run", model, optimizer)
    expected = []
    for at in range(6):
        loss = backward(model)
        if each or at % 3 == 2:
            recorder.step(loss)
        if at % 3 == 2:
            expected.append(gradients_of(model))
            optimizer.step()
            optimizer.zero_grad()
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == [0, 1]
    np.testing.assert_allclose(run.log10_gradients, log10(expected), atol=1e-8)


def test_every_tenth(tmp_path: Path) -> None:
    model = network()
    optimizer = sgd(model)
    train(model, optimizer, Recorder(tmp_path / "run", model, optimizer, every=10), steps=21)
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == [0, 10, 20]
    assert run.log10_updates is not None
    # the update of one step, not of ten
    assert np.nanmax(run.log10_updates - run.log10_gradients) < math.log10(0.1) + 1e-5


def test_a_learning_rate_is_that_of_its_step(tmp_path: Path) -> None:
    model = network()
    optimizer = sgd(model, lr=1.0)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    recorder = Recorder(tmp_path / "run", model, optimizer)
    for _ in range(3):
        train(model, optimizer, recorder, steps=1)
        schedule.step()
    found = read_run(tmp_path / "run").learning_rate
    assert found is not None
    assert found.tolist() == [1.0, 0.5, 0.25]


class Scaled:
    """A training with a loss scaler, of which a step may overflow."""

    def __init__(self, path: Path, *, fused: bool, unscale: bool) -> None:
        self.model = network()
        kind = torch.optim.Adam if fused else torch.optim.AdamW
        self.optimizer = kind(self.model.parameters(), lr=1e-3, fused=fused or None)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        self.recorder = Recorder(path, self.model, self.optimizer, scaler=self.scaler)
        self.unscale = unscale

    def step(self, *, overflow: bool = False) -> tuple[list[float], float]:
        self.optimizer.zero_grad()
        loss = self.model(torch.randn(32, 8)).square().mean() * (math.inf if overflow else 1.0)
        norms = [
            norm(one) for one in torch.autograd.grad(loss, self.model.parameters(), retain_graph=1)
        ]
        scale = self.scaler.get_scale()
        self.scaler.scale(loss).backward()
        if self.unscale:
            self.scaler.unscale_(self.optimizer)
        self.recorder.step(loss)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return norms, scale


@pytest.mark.parametrize("fused", [False, True], ids=["plain", "fused"])
@pytest.mark.parametrize("unscale", [False, True], ids=["scaled", "already unscaled"])
def test_norms_are_unscaled_by_the_scale_of_their_step(
    tmp_path: Path, fused: bool, unscale: bool
) -> None:
    training = Scaled(tmp_path / "run", fused=fused, unscale=unscale)
    told = [training.step(overflow=at in (1, 2, 5)) for at in range(6)]
    training.recorder.close()
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == [0, 1, 2, 3, 4, 5]
    assert run.loss_scale is not None
    assert run.skipped is not None
    assert (
        run.loss_scale.tolist() == [scale for _, scale in told] == [1024, 1024, 512, 256, 256, 256]
    )
    assert run.skipped.tolist() == [0, 1, 1, 0, 0, 1]
    fine = [0, 3, 4]
    expected = log10([told[at][0] for at in fine])
    np.testing.assert_allclose(run.log10_gradients[fine], expected, atol=1e-6)
    assert np.isposinf(run.log10_gradients[[1, 2, 5]]).all()
    assert not np.isfinite(run.total_norm[[1, 2, 5]]).any()
    assert run.log10_updates is not None
    assert np.isfinite(run.log10_updates[fine]).all()
    assert not np.isfinite(run.log10_updates[[1, 2, 5]]).any()


def test_skipped_steps_between_two_lines_are_counted(tmp_path: Path) -> None:
    for fused in (False, True):
        training = Scaled(tmp_path / str(fused), fused=fused, unscale=False)
        training.recorder._every = 4
        for at in range(9):
            training.step(overflow=at in (1, 3, 6))
        skipped = read_run(tmp_path / str(fused)).skipped
        assert skipped is not None
        assert skipped.tolist() == [0, 2, 1]


def test_what_float16_loses_is_asked_of_the_scaled_gradient(tmp_path: Path) -> None:
    for unscale in (False, True):
        training = Scaled(tmp_path / str(unscale), fused=False, unscale=unscale)
        weight = training.model[0].weight
        training.scaler.scale(torch.ones(()))
        for parameter in training.model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        weight.grad.view(-1)[:4] = torch.tensor([2e-8, 2e-11, 2.0**-25, 1.0]) * 1024.0
        if unscale:
            training.scaler.unscale_(training.optimizer)
        training.recorder.step()
        training.scaler.step(training.optimizer)
        run = read_run(tmp_path / str(unscale))
        assert run.shares["lost_f16"][0, 0] == pytest.approx(1 / 128)  # 2e-8 stays, 2e-11 does not


def test_all_numbers_of_a_step_are_fetched_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch.utils._python_dispatch import TorchDispatchMode

    class Waits(TorchDispatchMode):
        """Counts what would wait for the device: .item(), float(), bool(), a copy to the host."""

        count = 0

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            Waits.count += func in (
                torch.ops.aten._local_scalar_dense.default,
                torch.ops.aten.is_nonzero.default,
                torch.ops.aten.equal.default,
                torch.ops.aten.nonzero.default,
            )
            return func(*args, **(kwargs or {}))

    fetched = []
    to_list = torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, "tolist", lambda one: fetched.append(one) or to_list(one))
    from gradtui.runs.recorder import measures

    monkeypatch.setattr(measures, "near", lambda x: False)
    training = Scaled(tmp_path / "run", fused=True, unscale=False)
    recorder, optimizer = training.recorder, training.optimizer
    for at in range(3):
        optimizer.zero_grad()
        loss = backward(training.model, 1024.0)
        training.scaler.scale(loss)
        with Waits():
            recorder.step(loss)
            recorder._before_step(optimizer, (), {})
            recorder._after_step(optimizer, (), {})
        assert len(fetched) == at + 1
    assert Waits.count == 0


# ----- names


def test_a_tied_weight_is_recorded_once(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(20, 8)
            self.out = nn.Linear(8, 20, bias=False)
            self.out.weight = self.embed.weight

        def forward(self, x: Any) -> Any:
            return self.out(self.embed(x))

    model = Tied()
    optimizer = sgd(model)
    recorder = Recorder(tmp_path / "run", model, optimizer)
    loss = model(torch.arange(20)).square().mean()
    loss.backward()
    recorder.step(loss)
    optimizer.step()
    run = read_run(tmp_path / "run")
    assert run.names == ("embed.weight",)
    assert run.total_norm[0] == pytest.approx(norm(model.embed.weight.grad), rel=1e-8)


class Shuffled(nn.Module):
    """Layers in another order than that of their use; one of which only the weight is used."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(8, 1)
        self.first = nn.Linear(8, 8)
        self.by_hand = nn.Linear(8, 8, bias=False)
        self.second = nn.Linear(8, 8)

    def forward(self, x: Any) -> Any:
        x = nn.functional.linear(self.first(x), self.by_hand.weight)
        return self.head(self.second(x).relu())


ORDER = ("first.weight", "first.bias", "by_hand.weight", "second.weight", "second.bias")
ORDER += ("head.weight", "head.bias")


def test_names_are_in_the_order_of_first_use(tmp_path: Path) -> None:
    model = Shuffled()
    optimizer = sgd(model)
    train(model, optimizer, Recorder(tmp_path / "run", model, optimizer))
    run = read_run(tmp_path / "run")
    assert run.names == ORDER
    by_name = dict(model.named_parameters())
    last = [norm(by_name[name].grad) for name in ORDER]
    np.testing.assert_allclose(run.log10_gradients[-1], log10(last), atol=1e-8)
    assert not any(module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize("compiled", ["all of it", "a part", "in place"])
def test_a_compiled_model_has_the_names_of_the_users(tmp_path: Path, compiled: str) -> None:
    model = network()
    optimizer = sgd(model)
    used = model
    if compiled == "all of it":
        used = torch.compile(model, backend="eager")
    elif compiled == "a part":
        model[0] = torch.compile(model[0], backend="eager")
    else:
        model.compile(backend="eager")
    train(used, optimizer, Recorder(tmp_path / "run", used, optimizer))
    run = read_run(tmp_path / "run")
    assert run.names == ("0.weight", "0.bias", "2.weight", "2.bias")
    np.testing.assert_allclose(run.log10_gradients[-1], log10(gradients_of(model)), atol=1e-8)


def test_what_is_frozen_is_not_recorded_and_what_has_no_gradient_is_nothing(tmp_path: Path) -> None:
    model = nn.ModuleList([nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 3)])
    model[1].requires_grad_(False)
    optimizer = sgd(model)
    recorder = Recorder(tmp_path / "run", model, optimizer)
    loss = model[0](torch.randn(4, 8)).square().mean()  # the third takes no part
    loss.backward()
    recorder.step(loss)
    optimizer.step()
    run = read_run(tmp_path / "run")
    assert run.names == ("0.weight", "0.bias", "2.weight", "2.bias")
    assert np.isfinite(run.log10_gradients[0]).tolist() == [True, True, False, False]
    assert np.isnan(run.log10_gradients[0, 2:]).all()


def test_sparse_and_complex_gradients_have_norms(tmp_path: Path) -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(20, 4, sparse=True)
            self.turn = nn.Parameter(torch.randn(4, dtype=torch.complex64))

        def forward(self, x: Any) -> Any:
            return (self.embed(x) * self.turn).abs().square().mean()

    model = Odd()
    optimizer = sgd(model)
    recorder = Recorder(tmp_path / "run", model, optimizer)
    loss = model(torch.tensor([3, 3, 7]))
    loss.backward()
    recorder.step(loss)
    expected = [
        norm(model.embed.weight.grad.to_dense()),
        norm(torch.view_as_real(model.turn.grad)),
    ]
    optimizer.step()
    run = read_run(tmp_path / "run")
    told = dict(zip(run.names, run.log10_gradients[0], strict=True))
    assert [told["embed.weight"], told["turn"]] == pytest.approx(log10(expected), abs=1e-6)


def test_channels_last_weights_are_read_in_one_order(tmp_path: Path) -> None:
    model = nn.Conv2d(3, 5, 3).to(memory_format=torch.channels_last)
    optimizer = sgd(model)
    recorder = Recorder(tmp_path / "run", model, optimizer)
    model(torch.randn(2, 3, 8, 8)).square().mean().backward()
    recorder.step()
    optimizer.step()
    run = read_run(tmp_path / "run")
    assert run.log10_updates is not None
    np.testing.assert_allclose(
        run.log10_updates[0], log10([0.1 * one for one in gradients_of(model)]), atol=1e-5
    )


# ----- the rest


def test_units_are_recorded_when_asked_for(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    nn.init.constant_(model[0].bias, -50.0)
    optimizer = sgd(model)
    train(model, optimizer, Recorder(tmp_path / "run", model, optimizer, every=2, units=True), 4)
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == [0, 2]
    assert run.units["dead"]["1"].tolist() == [1.0, 1.0]


def test_without_an_optimizer_there_are_gradients_and_weights(tmp_path: Path) -> None:
    model = network()
    recorder = Recorder(tmp_path / "run", model)
    recorder.step(backward(model))
    recorder.step(2.5)
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == [0, 1]
    assert run.loss[1] == 2.5
    assert run.log10_updates is None
    assert run.log10_weights is not None
    weights = [norm(one) for one in model.parameters()]
    np.testing.assert_allclose(run.log10_weights[1], log10(weights), atol=1e-8)


def test_a_resumed_training_counts_on(tmp_path: Path) -> None:
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    with Recorder(tmp_path / "run", model, optimizer) as recorder:
        train(model, optimizer, recorder, steps=5)
    again = network()
    again.load_state_dict(model.state_dict())
    resumed = torch.optim.Adam(again.parameters())
    resumed.load_state_dict(optimizer.state_dict())
    train(again, resumed, Recorder(tmp_path / "run", again, resumed), steps=3)
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == list(range(8))
    assert run.notes == ()


def test_a_step_may_be_numbered_by_the_user(tmp_path: Path) -> None:
    model = network()
    recorder = Recorder(tmp_path / "run", model, every=2)
    for step in (100, 101, 102):
        recorder.step(backward(model), step=step)
    assert read_run(tmp_path / "run").steps.tolist() == [100, 102]


def test_a_closed_recorder_leaves_the_training_alone(tmp_path: Path) -> None:
    model = network()
    optimizer = sgd(model)
    recorder = Recorder(tmp_path / "run", model, optimizer, units=True)
    train(model, optimizer, recorder, steps=1)
    recorder.close()
    train(model, optimizer, recorder, steps=2)
    assert read_run(tmp_path / "run").steps.tolist() == [0]
    assert not optimizer._optimizer_step_pre_hooks
    assert not any(module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path, model: Recorder(path, 3), "model: 'int' is not a torch.nn.Module"),
        (lambda path, model: Recorder(path, nn.ReLU()), "'ReLU' is not one with parameters that"),
        (lambda path, model: Recorder(path, model, every=0), "every: 0 is not a whole number"),
        (lambda path, model: Recorder(path, model, every=1.5), "every: 1.5 is not a whole number"),
        (lambda path, model: Recorder(path, model, clip=-1.0), "clip: -1 is not a number above 0"),
        (lambda path, model: Recorder(path, model, 0.1), "optimizer: 'float' is not a torch.optim"),
        (lambda path, model: Recorder(path.parent, model), "file that can be written .Is a dir"),
        (
            lambda path, model: Recorder(path, model).step(torch.ones(3)),
            "loss: '3 numbers' is not one number",
        ),
    ],
)
def test_what_cannot_be_used_is_said(
    tmp_path: Path, make: Callable[[Path, Any], object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        make(tmp_path / "run", network())


def test_in_a_closure_it_is_called_after_backward(tmp_path: Path) -> None:
    model = network()
    optimizer = sgd(model)
    recorder = Recorder(tmp_path / "run", model, optimizer)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = backward(model)
        recorder.step(loss)
        return loss

    expected = []
    for _ in range(3):
        optimizer.step(closure)
        expected.append(gradients_of(model))
    run = read_run(tmp_path / "run")
    assert run.steps.tolist() == [0, 1, 2]
    np.testing.assert_allclose(run.log10_gradients, log10(expected), atol=1e-8)
    np.testing.assert_allclose(run.log10_updates, log10(expected) - 1.0, atol=1e-5)


def test_of_an_optimizer_that_asks_again_and_again_it_is_the_whole_step(tmp_path: Path) -> None:
    model = network()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=4)
    recorder = Recorder(tmp_path / "run", model, optimizer)
    inputs = torch.randn(32, 8)
    calls = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = model(inputs).square().mean()
        loss.backward()
        recorder.step(loss)
        calls.append(gradients_of(model))
        return loss

    before = [one.detach().clone() for one in model.parameters()]
    optimizer.step(closure)
    run = read_run(tmp_path / "run")
    added = [norm(one - was) for one, was in zip(model.parameters(), before, strict=True)]
    assert len(calls) > 2
    assert run.steps.tolist() == [0]
    np.testing.assert_allclose(run.log10_updates[0], log10(added), atol=1e-6)
    np.testing.assert_allclose(run.log10_gradients[0], log10(calls[-1]), atol=5e-8)
