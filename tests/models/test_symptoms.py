"""What ails a run: runs made to have one fault, with the number that it must be told with."""

from __future__ import annotations

import math
import re
import tracemalloc
import warnings
from dataclasses import replace

import numpy as np
import pytest

from gradtui.mathematics.elementwise import Array
from gradtui.models.finding import Ailment, Kind, Verdict
from gradtui.models.recorded.symptom import Symptom
from gradtui.models.recorded.symptoms import symptoms_of
from gradtui.runs.run import Run

NAMES = tuple(f"layers.{index}.weight" for index in range(6))


def run(
    gradients: Array | None = None,
    *,
    names: tuple[str, ...] = NAMES,
    order: str = "recorded",
    **numbers: object,
) -> Run:
    """A run of which this was recorded; gradients are norms [n, names], not their logarithms."""
    some = gradients if gradients is not None else numbers.get("total_norm", numbers.get("loss"))
    n = len(np.asarray(some))
    by_step = {
        key: None if numbers.get(key) is None else np.asarray(numbers[key], float)
        for key in (
            "loss", "total_norm", "learning_rate", "loss_scale", "skipped", "clip", "clipped",
        )
    }  # fmt: skip
    nothing = np.full(n, np.nan)
    loss = nothing if by_step["loss"] is None else by_step["loss"]
    total = nothing if by_step["total_norm"] is None else by_step["total_norm"]
    return Run(
        steps=np.arange(n),
        names=names if gradients is not None else (),
        order=order,
        log10_gradients=np.zeros((n, 0)) if gradients is None else log10(gradients),
        log10_weights=None if "weights" not in numbers else log10(np.asarray(numbers["weights"])),
        log10_updates=None if "updates" not in numbers else log10(np.asarray(numbers["updates"])),
        loss=loss,
        total_norm=total,
        learning_rate=by_step["learning_rate"],
        loss_scale=by_step["loss_scale"],
        skipped=by_step["skipped"],
        clip=by_step["clip"],
        clipped=by_step["clipped"],
        losses={"loss": loss},
        recorded={key: np.full(n, value is not None) for key, value in by_step.items()},
        shares=numbers.get("shares", {}),  # type: ignore[arg-type]
        dtypes=numbers.get("dtypes", {}),  # type: ignore[arg-type]
        source="a test",
    )


