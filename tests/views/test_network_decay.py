"""Networks in the decay view: theory, measurement, and why the two disagree."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.draw import random_network
from gradtui.mathematics.precision import FORMATS
from gradtui.models import MODELS
from gradtui.models.finding import Kind
from gradtui.models.network.decay import NetworkDecay
from gradtui.models.network.ensemble import Ensemble
from gradtui.models.network.networks import Expectation, drawn, expectation_of, flow_of, saturation
from gradtui.plots.picture import row_text
from gradtui.progress import Stopped, unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.decay.study import Decays
from gradtui.views.export import as_csv
from gradtui.views.view import Size
from support.subjects import subject
from support.watch import Watch
from support.watch import last as last_of

VIEW = VIEWS["decay"]
LN10 = math.log(10.0)


def setup(*activations: str, init: str | tuple[str, ...], depth: int, **changes: object) -> Setup:
    inits = (init,) if isinstance(init, str) else init
    made = Setup.of(activations=activations, init=inits, depth=depth, model="network")
    return made.with_(**{"networks": 20, **changes}).checked()


def last(one: Setup) -> Decays:
    result = last_of(VIEW, one)
    assert isinstance(result, Decays)
    return result


def first(one: Setup) -> Decays:
    result: Decays = next(VIEW.results(one, unwatched))
    return result


def network(result: Decays, index: int = 0) -> NetworkDecay:
    """One of what is compared, as networks find it."""
    decay = result.each[index]
    assert isinstance(decay, NetworkDecay)
    return decay


def ensemble_of(one: Setup) -> Ensemble:
    """What was measured of the first that is compared."""
    ensemble = network(last(one)).ensemble
    assert ensemble is not None
    return ensemble


def expectation(name: str, init: str, depth: int, **changes: object) -> Expectation:
    return expectation_of(subject(setup(name, init=init, depth=depth, **changes)))


def page(result: Decays, marker: str = "braille", width: int = 80) -> str:
    return VIEW.draw(result, result.setup, Size(width, 18), marker).text


# ------------------------------------------------------------------- theory


def test_theory_is_the_root_of_chi_where_the_scalar_law_is_wrong() -> None:
    """ReLU: E[f′] = ½ or w = √2 say that He's networks shrink or grow; they do neither."""
    he = expectation("relu", "kaiming_normal", 30)
    np.testing.assert_allclose(he.infinite, 0.0, atol=1e-9)
    assert he.scalar[0] == pytest.approx(30 * math.log10(math.sqrt(2.0)))
    assert he.bound[0] == pytest.approx(30 * math.log10(2.0 * math.sqrt(2.0)))


def test_the_sigmoid_s_rate_is_the_published_one() -> None:
    one = expectation("sigmoid", "normal(1)", 60)
    # 0.0557207 holds at the fixed point for these weights without biases.
    rates = 2.0 * (one.infinite[:-1] - one.infinite[1:])
    assert 10.0 ** rates[-1] == pytest.approx(0.0557207, abs=5e-8)


def test_the_largest_singular_value_bounds_every_network() -> None:
    width, scheme = 200, "normal(1.3)"
    one = expectation("tanh", scheme, 1, units=width)
    weights = random_network([width, width], scheme, "tanh", 5).weights
    largest = float(np.linalg.norm(weights[0], 2))
    assert largest == pytest.approx(10.0 ** one.bound[0], rel=0.05)


def test_the_predicted_band_is_as_wide_as_depth_over_width() -> None:
    for n, beta in ((50, 5.0 * 20 / 50), (200, 5.0 * 20 / 200)):
        low, high = expectation("relu", "kaiming_normal", 20, units=n).band
        assert (high[0] - low[0]) * LN10 == pytest.approx(1.6448536 * math.sqrt(beta), rel=1e-6)
        assert (high[0] + low[0]) * LN10 == pytest.approx(-beta / 2.0, rel=1e-6)


# -------------------------------------------------------------- measurement


