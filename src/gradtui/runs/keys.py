"""What a key of a log means: which of the names that people give are a gradient's norm.

One table. A key is looked up as it is, and without the run's name that wandb puts before it
(``bright-sun-7 - grad_norm``); case, and a space for an underscore, don't matter. Where several
keys mean the same, the one that stands first here counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """What a number is."""

    STEP = "step"
    EPOCH = "epoch"
    GRADIENT = "gradient"
    WEIGHT = "weight"
    UPDATE = "update"
    TOTAL = "total_norm"
    LOSS = "loss"
    RATE = "learning_rate"
    SCALE = "loss_scale"
    SKIPPED = "skipped"
    CLIP = "clip"
    CLIPPED = "clipped"


MEASURED = (Kind.LOSS, Kind.TOTAL, Kind.GRADIENT)
"""What makes a file a run."""
BY_LAYER = (Kind.GRADIENT, Kind.WEIGHT, Kind.UPDATE)


@dataclass(frozen=True)
class Role:
    """What a key means.

    Attributes:
        kind: of the number.
        layer: whose, for what is told by layer; otherwise "".
        rank: which of several keys of one meaning counts: the least.
    """

    kind: Kind
    layer: str = ""
    rank: int = 0


_SECTION = (
    r"(?:(?:train(?:ing|er)?|trn|optim(?:izer)?|metrics?|stats?|debug|monitor|scalars?|batch|"
    r"global|running|custom|perf|charts?|epoch)[/._ -])*"
)
_GRAD = r"grad(?:ient)?s?"
_ORDER = r"[0-9.]+|inf"
_TABLE: tuple[tuple[Kind, str], ...] = (
    (Kind.STEP, r"global_step|_?steps?"),
    (Kind.STEP, r"iter(?:ation)?s?|iter_num|n_iter|num_updates"),
    (Kind.STEP, r"updates?|batch|batch_idx|it|s"),
    (Kind.EPOCH, r"(?:train/|trainer/)?(?:current_)?epochs?"),
    # ----- of the whole network
    (Kind.TOTAL, rf"{_GRAD}_(?:{_ORDER})_norm_total(?:_step)?"),
    (Kind.TOTAL, rf"l2_norm/{_GRAD}/(?:global|total)"),
    (
        Kind.TOTAL,
        rf"(?:total_|global_|average_|mean_)*{_GRAD}_?(?:l2_?)?norm(?:_l2|_total|_global|_step)*",
    ),
    (Kind.TOTAL, rf"(?:{_GRAD}_norms?|{_GRAD}|gradients?)/(?:total|global|all|norm)(?:_norm)?"),
    (Kind.TOTAL, r"gnorm|g_norm|total_norm|norm|norm_grad|global_norm"),
    (Kind.TOTAL, rf"{_GRAD}_(?:{_ORDER})_norm_total_epoch"),
    (Kind.TOTAL, rf"{_GRAD}_norm_epoch"),
    (Kind.CLIP, r"(?:max_grad|clip)_(?:norm|val|value)|(?:grad|gradient)_clip(?:_val|_norm)?"),
    # ----- of a layer
    (Kind.GRADIENT, rf"{_GRAD}_(?:{_ORDER})_norm/(?P<layer>.+)"),
    (Kind.GRADIENT, rf"{_GRAD}_(?:{_ORDER})_norm_(?P<layer>.+)_step"),
    (Kind.GRADIENT, rf"{_GRAD}_(?:{_ORDER})_norm_(?P<layer>.+)_epoch"),
    (Kind.GRADIENT, rf"{_GRAD}_(?:{_ORDER})_norm_(?P<layer>.+)"),
    (Kind.GRADIENT, rf"l2_norm/{_GRAD}/(?P<layer>.+)"),
    (Kind.GRADIENT, rf"(?:per_)?layer_{_GRAD}(?:_l2)?_norms?/(?P<layer>.+)"),
    (Kind.GRADIENT, rf"{_GRAD}_?norms?[/:](?P<layer>.+)"),
    (Kind.GRADIENT, rf"{_GRAD}/(?P<layer>.+?)(?:/norm)?"),
    (Kind.GRADIENT, rf"(?P<layer>.+)[/.]{_GRAD}(?:[_ ]?(?:l2[_ ])?norm)?"),
    (Kind.GRADIENT, rf"(?P<layer>.+)[_ ]{_GRAD}[_ ]?(?:l2[_ ])?norm"),
    (Kind.WEIGHT, r"l2_norm/param(?:eter)?s?/(?P<layer>.+)"),
    (Kind.WEIGHT, r"(?:param(?:eter)?s?|weights?)(?:_norms?)?/(?P<layer>.+)"),
    (Kind.WEIGHT, r"(?P<layer>.+)/(?:weight|param(?:eter)?)_norm"),
    (Kind.UPDATE, r"l2_norm/updates?/(?P<layer>.+)"),
    (Kind.UPDATE, r"updates?(?:_norms?)?/(?P<layer>.+)"),
    (Kind.UPDATE, r"(?P<layer>.+)/update_norm"),
    # ----- beside them
    (Kind.SCALE, r"(?:attempted_)?loss_scal(?:e|er|ing)|(?:grad_)?scaler?(?:/scale|_scale)?"),
    (Kind.SCALE, r"(?:amp/)?scale"),
    (Kind.SKIPPED, r"(?:number_of_)?skipped(?:_iterations|_steps)?|overflows?"),
    (Kind.CLIPPED, r"clip|clipped|(?:share_)?clipped_(?:share|fraction)"),
    (Kind.RATE, r"(?:lr|learning_rate)(?:_step)?"),
    (Kind.RATE, r"(?:lr|learning_rate)[-/_ ](?P<group>.+)"),
    (Kind.LOSS, r"loss(?:_step)?"),
    (Kind.LOSS, r"(?:lm|train|training|total|trn)[_/ ]?loss(?:_step)?|loss/train"),
    (Kind.LOSS, r"trl|(?:train_)?n[ln]l(?:_loss)?"),
)
_LOSS = re.compile(r"(?:^|[^a-z])(?:loss|losses|nll|cost|objective)(?:$|[^a-z])")
_NOT_TRAINING = re.compile(
    r"(?:^|[^a-z])(?:val|valid|validation|eval|evaluation|test|dev|best|min|max|scale)"
    r"(?:$|[^a-z])"
)
_COMPILED = tuple(
    (kind, rank, re.compile(f"{_SECTION}(?:{pattern})", re.IGNORECASE))
    for rank, (kind, pattern) in enumerate(_TABLE)
)
UNLISTED = len(_TABLE)
"""The rank of what is told by a part of its name."""
_A_SECTION = re.compile(_SECTION + r"/?")
_EXPORTED = re.compile(r"^.{1,200}? - (?=\S)")
_BOUNDS = ("__MIN", "__MAX")
_PARAMETER = re.compile(
    r"[\w/.\[\]-]*[./](?:weight|bias|kernel|gamma|beta|scale|embedding)(?:[_:]?\w{0,8})?"
)
_NORM_OF = re.compile(rf"{_GRAD}_({_ORDER})_norm(?:[/_]|$)", re.IGNORECASE)
_PARAMETER_NORM = re.compile(r"(?<=[./](?:weight))\.norm$|(?<=[./](?:bias))\.norm$")
LONGEST = 400
POOR_STEP = 1
"""The rank of a name of steps above which it may as well be something else's."""
_VAGUE = frozenset({"norm", "scale", "clip", "clipped"})
"""What after another word is of something else: "weight norm"."""
_OF_STEPS = frozenset(
    {"per", "each", "every", "of", "in", "a", "max", "total", "num", "number"}
    | {"warmup", "remaining", "last", "next", "save", "time"}
)
"""What before a step makes something else of it: "tokens per step"."""


