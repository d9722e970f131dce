"""Files of weights for tests: safetensors by its documented header, from arrays."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gradtui import Weights, read_weights

_TYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int8": "I8"}


def safetensors(file: Path, tensors: Mapping[str, np.ndarray]) -> Path:
    """Write arrays, in their order."""
    header, data = {}, b""
    for name, array in tensors.items():
        end = len(data) + array.nbytes
        header[name] = {
            "dtype": _TYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [len(data), end],
        }
        data += np.ascontiguousarray(array).tobytes()
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return file


def npz(file: Path, tensors: Mapping[str, np.ndarray]) -> Path:
    """The same as numpy writes them."""
    np.savez(file, **tensors)  # type: ignore[arg-type]
    return file


def weights_of(folder: Path, tensors: Mapping[str, np.ndarray], *, ordered: bool = True) -> Weights:
    """Arrays as they are read back, from a format that keeps the model's order or from one not."""
    if ordered:
        return read_weights(npz(folder / "w.npz", tensors))
    return read_weights(safetensors(folder / "w.safetensors", tensors))
