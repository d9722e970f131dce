"""How far back a recurrent cell remembers: the numbers, and what is said of them."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.recurrent.jacobian import recurrent_jacobian
from gradtui.models.finding import Kind
from gradtui.models.recurrent import remedies
from gradtui.models.recurrent.cells import flow_of, parameters_of, steps_apart
from gradtui.models.recurrent.cost import (
    cells_drawn,
    idle_in_time,
    in_map,
    seconds_found,
    seconds_of,
)
from gradtui.models.recurrent.course import run
from gradtui.models.recurrent.mapping import map_of
from gradtui.models.recurrent.memory import Memory
from gradtui.models.recurrent.theory import bounds_of
from gradtui.models.recurrent.verdict import bias_for, diagnose
from gradtui.models.subject import Subject, subjects_of
from gradtui.progress import unwatched
from gradtui.setup import KNOBS
from support.recurrent import finding_of, measured_of, memory_of, setup_of, subject_of
from support.watch import Watch

W_HH = "weight_hh_l0"
LOG10_2 = math.log10(2.0)


# ------------------------------------------------------------------ numbers


def test_tanh_at_rest_with_half_of_the_identity_halves_it_in_every_step() -> None:
    memory = memory_of("tanh", "identity(alpha=0.5)", x=0.0, steps=100)
    for row in memory.measured.log10:
        np.testing.assert_allclose(row, -LOG10_2 * np.arange(101), rtol=1e-13, atol=1e-13)
    assert memory.half_life == pytest.approx(1.0, rel=1e-13)


def test_nine_tenths_to_the_hundredth() -> None:
    memory = memory_of("identity", "identity(0.9)", steps=100)
    assert 10.0 ** memory.median[-1] == pytest.approx(2.656139888758e-05, rel=1e-11)
    # 0.9^65 = 0.00106, 0.9^66 = 0.00096
    assert memory.forgets_at == 66


@pytest.mark.parametrize(("bias", "steps"), [(0, 1.00), (1, 2.21), (2, 5.46), (3, 14.27)])
def test_the_half_life_of_an_lstm_s_cell_gradient(bias: float, steps: float) -> None:
    """ln ½ / ln σ(b), where only c leads on: W_hh = 0 and no inputs."""
    memory = memory_of("lstm", "identity(0)", forget_bias=float(bias), x=0.0)
    cell = memory.measured.median_cell
    assert cell is not None
    a_step = np.diff(cell)
    np.testing.assert_allclose(a_step, -math.log10(1.0 + math.exp(-bias)), rtol=1e-10)
    assert round(-LOG10_2 / float(a_step[0]), 2) == steps


@pytest.mark.parametrize(
    ("bias", "steps"), [(0, "1 step"), (1, "2.21 steps"), (2, "5.46 steps"), (3, "14.3 steps")]
)
def test_of_a_forget_bias_that_is_set_it_is_said_how_long_half_lasts(bias: int, steps: str) -> None:
    """ln ½ / ln σ(b), as the issue has it; σ(-100)^k is half after ln 2 / 100 steps."""
    says = f"Along c alone a forget bias of {bias} keeps σ({bias}) a step: half lasts {steps}."
    assert says in finding_of("lstm", "pytorch", forget_bias=float(bias), draws=2).cause
    shortest = finding_of("lstm", "pytorch", forget_bias=-100.0, draws=2).cause
    assert "half lasts 0.00693 steps." in shortest


@pytest.mark.parametrize(("cell", "bias"), [("lstm", None), ("gru", 3.0), ("tanh", None)])
def test_it_is_said_of_no_other(cell: str, bias: float | None) -> None:
    assert "half lasts" not in finding_of(cell, "pytorch", forget_bias=bias, draws=2).cause


def test_at_c_no_rate_stands_beside_what_arrives_that_is_not_its_own() -> None:
    """∂L/∂c at lag 0 is less than at lag 1: what is made of it in between is no rate a step."""
    cause = finding_of("lstm", "pytorch", forget_bias=3.0, draws=5).cause
    assert re.search(r"at c arrives ×0\.\d+\. Along", cause)
    assert "a step;" not in cause


def test_a_linear_rnn_with_gaussian_weights_keeps_g_squared_in_the_mean_square() -> None:
    """E‖gW ᵀu‖² = g² of the first step exactly, within three standard errors of 400 cells."""
    g = 1.3
    measured = measured_of(subject_of("identity", f"gaussian({g})", hidden_size=16, steps=1), 400)
    squares = 10.0 ** (2.0 * measured.log10[:, 1])
    error = squares.std(ddof=1) / math.sqrt(len(squares))
    assert abs(squares.mean() - g**2) < 3.0 * error < 0.1


@pytest.mark.parametrize("cell", ["tanh", "softsign", "sigmoid", "relu", "silu"])
@pytest.mark.parametrize("init", ["pytorch", "orthogonal", "gaussian(1.5)", "radius(0.9)"])
def test_no_gradient_exceeds_the_bound(cell: str, init: str) -> None:
    """(σ_max · max |f′|)^k, of the first cell."""
    memory = memory_of(cell, init, x=0.3, draws=1)
    assert memory.bounds is not None
    bound = memory.measured.lags * memory.bounds.log10_bound
    assert (memory.measured.log10[0] <= bound + 1e-9).all()


@pytest.mark.parametrize("x", [0.0, 0.1, 1.0, 10.0])
def test_a_largest_singular_value_below_1_always_vanishes(x: float) -> None:
    memory = memory_of("tanh", "sigma_max(0.97)", x=x, steps=300, draws=3)
    assert memory.bounds is not None
    assert memory.bounds.must_vanish
    assert memory.bounds.sigma_max == pytest.approx(0.97, rel=1e-12)
    assert all((np.diff(row) < 0.0).all() for row in memory.measured.log10)
    assert memory.kind is Kind.VANISHING
    assert "suffices for every gradient to vanish" in diagnose(memory).cause


@pytest.mark.parametrize(
    ("alpha", "threshold", "steps"),
    [(0.5, 0.25, 3), (0.5, 0.24, 3), (0.5, 0.26, 2), (0.1, 0.001, 4), (0.7, 0.49, 3)],
)
def test_at_the_latest_is_when_the_bound_is_below_the_threshold_and_not_at_it(
    alpha: float, threshold: float, steps: int
) -> None:
    """α^2 is not below α², but α^3 is."""
    for draws in (1, 2):
        found = finding_of(
            "tanh", f"identity({alpha})", x=0.0, threshold=threshold, steps=1, draws=draws
        )
        assert f"below {threshold:g} after {steps} steps at the latest" in found.cause


@pytest.mark.parametrize(
    ("init", "knobs"),
    [
        ("gaussian(sqrt(3/4))", {"steps": 20, "hidden_size": 3, "x": 0.0}),
        ("gaussian(0.5)", {"hidden_size": 3}),
        ("radius(0.6)", {"hidden_size": 2}),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_of_every_gradient_is_so_in_all_cells(
    init: str, knobs: dict[str, Any], seed: int
) -> None:
    memory = memory_of("identity", init, draws=50, seed=seed, **knobs)
    norms = [
        math.sqrt(np.linalg.eigvalsh((w := parameters_of(memory.subject, one)[W_HH]) @ w.T)[-1])
        for one in range(1, 51)
    ]
    assert memory.bounds is not None
    assert (memory.bounds.cells, memory.bounds.sigma_max) == (50, pytest.approx(max(norms)))
    for row in memory.measured.log10:
        assert (row <= memory.measured.lags * memory.bounds.log10_bound + 1e-9).all()
    said = diagnose(memory).cause
    assert "every gradient" not in said or max(norms) < 1.0
    assert "no gradient can" not in said or max(norms) < 1.0 + 1e-9
    assert "the largest of 50 cells" in said


def test_where_only_the_first_is_looked_at_nothing_is_said_of_the_others() -> None:
    subject = subject_of("identity", "sigma_max(0.9)", draws=3)
    first = bounds_of(subject, 1, unwatched)
    text = diagnose(Memory(subject, measured_of(subject, 3), first)).cause
    assert "of the first cell is below 1/max f′ = 1: that suffices for its gradient" in text
    one_way = subject_of("identity", "orthogonal", draws=3)
    text = diagnose(
        Memory(one_way, measured_of(one_way, 3), bounds_of(one_way, 1, unwatched))
    ).cause
    assert "of the first cell is 1/max f′ = 1: its gradient cannot explode" in text
    assert "every" not in text
    many = subject_of("tanh", hidden_size=400, draws=50, steps=2, patience=2.0)
    bounds = bounds_of(many, 50, unwatched)
    assert bounds is not None
    assert bounds.cells == 1


def test_the_radius_is_that_of_the_first_cell() -> None:
    subject = subject_of("tanh", "radius(0.8)")
    bounds = bounds_of(subject, 1, unwatched)
    assert bounds is not None
    w = parameters_of(subject, 1)["weight_hh_l0"]
    assert bounds.radius == pytest.approx(0.8, rel=1e-9)
    assert bounds.sigma_max == pytest.approx(math.sqrt(np.linalg.eigvalsh(w @ w.T)[-1]), rel=1e-9)


def test_it_lies_within_the_singular_values_of_the_jacobian() -> None:
    """‖∂L/∂h_{T-k}‖ between the least and the largest singular value of ∂h_T/∂h_{T-k}."""
    subject = subject_of("lstm", forget_bias=1.0, steps=12, draws=1)
    row = measured_of(subject, 1).log10[0]
    x = np.random.default_rng([0, 6, 1]).standard_normal((12, 1, 5))
    found = recurrent_jacobian("lstm", parameters_of(subject, 1), x[:, 0], range(1, 13))
    assert (row[1:] <= found.log10_largest + 1e-9).all()
    assert (row[1:] >= found.log10_smallest - 1e-9).all()


@pytest.mark.parametrize(
    ("cell", "init", "knobs"),
    [
        ("tanh", "pytorch", {}),
        ("relu", "identity", {}),
        ("gru", "pytorch", {"forget_bias": 1.0}),
        ("lstm", "orthogonal", {"forget_bias": 2.0}),
    ],
)
def test_it_is_what_pytorch_s_autograd_finds(cell: str, init: str, knobs: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    subject = subject_of(cell, init, draws=1, batch_size=3, **knobs)
    measured = measured_of(subject, 1)
    made: dict[str, Any] = {"lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}
    if cell in made:
        module = made[cell](5, 12, dtype=torch.float64)
    else:
        module = torch.nn.RNNCell(5, 12, nonlinearity=cell, dtype=torch.float64)
    with torch.no_grad():
        for name, value in parameters_of(subject, 1).items():
            getattr(module, name.removesuffix("_l0")).copy_(torch.tensor(value))
    x = torch.tensor(np.random.default_rng([0, 6, 1]).standard_normal((30, 3, 5)))
    upstream = np.random.default_rng([0, 7, 1]).standard_normal((3, 12))
    h, c = (torch.zeros(3, 12, dtype=torch.float64, requires_grad=True) for _ in range(2))
    states = [h]
    for step in x:
        if cell == "lstm":
            h, c = module(step, (h, c))
        else:
            h = module(step, h)
        h.retain_grad()
        states.append(h)
    (h * torch.tensor(upstream / np.linalg.norm(upstream))).sum().backward()
    found = np.log10([state.grad.norm().item() for state in reversed(states)])
    np.testing.assert_allclose(measured.log10[0], found, atol=1e-9)
    norms = [parameter.grad.norm().item() for parameter in module.parameters()]
    assert measured.log10_parameters[0] == pytest.approx(math.log10(math.hypot(*norms)), abs=1e-9)


def test_what_f_and_w_make_is_all_that_becomes_of_it() -> None:
    memory = memory_of("tanh", "gaussian(1.2)")
    slopes, weights, _ = memory.made_a_step()
    a_step = float(memory.measured.log10[:, -1].mean()) / memory.horizon
    assert slopes + weights == pytest.approx(a_step, rel=1e-12)
    assert slopes < 0.0
    alone = memory_of("identity", "gaussian(1.2)").made_a_step()
    assert alone[0] == pytest.approx(0.0, abs=1e-12)


# ---------------------------------------------------------- what is compared


def test_of_several_cells_what_f_and_w_make_is_the_mean() -> None:
    """The rate is that of the median, so that their product is another number."""
    memory = memory_of("tanh")
    assert memory.measured.slopes is not None
    slopes = memory.measured.slopes[:, -1].mean() / 30.0
    weights = memory.measured.log10[:, -1].mean() / 30.0 - slopes
    said = re.search(r"f′ makes ×(\S+) of it and W ×(\S+) in the mean", diagnose(memory).cause)
    assert said is not None
    assert float(said[1]) == pytest.approx(10.0**slopes, rel=0.05)
    assert float(said[2]) == pytest.approx(10.0**weights, rel=0.05)
    assert "in the mean" not in finding_of("tanh", draws=1).cause


MADE = re.compile(
    r"A step(?: of the (\d+) steps to there)?, f′ makes ×(\S+) of it and W ×([\d.]+)([^.]*)\."
)


def test_the_cause_is_that_of_the_lags_on_which_the_verdict_is() -> None:
    """W = 1.5 I: whatever the lags, W makes 1.5 a step of it, and f′ the rest."""
    memory = memory_of("tanh", "identity(1.5)", x=1e-8, steps=74, draws=10, hidden_size=64)
    lag = memory.lag_judged
    assert lag < 40
    found = MADE.search(diagnose(memory).cause)
    assert found is not None
    assert int(found[1]) == lag
    of_kind = [row[lag] / lag for row in memory.measured.log10 if row.min() < -3.0 < row[-1] < 3.0]
    f = 10.0 ** float(np.mean(of_kind)) / 1.5
    assert (float(found[2]), float(found[3])) == (pytest.approx(f, rel=0.05), 1.5)
    assert 1.5 * f < 1.0
    assert "f′ more than W" in found[4]


@pytest.mark.parametrize(("seed", "kind"), [(13, Kind.VANISHING), (23, Kind.EXPLODING)])
def test_where_cells_differ_the_cause_is_that_of_those_of_the_verdict(
    seed: int, kind: Kind
) -> None:
    """Without inputs or f′ it is W alone: ‖uᵀW^60‖ of the cells that vanish, or explode."""
    memory = memory_of(
        "identity", "gaussian(1.15)", hidden_size=3, steps=60, x=0.0, draws=20, seed=seed
    )
    assert memory.kind is kind
    ends = memory.measured.log10[:, -1]
    own = ends[ends < -3.0] if kind is Kind.VANISHING else ends[ends > 3.0]
    assert len(own) < 10
    found = MADE.search(diagnose(memory).cause)
    assert found is not None
    assert float(found[3]) == pytest.approx(10.0 ** (own.mean() / 60.0), rel=0.05)
    assert f"in the mean of the {kind} cells, so it is W more than f′" in found[4]


def with_rows(subject: Subject, rows: Array) -> Memory:
    """The memory of cells whose gradients these are by lag."""
    measured = measured_of(subject, len(rows))
    return Memory(subject, replace(measured, log10=rows))


def test_no_cause_is_named_that_goes_the_other_way() -> None:
    """Two vanish, each at a lag of its own, and end with more than they began."""
    lags = np.arange(31)
    dips = [np.interp(lags, [0, lag, 30], [0.0, -4.0, 1.0]) for lag in (10, 20)]
    rows = np.array([*dips, 0.0 * lags, 0.0 * lags, lags / 6.0])
    memory = with_rows(subject_of("tanh", draws=5), rows)
    assert (memory.kind, memory.judgement.kind) == (Kind.VANISHING, Kind.HEALTHY)
    cause = diagnose(memory).cause
    assert "in the mean of the vanishing cells." in cause
    assert "so it is" not in cause


def test_what_explodes_on_the_way_doubles_at_the_rate_to_there() -> None:
    row = np.interp(np.arange(61), [0, 20, 60], [0.0, 20.0 * LOG10_2, 1.0])
    memory = with_rows(subject_of("tanh", steps=60, draws=1), row[None])
    assert (memory.kind, memory.lag_judged) == (Kind.EXPLODING, 20)
    assert "It doubles in 1 step." in diagnose(memory).cause


@pytest.mark.parametrize("seed", range(8))
def test_what_rounding_takes_has_no_half_life_and_no_side(seed: int) -> None:
    """Orthogonal W at rest loses nothing and gains nothing."""
    memory = memory_of("tanh", "orthogonal", x=0.0, steps=100, hidden_size=64, seed=seed)
    assert memory.half_life is None
    assert memory.judgement.log10_ratio == 0.0
    assert "healthy is below 1000" in diagnose(memory).sentence


def test_a_half_life_of_more_steps_than_anybody_has_is_no_rounding() -> None:
    """1 - σ(30) = 9.4e-14 a step, along z."""
    memory = memory_of("gru", forget_bias=30.0, steps=100, x=0.0, hidden_size=64)
    assert memory.half_life == pytest.approx(math.log(2.0) / math.exp(-30.0), rel=0.2)


def test_the_same_number_gives_the_same_cell_scale_apart() -> None:
    one, other = (subject_of("tanh", init) for init in ("gaussian(0.5)", "gaussian(1.5)"))
    for number in (1, 7):
        few, many = (parameters_of(subject, number) for subject in (one, other))
        np.testing.assert_allclose(3.0 * few["weight_hh_l0"], many["weight_hh_l0"], rtol=1e-14)
        np.testing.assert_array_equal(few["weight_ih_l0"], many["weight_ih_l0"])
    first, second = (parameters_of(one, number)["weight_hh_l0"] for number in (1, 2))
    assert not np.allclose(first, second)


def test_half_of_w_leaves_half_to_the_twentieth_of_what_w_does() -> None:
    """The same draws, and a linear cell."""
    knobs = {"hidden_size": 3, "steps": 20, "x": 0.0}
    whole, half = (
        memory_of("identity", init, **knobs)
        for init in ("gaussian(sqrt(3))", "gaussian(sqrt(3/4))")
    )
    apart = whole.measured.log10 - half.measured.log10
    np.testing.assert_allclose(apart, np.tile(LOG10_2 * np.arange(21), (4, 1)), atol=1e-10)


def test_a_forget_bias_is_for_gated_cells_and_leaves_the_others_as_they_are() -> None:
    setup = setup_of("tanh").with_(cells=("tanh", "lstm"), forget_bias=2.0)
    tanh, lstm = subjects_of(setup, "recurrent")
    plain = subject_of("tanh")
    np.testing.assert_array_equal(
        parameters_of(tanh, 1)["bias_ih_l0"], parameters_of(plain, 1)["bias_ih_l0"]
    )
    weights = parameters_of(lstm, 1)
    assert set(weights["bias_ih_l0"][12:24]) == {2.0}
    assert set(weights["bias_hh_l0"][12:24]) == {0.0}


@pytest.mark.parametrize(
    ("cell", "alpha", "steps", "forgets", "bf16"),
    [
        ("identity", 0.999, 10_000, 6905, None),  # ln 0.001 / ln 0.999 = 6904.3
        ("tanh", 0.5, 2000, 10, 134),  # 2^-134 is half of bfloat16's least, and rounds to 0
    ],
)
def test_of_a_long_sequence_every_lag_is_known(
    cell: str, alpha: float, steps: int, forgets: int, bf16: int | None
) -> None:
    knobs = {"x": 0.0, "steps": steps, "draws": 1, "hidden_size": 1}
    memory = memory_of(cell, f"identity({alpha})", **knobs)
    np.testing.assert_allclose(memory.median, np.log10(alpha) * np.arange(steps + 1), rtol=1e-9)
    assert memory.forgets_at == forgets
    assert memory.lost_in_formats()["bf16"] == ("-" if bf16 is None else f"0:{bf16}")
    assert f"From {forgets:,} steps back on" in diagnose(memory).cause


def test_how_far_back_is_found_among_all_lags_of_the_flows_themselves() -> None:
    subject = subject_of("gru", forget_bias=4.0, steps=2000, draws=3)
    rows = [flow_of(subject, number).log10_grad_hidden[::-1] for number in (1, 2, 3)]
    median = np.sort([row - row[0] for row in rows], axis=0)[1]
    memory = Memory(subject, measured_of(subject, 3))
    np.testing.assert_array_equal(memory.median, median)
    assert memory.forgets_at == 1 + max(np.flatnonzero(median >= -3.0))


def test_more_cells_than_memory_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradtui.mathematics.memory.available_memory", lambda: 2.0**28)
    setup = setup_of("tanh", steps=10_000, draws=2000, patience=86_400.0, hidden_size=1)
    results = run(setup, unwatched)
    assert next(results)[0].measured.cells == 1
    with pytest.raises(InputError, match=r"draws.*2,000 cells of 10,000 steps.*would fit"):
        next(results)


# ------------------------------------------------------------------ truncation


def test_truncated_exactly_nothing_arrives_beyond_and_the_rest_is_as_it_was() -> None:
    whole, cut = memory_of(draws=2), memory_of(draws=2, truncate=7)
    np.testing.assert_array_equal(cut.measured.log10[:, :8], whole.measured.log10[:, :8])
    assert (cut.measured.log10[:, 8:] == -np.inf).all()
    assert cut.forgets_at is not None
    assert cut.forgets_at <= 8
    text = diagnose(cut).text
    assert "7 steps back" in text
    assert "exactly nothing arrives at the 23 before" in text
    # Of two the median is the smaller, as everywhere.
    least = min(whole.measured.log10[:, -1])
    assert cut.measured.cut is not None
    assert cut.measured.cut.log10_arriving == pytest.approx(least, rel=1e-12)


@pytest.mark.parametrize("truncate", [0, 30, 31, 5000])
def test_a_truncation_beyond_the_sequence_is_none(truncate: int) -> None:
    text = finding_of(draws=2, truncate=truncate).text
    assert text == finding_of(draws=2).text
    assert "Truncated" not in text


def test_the_share_of_the_weights_gradient_by_lag() -> None:
    """By the norms of what each step adds, which the flow of the cell gives."""
    subject = subject_of("gru", steps=6, draws=1)
    by_step = flow_of(subject, 1).log10_grad_parameters_by_step
    assert by_step is not None
    norms = 10.0 ** by_step["weight_hh_l0"][::-1]
    passed = measured_of(subject, 1).median_passed
    np.testing.assert_allclose(passed[:6], np.cumsum(norms) / norms.sum(), rtol=1e-12)
    assert passed[6] == 1.0


# -------------------------------------------------------------- what is said


def test_a_healthy_one_is_said_to_be_and_nothing_ails_it() -> None:
    found = finding_of("identity", "orthogonal")
    assert found.kind is Kind.HEALTHY
    assert "all of the loss's gradient arrives at h 30 steps back" in found.sentence
    for word in ("less than", "vanish", "hides", "doubles", "so it is", "grows first"):
        assert word not in found.text
    assert "no gradient can explode" in found.cause


def test_one_that_may_not_explode_is_not_said_to_need_more_for_it() -> None:
    assert "sufficient" not in finding_of("tanh", "orthogonal").cause
    assert "not sufficient" in finding_of("tanh", "gaussian(0.8)", x=0.0).cause


def test_an_exploding_one() -> None:
    found = finding_of("identity", "orthogonal(2)")
    assert found.kind is Kind.EXPLODING
    assert "×2 a step; healthy is below 1000" in found.sentence
    assert "It doubles in 1 steps" not in found.cause
    assert "It doubles in 1 step." in found.cause
    assert "as it has to be where a gradient explodes" in found.cause
    assert "hides" not in found.text


@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"])
def test_one_step_has_no_rate_and_no_half_life(cell: str) -> None:
    found = finding_of(cell, steps=1)
    assert "1 step back" in found.sentence
    assert "a step;" not in found.sentence
    assert "half is lost" not in found.text


def test_a_relu_whose_units_are_all_off_is_dead_by_f() -> None:
    found = finding_of("relu", "identity", x=0.0)
    assert found.kind is Kind.DEAD
    assert "none of the loss's gradient arrives at h 30 steps back." in found.sentence
    assert "f′ is 0 for every unit that carries it, 1 step back" in found.cause
    assert "W" not in found.cause


def test_weights_of_zero_are_dead_by_the_weights() -> None:
    found = finding_of("tanh", "identity(0)")
    assert found.kind is Kind.DEAD
    assert "The weights pass none of it on, 1 step back" in found.cause
    assert "f′" not in found.cause


def test_of_an_lstm_whose_h_leads_nowhere_it_says_what_arrives_at_c() -> None:
    found = finding_of("lstm", "identity(0)", forget_bias=3.0, x=0.0)
    assert found.kind is Kind.DEAD
    assert re.search(r"at c arrives ×0\.1\d*\. Along c", found.cause)
    cell = memory_of("lstm", "identity(0)", forget_bias=3.0, x=0.0).measured.median_cell
    assert cell is not None
    said = re.fullmatch(
        r"lstm with identity\(0\) dead at h in all 4 cells: none of the loss's gradient arrives at "
        r"h 30 steps back, and yet ×(\S+) at c in the median\.",
        found.sentence,
    )
    assert said is not None
    assert float(said[1]) == pytest.approx(10.0 ** cell[30], rel=0.05)
    assert "The weights pass none of it on to h, 1 step back" in found.cause
    alone = finding_of("lstm", "identity(0)", forget_bias=3.0, x=0.0, draws=1)
    assert alone.sentence.endswith(f", and yet ×{said[1]} at c.")


@pytest.mark.parametrize(
    ("cell", "init", "knobs"),
    [
        ("tanh", "gaussian(0)", {}),
        ("gru", "identity(0)", {"forget_bias": -100.0, "x": 1e6}),
        ("lstm", "identity(0)", {"forget_bias": 3.0}),
        ("lstm", "identity(0)", {"forget_bias": 3.0, "x": 0.0, "truncate": 5}),
        ("lstm", "pytorch", {"steps": 60}),
    ],
)
def test_that_c_goes_on_is_said_only_where_h_is_dead_and_c_is_not(
    cell: str, init: str, knobs: dict[str, Any]
) -> None:
    memory = memory_of(cell, init, **knobs)
    at_c = memory.measured.median_cell
    alive = at_c is not None and math.isfinite(at_c[memory.horizon])
    wanted = memory.kind is Kind.DEAD and alive
    text = diagnose(memory).text
    assert ("dead at h" in text) == ("and yet" in text and "at c" in text) == wanted


GROWS_FIRST = re.compile(r"(?:It|first cell it) grows first, to ×(\S+) at (\d+) steps?")


def radii_of(memory: Memory) -> list[float]:
    """The spectral radius of every W."""
    numbers = range(1, memory.measured.cells + 1)
    each = [parameters_of(memory.subject, number)[W_HH] for number in numbers]
    return [float(np.abs(np.linalg.eigvals(w)).max()) for w in each]


@pytest.mark.parametrize("draws", [1, 3])
def test_a_w_that_is_not_normal_grows_first(draws: int) -> None:
    """Straight up to ‖uᵀW^k‖ above 1 of a radius below it, which no normal W can."""
    found = 0
    for seed in range(40):
        knobs = {"steps": 200, "draws": draws, "hidden_size": 4, "seed": seed}
        memory = memory_of("identity", "radius(0.9)", **knobs)
        curve, top = 10.0**memory.median, int(np.argmax(memory.median))
        said = GROWS_FIRST.search(diagnose(memory).cause)
        if curve[top] > 1.05 and (np.diff(curve[: top + 1]) > 0.0).all():
            found += 1
            assert said is not None
        if said is not None:
            assert (float(said[1]), int(said[2])) == (
                pytest.approx(curve[top], rel=0.05),
                top,
            )
            assert curve[top] > 1.05 > 0.01 > curve[-1]
            assert max(radii_of(memory)) < 1.0
    assert found >= 3


@pytest.mark.parametrize(
    ("form", "knobs"),
    [
        (("identity", "gaussian(1.15)"), {"hidden_size": 3, "x": 0.0, "draws": 20, "seed": 22}),
        (("identity", "gaussian(1.3)"), {"hidden_size": 3, "x": 0.0, "draws": 20, "seed": 6}),
        (("tanh", "gaussian(3)"), {"x": 3.0, "draws": 10, "hidden_size": 64, "input_size": 16}),
        (("relu", "radius(0.95)"), {"hidden_size": 6, "x": 0.1, "draws": 1, "seed": 25}),
    ],
)
def test_it_is_not_said_to_grow_first_where_that_is_not_so_or_not_by_w(
    form: tuple[str, str], knobs: dict[str, Any]
) -> None:
    """A radius above 1 in some cell; or a peak that is late: masks of ReLU leave it no W^k."""
    memory = memory_of(*form, steps=60, **knobs)
    assert max(radii_of(memory)) > 1.0 or int(np.argmax(memory.median)) > 30
    assert memory.median.max() > math.log10(1.05)
    assert "grows first" not in diagnose(memory).cause


@pytest.mark.parametrize("rho", [1.6, 2.5])
def test_what_quiet_inputs_let_grow_is_not_said_to_be_by_w(rho: float, tmp_path: Path) -> None:
    """f′ is near 1 in quiet steps and near 0 in loud ones, and no normal W would do otherwise."""
    x = np.random.default_rng(3).standard_normal((60, 4))
    x[:30], x[30:] = 6.0 * x[:30], 0.001 * x[30:]
    np.save(tmp_path / "x.npy", x)
    given = KNOBS["inputs"].parse(str(tmp_path / "x.npy"))
    memory = memory_of("tanh", f"radius({rho})", inputs=given, input_size=4, steps=60, draws=9)
    top = int(np.argmax(memory.median))
    assert memory.median[top] > math.log10(1.05) > memory.median[-1]
    assert top >= 1
    assert "grows first" not in diagnose(memory).cause


def test_where_the_radius_of_the_first_alone_is_known_growth_is_said_of_it_alone() -> None:
    for seed in range(40):
        subject = subject_of("identity", "radius(0.9)", steps=60, hidden_size=4, seed=seed)
        measured, first = measured_of(subject, 4), bounds_of(subject, 1, unwatched)
        assert first is not None
        said = diagnose(Memory(subject, measured, first._replace(radii=None))).cause
        row = 10.0 ** measured.log10[0]
        assert "It grows first" not in said
        if (found := GROWS_FIRST.search(said)) is not None:
            assert float(found[1]) == pytest.approx(row.max(), rel=0.05)
            assert "Of the first cell it grows first" in said
            break
    else:
        pytest.fail("no first cell grew")


def test_a_sum_hides_only_what_vanishes() -> None:
    assert "that sum hides the vanishing" in finding_of("tanh", steps=100).evidence
    assert "hides" not in finding_of("lstm", forget_bias=4.0, steps=100).text
    assert (
        "hides" not in finding_of("tanh", "gaussian", x=0.0, steps=99).text
    )  # h is 0, and so is ∂L/∂W_hh


# ------------------------------------------------------------------ the least


def test_one_unit_and_one_cell() -> None:
    found = finding_of("tanh", hidden_size=1, draws=1)
    assert "On 1 cell of 1 unit, 1 sequence of 30 steps." in found.evidence
    assert "in all" not in found.sentence
    assert "median" not in found.text


@pytest.mark.parametrize("steps", [1, 10, 100, 10_000])
def test_the_bias_for_a_length(steps: int) -> None:
    """σ(b)^T is the threshold, by the definition of σ."""
    for left in (1e-300, 1e-3, 0.5, 0.9):
        bias = bias_for(math.log10(left), steps)
        log_sigma = -math.log1p(math.exp(-bias)) if bias > -30 else bias
        assert steps * log_sigma == pytest.approx(math.log(left), rel=1e-9)


def test_half_of_the_identity_in_float16() -> None:
    """One number of √12 as many as the norm: 0.5^k / √12 ≤ 2^-25 from k = 24 on."""
    memory = memory_of("identity", "identity(0.5)", steps=200)
    assert memory.lost_in_formats()["f16"] == "0:24"
    assert memory.lost_in_formats()["f64"] == "-"
    said = "In float16 a typical number of the gradient becomes 0 at 24 steps back, in bfloat16 0"
    assert said in diagnose(memory).evidence


# ------------------------------------------------------------------- the run


def test_one_cell_is_there_at_once_and_the_rest_refine_it() -> None:
    watch = Watch()
    results = list(run(setup_of("lstm", draws=9, forget_bias=4.0), watch))
    counts = [memories[0].measured.cells for memories in results]
    assert counts[0] == 1
    assert counts == sorted(counts)
    assert counts[-1] == 9
    assert watch.rises
    assert results[-1][0].remedy is None


def test_what_takes_longer_than_there_is_time_for_is_refused() -> None:
    setup = setup_of("lstm", steps=10_000, hidden_size=1024)
    with pytest.raises(InputError, match=r"steps.*patience"):
        next(run(setup, unwatched))
    few = setup_of("lstm", steps=2000, draws=10_000, patience=1.0)
    subjects = subjects_of(few, "recurrent")
    assert cells_drawn(subjects) * seconds_of(subjects[0]) <= 1.0


def test_the_patience_is_not_idle_where_what_helps_is_tried_within_it() -> None:
    assert "patience" in idle_in_time(setup_of("tanh", steps=5, draws=2))
    setup = setup_of("tanh", steps=1500, draws=10, hidden_size=64)
    assert "patience" not in idle_in_time(setup)
    *_, (hasty,) = run(setup.with_(patience=1.0), unwatched)
    *_, (patient,) = run(setup.with_(patience=100.0), unwatched)
    assert hasty.measured.cells == patient.measured.cells == 10
    assert (hasty.remedy is None, patient.remedy is None) == (True, False)


@pytest.mark.parametrize(
    ("cell", "knobs", "label"),
    [
        ("tanh", {"steps": 3000, "draws": 20}, r"init = orthogonal, input scale = 0.0*1$"),
        ("lstm", {"forget_bias": 1.0, "input_scale": 20.0, "steps": 100}, "forget bias = 2.64"),
        ("gru", {"input_scale": 20.0, "steps": 100}, "forget bias = .*"),
        ("lstm", {"x": 1e4, "steps": 60}, r"forget bias = .*, x = (1|0\.1)$"),
    ],
)
def test_what_keeps_the_memory_is_tried_before_fewer_steps(
    cell: str, knobs: dict[str, Any], label: str
) -> None:
    setup = setup_of(cell, **knobs, hidden_size=32)
    *_, (memory,) = run(setup, unwatched)
    assert memory.remedy is not None
    assert re.search(label, memory.remedy.label)
    assert "steps" not in memory.remedy.changes
    *_, (then,) = run(memory.remedy.applied(setup).checked(), unwatched)
    assert then.kind is Kind.HEALTHY


@pytest.mark.parametrize(
    ("init", "knobs"),
    [
        ("identity(0)", {"x": 0.0}),
        ("gaussian(6)", {}),
        ("gaussian(6)", {"forget_bias": 2.64}),  # not the bias, but the weights
        ("chrono(100)", {}),
    ],
)
def test_an_lstm_that_its_own_weights_leave_no_memory_is_given_others_and_a_forget_bias(
    init: str, knobs: dict[str, Any]
) -> None:
    setup = setup_of("lstm", init, steps=100, hidden_size=64, draws=10, **knobs)
    *_, (memory,) = run(setup, unwatched)
    assert memory.kind is not Kind.HEALTHY
    assert memory.remedy is not None
    assert set(memory.remedy.changes) == {"cell_init", "forget_bias"}
    assert memory.remedy.changes["forget_bias"] == 2.64  # σ(2.64)^100 = 0.001
    *_, (then,) = run(memory.remedy.applied(setup).checked(), unwatched)
    assert then.kind is Kind.HEALTHY


def test_other_weights_are_tried_before_more_bias(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bias alone fails of a thousand steps after many cells; with orthogonal W it helps."""
    setup = setup_of("lstm", steps=1000, hidden_size=64, input_size=16, draws=20)
    memories = [Memory(one, measured_of(one, 20)) for one in subjects_of(setup, "recurrent")]
    each = seconds_of(memories[0].subject)
    monkeypatch.setattr(remedies, "trying", lambda _: 42 * each)
    (helps,) = remedies.remedies_of(memories, unwatched)
    assert helps is not None
    assert helps.label == "init = orthogonal, forget bias = 4.98"


