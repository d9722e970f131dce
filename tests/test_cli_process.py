"""The command as a process: what it imports, how it ends, what it leaves in the world."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

import gradtui
from gradtui import __version__
from gradtui.cli import commands, main

SOURCE = str(Path(gradtui.__file__).parents[1])
COMMAND = [sys.executable, "-W", "error", "-m", "gradtui"]


def environment(**variables: str) -> dict[str, str]:
    return {"PYTHONPATH": SOURCE, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **variables}


def start(*words: str, stdout: int | IO[Any] = subprocess.PIPE, **variables: str) -> Any:
    return subprocess.Popen(
        [*COMMAND, *words],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(**variables),
        text=True,
    )


def ended(process: Any) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(
    ("words", "most"),
    [
        ("['--version']", set()),
        ("['--help']", {"numpy"}),
        ("['decay', '--help']", {"numpy"}),
        ("['chain', '--json']", {"numpy"}),
        ("['chain']", {"numpy", "plotext"}),
        ("['nothing']", {"numpy"}),
        ("[]", set()),
    ],
)
def test_a_command_imports_no_more_than_it_needs(words: str, most: set[str]) -> None:
    code = (
        "import contextlib, io, sys\n"
        "from gradtui.cli import main\n"
        "out = io.StringIO()\n"
        "with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):\n"
        f"    main({words})\n"
        "heavy = 'textual', 'rich', 'plotext', 'scipy', 'numpy', 'shtab'\n"
        "print(*(name for name in heavy if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert set(done.stdout.split()) <= most


def test_the_module_is_the_command() -> None:
    assert ended(start("--version")) == (0, f"gradtui {__version__}\n", "")


def test_the_status_is_that_of_the_command() -> None:
    status, out, err = ended(start("decay", "--depth", "0"))
    assert (status, out) == (2, "")
    assert err.startswith("gradtui: error: --depth: '0'")


def test_without_a_terminal_the_app_does_not_open() -> None:
    status, out, err = ended(start())
    assert (status, out) == (2, "")
    assert "`gradtui decay`" in err


def test_an_ascii_environment_gets_ascii() -> None:
    status, out, err = ended(start("decay", "sigmoid", PYTHONIOENCODING="ascii"))
    assert (status, err) == (0, "")
    assert out.isascii()
    assert "|dL/da|" in out


def test_a_reader_that_has_enough_ends_the_command_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        process = start("list", stdout=pipe)
    assert ended(process) == (128 + signal.SIGPIPE, None, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [["list"], ["chain", "--json"], ["--version"], ["--help"]])
def test_a_full_disk_behind_stdout_is_one_clear_error(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        status, _, err = ended(start(*words, stdout=full))
    assert status == 2
    assert err.startswith("gradtui: error: output: standard output cannot be written (No space")
    assert err.count("\n") == 1


def test_a_closed_stdout_is_one_clear_error() -> None:
    words = " ".join(f"'{word}'" for word in [*COMMAND, "list"])
    done = subprocess.run(
        ["/bin/sh", "-c", f"{words} >&-"],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("gradtui: error: output: standard output cannot be written")
    assert done.stderr.count("\n") == 1


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    file.write_text("old")
    code = (
        "import resource, sys\n"
        "from gradtui.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "sys.exit(main(['chain', '--output', sys.argv[1]]))"
    )
    before = sorted(tmp_path.iterdir())
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, str(file)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"'{file}' cannot be written (File too large)" in done.stderr
    assert file.read_text() == "old"
    assert sorted(tmp_path.iterdir()) == before


def test_ctrl_c_ends_a_long_computation_quietly() -> None:
    process = start("decay", "--depth", "2000", "--samples", "100000")
    said = process.stderr.readline()  # it is computing then, and would for minutes
    process.send_signal(signal.SIGINT)
    assert ended(process) == (128 + signal.SIGINT, "", "")
    assert re.fullmatch(r"gradtui: drawing \d+ random chains takes about \d+ s; .*\n", said)


@pytest.fixture
def ctrl_c_is_pythons() -> Iterator[None]:
    """As at the start of a command, whatever an app in this process has set."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_is_pythons")
