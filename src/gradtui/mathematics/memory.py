"""Memory: how much there is, a refusal beforehand of what does not fit, and how it is kept."""

from __future__ import annotations

import gc
import math
import os
import resource
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gradtui.errors import InputError

_ALWAYS_THERE = 2.0**26
"""Bytes that are not worth asking the system for."""

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # of glibc's malloc.h
_LARGE = 2**18
"""Bytes from which on an array has its own pages."""


def available_memory() -> float:
    """The bytes that this process may still take, as the system tells; ∞ where it does not."""
    free = [_meminfo(), _cgroup("memory.max", "memory.current"), _own_limit()]
    return min((value for value in free if value is not None), default=math.inf)


def _meminfo() -> float | None:
    """What Linux estimates to be available without swapping; elsewhere, the physical memory."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024.0
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, AttributeError, IndexError):
        return None


def _cgroup(most: str, used: str) -> float | None:
    """What a container's limit leaves, where there is one."""
    root = Path("/sys/fs/cgroup")
    try:
        limit = (root / most).read_text(encoding="ascii").strip()
        return float(limit) - float((root / used).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _own_limit() -> float | None:
    """What the limit on this process's own data leaves, where there is one."""
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        pages = float(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
        return float(limit) - pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def refuse_beyond_memory(field: str, asked: str, need: float, fits: Callable[[float], str]) -> None:
    """Raise an `InputError` where `need` bytes are more than there are.

    Args:
        field: what to blame.
        asked: what was asked for, in words.
        need: the bytes that it takes.
        fits: from the bytes there are to what would fit, in words.
    """
    if need < _ALWAYS_THERE:
        return
    free = available_memory()
    if need > free:
        raise InputError(
            field,
            f"{asked}: {_gigabytes(need)}",
            f"within the {_gigabytes(free)} of memory available",
            fits(free),
        )


def _gigabytes(size: float) -> str:
    return f"{size / 2**30:,.3g} GiB"


# ------------------------------------------------------------- how it is kept


def return_large_arrays() -> None:
    """Have glibc return large arrays to the host as they are freed, from one heap for all threads.

    Its own way is to keep them, a heap a thread, in ever smaller pieces.
    """
    import ctypes  # it takes time, which the first paint does not have

    with suppress(OSError, AttributeError):  # another C library
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the host what computing has left free among the small pieces."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def collect_later() -> None:
    """Have the collector wait while imports make what is there to stay."""
    gc.disable()


def collect_what_is_new() -> None:
    """Have it work again, if it waits, and never look at what is there by now."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
