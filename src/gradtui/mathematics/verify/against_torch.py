"""Random setups against PyTorch's autograd, on the CPU in float64.

Glossary: L = Σ u ∘ y the loss, of which PyTorch takes every derivative; norms are compared as
log10.

Setups stay where PyTorch itself is exact: its tanh′ is 1 - tanh², its GELU has 1 + erf; its
hardsigmoid and hardswish hold 1/6 in float32, its celu 1/α, which is up to 6e-8 beside it. What
norms take away of a gradient cancels, in PyTorch and here: beside the largest norm of a setup, of
one that is smaller by 10^-k there are k digits fewer.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.blocks.flow import network_flow
from gradtui.mathematics.blocks.records import (
    BatchNorm,
    Elementwise,
    Gated,
    Layer,
    LayerNorm,
    Linear,
    Residual,
    RMSNorm,
)
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.flow import gradient_flow
from gradtui.mathematics.recurrent.flow import recurrent_flow
from gradtui.mathematics.spec import number
from gradtui.mathematics.verify.check import Check, Pair, worst
from gradtui.progress import Tick, unwatched

Random = np.random.Generator

_TOLERANCE = 1e-9
_LOST = 1e-13
"""What float64 loses of a gradient of which a norm takes all but this."""
_NO_DIGIT = 0.1
_VALUE, _VALUE_BY_FLOAT32 = 1e-12, 1e-7


def torch_here() -> Any:
    """PyTorch, imported only when it is asked for.

    Raises:
        InputError: it is not there, or cannot be imported.
    """
    try:
        import torch
    except (ImportError, OSError) as error:
        raise InputError(
            "against", "torch", f"installed here ({error})",
            "pip install torch, or leave it out to compare with the numbers that are shipped",
        ) from error  # fmt: skip
    return torch


def against_torch(
    setups: int, seed: int = 0, groups: Sequence[str] = (), tick: Tick = unwatched
) -> Iterator[Check]:
    """A check of each of so many random setups, of the groups in turn.

    Args:
        setups: how many.
        seed: of the random numbers; setup k of a seed is the same however many there are.
        groups: some of `AGAINST_TORCH`, or none for all.
        tick: told the share that is done, a setup at a time.

    Raises:
        InputError: PyTorch is not there, or cannot be imported.
    """
    torch = torch_here()
    source = f"PyTorch {torch.__version__}"
    chosen = [_SETUPS[group] for group in groups or _SETUPS]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # of numbers so few, another one takes longer to wake
    try:
        for at, setup in zip(range(setups), itertools.cycle(chosen), strict=False):
            tick(at / setups)
            group, what, pairs = setup(torch, np.random.default_rng((seed, at)))
            yield worst(group, f"{at + 1}: {what}", pairs, source)
    finally:
        torch.set_num_threads(threads)
    tick(1.0)


# ---------------------------------------------------------------- activations


def _uniform(random: Random, low: float, high: float) -> float:
    return round(float(random.uniform(low, high)), 3)


Function = Callable[[Any], Any]

_MODULES = {
    "sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "ReLU", "selu": "SELU", "gelu": "GELU",
    "mish": "Mish", "identity": "Identity", "softsign": "Softsign", "logsigmoid": "LogSigmoid",
    "tanhshrink": "Tanhshrink", "relu6": "ReLU6", "hardsigmoid": "Hardsigmoid",
    "hardswish": "Hardswish", "silu": "SiLU", "leaky_relu": "LeakyReLU", "elu": "ELU",
    "celu": "CELU", "softplus": "Softplus", "hardtanh": "Hardtanh", "softshrink": "Softshrink",
    "hardshrink": "Hardshrink", "threshold": "Threshold",
}  # fmt: skip
"""PyTorch's class by our name; the parameters have one name in both."""


def _functions(torch: Any, p: Mapping[str, float]) -> Mapping[str, Callable[[], Function]]:
    """What is no class with our parameters."""
    return {
        "rrelu": lambda: torch.nn.RReLU(**p).eval(),
        "prelu": lambda: lambda z: torch.nn.functional.leaky_relu(z, p["init"]),
        "gelu_tanh": lambda: torch.nn.GELU("tanh"),
        "erf": lambda: torch.erf,
        "arctan": lambda: torch.atan,
        "sin": lambda: lambda z: torch.sin(p["omega"] * z),
    }


