"""The spectrum view of blocks: with and without the skip, what it says of them, what it refuses."""

from __future__ import annotations

import csv
import io
import math
import re
import shlex

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.blocks.draw import RandomBlocks
from gradtui.mathematics.blocks.spectrum import block_spectrum
from gradtui.mathematics.initialisation.draw import random_network
from gradtui.mathematics.network.spectrum import Spectrum, jacobian_spectrum
from gradtui.models.finding import Finding, Kind
from gradtui.plots.picture import row_text
from gradtui.progress import Stopped, unwatched
from gradtui.setup import Setup
from gradtui.views.spectrum import VIEW
from gradtui.views.spectrum.ensembles import Pool, Spectra, depths_of, kind_of
from gradtui.views.view import Size
from support.commands import run as command


def setup(block: str | tuple[str, ...], **changes: object) -> Setup:
    blocks = (block,) if isinstance(block, str) else block
    small = {"depth": 20, "units": 16, "networks": 3, "layer": 20, "block": blocks}
    return VIEW.default_setup.with_(**{**small, **changes}).clamped().checked()


def last(one: Setup) -> Spectra:
    *_, result = VIEW.results(one, unwatched)
    return result


def pools(result: Spectra) -> tuple[Pool, Pool]:
    """With and without the skip."""
    pair = result.pairs[0]
    whole, bare = (kind.at(pair.subject.setup.depth) for kind in (pair.chosen, pair.other))
    assert whole is not None
    assert bare is not None
    return whole, bare


def finding_of(result: Spectra) -> Finding:
    found = VIEW.finding(result, result.pairs[0].subject.name)
    assert found is not None
    return found


def lines(result: Spectra, one: Setup, size: Size) -> list[str]:
    return [row_text(each) for each in VIEW.draw(result, one, size, "braille").rows]


@pytest.mark.parametrize(
    ("block", "gain"),
    [("residual", 5.0), ("preact(norm=none)", 5.0), ("pre_norm(expansion=4)", math.sqrt(50.0))],
)
def test_what_is_tried_where_it_explodes_has_the_gain_of_every_matrix(
    block: str, gain: float
) -> None:
    """σw = 5 into four times the units takes a gain of 10, and one of 5 on the way back."""
    one = setup(block, init=("normal(sigma_w=5)",), activations=("relu",), threshold=0.5)
    result = last(one)
    assert result.pairs[0].gain == pytest.approx(gain)
    assert finding_of(result).kind is Kind.EXPLODING


def drawn_by_hand(one: Setup, number: int) -> tuple[int, np.ndarray]:
    seed = int(np.random.SeedSequence([one.seed, 3, number]).generate_state(1)[0])
    x = np.random.default_rng([one.seed, 4, number]).standard_normal(one.network.width)
    return seed, x


# ---------------------------------------------------------------- the numbers


@pytest.mark.parametrize("spec", ["residual", "pre_norm", "post_norm(norm=rms)"])
def test_the_blocks_are_those_of_the_seed_at_every_depth(spec: str) -> None:
    one = setup(spec, networks=1, depth=5, layer=5)
    (pair,) = last(one).pairs
    assert tuple(pair.chosen.spectra) == tuple(pair.other.spectra) == depths_of(5)
    seed, x = drawn_by_hand(one, 1)
    blocks = RandomBlocks(spec, "normal", "tanh", 16, 5, seed)
    layers = blocks.kept()
    for depth in (2, 5):
        pool = pair.chosen.at(depth)
        assert pool is not None
        expected = block_spectrum(layers[: depth * blocks.each], x).log10_singular_values
        np.testing.assert_allclose(pool.log10, expected, atol=1e-11)


def test_without_the_skip_are_the_branches_alone() -> None:
    """Of h + α f(W h) that is the network of the same weights, whatever α."""
    one = setup("residual(alpha=0.1)", networks=1)
    seed, x = drawn_by_hand(one, 1)
    network = random_network([16] * 21, "normal", "tanh", seed)
    by_hand = jacobian_spectrum("tanh", *network, x).log10_singular_values
    np.testing.assert_allclose(pools(last(one))[1].log10, by_hand, atol=1e-10)


def test_without_a_norm_blocks_without_a_skip_are_plain_ones() -> None:
    one = setup("plain(norm=layer)", networks=1)
    result = last(one)
    seed, x = drawn_by_hand(one, 1)
    network = random_network([16] * 21, "normal", "tanh", seed)
    by_hand = jacobian_spectrum("tanh", *network, x).log10_singular_values
    np.testing.assert_allclose(pools(result)[1].log10, by_hand, atol=1e-10)
    assert result.pairs[0].other.title == "without the norm"


def test_plain_blocks_are_what_they_were() -> None:
    (pair,) = last(setup("plain")).pairs
    assert [kind.title for kind in pair.ensembles] == ["Gaussian", "orthogonal"]


