"""Lines to paste that build a stack of blocks, drawn after a recipe, in three frameworks.

Each is code that runs: a class `Block`, and `model`, of L of them; what the initialisation of the
block multiplies weights by, and what it begins with 0, is in it. As of PyTorch 2.13, Flax 0.12 and
Keras 3.15.

The norms have the eps of `mathematics.blocks.steps`, and γ and β, which are learned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.blocks.families import LEARNED, Block
from gradtui.mathematics.blocks.reading import block as as_block
from gradtui.mathematics.blocks.steps import EPS, Matrix, Normed
from gradtui.mathematics.initialisation.record import Critical, Initialisation, initialisation
from gradtui.mathematics.wide.mean_field import critical_sigma_w2
from gradtui.views.init.activation_lines import Written, written
from gradtui.views.init.recipe_lines import Recipe, flax_layer, keras_layer, recipe_of, torch_layer


def block_lines(
    block: str | Block,
    activation: str | Activation,
    init: str | Initialisation,
    units: int,
    depth: int,
    *,
    critical: Critical = critical_sigma_w2,
) -> Mapping[str, str]:
    """The lines for each framework, by its name.

    A framework that lacks the activation is left out; all are for the recipe `siren`, by which
    layers are not drawn alike.

    Args:
        block: a block or its text form, such as `pre_norm(init=gpt2)`.
        activation: f.
        init: a recipe or its text form, such as `normal(std=0.02)`.
        units: n of the stream.
        depth: L, the number of blocks.
        critical: what gives σ_w² for the recipe of that name, from an activation and σ_b².
    """
    one, f = as_block(block), as_activation(activation)
    recipe = recipe_of(initialisation(init), f, critical)
    if recipe is None:
        return {}
    lines = {}
    for framework, write in (("PyTorch", _pytorch), ("JAX/Flax", _flax), ("Keras", _keras)):
        on = written(framework, f)
        if on is not None:
            lines[framework] = write(_Plan(one, units, depth, recipe, on))
    return lines


# ------------------------------------------------------------------- the block


_FACTORS = {
    "fixup": ("L**-0.5", ""),
    "gpt2": ("", "(2 * L) ** -0.5"),
    "deepnorm": ("(8 * L) ** -0.25", "(8 * L) ** -0.25"),
}


@dataclass(frozen=True)
class _Fully:
    """A layer `self.name` of W and b; `factor` is code, "0" for one that begins with 0."""

    name: str
    n_in: str
    n_out: str
    factor: str = ""


@dataclass(frozen=True)
class _Norm:
    """A norm `self.name`, γ = 0 where it is `zero`."""

    name: str
    zero: bool = False


@dataclass(frozen=True)
class _Plan:
    """What is written, the same for each framework."""

    block: Block
    units: int
    depth: int
    recipe: Recipe
    on: Written

    @property
    def layers(self) -> list[_Fully | _Norm]:
        """The layers of a block, in the order in which they are used."""
        steps = self.block.steps(self.depth).all
        norms = sum(isinstance(step, Normed) for step in steps)
        matrices = sum(isinstance(step, Matrix) for step in steps)
        layers: list[_Fully | _Norm] = []
        factors = _FACTORS.get(self.block.init, ("", ""))
        normed = fully = 0
        for step in steps:
            if isinstance(step, Normed):
                normed += 1
                layers.append(_Norm(f"norm{normed if norms > 1 else ''}", step.weight == 0.0))
            elif isinstance(step, Matrix):
                factor = "0" if step.factor == 0.0 else factors[fully]
                fully += 1
                names = ("gate", "up") if step.gated else (self._named(fully, matrices),)
                layers += [_Fully(name, *step.inside, factor) for name in names]
        return layers

    def _named(self, at: int, matrices: int) -> str:
        if matrices == 1:
            return "linear"
        return "down" if self.block.glu else f"fc{at}"

    @property
    def factored(self) -> bool:
        """Whether a factor goes into the function that makes a layer."""
        return any(one.factor not in ("", "0") for one in self.fully)

    @property
    def fully(self) -> list[_Fully]:
        """Those of W and b."""
        return [layer for layer in self.layers if isinstance(layer, _Fully)]

    @property
    def drawn(self) -> bool:
        """Whether any layer is drawn after the recipe."""
        return any(layer.factor != "0" for layer in self.fully)

    @property
    def sizes(self) -> str:
        """The line that says n, m and L."""
        m = self.block.inner(self.units)
        if any("m" in (layer.n_in, layer.n_out) for layer in self.fully):
            return f"n, m, L = {self.units}, {m}, {self.depth}  # units, units inside, blocks"
        return f"n, L = {self.units}, {self.depth}  # units, blocks"

    @property
    def learned(self) -> bool:
        """Whether α is a parameter."""
        return self.block.alpha == LEARNED

    def forward(self, norm: str = "self.{name}({h})") -> list[str]:
        """The lines from h to what is returned; `norm` is how a norm is applied."""
        kind, f = self.block.name, self.on.of
        alpha, one = self._alpha, self.block.norm != "none"
        two = sum(isinstance(layer, _Norm) for layer in self.layers) > 1

        def normed(h: str, at: int = 1) -> str:
            name = f"norm{at}" if two else "norm"
            return norm.format(name=name, h=h) if one else h

        def branch(z: str) -> str:
            return f"h + {alpha}{z}"

        if kind == "plain":
            return [f"return {f(normed('self.linear(h)'))}"]
        if kind == "residual":
            z = f"self.linear({normed('h')})"
            return [f"return {branch(f(z))}"]
        if kind == "basic_block":
            ending = normed("self.fc2(z)", 2)
            return [f"z = {f(normed('self.fc1(h)'))}", f"return {f(branch(ending))}"]
        if kind == "preact":
            ending = f"self.fc2({f(normed('z', 2))})"
            return [f"z = self.fc1({f(normed('h'))})", f"return {branch(ending)}"]
        lines = []
        inside = normed("h") if kind == "pre_norm" else "h"
        if self.block.glu and inside != "h":
            lines, inside = [f"u = {inside}"], "u"
        if self.block.glu:
            lines += [f"z = {f(f'self.gate({inside})')} * self.up({inside})"]
        else:
            lines += [f"z = {f(f'self.fc1({inside})')}"]
        whole = branch(f"self.{'down' if self.block.glu else 'fc2'}(z)")
        if self.block.init == "deepnorm":
            whole = f"(2 * L) ** 0.25 * {whole}"
        return [*lines, f"return {normed(whole) if kind == 'post_norm' else whole}"]

    @property
    def _alpha(self) -> str:
        alpha = self.block.alpha
        if isinstance(alpha, str):
            return "self.alpha * " if self.learned else "L**-0.5 * "
        return "" if alpha == 1.0 else f"{alpha!r} * "


_EPS = {norm: repr(eps).replace("e-0", "e-") for norm, eps in EPS.items()}


def _made(form: str, layer: _Fully) -> str:
    factor = f", {layer.factor}" if layer.factor else ""
    return form.format(n_in=layer.n_in, n_out=layer.n_out, factor=factor)


def _text(imports: str, plan: _Plan, before: str, classes: str) -> str:
    parts = [imports, plan.sizes, plan.on.definition, before if plan.drawn else "", classes]
    return "\n\n\n".join(part for part in parts if part).replace("\n\n\nn,", "\n\nn,", 1)


def _indented(lines: list[str], by: int) -> str:
    return "\n".join(" " * by + line for line in lines)


# -------------------------------------------------------------------- PyTorch


def _pytorch(plan: _Plan) -> str:
    form, before = torch_layer(plan.recipe, plan.factored)
    norms = {
        "layer": "nn.LayerNorm(n)",
        "rms": f"nn.RMSNorm(n, eps={_EPS['rms']})",
        "batch": "nn.BatchNorm1d(n)",
    }
    made = []
    for layer in plan.layers:
        name = f"self.{layer.name}"
        if isinstance(layer, _Norm):
            made += [f"{name} = {norms[plan.block.norm]}"]
            made += [f"nn.init.zeros_({name}.weight)"] if layer.zero else []
        elif layer.factor == "0":
            made += [f"{name} = nn.Linear({layer.n_in}, {layer.n_out})"]
            made += [f"nn.init.zeros_({name}.{each})" for each in ("weight", "bias")]
        else:
            made += [f"{name} = {_made(form, layer)}"]
    made += [f"self.f = {plan.on.layer}"] if plan.on.layer else []
    made += ["self.alpha = nn.Parameter(torch.zeros(()))"] if plan.learned else []
    body = (
        "class Block(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"{_indented(made, 8)}\n\n    def forward(self, h):\n{_indented(plan.forward(), 8)}\n\n\n"
        "model = nn.Sequential(*[Block() for _ in range(L)])"
    )
    code = _text("", plan, before, body)
    imports = ["import torch"] if "torch." in code else []
    imports += ["import torch.nn.functional as F"] if re.search(r"\bF\.", code) else []
    return _text("\n".join([*imports, "from torch import nn"]), plan, before, body)


# ----------------------------------------------------------------------- Flax


def _flax(plan: _Plan) -> str:
    form, before = flax_layer(plan.recipe, plan.factored)
    norms = {
        "layer": f"nn.LayerNorm(epsilon={_EPS['layer']}{{zero}})",
        "rms": f"nn.RMSNorm(epsilon={_EPS['rms']}{{zero}})",
        "batch": f"nn.BatchNorm(epsilon={_EPS['batch']}{{zero}})",
    }
    made = []
    for layer in plan.layers:
        if isinstance(layer, _Norm):
            zero = ",\n    scale_init=nn.initializers.zeros" if layer.zero else ""
            right = norms[plan.block.norm].format(zero=zero)
        elif layer.factor == "0":
            right = f"nn.Dense({layer.n_out}, kernel_init=nn.initializers.zeros)"
        else:
            right = _made(form, layer)
        made += f"self.{layer.name} = {right}".split("\n")
    made += [f"self.f = {plan.on.layer}"] if plan.on.layer else []
    zeros = 'self.param("alpha", nn.initializers.zeros, ())'
    made += [f"self.alpha = {zeros}"] if plan.learned else []
    batch = plan.block.in_batch
    # Whether it trains is asked for when it is called: statistics are then of the batch.
    norm = "self.{name}({h}, not train)" if batch else "self.{name}({h})"
    body = (
        f"class Block(nn.Module):\n    def setup(self):\n{_indented(made, 8)}\n\n"
        f"    def __call__(self, h{', train=True' if batch else ''}):\n"
        f"{_indented(plan.forward(norm), 8)}\n\n\n{_FLAX_STACK if batch else _FLAX_SEQUENTIAL}"
    )
    code = _text("", plan, before, body)
    imports = ["import jax"] if "jax." in code else []
    imports += ["import jax.numpy as jnp"] if "jnp." in code else []
    return _text("\n".join([*imports, "from flax import linen as nn"]), plan, before, body)


_FLAX_SEQUENTIAL = "model = nn.Sequential([Block() for _ in range(L)])"
_FLAX_STACK = """class Stack(nn.Module):
    @nn.compact
    def __call__(self, h, train=True):
        for _ in range(L):
            h = Block()(h, train)
        return h


