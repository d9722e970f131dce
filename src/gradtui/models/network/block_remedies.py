"""Blocks that may help where a gradient does not survive: with which to try, in which order."""

from __future__ import annotations

from collections.abc import Iterator

from gradtui.errors import InputError
from gradtui.mathematics.blocks.families import LEARNED, ROOT_OF_DEPTH, Block
from gradtui.mathematics.blocks.reading import block, changed
from gradtui.mathematics.spec import Value
from gradtui.models.network.blocks import block_of, takes_all
from gradtui.models.subject import Changes, Subject

_OWN: tuple[dict[str, Value], ...] = (
    {"alpha": ROOT_OF_DEPTH},
    {"alpha": LEARNED},
    {"init": "zero"},
    {"init": "deepnorm"},
    {"norm": "layer"},
    {"norm": "layer", "alpha": ROOT_OF_DEPTH},
)
"""What a block is given, what changes least first: α, what begins at 0, and only then a norm."""
_LAST = ("pre_norm", "pre_norm(init=zero)")


def blocks_to_try(subject: Subject) -> Iterator[tuple[str, Changes]]:
    """Other blocks for a subject: with a skip if it has none, else what keeps that in bounds."""
    if subject.setup.network.listed:
        return  # a skip keeps the width
    own, units = block_of(subject), subject.setup.network.width
    for spec in dict.fromkeys(_specs(own)):
        if spec != own.spec and not takes_all(block(spec), units):
            yield f"block = {spec}", {"block": (spec,)}


def _specs(own: Block) -> Iterator[str]:
    if not own.skips and own.norm != "none":
        yield from _variants(block(f"residual(norm={own.norm})"))
    yield from _variants(own if own.skips else block("residual"))
    yield from _LAST


def _variants(of: Block) -> Iterator[str]:
    for given in _OWN:
        try:
            yield changed(of, **given).spec
        except InputError:  # it has no such parameter, or it contradicts another
            continue
