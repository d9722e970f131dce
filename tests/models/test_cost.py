"""How many networks are drawn in the time that there is, and what is said of it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.initialisation.draw import network_on_demand, random_network
from gradtui.mathematics.layer_values import LayerValues
from gradtui.mathematics.network.flow import gradient_flow
from gradtui.mathematics.network.spectrum import jacobian_spectrum
from gradtui.models.chain import chains
from gradtui.models.chain import cost as chain_cost
from gradtui.models.network import cost, networks
from gradtui.models.network.cost import networks_of, seconds_of
from gradtui.models.network.networks import drawn, flow_of
from gradtui.models.patience import why_fewer, within
from gradtui.models.subject import Subject, subjects_of
from gradtui.progress import Stopped, unwatched
from gradtui.setup import KNOBS, Loss, Setup
from gradtui.views import VIEWS
from gradtui.wording import foretold
from support.commands import run as command


def subject(**changes: object) -> Subject:
    setup = Setup.of(activations=("gelu",), model="network").with_(**changes)
    return subjects_of(setup.clamped(), "network")[0]


# ------------------------------------------------------------------- how many


def test_what_is_asked_for_in_everyday_sizes_is_drawn() -> None:
    for units, depth in ((64, 50), (256, 50), (64, 1000)):
        assert networks_of([subject(units=units, depth=depth)]) == 100


@pytest.mark.parametrize(
    ("units", "depth", "init"),
    [(512, 200, "normal"), (4096, 50, "normal"), (1024, 100, "orthogonal"), (64, 10_000, "normal")],
)
def test_what_would_take_longer_than_the_patience_is_not(units: int, depth: int, init: str) -> None:
    one = subject(units=units, depth=depth, init=(init,))
    count = networks_of([one])
    assert 0 <= count < 100
    assert count * seconds_of(one) <= 20.0
    assert (count == 0) == (seconds_of(one) > 20.0)
    patient = subject(units=units, depth=depth, init=(init,), patience=86_400.0)
    assert networks_of([patient]) == 100


def test_several_share_the_time() -> None:
    one = subject(units=512, depth=200)
    assert networks_of([one] * 4) == pytest.approx(networks_of([one]) / 4, abs=1)
    assert within(10, 20.0, 1e9) == 1


def test_fewer_are_explained_with_the_patience_that_all_would_take() -> None:
    assert why_fewer(100, 100, 1.0) == ""
    assert why_fewer(100, 12, 1.5) == "12 of 100 networks: all would take a patience of 200 s."
    assert why_fewer(5000, 4, 90.0) == "4 of 5,000 networks: all would take 167 hours."


def test_what_takes_long_is_foretold() -> None:
    assert foretold("drawing 3 networks", 2.0) == ""
    assert foretold("drawing 3 networks", 11.2) == "drawing 3 networks takes about 12 s"
    assert foretold("it", 600.0, most=True) == "it takes up to 10 min"


@pytest.mark.parametrize(
    ("view", "small", "large", "said"),
    [
        ("decay", {"model": "network"}, {"depth": 500, "units": 512, "networks": 3},
         r"drawing 3 networks takes about \d+ s"),
        ("decay", {"model": "chain"}, {"depth": 10_000}, r"drawing 187 random chains takes about"),
        ("init", {}, {"depth": 200, "units": 512}, r"drawing \d+ networks? with each kind of"),
        ("layers", {}, {"depth": 1000, "units": 1024}, r"drawing a network takes about \d+ s"),
        ("spectrum", {}, {"depth": 500, "units": 256}, r"drawing \d+ networks? takes about \d+ s"),
        ("phase", {}, {"depth": 100_000}, r"following 100,000 layers takes up to 30 s"),
    ],
)  # fmt: skip
def test_every_view_foretells_its_own_work(
    view: str, small: dict[str, object], large: dict[str, object], said: str
) -> None:
    setup = VIEWS[view].default_setup.with_(activations=("tanh",), **small)
    assert VIEWS[view].foretold(setup.with_(depth=10)) == ""
    assert re.match(said, VIEWS[view].foretold(setup.with_(**large)))


@pytest.mark.parametrize("view", ["decay", "init", "spectrum"])
def test_the_verdict_says_that_fewer_were_drawn_and_patience_draws_more(
    view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "_LAYER", 0.05)  # small networks as dear as large ones
    monkeypatch.setattr(cost, "_SPECTRUM", (0.05, 0.0))
    args = (view, "tanh", "--depth", "8", "--units", "4", "--networks", "50")
    if view == "decay":
        args += ("--model", "network")
    status, out, _ = command(*args)
    assert status == 0
    told = re.search(
        r"of 50 networks: all would take a patience of (\d+) s\.", " ".join(out.split())
    )
    assert told is not None
    status, out, _ = command(*args, "--patience", told[1])
    assert "all would take" not in " ".join(out.split())
    status, out, _ = command(*args, "--patience", str(0.95 * float(told[1])))
    assert "all would take" in " ".join(out.split())


def test_spectra_that_take_longer_than_the_patience_are_foretold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = ("spectrum", "tanh", "--depth", "8", "--units", "4")
    _, _, err = command(*small)
    assert err == ""
    monkeypatch.setattr(cost, "_LAYER", 60.0)
    _, _, err = command(*small)
    assert err == "gradtui: drawing 1 network takes about 16 min; ctrl+c ends it\n"


def test_where_one_network_takes_too_long_theory_has_the_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cost, "_LAYER", 60.0)
    status, out, _ = command("decay", "tanh", "--model", "network", "--depth", "8", "--units", "4")
    assert status == 0
    assert "No network is drawn: one would take about 8 min; give more patience" in " ".join(
        out.split()
    )
    assert "measuring" not in out


def test_random_chains_are_fewer_where_all_would_take_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everyday = Setup.of(activations=("tanh", "relu", "gelu"), depth=200, samples=50)
    assert chains_drawn(everyday) == 50
    monkeypatch.setattr(chain_cost, "_LAYER", 0.5)
    status, out, _ = command("decay", "tanh", "sigmoid", "--depth", "5", "--samples", "40")
    assert status == 0
    # 5 seconds are the chains' own, and of the 15 for all of them 10 are left; 205 of 274 would do.
    said = "2 of 40 random chains: all would take a patience of 274 s."
    assert " ".join(out.split()).count(said) == 2


def chains_drawn(setup: Setup) -> int:
    (*_, last) = VIEWS["decay"].results(setup, unwatched)
    spread = last.each[0].spread
    return 0 if spread is None else spread.chains


def test_a_layer_that_float64_does_not_hold_costs_more(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = (
        Setup.of(activations=("sigmoid",), depth=50, weights=LayerValues((w,)), samples=40)
        for w in (1.0, 1e9)
    )
    monkeypatch.setattr(chain_cost, "_EVALUATION", 0.025)
    assert chains_drawn(small) == 40
    assert 5 <= chains_drawn(large) <= 20


def test_where_the_chains_themselves_take_all_the_time_none_is_drawn_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chain_cost, "_LAYER", 2.0)
    status, out, _ = command("decay", "sigmoid", "--depth", "6", "--samples", "40")
    assert status == 0
    said = " ".join(out.split())
    assert "No random chain is drawn: one would take about 12 s; give more patience" in said
    assert "Not all changes that could help were tried: that takes more than 20 s. Give" in said
    monkeypatch.undo()
    _, out, _ = command("decay", "sigmoid", "--depth", "6", "--samples", "40")
    assert "No random chain is" not in out
    assert "Not all changes" not in out
    assert "try: " in out


@pytest.mark.parametrize("weights", ["1", "normal(std=3)", "30"])
@pytest.mark.parametrize("view", ["decay", "chain"])
def test_patience_bounds_what_is_tried_too(
    view: str, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = 0.0
    real = chain_cost.seconds_of

    def computed(*arguments: object, **named: object) -> object:
        nonlocal spent
        found = real_chain(*arguments, **named)  # type: ignore[arg-type]
        spent += real(found)
        return found

    real_chain = chains.chain
    monkeypatch.setattr(chain_cost, "_LAYER", 1e-3)
    monkeypatch.setattr(chains, "chain", computed)
    chains._chains.clear()
    setup = Setup.of(
        activations=("sigmoid", "tanh"), depth=50, weights=KNOBS["weights"].parse(weights)
    )
    (*_, last) = VIEWS[view].results(setup.with_(patience=20.0), unwatched)
    assert VIEWS[view].finding(last, "sigmoid") is not None
    assert 1.0 < spent <= 22.0


@pytest.mark.parametrize("patience", [20.0, 40.0])
def test_a_change_is_tried_on_as_many_random_chains_as_its_command_draws(
    patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_cost, "_LAYER", 8e-5)
    setup = Setup.of(
        activations=("squareplus",),
        depth=1000,
        x=37.0,
        weights=LayerValues(std=20.0),
        patience=patience,
    )
    (*_, last) = VIEWS["decay"].results(setup, unwatched)
    remedy = VIEWS["decay"].finding(last, "squareplus").remedy
    assert remedy is not None
    (*_, there) = VIEWS["decay"].results(remedy.applied(setup), unwatched)
    healed = VIEWS["decay"].finding(there, "squareplus")
    count, ill = remedy.after.split(" random chains ")
    assert count in healed.sentence
    assert ill in healed.sentence


# --------------------------------------------------------------------- memory


@pytest.mark.parametrize("init", ["normal(1.2, 0.3)", "pytorch_linear", "orthogonal(1.1)"])
def test_layers_on_demand_are_those_that_would_be_kept_to_the_bit(init: str) -> None:
    widths = [5, 7, 7, 4]
    kept, demanded = (f(widths, init, "tanh", 3) for f in (random_network, network_on_demand))
    for layer in (2, 0, 1, 1, -1, 0):
        assert np.array_equal(kept.weights[layer], demanded.weights[layer])
        assert (kept.biases is None) == (demanded.biases is None)
        if kept.biases is not None:
            assert np.array_equal(kept.biases[layer], demanded.biases[layer])  # type: ignore[index]
    assert len(demanded.weights) == 3
    with pytest.raises(IndexError):
        demanded.weights[3]


@pytest.mark.parametrize("init", ["normal(1.2, 0.3)", "normal(1e-50)", "normal(1e10)"])
def test_a_flow_through_layers_on_demand_is_the_same(init: str) -> None:
    rng = np.random.default_rng(1)
    x, u = rng.normal(size=(3, 6)), rng.normal(size=(3, 6))
    flows = [
        gradient_flow("tanh", net.weights, net.biases, x, u, layers=True)
        for net in (f([6] * 9, init, "tanh", 3) for f in (random_network, network_on_demand))
    ]
    for name in ("log10_grad_weights", "log10_grad_biases", "log10_grad_hidden", "log10_hidden"):
        assert np.array_equal(getattr(flows[0], name), getattr(flows[1], name))
    spectra = [
        jacobian_spectrum("tanh", net.weights, net.biases, x[0]).log10_singular_values
        for net in (f([6] * 9, init, "tanh", 3) for f in (random_network, network_on_demand))
    ]
    assert np.array_equal(*spectra)


def test_large_networks_are_drawn_on_demand_and_say_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = subject(units=16, depth=12)
    kept = flow_of(one, 1, 2)
    assert isinstance(drawn(one, 1)[0].weights, list)
    monkeypatch.setattr(networks, "KEPT_WEIGHTS", 1000)
    assert not isinstance(drawn(one, 1)[0].weights, list)
    assert np.array_equal(flow_of(one, 1, 2).log10_grad_hidden, kept.log10_grad_hidden)


def test_of_layers_on_demand_one_is_there_at_a_time() -> None:
    """The layers of 4,096 units that a hundred such networks have would be 13 GB."""
    made: list[int] = []
    network = network_on_demand([4096] * 101, "normal", "tanh", 0)
    original = network.weights._make  # type: ignore[attr-defined]

    def make(layer: int, tick: object) -> object:
        made.append(layer)
        return np.zeros((1, 1)), np.zeros(1) if layer < 100 else original(layer, tick)

    network.weights._make = make  # type: ignore[attr-defined]
    for layer in (0, 0, 1, 1, 0):
        network.weights[layer]
    assert made == [0, 1, 0]


@pytest.mark.parametrize("what", ["flow", "spectrum"])
def test_nothing_looks_at_layers_on_demand_beforehand(what: str) -> None:
    """Each is made once on the way up, and once more on the way down; the last is still there."""
    network = network_on_demand([6] * 8, "normal(1.2, 0.3)", "tanh", 3)
    made: list[int] = []
    original = network.weights._make  # type: ignore[attr-defined]
    network.weights._make = lambda layer, tick: (made.append(layer), original(layer, tick))[1]  # type: ignore[attr-defined]
    x = np.ones((1, 6))
    if what == "flow":
        gradient_flow("tanh", network.weights, network.biases, x, x)
        assert made == [*range(7), *reversed(range(6))]
    else:
        jacobian_spectrum("tanh", network.weights, network.biases, x[0])
        assert made == [*range(7)]


def test_a_batch_whose_states_are_too_large_is_refused_with_what_would_do() -> None:
    with pytest.raises(
        InputError, match=r"batch: 4096 is not at most 9\d with 249,856 units in all"
    ):
        flow_of(subject(units=4096, depth=60), 1, 4096)


def test_drawing_a_large_layer_on_demand_can_be_stopped_on_the_way() -> None:
    network = network_on_demand([2048, 2048], "normal", "relu", 0)
    x, u = np.ones((1, 2048)), np.ones((1, 2048))
    shares: list[float] = []

    def tick(share: float) -> None:
        shares.append(share)
        if len(shares) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        gradient_flow("relu", network.weights, network.biases, x, u, tick=tick)
    assert 0.0 < shares[0] < shares[1] < 0.25


def test_patience_is_idle_where_it_decides_nothing() -> None:
    assert "patience" not in VIEWS["layers"].knobs
    for model in ("network", "chain"):
        small, large = (Setup.of(model=model, depth=depth) for depth in (10, 10_000))
        assert "patience" not in VIEWS["decay"].used(small)
        assert "patience" in VIEWS["decay"].used(large)


@pytest.mark.parametrize("view", ["decay", "init", "spectrum"])
@pytest.mark.parametrize("block", ["plain", "pre_norm"])
def test_patience_counts_where_one_network_takes_longer_than_the_least_of_it(
    view: str, block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = VIEWS[view].default_setup.with_(
        activations=("gelu",), model="network", depth=2, units=4, networks=1, block=(block,)
    )
    assert "patience" not in VIEWS[view].used(setup)
    monkeypatch.setattr(cost, "_LAYER", 15.0)
    monkeypatch.setattr(cost, "_STEP", 15.0)
    assert "patience" in VIEWS[view].used(setup)


@pytest.mark.parametrize("block", ["plain", "pre_norm"])
def test_one_network_is_drawn_where_there_is_patience_for_it(
    block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "_LAYER", 15.0)
    monkeypatch.setattr(cost, "_STEP", 15.0)
    asked = ["decay", "gelu", "--model", "network", "--depth", "2", "--units", "4"]
    asked += ["--networks", "1", "--block"]
    _, hurried, _ = command(*asked, block)
    _, patient, _ = command(*asked, block, "--patience", "3600")
    assert "No network is drawn" in " ".join(hurried.split())
    assert "No network is drawn" not in " ".join(patient.split())


def test_where_nothing_is_drawn_no_knob_of_drawing_counts() -> None:
    """A network of 10,000 layers of 4096 units takes over an hour, and theory is shown alone."""
    decay = VIEWS["decay"]
    drawn = Setup.of(model="network", depth=10)
    assert {"seed", "networks"} <= set(decay.used(drawn))
    never = drawn.with_(depth=10_000, units=4096)
    assert not {"seed", "networks"} & set(decay.used(never))
    assert "patience" in decay.used(never)


def test_of_no_gradient_the_loss_scale_changes_nothing() -> None:
    decay, one = VIEWS["decay"], Setup.of(activations=("tanh",), depth=3, samples=2)
    assert "loss_scale" in decay.used(one)
    for loss in (Loss(upstream=0.0), Loss(upstream=1.0)):
        setup = one.with_(loss=loss)
        tables = [
            [*decay.results(setup.with_(loss_scale=scale), unwatched)][-1] for scale in (1.0, 1e9)
        ]
        same = list(decay.table(tables[0])) == list(decay.table(tables[1]))
        assert same is ("loss_scale" not in decay.used(setup))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("layers gelu --init kaiming_normal --depth 50 --threshold 0.2", "about"),
        ("decay gelu --init kaiming_normal --depth 60", "about"),
        ("init relu --threshold 0.9 --depth 20 --networks 40", "up to"),
        ("layers gelu --init orthogonal --depth 5", ""),
        ("decay relu --init kaiming_normal --depth 10", ""),
        ("layers sigmoid --init xavier_normal --depth 8 --units 16", ""),
    ],
)
def test_looking_for_what_helps_is_foretold_where_it_is_looked_for(asked: str, said: str) -> None:
    """Seconds without a word are two at most; where all is well nothing is looked for."""
    done = command(*asked.split())
    line = rf"gradtui: looking for what helps takes {said} \d+ s; ctrl\+c ends it\n"
    assert re.fullmatch(rf"(gradtui: drawing .*\n)?{line if said else ''}", done.err)
