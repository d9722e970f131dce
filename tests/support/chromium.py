"""A real Chromium, by the WebDriver protocol, and what the page's terminal shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = " and ".join(
    name for name, path in (("chromium", BROWSER), ("chromedriver", DRIVER)) if path is None
)
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--no-proxy-server",
)  # fmt: skip

_LISTEN = """
(() => {
  const Plain = window.WebSocket;
  window.__bytes = [];
  window.__told = [];
  window.WebSocket = class extends Plain {
    constructor(url) {
      super(url);
      this.addEventListener("message", (event) => {
        if (typeof event.data === "string") window.__told.push(event.data);
        else window.__bytes.push(...new Uint8Array(event.data));
      });
    }
  };
})();
"""
"""Keeps what comes by the web socket: the terminal draws on a canvas, which tells nothing."""
_UNKNOWN_TO_PYTE = re.compile(
    rb"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9;]*\$[a-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
)
KEYS = {"enter": "\ue007", "escape": "\ue00c", "right": "\ue014", "left": "\ue012", "tab": "\ue004",
        "up": "\ue013", "down": "\ue015", "ctrl": "\ue009", "back": "\ue003"}  # fmt: skip


class Driver:
    """chromedriver, which opens browsers; ended with the block, with all that it opened."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        home = self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="gradtui-chromium-", ignore_cleanup_errors=True)
        )
        self.home = Path(home)
        assert DRIVER is not None
        self._process = subprocess.Popen(
            [DRIVER, f"--port={port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"HOME": home},
            start_new_session=True,
        )
        self.url = f"http://127.0.0.1:{port}"
        _until(lambda: self.ask("GET", "/status")["ready"], 30, "chromedriver is not ready")

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """One command of the protocol."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()[:2000]) from None

    def open(self, url: str, size: tuple[int, int] = (1100, 700)) -> Page:
        """A browser of its own on a page."""
        return Page(self, url, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:  # fmt: skip
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, 9)
        self._process.wait()
        self._stack.close()


class Page:
    """A page in a browser of its own."""

    def __init__(self, driver: Driver, url: str, size: tuple[int, int]) -> None:
        self._driver = driver
        data = tempfile.mkdtemp(dir=driver.home)
        self.downloads = Path(tempfile.mkdtemp(dir=driver.home))
        flags = [*_FLAGS, f"--user-data-dir={data}", f"--window-size={size[0]},{size[1]}"]
        options = {
            "binary": BROWSER,
            "args": flags,
            "prefs": {"download.default_directory": str(self.downloads)},
        }
        wanted = {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}}  # fmt: skip
        self._session = driver.ask("POST", "/session", wanted)["sessionId"]
        self.tell("Page.addScriptToEvaluateOnNewDocument", source=_LISTEN)
        self.tell("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))
        self.go(url)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        return self._driver.ask(method, f"/session/{self._session}{path}", body)

    def tell(self, command: str, **parameters: object) -> Any:
        """A command of Chromium's own protocol."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def go(self, url: str) -> None:
        self.ask("POST", "/url", {"url": url})

    def js(self, script: str) -> Any:
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def press(self, *keys: str) -> None:
        """One key after the other, by name or as it is; of ctrl+p both at once."""
        for key in keys:
            parts = [KEYS.get(one, one) for one in (key.split("+") if len(key) > 1 else [key])]
            actions = [{"type": "keyDown", "value": one} for one in parts]
            actions += [{"type": "keyUp", "value": one} for one in reversed(parts)]
            self.ask("POST", "/actions", {"actions": [
                {"type": "key", "id": "keyboard", "actions": actions}]})  # fmt: skip

    def size(self) -> tuple[int, int]:
        """Columns and rows that the page has told."""
        return 200, 80

    def screen(self) -> str:
        """What the terminal shows."""
        raw = bytes(self.js("return window.__bytes || []"))
        screen = pyte.Screen(300, 120)
        pyte.ByteStream(screen).feed(_UNKNOWN_TO_PYTE.sub(b"", raw))
        return "\n".join(line.rstrip() for line in screen.display)

    def told(self) -> list[list[str]]:
        """What the server told beside."""
        return [json.loads(one) for one in self.js("return window.__told || []")]

    def text(self) -> str:
        """The words on the page, those of the terminal aside."""
        return str(self.js("return document.body.innerText"))

    def until(self, what: Callable[[], object], seconds: float = 30, why: str = "") -> None:
        """Wait for something to be so."""
        _until(what, seconds, lambda: f"{why}\n{self.text()}\n{self.screen()}")

    def shows(self, *words: str) -> None:
        """Wait until the terminal shows all of these."""
        self.until(lambda: all(one in self.screen() for one in words), why=f"no {words}")

    def says(self, words: str) -> None:
        """Wait until the page says that, beside the terminal."""
        self.until(lambda: words in self.text(), why=f"it does not say {words}")

    def log(self) -> Iterable[str]:
        """What the browser complains of."""
        return [one["message"] for one in self.ask("POST", "/se/log", {"type": "browser"})]

    def picture(self) -> bytes:
        """The page as a PNG."""
        return b64decode(self.ask("GET", "/screenshot"))

    def close(self) -> None:
        """End the browser."""
        with suppress(RuntimeError, OSError):
            self.ask("DELETE", "")


def _until(what: Callable[[], object], seconds: float, why: str | Callable[[], str]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError):
            if what():
                return
        time.sleep(0.05)
    raise AssertionError(why if isinstance(why, str) else why())