def test_a_bias_that_it_has_is_not_tried_again_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(
        remedies._Trying, "tried", lambda _, changed, tick: tried.append(changed.setup)
    )
    memory = memory_of("lstm", "identity(0)", forget_bias=1.36)  # σ(1.36)^30 = 0.001
    remedies.remedies_of([memory], unwatched)
    assert memory.subject.setup not in tried
    assert len(tried) > 20
    without = memory_of("tanh", "identity(0)", forget_bias=1.36)
    remedies.remedies_of([without], unwatched)
    assert without.subject.setup.with_(cells=("lstm",)) in tried  # where it begins to count


def test_what_one_does_not_use_for_trying_is_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the time for 30 LSTMs is too little to try 20; the linear RNN needs none of it."""
    setup = setup_of("lstm", "orthogonal", steps=60, draws=20).with_(cells=("lstm", "identity"))
    memories = [Memory(one, measured_of(one, 20)) for one in subjects_of(setup, "recurrent")]
    assert [memory.kind for memory in memories] == [Kind.VANISHING, Kind.HEALTHY]
    each = seconds_of(memories[0].subject)
    for lstms, found in ((30, True), (19, False)):
        monkeypatch.setattr(remedies, "trying", lambda subjects, lstms=lstms: lstms * each)
        helps, none = remedies.remedies_of(memories, unwatched)
        assert (helps is not None and helps.label.startswith("forget bias")) is found
        assert none is None


def test_it_is_relied_on_after_twenty_cells_or_all_that_are_drawn() -> None:
    """Otherwise it is not offered, however many were healthy among the first few."""
    setup = setup_of("tanh", steps=500, draws=50, hidden_size=48)
    offered = []
    for patience in (1.0, 2.0, 3.0, 5.0, 20.0):
        *_, (memory,) = run(setup.with_(patience=patience), unwatched)
        if memory.remedy is None:
            continue
        found = re.search(r"healthy in (\d+) of (\d+) cells(, the first of)?", memory.remedy.after)
        assert found is not None
        assert int(found[1]) >= 0.8 * int(found[2])
        assert int(found[2]) >= 20 or (found[3] is None and patience < 20.0)
        offered.append(patience)
    assert 20.0 in offered


@pytest.mark.parametrize(("cell", "x"), [("lstm", 1e5), ("gru", 1e100), ("tanh", 1e5)])
def test_steps_that_plain_floats_do_not_hold_are_counted(cell: str, x: float) -> None:
    subject = subject_of(cell, x=x, draws=500, patience=1.0, steps=60)
    assert steps_apart(subject)[0] == flow_of(subject, 1).steps_apart >= 30
    assert seconds_found(subject) > 2.0 * seconds_of(subject)
    assert cells_drawn([subject]) < 500
    assert steps_apart(subject_of(cell)) == (0, 2)
    *_, (memory,) = run(subject.setup, unwatched)
    assert memory.measured.cells == cells_drawn([subject])
    assert f"{memory.measured.cells} of 500 cells: all would take" in diagnose(memory).evidence


@pytest.mark.parametrize("shrinks", ["1e-50", "1e-20"])
def test_steps_that_go_a_few_at_a_time_take_their_time_too(shrinks: str) -> None:
    """Plain floats hold each, and no 64 of them together."""
    knobs = {"steps": 640, "hidden_size": 4}
    subject, usual = (subject_of("identity", f"identity({by})", **knobs) for by in (shrinks, "1"))
    assert steps_apart(subject)[0] == steps_apart(usual)[0] == 0
    assert steps_apart(usual)[1] == 20
    assert 10 * 5 + 10 < steps_apart(subject)[1] < 640 * 1.5
    assert seconds_found(subject) > 1.5 * seconds_of(subject) > 1.4 * seconds_found(usual)


@pytest.mark.parametrize("cell", ["tanh", "gelu"])
def test_a_bias_that_no_cell_has_is_idle(cell: str) -> None:
    assert "forget_bias" in idle_in_time(setup_of(cell))
    assert "forget_bias" not in idle_in_time(setup_of(cell).with_(cells=(cell, "gru")))


@pytest.mark.parametrize(
    ("form", "knobs", "label"),
    [
        (("tanh",), {"x": 0.0, "steps": 60}, "init = orthogonal"),
        (("lstm",), {"steps": 100, "hidden_size": 48}, "forget bias"),
        (("gru",), {"steps": 100, "hidden_size": 48}, "forget bias"),
        (("lstm",), {"steps": 100, "seed": 1}, "init = orthogonal, forget bias"),
        (("identity", "orthogonal(2)"), {}, "init = orthogonal"),
        (("tanh",), {"x": 50.0, "steps": 20}, None),
        # W is too large there: noise would only flatten f.
        (("tanh", "orthogonal(2)"), {"x": 0.0, "steps": 50}, "init = orthogonal"),
        # f takes it there: another W of the same kind changes nothing.
        (("tanh", "orthogonal"), {"steps": 1000, "hidden_size": 16}, "input scale"),
        (("tanh", "identity"), {"steps": 1000, "hidden_size": 16}, "input scale"),
    ],
)
def test_what_is_offered_heals_the_very_cells_that_its_command_draws(
    form: tuple[str, ...], knobs: dict[str, Any], label: str | None
) -> None:
    setup = setup_of(*form, **knobs)
    *_, (memory,) = run(setup, unwatched)
    assert memory.remedy is not None
    if label is not None:
        assert memory.remedy.label.startswith(label)
    *_, (then,) = run(memory.remedy.applied(setup).checked(), unwatched)
    assert then.kind is Kind.HEALTHY
    found = diagnose(then)
    what, _, many = memory.remedy.after.partition(", healthy in ")
    assert what in found.sentence
    assert many.endswith("of 4 cells")
    assert f"in {'all 4' if many.startswith('4') else many.removesuffix(' cells')}" in (
        found.sentence
    )


def test_nothing_is_offered_where_nothing_ails() -> None:
    *_, (memory,) = run(setup_of("identity", "orthogonal"), unwatched)
    assert memory.remedy is None


# -------------------------------------------------------------------- the map


def test_a_column_of_the_map_is_the_median_of_the_cells_with_that_bias() -> None:
    subject = subject_of("lstm", steps=20)
    mapped = map_of(subject, None, 3, unwatched)
    assert mapped.swept == "forget bias"
    assert (mapped.values[0], mapped.values[-1]) == (-2.0, 8.0)
    for at in (0, 9, 30):
        same = memory_of("lstm", steps=20, draws=3, forget_bias=float(mapped.values[at]))
        np.testing.assert_array_equal(mapped.log10[at], same.median)
    assert mapped.here == pytest.approx(0.0, abs=0.3)
    assert map_of(subject_of("gru", forget_bias=1.5, steps=2), None, 1, unwatched).here == 1.5


def test_of_a_vanilla_rnn_it_is_over_the_radius() -> None:
    subject = subject_of("identity", steps=150)
    mapped = map_of(
        subject, bounds_of(subject, subject.setup.recurrent.draws, unwatched), 2, unwatched
    )
    assert mapped.swept == "spectral radius"
    # In the end a linear cell's rate is its radius, but for a phase where that is complex.
    rates = (mapped.log10[:, 150] - mapped.log10[:, 50]) / 100.0
    np.testing.assert_allclose(rates, np.log10(mapped.values), atol=0.02)
    same = memory_of("identity", f"radius({mapped.values[4]:.6g})", steps=150, draws=2)
    np.testing.assert_array_equal(mapped.log10[4], same.median)


def test_a_map_takes_chrono_s_weights_and_leaves_its_biases() -> None:
    of_chrono = map_of(subject_of("lstm", "chrono(30)", steps=10), None, 1, unwatched)
    of_pytorch = map_of(subject_of("lstm", steps=10), None, 1, unwatched)
    np.testing.assert_array_equal(of_chrono.log10, of_pytorch.log10)
    assert of_chrono.here > 1.0  # ln U(1, 29)


def test_a_map_comes_only_when_it_is_asked_for_and_there_is_time() -> None:
    setup = setup_of("gru", steps=8)
    assert all(memories[0].map is None for memories in run(setup, unwatched))
    *_, (memory,) = run(setup.with_(picture="map"), unwatched)
    assert memory.map is not None
    assert memory.map.cells == 4
    few = setup_of("lstm", steps=3000, hidden_size=128, patience=1.0, picture="map", draws=1)
    assert in_map(subjects_of(few, "recurrent")) == 0


def test_a_remedy_by_fewer_steps_is_called_what_it_gives_up() -> None:
    memory = memory_of("tanh", "gaussian(0.5)", steps=40, draws=2)
    offered = list(remedies._candidates(memory))
    shorter = [label for label, changes in offered if "steps" in changes]
    assert shorter[0] == "remember fewer steps: steps = 20"
    others = [label for label, changes in offered if "steps" not in changes]
    assert not [label for label in others if "remember" in label]
