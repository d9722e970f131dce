"""What a server of gradtui was asked for: where, for how many visitors, and how much each has."""

from __future__ import annotations

import ipaddress
import math
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gradtui.errors import InputError


@dataclass(frozen=True)
class Bound:
    """A number that bounds something.

    Attributes:
        flag: its option on the command line.
        default: what it is unless said.
        least, most: the range.
        whole: whether fractions make no sense.
        unit: what is counted.
        help: what it is for.
    """

    flag: str
    default: float
    least: float
    most: float
    whole: bool
    unit: str
    help: str

    @property
    def allowed(self) -> str:
        """The range, in words."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.least:,g} to {self.most:,.0f}"

    def read(self, text: str | None) -> float:
        """The number that was given.

        Raises:
            InputError: it is none, or out of range.
        """
        if text is None:
            return self.default
        value = math.nan
        with suppress(ValueError):
            value = float(text if len(text) < 20 and text.isascii() else "nan")
        if not self.least <= value <= self.most or (self.whole and value != int(value)):
            near = self.default
            if math.isfinite(value):
                near = min(max(value, self.least), self.most)
                near = round(near) if self.whole else near
            raise InputError(f"--{self.flag}", text, self.allowed, f"try {near:g}")
        return value


BOUNDS: Mapping[str, Bound] = {
    bound.flag: bound
    for bound in (
        Bound("port", 8000, 0, 65535, True, "", "the port; 0 takes one that is free"),
        Bound("visitors", 20, 1, 500, True, "visitors", "how many at a time; others wait"),
        Bound("idle", 30, 0.05, 1440, False, "minutes", "after so many without a key a visit ends"),
        Bound("memory", 1000, 256, 1048576, True, "MB", "of each visitor"),
    )
}

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Site:
    """Where the page is, and by which names its visitors may call it.

    Attributes:
        host: the address that is listened on.
        port: the port.
        public_url: where it is for visitors behind a proxy; "" if that is the same place.
        visitors, idle, memory: how many at a time, after how many minutes without a key a visit
            ends, and how many MB a visitor has.
        folders: what of the server's files visitors may read.
        look: the app's theme, or None, and its settings.
    """

    host: str = "127.0.0.1"
    port: int = int(BOUNDS["port"].default)
    public_url: str = ""
    visitors: int = int(BOUNDS["visitors"].default)
    idle: float = BOUNDS["idle"].default
    memory: int = int(BOUNDS["memory"].default)
    folders: tuple[Path, ...] = ()
    theme: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def address(self, port: int) -> str:
        """What to open in a browser."""
        if self.public_url:
            return self.public_url
        host = self.host
        if host in ("0.0.0.0", "::", ""):
            host = socket.gethostname()
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    def is_own_host(self, host: str) -> bool:
        """Whether a browser that asks for this host, as `Host:` has it, means this server.

        A page of another site may have its own name lead here (DNS rebinding); then its name is
        in `Host:`. An address cannot be made to lead elsewhere.
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        own = {*LOOPBACK, self.host, urlsplit(self.public_url).hostname}
        if not self.local:
            with suppress(ValueError):
                ipaddress.ip_address(name)
                return True
            own |= {socket.gethostname().lower(), socket.getfqdn().lower()}
        return name in own

    def is_own_origin(self, origin: str | None, host: str) -> bool:
        """Whether a page from there is ours: it comes from the host that it asks, or the proxy."""
        if not origin:
            return False
        told, public = urlsplit(origin), urlsplit(self.public_url)
        same = told.netloc.lower() == host.lower() and told.scheme in ("http", "https")
        return same or (
            bool(public.netloc)
            and (told.scheme, told.netloc.lower()) == (public.scheme, public.netloc.lower())
        )


def host_named(text: str) -> str:
    """An address of this machine, or a name for one.

    Raises:
        InputError: it can be neither.
    """
    host = text.strip().removeprefix("[").removesuffix("]")
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return host
    if not _NAME.fullmatch(host):
        raise InputError("--host", text, "an address or a name of this machine", "try 127.0.0.1")
    return host.lower()


def url_named(text: str) -> str:
    """The address that visitors open, with a slash at its end.

    Raises:
        InputError: it is none.
    """
    told = None
    with suppress(ValueError):
        told = urlsplit(text)
        _ = told.port
    if (
        told is None
        or told.scheme not in ("http", "https")
        or not _NAME.fullmatch(told.hostname or "")
        or told.username is not None
        or told.query
        or told.fragment
        or not text.isascii()
        or any(one <= " " or one in "<>\"'\\" for one in text)
    ):
        raise InputError(
            "--public-url",
            text,
            "the address that visitors open, with http:// or https:// and no ? or #",
            "try such as https://class.example.org/gradtui/",
        )
    return text if text.endswith("/") else f"{text}/"


def folders_named(texts: list[str]) -> tuple[Path, ...]:
    """Folders that are there, links followed.

    Raises:
        InputError: one is no folder, or two of them have the same name.
    """
    found: dict[str, Path] = {}
    for text in texts:
        folder = Path(text).expanduser() if text.startswith("~/") else Path(text)
        is_folder = bool(text) and "\0" not in text and folder.is_dir()
        if not is_folder:
            raise InputError("--folder", text, "a folder that is there", "name one with runs in it")
        folder = folder.resolve()
        if not folder.name:
            raise InputError(
                "--folder", text, "a folder for visitors: it is all there is", "name one with runs"
            )
        if found.setdefault(folder.name, folder) != folder:
            raise InputError(
                "--folder",
                text,
                f"of another name than those before: there is a {folder.name} already, and "
                "visitors call a folder by its name",
                "name one that both are in",
            )
    return tuple(found.values())
