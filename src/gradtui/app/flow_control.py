"""Flow control: on a slow line the newest picture wins, and none queues up behind another."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping

from gradtui.plots.picture import Picture

QUESTION = "\x1b[6n"
"""Where is the cursor? A terminal answers when it has come to this in its input."""

PATIENCE = 3.0
"""Seconds after which an answer is taken for lost."""


_ANSWER = re.compile(r"\x1b\[\d+;\d+R")


class Owed:
    """Answers that are still to come, which the shell would get if they came after the end."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._asked: deque[float] = deque()
        self._answers = False

    def sent(self, text: str) -> None:
        """That much went to the terminal."""
        self._asked.extend([self._now()] * text.count(QUESTION))

    def came(self, text: str) -> None:
        """That much came from it, in whole sequences."""
        for _ in range(min(len(_ANSWER.findall(text)), len(self._asked))):
            self._asked.popleft()
            self._answers = True

    @property
    def some(self) -> bool:
        """Whether any will come: not from a terminal that gives none, nor after long."""
        while self._asked and self._now() - self._asked[0] > PATIENCE:
            self._asked.popleft()
        return self._answers and bool(self._asked)


class FlowControl:
    """Holds pictures back while the terminal has not yet shown the last ones.

    The kernel and ssh buffer megabytes, so a write that succeeds says nothing; the terminal's
    own answer does. A terminal that never answered is not waited for.

    Args:
        show: shows pictures by the name of their pane; true if anything changed.
        ask: sends `QUESTION` behind the next paint, and calls `overdue` if `PATIENCE` runs out.
    """

    def __init__(
        self, show: Callable[[Mapping[str, Picture]], bool], ask: Callable[[], None]
    ) -> None:
        self._show = show
        self._ask = ask
        self._held: dict[str, Picture] = {}
        self._asked = 0
        self._answers = False

    @property
    def busy(self) -> bool:
        """Whether the terminal is known to be still at work on what was sent."""
        return self._answers and self._asked > 0

    def send(self, name: str, picture: Picture) -> None:
        """Show a picture in a pane: now, or when the terminal is ready for it."""
        self._held[name] = picture
        if not self.busy:
            self._release()

    def ask(self) -> None:
        """Ask for an answer."""
        self._asked += 1
        self._ask()

    def answered(self) -> None:
        """The terminal has caught up."""
        self._answers = True
        self._asked = 0
        self._release()

    def overdue(self) -> None:
        """No answer came: go on without it."""
        self._asked = 0
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, {}
        if held and self._show(held):
            self.ask()
