"""The facts of a tensor, against PyTorch's fans and draws and numpy's singular values."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from gradtui.mathematics.initialisation.recipes import Fans as LayerFans
from gradtui.mathematics.initialisation.record import initialisation
from gradtui.mathematics.weights.cells import cells
from gradtui.mathematics.weights.facts import Facts, facts
from gradtui.mathematics.weights.layout import Fans, Layout, as_matrix, fans, layout_of
from gradtui.mathematics.weights.likeness import SPECS
from gradtui.mathematics.weights.singular import EXACT, singular

FIXTURES = Path(__file__).parent / "fixtures"
FANS = [
    (tuple(shape), tuple(told)) for shape, told in json.loads((FIXTURES / "fans.json").read_text())
]
with np.load(FIXTURES / "drawn.npz") as _file:
    DRAWN = {name.replace(":", "/"): _file[name] for name in _file.files}


LAYER = LayerFans(36, 60)
"""Of the draws."""


def of(weights: np.ndarray, name: str = "w", dtype: str = "float32") -> Facts:
    return facts(name, np.asarray(weights, float), dtype, {name: weights.shape})


# ------------------------------------------------------------- fans and layouts


@pytest.mark.parametrize(("shape", "told"), FANS)
def test_fans_are_pytorchs(shape: tuple[int, ...], told: tuple[int, int]) -> None:
    assert fans(shape, Layout.OUT_IN) == told


@pytest.mark.parametrize(("shape", "told"), [FANS[0], FANS[2], FANS[3]])
def test_a_kernel_of_keras_has_the_same_fans(shape: tuple[int, ...], told: tuple[int, int]) -> None:
    out, into, *kernel = shape
    assert fans((*kernel, into, out), Layout.IN_OUT) == told


def test_a_vector_has_no_fans() -> None:
    assert fans((3,), Layout.OUT_IN) is None
    assert of(np.arange(3.0)).layout is None


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("params/Dense_0/kernel", Layout.IN_OUT),
        ("dense/kernel:0", Layout.IN_OUT),
        ("lstm/lstm_cell/recurrent_kernel:0", Layout.IN_OUT),
        ("kernel", Layout.IN_OUT),
        ("fc.weight", Layout.OUT_IN),
        ("kernels.0.weight", Layout.OUT_IN),
        ("arr_0", Layout.IN_OUT),
        ("arr_2", Layout.OUT_IN),
        ("arr_4", Layout.OUT_IN),
    ],
)
def test_layouts_by_name_or_by_the_bias(name: str, layout: Layout) -> None:
    shapes = {"arr_0": (3, 5), "arr_1": (5,), "arr_2": (3, 5), "arr_3": (3,), "arr_4": (3, 5)}
    assert layout_of(name, {**shapes, name: shapes.get(name, (3, 5))}) is layout


def test_a_row_is_all_that_goes_into_a_unit() -> None:
    """Of a convolution as PyTorch and as Keras have it, the same sums over rows."""
    w = np.random.default_rng(0).normal(size=(4, 3, 2, 5))
    theirs = w.transpose(2, 3, 1, 0)
    sums = w.sum(axis=(1, 2, 3))
    np.testing.assert_allclose(as_matrix(w, Layout.OUT_IN).sum(axis=1), sums, rtol=1e-12)
    np.testing.assert_allclose(as_matrix(theirs, Layout.IN_OUT).sum(axis=1), sums, rtol=1e-12)


# ------------------------------------------------------------- scale, zeros, what isn't finite


def test_scale_is_std_times_the_root_of_fan_in() -> None:
    w = np.random.default_rng(0).normal(1.0, 2.0, size=(6, 4, 3))
    told = of(w)
    assert told.std == pytest.approx(np.std(w), rel=1e-14)
    assert told.sigma_w == pytest.approx(np.std(w) * math.sqrt(12), rel=1e-14)
    assert told.fans == Fans(12, 18)


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e200, 1e308])
def test_scale_neither_overflows_nor_vanishes(size: float) -> None:
    w = np.array([[1.0, -1.0], [0.5, 0.25]]) * size
    told = of(w)
    unit = np.array([[1.0, -1.0], [0.5, 0.25]])
    assert told.std == pytest.approx(np.std(unit) * size, rel=1e-3 if size < 1e-300 else 1e-13)
    assert told.singular is not None
    largest = np.linalg.svd(unit, compute_uv=False)[0]
    if size < 1e308:
        assert told.singular.largest / size == pytest.approx(
            largest, rel=1e-3 if size < 1e-300 else 1e-13
        )
    assert told.singular.stable_rank == pytest.approx(np.sum(unit**2) / largest**2, rel=1e-3)


def test_numbers_that_are_not_finite_are_counted_and_left_out_of_the_scale() -> None:
    w = np.array([[1.0, np.nan, 3.0], [np.inf, 0.0, -np.inf]])
    told = of(w)
    assert told.not_finite == 3
    assert told.std == pytest.approx(np.std([1.0, 3.0, 0.0]), rel=1e-14)
    assert told.singular is None
    assert told.likeness is None
    assert math.isnan(of(np.full((2, 2), np.nan)).std)


def test_rows_of_zeros_are_units_that_get_nothing() -> None:
    w = np.ones((4, 3))
    w[1] = 0.0
    w[:, 2] = 0.0
    w[2, 0] = 5e-324
    assert of(w).zero_rows == 1
    assert facts("kernel", w, "float32", {"kernel": w.shape}).zero_rows == 1
    assert of(w, "kernel").layout is Layout.IN_OUT
    assert of(np.array([0.0, 1.0, -0.0])).zero_rows == 2
    assert of(np.array([[np.nan, 0.0], [0.0, 0.0]])).zero_rows == 1


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (3, 0), (1, 1)])
def test_tensors_of_few_numbers(shape: tuple[int, ...]) -> None:
    told = of(np.ones(shape))
    assert told.not_finite == 0
    assert told.zero_rows == 0


# ------------------------------------------------------------- singular values


@pytest.mark.parametrize("shape", [(3, 5), (40, 7), (1, 9), (9, 1), (200, 200)])
def test_singular_values_are_numpys(shape: tuple[int, int]) -> None:
    w = np.random.default_rng(0).normal(size=shape)
    values = np.linalg.svd(w, compute_uv=False)
    told = singular(w)
    assert told.exact
    assert told.largest == pytest.approx(values[0], rel=1e-13)
    assert told.stable_rank == pytest.approx(np.sum(values**2) / values[0] ** 2, rel=1e-12)


@pytest.mark.parametrize("spiked", [False, True])
def test_a_large_matrix_is_bounded_from_below(spiked: bool) -> None:
    rng = np.random.default_rng(1)
    w = rng.normal(size=(EXACT + 88, EXACT + 288))
    if spiked:
        w += 5.0 * np.outer(rng.normal(size=len(w)), rng.normal(size=w.shape[1]))
    values = np.linalg.svd(w, compute_uv=False)
    told = singular(w)
    assert not told.exact
    assert told.largest <= values[0] * (1.0 + 1e-12)
    assert told.largest >= values[0] * (1.0 - (1e-9 if spiked else 1e-2))
    assert np.min(np.abs(values / told.largest - 1.0)) <= told.error * (1.0 + 1e-6)
    assert told.stable_rank >= np.sum(values**2) / values[0] ** 2 * (1.0 - 1e-12)


@pytest.mark.parametrize("rank", [1, 3])
def test_a_large_matrix_of_low_rank(rank: int) -> None:
    rng = np.random.default_rng(2)
    w = rng.normal(size=(EXACT + 10, rank)) @ rng.normal(size=(rank, 2 * EXACT))
    told = singular(w)
    assert told.largest == pytest.approx(np.linalg.norm(w, 2), rel=1e-12)
    assert told.stable_rank <= rank * (1.0 + 1e-12)


def test_a_matrix_of_zeros() -> None:
    told = singular(np.zeros((3, 4)))
    assert told.largest == 0.0
    assert math.isnan(told.stable_rank)


# ------------------------------------------------------------- recipes


@pytest.mark.parametrize("name", DRAWN)
def test_what_pytorch_draws_looks_like_it(name: str) -> None:
    told = of(DRAWN[name], dtype="float16").likeness
    assert told is not None
    assert name in told.specs
    form = initialisation(name).draw(LAYER, "relu").weights
    assert form in told.forms


@pytest.mark.parametrize("name", DRAWN)
def test_it_looks_like_no_recipe_of_another_scale(name: str) -> None:
    weights = DRAWN[name].astype(float)
    told = of(weights, dtype="float16").likeness
    assert told is not None
    std = np.std(weights)
    for spec in told.specs:
        draw = initialisation(spec).draw(LAYER, "relu")
        if draw.weights != "orthogonal":
            assert std == pytest.approx(draw.scale, rel=0.15)
    odd = of(weights * 3.7, dtype="float16").likeness
    assert odd is not None
    assert name not in odd.specs


def test_every_recipe_that_it_is_compared_with_is_in_the_registry() -> None:
    assert len({initialisation(spec).spec for spec in SPECS}) == len(SPECS)


def test_orthogonal_with_a_gain_rows_columns_and_rounding() -> None:
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(60, 40)))[0]
    for w in (q, q.T):
        assert of(w).likeness.specs == ("orthogonal",)  # type: ignore[union-attr]
        (spec,) = of(1.5 * w, dtype="float64").likeness.specs  # type: ignore[union-attr]
        values = initialisation(spec).parameters("relu")
        assert values["gain"] == pytest.approx(1.5, rel=1e-12)
    brain = (q.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32)
    assert of(brain, dtype="bfloat16").likeness.forms == ("orthogonal",)  # type: ignore[union-attr]


def test_almost_orthogonal_is_not() -> None:
    rng = np.random.default_rng(0)
    q = np.linalg.qr(rng.normal(size=(60, 40)))[0]
    told = of(q + 0.01 * rng.normal(size=q.shape)).likeness
    assert told is not None
    assert "orthogonal" not in told.forms


@pytest.mark.parametrize(
    "weights",
    [
        np.random.default_rng(0).laplace(size=(64, 64)),
        np.random.default_rng(0).standard_t(3, size=(64, 64)),
        np.random.default_rng(0).choice([-1.0, 1.0], size=(64, 64)),
        np.random.default_rng(0).normal(0.5, 1.0, size=(64, 64)),
        np.random.default_rng(0).exponential(size=(64, 64)),
    ],
)
def test_what_no_recipe_draws(weights: np.ndarray) -> None:
    told = of(weights).likeness
    assert told is not None
    assert told.forms == told.specs == ()


def test_a_form_of_no_recipes_scale() -> None:
    told = of(np.random.default_rng(0).normal(0.0, 0.0317, size=(300, 200))).likeness
    assert told is not None
    assert told.forms == ("normal",)
    assert told.specs == ()


def test_too_few_numbers_look_like_nothing() -> None:
    assert of(np.random.default_rng(0).normal(size=(5, 6))).likeness is None


def test_constants() -> None:
    for weights in (np.zeros((8, 8)), np.ones(64)):
        assert of(weights).likeness.forms == ("constant",)  # type: ignore[union-attr]


def test_against_pytorchs_draws_of_many_seeds() -> None:
    torch = pytest.importorskip("torch")
    missed = 0
    for seed in range(50):
        torch.manual_seed(seed)
        weights = torch.nn.init.kaiming_uniform_(torch.empty(48, 32)).double().numpy()
        told = of(weights).likeness
        missed += told is None or "kaiming_uniform" not in told.specs
    assert missed <= 1  # beyond four standard errors in 1 of 16,000


# ------------------------------------------------------------- recurrent cells


@pytest.mark.parametrize(("gates", "kind"), [(4, "lstm"), (3, "gru"), (1, "rnn")])
def test_cells_by_pytorchs_names(gates: int, kind: str) -> None:
    shapes: dict[str, tuple[int, ...]] = {"head.weight": (2, 5)}
    for end, below in (("l0", 3), ("l0_reverse", 3), ("l1", 10)):
        shapes[f"net.weight_ih_{end}"] = gates * 5, below
        shapes[f"net.weight_hh_{end}"] = gates * 5, 5
        shapes[f"net.bias_ih_{end}"] = shapes[f"net.bias_hh_{end}"] = (gates * 5,)
    found = cells(shapes)
    assert [(one.kind, one.units, one.inputs, one.biased) for one in found] == [
        (kind, 5, 3, True),
        (kind, 5, 3, True),
        (kind, 5, 10, True),
    ]
    assert found[1].parameter("bias_hh") == "net.bias_hh_l0_reverse"


def test_the_forget_gates_bias_is_the_sum_of_both() -> None:
    """As PyTorch adds them: a bias of 1 put into both is a bias of 2."""
    shapes = {
        "weight_ih_l0": (8, 3),
        "weight_hh_l0": (8, 2),
        "bias_ih_l0": (8,),
        "bias_hh_l0": (8,),
    }
    tensors = {"bias_ih_l0": np.arange(8.0), "bias_hh_l0": 10.0 * np.arange(8.0)}
    (cell,) = cells(shapes)
    assert cell.forget_bias(tensors).tolist() == [22.0, 33.0]  # type: ignore[union-attr]


def test_of_a_gru_the_gate_that_keeps_is_z() -> None:
    """Rows r, z, n as in torch.nn.GRU, whose h is (1 - z) ñ + z h: at z = 1 h stays."""
    shapes = {
        "weight_ih_l0": (6, 3),
        "weight_hh_l0": (6, 2),
        "bias_ih_l0": (6,),
        "bias_hh_l0": (6,),
    }
    tensors = {"bias_ih_l0": np.arange(6.0), "bias_hh_l0": 10.0 * np.arange(6.0)}
    (cell,) = cells(shapes)
    assert cell.forget_bias(tensors).tolist() == [22.0, 33.0]  # type: ignore[union-attr]
    rnn = {name: (2, *shape[1:]) for name, shape in shapes.items()}
    (plain,) = cells(rnn)
    assert plain.forget_bias({}) is None


def test_a_cell_without_biases_or_with_a_projection() -> None:
    (bare,) = cells({"weight_ih": (8, 3), "weight_hh": (8, 2)})
    assert (bare.kind, bare.biased, bare.forget_bias({})) == ("lstm", False, None)
    projected = {"weight_ih_l0": (20, 3), "weight_hh_l0": (20, 2), "weight_hr_l0": (2, 5)}
    assert [(one.kind, one.units) for one in cells(projected)] == [("lstm", 5)]


def test_what_is_no_cell() -> None:
    assert cells({"weight_hh_l0": (8, 2)}) == ()
    assert cells({"weight_ih_l0": (6, 3), "weight_hh_l0": (8, 2)}) == ()
    assert cells({"weight_ih_l0": (7, 3), "weight_hh_l0": (7, 2)}) == ()


def test_a_cells_weights_look_like_pytorchs() -> None:
    """U(±1/√n) for the input's weights too, whatever their fan_in."""
    rng = np.random.default_rng(0)
    w = rng.uniform(-(64**-0.5), 64**-0.5, size=(256, 10))
    shapes = {"weight_ih_l0": w.shape, "weight_hh_l0": (256, 64)}
    told = facts("weight_ih_l0", w, "float32", shapes).likeness
    assert told is not None
    assert told.specs == ("pytorch",)
    alone = facts("weight_ih_l0", w, "float32", {"weight_ih_l0": w.shape}).likeness
    assert alone is not None
    assert alone.specs == ()
