"""The search for a remedy: candidates in their order, each tried, the first that heals offered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gradtui.errors import InputError
from gradtui.mathematics.layer_values import LayerValues
from gradtui.models.finding import Remedy
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.setup import KNOBS, Setup
from support.subjects import subject

SETUP = Setup.of(activations=("sigmoid", "tanh"), depth=8, layer=8)
AILING = subject(SETUP, "sigmoid")
CANDIDATES: tuple[tuple[str, Changes], ...] = (
    ("depth = 6", {"depth": 6}),
    ("depth = 4", {"depth": 4}),
    ("depth = 2", {"depth": 2}),
)


def healthy_from(depth: int, tried: list[Subject]) -> object:
    """Heals at this depth or a smaller one; keeps what it is asked."""

    def heals(changed: Subject) -> str | None:
        tried.append(changed)
        return f"fine at {changed.setup.depth}" if changed.setup.depth <= depth else None

    return heals


def search(
    depth: int, candidates: object = CANDIDATES, tried: list[Subject] | None = None
) -> Remedy | None:
    heals = healthy_from(depth, [] if tried is None else tried)
    return first_that_helps(AILING, candidates, heals, "bad")  # type: ignore[arg-type]


def test_the_first_that_heals_is_offered_and_none_after_it_is_tried() -> None:
    tried: list[Subject] = []
    remedy = search(4, tried=tried)
    assert remedy == Remedy(
        "depth = 4 for all of them", {"depth": 4}, "bad", "fine at 4", becomes="sigmoid"
    )
    assert [changed.setup.depth for changed in tried] == [6, 4]


def test_candidates_are_asked_for_one_at_a_time() -> None:
    asked: list[str] = []

    def candidates() -> Iterator[tuple[str, Changes]]:
        for label, changes in CANDIDATES:
            asked.append(label)
            yield label, changes

    assert search(6, candidates()) is not None
    assert asked == ["depth = 6"]


def test_where_none_helps_none_is_offered() -> None:
    tried: list[Subject] = []
    assert search(1, tried=tried) is None
    assert len(tried) == len(CANDIDATES)
    assert search(1, ()) is None


def test_what_is_tried_is_the_subject_alone_with_the_change() -> None:
    tried: list[Subject] = []
    search(4, tried=tried)
    for changed, depth in zip(tried, (6, 4), strict=True):
        assert changed.setup == AILING.setup.with_(depth=depth, layer=depth)
        assert changed.setup.activations == ("sigmoid",)


def test_a_candidate_that_cannot_be_is_passed_over() -> None:
    def heals(changed: Subject) -> str | None:
        if changed.setup.depth == 6:
            raise InputError("depth", 6, "anything else", "try 4")
        return "fine"

    remedy = first_that_helps(AILING, CANDIDATES, heals, "bad")
    assert remedy is not None
    assert remedy.label == "depth = 4 for all of them"


def test_any_other_fault_is_not_hidden() -> None:
    def heals(changed: Subject) -> str | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        first_that_helps(AILING, CANDIDATES, heals, "bad")


@pytest.mark.parametrize(("focus", "becomes"), [("", ""), ("sigmoid", "relu"), ("tanh", "tanh")])
def test_what_is_offered_leaves_the_others_of_a_comparison(focus: str, becomes: str) -> None:
    ailing = subject(SETUP.with_(focus=focus), "sigmoid")
    remedy = first_that_helps(
        ailing, [("relu", {"activations": ("relu",)})], lambda changed: "fine", "bad"
    )
    assert remedy is not None
    healed = remedy.applied(ailing.among).checked()
    assert healed.activations == ("relu", "tanh")
    assert healed.focus == becomes


def test_what_is_applied_brings_the_cursor_along() -> None:
    remedy = search(4)
    assert remedy is not None
    healed = remedy.applied(SETUP).checked()
    assert (healed.depth, healed.layer) == (4, 4)


def test_what_is_tried_is_what_would_be_printed() -> None:
    """A value that its text form does not hold is rounded before it is tried."""
    tried: list[Subject] = []

    def heals(changed: Subject) -> str | None:
        tried.append(changed)
        return "fine"

    weights = LayerValues((0.1 + 0.2,))
    found = first_that_helps(AILING, [("weights", {"weights": weights})], heals, "bad")
    assert found is not None
    text = KNOBS["weights"].format(weights)
    (subject,) = tried
    assert subject.setup.chain.weights == found.changes["weights"] == KNOBS["weights"].parse(text)
    assert KNOBS["weights"].format(found.changes["weights"]) == text


def test_a_value_that_no_command_could_set_is_not_tried() -> None:
    """A σw beyond its range is refused as it is on the command line."""
    candidates = [("too large", {"sigma_w": 1e9}), ("depth = 4", {"depth": 4})]
    found = search(4, candidates)
    assert found is not None
    assert found.label == "depth = 4 for all of them"