def test_relu_networks_spread_as_was_measured_elsewhere() -> None:
    """He's ReLU, n = 100, L = 20: ln‖Ju‖² has mean -0.511 and variance 1.051 (4,000 draws)."""
    ensemble = ensemble_of(setup("relu", init="kaiming_normal", depth=20, units=100, networks=400))
    logs = 2.0 * LN10 * ensemble.log10[:, 0]
    assert logs.mean() == pytest.approx(-0.511, abs=3.5 * math.sqrt(1.051 / 400))
    assert logs.var(ddof=1) == pytest.approx(1.051, abs=3.5 * 1.051 * math.sqrt(2.0 / 399))


def by_hand(one: Setup, name: str, count: int) -> Array:
    """log10‖∂L/∂a_l‖ of network `count` by plain matrices, f = tanh."""
    seed = int(np.random.SeedSequence([one.seed, 3, count]).generate_state(1)[0])
    rng = np.random.default_rng([one.seed, 4, count])
    units = one.network.units
    a = [abs(one.x) * rng.standard_normal(units)]
    g = rng.standard_normal(units)
    network = random_network([units] * (one.depth + 1), one.network.init[0], name, seed)
    for w in network.weights:
        a.append(np.tanh(w @ a[-1]))
    g = g / np.linalg.norm(g)
    norms = [0.0]
    for w, out in zip(reversed(network.weights), reversed(a[1:]), strict=True):
        g = w.T @ (g * (1.0 - out**2))
        norms.append(math.log10(np.linalg.norm(g)))
    return np.array(norms[::-1])


def test_every_network_is_the_one_of_its_number() -> None:
    one = setup("tanh", init="xavier_normal", depth=9, units=12, networks=3, x=0.7)
    ensemble = ensemble_of(one)
    for row, count in zip(ensemble.log10, (1, 2, 3), strict=True):
        np.testing.assert_allclose(row, by_hand(one, "tanh", count), atol=1e-10)


def test_a_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    one = setup("tanh", init="pytorch_linear", depth=5, units=8, networks=4)
    first, again, other = (list(VIEW.table(last(s))) for s in (one, one, one.with_(seed=1)))
    assert first == again != other


def test_the_theory_comes_at_once_and_progress_only_grows() -> None:
    watch = Watch()
    steps = VIEW.results(setup("sigmoid", "tanh", init="normal(1.6)", depth=12, networks=8), watch)
    assert network(next(steps)).ensemble is None
    assert watch.shares == []
    assert list(steps)
    assert watch.rises
    assert watch.shares[0] < 0.01
    assert watch.shares[-1] > 0.89


def test_the_progress_of_trying_what_helps_only_grows() -> None:
    """Recipes that theory recommends are tried on nine networks each, and die in most.

    They are too narrow: ReLU of two units; wider ones live.
    """
    watch = Watch()
    one = setup("relu", init="pytorch_linear", depth=12, units=2, networks=9)
    remedy = MODELS["network"].remedy(network(last(one)), watch)
    assert remedy is not None
    assert remedy.label == "block = residual(alpha=1/sqrt(L))"
    assert len(watch.shares) > 4 * 9 * 12
    assert watch.rises
    assert watch.shares[0] == 0.0
    assert watch.shares[-1] > 0.9


def test_remedies_are_tried_in_the_last_tenth_of_the_whole() -> None:
    watch = Watch()
    result = list(VIEW.results(setup("sigmoid", init="normal(1)", depth=40, networks=9), watch))[-1]
    assert network(result).remedy is not None
    assert len([share for share in watch.shares if share > 0.9]) > 20
    assert watch.rises


def test_a_wide_network_can_be_stopped_between_its_layers() -> None:
    """Every tick is a place to stop; there are many before one network is drawn and run."""
    one = subject(setup("relu", init="kaiming_normal", depth=40, units=300))
    watch = Watch()
    drawn(one, 1, watch)
    assert len(watch.shares) >= 40
    assert watch.rises
    watch = Watch()
    flow_of(one, 1, 1, tick=watch)
    assert len(watch.shares) > 40
    assert watch.rises
    for most in (1, 20, len(watch.shares)):
        stopped = Watch(most)
        with pytest.raises(Stopped):
            flow_of(one, 1, 1, tick=stopped)
        assert len(stopped.shares) == most


@pytest.mark.parametrize("most", [1, 30, 80])
def test_an_ensemble_ends_where_its_tick_says_so(most: int) -> None:
    watch = Watch(most)
    steps = VIEW.results(
        setup("tanh", init="orthogonal", depth=6, units=16, networks=10_000), watch
    )
    next(steps)
    with pytest.raises(Stopped):
        list(steps)
    assert len(watch.shares) == most
    assert watch.shares[-1] < 0.01


