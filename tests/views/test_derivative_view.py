"""The derivative view: f and f′ over z, what a z lets through, and what that means for depth."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.models.finding import Finding, Kind
from gradtui.plots.picture import row_text
from gradtui.progress import unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.derivative.study import Derivatives
from gradtui.views.facts import where_it_shrinks, where_largest, where_zero
from gradtui.views.view import Size
from support.by_hand import BY_HAND, close

VIEW = VIEWS["derivative"]
EVERY = pytest.mark.parametrize("name", list(ACTIVATIONS))


def result_of(setup: Setup) -> Derivatives:
    (result,) = VIEW.results(setup, unwatched)
    assert isinstance(result, Derivatives)
    return result


def readout(setup: Setup) -> list[str]:
    return [row_text(one) for one in VIEW.readout(result_of(setup), setup, 80)]


@pytest.mark.parametrize("name", list(BY_HAND))
@pytest.mark.parametrize("z", [-3.3, 0.5, 2.0])
def test_the_cursor_reads_out_f_and_its_slope(name: str, z: float) -> None:
    f, slope = BY_HAND[name]
    head, line = readout(Setup.of(activations=(name,), z=z))
    assert f"z = {z:g}" in head
    letter, shown, value, derivative, *passes = line.split()
    assert (letter, shown) == ("a", name)
    for text, true in ((value, f(z)), (derivative, slope(z))):
        assert float(text) == 0 if true == 0 else close(text, true, 4)
    if slope(z) >= 1e-4:
        assert passes[1] == "%"
        assert close(passes[0], 100 * slope(z))


def test_of_a_saturated_unit_the_readout_still_says_how_little_passes() -> None:
    """tanh′(400) = 4e^-800 = 1.5e-345 %, which is no float64."""
    (_, line) = readout(Setup.of(activations=("tanh",), z_range=(-500.0, 500.0), z=400.0))
    assert "1.5e-345 %" in line


@pytest.mark.parametrize(
    ("spec", "value", "slope"),
    [
        # σ(-800) = e^-800; -800σ(-800); ln(1 + e^(50z))/50 and σ(50z) at z = -800, by their logs.
        ("sigmoid", 10 ** (-800 / math.log(10) + 347), "e-348"),
        ("silu", -800 * 10 ** (-800 / math.log(10) + 347), "e-345"),
    ],
)
def test_what_float64_rounds_to_0_is_told(spec: str, value: float, slope: str) -> None:
    setup = Setup.of(activations=(spec,), z_range=(-900.0, 900.0), z=-800.0)
    (_, line) = readout(setup)
    _, _, shown, derivative, *_ = line.split()
    mantissa, exponent = shown.split("e")
    assert float(mantissa) * 10.0 ** (int(exponent) + 347) == pytest.approx(value, rel=1e-3)
    assert derivative.endswith(slope)
    assert derivative.startswith("-") is (spec == "silu")


def test_one_slope_is_not_more_than_what_is_printed_alike() -> None:
    """|f′| up to 1000.4, where healthy ends at 1000."""
    found = VIEW.finding(
        result_of(Setup.of(activations=("leaky_relu(1000.04)",))), "leaky_relu(1000.04)"
    )
    assert "|f′| is up to 1000.04 " in found.sentence
    assert "more than 1000 times" in found.sentence


def test_every_compared_activation_has_a_line() -> None:
    names = ("sigmoid", "leaky_relu(0.2)", "gelu")
    lines = readout(Setup.of(activations=names))[1:]
    assert [line.split()[:2] for line in lines] == [
        ["a", names[0]],
        ["b", names[1]],
        ["c", names[2]],
    ]


# ---------------------------------------------------------- the largest slope

EVERY_AND_MORE = pytest.mark.parametrize(
    "name",
    [*ACTIVATIONS, "leaky_relu(2)", "hardtanh(-2, 1)", "elu(2)", "threshold(1, 5)", "celu(0.5)"],
)


def said(text: str, z: np.ndarray) -> np.ndarray:
    """Where a sentence about an interval says that |f′| is largest."""
    if text == "everywhere":
        return np.full(z.shape, True)
    text = text.removeprefix("for ")
    if "and" in text:
        low, high = (said(part, z) for part in text.split(" and "))
        return low | high
    if match := re.fullmatch(r"\|z\| > (\S+)", text):
        return abs(z) > float(match[1])
    if match := re.fullmatch(r"\|z\| < (\S+)", text):
        return abs(z) < float(match[1])
    low_end, _, high_end = re.fullmatch(r"(?:(\S+) < )?z(?: ([<>]) (\S+))?", text).groups()  # type: ignore[union-attr]
    if " > " in text:
        return z > float(high_end)
    return (z > float(low_end or -math.inf)) & (z < float(high_end))


@EVERY_AND_MORE
def test_where_the_slope_is_largest_is_true(name: str) -> None:
    f = activation(name)
    text, most = where_largest(f), f.max_abs_derivative
    if not text.startswith(("as z →", "at z =")):  # an interval: there, and nowhere else
        z = np.linspace(-30.0, 30.0, 60_002)  # 0 is none of them, nor is any other break
        assert (np.abs(f.derivative(z)) == most).tolist() == said(text, z).tolist()
        return
    if match := re.fullmatch(r"as z → (\S+) from (above|below)", text):
        away = 1e-7 if match[2] == "above" else -1e-7
        at = float(match[1]) + away
        assert abs(f.derivative(float(match[1]))) < most
    else:
        number = float(text.rsplit(" ", 1)[1].replace("∞", "inf"))
        at = math.copysign(1e4, number) if math.isinf(number) else number
    if math.isinf(most):
        assert abs(f.derivative(at)) > 1e3
        return
    # The place is written in three digits, and a maximum is flat.
    assert abs(f.derivative(at)) == pytest.approx(most, rel=1e-3)


@EVERY
def test_no_slope_in_the_picture_is_above_the_largest(name: str) -> None:
    (slopes,) = result_of(Setup.of(activations=(name,), z_range=(-30.0, 30.0))).slopes
    assert np.abs(slopes).max() <= activation(name).max_abs_derivative * (1 + 1e-12)


# ------------------------------------------------------------------ verdict


def test_the_verdict_on_sigmoid_counts_the_layers() -> None:
    """0.25^4 = 3.9e-3 and 0.25^5 = 9.8e-4; 0.25^10 = 9.5e-7."""
    found = VIEW.finding(result_of(Setup()), "sigmoid")
    assert found.kind is Kind.VANISHING
    assert "at most 0.25 (at z = 0)" in found.sentence
    assert "5 layers leave less than 0.001" in found.sentence
    assert "ten at most 9.5e-7" in found.sentence
    assert "weights above 4 " in found.cause
    assert "both sides" in found.cause


@EVERY
@pytest.mark.parametrize("threshold", [1e-3, 1e-9])
def test_as_many_layers_as_the_verdict_says_are_needed_and_no_fewer(
    name: str, threshold: float
) -> None:
    most = activation(name).max_abs_derivative
    found = VIEW.finding(result_of(Setup.of(activations=(name,), threshold=threshold)), name)
    assert (found.kind is Kind.VANISHING) == (most < 1)
    if most < 1:
        match = re.search(r"so (\d+) layers leave less", found.sentence)
        assert match is not None
        layers = int(match[1])
        assert most**layers < threshold <= most ** (layers - 1)
        assert found.remedy is not None
        healed = found.remedy.applied(Setup.of(activations=(name,)))
        assert VIEW.finding(result_of(healed), healed.focused).kind is Kind.HEALTHY
    elif most < 1 / threshold:
        assert found.kind is Kind.HEALTHY
        assert found.remedy is None


@pytest.mark.parametrize(
    ("name", "size"), [("tanh", "exactly 1"), ("gelu", "1.129"), ("silu", "1.1")]
)
def test_a_slope_that_reaches_1_need_not_shrink_a_gradient(name: str, size: str) -> None:
    found = VIEW.finding(result_of(Setup.of(activations=(name,))), name)
    assert f"reaches {size} " in found.sentence


# Sampled independently: ±1e-9 to ±1e9, and an even grid that meets no break or zero but 0.
SAMPLE = np.unique(
    np.concatenate([np.linspace(-40.0, 40.0, 160_001), np.geomspace(1e-9, 1e9, 2000),
                    -np.geomspace(1e-9, 1e9, 2000)])
)  # fmt: skip


def told(name: str, **knobs: float) -> Finding:
    return VIEW.finding(result_of(Setup.of(activations=(name,), **knobs)), name)


@EVERY_AND_MORE
def test_every_verdict_is_what_sampling_finds(name: str) -> None:
    """Is the largest |f′| reached or only approached, bounded, below 1?"""
    f = activation(name)
    slopes = np.abs(f.derivative(SAMPLE))
    found = told(name)
    if slopes.max() > 1e6:
        assert found.kind is Kind.EXPLODING
        assert "no bound" in found.sentence
    elif slopes.max() < 1.0 - 1e-6:
        assert found.kind is Kind.VANISHING
    else:
        assert found.kind is Kind.HEALTHY
        number = float(re.search(r"(?:reaches|approaches) (?:exactly )?(\S+)", found.sentence)[1])  # type: ignore[index]
        assert number == pytest.approx(slopes.max(), rel=1e-3)
        assert "inf" not in found.text


@pytest.mark.parametrize(
    ("name", "approached"),
    [
        ("tanh", False), ("relu", False), ("softplus", False), ("selu", False), ("sin", False),
        ("logsigmoid", True), ("tanhshrink", True), ("squareplus", True), ("hardswish", True),
    ],
)  # fmt: skip
def test_a_supremum_is_reached_or_approached_as_the_formula_has_it(
    name: str, approached: bool
) -> None:
    """tanhshrink′ = tanh² < 1; σ(-z) < 1; PyTorch's hardswish has f′(3) = 1 and 1.5 below it."""
    sentence = told(name).sentence
    assert ("approaches" in sentence) == approached
    assert ("reaches" in sentence) != approached
    assert not (approached and "exactly" in sentence)