model = Stack()"""


# ---------------------------------------------------------------------- Keras


def _keras(plan: _Plan) -> str:
    form, before = keras_layer(plan.recipe, plan.factored)
    norms = {
        "layer": f"layers.LayerNormalization(epsilon={_EPS['layer']}{{zero}})",
        "rms": f"layers.RMSNormalization(epsilon={_EPS['rms']})",
        "batch": f"layers.BatchNormalization(epsilon={_EPS['batch']}{{zero}})",
    }
    made = []
    for layer in plan.layers:
        name = f"self.{layer.name}"
        if isinstance(layer, _Norm):
            zero = ',\n    gamma_initializer="zeros"' if layer.zero else ""
            made += f"{name} = {norms[plan.block.norm].format(zero=zero)}".split("\n")
            if layer.zero and plan.block.norm == "rms":  # it takes no initializer
                made += [f"{name}.build((None, n))", f"{name}.scale.assign(ops.zeros(n))"]
        elif layer.factor == "0":
            made += [f'{name} = layers.Dense({layer.n_out}, kernel_initializer="zeros")']
        else:
            made += [f"{name} = {_made(form, layer)}"]
    made += [f"self.f = {plan.on.layer}"] if plan.on.layer else []
    made += ['self.alpha = self.add_weight(shape=(), initializer="zeros")'] if plan.learned else []
    body = (
        "class Block(layers.Layer):\n    def __init__(self):\n        super().__init__()\n"
        f"{_indented(made, 8)}\n\n    def call(self, h):\n{_indented(plan.forward(), 8)}\n\n\n"
        "model = keras.Sequential([Block() for _ in range(L)])\nmodel.build((None, n))"
    )
    code = _text("", plan, before, body)
    used = "layers, ops" if "ops." in code else "layers"
    return _text(f"import keras\nfrom keras import {used}", plan, before, body)