def test_an_ensemble_of_a_deep_network_keeps_both_ends() -> None:
    ensemble = ensemble_of(setup("tanh", init="orthogonal", depth=2000, units=4, networks=2))
    assert ensemble.layers[[0, -1]].tolist() == [0, 2000]
    assert len(ensemble.layers) <= 512


# ------------------------------------------------------------------ verdicts


def test_where_theory_holds_the_verdict_says_so() -> None:
    result = last(setup("tanh", init="orthogonal", depth=10, units=128, networks=40))
    found = VIEW.finding(result, "tanh")
    assert found.kind is Kind.HEALTHY
    assert "agree" in found.evidence


def test_a_finite_width_is_named_with_what_it_was_predicted_to_do() -> None:
    result = last(setup("relu", init="kaiming_normal", depth=40, units=100, networks=100))
    assert "as a finite width makes it (predicted ×0.61)" in VIEW.finding(result, "relu").evidence


def test_too_few_networks_are_named_with_how_many_it_takes() -> None:
    result = last(setup("relu", init="kaiming_normal", depth=20, units=64, networks=3))
    evidence = VIEW.finding(result, "relu").evidence
    assert "too few to tell them apart: it takes some" in evidence


def test_saturation_is_named_where_few_units_carry_the_gradient() -> None:
    result = last(setup("tanh", init="normal(sigma_w=40)", depth=30, units=32, networks=60))
    assert "of the units of the last layer are saturated" in VIEW.finding(result, "tanh").cause


@pytest.mark.parametrize(
    ("name", "below", "above"),
    [  # sech² z = 0.01; s (1 - s) = 0.0025; e^-z² = 0.01; 1 / (1 + z)² = 0.01; 2ze^-z² at 1 %
        ("tanh", math.acosh(10.0), math.acosh(10.0)),
        ("sigmoid", 5.986445692, 5.986445692),
        ("erf", math.sqrt(math.log(100.0)), math.sqrt(math.log(100.0))),
        ("softsign", 9.0, 9.0),
        ("hardtanh(-2, 3)", 2.0, 3.0),
        ("relu6", math.inf, 6.0),
        ("relu", math.inf, math.inf),
        ("sin", math.inf, math.inf),
        ("gaussian", 2.525507001, 2.525507001),
    ],
)
def test_a_unit_is_saturated_far_out_not_where_it_is_off(
    name: str, below: float, above: float
) -> None:
    """Flat beyond there; a rectifier is flat from 0 on, which is none."""
    assert saturation(activation(name)) == pytest.approx((below, above), rel=1e-8)


@pytest.mark.parametrize(
    ("name", "init", "few"),
    [("tanh", "normal(5)", False), ("tanh", "normal(40)", True), ("relu6", "normal(20)", False)],
)
def test_the_share_that_is_saturated_is_that_of_networks(name: str, init: str, few: bool) -> None:
    """A wide network, run by plain matrices, its units counted."""
    one = setup(name, init=init, depth=3, units=1000, networks=1)
    decay = network(last(one))
    found, rng = drawn(subject(one), 1)
    a = rng.standard_normal(1000)
    f = activation(name)
    for w in found.weights:
        z = w @ a
        a = f(z)
    saturated = np.abs(z) > math.acosh(10.0) if name == "tanh" else z > 6.0
    assert decay.expectation.saturated(3) == pytest.approx(saturated.mean(), abs=0.06)
    cause = VIEW.finding(last(one), name).cause
    assert ("the few that are not carry it" in cause) is few


@pytest.mark.parametrize("name", ["relu6", "relu"])
def test_what_is_off_is_not_called_saturated(name: str) -> None:
    result = last(setup(name, init="lecun_normal", depth=20, networks=3))
    assert network(result).expectation.saturated(20) < 1e-6
    assert "saturated" not in VIEW.finding(result, name).text


def test_networks_too_narrow_to_live_are_called_dead() -> None:
    result = last(setup("relu", init="kaiming_normal", depth=30, units=1, networks=30))
    found = VIEW.finding(result, "relu")
    assert found.kind is Kind.DEAD
    assert "Too narrow: by chance f′ = 0 for the one unit of a layer" in found.cause


