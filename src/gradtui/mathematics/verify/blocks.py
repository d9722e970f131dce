"""Layers with skips and norms: the gradient of every output and every parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gradtui.mathematics.blocks.flow import network_flow
from gradtui.mathematics.blocks.records import (
    BatchNorm,
    Elementwise,
    Gated,
    Layer,
    LayerNorm,
    Linear,
    Residual,
    RMSNorm,
)
from gradtui.mathematics.verify.check import Check, logarithms
from gradtui.mathematics.verify.shipped import shipped
from gradtui.progress import Tick

_GROUP = "blocks"
_TOLERANCE = 1e-10
_SOURCE = "differences at 800 digits"

_KINDS: Mapping[str, Callable[..., Layer]] = {
    "linear": Linear,
    "elementwise": Elementwise,
    "gated": Gated,
    "layer_norm": LayerNorm,
    "rms_norm": RMSNorm,
    "batch_norm": BatchNorm,
}


def checks(tick: Tick) -> Iterator[Check]:
    """Outputs, the gradients of them and of the parameters, of each stack."""
    entries = shipped("blocks")
    for at, (name, given) in enumerate(entries.items()):
        tick(at / len(entries))
        got = network_flow([_layer(one) for one in given["layers"]], given["x"], given["upstream"])
        for words, key, logs in (
            ("∂L/∂h", "hidden", got.log10_grad_hidden),
            ("h", "outputs", got.log10_hidden),
        ):
            yield logarithms(
                _GROUP, f"{name}: {words}", given["at"], given[key], logs[given["at"]],
                _TOLERANCE, _SOURCE,
            )  # fmt: skip
        names, expected = list(given["gradients"]), list(given["gradients"].values())
        some = [got.log10_grad_parameters[one] for one in names]
        yield logarithms(_GROUP, name, names, expected, some, _TOLERANCE, _SOURCE)


def _layer(given: list[Any]) -> Layer:
    kind, *has = given
    if kind == "residual":
        return Residual([_layer(one) for one in has[1]], has[0])
    return _KINDS[kind](*has)
