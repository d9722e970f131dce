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
from gradtui.models.chain import spread as chain_spread
from gradtui.models.chain.decay import ChainDecay
from gradtui.models.chain.spread import Spread
from gradtui.models.finding import Kind
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


@pytest.mark.parametrize("quantity", ["a", "z", "w"])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "arctan"])
def test_the_curve_is_the_gradient_that_is_asked_for(name: str, quantity: str) -> None:
    setup = one(name, 50, 0.9, quantity=quantity)
    (decay,) = decays(setup)
    true = by_hand(name, [0.9] * 50).of(quantity)
    np.testing.assert_allclose(10.0**decay.log10, true, rtol=1e-9)
    layers, _ = decay.curve()
    assert layers.tolist() == list(range(51 - len(true), 51))
    assert f"|∂L/∂{quantity}| by layer" in VIEW.draw(last(setup), setup, Size(80, 20), "ascii").text


def test_the_default_is_the_gradient_of_the_activations() -> None:
    assert Setup().quantity == "a"


@pytest.mark.parametrize("quantity", ["a", "z", "w"])
@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_the_worst_case_is_the_largest_slope_to_the_power_of_the_layers_passed(
    name: str, quantity: str
) -> None:
    most = activation(name).max_abs_derivative
    (decay,) = decays(one(name, 20, quantity=quantity))
    for layer in (20, 19, 7, 1):
        k = 20 - layer if quantity == "a" else 20 - layer + 1
        expected = -math.inf if most == 0 and k else k * math.log10(most) if k else 0.0
        assert decay.ceiling[layer - decay.course.first] == pytest.approx(expected, abs=1e-12)


def test_a_quarter_to_the_ten() -> None:
    (decay,) = decays(one("sigmoid", 10))
    assert 10.0 ** decay.ceiling[0] == pytest.approx(9.5367e-7, rel=1e-5)


def test_with_weights_of_one_no_gradient_is_above_the_worst_case() -> None:
    """The f′ alone bound ∂L/∂a."""
    for decay in decays(Setup.of(activations=("sigmoid", "tanh"), depth=50, samples=1)):
        assert (decay.log10 <= decay.ceiling + 1e-12).all()


def test_the_worst_case_begins_at_what_the_loss_sends() -> None:
    (decay,) = decays(one("sigmoid", 5, loss=Loss(upstream=1e-3)))
    assert decay.ceiling[-1] == pytest.approx(-3.0)
    assert decay.ceiling[-2] == pytest.approx(math.log10(0.25e-3))


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


def test_the_largest_number_of_each_format() -> None:
    """65504, 3.3895e38, 3.4028e38, 1.7977e308; beyond by half a step is inf."""
    largest = {
        "float16": math.log10(65504.0),
        "bfloat16": math.log10(3.3895314) + 38,
        "float32": math.log10(3.4028235) + 38,
        "float64": math.log10(1.7976931) + 308,
    }
    for one_format in FORMATS:
        assert one_format.log10_largest == pytest.approx(largest[one_format.name], abs=1e-7)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(2.0**-25, np.float16), (65520.0, np.float16), (2.0**-150, np.float32)],
)
def test_at_a_tie_a_format_rounds_to_even(value: float, kind: type) -> None:
    """Half of the smallest becomes 0, half a step beyond the largest inf: as numpy has it."""
    (which,) = [one for one in FORMATS if one.name == np.dtype(kind).name]
    with np.errstate(all="ignore"):
        for factor in (1.0 - 1e-6, 1.0, 1.0 + 1e-6):
            rounded = float(np.float64(value * factor).astype(kind))
            shown = which.becomes(math.log10(value * factor))
            assert shown == ("0" if rounded == 0 else "inf" if rounded == math.inf else shown)
            assert (shown in ("0", "inf")) == (rounded in (0.0, math.inf))


def test_numbers_that_a_format_holds_are_normal_or_subnormal() -> None:
    f16 = FORMATS[0]
    for value, shown in ((1.0, "normal"), (6.11e-5, "normal"), (6.09e-5, "subnormal")):
        assert f16.becomes(math.log10(value)) == shown


def lost(decay: ChainDecay) -> list[int | None]:
    return [decay.formats.first_zero(one) for one in FORMATS]


def overflown(decay: ChainDecay) -> list[int | None]:
    return [decay.formats.first_inf(one) for one in FORMATS]