@pytest.mark.parametrize(
    ("name", "init", "changes", "cause"),
    [
        ("relu", "kaiming_normal", {"depth": 12, "units": 2}, "Too narrow: by chance"),
        ("tanh", "normal(sigma_w=0, sigma_b=0.01)", {"depth": 5}, "σw = 0: all weights are 0"),
        ("hardtanh", "normal(20)", {"depth": 20, "units": 4}, "so far out f′ is exactly 0"),
        ("softshrink", "kaiming_normal(gain=1)", {"depth": 20}, "near 0 f′ is exactly 0"),
        ("tanhshrink", "normal(1)", {"depth": 5, "x": 0.0}, "the signal is 0 from layer 1"),
    ],
)
def test_what_is_dead_is_told_why(
    name: str, init: str, changes: dict[str, float], cause: str
) -> None:
    """By chance, by weights of 0, by saturated ends, in a dead zone, by a signal that dies."""
    found = VIEW.finding(last(setup(name, init=init, **{"networks": 30, **changes})), name)
    assert found.kind is Kind.DEAD
    assert cause in found.cause
    assert ("narrow" in found.cause) is cause.startswith("Too narrow")


def test_what_no_float_holds_vanishes_and_is_not_dead() -> None:
    """z - tanh z is z³/3 near 0: each layer makes the exponent three times what it was."""
    found = VIEW.finding(
        last(setup("tanhshrink", init="normal(1)", depth=50, networks=3)), "tanhshrink"
    )
    assert found.kind is Kind.VANISHING
    assert "The signal collapses" in found.cause


def test_the_layer_that_is_named_is_the_first_that_passes_nothing() -> None:
    """Drawn here again: the first layer of any dead network whose units all give 0."""
    one = setup("relu", init="kaiming_normal", depth=12, units=3, networks=30)
    found = VIEW.finding(last(one), "relu")
    (what,) = [subject(one)]
    firsts = []
    for number in range(1, 31):
        network, rng = drawn(what, number)
        a = rng.standard_normal(3)
        for layer, w in enumerate(network.weights, 1):
            a = np.maximum(w @ a, 0.0)
            if not a.any():
                firsts.append(layer)
                break
    assert firsts
    assert f"at the earliest of layer {min(firsts)}," in found.cause


def test_the_mark_is_that_of_most_networks() -> None:
    """Their median is healthy, and yet more than half of them are not."""
    one = setup("erf", init="normal(20)", depth=20, units=32, networks=100)
    result = last(one)
    log10 = ensemble_of(one).log10
    logs = log10[:, 0]
    healthy = int((abs(log10) <= 3.0).all(axis=1).sum())
    assert healthy < 50
    found = VIEW.finding(result, "erf")
    assert found.kind is Kind.EXPLODING
    assert abs(float(np.median(logs))) < 3.0
    assert " of 100 networks (" in found.sentence
    assert f"{healthy} healthy" in found.sentence
    assert "in 90 % of them; healthy is 0.001 to 1000" in found.sentence
    row = row_text(VIEW.readout(result, one, 80)[1])
    assert "▲" in row


def test_where_all_are_healthy_the_sentence_says_so() -> None:
    found = VIEW.finding(last(setup("tanh", init="orthogonal", depth=10, networks=7)), "tanh")
    assert "healthy in all 7 networks" in found.sentence


def test_the_cause_shares_the_loss_among_slopes_and_weights() -> None:
    result = last(setup("relu", init="normal(1)", depth=40, networks=2))
    found = VIEW.finding(result, "relu")
    assert found.kind is Kind.VANISHING
    assert "In theory the f′ make ×9.5e-7 of it, the weights ×1." in found.cause  # 2^-20


@pytest.mark.parametrize("name", ["sigmoid", "relu", "tanh", "softplus", "mish", "gelu"])
def test_a_remedy_keeps_the_activation_where_weights_help(name: str) -> None:
    one = setup(name, init="pytorch_linear", depth=50)
    remedy = VIEW.finding(last(one), name).remedy
    assert remedy is not None
    assert set(remedy.changes) == {"init"}
    healed = VIEW.finding(last(remedy.applied(one)), name)
    assert healed.kind is Kind.HEALTHY