@EVERY_AND_MORE
def test_where_the_slope_is_zero_is_true(name: str) -> None:
    f = activation(name)
    zero = f.log_abs_derivative(SAMPLE) == -np.inf
    sign = np.sign(f.derivative(SAMPLE))
    crossings = [
        float(SAMPLE[at]) for at in np.flatnonzero(sign[1:] * sign[:-1] < 0) if f.breaks == () or
        min(abs(SAMPLE[at] - b) for b in f.breaks) > 1e-3
    ]  # fmt: skip
    text = where_zero(f)
    if not text:
        assert not zero.any()
        assert not crossings
        return
    if text.startswith("again"):
        first = float(text.rsplit(" ", 1)[1])
        assert first == pytest.approx(min(abs(z) for z in crossings), rel=5e-3)
        return
    parts = re.fullmatch(r"(for .*?)?(?: and )?(?:at z = (.*))?", text)
    assert parts is not None
    inside = said(parts[1], SAMPLE) if parts[1] else np.full(SAMPLE.shape, False)
    points = [float(z) for z in parts[2].split(", ")] if parts[2] else []
    away = np.full(SAMPLE.shape, True)
    for at in (*f.breaks, *points):
        away &= np.abs(SAMPLE - at) > 1e-3
    assert (zero[away] == inside[away]).all()
    for z in crossings:
        assert min(abs(z - at) for at in points) < 5e-3
    for at in points:  # written in three digits: f′ is small there beside a little further on
        assert abs(f.derivative(at)) < 0.1 * max(abs(f.derivative(at + 0.1)), 1e-3)


