"""Questions and terms by the words that somebody asks with, the best first.

A word counts the more, the fewer questions and terms have it. A beginning counts less than a whole
word, and another word for the same thing as much as a beginning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, TypeAlias

from gradtui.lessons.glossary import GLOSSARY, meaning
from gradtui.lessons.term import Term
from gradtui.views.questions import BY_NAME, QUESTIONS, Question

Found: TypeAlias = Question | Term

_ALL: tuple[Found, ...] = (*QUESTIONS, *GLOSSARY)

_WHOLE, _PART = 1.0, 0.6
_LEAST = 0.5
"""Of the weight of what was asked so much has to be found."""
_NEAR = 0.4
"""Of the best one's weight so much has what is shown beside it."""
_MOST = 50
"""So many words of what is asked are matched: nobody asks in more, and thousands take seconds."""

_SAYS_NOTHING = (
    "a am an and any are at be by can could do does for from get give go has have help how i if in"
    " into is it its me mean means my need of on one or please should so some than that the their"
    " there this to use was we what when where which who why will with would you your"
)
_IDLE = frozenset(_SAYS_NOTHING.split())
"""Words that say nothing of what is asked about."""

_ALIKE = (
    "vanish vanishing vanished disappear disappears shrink shrinks small 소실",
    "explode explodes exploding exploded blow diverge diverges huge 폭발",
    "dead die dies dying death 죽은",
    "saturate saturates saturated saturation flat 포화",
    "he kaiming",
    "xavier glorot",
    "float16 fp16 f16 half",
    "bfloat16 bf16",
    "skip skips residual residuals resnet shortcut 잔차 건너뛰기",
    "init initialise initialize initialisation initialization initialising initializing 초기화",
    "rnn recurrent 순환",
    "norm normalisation normalization normalise normalize 정규화",
    "clip clips clipping clipped 클리핑",
    "sigmoid logistic 시그모이드",
    "remember remembers memory forget forgets 기억 망각",
    "gradient gradients 기울기",
    "chi χ",
    "train trains training learn learns learning 학습",
    "weight weights 가중치",
    "depth deep deeper layers 깊이",
)
"""Words for one and the same."""


class Hit(NamedTuple):
    """Something that was found, and how well it fits."""

    what: Found
    score: float


def search(asked: str) -> list[Hit]:
    """What fits, the best first; nothing where too little of what was asked does.

    A question's name as it stands is that question, and one word that is a term is that term; else
    a question comes before terms that fit little better.
    """
    words = _words(asked)[:_MOST]
    question, entry = BY_NAME.get(asked.strip().casefold()), meaning(asked)
    hits = [Hit(found, _score(words, found)) for found in _ALL]
    whole = sum(map(_weight, words))
    hits = [
        hit
        for hit in hits
        if hit.what in (question, entry) or hit.score >= max(_LEAST * whole, 1e-9)
    ]
    if entry is not None and len(words) < 2:
        first: tuple[Found | None, ...] = (question, entry)
    else:
        first = (question,)
    hits.sort(key=lambda hit: (-_LIKED * isinstance(hit.what, Question) - 1.0) * hit.score)
    hits.sort(key=lambda hit: first.index(hit.what) if hit.what in first else len(first))
    best = max((hit.score for hit in hits), default=0.0)
    return [hit for hit in hits if hit.what in (*first, entry) or hit.score >= _NEAR * best]


_LIKED = 0.6
"""So much more a question counts than a term that fits as well: it answers."""


def _score(words: list[str], found: Found) -> float:
    """How well it fits; of two that do alike, the one with fewer other words does better."""
    score = sum(_weight(word) * _fit(word, found) for word in words)
    return score - 1e-3 * len(_texts(found)) if score else 0.0


def _words(text: str) -> list[str]:
    """Its words that say something."""
    words = re.findall(r"\w[\w′'.-]*", text.casefold())
    return [word for word in words if word not in _IDLE]


@cache
def _texts(found: Found) -> dict[str, float]:
    """The words of a question or term, and how much each says of it."""
    if isinstance(found, Term):
        return dict.fromkeys(_words(" ".join(found.names)), 1.0)
    own = f"{found.asked.en} {found.asked.ko} {found.name.replace('-', ' ')}"
    return dict.fromkeys(_words(found.words), 0.8) | dict.fromkeys(_words(own), 1.0)


@cache
def _alike(word: str) -> frozenset[str]:
    """Other words for the same."""
    return frozenset(
        other for line in _ALIKE if word in (words := line.split()) for other in words
    ) - {word}


def _fit(word: str, found: Found) -> float:
    """How well a word that is asked with fits, from 0 to 1."""
    texts = _texts(found)
    if word in texts:
        return _WHOLE * texts[word]
    return max((_PART * texts[other] for other in _near(word, texts)), default=0.0)


def _near(word: str, texts: dict[str, float]) -> Iterator[str]:
    """Those of the words that mean the same, or of which one begins with the other."""
    for other in texts:
        least = 2 if re.search("[가-힣]", word) else 3  # a particle ends a Korean word
        begins = min(len(word), len(other)) >= least and (
            other.startswith(word) or word.startswith(other)
        )
        if begins or other in _alike(word):
            yield other


@cache
def _weight(word: str) -> float:
    """How much a word says: the more, the fewer have it."""
    having = sum(_fit(word, found) > 0.0 for found in _ALL)
    return math.log(1.0 + len(_ALL) / (1.0 + having))
