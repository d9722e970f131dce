"""How each framework writes each activation: a name that is called, or an expression of z.

As of PyTorch 2.13, JAX 0.10 and Keras 3.15, whose defaults differ: `nn.gelu` of Flax is the one by
tanh, `leaky_relu` of Keras has the slope 0.2. Softplus by default is theirs, which has no line from
20 on: 2e-9 beside it at most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.formula.definition import FormulaFamily
from gradtui.mathematics.activations.formula.nodes import Node
from gradtui.mathematics.activations.formula.writing import code as formula_code
from gradtui.mathematics.activations.record import Activation


@dataclass(frozen=True)
class Written:
    """An activation in code.

    Attributes:
        name: what is called: of the framework, `f` where it is defined first, `self.f` where it is
            a layer of the block; empty for the identity.
        definition: the lines that define `f`, if any.
        layer: what makes `self.f`, if it is a layer.
    """

    name: str
    definition: str = ""
    layer: str = ""

    def of(self, z: str) -> str:
        """The code of f(z)."""
        return f"{self.name}({z})" if self.name else z


def written(framework: str, activation: Activation) -> Written | None:
    """An activation as the framework has it; None where it lacks it."""
    if isinstance(activation.family, FormulaFamily):
        return _written_formula(framework, activation.family.tree(**activation.parameters))
    values = {name: repr(value) for name, value in activation.parameters.items()}
    found = _TABLES[framework].get(activation.name)
    if found is None:
        return None
    bare, general = (found, found) if isinstance(found, str) else found
    code = bare if activation.spec == activation.name else general
    code = code(**values) if callable(code) else code
    if code == "z":
        return Written("")
    if code.startswith(_LAYERS):
        return Written("self.f", layer=code)
    if "(" not in code and " " not in code:
        return Written(code)
    return Written("f", f"def f(z):\n    return {code}")


def _written_formula(framework: str, root: Node) -> Written | None:
    """A formula as code; None where an activation in it is lacking, or is a layer."""

    def inside(activation: Activation, z: str) -> str | None:
        one = written(framework, activation)
        if one is None or one.layer:
            return None
        if not one.definition:
            return one.of(z if one.name else f"({z})")
        expression = one.definition.partition("return ")[2]
        return f"({_Z.sub(z if z.isidentifier() else f'({z})', expression)})"

    code = formula_code(root, framework, inside)
    return None if code is None else Written("f", f"def f(z):\n    return {code}")


def definition_to_paste(framework: str, spec: str) -> str:
    """The lines that define a formula, with what they import; "" for what frameworks have."""
    activation = as_activation(spec)
    if not isinstance(activation.family, FormulaFamily):
        return ""
    found = written(framework, activation)
    if found is None:
        return ""
    imports = [line for name, line in _IMPORTS.items() if re.search(rf"\b{name}", found.definition)]
    return "\n".join([*imports, found.definition])


_Z = re.compile(r"\bz\b")
_IMPORTS = {
    r"torch\.": "import torch", r"F\.": "import torch.nn.functional as F",
    r"jnp\.": "import jax.numpy as jnp", r"jax\.": "import jax",
    r"nn\.": "from flax import linen as nn", r"keras\.": "import keras",
    r"ops\.": "from keras import ops",
}  # fmt: skip


_LAYERS = ("nn.PReLU", "nn.RReLU", "layers.PReLU")

Code = str | Callable[..., str]
Entry = str | tuple[Code, Code]
"""The code, or that by default and that of parameters."""


def _same(code: Callable[..., str]) -> tuple[Code, Code]:
    return code, code


_PYTORCH: Mapping[str, Entry] = {
    "identity": "z",
    "sigmoid": "torch.sigmoid",
    "tanh": "torch.tanh",
    "relu": "torch.relu",
    "leaky_relu": ("F.leaky_relu", lambda negative_slope: f"F.leaky_relu(z, {negative_slope})"),
    "elu": ("F.elu", lambda alpha: f"F.elu(z, {alpha})"),
    "selu": "F.selu",
    "celu": ("F.celu", lambda alpha: f"F.celu(z, {alpha})"),
    "gelu": "F.gelu",
    "gelu_tanh": 'F.gelu(z, approximate="tanh")',
    "quick_gelu": "z * torch.sigmoid(1.702 * z)",
    "silu": ("F.silu", lambda beta: f"z * torch.sigmoid({beta} * z)"),
    "mish": "F.mish",
    "softplus": ("F.softplus", lambda beta, threshold: f"F.softplus(z, {beta}, {threshold})"),
    "squareplus": _same(lambda b: f"(z + torch.sqrt(z * z + {b})) / 2"),
    "softsign": "F.softsign",
    "logsigmoid": "F.logsigmoid",
    "tanhshrink": "F.tanhshrink",
    "erf": "torch.erf",
    "arctan": "torch.atan",
    "sin": ("torch.sin", lambda omega: f"torch.sin({omega} * z)"),
    "gaussian": "torch.exp(-z * z)",
    "prelu": _same(lambda init: f"nn.PReLU(init={init})"),
    "rrelu": ("nn.RReLU()", lambda lower, upper: f"nn.RReLU({lower}, {upper})"),
    "relu6": "F.relu6",
    "relu_squared": "torch.relu(z) ** 2",
    "hardtanh": ("F.hardtanh", lambda min_val, max_val: f"F.hardtanh(z, {min_val}, {max_val})"),
    "hardsigmoid": "F.hardsigmoid",
    "hardswish": "F.hardswish",
    "softshrink": ("F.softshrink", lambda lambd: f"F.softshrink(z, {lambd})"),
    "hardshrink": ("F.hardshrink", lambda lambd: f"F.hardshrink(z, {lambd})"),
    "threshold": _same(lambda threshold, value: f"F.threshold(z, {threshold}, {value})"),
}

_FLAX: Mapping[str, Entry] = {
    "identity": "z",
    "sigmoid": "nn.sigmoid",
    "tanh": "nn.tanh",
    "relu": "nn.relu",
    "leaky_relu": ("nn.leaky_relu", lambda negative_slope: f"nn.leaky_relu(z, {negative_slope})"),
    "elu": ("nn.elu", lambda alpha: f"nn.elu(z, {alpha})"),
    "selu": "nn.selu",
    "celu": ("nn.celu", lambda alpha: f"nn.celu(z, {alpha})"),
    "gelu": "nn.gelu(z, approximate=False)",
    "gelu_tanh": "nn.gelu",
    "quick_gelu": "z * nn.sigmoid(1.702 * z)",
    "silu": ("nn.silu", lambda beta: f"z * nn.sigmoid({beta} * z)"),
    "mish": "jax.nn.mish",
    "softplus": (
        "nn.softplus",
        lambda beta, threshold: (
            f"jnp.where({beta} * z > {threshold}, z, nn.softplus({beta} * z) / {beta})"
        ),
    ),
    "squareplus": ("jax.nn.squareplus", lambda b: f"jax.nn.squareplus(z, {b})"),
    "softsign": "nn.soft_sign",
    "logsigmoid": "nn.log_sigmoid",
    "tanhshrink": "z - nn.tanh(z)",
    "erf": "jax.lax.erf",
    "arctan": "jnp.arctan",
    "sin": ("jnp.sin", lambda omega: f"jnp.sin({omega} * z)"),
    "gaussian": "jnp.exp(-z * z)",
    "prelu": _same(lambda init: f"nn.PReLU(negative_slope_init={init})"),
    "relu6": "nn.relu6",
    "relu_squared": "nn.relu(z) ** 2",
    "hardtanh": ("nn.hard_tanh", lambda min_val, max_val: f"jnp.clip(z, {min_val}, {max_val})"),
    "hardsigmoid": "nn.hard_sigmoid",
    "hardswish": "nn.hard_swish",
    "softshrink": _same(lambda lambd: f"jnp.sign(z) * nn.relu(jnp.abs(z) - {lambd})"),
    "hardshrink": _same(lambda lambd: f"jnp.where(jnp.abs(z) > {lambd}, z, 0.0)"),
    "threshold": _same(lambda threshold, value: f"jnp.where(z > {threshold}, z, {value})"),
}

_KERAS: Mapping[str, Entry] = {
    "identity": "z",
    "sigmoid": "ops.sigmoid",
    "tanh": "ops.tanh",
    "relu": "ops.relu",
    "leaky_relu": _same(lambda negative_slope: f"ops.leaky_relu(z, {negative_slope})"),
    "elu": ("ops.elu", lambda alpha: f"ops.elu(z, {alpha})"),
    "selu": "ops.selu",
    "celu": ("ops.celu", lambda alpha: f"ops.celu(z, {alpha})"),
    "gelu": "ops.gelu(z, approximate=False)",
    "gelu_tanh": "ops.gelu(z, approximate=True)",
    "quick_gelu": "z * ops.sigmoid(1.702 * z)",
    "silu": ("ops.silu", lambda beta: f"z * ops.sigmoid({beta} * z)"),
    "mish": "keras.activations.mish",
    "softplus": (
        "ops.softplus",
        lambda beta, threshold: (
            f"ops.where({beta} * z > {threshold}, z, ops.softplus({beta} * z) / {beta})"
        ),
    ),
    "squareplus": ("ops.squareplus", lambda b: f"ops.squareplus(z, {b})"),
    "softsign": "ops.softsign",
    "logsigmoid": "ops.log_sigmoid",
    "tanhshrink": "ops.tanh_shrink",
    "erf": "ops.erf",
    "arctan": "ops.arctan",
    "sin": ("ops.sin", lambda omega: f"ops.sin({omega} * z)"),
    "gaussian": "ops.exp(-z * z)",
    "prelu": _same(
        lambda init: (
            f"layers.PReLU(keras.initializers.Constant({init}),\n"
            "                              shared_axes=[1])"
        )
    ),
    "relu6": "ops.relu6",
    "relu_squared": "ops.relu(z) ** 2",
    "hardtanh": ("ops.hard_tanh", lambda min_val, max_val: f"ops.clip(z, {min_val}, {max_val})"),
    "hardsigmoid": "ops.hard_sigmoid",
    "hardswish": "ops.hard_silu",
    "softshrink": ("ops.soft_shrink", lambda lambd: f"ops.soft_shrink(z, {lambd})"),
    "hardshrink": ("ops.hard_shrink", lambda lambd: f"ops.hard_shrink(z, {lambd})"),
    "threshold": _same(lambda threshold, value: f"ops.threshold(z, {threshold}, {value})"),
}

_TABLES: Mapping[str, Mapping[str, Entry]] = MappingProxyType(
    {"PyTorch": _PYTORCH, "JAX/Flax": _FLAX, "Keras": _KERAS}
)
