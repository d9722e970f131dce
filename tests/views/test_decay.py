"""The decay view: the chain, its ceiling, its spread, and where the number formats give up."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import numpy as np
import pytest

from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.chain import Chain, chain
from gradtui.mathematics.layer_values import LayerValues
from gradtui.mathematics.precision import FORMATS
from gradtui.models.chain import chains
from gradtui.models.chain import decay as chain_decay
from gradtui.models.chain.decay import ChainDecay, Spread, first_lost
from gradtui.plots.picture import LETTERS, row_text
from gradtui.progress import Stopped, unwatched
from gradtui.setup import Loss, Setup
from gradtui.views import VIEWS
from gradtui.views.decay.study import Decays
from gradtui.views.view import Size
from support.by_hand import by_hand, close
from support.watch import Watch
from support.watch import last as last_of

VIEW = VIEWS["decay"]
# IEEE 754 (bfloat16: Google): 2^-24, 2^-133, 2^-149, 2^-1074.
SMALLEST = {"float16": 5.96e-8, "bfloat16": 9.18e-41, "float32": 1.4e-45, "float64": 4.94e-324}


def last(setup: Setup) -> Decays:
    result = last_of(VIEW, setup)
    assert isinstance(result, Decays)
    return result


def decays(setup: Setup) -> tuple[ChainDecay, ...]:
    """The decays of all that is compared, as chains find them."""
    each = last(setup).each
    assert all(isinstance(decay, ChainDecay) for decay in each)
    return each  # type: ignore[return-value]


def spread_of(setup: Setup, index: int = 0) -> Spread:
    """What random chains give for one of what is compared."""
    found = decays(setup)[index].spread
    assert found is not None
    return found


def one(name: str, depth: int, w: float = 1.0, **changes: object) -> Setup:
    return Setup.of(activations=(name,), depth=depth, weights=LayerValues((w,)), samples=1).with_(
        **changes
    )


# ------------------------------------------------------------ chain and ceiling


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "arctan"])
def test_the_curve_is_the_gradient_of_every_layer(name: str) -> None:
    (decay,) = decays(one(name, 50))
    np.testing.assert_allclose(10.0**decay.log10, by_hand(name, [1.0] * 50).gradients, rtol=1e-9)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_the_worst_case_is_the_largest_slope_to_the_power_of_the_layers_passed(name: str) -> None:
    most = activation(name).max_abs_derivative
    (decay,) = decays(one(name, 20))
    for layer in (20, 19, 7, 1):
        k = 20 - layer + 1
        expected = -math.inf if most == 0 else k * math.log10(most)
        assert decay.ceiling[layer - 1] == pytest.approx(expected, abs=1e-12)


def test_a_quarter_to_the_ten() -> None:
    (decay,) = decays(one("sigmoid", 10))
    assert 10.0 ** decay.ceiling[0] == pytest.approx(9.5367e-7, rel=1e-5)


def test_with_weights_of_one_no_gradient_is_above_the_worst_case() -> None:
    """|a_{l-1}| ≤ 1 for sigmoid and tanh from x = 1, so the f′ alone bound it."""
    for decay in decays(Setup.of(activations=("sigmoid", "tanh"), depth=50, samples=1)):
        assert (decay.log10 <= decay.ceiling + 1e-12).all()


def test_the_worst_case_begins_at_what_the_loss_sends() -> None:
    (decay,) = decays(one("sigmoid", 5, loss=Loss(upstream=1e-3)))
    assert decay.ceiling[-1] == pytest.approx(math.log10(0.25e-3))


# ------------------------------------------------------------------ formats


@pytest.mark.parametrize("one_format", FORMATS, ids=lambda f: f.name)
def test_the_smallest_number_of_each_format(one_format: object) -> None:
    name, log10 = one_format.name, one_format.log10_smallest  # type: ignore[attr-defined]
    mantissa, exponent = f"{SMALLEST[name]:e}".split("e")
    assert log10 == pytest.approx(math.log10(float(mantissa)) + int(exponent), abs=2e-3)


def test_the_formats_that_numpy_has_agree_with_numpy() -> None:
    by_name = {one.name: one.log10_smallest for one in FORMATS}
    for kind in (np.float16, np.float32, np.float64):
        smallest = float(np.log10(np.finfo(kind).smallest_subnormal.astype(np.longdouble)))
        assert by_name[np.dtype(kind).name] == pytest.approx(smallest, abs=1e-9)


def test_the_first_layer_lost_is_where_the_format_rounds_to_zero() -> None:
    (decay,) = decays(one("sigmoid", 100))
    gradients = np.array(by_hand("sigmoid", [1.0] * 100).gradients)
    for name, kind in (("float16", np.float16), ("float32", np.float32)):
        with np.errstate(under="ignore"):
            zeros = np.flatnonzero(gradients.astype(kind) == 0) + 1
        (which,) = [one for one in FORMATS if one.name == name]
        assert first_lost(decay.log10, which) == zeros.max()


def test_a_layer_deep_enough_is_lost_in_float64_too() -> None:
    """σ′ at the fixed point of σ is 0.2249…: 5e-324 / 2 is passed some 500 layers back."""
    (decay,) = decays(one("sigmoid", 1000))
    layer = first_lost(decay.log10, FORMATS[-1])
    z = 0.659046068407406  # σ(z) = z
    rate = -math.log10(z * (1 - z))
    assert layer is not None
    assert 1000 - layer == pytest.approx(324 / rate, abs=5)


def test_what_reaches_layer_1_is_lost_nowhere() -> None:
    (decay,) = decays(one("relu", 50))
    assert [first_lost(decay.log10, one) for one in FORMATS] == [None] * 4


def test_an_exact_zero_is_lost_in_every_format() -> None:
    (decay,) = decays(one("relu", 4, x=-1.0))
    assert [first_lost(decay.log10, one) for one in FORMATS] == [4] * 4


@pytest.mark.parametrize("size", [Size(56, 60), Size(90, 100)])
def test_the_marks_stand_at_the_limits_of_the_formats(size: Size) -> None:
    """Two labelled decades give the scale; each mark is on its row, a row off at most."""
    setup = one("sigmoid", 700)
    rows = VIEW.draw(last(setup), setup, size, "braille").text.split("\n")
    ticks = {
        0.0 if match[1] == "1" else float(match[1][2:]): index
        for index, line in enumerate(rows)
        if (match := re.match(r"\s*(1|1e-?\d+)┤", line))
    }
    (high, top), (low, bottom) = max(ticks.items()), min(ticks.items())
    scale = (bottom - top) / (high - low)
    for name, smallest in SMALLEST.items():
        (at,) = [index for index, line in enumerate(rows) if name in re.split(r"\W+", line)]
        log10 = -323.306 if name == "float64" else math.log10(smallest)
        # The tick and the mark are both rounded to a row.
        assert abs(at - (top + (high - log10) * scale)) <= 1.01


# ------------------------------------------------------------------- spread

IDENTITY = Setup.of(
    activations=("identity",), depth=40, weights=LayerValues(std=1.0), samples=1500, seed=5
)


def test_the_spread_is_that_of_a_sum_of_logarithms() -> None:
    """|∂L/∂w₁| = |x| Π_{l≥2} |w_l|: forty independent ln|N(0, 1)|.

    Each has mean -(γ + ln 2)/2, variance π²/8 and third central moment -7ζ(3)/4; the quantiles of
    the sum by Cornish and Fisher, to four standard errors of a sample quantile.
    """
    n, zeta3 = 40, 1.2020569031595942
    mean, variance, third = -(np.euler_gamma + math.log(2)) / 2, math.pi**2 / 8, -7 * zeta3 / 4
    skew = third / variance**1.5 / math.sqrt(n)
    spread = spread_of(IDENTITY)
    assert spread.chains == 1500
    for share, u, shown in ((0.05, -1.644854, spread.low), (0.5, 0.0, spread.median),
                            (0.95, 1.644854, spread.high)):  # fmt: skip
        quantile = n * mean + math.sqrt(n * variance) * (u + skew * (u * u - 1) / 6)
        density = math.exp(-u * u / 2) / math.sqrt(2 * math.pi * n * variance)
        error = math.sqrt(share * (1 - share) / 1500) / density
        assert abs(shown[0] * math.log(10) - quantile) < 4 * error


def test_the_quantiles_are_those_of_the_chains_themselves() -> None:
    """The same draws from the same seeds, put through `chain` and sorted here."""
    setup = Setup.of(
        activations=("tanh",), depth=6, weights=LayerValues(std=1.3), samples=99, seed=7
    )
    rows = []
    for count in range(1, 100):
        rng = np.random.default_rng([7, 2, count])
        weights = rng.normal(0.0, 1.3, 6)
        rows.append(chain("tanh", weights, x=float(rng.normal())).log10_gradients)
    ordered = np.sort(np.array(rows), axis=0)
    spread = spread_of(setup)
    # The smallest value with a share of 5, 50, 95 % at or below it: numbers 5, 50 and 95 of 99.
    for shown, rank in ((spread.low, 5), (spread.median, 50), (spread.high, 95)):
        np.testing.assert_array_equal(shown, ordered[rank - 1])


def test_the_same_seed_gives_the_same_spread_and_another_seed_another() -> None:
    setup = IDENTITY.with_(samples=50)
    low = spread_of(setup).low
    np.testing.assert_array_equal(spread_of(setup).low, low)
    assert not np.array_equal(spread_of(setup.with_(seed=6)).low, low)


def test_the_spread_of_an_activation_does_not_depend_on_what_it_is_compared_with() -> None:
    alone, beside = (
        IDENTITY.with_(samples=20),
        IDENTITY.with_(samples=20, activations=("tanh", "identity")),
    )
    np.testing.assert_array_equal(spread_of(alone).median, spread_of(beside, 1).median)


def test_a_constant_weight_is_the_spread_s_size() -> None:
    constant = spread_of(IDENTITY.with_(samples=20, weights=LayerValues((-2.0,))))
    normal = spread_of(IDENTITY.with_(samples=20, weights=LayerValues(std=2.0)))
    np.testing.assert_array_equal(constant.median, normal.median)


def test_chains_that_are_dead_are_exact_zeros_in_the_spread() -> None:
    """A random ReLU dies with probability 1/2 a layer."""
    spread = spread_of(Setup.of(activations=("relu",), depth=30, samples=50))
    assert spread.high[0] == -math.inf
    assert not np.isnan(spread.high).any()


# ----------------------------------------------------------------- refinement


def test_a_long_computation_gives_its_chains_at_once_and_then_refines_them() -> None:
    setup = Setup.of(activations=("sigmoid", "tanh"), depth=2000, samples=60)
    watch = Watch()
    steps = VIEW.results(setup, watch)
    first = next(steps)
    assert first.each[0].spread is None
    assert watch.shares == []  # nothing was computed before the first picture that takes its time
    rest = list(steps)
    # After every nine chains of 2,000 layers; then the remedies of the two.
    assert len([share for share in watch.shares if share < 0.95]) == 120 // 9
    assert watch.rises
    assert 0.95 < watch.shares[-1] <= 1.0
    counts = [result.each[0].spread.chains for result in rest]
    assert counts == sorted(set(counts))
    assert counts[-1] == 60


def test_a_long_computation_ends_where_its_tick_says_so() -> None:
    setup = Setup.of(
        activations=("sigmoid", "tanh"), depth=2000, samples=100_000, patience=86_400.0
    )
    watch = Watch(most=3)
    steps = VIEW.results(setup, watch)
    next(steps)
    with pytest.raises(Stopped):
        list(steps)
    assert len(watch.shares) == 3
    assert watch.shares[-1] < 0.001


def test_between_two_ticks_no_more_than_one_deep_chain_is_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It takes some tenths of a second at 100,000 layers; six of them would take seconds."""
    events: list[str] = []

    run_chain = chains.run_chain

    def counted(*arguments: Any) -> Chain:
        events.append("chain")
        return run_chain(*arguments)

    for module in (chains, chain_decay):
        monkeypatch.setattr(module, "run_chain", counted)
    setup = Setup.of(activations=("relu", "identity", "tanh"), depth=30_003, samples=2)
    list(VIEW.results(setup, lambda share: events.append("tick")))
    assert events.count("chain") == 3 * (1 + 2)
    assert ("chain", "chain") not in itertools.pairwise(events)