@pytest.mark.parametrize("quantity", ["a", "z", "w"])
def test_the_first_layer_lost_is_where_the_format_rounds_to_zero(quantity: str) -> None:
    (decay,) = decays(one("sigmoid", 100, quantity=quantity))
    gradients = np.array(by_hand("sigmoid", [1.0] * 100).of(quantity))
    first = decay.course.first
    for name, kind in (("float16", np.float16), ("float32", np.float32)):
        with np.errstate(under="ignore"):
            zeros = np.flatnonzero(gradients.astype(kind) == 0) + first
        (which,) = [one for one in FORMATS if one.name == name]
        assert decay.formats.first_zero(which) == zeros.max()


def test_half_of_the_smallest_number_is_lost() -> None:
    """∂L/∂a_1 = 0.5^25 = 2^-25 is half of float16's smallest: a tie, and rounded to even, to 0."""
    (decay,) = decays(one("identity", 26, 0.5))
    assert lost(decay) == [1, None, None, None]


def test_a_gradient_that_explodes_is_inf_in_float16() -> None:
    """4^8 = 65536 is beyond 65520: on the way back at layer 12 of 20, on the way up at layer 8."""
    setup = one("relu", 20, 4.0)
    (decay,) = decays(setup)
    assert overflown(decay) == [12, None, None, None]
    assert [decay.formats.first_signal_inf(one) for one in FORMATS] == [8, None, None, None]
    (row,) = [row_text(line) for line in VIEW.readout(last(setup), setup, 100)][1:]
    assert "∞:12" in row
    evidence = VIEW.finding(last(setup), "relu").evidence
    assert "activations become inf in float16 from layer 8 on" in evidence
    assert "gradient becomes inf in float16 from layer 12 down" in evidence
    assert "No loss scale helps float16." in evidence


def test_every_format_overflows_where_it_ends() -> None:
    """10^k passes 65504, 3.39e38, 3.40e38 and 1.8e308."""
    (decay,) = decays(one("identity", 400, 10.0))
    assert overflown(decay) == [400 - 5, 400 - 39, 400 - 39, 400 - 309]


@pytest.mark.parametrize("scale", [2.0**-10, 1.0, 1024.0])
def test_the_loss_scale_is_a_factor_on_what_the_formats_see(scale: float) -> None:
    (decay,) = decays(one("identity", 60, 0.5, loss_scale=scale))
    gradients = np.array(by_hand("identity", [0.5] * 60).hidden) * scale
    with np.errstate(all="ignore"):
        rounded = gradients.astype(np.float16)
    zeros, infs = np.flatnonzero(rounded == 0), np.flatnonzero(np.isinf(rounded))
    assert lost(decay)[0] == (zeros.max() if zeros.size else None)
    assert overflown(decay)[0] == (infs.max() if infs.size else None)


@pytest.mark.parametrize("quantity", ["a", "z", "w"])
@pytest.mark.parametrize(
    ("name", "depth", "w", "x"),
    [
        ("identity", 15, 0.5, 1.0),
        ("sigmoid", 12, 1.0, 1.0),
        ("relu", 3, 4.0, 1.0),
        ("relu", 50, 1.3, 0.01),
        ("tanh", 8, 0.5, 0.01),
    ],
)
def test_the_loss_scales_that_are_told_hold_and_the_next_do_not(
    name: str, depth: int, w: float, x: float, quantity: str
) -> None:
    """For every gradient of every layer, whichever is drawn."""
    (decay,) = decays(one(name, depth, w, x=x, quantity=quantity))
    scales = decay.formats.scales(FORMATS[0])
    assert scales is not None
    true = by_hand(name, [w] * depth, x=x)
    gradients = np.array([*true.hidden, *true.backward, *true.gradients])

    def holds(scale: float) -> bool:
        with np.errstate(all="ignore"):
            rounded = (gradients * scale).astype(np.float16)
        return bool(np.all(np.isfinite(rounded) & (rounded != 0)))

    least, most = (float(f"{10.0**edge:.2g}") for edge in scales)
    assert holds(least)
    assert holds(most)
    # Two digits: the next number of two digits outwards does not.
    assert not holds(least * 0.9)
    assert not holds(most * 1.1)


