"""Backpropagation through time, against independent ways to the same number.

Norms are compared as log10, to 1e-10 absolute. The loss is L = Σ u ∘ h_T; what reaches h_t and c_t
is taken as that of a nudge to the state that the next step reads. Where magnitudes leave float64
the reference is mpmath, whose exponents are unbounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as anp
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from mpmath import mp, mpf

from gradtui.errors import InputError
from gradtui.mathematics import memory
from gradtui.mathematics.chain import chain
from gradtui.mathematics.network.flow import gradient_flow
from gradtui.mathematics.recurrent import flow as flow_module
from gradtui.mathematics.recurrent.flow import RecurrentFlow, recurrent_flow

TOLERANCE = 1e-10
INF = math.inf
BLOCKS = {"gru": 3, "lstm": 4}
WEIGHTS = ("weight_ih_l0", "weight_hh_l0")
BIASES = ("bias_ih_l0", "bias_hh_l0")

Parameters = dict[str, np.ndarray]
Given = tuple[Parameters, np.ndarray, np.ndarray]


def drawn(
    cell: str, steps: int, batch: int, inputs: int, n: int, scale: float = 1.0, seed: int = 0
) -> Given:
    random = np.random.default_rng(seed)
    rows = BLOCKS.get(cell, 1) * n
    parameters = {
        "weight_ih_l0": random.normal(0, scale / math.sqrt(inputs), (rows, inputs)),
        "weight_hh_l0": random.normal(0, scale / math.sqrt(n), (rows, n)),
        "bias_ih_l0": random.normal(0, 0.3, rows),
        "bias_hh_l0": random.normal(0, 0.3, rows),
    }
    return parameters, random.normal(size=(steps, batch, inputs)), random.normal(size=(batch, n))


def unbiased(given: Given) -> Given:
    parameters, x, upstream = given
    return {name: parameters[name] for name in WEIGHTS}, x, upstream


def assert_logs(got: Any, true: Any, rtol: float = 0.0) -> None:
    got, true = np.asarray(got), np.asarray(true, dtype=np.float64)
    assert got.dtype == np.float64
    assert np.array_equal(got == -INF, true == -INF)
    finite = np.isfinite(true)
    np.testing.assert_allclose(got[finite], true[finite], rtol=rtol, atol=TOLERANCE)


def assert_flow(got: RecurrentFlow, true: dict[str, Any], rtol: float = 0.0) -> None:
    assert_logs(got.log10_grad_hidden, true["hidden"], rtol)
    assert_logs(got.log10_hidden, true["states"], rtol)
    assert (got.log10_grad_cell is None) == (true["cell"] is None)
    if got.log10_grad_cell is not None:
        assert_logs(got.log10_grad_cell, true["cell"], rtol)
    assert set(got.log10_grad_parameters) == set(true["parameters"])
    for name, log in true["parameters"].items():
        assert_logs(got.log10_grad_parameters[name], log, rtol)
    if got.log10_grad_parameters_entries is not None:
        assert set(got.log10_grad_parameters_entries) == set(true["parameters"])
        for name, logs in got.log10_grad_parameters_entries.items():
            assert_entries(logs, true["entries"][name], true["parameters"][name])


def assert_entries(got: np.ndarray, true: np.ndarray, norm: float) -> None:
    """Where what is added cancels, as much beside the norm is rounding."""
    assert got.dtype == np.float64
    assert got.shape == true.shape
    if norm == -INF:
        assert (got == -INF).all()
        return
    np.testing.assert_allclose(10.0 ** (got - norm), 10.0 ** (true - norm), rtol=1e-9, atol=1e-13)
    assert abs(math.log10(np.linalg.norm(10.0 ** (got - norm)))) < TOLERANCE


def log10_norm(values: Any) -> float:
    """log10 of the norm, of values whose squares may underflow."""
    values = np.asarray(values)
    top = float(np.abs(values).max())
    return math.log10(top) + math.log10(np.linalg.norm(values / top)) if top else -INF


def log10_each(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log10(np.abs(values))


# --- against HIPS autograd -----------------------------------------------------------------------


def logistic(z: Any) -> Any:
    return 0.5 * (1.0 + anp.tanh(0.5 * z))


PLAIN: dict[str, Callable[[Any], Any]] = {
    "tanh": anp.tanh,
    "relu": lambda z: anp.maximum(z, 0.0),
    "sigmoid": logistic,
    "silu": lambda z: z * logistic(z),
    "leaky_relu(0.2)": lambda z: anp.where(z > 0, z, 0.2 * z),
    "identity": lambda z: z,
}


def one_step(cell: str, p: Any, x: Any, h: Any, c: Any, nudge: Any = 0.0) -> tuple[Any, Any]:
    """PyTorch's documentation in so many words; the nudge is one to c_t."""
    by_x = anp.dot(x, p["weight_ih_l0"].T) + p.get("bias_ih_l0", 0.0)
    by_h = anp.dot(h, p["weight_hh_l0"].T) + p.get("bias_hh_l0", 0.0)
    n = h.shape[1]

    def block(values: Any, at: int) -> Any:
        return values[:, at * n : (at + 1) * n]

    if cell == "gru":
        r = logistic(block(by_x, 0) + block(by_h, 0))
        z = logistic(block(by_x, 1) + block(by_h, 1))
        new = anp.tanh(block(by_x, 2) + r * block(by_h, 2))
        return (1.0 - z) * new + z * h, c
    if cell == "lstm":
        i, f, g, o = (block(by_x, at) + block(by_h, at) for at in range(4))
        c = logistic(f) * c + logistic(i) * anp.tanh(g) + nudge
        return logistic(o) * anp.tanh(c), c
    return PLAIN[cell](by_x + by_h), c


