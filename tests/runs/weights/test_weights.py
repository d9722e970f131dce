"""Weights: every number as the library that wrote it reads it back, and what is told of them."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gradtui import InputError, read_weights
from gradtui.runs.weights.known import Storage, StorageType, Strided
from gradtui.runs.weights.states import state_of
from gradtui.runs.weights.tensors import DTYPES, Weights
from support.weights_truth import FILES, FIXTURES, truth


def assert_is(weights: Weights, expected: dict[str, np.ndarray]) -> None:
    assert sorted(weights) == sorted(expected)
    for name, numbers in expected.items():
        assert weights.shapes[name] == weights[name].shape == numbers.shape, name
        assert weights[name].dtype == np.float64
        np.testing.assert_array_equal(weights[name], numbers, err_msg=name)
        signs = np.signbit(weights[name]) & ~np.isnan(numbers)
        np.testing.assert_array_equal(signs, np.signbit(numbers) & ~np.isnan(numbers))


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def members_of(file: str) -> dict[str, bytes]:
    """What is in an archive."""
    with zipfile.ZipFile(FIXTURES / file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("file", FILES)
def test_every_number_is_as_its_own_library_reads_it(file: str) -> None:
    assert_is(read_weights(FIXTURES / file), truth(file))


@pytest.mark.parametrize("file", FILES)
def test_the_name_of_the_file_says_nothing(file: str, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(FIXTURES, folder)
    (folder / file).rename(folder / "what")
    assert_is(read_weights(folder / "what"), truth(file))


def test_the_format_the_types_and_what_is_left_out_are_told() -> None:
    weights = read_weights(FIXTURES / "every.pt")
    assert weights.source == "PyTorch"
    assert weights.dtypes["brain"] == "bfloat16"
    assert weights.dtypes["half"] == "float16"
    assert weights.notes == (
        "Left out for their type of numbers: imaginary (ComplexFloatStorage).",
    )
    assert read_weights(FIXTURES / "legacy.pt").source == "PyTorch before 1.6"
    assert read_weights(FIXTURES / "model.safetensors").source == "safetensors"
    assert read_weights(FIXTURES / "model.safetensors.index.json").source == "safetensors in shards"
    assert "imaginary (complex128)" in read_weights(FIXTURES / "plain.npz").notes[0]


@pytest.mark.parametrize("file", ["every.pt", "legacy.pt", "protocol4.pt"])
def test_tied_tensors_are_known_by_their_memory(file: str) -> None:
    weights = read_weights(FIXTURES / file)
    assert weights.tied == {"tied.two": "tied.one"}


def test_a_view_of_the_same_memory_is_not_tied() -> None:
    weights = read_weights(FIXTURES / "every.pt")
    assert not {"transposed", "view"} & (weights.tied.keys() | set(weights.tied.values()))


def test_lightnings_weights_are_found_among_its_settings() -> None:
    weights = read_weights(FIXTURES / "lightning.ckpt")
    assert "0.weight" in weights
    assert not [name for name in weights if "exp_avg" in name or "prior" in name]
    (note,) = weights.notes
    assert note == "These are the weights of state_dict; left out: callbacks, hyper_parameters."


ONE = Strided(Storage(StorageType("FloatStorage", DTYPES["float32"], 4), "0", 4), 0, (4,), (1,))


@pytest.mark.parametrize(
    ("root", "names", "beside"),
    [
        (ONE, ["tensor"], ()),
        ({"fc.weight": ONE, "sub": {"bias": ONE}}, ["fc.weight", "sub.bias"], ()),
        ({"model": {"w": ONE}, "ema": {"w": ONE}}, ["w"], ("ema",)),
        ({"epoch": 3, "anything": {"w": ONE}}, ["w"], ()),
        ({"actor": {"w": ONE}, "critic": {"w": ONE}}, ["actor.w", "critic.w"], ()),
        ({"actor": {"w": ONE}, "critic": {"w": ONE}, "optimizer": {"x": ONE}},
         ["actor.w", "critic.w"], ("optimizer",)),
        ({"net": {"w": ONE}, "optim": {"state": {0: {"exp_avg": ONE}}, "param_groups": []}},
         ["w"], ()),
        ({"state": {0: {"exp_avg": ONE}}, "param_groups": []}, [],
         ("the state of an optimizer",)),
        ([ONE, {"w": ONE}], ["0", "1.w"], ()),
        ({"state_dict": {"a": {"b": ONE}}, "hyper_parameters": {"w": ONE}},
         ["a.b"], ("hyper_parameters",)),
    ],
)  # fmt: skip
def test_which_tensors_are_the_weights(
    root: object, names: list[str], beside: tuple[str, ...]
) -> None:
    found = state_of(root)
    assert list(found.tensors) == names
    assert found.beside == beside


def test_bytes_in_the_other_order(tmp_path: Path) -> None:
    members = members_of("protocol4.pt")
    sizes = {"protocol4/data/0": 2, "protocol4/data/1": 4}
    assert set(sizes) == {name for name in members if "/data/" in name}
    for name, size in sizes.items():
        numbers = np.frombuffer(members[name], f"<u{size}")
        members[name] = numbers.byteswap().tobytes()
    members["protocol4/byteorder"] = b"big"
    file = tmp_path / "big.pt"
    file.write_bytes(zipped(members))
    assert_is(read_weights(file), truth("protocol4.pt"))


def test_an_archive_that_was_packed_again(tmp_path: Path) -> None:
    file = tmp_path / "packed.pt"
    file.write_bytes(zipped(members_of("every.pt"), zipfile.ZIP_DEFLATED))
    assert_is(read_weights(file), truth("every.pt"))


def test_checksums_that_pytorch_was_told_to_leave_out(tmp_path: Path) -> None:
    content = bytearray((FIXTURES / "every.pt").read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 16 : at + 20] = bytes(4)
        at += 4
    file = tmp_path / "every.pt"
    file.write_bytes(content)
    assert_is(read_weights(file), truth("every.pt"))


def test_an_array_that_is_damaged_is_found_by_its_checksum(tmp_path: Path) -> None:
    content = bytearray((FIXTURES / "plain.npz").read_bytes())
    with zipfile.ZipFile(FIXTURES / "plain.npz") as archive:
        last = archive.infolist()[1].header_offset - 1
    content[last] ^= 1
    file = tmp_path / "plain.npz"
    file.write_bytes(content)
    with pytest.raises(InputError, match="checksum"):
        read_weights(file)["Dense_0/kernel"]


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    """A file with a hole of 8 GB in it is opened, and its other tensor read, in no memory."""
    hole = 2**33
    header = json.dumps(
        {
            "hole": {"dtype": "F32", "shape": [2**31], "data_offsets": [0, hole]},
            "small": {"dtype": "F32", "shape": [1], "data_offsets": [hole, hole + 4]},
        }
    ).encode()
    file = tmp_path / "hole.safetensors"
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(header)) + header)
        stream.seek(hole, os.SEEK_CUR)
        stream.write(struct.pack("<f", 1.5))
    assert read_weights(file)["small"].tolist() == [1.5]


def test_a_file_that_changes_afterwards_is_told(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    shutil.copy(FIXTURES / "model.safetensors", file)
    weights = read_weights(file)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(InputError, match="has changed since"):
        weights["half"]


def test_a_mapping_knows_its_names() -> None:
    weights = read_weights(FIXTURES / "model.safetensors")
    assert "half" in weights
    assert "quarter" not in weights
    with pytest.raises(KeyError):
        weights["quarter"]


def test_nothing_of_the_frameworks_is_imported() -> None:
    code = (
        "import sys, gradtui; w = gradtui.read_weights(sys.argv[1]); w['half'];"
        "sys.exit(bool({'torch', 'safetensors', 'ml_dtypes'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code, FIXTURES / "model.safetensors"], check=True)


def test_against_pytorch_itself(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    model = torch.nn.LSTM(3, 4, bidirectional=True)
    for old in (False, True):
        file = tmp_path / f"{old}.pt"
        torch.save({"model": model.state_dict()}, file, _use_new_zipfile_serialization=not old)
        expected = {name: one.double().numpy() for name, one in model.state_dict().items()}
        assert_is(read_weights(file), expected)
