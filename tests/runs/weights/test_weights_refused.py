"""Weights that are damaged, hostile or something else: an error that says what, and nothing run."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from gradtui import InputError, read_weights
from gradtui.runs.weights import pickles
from support.weights_truth import FILES, FIXTURES, truth

WHOLE = tuple(file for file in FILES if not file.endswith(".json"))


def archive(pickled: bytes, **data: bytes) -> bytes:
    """A checkpoint of PyTorch's."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as members:
        members.writestr("w/data.pkl", pickled)
        members.writestr("w/byteorder", "little")
        for key, numbers in data.items():
            members.writestr(f"w/data/{key[1:]}", numbers)
    return out.getvalue()


def refused(content: bytes, tmp_path: Path) -> str:
    """The error that a file's content gives."""
    file = tmp_path / "weights"
    file.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_weights(file)
    return str(error.value)


def safetensors(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(shape: list[object], begin: object, end: object, dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


# ------------------------------------------------------------- torn


@pytest.mark.parametrize("file", WHOLE)
def test_cut_at_every_byte(file: str, tmp_path: Path) -> None:
    content = (FIXTURES / file).read_bytes()
    cut = tmp_path / "weights"
    for length in range(len(content)):
        cut.write_bytes(content[:length])
        with pytest.raises(InputError):
            dict(read_weights(cut))


def test_an_index_cut_at_every_byte(tmp_path: Path) -> None:
    index = "model.safetensors.index.json"
    for file in FIXTURES.glob("model-*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    content = (FIXTURES / index).read_bytes().rstrip()
    for length in range(len(content)):
        (tmp_path / index).write_bytes(content[:length])
        with pytest.raises(InputError):
            read_weights(tmp_path / index)


@pytest.mark.heavy
@pytest.mark.parametrize("file", WHOLE)
def test_any_byte_may_be_another(file: str, tmp_path: Path) -> None:
    content = (FIXTURES / file).read_bytes()
    rng = np.random.default_rng(0)
    changed = tmp_path / "weights"
    for at in range(0, len(content), 3):
        other = bytearray(content)
        other[at] ^= int(rng.integers(1, 256))
        changed.write_bytes(other)
        with suppress(InputError):
            dict(read_weights(changed))


@pytest.mark.heavy
@pytest.mark.parametrize("file", ["every.pt", "lightning.ckpt"])
def test_any_byte_of_the_pickle_may_be_another(file: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(FIXTURES / file) as members:
        parts = {name: members.read(name) for name in members.namelist()}
    (name,) = (name for name in parts if name.endswith("data.pkl"))
    rng = np.random.default_rng(1)
    changed = tmp_path / "weights"
    for at in range(len(parts[name])):
        other = bytearray(parts[name])
        other[at] = int(rng.integers(256))
        with zipfile.ZipFile(changed, "w") as out:
            for part, data in {**parts, name: bytes(other)}.items():
                out.writestr(part, data)
        with suppress(InputError):
            dict(read_weights(changed))


# ------------------------------------------------------------- pickles


class Runs:
    """What a pickle would do if it were loaded."""

    def __init__(self, call: object, *given: object) -> None:
        self.call, self.given = call, given

    def __reduce__(self) -> tuple[object, ...]:
        return self.call, self.given


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    ("call", "name"),
    [(os.mkdir, f"{os.name}.mkdir"), (eval, "eval"), (Path, "pathlib.Path"), (np.dtype, "dtype")],
)
def test_a_name_is_refused_and_not_called(
    protocol: int, call: object, name: str, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    given = f"__import__('os').mkdir({str(made)!r})" if call is eval else str(made)
    content = archive(pickle.dumps({"state_dict": Runs(call, given)}, protocol))
    message = refused(content, tmp_path)
    assert f"{name}, which is refused" in message
    assert "torch.save(model.state_dict()" in message
    assert not made.exists()


def test_a_name_in_an_old_file_is_refused(tmp_path: Path) -> None:
    content = (FIXTURES / "legacy.pt").read_bytes()
    changed = content.replace(b"torch._utils\n_rebuild_tensor_v2", b"os\nsystem", 1)
    assert changed != content
    assert "os.system, which is refused" in refused(changed, tmp_path)


def test_a_name_is_shown_without_its_escapes(tmp_path: Path) -> None:
    message = refused(archive(b"\x80\x02cos\n\x1b[31mx\n."), tmp_path)
    assert "os.\\x1b[31mx, which is refused" in message


@pytest.mark.parametrize(
    "inner",
    [
        b"(i__main__\nx\n.",  # INST
        b"(ctorch\nSize\no.",  # OBJ
        b"ctorch\nSize\n)\x81.",  # NEWOBJ
        b"\x82\x01.",  # EXT1
        b"Px\n.",  # PERSID
        b"]K\x01b.",  # BUILD of a list
        b"K\x01)R.",  # the call of a number
        b"ctorch\nfloat32\n)R.",  # the call of a type
        b"}](K\x01K\x02s.",
        b"}]K\x01s.",  # a list as a key
        b"}(((K\x01ttt]s.",
        b"\x8c\x05torch]\x93.",  # a name that is a list
        b"0.",
        b"t.",
        b"h\x05.",
        b"X\xff\xff\xff\x7fabc.",
        b"NN.",
    ],
)
def test_what_is_no_plain_data(inner: bytes, tmp_path: Path) -> None:
    assert "not a whole file of weights" in refused(archive(b"\x80\x02" + inner), tmp_path)


def test_a_deep_pickle(tmp_path: Path) -> None:
    deep = b"\x80\x02" + b"(" * 500_000 + b"t" * 500_000 + b"."
    assert "no tensor" in refused(archive(deep), tmp_path)
    assert "no tensor" in refused(
        archive(b"\x80\x02" + b"]" * 10**6 + b"a" * 999_999 + b"."), tmp_path
    )


def test_a_pickle_that_holds_itself_many_times(tmp_path: Path) -> None:
    """Each dictionary has the one before under two names: 2^60 ways down."""
    doubling = b"".join(
        b"}(X\x01\x00\x00\x00ah%cX\x01\x00\x00\x00bh%cuq%c0" % (at, at, at + 1) for at in range(60)
    )
    assert "no tensor" in refused(archive(b"\x80\x02}q\x000" + doubling + b"h<."), tmp_path)
    assert "no tensor" in refused(archive(b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s."), tmp_path)


def test_one_large_thing_under_many_names_is_looked_at_once(tmp_path: Path) -> None:
    """A list of 200,000 in each of 100,000 lists: 2·10^10 looks if each were walked."""
    large = b"](" + b"K\x01" * 200_000 + b"eq\x000"
    names = b"".join(b"X\x05\x00\x00\x00%05d]h\x00a" % at for at in range(100_000))
    content = archive(b"\x80\x02" + large + b"}(" + names + b"u.")
    assert "no tensor" in refused(content, tmp_path)


def test_a_long_name_of_many_things_takes_no_memory(tmp_path: Path) -> None:
    """100,000 lists under one name of 10 MB: 10^12 letters if each had its path."""
    name = b"X" + struct.pack("<I", 10**7) + b"a" * 10**7
    content = archive(b"\x80\x02}X\x01\x00\x00\x00a}" + name + b"](" + b"]" * 100_000 + b"ess.")
    assert "no tensor" in refused(content, tmp_path)


def test_a_pickle_that_goes_on_and_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "_MOST_STEPS", 1000)
    assert "more than 1,000 instructions" in refused(archive(b"\x80\x02" + b"N0" * 600), tmp_path)


def view(offset: int, shape: bytes, strides: bytes, count: int = 6) -> bytes:
    """A checkpoint with one tensor."""
    storage = (
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
    )
    storage += b"J" + struct.pack("<i", count) + b"tQ"
    made = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"J" + struct.pack("<i", offset)
    made += shape + strides + b"\x89NtR"
    return b"\x80\x02}X\x01\x00\x00\x00w" + made + b"s."


def test_a_view_within_its_storage(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(archive(view(1, b"K\x02K\x02\x86", b"K\x03K\x01\x86"), _0=bytes(24)))
    assert read_weights(file)["w"].shape == (2, 2)


@pytest.mark.parametrize(
    ("offset", "shape", "strides", "count", "says"),
    [
        (2, b"K\x02K\x02\x86", b"K\x03K\x01\x86", 6, "beyond its storage"),
        (-1, b"K\x02K\x02\x86", b"K\x03K\x01\x86", 6, "no whole number from 0 up"),
        (0, b"K\x02K\x02\x86", b"J\xff\xff\xff\xffK\x01\x86", 6, "no whole number from 0 up"),
        (0, b"K\x02\x85", b"K\x03K\x01\x86", 6, "shape and the strides"),
        (0, b"K\x07\x85", b"K\x01\x85", 7, "not all there"),
        (0, b"(" + b"K\x01" * 40 + b"t", b"(" + b"K\x01" * 40 + b"t", 6, "shape is none"),
        (0, b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", b"K\x00K\x00\x86", 6, "larger than its"),
    ],
)
def test_a_view_that_cannot_be(
    offset: int, shape: bytes, strides: bytes, count: int, says: str, tmp_path: Path
) -> None:
    content = archive(view(offset, shape, strides, count), _0=bytes(24))
    assert says in refused(content, tmp_path)


def test_numbers_that_are_missing(tmp_path: Path) -> None:
    content = archive(view(0, b"K\x02\x85", b"K\x01\x85"))
    assert "numbers of the storage 0 are missing" in refused(content, tmp_path)


# ------------------------------------------------------------- archives


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """2 GB of zeros in 2 MB, where a few are announced."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": (3,)}
    )
    file = tmp_path / "bomb.npz"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out, out.open("w.npy", "w") as member:
        member.write(head.getvalue())
        for _ in range(64):
            member.write(bytes(2**20))
    tracemalloc.start()
    with pytest.raises(InputError, match="shape and the size of w differ"):
        read_weights(file)
    assert tracemalloc.get_traced_memory()[1] < 2**21
    tracemalloc.stop()


def test_sizes_that_cannot_come_of_so_few_bytes(tmp_path: Path) -> None:
    content = bytearray((FIXTURES / "packed.npz").read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 24 : at + 28] = b"\xff\xff\xff\x7f"
    assert "says of a part what cannot be" in refused(bytes(content), tmp_path)


def test_a_part_that_begins_before_the_archive(tmp_path: Path) -> None:
    """Where the directory is said to be farther on than it is, all else moves before the start."""
    content = bytearray((FIXTURES / "plain.npz").read_bytes())
    at = content.rfind(b"PK\x05\x06")
    content[at + 16 : at + 20] = struct.pack("<I", at + 10_000)
    assert "not a whole file of weights" in refused(bytes(content), tmp_path)


@pytest.mark.parametrize("descr", ["|a3", "<M8[ns]", "|V2", "<U3", "<f16", "<i16", "q"])
def test_arrays_of_other_types(descr: str, tmp_path: Path) -> None:
    told = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,), }}".encode()
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(told)) + told + bytes(64)
    file = tmp_path / "w.npz"
    with zipfile.ZipFile(file, "w") as out:
        out.writestr("w.npy", array)
    with pytest.raises(InputError):
        read_weights(file)


def test_arrays_of_objects_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "objects.npz"
    np.savez(file, weight=np.ones(3), objects=np.array([Runs(os.mkdir, str(tmp_path / "x"))]))
    weights = read_weights(file)
    assert list(weights) == ["weight"]
    assert weights.notes == ("Left out for their type of numbers: objects (object).",)
    assert not (tmp_path / "x").exists()


def test_more_than_there_is_memory_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 2**40
    file = tmp_path / "w"
    with file.open("wb") as stream:
        stream.write(safetensors({"w": entry([size], 0, size, "U8")}))
        stream.truncate(stream.tell() + size)
    with pytest.raises(InputError, match="of memory available"):
        read_weights(file)["w"]


# ------------------------------------------------------------- safetensors


@pytest.mark.parametrize(
    ("header", "data", "says"),
    [
        ({"a": entry([1], 0, 4), "b": entry([1], 2, 6)}, 6, "overlap"),
        ({"a": entry([1], 4, 8)}, 8, "gaps"),
        ({"a": entry([1], 0, 4)}, 8, "take 4 bytes, and there are 8"),
        ({"a": entry([1], 0, 4)}, 2, "take 4 bytes, and there are 2"),
        ({"a": entry([2], 0, 4)}, 4, "shape and the place of a differ"),
        ({"a": entry([-1], 0, 4)}, 4, "no whole number"),
        ({"a": entry([1.0], 0, 4)}, 4, "no whole number"),
        ({"a": entry([True], 0, 4)}, 4, "no whole number"),
        ({"a": entry([2**70], 0, 4)}, 4, "no whole number"),
        ({"a": entry([1], "0", 4)}, 4, "no whole number"),
        ({"a": {"dtype": "F32", "shape": [1]}}, 4, "no place"),
        ({"a": 3}, 0, "tells nothing of a"),
        ({"\x1b[31m": 3}, 0, "tells nothing of \\x1b[31m"),
        ({}, 0, "no tensor in it"),
        ({"a": entry([1], 0, 8, "C64")}, 8, "no tensor in it"),
    ],
)
def test_headers_that_cannot_be(header: object, data: int, says: str, tmp_path: Path) -> None:
    assert says in refused(safetensors(header, bytes(data)), tmp_path)


def test_a_header_that_is_too_deep_or_long(tmp_path: Path) -> None:
    text = b'{"a":' + b"[" * 10**6
    deep = struct.pack("<Q", len(text)) + text
    assert "not JSON" in refused(deep, tmp_path)
    assert "ends before" in refused(struct.pack("<Q", 10**8) + b"{", tmp_path)
    assert "not weights" in refused(struct.pack("<Q", 10**8 + 1) + b"{" + bytes(100), tmp_path)


# ------------------------------------------------------------- shards


@pytest.mark.parametrize("home", ["../model.safetensors", "/etc/passwd", "a/b", "", "..", "a\0b"])
def test_shards_are_in_the_folder_of_their_index(home: str, tmp_path: Path) -> None:
    content = json.dumps({"weight_map": {"w": home}}).encode()
    message = refused(content, tmp_path)
    assert "index of its own folder" in message or "its shard a\\x00b" in message


def test_a_shard_that_is_missing_or_lacks_a_tensor(tmp_path: Path) -> None:
    content = json.dumps({"weight_map": {"w": "model-1.safetensors"}}).encode()
    assert "its shard model-1.safetensors" in refused(content, tmp_path)
    shard = safetensors({"v": entry([1], 0, 4)}, bytes(4))
    (tmp_path / "model-1.safetensors").write_bytes(shard)
    assert "w is not in model-1.safetensors" in refused(content, tmp_path)


# ------------------------------------------------------------- something else


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "there is nothing in it"),
        (b"step,loss\n1,2\n", "is not weights: safetensors, npz"),
        (b"\x89HDF\r\n\x1a\n" + bytes(10), "it is HDF5"),
        (b"\x93NUMPY\x01\x00", "one array without a name"),
        (pickle.dumps({"w": 1}), "a pickle that is none of PyTorch's"),
        (b"GGUF" + bytes(20), "it is GGUF"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b'{"weights": 1}', "is not weights"),
    ],
)
def test_what_is_something_else(content: bytes, says: str, tmp_path: Path) -> None:
    assert says in refused(content, tmp_path)


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as out:
        out.writestr("readme.txt", "x")
    with pytest.raises(InputError, match="another zip archive"):
        read_weights(file)


@pytest.mark.parametrize("path", ["", "no/such", "a\0b", ".", "~nobody-there/x", "/dev/null"])
def test_no_file(path: str) -> None:
    with pytest.raises(InputError, match="path"):
        read_weights(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="regular"):
        read_weights(tmp_path / "pipe")


def test_the_fixtures_are_read_before_they_are_broken() -> None:
    for file in FILES:
        assert len(read_weights(FIXTURES / file)) == len(truth(file))


def test_an_archive_of_a_later_version_is_told_as_one(tmp_path: Path) -> None:
    content = bytearray(archive(pickle.dumps({})))
    directory = content.index(b"PK\x01\x02")
    content[directory + 6] = 99  # version needed to extract, in tenths (APPNOTE 4.4.3)
    assert "of a later version" in refused(bytes(content), tmp_path)
