"""The phase view against α: residual blocks h + α f(W N(h) + b), by quadrature and by drawing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.models.finding import Finding, Kind
from gradtui.plots.ascii import to_ascii
from gradtui.plots.picture import row_text
from gradtui.progress import unwatched
from gradtui.setup import Setup, implied
from gradtui.views.phase import VIEW
from gradtui.views.phase.blocks import ratios
from gradtui.views.phase.study import Blocks
from gradtui.views.view import Size
from support.commands import run as gradtui

EPS = {"layer": 1e-5, "rms": 1e-6}
SIZE = Size(80, 22)


def setup_of(
    name: str = "relu", sigma_w: float = 1.41, alpha: float = 1.0, **more: object
) -> Setup:
    setup = VIEW.default_setup.with_(activations=(name,), against="alpha", depth=64, sigma_b=0.0)
    return setup.with_(sigma_w=sigma_w, alpha=alpha, **more)


def result_of(setup: Setup) -> Blocks:
    *_, result = VIEW.results(setup, unwatched)
    assert isinstance(result, Blocks)
    return result


def finding_of(setup: Setup) -> Finding:
    found = VIEW.finding(result_of(setup), setup.activations[0])
    assert found is not None
    return found


def by_hand(setup: Setup, sigma_w: float, alpha: float) -> tuple[float, float]:
    """log10 of the gradient's ratio and of the stream's, by the trapezoidal rule.

    p = E[h²], μ its mean over units: a branch adds V = E[f²] and, where f has a mean M, 2 α μ M.
    """
    # z = 1e-8 sinh t: however large p is, nodes are dense where f bends; none is at a kink.
    t = np.linspace(-math.asinh(12e8), math.asinh(12e8), 10_000)
    z = 1e-8 * np.sinh(t)
    weights = np.cosh(t) * np.exp(-0.5 * z * z)
    weights /= weights.sum()
    f, b2, norm = activation(setup.activations[0]), setup.plane.sigma_b**2, setup.plane.branch_norm
    p, mu, left = setup.x**2, 0.0, 0.0
    first = p
    for _ in range(setup.depth):
        below = 1.0
        if norm == "layer":
            below = p - mu * mu + EPS[norm]
        elif norm == "rms":
            below = p + EPS[norm]
        inside = p - mu * mu if norm == "layer" else p
        u = math.sqrt(sigma_w**2 * inside / below + b2) * z
        mean, square = float(weights @ f(u)), float(weights @ f(u) ** 2)
        slope = float(weights @ f.derivative(u) ** 2)
        left += 0.5 * math.log10(1.0 + alpha**2 * sigma_w**2 * slope / below)
        p += 2.0 * alpha * mu * mean + alpha**2 * square
        mu += alpha * mean
    return left, 0.5 * math.log10(p / first)


# ------------------------------------------------------------------- its numbers


@pytest.mark.parametrize("norm", ["none", "layer", "rms"])
@pytest.mark.parametrize(
    ("name", "more"),
    [("relu", {}), ("tanh", {"sigma_b": 0.3, "x": 2.0}), ("gelu", {"x": 0.02}), ("sigmoid", {})],
)
def test_map_and_cursor_say_what_the_recursion_says(
    name: str, more: dict[str, object], norm: str
) -> None:
    setup = setup_of(name, 1.3, 0.4, branch_norm=norm, depth=20, **more)
    result = result_of(setup)
    (point,) = result.points
    left, stream = by_hand(setup, 1.3, 0.4)
    assert point.log10_left == pytest.approx(left, abs=1e-6)
    assert point.log10_stream == pytest.approx(stream, abs=1e-6)
    one = result.map
    for row, column in ((0, 30), (7, 11), (20, 45), (39, 59)):
        at = float(one.sigma_w[column]), float(one.heights[row])
        left, stream = by_hand(setup, *at)
        assert one.log10_left[row, column] == pytest.approx(left, abs=1e-6)
        assert one.log10_stream[row, column] == pytest.approx(stream, abs=1e-6)


def test_relu_without_biases_multiplies_the_squared_gradient_by_1_plus_half_alpha2_sigma_w2() -> (
    None
):
    """E[f′²] = ½ at any q: in closed form, also where the stream has grown beyond float64."""
    (point,) = result_of(setup_of("relu", 2.0, 1.0, depth=1000)).points
    assert point.log10_left == pytest.approx(500 * math.log10(3.0), rel=1e-9)
    assert point.log10_stream > 308.0
    # p' = p + 2αμM + α²V with M = σw √(p/2π), V = σw² p/2, its ratio r = μ/√p in time at rest:
    # then √(p'/p) = λ = 1 + α M/μ, so that r = σw/(√2π (λ - 1)).
    m = 2.0 / math.sqrt(math.tau)
    low, high = 1.0, 10.0
    for _ in range(200):
        rate = 0.5 * (low + high)
        growth = 1.0 + 2.0 * m * m / (rate - 1.0) + 2.0
        low, high = (rate, high) if growth > rate * rate else (low, rate)
    assert point.log10_stream / 1000 == pytest.approx(math.log10(low), rel=5e-3)


def test_networks_of_200_units_give_what_the_cursor_says() -> None:
    """Drawn here, and run here: tanh, α = 0.3, 30 blocks under a layer norm and without."""
    depth, n, networks = 30, 200, 40
    for norm in ("none", "layer"):
        setup = setup_of("tanh", 1.5, 0.3, depth=depth, branch_norm=norm)
        (point,) = result_of(setup).points
        lefts, streams = [], []
        for seed in range(networks):
            rng = np.random.default_rng(seed)
            h, kept = rng.standard_normal(n), []
            first = float(h @ h)
            for _ in range(depth):
                w = rng.normal(0.0, 1.5 / n**0.5, (n, n))
                spread = math.sqrt(float(h.var()) + 1e-5) if norm == "layer" else 1.0
                u = (h - h.mean()) / spread if norm == "layer" else h
                y = np.tanh(w @ u)
                kept.append((w, u, spread, 1.0 - y * y))
                h = h + 0.3 * y
            g = rng.standard_normal(n)
            start = float(g @ g)
            for w, u, spread, slope in reversed(kept):
                back = 0.3 * (w.T @ (slope * g))
                if norm == "layer":
                    back = (back - back.mean() - u * float(back @ u) / n) / spread
                g = g + back
            lefts.append(0.5 * math.log10(float(g @ g) / start))
            streams.append(0.5 * math.log10(float(h @ h) / first))
        for drawn, found in ((lefts, point.log10_left), (streams, point.log10_stream)):
            error = float(np.std(drawn, ddof=1)) / networks**0.5
            assert float(np.mean(drawn)) == pytest.approx(found, abs=4.0 * error + 0.5 / n)


# ---------------------------------------------------------------------- verdicts


def test_a_gradient_that_survives_in_a_stream_that_explodes_is_no_success() -> None:
    found = finding_of(setup_of(alpha=0.3))
    left, stream = by_hand(setup_of(), 1.41, 0.3)
    assert 0.0 < left < 3.0 < stream
    assert found.kind is Kind.EXPLODING
    assert "relu exploding, by its stream alone, at σw = 1.41, α = 0.3" in found.sentence
    assert f"gradient ×{10**left:.2g}" in found.sentence
    row = next(iter(VIEW.readout(result_of(setup_of(alpha=0.3)), setup_of(alpha=0.3), 80)[1:]))
    assert "▲" in row_text(row)


def test_the_most_alpha_is_where_the_first_of_both_passes_the_threshold() -> None:
    for more in ({}, {"threshold": 0.01}, {"branch_norm": "layer"}):
        setup = setup_of(alpha=0.05, **more)
        (point,) = result_of(setup).points
        limit = -setup.log10_threshold
        low, high = 1e-3, 1e3
        for _ in range(40):
            middle = math.sqrt(low * high)
            sick = max(by_hand(setup, 1.41, middle)) > limit
            low, high = (low, middle) if sick else (middle, high)
        assert point.most_alpha == pytest.approx(low, rel=3e-4)
        assert point.most_alpha <= low * (1.0 + 1e-6)
        found = finding_of(setup)
        assert found.kind is Kind.HEALTHY
        assert found.remedy is None
        digits = float(f"{low:.2g}")
        digits -= (digits > low) * 10.0 ** (math.floor(math.log10(low)) - 1)
        assert f"healthy for α up to {digits:g} at σw 1.41 and depth 64" in found.cause


def test_the_verdict_says_what_1_over_the_root_of_depth_gives() -> None:
    left, stream = by_hand(setup_of(), 1.41, 0.125)
    said = f"at α = 1/√L = 0.125, 64 blocks make the gradient ×{10**left:.2g}, the stream"
    assert f"{said} ×{10**stream:.2g}" in finding_of(setup_of()).cause
    assert "1/√L" not in finding_of(setup_of(alpha=0.125)).cause


@pytest.mark.parametrize(
    ("setup", "label"),
    [
        (setup_of(alpha=1.0), "α = 1/√L = 0.125"),
        (setup_of(alpha=1.0, alpha_range=(0.5, 2.0)), "α = 1/√L = 0.125"),
        (setup_of("relu", 3.0, 0.125, sigma_b=1.0), "norm = layer"),
        (setup_of("tanh", 3.0, 0.3, x=1e-4), "x = 1"),
        (setup_of("relu", 1.41, 500.0, branch_norm="layer"), "α = 1/√L = 0.125"),
    ],
)
def test_the_remedy_is_tried_and_heals(setup: Setup, label: str) -> None:
    sick = finding_of(setup)
    assert sick.kind is Kind.EXPLODING
    assert sick.remedy is not None
    assert sick.remedy.label == label
    healed = sick.remedy.applied(setup).checked()
    found = finding_of(healed)
    assert found.kind is Kind.HEALTHY
    assert sick.remedy.after in found.sentence
    done = gradtui(*VIEW.command(healed)[1:], "--height", "14")
    assert done.status == 0
    assert sick.remedy.after in " ".join(done.out.split())


def test_weights_of_0_and_inputs_of_0_are_no_errors() -> None:
    still = finding_of(setup_of(sigma_w=0.0, alpha=1000.0))
    assert still.kind is Kind.HEALTHY
    assert "healthy for any α" in still.cause
    for norm in ("none", "layer", "rms"):
        found = finding_of(setup_of(x=0.0, sigma_b=0.5, branch_norm=norm))
        assert "of a stream that began at 0" in found.sentence


@pytest.mark.parametrize("norm", ["none", "layer", "rms"])
def test_what_grows_beyond_any_logarithm_is_infinite_and_no_nan(norm: str) -> None:
    """A squared ReLU squares the stream: 1,100 blocks make its logarithm 2^1100."""
    setup = setup_of("relu_squared", 2.0, 1.0, depth=1100, branch_norm=norm)
    alphas = np.array([0.0, 1e-6, 1.0, 1000.0])
    left, stream = ratios("relu_squared", np.array([2.0]), alphas, setup, unwatched)
    for found in (left, stream):
        assert found[0] == 0.0
        assert not np.isnan(found).any()
        assert np.all(np.diff(np.minimum(found, 1e300)) >= 0.0)
        assert found[2] > 1.0
    assert (stream[-1] == math.inf) == (norm == "none")


# ------------------------------------------------------------- picture and knobs


@pytest.mark.parametrize("size", [Size(36, 7), Size(56, 14), Size(80, 20), Size(120, 40)])
def test_the_map_has_the_size_asked_and_its_legend(size: Size) -> None:
    setup = setup_of()
    made = VIEW.draw(result_of(setup), setup, size, "ascii")
    assert (made.width, made.height) == size
    assert to_ascii(made.text).isascii()
    if size.height > 10:
        assert "gradient left after 64 blocks" in made.text
        assert "↑ stream >1000" in made.text
        assert "healthy below" in made.text
        assert "R α = 1/√L" in made.text


def test_each_cell_is_of_its_place() -> None:
    """The mark of a stream that explodes stands above the line and nowhere below it."""
    setup, size = setup_of(), Size(80, 40)
    lines = [
        line[7:-1]
        for line in VIEW.draw(result_of(setup), setup, size, "ascii").text.split("\n")[2:]
        if line.endswith("│")
    ]
    shown = 0
    for at, line in enumerate(lines):
        for column, one in enumerate(line):
            alpha = 1.0 - at / (len(lines) - 1)
            sigma_w = 3.0 * column / (len(line) - 1)
            if one == "↑" and shown % 7 == 0:
                assert by_hand(setup, sigma_w + 0.05, alpha + 0.02)[1] > 3.0
            if one in "# ":
                left = by_hand(setup, sigma_w, alpha)[0] if shown % 7 == 0 else math.nan
                assert not (left > 3.5 if one == " " else left < 8.0)
            shown += 1


def test_the_cursor_climbs_in_alpha_and_the_map_holds_it() -> None:
    setup = setup_of(alpha=0.5)
    assert VIEW.upright(setup) == "alpha"  # type: ignore[misc]
    assert VIEW.climb is not None
    up = VIEW.climb(setup, 1, False)
    assert up.plane.alpha > 0.5
    assert up == setup.with_(alpha=up.plane.alpha)
    assert VIEW.climb(setup, 10, True).plane.alpha == 1.0
    wide = setup_of(alpha=3.0)
    assert result_of(wide).map.heights[-1] >= 3.0
    given = setup_of(alpha=0.5, alpha_range=(0.0, 1.0))
    assert implied(given, "alpha", 2.0) == {"alpha_range": (0.0, 2.0)}
    with pytest.raises(InputError, match=r"inside the range 0 to 1"):
        given.with_(alpha=2.0).checked()


def test_keys_of_the_critical_line_are_not_offered_where_there_is_none() -> None:
    names = {key.name for key in VIEW.keys_in(setup_of())}
    assert "snap" not in names
    assert "take_into_decay" in names  # as blocks
    assert {key.name for key in VIEW.keys_in(VIEW.default_setup)} >= {"snap", "take_into_decay"}


def test_the_table_has_every_number() -> None:
    setup = setup_of(alpha=0.3, branch_norm="rms")
    cursor, *grid = VIEW.table(result_of(setup))
    left, stream = by_hand(setup, 1.41, 0.3)
    assert cursor["place"] == "cursor"
    assert cursor["norm"] == "rms"
    assert cursor["alpha"] == 0.3
    assert cursor["log10_left"] == pytest.approx(left, abs=1e-6)
    assert cursor["log10_stream"] == pytest.approx(stream, abs=1e-6)
    assert cursor["log10_rate"] == pytest.approx(left / 64, abs=1e-7)
    assert len(grid) == 60 * 40
    assert {tuple(row) for row in grid} == {tuple(cursor)}


# ------------------------------------------------------------- at a finite width


def test_where_a_finite_width_makes_much_more_of_the_gradient_that_is_said() -> None:
    """ReLU's mean adds up along (1, …, 1); by how much is held against networks drawn here."""
    says = "Networks of 64 units make more of the gradient"
    one = setup_of("relu", math.sqrt(2.0), 0.3, depth=40)
    assert says in finding_of(one).cause
    n, squares = 64, []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        h, kept = rng.standard_normal(n), []
        for _ in range(40):
            w = rng.normal(0.0, math.sqrt(2.0 / n), (n, n))
            kept.append((w, w @ h > 0.0))
            h = h + 0.3 * np.maximum(w @ h, 0.0)
        g = rng.standard_normal(n) / n**0.5
        for w, on in reversed(kept):
            g = g + 0.3 * w.T @ (on * g)
        squares.append(float(g @ g))
    (point,) = result_of(one).points
    assert np.mean(squares) > 2.0 * 10.0 ** (2.0 * point.log10_left)
    shallow = finding_of(one.with_(depth=4)).cause
    assert "make more" not in shallow
    assert "make more" not in finding_of(one.with_(activations=("tanh",))).cause
    assert "make more" not in finding_of(one.with_(branch_norm="layer")).cause
    assert "make more" not in finding_of(one.with_(units=100_000)).cause