def test_a_short_computation_gives_one_picture() -> None:
    assert len(list(VIEW.results(VIEW.default_setup, unwatched))) == 1


@pytest.mark.parametrize("depth", [1, 511, 512, 513, 5000])
def test_the_spread_reaches_from_the_first_layer_to_the_last(depth: int) -> None:
    spread = spread_of(one("tanh", depth))
    assert (spread.layers[0], spread.layers[-1]) == (1, depth)
    assert (np.diff(spread.layers) > 0).all()


# ------------------------------------------------------------------ readout


def test_the_readout_names_rate_reach_and_what_is_lost() -> None:
    setup = Setup.of(activations=("sigmoid", "relu"), depth=50, layer=20, samples=1)
    true = by_hand("sigmoid", [1.0] * 50)
    head, first, second = (row_text(one).split() for one in VIEW.readout(last(setup), setup, 80))
    assert head[:2] == ["layer", "20"]
    letter, mark, name, gradient, slope, rate, reach, *lost = first
    assert (letter, mark, name) == ("a", "✗", "sigmoid")
    assert close(gradient, true.gradients[19])
    assert close(slope, true.slopes[19])
    assert close(rate.removeprefix("×"), true.rate)
    shares = [one / true.gradients[-1] for one in reversed(true.gradients)]
    assert int(reach) == next(index for index, share in enumerate(shares) if share < 1e-3)
    f16 = max(index for index, one in enumerate(true.gradients, 1) if np.float16(one) == 0)
    assert lost == [str(f16), "-", "-", "-"]
    assert second == ["b", "✓", "relu", "1", "1", "×1", "never", "-", "-", "-", "-"]