def test_ctrl_c_while_a_class_is_made_ends_it_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command imports much, and Python 3.11 wraps what is raised in `__set_name__`."""

    class Struck:
        def __set_name__(self, owner: type, name: str) -> None:
            signal.raise_signal(signal.SIGINT)

    def imports(words: object) -> int:
        type("Owner", (), {"field": Struck()})
        return 0

    monkeypatch.setattr(commands, "run", imports)
    assert main(["list"]) == 128 + signal.SIGINT


@pytest.mark.usefixtures("ctrl_c_is_pythons")
def test_ctrl_c_of_which_an_import_makes_an_error_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As numpy's does."""

    def imports(words: object) -> int:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("this is not the cause") from None
        return 0

    monkeypatch.setattr(commands, "run", imports)
    assert main(["list"]) == 128 + signal.SIGINT


@pytest.mark.usefixtures("ctrl_c_is_pythons")
def test_ctrl_c_in_a_callback_of_the_garbage_collector_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python prints what is raised there, and goes on."""

    class Garbage:
        pass

    def imports(words: object) -> int:
        garbage = Garbage()
        watched = weakref.ref(garbage, lambda _: signal.raise_signal(signal.SIGINT))
        del garbage
        time.sleep(10)
        return watched() is not None

    monkeypatch.setattr(commands, "run", imports)
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    before = signal.getsignal(signal.SIGALRM)
    assert main(["list"]) == 128 + signal.SIGINT
    assert capsys.readouterr().err == ""
    assert (signal.getsignal(signal.SIGALRM), sys.unraisablehook) == (
        before,
        sys.__unraisablehook__,
    )


@pytest.mark.parametrize(
    ("told", "words", "ascii"),
    [
        ({"LC_ALL": "C"}, (), True),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, (), True),
        ({"LC_ALL": "", "LANG": "C"}, (), True),
        ({"LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "C"}, (), False),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, (), False),
        ({"LC_ALL": ""}, (), False),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, (), False),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, (), False),
        ({"LC_ALL": "C"}, ("--marker", "braille"), False),
        ({"LC_ALL": "C"}, ("--json",), False),
    ],
)
def test_the_locale_says_which_characters_are_shown(
    told: dict[str, str], words: tuple[str, ...], ascii: bool
) -> None:
    """Python writes UTF-8 in the C locale too; data is written as it is."""
    status, out, err = ended(start("decay", "sigmoid", "--depth", "3", *words, **told))
    assert (status, err) == (0, "")
    assert out.isascii() == ascii


@pytest.mark.parametrize(
    ("words", "lower"),
    [
        (
            "decay relu --model network --units 4096 --depth 3",
            "lower --units or --depth or --networks",
        ),
        (
            "layers relu tanh --units 4096 --batch 800 --depth 3",
            "lower --units or --depth or --batch, or compare fewer activations",
        ),
    ],
)
def test_too_little_memory_is_told_with_what_needs_less(words: str, lower: str) -> None:
    limit = 450_000 * 1024
    done = subprocess.run(
        [*COMMAND, *words.split()],
        capture_output=True,
        env=environment(OPENBLAS_NUM_THREADS="1"),
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert (done.returncode, done.stdout) == (2, "")
    message = f"gradtui: error: memory: this needs more memory than there is; {lower}"
    assert done.stderr.splitlines()[-1] == message
    assert "Traceback" not in done.stderr


@pytest.mark.heavy
@pytest.mark.parametrize("milliseconds", range(0, 300, 10))
def test_ctrl_c_while_it_starts_is_no_traceback(milliseconds: int) -> None:
    """From our first line on; before it there is only Python."""
    script = (
        "import gradtui.cli, sys\nprint('begun', file=sys.stderr, flush=True)\n"
        "sys.exit(gradtui.cli.main(['decay', '--depth', '20']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "begun\n"
    time.sleep(0.002 + milliseconds / 1000)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, 128 + signal.SIGINT, -signal.SIGINT)  # Python ends, too
    assert "Traceback" not in err


def test_what_fails_without_a_ctrl_c_is_no_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def falls(*_: object) -> int:
        raise RuntimeError("a defect")

    monkeypatch.setattr("gradtui.cli.commands.run", falls)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError, match="a defect"):
        main(["decay"])
    assert signal.getsignal(signal.SIGINT) is before
