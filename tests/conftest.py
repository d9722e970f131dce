"""What every test starts from: no choice of the user's own, and the same examples every time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Textual reads its own when it is imported; those of its snapshots' plugin are no choice.
os.environ["LC_MESSAGES"] = "C.UTF-8"  # lessons are in the user's own language
for name in list(os.environ):
    if name.startswith(("NO_COLOR", "TEXTUAL", "GRADTUI")) and "SNAPSHOT" not in name:
        del os.environ[name]

# Before numpy is imported: the tests themselves take every processor.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

settings.register_profile("gradtui", derandomize=True, deadline=None, database=None)
settings.load_profile("gradtui")


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for what the app remembers; another one for the user's settings."""
    home = tmp_path / "state-home"
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config-home"))
    return home
