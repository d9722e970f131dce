"""What the weights in the fixtures are, as the libraries that wrote them read them back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).parent.parent / "runs" / "weights" / "fixtures"
_TOLD = json.loads((FIXTURES / "truth.json").read_text())
FILES = tuple(_TOLD["files"])


def truth(file: str) -> dict[str, np.ndarray]:
    """The tensors of a fixture."""
    numbers = [np.array(one["values"]).reshape(one["shape"]) for one in _TOLD["numbers"]]
    return {name: numbers[at] for name, at in _TOLD["files"][file].items()}
