"""What a terminal sends, bounded: before it is read as keys, what makes no sense is taken out.

ECMA-48 says where a control sequence or a string ends, also an unknown one; so it can be left out
whole, instead of being typed. Nothing here waits without an end: not for the rest of a sequence,
nor for the end of a string or a paste.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable

ESC = "\x1b"
CTRL_C = "\x03"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"

PASTE_SILENCE = 1.0
"""Seconds without a character after which a paste is over: lines stall, but not for long."""

LONGEST_PASTE = 200_000
"""Characters of a paste that are taken."""

MOST_KEYS, KEYS_A_SECOND = 600, 200
"""Keys that are taken at once, and of what goes on. Nobody strikes so many, and no key repeats so
fast; a line that stalled may bring some hundred."""

_LONGEST_KEY = 2
"""Characters of what may be a key though it begins a sequence: escape, or a key with alt."""

_LONGEST_SEQUENCE = 64
"""Characters of a control sequence that may mean something."""

_SEQUENCE = re.compile(r"\x1b\[(?:\[.|M[^\x1b]{3}|[0-?]*[ -/]*[@-LN-Z\\-~]|[0-?]+[ -/]*[M[])")
"""A whole one. `[` alone begins a key of the Linux console, `M` alone a mouse report of old."""

_SEQUENCE_BEGUN = re.compile(r"\x1b\[(?:\[|M[^\x1b]{0,2}|[0-?]*[ -/]*)")
_STRING_ENDS = re.compile(r"[\x07\x18\x1a\x9c]|\x1b\\|(?=[\x03\x1b])")
_FOCUS = ("\x1b[I", "\x1b[O")
"""It came, or went."""

_REPORT = re.compile(
    r"\d{1,5};\d{1,5}R"  # where the cursor is
    r"|\?2026;[0-4]\$y"  # whether output can be synchronised
    r"|<\d{1,3};\d{1,5};\d{1,5}[Mm]"  # the mouse
)
"""What is asked for, beside the focus. A size is not: the kernel knows it."""

_KEY = re.compile(r"(\d*)(?:;(\d{0,4})(?:;([\d:]*))?)?;?[u~ABCDEFHPQRS]")
_NOT_PASTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class TerminalInput:
    """Takes what a terminal sent, and gives what is to be read of it.

    Args:
        is_key: whether a sequence is one that a key sends.
        silence: seconds after which a sequence or a string is over, whatever is missing; an
            escape is a key then.
        interrupt: called for a ctrl+c behind more keys than are taken, which it would wait for.
        now: a clock, in seconds.
    """

    def __init__(
        self,
        is_key: Callable[[str], bool],
        silence: float,
        interrupt: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_key = is_key
        self._silence = silence
        self._interrupt = interrupt
        self._now = now
        self._room, self._filled = float(MOST_KEYS), now()
        """Keys that may still come at once, and when that was so."""
        self._held = ""
        self._in_string = False
        self._pasted: int | None = None
        """Characters of the paste so far; None where there is none."""
        self._unheard = False
        """Whether nothing of that paste is taken."""
        self._focus = ""
        """What is still to be told of it, for which there was no room."""
        self._late = ""
        """What is still to come of the end of a paste that was over before."""

    @property
    def patience(self) -> float | None:
        """Seconds of silence after which `silence` is to be called; None: there is no need to."""
        if self._held or self._in_string or self._focus:
            return self._silence
        return None if self._pasted is None else PASTE_SILENCE

    def feed(self, text: str) -> str:
        """More of what was sent; what can be read by now."""
        text, self._held = self._held + text.removeprefix(self._late), ""
        self._late = ""
        given: list[str] = []
        at = 0
        while at < len(text):
            if self._pasted is not None:
                at = self._paste(text, at, given)
            elif self._in_string:
                at = self._string(text, at)
            else:
                at = self._typed(text, at, given)
        return "".join([*given, self._told_focus()])

    def silence(self) -> str:
        """Nothing came for `patience`: what was begun is over."""
        held, self._held = self._held, ""
        self._in_string = False
        if self._pasted is not None:
            # An escape with nothing behind it is no part of a paste: that key ends it, too.
            self._pasted, self._late = None, PASTE_ENDS[len(held) :] if held else ""
            return "" if self._unheard else PASTE_ENDS
        return (held if len(held) <= _LONGEST_KEY else "") + self._told_focus()

    def _typed(self, text: str, at: int, given: list[str]) -> int:
        """Keys and sequences from there on; how far it came."""
        begins = text.find(ESC, at)
        if begins != at:
            typed = text[at:] if begins < 0 else text[at:begins]
            # What is typed before the terminal is raw has a line feed for enter.
            given.append(self._as_many(typed).replace("\n", "\r"))
            return at + len(typed)
        kind = text[at + 1 : at + 2]
        if not kind or (kind == "O" and len(text) == at + 2):
            self._held = text[at:]
            return len(text)
        if kind == "[":
            return self._sequence(text, at, given)
        if kind in "]P_^X":
            if len(text) == at + 2:
                self._held = text[at:]  # alone it is a key with alt
            else:
                self._in_string = True
            return at + 2
        if kind < " ":  # it is a key of its own
            given.append(self._one(ESC))
            return at + 1
        key = text[at : at + 2]
        if kind == "O" and text[at + 2] > " ":
            key = text[at : at + 3]
            given.append(self._one(key) if self._is_key(key) else "")
        else:
            # With alt: of one that is not known, an escape is a key of its own.
            given.append(self._one(key, 1 if self._is_key(key) else 2))
        return at + len(key)

    def _sequence(self, text: str, at: int, given: list[str]) -> int:
        """A control sequence; how far it goes."""
        whole = _SEQUENCE.match(text, at)
        if whole is None:
            begun = _SEQUENCE_BEGUN.match(text, at)
            assert begun is not None
            if begun.end() < len(text):
                return begun.end()  # broken off by what is no part of one
            # Of one that is too long no more is needed than that it is.
            self._held = text[at : at + _LONGEST_SEQUENCE + 1]
            return len(text)
        sequence = whole[0]
        if sequence == PASTE_BEGINS:
            self._pasted, self._unheard = 0, not self._one(sequence)
            given.append("" if self._unheard else sequence)
        elif sequence in _FOCUS:
            # Only where it is in the end: each time the app looks at all that it shows.
            others = [one for one in given if one not in _FOCUS]
            self._focus = sequence
            if len(others) < len(given):  # told in this packet, and counted
                self._focus = ""
                given[:] = [*others, sequence]
            else:
                given.append(self._told_focus())
        elif len(sequence) <= _LONGEST_SEQUENCE and self._means_something(sequence):
            given.append(self._one(sequence))
        return whole.end()

    def _told_focus(self) -> str:
        """Where the focus is, if that is still to be told, and as soon as it can be."""
        focus = self._focus
        if focus and self._one(focus):
            self._focus = ""
            return focus
        return ""

    def _one(self, key: str, cost: int = 1) -> str:
        """A key, or a sequence that costs as many; nothing where no more are taken."""
        return key if len(self._as_many("k" * cost)) == cost else ""

    def _as_many(self, keys: str) -> str:
        """So many of these keys as are taken: of a flood of noise only the beginning."""
        now = self._now()
        filled = self._room + KEYS_A_SECOND * (now - self._filled)
        self._room, self._filled = min(filled, MOST_KEYS), now
        taken = keys[: int(self._room)]
        self._room -= len(taken)
        if CTRL_C in keys[len(taken) :]:
            self._interrupt()
        return taken

    def _means_something(self, sequence: str) -> bool:
        body = sequence[2:]
        if key := _KEY.fullmatch(body):
            code, _, texts = key.groups(default="")
            return all(map(_is_character, (code, *texts.split(":"))))
        return _REPORT.fullmatch(body) is not None or self._is_key(sequence)

    def _string(self, text: str, at: int) -> int:
        """A string that nobody asked for; how far it goes."""
        end = _STRING_ENDS.search(text, at)
        if end is None:
            return len(text)
        if end[0] == "" and text[end.start() :] == ESC:
            self._held = ESC  # the first half of its end, or the next sequence
            return len(text)
        self._in_string = False
        return end.end()

    def _paste(self, text: str, at: int, given: list[str]) -> int:
        """What is pasted; how far it goes."""
        assert self._pasted is not None
        end = stop = text.find(PASTE_ENDS, at)
        if end < 0:
            stop = len(text) - _begun(PASTE_ENDS, text[at:])
            self._held = text[stop:]
        pasted = _NOT_PASTED.sub("", text[at:stop])[: LONGEST_PASTE - self._pasted]
        self._pasted += len(pasted)
        given.append("" if self._unheard else pasted)
        if end < 0:
            return len(text)
        self._pasted = None
        given.append("" if self._unheard else PASTE_ENDS)
        return end + len(PASTE_ENDS)


def _begun(word: str, text: str) -> int:
    """How many characters at the end of the text may be the beginning of the word."""
    return next((n for n in range(len(word) - 1, 0, -1) if text.endswith(word[:n])), 0)


def _is_character(code: str) -> bool:
    """Whether that many is a character's number, or nothing is said."""
    return not code or (
        len(code) < 8 and int(code) <= sys.maxunicode and not 0xD800 <= int(code) <= 0xDFFF
    )