_NAMES = (*_MODULES, *_functions(None, {}))
_DRAWN: Mapping[str, Callable[[Random], dict[str, float]]] = {
    "leaky_relu": lambda random: {"negative_slope": _uniform(random, 0.001, 0.9)},
    "prelu": lambda random: {"init": _uniform(random, 0.001, 0.9)},
    "rrelu": lambda random: {
        "lower": _uniform(random, 0.05, 0.2), "upper": _uniform(random, 0.2, 0.6)
    },
    "elu": lambda random: {"alpha": _uniform(random, 0.2, 2.0)},
    "celu": lambda random: {"alpha": _uniform(random, 0.2, 2.0)},
    "softplus": lambda random: {"beta": _uniform(random, 0.3, 4.0)},
    "hardtanh": lambda random: {
        "min_val": _uniform(random, -2.0, -0.2), "max_val": _uniform(random, 0.2, 2.0)
    },
    "softshrink": lambda random: {"lambd": _uniform(random, 0.1, 1.0)},
    "hardshrink": lambda random: {"lambd": _uniform(random, 0.1, 1.0)},
    "threshold": lambda random: {
        "threshold": _uniform(random, -1.0, 1.0), "value": _uniform(random, -1.0, 1.0)
    },
    "sin": lambda random: {"omega": _uniform(random, 0.3, 1.0)},
}  # fmt: skip
_BY_FLOAT32 = {"hardsigmoid", "hardswish", "celu"}
_IN_NETWORKS = (
    *("sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "gelu_tanh", "silu"),
    *("mish", "softplus", "softsign", "identity", "arctan", "sin", "relu6", "hardtanh", "prelu"),
)
"""Those that PyTorch computes in float64 to the last digits, and none that is chaotic."""


def _any(random: Random, names: Sequence[str]) -> str:
    """The text form of one of them."""
    name = names[int(random.integers(len(names)))]
    drawn = _DRAWN[name](random) if name in _DRAWN else {}
    return activation(name, **drawn).spec


def _torch_activation(torch: Any, spec: str) -> Function:
    f = activation(spec)
    functions = _functions(torch, f.parameters)
    if f.name in functions:
        return functions[f.name]()
    module = getattr(torch.nn, _MODULES[f.name])
    found: Function = module(**f.parameters) if f.name in _DRAWN else module()
    return found


def _activation(torch: Any, random: Random) -> tuple[str, str, list[Pair]]:
    """f and f′ at some numbers."""
    spec = _any(random, _NAMES)
    f, z = activation(spec), random.normal(0.0, 3.0, 40)
    there = torch.tensor(z, requires_grad=True)
    value = _torch_activation(torch, spec)(there)
    value.sum().backward()
    tolerance = _VALUE_BY_FLOAT32 if f.name in _BY_FLOAT32 else _VALUE
    pairs = [
        Pair(
            f", {name}({one:.6g})",
            repr(true),
            got,
            abs(got - true) / max(abs(true), 1.0),
            tolerance,
        )
        for name, ours, theirs in (("f", f(z), value), ("f′", f.derivative(z), there.grad))
        for one, got, true in zip(z.tolist(), ours.tolist(), theirs.tolist(), strict=True)
    ]
    return "activations", spec, pairs


# --------------------------------------------------------------- their norms


def _log10(tensor: Any) -> float:
    norm = 0.0 if tensor is None else float(tensor.detach().norm())
    return math.log10(norm) if norm else -math.inf


def _pair(where: str, true: float, got: float, largest: float = -math.inf) -> Pair:
    """Two logarithms; `largest` that beside which this one may have cancelled."""
    tolerance = _TOLERANCE
    if true == -math.inf or got == -math.inf:
        error = 0.0 if true == got else math.inf
        # What is zero to rounding for one may be exactly so for the other.
        rest = max(true, got)
        if error and rest < largest - 12.0:
            error = 0.0
        return Pair(where, repr(true), got, error, tolerance)
    lost = _LOST * 10.0 ** min(max(largest - true, 0.0), 300.0)
    if lost > _NO_DIGIT:
        near = got < largest - 12.0
        return Pair(where, repr(true), got, 0.0 if near else math.inf, tolerance)
    return Pair(where, repr(true), got, abs(got - true), tolerance + lost)


def _leaf(torch: Any, values: Array) -> Any:
    return torch.tensor(np.asarray(values), requires_grad=True)


def _some(random: Random, low: int, high: int) -> int:
    return int(random.integers(low, high + 1))


# ------------------------------------------------------------------- networks


def _network(torch: Any, random: Random) -> tuple[str, str, list[Pair]]:
    """∂L/∂W, ∂L/∂b and ∂L/∂a of every layer."""
    spec = _any(random, _IN_NETWORKS)
    widths = [_some(random, 2, 12) for _ in range(_some(random, 1, 25) + 1)]
    batch, sigma_w = _some(random, 1, 8), float(random.uniform(0.5, 1.5))
    w = [random.normal(0.0, sigma_w / math.sqrt(m), (n, m)) for m, n in itertools.pairwise(widths)]
    b = [random.normal(0.0, 0.3, n) for n in widths[1:]] if random.random() < 0.7 else None
    x, upstream = random.normal(size=(batch, widths[0])), random.normal(size=(batch, widths[-1]))
    flow = gradient_flow(spec, w, b, x, upstream)
    f = _torch_activation(torch, spec)
    weights = [_leaf(torch, one) for one in w]
    biases = None if b is None else [_leaf(torch, one) for one in b]
    a = [_leaf(torch, x)]
    for at, one in enumerate(weights):
        a.append(f(torch.nn.functional.linear(a[-1], one, None if biases is None else biases[at])))
        a[-1].retain_grad()
    (a[-1] * torch.tensor(upstream)).sum().backward()
    pairs = [
        _pair(f", ∂L/∂a {at}", _log10(one.grad), float(flow.log10_grad_hidden[at]))
        for at, one in enumerate(a)
    ]
    for name, theirs, ours in (
        ("W", weights, flow.log10_grad_weights),
        ("b", biases or [], flow.log10_grad_biases),
    ):
        pairs += [
            _pair(f", ∂L/∂{name} {at}", _log10(one.grad), float(got))
            for at, (one, got) in enumerate(zip(theirs, ours, strict=False), 1)
        ]
    return "networks", f"{spec}, {len(w)} layers, batch {batch}", pairs


# ----------------------------------------------------------------------- time


def _cell(torch: Any, random: Random) -> tuple[str, str, list[Pair]]:
    """∂L/∂h of every step, ∂L/∂c_0, and the gradients of the parameters, of torch.nn's cells."""
    cell = ("tanh", "relu", "gru", "lstm")[_some(random, 0, 3)]
    n, m, batch, steps = (_some(random, *r) for r in ((2, 8), (1, 5), (1, 5), (1, 40)))
    biased = bool(random.random() < 0.7)
    kinds = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
    if cell in kinds:
        module = kinds[cell](m, n, bias=biased)
    else:
        module = torch.nn.RNN(m, n, nonlinearity=cell, bias=biased)
    module = module.double()
    scale = float(random.uniform(0.3, 1.3))
    parameters = {
        name: random.normal(0.0, scale / math.sqrt(one.shape[-1]), tuple(one.shape))
        for name, one in module.named_parameters()
    }
    with torch.no_grad():
        for name, one in module.named_parameters():
            one.copy_(torch.tensor(parameters[name]))
    x, upstream = random.normal(size=(steps, batch, m)), random.normal(size=(batch, n))
    flow = recurrent_flow(cell, parameters, x, upstream)
    start = [_leaf(torch, np.zeros((1, batch, n))) for _ in range(2 if cell == "lstm" else 1)]
    h, hidden = tuple(start), [start[0]]
    for one in torch.tensor(x):
        state = module(one[None], h if cell == "lstm" else h[0])[1]
        h = state if cell == "lstm" else (state,)
        h[0].retain_grad()
        hidden.append(h[0])
    (h[0][0] * torch.tensor(upstream)).sum().backward()
    pairs = [
        _pair(f", ∂L/∂h {t}", _log10(one.grad), float(flow.log10_grad_hidden[t]))
        for t, one in enumerate(hidden)
    ]
    if flow.log10_grad_cell is not None:
        pairs.append(_pair(", ∂L/∂c 0", _log10(start[1].grad), float(flow.log10_grad_cell[0])))
    pairs += [
        _pair(f", {name}", _log10(one.grad), flow.log10_grad_parameters[name])
        for name, one in module.named_parameters()
    ]
    return "time", f"{cell}, {n} units, {steps} steps", pairs


# --------------------------------------------------------------------- blocks


def _layers(random: Random, n: int, batch: int, count: int, nesting: int) -> list[Layer]:
    """Some layers that keep n units."""
    kinds = ["linear", "elementwise", "gated", "layer", "rms", *["batch"] * (batch > 2)]
    kinds += ["residual"] * (3 * nesting)
    found: list[Layer] = []
    for _ in range(count):
        kind = kinds[_some(random, 0, len(kinds) - 1)]
        weight = random.normal(1.0, 0.3, n) if random.random() < 0.6 else None
        bias = random.normal(0.0, 0.5, n) if random.random() < 0.6 else None
        eps = 10.0 ** -_some(random, 3, 8)
        square = random.normal(0.0, n**-0.5, (n, n))
        if kind == "linear":
            found.append(Linear(square, bias))
        elif kind == "elementwise":
            found.append(Elementwise(_any(random, _IN_NETWORKS)))
        elif kind == "gated":
            both = random.normal(0.0, n**-0.5, (2 * n, n))
            found += [Linear(both), Gated(_any(random, ("silu", "gelu", "sigmoid", "relu")))]
        elif kind == "layer":
            found.append(LayerNorm(weight, bias, eps))
        elif kind == "rms":
            found.append(RMSNorm(weight, eps))
        elif kind == "batch":
            found.append(BatchNorm(weight, bias, eps))
        else:
            branch = [*_layers(random, n, batch, 3, nesting - 1), Linear(square, bias)]
            found.append(Residual(branch, _uniform(random, 0.1, 1.0)))
    return found


def _blocks(torch: Any, random: Random) -> tuple[str, str, list[Pair]]:
    """∂L/∂h of every layer, and the gradient of every parameter."""
    n, batch = _some(random, 3, 8), _some(random, 1, 8)
    layers = _layers(random, n, batch, _some(random, 2, 9), 2)
    x, upstream = random.normal(size=(batch, n)), random.normal(size=(batch, n))
    flow = network_flow(layers, x, upstream)
    parameters = _parameters(torch, layers)
    hidden = [_leaf(torch, x)]
    for at, layer in enumerate(layers):
        hidden.append(_run(torch, layer, f"{at}", hidden[-1], parameters))
        hidden[-1].retain_grad()
    (hidden[-1] * torch.tensor(upstream)).sum().backward()
    pairs, states = [], [_log10(one.grad) for one in hidden]
    for at, true in enumerate(states):
        pairs.append(
            _pair(f", ∂L/∂h {at}", true, float(flow.log10_grad_hidden[at]), max(states[at:]))
        )
    logs = {name: _log10(one.grad) for name, one in parameters.items()}
    most = max([*states, *logs.values()])
    pairs += [_pair(f", {key}", logs[key], flow.log10_grad_parameters[key], most) for key in logs]
    return "blocks", f"{_in_words(layers)}, batch {batch}", pairs


def _in_words(layers: Sequence[Layer]) -> str:
    """What there is, each kind once."""
    kinds = dict.fromkeys(type(layer).__name__ for layer in layers)
    return f"{number(len(layers))} layers ({', '.join(kinds)})"


def _parameters(torch: Any, layers: Sequence[Layer], before: str = "") -> dict[str, Any]:
    """A tensor of every parameter that was given, by PyTorch's name."""
    found: dict[str, Any] = {}
    for at, layer in enumerate(layers):
        name = f"{before}{at}"
        if isinstance(layer, Residual):
            found[f"{name}.scale"] = _leaf(torch, np.asarray(float(layer.scale)))
            found |= _parameters(torch, layer.branch, f"{name}.branch.")
        for which in ("weight", "bias"):
            given = getattr(layer, which, None)
            if given is not None:
                found[f"{name}.{which}"] = _leaf(torch, np.asarray(given))
    return found


def _run(torch: Any, layer: Layer, name: str, h: Any, p: Mapping[str, Any]) -> Any:
    """One layer as torch.nn.functional has it."""
    functional, n = torch.nn.functional, h.shape[1]
    weight, bias = p.get(f"{name}.weight"), p.get(f"{name}.bias")
    if isinstance(layer, Linear):
        return functional.linear(h, weight, bias)
    if isinstance(layer, Elementwise):
        return _torch_activation(torch, str(layer.activation))(h)
    if isinstance(layer, Gated):
        gate, rest = h.chunk(2, dim=1)
        return _torch_activation(torch, str(layer.activation))(gate) * rest
    if isinstance(layer, LayerNorm):
        return functional.layer_norm(h, (n,), weight, bias, layer.eps)
    if isinstance(layer, RMSNorm):
        return functional.rms_norm(h, (n,), weight, layer.eps)
    if isinstance(layer, BatchNorm):
        return functional.batch_norm(h, None, None, weight, bias, True, 0.0, layer.eps)
    y = h
    for at, one in enumerate(layer.branch):
        y = _run(torch, one, f"{name}.branch.{at}", y, p)
    return h + p[f"{name}.scale"] * y


_SETUPS = {"activations": _activation, "networks": _network, "time": _cell, "blocks": _blocks}
