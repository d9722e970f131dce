"""Whatever a file holds, it is read as far as it goes or refused with a reason: never a crash."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui import InputError
from gradtui.runs.formats.crc32c import crc32c, masked, masked_of_all
from support import run_samples as samples
from support.run_samples import FILES, reading


def told(content: bytes, tmp_path: Path) -> tuple[str, ...]:
    """Every text that a reader has of such a file, or its refusal."""
    try:
        run = reading(content, tmp_path)
    except InputError as error:
        return (str(error),)
    assert (np.diff(run.steps) > 0).all()
    return (*run.names, *run.losses, *run.notes, run.source)


def shows_nothing_odd(texts: tuple[str, ...]) -> bool:
    return not any(
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        for text in texts
        for character in text
    )


# ------------------------------------------------------------------ what is read all the same


@pytest.mark.parametrize("name", samples.ALL)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: ("\ufeff" + text).encode(),
        lambda text: ("\ufeff" + text).encode("utf-16-le"),
        lambda text: ("\ufeff" + text).encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.encode() + b"\0" * 4096,
        lambda text: text.encode() + b"\xff\xfe\xfa oops\n",
        lambda text: text.encode() + b"\n\n\n",
    ],
    ids=["BOM", "UTF-16 LE", "UTF-16 BE", "CRLF", "NULs", "no UTF-8", "blank lines"],
)
def test_the_same_numbers(name: str, change, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = samples.ALL[name]
    plain, changed = reading(text.encode(), tmp_path), reading(change(text), tmp_path)
    assert changed.source == plain.source
    np.testing.assert_array_equal(changed.steps, plain.steps)
    np.testing.assert_array_equal(changed.loss, plain.loss)
    np.testing.assert_array_equal(changed.log10_gradients, plain.log10_gradients)


def test_names_come_without_escapes(tmp_path: Path) -> None:
    evil = "\\u001b]0;owned\\u0007\\u202e" + "x" * 5_000
    line = f'{{"step": 0, "loss": 1.5, "grad_norm/h.0\\u001b[2J": 1, "grad_norm/{evil}": 2}}\n'
    run = reading(line.encode(), tmp_path)
    assert run.names == ("h.0\\x1b[2J",)
    head = 'step,"train\x1b[31m loss",\x1b]8;;http://evil\x07grad_norm/a\n0,1.5,2\n'
    assert shows_nothing_odd(told(head.encode(), tmp_path))


def test_a_line_that_never_ends_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradtui.runs.formats import format as module

    monkeypatch.setattr(module, "LONGEST", 2**20)
    long = b"9" * (3 * 2**20) + b"\n"
    run = reading(b"step,loss\n0,2.5\n" + long + b"1,2.0\n", tmp_path)
    assert run.loss.tolist() == [2.5, 2.0]
    assert any("longer than" in note for note in run.notes)


def test_json_that_is_too_deep_or_too_long_is_left_out(tmp_path: Path) -> None:
    deep = b'{"loss": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    digits = b'{"step": 1, "loss": ' + b"9" * 10_000 + b"}\n"
    good = b'{"step": 0, "loss": 1.5}\n{"step": 2, "loss": 1e999}\n'
    run = reading(good + deep + digits + b'{"step": 3, "loss": 0.5}\n', tmp_path)
    assert run.steps.tolist() == [0, 2, 3]
    assert run.not_finite("loss").tolist() == [False, True, False]
    assert "Left out as no JSON: 2 lines." in run.notes


def test_objects_in_objects_have_an_end(tmp_path: Path) -> None:
    nested = b'{"a":' * 500 + b"1" + b"}" * 500
    run = reading(b'{"step": 0, "loss": 1.5, "x": ' + nested + b"}\n", tmp_path)
    assert run.loss.tolist() == [1.5]


HOSTILE = {
    "words": "a " * 30_000,
    "a word": "a" * 60_000,
    "overflows": "overflow " * 7_000,
    "parameters": "a.weight " * 7_000 + "grad",
    "a parameter": "a.b.weight." * 5_000,
    "pairs": "a=1 " * 15_000,
    "steps": "step 1 " * 9_000,
    "digits": "1" * 60_000,
    "escapes": "\x1b[" * 30_000,
    "commands": "\x1b]" * 30_000,
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_takes_no_longer_than_another(line: str, tmp_path: Path) -> None:
    # What took a time that grows with the square of a line would not come to an end here.
    lines = f"{line}\n{line[::-1]}\n" * 20
    run = reading(f"step 1 loss 2.5\n{lines}step 2 loss 2.0\n".encode(), tmp_path)
    assert run.loss.tolist()[-1] == 2.0


def test_mixed_types_are_said(tmp_path: Path) -> None:
    lines = b'{"step": "0", "loss": "2.5"}\n{"step": 1.0, "loss": [2]}\n{"step": 2, "loss": true}\n'
    run = reading(lines + b'{"step": 3, "loss": "high"}\n{"step": 4, "loss": null}\n', tmp_path)
    assert run.steps.tolist() == [0, 2]
    assert run.loss.tolist() == [2.5, 1.0]
    assert "Left out of loss as no numbers: 1 value." in run.notes


# ------------------------------------------------------------------ damage within


def test_a_record_whose_crc_is_wrong_is_left_out(tmp_path: Path) -> None:
    content = bytearray(FILES["torch_scalars"])
    whole = reading(bytes(content), tmp_path)
    at = content.rindex(b"Grad/norm")
    content[at + 1] ^= 1
    run = reading(bytes(content), tmp_path)
    assert "Left out as damaged: 1 record." in run.notes
    assert run.recorded["total_norm"].sum() == whole.recorded["total_norm"].sum() - 1
    np.testing.assert_array_equal(run.loss, whole.loss)


def test_after_a_length_that_is_wrong_nothing_can_be_read(tmp_path: Path) -> None:
    content = FILES["torch_scalars"]
    run = reading(content + b"\0" * 64, tmp_path)
    assert run.steps.tolist() == reading(content, tmp_path).steps.tolist()
    assert "A record is damaged: what comes after it can't be read." in run.notes


def test_a_damaged_block_of_wandb_is_passed_over(tmp_path: Path) -> None:
    content = bytearray(FILES["offline.wandb"])
    content[len(content) // 2] ^= 0xFF
    try:
        notes = reading(bytes(content), tmp_path).notes
    except InputError:
        return
    assert "Left out as damaged: 1 block." in notes


@pytest.mark.parametrize("size", [0, 1, 4, 63, 64, 65, 200, 5_000])
def test_crcs_of_many_records_are_those_of_each(size: int) -> None:
    rng = np.random.default_rng(size)
    records = [rng.bytes(4 + int(n)) for n in rng.integers(0, size + 1, 20)]
    assert masked_of_all(records).tolist() == [masked(crc32c(one)) for one in records]


def test_crc32c_is_the_published_one() -> None:
    # RFC 3720, B.4
    assert crc32c(b"\0" * 32) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"123456789") == 0xE3069283


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(sorted(FILES)),
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=40)), max_size=6
    ),
)
def test_any_damage(name: str, cuts: list[tuple[float, int, bytes]], tmp_path: Path) -> None:
    content = bytearray(FILES[name])
    for share, length, put in cuts:
        at = int(share * len(content))
        content[at : at + length] = put
    assert shows_nothing_odd(told(bytes(content), tmp_path))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=400))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    for begins in (b"", b":W&B\xe1\xbe\0", b"SQLite format 3\0", b'{"gradtui":1,"names":["a"]}\n'):
        assert shows_nothing_odd(told(begins + content, tmp_path))