@pytest.mark.parametrize("name", ["sigmoid", "relu", "tanh"])
def test_a_remedy_heals_what_it_is_offered_for(name: str) -> None:
    one = setup(name, init="pytorch_linear", depth=50, networks=9)
    found = VIEW.finding(last(one), name)
    assert found.kind is Kind.VANISHING
    assert found.remedy is not None
    healed = last(found.remedy.applied(one).checked())
    (name,) = VIEW.subjects(healed.setup)
    assert VIEW.finding(healed, name).kind is Kind.HEALTHY


def test_a_remedy_leaves_the_other_initialisations_of_a_comparison() -> None:
    one = setup("relu", init=("pytorch_linear", "orthogonal"), depth=50, networks=5)
    remedy = VIEW.finding(last(one), "pytorch_linear").remedy
    assert remedy is not None
    assert "orthogonal" in remedy.applied(one).network.init
    assert "pytorch_linear" not in remedy.applied(one).network.init


# --------------------------------------------------- quantities and formats


def norms_by_hand(one: Setup, number: int) -> dict[str, Array]:
    """log10 of ‖∂L/∂a‖, ‖∂L/∂z‖ and ‖∂L/∂W‖ by layer, by plain matrices, f = tanh."""
    network, rng = drawn(subject(one), number)
    units = one.network.units
    a = [abs(one.x) * rng.standard_normal(units)]
    g = rng.standard_normal(units)
    g /= np.linalg.norm(g)
    for w, b in zip(network.weights, network.biases or [0.0] * one.depth, strict=True):
        a.append(np.tanh(w @ a[-1] + (0.0 if b is None else b)))
    norms: dict[str, list[float]] = {"a": [1.0], "z": [], "w": []}
    for w, out, into in zip(
        reversed(network.weights), reversed(a[1:]), reversed(a[:-1]), strict=True
    ):
        delta = g * (1.0 - out**2)
        g = w.T @ delta
        for name, value in (("a", g), ("z", delta), ("w", np.outer(delta, into))):
            norms[name].append(float(np.linalg.norm(value)))
    return {name: np.log10(values[::-1]) for name, values in norms.items()}


@pytest.mark.parametrize("quantity", ["a", "z", "w"])
def test_the_gradient_that_is_asked_for_is_drawn(quantity: str) -> None:
    one = setup("tanh", init="normal(1.2, 0.1)", depth=9, units=12, networks=3, quantity=quantity)
    result = last(one)
    rows = network(result).ensemble
    assert rows is not None
    assert rows.layers.tolist() == list(range(0 if quantity == "a" else 1, 10))
    each = [norms_by_hand(one, number) for number in (1, 2, 3)]
    for row, true in zip(rows.log10, each, strict=True):
        np.testing.assert_allclose(row, true[quantity], atol=1e-10)
    assert f"‖∂L/∂{'W' if quantity == 'w' else quantity}‖ by layer" in page(result)
    # ∂L/∂a and ∂L/∂W stand side by side in the table, whatever is drawn.
    for row in VIEW.table(result):
        layer = int(row["layer"] or 0)
        a = np.median([true["a"][layer] for true in each])
        assert row["log10_grad_a_50"] == pytest.approx(a, abs=1e-9)
        w = np.median([true["w"][layer - 1] for true in each]) if layer else None
        assert row["log10_grad_w_50"] == (None if w is None else pytest.approx(w, abs=1e-9))


@pytest.mark.parametrize("quantity", ["a", "z", "w"])
def test_theory_foretells_every_gradient(quantity: str) -> None:
    """Wide networks, whose mean of ln‖·‖ is known to some percent."""
    one = setup("tanh", init="normal(1.3, 0.2)", depth=6, units=400, networks=12, quantity=quantity)
    decay = network(last(one))
    assert decay.ensemble is not None
    mean = decay.ensemble.log10.mean(axis=0)
    error = decay.ensemble.log10.std(axis=0, ddof=1) / math.sqrt(12)
    assert (abs(mean - decay.law.infinite) < 4.0 * error + 0.02).all()


