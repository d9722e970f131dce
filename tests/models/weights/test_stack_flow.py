"""The gradient through a stack against PyTorch's autograd, numpy and mpmath; and the verdict."""

from __future__ import annotations

import itertools
import json
import math
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import mpmath
import numpy as np
import pytest

from gradtui import read_weights
from gradtui.models.finding import Kind
from gradtui.models.weights.flow import Asked, StackFlow, flow_through
from gradtui.models.weights.record import WeightsRecord, weights_record
from gradtui.models.weights.stack import Stack, stack_of
from gradtui.progress import Stopped
from support.commands import run
from support.weight_files import weights_of

FIXTURES = Path(__file__).parent / "fixtures"
TRUTH: dict[str, dict[str, list[float]]] = json.loads((FIXTURES / "truth.json").read_text())
AS_THERE = Asked(1.0, 8, 3, 1e-3)
ASKED = Asked(1.0, 32, 0, 1e-3)


def flow_of(file: str, activation: str) -> StackFlow:
    weights = read_weights(FIXTURES / file)
    stack = stack_of(weights)
    assert isinstance(stack, Stack)
    return flow_through(stack, weights, activation, AS_THERE)


@pytest.mark.parametrize("file", TRUTH)
@pytest.mark.parametrize("activation", next(iter(TRUTH.values())))
def test_the_gradient_is_autograds(file: str, activation: str) -> None:
    flow = flow_of(file, activation)
    np.testing.assert_allclose(flow.log10_gradient, TRUTH[file][activation], atol=1e-9, rtol=0)
    assert flow.log10_gradient[-1] == 0.0


def test_what_slopes_and_weights_make_is_all_that_is_made() -> None:
    flow = flow_of("narrowing.pt", "tanh")
    made = flow.log10_slopes + flow.log10_weights
    np.testing.assert_allclose(made, flow.steps, atol=1e-12)
    assert flow.log10_slopes[-1] == 0.0
    assert np.all(flow.log10_slopes[:-1] < 0.0)  # |tanh′| < 1
    linear = flow_of("narrowing.pt", "identity")
    np.testing.assert_allclose(linear.log10_slopes, 0.0, atol=1e-12)


def stack(rng: np.random.Generator, widths: list[int], sigma: float) -> dict[str, np.ndarray]:
    return {
        f"{at}.weight": rng.normal(0.0, sigma / math.sqrt(n), (m, n))
        for at, (n, m) in enumerate(itertools.pairwise(widths))
    }


@pytest.mark.parametrize("power", [-290, -200, 100, 290])
def test_weights_of_any_scale(power: int, tmp_path: Path) -> None:
    """Against 50 digits: in float64 two of these would underflow, or overflow."""
    tensors = stack(np.random.default_rng(1), [3, 4, 2], 1.0)
    tensors = {name: w * 10.0**power for name, w in tensors.items()}
    record = record_of(tmp_path, tensors, [])
    (flow,) = record.flows
    rng = np.random.default_rng(ASKED.seed)
    rng.standard_normal((32, 3))
    u = rng.standard_normal((32, 2))
    with mpmath.workdps(50):
        g = mpmath.matrix(u.tolist())
        for name in reversed(tensors):
            g = g * mpmath.matrix(tensors[name].tolist())
        squares = sum(one**2 for one in g), sum(mpmath.mpf(one) ** 2 for one in u.flat)
        exact = float(mpmath.log10(squares[0] / squares[1]) / 2)
    assert flow.log10_ratio == pytest.approx(exact, abs=1e-10)


def record_of(
    folder: Path, tensors: dict[str, np.ndarray], activations: list[str], asked: Asked = ASKED
) -> WeightsRecord:
    return weights_record(weights_of(folder, tensors), activations, asked)


def test_kernels_give_what_their_transposes_do(tmp_path: Path) -> None:
    tensors = stack(np.random.default_rng(1), [5, 4, 3], 1.0)
    theirs = {f"{name.removesuffix('weight')}kernel": w.T for name, w in tensors.items()}
    (one,) = record_of(tmp_path, tensors, ["tanh"]).flows
    (other,) = record_of(tmp_path, theirs, ["tanh"]).flows
    np.testing.assert_array_equal(one.log10_gradient, other.log10_gradient)


def test_scaled_weights_are_those_of_a_file_with_them(tmp_path: Path) -> None:
    tensors = stack(np.random.default_rng(1), [5, 4, 6, 3], 1.0)
    scales = np.array([0.5, 3.0, 7.0])
    weights = weights_of(tmp_path, tensors)
    found = stack_of(weights)
    assert isinstance(found, Stack)
    tried = flow_through(found, weights, "tanh", ASKED, scales)
    scaled = {name: w * s for (name, w), s in zip(tensors.items(), scales, strict=True)}
    (real,) = record_of(tmp_path, scaled, ["tanh"]).flows
    np.testing.assert_allclose(tried.log10_gradient, real.log10_gradient, atol=1e-12)


