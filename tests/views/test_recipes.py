"""What recipes do to a gradient: the numbers that PyTorch's own calls give, and any widths."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.models.network.networks import expectation_of, flow_of, log10_ratio
from gradtui.plots.picture import row_text
from gradtui.progress import unwatched
from gradtui.setup import KNOBS, Setup, implied
from gradtui.views import VIEWS
from gradtui.views.view import Size
from support.commands import run as gradtui
from support.subjects import subject


def setup(activation: str, init: str, depth: int, **changes: object) -> Setup:
    made = Setup.of(activations=(activation,), init=(init,), depth=depth, model="network")
    return made.with_(**changes).checked()


def ratios(one: Setup, networks: int) -> Array:
    """ln of ‖∂L/∂x‖ / ‖∂L/∂a_L‖ in so many networks."""
    drawn = (log10_ratio(flow_of(subject(one), n, 1)) for n in range(1, networks + 1))
    return math.log(10.0) * np.array(list(drawn))


@pytest.mark.parametrize(
    ("activation", "init", "depth", "units", "median"),
    [
        ("gelu", "kaiming_normal", 12, 64, 0.4),
        ("mish", "kaiming_uniform", 10, 64, 0.64),
        ("selu", "kaiming_normal", 20, 64, 18.0),
        ("tanh", "kaiming_normal", 20, 64, 1.4),
        ("tanh", "xavier_normal", 100, 256, 0.07),
    ],
)
def test_a_bare_recipe_leaves_what_pytorchs_bare_call_leaves(
    activation: str, init: str, depth: int, units: int, median: float
) -> None:
    """The medians that PyTorch gave, with two digits; the error of a median is 1.25 that of a mean.

    A gain that followed from the activation would leave 4.8e-4, 0.012, 0.26, 5.2 and 5645.
    """
    networks = 60 if units == 64 else 12
    logs = ratios(setup(activation, init, depth, units=units), networks)
    error = 1.2533 * float(logs.std(ddof=1)) * math.sqrt(1 / networks + 1 / 100)
    assert np.median(logs) == pytest.approx(math.log(median), abs=4.0 * error + 0.08)


WIDTHS = (60, 25, 90, 12)


@pytest.mark.parametrize("widths", [WIDTHS, WIDTHS[::-1]])
@pytest.mark.parametrize(
    "init",
    [
        "kaiming_normal",
        "kaiming_normal(mode=fan_out)",
        "xavier_uniform",
        "he_normal",
        "variance_scaling(scale=2, mode=fan_avg)",
        "normal(std=0.2)",
    ],
)
def test_theory_holds_for_any_widths(init: str, widths: tuple[int, ...]) -> None:
    """Of ReLU, E‖g_0‖² is exact at any width, for f′ depends on the sign of z alone."""
    one = setup("relu", init, 3, units=widths)
    squares = np.exp(2.0 * ratios(one, 400))
    theory = 10.0 ** (2.0 * float(expectation_of(subject(one)).infinite[0]))
    error = float(squares.std(ddof=1)) / math.sqrt(squares.size)
    assert squares.mean() == pytest.approx(theory, abs=4.0 * error)


@pytest.mark.parametrize("widths", [(200, 80, 300, 120), (120, 300, 80, 200)])
def test_networks_of_any_widths_spread_as_predicted(widths: tuple[int, ...]) -> None:
    """Leading order in 1/n: of the variance, some half of it squared is left out."""
    one = setup("relu", "kaiming_normal", 3, units=widths)
    logs = 2.0 * ratios(one, 300)
    beta = float(expectation_of(subject(one)).path.log_variance(widths)[0])
    assert beta == pytest.approx(sum(3 / n for n in widths[1:]) + sum(2 / n for n in widths[:-1]))
    error = beta * math.sqrt(2.0 / 299)
    assert logs.var(ddof=1) == pytest.approx(beta, abs=4.0 * error + 0.5 * beta**2)


def test_orthogonal_layers_lose_what_is_outside_their_columns() -> None:
    """Of n_l units above n_{l-1}, a share n_{l-1}/n_l in the mean, with the variance of a Beta."""
    one = setup("identity", "orthogonal", 2, units=(10, 40, 40))
    shares = np.exp(2.0 * ratios(one, 600))
    assert shares.mean() == pytest.approx(0.25, abs=4.0 * float(shares.std()) / math.sqrt(600))
    relative = shares.var() / 0.25**2
    assert relative == pytest.approx(2.0 * 30 / (10 * 42), rel=4.0 * math.sqrt(2.5 / 600))
    expected = expectation_of(subject(one))
    assert 10.0 ** (2.0 * expected.infinite[0]) == pytest.approx(0.25, rel=1e-9)
    assert expected.path.log_variance((10, 40, 40), orthogonal=True)[0] == pytest.approx(
        2.0 * 30 / (10 * 42), rel=1e-9
    )
    narrower = setup("identity", "orthogonal", 2, units=(40, 40, 10))
    assert ratios(narrower, 20) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("init", ["kaiming_normal", "xavier_normal", "orthogonal", "siren"])
@pytest.mark.parametrize("widths", [WIDTHS, WIDTHS[::-1]])
def test_no_direction_beats_the_bound(init: str, widths: tuple[int, ...]) -> None:
    one = setup("relu", init, 3, units=widths)
    bound = float(expectation_of(subject(one)).bound[0]) * math.log(10.0)
    assert ratios(one, 50).max() <= bound + 0.3  # ‖W‖ scatters by some n^(-2/3) about its limit


def test_siren_keeps_signal_and_gradient_as_its_authors_say() -> None:
    """The outputs of sin(30 z) are arcsine-distributed, of std 0.707 after layer 1."""
    one = setup("sin(omega=30)", "siren", 6, units=512)
    flow = flow_of(subject(one), 1, 32)
    signal = flow.log10_hidden[2:] - 0.5 * math.log10(512 * 32)
    assert signal == pytest.approx(math.log10(math.sqrt(0.5)), abs=0.02)
    # z = 30 (W a + b) has the variance 900 · (2/900 · ½) = 1, and what the biases add to it.
    assert expectation_of(subject(one)).path.q[-1] * 900.0 == pytest.approx(1.0, rel=0.7)
    assert abs(ratios(one, 3).mean()) < 1.0


# ----------------------------------------------------------------- the knob


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("64", 64),
        ("1,024", 1024),
        ("1024", 1024),
        ("784,512,512,10", (784, 512, 512, 10)),
        ("784 512 10", (784, 512, 10)),
        ("[784, 512, 10]", (784, 512, 10)),
        ("48,1024", (48, 1024)),
        ("1,024,10", (1, 24, 10)),
    ],
)
def test_units_are_one_number_or_a_list(text: str, units: object) -> None:
    knob = KNOBS["units"]
    assert knob.parse(text) == units
    assert knob.parse(knob.format(units)) == units


@pytest.mark.parametrize("text", [",", "5,,5", "5,"])
def test_an_empty_item_of_a_list_of_units_is_named(text: str) -> None:
    with pytest.raises(InputError, match=r"item \d of \d is empty"):
        KNOBS["units"].parse(text)


@pytest.mark.parametrize("text", ["", "0,5", "5,4097", "64,2.5", "64;32", "64,x", "1e3,-1"])
def test_what_are_no_units_is_answered_with_both_forms(text: str) -> None:
    with pytest.raises(InputError, match=r"from 1 to 4,096, or a list.*784,512,512,10"):
        KNOBS["units"].parse(text)


def test_a_list_of_units_says_how_deep_the_network_is() -> None:
    units = (784, 512, 512, 10)
    assert implied(Setup(), "units", units) == {"depth": 3, "model": "network"}
    assert implied(Setup(model="network"), "units", 64) == {}
    with pytest.raises(InputError, match=r"units: '4 widths' is not .* 6 widths.*set depth to 3"):
        setup("relu", "normal", 5, units=units)


def test_a_list_of_units_is_stepped_and_scaled_number_by_number() -> None:
    knob = KNOBS["units"]
    assert knob.step((784, 4096, 1), 1) == (785, 4096, 2)
    assert knob.scale((784, 4096, 1), -1) == (392, 2048, 1)
    assert (knob.step(64, -1), knob.scale(64, 1)) == (63, 128)


@pytest.mark.parametrize("view", ["decay", "layers", "spectrum", "init"])
@pytest.mark.parametrize("init", ["kaiming_normal", "xavier_normal", "orthogonal"])
def test_every_view_of_networks_takes_a_list(view: str, init: str) -> None:
    one = setup("tanh", init, 3, units=(9, 7, 5, 2), networks=3, batch=4)
    *_, result = VIEWS[view].results(one, unwatched)
    VIEWS[view].draw(result, one, Size(80, 20), "braille")
    text = "\n".join(map(row_text, VIEWS[view].readout(result, one, 100)))
    if view in ("decay", "layers"):
        assert {"kaiming_normal": "1.41", "xavier_normal": "1.1-1.2", "orthogonal": " 1 "}[
            init
        ] in text + " "
    assert VIEWS[view].finding(result, "tanh") is not None


def test_the_command_takes_a_list_and_says_what_came_of_the_recipe() -> None:
    done = gradtui("decay", "relu", "--init", "kaiming_normal", "--units", "20,10,10,5",
                   "--networks", "3", "--height", "12")  # fmt: skip
    assert done.status == 0
    assert "σw" in done.out
    assert "1.41" in done.out
    assert "widths 20, 10, 10, 5" in " ".join(done.out.split())
    again = gradtui("decay", "relu", "--units", "20,10,10,5", "--depth", "5")
    assert again.status == 2
    assert "set depth to 3" in again.err
    two_readings = gradtui("decay", "tanh", "--init", "normal(0, 0.01)")
    assert two_readings.status == 2
    assert "normal(std=0.01)" in two_readings.err