def test_the_loss_scales_of_networks_hold_for_every_gradient_whichever_is_drawn() -> None:
    """Run here by plain matrices: the largest unit of every layer, in the median."""
    one = setup("tanh", init="normal(0.6)", depth=12, units=64, networks=9)
    told = [
        network(last(one.with_(quantity=quantity))).formats.scales(FORMATS[0]) for quantity in "azw"
    ]
    assert told[0] == told[1] == told[2]
    largest = []
    for number in range(1, 10):
        found, rng = drawn(subject(one), number)
        a = [rng.standard_normal(64)]
        g = rng.standard_normal(64)
        g /= np.linalg.norm(g)
        for w in found.weights:
            a.append(np.tanh(w @ a[-1]))
        every = [np.abs(g).max()]
        for w, out, into in zip(
            reversed(found.weights), reversed(a[1:]), reversed(a[:-1]), strict=True
        ):
            delta = g * (1.0 - out**2)
            g = w.T @ delta
            every += [np.abs(delta).max(), np.abs(g).max(), np.abs(np.outer(delta, into)).max()]
        largest.append(every)
    median = np.log10(np.median(largest, axis=0))
    assert told[0] is not None
    least, most = told[0]
    assert least == pytest.approx(math.log10(2.0**-25) - median.min(), abs=0.15)
    assert most == pytest.approx(math.log10(65520.0) - median.max(), abs=0.15)


def test_activations_overflow_where_their_largest_unit_does() -> None:
    """256 units of N(0, 1): σw = 16, and 16^32 = 2^128 is inf in float32."""
    one = setup("identity", init="normal(16)", depth=40, units=256, networks=3)
    result = last(one)
    signal = [network(result).formats.first_signal_inf(f) for f in FORMATS]
    assert signal == [4, 32, 32, None]
    first = []
    for number in (1, 2, 3):
        found, rng = drawn(subject(one), number)
        a = rng.standard_normal(256).astype(np.float32)
        with np.errstate(all="ignore"):
            for layer, w in enumerate(found.weights, 1):
                a = w.astype(np.float32) @ a
                if not np.isfinite(a).all():
                    first.append(layer)
                    break
    assert sorted(first)[1] == 32
    assert "in float32 from layer 32 on" in VIEW.finding(result, "identity").evidence


def test_a_gradient_of_networks_is_lost_where_its_largest_unit_is() -> None:
    """Rounded to float16 here, unit by unit, the layer at which all of it becomes 0 in most."""
    one = setup("tanh", init="normal(0.6)", depth=50, units=64, networks=9)
    zero = network(last(one)).formats.first_zero(FORMATS[0])
    stops = []
    for number in range(1, 10):
        found, rng = drawn(subject(one), number)
        a = [rng.standard_normal(64)]
        g = rng.standard_normal(64)
        g /= np.linalg.norm(g)
        for w in found.weights:
            a.append(np.tanh(w @ a[-1]))
        for layer, (w, out) in enumerate(zip(reversed(found.weights), reversed(a), strict=False)):
            g = w.T @ (g * (1.0 - out**2))
            if not g.astype(np.float16).any():
                stops.append(49 - layer)
                break
    assert zero is not None
    assert abs(zero - float(np.median(stops))) <= 1


@pytest.mark.parametrize("depths", [(20, 30, 45)])
def test_how_deep_a_network_can_be_does_not_depend_on_how_deep_it_is(
    depths: tuple[int, ...],
) -> None:
    """One number, and what `--depth` says of it: so deep most are healthy, a layer more not."""
    shown = []
    for depth in depths:
        one = setup("tanh", init="pytorch_linear", depth=depth, units=64, networks=30)
        shown.append(int(network(last(one)).cells(1)["max depth"]))
    assert len(set(shown)) == 1
    for depth, healthy in ((shown[0], True), (shown[0] + 1, False)):
        logs = ensemble_of(setup("tanh", init="pytorch_linear", depth=depth, networks=30)).log10
        assert (float(np.median(logs[:, 0])) >= -3.0) is healthy


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
def test_layers_that_are_dead_cannot_be_stacked_however_few(depth: int) -> None:
    """Of 4 units with z ~ N(0, 20²) all have |z| > 1, where hardtanh′ = 0, in 85 % of the layers.

    P(|z| < 1) = erf(1/(20 √2)) = 0.0399 for inputs of size 1.
    """
    inside = math.erf(1.0 / (20.0 * math.sqrt(2.0)))
    assert (1.0 - inside) ** 4 == pytest.approx(0.85, abs=0.005)
    one = setup("hardtanh", init="normal(20)", depth=depth, units=4, networks=60)
    assert network(last(one)).cells(1)["max depth"] == "0"


