"""Random recurrent cells: what each recipe promises of its weights and biases."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics import memory
from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS, cell_initialisation
from gradtui.mathematics.recurrent.flow import recurrent_flow
from gradtui.mathematics.recurrent.random_cells import random_cell

BLOCKS = {"tanh": 1, "gru": 3, "lstm": 4}
N, N_IN = 60, 7


def blocks(cell: str, init: str, seed: int = 0, **options: Any) -> list[np.ndarray]:
    w = random_cell(cell, N_IN, N, init, seed, **options)["weight_hh_l0"]
    return np.split(w, BLOCKS[cell])


@pytest.mark.parametrize("init", CELL_INITIALISATIONS)
@pytest.mark.parametrize("cell", BLOCKS)
def test_shapes_are_pytorch_s_and_numbers_the_seed_s(cell: str, init: str) -> None:
    if init == "chrono" and cell == "tanh":
        return
    one, same, other = (random_cell(cell, N_IN, N, init, seed) for seed in (3, 3, 4))
    rows = BLOCKS[cell] * N
    shapes = {
        "weight_ih_l0": (rows, N_IN),
        "weight_hh_l0": (rows, N),
        "bias_ih_l0": (rows,),
        "bias_hh_l0": (rows,),
    }
    assert {name: value.shape for name, value in one.items()} == shapes
    assert all(np.array_equal(one[name], same[name]) for name in shapes)
    assert not np.array_equal(one["weight_ih_l0"], other["weight_ih_l0"])
    recurrent_flow(cell, one, np.ones((3, 2, N_IN)), np.ones((2, N)))


@pytest.mark.parametrize("cell", BLOCKS)
def test_recurrent_weights_are_what_their_recipe_says(cell: str) -> None:
    for w in blocks(cell, "orthogonal(1.5)"):
        np.testing.assert_allclose(w @ w.T, 2.25 * np.eye(N), atol=1e-12)
    for w in blocks(cell, "identity(0.5)"):
        assert np.array_equal(w, 0.5 * np.eye(N))
    for w in blocks(cell, "radius(0.95)"):
        assert np.abs(np.linalg.eigvals(w)).max() == pytest.approx(0.95, rel=1e-12)
    for w in blocks(cell, "sigma_max(2)"):
        assert np.linalg.svd(w)[1][0] == pytest.approx(2.0, rel=1e-12)
    first, *others = blocks(cell, "gaussian")
    assert all(not np.array_equal(first, other) for other in others)


def test_gaussian_weights_have_their_variance() -> None:
    w = np.concatenate([blocks("lstm", "gaussian(1.3)", seed) for seed in range(5)])
    count = w.size
    variance = 1.3**2 / N
    assert abs(w.mean()) < 4.0 * math.sqrt(variance / count)
    assert abs(np.mean(w**2) / variance - 1.0) < 4.0 * math.sqrt(2.0 / count)


def test_pytorch_s_default_is_uniform_by_the_units() -> None:
    given = random_cell("gru", 5, 400, "pytorch", 1)
    for name, values in given.items():
        bound = 1.0 / math.sqrt(400)
        assert np.abs(values).max() <= bound, name
        off = abs(np.mean((values / bound) ** 2) - 1.0 / 3.0)
        assert off < 4.0 * math.sqrt(4.0 / 45.0 / values.size), name


def test_pytorch_draws_from_the_same_range() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    module = torch.nn.LSTM(5, 400)
    ours = random_cell("lstm", 5, 400)
    for name, value in module.named_parameters():
        assert tuple(value.shape) == ours[name].shape
        most = float(value.detach().abs().max())
        assert most == pytest.approx(float(np.abs(ours[name]).max()), rel=0.02)


def test_keras_s_default_is_glorot_orthogonal_and_a_forget_bias_of_one() -> None:
    given = random_cell("lstm", 11, N, "keras", 2)
    limit = math.sqrt(6.0 / (11 + 4 * N))
    assert limit * 0.98 < np.abs(given["weight_ih_l0"]).max() <= limit
    w = given["weight_hh_l0"]
    np.testing.assert_allclose(w.T @ w, np.eye(N), atol=1e-12)
    bias = given["bias_ih_l0"] + given["bias_hh_l0"]
    assert np.array_equal(bias, np.repeat([0.0, 1.0, 0.0, 0.0], N))
    assert not random_cell("gru", 11, N, "keras", 2)["bias_ih_l0"].any()


@pytest.mark.parametrize(("cell", "gate", "letter"), [("lstm", 1, "f"), ("gru", 1, "z")])
@pytest.mark.parametrize("init", ["pytorch", "keras", "gaussian"])
def test_a_forget_bias_is_the_sum_of_both(cell: str, gate: int, letter: str, init: str) -> None:
    given = random_cell(cell, 2, 3, init, 0, forget_bias=2.5)
    keep = slice(3 * gate, 3 * gate + 3)
    assert (given["bias_ih_l0"][keep] == 2.5).all()
    assert (given["bias_hh_l0"][keep] == 0.0).all()
    plain = random_cell(cell, 2, 3, init, 0)
    rest = np.delete(np.arange(BLOCKS[cell] * 3), np.arange(3 * gate, 3 * gate + 3))
    for name in ("bias_ih_l0", "bias_hh_l0"):
        assert np.array_equal(given[name][rest], plain[name][rest])
    silent = {name: 0.0 * value if "weight" in name else value for name, value in given.items()}
    got = recurrent_flow(cell, silent, np.zeros((2, 1, 2)), np.ones((1, 3)))
    np.testing.assert_allclose(got.gates[letter], 1.0 / (1.0 + math.exp(-2.5)), rtol=1e-14)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_chrono_spreads_time_constants_up_to_its_time(cell: str) -> None:
    n = 4_000
    given = random_cell(cell, 1, n, "chrono(50)", 5)
    bias = np.split(given["bias_ih_l0"], BLOCKS[cell])
    assert not given["bias_hh_l0"].any()
    # b = ln u with u uniform from 1 to 49
    u = np.exp(bias[1])
    assert 1.0 <= u.min() < 1.1
    assert 48.9 < u.max() <= 49.0
    assert abs(u.mean() - 25.0) < 4.0 * 48.0 / math.sqrt(12.0 * n)
    assert np.array_equal(bias[0], -bias[1]) if cell == "lstm" else not bias[0].any()
    assert not np.concatenate(bias[2:]).any()


def test_a_scale_of_the_inputs_scales_them_alone() -> None:
    for init in ("pytorch", "keras", "radius"):
        one, ten = (random_cell("lstm", 3, 5, init, 7, input_scale=s) for s in (1.0, 10.0))
        assert np.array_equal(10.0 * one["weight_ih_l0"], ten["weight_ih_l0"])
        for name in ("weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
            assert np.array_equal(one[name], ten[name])


def test_an_orthogonal_linear_network_keeps_a_gradient_for_five_thousand_steps() -> None:
    given = random_cell("identity", 2, 16, "orthogonal", 1)
    got = recurrent_flow("identity", given, np.zeros((5_000, 1, 2)), np.ones((1, 16)))
    # five thousand products by a matrix that is orthogonal to 1e-15
    np.testing.assert_allclose(got.log10_grad_hidden, math.log10(4.0), rtol=0, atol=1e-11)


def test_a_recipe_reads_back_from_its_text() -> None:
    texts = {
        "gaussian": "gaussian",
        "Gaussian(g=0.9)": "gaussian(0.9)",
        "normal(gain=2)": "gaussian(2)",
        "IRNN": "identity",
        "spectral_radius(1)": "radius(1)",
        "chrono(t_max=300)": "chrono(300)",
        "orthogonal(gain=sqrt(2))": "orthogonal(sqrt(2))",
    }
    for given, text in texts.items():
        assert cell_initialisation(given).spec == text
        assert cell_initialisation(text) == cell_initialisation(given)
    for name, scheme in CELL_INITIALISATIONS.items():
        assert scheme.name == name
        assert scheme.formula
        assert scheme.source
        assert cell_initialisation(cell_initialisation(name)).spec == name


@pytest.mark.parametrize(
    ("arguments", "options", "field", "words"),
    [
        (("lstm", 3, 5, "orthogonl"), {}, "init", "did you mean orthogonal"),
        (("lstm", 3, 5, 7), {}, "init", "try orthogonal"),
        (("lstm", 3, 5, "gaussian(-1)"), {}, "gaussian g", "0 or a number from"),
        (("lstm", 3, 5, "gaussian(h=1)"), {}, "gaussian parameter", "it takes: g"),
        (("lstm", 3, 5, "chrono(2)"), {}, "chrono t_max", "a number from 2.001"),
        (("tanh", 3, 5, "chrono"), {}, "init", "choose gru or lstm"),
        (("relu", 3, 5), {"forget_bias": 1.0}, "forget_bias", "choose gru or lstm"),
        (("gru", 3, 5, "chrono"), {"forget_bias": 1.0}, "forget_bias", "drop one"),
        (("gru", 3, 5), {"forget_bias": math.nan}, "cell forget_bias", "a number from -1000"),
        (("gru", 3, 5), {"input_scale": -1.0}, "cell input_scale", "0 or a number"),
        (("gru", 0, 5), {}, "inputs", "from 1 to 4,096"),
        (("gru", 3, 5_000), {}, "units", "from 1 to 4,096"),
        (("gru", 3, 5, "keras", -1), {}, "seed", "from 0 up"),
        (("gruu", 3, 5), {}, "cell", "did you mean gru"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    arguments: tuple[Any, ...], options: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        random_cell(*arguments, **options)
    assert caught.value.field == field
    assert words in str(caught.value)


def test_more_memory_than_there_is_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 2.0**28)
    with pytest.raises(InputError, match="would fit"):
        random_cell("lstm", 4_000, 4_000)
