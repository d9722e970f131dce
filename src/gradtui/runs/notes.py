"""What is to be known of a file beside its numbers: sentences, and how often each is true."""

from __future__ import annotations

import re

_COUNTED = re.compile(r"\{(\w+)\|(\w+)\}")


class Notes:
    """Sentences for the user, each once."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}

    def add(self, sentence: str, times: int = 1) -> None:
        """One more; `{row|rows}` in it becomes their number and the word."""
        if times:
            self._times[sentence] = self._times.get(sentence, 0) + times

    def copy(self) -> Notes:
        """The same, to which more may be added."""
        other = Notes()
        other._times = dict(self._times)
        return other

    @property
    def sentences(self) -> tuple[str, ...]:
        """As they are told."""
        return tuple(
            _COUNTED.sub(rf"{times:,} \{1 if times == 1 else 2}", sentence)
            for sentence, times in self._times.items()
        )
