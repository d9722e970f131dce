"""The page of a view, which says what each thing on its screen means: read where it is shown."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradtui.views.view import View

PICTURE, READING, READOUT = "What the picture shows", "How to read it", "The readout"
"""The sections that say what is on the screen."""

_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"\*\*|^#+ |(?<![\w`*])\*(\w[^*`]*)\*(?![\w`*])")
"""Bold, a heading inside a section, and emphasis: the words do without."""
_BULLET = re.compile(r"^(- |\d+\. )", re.MULTILINE)
_TERM = re.compile(r"^((?:`[^`]+`(?:, | and )?)+):\s+(.*)$", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """A paragraph, or what a term means.

    Attributes:
        terms: what is explained, each as it stands on the screen; none of a paragraph.
        text: the words, with what stands on the screen or is typed between backticks.
        bullet: what stands before one of a list: - or its number; "" where it is none.
        literal: whether it is a formula, to be shown as it stands.
    """

    terms: tuple[str, ...]
    text: str
    bullet: str = ""
    literal: bool = False


def page_file(view: View[Any]) -> Path | None:
    """Where the page is, which stands in the view's folder; None if it has none."""
    own = sys.modules[view.run.__module__.rpartition(".")[0]].__file__ or ""
    file = Path(own).with_name("README.md")
    return file if file.is_file() else None


def sections(view: View[Any]) -> Mapping[str, tuple[Entry, ...]]:
    """The page by its headings, what stands before them under ""; nothing where there is none."""
    file = page_file(view)
    if file is None:
        return {}
    intro, *parts = _HEADING.split(file.read_text(encoding="utf-8"))
    return {"": tuple(_entries(intro))} | {
        heading: tuple(_entries(body))
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    }


def _entries(body: str) -> Iterator[Entry]:
    """The formulas, paragraphs and items of a section, each in one line but for formulas."""
    for block in body.strip("\n").split("\n\n"):
        if block.startswith(("![", "# ")):
            continue
        if block.startswith("    "):
            yield Entry((), textwrap.dedent(block).rstrip(), literal=True)
            continue
        first, *items = _BULLET.split(block)
        for bullet, item in [("", first), *zip(items[::2], items[1::2], strict=True)]:
            words = _MARKUP.sub(r"\1", _LINK.sub(r"\1", " ".join(item.split())))
            if not words:
                continue
            term = _TERM.match(words)
            terms = tuple(re.findall(r"`([^`]+)`", term[1])) if term else ()
            yield Entry(terms, term[2] if term else words, bullet.strip())