def log10(norms: Array) -> Array:
    """As a reader gives it: +inf where not finite, nan where not recorded (here -1)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(np.isfinite(norms), np.log10(np.abs(norms)), np.inf)
    return np.where(norms == -1.0, np.nan, found)


def steady(n: int = 50, layers: int = 6, seed: int = 0) -> Array:
    """Norms that wander by some ten per cent."""
    return np.exp(0.1 * np.random.default_rng(seed).standard_normal((n, layers)))


def found(given: Run, kind: Verdict) -> Symptom | None:
    return next((one for one in symptoms_of(given) if one.kind is kind), None)


def told(given: Run, kind: Verdict) -> str:
    symptom = found(given, kind)
    assert symptom is not None
    return f"{symptom.sentence} {symptom.evidence}"


# ---------------------------------------------------------------- not finite


def test_the_first_layer_that_is_not_finite_is_the_one_nearest_to_the_loss() -> None:
    norms = steady()
    norms[30:, :4] = math.nan
    norms[30, 4] = 2.0
    text = told(run(norms, loss=np.full(50, 2.5)), Ailment.NOT_FINITE)
    assert "from step 30 on: layers.3.weight, while layers.4.weight behind it is finite, 2" in text
    assert "3 tensors before it too" in text
    assert "The loss of that step, 2.5, still looks clean." in text
    assert symptoms_of(run(norms))[0].layer == "layers.3.weight"


def test_where_all_layers_are_not_finite_none_is_blamed() -> None:
    norms = steady()
    norms[30] = math.inf
    symptom = found(run(norms), Ailment.NOT_FINITE)
    assert symptom is not None
    assert symptom.layer == ""
    assert "at step 30 alone: the gradients of all 6 tensors" in symptom.sentence


def test_a_loss_that_looks_clean_for_longer_is_said_until_when() -> None:
    norms, loss = steady(), np.full(50, 1.0)
    norms[20:, 2] = math.nan
    loss[25:] = math.nan
    assert "it is not finite from step 25 on" in told(run(norms, loss=loss), Ailment.NOT_FINITE)


def test_the_growth_that_led_there_is_told() -> None:
    total = np.concatenate([np.full(20, 1.0), 2.0 ** np.arange(20), [math.inf]])
    text = told(run(total_norm=total), Ailment.NOT_FINITE)
    assert "the norm of the whole gradient" in text
    assert "Before, the gradient's norm grew by ×5.2e5 from step 20 to 39, ×2 a step." in text
    assert "grew" not in told(run(total_norm=[1.0] * 20 + [math.inf]), Ailment.NOT_FINITE)


# ----------------------------------------------------------------- exploding


def test_growth_is_told_with_its_rate_and_the_layer_that_began_it() -> None:
    norms = steady(200)
    norms[100:, 2] *= 1.2 ** np.arange(100)
    norms[120:] *= 1.2 ** np.arange(80)[:, None]
    symptom = found(run(norms), Kind.EXPLODING)
    assert symptom is not None
    assert symptom.layer == "layers.2.weight"
    assert "stays there" in symptom.sentence
    assert "below ×100" in symptom.sentence


def test_the_rate_of_growth_is_what_it_is() -> None:
    total = np.concatenate([np.full(40, 3.0), 3.0 * 1.5 ** np.arange(40)])
    symptom = found(run(total_norm=total), Kind.EXPLODING)
    assert symptom is not None
    assert "×1.5 a step" in symptom.sentence
    assert 35 <= symptom.step <= 41


@pytest.mark.parametrize(
    "total",
    [
        np.full(50, 2.0),
        10.0 ** np.linspace(2, -2, 60),  # it falls, as norms mostly do
        10.0 ** np.linspace(0, 1.8, 60),  # it grows by less than a hundredfold
        np.concatenate([np.full(30, 1.0), [1e4], np.full(30, 1.0)]),  # it passes
        np.concatenate([10.0 ** np.linspace(0, 3, 30), 10.0 ** np.linspace(3, 0, 60)]),
    ],
)
def test_what_does_not_stay_large_does_not_explode(total: Array) -> None:
    assert found(run(total_norm=total), Kind.EXPLODING) is None


def test_without_norms_the_loss_is_looked_at() -> None:
    assert "the loss grew" in told(run(loss=10.0 ** np.arange(12.0)), Kind.EXPLODING)
    beside = run(total_norm=np.full(12, 1.0), loss=10.0 ** np.arange(12.0))
    assert "the loss grew" in told(beside, Kind.EXPLODING)


# ----------------------------------------------------------- layer to layer


@pytest.mark.parametrize(
    ("each", "kind", "said"),
    [
        (10.0, Kind.VANISHING, "×1e-5 of that of layers.5.weight, ×0.1 from layer to layer"),
        (0.1, Kind.EXPLODING, "×1e5 of that of layers.5.weight, ×10 from layer to layer"),
    ],
)
def test_the_first_layer_is_judged_beside_the_last(each: float, kind: Verdict, said: str) -> None:
    symptom = found(run(np.tile(each ** np.arange(6.0), (30, 1))), kind)
    assert symptom is not None
    assert symptom.layer == "layers.0.weight"
    assert said in symptom.sentence
    assert "over 6" in symptom.sentence


def test_a_ratio_within_the_threshold_is_healthy() -> None:
    assert symptoms_of(run(steady() * 0.3 ** -np.arange(6.0))) == ()
    assert symptoms_of(run(steady() * 3.0 ** -np.arange(6.0))) == ()
    assert symptoms_of(run(steady())) == ()


def test_since_when_it_vanishes() -> None:
    norms = steady()
    norms[20:, 0] *= 1e-5
    symptom = found(run(norms), Kind.VANISHING)
    assert symptom is not None
    assert symptom.step == 20
    assert "since step 20" in symptom.sentence


def test_biases_do_not_stand_for_a_layer_and_an_order_by_name_is_said() -> None:
    names = ("a.weight", "b.weight", "b.bias")
    norms = np.tile([1.0, 1.0, 1e5], (30, 1))
    assert found(run(norms, names=names), Kind.VANISHING) is None
    far = np.tile([1e-6, 1.0, 1.0], (30, 1))
    text = told(run(far, names=names, order="sorted"), Kind.VANISHING)
    assert "order of their names" in text
    assert "order" not in told(run(far, names=names), Kind.VANISHING)


def test_what_is_exactly_zero_is_dead_and_not_vanishing() -> None:
    norms = steady()
    norms[10:, 1] = 0.0
    symptom = found(run(norms), Kind.DEAD)
    assert symptom is not None
    assert (symptom.step, symptom.layer) == (10, "layers.1.weight")
    norms[:, 1] = 1e-300
    assert found(run(norms), Kind.DEAD) is None


def test_a_zero_that_passes_is_not_dead() -> None:
    norms = steady()
    norms[5:9, 1] = 0.0
    assert symptoms_of(run(norms)) == ()


# ------------------------------------------------- updates, scales and clips


def test_updates_are_judged_beside_their_weights() -> None:
    weights = np.full((30, 6), 4.0)
    updates = weights * 1e-3
    assert symptoms_of(run(steady(30), weights=weights, updates=updates)) == ()
    updates[:, 3] = 1.0
    text = told(run(steady(30), weights=weights, updates=updates), Ailment.LARGE_UPDATES)
    assert "changes layers.3.weight by 25 % of it" in text


def test_a_bias_begins_at_zero_and_any_step_is_large_beside_it() -> None:
    names = ("0.weight", "0.bias", "2.weight", "2.bias")
    norms, weights = np.full((30, 4), 1.0), np.full((30, 4), 4.0)
    updates = weights * 1e-3
    updates[:, 1] = 40.0
    recorded = run(norms, names=names, weights=weights, updates=updates)
    assert symptoms_of(recorded) == ()
    # also where no weight has an update
    updates[:, ::2] = 0.0
    assert symptoms_of(run(norms, names=names, weights=weights, updates=updates)) == ()
    updates[:, 2] = 1.0
    text = told(run(norms, names=names, weights=weights, updates=updates), Ailment.LARGE_UPDATES)
    assert "changes 2.weight by 25 % of it" in text


def test_what_bfloat16_would_swallow_ails_none_that_is_stored_in_float32() -> None:
    lost = np.full((30, 6), 0.9)
    stored = dict.fromkeys(NAMES, "float32")
    assert symptoms_of(run(steady(30), shares={"swallowed": lost}, dtypes=stored)) == ()
    stored["layers.4.weight"] = "bfloat16"
    text = told(run(steady(30), shares={"swallowed": lost}, dtypes=stored), Ailment.SWALLOWED)
    assert "90 % of the updates of layers.4.weight" in text


def test_swallowed_updates_are_a_share() -> None:
    lost = np.full((30, 6), 0.2)
    assert symptoms_of(run(steady(30), shares={"swallowed": lost})) == ()
    lost[:, 2] = 0.9
    text = told(run(steady(30), shares={"swallowed": lost}), Ailment.SWALLOWED)
    assert "90 % of the updates of layers.2.weight" in text


def test_a_loss_scale_that_settles_is_normal() -> None:
    settles = np.concatenate([65536.0 * 0.5 ** np.arange(8), np.full(92, 256.0)])
    assert symptoms_of(run(total_norm=np.full(100, 1.0), loss_scale=settles)) == ()
    falls = 65536.0 * 0.5 ** (np.arange(100) // 6)
    assert "loss scale falling" in told(
        run(total_norm=np.full(100, 1.0), loss_scale=falls), Ailment.SCALE
    )


def test_clipping_at_every_step_is_told_and_now_and_then_is_not() -> None:
    total = np.full(100, 3.0)
    assert "in 100 % of the steps" in told(
        run(total_norm=total, clip=np.full(100, 1.0)), Ailment.CLIPPED
    )
    total[::2] = 0.5
    assert symptoms_of(run(total_norm=total, clip=np.full(100, 1.0))) == ()
    by_file = run(total_norm=total, clipped=np.full(100, 100.0))
    assert found(by_file, Ailment.CLIPPED) is not None


def test_a_spike_is_ten_times_what_is_recent() -> None:
    total = np.full(80, 2.0)
    total[50] = 60.0
    symptom = found(run(total_norm=total), Ailment.SPIKING)
    assert symptom is not None
    assert symptom.step == 50
    assert "1 step of 80" in symptom.sentence
    assert "×30" in symptom.sentence
    total[50] = 15.0
    assert symptoms_of(run(total_norm=total)) == ()


def test_one_step_or_none_says_nothing() -> None:
    assert symptoms_of(run(total_norm=[1.0])) == ()
    assert symptoms_of(run(np.ones((1, 6)))) == ()


# ------------------------------------------------- where nothing is to be said


RNG = np.random.default_rng(5)
NOISE = np.exp(0.3 * RNG.standard_normal(300))


def test_steps_that_a_loss_scaler_skips_are_nothing_to_look_at() -> None:
    norms = steady(200)
    norms[[0, 1, 2, 163]] = math.nan
    skipped = np.zeros(200)
    skipped[[0, 1, 2, 163]] = 1.0
    skipping = {"loss": np.ones(200), "loss_scale": np.full(200, 1024.0), "skipped": skipped}
    still = {"loss": np.ones(200), "loss_scale": np.ones(200), "skipped": np.zeros(200)}
    assert found(run(norms, **still), Ailment.NOT_FINITE) is not None  # nothing was skipped
    assert symptoms_of(run(norms, **skipping)) == ()
    norms[100:120] = math.nan  # no scale survives twenty halvings
    assert found(run(norms, **skipping), Ailment.NOT_FINITE) is not None
    norms = steady(200)
    norms[3] = math.nan
    assert found(run(norms), Ailment.NOT_FINITE) is not None  # without a scaler
    assert found(run(norms, **{**skipping, "loss": [math.nan] * 200}), Ailment.NOT_FINITE)


@pytest.mark.parametrize("steps", [1, 5, 19])
def test_what_starts_at_zero_is_given_some_steps(steps: int) -> None:
    """Adapters of LoRA and output layers begin at 0, and so does what is before them."""
    norms = steady(steps)
    norms[:, 0] = 0.0
    moved = {"weights": np.full((steps, 6), 1e-3), "updates": np.full((steps, 6), 1e-3)}
    assert symptoms_of(run(norms, **moved)) == ()
    later = {"weights": np.full((20, 6), 1e-3), "updates": np.full((20, 6), 1e-3)}
    norms = steady(20)
    norms[:, 0] = 0.0
    assert [one.kind for one in symptoms_of(run(norms, **later))] == [
        Kind.DEAD,
        Ailment.LARGE_UPDATES,
    ]


def test_one_pass_of_a_probe_is_judged_at_once() -> None:
    norms = steady(1)
    norms[:, 0] = 0.0
    assert found(replace(run(norms), probed=True), Kind.DEAD) is not None


@pytest.mark.parametrize("name", ["b", "l0/b", "dense/beta", "rnn.bias_ih_l0", "rnn.bias_hh_l1"])
def test_biases_have_many_names(name: str) -> None:
    moved = {"weights": np.full((30, 2), 1e-6), "updates": np.full((30, 2), 1e-3)}
    moved["updates"][:, 0] = 1e-9
    assert found(run(steady(30)[:, :2], names=("w", name), **moved), Ailment.LARGE_UPDATES) is None


@pytest.mark.parametrize("n", [41, 120, 300])
def test_a_spike_at_the_newest_step_has_not_stayed(n: int) -> None:
    total = NOISE[:n].copy()
    total[-1] = 1000.0
    assert [one.kind for one in symptoms_of(run(total_norm=total))] == [Ailment.SPIKING]


@pytest.mark.parametrize(("flat", "factor"), [(200, 1.65), (280, 20.0)])
def test_growth_begins_where_the_noise_ends(flat: int, factor: float) -> None:
    total = np.concatenate([NOISE[:flat], factor ** np.arange(1.0, 20.0)])
    symptom = found(run(total_norm=total), Kind.EXPLODING)
    assert symptom is not None
    assert abs(symptom.step - flat) <= 4
    a_step = re.search(r"×([\d.]+) a step", symptom.sentence)
    assert a_step is not None
    assert float(a_step[1]) == pytest.approx(factor, rel=0.15)


def test_a_norm_that_comes_back_to_where_it_began_does_not_explode() -> None:
    total = np.concatenate([np.geomspace(2.4, 0.0024, 100), np.geomspace(0.0024, 0.47, 100)])
    assert found(run(total_norm=total), Kind.EXPLODING) is None


def test_a_norm_that_grows_while_the_loss_falls_does_not_explode() -> None:
    total, loss = np.geomspace(1e-4, 0.05, 100), np.linspace(2.3, 0.08, 100)
    assert found(run(total_norm=total, loss=loss), Kind.EXPLODING) is None
    assert found(run(total_norm=total, loss=loss[::-1]), Kind.EXPLODING) is not None


def test_of_a_few_steps_nothing_can_be_said_to_stay() -> None:
    assert symptoms_of(run(total_norm=[1.0, 3.0, 2e4], loss=[2.0, 1.9, 1.8])) == ()


def test_noise_about_the_threshold_does_not_tell_since_when() -> None:
    norms = np.exp(0.28 * RNG.standard_normal((300, 6)))
    norms[:, 0] *= 5e-4
    assert "vanishing from the start" in told(run(norms), Kind.VANISHING)


def test_a_tensor_that_is_zero_now_and_then_is_not_dead() -> None:
    norms = steady(300)
    norms[RNG.random(300) < 0.6, 3] = 0.0
    norms[-1, 3] = 1.0
    assert found(run(norms), Kind.DEAD) is None


def test_another_loss_that_is_not_finite_is_named_with_what_the_first_one_was() -> None:
    bad, loss = np.full(30, 1.0), np.full(30, 1.62e24)
    bad[0] = math.nan
    given = run(loss=loss)
    masks = {f"losses/{name}": np.ones(30, bool) for name in ("disc", "gen")}
    given = replace(given, losses={"disc": loss, "gen": bad}, recorded={**given.recorded, **masks})
    text = told(given, Ailment.NOT_FINITE)
    assert "not finite at step 0 alone: gen is nan" in text
    assert "The loss of that step is 1.62e24 already." in text


def test_norms_that_are_recorded_at_different_steps_are_compared_where_both_are() -> None:
    norms = 10.0 ** (np.arange(60.0)[:, None] / 20.0) * np.array([1e-6, 1.0])
    norms[30:, 1] = -1.0  # recorded no more
    assert "is ×1e-6 of that" in told(run(norms, names=("w1", "w2")), Kind.VANISHING)


def test_a_scale_that_stands_still_is_not_falling() -> None:
    assert found(run(loss=np.ones(40), loss_scale=np.full(40, 0.25)), Ailment.SCALE) is None


def test_where_the_learning_rate_is_zero_nothing_is_swallowed() -> None:
    lost = {"swallowed": np.ones((40, 6))}
    assert found(run(steady(40), shares=lost), Ailment.SWALLOWED) is not None
    still = run(steady(40), shares=lost, learning_rate=np.linspace(1e-3, 0.0, 40))
    assert found(still, Ailment.SWALLOWED) is None


def test_a_million_steps_are_judged_in_bounds_of_memory() -> None:
    total = np.tile(NOISE, 4000)
    tracemalloc.start()
    assert found(run(total_norm=total), Kind.EXPLODING) is None
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40 * 8 * len(total)


def test_what_blows_up_within_the_first_steps_has_exploded() -> None:
    total = np.concatenate([[1.3, 100.0], 1000.0 * NOISE[:98]])
    loss = np.concatenate([[0.9, 40.0, 700.0], 300.0 * NOISE[:97]])
    symptom = found(run(total_norm=total, loss=loss), Kind.EXPLODING)
    assert symptom is not None
    assert symptom.step == 0
    assert found(run(total_norm=np.concatenate([[0.01], NOISE[:99]])), Kind.EXPLODING) is None


def test_a_loss_that_blows_up_is_told_though_the_norm_is_bounded() -> None:
    """As that of a linear softmax, or where the norm is recorded after clipping."""
    loss = np.concatenate([np.full(50, 1.9), np.geomspace(2.0, 2.3e4, 150)])
    text = told(run(total_norm=NOISE[:200], loss=loss), Kind.EXPLODING)
    assert "exploding: the loss grew by ×1.2e4" in text
    below_zero = np.concatenate([np.full(50, -5.0), np.linspace(-5.0, 3000.0, 150)])
    assert found(run(loss=below_zero), Kind.EXPLODING) is not None
    assert found(run(loss=np.linspace(0.35, -5.97, 200)), Kind.EXPLODING) is None


@pytest.mark.parametrize(("n", "last"), [(20_000, 100), (5_000, 25), (200_000, 1_000)])
def test_what_explodes_at_the_end_of_a_long_run_is_seen(n: int, last: int) -> None:
    noise = np.exp(0.1 * RNG.standard_normal(n))
    total = noise * np.concatenate([np.ones(n - last), np.geomspace(1.0, 1e5, last)])
    symptom = found(run(total_norm=total), Kind.EXPLODING)
    assert symptom is not None
    assert n - 1.2 * last <= symptom.step <= n - 0.7 * last


def test_a_loss_that_fell_and_rises_again_is_no_excuse() -> None:
    total = 1.03 ** np.arange(400.0)
    loss = np.concatenate([np.geomspace(10.0, 0.83, 150), np.geomspace(0.83, 4.0, 250)])
    assert found(run(total_norm=total, loss=loss), Kind.EXPLODING) is not None


def test_a_norm_that_grows_under_a_falling_negative_loss_does_not_explode() -> None:
    total, loss = np.geomspace(1.0, 300.0, 400), np.linspace(0.35, -5.97, 400)
    assert found(run(total_norm=total, loss=loss), Kind.EXPLODING) is None


def test_where_a_plateau_is_left_the_loss_is_waited_for() -> None:
    total = np.concatenate([np.geomspace(0.001, 1.05, 31), np.ones(80)])
    level = np.full(111, 2.67)
    assert found(run(total_norm=total[:33], loss=level[:33]), Kind.EXPLODING) is None
    assert found(run(total_norm=total, loss=level), Kind.EXPLODING) is not None


@pytest.mark.parametrize("level", [1.0, 1000.0])
def test_a_jump_ends_where_it_ends(level: float) -> None:
    total = np.concatenate([NOISE[:100], 1000.0 * NOISE[100:]])
    symptom = found(run(total_norm=total * level), Kind.EXPLODING)
    assert symptom is not None
    step = re.search(r"from step (\d+) to (\d+)", symptom.sentence)
    assert step is not None
    assert 90 <= int(step[1]) <= 101
    assert 99 <= int(step[2]) <= 110


def test_a_layer_that_died_lately_is_dead_and_healthy_says_nothing_older() -> None:
    norms = steady(2000)
    norms[1950:, 0] = 0.0
    assert "dead since step 1,950" in told(run(norms), Kind.DEAD)


@pytest.mark.parametrize("every", [10, 50])
def test_steps_without_a_record_are_no_zeros(every: int) -> None:
    norms = np.full((1000, 6), -1.0)
    norms[::every] = steady(1000)[::every]
    norms[0, 0] = 0.0
    assert symptoms_of(run(norms[:20], loss=np.ones(20))) == ()
    norms[::every, 0] = np.where(np.arange(1000 // every) % 2, 0.0, 1.0)
    assert found(run(norms, loss=np.ones(1000)), Kind.DEAD) is None
    norms[500:, 0] = np.where(norms[500:, 0] < 0.0, -1.0, 0.0)
    dead = found(run(norms, loss=np.ones(1000)), Kind.DEAD)
    assert (dead is not None) == (500 // every >= 20)


@pytest.mark.parametrize("steps", [3, 21, 40])
def test_a_weight_that_began_at_zero_under_a_warm_up_is_given_time(steps: int) -> None:
    norms, at = steady(steps), np.arange(1.0, steps + 1)
    weights, updates = np.ones((steps, 6)), np.full((steps, 6), 1e-3)
    weights[:, 3], updates[:, 3] = 1e-4 * at**2, 2e-4 * at
    assert found(run(norms, weights=weights, updates=updates), Ailment.LARGE_UPDATES) is None


def test_a_vanishing_gradient_is_told_after_the_beginning() -> None:
    """The first layer of an adapter has next to no gradient at first, its second begins at 0."""
    norms = steady(20)
    norms[:, 0] *= 1e-4
    assert symptoms_of(run(norms[:3])) == ()
    assert found(run(norms), Kind.VANISHING) is not None


def test_of_the_first_steps_no_clip_and_no_scale_is_told() -> None:
    clip = {"clip": np.ones(300)}
    norms = np.concatenate([np.full(80, 3.0), np.full(220, 0.5)])
    assert symptoms_of(run(total_norm=norms[:50], **{"clip": np.ones(50)})) == ()
    assert symptoms_of(run(total_norm=norms, **clip)) == ()
    scale = 2.0 ** np.maximum(32.0 - np.arange(120), 15.0)
    assert symptoms_of(run(loss=np.ones(21), loss_scale=scale[:21])) == ()
    assert symptoms_of(run(loss=np.ones(120), loss_scale=scale)) == ()
    collapsed = np.full(300, 2.0**-10)
    collapsed[:100] = 65536.0
    assert found(run(loss=np.ones(300), loss_scale=collapsed), Ailment.SCALE) is not None


def test_norms_that_are_zero_now_and_then_are_no_spikes() -> None:
    total = NOISE.copy()
    total[RNG.random(300) < 0.32] = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert symptoms_of(run(total_norm=total)) == ()


def test_growth_long_before_is_not_what_led_there() -> None:
    total = np.concatenate([np.geomspace(1e-3, 1.0, 150), np.ones(250), [math.inf]])
    assert "grew" not in told(run(total_norm=total), Ailment.NOT_FINITE)


def test_a_network_in_blocks_is_told_by_the_block() -> None:
    names = ["wte", *(f"h.{at}.{part}.weight" for at in range(12) for part in ("attn", "mlp"))]
    norms = steady(60, 25) * 10.0 ** (-np.arange(25)[::-1] / 4.0)
    symptom = found(run(norms, names=tuple(names)), Kind.VANISHING)
    assert symptom is not None
    assert "from block to block over 12" in symptom.sentence
    assert "gradtui init tanh --depth 12" in symptom.next


def test_since_when_it_explodes_towards_the_input() -> None:
    norms = np.exp(0.1 * RNG.standard_normal((300, 6)))
    norms[150:, 0] *= 1e5
    text = told(run(norms, total_norm=np.ones(300)), Kind.EXPLODING)
    found_at = re.search(r"exploding towards the input since step (\d+)", text)
    assert found_at is not None
    assert abs(int(found_at[1]) - 150) <= 3
