"""What is taken for a plain stack of Linear layers, in which order, and what never is."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from gradtui import read_weights
from gradtui.models.weights.stack import Stack, stack_of
from support.weight_files import weights_of

FIXTURES = Path(__file__).parent / "fixtures"
Shapes = dict[str, tuple[int, ...]]


def told(tmp_path: Path, shapes: Shapes, *, ordered: bool = True) -> Stack | str:
    tensors = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    return stack_of(weights_of(tmp_path, tensors, ordered=ordered))


def names(found: Stack | str) -> list[str]:
    assert isinstance(found, Stack), found
    return [layer.weight for layer in found.layers]


# ------------------------------------------------------------- what is one


@pytest.mark.parametrize(
    ("file", "widths"),
    [
        ("narrowing.pt", (12, 10, 8, 3)),
        ("deep.pt", (10,) * 31),
        ("bare.pt", (6, 6, 6, 2)),
        ("seven.pt", (16, *[32] * 6, 4)),
        ("by_widths.safetensors", (5, 8, 8, 2)),
    ],
)
def test_stacks_that_pytorch_saved(file: str, widths: tuple[int, ...]) -> None:
    found = stack_of(read_weights(FIXTURES / file))
    assert isinstance(found, Stack)
    assert found.widths == widths
    assert found.ordered_by == ("widths" if "widths" in file else "file")
    biased = file not in ("bare.pt", "seven.pt")
    assert all(bool(layer.bias) is biased for layer in found.layers)


def test_kernels_lie_the_other_way(tmp_path: Path) -> None:
    shapes: Shapes = {
        "params/Dense_0/kernel": (5, 7),
        "params/Dense_0/bias": (7,),
        "params/Dense_1/kernel": (7, 2),
        "params/Dense_1/bias": (2,),
    }
    found = told(tmp_path, shapes)
    assert isinstance(found, Stack)
    assert found.widths == (5, 7, 2)


def test_arrays_without_names(tmp_path: Path) -> None:
    found = told(tmp_path, {"arr_0": (5, 7), "arr_1": (7,), "arr_2": (7, 2), "arr_3": (2,)})
    assert isinstance(found, Stack)
    assert found.widths == (5, 7, 2)


def test_counters_and_empty_things_beside_a_stack_change_nothing(tmp_path: Path) -> None:
    tensors = {
        "0.weight": np.ones((4, 3), np.float32),
        "0.bias": np.ones(4, np.float32),
        "step": np.array(7, np.int64),
        "scale": np.array(0.5, np.float32),
        "1.weight": np.ones((2, 4), np.float32),
    }
    assert names(stack_of(weights_of(tmp_path, tensors))) == ["0.weight", "1.weight"]


def test_numbers_in_names_tell_the_order_where_the_file_does_not(tmp_path: Path) -> None:
    shapes: Shapes = {f"layers.{at}.weight": (4, 4) for at in (0, 1, 10, 11, 2, 3)}
    found = told(tmp_path, shapes, ordered=False)
    assert names(found) == [f"layers.{at}.weight" for at in (0, 1, 2, 3, 10, 11)]
    assert isinstance(found, Stack)
    assert found.ordered_by == "numbers"


@pytest.mark.parametrize(
    "form", ["net.{}.weight", "fc{}.weight", "layers.{}.weight", "hidden_{}.weight",
             "linear_relu_stack.{}.weight", "model.regressor.{}.weight", "Dense_{}.weight"]
)  # fmt: skip
def test_names_that_people_give_to_plain_layers(form: str, tmp_path: Path) -> None:
    found = told(tmp_path, {form.format(at): (4, 4) for at in range(3)})
    assert len(names(found)) == 3


# ------------------------------------------------------------- what is none


NONE: list[tuple[Shapes, str]] = [
    ({"conv.weight": (8, 3, 3, 3), "fc.weight": (2, 8)}, "4 dimensions"),
    ({"0.weight": (4, 3), "1.weight": (4,), "1.bias": (4,), "2.weight": (2, 4)}, "1.weight"),
    ({"0.weight": (4, 3), "0.bias": (5,), "1.weight": (2, 4)}, "0.bias is no Linear layer's bias"),
    ({"rnn.weight_ih_l0": (16, 3), "rnn.weight_hh_l0": (16, 4)}, "LSTM"),
    ({"gru.weight_ih_l0": (12, 3), "gru.weight_hh_l0": (12, 4)}, "a GRU"),
    ({"emb.weight": (9, 9), "fc.weight": (9, 9)}, "embeddings"),
    ({"wte": (9, 9), "fc.weight": (9, 9)}, "embeddings"),
    ({"a.q_proj.weight": (9, 9), "a.k_proj.weight": (9, 9)}, "attention"),
    ({"self_attn.in_proj_weight": (9, 9), "fc.weight": (9, 9)}, "attention"),
    ({"b.query.weight": (9, 9), "b.key.weight": (9, 9)}, "attention"),
    ({"blocks.0.fc1.weight": (9, 9), "blocks.0.fc2.weight": (9, 9)}, "may have a skip"),
    ({"res1.0.weight": (9, 9), "res1.2.weight": (9, 9)}, "may have a skip"),
    ({"fc.lora_A.weight": (2, 9), "fc.lora_B.weight": (9, 2)}, "adapters"),
    ({"actor.0.weight": (8, 4), "actor.1.weight": (2, 8), "critic.0.weight": (8, 4)}, "takes 4"),
    ({"0.weight": (4, 3), "1.weight": (0, 4)}, "no numbers"),
    ({"fc.weight": (4, 3), "fc.bias": (4,)}, "single layer"),
    ({"running_mean": (4,)}, "no matrices"),
]


@pytest.mark.parametrize(("shapes", "why"), NONE, ids=[next(iter(s)) for s, _ in NONE])
@pytest.mark.parametrize("ordered", [True, False])
def test_what_is_no_plain_stack(shapes: Shapes, why: str, ordered: bool, tmp_path: Path) -> None:
    found = told(tmp_path, shapes, ordered=ordered)
    assert isinstance(found, str)
    if ordered or "takes" not in why:
        assert why in found


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    tensors = {"0.weight": np.ones((4, 3), np.int8), "1.weight": np.ones((2, 4), np.float32)}
    assert stack_of(weights_of(tmp_path, tensors)) == "0.weight is of int8"


def test_tied_matrices_are_no_stack() -> None:
    found = stack_of(read_weights(FIXTURES / "several.pt"))
    assert isinstance(found, str)


def test_an_order_that_the_letters_make_is_not_the_models(tmp_path: Path) -> None:
    """Of a file sorted by letters down comes before up, and the widths fit in that order, too."""
    shapes: Shapes = {
        f"layers.{at}.mlp.{word}.weight": shape
        for at in range(3)
        for word, shape in (("down", (4, 8)), ("up", (8, 4)))
    }
    assert "order" in str(told(tmp_path, shapes, ordered=False))
    assert "order" in str(told(tmp_path, {"a.weight": (4, 4), "b.weight": (4, 4)}, ordered=False))


def test_names_are_shown_as_escapes(tmp_path: Path) -> None:
    found = told(tmp_path, {"\x1b[2J.weight": (2, 2, 2)}, ordered=False)
    assert str(found).startswith("\\x1b[2J.weight has 3 dimensions")


def test_the_one_order_of_widths_is_the_only_one() -> None:
    """Against every permutation of up to six layers at random."""
    from tempfile import TemporaryDirectory

    rng = np.random.default_rng(0)
    counts = {"one": 0, "none": 0, "many": 0}
    for _ in range(150):
        depth = int(rng.integers(2, 7))
        words = [f"{'abcdefgh'[at]}.weight" for at in range(depth)]
        pairs = rng.integers(1, 5, size=(depth, 2))
        if rng.random() < 0.6:  # so that many fit
            widths = rng.integers(1, 6, size=depth + 1)
            pairs = rng.permutation(np.stack([widths[:-1], widths[1:]], axis=1))
        orders = {
            order
            for order in itertools.permutations(range(depth))
            if all(pairs[a][1] == pairs[b][0] for a, b in itertools.pairwise(order))
        }
        shapes: Shapes = {w: (int(p[1]), int(p[0])) for w, p in zip(words, pairs, strict=True)}
        with TemporaryDirectory() as folder:
            found = told(Path(folder), shapes, ordered=False)
        if len(orders) == 1:
            assert names(found) == [words[at] for at in next(iter(orders))]
            counts["one"] += 1
        else:
            assert isinstance(found, str)
            counts["many" if orders else "none"] += 1
    assert min(counts.values()) > 10
