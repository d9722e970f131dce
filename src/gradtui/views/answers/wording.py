"""What several answers say alike, in English and in Korean."""

from __future__ import annotations

import math

from gradtui.lessons.lesson import Text
from gradtui.models.finding import Ailment, Kind, Verdict
from gradtui.wording import factor

KIND: dict[Verdict, str] = {
    Kind.HEALTHY: "정상",
    Kind.VANISHING: "소실",
    Kind.EXPLODING: "폭발",
    Kind.DEAD: "기울기가 정확히 0",
    Ailment.NOT_FINITE: "유한하지 않은 값",
    Ailment.LARGE_UPDATES: "지나치게 큰 갱신",
    Ailment.SWALLOWED: "반올림되어 사라지는 갱신",
    Ailment.SCALE: "계속 낮아지는 손실 스케일",
    Ailment.CLIPPED: "늘 일어나는 클리핑",
    Ailment.SPIKING: "급등",
}
"""The verdicts in Korean."""


def left(log10: float) -> Text:
    """How much of a gradient is left, as a factor; exactly nothing in words."""
    if log10 == -math.inf:
        return Text("exactly nothing", "정확히 0")
    return Text(factor(log10), f"{factor(log10)}")


def joined(*parts: Text) -> Text:
    """Sentences, one after the other."""
    return Text(*(" ".join(getattr(one, name) for one in parts) for name in ("en", "ko")))


def listed(parts: list[Text]) -> Text:
    """Several of a kind, divided by semicolons."""
    return Text(*("; ".join(getattr(one, name) for one in parts) for name in ("en", "ko")))