# ------------------------------------------------------------- the verdict


def by_hand(
    tensors: dict[str, np.ndarray],
    f: Callable[[np.ndarray], np.ndarray],
    slope: Callable[[np.ndarray], np.ndarray],
) -> float:
    """‖∂L/∂x‖ / ‖∂L/∂z_L‖, dense."""
    rng = np.random.default_rng(ASKED.seed)
    ws = list(tensors.values())
    a = rng.standard_normal((32, ws[0].shape[1]))
    g = rng.standard_normal((32, len(ws[-1])))
    norm = np.linalg.norm(g)
    slopes = []
    for w in ws[:-1]:
        z = a @ w.T
        slopes.append(slope(z))
        a = f(z)
    g = g @ ws[-1]
    for w, s in zip(reversed(ws[:-1]), reversed(slopes), strict=True):
        g = (g * s) @ w
    return float(np.linalg.norm(g) / norm)


def relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0.0)


def step(z: np.ndarray) -> np.ndarray:
    return (z > 0.0).astype(float)


def test_a_stack_that_vanishes_and_what_would_help(tmp_path: Path) -> None:
    tensors = stack(np.random.default_rng(0), [32] * 13, 0.5)
    record = record_of(tmp_path, tensors, ["relu"])
    (verdict,) = record.verdicts
    ratio = by_hand(tensors, relu, step)
    assert record.flows[0].log10_ratio == pytest.approx(math.log10(ratio), abs=1e-10)
    assert verdict.finding.kind is Kind.VANISHING
    assert not record.healthy
    told = re.match(
        r"relu vanishing: ×(\S+) of the loss's gradient arrives at the input, ×(\S+) a layer over "
        r"12 layers; healthy is above 0.001\.$",
        verdict.finding.sentence,
    )
    assert told is not None
    assert float(told[1]) == pytest.approx(ratio, rel=0.05)
    assert float(told[2]) == pytest.approx(ratio ** (1 / 12), rel=0.05)
    helps = re.match(
        r"Try weights of σw (\S+) in every layer: with these scaled to it, ×(\S+) of", verdict.next
    )
    assert helps is not None
    sigma = float(helps[1])
    scaled = {name: w * sigma / (w.std() * math.sqrt(w.shape[1])) for name, w in tensors.items()}
    assert by_hand(scaled, relu, step) == pytest.approx(float(helps[2]), rel=0.05)


@pytest.mark.parametrize(
    ("activation", "asked", "options"),
    [
        ("relu", ASKED, "relu --units 6,8,8,5"),
        ("leaky_relu(0.2)", ASKED, "'leaky_relu(0.2)' --units 6,8,8,5"),
        ("relu", Asked(2.5, 32, 0, 0.1), "relu --units 6,8,8,5 --x 2.5 --threshold 0.1"),
    ],
)
def test_the_command_that_is_told_runs(
    activation: str, asked: Asked, options: str, tmp_path: Path
) -> None:
    tensors = stack(np.random.default_rng(0), [6, 8, 8, 5], 0.01)
    (verdict,) = record_of(tmp_path, tensors, [activation], asked).verdicts
    (command,) = re.findall(r"gradtui (init .*?) tells", verdict.next)
    assert command == f"init {options}"
    assert run(*shlex.split(command), "--networks", "4").status == 0


def test_a_healthy_stack_is_told_nothing_to_change(tmp_path: Path) -> None:
    tensors = stack(np.random.default_rng(0), [64] * 9, math.sqrt(2.0))
    record = record_of(tmp_path, tensors, ["relu"])
    (verdict,) = record.verdicts
    assert verdict.finding.kind is Kind.HEALTHY
    assert verdict.next == ""
    assert "alone" not in verdict.finding.cause
    assert record.healthy


def test_one_layer_is_blamed_only_where_it_did_most_of_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tensors = stack(rng, [32] * 7, math.sqrt(2.0))
    tensors["3.weight"] *= 1e-6
    (verdict,) = record_of(tmp_path, tensors, ["relu"]).verdicts
    assert "Layer 4, 3.weight, alone made ×" in verdict.finding.cause
    even = stack(rng, [32] * 13, 0.3)
    (verdict,) = record_of(tmp_path, even, ["relu"]).verdicts
    assert verdict.finding.kind is Kind.VANISHING
    assert "alone" not in verdict.finding.cause


def test_a_stack_that_explodes(tmp_path: Path) -> None:
    tensors = stack(np.random.default_rng(0), [32] * 13, 5.0)
    (verdict,) = record_of(tmp_path, tensors, ["relu"]).verdicts
    assert verdict.finding.kind is Kind.EXPLODING
    assert "healthy is below 1000" in verdict.finding.sentence


