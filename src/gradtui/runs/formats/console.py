"""What a training script prints: the numbers of its lines by the words before them."""

from __future__ import annotations

import re

from gradtui.runs.formats.format import Format, Head, Lines
from gradtui.runs.keys import Kind, parameter, role, spoken
from gradtui.runs.numbers import number, whole
from gradtui.runs.sheet import SUMMARY, Sheet

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_NOT_FINITE = r"[nN]a[nN]|NAN|[iI]nf(?:inity)?|INF(?:INITY)?"
_NUMBER = rf"[-+]?(?>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|{_NOT_FINITE})"
_WORD = rf"(?!(?:{_NOT_FINITE})\b)[A-Za-z_][\w./\[\]-]*+"
_PAIR = re.compile(
    rf"(?P<key>{_WORD}(?:[ ]{_WORD}){{0,5}}+)['\"]?[ \t]*+[:=|]?[ \t]*+['\"\[(]?[ \t]*+"
    rf"(?P<value>{_NUMBER})(?![\w]|\.\d)"
)
"""Words, and the number that they name: `key: 1`, `key=1`, `key 1`, `"key": "1"`, `key | 1`."""
_OF_PARAMETER = re.compile(
    r"([A-Za-z_][\w./\[\]-]*\.(?:weight|bias|kernel))\s*[:|,]?\s*"
    r"grad\w*(?:[ _](?:l2[ _])?norm)?(?=\W)"
)
"""fc1.weight: grad norm 0.031, which is of fc1.weight."""
_SKIPPED = re.compile(r"overflow.*?(?:skip|ignoring)", re.IGNORECASE)
"""What DeepSpeed, apex and fairseq print for a step that the loss scaler skips."""
_SCALED = re.compile(
    rf"(?:(?:reducing|setting) (?:loss scale )?to:?|loss scale:)\s*(?P<scale>{_NUMBER})",
    re.IGNORECASE,
)
_LONGEST_LINE = 2**16
_MANY_WORDS = 400


class Console(Lines):
    """A line with a step begins a row; one without belongs to the row before it."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet)
        self._at: int | None = None
        self._stepped = self._by_epoch = False
        self._epoch: float | None = None
        self._told: set[str] = set()
        self._before: dict[str, object] = {}
        self._keys: dict[str, str | None] = {}

    def take(self, lines: list[str]) -> None:
        """Whole lines."""
        for line in lines:
            if "\x1b" in line:
                line = _ESCAPES.sub("", line)
            if len(line) > _LONGEST_LINE:
                line = line[:_LONGEST_LINE]
            if "verflow" in line or "VERFLOW" in line:
                if _SKIPPED.search(line):
                    self._skip(line)
                continue
            if SUMMARY in line:
                continue
            if "grad" in line and (".weight" in line or ".bias" in line or ".kernel" in line):
                line = _OF_PARAMETER.sub(r"\1.grad", line)
            values = self._values(line)
            if values:
                self._line(values)

    def _skip(self, line: str) -> None:
        """A step that the loss scaler skipped: told with the next row."""
        skipped = self._before.get("skipped", 0)
        self._before["skipped"] = skipped + 1 if isinstance(skipped, int) else 1
        scales = _SCALED.findall(line)
        if scales:
            self._before["loss_scale"] = scales[-1]

    def _values(self, line: str) -> dict[str, object]:
        """The numbers of a line that mean something."""
        values: dict[str, object] = {}
        keys = self._keys
        for words, value in _PAIR.findall(line):
            if words in keys:
                key = keys[words]
            else:
                key = _key(words)
                if len(keys) < _MANY_WORDS:
                    keys[words] = key
            if key is not None and key not in values:
                values[key] = value
        return values

    def _line(self, values: dict[str, object]) -> None:
        """The values of a line: of a row of their own, or of the one that is begun."""
        step: int | None = None
        ranked = epoch = None
        told: dict[str, object] = {}
        for key, value in values.items():
            what = role(key)
            if what is None or what.kind not in (Kind.STEP, Kind.EPOCH):
                told[key] = value
            elif what.kind is Kind.EPOCH:
                epoch = str(value)
            elif (now := whole(value)) is not None and (ranked is None or what.rank < ranked):
                step, ranked = now, what.rank
        if epoch is not None:
            self._epoch = number(epoch)
        if step is not None:
            self._stepped = True
            self._begin(self.sheet.clock([step], [self._epoch])[0])
        elif not self._stepped and epoch is not None and epoch.isdecimal():
            self._by_epoch = True
            self._begin(int(epoch[-18:]))
        elif (
            not self._stepped
            and not self._by_epoch
            and (self._at is None or told.keys() & self._told)
        ):
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
    return what is not None and what.kind in (Kind.LOSS, Kind.TOTAL, Kind.GRADIENT)


def _knows(head: Head) -> bool:
    """Two lines with a step and something measured, or four with a loss and a norm."""
    sheet = Sheet()
    console = Console(sheet)
    console.take(head.lines[:2_000])
    counts = [len(set(one.steps)) for key, one in sheet.columns.items() if _measured(key)]
    return bool(counts) and max(counts) >= (4 if sheet.counted else 2)


CONSOLE = Format("console log", _knows, stream=Console)
