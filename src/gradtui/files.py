"""Files: which one is meant, reading so much and no more, writing whole or not at all."""

from __future__ import annotations

import errno
import os
import pwd
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import FileIO
from pathlib import Path

from gradtui import gate
from gradtui.errors import InputError

TEMPORARY = ".gradtui-{}.tmp"


def home() -> Path:
    """The user's home directory; the root where there is no such user.

    A HOME that is no absolute path is none: what it names depends on where one stands.
    """
    named = os.environ.get("HOME", "")
    if not named.startswith("/"):
        with suppress(KeyError):
            named = pwd.getpwuid(os.getuid()).pw_dir
    return Path(named if named.startswith("/") else "/")


def named_file(text: str, field: str = "output", such_as: str = "gradtui.svg") -> Path:
    """The file that somebody means by a name, typed in the app or as a word of a command.

    Args:
        text: the name.
        field: what it was given for.
        such_as: a name for that.

    Raises:
        InputError: it is no name of a file.
    """
    name = text.strip()
    if not name or name.endswith(("/", "/.", "/..")) or name in (".", "..", "~"):
        raise InputError(field, text, "a file's name", f"name a file, such as {such_as}")
    if "\0" in name:
        raise InputError(field, text, "a file's name without a NUL", "take it out")
    if gate.is_shut():
        return gate.named(name, field)
    if not name.startswith("~"):
        return Path(name)
    if name.startswith("~/"):
        return home() / name[2:]
    try:
        return Path(name).expanduser()
    except RuntimeError:
        user = name.partition("/")[0]
        raise InputError(
            field, text, f"in the home of a user: there is no {user}", f"try ./{name}"
        ) from None


def named_path(text: str, field: str, such_as: str) -> Path:
    """The file, or the folder, that somebody means by a name; as `named_file`."""
    if gate.is_shut() and text:
        return gate.named(text, field)
    if text and Path(text).is_dir():
        return Path(text)
    return named_file(text.rstrip("/"), field, such_as)


def read_text(file: Path, most: int) -> str:
    """A file's text, in UTF-8, as `read_bytes` reads it.

    Raises:
        OSError, UnicodeDecodeError: it cannot be read, is something else, or larger.
    """
    return read_bytes(file, most).decode("utf-8")


def read_bytes(file: Path, most: int) -> bytes:
    """What is in a file.

    Args:
        file: a regular file, or a device that never waits: to open a pipe could take for ever.
        most: how many bytes are no surprise.

    Raises:
        OSError: it cannot be read, is something else, or larger.
    """
    gate.check(file)
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
        if not stat.S_ISREG(mode) and not stat.S_ISCHR(mode):
            raise OSError(errno.EINVAL, "not a regular file", str(file))
        content = bytearray()
        while len(content) <= most and (more := os.read(descriptor, most + 1 - len(content))):
            content += more
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"larger than {most:,} bytes", str(file))
    return bytes(content)


class _Regular(FileIO):
    """A file of which a read never waits: where nothing is there now, that is its end."""

    def read(self, size: int | None = -1, /) -> bytes:
        """So many bytes, or what is there."""
        return super().read(-1 if size is None else size) or b""


def open_regular(file: Path) -> FileIO:
    """A regular file, opened for reading without a buffer.

    Raises:
        OSError: it cannot be read, or is something else: to open a pipe could take for ever.
    """
    gate.check(file)
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "not a regular file", str(file))
        return _Regular(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def write_atomically(
    file: Path,
    content: str | Iterable[str | bytes],
    tick: Callable[[float], None] = lambda share: None,
    *,
    lasting: bool = True,
) -> None:
    """Put text, in UTF-8, or bytes where `file` says: all, or nothing if anything goes wrong.

    They go to a new file in the same directory, which takes the old one's place only when
    it is safe on the disk. Symbolic links are followed, permissions are kept.

    Args:
        file: where.
        content: what is written, whole or in pieces.
        tick: is called between two pieces; what it raises passes through.
        lasting: wait until the disk has it. Without, it need not outlast the machine.

    Raises:
        OSError: it cannot be written, or it is a directory or a special file. What was there
            before is as it was, and nothing is left beside it.
    """
    gate.check_written(file)
    if "\0" in str(file):
        raise OSError(errno.EINVAL, "a file name cannot contain a NUL character", str(file))
    pieces = [content] if isinstance(content, str) else content
    target = Path(os.path.realpath(file))
    mode = _permissions(target)
    # Short whatever the target's name, so that a long name which fits does not fail here.
    temporary = target.parent / TEMPORARY.format(os.urandom(8).hex())
    # Created, not merely opened, so that the umask decides on a new file's permissions.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for piece in pieces:
                tick(0.0)
                stream.write(piece.encode("utf-8") if isinstance(piece, str) else piece)
            stream.flush()
            if lasting:
                os.fsync(stream.fileno())
        tick(1.0)
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _permissions(target: Path) -> int | None:
    """Those of the file that is there, None if there is none; an error if it must stay."""
    try:
        found = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not stat.S_ISREG(found):
        raise OSError(errno.EINVAL, "not a regular file", str(target))
    # To replace a file asks the directory's permission only, but a read-only file is meant to stay.
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return stat.S_IMODE(found)
