"""Writing files: all of the text is there afterwards, or everything is as it was."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import gradtui
from gradtui.files import write_atomically

SOURCE = Path(gradtui.__file__).parents[1]


def names(directory: Path) -> list[str]:
    return sorted(one.name for one in directory.iterdir() if one.name != "state-home")


def test_a_new_file_holds_the_text_in_utf8_and_asks_the_umask(tmp_path: Path) -> None:
    file = tmp_path / "σ.txt"
    old = os.umask(0o027)
    try:
        write_atomically(file, "∂L/∂w₁\n")
    finally:
        os.umask(old)
    assert file.read_bytes() == "∂L/∂w₁\n".encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert names(tmp_path) == ["σ.txt"]


def test_an_old_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old and longer than the new one")
    file.chmod(0o604)
    write_atomically(file, "new")
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o604
    assert names(tmp_path) == ["a.txt"]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    target = tmp_path / "far" / "target.txt"
    target.parent.mkdir()
    target.write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_the_longest_name_that_the_directory_takes_is_taken(tmp_path: Path) -> None:
    file = tmp_path / ("n" * 255)
    write_atomically(file, "text")
    assert file.read_text() == "text"


@pytest.mark.parametrize("name", ["", "missing/a.txt", "a.txt/b.txt", "\0", "n" * 256])
def test_what_cannot_be_a_file_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the name
        write_atomically(tmp_path / name, "text")
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_special_file_is_left_alone(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a regular file"):
        write_atomically(pipe, "text")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert names(tmp_path) == ["pipe"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to a read-only file")
def test_a_read_only_file_is_meant_to_stay(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")
    file.chmod(0o444)
    with pytest.raises(PermissionError):
        write_atomically(file, "new")
    assert file.read_text() == "old"


def test_an_interrupted_write_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "a.txt"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(file, "new")
    assert file.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """A limit on the size of files fails in the middle of a write, as a full disk does."""
    file = tmp_path / "a.txt"
    file.write_text("old")
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from gradtui.files import write_atomically\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_atomically(Path(sys.argv[1]), 'x' * 100_000)\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SOURCE)},
        timeout=60,
    )
    assert done.stdout == "File too large\n"
    assert file.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]
