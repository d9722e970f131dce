"""The examples, run as somebody would: made to go well, diverge, vanish and die."""

from __future__ import annotations

import runpy
import sys
import warnings
from pathlib import Path

import pytest

from gradtui import read_run
from gradtui.models.finding import Ailment, Kind
from gradtui.models.recorded.symptoms import symptoms_of

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

EXAMPLES = Path(__file__).parents[2] / "examples"
BLOWN = {Ailment.NOT_FINITE, Kind.EXPLODING}


def run_example(name: str, case: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "_run" in name:
        framework = name.removesuffix("_run")
        pytest.importorskip(framework, reason=f"it is not installed: pip install {framework}")
    monkeypatch.setattr(sys, "argv", [name, case, str(path)])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with warnings.catch_warnings():  # those of the frameworks are their own
            warnings.simplefilter("ignore")
            runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("name", ["torch_loop", "lightning_run", "transformers_run"])
@pytest.mark.parametrize("case", ["well", "diverge", "vanish", "die"])
def test_the_verdict_is_what_was_done_to_it(
    name: str, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_example(name, case, tmp_path / "run.jsonl", monkeypatch)
    run = read_run(tmp_path / "run.jsonl")
    assert run.steps.tolist() == list(range(100))
    assert run.order == "recorded"
    symptoms = symptoms_of(run)
    ailments = [symptom.kind for symptom in symptoms]
    if case == "well":
        assert ailments == []
        assert run.loss[-10:].mean() < 0.1 * run.loss[0]
    elif case == "diverge":
        assert ailments[0] in BLOWN
    else:
        (gravest, *_), first = ailments, run.names[0]
        assert gravest is {"vanish": Kind.VANISHING, "die": Kind.DEAD}[case]
        assert symptoms[0].layer == first
        assert not BLOWN & set(ailments)
    if name == "torch_loop" and case == "die":
        assert run.units["dead"]["3"].tolist() == [1.0] * 100
