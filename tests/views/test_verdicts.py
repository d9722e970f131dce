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
from gradtui.models.chain.chains import Course, chain_of, max_depth
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
    "identity, w = 0.9": (setup("identity", 101, 0.9), Kind.VANISHING),
    "identity, w = 0.9, by ∂L/∂z": (setup("identity", 101, 0.9, quantity="z"), Kind.VANISHING),
    "identity, w = 0.9, by ∂L/∂w": (setup("identity", 101, 0.9, quantity="w"), Kind.HEALTHY),
    "identity, a large upper half": (
        setup("identity", 40, weights=LayerValues((1.0,) * 20 + (2.0,) * 20)),
        Kind.EXPLODING,
    ),
    "a dip": (setup("identity", 6, weights=LayerValues((1, 1, 1e6, 1e-6, 1, 1))), Kind.VANISHING),
    "a peak": (setup("identity", 6, weights=LayerValues((1, 1, 1e-6, 1e6, 1, 1))), Kind.EXPLODING),
    "relu, x < 0": (setup("relu", 5, x=-1.0), Kind.DEAD),
    "x = 0": (setup("identity", 5, x=0.0), Kind.HEALTHY),
    "x = 0, by ∂L/∂w": (setup("identity", 5, x=0.0, quantity="w"), Kind.DEAD),
    "nothing from the loss": (setup("tanh", 5, loss=Loss(upstream=0.0)), Kind.DEAD),
    "the target met": (setup("identity", 5, loss=Loss(target=1.0)), Kind.DEAD),
    "a weight of 0": (setup("tanh", 4, weights=LayerValues((1.0, 1.0, 0.0, 1.0))), Kind.DEAD),
    "one layer": (setup("sigmoid", 1), Kind.HEALTHY),
    "one layer, saturated": (setup("sigmoid", 1, 100.0), Kind.VANISHING),
}


@pytest.mark.parametrize(("one", "kind"), CASES.values(), ids=CASES)
def test_the_kind(one: Setup, kind: Kind) -> None:
    assert verdict(one).kind is kind


def test_the_threshold_is_the_user_s() -> None:
    """Of tanh at depth 50 0.44 % arrives."""
    one = setup("tanh", 50)
    assert 0.004 < by_hand("tanh", [1.0] * 50).ratio < 0.005
    assert verdict(one).kind is Kind.HEALTHY
    assert verdict(one.with_(threshold=0.005)).kind is Kind.VANISHING
    assert verdict(one.with_(threshold=0.004)).kind is Kind.HEALTHY


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
    ratio, rate, threshold = numbers(
        rf"×{NUMBER} of the loss's gradient arrives at the input, "
        rf"×{NUMBER} a layer over {depth} layers; healthy is above {NUMBER}\.",
        found.sentence,
    )
    assert found.sentence.startswith(f"{name} {found.kind}")
    assert close(ratio, true.ratio)
    assert close(rate, true.rate)
    assert float(threshold) == 1e-3


@pytest.mark.parametrize("quantity", ["z", "w"])
def test_the_sentence_is_about_the_gradient_that_is_drawn(quantity: str) -> None:
    true = by_hand("arctan", [1.4] * 30)
    found = verdict(setup("arctan", 30, 1.4, quantity=quantity))
    ratio, rate = numbers(
        rf"layer 1's ∂L/∂{quantity} is ×{NUMBER} of layer 30's, ×{NUMBER} a layer", found.sentence
    )
    assert close(ratio, true.ratio_of(quantity))
    assert close(rate, true.ratio_of(quantity) ** (1 / 29))


@pytest.mark.parametrize(("name", "depth", "w"), [("identity", 101, 0.9), ("relu", 60, 1.5)])
def test_the_rate_is_that_of_what_is_drawn(name: str, depth: int, w: float) -> None:
    """∂L/∂a changes by w a layer, and so says the sentence; ×1 stands beside no 2.5e10."""
    sentence = verdict(setup(name, depth, w)).sentence
    assert f"×{w:g} a layer" in sentence