def test_what_the_drawn_gradient_does_not_show_rules_a_loss_scale_out() -> None:
    """∂L/∂w is small in every layer, but ∂L/∂a_L is the scale itself."""
    setup = one("tanh", 30, 0.2, quantity="w")
    true = by_hand("tanh", [0.2] * 30)
    gradients = np.array([*true.hidden, *true.backward, *true.gradients])
    with np.errstate(all="ignore"):
        scaled = [(gradients * 2.0**k).astype(np.float16) for k in range(-60, 100)]
    assert not any(np.all(np.isfinite(g) & (g != 0)) for g in scaled)
    (decay,) = decays(setup)
    assert decay.formats.scales(FORMATS[0]) is None
    assert "No loss scale helps float16" in VIEW.finding(last(setup), "tanh").evidence


def test_activations_that_become_0_are_said_and_no_loss_scale_helps() -> None:
    """0.5^25, half of float16's smallest, is rounded to 0: the activation of layer 25 and above."""
    setup = one("identity", 26, 0.5, quantity="w")
    (decay,) = decays(setup)
    assert decay.formats.signal_zeros(FORMATS[0]).tolist() == [25, 26]
    evidence = VIEW.finding(last(setup), "identity").evidence
    assert "The activations become 0 in float16 from layer 25 on." in evidence
    assert "No loss scale helps float16." in evidence
    shallow = VIEW.finding(last(one("identity", 24, 0.5)), "identity").evidence
    assert "activations" not in shallow
    off = VIEW.finding(last(one("relu", 4, x=-1.0)), "relu").evidence
    assert "activations" not in off  # an exact zero is no format's doing


def test_where_no_loss_scale_does_it_none_is_told() -> None:
    """0.5^60 to 1 spans more than float16's 2^-25 to 2^16."""
    setup = one("identity", 60, 0.5)
    (decay,) = decays(setup)
    assert decay.formats.scales(FORMATS[0]) is None
    assert "No loss scale helps float16." in VIEW.finding(last(setup), "identity").evidence


def test_the_table_says_what_each_format_makes_of_each_layer() -> None:
    rows = VIEW.table(last(one("relu", 20, 4.0)))
    assert [row["gradient_float16"] for row in rows[11:14]] == ["inf", "inf", "normal"]
    assert [row["activation_float16"] for row in rows[7:9]] == ["normal", "inf"]
    assert {row["gradient_float32"] for row in rows} == {"normal"}


def test_where_neither_signal_nor_gradient_arrives_no_layer_can_be_stacked() -> None:
    """f′ and f are exactly 0 below z = -3, so ∂L/∂w is 0 twice over."""
    setup = one("hardsigmoid", 30, -38.0, quantity="w")
    (decay,) = decays(setup)
    course = decay.course
    assert np.isneginf(course.chain.log10_inputs).any()
    assert course.healthy_layers(-3.0) == 0


@pytest.mark.parametrize("quantity", ["a", "z", "w"])
def test_a_chain_that_ends_with_a_dead_unit_has_all_of_its_layers_dead(quantity: str) -> None:
    setup = one("relu", 3, quantity=quantity, weights=LayerValues((1.0, 1.0, -1.0)))
    (decay,) = decays(setup)
    assert decay.kind() is Kind.DEAD
    assert decay.course.healthy_layers(-3.0) == 2


def test_a_row_of_the_table_costs_the_same_however_deep_the_chain_is() -> None:
    """What is of all layers is formed once, not once a layer."""
    (decay,) = decays(one("sigmoid", 50))
    course, formats = decay.course, decay.formats
    for quantity in "azw":
        same = chains.Course(course.chain, quantity)
        assert same.signs is same.signs
        assert same.curve is same.curve
    assert formats._scaled is formats._scaled


def test_a_layer_deep_enough_is_lost_in_float64_too() -> None:
    """σ′ at the fixed point of σ is 0.2249…: 5e-324 / 2 is passed some 500 layers back."""
    (decay,) = decays(one("sigmoid", 1000))
    layer = lost(decay)[-1]
    z = 0.659046068407406  # σ(z) = z
    rate = -math.log10(z * (1 - z))
    assert layer is not None
    assert 1000 - layer == pytest.approx(324 / rate, abs=5)


def test_what_reaches_layer_1_is_lost_nowhere() -> None:
    (decay,) = decays(one("relu", 50))
    assert lost(decay) == overflown(decay) == [None] * 4


