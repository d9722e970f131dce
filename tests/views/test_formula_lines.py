"""Formulas as lines to paste, run in each framework where it is installed; kinks as autograd's."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from gradtui import activation
from gradtui.views.init.activation_lines import definition_to_paste

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.heavy]

FORMS = [
    "z*sigmoid(1.702*z)", "max(z, 0.1*z)", "max(z, 0)", "min(max(z, -1), 2)", "z*(z > 0)",
    "where(z > 0, z, a*expm1(z)), a=0.3", "clip(z, -1, 1)*z", "abs(z) + sign(z)*z**2",
    "0.5*z*erfc(-z/sqrt(2))", "z/(1 + abs(z))", "elu(z, alpha=0.5) + 0.1*silu(z, beta=2)",
    "z*tanh(softplus(z))", "-z**2/(1 + z**2)", "(z - 1)/(2/(1 + z**2))", "2**-z + z**3",
    "log1p(exp(-abs(z))) + max(z, 0)", "asinh(z)*cos(z)", "atan(sinh(z/4))", "relu_squared(z) - z",
    "gelu_tanh(z - 0.5)", "where(z*(z < 1), z, 2*z)", "z + sin(2*z)**2/2", "hardswish(2*z + 1)",
    "where((z > -1)*(z < 1), z, 0)", "max(0.5, z, 2*z - 1)",
    "(z > 0) + (z > 1) - (z < -1)*z", "(z > 0.31) + 0*z", "tanh(z)*sqrt(2) + log(2)*0*z",
    "where(z > 0, sqrt(z + 1) - 1, z/2)", "where(z == 0, 1, sin(z)/z)",
    "where(z > 0, log1p(z), -log1p(-z))", "where(z == 0, 1, z/expm1(z))",
    "where(z > 0, z, exp(z) - 1)", "where(1 > 0, z, 0)", "where(z, z/(z*z + 1), 0)",
    "-(z > 0)*z", "z**2*exp(-1)*(1 >= z)",
]  # fmt: skip
Z = np.concatenate([np.linspace(-6.0, 6.0, 241), [-1.0, 0.0, 1.0, 2.0, 1e-3, -1e-3]])


def function(framework: str, form: str) -> Any:
    lines = definition_to_paste(framework, form)
    names: dict[str, Any] = {}
    exec(lines, names)
    return names["f"]


@pytest.mark.parametrize("form", FORMS)
def test_the_lines_for_pytorch_have_the_values_and_the_slopes_kinks_included(form: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    z = torch.tensor(Z, dtype=torch.float64, requires_grad=True)
    value = function("PyTorch", form)(z)
    value.sum().backward()
    f = activation(form)
    assert value.detach().numpy() == pytest.approx(f(Z), rel=1e-12, abs=1e-13)
    # PyTorch holds constants of some piecewise activations in float32.
    rough = 1e-6 if "hardswish" in form else 1e-12
    assert z.grad.numpy() == pytest.approx(f.derivative(Z), rel=rough, abs=rough)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("framework", ["JAX/Flax", "Keras"])
def test_those_for_jax_and_keras_have_the_values(framework: str, form: str) -> None:
    for name in {"JAX/Flax": ("jax", "flax"), "Keras": ("keras",)}[framework]:
        pytest.importorskip(name, reason=f"{name} is not installed")
    if framework == "Keras":
        ops = importlib.import_module("keras.ops")
        got = ops.convert_to_numpy(function(framework, form)(ops.convert_to_tensor(Z, "float32")))
    else:
        jnp = importlib.import_module("jax.numpy")
        got = np.asarray(function(framework, form)(jnp.asarray(Z)))
    expected = activation(form)(Z)
    assert got == pytest.approx(expected, rel=2e-5, abs=2e-5)
