"""The advice beside the recipes in use, checked on random networks, and what helps where it fails.

Simulations have fixed seeds; their tolerances are standard errors over the networks drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.initialisation.draw import random_network
from gradtui.mathematics.network.flow import gradient_flow
from gradtui.models.finding import Kind
from gradtui.models.network.networks import Expectation
from gradtui.progress import Stopped, unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.init.comparison import CheckedWeights, Comparisons
from support.subjects import subject
from support.watch import Watch
from support.watch import last as last_of

VIEW = VIEWS["init"]


def setup(*names: str, **changes: object) -> Setup:
    made = Setup.of(
        activations=names, depth=20, threshold=0.1, networks=8, units=32, model="network"
    )
    return made.with_(**changes).checked()


def run(one: Setup) -> Iterator[Comparisons]:
    return VIEW.results(one, unwatched)


def last(one: Setup) -> Comparisons:
    result = last_of(VIEW, one)
    assert isinstance(result, Comparisons)
    return result


def choice(ratios: list[float]) -> CheckedWeights:
    drawn = subject(setup("tanh"))
    return CheckedWeights(("x",), "X", drawn, 1.0, 0.0, 0.0, len(ratios), np.sort(ratios))


# -------------------------------------------------------------------- recipes


def test_recipes_that_are_the_same_in_square_layers_stand_together() -> None:
    result = last(setup("tanh")).focused
    assert [one.names for one in result.recipes] == [
        ("pytorch_linear",),
        ("lecun_normal", "critical"),
        ("xavier_normal", "kaiming_normal"),
        ("orthogonal",),
    ]
    assert [one.letter for one in result.recipes] == ["P", "L", "X", "O"]


def test_each_recipe_has_its_published_scale() -> None:
    result = last(setup("tanh", units=48)).focused
    scales = {one.letter: (one.sigma_w, one.sigma_b) for one in result.recipes}
    # U(-1/√n, 1/√n) has the variance 1/3n, of weights and of biases.
    assert scales["P"] == pytest.approx((3**-0.5, (3 * 48) ** -0.5))
    assert scales["L"] == pytest.approx((1.0, 0.0))
    assert scales["X"] == pytest.approx((5 / 3, 0.0))


def test_relu_is_advised_what_he_and_others_found() -> None:
    result = last(setup("relu")).focused
    assert result.advised.sigma_w == pytest.approx(math.sqrt(2.0), rel=1e-5)
    (he,) = (one for one in result.recipes if "kaiming_normal" in one.names)
    assert "critical" in he.names
    assert he.log10_ratio == pytest.approx(0.0, abs=1e-9)


def test_a_recipe_that_an_activation_does_not_have_is_left_out() -> None:
    result = last(setup("silu", sigma_b=0.3)).focused
    assert not any("critical" in one.names for one in result.recipes)


def test_orthogonal_weights_differ_from_the_advice_in_nothing_else() -> None:
    result = last(setup("tanh", sigma_b=0.2)).focused
    (orthogonal,) = (one for one in result.recipes if one.names == ("orthogonal",))
    assert (orthogonal.sigma_w, orthogonal.sigma_b) == (result.advised.sigma_w, 0.2)
    assert orthogonal.log10_ratio == result.advised.log10_ratio


def test_the_rates_of_selu() -> None:
    """At q = 1, σw² = 1 and σb = 0, χ = 1.0715750, computed with an independent quadrature."""
    result = last(setup("selu")).focused
    lecun = next(one for one in result.recipes if "lecun_normal" in one.names)
    assert lecun.log10_ratio == pytest.approx(10.0 * math.log10(1.0715750), abs=1e-6)


# ----------------------------------------------------------------- simulation


def test_what_is_measured_is_the_gradient_of_the_very_networks() -> None:
    """Of He's networks with their own loop: same seeds, same ratios."""
    one = setup("relu", networks=3)
    measured = last(one).focused.advised
    ratios = []
    for count in (1, 2, 3):
        seed = int(np.random.SeedSequence([0, 3, count]).generate_state(1)[0])
        rng = np.random.default_rng([0, 4, count])
        x, upstream = rng.standard_normal((1, 32)), rng.standard_normal((1, 32))
        network = random_network([32] * 21, measured.subject.init, "relu", seed)
        hidden = gradient_flow("relu", *network, x, upstream).log10_grad_hidden
        ratios.append(hidden[0] - hidden[-1])
    np.testing.assert_allclose(measured.measured, np.sort(ratios), atol=1e-12)


def test_relu_scatters_as_published() -> None:
    """n = 100, L = 20: mean -0.511 and variance 1.051 of ln‖∂L/∂a_0‖², from 4,000 draws."""
    count = 300
    one = setup("relu", units=100, networks=count)
    for result in run(one):
        if result.focused.advised.measured.size == count:
            break
    squares = 2.0 * math.log(10.0) * result.focused.advised.measured
    assert squares.mean() == pytest.approx(-0.511, abs=4.0 * math.sqrt(1.051 / count))
    assert squares.var() == pytest.approx(1.051, rel=4.0 * math.sqrt(2.0 / count))


@pytest.mark.parametrize(("name", "sigma_b"), [("tanh", 0.3), ("erf", 0.2), ("selu", 0.1)])
def test_the_advice_keeps_the_gradient_in_wide_networks(name: str, sigma_b: float) -> None:
    """E‖·‖² is kept: its mean over networks is 1 within four standard errors of itself."""
    count = 60
    for result in run(setup(name, units=256, depth=12, networks=count, sigma_b=sigma_b)):
        if result.focused.advised.measured.size == count:
            break
    squares = 100.0**result.focused.advised.measured
    assert squares.mean() == pytest.approx(1.0, abs=4.0 * squares.std(ddof=1) / math.sqrt(count))