@pytest.mark.parametrize("curves", range(1, 7))
def test_the_readout_has_a_row_for_each_activation(curves: int) -> None:
    setup = Setup.of(activations=tuple(ACTIVATIONS)[:curves], depth=8, samples=1)
    rows = VIEW.readout(last(setup), setup, 80)
    assert [row_text(one).split()[0] for one in rows[1:]] == list(LETTERS[:curves])


def test_a_finding_speaks_of_the_random_chains_too() -> None:
    result = last(
        Setup.of(activations=("tanh",), depth=30, weights=LayerValues(std=1.5), samples=40)
    )
    spread = result.of("tanh").spread
    assert spread is not None
    found = VIEW.finding(result, "tanh")
    match = re.search(
        r"40 random chains \(weights of std 1.5\): layer 1 gets (\S+) in the median, "
        r"(\S+) to (\S+) in 90 % of them",
        found.cause,
    )
    assert match is not None
    for shown, edge in zip(match.groups(), (spread.median, spread.low, spread.high), strict=True):
        assert close(shown, 10.0 ** float(edge[0]))


# ----------------------------------------------------------- table and picture


def test_the_table_has_a_row_for_each_activation_and_layer() -> None:
    setup = Setup.of(activations=("sigmoid", "tanh"), depth=7, samples=3)
    rows = VIEW.table(last(setup))
    assert [(row["activation"], row["layer"]) for row in rows] == [
        (name, layer) for name in ("sigmoid", "tanh") for layer in range(1, 8)
    ]
    for row in rows:
        index = int(row["layer"] or 0) - 1
        true = by_hand(str(row["activation"]), [1.0] * 7)
        assert row["log10_abs_gradient"] == pytest.approx(math.log10(true.gradients[index]))
        assert row["log10_abs_derivative"] == pytest.approx(math.log10(true.slopes[index]))
        assert row["gradient_sign"] == 1
        assert {type(value) for value in row.values()} <= {str, int, float}


