"""Random stacks of blocks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.blocks.draw import RandomBlocks
from gradtui.mathematics.blocks.families import BLOCKS
from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.blocks.records import (
    BatchNorm,
    Elementwise,
    Gated,
    LayerNorm,
    Linear,
    Residual,
    RMSNorm,
)
from gradtui.mathematics.initialisation.draw import random_network


def linears(layers: Any) -> list[Linear]:
    found: list[Linear] = []
    for layer in layers:
        if isinstance(layer, Residual):
            found += linears(layer.branch)
        elif isinstance(layer, Linear):
            found.append(layer)
    return found


@pytest.mark.parametrize("spec", ["residual", "residual(norm=layer)", "plain(norm=batch)"])
@pytest.mark.parametrize("init", ["kaiming_normal", "pytorch_linear", "orthogonal"])
def test_a_block_of_one_matrix_has_the_weights_of_the_plain_layer(spec: str, init: str) -> None:
    plain = random_network([16] * 6, init, "tanh", 7)
    mine = linears(RandomBlocks(spec, init, "tanh", 16, 5, 7))
    for own, w in zip(mine, plain.weights, strict=True):
        np.testing.assert_array_equal(own.weight, w)
    for own, b in zip(mine, plain.biases or [None] * 5, strict=True):
        assert own.bias is None if b is None else np.array_equal(own.bias, b)


@pytest.mark.parametrize("name", BLOCKS)
def test_made_on_demand_they_are_the_same(name: str) -> None:
    lazy = RandomBlocks(name, "kaiming_normal", "relu", 8, 4, 3)
    kept = lazy.kept()
    assert len(kept) == len(lazy)
    for index in (len(lazy) - 1, 0, -1):
        one, other = linears([kept[index]]), linears([lazy[index]])
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine.weight, theirs.weight)
    with pytest.raises(IndexError):
        lazy[len(lazy)]


def test_a_shallower_stack_is_the_beginning_of_a_deeper_one() -> None:
    deep, shallow = (RandomBlocks("pre_norm", "lecun_normal", "gelu", 8, n, 3) for n in (6, 2))
    for one, other in zip(linears(shallow), linears(deep)[:4], strict=True):
        np.testing.assert_array_equal(one.weight, other.weight)


@pytest.mark.parametrize(
    ("spec", "shapes"),
    [
        ("preact", [(8, 8), (8, 8)]),
        ("pre_norm", [(32, 8), (8, 32)]),
        ("swiglu(expansion=2)", [(32, 8), (8, 16)]),
    ],
)
def test_shapes(spec: str, shapes: list[tuple[int, int]]) -> None:
    found = [
        np.shape(one.weight)
        for one in linears(RandomBlocks(spec, "xavier_normal", "relu", 8, 1, 0))
    ]
    assert found == shapes


@pytest.mark.parametrize(
    ("spec", "stds"),
    [
        ("pre_norm", (1 / math.sqrt(64), 1 / math.sqrt(256))),
        ("pre_norm(init=gpt2)", (1 / math.sqrt(64), 1 / math.sqrt(256) / math.sqrt(32))),
        ("swiglu", (1 / math.sqrt(64), 1 / math.sqrt(256))),
        ("deepnorm", (128**-0.25 / math.sqrt(64), 128**-0.25 / math.sqrt(256))),
        ("fixup", (0.25 / math.sqrt(64), 0.0)),
    ],
)
def test_the_size_of_the_weights_of_16_blocks(spec: str, stds: tuple[float, float]) -> None:
    """Each matrix by its own fans, times the factor of its initialisation, within 4 errors."""
    first, last = [], []
    for one, other in np.reshape(
        np.array(linears(RandomBlocks(spec, "lecun_normal", "relu", 64, 16, 1)), object), (16, 2)
    ):
        first.append(np.ravel(one.weight))
        last.append(np.ravel(other.weight))
    truncated = 0.2  # of a normal variable cut off at 2σ the fourth moment is smaller: generous
    for found, std in zip((np.concatenate(first), np.concatenate(last)), stds, strict=True):
        error = std * math.sqrt(0.5 / found.size) * (1 + truncated)
        assert abs(found.std() - std) <= 4 * error


def test_what_begins_at_zero_has_no_bias_either() -> None:
    for own in linears(RandomBlocks("pre_norm(init=zero)", "pytorch_linear", "relu", 8, 3, 0))[
        1::2
    ]:
        assert not np.any(own.weight)
        assert not np.any(own.bias)


def test_norms_have_their_frameworks_eps_and_a_zero_weight_where_asked_for() -> None:
    (plain, norm, f) = RandomBlocks("plain(norm=rms)", "kaiming_normal", "relu", 4, 1, 0)
    assert isinstance(plain, Linear)
    assert isinstance(f, Elementwise)
    assert isinstance(norm, RMSNorm)
    assert norm.eps == 1e-6
    skip = RandomBlocks("basic_block(init=zero)", "kaiming_normal", "relu", 4, 1, 0)[0]
    assert isinstance(skip, Residual)
    first, last = skip.branch[1], skip.branch[-1]
    assert isinstance(first, BatchNorm)
    assert isinstance(last, BatchNorm)
    assert first.weight is None
    assert not np.any(last.weight)
    after = RandomBlocks("deepnorm", "kaiming_normal", "relu", 4, 8, 0)[1]
    assert isinstance(after, LayerNorm)
    assert after.eps == pytest.approx(1e-5 / math.sqrt(16))


def test_where_the_last_activation_is() -> None:
    stack = RandomBlocks("preact", "kaiming_normal", "relu", 4, 3, 0)
    assert stack.name(2, stack.activated) == "2.branch.4"
    stack = RandomBlocks("post_norm(glu=yes)", "kaiming_normal", "relu", 4, 3, 0)
    assert stack.name(2, stack.activated) == "4.branch.1"
    assert isinstance(stack[4].branch[1], Gated)  # type: ignore[union-attr]
    stack = RandomBlocks("plain(norm=layer)", "kaiming_normal", "relu", 4, 3, 0)
    assert stack.name(2, stack.activated) == "8"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"units": 0}, "width"),
        ({"depth": 0}, "depth"),
        ({"depth": 10_001}, "depth"),
        ({"seed": -1}, "seed"),
        ({"spec": "nothing"}, "block"),
        ({"spec": "pre_norm(expansion=0.01)"}, "block"),
        ({"scheme": "nothing"}, "init"),
    ],
)
def test_what_cannot_be_drawn(change: dict[str, Any], field: str) -> None:
    asked: dict[str, Any] = {
        "spec": "residual", "scheme": "orthogonal", "activation": "relu", "units": 8, "depth": 2,
        "seed": 0,
    }  # fmt: skip
    with pytest.raises(InputError, match=field):
        RandomBlocks(**(asked | change))


def test_the_number_of_weights_is_what_the_block_says() -> None:
    for name in BLOCKS:
        layers = linears(RandomBlocks(name, "kaiming_normal", "relu", 12, 2, 0))
        assert sum(np.size(one.weight) for one in layers) == 2 * block(name).weights(12)
