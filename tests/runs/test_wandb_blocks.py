"""wandb's blocks and histograms as its documents have them, where the real file is too small."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from gradtui import Run, read_run

BLOCK = 32_768


def field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    told = b""
    while value > 127:
        told += bytes((value & 127 | 128,))
        value >>= 7
    return told + bytes((value,))


def history(step: int, **values: object) -> bytes:
    """A record of the history; a double underscore in a name is a slash."""
    items = b"".join(
        field(1, field(1, key.replace("__", "/").encode()) + field(16, json.dumps(value).encode()))
        for key, value in values.items()
    )
    return field(2, items + field(2, b"\x08" + _varint(step)))


def written(records: list[bytes]) -> bytes:
    """LevelDB's log of them."""
    content = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
    for record in records:
        begun = False
        while record or not begun:
            left = BLOCK - len(content) % BLOCK
            if left < 7:
                content += b"\0" * left
                continue
            piece, record = record[: left - 7], record[left - 7 :]
            kind = (4 if begun else 1) if not record else (3 if begun else 2)
            crc = zlib.crc32(bytes((kind,)) + piece)
            content += struct.pack("<IHB", crc, len(piece), kind) + piece
            begun = True
    return content


def reading(records: list[bytes], tmp_path: Path) -> Run:
    (tmp_path / "run").write_bytes(written(records))
    return read_run(tmp_path / "run")


@pytest.mark.parametrize("padding", [*range(32_700, 32_768), 100_000])
def test_records_go_over_the_ends_of_blocks(padding: int, tmp_path: Path) -> None:
    run = reading(
        [history(0, loss=2.5), history(1, text="x" * padding, loss=2.0), history(2, loss=1.5)],
        tmp_path,
    )
    assert run.steps.tolist() == [0, 1, 2]
    assert run.loss.tolist() == [2.5, 2.0, 1.5]
    assert not run.notes


def test_a_damaged_block_does_not_take_the_next_one_with_it(tmp_path: Path) -> None:
    records = [history(at, loss=at / 4, text="x" * 1_000) for at in range(100)]
    content = bytearray(written(records))
    content[BLOCK + 5_000] ^= 0xFF
    (tmp_path / "run").write_bytes(content)
    run = read_run(tmp_path / "run")
    assert run.notes == ("Left out as damaged: 1 block.",)
    assert {0, 99} <= set(run.steps.tolist())
    assert 60 < len(run.steps) < 75
    np.testing.assert_array_equal(run.loss, run.steps / 4)


def histogram(norm: float) -> dict[str, object]:
    """Of as many elements as it has, all close to one value."""
    return {
        "_type": "histogram",
        "values": [0, 16],
        "bins": [0.0, norm / 4 * 0.999, norm / 4 * 1.001],
    }


def test_a_norm_from_bins_of_equal_size(tmp_path: Path) -> None:
    packed = {
        "_type": "histogram",
        "values": [3, 0, 1],
        "packedBins": {"min": -1.5, "size": 1.0, "count": 3},
    }
    run = reading([history(0, loss=1.0, gradients__a=packed)], tmp_path)
    # Evenly spread in [-1.5, -0.5] a square is 13/12 on average, and so it is in [0.5, 1.5].
    np.testing.assert_allclose(10**run.log10_gradients, np.sqrt(4 * 13 / 12))
    assert run.approximate


def test_where_the_gradients_stop_is_said(tmp_path: Path) -> None:
    told = [history(at, loss=1.0, gradients__a=histogram(2.0)) for at in range(4)]
    untold = [history(at, loss=1.0) for at in range(4, 9)]
    run = reading(told + untold, tmp_path)
    np.testing.assert_allclose(10 ** run.log10_gradients[:4, 0], 2.0, rtol=1e-3)
    assert np.isnan(run.log10_gradients[4:]).all()
    assert run.notes == (
        "No gradient is told after step 3, though the run goes on to 8: wandb drops what is all "
        "inf or nan.",
    )
    # With a gradient at every other step the last step may have none, and nothing is said.
    some = [
        history(at, loss=1.0, **({} if at % 2 else {"gradients__a": histogram(2.0)}))
        for at in range(8)
    ]
    assert not reading(some, tmp_path).notes


@pytest.mark.parametrize(
    "told",
    [
        {"_type": "histogram"},
        {"_type": "histogram", "values": "many", "bins": 3},
        {"_type": "histogram", "values": [1, 2], "bins": [1, 2]},
        {"_type": "histogram", "values": [1], "packedBins": {"min": 0}},
        {"_type": "histogram", "values": [1], "packedBins": {"min": 0, "size": 1, "count": 1e99}},
        {"_type": "histogram", "values": [[1]], "bins": [[1]]},
    ],
)
def test_a_histogram_that_is_none_is_left_out(told: dict[str, object], tmp_path: Path) -> None:
    run = reading([history(0, loss=1.0), history(1, loss=2.0, gradients__a=told)], tmp_path)
    assert run.loss[0] == 1.0
    assert not run.names or np.isfinite(run.log10_gradients[1]).all()