@pytest.mark.parametrize("curves", range(1, 7))
def test_every_curve_carries_its_letter(curves: int) -> None:
    names = ("sigmoid", "tanh", "relu", "softsign", "arctan", "selu")[:curves]
    setup = Setup.of(activations=names, depth=50, samples=1)
    picture = VIEW.draw(last(setup), setup, Size(56, 13), "braille")
    for index in range(curves):
        shown = "".join(
            text for one in picture.rows[2:-2] for text, role in one if role == f"curve{index}"
        )
        assert LETTERS[index] in shown


@pytest.mark.parametrize("depth", [1, 2, 3, 50, 1000, 100_000])
def test_the_first_and_the_last_layer_are_on_the_axis(depth: int) -> None:
    setup = one("relu", depth)
    first = next(VIEW.results(setup, unwatched))
    axis = VIEW.draw(first, setup, Size(56, 13), "braille").text.split("\n")[-1].split()
    assert axis[0] == "1"
    assert axis[-1] == str(depth)


@pytest.mark.parametrize(
    "setup",
    [
        one("relu", 1, x=-1.0),
        one("relu", 30, x=-1.0),
        one("identity", 50, 1e99),
        one("sigmoid", 50, 0.0),
        one("tanh", 50, loss=Loss(upstream=0.0)),
        one("hardshrink", 12, 0.3),
    ],
    ids=["one dead layer", "dead", "overflow", "zero weights", "no upstream", "hardshrink"],
)
@pytest.mark.parametrize("marker", ["braille", "ascii"])
def test_what_is_zero_or_huge_is_drawn_without_complaint(setup: Setup, marker: str) -> None:
    result = last(setup)
    picture = VIEW.draw(result, setup, Size(56, 13), marker)
    assert {len(row_text(one)) for one in picture.rows} == {56}
    assert "nan" not in picture.text + "".join(map(row_text, VIEW.readout(result, setup, 80)))
    assert "nan" not in VIEW.finding(result, setup.focused).text
