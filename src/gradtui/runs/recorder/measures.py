"""Norms and counts of PyTorch tensors, taken in pieces that a cache holds; none is waited for.

g       a gradient as it stands, a loss scale included
w, w′   a weight before the step and after it
u       w′ − w, of 16-bit weights in float32, where it is exact
b(x)    x rounded to bfloat16

The square of a float32 is zero below 1e-23 and infinite above 1e19, which is where gradients
vanish and explode. So norms are taken in float64, or, where a number can be looked at without
waiting, in float32 if that is seen to hold. An update u is swallowed where b(b(w) + u) = b(w);
of weights that are stored in bfloat16, where they stay as they are although they have a gradient.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

LOST = 2.0**-25
"""Half the least number of float16: what is not above it rounds to zero."""
_CACHED = 2**16
"""Elements in a piece, so that its buffers stay in the cache of a core ..."""
_LARGE = 2**22
"""... or keep a device busy that takes longer to begin than to do."""

_SAFE = 1e-24, 1e36
"""Sums of squares that float32 has: what of them is lost below 1e-38 does not matter."""

Tensors = Mapping[int, Any]
"""Tensors by the place of their parameter."""
Part = tuple[int, int, int]
"""Of which tensor, from which element to which."""


class Tally:
    """Numbers that are on their devices yet, until `fetch` waits for them once a device."""

    def __init__(self) -> None:
        self._waiting: dict[Any, list[tuple[str, int, Any]]] = defaultdict(list)
        self._here: list[tuple[str, int, float]] = []

    def put(self, what: str, place: int, number: Any) -> None:
        """One more: a tensor without axes, or a float."""
        if isinstance(number, float):
            self._here.append((what, place, number))
        else:
            self._waiting[number.device].append((what, place, number))

    def fetch(self) -> dict[str, dict[int, float]]:
        """All numbers by what they are and their place; those of one place add up.

        Norms, whose names begin so, add up as norms do.
        """
        told = list(self._here)
        for waiting in self._waiting.values():
            numbers = torch.stack([number for *_, number in waiting]).tolist()
            pairs = zip(waiting, numbers, strict=True)
            told += [(what, place, float(number)) for (what, place, _), number in pairs]
        found: dict[str, dict[int, float]] = defaultdict(dict)
        for what, place, number in told:
            together = math.hypot if what.startswith("norm") else float.__add__
            found[what][place] = together(found[what].get(place, 0.0), number)
        return found


def flat(tensor: Any) -> Any:
    """A tensor's numbers in one row; of a sparse one those that it has."""
    tensor = tensor.detach()
    if tensor.is_sparse:
        tensor = tensor.coalesce().values()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    return tensor.reshape(-1)


def gradients(found: Tensors, lost_below: Any, tally: Tally) -> None:
    """Put the norm of each g, how many are finite, and how many float16 would make zero.

    Args:
        found: g of each parameter, flat.
        lost_below: what is not above it would be lost: `LOST`, in the units of g.
        tally: gets "norm grad", "finite" and "lost".
    """
    for group in _alike(found):
        space = _Space(group)
        largest = torch.finfo(space.dtype).max
        limit = lost_below.to(space.device) if torch.is_tensor(lost_below) else lost_below
        for parts in _pieces(group, space.room):
            a, b, c = space.buffers(parts)
            g = _gathered(group, parts, a)
            all_finite = space.norms("norm grad", g, parts, tally)
            torch.abs(g, out=a)
            if all_finite:
                for place, start, stop in parts:
                    tally.put("finite", place, float(stop - start))
            else:
                torch.le(a, largest, out=b)
                _sums("finite", b, parts, tally)
            torch.le(a, limit, out=b)
            torch.eq(a, 0.0, out=c)
            _sums("lost", b.sub_(c), parts, tally)


def weights(found: Tensors, tally: Tally) -> None:
    """Put the norm of each w, flat, as "norm weight"."""
    for group in _alike(found):
        space = _Space(group)
        for parts in _pieces(group, space.room):
            a, _, _ = space.buffers(parts)
            space.norms("norm weight", _gathered(group, parts, a), parts, tally)


def updates(after: Tensors, before: Tensors, g: Tensors, tally: Tally) -> None:
    """Put the norms of each w and u, and how many u bfloat16 swallows.

    Args:
        after: w′ of each parameter, flat.
        before: w of each.
        g: the gradients, flat, where they are still there.
        tally: gets "norm weight", "norm update" and "swallowed".
    """
    for group in _alike(after):
        space = _Space(group)
        stored = space.stored is torch.bfloat16
        for parts in _pieces(group, space.room):
            a, b, c = space.buffers(parts)
            w = _gathered(before, parts, b)
            space.norms("norm weight", w, parts, tally)
            u = torch.sub(_gathered(group, parts, a), w, out=a)
            space.norms("norm update", u, parts, tally)
            if stored:
                _kept_though_told_to_change(u, g, parts, b, c)
            else:
                _swallowed(u, w, space.halves(parts), b, c)
            _sums("swallowed", c, parts, tally)