@EVERY_AND_MORE
def test_the_sides_on_which_the_slope_tends_to_zero_are_true(name: str) -> None:
    f, text = activation(name), where_it_shrinks(activation(name))
    far = np.geomspace(1e3, 1e9, 50)
    for side, z in (("left", -far), ("right", far)):
        fades = bool((np.abs(f.derivative(z)) < 1e-2).all())
        off = bool((f.log_abs_derivative(z) == -np.inf).all())
        told_so = f"→ 0 on the {side}" in text or "→ 0 on both sides" in text
        assert told_so == (fades and not off), side
    if not text:
        least = np.abs(f.derivative(SAMPLE)).min()
        assert f.least_abs_derivative == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize("name", ["sigmoid", "gaussian", "hardsigmoid", "relu_squared"])
@pytest.mark.parametrize("z", [-8.0, -3.1, -1.0, -0.3, 0.0, 0.4, 1.0, 8.0])
def test_what_is_offered_instead_lets_more_through_at_the_cursor(name: str, z: float) -> None:
    remedy = told(name, z=z, z_range=(-10.0, 10.0)).remedy
    here = abs(activation(name).derivative(z))
    if remedy is None:
        assert 0.5 <= here <= 1.0
        return
    there = abs(activation(remedy.becomes).derivative(z))
    assert 0.0 < there <= 1.0
    assert there > here or here > 1.0
    assert activation(remedy.becomes).max_abs_derivative == 1.0