def by_autograd(cell: str, parameters: Parameters, x: Any, upstream: Any) -> dict[str, Any]:
    steps, shape = len(x), upstream.shape

    def states(p: Any, to_h: Any, to_c: Any) -> list[Any]:
        h, c = to_h[0], to_c[0]
        hidden = [h]
        for t in range(steps):
            h, c = one_step(cell, p, x[t], h, c, to_c[t + 1])
            h = h + to_h[t + 1]
            hidden.append(h)
        return hidden

    def loss(p: Any, to_h: Any, to_c: Any) -> Any:
        return anp.sum(upstream * states(p, to_h, to_c)[-1])

    zeros = [np.zeros(shape) for _ in range(steps + 1)]
    with np.errstate(over="ignore"):
        by_p, by_h, by_c = autograd.grad(loss, (0, 1, 2))(parameters, zeros, zeros)
    return {
        "hidden": [log10_norm(one) for one in by_h],
        "cell": [log10_norm(one) for one in by_c] if cell == "lstm" else None,
        "parameters": {name: log10_norm(one) for name, one in by_p.items()},
        "entries": {name: log10_each(one) for name, one in by_p.items()},
        "states": [log10_norm(one) for one in states(parameters, zeros, zeros)],
    }


CELLS = (*PLAIN, "gru", "lstm")


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("cell", CELLS)
def test_every_norm_is_that_of_automatic_differentiation(cell: str, scale: float) -> None:
    for steps, batch, inputs, n in ((1, 1, 3, 4), (1, 5, 2, 1), (9, 3, 5, 4), (30, 1, 1, 6)):
        if cell == "identity" and scale == 3.0 and steps == 30:
            continue  # beyond float64's digits: twenty decades of growth
        given = drawn(cell, steps, batch, inputs, n, scale, seed=steps)
        assert_flow(recurrent_flow(cell, *given, entries=True), by_autograd(cell, *given))
        bare = unbiased(given)
        assert_flow(recurrent_flow(cell, *bare, entries=True), by_autograd(cell, *bare))


