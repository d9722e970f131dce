"""The engine: the newest request wins, what is known is drawn at once, what is refined in time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from gradtui.app import engine as engines
from gradtui.app.engine import Drawn, Engine, Request
from gradtui.mathematics.layer_values import LayerValues
from gradtui.plots.picture import Picture, row
from gradtui.progress import Stopped, Tick
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.view import Size

DEEP = Setup.of(activations=("sigmoid",), depth=50)
SHALLOW = Setup(depth=4)


def request(setup: Setup, view: str = "decay") -> Request:
    return Request(view, setup, Size(56, 13), 80, "braille")


class Answers:
    """An engine and what it delivers."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Drawn] = queue.Queue()
        self.reported: list[Exception] = []
        self.engine = Engine(self._queue.put, self._report)
        self.engine.start()

    def _report(self, request: Request, error: Exception) -> str:
        self.reported.append(error)
        return "a defect was reported"

    def next(self) -> Drawn:
        """The next answer; not of a defect, unless `reported` is looked at."""
        return self._queue.get(timeout=20)

    def until(self, wanted: Request) -> Drawn:
        """The final answer to that request; those to others go by."""
        while True:
            drawn = self.next()
            if drawn.request == wanted and drawn.progress >= 1:
                return drawn

    def all(self) -> list[Drawn]:
        """Every answer up to the final one."""
        drawn = [self.next()]
        while drawn[-1].progress < 1:
            drawn.append(self.next())
        return drawn

    @property
    def silent(self) -> bool:
        """Whether nothing is delivered that was not looked at."""
        return self._queue.empty()


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    yield made
    made.engine.close()


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(engines, "time", made)
    return made


Run = Callable[[Setup, Tick], Iterator[object]]


@dataclass(frozen=True)
class Refined:
    """A result of which only the number is drawn."""

    number: int


def view_of(monkeypatch: pytest.MonkeyPatch, run: Run, name: str = "decay") -> None:
    """Have a view give these results; a picture of one is its number and where the cursor is."""
    view = replace(
        VIEWS[name],
        run=run,
        draw=lambda result, setup, size, marker: Picture.of(
            [row(f"{result.number} at {setup.layer}")], *size
        ),
        readout=lambda *_: (),
        finding=lambda *_: None,
        waiting=lambda setup: f"drawing {setup.depth} layers" if setup.depth > 1 else "",
    )
    monkeypatch.setitem(VIEWS, name, view)  # type: ignore[arg-type]


def numbers(drawn: list[Drawn]) -> list[int]:
    return [one.result.number for one in drawn]


# ------------------------------------------------------------- the newest wins


def test_the_newest_request_wins_over_a_long_computation(answers: Answers) -> None:
    long = Setup.of(activations=("sigmoid",), depth=50_000, samples=10_000)
    answers.engine.submit(request(long))
    short = request(DEEP)
    answers.engine.submit(short)
    assert answers.until(short).finding is not None