def test_the_factor_of_a_saturated_sigmoid_is_the_one_it_has() -> None:
    """Weights of 100: at a = 1 f′ is e^-100, and each layer makes 100 e^-100."""
    (rate,) = numbers(r"×([0-9.e-]+) a layer", verdict(setup("sigmoid", 50, 100.0)).sentence)
    assert close(rate, 100.0 * math.exp(-100.0))


def test_where_it_only_dips_the_sentence_says_where() -> None:
    """∂L/∂a_3 = w_4 w_5 w_6 = 1e-6, and ∂L/∂a_0 = 1."""
    sentence = verdict(CASES["a dip"][0]).sentence
    assert "vanishing in the middle: ×1e-6 of the loss's gradient arrives at layer 3" in sentence
    assert "all of the loss's gradient arrives at the input" in sentence


@pytest.mark.parametrize(("w", "word"), [(0.9, "vanishing, ×2.4e-5"), (1.1, "exploding, ×1.5e4")])
def test_what_the_signal_hides_in_the_gradient_of_the_weights_is_said(w: float, word: str) -> None:
    """∂L/∂w_l = w^(L-1) for every l in a linear chain, whatever becomes of ∂L/∂a."""
    found = verdict(setup("identity", 101, w, quantity="w"))
    assert found.kind is Kind.HEALTHY
    assert "as large as layer 101's, ×1 a layer over 100 layers" in found.sentence
    assert f"(×{w} a layer) times the signal on its way up (×{w} a layer)" in found.cause
    assert f"∂L/∂a is {word}" in found.cause


def test_where_nothing_is_hidden_nothing_is_said_of_it() -> None:
    for name, w in (("tanh", 3.0), ("sigmoid", 1.0), ("relu", 1.0)):
        assert "hides" not in verdict(setup(name, 30, w, quantity="w")).cause


@pytest.mark.parametrize(
    ("name", "depth", "w", "said"),
    [("identity", 20, 0.8, "collapses"), ("relu", 20, 1.3, "grows"), ("relu", 20, 1.0, "")],
)
def test_a_signal_that_collapses_or_grows_is_named(
    name: str, depth: int, w: float, said: str
) -> None:
    cause = verdict(setup(name, depth, w)).cause
    if said:
        first, last = numbers(rf"The signal {said}: \|a\| goes from {NUMBER} to {NUMBER}\.", cause)
        assert close(first, w)
        assert close(last, w**depth)
    else:
        assert "signal" not in cause


@pytest.mark.parametrize(("one", "kind"), CASES.values(), ids=CASES)
def test_the_sentence_names_the_activation_and_the_kind(one: Setup, kind: Kind) -> None:
    found = verdict(one)
    assert found.sentence.startswith(f"{one.focused} {kind.value}")
    assert found.sentence.endswith(".")
    assert found.text == " ".join(filter(None, (found.sentence, found.cause, found.evidence)))


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
        rf"The f′ make ×{NUMBER} of it, the weights ×{NUMBER}; "
        rf"no layer stands out \(layer (\d+): z = {NUMBER}, f′ = {NUMBER}\)",
        found.cause,
    )
    assert close(slopes, math.prod(true.slopes))
    assert close(weights, 3.0**20)
    at = min(range(20), key=lambda index: true.slopes[index])
    assert int(layer) == at + 1
    assert close(z, true.z[at], 3)
    assert close(worst, true.slopes[at])


def test_of_the_identity_with_small_weights_the_culprit_is_the_weights() -> None:
    found = verdict(setup("identity", 50, 0.5))
    (weights,) = numbers(rf"The f′ make ×1 of it, the weights ×{NUMBER};", found.cause)
    assert close(weights, 0.5**50)
    assert "no layer stands out" in found.cause
    assert "w = 0.5)" in found.cause
    assert "worst" not in found.cause


def test_the_worst_weight_is_named() -> None:
    found = verdict(setup("identity", 5, weights=LayerValues((1.0, 0.5, 0.9, 1.0, 1e-6))))
    assert found.kind is Kind.VANISHING
    assert "layer 5 (z = 4.5e-7, w = 1e-6) is the worst" in found.cause


