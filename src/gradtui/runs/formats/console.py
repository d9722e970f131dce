"""What a training script prints: the numbers of its lines by the words before them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gradtui.runs.formats.format import Format, Head, Lines
from gradtui.runs.keys import MEASURED, POOR_STEP, Kind, parameter, role, spoken
from gradtui.runs.numbers import NoNumberError, number, whole
from gradtui.runs.sheet import SUMMARY, Sheet

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_NOT_FINITE = r"[nN]a[nN]|NAN|[iI]nf(?:inity)?|INF(?:INITY)?"
_THOUSANDS = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?(?![\d,])"
_NUMBER = rf"[-+]?(?>{_THOUSANDS}|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|{_NOT_FINITE})"
_WORD = rf"(?!(?:{_NOT_FINITE})\b)[A-Za-z_][\w./\[\]-]*+"
_PAIR = re.compile(
    rf"(?<![\w.])(?P<key>{_WORD}(?:[ ]{_WORD}){{0,5}}+)['\"]?[ \t]*+[:=|]?[ \t]*+"
    rf"(?:tensor\()?['\"\[(]?[ \t]*+"
    rf"(?P<value>{_NUMBER})(?![\w]|[.,]\d)"
)
"""Words, and the number that they name: `key: 1`, `key=1`, `key 1`, `"key": "1"`, `key | 1`."""
_OF_PARAMETER = re.compile(
    r"(?<![\w./])([A-Za-z_][\w./\[\]-]*\.(?:weight|bias|kernel))\s*[:|,]?\s*"
    r"grad\w*(?:[ _](?:l2[ _])?norm)?(?=\W)"
)
"""fc1.weight: grad norm 0.031, which is of fc1.weight."""
_OF_NUMBERED = re.compile(
    r"(?<![\w./])((?:layer|block)s?)[ _.]?(\d+)\s*[:|,]?\s*grad\w*(?:[ _](?:l2[ _])?norm)?(?=\W)",
    re.IGNORECASE,
)
"""Layer 3: grad norm 0.031, which is of that layer."""
_FOR_GRADIENTS = "Lines with a parameter's name and a number are taken for its gradient's norm."
_SKIPPED = re.compile(r"overflow.{0,200}?(?:skip|ignoring)", re.IGNORECASE)
"""What DeepSpeed, apex and fairseq print for a step that the loss scaler skips."""
_SCALED = re.compile(
    rf"(?:(?:reducing|setting) (?:loss scale )?to:?|loss scale:)\s*(?P<scale>{_NUMBER})",
    re.IGNORECASE,
)
_LONGEST_LINE = 2**16
_MOST_PLANS = 1_000
_MOST_PATTERNS = 100


class Console(Lines):
    """A line with a step begins a row; one without belongs to the row before it."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet)
        self._at: int | None = None
        self._stepped = self._by_epoch = self._counting = False
        self._epoch: float | None = None
        self._told: set[str] = set()
        self._before: dict[str, object] = {}
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._plan: _Plan | None = None
        self._alike: re.Pattern[str] | None = None
        self._patterns: dict[tuple[str, ...], re.Pattern[str]] = {}
        self._rows: list[tuple[str, ...]] = []

    def take(self, lines: list[str]) -> None:
        """Whole lines."""
        for line in lines:
            if "\x1b" in line:
                line = _ESCAPES.sub("", line)
            alike = None if self._alike is None else self._alike.fullmatch(line)
            if alike is not None:
                self._rows.append(alike.groups())
            else:
                self._take(line)
        self._flush()

    def _take(self, line: str) -> None:
        """A line that is not like the one before it."""
        line = line[:_LONGEST_LINE]
        if ("verflow" in line or "VERFLOW" in line) and _SKIPPED.search(line):
            self._skip(line)
            return
        if SUMMARY in line:
            return
        if "grad" in line and (".weight" in line or ".bias" in line or ".kernel" in line):
            line = _OF_PARAMETER.sub(r"\1.grad", line)
        elif "rad" in line and ("ayer" in line or "lock" in line):
            line = _OF_NUMBERED.sub(r"\1.\2.grad", line)
        pairs = _PAIR.findall(line)
        if pairs:
            self._pairs(line, pairs)

    def _pairs(self, line: str, pairs: list[tuple[str, str]]) -> None:
        """What a line tells; lines that tell of the same are put down together."""
        words = tuple([words for words, _ in pairs])
        plan = self._plans.get(words)
        if plan is None:
            plan = _Plan.of(pairs)
            if len(self._plans) < _MOST_PLANS:
                self._plans[words] = plan
            if any(map(parameter, words)):
                self.sheet.note(_FOR_GRADIENTS)
        if not plan.places:
            return
        if plan.stepped and not self._before:
            if plan is not self._plan:
                self._flush()
                self._plan = plan
            else:
                self._alike = self._patterns.get(words)
                if self._alike is None and len(self._patterns) < _MOST_PATTERNS:
                    self._alike = self._patterns[words] = _alike(line)
            self._rows.append(tuple([value for _, value in pairs]))
        else:
            self._flush()
            values: dict[str, object] = {
                key: pairs[at][1] for key, at in zip(plan.keys, plan.places, strict=True)
            }
            self._line(values)

    def _flush(self) -> None:
        """Put down the lines that wait."""
        plan, rows = self._plan, self._rows
        self._plan, self._alike, self._rows = None, None, []
        if plan is None:
            return
        columns = list(zip(*rows, strict=True))
        keys: list[str] = list(plan.keys)
        cells: list[Sequence[object]] = [columns[at] for at in plan.places]
        if plan.epoch is not None:
            self._epoch = _epoch(columns[plan.epoch][-1])
        elif self._epoch is not None:
            keys.append("epoch")
            cells.append([self._epoch] * len(rows))
        self._stepped = True
        self.sheet.rows(keys, cells)
        self._begin(self.sheet.last)
        self._told = set(keys)

    def _skip(self, line: str) -> None:
        """A step that the loss scaler skipped: told with the next row."""
        self._flush()
        skipped = self._before.get("skipped", 0)
        self._before["skipped"] = skipped + 1 if isinstance(skipped, int) else 1
        scales = _SCALED.findall(line)
        if scales:
            self._before["loss_scale"] = scales[-1]

    def _line(self, values: dict[str, object]) -> None:
        """The values of a line: of a row of their own, or of the one that is begun."""
        step: int | None = None
        epoch: str | None = None
        told: dict[str, object] = {}
        for key, value in values.items():
            what = role(key)
            if what is None or what.kind not in (Kind.STEP, Kind.EPOCH):
                told[key] = value
            elif what.kind is Kind.EPOCH:
                epoch = str(value)
            else:
                step = whole(value)
        again = bool(told.keys() & self._told)
        if step is not None:
            self._epoch = self._epoch if epoch is None else _epoch(epoch)
            self._stepped = True
            self._begin(self.sheet.clock([step], [self._epoch])[0])
        elif not self._stepped and epoch is not None and epoch.isdecimal():
            self._by_epoch = True
            if not self._counting and again and told and _epoch(epoch) == self._epoch:
                # Several lines of an epoch: from here on lines are counted, which go on from it.
                self._counting = self.sheet.counted = True
            self._epoch = _epoch(epoch)
            if not self._counting:
                self._begin(int(epoch[-18:]))
            elif told and self._at is not None:
                self._begin(self._at + 1)
        elif not self._stepped and not self._by_epoch and (self._at is None or again):
            if not any(map(_measured, told)):
                # A line of settings, before anything was measured.
                self._before |= told
                return
            self._begin(self.sheet.count())
        if told and self._at is not None:
            self._told |= told.keys()
            self._put(self._before | told)
            self._before = {}
        else:
            self._before |= told

    def _begin(self, step: int) -> None:
        """A row."""
        self._at = step
        self._told = set()

    def _put(self, values: dict[str, object]) -> None:
        """Values of the row that is begun."""
        if self._at is not None:
            for key, value in values.items():
                self.sheet.column(key).put(self._at, value)

    def end(self) -> None:
        """The last row."""
        super().end()
        self._put(self._before)
        self._before = {}


