"""What the pages say of the picture: what stands in it, and the verdict of each one compared."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from gradtui.app.state import State
from gradtui.models.finding import Finding

Styles = dict[str, Style]


def verdicts(state: State, result: object, styles: Styles) -> RenderableType:
    """The whole verdict of everything that is compared, the focused one's first."""
    record, setup = state.record, state.setup
    focused = record.focused(setup)
    parts: list[RenderableType] = []
    for name in sorted(record.subjects(setup), key=lambda name: name != focused):
        if (finding := record.finding(result, name)) is not None:
            parts += _verdict(finding, styles, "f" if name == focused else "tab, then f")
        else:
            parts.append(Text(f"… {name}: tab brings its verdict", styles["muted"]))
        parts.append(Text())
    return Group(*parts[:-1])


def _verdict(finding: Finding, styles: Styles, key: str) -> Iterator[RenderableType]:
    """What, why, on what it rests, and what helps."""
    kind = finding.kind
    yield Text(f"{kind.mark} {finding.sentence}", styles[kind.role])
    for words, role in ((finding.cause, ""), (finding.evidence, "muted")):
        if words:
            yield Padding(Text(words, styles[role]), (0, 0, 0, 2))
    if (remedy := finding.remedy) is not None:
        lead = Text.assemble((key, styles["key"]), "  ", (remedy.label, styles["good"]))
        yield Padding(lead, (0, 0, 0, 2))
        for when, words in (("now", remedy.before), ("then", remedy.after)):
            yield Padding(Text(f"{when}: {words}", styles["muted"]), (0, 0, 0, 5))