def test_of_an_exploding_chain_the_largest_weight_is_named() -> None:
    found = verdict(setup("identity", 5, weights=LayerValues((1.0, 2.0, 1.5, 1.0, 1e6))))
    assert found.kind is Kind.EXPLODING
    assert "layer 5 " in found.cause
    assert "w = 1e6) is the worst" in found.cause


def test_among_equals_no_single_layer_is_the_worst() -> None:
    """f′ is 0.2, 1, 0.2, 1, …: every other layer is as bad as the first."""
    found = verdict(setup("leaky_relu(0.2)", 30, -1.0))
    assert "; layer 1 (z = -1, f′ = 0.2) and 14 others like it are the worst." in found.cause
    two = verdict(setup("identity", 5, weights=LayerValues((1.0, 1e-3, 1.0, 1e-3, 1.0))))
    assert "layer 2 (z = 0.001, w = 0.001) and 1 other like it are the worst." in two.cause
    one = verdict(setup("identity", 5, weights=LayerValues((1.0, 1e-3, 1.0, 1e-2, 1.0))))
    assert "layer 2 (z = 0.001, w = 0.001) is the worst." in one.cause


@pytest.mark.parametrize(
    ("name", "w", "depth"),
    [("gaussian", 3.0, 10), ("gaussian", 3.0, 9), ("leaky_relu(0.001)", -31.6227766, 20)],
)
def test_a_signal_that_only_alternates_neither_grows_nor_collapses(
    name: str, w: float, depth: int
) -> None:
    found = verdict(setup(name, depth, w))
    assert "signal grows" not in found.text
    assert "signal collapses" not in found.text


@pytest.mark.parametrize(
    ("name", "w", "depth", "says"),
    [
        # 0.2 · 10 = 2 and 10 by turns: it grows, if not evenly
        ("leaky_relu(0.2)", -10.0, 20, "The signal grows: |a| goes from 2 to"),
        ("identity", 0.5, 20, "The signal collapses: |a| goes from 0.5 to 9.5e-7"),
        ("relu_squared", 2.0, 4, "The signal grows: |a| goes from 4 to"),
    ],
)
def test_a_signal_that_goes_one_way_is_told(name: str, w: float, depth: int, says: str) -> None:
    assert says in verdict(setup(name, depth, w)).cause


@pytest.mark.parametrize(
    ("w", "kind"), [(1e-6, Kind.VANISHING), (1e6, Kind.EXPLODING)], ids=["narrow", "wide"]
)
def test_a_single_weight_in_the_middle_that_does_it_is_found(w: float, kind: Kind) -> None:
    """∂L/∂w_l = Π_{k≠l} w_k: of ten layers nine get 1e∓6, and the last is no better off."""
    weights = LayerValues((1.0,) * 5 + (w,) + (1.0,) * 4)
    found = verdict(setup("identity", 10, weights=weights))
    assert found.kind is kind
    assert "layer 6 " in found.cause


@pytest.mark.parametrize("quantity", ["a", "z", "w"])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "identity"])
def test_the_factors_that_are_named_make_the_ratio(name: str, quantity: str) -> None:
    """f′, weights and signal multiply to what is judged, each rounded to two digits."""
    true = by_hand(name, [1.7] * 9)
    found = verdict(setup(name, 9, 1.7, quantity=quantity))
    shares = re.findall(rf"×{NUMBER}", found.cause.split(";")[0].split(". ")[0])
    product = math.prod(map(float, shares))
    assert product == pytest.approx(true.ratio_of(quantity), rel=0.2)


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
        ("x = 0, by ∂L/∂w", "input x is 0"),
        ("nothing from the loss", "loss sends back nothing"),
        ("a weight of 0", "weight of layer 3 is 0"),
    ],
)
def test_the_factor_that_is_exactly_zero_is_named(case: str, words: str) -> None:
    assert words in verdict(CASES[case][0]).cause