@lru_cache(maxsize=65_536)
def role(key: str, histogram: bool = False) -> Role | None:
    """What a key means, None if nothing that is looked for.

    Args:
        key: as the file has it.
        histogram: it is a tensor's histogram: one named as a parameter is of the weights.
    """
    if len(key) > LONGEST or key.endswith(_BOUNDS):
        return None
    return (
        (_in_table(_EXPORTED.sub("", key)) if " - " in key else None)
        or _in_table(key)
        or (Role(Kind.WEIGHT, key, UNLISTED) if histogram and parameter(key) else None)
    )


def order(key: str) -> str:
    """Of which order the norm is that a key of Lightning's names: 2, unless it says another."""
    found = _NORM_OF.search(key)
    if found is None or found[1].strip("0.") == "2":
        return "2"
    return found[1]


def parameter(key: str) -> bool:
    """Whether a name is one that frameworks give to a parameter."""
    return _PARAMETER.fullmatch(key) is not None


def spoken(words: str) -> str | None:
    """The key that ends a phrase of a console line: `step` of "saved at step"; None if none does.

    Args:
        words: what stands before a number.
    """
    before, rest = "", words
    while rest:
        found = role(rest)
        if found is not None and (not found.layer or " " not in rest or parameter(found.layer)):
            if not before:
                return rest
            vague = rest.lower() in _VAGUE
            if found.kind is Kind.STEP:
                vague |= before in _OF_STEPS or found.rank > POOR_STEP
            skewed = _NOT_TRAINING.search(words.lower().replace("_", " "))
            return None if skewed or vague else rest
        word, _, rest = rest.partition(" ")
        before = word.lower()
    return None


def _in_table(key: str) -> Role | None:
    """The first row of the table that is it."""
    words = key.strip().replace(" ", "_")
    if _evaluated(words):
        return None
    for kind, rank, pattern in _COMPILED:
        # What is told by layer has the layer's name in it, spaces and all.
        found = pattern.fullmatch(key.strip() if kind in BY_LAYER else words)
        if found is None:
            continue
        layer = found["layer"] if kind in BY_LAYER else ""
        if kind in BY_LAYER and (not layer.strip(" /._") or _A_SECTION.fullmatch(layer + "/")):
            # train/grad_norm is of the whole network.
            return Role(Kind.TOTAL, "", rank) if kind is Kind.GRADIENT else None
        return Role(kind, _PARAMETER_NORM.sub("", layer), rank)
    if _LOSS.search(words.lower()):
        return Role(Kind.LOSS, "", UNLISTED)
    return None


def _evaluated(words: str) -> bool:
    """Whether it was measured beside the training; a loss scale is no such thing."""
    if not _NOT_TRAINING.search(words.lower().replace("_", " ")):
        return False
    first = re.split(r"[/._ -]", words.lower())[0]
    return first in ("val", "valid", "validation", "eval", "evaluation", "test", "dev") or bool(
        _LOSS.search(words.lower().replace("_", " "))
        and not re.search("loss[ _-]?scal", words.lower())
    )
