"""Writing files: all of the text is there afterwards, or everything is as it was."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import gradtui
from gradtui.errors import InputError
from gradtui.files import home, named_file, read_text, write_atomically

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


# -------------------------------------------------------------------- reading


def test_a_file_is_read_to_a_bound_and_no_further(tmp_path: Path) -> None:
    file = tmp_path / "σ.txt"
    file.write_text("σ" * 50, encoding="utf-8")
    assert read_text(file, 100) == "σ" * 50
    with pytest.raises(OSError, match="larger than 99 bytes"):
        read_text(file, 99)


@pytest.mark.parametrize("kind", ["pipe", "directory", "endless", "missing", "no text"])
def test_what_is_no_file_to_be_read_is_an_error_and_no_wait(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "it"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "directory":
        file.mkdir()
    elif kind == "endless":
        file.symlink_to("/dev/zero")
    elif kind == "no text":
        file.write_bytes(b"\xff")
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir())) if descriptors.exists() else 0
    with pytest.raises((OSError, UnicodeDecodeError)):
        read_text(file, 1000)
    if before:
        assert len(list(descriptors.iterdir())) == before


def test_a_file_that_is_nothing_is_empty() -> None:
    """Some switch a configuration off by a link to it."""
    assert read_text(Path(os.devnull), 1000) == ""


# ---------------------------------------------------------------------- names


def test_a_name_means_the_file_that_a_shell_would_mean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert named_file("~/x.svg") == tmp_path / "x.svg"
    assert named_file(" a b.csv ") == Path("a b.csv")
    assert named_file("./~/x.svg") == Path("~/x.svg")
    assert named_file("a~/~.svg") == Path("a~/~.svg")
    assert named_file("~root/x.svg").is_absolute()


@pytest.mark.parametrize(
    "name",
    ["", " ", "x.svg/", "a/", "/", ".", "..", "~", "~/", "a/.", "a/..", "~nobody-there/x.svg"],
)
def test_what_is_no_name_of_a_file_is_said_with_what_is(name: str) -> None:
    with pytest.raises(InputError, match=r"output: .*; (name a file|try )"):
        named_file(name)
    with pytest.raises(InputError, match="NUL"):
        named_file("a\0b.svg")


@pytest.mark.parametrize("value", ["relative", "", ".", None])
def test_a_home_that_is_no_absolute_path_is_none(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delenv("HOME", raising=False)
    else:
        monkeypatch.setenv("HOME", value)
    assert home() == Path(pwd.getpwuid(os.getuid()).pw_dir)