def test_an_exact_zero_is_0_in_every_format_and_none_of_their_doing() -> None:
    setup = one("relu", 4, x=-1.0)
    (decay,) = decays(setup)
    assert lost(decay) == [None] * 4
    assert decay.formats.first_exact_zero == 3  # ∂L/∂a_4 is what the loss sends
    assert list(decay.formats.cells().values()) == ["=0:3"] * 4
    assert "float16" not in VIEW.finding(last(setup), "relu").evidence


def test_what_comes_back_to_the_format_is_not_said_to_be_lost_all_the_way_down() -> None:
    """∂L/∂a is 1, 1, 1e-10, 1, 1 from the last layer back, and a is 1, 1, 1e10, 1, 1."""
    setup = one("identity", 4).with_(weights=LayerValues((1.0, 1e10, 1e-10, 1.0)))
    evidence = VIEW.finding(last(setup), "identity").evidence
    assert "gradient becomes 0 in float16 at layer 2 first, on the way back" in evidence
    assert "activations become inf in float16 at layer 2 first, on the way up" in evidence
    zeros = [row["gradient_float16"] for row in VIEW.table(last(setup))]
    assert zeros == ["normal", "normal", "0", "normal", "normal"]


def test_a_loss_scale_that_may_be_as_large_as_can_be_asked_for_has_no_other_end() -> None:
    """0.2249^70 is 4.3e-46; bfloat16 ends at 2^-134 = 4.6e-41 and 2^128."""
    evidence = VIEW.finding(last(one("sigmoid", 70)), "sigmoid").evidence
    assert re.search(r"bfloat16 \S+ and more", evidence)
    assert "1e30" not in evidence


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
        log10 -= math.log10(2.0)  # half of the smallest number is what becomes 0
        # The tick and the mark are both rounded to a row.
        assert abs(at - (top + (high - log10) * scale)) <= 1.01


def test_a_mark_of_overflow_stands_only_where_something_overflows() -> None:
    def text(setup: Setup) -> str:
        return VIEW.draw(last(setup), setup, Size(80, 20), "ascii").text

    assert "float16 inf" in text(one("relu", 20, 4.0))
    assert "float32 inf" not in text(one("relu", 20, 4.0))
    assert "inf" not in text(one("sigmoid", 100))


def test_a_loss_scale_moves_the_marks() -> None:
    """float16 loses 2^-25; of a loss 1e4 times as large it loses four decades less."""
    setup, size = one("identity", 30, 0.3), Size(80, 60)
    rows = []
    for scale in (1.0, 1e4):
        at = setup.with_(loss_scale=scale)
        lines = VIEW.draw(last(at), at, size, "ascii").text.split("\n")
        (row,) = [at for at, line in enumerate(lines) if re.search(r"\bfloat16\b", line)]
        rows.append(row)
    result = last(setup)
    low, high = (float(edge) for edge in (result.each[0].log10.min(), result.each[0].log10.max()))
    assert low < -7.5 - 4.0 < high
    assert rows[1] > rows[0]


# ------------------------------------------------------------------- spread

IDENTITY = Setup.of(
    activations=("identity",), depth=40, weights=LayerValues(std=1.0), samples=1500, seed=5,
    quantity="w",
)  # fmt: skip


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
        rows.append(chain("tanh", weights).log10_hidden)
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

    for module in (chains, chain_spread):
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
    assert (spread.layers[0], spread.layers[-1]) == (0, depth)
    assert (np.diff(spread.layers) > 0).all()


# ------------------------------------------------------------------ readout


def test_the_readout_names_rate_depth_and_what_is_lost() -> None:
    setup = Setup.of(activations=("sigmoid", "relu"), depth=50, layer=20, samples=1)
    true = by_hand("sigmoid", [1.0] * 50)
    head, first, second = (row_text(one).split() for one in VIEW.readout(last(setup), setup, 80))
    assert head[:2] == ["layer", "20"]
    letter, mark, name, gradient, slope, rate, deepest, *formats = first
    assert (letter, mark, name) == ("a", "✗", "sigmoid")
    assert close(gradient, true.hidden[20])
    assert close(slope, true.slopes[19])
    assert close(rate.removeprefix("×"), true.rate)
    shares = np.cumprod(true.slopes)
    assert int(deepest) == next(index for index, share in enumerate(shares) if share < 1e-3)
    f16 = max(index for index, one in enumerate(true.hidden) if np.float16(one) == 0)
    assert formats == [f"0:{f16}", "-", "-", "-"]
    assert second == ["b", "✓", "relu", "1", "1", "×1", ">10,000", "-", "-", "-", "-"]


