"""The layers view: what happens inside a random network, against plain NumPy."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.initialisation.draw import random_network
from gradtui.models.finding import Finding, Kind
from gradtui.plots.ascii import to_ascii
from gradtui.plots.picture import row_text
from gradtui.progress import Stopped, unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.layers.readout import share_text
from gradtui.views.layers.spreads import shown_layers, spread, z_limits
from gradtui.views.layers.study import ComparedNetworks, NetworkLayers
from gradtui.views.view import Size
from gradtui.wording import rate
from support.commands import run as command

VIEW = VIEWS["layers"]
PANE = Size(56, 13)


def network(name: str, init: str, **changes: object) -> Setup:
    """A small network, so that plain floats hold everything."""
    given = {"depth": 12, "units": 48, "batch": 16, "model": "network", **changes}
    return Setup.of(activations=(name,), init=(init,)).with_(**given).checked()


def last(setup: Setup) -> ComparedNetworks:
    *_, result = VIEW.results(setup, unwatched)
    return result


def inside(setup: Setup) -> NetworkLayers:
    (network,) = last(setup).networks
    return network


def found(setup: Setup) -> Finding:
    finding = VIEW.finding(last(setup), VIEW.focused(setup))
    assert finding is not None
    return finding


def drawn(setup: Setup, size: Size = PANE) -> list[str]:
    return VIEW.draw(last(setup), setup, size, "braille").text.split("\n")


# ------------------------------------------------- the numbers, by plain NumPy

PLAIN: dict[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray], float]] = {
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2, 1.0),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float), 1.0),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2, 0.25),
}
"""f, f′ and max|f′|."""


def plainly(setup: Setup) -> list[dict[str, float]]:
    """Each layer's row of the table, by z = a Wᵀ + b and the chain rule in plain floats.

    Inputs, upstream gradient and weights come from the seed as `networks` documents it: streams 4
    and 3, network number 1.
    """
    (name,), (init,) = setup.activations, setup.network.init
    f, slope, most = PLAIN[name]
    seed = int(np.random.SeedSequence([setup.seed, 3, 1]).generate_state(1)[0])
    weights, biases = random_network([setup.network.units] * (setup.depth + 1), init, name, seed)
    rng = np.random.default_rng([setup.seed, 4, 1])
    a = setup.x * rng.standard_normal((setup.network.batch, setup.network.units))
    upstream = rng.standard_normal((setup.network.batch, setup.network.units))
    g = upstream / np.sqrt((upstream**2).sum())
    rows, zs, inputs = [], [], []
    for layer, w in enumerate(weights):
        inputs.append(a)
        z = a @ w.T + (0.0 if biases is None else biases[layer])
        a = f(z)
        zs.append(z)
        rows.append({
            "layer": layer + 1,
            "z_mean": z.mean(), "z_spread": z.std(), "a_mean": a.mean(), "a_spread": a.std(),
            "flat": (slope(z) < 0.01 * most).mean(),
            "dead": (slope(z) == 0).all(axis=0).mean(),
            "log10_hidden": math.log10(np.linalg.norm(a)),
            "z_min": z.min(), "z_max": z.max(),
        })  # fmt: skip
    for layer in reversed(range(setup.depth)):
        rows[layer]["log10_grad_hidden"] = math.log10(np.linalg.norm(g))
        delta = g * slope(zs[layer])
        rows[layer]["log10_grad_weights"] = math.log10(np.linalg.norm(delta.T @ inputs[layer]))
        rows[layer]["log10_grad_biases"] = math.log10(np.linalg.norm(delta.sum(axis=0)))
        g = delta @ weights[layer]
    rows[0]["ratio"] = math.log10(np.linalg.norm(g))
    for row, z in zip(rows, zs, strict=True):
        counts, _ = np.histogram(z, 20, (z.min(), z.max()))
        row.update({f"z_bin_{at}": count for at, count in enumerate(counts, 1)})
    return rows


@pytest.mark.parametrize(
    ("name", "init"),
    [
        ("tanh", "kaiming_normal"),
        ("tanh", "normal(4)"),
        ("relu", "normal(1, 3)"),
        ("sigmoid", "pytorch_linear"),
    ],
)
def test_the_table_is_what_plain_numpy_finds_in_each_layer(name: str, init: str) -> None:
    setup = network(name, init, x=1.5, seed=7)
    result = last(setup)
    expected = plainly(setup)
    table = VIEW.table(result)
    assert len(table) == setup.depth
    for row, wanted in zip(table, expected, strict=True):
        assert (row["activation"], row["init"]) == (setup.activations[0], setup.network.init[0])
        for key, value in wanted.items():
            if key.startswith("z_bin_"):
                # A value on the border of two bins may fall on either side by rounding.
                assert abs(row[key] - value) <= 1, key  # type: ignore[operator]
            elif key != "ratio":
                assert row[key] == pytest.approx(value, rel=1e-9, abs=1e-9), key
    assert inside(setup).log10_ratio == pytest.approx(expected[0]["ratio"], abs=1e-9)


def test_every_value_of_a_layer_is_in_one_of_its_bins() -> None:
    setup = network("tanh", "normal(4)")
    for row in VIEW.table(last(setup)):
        assert sum(row[f"z_bin_{at}"] for at in range(1, 21)) == 16 * 48  # type: ignore[misc]


def test_at_any_depth_the_gradient_is_a_logarithm() -> None:
    setup = network("tanh", "normal(0.1)", depth=1000, units=16, batch=2)
    ratio = inside(setup).log10_ratio
    assert -1040 < ratio < -960  # 0.1 a layer, as f′ is 1
    assert f"e{math.floor(ratio)} of the loss's gradient" in found(setup).sentence


# -------------------------------------------------------------------- verdicts


def test_wide_weights_saturate_tanh_and_yet_its_gradient_explodes() -> None:
    """Poole et al. 2016: σw = 5 is deep in the chaotic phase."""
    finding = found(network("tanh", "normal(6)", depth=30))
    assert finding.kind is Kind.EXPLODING
    assert "The weights did it: a layer, the weights make ×6 and f′ ×0.3" in finding.cause
    assert "In every layer more than half of the values are flat (|f′| under" in finding.evidence


def test_a_unit_that_saturates_kills_the_gradient_if_the_weights_do_not_make_up_for_it() -> None:
    """Biases of spread 20 drive every tanh far out; weights of 1 give back nothing."""
    finding = found(network("tanh", "normal(1, 20)", depth=20))
    assert finding.kind is Kind.VANISHING
    assert finding.cause.startswith("f′ did it: a layer, the weights make ×1 and f′ ×0.")
    assert "In every layer more than half of the values are flat" in finding.evidence


def test_a_sigmoid_passes_a_quarter_at_most_without_any_saturation() -> None:
    finding = found(network("sigmoid", "normal(1)", depth=20))
    assert finding.kind is Kind.VANISHING
    assert finding.cause.startswith("f′ did it, though not one value is flat: a layer, the w")
    assert "and f′ ×0.2" in finding.cause
    assert "flat" not in finding.evidence


def test_small_weights_are_told_from_small_derivatives() -> None:
    finding = found(network("tanh", "pytorch_linear", depth=30))
    assert finding.kind is Kind.VANISHING
    assert finding.cause.startswith(
        "The weights did it: a layer, the weights make ×0.56"
    )  # about 1/√3
    assert "and f′ ×0.9" in finding.cause


# --------------------------------------- what the weights do, what f′ does, by plain NumPy


def factors(setup: Setup) -> tuple[float, float]:
    """The geometric mean of what a layer's weights make of the gradient, and of what its f′ does.

    Drawn as `plainly` does, with slopes of 1 above 0 and of another below.
    """
    (name,), (init,), units = setup.activations, setup.network.init, setup.network.units
    below = {"identity": 1.0, "leaky_relu(0.9)": 0.9, "relu": 0.0}[name]
    seed = int(np.random.SeedSequence([setup.seed, 3, 1]).generate_state(1)[0])
    weights, _ = random_network([units] * (setup.depth + 1), init, name, seed)
    rng = np.random.default_rng([setup.seed, 4, 1])
    a = setup.x * rng.standard_normal((setup.network.batch, units))
    slopes = []
    for w in weights:
        z = a @ w.T
        slopes.append(np.where(z > 0, 1.0, below))
        a = slopes[-1] * z
    g = rng.standard_normal(a.shape)
    logs = []
    for w, slope in zip(reversed(list(weights)), reversed(slopes), strict=True):
        delta = g * slope
        further = delta @ w
        norms = [np.linalg.norm(one) for one in (g, delta, further)]
        logs.append([math.log(norms[2] / norms[1]), math.log(norms[1] / norms[0])])
        g = further
    by_weights, by_slopes = np.exp(np.mean(logs, axis=0))
    return float(by_weights), float(by_slopes)


@pytest.mark.parametrize(
    ("name", "init", "changes", "culprit", "wide"),
    [
        ("identity", "normal(1)", {"units": 1, "depth": 40}, "Layers of 1 unit did it", "×1"),
        ("identity", "normal(1)", {"units": 2, "depth": 40}, "Layers of 2 units did it", "×1"),
        ("leaky_relu(0.9)", "normal(1.05)", {"units": 2, "depth": 40}, "Layers of 2 u", "×1.05"),
        ("identity", "normal(0.5)", {"units": 64}, "The weights did it", ""),
        ("leaky_relu(0.9)", "normal(2)", {"units": 64, "depth": 20}, "The weights did it", ""),
        ("relu", "lecun_normal", {"units": 64, "depth": 40}, "f′ did it", ""),
        ("identity", "normal", {"units": 16, "depth": 200}, "Of the gradient", ""),
    ],
)
def test_the_cause_tells_what_weights_and_slopes_were_seen_to_do(
    name: str, init: str, changes: dict[str, int], culprit: str, wide: str
) -> None:
    setup = network(name, init, batch=32, **changes)
    by_weights, by_slopes = factors(setup)
    cause = found(setup).cause
    assert cause.startswith(culprit)
    shares = f"a layer, the weights make {rate(math.log10(by_weights))} and f′ "
    assert f"{shares}{rate(math.log10(by_slopes))}." in cause
    if wide:
        assert cause.endswith(f"In wide layers such weights make {wide}.")
    else:
        assert "In wide layers" not in cause
    if name == "identity":
        assert by_slopes == 1.0
        assert "f′ did it" not in cause


def test_where_one_layer_is_narrow_it_is_told_how_narrow() -> None:
    """What a layer of one unit makes scatters: with other seeds the ends agree."""
    setups = (
        network("identity", "normal", units=(64, 1, 1, 64), depth=3, threshold=0.5, seed=seed)
        for seed in range(20)
    )
    bad = [one for one in map(found, setups) if one.kind is not Kind.HEALTHY]
    assert any(one.cause.startswith("Widths down to 1 unit did it") for one in bad)
    assert not any("f′ did it" in one.cause for one in bad)


def test_biases_kill_rectified_units_and_the_verdict_says_how_many_and_where() -> None:
    setup = network("relu", "normal(1, 6)", depth=30, units=12)
    finding = found(setup)
    dead = [float(row["dead"]) for row in VIEW.table(last(setup))]  # type: ignore[arg-type]
    worst = max(range(30), key=lambda at: dead[at])
    assert 0.5 < dead[worst] < 1.0
    percentage = f"{100 * dead[worst]:.0f}"
    assert f"Up to {percentage} % of the units are dead, in layer {worst + 1}." in finding.evidence


def test_a_layer_whose_units_are_all_dead_is_named() -> None:
    setup = network("relu", "normal(1, 3)", depth=60, units=2, batch=2, seed=1)
    finding = found(setup)
    rows = VIEW.table(last(setup))
    dead = [int(row["layer"]) for row in rows if row["dead"] == 1.0]  # type: ignore[arg-type]
    assert finding.kind is Kind.DEAD
    assert "none of the loss's gradient arrives at the input" in finding.sentence
    assert f"All units of layer {dead[0]}, the first of {len(dead)} such, are" in finding.cause


def test_at_the_critical_point_tanh_is_healthy_and_needs_no_remedy() -> None:
    finding = found(network("tanh", "critical", depth=30))
    assert finding.kind is Kind.HEALTHY
    assert finding.remedy is None
    assert finding.cause.startswith("Of the gradient, a layer, the weights make ×1 and f′ ×0.94.")


def test_a_signal_that_collapses_or_explodes_is_told() -> None:
    down = found(network("relu", "normal(0.3)", depth=20)).evidence
    assert "Forward, the signal collapses: |a| goes from 0." in down
    assert "the signal explodes" in found(network("relu", "normal(5)", depth=20)).evidence


@pytest.mark.parametrize(("f", "culprit"), [("relu", "f′ did it"), ("relu6", "f′ did it")])
def test_the_same_cause_has_the_same_words(f: str, culprit: str) -> None:
    """At |z| < 6 relu6 is relu: what is off there is no saturation."""
    one = found(network(f, "lecun_normal", depth=40, units=64, batch=32))
    assert one.cause == f"{culprit}: a layer, the weights make ×0.997358 and f′ ×0.7."
    assert "flat" not in one.evidence  # about half of the values are so by design
    assert one.evidence.endswith("Forward, the signal collapses: |a| goes from 0.74 to 3.2e-7.")


def test_the_first_layer_that_is_dead_is_named_and_not_the_last() -> None:
    setup = network("relu", "kaiming_normal", depth=10, units=2, batch=32)
    finding = found(setup)
    dead = [int(row["layer"]) for row in VIEW.table(last(setup)) if row["dead"] == 1.0]  # type: ignore[arg-type]
    assert dead[0] < dead[-1] == 10
    assert f"All units of layer {dead[0]}, the first of {len(dead)} such," in finding.cause
    assert "where f′ = 0, for z < 0." in finding.cause


def stopped_inputs(setup: Setup) -> int:
    """The inputs whose gradient is exactly zero, row by row in plain floats."""
    (name,), (init,) = setup.activations, setup.network.init
    f, slope, _ = PLAIN[name]
    seed = int(np.random.SeedSequence([setup.seed, 3, 1]).generate_state(1)[0])
    weights, _ = random_network([setup.network.units] * (setup.depth + 1), init, name, seed)
    rng = np.random.default_rng([setup.seed, 4, 1])
    a = setup.x * rng.standard_normal((setup.network.batch, setup.network.units))
    g = rng.standard_normal(a.shape)
    slopes = []
    for w in weights:
        slopes.append(slope(a @ w.T))
        a = f(a @ w.T)
    for w, d in zip(reversed(weights), reversed(slopes), strict=True):
        g = (g * d) @ w
    return int((g == 0.0).all(axis=1).sum())


@pytest.mark.parametrize("seed", range(8))
def test_inputs_that_get_exactly_nothing_are_counted_and_most_of_them_are_a_verdict(
    seed: int,
) -> None:
    setup = network("relu", "normal(1.414)", depth=8, units=3, batch=32, seed=seed)
    nothing, finding = stopped_inputs(setup), found(setup)
    assert inside(setup).flow.dead_rows[0] == nothing
    assert (finding.kind is Kind.DEAD) == (nothing > 16 or inside(setup).log10_ratio == -math.inf)
    if 16 < nothing < 32:
        assert f"dead for {nothing} of 32 inputs: none of their" in finding.sentence
    elif 0 < nothing <= 16:
        assert f"Of 32 inputs {nothing} get exactly nothing." in finding.evidence
    elif not nothing:
        assert "inputs" not in finding.text


def test_a_signal_that_collapses_is_a_verdict_though_the_gradient_does_not_yet() -> None:
    finding = found(network("tanh", "normal(0.5)", depth=5, units=64, batch=32))
    assert finding.kind is Kind.VANISHING
    assert "vanishing forward: |a| goes from 0.41 to 0.025 and on, ×0.5 a layer" in finding.sentence
    assert "though ×0.024 of the loss's gradient arrives at the input" in finding.sentence
    assert finding.remedy is not None


@pytest.mark.parametrize(
    ("f", "init", "depth"),
    [("tanh", "critical", 30), ("tanh", "critical", 200), ("relu", "normal(1.414)", 40),
     ("gelu", "normal(1.44)", 20), ("tanh", "orthogonal(1)", 100)],
)  # fmt: skip
def test_a_signal_that_fades_ever_slower_or_stays_is_no_verdict(
    f: str, init: str, depth: int
) -> None:
    """At a critical point |a| goes like 1/√l: from layer 1 to 200 that is a factor of 14."""
    finding = found(network(f, init, depth=depth, units=256, batch=4))
    assert finding.kind is Kind.HEALTHY
    assert "collapses" not in finding.text


@pytest.mark.parametrize(("sigma_w", "verdict"), [(2.0, False), (3.1, True)])
def test_where_a_third_of_the_values_is_flat_that_is_a_verdict(
    sigma_w: float, verdict: bool
) -> None:
    """tanh′ < 0.01 where |z| > 2.993: of z ~ N(0, σw²) that is 13 % and 33 %."""
    setup = network("tanh", f"normal({sigma_w})", depth=6, units=256, batch=64)
    finding = found(setup)
    first = float(VIEW.table(last(setup))[0]["flat"])  # type: ignore[arg-type]
    assert first == pytest.approx(math.erfc(2.993 / sigma_w / math.sqrt(2)), abs=0.02)
    assert (finding.kind is Kind.VANISHING) == verdict
    assert ("vanishing in part" in finding.sentence) == verdict
    assert (finding.kind is Kind.HEALTHY) != verdict


def test_what_a_rectifier_has_off_by_design_is_no_verdict() -> None:
    finding = found(network("relu", "normal(1.414)", depth=10, units=128))
    assert finding.kind is Kind.HEALTHY
    assert "flat" not in finding.text


@pytest.mark.parametrize(
    ("name", "share"),
    [("relu", 0.5), ("tanh", 0.00276), ("hardtanh", 0.3173), ("softshrink", 0.3829)],
)
def test_what_is_flat_by_design_is_what_the_normal_distribution_says(
    name: str, share: float
) -> None:
    """erfc(2.993/√2), 1 - erf(1/√2), erf(0.5/√2)."""
    assert inside(network(name, "normal(1)", depth=1)).flat_by_design == pytest.approx(
        share, abs=1e-3
    )


def test_a_dip_on_the_way_is_a_verdict_though_the_ends_agree() -> None:
    one = inside(network("tanh", "critical", depth=12))
    log10 = np.zeros(13)
    log10[4] = -6.0
    dipped = replace(one, flow=replace(one.flow, log10_grad_hidden=log10))
    finding = VIEW.finding(ComparedNetworks((one.subject,), (dipped,)), one.subject.name)
    assert finding is not None
    assert finding.kind is Kind.VANISHING
    assert (
        "on the way: layer 4 gets ×1e-6 of the loss's gradient, though all of" in finding.sentence
    )


def test_a_remedy_was_tried_and_its_command_leads_to_a_healthy_network() -> None:
    setup = network("tanh", "pytorch_linear", depth=30)
    remedy = found(setup).remedy
    assert remedy is not None
    assert found(remedy.applied(setup)).kind is Kind.HEALTHY


def test_zero_weights_are_named() -> None:
    finding = found(network("tanh", "normal(0)", depth=3))
    assert (finding.kind, finding.cause[:18]) == (Kind.DEAD, "The weights are 0.")


# ----------------------------------------------------------------- comparisons


def test_initialisations_are_compared_each_with_a_row_and_a_verdict() -> None:
    inits = ("pytorch_linear", "kaiming_normal", "critical")
    setup = network("relu", "critical").with_(init=inits, focus="kaiming_normal", layer=5)
    result = last(setup)
    head, *rows = [row_text(one) for one in VIEW.readout(result, setup, 80)]
    assert head.split() == ["layer", "5", "z", "flat", "dead", "|a|", "|∂L/∂a|", "σw"]
    wide = row_text(VIEW.readout(result, setup, 100)[0])
    assert wide.split()[-3:] == ["per", "layer", "σw"]
    assert [line.split()[-1] for line in rows] == ["0.577", "1.41", "1.41"]
    assert [line.split()[2] for line in rows] == list(inits)
    assert [VIEW.finding(result, name).subject for name in inits] == list(inits)  # type: ignore[union-attr]
    assert "kaiming_normal" in VIEW.finding(result, VIEW.focused(setup)).sentence  # type: ignore[union-attr]
    # For ReLU the critical σw² is He's 2: the same weights, the same numbers.
    assert rows[1].split()[3:] == rows[2].split()[3:]


def test_the_readout_says_what_the_table_says_of_the_cursors_layer() -> None:
    setup = network("tanh", "normal(4)", layer=7)
    result = last(setup)
    row = VIEW.table(result)[6]
    (_, line) = [row_text(one) for one in VIEW.readout(result, setup, 80)]
    assert f"± {row['z_spread']:.2g}" in line
    assert f"{100 * float(row['flat']):.0f}%" in line  # type: ignore[arg-type]
    rms = 10.0 ** float(row["log10_hidden"]) / math.sqrt(16 * 48)  # type: ignore[arg-type]
    assert f"{rms:.2f}" in line


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_readout_fits_with_six_of_them(width: int) -> None:
    names = ("sigmoid", "tanh", "relu", "gelu", "sin", "leaky_relu(0.25)")
    setup = network("tanh", "kaiming_normal").with_(activations=names)
    rows = VIEW.readout(last(setup), setup, width)
    assert len(rows) == 7
    assert max(len(row_text(one)) for one in rows) <= width


# ----------------------------------------------------------------- the picture


def test_the_slope_stands_over_the_spreads_of_the_layers_on_one_axis() -> None:
    setup = network("tanh", "normal(2)", layer=4)
    lines = drawn(setup)
    assert lines[0].strip() == "|f′(z)| over z in every layer"
    assert lines[1].split("│")[0].strip() == "1"  # max tanh′
    assert lines[3].split("│")[0].strip() == "z₄"
    cells = [line[7 : 7 + lines[1].rindex("│") - 7] for line in lines[1:-1]]
    peak = [at for at, cell in enumerate(cells[0]) if cell == max(cells[0])]
    middle = (len(cells[0]) - 1) / 2
    assert sum(peak) / len(peak) == middle  # tanh′ is largest at z = 0, the middle of the axis
    assert lines[-1].split("└")[1].index("0") == int(middle)
    numbers = [line[:6].replace("▸", "").strip() for line in lines[5:-1]]
    assert numbers[0] == "1"
    assert numbers[-1] == "12"
    assert [line[:6].split()[-1] for line in lines if line.startswith("▸")] == ["4"]
    assert all("█" in cell for cell in cells[4:])


def test_each_row_has_the_shares_and_both_signals() -> None:
    setup = network("tanh", "pytorch_linear", depth=6)
    table = VIEW.table(last(setup))
    lines = drawn(setup)
    assert lines[-8].split("│")[-1].split() == ["flat", "dead", "▷|a|", "◁|∂L/∂a|"]
    for line, row in zip(lines[-7:-1], table, strict=True):
        beside = line.split("│")[-1]
        assert beside.split()[0] == share_text(float(row["flat"]))  # type: ignore[arg-type]
        assert ("▷" in beside and "◁" in beside) or "◇" in beside
    rows = [line.split("│")[-1] for line in lines[-7:-1]]
    gradient = [row.index("◁") for row in rows if "◁" in row]
    assert gradient == sorted(gradient)  # the gradient falls from the loss at the bottom to layer 1
    assert len(gradient) >= 4


@pytest.mark.parametrize("size", [(28, 8), (36, 10), (56, 13), (90, 28), (170, 50)])
@pytest.mark.parametrize("name", ["tanh", "relu", "sin", "relu_squared", "identity"])
@pytest.mark.parametrize("depth", [1, 2, 12])
def test_the_picture_has_its_size(name: str, size: tuple[int, int], depth: int) -> None:
    setup = network(name, "normal(3, 1)", depth=depth, units=8)
    picture = VIEW.draw(last(setup), setup, Size(*size), "braille")
    assert {len(row_text(one)) for one in picture.rows} == {size[0]}
    assert picture.height == size[1]


def test_in_ascii_nothing_is_lost_but_finesse() -> None:
    setup = network("tanh", "normal(2)")
    unicode = VIEW.draw(last(setup), setup, PANE, "braille").text
    text = to_ascii(unicode)
    assert text.isascii()
    assert "?" not in text
    by_marker = VIEW.draw(last(setup), setup, PANE, "ascii").text
    assert not set(by_marker) & set("▁▂▃▄▅▆▇█░▒▓")
    assert set(text) >= set(".:%#")
    assert text.count("#") > 50


def test_z_far_beyond_where_the_slope_bends_counts_at_the_edge_and_the_edge_says_so() -> None:
    setup = network("tanh", "normal(50)")
    lines = drawn(setup)
    assert lines[-2].count("‹") == lines[-2].count("›") == 1
    one = inside(setup)
    cells = np.linspace(*z_limits(one, 1), 24)
    shares = spread(one, 12, cells)
    z = one.histograms
    beyond = np.abs(z.edges[11, :-1]) > z_limits(one, 1)[1]
    assert shares.sum() == pytest.approx(1.0)
    assert shares[0] + shares[-1] >= z.counts[11][beyond].sum() / z.counts[11].sum() - 0.05


def test_the_axis_of_a_function_that_bends_stays_when_the_cursor_moves() -> None:
    one = inside(network("tanh", "pytorch_linear", depth=30))
    assert len({z_limits(one, layer) for layer in range(1, 31)}) == 1
    assert z_limits(one, 30)[1] > 2.0  # although z is some 0.1 there: the bend is in sight


def test_where_nothing_bends_the_axis_follows_layers_that_are_decades_apart() -> None:
    one = inside(network("relu", "normal(0.2)", depth=30))
    assert z_limits(one, 1)[1] > 1e3 * z_limits(one, 30)[1]


@pytest.mark.parametrize("layer", range(1, 31))
@pytest.mark.parametrize("count", [1, 2, 7, 30])
def test_the_layers_that_are_shown_have_the_cursors_among_them(count: int, layer: int) -> None:
    shown = shown_layers(30, count, layer)
    assert layer in shown
    assert shown == sorted(set(shown))
    assert len(shown) == count
    if count > 2:
        assert (shown[0], shown[-1]) == (1, 30)


def test_shares_are_told_in_four_cells() -> None:
    assert [share_text(one) for one in (0.0, 0.004, 0.41, 0.996, 1.0, math.nan)] == [
        "0", "<1%", "41%", ">99%", "100%", "-"
    ]  # fmt: skip


# ------------------------------------------------------------------- progress


def test_a_healthy_network_is_one_result() -> None:
    (result,) = VIEW.results(network("tanh", "critical"), unwatched)
    assert [layers.subject.name for layers in result.networks] == ["tanh"]


def test_a_slow_one_tells_its_progress_and_the_view_what_it_waits_for() -> None:
    setup = network("tanh", "pytorch_linear", depth=200)
    shares: list[float] = []
    first, *_ = VIEW.results(setup, shares.append)
    assert shares == sorted(shares)
    assert len(set(shares)) > 5
    assert 0.0 <= shares[0] < 0.01
    assert 0.5 < shares[-1] <= 1.0
    assert VIEW.waiting(setup) == "Drawing and running 200 layers of 48 units …"
    assert first.networks[0].remedy is None


def test_who_does_not_want_it_any_more_stops_it() -> None:
    def stop(share: float) -> None:
        if share > 0.1:
            raise Stopped

    with pytest.raises(Stopped):
        next(VIEW.results(network("tanh", "critical", depth=200), stop))


def test_a_network_that_was_not_run_yet_is_waited_for() -> None:
    setup = network("tanh", "critical").with_(activations=("tanh", "relu"))
    first = next(VIEW.results(setup, unwatched))
    moved = setup.with_(focus="relu")
    assert VIEW.key(moved) == VIEW.key(setup)
    assert "12 layers of 48 units" in VIEW.draw(first, moved, PANE, "braille").text
    assert VIEW.finding(first, "relu") is None
    assert row_text(VIEW.readout(first, moved, 80)[2]).split() == ["b", "…", "relu"]


def test_the_focused_network_is_run_first() -> None:
    setup = network("tanh", "critical").with_(activations=("tanh", "relu"), focus="relu")
    firsts = [result.networks[0].subject.name for result in VIEW.results(setup, unwatched)]
    assert set(firsts) == {"relu"}
    assert [row["activation"] for row in VIEW.table(last(setup))] == ["tanh"] * 12 + ["relu"] * 12


# ------------------------------------------------------------------ the command


def test_csv_and_json_hold_the_same_rows() -> None:
    words = ("layers", "tanh", "--depth", "4", "--units", "8", "--init", "normal(0)")
    table = list(csv.DictReader(io.StringIO(command(*words, "--csv").out)))
    record = json.loads(command(*words, "--json").out)
    assert [row["layer"] for row in record["rows"]] == [1, 2, 3, 4]
    for text, row in zip(table, record["rows"], strict=True):
        assert list(text) == list(row)
        assert text["log10_hidden"] == "-inf"
        assert row["log10_hidden"] is None
        assert float(text["flat"]) == row["flat"] == 0.0
    assert record["findings"][0]["verdict"] == "dead"
    assert record["setup"]["init"] == "normal(sigma_w=0)"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--units 0", "units"),
        ("--batch 0", "batch"),
        ("--depth 20000", "at most 10,000 for a network"),
        ("--layer 31", "a layer from 1 to 30"),
        ("--init nonsense", "a known initialisation"),
        ("--units 4096 --depth 10000", "batch: 32 is not at most 1 with 40,964,096 units in all"),
        ("--init critical --activations softplus", "critical"),
        ("--activations tanh,relu --init critical,orthogonal", "one initialisation"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(words: str, said: str) -> None:
    done = command("layers", *words.split())
    assert done.status == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_too_deep_a_network_is_an_input_error() -> None:
    with pytest.raises(InputError, match="at most 10,000"):
        last(network("tanh", "critical", depth=10_001))


def test_stronger_weights_are_tried_before_another_activation() -> None:
    one = Setup.of(activations=("gelu",), model="network", depth=29, init=("kaiming_normal",))
    *_, result = VIEWS["layers"].results(one, unwatched)
    (network,) = result.networks
    assert network.remedy is not None
    assert set(network.remedy.changes) == {"init"}
