"""Every scenario shows what its title says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui.app.screens import CHOICE_KEYS
from gradtui.mathematics.chain import Chain
from gradtui.models.chain.chains import chain_of
from gradtui.models.finding import Finding, Kind
from gradtui.models.network.decay import NetworkDecay
from gradtui.progress import unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.scenarios import SCENARIOS, Scenario
from gradtui.views.view import Size
from support.by_hand import by_hand
from support.subjects import finding, subject
from support.watch import last

EVERY = pytest.mark.parametrize("one", SCENARIOS, ids=lambda one: one.title)
BY_TITLE = {one.title: one for one in SCENARIOS}


def chain(setup: Setup, name: str) -> Chain:
    return chain_of(subject(setup, name, "chain"))


def verdict(setup: Setup, name: str) -> Finding:
    return finding(setup, name)


@EVERY
def test_it_is_a_setup_that_its_view_draws(one: Scenario) -> None:
    view, setup = VIEWS[one.view], one.setup.with_(networks=5, draws=3).checked()
    result = last(view, setup)
    assert view.draw(result, setup, Size(56, 13), "braille").text
    assert view.finding(result, view.focused(setup)).sentence


@EVERY
def test_it_says_what_to_look_for_in_one_row(one: Scenario) -> None:
    assert one.look.endswith(".")
    assert len(one.look) < 80


def test_each_has_a_title_and_a_key_of_its_own() -> None:
    assert len(SCENARIOS) == len(BY_TITLE) <= len(CHOICE_KEYS) == len(set(CHOICE_KEYS))


def test_the_note_s_three_layers() -> None:
    setup = BY_TITLE["The note's three layers"].setup
    true = by_hand("sigmoid", [1.0, 1.0, 1.0])
    np.testing.assert_allclose(
        10.0 ** chain(setup, "sigmoid").log10_gradients, true.gradients, rtol=1e-12
    )


def test_a_quarter_to_the_depth() -> None:
    """Every z is exactly 0, so ∂L/∂w₁ = 0.25^10 · x with x = 0.5."""
    one = chain(BY_TITLE["0.25 to the depth"].setup, "sigmoid")
    assert set(one.z) == {0.0}
    assert one.log10_from_derivatives == pytest.approx(np.log10(9.5367e-7), abs=1e-5)
    assert 10.0 ** one.log10_gradients[0] == pytest.approx(0.25**10 * 0.5, rel=1e-12)


def test_three_fates_of_the_same_weights() -> None:
    setup = BY_TITLE["Fifty layers: sigmoid, tanh, ReLU"].setup
    assert [verdict(setup, name).kind for name in setup.activations] == [
        Kind.VANISHING,
        Kind.HEALTHY,
        Kind.HEALTHY,
    ]


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Saturated tanh", Kind.VANISHING),
        ("Dead ReLU", Kind.DEAD),
        ("Weights too large: exploding", Kind.EXPLODING),
        ("Weights too small: vanishing", Kind.VANISHING),
        ("Weights of 4 against the 0.25", Kind.VANISHING),
    ],
)
def test_what_becomes_of_the_gradient(title: str, kind: Kind) -> None:
    setup = BY_TITLE[title].setup
    assert verdict(setup, setup.focused).kind is kind


def test_the_saturated_units_of_tanh_are_saturated() -> None:
    one = chain(BY_TITLE["Saturated tanh"].setup, "tanh")
    assert np.abs(one.z).min() > 2.5
    assert one.derivatives.max() < 0.03


def test_of_the_dead_relu_one_z_is_negative_and_the_rest_follow() -> None:
    setup = BY_TITLE["Dead ReLU"].setup
    z = chain(setup, "relu").z
    assert np.flatnonzero(z < 0).tolist() == [4]
    assert (z[:4] > 0).all()
    assert (z[5:] == 0).all()


def test_larger_weights_would_cancel_the_quarter_only_at_zero() -> None:
    one = chain(BY_TITLE["Weights of 4 against the 0.25"].setup, "sigmoid")
    assert set(one.weights) == {4.0}
    assert (4.0 * one.derivatives < 0.3).all()


def test_the_error_is_nearly_met() -> None:
    setup = BY_TITLE["A squared error, nearly met"].setup
    one = chain(setup, "sigmoid")
    assert setup.chain.loss.target is not None
    assert 10.0**one.log10_upstream == pytest.approx(
        abs(one.a[-1] - setup.chain.loss.target), rel=1e-9
    )
    assert one.log10_upstream < -2


def test_larger_weights_do_cancel_the_quarter_on_average_and_units_saturate() -> None:
    """The critical sigmoid: σw = √103.0 without biases, √∏χ = 1 there, and a gradient that is not.

    What is typical is what a few units carry: most networks keep less than a tenth.
    """
    one = BY_TITLE["Can larger weights cancel the 0.25?"]
    result = last(VIEWS[one.view], one.setup.with_(networks=30))
    answer = result.focused
    assert answer.advised is None
    theirs = answer.theirs or answer.normal  # of theory, also where better ones were found
    assert theirs.sigma_w == pytest.approx(103.0076**0.5, rel=0.01)
    assert theirs.log10_ratio == pytest.approx(0.0, abs=1e-3)
    assert theirs.share(one.setup.log10_threshold).value < 0.5
    assert "saturate" in VIEWS[one.view].finding(result, "sigmoid").cause


def test_pytorch_s_default_vanishes_whatever_the_activation() -> None:
    scenario = BY_TITLE["PyTorch's default, fifty layers deep"]
    result = last(VIEWS["decay"], scenario.setup.with_(networks=9))
    for name in scenario.setup.activations:
        found = VIEWS["decay"].finding(result, name)
        assert found.kind is Kind.VANISHING
        assert found.remedy is not None


def test_theory_says_that_he_loses_nothing_in_relu() -> None:
    scenario = BY_TITLE["Theory and width"]
    (decay,) = next(VIEWS["decay"].results(scenario.setup, unwatched)).each
    one = decay.expectation
    np.testing.assert_allclose(one.infinite, 0.0, atol=1e-9)
    assert one.spread[0] > one.spread[25] > one.spread[50] == 0.0


@pytest.mark.parametrize(
    ("title", "factor"),
    [("Weights too large: exploding", 1.5), ("Weights too small: vanishing", 0.7)],
)
def test_what_is_drawn_changes_by_the_weight_in_every_layer_alike(
    title: str, factor: float
) -> None:
    scenario = BY_TITLE[title]
    result = last(VIEWS["decay"], scenario.setup)
    for decay in result.each:
        layers, log10 = decay.curve()
        assert layers[0] == 0
        np.testing.assert_allclose(10.0 ** -np.diff(log10), factor, rtol=1e-9)
        assert decay.cells(1)["a layer"] == f"×{factor}"
        assert f"×{factor} a layer" in decay.finding().sentence


def test_random_weights_scatter_over_many_decades() -> None:
    """Of a sum of 40 independent ln|w| the standard deviation is π/√8 · √40, some 3 decades."""
    result = last(VIEWS["decay"], BY_TITLE["Random weights"].setup)
    spread = result.of("leaky_relu(0.2)").spread
    low, _, high = spread.ratios
    assert high - low > 2 * 1.645 * 3.0
    assert {decay.kind() for decay in result.each} == {Kind.VANISHING, Kind.DEAD}


def test_the_edge_of_chaos_parts_what_vanishes_from_what_explodes() -> None:
    scenario = BY_TITLE["The edge of chaos"]
    view = VIEWS[scenario.view]
    left = scenario.setup.with_(sigma_w=0.8)
    for setup, kind in ((scenario.setup, Kind.EXPLODING), (left, Kind.VANISHING)):
        assert view.finding(last(view, setup), "tanh").kind is kind


def test_the_largest_direction_lives_while_the_median_dies() -> None:
    scenario = BY_TITLE["One direction or all of them"]
    view = VIEWS[scenario.view]
    rows = [row for row in view.table(last(view, scenario.setup)) if row["depth"] == 100]
    by_init: dict[object, list[float]] = {}
    for row in rows:
        by_init.setdefault(row["init"], []).append(float(row["log10_singular_value"] or 0.0))
    gaussian, orthogonal = (np.array(values) for values in by_init.values())
    assert gaussian.max() > -3.0
    assert np.median(gaussian) < -3.0
    assert np.median(orthogonal) > -3.0


def test_nearly_half_of_the_units_are_saturated_and_yet_it_explodes() -> None:
    scenario = BY_TITLE["Saturated, and yet it explodes"]
    view = VIEWS[scenario.view]
    result = last(view, scenario.setup)
    (network,) = result.networks
    assert 0.35 < float(np.median(network.layers.saturated)) < 0.5
    assert view.finding(result, "tanh").kind is Kind.EXPLODING


# ------------------------------------------------------------------------- blocks


def decays(title: str) -> tuple[NetworkDecay, ...]:
    found: tuple[NetworkDecay, ...] = last(VIEWS["decay"], BY_TITLE[title].setup.checked()).each
    return found


def rate_of(decay: NetworkDecay) -> float:
    ratio: float = 10.0 ** (decay.judgement.log10_ratio / decay.depth)
    return ratio


def stream_of(decay: NetworkDecay) -> float:
    grows: float = 10.0**decay.stream
    return grows


def test_a_skip_saves_64_layers_of_gelu() -> None:
    without, with_skip = decays("64 layers of GELU, with and without a skip")
    assert without.kind() is Kind.VANISHING
    assert 10.0**without.judgement.log10_ratio < 1e-6
    assert with_skip.kind() is Kind.HEALTHY
    assert 10.0**with_skip.judgement.log10_ratio > 1.0


def test_one_over_root_of_depth_bounds_what_1_does_not() -> None:
    one, bounded = decays("Residual branches times 1, and times 1/√L")
    assert one.kind() is Kind.EXPLODING
    assert stream_of(one) ** (2 / 64) == pytest.approx(2.0, abs=0.1)  # He: σw² E[f²] = q
    assert bounded.kind() is Kind.HEALTHY
    assert stream_of(bounded) ** 2 == pytest.approx(math.e, rel=0.4)  # (1 + 1/64)^64


def test_branches_that_begin_at_0_cost_nothing() -> None:
    open_, shut = decays("Residual branches that begin at 0")
    assert rate_of(open_) > 1.03
    assert rate_of(shut) == pytest.approx(1.0, abs=1e-12)


def test_before_the_norm_lets_the_stream_grow() -> None:
    before, after = decays("48 blocks, the norm before or after")
    assert stream_of(before) > 5.0
    assert stream_of(after) == pytest.approx(1.0, abs=0.2)


def test_batch_norm_explodes_and_a_skip_bounds_it() -> None:
    bare, skip = decays("Batch norm, a hundred layers deep")
    assert bare.kind() is Kind.EXPLODING
    assert rate_of(bare) == pytest.approx(1.2, abs=0.05)
    assert 10.0**bare.judgement.log10_ratio > 1e8
    assert skip.kind() is Kind.HEALTHY
    assert rate_of(skip) == pytest.approx(1.04, abs=0.01)