@pytest.mark.heavy
def test_the_mean_of_the_squares_is_that_of_infinite_width_within_errors() -> None:
    """χ = 1 + α² σw² E[f′²] a block; of 20 networks of 64 units within 4 standard errors."""
    for spec in ("residual(alpha=1/sqrt(L))", "pre_norm"):
        result = last(setup(spec, units=64, networks=20, depth=10, layer=10, patience=100))
        (pair,) = result.pairs
        squares = [
            np.mean(10.0 ** (2.0 * each.log10_singular_values)) for each in pair.chosen.spectra[10]
        ]
        error = np.std(squares, ddof=1) / math.sqrt(len(squares))
        assert len(squares) == 20
        assert abs(np.mean(squares) - 10.0 ** (2.0 * pair.theory)) < 4.0 * error
        assert error < 0.1 * np.mean(squares)


# ----------------------------------------------------------------- the verdict


def test_a_skip_whose_branch_begins_at_0_keeps_every_direction() -> None:
    for spec in ("rezero", "pre_norm(init=zero)", "fixup"):
        found = finding_of(last(setup(spec, activations=("gelu",))))
        assert found.kind is Kind.HEALTHY
        assert "Every direction keeps its length: an isometry." in found.cause
    assert "Without the skip nothing passes." in found.cause


def test_before_and_after_are_told_in_the_numbers_of_both() -> None:
    result = last(setup("pre_norm", activations=("gelu",), depth=50, layer=50))
    found, (whole, bare) = finding_of(result), pools(result)
    assert found.kind is Kind.HEALTHY
    assert found.sentence.startswith("gelu with Gaussian weights in pre_norm healthy: the median")
    assert "through 50 blocks" in found.sentence
    assert whole.condition < 4.0 < 20.0 < bare.condition
    assert re.search(
        r"Without the skip \S+ % of the directions are exactly 0; "
        r"of the others the median is \S+, and they lie \S+ apart\.",
        found.cause,
    )
    assert "theory does not say; their root mean square is" in found.evidence


def test_a_layer_norm_of_the_stream_takes_one_direction_and_leaves_one_to_eps() -> None:
    result = last(setup("post_norm", activations=("gelu",)))
    whole, _ = pools(result)
    assert whole.dead == pytest.approx(1 / 16)
    assert whole.scale < -60.0  # 1e-5 a block, and there are 20
    assert whole.ends[0] > -12.0
    cause = finding_of(result).cause
    assert "6.2 % of the directions are exactly 0: a layer norm of the stream passes" in cause
    assert "one direction, which their eps alone keeps, has" in cause
    whole, _ = pools(result := last(setup("post_norm(norm=rms)", activations=("gelu",))))
    assert whole.dead == 0.0
    assert whole.scale < -60.0
    assert "exactly 0" not in finding_of(result).cause
    whole, _ = pools(last(setup("pre_norm", activations=("gelu",))))
    assert math.isnan(whole.scale)


def test_what_is_left_aside_does_not_stretch_the_picture() -> None:
    one = setup("post_norm", activations=("gelu",))
    labels = [row[:6].strip() for row in lines(last(one), one, Size(80, 24))]
    decades = [int(label[2:]) for label in labels if re.fullmatch(r"1e-\d+", label)]
    assert max(map(abs, decades)) < 60


def test_units_that_are_off_after_the_skip_are_told_as_of_layers() -> None:
    found = finding_of(last(setup("basic_block(norm=none)", activations=("relu",))))
    assert "of the directions are exactly 0: they end in units whose z is" in found.cause


def test_a_stream_that_adds_up_is_no_success_though_the_median_is_1() -> None:
    one = setup("residual", activations=("gelu",), init=("xavier_normal",), depth=50, layer=50)
    result = last(one)
    whole, _ = pools(result)
    assert abs(whole.median) < 3.0 < whole.root_mean_square
    found = finding_of(result)
    assert found.kind is Kind.EXPLODING
    assert "a gradient of random direction grows ×" in found.sentence
    assert found.remedy is not None
    assert found.remedy.changes == {"block": ("residual(alpha=1/sqrt(L))",)}
    assert "root mean square" in found.remedy.before
    assert finding_of(last(found.remedy.applied(one))).kind is Kind.HEALTHY


def test_the_root_mean_square_counts_zeros_and_is_the_median_over_networks() -> None:
    def spectrum(*values: float) -> Spectrum:
        return Spectrum(1, np.array(values))

    two = [spectrum(1.0, -math.inf, -math.inf, -math.inf), spectrum(*[-math.inf] * 4)]
    assert Pool(two[:1]).root_mean_square == pytest.approx(1.0 - math.log10(2.0))
    assert Pool(two[1:]).root_mean_square == -math.inf
    assert Pool([spectrum(400.0, 400.0)]).root_mean_square == pytest.approx(400.0)


