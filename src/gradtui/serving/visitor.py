"""One visitor: a process on a terminal of its own, and the web socket that shows it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import secrets
import signal
import struct
import sys
import termios
import time
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from gradtui import gate
from gradtui.serving.bounds import Site
from gradtui.serving.child import LENGTHS, MOST_BYTES

LARGEST_MESSAGE = 2**20
"""Bytes of one message from a browser: a paste of 200,000 characters fits."""
_MOST_WAITING = 2**21
"""Bytes that may wait for the app to read them."""
_LARGEST = 1000, 500
"""Columns and rows."""
_EVERY = 0.2
"""Seconds between two looks at how much memory is taken, and how long no key came."""
_WARNED = 60.0
"""Seconds before its end at which an idle visitor is told; half of the whole at most."""
_KEPT_FILES = 4
_LONGEST_NAME = 1024
_PATIENCE = 1.0
"""Seconds for a browser to take what it is told last."""

_NOT_STRUCK = re.compile(
    r"\x1b\[(?:\d+;\d+R|\?[\d;]*\$?[a-z]|[IO]|>[\d;]*c)|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
)
"""What a terminal answers of itself: where the cursor is, which modes it has, the focus."""

_PASSED_ON = ("LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "PYTHONHOME", "TZ")
"""Variables of the server that a visitor's process has too; no other."""


class Ended(Exception):  # noqa: N818 - a visit that ends is no error
    """A visit is over.

    Attributes:
        narrated: why, in a few words for whoever serves; they follow "a visitor left".
    """

    def __init__(self, sentence: str, narrated: str) -> None:
        super().__init__(sentence)
        self.narrated = narrated


_CLOSED = Ended("The page was closed.", "who closed the page")