def test_of_a_list_of_widths_the_first_layers_are_stacked() -> None:
    """The seventh layer has one unit with a ReLU: dead in half of the networks, or more."""
    widths = (32,) * 7 + (1, 1, 1, 32)
    one = setup("relu", init="kaiming_normal", depth=10, units=widths, networks=60)
    assert int(network(last(one)).cells(1)["max depth"]) in (6, 7)
    shorter = setup("relu", init="kaiming_normal", depth=9, units=widths[:-1], networks=60)
    same = network(last(one)).cells(1)["max depth"]
    assert network(last(shorter)).cells(1)["max depth"] == same


def test_what_takes_too_long_to_try_is_at_least_so_much() -> None:
    """With a second of patience no deep networks are tried, and the number says so."""
    one = setup("relu", init="normal(1.43)", depth=2000, networks=100, patience=1)
    shown = network(last(one)).cells(1)["max depth"]
    assert shown.startswith(">")
    assert 64 <= int(shown[1:]) < 2000


def test_a_network_that_is_healthy_is_so_beyond_its_depth() -> None:
    assert network(last(setup("tanh", init="orthogonal", depth=10))).cells(1)["max depth"] == ">10"


# ------------------------------------------------------------- several inits


def test_initialisations_of_one_activation_are_compared() -> None:
    inits = ("xavier_normal", "kaiming_normal(gain=1.2)", "orthogonal")
    one = setup("tanh", init=inits, depth=10, units=16, focus="orthogonal")
    result = last(one)
    assert VIEW.subjects(one) == inits
    assert VIEW.focused(one) == "orthogonal"
    readout = [row_text(row) for row in VIEW.readout(result, one, 100)]
    for letter, init, line in zip("abc", inits, readout[1:], strict=True):
        assert line.startswith(f" {letter} ")
        assert init in line
    assert {row["init"] for row in VIEW.table(result)} == set(inits)


# --------------------------------------------------------------------- draw


@pytest.mark.parametrize(("marker", "width"), [("braille", 56), ("ascii", 80), ("block", 120)])
def test_the_picture_names_its_curves_and_fits(marker: str, width: int) -> None:
    result = last(setup("tanh", "relu", init="pytorch_linear", depth=30, units=16))
    text = page(result, marker, width)
    assert all(len(line) <= width for line in text.split("\n"))
    assert "‖∂L/∂a‖ by layer" in text
    assert "theory" in text
    for letter in "ab":
        assert letter in text.split("\n", 1)[1]


def test_before_anything_is_measured_the_readout_shows_theory_alone() -> None:
    result = first(setup("tanh", init="orthogonal(gain=5/3)", depth=10))
    (line,) = [row_text(row) for row in VIEW.readout(result, result.setup, 80)][1:]
    assert line.count("…") == 4
    assert " 2.1 " in line  # √Πχ over layers 2 to 10, by mpmath 2.1201


def test_networks_that_differ_by_a_thousand_decades_are_drawn() -> None:
    result = last(setup("tanh", "relu", init="normal(0.01)", depth=3000, units=2, networks=2))
    assert "1e-" in page(result)


def test_a_dead_ensemble_is_no_curve_and_no_crash() -> None:
    result = last(setup("relu", init="kaiming_normal", depth=30, units=1, networks=5))
    dead = replace(network(result), ensemble=Ensemble(np.arange(31), np.full((5, 31), -np.inf)))
    text = page(replace(result, each=(dead,)))
    assert "by layer" in text


# ---------------------------------------------------------------- bad input


def test_a_network_too_deep_is_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match=r"depth.*10,000.*try depth=10000"):
        last(setup("tanh", init="orthogonal", depth=20_000))


def test_an_activation_without_a_critical_point_says_so() -> None:
    with pytest.raises(InputError, match="softplus"):
        first(setup("softplus", init="critical", depth=5))


def test_what_would_take_hours_is_left_to_theory_and_that_is_said() -> None:
    decay = last(setup("tanh", init="orthogonal", depth=10_000, units=4096)).each[0]
    assert decay.ensemble is None
    assert "No network is drawn: one would take about" in decay.finding().evidence