def test_the_sigmoid_pays_for_its_critical_weights_with_saturation() -> None:
    one = setup("sigmoid", depth=80, networks=30, units=64)
    answer = last(one).focused
    assert answer.advice.possible
    assert isinstance(answer.expectation, Expectation)
    # erf-like at such weights: |σ′| < 1 % of ¼ beyond |z| = 5.98, at q = 46.
    assert answer.expectation.saturated == pytest.approx(
        math.erfc(5.9839 / math.sqrt(2.0 * answer.expectation.path.q[-1])), abs=2e-3
    )
    assert answer.advised.kind(-1.0) is Kind.VANISHING
    assert 250 < answer.width_that_holds < 400


def test_a_share_is_counted_and_quantiles_are_observed() -> None:
    one = choice([-math.inf, -2.0, -0.5, 0.0, 0.3, 1.5])
    assert one.healthy(-1.0) == 3
    assert not one.holds(-1.0)
    assert one.quantiles() == (-math.inf, -0.5, 1.5)
    assert one.known == -0.5
    assert choice([-math.inf, -math.inf, 0.0]).kind(-1.0) is Kind.DEAD
    assert choice([0.9] * 9 + [2.0]).holds(-1.0)


# -------------------------------------------------------------------- remedy


def test_a_network_that_is_too_narrow_is_offered_the_width_that_holds() -> None:
    narrow = setup("relu", depth=40, units=16, networks=12)
    answer = last(narrow).focused
    assert answer.remedy is not None
    assert answer.remedy.changes == {"units": 64}  # 5 · 40 / β = 61, to a power of two
    assert answer.remedy.after.endswith("networks are healthy")
    again = last(answer.remedy.applied(narrow)).focused
    assert again.advised.holds(-1.0)


def test_an_advice_that_holds_needs_none() -> None:
    answer = last(setup("tanh", depth=10, units=64)).focused
    assert answer.advised.holds(-1.0)
    assert answer.remedy is None


def test_where_nothing_helps_this_activation_another_does() -> None:
    answer = last(setup("relu_squared", depth=32, networks=3)).focused
    assert answer.remedy is not None
    assert answer.remedy.changes["activations"] == ("tanh",)


def test_of_several_only_the_one_that_fails_is_replaced() -> None:
    result = last(setup("tanh", "relu_squared", depth=32, networks=3))
    remedy = result.of("relu_squared").remedy
    assert remedy is not None
    assert remedy.changes["activations"] == ("tanh",)
    assert result.of("tanh").remedy is None or "units" in result.of("tanh").remedy.changes


# ----------------------------------------------------------------------- run


def test_the_first_result_is_theory_and_each_is_better_than_the_last() -> None:
    watch = Watch()
    results = list(VIEW.results(setup("tanh", "relu", units=64, depth=100), watch))
    first, *_, final = results
    assert first.focused.advised.measured.size == 0
    counts = [one.focused.advised.measured.size for one in results]
    assert counts == sorted(counts)
    assert counts[-1] == 8
    assert [len(one.recipes) > 0 for one in final.each] == [True, False]


def test_progress_only_grows_and_theory_is_none_of_it() -> None:
    watch = Watch()
    steps = VIEW.results(setup("tanh", "relu", units=64, depth=100), watch)
    next(steps)
    assert set(watch.shares) <= {0.0}
    for _ in steps:
        pass
    assert watch.rises
    assert len(set(watch.shares)) > 50  # 48 networks of 64 x 100 and more
    assert 0.98 < watch.shares[-1] <= 1.0


def test_a_deep_network_has_its_first_answer_from_some_layers() -> None:
    steps = run(setup("tanh", depth=2000, sigma_b=0.2, networks=1, units=4))
    first = next(steps)
    final = next(one for one in steps if one.focused.expectation is not None)
    assert first.focused.advice.sigma_w == pytest.approx(final.focused.advice.sigma_w, rel=1e-3)


@pytest.mark.parametrize("most", [1, 10, 100])
def test_it_stops_at_the_next_tick(most: int) -> None:
    """However large the work that is left, which is a thousand networks of 200 x 1024 here."""
    watch = Watch()
    large = setup("tanh", units=1024, depth=200, networks=1000, patience=86_400.0)
    steps = VIEW.results(large, watch)
    next(steps)
    told = len(watch.shares)
    watch.stop_after(most)
    with pytest.raises(Stopped):
        list(steps)
    assert len(watch.shares) == told + most
    assert watch.shares[-1] < 0.001


def test_equal_setups_give_equal_answers() -> None:
    one, other = (last(setup("tanh", depth=30)).focused for _ in range(2))
    np.testing.assert_array_equal(one.advised.measured, other.advised.measured)


def test_too_deep_a_network_is_refused() -> None:
    with pytest.raises(InputError, match=r"depth: 20000 is not at most 10,000.*smaller"):
        next(run(setup("tanh", depth=20_000)))


def test_what_would_take_too_long_is_advised_without_a_check() -> None:
    answer = last(setup("relu", units=4096, depth=10_000, networks=1)).focused
    assert answer.advised.measured.size == 0
    assert "one network would take about 78 min; give more patience" in answer.not_simulated
    assert answer.advised.kind(-1.0) is Kind.HEALTHY
