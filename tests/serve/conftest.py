"""nginx in front of a server, with a password, set up as the page says."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gradtui
from support.serving import until

PAGE = Path(gradtui.__file__).parent / "serving" / "README.md"


@pytest.fixture
def proxied() -> Iterator[Callable[[int, int, Path], str]]:
    """Starts nginx on a port, before a server on another, in a folder; gives its address."""
    started: list[subprocess.Popen[bytes]] = []

    def start(port: int, behind: int, folder: Path) -> str:
        (location,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
        location = location.replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
        location = location.replace("/etc/nginx/gradtui.htpasswd", str(folder / "htpasswd"))
        (folder / "htpasswd").write_text("class:{PLAIN}secret\n")
        kept = "\n".join(
            f"{what}_temp_path {folder};"
            for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; user root; pid {folder}/pid; error_log {folder}/errors;\n"
            f"events {{}}\nhttp {{ access_log off; {kept}\n"
            f"server {{ listen 127.0.0.1:{port};\n{location}\n}} }}\n"
        )
        started.append(
            subprocess.Popen(
                ["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]
            )
        )

        def listens() -> bool:
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", port)) == 0

        until(listens, 10, lambda: (folder / "errors").read_text())
        return f"http://127.0.0.1:{port}/gradtui/"

    yield start
    for one in started:
        one.terminate()
        one.wait()
