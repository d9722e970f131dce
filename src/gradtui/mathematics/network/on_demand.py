"""Layers of a network that is too large to be kept: each is made when it is asked for.

Glossary: l layer, W_l weights [n_l, n_{l-1}], b_l biases [n_l].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gradtui.mathematics.elementwise import Array
from gradtui.progress import Tick, unwatched


class OnDemand(Sequence[Array]):
    """W_1 … W_L, made when they are asked for, the same each time; only the last is kept.

    Attributes:
        widths: n_0 … n_L.
        vectors: b_1 … b_L, made along with them.
    """

    def __init__(
        self, widths: Sequence[int], make: Callable[[int, Tick], tuple[Array, Array]]
    ) -> None:
        """Make none of them yet.

        Args:
            widths: n_0 … n_L.
            make: from l - 1 and a tick to W_l and b_l.
        """
        self.widths = tuple(widths)
        self.vectors = _Vectors(self)
        self._make = make
        self._last = -1
        self._made: tuple[Array, Array] | None = None

    def made(self, layer: int, tick: Tick = unwatched) -> tuple[Array, Array]:
        """W_l and b_l, l counted from 0."""
        if self._made is None or layer != self._last:
            self._made = None  # its memory is for the next
            self._made, self._last = self._make(layer, tick), layer
        return self._made

    def __len__(self) -> int:
        return len(self.widths) - 1

    def __getitem__(self, layer: int) -> Array:  # type: ignore[override]  # no slices
        if not -len(self) <= layer < len(self):
            raise IndexError(layer)
        return self.made(layer % len(self))[0]


class _Vectors(Sequence[Array]):
    """The biases of layers that are made on demand."""

    def __init__(self, of: OnDemand) -> None:
        self._of = of

    def __len__(self) -> int:
        return len(self._of)

    def __getitem__(self, layer: int) -> Array:  # type: ignore[override]  # no slices
        if not -len(self) <= layer < len(self):
            raise IndexError(layer)
        return self._of.made(layer % len(self))[1]

    def __iter__(self) -> Iterator[Array]:
        return (self[layer] for layer in range(len(self)))
