"""How memory is kept: what the app asks of malloc and of the collector."""

from __future__ import annotations

import subprocess
import sys

from gradtui.mathematics import memory


def test_what_malloc_is_asked_for_can_be_asked_anywhere() -> None:
    """In a process of its own, for it stays; where the C library is another, nothing happens."""
    code = (
        "from gradtui.mathematics import memory\n"
        "memory.return_large_arrays(); memory.give_back()\n"
        "import numpy as np; np.ones(10**6).sum()"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_the_collector_waits_and_then_leaves_alone_what_is_there() -> None:
    code = (
        "import gc; from gradtui.mathematics import memory\n"
        "memory.collect_what_is_new(); assert not gc.get_freeze_count()\n"
        "memory.collect_later(); assert not gc.isenabled()\n"
        "memory.collect_what_is_new(); assert gc.isenabled() and gc.get_freeze_count()"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_the_memory_there_is_can_be_asked_for() -> None:
    assert memory.available_memory() > 2.0**20