class Visitor:
    """One of them, from coming to leaving.

    Attributes:
        files: what was saved last, by keys that nobody guesses: names and contents.
    """

    def __init__(self, site: Site, socket: web.WebSocketResponse, size: tuple[int, int]) -> None:
        self.files: dict[str, tuple[str, bytes]] = {}
        self._site, self._socket, self._size = site, socket, size
        self._waiting = bytearray()
        self._struck = time.monotonic()
        self._warned = False
        self._master = self._saved = -1
        self._process: asyncio.subprocess.Process | None = None
        self._stay: asyncio.Future[Ended] | None = None

    def end(self, why: Ended) -> None:
        """End the visit."""
        if self._stay is not None and not self._stay.done():
            self._stay.set_result(why)

    async def stay(self) -> Ended:
        """Serve until something ends it, and leave nothing behind."""
        self._stay = asyncio.get_running_loop().create_future()
        tasks: list[asyncio.Task[Ended]] = []
        try:
            await self._start()
            work = (self._hear(), self._show(), self._look(), self._take_files())
            tasks = [asyncio.create_task(one) for one in work]
            done, _ = await asyncio.wait({self._stay, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            why = self._stay.result() if self._stay in done else done.pop().result()
        finally:
            await self._clear_away(tasks)
        with suppress(Exception):  # the browser may be gone by now, in one of many ways
            await asyncio.wait_for(self._tell("ended", str(why)), _PATIENCE)
        return why

    async def _clear_away(self, tasks: list[asyncio.Task[Ended]]) -> None:
        """The process first, which has nothing to keep."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with suppress(ProcessLookupError):
                self._process.kill()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        loop = asyncio.get_running_loop()
        for descriptor in (self._master, self._saved):
            if descriptor >= 0:
                loop.remove_reader(descriptor)
                loop.remove_writer(descriptor)
                os.close(descriptor)
        if self._process is not None:
            await self._process.wait()

    async def _start(self) -> None:
        self._master, terminal = os.openpty()
        self._saved, files = os.pipe()
        try:
            os.set_blocking(self._master, False)
            os.set_blocking(self._saved, False)
            self._resize(*self._size)
            site = self._site
            plan = {
                "files": files,
                "folders": [str(one) for one in site.folders],
                "memory": site.memory,
                "server": os.getpid(),
                "theme": site.theme,
                "settings": dict(site.settings),
            }
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "gradtui.serving.child", json.dumps(plan),
                stdin=terminal, stdout=terminal, stderr=terminal, pass_fds=(files,),
                env=environment(), cwd="/", start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(terminal)
            os.close(files)

    # ------------------------------------------------------------- from the browser

    async def _hear(self) -> Ended:
        """Keys, and how large the page is."""
        async for message in self._socket:
            if message.type is WSMsgType.ERROR:
                return Ended("A message was too large.", "who sent too large a message")
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                told = json.loads(message.data)
                kind, what = told[0], told[1] if len(told) > 1 else None
            except (ValueError, LookupError, TypeError, RecursionError):
                continue
            if kind == "stdin" and isinstance(what, str):
                self._write(what)
            elif kind == "resize" and isinstance(what, dict):
                self._resize(what.get("width"), what.get("height"))
            elif kind == "ping":
                await self._tell("pong", str(what)[:32])
            if len(self._waiting) > _MOST_WAITING:
                return Ended(
                    "More was sent at once than is taken, so this visit was ended.",
                    "who sent too much at once",
                )
        return _CLOSED

    def _write(self, keys: str) -> None:
        if _NOT_STRUCK.sub("", keys):
            self._struck = time.monotonic()
        self._waiting += keys.encode("utf-8", errors="replace")
        self._pour()

    def _pour(self) -> None:
        """As much of what waits as the terminal takes now; the rest when it takes more."""
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                del self._waiting[: os.write(self._master, self._waiting[:4096])]
        except BlockingIOError:
            loop.add_writer(self._master, self._pour)
            return
        except OSError:  # nobody is there any more, which is told elsewhere
            self._waiting.clear()
        loop.remove_writer(self._master)

    def _resize(self, columns: object, rows: object) -> None:
        if not (type(columns) is int and type(rows) is int):
            return
        columns, rows = (
            min(max(one, 1), most) for one, most in zip((columns, rows), _LARGEST, strict=True)
        )
        with suppress(OSError):
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    # -------------------------------------------------------------- to the browser

    async def _tell(self, kind: str, what: str, *more: str) -> None:
        await self._socket.send_json([kind, what, *more])

    async def _show(self) -> Ended:
        """What the app draws; a browser that takes none holds it up, as a terminal does."""
        while True:
            await _readable(self._master)
            try:
                drawn = os.read(self._master, 65536)
            except BlockingIOError:
                continue
            except OSError:
                drawn = b""
            if not drawn:
                return await self._exited()
            try:
                await self._socket.send_bytes(drawn)
            except (OSError, RuntimeError):  # aiohttp's errors of a connection that is gone
                await asyncio.sleep(_PATIENCE)  # whoever hears knows why
                return _CLOSED

    async def _exited(self) -> Ended:
        """What the process's end means."""
        assert self._process is not None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _PATIENCE)
        status = self._process.returncode
        if status == 0:
            return Ended("You have left gradtui, and nothing of it is kept.", "by q")
        return Ended(
            "gradtui came to an end here that was not asked for "
            f"({'it hung' if status is None else f'exit status {status}'}). If that was at "
            f"something large, a visitor's {self._site.memory:,} MB of memory were too little.",
            f"whose process ended by itself (status {status})",
        )

    async def _look(self) -> Ended:
        """At how much memory is taken, and how long no key came."""
        site, seconds = self._site, self._site.idle * 60.0
        assert self._process is not None
        while True:
            await asyncio.sleep(_EVERY)
            if _resident(self._process.pid) > site.memory * 10**6:
                return Ended(
                    f"This took more than the {site.memory:,} MB of memory that a visitor has, so "
                    "it was ended. Fewer units, layers or networks take less.",
                    "who took too much memory",
                )
            left = seconds - (time.monotonic() - self._struck)
            if left <= 0:
                return Ended(
                    f"No key was struck for {minutes(site.idle)}, so this visit was ended.",
                    f"who struck no key for {minutes(site.idle)}",
                )
            warned = left < min(_WARNED, seconds / 2)
            if warned != self._warned:
                self._warned = warned
                text = f"This visit ends in {left:.0f} s, since no key is struck; any key keeps it."
                await self._tell("said", text if warned else "")

    async def _take_files(self) -> Ended:
        """What the app saves goes to the browser."""
        while True:
            lengths = await self._read(sum(LENGTHS))
            name_length = int.from_bytes(lengths[: LENGTHS[0]], "big")
            length = int.from_bytes(lengths[LENGTHS[0] :], "big")
            if name_length > _LONGEST_NAME or length > MOST_BYTES:
                return Ended("The file was too large.", "whose file was too large")
            name = (await self._read(name_length)).decode("utf-8", errors="replace")
            content = bytes(await self._read(length))
            key = secrets.token_urlsafe(24)
            self.files[key] = name, content
            while len(self.files) > _KEPT_FILES:
                del self.files[next(iter(self.files))]
            await self._tell("file", key, name)

    async def _read(self, count: int) -> bytearray:
        found = bytearray()
        while len(found) < count:
            await _readable(self._saved)
            with suppress(BlockingIOError):
                piece = os.read(self._saved, min(count - len(found), 2**18))
                if not piece:  # the process has ended, which is told elsewhere
                    await asyncio.Event().wait()
                found += piece
        return found


def minutes(count: float) -> str:
    """A number of them."""
    return "a minute" if count == 1 else f"{count:g} minutes"


def environment() -> dict[str, str]:
    """The variables of a visitor's process: none of the server's but those that it needs."""
    # Where this process has its modules from, but for where it stands or its script does.
    modules = dict.fromkeys(one for one in (str(gate.OWN.parent), *sys.path[1:]) if one)
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
        "PYTHONPATH": os.pathsep.join(modules),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "HOME": "/nonexistent",
        "PATH": os.defpath,
        "PYTHONUTF8": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _resident(process: int) -> int:
    """Bytes of memory that a process has; 0 where the system does not tell."""
    try:
        with open(f"/proc/{process}/statm", "rb") as told:  # noqa: PTH123
            return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


async def _readable(descriptor: int) -> None:
    """Wait until there is something to read, or an end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def ready() -> None:
        if not future.done():
            future.set_result(None)

    loop.add_reader(descriptor, ready)
    try:
        await future
    finally:
        loop.remove_reader(descriptor)
