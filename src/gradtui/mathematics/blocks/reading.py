"""A block from its text form: `residual(alpha=0.1)`, `pre_norm(init=gpt2)`, `rezero`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from gradtui.errors import InputError, nearest
from gradtui.mathematics.blocks.families import (
    BLOCKS,
    FAMILIES,
    LEARNED,
    ROOT_OF_DEPTH,
    Block,
    Family,
    Preset,
)
from gradtui.mathematics.blocks.steps import NORMS
from gradtui.mathematics.spec import Value, format_spec, lookup, number, parse_spec

_MOST_ALPHA = 1e10
_ALPHAS = f"a number from 0 to 1e10, {ROOT_OF_DEPTH} or {LEARNED}"
_MOST_EXPANSION = 64.0
_EXPANSIONS = "a number above 0, at most 64"


def block(spec: str | Block) -> Block:
    """The block that `spec` names, with the parameters it gives.

    Args:
        spec: "residual(alpha=0.1)", "residual(alpha=1/sqrt(L))", "pre_norm(init=gpt2)",
            "plain(norm=batch)", "rezero", or a block.

    Raises:
        InputError: for an unknown name or parameter, a value out of its range, or parameters that
            contradict one another.
    """
    if isinstance(spec, Block):
        return spec
    if not isinstance(spec, str):
        raise InputError("block", spec, "the name of a block", "for example residual")
    return _read(spec)


@lru_cache(maxsize=64)  # a key asks for the same ones several times
def _read(spec: str) -> Block:
    if empty := _EMPTY.search(spec):
        raise InputError(
            "block", spec, f"complete: {empty[1]} has no value", "give it one, or leave it away"
        )
    if _ROOT_WORD in spec.lower():
        raise _unreadable(spec, InputError("alpha", spec, _ALPHAS, ""))
    try:
        parsed = parse_spec("block", _in_words(spec), "residual or pre_norm(norm=rms)")
    except InputError as error:
        raise _unreadable(spec, error) from None
    entry = lookup("block", "block", parsed.name, BLOCKS, otherwise=f"there are: {_NAMES}")
    family = FAMILIES[entry.family] if isinstance(entry, Preset) else entry
    names = family.parameters
    if parsed.positional:
        raise InputError(
            "block", spec, f"of the form {entry.name}({names[0]}=…)",
            f"each value needs the name of its parameter; it takes: {', '.join(names)}",
        )  # fmt: skip
    given = {
        name: _PARAMETERS[name](family, entry.name, value)
        for name, value in parsed.values("block", names).items()
    }
    if isinstance(entry, Preset):
        for name, value in entry.values.items():
            if given.setdefault(name, value) != value:
                raise InputError(
                    "block", spec, f"{entry.name} with its own {name}, which is {value}",
                    f"try {family.name}({name}={_text(given[name])})",
                )  # fmt: skip
    defaults: dict[str, Value] = {
        "norm": family.norm, "alpha": 1.0, "init": "none", "expansion": 4.0, "glu": "no",
    }  # fmt: skip
    chosen = {
        name: given[name] for name in names if given.get(name, defaults[name]) != defaults[name]
    }
    values = {**defaults, **chosen}
    found = Block(
        _written(family.name, chosen),
        family,
        values["norm"],  # type: ignore[arg-type]
        values["alpha"],
        str(values["init"]),
        float(values["expansion"]) if "expansion" in names else 1.0,
        values["glu"] == "yes",
    )
    _refuse_contradictions(found, spec, () if isinstance(entry, Family) else tuple(entry.values))
    return found


def changed(one: Block, **given: Value) -> Block:
    """A block with other parameters, by name.

    Raises:
        InputError: parameters that it does not have, or that contradict one another.
    """
    own: dict[str, Value] = {"norm": one.norm, "alpha": one.alpha, "init": one.init}
    own |= {"expansion": one.expansion, "glu": "yes" if one.glu else "no"}
    values = {name: own[name] for name in one.family.parameters} | given
    return block(_written(one.name, values))


def _unreadable(spec: str, error: InputError) -> InputError:
    """An error in the value of a parameter as one of the block, with all that the value may be."""
    parameter = error.field.removeprefix("block ")
    if (values := _VALUES.get(parameter)) is None:
        return InputError("block", spec, error.allowed, error.next_step)
    name = spec.partition("(")[0].strip().lower()
    entry = BLOCKS.get(name, FAMILIES["pre_norm"])
    if parameter not in (FAMILIES[entry.family] if isinstance(entry, Preset) else entry).parameters:
        name = "pre_norm"
    return InputError(
        "block",
        spec,
        f"a block with {parameter} {values}",
        f"try {name if name in BLOCKS else entry.name}({_EXAMPLES[parameter]})",
    )


def _refuse_contradictions(one: Block, typed: str, fixed: tuple[str, ...]) -> None:
    """Refuse what cannot be together, or would never learn.

    Args:
        one: the block.
        typed: what it was asked for as.
        fixed: the parameters that its name has given it.
    """
    if one.init in ("zero", "fixup") and (one.alpha == LEARNED or one.alpha == 0.0):
        alpha = "learned from 0" if one.alpha == LEARNED else "0"
        free = [name for name in ("alpha", "init") if name not in fixed]
        raise InputError(
            "block", typed, f"a block that can learn: its α is {alpha} and init={one.init} makes "
            "its last matrix 0, so that neither is ever moved", f"leave {' or '.join(free)} away",
        )  # fmt: skip
    if one.init == "fixup" and (one.norm != "none" or one.glu):
        what = "a gate" if one.glu else f"norm={one.norm}"
        raise InputError(
            "block", typed, f"a block that fixup was made for: it has {what}",
            "leave the gate away" if one.glu else "add norm=none, or take init=zero",
        )  # fmt: skip
    if one.init in ("fixup", "deepnorm") and one.alpha != 1.0:
        raise InputError("block", typed, f"a block with {one.init}'s own alpha", "leave alpha away")
    if one.init == "deepnorm" and one.norm != "layer":
        raise InputError(
            "block", typed, f"a block that deepnorm was made for: it has norm={one.norm}",
            "leave norm away",
        )  # fmt: skip


def _norm(family: Family, name: str, value: Value) -> Value:
    allowed = family.norms
    aliases = {"layernorm": "layer", "ln": "layer", "rmsnorm": "rms", "batchnorm": "batch",
               "bn": "batch", "no": "none", "off": "none"}  # fmt: skip
    word = aliases.get(str(value), value)
    return _one_of(name, "norm", word, allowed)


def _init(family: Family, name: str, value: Value) -> Value:
    aliases = {"gpt": "gpt2", "no": "none", "zeros": "zero"}
    word = "zero" if value == 0.0 else aliases.get(str(value), value)
    return _one_of(name, "init", word, family.inits)


def _glu(family: Family, name: str, value: Value) -> Value:
    aliases = {"true": "yes", "on": "yes", "false": "no", "off": "no", "none": "no"}
    word = {1.0: "yes", 0.0: "no"}.get(value) if isinstance(value, float) else value
    return _one_of(name, "glu", aliases.get(str(word), word or value), ("yes", "no"))


def _alpha(family: Family, name: str, value: Value) -> Value:
    if value == _ROOT_WORD:
        return ROOT_OF_DEPTH
    if value == LEARNED or (isinstance(value, float) and 0.0 <= value <= _MOST_ALPHA):
        return value + 0.0 if isinstance(value, float) else value
    raise InputError(
        "block", f"{name}(alpha={_text(value)})",
        f"{name} with alpha {_ALPHAS}",
        f"try {name}(alpha={ROOT_OF_DEPTH})",
    )  # fmt: skip


def _expansion(family: Family, name: str, value: Value) -> Value:
    if isinstance(value, float) and 0.0 < value <= _MOST_EXPANSION:
        return value
    raise InputError(
        "block", f"{name}(expansion={_text(value)})",
        f"{name} with expansion {_EXPANSIONS}", f"try {name}(expansion=4)",
    )  # fmt: skip


def _one_of(owner: str, name: str, value: object, words: tuple[str, ...]) -> str:
    if value in words:
        return str(value)
    near = nearest(str(value), words, 1)
    raise InputError(
        "block", f"{owner}({name}={value})", f"{owner} with {name} one of {', '.join(words)}",
        f"try {owner}({name}={near[0] if near else words[0]})",
    )  # fmt: skip


_PARAMETERS: Mapping[str, Callable[[Family, str, Value], Value]] = MappingProxyType(
    {"norm": _norm, "alpha": _alpha, "init": _init, "expansion": _expansion, "glu": _glu}
)
_VALUES: Mapping[str, str] = MappingProxyType(
    {
        "norm": f"one of {', '.join(NORMS)}",
        "alpha": _ALPHAS,
        "init": "one of none, zero, fixup, gpt2, deepnorm",
        "expansion": _EXPANSIONS,
        "glu": "yes or no",
    }
)
_EXAMPLES: Mapping[str, str] = MappingProxyType(
    {"norm": "norm=layer", "alpha": f"alpha={ROOT_OF_DEPTH}", "init": "init=zero",
     "expansion": "expansion=4", "glu": "glu=yes"}
)  # fmt: skip
_NAMES = ", ".join(BLOCKS)

_ROOT = re.compile(r"1\s*/\s*(?:(?:sqrt|√)\s*\(\s*[Ll]\s*\)|√\s*[Ll])|[Ll]\s*\*\*\s*-0?\.5")
_EMPTY = re.compile(r"(\w+)\s*=\s*[,)]")
_NAME = re.compile(r"\w+\s*=")
_ROOT_WORD = "one_over_root_of_depth"
"""1/sqrt(L) as a word, which a text form can hold."""


def _in_words(spec: str) -> str:
    """A text form whose values are all numbers or words, and whose names are in small letters."""
    named = _NAME.sub(lambda name: name[0].lower(), spec.replace("α", "alpha"))
    return _ROOT.sub(_ROOT_WORD, named)


def _text(value: Value) -> str:
    """A value as it is read back: 1e10 and not ten zeros."""
    if isinstance(value, str):
        return value
    short = re.sub(r"e\+0*", "e", f"{value:g}")
    return short if value >= _LONG and float(short) == value else number(value)


_LONG = 1e6


def _written(name: str, chosen: Mapping[str, Value]) -> str:
    long = {key: _text(value) for key, value in chosen.items() if _long(value)}
    return format_spec(name, {**chosen, **long})


def _long(value: Value) -> bool:
    return isinstance(value, float) and value >= _LONG
