"""Reading weights: which format it is, by its content, and the tensors in it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from gradtui.errors import InputError, printable
from gradtui.files import named_file, open_regular
from gradtui.runs.weights import checkpoint, npz, safetensors
from gradtui.runs.weights.archive import members
from gradtui.runs.weights.pickles import RefusedError
from gradtui.runs.weights.tensors import (
    Contents,
    Fingerprint,
    Part,
    TornError,
    Weights,
    error_words,
    read_at,
    torn,
)

_FORMATS = "weights: safetensors, npz, a checkpoint of PyTorch, or an index of shards"
_SAVE_AGAIN = "save them as safetensors, or with numpy.savez"
_LONGEST_INDEX = 2**26
_HEAD = 4096
_ENDINGS = (".index.json", ".safetensors", ".npz", ".pt", ".pth", ".ckpt", ".bin")
_NAMED = 3
_ONLY_WEIGHTS = (
    "load it where it was made and where you trust it, and save the weights alone: "
    "torch.save(model.state_dict(), 'weights.pt')"
)
_OTHERS: tuple[tuple[Callable[[bytes], bool], str, str], ...] = (
    (lambda head: head.startswith(b"\x89HDF"), "HDF5", _SAVE_AGAIN),
    (lambda head: head.startswith(b"\x93NUMPY"), "one array without a name", "use numpy.savez"),
    (lambda head: head.startswith(b"GGUF"), "GGUF", _SAVE_AGAIN),
    (lambda head: head.startswith(b"\x1f\x8b"), "packed with gzip", "unpack it first"),
    (lambda head: head.startswith(b"\x28\xb5\x2f\xfd"), "packed with zstd", "unpack it first"),
    (lambda head: head[257:262] == b"ustar", "a tar archive", "unpack it, or " + _SAVE_AGAIN),
    (
        lambda head: head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"),
        "a pickle that is none of PyTorch's",
        _SAVE_AGAIN,
    ),
    (
        lambda head: head.startswith(b"version https://git-lfs"),
        "where the weights are kept, not they",
        "fetch them with git lfs pull",
    ),
)


def read_weights(path: str | os.PathLike[str]) -> Weights:
    """The tensors of a file by name: safetensors, npz, PyTorch's .pt, .pth, .ckpt and .bin.

    Nothing in the file is run: a checkpoint that asks for a name of Python's which is not needed
    for tensors is refused. Which format it is, its content says.

    Args:
        path: a file, or a *.index.json that names the files in its folder which have the weights.

    Returns:
        A mapping from names to float64 arrays. Each array is read when it is asked for.

    Raises:
        InputError: there is no such file, it has no weights, isn't whole, or is refused.
    """
    given = os.fspath(path)
    try:
        file = named_file(given, "path", "model.safetensors")
        with open_regular(file) as stream:
            mapped = _weight_map(stream)
            if mapped is None:
                return _weights(given, [(file, Fingerprint.of(stream), _contents(stream, given))])
        return _weights(given, _shards(file, mapped, given))
    except IsADirectoryError:
        raise InputError("path", given, "a file", _in_folder(Path(given))) from None
    except OSError as error:
        allowed = f"a file that can be read ({error_words(error)})"
        raise InputError("path", given, allowed, "name a file that is there") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError("path", given, "a file's name", "name a file") from None


def _in_folder(folder: Path) -> str:
    """What to name instead of a folder: of shards their index."""
    found: list[str] = []
    with suppress(OSError, ValueError):
        names = sorted(one.name for one in folder.iterdir() if one.name.endswith(_ENDINGS))
        found = [name for name in names if name.endswith(".json")] or names
    if not found:
        return "name a file of weights"
    more = f", or another of {len(found):,}" if len(found) > _NAMED else ""
    return f"name a file in it: {', '.join(map(printable, found[:_NAMED]))}{more}"


def _weights(given: str, parts: list[Part]) -> Weights:
    """What was found, if it is anything."""
    weights = Weights(given, parts)
    if not weights:
        said = " ".join(weights.notes)
        allowed = "a file with weights: there is no tensor in it" + (said and f" ({said})")
        raise InputError("path", given, allowed, "name the checkpoint that has the model's")
    return weights


def _contents(stream: BinaryIO, given: str) -> Contents:
    """The tensors of one file."""
    head = stream.read(_HEAD)
    if not head:
        raise InputError("path", given, f"{_FORMATS}; there is nothing in it", "save it again")
    try:
        if safetensors.knows(head):
            return safetensors.contents(stream)
        if head.startswith(checkpoint.LEGACY):
            return checkpoint.legacy_contents(stream)
        if head.startswith(b"PK"):
            found = members(stream)
            if checkpoint.knows(found):
                return checkpoint.contents(stream, found)
            if npz.knows(found):
                return npz.contents(stream, found)
            raise InputError("path", given, f"{_FORMATS}; it is another zip archive", _SAVE_AGAIN)
    except TornError as error:
        raise torn(given, str(error)) from None
    except RefusedError as error:
        name = printable(str(error))[:200]
        raise InputError(
            "path", given, f"plain weights: it asks for {name}, which is refused", _ONLY_WEIGHTS
        ) from None
    for begins, what, step in _OTHERS:
        if begins(head):
            raise InputError("path", given, f"{_FORMATS}; it is {what}", step)
    raise InputError("path", given, _FORMATS, "name another file")


# ------------------------------------------------------------- shards


def _weight_map(stream: BinaryIO) -> dict[str, str] | None:
    """By tensor the file that has it, of an index of shards; None if it is none."""
    size = os.fstat(stream.fileno()).st_size
    if size > _LONGEST_INDEX or os.pread(stream.fileno(), _HEAD, 0).lstrip()[:1] != b"{":
        return None
    with suppress(ValueError, RecursionError, TornError):
        told = json.loads(read_at(stream, 0, size))
        mapped = told.get("weight_map") if isinstance(told, dict) else None
        if isinstance(mapped, dict) and all(isinstance(one, str) for one in mapped.values()):
            return mapped
    return None


def _shards(index: Path, mapped: dict[str, str], given: str) -> list[Part]:
    """The shards that an index names, each with those of its tensors that it is named for."""
    parts: list[Part] = []
    for name in dict.fromkeys(mapped.values()):
        if Path(name).name != name or name in ("", ".."):
            step = "put the shards beside the index, and their names alone in it"
            raise InputError("path", given, f"an index of its own folder: {printable(name)}", step)
        shard = index.parent / name
        try:
            with open_regular(shard) as stream:
                fingerprint, contents = Fingerprint.of(stream), _contents(stream, str(shard))
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            why = f"its shard {printable(name)}: {error_words(error)}"
            raise InputError("path", given, why, "fetch the shard") from None
        tensors = {}
        for tensor, home in mapped.items():
            if home == name:
                if tensor not in contents.tensors:
                    raise torn(given, f"{printable(tensor)} is not in {printable(name)}")
                tensors[tensor] = contents.tensors[tensor]
        source = f"{contents.source} in shards"
        parts.append((shard, fingerprint, Contents(source, tensors, contents.notes)))
    return parts
