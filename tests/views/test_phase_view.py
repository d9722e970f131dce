"""The phase view: both sides of the critical line, the cursor's numbers, the way to the line."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.wide.mean_field import mean_field
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.recursion import Recursion
from gradtui.models.finding import Finding, Kind
from gradtui.plots.ascii import ascii_only, to_ascii
from gradtui.plots.picture import Picture, row_text
from gradtui.plots.shapes import Words
from gradtui.progress import Stopped, unwatched
from gradtui.setup import Setup
from gradtui.views.figures import Look, drawing_of
from gradtui.views.phase import VIEW
from gradtui.views.phase.maps import finished_map
from gradtui.views.phase.study import Phase
from gradtui.views.view import Moved, Size
from support.commands import run as gradtui

KEYS = {key.name: key for key in VIEW.keys}
SIZE = Size(80, 22)


def setup_of(
    name: str = "tanh", sigma_w: float = 1.5, sigma_b: float = 0.2, **more: object
) -> Setup:
    return Setup.of(activations=(name,), depth=50, sigma_w=sigma_w, sigma_b=sigma_b).with_(**more)


def result_of(setup: Setup) -> Phase:
    *_, result = VIEW.results(setup, unwatched)
    return result


def finding_of(setup: Setup, name: str) -> Finding:
    found = VIEW.finding(result_of(setup), name)
    assert found is not None
    return found


def snapped_from(setup: Setup) -> Setup:
    return KEYS["snap"].does(setup).setup


def cursor_row(setup: Setup) -> Mapping[str, object]:
    return next(row for row in VIEW.table(result_of(setup)) if row["place"] == "cursor")


def cells(setup: Setup, marker: str = "braille", size: Size = SIZE) -> list[str]:
    """The map alone, line by line."""
    return [
        line[line.index(edge) + 1 : -1]
        for line in picture(setup, marker, size).text.split("\n")
        if line.endswith("│") and (edge := "┤" if "┤" in line else "▸" if "▸" in line else "│")
    ]


def picture(setup: Setup, marker: str = "braille", size: Size = SIZE) -> Picture:
    return VIEW.draw(result_of(setup), setup, size, marker)


def by_hand(name: str, sigma_w: float, sigma_b: float, x: float, depth: int) -> float:
    """log10 of what is left, q from σw² x² + σb² on, by the trapezoidal rule.

    Over t with z = 1e-8 sinh t: however large q is, f bends where nodes are dense.
    """
    t = np.linspace(-math.asinh(12e8), math.asinh(12e8), 20_000)
    z = 1e-8 * np.sinh(t)
    weights = np.cosh(t) * np.exp(-0.5 * z * z)
    weights /= weights.sum()
    f = activation(name)
    q, total = sigma_w**2 * x**2 + sigma_b**2, 0.0
    for _ in range(depth):
        u = math.sqrt(q) * z
        total += 0.5 * math.log10(sigma_w**2 * float(weights @ f.derivative(u) ** 2))
        q = sigma_w**2 * float(weights @ f(u) ** 2) + sigma_b**2
    return total


# ------------------------------------------------------- numbers that others found


def test_sigmoid_at_1_and_0_has_the_known_rate() -> None:
    """χ = 0.0557207, an amplitude of ×0.23605 a layer (an independent quadrature)."""
    setup = setup_of("sigmoid", 1.0, 0.0)
    assert 10.0 ** (2.0 * float(cursor_row(setup)["log10_rate"])) == pytest.approx(  # type: ignore[arg-type]
        0.0557207, abs=1e-6
    )
    shown = " ".join(row_text(one) for one in VIEW.readout(result_of(setup), setup, 80))
    assert "×0.2361" in shown
    # 50 layers of it, 0.23605^50, are 4.5e-32; but q is 1 in the first of them, and only then q*.
    found = finding_of(setup, "sigmoid")
    left = by_hand("sigmoid", 1.0, 0.0, 1.0, 50)
    assert f"50 layers leave {10.0**left:.0e}" in found.sentence
    assert left < 50 * math.log10(0.23605) - 0.03
    assert found.kind is Kind.VANISHING


@pytest.mark.parametrize(
    ("name", "sigma_b2", "sigma_w2"),
    [
        ("tanh", 0.05, 1.7609546396),
        ("tanh", 0.1, 1.9860726411),
        ("relu", 0.0, 2.0),
        ("erf", 0.0, math.pi / 4),
    ],
)
def test_the_cursor_snaps_to_the_known_critical_points(
    name: str, sigma_b2: float, sigma_w2: float
) -> None:
    snapped = snapped_from(setup_of(name, 2.5, math.sqrt(sigma_b2)))
    assert snapped.plane.sigma_w**2 == pytest.approx(sigma_w2, rel=1e-9)
    row = cursor_row(snapped)
    assert float(row["log10_rate"]) == pytest.approx(0.0, abs=1e-6)  # type: ignore[arg-type]
    assert row["critical_sigma_w"] == pytest.approx(math.sqrt(sigma_w2), rel=1e-9)
    found = finding_of(snapped, name)
    assert found.kind is Kind.HEALTHY
    assert ", critical at σw" in found.sentence


@pytest.mark.parametrize("name", ["tanh", "erf", "sigmoid", "gelu", "selu", "hardtanh"])
@pytest.mark.parametrize("sigma_b", [0.5, 1.0])
def test_a_snap_lands_where_the_rate_is_1_to_8_digits(name: str, sigma_b: float) -> None:
    setup = setup_of(name, 1.0, sigma_b)
    if name == "selu":  # critical only at a small σb
        setup = setup.with_(sigma_b=0.05)
    snapped = snapped_from(setup)
    assert snapped.checked() == snapped
    field = mean_field(name, snapped.plane.sigma_w**2, snapped.plane.sigma_b**2)
    assert field.chi == pytest.approx(1.0, abs=1e-8)


def test_where_a_sigma_b_has_no_critical_point_the_snap_says_which_has() -> None:
    said = r"0\.2 is not a σb with a critical σw for relu; sigma_b=0 has one"
    with pytest.raises(InputError, match=said):
        snapped_from(setup_of("relu"))
    with pytest.raises(InputError, match="softplus") as error:
        snapped_from(setup_of("softplus"))
    assert "try tanh" in str(error.value)
    with pytest.raises(InputError) as error:
        snapped_from(setup_of("gelu"))
    match = re.search(r"sigma_b=([\d.]+) has one", str(error.value))
    assert match is not None
    there = snapped_from(setup_of("gelu", sigma_b=float(match[1])))
    assert mean_field("gelu", there.plane.sigma_w**2, there.plane.sigma_b**2).chi == pytest.approx(
        1, abs=1e-8
    )


def test_the_readout_has_what_the_theory_has_at_the_cursor() -> None:
    setup = setup_of("tanh", 1.4, 0.2)
    field = mean_field("tanh", 1.4 * 1.4, 0.2 * 0.2)
    heads, values, _ = (row_text(one) for one in VIEW.readout(result_of(setup), setup, 80))
    assert "(1.4, 0.2)" in heads
    shown = dict(zip(heads.split()[3:], values.split()[3:], strict=True))
    # At q* it would be 279 layers; in the first of them q is larger.
    lasts = next(n for n in range(279, 400) if by_hand("tanh", 1.4, 0.2, 1.0, n) > 3.0)
    for head, true in (
        ("q*", field.q),
        ("c*", field.c),
        ("ξ∇", field.xi_gradient),
        ("ξc", field.xi_c),
        ("ξq", field.xi_q),
        ("6ξc", 6 * field.xi_c),
        ("rate", math.sqrt(field.chi)),
        ("lasts", lasts),
    ):
        assert float(shown[head].strip("×")) == pytest.approx(true, rel=4e-3)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_readout_of_several_fits_the_width(width: int) -> None:
    setup = Setup.of(activations=("tanh", "leaky_relu(0.2)", "gelu"), depth=50)
    rows = VIEW.readout(result_of(setup), setup, width)
    assert max(len(row_text(one)) for one in rows) <= width
    assert [row_text(one).split()[0] for one in rows[1:]] == ["a", "b", "c"]


# --------------------------------------------------------------------- the map


def test_vanishing_is_left_of_the_line_and_exploding_right_of_it() -> None:
    """On each line of the map: first the one family of glyphs, then the other."""
    for marker in ("braille", "ascii"):
        lines = cells(setup_of(), marker)
        assert len(lines) == SIZE.height - 3 - 3
        for line in lines:
            vanishing = [i for i, one in enumerate(line) if one in "·:-="]
            exploding = [i for i, one in enumerate(line) if one in "+×%#"]
            assert vanishing
            assert exploding
            assert max(vanishing) < min(exploding)


def test_the_bands_grow_with_the_distance_from_the_line() -> None:
    for line in cells(setup_of()):
        strengths = [
            -1 - "·:-=".index(one) if one in "·:-=" else 1 + "+×%#".index(one)
            for one in line
            if one in "·:-=+×%#"
        ]
        assert strengths == sorted(strengths)


def test_the_critical_line_lies_where_the_table_changes_sides() -> None:
    result = result_of(setup_of())
    one = result.map
    w, b = np.sqrt(result.line.sigma_w2), np.sqrt(result.line.sigma_b2)
    inside = np.isfinite(w) & (b > 0.01) & (b < 2.0) & (w < 2.9)
    for line in range(4, len(one.heights)):
        at = float(np.interp(one.heights[line], b[inside], w[inside]))
        assert np.all(one.log10_rates[line, one.sigma_w < at - 0.01] < 0)
        assert np.all(one.log10_rates[line, one.sigma_w > at + 0.01] > 0)


def test_a_map_can_be_read_in_ascii() -> None:
    """No two bands, nor the line, the cursor and the marks, become the same character."""
    text = to_ascii(picture(setup_of(), "ascii").text)
    assert text.isascii()
    assert len({to_ascii(one) for one in "·:-=+×%#↑20*⊕KXLP"}) == len("·:-=+×%#↑20*⊕KXLP")
    for glyph in ".:-=+x%@*LKP":
        assert glyph in text


def test_the_scale_says_how_much_is_left_in_each_band() -> None:
    text = picture(setup_of()).text
    assert "=<1e-9 -<0.001 :<0.1 ·<0.5 blank 0.5 to 2 +>2 ×>10 %>1000 #>1e9" in text
    # With another threshold the bands move with it.
    assert ":<0.01 " in picture(setup_of(threshold=1e-6)).text


def test_the_initialisations_stand_where_their_recipes_put_them() -> None:
    setup = setup_of("relu", units=64)
    text = picture(setup).text
    assert "K Kaiming  X Xavier, LeCun" in text  # as many units below as above: they agree
    lines = cells(setup)
    columns = len(lines[0]) - 1
    assert lines[-1][round(math.sqrt(2) / 3 * columns)] == "K"
    assert lines[-1][round(1 / 3 * columns)] == "X"
    # PyTorch's Linear: σw² = 1/3, σb² = 1/(3 · 64).
    row = int((1.5 - math.sqrt(1 / 192)) / 1.5 * len(lines))
    assert lines[row][round(math.sqrt(1 / 3) / 3 * columns)] == "P"


def test_where_q_has_no_single_end_the_map_says_so() -> None:
    relu = picture(setup_of("relu"))
    assert "↑ q → ∞" in relu.text
    assert "0 q → 0" in relu.text
    right = cells(setup_of("relu"))[0][-8:]
    assert "↑" in right
    bistable = setup_of("relu_squared")
    assert "2 two ends" in picture(bistable).text
    assert any("2" in line for line in cells(bistable))
    found = finding_of(setup_of("relu", 2.0), "relu")
    assert "as q → ∞" in found.cause
    found = finding_of(setup_of("relu_squared", 1.0, 0.1), "relu_squared")
    assert "one of several" in found.cause


@pytest.mark.parametrize("size", [Size(36, 7), Size(56, 14), Size(120, 40)])
@pytest.mark.parametrize("against", ["sigma_b", "depth"])
def test_the_map_has_the_size_asked(size: Size, against: str) -> None:
    made = picture(setup_of(against=against), size=size)
    assert (made.width, made.height) == size
    assert {len(row_text(one)) for one in made.rows} == {size.width}


def test_the_cursor_is_on_the_map_and_on_its_frame() -> None:
    lines = picture(setup_of(sigma_w=3.0, sigma_b=1.5)).text.split("\n")
    assert lines[1].endswith("▾┐")
    assert "▸" in lines[2]
    assert lines[2].endswith("⊕│")


def test_a_move_of_the_cursor_changes_few_cells() -> None:
    setup = setup_of()
    moved = VIEW.walk(setup, 1, False)
    result = result_of(setup)
    before, after = (VIEW.draw(result, one, SIZE, "braille") for one in (setup, moved))
    changed = sum(
        a != b
        for one, other in zip(before.text.split("\n"), after.text.split("\n"), strict=True)
        for a, b in zip(one, other, strict=False)
    )
    assert 2 <= changed <= 6


# ------------------------------------------------------------- against depth


def test_the_map_against_depth_follows_q_on_its_way() -> None:
    """Layer by layer with the exact maps: ½ Σ log10 χ(q_l), q_1 = σw² x² + σb²."""
    setup = setup_of("tanh", against="depth", x=2.0, depth=30)
    one = result_of(setup).map
    left = one.log10_left
    for column in (10, 25, 40):
        w = float(one.sigma_w[column]) ** 2
        recursion = Recursion(expectations(activation("tanh")), w, 0.04)
        q, total = w * 4.0 + 0.04, 0.0
        for layer in range(1, 31):
            moments = recursion.exact(q)
            total += 0.5 * math.log10(recursion.chi(moments))
            q = float(recursion.after(moments))
            (row,) = np.flatnonzero(one.heights == layer)
            assert left[row, column] == pytest.approx(total, abs=1e-7)


def test_what_is_left_at_critical_tanh_falls_algebraically() -> None:
    """Π χ = 0.00713425 after 100 layers from q = 1 (an independent quadrature)."""
    setup = setup_of("tanh", 1.0, 0.0, against="depth", depth=100, layer=100)
    assert 10.0 ** (2 * float(cursor_row(setup)["log10_left"])) == pytest.approx(  # type: ignore[arg-type]
        0.00713425, rel=1e-5
    )


def test_against_depth_the_reach_of_a_gradient_is_drawn() -> None:
    setup = setup_of(against="depth", depth=100, layer=60)
    made = picture(setup)
    roles = {span.role for one in made.rows for span in one}
    assert {"warn", "good"} <= roles
    assert "0.001 or 1000 left" in made.text
    assert "gradient left at layer L, by σw" in made.text


@pytest.mark.parametrize("against", ["sigma_b", "depth"])
def test_a_map_may_be_deeper_than_a_network(against: str) -> None:
    setup = setup_of("tanh", 1.0, 0.0, against=against, depth=100_000, layer=100_000)
    left = float(cursor_row(setup)["log10_left"])  # type: ignore[arg-type]
    # Of Πχ ≈ 0.713/L: 0.00713425 after 100 layers, and algebraic.
    assert left == pytest.approx(0.5 * math.log10(0.71 / 1e5), abs=0.02)


# ---------------------------------------------------------- the path by depth


@pytest.mark.parametrize(
    ("name", "sigma_w", "sigma_b", "x", "depth"),
    [
        ("silu", 1.6, 0.0, 1.0, 100),
        ("silu", 1.6, 0.0, 1.0, 50),
        ("tanhshrink", 1.0, 0.0, 1.0, 2),
        ("tanh", 1.0, 0.0, 1.0, 50),
        ("tanh", 1.0, 0.3, 5.0, 20),
        ("gelu", 1.45, 0.1, 0.5, 30),
        ("sigmoid", 3.0, 0.5, 2.0, 10),
    ],
)
def test_the_cursor_the_map_and_the_map_by_depth_say_what_the_path_says(
    name: str, sigma_w: float, sigma_b: float, x: float, depth: int
) -> None:
    expected = by_hand(name, sigma_w, sigma_b, x, depth)
    setup = setup_of(
        name,
        sigma_w,
        sigma_b,
        x=x,
        depth=depth,
        layer=depth,
        sigma_w_range=(sigma_w, sigma_w + 1.0),
        sigma_b_range=(sigma_b, sigma_b + 1.0),
    )
    for against in ("sigma_b", "depth"):
        result = result_of(setup.with_(against=against))
        assert result.focused.log10_left == pytest.approx(expected, abs=1e-5)
        row = 0 if against == "sigma_b" else -1
        assert result.map.log10_left[row, 0] == pytest.approx(expected, abs=1e-5)
        assert result.focused.log10_left == pytest.approx(result.map.log10_left[row, 0], abs=1e-9)


@pytest.mark.parametrize("name", ["tanh", "gelu", "silu", "relu", "softshrink", "selu"])
def test_by_depth_and_by_sigma_b_agree_at_every_point(name: str) -> None:
    setup = setup_of(name, depth=37, x=1.3)
    one = result_of(setup).map
    for row in (0, 7, 20, 39):
        at = setup.with_(sigma_b=float(one.heights[row]), against="depth")
        deep = result_of(at).map
        assert deep.heights[-1] == 37
        np.testing.assert_allclose(deep.log10_left[-1], one.log10_left[row], atol=1e-9)
        np.testing.assert_array_equal(deep.endings[-1], one.endings[row])
        for column in (11, 30, 45):
            there = at.with_(sigma_w=float(one.sigma_w[column]), layer=37)
            cursor = float(cursor_row(there)["log10_left"])  # type: ignore[arg-type]
            assert cursor == pytest.approx(one.log10_left[row, column], abs=1e-9)


@pytest.mark.parametrize(
    ("name", "sigma_w", "depth", "networks", "kind"),
    [
        ("silu", 1.6, 60, 4, Kind.HEALTHY),
        ("silu", 1.6, 100, 4, Kind.EXPLODING),
        ("tanhshrink", 1.0, 2, 12, Kind.HEALTHY),
        ("tanh", 1.0, 50, 12, Kind.HEALTHY),
    ],
)
def test_networks_of_600_units_give_what_the_cursor_says(
    name: str, sigma_w: float, depth: int, networks: int, kind: Kind
) -> None:
    """Drawn here, and run here."""
    found = float(cursor_row(setup_of(name, sigma_w, 0.0, depth=depth))["log10_left"])  # type: ignore[arg-type]
    f, squares = activation(name), []
    for seed in range(networks):
        rng = np.random.default_rng(seed)
        weights = [rng.normal(0.0, sigma_w / 600**0.5, (600, 600)) for _ in range(depth)]
        a, slopes = rng.standard_normal(600), []
        for w in weights:
            slopes.append(f.derivative(w @ a))
            a = f(w @ a)
        g = rng.standard_normal(600)
        start = float(g @ g)
        for w, slope in zip(weights[::-1], slopes[::-1], strict=True):
            g = w.T @ (slope * g)
        squares.append(float(g @ g) / start)
    simulated = 0.5 * np.log10(squares)
    error = simulated.std(ddof=1) / math.sqrt(networks)
    # A finite width lowers the mean of the logarithm, by some depth/width.
    assert simulated.mean() == pytest.approx(found, abs=4.0 * error + 2.0 * depth / 600)
    verdict = finding_of(setup_of(name, sigma_w, 0.0, depth=depth), name)
    assert verdict.kind is (Kind.EXPLODING if found > 3.0 else Kind.HEALTHY)
    assert kind in (verdict.kind, Kind.HEALTHY)


# ------------------------------------------------------------------ verdict


@pytest.mark.parametrize(
    ("name", "sigma_w", "sigma_b", "side"),
    [
        ("identity", 2.0, 0.0, "unbounded"),
        ("relu", 2.0, 0.0, "unbounded"),
        ("relu", 1.5, 0.2, "unbounded"),
        ("relu", 1.0, 0.2, "ordered"),
        ("relu", math.sqrt(2.0), 0.0, "critical"),
        ("tanh", 2.0, 0.1, "chaotic"),
        ("tanh", 0.8, 0.2, "ordered"),
        ("tanh", 0.8, 0.0, "collapsing"),
        ("silu", 1.6, 0.0, "unbounded"),
    ],
)
def test_the_side_is_named_by_what_becomes_of_two_inputs(
    name: str, sigma_w: float, sigma_b: float, side: str
) -> None:
    setup = setup_of(name, sigma_w, sigma_b)
    assert f", {side} at σw" in finding_of(setup, name).sentence
    c = cursor_row(setup)["c"]
    if side in ("ordered", "chaotic"):
        assert isinstance(c, float)
        assert (c == 1.0) == (side == "ordered")


def test_how_long_a_gradient_lasts_is_followed_along_the_path() -> None:
    """Critical tanh without biases falls like 1/√L: 0.001 is reached beyond 10,000 layers."""
    setup = setup_of("tanh", 1.0, 0.0)
    rows = [row_text(one) for one in VIEW.readout(result_of(setup), setup, 80)]
    assert ">1e4" in rows[1].split()
    relu = setup_of("relu", 1.0, 0.0)  # (1/√2)^20 = 0.00098
    assert "20" in row_text(VIEW.readout(result_of(relu), relu, 80)[1]).split()


def test_a_map_opens_where_its_critical_line_is() -> None:
    for name, most in (("tanh", 3.0), ("sigmoid", 12.0), ("hardsigmoid", 12.0)):
        one = result_of(setup_of(name))
        assert one.map.sigma_w[-1] == most
        inside = np.sqrt(one.line.sigma_w2[one.line.sigma_b2 <= 0.25])
        assert inside.min() < most
    assert VIEW.default_setup.plane.sigma_w_range is None
    given = result_of(setup_of("sigmoid", sigma_w_range=(0.0, 2.0))).map
    assert given.sigma_w[-1] == 2.0


@pytest.mark.parametrize("size", [Size(56, 14), Size(80, 20), Size(60, 12)])
def test_the_legend_has_every_mark_that_is_on_the_map(size: Size) -> None:
    for name in ("tanh", "relu", "silu", "softshrink"):
        text = picture(setup_of(name), size=size).text
        legend = text.split("\n")[-3:]
        for mark, named in (("0", "q → 0"), ("↑", "q → ∞"), ("2", "two ends")):
            if any(mark in line for line in cells(setup_of(name), size=size)):
                assert any(f"{mark} {named}" in line for line in legend)


@pytest.mark.parametrize("ascii_words", [False, True])
@pytest.mark.parametrize("width", range(36, 70, 3))
@pytest.mark.parametrize("name", ["tanh", "gelu", "softshrink"])
def test_no_entry_of_the_legend_is_cut(name: str, width: int, ascii_words: bool) -> None:
    """Each mark stands beside its whole name, in as many lines as that takes."""
    setup = setup_of(name)
    with ascii_only(ascii_words):
        text = picture(setup, size=Size(width, 30)).text
    assert max(map(len, text.split("\n"))) <= width
    lines = text.split("\n")
    axis = next(at for at, line in enumerate(lines) if re.fullmatch(r" +[\d. ]+", line))
    legend = lines[axis + 1 :]
    entries = [entry for line in legend[1:] for entry in line.strip().split("  ")]
    whole = "K Kaiming" in entries and "X Xavier, LeCun" in entries
    assert whole or name == "softshrink"
    assert "P PyTorch" in entries
    assert all(len(entry.split(" ", 1)) == 2 for entry in entries)
    scale = legend[0].split()
    # A band with what it means, or several glyphs between the named ends, and the blank's words.
    whole = r".[<>](1e-9|0\.001|0\.1|0\.5|2|10|1000|1e9)|[-:·.+×x%#]{2,3}|blank|0\.5|to|2"
    assert all(re.fullmatch(whole, one) for one in scale)


@pytest.mark.parametrize(("name", "there"), [("tanh", True), ("relu", False), ("identity", False)])
def test_the_legend_names_a_critical_line_where_there_is_one(name: str, there: bool) -> None:
    """Of ReLU and the identity only (√2, 0) and (1, 0) are critical: there is nothing to draw."""
    setup = setup_of(name)
    assert ("critical" in picture(setup).text) == there
    made = drawing_of(VIEW, result_of(setup), setup, SIZE, Look())
    words = [one.text for one in made.shapes if isinstance(one, Words)]
    assert ("critical" in words) == there


def test_the_column_of_weights_of_zero_is_even() -> None:
    """Where all signals die it does not alternate between its band and what q does."""
    for against in ("sigma_b", "depth"):
        lines = cells(setup_of("tanh", 1.5, 0.0, against=against, depth=9))
        assert not {line[0] for line in lines} & {"0", "↑", "2"}
        assert against == "sigma_b" or any("0" in line for line in lines)


def test_against_depth_each_line_has_a_mark_of_its_own() -> None:
    text = picture(setup_of(against="depth", depth=100, layer=60)).text
    assert "┆ critical" in text
    assert "⠒ 0.001 or 1000 left" in text


def test_a_range_that_is_no_range_is_refused() -> None:
    done = gradtui("phase", "tanh", "--sigma-w-range", "0:5e-324")
    assert done.status == 2
    assert "Traceback" not in done.err
    assert "try --sigma-w-range 0:3" in done.err
    narrow = gradtui("phase", "tanh", "--sigma-w-range", "0:1e-9", "--sigma-w", "0")
    assert narrow.status == 0
    assert "nan" not in narrow.out


def test_the_verdict_has_its_evidence_the_factors_and_the_critical_point() -> None:
    setup = setup_of("tanh", 2.4, 0.2)
    found = finding_of(setup, "tanh")
    field = mean_field("tanh", 2.4**2, 0.04)
    assert found.kind is Kind.EXPLODING
    assert found.sentence.startswith(
        "tanh exploding, chaotic at σw = 2.4, σb = 0.2: 50 layers make it 4.7e4, ×1.24 a layer"
    )
    assert by_hand("tanh", 2.4, 0.2, 1.0, 50) == pytest.approx(math.log10(4.7e4), abs=0.005)
    assert "healthy is below 1000" in found.sentence
    assert f"= {field.chi:.4g} at q* = {field.q:.3g}" in found.cause
    assert "critical at this σb is σw = 1.30415" in found.cause


@pytest.mark.parametrize(
    ("name", "sigma_w", "sigma_b"),
    [
        ("tanh", 2.4, 0.2),
        ("tanh", 0.3, 0.2),
        ("sigmoid", 1.0, 0.0),
        ("relu", 0.5, 0.3),
        ("gelu", 1, 0),
    ],
)
def test_the_remedy_is_tried_and_heals(name: str, sigma_w: float, sigma_b: float) -> None:
    setup = setup_of(name, sigma_w, sigma_b)
    sick = finding_of(setup, name)
    assert sick.kind in (Kind.VANISHING, Kind.EXPLODING)
    assert sick.remedy is not None
    healed = sick.remedy.applied(setup).checked()
    found = finding_of(healed, name)
    assert found.kind is Kind.HEALTHY
    assert sick.remedy.after in found.sentence
    assert sick.remedy.label.startswith(f"σw = {healed.plane.sigma_w!r}".removesuffix(".0"))
    # Not by the last of its digits: also where σw is one part in a hundred off.
    for off in (0.99, 1.01):
        near = healed.with_(sigma_w=off * healed.plane.sigma_w)
        assert finding_of(near, name).kind is Kind.HEALTHY


@pytest.mark.parametrize(
    ("sigma_w", "sigma_b", "depth"), [(2.213, 0.316, 50), (0.76, 0.72, 200), (0.5, 0.3, 30)]
)
def test_a_remedy_promises_what_the_command_that_it_prints_gives(
    sigma_w: float, sigma_b: float, depth: int
) -> None:
    """At a half-stable point the tenth digit of σw would decide where q goes."""
    setup = setup_of("softshrink", sigma_w, sigma_b, depth=depth)
    sick = finding_of(setup, "softshrink")
    assert sick.remedy is not None
    command = VIEW.command(sick.remedy.applied(setup))
    done = gradtui(*command[1:], "--height", "14")
    assert done.status == 0
    flat = " ".join(done.out.split())
    assert "✓ softshrink healthy" in flat
    assert sick.remedy.after in flat


@pytest.mark.parametrize(("depth", "exact"), [(50, False), (1000, True)])
def test_a_remedy_is_near_and_a_half_stable_point_is_one(depth: int, exact: bool) -> None:
    """The fold of softshrink at σb = 0.72, by E[f²] and E[f′²] in closed form.

    With λ = ½, s = λ/√q and Q(s) = P(z > s): D = E[f′²] = 2 Q(s) and
    V = E[f²] = 2 ((q + λ²) Q(s) - λ √q φ(s)). χ = σw² D = 1 at q = σw² V + σb².
    """

    def fold(q: float) -> float:
        s = 0.5 * q**-0.5
        tail, density = 0.5 * math.erfc(s / 2**0.5), math.exp(-s * s / 2) / (2 * math.pi) ** 0.5
        return 0.25 - 0.5 * math.sqrt(q) * density / tail + 0.72**2

    low, high = 1.0, 4.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if fold(middle) * fold(low) > 0 else (low, middle)
    critical = (math.erfc(0.5 * low**-0.5 / 2**0.5)) ** -0.5
    assert critical == pytest.approx(1.162595, abs=1e-6)
    setup = setup_of("softshrink", 0.76, 0.72, depth=depth)
    sick = finding_of(setup, "softshrink")
    assert "critical at this σb is σw = 1.16259" in sick.cause
    assert sick.remedy is not None
    assert sick.remedy.changes == {"sigma_w": pytest.approx(critical, abs=1e-9)}
    assert (", but not where σw is 0.069 % off" in sick.remedy.after) == exact
    healed = sick.remedy.applied(setup)
    found = finding_of(healed, "softshrink")
    assert found.kind is Kind.HEALTHY
    assert sick.remedy.after.partition(", but")[0] in found.sentence
    off = [0.99931, 1.00069] if exact else [0.99, 1.01]
    beside = [healed.with_(sigma_w=one * healed.plane.sigma_w) for one in off]
    kinds = {finding_of(one, "softshrink").kind for one in beside}
    assert (kinds == {Kind.HEALTHY}) != exact


def test_from_above_a_fold_q_goes_elsewhere_and_it_is_not_called_critical() -> None:
    """q₁ = σw² 100 + 0.52 is far above the q* = 2.27 of the fold."""
    found = finding_of(setup_of("softshrink", 0.76, 0.72, x=10.0), "softshrink")
    assert "no critical σw was found at this σb" in found.cause


def test_weights_of_zero_pass_nothing_and_are_called_dead() -> None:
    found = finding_of(setup_of(sigma_w=0.0), "tanh")
    assert found.kind is Kind.DEAD
    assert "Weights of 0" in found.cause


def test_without_a_critical_line_the_weights_for_this_depth_help() -> None:
    setup = setup_of("softplus", 0.5)
    found = finding_of(setup, "softplus")
    assert "no critical (σw, σb) was found for softplus" in found.cause
    assert found.remedy is not None
    healed = found.remedy.applied(setup)
    assert abs(by_hand("softplus", healed.plane.sigma_w, 0.2, 1.0, 50)) < 3.0


def test_where_nothing_is_healthy_nothing_is_offered() -> None:
    """A squared ReLU squares every excess: no σw, at no σb, lasts for 200 layers."""
    found = finding_of(setup_of("relu_squared", 2.0, depth=200), "relu_squared")
    assert found.remedy is None
    assert found.cause.endswith("No place on the map was found where 200 layers leave it healthy.")
    assert "No place" not in finding_of(setup_of("tanh", 2.4, 0.2), "tanh").cause
    assert "No place" not in finding_of(setup_of("tanh", 1.4, 0.2), "tanh").cause


def test_every_activation_of_a_comparison_has_its_verdict() -> None:
    setup = setup_of().with_(activations=("tanh", "relu", "sigmoid"))
    for name in setup.activations:
        assert finding_of(setup, name).subject == name


# ---------------------------------------------------------- refinement, cursor


def test_the_first_map_is_coarse_and_the_last_one_fine() -> None:
    shares: list[float] = []
    results = list(VIEW.results(setup_of("arctan", sigma_w_range=(0.0, 2.75)), shares.append))
    assert [result.map.log10_rates.shape for result in results] == [(12, 16), (40, 60), (40, 60)]
    # A number that changes costs a slow line bytes: all is soon done, and it stands still.
    assert set(shares) == {0.5}
    # What is not known yet is not made up.
    assert "…" in row_text(VIEW.readout(results[0], setup_of("arctan"), 80)[1])


def test_a_move_of_the_cursor_takes_the_map_that_is_there() -> None:
    setup = setup_of()
    first = result_of(setup).map
    (moved,) = VIEW.results(VIEW.walk(setup, 1, False), unwatched)
    assert moved.map.log10_rates is first.log10_rates


@pytest.mark.parametrize("at", [0.1, 0.5])
def test_a_map_of_depths_that_was_stopped_is_not_taken_for_a_whole_one(at: float) -> None:
    setup = setup_of("arctan", against="depth", depth=1000, sigma_w_range=(0.0, 2.5 + at))

    def stopping(share: float) -> None:
        if share >= at:
            raise Stopped

    results = VIEW.results(setup, stopping)
    assert next(results).map.heights[-1] == 1000
    with pytest.raises(Stopped):
        next(results)
    assert finished_map(setup) is None
    shares: list[float] = []
    first, whole, last = VIEW.results(setup, shares.append)
    assert shares == sorted(shares)
    assert first.map is not whole.map
    assert last.map is whole.map
    assert finished_map(setup) is whole.map


def test_the_cursor_walks_and_climbs_in_round_steps() -> None:
    assert VIEW.climb is not None
    setup = setup_of(sigma_w=1.0, sigma_b=0.0)
    assert VIEW.walk(setup, 1, False).plane.sigma_w == 1.05
    assert VIEW.walk(setup, -1, True).plane.sigma_w == 0.5
    assert VIEW.climb(setup, 1, False).plane.sigma_b == 0.02
    assert VIEW.climb(setup, 1, True).plane.sigma_b == 0.2
    assert VIEW.climb(setup, -1, False).plane.sigma_b == 0.0
    assert VIEW.climb(setup, 1000, True).plane.sigma_b == 1.5
    deep = setup.with_(against="depth", depth=50)
    assert VIEW.climb(deep, 1, False).layer == 2
    assert VIEW.climb(deep, 1, True).layer == 11
    assert VIEW.climb(deep.with_(depth=600), 1, False).layer == 11


def test_the_command_has_both_coordinates_of_the_cursor() -> None:
    words = VIEW.command(setup_of(sigma_w=1.4, sigma_b=0.35))
    assert words == ["gradtui", "phase", "tanh", "--sigma-w", "1.4", "--sigma-b", "0.35"]
    deep = setup_of(sigma_w=1.4, sigma_b=0.35, against="depth", layer=7)
    command = VIEW.command(deep)
    assert command[command.index("--layer") + 1] == "7"
    assert command[command.index("--sigma-b") + 1] == "0.35"


def test_a_result_depends_on_where_the_cursor_stands() -> None:
    setup = setup_of()
    assert VIEW.key(setup) != VIEW.key(setup.with_(sigma_b=0.3))
    assert VIEW.key(setup) == VIEW.key(setup.with_(layer=9))
    deep = setup.with_(against="depth")
    assert VIEW.key(deep) != VIEW.key(deep.with_(layer=9))


def test_the_table_has_the_cursor_and_every_point_of_the_map() -> None:
    setup = setup_of().with_(activations=("tanh", "relu"))
    rows = VIEW.table(result_of(setup))
    assert [row["activation"] for row in rows if row["place"] == "cursor"] == ["tanh", "relu"]
    mapped = [row for row in rows if row["place"] == "map"]
    assert len(mapped) == 60 * 40
    for row in mapped[::97]:
        field = mean_field("tanh", float(row["sigma_w"]) ** 2, float(row["sigma_b"]) ** 2)  # type: ignore[arg-type]
        if field.chi > 0:
            assert row["log10_rate"] == pytest.approx(0.5 * math.log10(field.chi), abs=1e-6)
        assert row["kind"] == field.kind
    assert {tuple(row) for row in rows} == {tuple(rows[0])}


# ------------------------------------------------------------------ its keys


def test_c_goes_to_the_critical_line_and_says_where_it_is() -> None:
    moved = KEYS["snap"].does(setup_of())
    assert moved.view == ""
    assert moved.message == "Critical at σb 0.2: σw 1.30415. D takes it into decay."
    far = snapped_from(setup_of("sigmoid"))
    assert far.plane.sigma_w_range is None
    assert far.plane.sigma_w > 3.0
    assert result_of(far).map.sigma_w[-1] > far.plane.sigma_w
    given = KEYS["snap"].does(setup_of("sigmoid", sigma_w_range=(0.0, 3.0)))
    assert given.setup.plane.sigma_w_range == (0.0, 13.0)
    assert "The σw range is 0:13 now." in given.message
    assert given.setup.checked() == given.setup


def test_d_takes_the_place_into_decay_as_an_initialisation() -> None:
    setup = setup_of()
    init = ("normal(sigma_w=1.5, sigma_b=0.2)",)
    assert KEYS["take_into_decay"].does(setup) == Moved(
        setup.with_(init=init, model="network"),
        "decay",
        "A network of σw 1.5, σb 0.2; u goes back.",
    )


def test_recipes_that_are_compared_elsewhere_do_not_change_what_is_mapped() -> None:
    setup = setup_of(init=("normal", "orthogonal"))
    assert VIEW.subjects(setup) == ("tanh",)
    assert [point.name for point in result_of(setup).points] == ["tanh"]
    assert VIEW.key(setup) == VIEW.key(setup_of())


def test_so_many_layers_that_it_takes_long_are_foretold() -> None:
    setup = Setup.of(activations=("relu",), depth=100_000)
    assert VIEW.foretold(setup) == "following 100,000 layers takes up to 30 s"
    assert VIEW.foretold(setup.with_(depth=1000)) == ""


def test_what_is_too_small_to_be_followed_is_less_than_what_is_told() -> None:
    """Of tanhshrink's q, which falls as q³, 2 layers are followed and 20 are not."""
    few = VIEW.finding(result_of(setup_of("tanhshrink", 0.5, 0.0, depth=2)), "tanhshrink")
    many = VIEW.finding(result_of(setup_of("tanhshrink", 0.5, 0.0, depth=20)), "tanhshrink")
    assert "leave less than" in many.sentence
    assert "a layer" not in many.sentence
    assert "less than" not in few.sentence
    alive = VIEW.finding(result_of(setup_of("tanh", 0.5, 0.0, depth=400)), "tanh")
    assert "less than" not in alive.sentence
    assert VIEW.finding(result_of(setup_of("softshrink", 0.5, 0.0)), "softshrink").kind is (
        Kind.VANISHING
    )
    assert VIEW.finding(result_of(setup_of("softshrink", 0.0, 0.0)), "softshrink").kind is Kind.DEAD