def test_where_relu_is_off_it_is_not_offered() -> None:
    remedy = told("sigmoid", z=-8.0, z_range=(-10.0, 10.0)).remedy
    assert remedy is not None
    assert remedy.becomes == "leaky_relu"
    assert remedy.before == "0.034 % passes at z = -8, and at most 25 %"
    assert remedy.after == "1 % passes at z = -8, and all of it for z > 0"
    at_1 = told("sigmoid", z=1.0).remedy
    assert at_1 is not None
    assert at_1.becomes == "relu"


def test_the_remedy_follows_the_cursor() -> None:
    setup = Setup.of()
    assert VIEW.key(setup) != VIEW.key(setup.with_(z=-3.0))


@pytest.mark.parametrize("name", ["leaky_relu(1e100)", "prelu(2e3)"])
def test_a_slope_that_blows_up_a_gradient_in_one_layer_is_a_finding(name: str) -> None:
    found = told(name)
    assert found.kind is Kind.EXPLODING
    assert "for z < 0" in found.sentence


# ---------------------------------------------------------- picture and table


@pytest.mark.parametrize("size", [Size(36, 9), Size(56, 13), Size(90, 29)])
@pytest.mark.parametrize("limits", [(-6.0, 6.0), (0.0, 1e-6), (-1e6, 1e6), (5.0, 5.001)])
def test_f_and_its_slope_stand_side_by_side_over_any_range(
    size: Size, limits: tuple[float, float]
) -> None:
    setup = Setup.of(activations=("sigmoid", "relu", "gelu"), z_range=limits, z=limits[0])
    picture = VIEW.draw(result_of(setup), setup, size, "braille")
    assert (picture.width, picture.height) == size
    assert {len(row_text(one)) for one in picture.rows} == {size.width}
    assert "f(z)" in picture.text
    assert "f′(z)" in picture.text


@EVERY
def test_every_activation_can_be_drawn(name: str) -> None:
    setup = Setup.of(activations=(name,))
    assert VIEW.draw(result_of(setup), setup, Size(56, 13), "ascii").text


def test_the_table_runs_over_the_range() -> None:
    rows = VIEW.table(result_of(Setup.of(activations=("tanh",), z_range=(-2.0, 2.0))))
    assert [row["z"] for row in rows] == pytest.approx(np.linspace(-2, 2, len(rows)).tolist())
    for row in rows:
        z = float(row["z"] or 0)
        assert row["f"] == pytest.approx(math.tanh(z))
        assert row["derivative"] == pytest.approx(1 / math.cosh(z) ** 2)
        assert row["log10_abs_derivative"] == pytest.approx(-2 * math.log10(math.cosh(z)))


# ------------------------------------------------------------------- cursor


@pytest.mark.parametrize("limits", [(-6.0, 6.0), (0.0, 1e-6), (-1e6, 1e6), (3.0, 3.1)])
def test_the_cursor_walks_from_end_to_end_in_round_steps(limits: tuple[float, float]) -> None:
    setup = Setup.of(z_range=limits, z=limits[0])
    seen = [setup.slope.z]
    while seen[-1] < limits[1]:
        setup = VIEW.walk(setup, 1, False)
        assert setup.slope.z > seen[-1]
        seen.append(setup.slope.z)
        assert len(seen) < 1000
    assert seen[-1] == limits[1]
    assert len(seen) >= 40
    back = VIEW.walk(setup, -1, False)
    assert limits[0] <= back.slope.z < limits[1]