@dataclass(frozen=True)
class _Plan:
    """Which of the pairs of a line mean something, for all lines with the same words.

    Attributes:
        keys, places: of those that do.
        stepped: there is a step, and something was told of it.
        epoch: the place of the epoch.
    """

    keys: tuple[str, ...]
    places: tuple[int, ...]
    stepped: bool
    epoch: int | None

    @classmethod
    def of(cls, pairs: list[tuple[str, str]]) -> _Plan:
        """From the first line with such words: the step is what can be one there."""
        kept: dict[str, int] = {}
        step: tuple[int, str] | None = None
        epoch = None
        told = False
        for at, (words, value) in enumerate(pairs):
            key = _key(words)
            what = None if key is None else role(key)
            if key is None or what is None or key in kept:
                continue
            if what.kind is Kind.STEP:
                better = step is None or what.rank <= POOR_STEP < step[0]
                if whole(value) is None or not better:
                    continue
                if step is not None:
                    del kept[step[1]]
                step = what.rank, key
            elif what.kind is Kind.EPOCH:
                epoch = at
            else:
                told = True
            kept[key] = at
        return cls(tuple(kept), tuple(kept.values()), step is not None and told, epoch)


def _alike(line: str) -> re.Pattern[str]:
    """What is like a line: in place of its numbers others, and of its blanks as many as there are.

    Most of a log is one line with other numbers, which a pattern made for it reads at once.
    """
    parts = []
    at = 0
    for pair in _PAIR.finditer(line):
        parts += [_with_blanks(line[at : pair.start("value")]), f"({_NUMBER})(?![.,]\\d)"]
        at = pair.end("value")
    return re.compile("".join((*parts, _with_blanks(line[at:]))))


def _with_blanks(text: str) -> str:
    """A pattern for text that may have other numbers and more or fewer blanks."""
    pattern = re.sub(r"\d+", "0", re.sub(r"[ \t]+", " ", text))
    return re.escape(pattern).replace("0", r"\d++").replace(r"\ ", r"[ \t]++")


def _epoch(value: object) -> float | None:
    """An epoch as a number."""
    try:
        return number(value)
    except NoNumberError:
        return None


def _key(words: str) -> str | None:
    """What words before a number are the name of."""
    key = spoken(words)
    if key is None and parameter(words):
        # The line of a table of gradients: fc1.weight 0.031
        return f"gradients/{words}"
    return key


def _measured(key: str) -> bool:
    """Whether it is what a row is for, and no setting."""
    what = role(key)
    return what is not None and what.kind in MEASURED


def _knows(head: Head) -> bool:
    """Several steps at which something was measured, in a fair share of the lines."""
    sheet = Sheet()
    lines = head.lines[:2_000]
    Console(sheet).take(lines)
    counts = [len(set(one.steps)) for key, one in sheet.columns.items() if _measured(key)]
    share = 0.5 if sheet.counted else 0.05
    return max(counts, default=0) >= max(3.0, share * len(lines))


CONSOLE = Format("console log", _knows, stream=Console)