@pytest.mark.parametrize(
    ("name", "w"), [("sigmoid", 1.0), ("tanh", 1.0), ("relu", 1.5), ("gelu", 1.0)]
)
@pytest.mark.parametrize("quantity", ["a", "z", "w"])
def test_how_many_layers_can_be_stacked_does_not_depend_on_how_many_are_asked_for(
    name: str, w: float, quantity: str
) -> None:
    """And so many are healthy, and one more is not."""
    depths = (2, 50, 60, 400)
    shown = {
        last(one(name, depth, w, quantity=quantity)).each[0].cells(1)["max depth"]
        for depth in depths
    }
    (text,) = shown
    if text.isdigit():
        enough = int(text)
        for depth, healthy in ((enough, True), (enough + 1, False)):
            curve = decays(one(name, depth, w, quantity=quantity))[0].log10
            assert (abs(float(curve[0] - curve[-1])) <= 3.0) is healthy


def test_nothing_that_is_not_healthy_is_said_never_to_end() -> None:
    for setup in (one("gelu", 60), one("identity", 101, 0.9), one("relu", 60, 1.5)):
        (decay,) = decays(setup)
        assert decay.kind() is not Kind.HEALTHY
        assert int(decay.cells(1)["max depth"]) < setup.depth


@pytest.mark.parametrize("curves", range(1, 7))
def test_the_readout_has_a_row_for_each_activation(curves: int) -> None:
    setup = Setup.of(activations=tuple(ACTIVATIONS)[:curves], depth=8, samples=1)
    rows = VIEW.readout(last(setup), setup, 80)
    assert [row_text(one).split()[0] for one in rows[1:]] == list(LETTERS[:curves])


# ----------------------------------------------------------- random chains


def true_kinds(setup: Setup) -> list[Kind]:
    """What becomes of each of the random chains, by plain floats."""
    kinds = []
    for count in range(1, setup.chain.samples + 1):
        rng = np.random.default_rng([setup.seed, 2, count])
        weights = rng.normal(0.0, setup.chain.weights.root_mean_square, setup.depth)
        true = by_hand(setup.activations[0], weights.tolist(), 0.0, setup.x).hidden
        if true[0] == 0.0:
            kinds.append(Kind.DEAD)
            continue
        logs = [math.log10(abs(value)) for value in true]
        worst = logs[0] if abs(logs[0]) > 3.0 else max(logs, key=abs)
        kinds.append(Kind.of(worst, -3.0))
    return kinds


RANDOM = Setup.of(activations=("tanh",), depth=30, weights=LayerValues(std=1.5), samples=40)


def test_random_weights_are_judged_by_what_becomes_of_most_chains() -> None:
    found = VIEW.finding(last(RANDOM), "tanh")
    kinds = true_kinds(RANDOM)
    vanishing = kinds.count(Kind.VANISHING)
    assert vanishing > 20
    assert found.kind is Kind.VANISHING
    begin = f"tanh vanishing in {vanishing} of 40 random chains with weights of std 1.5 ("
    assert begin in found.sentence
    assert f"{kinds.count(Kind.HEALTHY)} healthy" in found.sentence
    match = re.search(
        r"In the median ×(\S+) of the loss's gradient arrives at the input, in 90 % of them "
        r"×(\S+) to ×(\S+)\.",
        found.evidence,
    )
    assert match is not None
    spread = spread_of(RANDOM)
    for shown, edge in zip(match.groups(), (spread.median, spread.low, spread.high), strict=True):
        assert close(shown, 10.0 ** float(edge[0]))


@pytest.mark.parametrize("x", [1.0, 3.0, 10.0, 100.0])
def test_random_chains_begin_at_the_input_that_is_asked_about(x: float) -> None:
    """The share that is healthy beside that of chains drawn and run here, by another generator."""
    rng, total, samples = np.random.default_rng(17), 20_000, 600
    a, gradient = np.full(total, x), np.ones(total)
    for _ in range(4):
        w = rng.normal(size=total)
        a = np.tanh(w * a)
        gradient = gradient * w * (1.0 - a * a)
    share = float((np.abs(gradient) >= 1e-3).mean())
    setup = Setup.of(
        activations=("tanh",), depth=4, x=x, weights=LayerValues(std=1.0), samples=samples
    )
    decay = last(setup).each[0]
    assert isinstance(decay, ChainDecay)
    assert decay.spread is not None
    healthy = decay.spread.shares.counts[Kind.HEALTHY]
    error = math.sqrt(share * (1.0 - share) * (1 / samples + 1 / total))
    assert abs(healthy / samples - share) < 4.0 * error
    assert decay.kind() is (Kind.HEALTHY if share > 0.5 else Kind.VANISHING)


