"""The process of one visitor: the app on a terminal of its own, shut off from the server's files.

`python -P -m gradtui.serving.child PLAN`, where PLAN is JSON: see `Plan`. What is saved goes, as
`framed`, to the file descriptor that the plan names.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import signal
import sys
import sysconfig
import termios
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from gradtui import gate, settings
from gradtui.settings import Chosen

MOST_BYTES = 64 * 2**20
"""Of one file that is saved."""
LENGTHS = 4, 8
"""Bytes in which the lengths of a file's name and of its content are told, the largest first."""

_NICER = 5
"""So much the server, and whoever else works there, goes before its visitors."""
_MOST_OPEN = 256
_PR_SET_PDEATHSIG = 1

_NEVER = (
    "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn",
    "os.spawn", "os.startfile", "pty.spawn", "webbrowser.open", "socket.connect", "socket.bind",
    "socket.getaddrinfo", "os.remove", "os.rename", "os.link", "os.symlink", "os.mkdir",
    "os.rmdir", "os.truncate", "os.chmod", "os.chown", "os.utime", "ftplib.connect",
    "urllib.Request", "shutil.rmtree", "shutil.move", "shutil.copyfile", "tempfile.mkstemp",
    "tempfile.mkdtemp",
)  # fmt: skip
"""What Python tells of before it does it, and a visitor's process never does."""
_READS = ("open", "os.listdir", "os.scandir", "os.walk", "sqlite3.connect", "mmap.__new__")
_OF_THE_SYSTEM = ("/proc/", "/sys/fs/cgroup/", "/dev/null", "/dev/urandom", "/dev/tty", "/dev/pts/")


def main(plan: dict[str, Any]) -> int:
    """Serve one visitor and give the app's exit status.

    Args:
        plan: `files`, where to saved files go; `folders`; `memory` in MB; `server`, its process;
            `theme` and `settings`.
    """
    _belong_to(plan["server"])
    _bound(plan["memory"])
    settings.cap_threads(plan["settings"]["threads"])
    gate.shut(tuple(map(Path, plan["folders"])), partial(_send, plan["files"]))
    sys.addaudithook(_watch(gate.OWN, tuple(map(Path, plan["folders"]))))
    from gradtui.app.opening import open_app

    chosen = {name: Chosen(value, "serve") for name, value in plan["settings"].items()}
    return open_app(chosen, fresh=True, theme=plan["theme"])


def framed(name: str, content: bytes) -> Iterable[bytes]:
    """A file as it goes to the server: both lengths, its name and its content."""
    told = name.encode("utf-8")
    yield len(told).to_bytes(LENGTHS[0], "big") + len(content).to_bytes(LENGTHS[1], "big") + told
    yield content


def _send(descriptor: int, name: str, content: bytes) -> None:
    """Hand a file to the server, which hands it to the browser."""
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"larger than {MOST_BYTES:,} bytes")
    for piece in framed(name, content):
        left = memoryview(piece)
        while left:
            left = left[os.write(descriptor, left) :]


def _belong_to(server: int) -> None:
    """End with the server, however that ends: the terminal hangs up, and Linux sends a signal."""
    import ctypes

    with suppress(OSError):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(128 + signal.SIGHUP)


def _bound(megabytes: int) -> None:
    """Let the kernel see to it that no more memory is taken, and that no file is written."""
    for what, most in (
        (resource.RLIMIT_DATA, megabytes * 10**6),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _MOST_OPEN),
    ):
        hard = resource.getrlimit(what)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))
    with suppress(OSError):
        os.nice(_NICER)


def _watch(own: Path, folders: tuple[Path, ...]) -> Any:
    """A hook that refuses whatever came past the gate: the second lock on the same door."""
    paths = sysconfig.get_paths()
    code = [paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"]]
    given = [str(own), sys.prefix, sys.base_prefix, *code, *sys.path, *map(str, folders)]
    roots = {os.path.realpath(one) for one in given if one} - {"/"}
    readable = (*(root.rstrip("/") + "/" for root in roots), *_OF_THE_SYSTEM)
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

    def watch(event: str, given: tuple[Any, ...]) -> None:
        if event in _NEVER:
            raise PermissionError(errno.EPERM, "not for visitors")
        if event not in _READS or not given:
            return
        path = given[0]
        if not isinstance(path, (str, bytes, os.PathLike)):
            return  # it is open
        text = os.fsdecode(path)
        if event == "sqlite3.connect":
            text = unquote(text.removeprefix("file:").partition("?")[0])
        real = os.path.realpath(text)
        if not f"{real}/".startswith(readable) and real != "/dev/null":
            raise PermissionError(errno.EACCES, "not open to visitors")
        flags = given[2] if event == "open" and len(given) > 2 else 0
        if isinstance(flags, int) and flags & writes and not real.startswith("/dev/"):
            raise PermissionError(errno.EACCES, "not open to visitors")

    return watch


if __name__ == "__main__":
    try:
        sys.exit(main(json.loads(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit(130)
