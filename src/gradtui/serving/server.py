"""The server: a page, what it needs, a web socket a visitor, and the files that they save."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from gradtui.errors import CommandError, InputError, printable
from gradtui.serving.bounds import Site
from gradtui.serving.visitor import LARGEST_MESSAGE, Ended, Visitor

_PAGE = Path(__file__).parent / "page"
_HEARTBEAT = 15.0
"""Seconds between two questions to a browser whether it is there."""
_AT_THE_END = 0.4
"""Seconds for all that is left to be done."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FONTS = "static/fonts/RobotoMono-"
_OWN = {
    "serve.css": "text/css",
    "serve.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_TEXTUAL = {
    "textual.js": ("static/js/textual.js", "text/javascript"),
    "xterm.css": ("static/css/xterm.css", "text/css"),
    "regular.ttf": (f"{_FONTS}VariableFont_wght.ttf", "font/ttf"),
    "italic.ttf": (f"{_FONTS}Italic-VariableFont_wght.ttf", "font/ttf"),
}
"""What textual-serve brings: its terminal, xterm.js, with a font; no network is asked for it."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; font-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Serves the app to visitors.

    Args:
        site: where, and within which bounds.
        narrate: tells a line to whoever serves.
    """

    def __init__(self, site: Site, narrate: Callable[[str], object]) -> None:
        self._site, self._narrate = site, narrate
        self._visitors: list[Visitor] = []
        static = files("textual_serve")
        self._static = {name: ((_PAGE / name).read_bytes(), kind) for name, kind in _OWN.items()}
        for name, (path, kind) in _TEXTUAL.items():
            self._static[name] = (static / path).read_bytes(), kind
        self._index = (_PAGE / "index.html").read_text(encoding="utf-8")
        self._full = (_PAGE / "full.html").read_text(encoding="utf-8")

    def run(self) -> int:
        """Serve until a signal ends it, and give the exit status.

        Raises:
            InputError, CommandError: the port or the host cannot be had.
        """
        return asyncio.run(self._run())

    async def _run(self) -> int:
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def end(number: int) -> None:
            if not ended.done():
                ended.set_result(128 + number)

        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, end, number)
        _tell_errors(self._narrate)
        app = web.Application(middlewares=[self._only_ours], client_max_size=2**16)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/ws", self._socket),
                web.get("/static/{name}", self._file),
                web.get("/download/{key}", self._download),
            ]
        )
        runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=_AT_THE_END
        )
        await runner.setup()
        try:
            port = await self._listen(runner)
            self._introduce(port)
            return await ended
        finally:
            for visitor in list(self._visitors):
                visitor.end(Ended("The server was ended.", "since the server ends"))
            with suppress(TimeoutError):
                async with asyncio.timeout(_AT_THE_END):
                    while self._visitors:
                        await asyncio.sleep(0.01)
            with suppress(TimeoutError):
                await asyncio.wait_for(runner.cleanup(), _AT_THE_END)

    async def _listen(self, runner: web.AppRunner) -> int:
        """Listen, and give the port."""
        site = self._site
        try:
            await web.TCPSite(runner, site.host, site.port).start()
        except OSError as error:
            raise _not_to_be_had(site, error) from None
        except UnicodeError:
            raise _no_host(site) from None
        return int(runner.addresses[0][1])

    def _introduce(self, port: int) -> None:
        site = self._site
        told = self._narrate
        told(f"serving {site.address(port)} - open it in a browser; ctrl+c ends it")
        if not site.local:
            told(
                f"warning: --host {site.host}: anyone who reaches port {port} can use it, and "
                "nothing that is sent is encrypted; gradtui asks for no password. Let a proxy ask "
                "for one, and keep --host 127.0.0.1"
            )
        many = "one visitor" if site.visitors == 1 else f"{site.visitors} visitors"
        told(
            f"at most {many} at a time, each with {site.memory:,} MB of memory; "
            f"{site.idle:g} minutes without a key end a visit"
        )
        names = ", ".join(printable(one.name) for one in site.folders)
        told(f"visitors may read the runs in {names}" if names else "visitors read no file here")

    # ------------------------------------------------------------------ requests

    @web.middleware
    async def _only_ours(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Only who asks for this server by one of its names, with the headers that bind a page."""
        if not self._site.is_own_host(request.host):
            return web.Response(
                status=421,
                text="gradtui is not served under this name. Whoever serves it names the address "
                "that visitors open with --public-url.\n",
            )
        try:
            response = await handler(request)
        except web.HTTPException as error:
            response = web.Response(status=error.status, text=f"{error.status} {error.reason}\n")
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    @property
    def _is_full(self) -> bool:
        return len(self._visitors) >= self._site.visitors

    @property
    def _no_room(self) -> str:
        many = self._site.visitors
        said = "one visitor is" if many == 1 else f"{many} visitors are"
        return f"There is no room just now: {said} here, which is all that this server takes."

    async def _page(self, request: web.Request) -> web.Response:
        if not self._is_full:
            return web.Response(text=self._index, content_type="text/html")
        again = {"Retry-After": "15"}
        if "text/html" in request.headers.get("Accept", ""):
            text = self._full.replace("{sentence}", self._no_room)
            return web.Response(status=503, text=text, content_type="text/html", headers=again)
        return web.Response(status=503, text=f"{self._no_room}\n", headers=again)

    async def _file(self, request: web.Request) -> web.Response:
        found = self._static.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        charset = None if found[1].startswith(("font", "image")) else "utf-8"
        return web.Response(body=found[0], content_type=found[1], charset=charset)

    async def _download(self, request: web.Request) -> web.Response:
        """What a visitor has saved, to who has its key."""
        key = request.match_info["key"]
        for visitor in self._visitors:
            if key in visitor.files:
                name, content = visitor.files[key]
                told = f"attachment; filename*=UTF-8''{quote(name)}"
                return web.Response(
                    body=content,
                    content_type="application/octet-stream",
                    headers={"Content-Disposition": told},
                )
        raise web.HTTPNotFound

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """A visit."""
        if not self._site.is_own_origin(request.headers.get("Origin"), request.host):
            return web.Response(status=403, text="Only gradtui's own page may ask for this.\n")
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=LARGEST_MESSAGE)
        if not socket.can_prepare(request).ok:
            return web.Response(status=400, text="This is for web sockets.\n")
        if self._is_full and "Sec-WebSocket-Key" not in request.headers:
            return web.Response(status=503, text=f"{self._no_room}\n")
        await socket.prepare(request)
        if self._is_full:
            with suppress(OSError, RuntimeError):
                await socket.send_json(["ended", self._no_room])
            await socket.close()
            return socket
        size = (_whole(request.query.get("width"), 80), _whole(request.query.get("height"), 24))
        visitor = Visitor(self._site, socket, size)
        self._visitors.append(visitor)
        self._narrate(f"a visitor came ({len(self._visitors)} of {self._site.visitors})")
        narrated = "by a defect"
        try:
            narrated = (await visitor.stay()).narrated
        except asyncio.CancelledError:
            narrated = "who closed the page"
            raise
        except OSError as error:
            reason = printable(error.strerror or "")
            narrated = f"for whom no process could be started ({reason})"
            with suppress(OSError, RuntimeError):
                said = f"The server has no room for another process ({reason})."
                await socket.send_json(["ended", said])
        finally:
            self._visitors.remove(visitor)
            left = f"({len(self._visitors)} of {self._site.visitors})"
            self._narrate(f"a visitor left, {narrated} {left}")
        with suppress(TimeoutError, OSError, RuntimeError):
            await asyncio.wait_for(socket.close(), _AT_THE_END)
        return socket


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else otherwise


def _tell_errors(narrate: Callable[[str], object]) -> None:
    """What goes wrong in aiohttp and asyncio, as a line."""

    class Narrated(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info[1] if record.exc_info else None
            what = f": {type(error).__name__}: {error}" if error is not None else ""
            narrate(printable(f"{record.getMessage()}{what}")[:300])

    for name in ("aiohttp", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [Narrated(logging.ERROR)], False


def _not_to_be_had(site: Site, error: OSError) -> Exception:
    """Why nobody can listen there, and what to do."""
    if error.errno == errno.EADDRINUSE:
        allowed = "a port that is free: another program listens there"
        return InputError("--port", site.port, allowed, f"try {site.port % 65535 + 1}, or 0")
    if error.errno in (errno.EACCES, errno.EPERM):
        allowed = "a port that you may take: the system keeps those below 1024"
        return InputError("--port", site.port, allowed, "try 8000")
    if error.errno == errno.EADDRNOTAVAIL or (isinstance(error, os.error) and error.errno is None):
        return _no_host(site)
    if type(error).__name__ == "gaierror":
        return _no_host(site)
    return CommandError(f"port: {printable(str(error.strerror))}; try another --host or --port")


def _no_host(site: Site) -> InputError:
    return InputError("--host", site.host, "an address of this machine", "try 127.0.0.1")
