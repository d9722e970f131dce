"""Memory: how much there is, and a refusal beforehand of what does not fit."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

from gradtui.errors import InputError


def available_memory() -> float:
    """The bytes that this process may still take, as the system tells; ∞ where it does not."""
    free = [_meminfo(), _cgroup("memory.max", "memory.current")]
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


def refuse_beyond_memory(field: str, given: str, need: float, fits: Callable[[float], str]) -> None:
    """Raise an `InputError` where `need` bytes are more than there are.

    Args:
        field: what to blame.
        given: what was asked for, in words.
        need: the bytes that it takes.
        fits: from the bytes there are to what would fit, in words.
    """
    if need < _ALWAYS_THERE:
        return
    free = available_memory()
    if need > free:
        raise InputError(
            field,
            f"{given}: {_gigabytes(need)}",
            f"within the {_gigabytes(free)} of memory available",
            fits(free),
        )


_ALWAYS_THERE = 2.0**26
"""Bytes that are not worth asking the system for."""


def _gigabytes(size: float) -> str:
    return f"{size / 2**30:,.3g} GiB"
