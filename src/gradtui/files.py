"""Writing files whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def write_atomically(file: Path, text: str | bytes) -> None:
    """Put `text`, in UTF-8, or bytes where `file` says: all, or nothing if anything goes wrong.

    The text goes to a new file in the same directory, which takes the old one's place only when
    it is safe on the disk. Symbolic links are followed, permissions are kept.

    Raises:
        OSError: it cannot be written, or it is a directory or a special file. What was there
            before is as it was, and nothing is left beside it.
    """
    if "\0" in str(file):
        raise OSError(errno.EINVAL, "a file name cannot contain a NUL character", str(file))
    content = text.encode("utf-8") if isinstance(text, str) else text
    target = Path(os.path.realpath(file))
    mode = _permissions(target)
    # Short whatever the target's name, so that a long name which fits does not fail here.
    temporary = target.parent / f".gradtui-{os.urandom(8).hex()}.tmp"
    # Created, not merely opened, so that the umask decides on a new file's permissions.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
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
