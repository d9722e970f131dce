"""The verdict: what became of the gradient, by which factor, by what threshold, and what helps."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.mathematics.chain import Chain
from gradtui.mathematics.layer_values import LayerValues
from gradtui.models.chain.chains import chain_of, layers_until, log10_rate, log10_ratio
from gradtui.models.finding import Finding, Kind
from gradtui.setup import KNOBS, Loss, Setup
from gradtui.views.scenarios import SCENARIOS
from support.by_hand import by_hand, close
from support.subjects import finding, subject

NUMBER = r"([0-9.]+(?:e-?[0-9]+)?)"


def setup(name: str, depth: int, w: float = 1.0, **changes: Any) -> Setup:
    return Setup.of(activations=(name,), depth=depth, weights=LayerValues((w,))).with_(**changes)


def verdict(one: Setup) -> Finding:
    return finding(one)


def chain(one: Setup) -> Chain:
    return chain_of(subject(one))


def numbers(pattern: str, text: str) -> tuple[str, ...]:
    match = re.search(pattern, text)
    assert match is not None, f"{pattern!r} is not in {text!r}"
    return match.groups()


# -------------------------------------------------------------------- kinds

CASES = {
    "sigmoid at depth 50": (setup("sigmoid", 50), Kind.VANISHING),
    "sigmoid at depth 3": (setup("sigmoid", 3), Kind.HEALTHY),
    "tanh saturated": (setup("tanh", 20, 3.0), Kind.VANISHING),
    "relu": (setup("relu", 50), Kind.HEALTHY),
    "relu, w = 1.5": (setup("relu", 60, 1.5), Kind.EXPLODING),
    "relu, w = 0.7": (setup("relu", 60, 0.7), Kind.VANISHING),
    "identity, w = 0.5": (setup("identity", 50, 0.5), Kind.VANISHING),
    "identity, a large upper half": (
        setup("identity", 40, weights=LayerValues((1.0,) * 20 + (2.0,) * 20)),
        Kind.EXPLODING,
    ),
    "relu, x < 0": (setup("relu", 5, x=-1.0), Kind.DEAD),
    "x = 0": (setup("identity", 5, x=0.0), Kind.DEAD),
    "nothing from the loss": (setup("tanh", 5, loss=Loss(upstream=0.0)), Kind.DEAD),
    "the target met": (setup("identity", 5, loss=Loss(target=1.0)), Kind.DEAD),
    "a weight of 0": (setup("tanh", 4, weights=LayerValues((1.0, 1.0, 0.0, 1.0))), Kind.DEAD),
    "one layer": (setup("sigmoid", 1), Kind.HEALTHY),
}


@pytest.mark.parametrize(("one", "kind"), CASES.values(), ids=CASES)
def test_the_kind(one: Setup, kind: Kind) -> None:
    assert verdict(one).kind is kind


def test_the_threshold_is_the_user_s() -> None:
    """tanh at depth 50 gets 2.6 % at layer 1."""
    one = setup("tanh", 50)
    assert 0.02 < by_hand("tanh", [1.0] * 50).ratio < 0.03
    assert verdict(one).kind is Kind.HEALTHY
    assert verdict(one.with_(threshold=0.03)).kind is Kind.VANISHING
    assert verdict(one.with_(threshold=0.02)).kind is Kind.HEALTHY


def test_an_exact_zero_is_dead_and_a_tiny_number_is_not() -> None:
    assert verdict(setup("sigmoid", 100_000)).kind is Kind.VANISHING


# ----------------------------------------------------------------- sentence


@pytest.mark.parametrize(
    ("name", "depth", "w"),
    [("sigmoid", 50, 1.0), ("tanh", 20, 3.0), ("tanh", 50, 1.0), ("arctan", 30, 1.4)],
)
def test_the_sentence_has_the_ratio_the_rate_and_the_threshold(
    name: str, depth: int, w: float
) -> None:
    true = by_hand(name, [w] * depth)
    found = verdict(setup(name, depth, w))
    ratio, layer, rate, threshold = numbers(
        rf"layer 1 gets {NUMBER} of layer (\d+)'s gradient, ×{NUMBER} a layer; "
        rf"healthy is above {NUMBER}\.",
        found.sentence,
    )
    assert found.sentence.startswith(f"{name} {found.kind}")
    assert close(ratio, true.ratio)
    assert int(layer) == depth
    assert close(rate, true.rate)
    assert float(threshold) == 1e-3


@pytest.mark.parametrize(
    ("w", "word", "side", "threshold"),
    [(1.5, "least", "below", "1000"), (0.7, "most", "above", "0.001")],
)
def test_where_every_layer_gets_the_same_the_sentence_says_so(
    w: float, word: str, side: str, threshold: str
) -> None:
    """∂L/∂w_l = w^(L-1) x for every l in a chain of ReLU with x > 0."""
    found = verdict(setup("relu", 60, w))
    (share,) = numbers(rf"each gets at {word} {NUMBER} of", found.sentence)
    assert "in every layer alike" in found.sentence
    assert close(share, w**59)
    assert f"healthy is {side} {threshold}." in found.sentence


@pytest.mark.parametrize(("one", "kind"), CASES.values(), ids=CASES)
def test_the_sentence_names_the_activation_and_the_kind(one: Setup, kind: Kind) -> None:
    found = verdict(one)
    assert found.sentence.startswith(f"{one.focused} {kind.value}")
    assert found.sentence.endswith(".")
    assert found.text == f"{found.sentence} {found.cause}"


@pytest.mark.parametrize(
    "one",
    [CASES["the target met"][0], CASES["a weight of 0"][0]],
    ids=["target met", "a weight of 0"],
)
def test_no_sentence_says_for_ever_of_a_gradient_that_only_this_step_lacks(one: Setup) -> None:
    """With w₃ = 0, ∂L/∂w₃ = … · a₂ ≠ 0: one step moves w₃, and layer 1 has its gradient back."""
    assert "ever" not in verdict(one).sentence


# ------------------------------------------------------------------ culprit


def test_of_the_saturated_tanh_the_culprit_is_the_slope_at_its_worst_layer() -> None:
    true = by_hand("tanh", [3.0] * 20)
    found = verdict(setup("tanh", 20, 3.0))
    slopes, weights, layer, z, worst = numbers(
        rf"f′ took {NUMBER}, the weights gave {NUMBER}; "
        rf"layer (\d+) \(z = {NUMBER}, f′ = {NUMBER}\) is the worst",
        found.cause,
    )
    assert close(slopes, math.prod(true.slopes))
    assert close(weights, 3.0**19)
    at = min(range(20), key=lambda index: true.slopes[index])
    assert int(layer) == at + 1
    assert close(z, true.z[at], 3)
    assert close(worst, true.slopes[at])


def test_of_the_identity_with_small_weights_the_culprit_is_the_weights() -> None:
    found = verdict(setup("identity", 50, 0.5))
    assert "f′ took nothing" in found.cause
    (weights,) = numbers(rf"the weights took {NUMBER};", found.cause)
    assert close(weights, 0.5**49)
    assert "w = 0.5) is the worst" in found.cause


def test_the_worst_weight_is_named() -> None:
    found = verdict(setup("identity", 5, weights=LayerValues((1.0, 0.5, 0.9, 1.0, 1e-6))))
    assert found.kind is Kind.VANISHING
    assert "layer 5 (z = 4.5e-7, w = 1e-6) is the worst" in found.cause


def test_of_an_exploding_chain_the_largest_weight_is_named() -> None:
    found = verdict(setup("identity", 5, weights=LayerValues((1.0, 2.0, 1.5, 1.0, 1e6))))
    assert found.kind is Kind.EXPLODING
    assert "layer 5 " in found.cause
    assert "w = 1e6) is the worst" in found.cause


@pytest.mark.parametrize(
    ("w", "kind"), [(1e-6, Kind.VANISHING), (1e6, Kind.EXPLODING)], ids=["narrow", "wide"]
)
def test_a_single_weight_in_the_middle_that_does_it_is_found(w: float, kind: Kind) -> None:
    """∂L/∂w_l = Π_{k≠l} w_k: of ten layers nine get 1e∓6, and the last is no better off."""
    weights = LayerValues((1.0,) * 5 + (w,) + (1.0,) * 4)
    found = verdict(setup("identity", 10, weights=weights))
    assert found.kind is kind
    assert "layer 6 " in found.cause


def test_where_the_input_did_it_the_input_is_named() -> None:
    """∂L/∂w_l = 1e-9 for every l: neither f′ nor a weight is anything but 1."""
    found = verdict(setup("identity", 3, x=1e-9))
    assert found.kind is Kind.VANISHING
    assert "input" in found.cause or "x = 1e-9" in found.cause


def test_of_a_dead_relu_the_layer_whose_z_is_negative_is_named() -> None:
    """Above it z = 0 only because it sends up nothing: they are the consequence."""
    dead = next(one for one in SCENARIOS if one.title == "Dead ReLU").setup
    weights = dead.chain.weights.values
    true = by_hand("relu", weights)
    assert [index for index, z in enumerate(true.z, 1) if z < 0] == [5]
    found = verdict(dead)
    assert found.kind is Kind.DEAD
    assert "layer 5" in found.cause
    assert f"z = {true.z[4]:.3g}" in found.cause


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("x = 0", "input x is 0"),
        ("nothing from the loss", "loss sends back nothing"),
        ("the target met", "loss sends back nothing"),
        ("a weight of 0", "weight of layer 3 is 0"),
    ],
)
def test_the_factor_that_is_exactly_zero_is_named(case: str, words: str) -> None:
    assert words in verdict(CASES[case][0]).cause


# ------------------------------------------------------------------- reach


@pytest.mark.parametrize("threshold", [1e-3, 1e-6, 1e-12])
def test_the_depth_at_which_the_gradient_falls_below_the_threshold(threshold: float) -> None:
    """Counted in the chain: so many layers back from the loss."""
    gradients = by_hand("sigmoid", [1.0] * 50).gradients
    shares = [abs(one / gradients[-1]) for one in reversed(gradients)]
    reach = layers_until(chain(setup("sigmoid", 50)), math.log10(threshold))
    assert shares[int(reach)] < threshold <= shares[int(reach) - 1]


@pytest.mark.parametrize(("name", "w"), [("identity", 0.7), ("relu", 1.0), ("identity", 1.5)])
def test_what_does_not_decay_from_layer_to_layer_never_falls_below(name: str, w: float) -> None:
    assert math.isinf(layers_until(chain(setup(name, 50, w)), -3.0))


def test_a_reach_beyond_the_chain_is_the_reach_of_the_deeper_chain() -> None:
    """tanh with w = 1 decays like a power of the depth, not geometrically: 94 is not its reach."""
    shown = layers_until(chain(setup("tanh", 50)), -3.0)
    if math.isfinite(shown):
        deeper = by_hand("tanh", [1.0] * (int(shown) + 1))
        assert deeper.ratio < 1.1e-3


def test_ratio_and_rate_of_ten_thousand_layers() -> None:
    """(the last factors of many are equal, so the rate is theirs: σ′ at the fixed point)"""
    one = chain(setup("sigmoid", 10_000))
    z = 0.5
    for _ in range(200):
        z = 1 / (1 + math.exp(-z))
    fixed = math.log10(z * (1 - z))
    assert log10_rate(one) == pytest.approx(fixed, abs=1e-4)
    assert log10_ratio(one) == pytest.approx(fixed * 9_999, rel=1e-4)


# ---------------------------------------------------------------- remedies

HEALABLE = [name for name, (one, kind) in CASES.items() if kind is not Kind.HEALTHY]


@pytest.mark.parametrize(
    "case", ["sigmoid at depth 50", "tanh saturated", "relu, w = 1.5", "relu, w = 0.7",
             "identity, w = 0.5", "x = 0", "nothing from the loss", "a weight of 0"]
)  # fmt: skip
def test_a_remedy_is_offered(case: str) -> None:
    assert verdict(CASES[case][0]).remedy is not None


def test_nothing_is_offered_to_the_healthy() -> None:
    assert verdict(CASES["relu"][0]).remedy is None


@pytest.mark.parametrize("case", HEALABLE)
def test_a_remedy_heals(case: str) -> None:
    one = CASES[case][0]
    remedy = verdict(one).remedy
    if remedy is not None:
        healed = remedy.applied(one).checked()
        assert verdict(healed).kind is Kind.HEALTHY


def test_of_several_compared_only_the_one_is_changed() -> None:
    one = Setup.of(activations=("sigmoid", "tanh"), depth=50)
    remedy = finding(one, "sigmoid").remedy
    assert remedy is not None
    assert remedy.applied(one).activations == ("relu", "tanh")


@pytest.mark.parametrize(
    ("name", "depth", "w"), [("sigmoid", 50, 1.0), ("tanh", 20, 3.0), ("sigmoid", 12, 0.5)]
)
def test_before_and_after_are_true(name: str, depth: int, w: float) -> None:
    one = setup(name, depth, w)
    remedy = verdict(one).remedy
    assert remedy is not None
    healed = remedy.applied(one)
    for text, true in (
        (remedy.before, by_hand(name, [w] * depth)),
        (
            remedy.after,
            by_hand(healed.focused, list(healed.chain.weights.values) * healed.depth),
        ),
    ):
        share, layer = numbers(rf"layer 1 gets {NUMBER} of layer (\d+)'s gradient", text)
        assert close(share, true.ratio)
        assert int(layer) == len(true.z)


@pytest.mark.parametrize("case", HEALABLE)
def test_before_and_after_differ(case: str) -> None:
    """In what the verdict is about: where all layers get 1e-10, the ratio to the last is not."""
    remedy = verdict(CASES[case][0]).remedy
    if remedy is not None:
        assert remedy.before != remedy.after


# ------------------------------------------------------------- whatever comes

weights = st.sampled_from([0.0, 1.0, 0.5, -3.0, 1e-5, 1e5, 1e99]).map(lambda w: LayerValues((w,)))
random_weights = st.sampled_from([0.0, 0.5, 2.0, 1e3, 1e99]).map(lambda std: LayerValues(std=std))
hard = st.builds(
    Setup.of,
    activations=st.sampled_from(list(ACTIVATIONS)).map(lambda name: (name,)),
    depth=st.sampled_from([1, 2, 3, 10, 50]),
    weights=weights | random_weights,
    biases=st.just(LayerValues((0.0,))) | weights,
    x=st.sampled_from([1.0, 0.0, -1.0, 1e8, 1e-9, 1e100]),
    loss=st.sampled_from([Loss(), Loss(0.0), Loss(1e-300), Loss(1e300), Loss(target=1.0)]),
    threshold=st.sampled_from([1e-3, 0.999, 1e-300]),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(hard)
def test_every_chain_has_a_verdict_and_every_remedy_heals(one: Setup) -> None:
    found = verdict(one)
    assert found.sentence.startswith(f"{one.focused} {found.kind}")
    assert "nan" not in found.text
    if found.remedy is not None:
        healed = found.remedy.applied(one).checked()
        assert verdict(healed).kind is Kind.HEALTHY
        for name, value in found.remedy.changes.items():
            assert KNOBS[name].parse(KNOBS[name].format(value)) == value


def test_the_chain_of_a_setup_is_that_of_its_seed() -> None:
    one = setup("tanh", 10, weights=LayerValues(std=1.0), biases=LayerValues(std=1.0))
    first, again = chain(one), chain(one.with_(samples=7, layer=3))
    np.testing.assert_array_equal(first.log10_gradients, again.log10_gradients)
    other = chain(one.with_(seed=1))
    assert not np.array_equal(first.weights, other.weights)
    assert not np.array_equal(first.weights, first.biases)
