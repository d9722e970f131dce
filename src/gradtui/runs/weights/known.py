"""What a pickle of PyTorch's may ask for by name, and what it then gets: records of tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradtui.runs.weights.tensors import (
    DTYPES,
    Dtype,
    TornError,
    checked_count,
    checked_counts,
    checked_shape,
)


@dataclass(frozen=True)
class StorageType:
    """The type of a storage.

    Attributes:
        name: as PyTorch calls it.
        dtype: of its numbers, None where they aren't read here.
        size: the bytes of a number.
    """

    name: str
    dtype: Dtype | None
    size: int


@dataclass(frozen=True)
class Storage:
    """A run of numbers that stands outside the pickle.

    Attributes:
        type: of its numbers.
        key: where it is.
        count: its numbers.
        start: the first of them among those of the key.
    """

    type: StorageType
    key: str
    count: int
    start: int = 0


@dataclass(frozen=True)
class Strided:
    """A tensor: a view of a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True)
class Known:
    """A name that a pickle may ask for, and what comes of calling it: data."""

    name: str
    make: Callable[..., object]


def _rebuild_tensor(
    storage: object, offset: object, shape: object, strides: object, *_: object
) -> Strided:
    """A view of a storage, all of which lies within it."""
    if not isinstance(storage, Storage):
        raise TornError("a tensor in it has no storage")
    view = Strided(storage, checked_count(offset), checked_shape(shape), checked_counts(strides))
    if len(view.shape) != len(view.strides):
        raise TornError("the shape and the strides of a tensor in it differ")
    if view.offset + extent(view) > storage.count:
        raise TornError("a tensor in it reaches beyond its storage")
    return view


def extent(view: Strided) -> int:
    """From its first number to behind its last."""
    if 0 in view.shape:
        return 0
    return 1 + sum((n - 1) * step for n, step in zip(view.shape, view.strides, strict=True))


def in_a_row(view: Strided) -> bool:
    """Whether its numbers stand one after the other, in their order."""
    return extent(view) == math.prod(view.shape) and all(
        n == 1 or step == math.prod(view.shape[at + 1 :])
        for at, (n, step) in enumerate(zip(view.shape, view.strides, strict=True))
    )


def _rebuild_parameter(data: object, *_: object) -> object:
    return data


def _dictionary() -> dict[Any, Any]:
    """An OrderedDict, which is filled afterwards: a dictionary of Python's is in order."""
    return {}


def _device(*words: object) -> str:
    return ":".join(str(word) for word in words if isinstance(word, str | int))


def _no_call(*_: object) -> object:
    raise TornError("it calls what cannot be called")


_TYPES = {
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
}
_SIZES = {kind: DTYPES[name].size for kind, name in _TYPES.items()} | {
    "ComplexFloat": 8,
    "ComplexDouble": 16,
    "QInt8": 1,
    "QUInt8": 1,
    "QInt32": 4,
}
_FURTHER_DTYPES = ("complex64", "complex128")

KNOWN: Mapping[str, Known | StorageType] = {
    **{
        known.name: known
        for known in (
            Known("torch._utils._rebuild_tensor_v2", _rebuild_tensor),
            Known("torch._utils._rebuild_parameter", _rebuild_parameter),
            Known("collections.OrderedDict", _dictionary),
            # Settings beside the weights have these; they are taken for their words.
            Known("torch.Size", checked_shape),
            Known("torch.device", _device),
            *(Known(f"torch.{name}", _no_call) for name in (*DTYPES, *_FURTHER_DTYPES)),
        )
    },
    **{
        f"{module}.{kind}Storage": StorageType(
            f"{kind}Storage", DTYPES.get(_TYPES.get(kind, "")), size
        )
        for kind, size in _SIZES.items()
        for module in ("torch", "torch.cuda")
    },
}
"""All that a pickle may ask for by name."""