@pytest.mark.parametrize("name", ["tanhshrink", "softshrink", "hardshrink"])
def test_what_theory_cannot_follow_is_read_out_as_less_than_what_it_can(name: str) -> None:
    """Before anything is measured, too: the readout's numbers are theory's then."""
    first = next(VIEW.results(setup(name, init="normal", depth=50), unwatched))
    cells = first.each[0].cells(1)
    assert cells["median"] == "…"
    assert re.fullmatch(r"<\d\S*e-\d+", cells["theory"])
    assert re.fullmatch(r"<×\d\S*e-\d+", cells["a layer"])
    assert cells["max depth"].isdigit()
    low, high = first.each[0].expectation.band
    assert -math.inf < low[0] == high[0] < -300.0
    text = "".join(as_csv(VIEW.table(first)))
    assert "nan" not in text


@pytest.mark.parametrize(
    ("name", "changes", "says", "never"),
    [
        ("relu", {"depth": 3, "units": (64, 64, 64, 1)}, "for the one unit of a layer", "all 64"),
        ("softshrink", {"depth": 20, "units": 64}, "collapses layer by layer", "by chance"),
    ],
)
def test_chance_is_named_only_where_it_can_do_it(
    name: str, changes: dict[str, object], says: str, never: str
) -> None:
    found = VIEW.finding(last(setup(name, init="kaiming_normal", networks=30, **changes)), name)
    assert says in found.cause
    assert never not in found.cause


def test_the_layer_that_takes_it_is_named() -> None:
    one = setup("sigmoid", init="critical", depth=20, units=64, networks=30, x=100.0)
    assert "Layer 1 alone makes" in VIEW.finding(last(one), "sigmoid").cause


def test_inputs_of_zero_are_no_matter_of_theory() -> None:
    found = VIEW.finding(last(setup("relu", init="kaiming_normal", depth=8, x=0.0)), "relu")
    assert "the signal is 0 from layer 1 on" in found.cause
    assert "Theory" not in found.evidence


def test_a_signal_that_collapses_stands_in_the_sentence() -> None:
    one = setup("tanh", init="normal(0.2)", depth=20, quantity="w", networks=8)
    assert "but the signal collapses" in VIEW.finding(last(one), "tanh").sentence


@pytest.mark.parametrize("depth", [1, 3, 4])
def test_what_most_networks_keep_is_no_less_deep_than_they_are(depth: int) -> None:
    one = setup("tanh", init="normal(5)", depth=depth, units=64, networks=20, x=0.0)
    result = last(one)
    assert VIEW.finding(result, "tanh").kind is Kind.HEALTHY
    assert f">{depth}" in row_text(VIEW.readout(result, one, 120)[1])


def test_theory_does_not_call_0_what_it_cannot_follow() -> None:
    """Networks give 10^-4e8 here: theory is only known to be below 1e-299."""
    one = setup("tanhshrink", init="normal", depth=20, networks=2, units=16)
    result = last(one)
    found = VIEW.finding(result, "tanhshrink")
    assert found.kind is Kind.VANISHING
    assert "Theory: below ×" in found.evidence
    assert "×0;" not in found.evidence
    rows = VIEW.table(result)
    assert rows[0]["log10_theory"] is None
    assert rows[-1]["log10_theory"] == 0.0
    silent = VIEW.finding(last(one.with_(x=0.0)), "tanhshrink")
    assert silent.kind is Kind.DEAD
    assert "below" not in silent.evidence


def test_what_theory_says_of_wide_layers_is_no_cause_where_narrow_ones_do_it() -> None:
    """E ln χ²₁₆ takes some ×0.16 in 60 layers; by theory all of it arrives."""
    of = {"activations": ("identity",), "init": ("normal",), "depth": 60, "model": "network"}
    made = Setup().with_(**of, units=16, networks=40, threshold=0.5).checked()
    (one,) = last(made).each
    assert one.finding().kind is Kind.VANISHING
    assert "In theory the f′ make" not in one.finding().cause
    (fine,) = last(made.with_(threshold=0.001)).each
    assert "In theory the f′ make ×1 of it, the weights ×1." in fine.finding().cause