def _swallowed(u: Any, w: Any, half: Any, b: Any, c: Any) -> None:
    """Set c to 1 where b(b(w) + u) = b(w), unless u is 0."""
    half.copy_(w)
    b.copy_(half)
    torch.add(b, u, out=c)
    half.copy_(c)
    c.copy_(half)
    torch.eq(c, b, out=c)
    torch.eq(u, 0.0, out=b)
    c.sub_(b)


def _kept_though_told_to_change(u: Any, g: Tensors, parts: Sequence[Part], b: Any, c: Any) -> None:
    """Set c to 1 where u is 0, unless g is."""
    torch.eq(u, 0.0, out=c)
    at = 0
    for place, start, stop in parts:
        if place in g and g[place].numel() >= stop:
            torch.ne(g[place][start:stop], 0.0, out=b[at : at + stop - start])
            c[at : at + stop - start].mul_(b[at : at + stop - start])
        at += stop - start


class _Space:
    """Buffers for the pieces of tensors that are alike.

    Attributes:
        device, stored: of the tensors.
        dtype: in which is computed.
        room: elements in a piece.
    """

    def __init__(self, group: Tensors) -> None:
        one = next(iter(group.values()))
        self.device, self.stored = one.device, one.dtype
        self.dtype = torch.float64 if one.dtype is torch.float64 else torch.float32
        most = _CACHED if near(one) else _LARGE
        self.room = min(most, sum(tensor.numel() for tensor in group.values()))
        self._buffers = [self._empty(self.dtype) for _ in range(3)]
        # Metal has no float64.
        wide = torch.float32 if self.device.type == "mps" else torch.float64
        self._wide = self._empty(wide)
        self._half = self._empty(torch.bfloat16)

    def _empty(self, dtype: Any) -> Any:
        return torch.empty(self.room, dtype=dtype, device=self.device)

    def buffers(self, parts: Sequence[Part]) -> list[Any]:
        """Three, as long as a piece is."""
        length = sum(_lengths(parts))
        return [one[:length] for one in self._buffers]

    def halves(self, parts: Sequence[Part]) -> Any:
        """One of bfloat16."""
        return self._half[: sum(_lengths(parts))]

    def norms(self, what: str, x: Any, parts: Sequence[Part], tally: Tally) -> bool:
        """Put the norm of each part of a piece: whether all are seen to be finite."""
        finite = near(x)
        if finite:
            squares = [float(torch.dot(part, part)) for part in _split(x, parts)]
            finite = all(map(math.isfinite, squares))
            if all(_SAFE[0] < square < _SAFE[1] for square in squares):
                for (place, _, _), square in zip(parts, squares, strict=True):
                    tally.put(what, place, math.sqrt(square))
                return True
        wide = x if x.dtype is self._wide.dtype else self._wide[: len(x)].copy_(x)
        norms = torch._foreach_norm(_split(wide, parts), 2)
        for (place, _, _), norm in zip(parts, norms, strict=True):
            tally.put(what, place, norm)
        return finite


def near(x: Any) -> bool:
    """Whether a tensor's numbers can be looked at without waiting for a device."""
    return bool(x.device.type == "cpu")


def _sums(what: str, ones: Any, parts: Sequence[Part], tally: Tally) -> None:
    """Put how many of each part of a piece are 1, of what are 0 and 1."""
    split = _split(ones, parts)
    sums = [part.sum() for part in split] if near(ones) else torch._foreach_norm(split, 1)
    for (place, _, _), one in zip(parts, sums, strict=True):
        tally.put(what, place, one)


def _split(x: Any, parts: Sequence[Part]) -> Sequence[Any]:
    return [x] if len(parts) == 1 else x.split(_lengths(parts))


def _lengths(parts: Sequence[Part]) -> list[int]:
    return [stop - start for _, start, stop in parts]


def _alike(found: Tensors) -> list[dict[int, Any]]:
    """The tensors of a device and type together; those that have no elements have no numbers."""
    groups: dict[Any, dict[int, Any]] = defaultdict(dict)
    for place, tensor in found.items():
        if tensor.numel():
            groups[tensor.device, tensor.dtype][place] = tensor
    return list(groups.values())


def _pieces(group: Tensors, room: int) -> Iterator[list[Part]]:
    """All elements, in pieces of as many as there is room for."""
    piece: list[Part] = []
    left = room
    for place, tensor in group.items():
        start, size = 0, tensor.numel()
        while start < size:
            stop = min(size, start + left)
            piece.append((place, start, stop))
            left -= stop - start
            start = stop
            if not left:
                yield piece
                piece, left = [], room
    if piece:
        yield piece


def _gathered(found: Tensors, parts: Sequence[Part], buffer: Any) -> Any:
    """The numbers of a piece in one row: where they lie if that is one, else in the buffer."""
    place, start, stop = parts[0]
    if len(parts) == 1 and found[place].dtype is buffer.dtype:
        return found[place][start:stop]
    torch._foreach_copy_(
        _split(buffer, parts), [found[place][start:stop] for place, start, stop in parts]
    )
    return buffer
