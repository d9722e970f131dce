"""`gradtui serve` as a process, its visitors without a browser, and what it leaves behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import gradtui

SOURCE = str(Path(gradtui.__file__).parents[1])


class Serving:
    """A server on a port of its own, ended with the block."""

    def __init__(self, *words: str, env: Mapping[str, str] | None = None) -> None:
        self._lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gradtui", "serve", "--port", "0", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": SOURCE} | dict(env or {}),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.until(lambda: "serving " in self.narrated)
        self.until(lambda: "visitors " in self.narrated)
        self.public = re.search(r"serving (\S+)", self.narrated)[1]  # type: ignore[index]

    @property
    def port(self) -> int:
        """The one that it listens on."""
        for line in Path(f"/proc/{self.process.pid}/net/tcp").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and parts[9] in self._sockets():
                return int(parts[1].rpartition(":")[2], 16)
        raise AssertionError("it listens nowhere")

    def _sockets(self) -> set[str]:
        found = set()
        for one in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(one.readlink()).removeprefix("socket:[").removesuffix("]"))
        return found

    @property
    def url(self) -> str:
        """Where it is on this machine."""
        return f"http://127.0.0.1:{self.port}/"

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.append(line)

    @property
    def narrated(self) -> str:
        """What it has said so far."""
        return "".join(self._lines)

    def visits(self) -> list[int]:
        """The processes of its visitors."""
        return children(self.process.pid)

    def until(self, what: Callable[[], object], seconds: float = 30) -> None:
        """Wait for something to be so."""
        until(what, seconds, lambda: self.narrated)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:  # fmt: skip
        self.process.kill()
        self.process.wait()
        self._reader.join(5)
        assert self.process.stderr is not None
        self.process.stderr.close()


def until(what: Callable[[], object], seconds: float, why: Callable[[], str] = str) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.02)
    raise AssertionError(why())


def children(parent: int) -> list[int]:
    """The processes whose parent that is, zombies aside."""
    found = []
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            with suppress(OSError):
                state, ppid = (one / "stat").read_text().rpartition(")")[2].split()[:2]
                if int(ppid) == parent and state != "Z":
                    found.append(int(one.name))
    return sorted(found)


def alive(process: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