def test_a_median_within_bounds_explodes_only_where_blocks_add_up() -> None:
    few = Pool([Spectrum(20, np.array([8.0, 0.0, 0.0, 0.0]))])
    for spec, kind in (("residual", Kind.EXPLODING), ("plain", Kind.HEALTHY)):
        (pair,) = next(iter(VIEW.results(setup(spec, networks=1), unwatched))).pairs
        assert kind_of(few, pair.subject) is kind


# ------------------------------------------------------ several, picture, table


def test_of_several_blocks_one_is_shown_and_it_says_which() -> None:
    one = setup(("residual", "residual(alpha=learned)", "plain"), depth=5, layer=5, networks=1)
    result = last(one)
    names = VIEW.subjects(one)
    assert names == ("residual", "residual(alpha=learned)", "plain")
    heading = lines(result, one, Size(100, 20))
    assert "  residual (1 of 3 blocks)" in heading[0]
    assert "┌ residual ─" in heading[1]
    assert "┌ without the skip ─" in heading[1]
    plain = lines(result, one.with_(focus="plain"), Size(100, 20))
    assert "┌ Gaussian ─" in plain[1]
    for name in names:
        found = VIEW.finding(result, name)
        assert found is not None
        assert found.subject == name


@pytest.mark.parametrize("size", [Size(40, 8), Size(80, 24), Size(200, 60)])
def test_the_picture_and_the_readout_have_their_size(size: Size) -> None:
    one = setup("post_norm(norm=rms, init=gpt2)", depth=5, layer=5)
    result = last(one)
    assert [len(row) for row in lines(result, one, size)] == [size.width] * size.height
    for row in VIEW.readout(result, one, size.width):
        assert len(row_text(row)) <= max(size.width, 57)


def test_the_table_says_which_block_and_what_it_is_without() -> None:
    words = ("spectrum", "tanh", "--block", "rezero", "--depth", "5", "--units", "8")
    rows = list(csv.DictReader(io.StringIO(command(*words, "--networks", "1", "--csv").out)))
    assert len(rows) == 2 * 3 * 8
    assert {row["block"] for row in rows} == {"residual(alpha=learned)"}
    assert {row["without"] for row in rows} == {"", "skip"}
    whole = [row["log10_singular_value"] for row in rows if not row["without"]]
    np.testing.assert_allclose(np.array(whole, float), 0.0, atol=1e-13)


# ------------------------------------------------------ remedies, what is refused


def test_the_command_that_is_offered_for_a_block_heals() -> None:
    words = ("--depth", "40", "--units", "16", "--networks", "2", "--init", "xavier_normal")
    done = command("spectrum", "gelu", "--block", "residual(alpha=3)", *words)
    assert "exploding" in done.out
    (offered,) = re.findall(r"^  try: gradtui (.*)$", done.out, re.MULTILINE)
    assert "--block" in offered
    assert "healthy" in command(*shlex.split(offered)).out


def test_plain_layers_that_no_initialisation_heals_are_offered_a_skip() -> None:
    one = setup("plain", activations=("gelu",), init=("xavier_normal",), depth=60, layer=60)
    found = finding_of(last(one))
    assert found.kind is Kind.VANISHING
    assert found.remedy is not None
    assert "block" in found.remedy.changes
    assert finding_of(last(found.remedy.applied(one))).kind is Kind.HEALTHY


@pytest.mark.parametrize("spec", ["residual(norm=batch)", "basic_block", "preact"])
def test_batch_norm_is_refused_with_another_norm_to_take(spec: str) -> None:
    with pytest.raises(InputError) as caught:
        next(iter(VIEW.results(setup(spec), unwatched)))
    assert caught.value.field == "block"
    assert "one row" in str(caught.value)
    done = command("spectrum", "tanh", "--block", spec, "--depth", "3")
    assert done.status == 2
    assert done.err.count("\n") == 1
    (offered,) = re.findall(r"try (--block .*)$", done.err)
    again = command("spectrum", "tanh", *shlex.split(offered), "--depth", "3", "--networks", "1",
                    "--layer", "3")  # fmt: skip
    assert again.status == 0


def test_it_can_be_stopped_between_any_two_blocks() -> None:
    seen: list[float] = []

    def stopping(share: float) -> None:
        seen.append(share)
        if len(seen) == 10:
            raise Stopped

    with pytest.raises(Stopped):
        list(VIEW.results(setup("pre_norm", depth=1000, units=64), stopping))
    assert seen == sorted(seen)
    assert seen[-1] < 0.05


def test_directions_that_are_lost_without_the_skip_are_said_beside_the_median_of_the_others() -> (
    None
):
    said = finding_of(last(setup("residual", activations=("relu",), init=("kaiming_normal",))))
    assert re.search(
        r"Without the skip \d+ % of the directions are exactly 0; of the others the median is \S+, "
        r"and they lie \S+ apart\.",
        said.cause,
    )


def test_where_none_is_lost_without_the_skip_none_is_said_to_be() -> None:
    said = finding_of(last(setup("residual", activations=("tanh",))))
    assert "Without the skip the median is" in said.cause
    assert "exactly 0" not in said.cause
