"""`gradtui serve` in a real Chromium."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.chromium import MISSING, Driver, Page
from support.serving import Serving, alive

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(bool(MISSING), reason=f"there is no {MISSING} here (Debian: chromium, "
                       "chromium-driver)"),
]  # fmt: skip
TELL = "sigmoid vanishing with depth"
"""What the first picture says."""


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with Driver() as driver:
        yield driver


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    with Serving("--visitors", "4") as serving:
        yield serving


@contextmanager
def page_of(driver: Driver, url: str, size: tuple[int, int] = (1100, 700)) -> Iterator[Page]:
    page = driver.open(url, size)
    try:
        yield page
    finally:
        page.close()


def gone(server: Serving) -> None:
    server.until(lambda: not server.visits())


def test_it_opens_and_keys_change_the_picture(driver: Driver, server: Serving) -> None:
    gone(server)
    with page_of(driver, server.url) as page:
        page.shows(TELL, "derivative")
        assert page.js("return document.title") == "gradtui"
        page.press("3")
        page.shows("by layer", "sigmoid vanishing")
        page.press("d", "back", "back", "7", "enter")
        page.shows("over 7 layers")


def test_nothing_comes_from_elsewhere_and_the_browser_complains_of_nothing(
    driver: Driver, server: Serving
) -> None:
    with page_of(driver, server.url) as page:
        page.shows(TELL)
        asked = page.js("return performance.getEntriesByType('resource').map((one) => one.name)")
        assert len(asked) >= 5
        assert all(one.startswith(server.url) for one in asked)
        assert page.js("return document.fonts.check('16px \"Roboto Mono\"')")
        assert page.js("return [...document.fonts].some((one) => one.status === 'loaded')")
        complaints = [one for one in page.log() if "WebGL" not in one and "ping=" not in one]
        assert complaints == []


def test_the_terminal_grows_with_the_page(driver: Driver, server: Serving) -> None:
    with page_of(driver, server.url, (800, 660)) as page:
        page.shows(TELL)
        narrow = max(map(len, page.screen().splitlines()))
        page.ask("POST", "/window/rect", {"width": 1600, "height": 900})
        page.until(lambda: max(map(len, page.screen().splitlines())) > narrow + 30)


def test_two_visitors_do_not_see_each_other_and_a_closed_page_ends_its_process(
    driver: Driver, server: Serving
) -> None:
    gone(server)
    with page_of(driver, server.url) as one:
        one.shows(TELL)
        (first,) = server.visits()
        with page_of(driver, server.url) as other:
            other.shows(TELL)
            one.press("3")
            one.shows("by layer")
            assert "by layer" not in other.screen()
            (second,) = set(server.visits()) - {first}
        server.until(lambda: not alive(second))
        assert alive(first)
        one.press("1")
        one.shows("passes here")
    server.until(lambda: not alive(first))
    assert "a visitor left, who closed the page" in server.narrated


def test_a_reload_starts_anew(driver: Driver, server: Serving) -> None:
    with page_of(driver, server.url) as page:
        page.shows(TELL)
        page.press("3")
        page.shows("by layer")
        page.go(server.url)
        page.shows(TELL)
        assert "by layer" not in page.screen()


@pytest.mark.parametrize("name", ["numbers.csv", "all.json", "picture.svg", "picture.pdf"])
def test_an_export_is_what_the_command_line_gives(
    driver: Driver, server: Serving, tmp_path: Path, name: str
) -> None:
    # So wide that the plot's figure is as wide as the command line makes it.
    with page_of(driver, server.url, (950, 700)) as page:
        page.shows(TELL)
        page.press("e")
        page.shows("save as")
        page.press(*["back"] * len("gradtui-derivative.svg"), *name, "enter")
        page.shows(f"Sent to your browser: {name}")
        file = page.downloads / name
        page.until(file.is_file)
        words = ["derivative", "sigmoid", "--output", str(tmp_path / name)]
        subprocess.run([sys.executable, "-m", "gradtui", *words], check=True, capture_output=True)
        page.until(lambda: file.read_bytes() == (tmp_path / name).read_bytes(), 5)


def test_who_leaves_is_told_and_can_come_back(driver: Driver, server: Serving) -> None:
    with page_of(driver, server.url) as page:
        page.shows(TELL)
        page.press("q")
        page.says("You have left gradtui, and nothing of it is kept.")
        page.press("enter")  # on the button
        page.until(lambda: "You have left" not in page.text())
        page.shows(TELL)


def test_one_too_many_is_told_and_comes_in_when_there_is_room(driver: Driver) -> None:
    with Serving("--visitors", "1") as server, page_of(driver, server.url) as one:
        one.shows(TELL)
        with page_of(driver, server.url) as other:
            other.says("There is no room just now: one visitor is here")
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(server.url)
            assert refused.value.code == 503
            one.close()
            gone(server)
            other.go(server.url)
            other.shows(TELL)


def test_who_strikes_no_key_is_warned_and_ended(driver: Driver) -> None:
    with Serving("--idle", "0.1") as server, page_of(driver, server.url) as page:
        page.shows(TELL)
        page.says("since no key is struck")
        page.press("3")
        page.until(lambda: "since no key is struck" not in page.text())
        page.says("No key was struck for 0.1 minutes, so this visit was ended.")
        gone(server)


def test_what_is_too_large_is_refused_and_the_app_goes_on(driver: Driver) -> None:
    with Serving("--memory", "256") as server, page_of(driver, server.url) as page:
        page.shows(TELL)
        page.press("4")
        page.shows("layers")
        page.press("W", *["back"] * 6, *"4096", "enter")
        page.until(lambda: "memory" in page.screen() or "memory" in page.text())
        with page_of(driver, server.url) as other:
            other.shows(TELL)


def test_the_end_of_the_server_is_told(driver: Driver) -> None:
    with Serving() as server, page_of(driver, server.url) as page:
        page.shows(TELL)
        server.end()
        page.says("The server was ended.")


def test_a_copy_goes_to_the_browser(driver: Driver, server: Serving) -> None:
    with page_of(driver, server.url) as page:
        page.shows(TELL)
        page.js("window.__copied = []; navigator.clipboard.writeText = (text) => "
                "{ window.__copied.push(text); return Promise.resolve(); }")  # fmt: skip
        page.press("y")
        page.shows("browser's clipboard")
        page.until(lambda: page.js("return window.__copied") == ["gradtui derivative sigmoid"])


def test_another_site_cannot_drive_it(driver: Driver, server: Serving, tmp_path: Path) -> None:
    gone(server)
    (tmp_path / "index.html").write_text(
        f"<body><script>const s = new WebSocket('ws://127.0.0.1:{server.port}/ws');"
        "s.onopen = () => document.title = 'in'; s.onerror = () => document.title = 'out';"
        "</script>"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    other = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _until_open(port, server)
        with page_of(driver, f"http://127.0.0.1:{port}/") as page:
            page.until(lambda: page.js("return document.title"))
            assert page.js("return document.title") == "out"
        assert server.visits() == []
    finally:
        other.kill()
        other.wait()


def _until_open(port: int, server: Serving) -> None:
    def open_now() -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    server.until(open_now)


@pytest.mark.skipif(shutil.which("nginx", path="/usr/sbin:/usr/bin") is None, reason="no nginx")
def test_behind_a_proxy_with_a_password(
    driver: Driver, tmp_path: Path, proxied: Callable[[int, int, Path], str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    public = f"http://127.0.0.1:{port}/gradtui/"
    with Serving("--public-url", public) as server:
        assert server.public == public
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(proxied(port, server.port, tmp_path))
        assert refused.value.code == 401
        with page_of(driver, public.replace("//", "//class:secret@")) as page:
            page.shows(TELL)
            page.press("e")
            page.shows("save as")
            page.press("enter")
            page.until((page.downloads / "gradtui-derivative.svg").is_file)