@pytest.mark.parametrize("quantity", ["a", "z", "w"])
@pytest.mark.parametrize(
    ("name", "x", "loss"),
    [("sigmoid", 800.0, Loss(target=1.0)), ("identity", 1.0, Loss(target=1.0))],
)
def test_a_target_met_in_float64_is_not_called_an_exact_zero(
    name: str, x: float, loss: Loss, quantity: str
) -> None:
    """1 - σ(800) = e^-800 is not 0, and float64 does not tell."""
    text = verdict(setup(name, 1, x=x, loss=loss, quantity=quantity)).text
    assert "a₁ is its target to the last digit of float64" in text
    assert "exactly" not in text
    assert "sends back nothing" not in text


def test_of_a_dip_of_the_signal_the_signal_is_the_cause() -> None:
    """∂L/∂w₃ = w₄ a₂ = a₂ = 1e-6, and no f′ and no weight above layer 3 differs from 1."""
    one = setup("identity", 4, weights=LayerValues((1.0, 1e-6, 1e6, 1.0)), quantity="w")
    cause = verdict(one).cause
    assert "The signal did it: the f′ make ×1 of it, the weights ×1, the signal ×1e-6." in cause


# ------------------------------------------------------------------- reach


@pytest.mark.parametrize("threshold", [1e-3, 1e-6, 1e-12])
def test_the_depth_from_which_on_the_gradient_is_not_healthy(threshold: float) -> None:
    """So many layers from the input on, the loss after them."""
    one = setup("sigmoid", 50, threshold=threshold)
    enough = int(max_depth(subject(one), Course(chain(one), "a")))
    assert by_hand("sigmoid", [1.0] * (enough + 1)).ratio < threshold
    assert threshold <= by_hand("sigmoid", [1.0] * enough).ratio


def test_what_explodes_has_a_depth_too() -> None:
    """1.5^17 = 985, 1.5^18 = 1478."""
    one = setup("identity", 50, 1.5)
    assert max_depth(subject(one), Course(chain(one), "a")) == "17"


def test_a_depth_beyond_the_chain_is_that_of_the_deeper_chain() -> None:
    """tanh with w = 1 decays like a power of the depth, not geometrically."""
    one = setup("tanh", 50)
    enough = int(max_depth(subject(one), Course(chain(one), "a")))
    assert (
        by_hand("tanh", [1.0] * (enough + 1)).ratio < 1e-3 <= by_hand("tanh", [1.0] * enough).ratio
    )


@pytest.mark.parametrize(
    ("name", "depth"), [("squareplus", 20), ("hardswish", 37), ("hardswish", 60)]
)
@pytest.mark.parametrize("quantity", ["a", "z", "w"])
def test_so_many_layers_are_healthy_by_the_verdict_itself(
    name: str, depth: int, quantity: str
) -> None:
    """It looks between the ends too: of 20 layers of squareplus ×1263 arrives at layer 1."""
    one = setup(name, depth, 1.5, biases=LayerValues((0.1,)), x=-1.0, quantity=quantity)
    kinds = [verdict(one.with_(depth=layers)).kind for layers in range(1, 61)]
    ill = next((at for at, kind in enumerate(kinds) if kind is not Kind.HEALTHY), None)
    if ill is not None:
        assert max_depth(subject(one), Course(chain(one), quantity)) == str(ill)


@pytest.mark.parametrize(("w", "depth"), [(0.1, 3), (0.0999, 3), (0.1001, 3), (0.50119, 10),
                                          (10.0, 3), (10.002, 3), (9.998, 3)])  # fmt: skip
def test_a_verdict_at_the_threshold_does_not_contradict_its_numbers(w: float, depth: int) -> None:
    """Of identity w^depth arrives, by hand; healthy is from 0.001 to 1000, both included."""
    found = verdict(setup("identity", depth, w))
    left = w**depth
    assert (found.kind is Kind.HEALTHY) is (0.001 <= round(left, 12) <= 1000.0)
    (shown,) = numbers(r": ×(\S+) of", found.sentence)
    if round(left, 12) in (0.001, 1000.0):
        assert re.search(r"healthy is (0\.001 or more|1000 or less)\.", found.sentence)
        return
    side, end = numbers(r"healthy is (above|below) (\S+)\.$", found.sentence)
    assert float(shown) == pytest.approx(left, rel=0.06)
    assert float(shown) != float(end)
    inside = float(shown) > float(end) if side == "above" else float(shown) < float(end)
    assert inside is (found.kind is Kind.HEALTHY)


