"""Lines to paste for blocks, run in each framework where it is installed.

What they compute is compared with the formulas of the blocks in plain numpy, float64, with all
parameters moved away from what they begin with; what they draw, with the recipe's distribution.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import truncnorm

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.views.init.block_snippets import block_lines
from support.pasted import Array, Parameters, function, pasted

# Importing other people's libraries may warn of what is none of our concern.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.heavy]

IN_EACH = pytest.mark.parametrize("framework", ["PyTorch", "JAX/Flax", "Keras"])
F = Callable[[Array], Array]

ROUNDINGS = {"PyTorch": 100.0, "JAX/Flax": 1000.0, "Keras": 100.0}
"""So many of the largest number, of three blocks and their norms. Flax takes a variance from the
mean square less the squared mean, which multiplies them where the mean is large: 360 were found.
"""

# ------------------------------------------------------- what a block computes


def layer_norm(h: Array) -> Array:
    return (h - h.mean(1, keepdims=True)) / np.sqrt(h.var(1, keepdims=True) + 1e-5)


def rms_norm(h: Array) -> Array:
    return h / np.sqrt((h * h).mean(1, keepdims=True) + 1e-6)


def batch_norm(h: Array) -> Array:
    return (h - h.mean(0)) / np.sqrt(h.var(0) + 1e-5)


NORMS: dict[str, F] = {"layer": layer_norm, "rms": rms_norm, "batch": batch_norm}


def by_hand(  # the formulas of the paper or of the specification, and no code of ours
    family: str, norm: str, alpha: Any, skip: float, glu: bool, f: F, p: Parameters, h: Array
) -> Array:
    def w(name: str, h: Array) -> Array:
        return h @ p[f"{name}.weight"].T + p[f"{name}.bias"]

    def n(name: str, h: Array) -> Array:
        if norm == "none":
            return h
        return NORMS[norm](h) * p[f"{name}.weight"] + p.get(f"{name}.bias", np.zeros(()))

    def forward(h: Array) -> Array:
        return w("down", f(w("gate", h)) * w("up", h)) if glu else w("fc2", f(w("fc1", h)))

    a = p.get("alpha", p.get("alpha.weight")) if alpha == "learned" else alpha
    if family == "plain":
        return f(n("norm", w("linear", h)))
    if family == "residual":
        return h + a * f(w("linear", n("norm", h)))
    if family == "basic_block":
        return f(h + a * n("norm2", w("fc2", f(n("norm1", w("fc1", h))))))
    if family == "preact":
        return h + a * w("fc2", f(n("norm2", w("fc1", f(n("norm1", h))))))
    if family == "pre_norm":
        return h + a * forward(n("norm", h))
    return n("norm", skip * h + a * forward(h))


def compared(framework: str, spec: str, name: str, rule: dict[str, Any], depth: int = 3) -> None:
    rule = {"norm": "none", "alpha": 1.0, "skip": 1.0, "glu": False, **rule}
    units, rng = 6, np.random.default_rng(7)
    x = 0.03 * rng.normal(size=(5, units))  # so small that the eps of a norm counts
    f = activation(name)
    code = block_lines(spec, name, "normal(sigma_w=1.3, sigma_b=0.4)", units, depth)[framework]
    with pasted(framework, code) as (drawn, run):
        moved = {key: drawn[key] + 0.3 * rng.normal(size=drawn[key].shape) for key in sorted(drawn)}
        found = run(moved, x)
        h = x
        for at in range(depth):
            mine = {key.split(".", 1)[1]: v for key, v in moved.items() if key[0] == str(at)}
            slope = mine.get("f.weight")
            here = f if slope is None else activation(name, init=float(slope.item()))
            h = by_hand(f=here, p=mine, h=h, **rule)
    assert found.dtype == (np.float32 if framework == "Keras" else np.float64)
    unit = float(np.finfo(found.dtype).eps)
    np.testing.assert_allclose(
        found, h, rtol=0.0, atol=ROUNDINGS[framework] * unit * float(abs(h).max())
    )


ROOT, LEARNED = "1/sqrt(L)", "learned"
CASES: list[tuple[str, dict[str, Any]]] = [
    ("plain", {"family": "plain"}),
    ("plain(norm=batch)", {"family": "plain", "norm": "batch"}),
    ("residual(norm=rms, alpha=0.25)", {"family": "residual", "norm": "rms", "alpha": 0.25}),
    ("residual(norm=layer, init=zero)", {"family": "residual", "norm": "layer"}),
    ("rezero", {"family": "residual", "alpha": LEARNED}),
    ("basic_block(init=zero)", {"family": "basic_block", "norm": "batch"}),
    ("basic_block(norm=rms, init=zero)", {"family": "basic_block", "norm": "rms"}),
    (f"basic_block(norm=none, alpha={ROOT})", {"family": "basic_block", "alpha": 3**-0.5}),
    ("preact(alpha=0.5)", {"family": "preact", "norm": "batch", "alpha": 0.5}),
    ("preact(norm=layer)", {"family": "preact", "norm": "layer"}),
    ("fixup", {"family": "preact"}),
    ("skipinit", {"family": "preact", "alpha": LEARNED}),
    ("pre_norm(init=gpt2)", {"family": "pre_norm", "norm": "layer"}),
    ("pre_norm(norm=batch, init=zero)", {"family": "pre_norm", "norm": "batch"}),
    (f"swiglu(alpha={ROOT})", {"family": "pre_norm", "norm": "rms", "glu": True, "alpha": 3**-0.5}),
    ("pre_norm(norm=none, glu=yes)", {"family": "pre_norm", "glu": True}),
    ("post_norm(alpha=0.5)", {"family": "post_norm", "norm": "layer", "alpha": 0.5}),
    ("post_norm(norm=batch, glu=yes)", {"family": "post_norm", "norm": "batch", "glu": True}),
    ("post_norm(norm=rms, expansion=2)", {"family": "post_norm", "norm": "rms"}),
    ("deepnorm", {"family": "post_norm", "norm": "layer", "skip": 6**0.25}),
]  # fmt: skip


@IN_EACH
@pytest.mark.parametrize(("spec", "rule"), CASES, ids=[spec for spec, _ in CASES])
def test_a_stack_computes_what_the_formula_says(
    framework: str, spec: str, rule: dict[str, Any]
) -> None:
    compared(framework, spec, "silu" if rule.get("glu") else "gelu", rule)


PARAMETERS = [
    "leaky_relu(0.2)", "elu(0.5)", "celu(2)", "silu(1.7)", "softplus(2, 3)", "squareplus(1)",
    "sin(3)", "prelu(0.1)", "hardtanh(-0.5, 0.7)", "softshrink(0.2)", "hardshrink(0.2)",
    "threshold(0.2, -0.3)",
]  # fmt: skip


@IN_EACH
@pytest.mark.parametrize("name", [*ACTIVATIONS, *PARAMETERS])
def test_each_activation_is_that_of_this_name(framework: str, name: str) -> None:
    """What is called in the block is called here, on numbers to both sides of every kink."""
    if name == "rrelu":
        pytest.skip("its slope is drawn at each step of training")
    code = block_lines("residual", name, "he_normal", 6, 1)[framework]
    called = re.search(r"return h \+ (.*)\(?self\.linear\(h\)", code)
    assert called is not None
    if called[1] == "self.f(":  # it has a parameter
        compared(framework, "residual", name, {"family": "residual"}, depth=1)
        return
    z = np.linspace(-7.03, 7.01, 560)
    found = function(framework, code.split("model =")[0], called[1].strip("("), z)
    unit = float(np.finfo(found.dtype).eps)
    wanted = activation(name)(z.astype(found.dtype).astype(np.float64))
    np.testing.assert_allclose(found, wanted, rtol=16.0 * unit, atol=32.0 * unit)


# ------------------------------------------------------------ what is drawn

WIDE = 160
CUT = float(truncnorm(-2.0, 2.0).stats("k")) + 3.0
KURTOSIS = {"normal": 3.0, "uniform": 1.8, "truncated": CUT}

GAIN = {"tanh": 5.0 / 3.0, "leaky": math.sqrt(2.0 / (1.0 + 0.3**2))}
Std = Callable[[int, int], float]
RECIPES: dict[str, tuple[str, Std]] = {
    "kaiming_normal": ("normal", lambda i, o: math.sqrt(2.0 / i)),
    "kaiming_normal(mode=fan_out)": ("normal", lambda i, o: math.sqrt(2.0 / o)),
    "kaiming_normal(nonlinearity=tanh)": ("normal", lambda i, o: GAIN["tanh"] / math.sqrt(i)),
    "kaiming_uniform(a=0.3)": ("uniform", lambda i, o: GAIN["leaky"] / math.sqrt(i)),
    "xavier_normal(gain=1.5)": ("normal", lambda i, o: 1.5 * math.sqrt(2.0 / (i + o))),
    "xavier_uniform": ("uniform", lambda i, o: math.sqrt(2.0 / (i + o))),
    "he_normal": ("truncated", lambda i, o: math.sqrt(2.0 / i)),
    "glorot_uniform": ("uniform", lambda i, o: math.sqrt(2.0 / (i + o))),
    "lecun_normal": ("truncated", lambda i, o: math.sqrt(1.0 / i)),
    "variance_scaling(3, mode=fan_avg, distribution=uniform)": (
        "uniform",
        lambda i, o: math.sqrt(6.0 / (i + o)),
    ),
    "truncated_normal(std=0.1)": ("truncated", lambda i, o: 0.1 * 0.87962566103423978),
    "normal(sigma_w=1.5, sigma_b=0.3)": ("normal", lambda i, o: 1.5 / math.sqrt(i)),
    "normal(std=0.02)": ("normal", lambda i, o: 0.02),
    "uniform(bound=0.06)": ("uniform", lambda i, o: 0.06 / math.sqrt(3.0)),
    "uniform(sigma_w=1.2)": ("uniform", lambda i, o: 1.2 / math.sqrt(i)),
    "critical(sigma_b2=0.05)": ("normal", lambda i, o: math.sqrt(1.7609546396 / i)),  # of tanh
    "pytorch_linear": ("uniform", lambda i, o: math.sqrt(1.0 / (3.0 * i))),
}
BIASES: dict[str, Std] = {
    "normal(sigma_w=1.5, sigma_b=0.3)": lambda i, o: 0.3,
    "critical(sigma_b2=0.05)": lambda i, o: math.sqrt(0.05),
    "pytorch_linear": RECIPES["pytorch_linear"][1],
}


def check(values: Array, std: float, kind: str) -> None:
    """The mean, the deviation and the fourth moment, within four standard errors."""
    size, kappa = values.size, KURTOSIS[kind]
    assert abs(values.mean()) < 4.0 * std / math.sqrt(size)
    assert values.std() == pytest.approx(std, rel=2.0 * math.sqrt((kappa - 1.0) / size))
    found = float(np.mean((values / values.std()) ** 4))
    assert found == pytest.approx(kappa, abs=4.0 * math.sqrt(24.0 / size))


def pooled(drawn: Parameters, name: str) -> Array:
    return np.concatenate([v.ravel() for key, v in drawn.items() if key.endswith(f".{name}")])


@IN_EACH
@pytest.mark.parametrize("init", RECIPES)
def test_weights_are_drawn_after_the_recipe_times_the_factor(framework: str, init: str) -> None:
    """Of a gpt2 block: the second matrix has 1/√(2L) more; biases have no factor."""
    code = block_lines("pre_norm(init=gpt2, expansion=2)", "tanh", init, WIDE, 2)[framework]
    kind, std = RECIPES[init]
    with pasted(framework, code) as (drawn, _):
        for name, (n_in, n_out), factor in (
            ("fc1", (WIDE, 2 * WIDE), 1.0), ("fc2", (2 * WIDE, WIDE), 0.5),
        ):  # fmt: skip
            check(pooled(drawn, f"{name}.weight"), factor * std(n_in, n_out), kind)
            biases = pooled(drawn, f"{name}.bias")
            if init in BIASES:
                wanted = BIASES[init](n_in, n_out)
                assert biases.std() == pytest.approx(wanted, rel=4.0 / math.sqrt(2 * biases.size))
            else:
                assert not biases.any()
        # Each matrix has numbers of its own.
        assert not np.allclose(drawn["0.fc1.weight"], drawn["1.fc1.weight"])
        assert (pooled(drawn, "norm.weight") == 1.0).all()
        assert not pooled(drawn, "norm.bias").any()


@IN_EACH
@pytest.mark.parametrize("init", ["he_normal", "xavier_uniform", "kaiming_normal", "normal(1.5)"])
def test_weights_without_a_factor_are_the_recipes(framework: str, init: str) -> None:
    wide = {"normal(1.5)": ("normal", lambda i, o: 1.5 / math.sqrt(i))}
    kind, std = {**RECIPES, **wide}[init]
    code = block_lines("swiglu(expansion=2)", "silu", init, WIDE, 2)[framework]
    with pasted(framework, code) as (drawn, _):
        for name in ("gate", "up"):  # each has fans of its own, not of both together
            check(pooled(drawn, f"{name}.weight"), std(WIDE, 2 * WIDE), kind)
        check(pooled(drawn, "down.weight"), std(2 * WIDE, WIDE), kind)
        assert not np.allclose(drawn["0.gate.weight"], drawn["0.up.weight"])


@IN_EACH
@pytest.mark.parametrize(
    ("spec", "first", "last"),
    [("deepnorm", 16**-0.25, 16**-0.25), ("fixup", 2**-0.5, 0.0), ("preact(init=zero)", 1.0, 0.0)],
)
def test_the_factors_of_an_initialisation(
    framework: str, spec: str, first: float, last: float
) -> None:
    code = block_lines(spec, "relu", "normal(sigma_w=1.5, sigma_b=0.3)", WIDE, 2)[framework]
    with pasted(framework, code) as (drawn, _):
        n_in = drawn["0.fc1.weight"].shape[1]
        check(pooled(drawn, "fc1.weight"), first * 1.5 / math.sqrt(n_in), "normal")
        n_in = drawn["0.fc2.weight"].shape[1]
        if last:
            check(pooled(drawn, "fc2.weight"), last * 1.5 / math.sqrt(n_in), "normal")
        else:
            assert not pooled(drawn, "fc2.weight").any()
        assert pooled(drawn, "fc2.bias").any() == bool(last)
        assert pooled(drawn, "fc1.bias").any()


@IN_EACH
@pytest.mark.parametrize("norm", ["batch", "layer", "rms"])
def test_a_zero_initialised_basic_block_has_a_norm_of_0_and_is_f(framework: str, norm: str) -> None:
    code = block_lines(f"basic_block(norm={norm}, init=zero)", "tanh", "he_normal", 8, 2)[framework]
    x = np.random.default_rng(3).normal(size=(5, 8))
    with pasted(framework, code) as (drawn, run):
        assert not pooled(drawn, "norm2.weight").any()
        assert (pooled(drawn, "norm1.weight") == 1.0).all()
        assert drawn["0.fc2.weight"].all()
        found = run(drawn, x)
        unit = float(np.finfo(found.dtype).eps)
        np.testing.assert_allclose(found, np.tanh(np.tanh(x)), rtol=10.0 * unit)


@IN_EACH
@pytest.mark.parametrize("spec", ["rezero", "skipinit", "residual(init=zero)", "fixup"])
def test_what_begins_as_the_identity_is_it(framework: str, spec: str) -> None:
    code = block_lines(spec, "gelu", "pytorch_linear", 8, 3)[framework]
    x = np.random.default_rng(3).normal(size=(5, 8))
    with pasted(framework, code) as (drawn, run):
        found = run(drawn, x)
        assert (found == x.astype(found.dtype)).all()


@IN_EACH
@pytest.mark.parametrize("gain", [1.0, 1.5])
def test_orthogonal_weights_are_orthonormal_times_gain_and_factor(
    framework: str, gain: float
) -> None:
    init = f"orthogonal(gain={gain})"
    code = block_lines("pre_norm(init=gpt2, expansion=2)", "relu", init, 16, 8)[framework]
    with pasted(framework, code) as (drawn, _):
        tall, wide = drawn["0.fc1.weight"], drawn["0.fc2.weight"]
        tolerance = 1e-5  # Flax draws in float32
        np.testing.assert_allclose(tall.T @ tall, gain**2 * np.eye(16), atol=tolerance)
        np.testing.assert_allclose(wide @ wide.T, gain**2 / 16.0 * np.eye(16), atol=tolerance)


@IN_EACH
def test_the_widths_and_the_depth_are_those_asked_for(framework: str) -> None:
    code = block_lines("pre_norm(expansion=1.5)", "relu", "he_normal", 10, 4)[framework]
    with pasted(framework, code) as (drawn, _):
        assert {key.split(".")[0] for key in drawn} == {"0", "1", "2", "3"}
        assert drawn["3.fc1.weight"].shape == (15, 10)
        assert drawn["3.fc2.weight"].shape == (10, 15)


def test_a_stack_without_a_unit_inside_is_refused() -> None:
    with pytest.raises(InputError):
        block_lines("post_norm(expansion=0.01)", "relu", "he_normal", 10, 4)