class Steered:
    """A view that goes on only when a test has it tick."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, first: bool = True) -> None:
        self._go: queue.Queue[float | None] = queue.Queue()
        self._gone = queue.Queue[str]()
        self._first = first
        self.begun = 0
        view_of(monkeypatch, self._run)

    def _run(self, setup: Setup, tick: Tick) -> Iterator[object]:
        self.begun += 1
        try:
            if self._first:
                yield Refined(setup.depth)
            while (share := self._go.get(timeout=20)) is not None:
                tick(share)
                self._gone.put("on")
        except Stopped:
            self._gone.put("stopped")
            raise
        yield Refined(10 * setup.depth)

    def tick(self, share: float = 0.5) -> str:
        """What came of a tick: on, or stopped."""
        self._go.put(share)
        return self._gone.get(timeout=20)

    def end(self) -> None:
        self._go.put(None)


def test_another_cursor_is_served_from_inside_a_tick_and_computing_goes_on(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = Steered(monkeypatch)
    answers.engine.submit(request(SHALLOW))
    assert view.tick() == "on"
    assert answers.next().picture.text.startswith("4 at 1")
    answers.engine.submit(request(SHALLOW.with_(layer=3)))
    assert view.tick() == "on"
    moved = answers.next()
    assert moved.picture.text.startswith("4 at 3")
    assert moved.request.setup.layer == 3
    assert moved.progress == 0.5
    view.end()
    assert answers.next().picture.text.startswith("40 at 3")
    assert view.begun == 1


def test_a_resize_while_computing_is_served_the_same_way(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = Steered(monkeypatch)
    answers.engine.submit(request(SHALLOW))
    view.tick()
    answers.next()
    answers.engine.submit(replace(request(SHALLOW), plot=Size(30, 7)))
    view.tick()
    assert answers.next().picture.width == 30
    view.end()
    answers.until(replace(request(SHALLOW), plot=Size(30, 7)))
    assert view.begun == 1


def test_a_request_for_another_result_stops_it_at_the_next_tick(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = Steered(monkeypatch)
    answers.engine.submit(request(SHALLOW))
    assert view.tick() == "on"
    answers.engine.submit(request(SHALLOW.with_(depth=5)))
    assert view.tick() == "stopped"
    assert view.tick() == "on"
    assert view.begun == 2
    view.end()
    assert answers.until(request(SHALLOW.with_(depth=5))).result.number == 50


def test_what_was_stopped_is_computed_anew_when_it_is_asked_for_again(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = Steered(monkeypatch)
    for depth in (4, 5):
        answers.engine.submit(request(Setup(depth=depth)))
        view.tick()
    answers.engine.submit(request(SHALLOW))
    assert view.tick() == "stopped"
    view.end()
    assert answers.until(request(SHALLOW)).result.number == 40
    assert view.begun == 3


def test_a_closed_engine_stops_at_the_next_tick(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = Steered(monkeypatch)
    answers.engine.submit(request(SHALLOW))
    assert view.tick() == "on"
    answers.engine.close()
    assert view.tick() == "stopped"


def test_the_finished_result_is_kept_for_the_cursor(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = Steered(monkeypatch)
    answers.engine.submit(request(SHALLOW))
    view.end()
    answers.until(request(SHALLOW))
    for layer in (2, 3):
        answers.engine.submit(request(SHALLOW.with_(layer=layer)))
        drawn = answers.next()
        assert drawn.picture.text.startswith(f"40 at {layer}")
        assert drawn.progress == 1.0
    assert view.begun == 1


# ------------------------------------------------------------------ what fails


def test_bad_input_is_delivered_as_its_message_and_the_engine_goes_on(answers: Answers) -> None:
    bad = request(Setup.of(weights=LayerValues((1.0, 2.0))))
    answers.engine.submit(bad)
    assert "weights" in answers.until(bad).error
    answers.engine.submit(request(DEEP))
    assert answers.until(request(DEEP)).error == ""


@pytest.mark.parametrize("part", ["run", "draw", "readout", "finding"])
def test_a_defect_in_a_view_is_told_reported_and_the_engine_goes_on(
    part: str, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    with monkeypatch.context() as broken:
        broken.setitem(VIEWS, "decay", replace(VIEWS["decay"], **{part: fails}))  # type: ignore[arg-type]
        bad = request(SHALLOW)
        answers.engine.submit(bad)
        drawn = answers.until(bad)
    assert (drawn.error, drawn.defect, drawn.result) == ("a defect was reported", True, None)
    assert "a defect was reported" in drawn.picture.text
    (error,) = answers.reported
    assert isinstance(error, ZeroDivisionError)
    answers.engine.submit(request(DEEP))
    assert answers.until(request(DEEP)).result is not None
    answers.engine.submit(bad)  # nothing is kept of what fell
    assert answers.until(bad).result is not None


def test_too_little_memory_is_no_defect(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    def needs_more(*_: object) -> Iterator[object]:
        raise MemoryError

    view_of(monkeypatch, needs_more)
    answers.engine.submit(request(SHALLOW))
    drawn = answers.until(request(SHALLOW))
    assert "more memory than there is" in drawn.error
    assert not drawn.defect
    assert answers.reported == []


def test_a_view_without_a_result_is_a_defect(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    view_of(monkeypatch, lambda setup, tick: iter(()))
    answers.engine.submit(request(SHALLOW))
    assert answers.next().defect
    assert "decay gave no result" in str(answers.reported[0])


# ------------------------------------------------------- what is drawn, and when


def test_of_what_is_refined_fast_the_first_and_the_last_picture_are_sent(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    view_of(monkeypatch, lambda setup, tick: map(Refined, range(1, 51)))
    answers.engine.submit(request(SHALLOW))
    assert numbers(answers.all()) == [1, 50]


def test_a_single_result_is_one_picture_and_no_progress(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a percentage would come and go with every key."""
    view_of(monkeypatch, lambda setup, tick: iter([Refined(1)]))
    answers.engine.submit(request(SHALLOW))
    (drawn,) = answers.all()
    assert drawn.progress == 1.0
    assert answers.silent


