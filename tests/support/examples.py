"""What the example scripts are to come to, and a fresh Python that runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from gradtui import read_run
from gradtui.models.finding import Ailment, Kind, Verdict
from gradtui.models.recorded.symptoms import symptoms_of

EXAMPLES = Path(__file__).parents[1] / "examples"
FATES: dict[str, tuple[Verdict | None, ...]] = {
    "well": (None,),
    "diverge": (Ailment.NOT_FINITE, Kind.EXPLODING),
    "vanish": (Kind.VANISHING,),
    "die": (Kind.DEAD,),
}
"""The gravest ailment, or one of them, of a run that is made to have this fate."""


def all_fates(script: str, folder: Path, **environment: str) -> None:
    """Let an example script come to each fate, in one process, and judge what it recorded."""
    code = f"import {script}\nfor fate in {[*FATES]}: {script}.main(fate + '.jsonl', fate)"
    python(code, folder, **environment)
    for fate, expected in FATES.items():
        run = read_run(folder / f"{fate}.jsonl")
        found = symptoms_of(run)
        assert (found[0].kind if found else None) in expected, (fate, found)
        assert run.steps.tolist() == list(range(len(run.steps)))
        assert len(run.steps) >= 100


def python(code: str, folder: Path, **environment: str) -> str:
    """What a fresh Python prints that has the examples on its path."""
    path = os.pathsep.join([str(EXAMPLES), *filter(None, [os.environ.get("PYTHONPATH")])])
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "JAX_PLATFORMS": "cpu", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout
