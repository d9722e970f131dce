"""Shares of saturated and dead units, seen by hooks: the same that the layers view has."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from gradtui import gradient_flow
from gradtui.runs.recorder.units import _OF_TRANSFORMERS, activation_of, watch

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
nn = torch.nn

ELEMENTWISE = {
    "CELU(alpha=2)": nn.CELU(2.0), "ELU(alpha=0.5)": nn.ELU(0.5), "GELU": nn.GELU(),
    "gelu_tanh": nn.GELU("tanh"), "LeakyReLU(negative_slope=0.005)": nn.LeakyReLU(0.005),
    "LogSigmoid": nn.LogSigmoid(), "Mish": nn.Mish(), "ReLU": nn.ReLU(), "ReLU6": nn.ReLU6(),
    "SELU": nn.SELU(), "SiLU": nn.SiLU(), "Sigmoid": nn.Sigmoid(), "Softplus": nn.Softplus(),
    "Softsign": nn.Softsign(), "Tanh": nn.Tanh(), "Tanhshrink": nn.Tanhshrink(),
    "Threshold(threshold=0.1, value=3)": nn.Threshold(0.1, 3.0), "Hardshrink": nn.Hardshrink(),
    "Hardsigmoid": nn.Hardsigmoid(), "Hardswish": nn.Hardswish(), "Hardtanh": nn.Hardtanh(-2, 1),
    "Softshrink": nn.Softshrink(0.3),
}  # fmt: skip


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_module_is_the_activation_that_pytorch_computes(name: str) -> None:
    module = ELEMENTWISE[name]
    f = activation_of(module)
    assert f is not None
    z = torch.linspace(-7.0, 7.0, 1001, dtype=torch.float64, requires_grad=True)
    a = module(z)
    (slope,) = torch.autograd.grad(a.sum(), z)
    np.testing.assert_allclose(f(z.detach().numpy()), a.detach().numpy(), rtol=1e-12, atol=1e-14)
    # PyTorch has the slope of hardsigmoid, 1/6, in float32.
    np.testing.assert_allclose(f.derivative(z.detach().numpy()), slope, rtol=1e-7, atol=1e-13)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_shares_are_those_of_the_layers_view(name: str) -> None:
    """Against the numpy engine's own, with large weights and one layer's biases far below 0."""
    torch.manual_seed(1)
    module, depth, batch = ELEMENTWISE[name], 3, 40
    layers = [nn.Linear(16, 16).double() for _ in range(depth)]
    for layer in layers:
        nn.init.normal_(layer.weight, std=1.0)
    nn.init.constant_(layers[1].bias, -9.0)
    model = nn.Sequential(*[one for layer in layers for one in (layer, module)])
    for at in range(depth):  # a module of its own for each layer
        model[2 * at + 1] = copy.deepcopy(module)
    x = torch.randn(batch, 16, dtype=torch.float64)
    units = watch(model)
    model(x)
    found = units.shares()
    flow = gradient_flow(
        activation_of(module),
        [layer.weight.detach().numpy() for layer in layers],
        [layer.bias.detach().numpy() for layer in layers],
        x.numpy(),
        np.ones((batch, 16)),
        layers=True,
    )
    names = ["1", "3", "5"]
    assert flow.layers is not None
    assert [found["saturated"][at].item() for at in names] == pytest.approx(
        flow.layers.saturated.tolist(), abs=1e-7
    )
    assert [found["dead"][at].item() for at in names] == pytest.approx(
        flow.layers.dead.tolist(), abs=1e-7
    )


def test_modules_of_transformers_are_what_they_compute() -> None:
    """Each against the derivative that autograd finds; of what it may have, those that it has."""
    reason = "Transformers is not installed: pip install transformers"
    activations = pytest.importorskip("transformers.activations", reason=reason)
    z = torch.linspace(-4.0, 4.0, 200, dtype=torch.float64, requires_grad=True)
    seen = 0
    for kind in vars(activations).values():
        if not isinstance(kind, type) or not issubclass(kind, nn.Module):
            continue
        if kind.__module__ != activations.__name__ or kind.__name__ not in _OF_TRANSFORMERS:
            continue
        module = kind()
        f = activation_of(module)
        assert f is not None
        (slope,) = torch.autograd.grad(module(z).sum(), z)
        np.testing.assert_allclose(f.derivative(z.detach().numpy()), slope, rtol=1e-6, atol=1e-8)
        seen += 1
    assert seen >= 5


def test_a_unit_is_dead_only_if_it_is_so_for_every_batch() -> None:
    model = nn.Sequential(nn.Identity(), nn.ReLU(inplace=True))
    units = watch(model)
    model(torch.tensor([[-1.0, -1.0, 1.0, -1.0], [-1.0, -2.0, -1.0, -1.0]]))
    model(torch.tensor([[-1.0, 1.0, -1.0, -1.0]]))
    found = units.shares()
    assert found["dead"]["1"].item() == 0.5
    assert found["saturated"]["1"].item() == pytest.approx(10 / 12)
    assert units.shares() == {"saturated": {}, "dead": {}}  # begun anew


def test_units_are_channels_behind_a_convolution_and_features_behind_a_linear_layer() -> None:
    convolution, linear = nn.Conv1d(3, 8, 1), nn.Linear(3, 8)
    for layer in (convolution, linear):
        nn.init.zeros_(layer.weight)
        nn.init.ones_(layer.bias)
        layer.bias.data[:2] = -1.0
    for layer, x in ((convolution, torch.randn(5, 3, 4)), (linear, torch.randn(5, 4, 3))):
        model = nn.Sequential(layer, nn.ReLU())
        units = watch(model)
        model(x)
        assert units.shares()["dead"]["1"].item() == 0.25


def test_of_a_module_used_twice_each_use_has_units_of_its_own() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.relu(-self.relu(x)[:, :3])

    model = Twice()
    units = watch(model)
    for _ in range(2):
        model(torch.ones(2, 5))  # the first use passes all 5, the second none of 3
    assert units.shares()["dead"]["relu"].item() == pytest.approx(3 / 8)


def test_what_is_no_module_or_has_slopes_that_are_learned_is_not_seen() -> None:
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.prelu, self.softmax = nn.Linear(2, 2), nn.PReLU(), nn.Softmax(-1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.softmax(self.prelu(nn.functional.relu(self.layer(x))))

    model = Functional()
    units = watch(model)
    model(torch.ones(1, 2))
    assert units.names == ()
    assert units.shares() == {"saturated": {}, "dead": {}}


def test_a_module_of_the_same_name_that_is_not_pytorchs_is_not_taken_for_it() -> None:
    class ReLU(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    assert activation_of(ReLU()) is None


def test_only_passes_with_gradients_count_and_only_while_it_is_on() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    units = watch(model)
    with torch.no_grad():
        model(torch.ones(1, 2))
    units.on = False
    model(torch.ones(1, 2))
    assert units.shares() == {"saturated": {}, "dead": {}}


def test_nan_is_neither_saturated_nor_dead() -> None:
    for module in (nn.Tanh(), nn.ReLU(), nn.LeakyReLU()):
        model = nn.Sequential(module)
        units = watch(model)
        model(torch.full((2, 2), torch.nan))
        found = units.shares()
        assert found["dead"]["0"].item() == 0.0
        assert found["saturated"]["0"].item() == 0.0


def test_closed_nothing_is_left_on_the_model() -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2), nn.Tanh())
    units = watch(model)
    units.close()
    hooks = [(m._forward_hooks, m._forward_pre_hooks) for m in model.modules()]
    assert not any(before or after for before, after in hooks)


def test_the_hooks_never_wait_for_the_device() -> None:
    """On tensors that have no values to send: any `.item()` in a hook would raise."""
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 4), nn.ReLU())
        units = watch(model)
        model(torch.empty(3, 4))
    found = units.shares()
    assert found["dead"]["3"].shape == ()
    assert found["dead"]["3"].is_meta
