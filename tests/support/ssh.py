"""OpenSSH's own server on a loopback port, with keys that live as long as the test."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.terminal import GRADTUI, SOURCE

HOST = "127.0.0.1"
_PRIVILEGE_SEPARATION = Path("/run/sshd")
_CONFIG = """\
ListenAddress {host}
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
UsePAM no
StrictModes no
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
PrintLastLog no
X11Forwarding no
AllowTcpForwarding no
AllowAgentForwarding no
"""


def missing() -> str:
    """Why there can be no connection here; empty if there can."""
    if sys.platform != "linux":
        return "asks /proc who is left of a session"
    programs = {name: shutil.which(name) for name in ("ssh", "ssh-keygen")} | {"sshd": _sshd()}
    absent = [name for name, path in programs.items() if not path]
    if absent:
        return f"needs OpenSSH; not installed: {', '.join(absent)}"
    try:
        shell = Path(pwd.getpwuid(os.getuid()).pw_shell).name
    except KeyError:
        return "the user who runs the tests has no entry in the password database"
    if shell in ("nologin", "false"):
        return f"the user who runs the tests cannot log in (shell {shell})"
    if os.getuid() == 0 and not _PRIVILEGE_SEPARATION.is_dir():
        try:
            _PRIVILEGE_SEPARATION.mkdir(mode=0o755)
        except OSError as error:
            return f"sshd needs {_PRIVILEGE_SEPARATION}: {error.strerror}"
    return ""


def _sshd() -> str | None:
    # Often not on an ordinary user's PATH.
    return shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True)
class Server:
    """A server that is listening.

    `home` is where what the remote side remembers goes.
    """

    folder: Path
    port: int

    def client(self, *remote: str, env: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """The command that logs in with a terminal and runs `remote` there.

        The remote side writes its process id to `pid_file`, then becomes the program.
        """
        words = ["env", f"PYTHONPATH={SOURCE}", *(f"{k}={v}" for k, v in (env or {}).items())]
        script = f"echo $$ >{shlex.quote(str(self.pid_file))}; exec {shlex.join([*words, *remote])}"
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": "15",
            "EscapeChar": "none",
            "GlobalKnownHostsFile": os.devnull,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "LogLevel": "ERROR",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.folder / "known_hosts"),
        }
        return (
            "ssh", "-tt", "-F", os.devnull, "-p", str(self.port), "-i", str(self.folder / "user"),
            *(f"-o{name}={value}" for name, value in options.items()),
            HOST, script,
        )  # fmt: skip

    def gradtui(self, *words: str, env: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """The command that opens the app over the connection, with the test's own directories."""
        kept = ("XDG_STATE_HOME", "XDG_CONFIG_HOME")
        here = {name: os.environ[name] for name in kept if name in os.environ}
        return self.client(*GRADTUI, *words, env=here | dict(env or {}))

    @property
    def pid_file(self) -> Path:
        """Where the last client's remote side wrote its process id."""
        return self.folder / "pid"

    @property
    def pid(self) -> int:
        """The remote process of the last client."""
        return int(self.pid_file.read_text(encoding="ascii"))


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """A server with new keys in `folder`, ended with the block."""
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name],
            check=True,
        )
    log = folder / "log"
    for _ in range(5):
        port = _free_port()
        config = folder / "sshd_config"
        config.write_text(_CONFIG.format(host=HOST, port=port, folder=folder), encoding="utf-8")
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [str(_sshd()), "-D", "-e", "-f", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
            )
        # Somebody else may have taken the port in between.
        if _listens(process, port):
            break
    else:
        raise RuntimeError(f"sshd did not start:\n{log.read_text(encoding='utf-8')}")
    host_key = (folder / "host.pub").read_text(encoding="ascii")
    (folder / "known_hosts").write_text(f"[{HOST}]:{port} {host_key}", encoding="ascii")
    try:
        yield Server(folder, port)
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((HOST, port)) == 0 and process.poll() is None:
                return probe.recv(4) == b"SSH-"
        time.sleep(0.02)
    process.kill()
    process.wait()
    return False


def alive(pid: int) -> bool:
    """Whether there is such a process, and it is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def of_session(session: int) -> list[int]:
    """The living processes of a terminal session, by the id of its leader."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def seconds_until_gone(pid: int, timeout: float = 10.0) -> float:
    """How long until that process and its whole session are gone."""
    start = time.monotonic()
    while alive(pid) or of_session(pid):
        if time.monotonic() - start > timeout:
            raise AssertionError(f"still there after {timeout} s: {of_session(pid)}")
        time.sleep(0.02)
    return time.monotonic() - start
