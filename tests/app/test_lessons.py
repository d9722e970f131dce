"""A lesson beside the picture: its steps, guesses and language, left and gone on with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import MappingProxyType

import pytest

from gradtui.app import going, leaps, learning, panes, searching
from gradtui.app.appearance import Appearance
from gradtui.app.learning import pane
from gradtui.app.screens import LessonsPage, Page, VerdictsPage
from gradtui.app.state import State
from gradtui.app.storage import load, save
from gradtui.errors import printable
from gradtui.lessons import LESSONS, Lesson, Step, Text
from gradtui.lessons.lesson import Prediction
from gradtui.lessons.typeset import typeset
from gradtui.plots.wide import narrowed
from gradtui.views.command import scene
from gradtui.views.questions import QUESTIONS
from gradtui.views.view import Size
from support.app import running, settle, shown

SHORT = Lesson(
    "short",
    Text("Three steps", "세 단계"),
    (),
    (
        Step("t = 1/2", Text("The first.", "첫째입니다."), shows="derivative sigmoid --z 0"),
        Step(
            "t · (1 − t) = 0.25",
            Text("The second.", "둘째입니다."),
            shows="decay sigmoid --depth 10",
            predicts=Prediction(Text("How large is it?", "얼마입니까?"), "1/2 · (1 − 1/2)"),
        ),
        Step("0.25 < 1", Text("The third.", "셋째입니다.")),
    ),
    Text("So it is.", "그렇습니다."),
)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Lesson:
    monkeypatch.setattr(learning, "LESSONS", MappingProxyType({**LESSONS, "short": SHORT}))
    return SHORT


def side(state: State) -> str:
    return narrowed(pane(state, Size(38, 16)).text)


# ---------------------------------------------------------------- pure steps


def test_a_lesson_moves_the_picture_and_undo_leads_back(short: Lesson) -> None:
    state = State()
    there = learning.opened(state, "short")
    assert (there.view, there.setup) == scene("derivative sigmoid --z 0")
    on = learning.predicted(learning.turned(there, 1), "")
    assert (on.view, on.setup) == scene("decay sigmoid --depth 10")
    back = learning.turned(on, -1)
    assert (back.view, back.setup) == scene("derivative sigmoid --z 0")
    for one in (there, on, back):
        assert [moment.setup for moment in one.past] == [state.setup]


def test_what_somebody_changed_stays_while_the_step_shows_the_same(short: Lesson) -> None:
    on = learning.predicted(learning.turned(learning.opened(State(), "short"), 1), "")
    changed = on.with_(setup=on.setup.with_(depth=20))
    assert learning.turned(changed, 1).setup.depth == 20
    assert learning.turned(changed, -1).view == "derivative"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.25", "It is 0.25; you said 0.25: right."),
        ("1/4", "right."),
        ("0.5", "It is 0.25; you said 0.5, ×2 of it."),
        ("0", "off by 0.25."),
        ("-0.25", "off by 0.5."),
        ("25 %", "right."),
        ("1e300", "×4e300 of it."),
    ],
)
def test_a_guess_is_held_beside_what_is_so(short: Lesson, text: str, said: str) -> None:
    asked = learning.turned(learning.opened(State(), "short"), 1)
    assert asked.predicting
    assert asked.step == 1
    assert "How large is it?" in side(asked)
    assert "0.25" not in side(asked)
    told = learning.predicted(asked, text)
    assert told.step == 2
    assert said in told.message
    assert not told.predicting


def test_a_guess_is_not_asked_for_twice_over_nor_on_the_way_back(short: Lesson) -> None:
    asked = learning.turned(learning.opened(State(), "short"), 1)
    assert learning.turned(asked, 1).step == 2  # it was asked
    end = learning.turned(learning.opened(State(), "short"), 1000)
    assert end.step == 4
    assert not learning.turned(learning.turned(end, -1), -1).predicting


def test_its_ends_are_told(short: Lesson) -> None:
    first = learning.opened(State(), "short")
    assert learning.turned(first, -1).message == "The lesson begins here."
    last = learning.turned(first, 1000)
    assert "So it is." in side(last)
    assert "∎" in side(last)
    over = learning.turned(last, 1)
    assert over.lesson == ""
    assert over.message.startswith("This was its end: o has it from the start")


def test_it_is_left_and_gone_on_with_at_the_same_step(short: Lesson) -> None:
    asked = learning.turned(learning.opened(State(), "short"), 1)
    state = learning.left(learning.predicted(asked, ""))
    assert state.lesson == ""
    again = learning.opened(state, "short")
    assert again.step == 2
    assert (again.view, again.setup) == scene("decay sigmoid --depth 10")
    at_the_end = learning.left(learning.turned(again, 1000))
    assert learning.opened(at_the_end, "short").step == 1  # it was over


def test_a_picture_that_went_elsewhere_comes_back_with_the_next_step(short: Lesson) -> None:
    state = learning.opened(State(), "short")
    for elsewhere in (leaps.undo(state), going.switched(state, "chain")):
        asked = learning.turned(elsewhere, 1)
        assert asked.predicting
        assert (asked.view, asked.setup) == scene("derivative sigmoid --z 0")


def test_a_scenario_or_a_question_ends_the_lesson(short: Lesson) -> None:
    state = learning.opened(State(), "short")
    assert leaps.scenario(state, 0).lesson == ""
    assert leaps.question(state, QUESTIONS[0].name).lesson == ""


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", LESSONS)
def test_no_end_of_a_lesson_is_cut_at_80x24(name: str, language: str) -> None:
    lesson = LESSONS[name]
    end = len(lesson.steps) + 1
    state = State(lesson=name, learned=((name, end),), language=language)
    for size in ((80, 24), (120, 40)):
        area = panes.areas(Size(*size), 1, lesson=True).side
        text = "".join(narrowed(pane(state, area).text).split())
        assert "".join(lesson.moral.in_(language).split()) in text


# ------------------------------------------------------------------ its pane


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size", [Size(24, 9), Size(38, 16), Size(57, 30)])
@pytest.mark.parametrize("name", LESSONS)
def test_every_step_stands_in_the_pane(name: str, size: Size, language: str) -> None:
    """The formula whole, or begun; in a pane of some size the reason too; keys at the bottom."""
    lesson = LESSONS[name]
    for number, step in enumerate(lesson.steps, 1):
        state = State(lesson=name, learned=((name, number),), language=language)
        picture = pane(state, size)
        assert picture.height == size.height
        assert all(sum(len(span.text) for span in line) == size.width for line in picture.rows)
        text = "".join(narrowed(picture.text).split())
        first = typeset(step.formula, size.width - 5).lines[0].split()
        flat = "".join(step.formula.split())
        assert not first or first[0] in text or flat[:12] in text
        assert f"{number}/{len(lesson.steps)}" in text
        assert re.search("→(next)?←(back)?g(English|한국어)esc(leaves)?$", text)
        if size.height >= 16:
            assert "".join(step.reason.in_(language).split()) in text


def test_the_list_marks_what_has_a_lesson() -> None:
    rows = panes.roster(State(), Size(30, 40)).text.splitlines()
    for name in ("tanh", "sigmoid", "mish"):
        (line,) = (line for line in rows if name in line.split())
        assert (" i" in line.partition(name)[2]) == (name != "mish")


# ------------------------------------------------------------------- the app


async def test_o_opens_the_lessons_and_arrows_lead_through_one(short: Lesson) -> None:
    async with running() as (app, pilot):
        await pilot.press("o")
        assert isinstance(app.screen, LessonsPage)
        await pilot.press("o")
        assert not isinstance(app.screen, LessonsPage)
        await pilot.press("o", "1")
        await settle(pilot)
        assert app.state.lesson == next(iter(LESSONS))  # the lessons come first
        assert LESSONS[app.state.lesson].steps[0].formula in shown(app)
        app.state = learning.opened(app.state, "short")
        await pilot.press("right")
        assert app.prompt.display
        await pilot.press(*"0.3", "enter")
        await settle(pilot)
        assert "you said 0.3" in shown(app)
        assert app.state.step == 2
        await pilot.press("left", "right", "escape")  # which takes the question back
        assert app.state.step == 1
        assert not app.prompt.display
        await pilot.press("right", *"what", "enter")
        assert "your guess" in app.shown.complaint
        assert app.prompt.display
        await pilot.press("ctrl+u", "enter", "right", "right", "right")
        assert app.state.lesson == ""
        assert app.state.setup.depth == 10


async def test_the_questions_stand_behind_the_lessons(short: Lesson) -> None:
    async with running(State(language="ko")) as (app, pilot):
        app.state = app.state.saying("")
        page = LessonsPage(app.state, app.roles)
        asked = [title for _, title, look in page._entries if look == "a question"]
        assert asked == [question.asked.ko for question in QUESTIONS]
        await pilot.press("o", *["down"] * (len(page._entries) - len(QUESTIONS)), "enter")
        await settle(pilot)
        first = QUESTIONS[0]
        assert (app.state.view, app.state.setup) == (first.view, first.setup)
        result = app.shown.drawn
        assert result is not None
        said = first.answer(result.result, first.setup).ko
        assert app.state.message == f"전체는 v: {printable(said)}"
        assert "".join(said.split())[:40] in "".join(narrowed(shown(app)).split())
        await pilot.press("v")
        assert isinstance(app.screen, VerdictsPage)
        told = app.screen.query_one(searching.Text)
        assert told.lines_with(said.split()[0])


async def test_other_keys_are_the_views_all_along(short: Lesson) -> None:
    async with running() as (app, pilot):
        app.state = learning.opened(app.state, "short")
        await pilot.press("3", "right_curly_bracket")
        assert (app.state.view, app.state.lesson) == ("decay", "short")
        assert app.state.setup.depth != learning.opened(State(), "short").setup.depth
        await pilot.press("question_mark")
        assert isinstance(app.screen, Page)
        await pilot.press("escape")
        assert app.state.lesson == "short"  # that closed the page
        await pilot.press("escape")
        assert app.state.lesson == ""


async def test_the_language_is_a_key(short: Lesson) -> None:
    async with running(State(language="en")) as (app, pilot):
        app.state = learning.opened(app.state, "short")
        await pilot.pause()
        assert "The first." in shown(app)
        await pilot.press("g")
        assert "첫째입니다." in narrowed(shown(app))


async def test_without_utf_8_it_is_in_english_and_ascii(short: Lesson) -> None:
    plain = Appearance(unicode=False, marker="ascii")
    async with running(State(language="ko"), appearance=plain) as (app, pilot):
        app.state = learning.opened(app.state, "short")
        await pilot.pause()
        text = app.panes["side"].picture.text
        assert text.isascii()
        assert "The first." in text


# ------------------------------------------------------------ what is remembered


def test_how_far_one_is_and_the_language_are_remembered(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    state = State(learned=(("sigmoid", 3), ("relu", 2)), language="ko")
    save(state, file)
    again = load(file)
    assert dict(again.learned) == {"sigmoid": 3, "relu": 2}
    assert again.language == "ko"


@pytest.mark.parametrize(
    ("learned", "language", "left"),
    [
        (
            {"sigmoid": 10_000, "relu": 0, "no": 1, "tanh": True, "chain": 2},
            "xx",
            {"chain": 2},
        ),
        ([1], 5, {}),
        ("x", None, {}),
        ({"sigmoid": "3", "relu": 1e300}, [], {}),
    ],
)
def test_of_what_makes_no_sense_nothing_is_taken(
    tmp_path: Path, learned: object, language: object, left: dict[str, int]
) -> None:
    file = tmp_path / "state.json"
    save(State(), file)
    kept = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**kept, "learned": learned, "language": language}), "utf-8")
    again = load(file)
    assert dict(again.learned) == left
    assert again.language in ("en", "ko")