def test_saturation_is_said_of_what_saturates(tmp_path: Path) -> None:
    tensors = stack(np.random.default_rng(0), [32] * 5, 60.0)
    tensors["3.weight"] *= 1e-9
    record = record_of(tmp_path, tensors, ["tanh", "relu"])
    tanh, straight = record.verdicts
    assert "|f′| is below 1 % of its most in" in tanh.finding.cause
    assert "|f′|" not in straight.finding.cause


def test_a_dead_stack_and_the_layer_that_kills_it(tmp_path: Path) -> None:
    tensors = stack(np.random.default_rng(0), [8] * 6, math.sqrt(2.0))
    ordered = {}
    for name, w in tensors.items():
        ordered[name] = w
        ordered[name.replace("weight", "bias")] = np.full(8, -100.0 if name[0] == "2" else 0.0)
    (verdict,) = record_of(tmp_path, ordered, ["relu"]).verdicts
    assert verdict.finding.kind is Kind.DEAD
    assert (
        verdict.finding.sentence == "relu dead: none of the loss's gradient arrives at the input."
    )
    assert verdict.finding.cause == "f′ = 0 for every unit of layer 3, 2.weight, and every input."


@pytest.mark.parametrize("sigma", [math.sqrt(2.0), 0.3])
def test_biases_that_stop_a_gradient_are_blamed(sigma: float, tmp_path: Path) -> None:
    """Only after it was tried without them: what then is left is what dense products leave."""
    tensors = stack(np.random.default_rng(0), [32] * 8, sigma)
    biased = {**tensors, "2.bias": np.full(32, -100.0)}
    ordered = {name: biased[name] for name in sorted(biased)}
    (verdict,) = record_of(tmp_path, ordered, ["relu"]).verdicts
    assert verdict.finding.kind is Kind.DEAD
    told = re.match(r"Biases stop it: with all of them 0, ×(\S+) of the loss's", verdict.next)
    assert told is not None
    assert float(told[1]) == pytest.approx(by_hand(tensors, relu, step), rel=0.05)
    assert ("Try weights" in verdict.next) is (sigma < 1.0)


def test_biases_are_not_blamed_where_weights_stop_it(tmp_path: Path) -> None:
    tensors = stack(np.random.default_rng(0), [8] * 5, 1.0)
    tensors = {**tensors, "1.weight": np.zeros((8, 8)), "2.bias": np.ones(8)}
    ordered = {name: tensors[name] for name in sorted(tensors)}
    (verdict,) = record_of(tmp_path, ordered, ["relu"]).verdicts
    assert verdict.finding.kind is Kind.DEAD
    assert "Biases" not in verdict.next


@pytest.mark.parametrize("at", [0, 2, 4])
def test_weights_of_zero_let_nothing_through(at: int, tmp_path: Path) -> None:
    tensors = stack(np.random.default_rng(0), [8] * 6, math.sqrt(2.0))
    tensors[f"{at}.weight"] *= 0.0
    (verdict,) = record_of(tmp_path, tensors, ["tanh"]).verdicts
    assert verdict.finding.kind is Kind.DEAD
    assert f"The weights of layer {at + 1}, {at}.weight, let nothing through." in (
        verdict.finding.cause
    )


def test_without_an_activation_nothing_is_judged(tmp_path: Path) -> None:
    tensors = stack(np.random.default_rng(0), [32] * 13, 0.1)
    record = record_of(tmp_path, tensors, [])
    assert record.verdicts == ()
    assert record.healthy
    assert "--activation relu" in record.remark
    ratio = by_hand(tensors, lambda z: z, np.ones_like)
    (told,) = re.findall(r"leave ×(\S+) of a gradient", record.remark)
    assert float(told) == pytest.approx(ratio, rel=0.05)


def test_numbers_that_are_not_finite_are_not_run(tmp_path: Path) -> None:
    for name in ("1.weight", "0.bias"):
        tensors = stack(np.random.default_rng(0), [4] * 4, 1.0)
        tensors = {"0.weight": tensors["0.weight"], "0.bias": np.zeros(4), **tensors}
        tensors[name].flat[0] = np.inf
        record = record_of(tmp_path, tensors, ["relu"])
        assert record.flows == record.verdicts == ()
        assert "not finite" in record.remark
        assert not record.healthy


def test_it_can_be_left_at_any_time(tmp_path: Path) -> None:
    weights = weights_of(tmp_path, stack(np.random.default_rng(0), [16] * 7, 1.0))
    told: list[float] = []
    weights_record(weights, ["relu", "tanh"], ASKED, told.append)
    assert told == sorted(told)
    assert told[-1] <= 1.0
    for count in (0, 3, len(told) // 2, len(told) - 1):
        seen: list[float] = []

        def tick(share: float, seen: list[float] = seen, count: int = count) -> None:
            if len(seen) == count:
                raise Stopped
            seen.append(share)

        with pytest.raises(Stopped):
            weights_record(weights, ["relu", "tanh"], ASKED, tick)
