"""The spectrum view: what its histograms count, what it concludes, and how it stops."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shlex
from dataclasses import replace

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.initialisation.draw import random_network
from gradtui.mathematics.network.spectrum import Spectrum, jacobian_spectrum
from gradtui.models import MODELS
from gradtui.models.finding import Finding, Kind
from gradtui.plots.ascii import to_ascii
from gradtui.plots.picture import row_text
from gradtui.progress import Stopped, unwatched
from gradtui.setup import Setup
from gradtui.views.spectrum import VIEW
from gradtui.views.spectrum.ensembles import (
    Pool,
    Spectra,
    depths_of,
    kind_of,
    networks_of,
    pair_of,
    shown_depth,
    spectra_of,
)
from gradtui.views.spectrum.study import MAX_UNITS
from gradtui.views.view import Size
from support.commands import run as command

SIZE = Size(80, 20)


def setup(**changes: object) -> Setup:
    small = {"depth": 20, "units": 16, "networks": 3, "layer": 20}
    return VIEW.default_setup.with_(**{**small, **changes}).clamped().checked()


def last(one: Setup) -> Spectra:
    *_, result = VIEW.results(one, unwatched)
    return result


def finding_of(result: Spectra, name: str) -> Finding:
    found = VIEW.finding(result, name)
    assert found is not None
    return found


def lines(result: Spectra, one: Setup, size: Size = SIZE) -> list[str]:
    return [row_text(each) for each in VIEW.draw(result, one, size, "braille").rows]


# ---------------------------------------------------------------- the numbers


def test_gaussian_and_orthogonal_networks_share_sigma_w_and_sigma_b() -> None:
    (pair,) = last(setup(init=("kaiming_normal(gain=1.5)",), networks=1)).pairs
    assert [ensemble.recipe.spec for ensemble in pair.ensembles] == [
        "kaiming_normal(gain=1.5)",
        "orthogonal(gain=1.5)",
    ]
    (pair,) = last(setup(init=("normal(sigma_w=1.2, sigma_b=0.3)",), networks=1)).pairs
    assert pair.ensembles[1].recipe.spec == "orthogonal(gain=1.2, sigma_b=0.3)"
    assert pair.chosen is pair.ensembles[0]
    (pair,) = last(setup(init=("orthogonal(gain=1.2, sigma_b=0.3)",), networks=1)).pairs
    assert pair.ensembles[0].recipe.spec == "normal(sigma_w=1.2, sigma_b=0.3)"
    assert pair.chosen is pair.ensembles[1]


LISTS = [(2, 512), (8, 16, 32, 64, 128, 256, 512)]


@pytest.mark.parametrize("units", LISTS)
def test_orthogonal_layers_that_grow_keep_every_direction_exactly(units: tuple[int, ...]) -> None:
    """As `torch.nn.init.orthogonal_` has it: WᵀW is the identity."""
    depth = len(units) - 1
    one = setup(
        activations=("identity",),
        init=("orthogonal",),
        units=units,
        depth=depth,
        layer=depth,
        threshold=0.1,
    )
    result = last(one)
    pool = result.pairs[0].chosen.at(depth)
    assert pool is not None
    assert pool.log10.shape == (3 * units[0],)
    assert np.abs(pool.log10).max() < 1e-9
    found = finding_of(result, "identity")
    assert found.kind is Kind.HEALTHY
    assert "critical" not in found.cause  # which is said of square layers


@pytest.mark.parametrize(
    "init", ["xavier_normal", "pytorch_linear", "lecun_normal", "orthogonal", "siren(omega=30)"]
)
def test_the_chosen_networks_are_those_of_the_recipe_itself(init: str) -> None:
    units = (10, 40, 10)
    one = setup(init=(init,), units=units, depth=2, layer=2, networks=1)
    pool = last(one).pairs[0].chosen.at(2)
    assert pool is not None
    seed = int(np.random.SeedSequence([one.seed, 3, 1]).generate_state(1)[0])
    x = np.random.default_rng([one.seed, 4, 1]).standard_normal(10)
    by_hand = jacobian_spectrum("tanh", *random_network(units, init, "tanh", seed), x)
    np.testing.assert_array_equal(pool.log10, by_hand.log10_singular_values)


def test_the_other_networks_have_the_same_sigma_w_in_each_layer() -> None:
    """In the mean over their entries, the weights of both are of the same size."""
    units = (10, 200, 10)
    for init, kinds in (
        ("xavier_normal", ("Gaussian", "orthogonal")),
        ("orthogonal(gain=1.3)", ("Gaussian", "orthogonal")),
        ("glorot_normal", ("truncated", "orthogonal")),
        ("xavier_uniform", ("uniform", "orthogonal")),
    ):
        pair = pair_of(MODELS["network"].subjects(setup(init=(init,), units=units, depth=2))[0])
        assert tuple(ensemble.weights for ensemble in pair.ensembles) == kinds
        one, other = (
            random_network(units, ensemble.recipe, "tanh", 1).weights
            for ensemble in (pair.chosen, pair.other)
        )
        for w, v in zip(one, other, strict=True):
            assert np.mean(w * w) == pytest.approx(np.mean(v * v), rel=0.15)


def test_an_orthogonal_network_of_the_sigma_w_of_xavier_is_pytorch_s() -> None:
    """0.269 of 300 networks: `orthogonal_(w, gain=√(2 max(n, m) / (n + m)))`, jacobian, svdvals."""
    one = setup(init=("xavier_normal",), units=(10, 200, 10), depth=2, layer=2, networks=100)
    result = last(one)
    median = {each.weights: 10 ** each.at(2).median for each in result.pairs[0].ensembles}  # type: ignore[union-attr]
    assert median["orthogonal"] == pytest.approx(0.269, rel=0.06)
    assert median["Gaussian"] == pytest.approx(0.260, rel=0.06)
    assert "orthogonal ones of the same σw in each layer by" in finding_of(result, "tanh").cause
    assert "σw 0.31-1.38" in lines(result, one)[0]
    assert {row["init"] for row in VIEW.table(result)} == {
        "xavier_normal",
        "orthogonal(gain=1.380131119)",  # the one gain that gives both layers theirs
    }
    one = one.with_(units=(10, 200, 40), networks=1)
    assert {row["init"] for row in VIEW.table(last(one))} == {
        "xavier_normal",
        "orthogonal of each layer's σw in xavier_normal",
    }


def test_an_orthogonal_linear_network_keeps_every_direction_and_a_gaussian_one_does_not() -> None:
    one = setup(activations=("identity",), depth=50)
    (pair,) = last(one).pairs
    gaussian, orthogonal = (ensemble.at(50) for ensemble in pair.ensembles)
    assert gaussian is not None
    assert orthogonal is not None
    assert np.abs(orthogonal.log10).max() < 1e-9
    assert orthogonal.surviving(one.threshold) == 1.0
    assert gaussian.condition > 20
    assert gaussian.surviving(one.threshold) < 0.6


def test_networks_are_pooled_and_each_depth_has_all_of_them() -> None:
    one = setup()
    (pair,) = last(one).pairs
    for ensemble in pair.ensembles:
        assert tuple(ensemble.spectra) == depths_of(20) == (1, 2, 5, 10, 20)
        assert {len(found) for found in ensemble.spectra.values()} == {3}
        pool = ensemble.at(20)
        assert pool is not None
        assert pool.log10.shape == (3 * 16,)


def test_a_spectrum_is_that_of_a_network_drawn_by_hand() -> None:
    """The same recipe, the same seed and input as the network of this number."""
    one = setup(depth=5)
    (subject,) = MODELS["network"].subjects(one)
    found = list(spectra_of(subject, 1, unwatched))
    seed = int(np.random.SeedSequence([one.seed, 3, 1]).generate_state(1)[0])
    x = np.random.default_rng([one.seed, 4, 1]).standard_normal(16)
    expected = jacobian_spectrum("tanh", *random_network([16] * 6, "normal", "tanh", seed), x)
    np.testing.assert_array_equal(found[-1].log10_singular_values, expected.log10_singular_values)


def test_the_median_leaves_exact_zeros_out_and_counts_them_apart() -> None:
    (pair,) = last(setup(activations=("relu",), depth=3)).pairs
    pool = pair.ensembles[0].at(3)
    assert pool is not None
    assert 0.3 < pool.dead < 0.9
    assert math.isfinite(pool.median)
    assert math.isfinite(pool.condition)
    assert pool.surviving(1e-300) == pytest.approx(1.0 - pool.dead)


def test_more_networks_than_there_is_time_for_are_not_drawn() -> None:
    assert networks_of(setup(networks=7)) == 7
    assert networks_of(setup(networks=10_000, units=256, depth=1000)) == 1


def test_depths_are_round_and_end_with_the_last() -> None:
    assert depths_of(1) == (1,)
    assert depths_of(3) == (1, 2, 3)
    assert depths_of(100) == (1, 2, 5, 10, 20, 50, 100)
    assert depths_of(1000)[-1] == 1000


# ------------------------------------------------------------------- running


def test_there_is_a_picture_at_once_and_each_is_better_than_the_last() -> None:
    one = setup(networks=2)
    shares: list[float] = []
    results = list(VIEW.results(one, shares.append))
    for size in (Size(80, 20), Size(40, 8)):
        assert len(lines(results[0], one, size)) == size.height
    counts = [sum(len(e.spectra) for p in r.pairs for e in p.ensembles) for r in results]
    assert counts == sorted(counts)
    assert len({id(result) for result in results}) == len(results)
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] < 0.1
    assert 0.95 <= shares[-1] <= 1.0
    assert finding_of(results[0], "tanh").sentence.endswith("drawing the first network.")


def test_it_can_be_stopped_between_any_two_layers() -> None:
    one = setup(depth=1000, units=64)
    seen: list[float] = []

    def stopping(share: float) -> None:
        seen.append(share)
        if len(seen) == 10:
            raise Stopped

    with pytest.raises(Stopped):
        list(VIEW.results(one, stopping))
    assert seen[-1] < 0.05


def test_of_many_networks_there_is_a_picture_whenever_they_are_twice_as_many() -> None:
    one = setup(networks=6, depth=2, layer=2, activations=("identity",), init=("orthogonal",))
    counts = [
        len(result.pairs[0].ensembles[0].spectra.get(2, ()))
        for result in VIEW.results(one, unwatched)
    ]
    assert counts == [0, 0, 1, 1, 1, 2, 4, 6]


def test_the_same_setup_gives_the_same_numbers() -> None:
    first, again, other = (list(VIEW.table(last(setup(**of)))) for of in ({}, {}, {"seed": 1}))
    assert first == again != other


# ------------------------------------------------------------------- picture


def by_hand(one: Setup) -> Spectra:
    """Four directions through two layers, their singular values made up."""

    def spectrum(depth: int, *values: float) -> Spectrum:
        return Spectrum(depth, np.array(values, float))

    pair = pair_of(*MODELS["network"].subjects(one))
    gaussian = pair.ensembles[0].with_(spectrum(1, 0, 0, -1, -2)).with_(spectrum(2, 0, -2, -4, -8))
    orthogonal = pair.ensembles[1].with_(spectrum(1, 0, 0, 0, 0))
    orthogonal = orthogonal.with_(spectrum(2, 0, 0, -1, -np.inf))
    return Spectra(one, (replace(pair, ensembles=(gaussian, orthogonal)),))


def test_every_depth_is_a_histogram_of_all_its_values() -> None:
    """The longest bar of a depth fills its strip; what is exactly 0 is a share in the last line."""
    one = setup(depth=2, layer=2, units=4)
    assert lines(by_hand(one), one, Size(50, 14))[1:] == [
        "      ┌ Gaussian ──────────┐┌ orthogonal ────────┐",
        "     1│█████████╌█████████╌││█████████╌█████████╌│",
        "      │████▌               ││          ████▌     │",
        "      │████▌     █████████ ││                    │",
        " 0.001│╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌││╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌│",
        "      │          █████████ ││                    │",
        "  1e-5│                    ││                    │",
        "      │                    ││                    │",
        "      │                    ││                    │",
        "      │          █████████ ││                    │",
        "     0┤0%        0%        │┤0%        25%       │",
        "      └────────────────────┘└────────────────────┘",
        "        1        [2]          1        [2]        ",
    ]


def test_the_readout_has_the_ends_the_median_the_condition_and_the_shares() -> None:
    """Of four values the median of -2 and -4 is -3: 0.001, which two of them reach."""
    one = setup(depth=2, layer=2, units=4)
    assert [row_text(row) for row in VIEW.readout(by_hand(one), one, 82)] == [
        " depth 2     smallest             largest     median median cond.  survive   zero",
        " Gaussian        1e-8 █    █  █ █ 1            0.001          1e8     50 %    0 %",
        " orthogonal       0.1 ▄         █ 1                1           10     75 %   25 %",
    ]


def test_a_gaussian_linear_network_spreads_with_depth_and_an_orthogonal_one_stays() -> None:
    one = setup(activations=("identity",))
    rows = lines(last(one), one)
    inside = [row.split("│")[1::2] for row in rows if row.count("│") == 4]
    for panel, least in ((0, 5), (1, 1)):
        wide = len(inside[0][panel]) // 5
        filled = [
            sum(bool(halves[panel][at * wide :][: wide - 1].strip(" ╌")) for halves in inside)
            for at in range(5)
        ]
        assert filled == sorted(filled)
        assert filled[-1] >= least
        assert panel == 0 or filled == [1] * 5


def test_the_axis_has_decades_and_names_sigma_1_and_the_threshold() -> None:
    one = setup(depth=10, layer=10)
    rows = lines(last(one), one)
    assert rows[0].startswith(
        "       singular values of ∂a/∂x by depth  tanh  σw 1, σb 0  3 networks"
    )
    assert "┌ Gaussian ─" in rows[1]
    assert "┌ orthogonal ─" in rows[1]
    labels = [row[:6].strip() for row in rows]
    assert "1" in labels
    assert "0.001" in labels
    assert any(re.fullmatch(r"1e-\d+", label) for label in labels)
    assert re.search(r" 1 +2 +5 +\[10\] +1 +2 +5 +\[10\]", rows[-1])


def test_exact_zeros_have_a_line_of_their_own() -> None:
    one = setup(activations=("relu",), depth=5, layer=5)
    rows = lines(last(one), one)
    (zero,) = [row for row in rows if row.startswith("     0┤")]
    assert len(re.findall(r"\d+%", zero)) == 6
    assert not [row for row in lines(last(setup()), setup()) if row.startswith("     0┤")]


def test_where_there_is_no_room_for_every_depth_the_cursor_s_and_the_last_stay() -> None:
    one = setup(depth=1000, layer=10, units=4, networks=1)
    result = last(one)
    for width in (40, 52, 80, 120):
        labels = lines(result, one, Size(width, 12))[-1]
        assert labels.count("[10]") == 2
        assert labels.count("1000") == (2 if width > 40 else labels.count("1000"))


@pytest.mark.parametrize("size", [Size(40, 8), Size(52, 15), Size(80, 24), Size(200, 60)])
def test_the_picture_has_exactly_its_size_also_in_ascii(size: Size) -> None:
    one = setup(activations=("relu",))
    result = last(one)
    drawn = lines(result, one, size)
    assert [len(row) for row in drawn] == [size.width] * size.height
    assert all(to_ascii(row).isascii() and "?" not in to_ascii(row) for row in drawn)


# ------------------------------------------------------------------- readout


def test_the_readout_is_for_the_depth_at_the_cursor() -> None:
    one = setup()
    result = last(one)
    for layer, depth in ((1, 1), (4, 5), (12, 10), (20, 20)):
        at = one.with_(layer=layer)
        assert shown_depth(at) == depth
        head, gaussian, orthogonal = (row_text(row) for row in VIEW.readout(result, at, 80))
        assert head.startswith(f" depth {depth} ")
        assert gaussian.startswith(" Gaussian ")
        assert orthogonal.startswith(" orthogonal ")
        assert max(map(len, (head, gaussian, orthogonal))) <= 80


def test_the_readout_fits_a_narrow_terminal() -> None:
    one = setup()
    result = last(one)
    for width in (40, 60, 80, 120):
        for row in VIEW.readout(result, one, width):
            assert len(row_text(row)) <= max(width, 51)


def test_the_cursor_walks_from_spectrum_to_spectrum() -> None:
    one = setup(depth=100, layer=100)
    assert VIEW.walk(one, -1, False).layer == 50
    assert VIEW.walk(one, -1, True).layer == 1
    assert VIEW.walk(one, 1, False).layer == 100
    assert VIEW.walk(one.with_(layer=7), 1, False).layer == 10


# ------------------------------------------------------------------ findings


def test_gaussian_tanh_vanishes_at_the_critical_point_and_orthogonal_heals_it() -> None:
    one = setup(depth=100, units=32, layer=100)
    found = finding_of(last(one), "tanh")
    assert found.kind is Kind.VANISHING
    assert re.match(
        r"tanh with Gaussian weights vanishing: the median singular value through 100 layers is "
        r"\S+, and \S+ % of the directions keep 0.001 or more; healthy is a median above 0.001.$",
        found.sentence,
    )
    assert "orthogonal ones of the same σw" in found.cause
    assert "critical" not in found.cause  # σw is
    assert found.remedy is not None
    healed = found.remedy.applied(one)
    assert healed.network.init == ("orthogonal",)
    assert finding_of(last(healed), "tanh").kind is Kind.HEALTHY


def test_a_sigma_w_beside_the_critical_one_is_named() -> None:
    found = finding_of(last(setup(init=("normal(sigma_w=0.5)",))), "tanh")
    assert "σw = 0.5 is below the critical 1." in found.cause
    assert found.remedy is not None
    found = finding_of(last(setup(init=("normal(sigma_w=3)",))), "tanh")
    assert "σw = 3 is above the critical 1." in found.cause


def test_growing_directions_explode() -> None:
    one = setup(activations=("identity",), init=("orthogonal(gain=2)",))
    found = finding_of(last(one), "identity")
    assert found.kind is Kind.EXPLODING
    assert "identity with orthogonal weights exploding" in found.sentence
    assert "healthy is a median below 1000" in found.sentence
    assert found.remedy is not None


def test_nothing_but_zeros_is_dead() -> None:
    one = setup(activations=("relu",), units=4, depth=200, networks=1)
    result = last(one)
    found = finding_of(result, "relu")
    assert found.kind is Kind.DEAD
    assert "every singular value of ∂a/∂x at layer 200 is exactly 0" in found.sentence
    assert lines(result, one)


@pytest.mark.parametrize(
    ("units", "share", "told"),
    [
        ((100, 1, 100), 0.99, "99 % of the directions are exactly 0: layer 1 has 1 unit for the "),
        ((64, 64, 16), 0.75, "75 % of the directions are exactly 0: layer 2 has 16 units for the "),
    ],
)
def test_what_finds_no_room_in_a_narrow_layer_counts_among_the_directions(
    units: tuple[int, ...], share: float, told: str
) -> None:
    one = setup(activations=("identity",), units=units, depth=2, layer=2, networks=1)
    result = last(one)
    for ensemble in result.pairs[0].ensembles:
        pool = ensemble.at(2)
        assert pool is not None
        assert pool.dead == pytest.approx(share)
        assert pool.surviving(1e-3) == pytest.approx(1 - share)
    found = finding_of(result, "identity")
    assert f"{told}{units[0]} directions of the input." in found.cause
    assert "off" not in found.cause
    rows = [row for row in VIEW.table(result) if row["depth"] == 2]
    zeros = sum(row["log10_singular_value"] == -math.inf for row in rows)
    assert zeros / len(rows) == pytest.approx(share)
    (foot,) = (line for line in lines(result, one) if "0┤" in line)
    assert f"{100 * share:.0f}%" in foot


def test_directions_that_units_lose_are_told_from_those_that_a_narrow_layer_does() -> None:
    one = setup(activations=("relu",), units=(64, 32, 64), depth=2, layer=2, networks=1)
    pool = last(one).pairs[0].ensembles[0].at(2)
    assert pool is not None
    assert pool.dead > 0.5
    cause = finding_of(last(one), "relu").cause
    assert "50 % as layer 1 has 32 units for the 64 directions of the input, the others" in cause
    assert "the others end in units whose z is where f′ = 0, for z < 0." in cause
    wide = finding_of(last(setup(activations=("relu",), units=64, depth=2, networks=1)), "relu")
    assert "of the directions are exactly 0: they end in units whose z is" in wide.cause


def test_where_all_weights_are_0_no_unit_is_to_blame() -> None:
    units = (16,) * 20 + (4,)
    one = setup(activations=("identity",), init=("normal(0)",), networks=1, units=units)
    found = finding_of(last(one), "identity")
    assert found.kind is Kind.DEAD
    assert "100 % of the directions are exactly 0: σw = 0, and so are all weights." in found.cause
    assert "off" not in found.cause
    assert "layer" not in found.cause


def test_the_verdict_is_the_median_s_against_the_threshold() -> None:
    for median, kind in ((-3.1, Kind.VANISHING), (-2.9, Kind.HEALTHY), (2.9, Kind.HEALTHY),
                         (3.1, Kind.EXPLODING), (-math.inf, Kind.DEAD)):  # fmt: skip
        assert Pool([Spectrum(1, np.array([median]))]).kind(-3.0) is kind


DEAD = Spectrum(5, np.full(4, -np.inf))
ALIVE = Spectrum(5, np.array([0.0, -0.5, -np.inf, -np.inf]))
FAINT = Spectrum(5, np.array([-9.0, -9.5, -9.7, -np.inf]))


@pytest.mark.parametrize(
    ("spectra", "name", "kind"),
    [
        ([ALIVE] * 3 + [DEAD] * 2, "relu", Kind.HEALTHY),
        ([ALIVE] * 2 + [DEAD] * 3, "relu", Kind.DEAD),
        ([FAINT] + [DEAD] * 4, "relu", Kind.DEAD),
        ([FAINT] * 4 + [DEAD], "relu", Kind.VANISHING),
        ([ALIVE] * 2 + [DEAD] * 2, "relu", Kind.DEAD),  # half are not most
        ([ALIVE] * 5, "hardtanh", Kind.HEALTHY),  # half of the directions are not most
        ([ALIVE] * 4 + [DEAD], "hardtanh", Kind.DEAD),
        ([ALIVE] * 4 + [DEAD], "relu", Kind.HEALTHY),  # half of its units are off by design
    ],
)
def test_healthy_is_nothing_of_which_most_passes_nothing(
    spectra: list[Spectrum], name: str, kind: Kind
) -> None:
    (subject,) = MODELS["network"].subjects(setup(activations=(name,), units=4, depth=5))
    assert kind_of(Pool(spectra), subject) is kind


def test_directions_without_room_are_no_reason_not_to_be_healthy() -> None:
    units = (4, 1, 4)
    (subject,) = MODELS["network"].subjects(setup(activations=("hardtanh",), units=units, depth=2))
    narrow = Spectrum(2, np.array([0.0, -np.inf, -np.inf, -np.inf]))
    assert kind_of(Pool([narrow] * 3), subject) is Kind.HEALTHY


def test_networks_that_pass_nothing_are_counted() -> None:
    """Of one ReLU a layer 1/32 of the networks passes five layers."""
    result = last(setup(activations=("relu",), depth=5, units=1, networks=5))
    found = finding_of(result, "relu")
    dead = sum(not each.rank for each in result.pairs[0].chosen.spectra[5])
    assert found.kind is Kind.DEAD
    assert f"dead in {dead} of 5 networks ({5 - dead} healthy): there every" in found.sentence
    one = setup(activations=("relu",), depth=3, units=4, networks=20, init=("kaiming_normal",))
    result = last(one)
    dead = sum(not each.rank for each in result.pairs[0].chosen.spectra[3])
    found = finding_of(result, "relu")
    assert 0 < dead < 10
    assert found.kind is Kind.HEALTHY
    assert found.sentence.endswith(f"{dead} of 20 networks pass nothing.")


@pytest.mark.parametrize(
    ("name", "init", "units", "depth", "where"),
    [
        ("hardtanh", "normal(20)", 4, 10, "|z| > 1"),
        ("hardsigmoid", "normal(200)", 4, 6, "|z| > 3"),
        ("softshrink", "normal", 16, 30, "|z| < 0.5"),
        ("relu", "kaiming_normal", 16, 3, "z < 0"),
    ],
)
def test_where_units_pass_nothing_is_said_in_the_words_of_every_view(
    name: str, init: str, units: int, depth: int, where: str
) -> None:
    one = setup(activations=(name,), init=(init,), units=units, depth=depth, layer=depth)
    cause = finding_of(last(one), name).cause
    assert f"they end in units whose z is where f′ = 0, for {where}." in cause
    assert " off" not in cause


def test_several_activations_or_initialisations_have_a_verdict_each() -> None:
    both = setup(activations=("tanh", "sigmoid"), depth=5, networks=1)
    result = last(both)
    assert [finding_of(result, name).subject for name in VIEW.subjects(both)] == [
        "tanh",
        "sigmoid",
    ]
    assert "sigmoid" in lines(result, both.with_(focus="sigmoid"))[0]
    inits = setup(init=("normal", "orthogonal"), depth=50)
    result = last(inits)
    kinds = [finding_of(result, name).kind for name in VIEW.subjects(inits)]
    assert kinds == [Kind.VANISHING, Kind.HEALTHY]


# ----------------------------------------------------------- numbers, commands


WORDS = ("spectrum", "tanh", "--depth", "5", "--units", "8", "--networks", "2")


def test_the_table_has_a_row_for_every_singular_value() -> None:
    done = command(*WORDS, "--csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert len(rows) == 2 * 3 * 2 * 8  # families, depths, networks, values
    assert list(rows[0]) == ["activation", "weights", "init", "block", "without", "depth",
                             "network", "index", "log10_singular_value"]  # fmt: skip
    assert {row["weights"] for row in rows} == {"Gaussian", "orthogonal"}
    first = [float(row["log10_singular_value"]) for row in rows[:8]]
    assert first == sorted(first, reverse=True)


def test_json_has_the_verdict_and_null_for_an_exact_zero() -> None:
    record = json.loads(command(*WORDS, "--json").out)
    assert record["view"] == "spectrum"
    assert record["findings"][0]["verdict"] == "healthy"
    relu = json.loads(command("spectrum", "relu", *WORDS[2:], "--json").out)
    assert None in [row["log10_singular_value"] for row in relu["rows"]]


def test_the_command_that_is_offered_heals() -> None:
    done = command("spectrum", "tanh", "--depth", "60", "--units", "24", "--networks", "2")
    assert done.status == 0
    assert "✗ tanh with Gaussian weights vanishing" in done.out
    (offered,) = re.findall(r"^  try: gradtui (.*)$", done.out, re.MULTILINE)
    assert "✓ tanh with orthogonal weights healthy" in command(*shlex.split(offered)).out


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--units", str(MAX_UNITS + 1)), "units"),
        (("--depth", "10001"), "depth"),
        (("--units", "0"), "units"),
        (("--init", "othogonal"), "init"),
        (("--networks", "0"), "networks"),
        (("--layer", "6", "--depth", "5"), "layer"),
    ],
)
def test_bad_input_ends_in_one_line_that_says_what_is_allowed(
    words: tuple[str, ...], field: str
) -> None:
    done = command("spectrum", "tanh", *words)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith(f"gradtui: error: --{field}: ")
    assert done.err.count("\n") == 1


def test_an_activation_without_a_critical_point_says_so_when_it_is_asked_for() -> None:
    with pytest.raises(InputError) as caught:
        last(setup(activations=("gelu",), init=("critical",)))
    assert "critical" in str(caught.value)
    assert finding_of(last(setup(activations=("gelu",), networks=1)), "gelu").sentence
