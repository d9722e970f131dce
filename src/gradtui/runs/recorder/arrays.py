"""Norms and counts of arrays of a framework that is called as numpy is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def norms(numpy: Any, arrays: Sequence[Any]) -> Any:
    """The Frobenius norm of each array [n], inf where it is not finite.

    Each is divided by its largest entry first, so that no square leaves the range of its type.

    Args:
        numpy: `jax.numpy` or `keras.ops`.
        arrays: of floating numbers, of 32 bits or more.
    """
    return numpy.stack([_norm(numpy, one) for one in arrays])


def not_finite(numpy: Any, arrays: Sequence[Any]) -> Any:
    """The share of elements of each array that are nan or infinite [n]."""
    return numpy.stack([1.0 - numpy.mean(numpy.isfinite(one) * 1.0) for one in arrays])


def _norm(numpy: Any, array: Any) -> Any:
    size = numpy.abs(array)
    largest = numpy.max(size, initial=0.0)
    finite = numpy.isfinite(largest)
    unit = numpy.where(finite & (largest > 0.0), largest, 1.0)
    norm = unit * numpy.sqrt(numpy.sum(numpy.square(size / unit)))
    return numpy.where(finite, norm, float("inf"))
