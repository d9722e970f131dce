"""Spectra of blocks: those asked for, and beside them the same without the skip or the norm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradtui.errors import InputError
from gradtui.mathematics.blocks.draw import RandomBlocks
from gradtui.mathematics.blocks.families import PLAIN
from gradtui.mathematics.blocks.reading import changed
from gradtui.mathematics.blocks.records import Layer, Residual
from gradtui.mathematics.blocks.spectrum import block_spectra
from gradtui.mathematics.network.spectrum import Spectrum
from gradtui.models.network.blocks import block_of
from gradtui.models.network.networks import drawn_blocks
from gradtui.models.subject import Subject
from gradtui.progress import Tick

WITHOUT_SKIP, WITHOUT_NORM = "without the skip", "without the norm"


class Branches(Sequence[Layer]):
    """The layers of blocks without the skips around their branches, made when they are asked for.

    Attributes:
        blocks: those with them.
        each: how many layers a block is.
    """

    def __init__(self, blocks: RandomBlocks) -> None:
        self.blocks = blocks
        self.each = len(self._of(0))

    def __len__(self) -> int:
        return self.blocks.depth * self.each

    def __getitem__(self, index: int) -> Layer:  # type: ignore[override]  # no slices
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        at, within = divmod(index % len(self), self.each)
        return self._of(at)[within]

    def _of(self, at: int) -> tuple[Layer, ...]:
        first, *after = self.blocks.made(at)
        return (*first.branch, *after) if isinstance(first, Residual) else (first, *after)


def without(subject: Subject) -> str:
    """What the blocks that are compared with lack: the skip, or of those without one the norm."""
    return WITHOUT_SKIP if block_of(subject).skips else WITHOUT_NORM


def refuse_batch_norm(subject: Subject) -> None:
    """Refuse blocks of which no row stands alone."""
    one = block_of(subject)
    if one.in_batch:
        raise InputError(
            "block",
            one.spec,
            "a block of which each row stands alone, as ∂a/∂x of one row asks for: it has batch "
            "norm",
            f"try {{block={changed(one, norm='layer').spec}}}",
        )


def spectra_of_blocks(
    subject: Subject, number: int, depths: Sequence[int], bare: bool, tick: Tick
) -> Iterator[Spectrum]:
    """Draw the blocks of the network with this number, and take its spectra on the way.

    Args:
        subject: whose.
        number: which; the same gives the same weights and the same input with and without the skip.
        depths: after how many blocks.
        bare: whether the skip, or of blocks without one the norm, is left away.
        tick: told the share that is done.

    Raises:
        InputError: blocks with batch norm, or what cannot be drawn.
    """
    refuse_batch_norm(subject)
    plainly = bare and not block_of(subject).skips
    drawn = replace(subject, setup=subject.setup.with_(block=(PLAIN,))) if plainly else subject
    blocks, rng = drawn_blocks(drawn, number)
    x = abs(subject.setup.x) * rng.standard_normal(blocks.units)
    layers = Branches(blocks) if bare else blocks
    ends = [depth * layers.each for depth in depths]
    for depth, found in zip(depths, block_spectra(layers, x, ends, tick=tick), strict=True):
        yield Spectrum(depth, found.log10_singular_values)
