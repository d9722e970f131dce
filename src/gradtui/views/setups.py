"""Setups in a word: what scenarios and questions are made of."""

from __future__ import annotations

from typing import Any

from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.layer_values import LayerValues
from gradtui.setup import Setup


def constant(value: float) -> LayerValues:
    """The same for every layer."""
    return LayerValues((value,))


def of_time(cell: str, **knobs: Any) -> Setup:
    """A recurrent cell, looked at as far back as it goes."""
    return Setup.of(**{"cells": (cell,), "lag": 100, **knobs})


def of_blocks(activation: str, depth: int, *blocks: str) -> Setup:
    """Networks of blocks to compare, few enough to be drawn in a moment."""
    return Setup.of(
        activations=(activation,),
        depth=depth,
        model="network",
        init=("kaiming_normal",),
        block=tuple(block(text).spec for text in blocks),
        networks=20,
    )
