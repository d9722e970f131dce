"""`gradtui serve` without a browser: its bounds, its refusals, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from gradtui.cli import main
from gradtui.cli.serving import serve  # noqa: F401 - the command is there
from gradtui.serving import visitor as visitors
from gradtui.serving.bounds import BOUNDS, Site
from gradtui.serving.server import Server
from support.serving import Serving, alive, until

TELL = "sigmoid vanishing with depth"


class Visit:
    """A visitor without a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket, self.drawn, self.told = socket, b"", []  # type: ignore[var-annotated]

    @property
    def text(self) -> str:
        """What was drawn so far, without its escapes."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.drawn.decode("utf-8", "replace"))

    async def until(self, what: Callable[[], object], seconds: float = 30) -> None:
        """Hear until something is so, or the visit is over."""
        async with asyncio.timeout(seconds):
            while not what():
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.BINARY:
                    self.drawn += message.data
                elif message.type is aiohttp.WSMsgType.TEXT:
                    self.told.append(message.json())
                elif message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING):
                    break
        assert what(), (self.told, self.text[-2000:])

    async def press(self, keys: str) -> None:
        await self.socket.send_json(["stdin", keys])

    @property
    def ended(self) -> str:
        """Why the visit was ended; "" if it was not."""
        return next((told[1] for told in self.told if told[0] == "ended"), "")


@asynccontextmanager
async def visit(url: str, **headers: str) -> AsyncIterator[Visit]:
    origin = {"Origin": url.rstrip("/")} | headers
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}ws?width=100&height=30", headers=origin) as socket,
    ):
        yield Visit(socket)


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    with Serving("--visitors", "3", env={"GRADTUI_SECRET": "of the server"}) as serving:
        yield serving


# ------------------------------------------------------------------ what is asked for


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "70000"], "--port: '70000' is not a whole number from 0 to 65,535; try 65535"),
        (["--port", "x"], "--port: 'x' is not a whole number from 0 to 65,535; try 8000"),
        (["--visitors", "0"], "--visitors: '0' is not a whole number from 1 to 500; try 1"),
        (["--visitors", "2.5"], "--visitors: '2.5' is not"),
        (["--idle", "nan"], "--idle: 'nan' is not a number from 0.05 to 1,440; try 30"),
        (["--idle", "-1"], "--idle: '-1' is not"),
        (["--memory", "10"], "--memory: '10' is not a whole number from 256 to 1,048,576; try 256"),
        (["--memory", "1e999"], "--memory: '1e999' is not"),
        (["--host", "not a host"], "--host: 'not a host' is not"),
        (["--host", "192.0.2.1"], "--host: '192.0.2.1' is not an address of this machine; try 127"),
        (["--host", "no-such-host.invalid"], "--host: 'no-such-host.invalid' is not an address"),
        (["--public-url", "ftp://x/"], "--public-url: 'ftp://x/' is not"),
        (["--public-url", "https://x/?a"], "--public-url: 'https://x/?a' is not"),
        (["--public-url", 'https://x/"'], "--public-url: "),
        (["--folder", "/nonexistent"], "--folder: '/nonexistent' is not a folder that is there"),
        (["--folder", "/"], "--folder: '/' is not"),
        (["--forget"], "option: --forget is of the app in a terminal"),
        (["--theme", "loud"], "--theme"),
        (["word"], "word: 'word' is not"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *words]) == 2
    out, error = capsys.readouterr()
    assert error.startswith(f"gradtui: error: {said}") or (said in error and len(said) < 10)
    assert out == ""
    assert error.count("\n") == 1


def test_a_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    assert f"--port: {port} is not a port that is free" in capsys.readouterr().err


def test_folders_of_one_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in ("a/runs", "b/runs"):
        (tmp_path / one).mkdir(parents=True)
    words = [word for one in "ab" for word in ("--folder", str(tmp_path / one / "runs"))]
    assert main(["serve", *words]) == 2
    assert "there is a runs already" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gradtui.cli.serving.find_spec", lambda name: None)
    assert main(["serve"]) == 2
    assert "pip install 'gradtui[web]' brings it" in capsys.readouterr().err


def test_help_tells_each_bound(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for bound in BOUNDS.values():
        assert f"--{bound.flag}" in told
        assert bound.allowed in told


@pytest.mark.parametrize(
    ("site", "host", "own"),
    [
        (Site(), "localhost:8000", True),
        (Site(), "127.0.0.1:9999", True),
        (Site(), "[::1]:8000", True),
        (Site(), "evil.example.org:8000", False),
        (Site(), "localhost.evil.example.org", False),
        (Site(), "192.0.2.7", False),
        (Site(), "", False),
        (Site(), "[", False),
        (Site(host="0.0.0.0"), "192.0.2.7:8000", True),
        (Site(host="0.0.0.0"), f"{socket.gethostname()}:8000", True),
        (Site(host="0.0.0.0"), "evil.example.org", False),
        (Site(public_url="https://class.example.org/g/"), "class.example.org", True),
        (Site(public_url="https://class.example.org/g/"), "127.0.0.1:8000", True),
        (Site(public_url="https://class.example.org/g/"), "example.org", False),
    ],
)
def test_only_its_own_names_lead_here(site: Site, host: str, own: bool) -> None:
    assert site.is_own_host(host) is own


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.0.0.1:8001", "127.0.0.1:8000", False),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("https://class.example.org", "127.0.0.1:8000", True),
        ("http://class.example.org", "127.0.0.1:8000", False),
        ("https://evil.example.org", "127.0.0.1:8000", False),
        ("null", "127.0.0.1:8000", False),
        ("file://", "", False),
        (None, "127.0.0.1:8000", False),
    ],
)
def test_only_its_own_page_drives_it(origin: str | None, host: str, own: bool) -> None:
    site = Site(public_url="https://class.example.org/g/")
    assert site.is_own_origin(origin, host) is own


# ----------------------------------------------------------------------- requests


async def test_other_pages_and_other_names_are_refused(server: Serving) -> None:
    url = server.url
    async with aiohttp.ClientSession() as session:
        for path in ("", "ws", "static/serve.js"):
            async with session.get(url + path, headers={"Host": "evil.example.org"}) as refused:
                assert refused.status == 421
        for headers in ({"Origin": "http://evil.example.org"}, {}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as forbidden:
                await session.ws_connect(f"{url}ws", headers=headers)
            assert forbidden.value.status == 403
        async with session.get(f"{url}ws", headers={"Origin": url.rstrip("/")}) as plain:
            assert plain.status == 400
        for path in ("static/", "static/..%2f..%2f__init__.py", "static/index.html", "download/x",
                     "etc/passwd", "static/%2e%2e/server.py"):  # fmt: skip
            async with session.get(url + path) as missing:
                assert missing.status == 404
        async with session.post(url) as other:
            assert other.status == 405
        async with session.get(url) as page:
            policy = page.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "//" not in re.sub(r"http://www\.w3\.org", "", await page.text())
    assert server.visits() == []


NONSENSE = (
    "", "x", "{}", "[]", "null", "7", '["stdin"]', '["stdin",7]', "[[[[", '["resize",7]',
    '["resize",{"width":"x","height":-1}]', '["resize",{"width":1e999,"height":7}]',
    '["no such thing",{}]', '[["stdin"],"x"]', '{"0":"stdin"}',
)  # fmt: skip


async def test_nonsense_by_the_socket_ends_nothing(server: Serving) -> None:
    async with visit(server.url) as one:
        await one.until(lambda: TELL in one.text)
        for nonsense in (*NONSENSE, "[" * 100_000):
            await one.socket.send_str(nonsense)
        await one.socket.send_bytes(b"\xff\xfe")
        await one.socket.send_json(["resize", {"width": 10**9, "height": -5}])
        await one.socket.send_json(["resize", {"width": 100, "height": 30}])
        await one.press("3")
        await one.until(lambda: "by layer" in one.text)


async def test_a_message_that_is_too_large_ends_the_visit(server: Serving) -> None:
    async with visit(server.url) as one:
        await one.until(lambda: TELL in one.text)
        await one.press("x" * 2**21)
        await one.until(lambda: one.socket.closed)
    server.until(lambda: "too large a message" in server.narrated)
    server.until(lambda: not server.visits())


async def test_a_flood_of_keys_ends_no_more_than_its_own_visit(server: Serving) -> None:
    async with visit(server.url) as one, visit(server.url) as other:
        await one.until(lambda: TELL in one.text)
        await other.until(lambda: TELL in other.text)
        for _ in range(20):
            await one.press("x" * 200_000)
        await other.press("3")
        await other.until(lambda: "by layer" in other.text)
    server.until(lambda: not server.visits())


async def test_a_visitor_has_none_of_the_servers_variables(server: Serving) -> None:
    async with visit(server.url) as one:
        await one.until(lambda: TELL in one.text)
        (process,) = server.visits()
        environment = Path(f"/proc/{process}/environ").read_text()
        assert "SECRET" not in environment
        assert "XDG_STATE_HOME" not in environment
        assert Path(f"/proc/{process}/cwd").readlink() == Path("/")
        limits = Path(f"/proc/{process}/limits").read_text()
        assert re.search(r"Max data size +1000000000 +1000000000", limits)
        assert re.search(r"Max file size +0 +0", limits)
        threads = next(Path(f"/proc/{process}/task").iterdir())
        assert int((threads / "stat").read_text().rpartition(")")[2].split()[16]) >= 5  # nice
    server.until(lambda: not alive(process))


async def test_ctrl_z_stops_nothing(server: Serving) -> None:
    async with visit(server.url) as one:
        await one.until(lambda: TELL in one.text)
        await one.press("\x1a")
        await one.until(lambda: "There is no shell here" in one.text)
        await one.press("3")
        await one.until(lambda: "by layer" in one.text)


@pytest.mark.heavy
async def test_no_path_of_the_server_is_read_and_nothing_is_told_of_it(tmp_path: Path) -> None:
    run = (Path(visitors.__file__).parents[1] / "runs" / "example.jsonl").read_text()
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "mine.jsonl").write_text(run)
    (tmp_path / "other.jsonl").write_text(run)
    with Serving("--folder", str(folder)) as server:
        assert "visitors may read the runs in runs" in server.narrated
        async with visit(server.url) as one:
            await one.until(lambda: TELL in one.text)
            await one.press("9")
            await one.until(lambda: "example" in one.text)
            for name in ("/etc/passwd", "/etc/nothing", "../other.jsonl", "/etc"):
                one.drawn = b""
                await one.press(f"a\x15{name}")
                await one.until(lambda name=name: name in one.text)  # type: ignore[misc]
                await one.press("\r")
                await one.until(lambda: "open to visitors" in one.text)
                await one.press("\x1b")
                await asyncio.sleep(0.2)
            one.drawn = b""
            await one.press("a\x15mine.jsonl\r")
            await one.until(lambda: "mine" in one.text)
            assert str(tmp_path) not in one.text
            one.drawn = b""
            await one.press("y")
            await one.until(lambda: "gradtui run" in one.text)
            assert str(tmp_path) not in one.text
            with (folder / "mine.jsonl").open("a") as more:  # and it is watched
                last = run.splitlines()[-1]
                more.write(re.sub(r'"step": ?\d+', '"step": 987654', last) + "\n")
            await one.press("\x1b")
            await one.until(lambda: "987,654" in one.text or "987654" in one.text)
    assert sorted(one.name for one in folder.iterdir()) == ["mine.jsonl"]


# ------------------------------------------------------------------------- bounds


@asynccontextmanager
async def serving(site: Site, said: list[str]) -> AsyncIterator[str]:
    """A server in this process, until the block ends; gives its address."""
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    task = asyncio.create_task(Server(site, said.append)._run())
    while not said:
        await asyncio.sleep(0.01)
    yield said[0].split()[1]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for number, handler in zip((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), before, strict=True):
        asyncio.get_running_loop().remove_signal_handler(number)
        signal.signal(number, handler)


SETTINGS = {"marker": "auto", "colors": "auto", "mouse": "auto", "threads": "auto"}


async def test_who_takes_too_much_memory_is_ended_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    greedy: set[int] = set()
    monkeypatch.setattr(visitors, "_resident", lambda one: 2 * 10**9 if one in greedy else 10**6)
    async with serving(Site(port=0, settings=SETTINGS), said) as url, visit(url) as one:
        await one.until(lambda: TELL in one.text)
        greedy |= set(_of(os.getpid()))
        async with visit(url) as other:
            await one.until(lambda: one.ended)
            assert "more than the 1,000 MB of memory" in one.ended
            await other.until(lambda: TELL in other.text)
            await other.press("3")
            await other.until(lambda: "by layer" in other.text)
            assert not other.ended
    assert any("who took too much memory" in line for line in said)


def _of(parent: int) -> list[int]:
    from support.serving import children

    return children(parent)


@pytest.mark.heavy
async def test_what_a_terminal_answers_of_itself_is_no_key() -> None:
    said: list[str] = []
    site = Site(port=0, idle=0.05, settings=SETTINGS)
    async with serving(site, said) as url, visit(url) as one:
        await one.until(lambda: TELL in one.text)
        for _ in range(200):
            if one.socket.closed or any("struck no key" in line for line in said):
                break
            await one.press("\x1b[12;40R\x1b[I\x1b[O\x1b[?2026;2$y")
            await asyncio.sleep(0.05)
        await one.until(lambda: one.ended)
        assert one.ended.startswith("No key was struck for 0.05 minutes")
        assert any(told[0] == "said" and "ends in" in told[1] for told in one.told)


async def test_one_too_many_is_told() -> None:
    said: list[str] = []
    site = Site(port=0, visitors=1, settings=SETTINGS)
    async with serving(site, said) as url, visit(url) as one:
        await one.until(lambda: TELL in one.text)
        async with visit(url) as other:
            await other.until(lambda: other.ended)
            assert "There is no room just now: one visitor is here" in other.ended
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as plain:
                assert plain.status == 503
                assert "text/plain" in plain.headers["Content-Type"]
            async with session.get(url, headers={"Accept": "text/html"}) as page:
                assert page.status == 503
                assert "<p" in await page.text()
    assert sum("a visitor came" in line for line in said) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_who_serves_everybody_is_warned(host: str) -> None:
    said: list[str] = []
    async with serving(Site(host=host, port=0, settings=SETTINGS), said):
        warned = [line for line in said if line.startswith("warning")]
    assert bool(warned) is (host != "127.0.0.1")
    assert all("anyone who reaches port" in line and "password" in line for line in warned)


# --------------------------------------------------------------------------- ends


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.heavy),
        pytest.param(signal.SIGHUP, marks=pytest.mark.heavy),
    ],
)
async def test_a_signal_ends_the_server_and_every_visit(number: int, tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path), "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    with Serving(env=env) as server:
        async with visit(server.url) as one, visit(server.url) as other:
            await one.until(lambda: TELL in one.text)
            await other.until(lambda: TELL in other.text)
            processes = server.visits()
            assert len(processes) == 2
            began = time.monotonic()
            assert server.end(number) == 128 + number
            assert not any(map(alive, processes))
            assert time.monotonic() - began < 5
            await one.until(lambda: one.ended)
            assert one.ended == "The server was ended."
    assert list(tmp_path.iterdir()) == []


async def test_nobody_outlives_a_server_that_was_killed(tmp_path: Path) -> None:
    with Serving(env={"TMPDIR": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}) as server:
        async with visit(server.url) as one:
            await one.until(lambda: TELL in one.text)
            processes = server.visits()
            server.process.kill()
            until(lambda: not any(map(alive, processes)), 5)
    assert list(tmp_path.iterdir()) == []


async def test_a_visitor_that_is_killed_is_told(server: Serving) -> None:
    server.until(lambda: not server.visits())
    async with visit(server.url) as one:
        await one.until(lambda: TELL in one.text)
        (process,) = server.visits()
        os.kill(process, signal.SIGKILL)
        await one.until(lambda: one.ended)
        assert "came to an end here that was not asked for (exit status -9)" in one.ended