def test_what_is_random_is_said() -> None:
    setup = RANDOM.with_(depth=5, biases=LayerValues(std=0.5))
    sentence = VIEW.finding(last(setup), "tanh").sentence
    assert "of 40 random chains with weights of std 1.5 and biases of std 0.5" in sentence
    given = Setup.of(activations=("sigmoid",), depth=9, x=-3.0, biases=LayerValues(std=0.5))
    evidence = VIEW.finding(last(given), "sigmoid").evidence
    assert "(weights of std 1 and biases of std 0.5)" in evidence


def test_random_chains_that_are_dead_are_not_called_healthy() -> None:
    setup = Setup.of(activations=("relu",), depth=30, weights=LayerValues(std=1.5), samples=100)
    found = VIEW.finding(last(setup), "relu")
    assert found.kind is Kind.DEAD


def test_a_chain_that_is_healthy_alone_of_its_kind_says_so() -> None:
    """Weights of exactly 1 let ReLU pass everything, random ones of that size nothing."""
    setup = Setup.of(activations=("relu",), depth=50)
    found = VIEW.finding(last(setup), "relu")
    assert found.kind is Kind.HEALTHY
    assert "healthy with just these weights" in found.sentence
    assert "Of 200 random chains (weights of std 1) all are dead" in found.evidence
    three = Setup.of(activations=("sigmoid",), depth=3)
    assert "just these" not in VIEW.finding(last(three), "sigmoid").sentence


@pytest.mark.parametrize("name", ["tanh", "identity"])
def test_what_heals_random_chains_heals_most_of_them(name: str) -> None:
    setup = RANDOM.with_(activations=(name,), depth=50)
    remedy = VIEW.finding(last(setup), name).remedy
    if remedy is not None:
        healed = remedy.applied(setup)
        (subject,) = VIEW.subjects(healed)
        assert VIEW.finding(last(healed), subject).kind is Kind.HEALTHY


def test_what_cannot_heal_is_not_tried_on_every_random_chain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 200 chains a dozen tell that none of them is healthy; what is offered was tried on all."""
    runs = 0
    run_chain = chain_spread.run_chain

    def counted(*arguments: Any) -> Any:
        nonlocal runs
        runs += 1
        return run_chain(*arguments)

    monkeypatch.setattr(chain_spread, "run_chain", counted)
    names = ("tanh", "leaky_relu(negative_slope=0.2)", "relu")
    setup = Setup.of(activations=names, depth=40, weights=LayerValues(std=1.5))
    result = last(setup)
    assert runs < 6000
    remedy = VIEW.finding(result, "tanh").remedy
    assert remedy is not None
    assert "of 200 random chains" in remedy.after


# ----------------------------------------------------------- table and picture


def test_the_table_has_a_row_for_each_activation_and_layer() -> None:
    setup = Setup.of(
        activations=("sigmoid", "tanh"), depth=7, samples=3, weights=LayerValues((-0.8,))
    )
    for quantity in "azw":
        rows = VIEW.table(last(setup.with_(quantity=quantity)))
        first = 0 if quantity == "a" else 1
        assert [(row["activation"], row["layer"]) for row in rows] == [
            (name, layer) for name in ("sigmoid", "tanh") for layer in range(first, 8)
        ]
        for row in rows:
            layer = int(row["layer"] or 0)
            true = by_hand(str(row["activation"]), [-0.8] * 7)
            drawn = true.of(quantity)[layer - first]
            assert row["quantity"] == quantity
            assert row["log10_abs_gradient"] == pytest.approx(math.log10(abs(drawn)))
            assert row["gradient_sign"] == math.copysign(1, drawn)
            assert row["log10_grad_a"] == pytest.approx(math.log10(abs(true.hidden[layer])))
            for name, values in (
                ("log10_abs_derivative", true.slopes),
                ("log10_grad_z", true.backward),
                ("log10_grad_w", true.gradients),
            ):
                expected = pytest.approx(math.log10(abs(values[layer - 1]))) if layer else None
                assert row[name] == expected


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
    assert axis[0] == "0"
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
