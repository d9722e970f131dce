"""JSON that is one value: trainer_state.json of Transformers, rows, or an object of columns."""

from __future__ import annotations

import json
import re

from gradtui.runs.formats.format import Format, Head, decoder
from gradtui.runs.formats.lines_of_json import parsed, put_objects
from gradtui.runs.keys import role
from gradtui.runs.sheet import Sheet

_LISTED = re.compile(r'"([^"\n]{1,200})":\s*\[\s*["\d.NInfa+-]')
_LIST, _COMMA = re.compile(r"\s*:?\s*\[\s*"), re.compile(r"\s*,\s*")
_END = re.compile(r"\s*\]")
_TOGETHER = 10_000
_HISTORY = '"log_history"'
_REPLACED = (
    "Transformers writes the running mean for a loss that is nan (logging_nan_inf_filter), and "
    "the gradient's norm before clipping: where they disagree, trust the norm."
)
_CUT = "The file ends in the middle: rows are read as far as they are whole."


class WholeJson:
    """One value, which can be read when all of it is there, and its rows also before."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._pieces: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """The next piece waits."""
        self._pieces.append(data)

    def end(self) -> None:
        """All that there is."""
        data = b"".join(self._pieces)
        self._pieces = []
        text = decoder(data).decode(data).lstrip("\ufeff").replace("\0", "")
        del data
        history = text.find(_HISTORY)
        if history < 0 and not text.lstrip().startswith("["):
            value = parsed(text)
            if isinstance(value, dict):
                _columns(value, self.sheet)
            return
        start = _LIST.match(text, history + len(_HISTORY) if history >= 0 else 0)
        ended = start is not None and _rows(text, start.end(), self.sheet)
        if not ended or not text.rstrip().endswith(("}", "]")):
            self.sheet.note(_CUT)
        if history >= 0:
            self.sheet.note(_REPLACED)


def _columns(value: dict[str, object], sheet: Sheet) -> None:
    """An object of lists, as Keras's history is."""
    lists = {key: one for key, one in value.items() if isinstance(one, list) and one}
    for length in sorted({len(one) for one in lists.values()}):
        alike = {key: one for key, one in lists.items() if len(one) == length}
        sheet.rows(tuple(alike), tuple(alike.values()))


def _rows(text: str, at: int, sheet: Sheet) -> bool:
    """The objects of a list that begins there, one by one: whether it has an end."""
    read = json.JSONDecoder().raw_decode
    rows: list[dict[str, object]] = []
    while True:
        try:
            value, at = read(text, at)
        except (ValueError, RecursionError):
            break
        if isinstance(value, dict):
            rows.append(value)
        if len(rows) == _TOGETHER:
            put_objects(sheet, rows)
            rows = []
        after = _COMMA.match(text, at)
        if after is None:
            break
        at = after.end()
    put_objects(sheet, rows)
    return _END.match(text, at) is not None


def _is_trainer_state(head: Head) -> bool:
    text = head.text
    return (
        text.startswith("{")
        and (
            _HISTORY in text
            # What stands before it, in the order of the alphabet.
            or '"best_metric"' in text[:300]
            or '"best_global_step"' in text[:300]
        )
    )


def _is_rows(head: Head) -> bool:
    text = head.text
    return text.startswith("[") and text[1:].lstrip().startswith("{")


def _is_columns(head: Head) -> bool:
    return any(role(key) is not None for key in _LISTED.findall(head.text))


TRAINER_STATE = Format(
    "Transformers trainer_state.json",
    _is_trainer_state,
    stream=WholeJson,
    at_end=True,
    certain=True,
)
ROWS_OF_JSON = Format("JSON", _is_rows, stream=WholeJson, at_end=True)
COLUMNS_OF_JSON = Format("JSON", _is_columns, stream=WholeJson, at_end=True)