@pytest.mark.parametrize("name", ["hardswish", "gelu", "sigmoid"])
@pytest.mark.parametrize("depth", [5, 20, 50])
def test_of_other_weights_those_that_leave_most_nearly_all_are_offered(
    name: str, depth: int
) -> None:
    """Weights an eighth of a decade apart are tried; none of those is more than thrice as near."""
    one = setup(name, depth)
    remedy = verdict(one).remedy
    if remedy is None or set(remedy.changes) != {"weights"}:
        return
    left = abs(Course(chain(remedy.applied(one))).judged(-3.0).log10_ratio)
    for k in range(-24, 25):
        tried = setup(name, depth, float(f"{10 ** (k / 8):.3g}"))
        other = Course(chain(tried)).judged(-3.0)
        assert left <= max(abs(other.log10_ratio), 0.5)


def test_of_a_list_of_weights_nobody_knows_how_it_goes_on() -> None:
    one = setup("identity", 3, weights=LayerValues((1.0, 0.9, 1.1)))
    assert max_depth(subject(one), Course(chain(one), "a")) == ">3"


def test_ratio_of_ten_thousand_layers() -> None:
    """(the last factors of many are equal, so the rate is theirs: σ′ at the fixed point)"""
    judgement = Course(chain(setup("sigmoid", 10_000))).judged(-3.0)
    z = 0.5
    for _ in range(200):
        z = 1 / (1 + math.exp(-z))
    fixed = math.log10(z * (1 - z))
    assert judgement.log10_ratio / 10_000 == pytest.approx(fixed, abs=1e-4)


# ---------------------------------------------------------------- remedies

HEALABLE = [name for name, (one, kind) in CASES.items() if kind is not Kind.HEALTHY]


@pytest.mark.parametrize(
    "case", ["sigmoid at depth 50", "tanh saturated", "relu, w = 1.5", "relu, w = 0.7",
             "identity, w = 0.5", "x = 0, by ∂L/∂w", "nothing from the loss", "a weight of 0",
             "a dip"]
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
        if text.startswith("all of "):
            assert abs(true.ratio - 1.0) < 0.05
        else:
            (share,) = numbers(rf"×{NUMBER} of the loss's gradient arrives at the input", text)
            assert close(share, true.ratio)


@pytest.mark.parametrize(
    ("name", "depth", "w"), [("sigmoid", 50, 100.0), ("sigmoid", 3, 100.0), ("tanh", 20, 30.0)]
)
def test_weights_far_too_large_are_answered_with_smaller_ones(
    name: str, depth: int, w: float
) -> None:
    remedy = verdict(setup(name, depth, w)).remedy
    assert remedy is not None
    assert remedy.changes["weights"].largest < 10.0


@pytest.mark.parametrize(
    ("name", "depth", "w"), [("tanh", 20, 3.0), ("tanh", 50, 0.7), ("arctan", 30, 5.0)]
)
def test_weights_are_changed_before_the_activation_is(name: str, depth: int, w: float) -> None:
    remedy = verdict(setup(name, depth, w)).remedy
    assert remedy is not None
    assert set(remedy.changes) == {"weights"}


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


def test_of_the_weights_that_heal_those_nearest_to_passing_all_are_offered() -> None:
    """Of gelu at depth 30 no weight of three digits does; 1.1548 would leave ×336."""
    one = setup("gelu", 30)
    remedy = verdict(one).remedy
    assert remedy is not None
    healed = Course(chain(remedy.applied(one)), "a").judged(-3.0)
    assert abs(healed.log10_ratio) < 0.5


def test_a_change_that_all_share_says_so() -> None:
    one = Setup.of(activations=("gelu", "tanh"), depth=30)
    remedy = finding(one, "gelu").remedy
    assert remedy is not None
    assert remedy.label.startswith("weights = ")
    assert remedy.label.endswith(" for all of them")
    alone = finding(one.with_(activations=("gelu",))).remedy
    assert alone is not None
    assert "all of them" not in alone.label