def test_refined_pictures_come_every_0_3_seconds(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    def run(setup: Setup, tick: Tick) -> Iterator[object]:
        for number in range(1, 101):
            yield Refined(number)
            clock.now += 0.0625
            tick(number / 100)

    view_of(monkeypatch, run)
    answers.engine.submit(request(SHALLOW))
    drawn = numbers(answers.all())
    assert drawn[0] == 1
    assert drawn[-1] == 100
    assert {later - earlier for earlier, later in pairwise(drawn[:-1])} == {5}


def test_a_picture_that_has_waited_is_sent_though_nothing_new_comes(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    def run(setup: Setup, tick: Tick) -> Iterator[object]:
        yield Refined(1)
        yield Refined(2)
        tick(0.4)
        clock.now += 0.4
        tick(0.5)
        yield Refined(3)

    view_of(monkeypatch, run)
    answers.engine.submit(request(SHALLOW))
    drawn = answers.all()
    assert numbers(drawn) == [1, 2, 3]
    assert [one.progress for one in drawn] == [0.0, 0.5, 1.0]


def test_the_last_picture_is_not_sent_twice_only_its_progress(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(setup: Setup, tick: Tick) -> Iterator[object]:
        yield Refined(1)
        tick(0.5)

    view_of(monkeypatch, run)
    answers.engine.submit(request(SHALLOW))
    first, last = answers.all()
    assert last.picture is first.picture
    assert (first.progress, last.progress) == (0.5, 1.0)


def test_progress_alone_is_told_once_a_second_and_only_as_it_rises(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    def run(setup: Setup, tick: Tick) -> Iterator[object]:
        yield Refined(1)
        for share in (*range(40), 20, *range(41, 80)):
            tick(share / 80)
            clock.now += 0.125

    view_of(monkeypatch, run)
    answers.engine.submit(request(SHALLOW))
    told = [one.progress * 80 for one in answers.all()]
    assert told == [0, 9, 18, 27, 36, 45, 54, 63, 72, 80]


def test_it_is_not_done_before_the_end_whatever_is_ticked(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """A picture of progress 1 is the last: what waits for it would take a picture too early."""

    def run(setup: Setup, tick: Tick) -> Iterator[object]:
        yield Refined(1)
        tick(1.0)
        clock.now += 2.0
        tick(1.0)
        yield Refined(2)

    view_of(monkeypatch, run)
    answers.engine.submit(request(SHALLOW))
    drawn = answers.all()
    assert numbers(drawn) == [1, 2]
    assert drawn[0].progress < 1


def waits(clock: Clock) -> Run:
    def run(setup: Setup, tick: Tick) -> Iterator[object]:
        for share in range(10):
            tick(share / 10)
            clock.now += 0.25
        yield Refined(1)

    return run


def test_without_a_result_for_0_3_seconds_it_says_what_is_waited_for(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    view_of(monkeypatch, waits(clock))
    answers.engine.submit(request(SHALLOW))
    waiting, *told, last = answers.all()
    assert waiting.picture.text.strip() == "drawing 4 layers"
    assert not waiting.silent
    assert waiting.picture.rows[0][0].role == "muted"
    assert (waiting.picture.width, waiting.picture.height) == (56, 13)
    assert waiting.result is None
    assert waiting.finding is None
    assert waiting.progress == 0.2
    assert [one.progress for one in told] == [0.7]
    assert last.result.number == 1


def test_a_view_without_words_of_its_own_only_tells_how_far_it_is(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    view_of(monkeypatch, waits(clock))
    answers.engine.submit(request(Setup(depth=1)))
    waiting, *_, last = answers.all()
    assert (waiting.silent, waiting.result, waiting.progress) == (True, None, 0.2)
    assert last.result.number == 1


def test_a_moved_cursor_without_a_result_gets_the_words_at_once(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    view = Steered(monkeypatch, first=False)
    answers.engine.submit(request(SHALLOW))
    view.tick()
    clock.now += 0.5
    view.tick()
    assert "drawing 4 layers" in answers.next().picture.text
    answers.engine.submit(request(SHALLOW.with_(layer=2)))
    view.tick()
    moved = answers.next()
    assert "drawing 4 layers" in moved.picture.text
    assert moved.request.setup.layer == 2
    view.end()
    assert answers.next().result.number == 40


def test_memory_is_given_back_once_nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    given = threading.Event()
    monkeypatch.setattr(engines, "give_back", given.set)
    monkeypatch.setattr(engines, "_AT_REST", 0.01)
    answers = Answers()
    answers.engine.submit(request(SHALLOW))
    answers.until(request(SHALLOW))
    assert given.wait(10)
    answers.engine.close()


# -------------------------------------------------------------- whatever is asked

HARD = {
    "overflow in the remedy": Setup.of(activations=("tanh",), depth=40, x=1e8),
    "slopes beyond float64": Setup.of(activations=("relu_squared",), depth=20,
                                   weights=LayerValues((1e9,))),
    "z beyond float64": Setup.of(activations=("sigmoid",), depth=5, weights=LayerValues((1e30,))),
    "one layer that explodes": Setup.of(activations=("rrelu",), depth=1, x=1e100),
    "a subnormal range": Setup.of(z_range=(0.0, 5e-324), z=0.0),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("view", list(VIEWS))
@pytest.mark.parametrize("name", HARD)
def test_hard_setups_are_drawn(name: str, view: str, answers: Answers) -> None:
    wanted = request(HARD[name], view)
    answers.engine.submit(wanted)
    drawn = answers.until(wanted)
    assert drawn.error == ""
    assert drawn.finding is not None