@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
def test_steps_that_go_together_and_rows_that_do_not_are_the_same(
    cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = drawn(cell, 150, 7, 3, 12, 0.9, seed=1)
    true = by_autograd(cell, *given)
    assert_flow(recurrent_flow(cell, *given, entries=True), true)
    monkeypatch.setattr(flow_module, "_MOST_NUMBERS", 1)
    assert_flow(recurrent_flow(cell, *given, entries=True), true)  # row by row
    monkeypatch.setattr(flow_module, "TOGETHER", 1)
    assert_flow(recurrent_flow(cell, *given, entries=True), true)  # step by step


@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm"])
def test_the_gates_of_pytorch_s_cells_give_pytorch_s_norms(cell: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    kind = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
    for batch, steps, bias in ((1, 40, True), (20, 120, True), (3, 20, False)):
        parameters, x, upstream = drawn(cell, steps, batch, 5, 16, 1.2, seed=2)
        module = kind(5, 16, bias=bias, dtype=torch.float64)
        names = (*WEIGHTS, *BIASES * bias)
        given = {name: parameters[name] for name in names}
        module.load_state_dict({name: torch.tensor(value) for name, value in given.items()})
        weights = list(module.parameters())
        h, c = (torch.zeros(batch, 16, dtype=torch.float64, requires_grad=True) for _ in "hc")
        states, cells = [h], [c]
        for one in torch.tensor(x):
            if cell == "lstm":  # the module's h does not come by way of the c that it returns
                h, c = torch.lstm_cell(one, (h, c), *weights)
                cells.append(c)
            else:
                h = module(one[None], h[None])[1][0]
            states.append(h)
        wanted = [*weights, *states, *(cells if cell == "lstm" else [])]
        gradients = torch.autograd.grad(h, wanted, torch.tensor(upstream))
        logs = [math.log10(float(one.norm())) for one in gradients]
        got = recurrent_flow(cell, given, x, upstream, entries=True)
        assert_logs([got.log10_grad_parameters[name] for name in names], logs[: len(names)])
        assert got.log10_grad_parameters_entries is not None
        for name, true, norm in zip(names, gradients, logs, strict=False):
            entries = got.log10_grad_parameters_entries[name]
            assert_entries(entries, log10_each(true.numpy()), norm)
        assert_logs(got.log10_grad_hidden, logs[len(names) : len(names) + steps + 1])
        if got.log10_grad_cell is not None:
            assert_logs(got.log10_grad_cell, logs[len(names) + steps + 1 :])


# --- against fifty digits ------------------------------------------------------------------------


class Number:
    """A number with exponents that have no end, and how it came to be."""

    order: list[Number] = []  # noqa: RUF012 - one computation at a time

    def __init__(self, value: Any, *parents: tuple[Number, Any]) -> None:
        self.value, self.parents, self.gradient = mpf(value), parents, mpf(0)
        Number.order.append(self)

    def __add__(self, other: Number) -> Number:
        return Number(self.value + other.value, (self, 1), (other, 1))

    def __mul__(self, other: Number) -> Number:
        return Number(self.value * other.value, (self, other.value), (other, self.value))

    def __neg__(self) -> Number:
        return Number(-self.value, (self, -1))

    @staticmethod
    def back() -> None:
        """Run the chain rule from what has a gradient to where it came from."""
        for number in reversed(Number.order):
            if number.gradient:
                for parent, factor in number.parents:
                    parent.gradient += number.gradient * factor


def exact_sigmoid(z: Number) -> Number:
    e = mp.exp(-abs(z.value))
    value = 1 / (1 + e) if z.value > 0 else e / (1 + e)
    return Number(value, (z, e / (1 + e) ** 2))


EXACT: dict[str, Callable[[Number], Number]] = {
    "tanh": lambda z: Number(mp.tanh(z.value), (z, mp.sech(z.value) ** 2)),
    "sigmoid": exact_sigmoid,
    "relu": lambda z: Number(max(z.value, mpf(0)), (z, int(z.value > 0))),
    "identity": lambda z: Number(z.value, (z, 1)),
    "softplus": lambda z: (
        z if z.value > 20 else Number(mp.log1p(mp.exp(z.value)), (z, 1 / (1 + mp.exp(-z.value))))
    ),
    "relu_squared": lambda z: Number(max(z.value, mpf(0)) ** 2, (z, 2 * max(z.value, mpf(0)))),
}


def exact_step(
    cell: str, p: dict[str, Any], x: list[Number], h: list[Number], c: list[Number]
) -> tuple[list[Number], list[Number]]:
    n = len(h)

    def products(weight: str, bias: str, values: list[Number]) -> list[Number]:
        rows = []
        for at, row in enumerate(p[weight]):
            total = p[bias][at] if bias in p else Number(0)
            for w, value in zip(row, values, strict=True):
                total = total + w * value
            rows.append(total)
        return rows

    by_x, by_h = products(WEIGHTS[0], BIASES[0], x), products(WEIGHTS[1], BIASES[1], h)
    blocks = [
        [[values[at * n + j] for j in range(n)] for at in range(len(by_x) // n)]
        for values in (by_x, by_h)
    ]
    tanh = EXACT["tanh"]
    if cell == "gru":
        (r_x, z_x, n_x), (r_h, z_h, n_h) = blocks
        above = []
        for j in range(n):
            r, v = exact_sigmoid(r_x[j] + r_h[j]), z_x[j] + z_h[j]
            new = tanh(n_x[j] + r * n_h[j])
            above.append(exact_sigmoid(-v) * new + exact_sigmoid(v) * h[j])
        return above, c
    if cell == "lstm":
        both = [[a + b for a, b in zip(*pair, strict=True)] for pair in zip(*blocks, strict=True)]
        i, f, g, o = both
        c = [exact_sigmoid(f[j]) * c[j] + exact_sigmoid(i[j]) * tanh(g[j]) for j in range(n)]
        return [exact_sigmoid(o[j]) * tanh(c[j]) for j in range(n)], c
    return [EXACT[cell](a + b) for a, b in zip(by_x, by_h, strict=True)], c


def by_mpmath(
    cell: str, parameters: Parameters, x: Any, upstream: Any, digits: int = 50
) -> dict[str, Any]:
    def log10(values: list[mpf]) -> float:
        square = mp.fsum(v * v for v in values)
        return float(mp.log10(square) / 2) if square else -INF

    steps, (batch, n) = len(x), upstream.shape
    with mp.workdps(digits):
        Number.order.clear()
        p: dict[str, Any] = {}
        for name, values in parameters.items():
            numbers = [Number(float(v)) for v in values.reshape(-1)]
            shape = values.shape
            p[name] = (
                numbers
                if len(shape) == 1
                else [numbers[at * shape[1] : (at + 1) * shape[1]] for at in range(shape[0])]
            )
        hidden: list[list[Number]] = [[] for _ in range(steps + 1)]
        cells: list[list[Number]] = [[] for _ in range(steps + 1)]
        for row in range(batch):
            h, c = [Number(0) for _ in range(n)], [Number(0) for _ in range(n)]
            hidden[0] += h
            cells[0] += c
            for t in range(steps):
                h, c = exact_step(cell, p, [Number(float(v)) for v in x[t, row]], h, c)
                hidden[t + 1] += h
                cells[t + 1] += c
            for number, above in zip(h, upstream[row], strict=True):
                number.gradient += mpf(float(above))
        Number.back()
        flat = {
            name: values if parameters[name].ndim == 1 else [v for row in values for v in row]
            for name, values in p.items()
        }
        return {
            "hidden": [log10([v.gradient for v in some]) for some in hidden],
            "cell": [log10([v.gradient for v in some]) for some in cells]
            if cell == "lstm"
            else None,
            "parameters": {name: log10([v.gradient for v in some]) for name, some in flat.items()},
            "entries": {
                name: np.reshape([log10([v.gradient]) for v in some], parameters[name].shape)
                for name, some in flat.items()
            },
            "states": [log10([v.value for v in some]) for some in hidden],
        }


EXTREMES: dict[str, tuple[str, int, float, bool, float, float]] = {
    # cell, steps, scale of the weights, biases, scale of x and of upstream
    "a tanh that forgets": ("tanh", 400, 0.1, True, 1.0, 1.0),
    "a tanh that is nearly silent": ("tanh", 60, 0.2, False, 1e-200, 1.0),
    "a saturated tanh": ("tanh", 12, 900.0, True, 1.0, 1.0),
    "a sigmoid": ("sigmoid", 300, 1.0, True, 1.0, 1e-300),
    "a saturated sigmoid": ("sigmoid", 12, 3e3, True, 1.0, 1.0),
    "a relu that explodes": ("relu", 500, 9.0, True, 1.0, 1.0),
    "a relu that dies away": ("relu", 300, 0.05, False, 1.0, 1.0),
    "an identity that explodes": ("identity", 400, 30.0, True, 1.0, 1e250),
    "a softplus that explodes": ("softplus", 60, 30.0, True, 1.0, 1.0),
    "a square that runs away": ("relu_squared", 12, 9.0, True, 3.0, 1.0),
    "a GRU that forgets": ("gru", 150, 0.5, True, 1.0, 1e-200),
    "a GRU that is nearly silent": ("gru", 40, 0.5, False, 1e-180, 1.0),
    "a GRU in its tails": ("gru", 8, 5.0, True, 1.0, 1.0),
    "a GRU further out in its tails": ("gru", 12, 20.0, True, 1.0, 1.0),
    "a GRU far out in its tails": ("gru", 8, 150.0, True, 1.0, 1.0),
    "a GRU at the end of its tails": ("gru", 4, 2e3, True, 1.0, 1.0),
    "an LSTM that forgets": ("lstm", 150, 0.5, True, 1.0, 1e200),
    "an LSTM that is nearly silent": ("lstm", 40, 0.5, False, 1e-180, 1.0),
    "an LSTM in its tails": ("lstm", 8, 150.0, True, 1.0, 1.0),
    "an LSTM far out in its tails": ("lstm", 8, 4e3, True, 1.0, 1.0),
    "weights of 1e-300": ("lstm", 5, 1e-300, True, 1.0, 1.0),
    "weights of 1e280": ("tanh", 4, 1e280, False, 1e-279, 1.0),
    "inputs of 1e280": ("relu", 4, 1.0, True, 1e280, 1.0),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_what_leaves_float64_keeps_its_magnitude(name: str) -> None:
    cell, steps, scale, biased, at, above = EXTREMES[name]
    parameters, x, upstream = drawn(cell, steps, 2, 2, 3, scale, seed=11)
    given = parameters, x * at, upstream * above
    given = given if biased else unbiased(given)
    assert_flow(recurrent_flow(cell, *given), by_mpmath(cell, *given, digits=900), rtol=1e-14)


@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
def test_rows_of_one_batch_may_be_worlds_apart(cell: str) -> None:
    parameters, x, upstream = drawn(cell, 50, 4, 2, 3, 0.6, seed=5)
    x *= np.array([[1.0], [1e-160], [1.0], [1.0]])
    upstream *= np.array([[1e-300], [1e300], [1e-150], [0.0]])
    for given in ((parameters, x, upstream), unbiased((parameters, x, upstream))):
        assert_flow(recurrent_flow(cell, *given, entries=True), by_mpmath(cell, *given))


@pytest.mark.parametrize("a_step", [0.5, 2.0])
def test_an_entry_that_only_early_steps_add_to_is_right_however_small_or_large(
    a_step: float,
) -> None:
    """h_t = a h_{t-1} + w·x_t, the one input there at the first step and the other at the last."""
    steps = 900
    parameters = {"weight_ih_l0": np.ones((1, 2)), "weight_hh_l0": np.array([[a_step]])}
    x = np.zeros((steps, 1, 2))
    x[0, 0, 0], x[-1, 0, 1] = 3.0, 5.0
    got = recurrent_flow("identity", parameters, x, np.ones((1, 1)), entries=True)
    assert got.log10_grad_parameters_entries is not None
    early, late = got.log10_grad_parameters_entries["weight_ih_l0"][0]
    assert early == pytest.approx(math.log10(3.0) + (steps - 1) * math.log10(a_step), abs=1e-10)
    assert late == pytest.approx(math.log10(5.0), abs=1e-10)
    by_state = got.log10_grad_parameters_entries["weight_hh_l0"]  # Σ a^(T-t) h_(t-1)
    true = math.log10(3.0 * (steps - 1)) + (steps - 2) * math.log10(a_step)
    assert_logs(by_state, [[true]])


def test_entries_are_given_where_they_are_asked_for_and_change_nothing_else() -> None:
    given = drawn("lstm", 30, 3, 2, 8, 0.4, seed=3)
    plain, whole = (recurrent_flow("lstm", *given, entries=one) for one in (False, True))
    assert plain.log10_grad_parameters_entries is None
    assert whole.log10_grad_parameters_entries is not None
    assert_logs([*whole.log10_grad_parameters.values()], [*plain.log10_grad_parameters.values()])
    assert np.array_equal(whole.log10_grad_hidden, plain.log10_grad_hidden)
    silent = recurrent_flow("lstm", *given[:2], np.zeros((3, 8)), entries=True)
    assert silent.log10_grad_parameters_entries is not None
    for name, logs in silent.log10_grad_parameters_entries.items():
        assert logs.shape == given[0][name].shape
        assert (logs == -INF).all()


@pytest.mark.parametrize("n", [4, 24])
@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm"])
def test_what_each_step_adds_is_told_apart(cell: str, n: int) -> None:
    """Of one step alone, the gradient of a copy of the parameters that only it uses."""
    parameters, x, upstream = drawn(cell, 12, 3, 2, n, 0.8, seed=8)
    got = recurrent_flow(cell, parameters, x, upstream, by_step=True)
    assert got.log10_grad_parameters_by_step is not None

    def loss(copies: Any) -> Any:
        h, c = np.zeros((3, n)), np.zeros((3, n))
        for t in range(12):
            h, c = one_step(cell, copies[t], x[t], h, c)
        return anp.sum(upstream * h)

    copies = autograd.grad(loss)([parameters] * 12)
    for name, logs in got.log10_grad_parameters_by_step.items():
        assert_logs(logs, [log10_norm(one[name]) for one in copies])
    whole = recurrent_flow(cell, parameters, x, upstream)
    assert whole.log10_grad_parameters_by_step is None
    assert whole.log10_grad_parameters == got.log10_grad_parameters


def test_the_steps_of_rows_worlds_apart_are_told_apart() -> None:
    parameters, x, upstream = drawn("tanh", 30, 2, 2, 3, 0.05, seed=8)
    upstream *= np.array([[1e-250], [1e250]])
    flows = [
        recurrent_flow("tanh", parameters, x[:, [row]], upstream[[row]], by_step=True)
        for row in range(2)
    ]
    both = recurrent_flow("tanh", parameters, x, upstream, by_step=True)
    small, large, together = (one.log10_grad_parameters_by_step for one in (*flows, both))
    assert small is not None and large is not None and together is not None  # noqa: PT018
    for name, logs in together.items():
        assert_logs(logs, large[name])
        assert small[name].max() < large[name][1:].min() - 400  # h_0 is 0


# --- what is known in closed form ----------------------------------------------------------------


def zeros(cell: str, inputs: int, n: int) -> Parameters:
    rows = BLOCKS.get(cell, 1) * n
    return {
        "weight_ih_l0": np.zeros((rows, inputs)),
        "weight_hh_l0": np.zeros((rows, n)),
        "bias_ih_l0": np.zeros(rows),
        "bias_hh_l0": np.zeros(rows),
    }


@pytest.mark.parametrize("steps", [1, 50, 10_000])
def test_half_the_identity_halves_a_gradient_each_step(steps: int) -> None:
    parameters = zeros("tanh", 1, 4) | {"weight_hh_l0": 0.5 * np.eye(4)}
    got = recurrent_flow("tanh", parameters, np.zeros((steps, 1, 1)), np.eye(4)[:1])
    back = np.arange(steps, -1, -1.0) * math.log10(0.5)
    np.testing.assert_allclose(got.log10_grad_hidden, back, rtol=1e-15, atol=1e-12)
    assert (got.log10_hidden == -INF).all()
    assert got.log10_grad_parameters["weight_hh_l0"] == -INF  # h = 0 throughout
    true = math.log10(sum(0.5**k for k in range(min(steps, 60))))
    assert got.log10_grad_parameters["bias_hh_l0"] == pytest.approx(true, abs=1e-14)


@pytest.mark.parametrize("w", [0.3, 0.9, -1.7, 20.0])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "relu", "silu"])
def test_one_unit_through_time_is_a_chain_of_tied_weights(name: str, w: float) -> None:
    x = np.zeros((300, 1, 1))
    x[0] = 0.4
    parameters = {"weight_ih_l0": np.array([[1.0]]), "weight_hh_l0": np.array([[w]])}
    got = recurrent_flow(name, parameters, x, np.array([[-2.5]]), by_step=True)
    true = chain(name, [1.0] + [w] * 299, 0.0, x=0.4, upstream=-2.5).log10_gradients
    assert got.log10_grad_parameters_by_step is not None
    assert_logs(got.log10_grad_parameters_by_step["weight_hh_l0"][1:], true[1:], 1e-13)
    assert_logs(got.log10_grad_parameters_by_step["weight_ih_l0"][0], true[0], 1e-13)


def test_a_short_sequence_is_a_network_of_tied_layers() -> None:
    parameters, x, upstream = drawn("tanh", 40, 3, 5, 5, 1.1, seed=4)
    x[1:] = 0.0
    w = [parameters["weight_ih_l0"], *[parameters["weight_hh_l0"]] * 39]
    bias = parameters["bias_ih_l0"] + parameters["bias_hh_l0"]
    layered = gradient_flow("tanh", w, [bias] * 40, x[0], upstream)
    got = recurrent_flow("tanh", parameters, x, upstream)
    assert_logs(got.log10_grad_hidden[1:], layered.log10_grad_hidden[1:])
    assert_logs(got.log10_grad_preactivations, layered.log10_grad_preactivations)
    assert_logs(got.log10_hidden[1:], layered.log10_hidden[1:])


@pytest.mark.parametrize("g", [0.8, 1.0, 1.2])
def test_a_linear_network_of_gaussian_weights_goes_by_g_in_the_mean_square(g: float) -> None:
    """E‖∂L/∂h_{T-1}‖² = g²; further back W meets itself, and n = 1,000 is wide enough for 3."""
    n, steps, squares = 400, 3, []
    for seed in range(60):
        random = np.random.default_rng(seed)
        w = random.normal(0.0, g / math.sqrt(n), (n, n))
        u = random.normal(size=(1, n))
        parameters = {"weight_ih_l0": np.ones((n, 1)), "weight_hh_l0": w}
        got = recurrent_flow("identity", parameters, np.zeros((steps, 1, 1)), u)
        logs = got.log10_grad_hidden
        squares.append(10.0 ** (2.0 * (logs[::-1] - logs[-1])))
    mean, error = np.mean(squares, axis=0), np.std(squares, axis=0) / math.sqrt(60)
    true = g ** (2.0 * np.arange(steps + 1))
    # W meets itself from the second step on: 1/n of each term, beside the standard error
    assert (np.abs(mean - true)[1:] < (4.0 * error + 4.0 * true / n)[1:]).all()


@pytest.mark.parametrize(
    ("bias", "half_life"), [(0.0, 1.00), (1.0, 2.21), (2.0, 5.46), (3.0, 14.27)]
)
@pytest.mark.parametrize("steps", [30, 3_000])
def test_the_half_life_of_a_cell_is_that_of_its_forget_gate(
    bias: float, half_life: float, steps: int
) -> None:
    parameters = zeros("lstm", 1, 2)
    parameters["bias_ih_l0"][2:4] = bias
    got = recurrent_flow("lstm", parameters, np.zeros((steps, 1, 1)), np.ones((1, 2)))
    assert got.log10_grad_cell is not None
    rate = math.log10(1.0 / (1.0 + math.exp(-bias)))
    lags = np.arange(steps, -1, -1.0)
    start = math.log10(0.5 * math.sqrt(2.0))  # o = σ(0), and tanh′(0) = 1
    np.testing.assert_allclose(got.log10_grad_cell, start + rate * lags, rtol=1e-13, atol=1e-12)
    assert math.log10(0.5) / np.diff(got.log10_grad_cell)[0] == pytest.approx(-half_life, abs=5e-3)
    assert (got.log10_grad_hidden[:-1] == -INF).all()  # nothing leads from h to the next step
    assert got.gates["f"] == pytest.approx(1.0 / (1.0 + math.exp(-bias)), rel=1e-15)


@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm", "relu"])
def test_ten_thousand_steps_at_rest_are_powers_of_one_jacobian(cell: str) -> None:
    """A cell whose inputs stay the same comes to rest; there every step back is the same."""
    n = 3
    parameters, _, upstream = drawn(cell, 1, 1, 2, n, 0.7, seed=3)
    x = np.zeros((10_000, 1, 2))
    h, c = np.zeros((1, n)), np.zeros((1, n))
    for _ in range(2_000):
        h, c = one_step(cell, parameters, x[0], h, c)

    def state(both: Any) -> Any:
        above = one_step(cell, parameters, x[0], both[None, :n], both[None, n:])
        return anp.concatenate([one[0] for one in above])

    jacobian = autograd.jacobian(state)(np.concatenate([h[0], c[0]]))
    log, row = 0.0, np.concatenate([upstream[0], np.zeros(n)])
    logs = [log10_norm(row[:n])]
    for _ in range(8_000):
        row = row @ jacobian
        top = np.linalg.norm(row)
        log, row = log + math.log10(top), row / top
        logs.append(log + log10_norm(row[:n]))
    got = recurrent_flow(cell, parameters, x, upstream).log10_grad_hidden
    assert np.isfinite(got).all()
    assert abs(got[0]) > 300
    np.testing.assert_allclose(got[:1_999:-1], logs, rtol=1e-12, atol=1e-8)


@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"])
def test_a_zero_is_claimed_only_where_it_is_one(cell: str) -> None:
    given = drawn(cell, 20, 2, 2, 3, 1e-120, seed=3)
    for one in (given, unbiased(given)):
        got = recurrent_flow(cell, *one)
        assert_flow(got, by_mpmath(cell, *one), rtol=1e-14)
        assert np.isfinite(got.log10_grad_hidden).all()


def test_a_dead_relu_passes_exactly_nothing() -> None:
    parameters = zeros("relu", 1, 2) | {"weight_hh_l0": np.eye(2)}
    parameters["bias_ih_l0"][:] = 1.0
    x, upstream = np.zeros((8, 2, 1)), np.ones((2, 2))
    x[4, 0] = -1e3
    parameters["weight_ih_l0"][:] = 1.0
    got = recurrent_flow("relu", parameters, x, upstream)
    alive = recurrent_flow("relu", parameters, x[:, 1:], upstream[1:])
    assert_logs(got.log10_grad_hidden[:5], alive.log10_grad_hidden[:5])
    dead = recurrent_flow("relu", parameters, x[:, :1], upstream[:1])
    assert (dead.log10_grad_hidden[:5] == -INF).all()
    assert np.isfinite(dead.log10_grad_hidden[5:]).all()
    assert (recurrent_flow("relu", parameters, x, 0.0 * upstream).log10_grad_hidden == -INF).all()


def test_an_input_that_underflows_may_outweigh_a_state_that_does() -> None:
    parameters = {"weight_ih_l0": np.array([[-1e-80]]), "weight_hh_l0": np.array([[1e-80]])}
    x = np.array([-1e-250, 1e-250, -1e-250, 0.0, -1e-251]).reshape(5, 1, 1)
    upstream = np.ones((1, 1))
    got = recurrent_flow("relu", parameters, x, upstream)
    assert got.log10_hidden.tolist() == pytest.approx([-INF, -330, -INF, -330, -410, -331])
    assert_flow(got, by_mpmath("relu", parameters, x, upstream), rtol=1e-14)


def test_a_forget_gate_that_is_all_but_shut_still_leaves_something() -> None:
    """∂L/∂c_0 goes through f of e^-800 alone."""
    parameters, x, upstream = drawn("lstm", 9, 2, 2, 3, 0.5, seed=3)
    parameters["bias_ih_l0"][3:6] = -800.0
    got = recurrent_flow("lstm", parameters, x, upstream)
    assert_flow(got, by_mpmath("lstm", parameters, x, upstream))


def test_a_row_without_upstream_is_nothing_where_its_slopes_are_infinite() -> None:
    parameters, x, upstream = drawn("relu_squared", 14, 2, 2, 3, 3.0, seed=3)
    parameters = {name: np.abs(values) for name, values in parameters.items()}
    x = np.abs(x) * np.array([[1e3], [1e-3]])
    upstream[0] = 0.0
    got = recurrent_flow("relu_squared", parameters, x, upstream)
    true = recurrent_flow("relu_squared", parameters, x[:, 1:], upstream[1:])
    assert_logs(got.log10_grad_hidden, true.log10_grad_hidden, 1e-14)
    for name, log in true.log10_grad_parameters.items():
        assert_logs(got.log10_grad_parameters[name], log, 1e-14)
    assert np.isfinite(true.log10_grad_hidden).all()


def test_a_gru_that_keeps_almost_everything_goes_in_plain_floats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """1 - z of 1e-9 is no cancellation: all slopes are small alike."""
    parameters, x, upstream = drawn("gru", 60, 2, 2, 3, 0.5, seed=3)
    parameters["bias_ih_l0"][3:6] = 20.0
    true = by_mpmath("gru", parameters, x, upstream)
    monkeypatch.setattr(flow_module.Forward, "_advance", None)
    assert_flow(recurrent_flow("gru", parameters, x, upstream), true)


@pytest.mark.parametrize(("cell", "block"), [("lstm", at) for at in (0, 1, 3)] + [("gru", 0)])
@pytest.mark.parametrize("bias", [705.0, 720.0, 5000.0])
def test_a_gate_wide_open_goes_in_plain_floats(
    cell: str, block: int, bias: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """e^v overflows there, and nothing that is said depends on it."""
    parameters, x, upstream = drawn(cell, 20, 2, 2, 3, 0.5, seed=3)
    parameters["bias_ih_l0"][3 * block + 1] = bias
    true = by_mpmath(cell, parameters, x, upstream, digits=400)
    monkeypatch.setattr(flow_module.Forward, "_advance", None)
    got = recurrent_flow(cell, parameters, x, upstream)
    assert_flow(got, true)
    assert got.steps_apart == 0


@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm"])
def test_silence_is_silence(cell: str) -> None:
    """Zero inputs, no biases but those of gates: states of exactly zero."""
    parameters, x, upstream = drawn(cell, 200, 2, 2, 3, 1.0, seed=3)
    parameters = unbiased((parameters, x, upstream))[0]
    got = recurrent_flow(cell, parameters, 0.0 * x, upstream)
    assert (got.log10_hidden == -INF).all()
    assert got.log10_grad_parameters["weight_ih_l0"] == -INF
    assert got.log10_grad_parameters["weight_hh_l0"] == -INF
    assert_flow(got, by_mpmath(cell, parameters, 0.0 * x, upstream))


def test_gates_are_as_open_as_they_are() -> None:
    for cell, letters in (("gru", "rz"), ("lstm", "ifo")):
        parameters = zeros(cell, 1, 3)
        for at, bias in enumerate((-1.0, 2.0, 0.0, 0.5)[: BLOCKS[cell]]):
            parameters["bias_hh_l0"][3 * at : 3 * at + 3] = bias
        got = recurrent_flow(cell, parameters, np.zeros((5, 2, 1)), np.ones((2, 3)))
        assert tuple(got.gates) == tuple(letters)
        for letter, bias in zip(letters, (-1.0, 2.0, 0.5), strict=False):
            np.testing.assert_allclose(got.gates[letter], 1 / (1 + math.exp(-bias)), rtol=1e-14)
    assert recurrent_flow("tanh", *drawn("tanh", 3, 1, 1, 2)).gates == {}


# --- whatever the numbers are --------------------------------------------------------------------

cells = st.sampled_from(["tanh", "relu", "sigmoid", "silu", "softplus", "gru", "lstm"])
decades = st.floats(-300, 300)


@hypothesis.given(cells, st.integers(0, 1000), st.floats(-290, 290))
def test_a_larger_upstream_moves_every_norm_by_its_logarithm(
    cell: str, seed: int, by: float
) -> None:
    parameters, x, upstream = drawn(cell, 9, 2, 2, 3, 0.8, seed)
    one = recurrent_flow(cell, parameters, x, upstream)
    other = recurrent_flow(cell, parameters, x, upstream * 10.0**by)
    moved = math.log10(10.0**by)
    np.testing.assert_allclose(
        other.log10_grad_hidden, one.log10_grad_hidden + moved, rtol=1e-14, atol=1e-12
    )
    for name, log in one.log10_grad_parameters.items():
        assert other.log10_grad_parameters[name] == pytest.approx(log + moved, abs=1e-11)


@hypothesis.given(cells, st.integers(0, 1000))
def test_rows_of_a_batch_have_no_order(cell: str, seed: int) -> None:
    parameters, x, upstream = drawn(cell, 7, 5, 2, 3, 1.1, seed)
    order = np.random.default_rng(seed).permutation(5)
    one = recurrent_flow(cell, parameters, x, upstream)
    other = recurrent_flow(cell, parameters, x[:, order], upstream[order])
    np.testing.assert_allclose(other.log10_grad_hidden, one.log10_grad_hidden, atol=1e-12)
    for name, log in one.log10_grad_parameters.items():
        assert other.log10_grad_parameters[name] == pytest.approx(log, abs=1e-11)


@hypothesis.given(cells, decades, decades, decades, decades, st.integers(0, 100))
def test_no_finite_cell_gives_a_warning_or_something_that_is_not_a_number(
    cell: str, weights: float, biases: float, at: float, above: float, seed: int
) -> None:
    parameters, x, upstream = drawn(cell, 6, 2, 2, 3, 1.0, seed)
    for name, values in parameters.items():
        values *= 10.0 ** (weights if name in WEIGHTS else biases)
    given_ = parameters, x * 10.0**at, upstream * 10.0**above
    got = recurrent_flow(cell, *given_, by_step=True)
    assert got.log10_grad_parameters_by_step is not None
    logs = [
        got.log10_grad_hidden,
        got.log10_grad_preactivations,
        got.log10_hidden,
        np.array(list(got.log10_grad_parameters.values())),
        *got.log10_grad_parameters_by_step.values(),
        *got.gates.values(),
    ]
    for values in logs:
        assert not np.isnan(values).any()
        assert (values < INF).all()


# --- bad input -----------------------------------------------------------------------------------


def of(cell: str = "lstm", **changed: Any) -> tuple[Any, ...]:
    """Arguments that are right but for what is changed; None takes a parameter away."""
    parameters, x, upstream = drawn(cell, 5, 2, 3, 4)
    given: dict[str, Any] = {"cell": cell, "x": x, "upstream": upstream, **parameters, **changed}
    cell, x, upstream = (given.pop(name) for name in ("cell", "x", "upstream"))
    return cell, {name: one for name, one in given.items() if one is not None}, x, upstream


BAD: dict[str, tuple[tuple[Any, ...], str, str]] = {
    "no cell": (of(cell=3), "cell", "for example tanh or lstm"),
    "a cell with a slip": (of(cell="lstmm"), "cell", "did you mean lstm?"),
    "a cell with parameters": (of(cell="gru(2)"), "cell", "no parameters"),
    "the family's name": (of(cell="rnn"), "cell", "name the RNN by its activation: tanh or relu"),
    "no activation": (of(cell="tahn"), "activation", "did you mean tanh"),
    "no mapping": (("tanh", [1.0], np.ones((1, 1, 1)), np.ones((1, 1))), "parameters", "give a"),
    "no parameters": (("tanh", {}, np.ones((1, 1, 1)), np.ones((1, 1))), "parameters", "nothing"),
    "a weight is missing": (of(weight_hh_l0=None), "parameters", "weight_hh_l0 is missing"),
    "one bias of two": (of(bias_hh_l0=None), "parameters", "bias_hh_l0 is missing"),
    "a second layer": (of(weight_ih_l1=np.eye(4)), "parameters", "did you mean weight_ih_l0"),
    "rows that are no multiple": (
        of(weight_hh_l0=np.ones((15, 4))),
        "weight_hh_l0",
        "15 is no multiple of 4",
    ),
    "a GRU's weights": (of(weight_hh_l0=np.ones((12, 4))), "weight_hh_l0", "give it 16 rows"),
    "an RNN that is not square": (
        of("tanh", weight_hh_l0=np.ones((3, 4))),
        "weight_hh_l0",
        "a square matrix",
    ),
    "rows of another count": (of(weight_ih_l0=np.ones((12, 3))), "weight_ih_l0", "16 rows"),
    "other inputs": (of(weight_ih_l0=np.ones((16, 2))), "weight_ih_l0", "x has 3 inputs"),
    "a short bias": (of(bias_ih_l0=np.ones(4)), "bias_ih_l0", "a vector of 16"),
    "a bias in rows": (of(bias_ih_l0=np.ones((16, 1))), "bias_ih_l0", "1-dimensional"),
    "x of one sequence": (of(x=np.ones((5, 3))), "x", "give it as [steps, batch, inputs]"),
    "no upstream": (of(upstream=None), "upstream", "a 2-dimensional array"),
    "no inputs": (of(x=np.ones((5, 2, 0))), "x", "array with one input a step or more"),
    "no steps": (
        of(x=np.ones((0, 2, 3))),
        "x",
        "array with one step or more; give it one step at least",
    ),
    "no batch": (
        of(x=np.ones((5, 0, 3))),
        "x",
        "array with a batch of 1 or more; give it a batch of 1 at least",
    ),
    "too many steps": (of(x=np.ones((10_001, 1, 3))), "x", "10,001 steps"),
    "upstream of another batch": (of(upstream=np.ones((3, 4))), "upstream", "an array [2, 4]"),
    "NaN in x": (of(x=np.full((5, 2, 3), np.nan)), "x[0, 0, 0]", "a finite number"),
    "∞ in a weight": (of(weight_hh_l0=np.full((16, 4), INF)), "weight_hh_l0[0, 0]", "finite"),
    "NaN in a bias": (of(bias_hh_l0=np.full(16, np.nan)), "bias_hh_l0[0]", "a finite number"),
    "NaN upstream": (of(upstream=np.full((2, 4), np.nan)), "upstream[0, 0]", "a finite number"),
    "words": (of(weight_hh_l0=[["a"]]), "weight_hh_l0", "real numbers"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_what_is_expected(name: str) -> None:
    given, field, words = BAD[name]
    with pytest.raises(InputError) as caught:
        recurrent_flow(*given)
    assert caught.value.field == field
    assert words in str(caught.value)


def test_whether_to_look_at_each_step_is_yes_or_no() -> None:
    with pytest.raises(InputError, match="by_step"):
        recurrent_flow(*of(), by_step="yes")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="entries"):
        recurrent_flow(*of(), entries="yes")  # type: ignore[arg-type]


def test_more_memory_than_there_is_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 2.0**27)
    parameters, x, upstream = drawn("lstm", 10_000, 1, 1, 512)
    with pytest.raises(InputError, match=r"over 10,000 steps.*about \d,\d{3} steps of these"):
        recurrent_flow("lstm", parameters, x, upstream)
    recurrent_flow("lstm", parameters, x[:100], upstream)
    monkeypatch.setattr(memory, "available_memory", lambda: 8.0 * 2**20 * 9)
    recurrent_flow("lstm", parameters, x[:1], upstream)
    with pytest.raises(InputError, match="over 1 steps"):
        recurrent_flow("lstm", parameters, x[:1], upstream, entries=True)


def test_names_and_arrays_may_be_given_as_others_have_them() -> None:
    parameters, x, upstream = drawn("lstm", 5, 2, 3, 4)
    got = recurrent_flow("lstm", parameters, x, upstream)
    for name in ("LSTM", "nn.LSTM", "torch.nn.LSTM()"):
        again = recurrent_flow(name, parameters, x, upstream)
        assert again.cell == "lstm"
        assert np.array_equal(again.log10_grad_hidden, got.log10_grad_hidden)
    lists = {name: value.tolist() for name, value in parameters.items()}
    again = recurrent_flow("lstm", lists, x.tolist(), np.asfortranarray(upstream))
    assert np.array_equal(again.log10_grad_hidden, got.log10_grad_hidden)
    assert (got.steps, got.batch, got.units) == (5, 2, 4)
