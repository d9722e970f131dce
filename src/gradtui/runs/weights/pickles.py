"""What a pickle of PyTorch's says, read as data: nothing in it is imported, made or called.

A pickle is a program for a small machine with a stack and a memo. Here is that machine, with the
instructions that plain data and tensors need. A name that the program asks for (its opcode GLOBAL)
is looked up in the table of those that are known, and refused by its name if it is not there.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from gradtui.runs.weights.known import KNOWN, Known, Strided
from gradtui.runs.weights.tensors import TornError

LONGEST = 2**26
"""The bytes of the longest pickle that is read; the numbers of tensors stand outside it."""
_MOST_STEPS = 10_000_000
_LONGEST_KEY = 32
_KEYS = (str, int, float, bool, bytes, type(None))


class RefusedError(Exception):
    """A pickle asks for a name that is not known to be harmless: that name."""


Persistent: TypeAlias = Callable[[object], object]


def unpickled(data: bytes | bytearray, persistent: Persistent, at: int = 0) -> tuple[object, int]:
    """What a pickle holds, and where it ends.

    Args:
        data: it, and what follows.
        persistent: from what the pickle calls something outside itself to that.
        at: where it begins.

    Raises:
        RefusedError: it asks for a name that is not known.
        TornError: it ends too early, or is no pickle of plain data.
    """
    machine = _Machine(data, persistent, at)
    try:
        return machine.run(), machine.at
    except (IndexError, struct.error, KeyError, TypeError, ValueError, OverflowError):
        raise TornError("the pickle in it is damaged, or ends too early") from None


def _key(key: object) -> object:
    """What may be a key: what is quickly hashed."""
    parts = key if isinstance(key, tuple) and len(key) <= _LONGEST_KEY else (key,)
    for part in parts:
        if not isinstance(part, _KEYS) or (isinstance(part, int) and abs(part) > 2**53):
            raise TornError("a dictionary in it has a key that is no plain value")
    return key


class _Mark:
    """Where on the stack a list of things begins."""


_MARK = _Mark()


class _Machine:
    """The machine: one method for opcodes of a kind."""

    def __init__(self, data: bytes | bytearray, persistent: Persistent, at: int) -> None:
        self.data, self.persistent, self.at = data, persistent, at
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> object:
        """The one thing that it leaves."""
        for _ in range(_MOST_STEPS):
            code = self.take(1)
            if code == pickle.STOP:
                (left,) = self.stack
                return left
            step = _STEPS.get(code)
            if step is None:
                raise TornError(f"the pickle in it has an instruction {code!r} that is not read")
            step(self)
        raise TornError(f"the pickle in it has more than {_MOST_STEPS:,} instructions")

    def take(self, count: int) -> bytes:
        """The next bytes of the program."""
        piece = bytes(self.data[self.at : self.at + count])
        if len(piece) < count:
            raise TornError("the pickle in it ends too early")
        self.at += count
        return piece

    def number(self, form: str) -> Any:
        """The next number of the program."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> str:
        """The next line of the program."""
        end = self.data.find(b"\n", self.at, self.at + 1000)
        if end < 0:
            raise TornError("the pickle in it ends too early")
        return self.take(end + 1 - self.at)[:-1].decode("utf-8", "replace")

    def push(self, value: object) -> None:
        self.stack.append(value)

    def since_mark(self) -> list[Any]:
        """What was put on the stack since the last mark."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise TornError("the pickle in it is damaged")
        items = self.stack[at + 1 :]
        del self.stack[at:]
        return items

    # ------------------------------------------------------------- names and calls

    def find(self, module: object, name: object) -> None:
        """A name of a module's, which is in the table or refused."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise TornError("the pickle in it asks for what is no name")
        asked = f"{module}.{name}"
        if asked not in KNOWN:
            raise RefusedError(asked)
        self.push(KNOWN[asked])

    def find_named(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.find(module, name)

    def call(self) -> None:
        given, known = self.stack.pop(), self.stack.pop()
        if not isinstance(known, Known) or not isinstance(given, tuple):
            raise TornError("the pickle in it calls what cannot be called")
        self.push(known.make(*given))

    def outside(self) -> None:
        self.push(self.persistent(self.stack.pop()))

    def build(self) -> None:
        """What is set on a thing is dropped: a state_dict keeps its versions so."""
        self.stack.pop()
        if not isinstance(self.stack[-1], dict | Strided):
            raise TornError("the pickle in it sets what cannot be set")

    # ------------------------------------------------------------- containers

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise TornError("the pickle in it is damaged")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[_key(key)] = value

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def append(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, list):
            raise TornError("the pickle in it is damaged")
        target.extend(items)

    def tuple_of(self, count: int) -> None:
        if len(self.stack) < count:
            raise TornError("the pickle in it is damaged")
        items = tuple(self.stack[-count:])
        del self.stack[-count:]
        self.push(items)

    def memoize(self, at: int) -> None:
        self.memo[at] = self.stack[-1]

    def text(self, form: str) -> None:
        self.push(self.take(self.number(form)).decode("utf-8", "surrogatepass"))

    def whole(self, form: str) -> None:
        self.push(int.from_bytes(self.take(self.number(form)), "little", signed=True))


_STEPS: Mapping[bytes, Callable[[_Machine], object]] = {
    pickle.PROTO: lambda m: m.take(1),
    pickle.FRAME: lambda m: m.take(8),
    pickle.MARK: lambda m: m.push(_MARK),
    pickle.POP: lambda m: m.stack.pop(),
    pickle.POP_MARK: lambda m: m.since_mark(),
    pickle.DUP: lambda m: m.push(m.stack[-1]),
    pickle.NONE: lambda m: m.push(None),
    pickle.NEWTRUE: lambda m: m.push(True),
    pickle.NEWFALSE: lambda m: m.push(False),
    pickle.BININT: lambda m: m.push(m.number("<i")),
    pickle.BININT1: lambda m: m.push(m.number("<B")),
    pickle.BININT2: lambda m: m.push(m.number("<H")),
    pickle.LONG1: lambda m: m.whole("<B"),
    pickle.BINFLOAT: lambda m: m.push(m.number(">d")),
    pickle.SHORT_BINUNICODE: lambda m: m.text("<B"),
    pickle.BINUNICODE: lambda m: m.text("<I"),
    pickle.BINUNICODE8: lambda m: m.text("<Q"),
    pickle.SHORT_BINSTRING: lambda m: m.text("<B"),
    pickle.BINSTRING: lambda m: m.text("<I"),
    pickle.SHORT_BINBYTES: lambda m: m.push(m.take(m.number("<B"))),
    pickle.BINBYTES: lambda m: m.push(m.take(m.number("<I"))),
    pickle.BINBYTES8: lambda m: m.push(m.take(m.number("<Q"))),
    pickle.EMPTY_TUPLE: lambda m: m.push(()),
    pickle.TUPLE1: lambda m: m.tuple_of(1),
    pickle.TUPLE2: lambda m: m.tuple_of(2),
    pickle.TUPLE3: lambda m: m.tuple_of(3),
    pickle.TUPLE: lambda m: m.push(tuple(m.since_mark())),
    pickle.EMPTY_LIST: lambda m: m.push([]),
    pickle.APPEND: lambda m: m.append([m.stack.pop()]),
    pickle.APPENDS: lambda m: m.append(m.since_mark()),
    pickle.EMPTY_SET: lambda m: m.push([]),
    pickle.ADDITEMS: lambda m: m.append(m.since_mark()),
    pickle.FROZENSET: lambda m: m.push(tuple(m.since_mark())),
    pickle.EMPTY_DICT: lambda m: m.push({}),
    pickle.SETITEM: lambda m: m.set_item(),
    pickle.SETITEMS: lambda m: m.set_items(m.since_mark()),
    pickle.BINPUT: lambda m: m.memoize(m.number("<B")),
    pickle.LONG_BINPUT: lambda m: m.memoize(m.number("<I")),
    pickle.MEMOIZE: lambda m: m.memoize(len(m.memo)),
    pickle.BINGET: lambda m: m.push(m.memo[m.number("<B")]),
    pickle.LONG_BINGET: lambda m: m.push(m.memo[m.number("<I")]),
    pickle.GLOBAL: lambda m: m.find(m.line(), m.line()),
    pickle.STACK_GLOBAL: lambda m: m.find_named(),
    pickle.REDUCE: lambda m: m.call(),
    pickle.BUILD: lambda m: m.build(),
    pickle.BINPERSID: lambda m: m.outside(),
}
"""What each opcode does; those that make objects (INST, OBJ, NEWOBJ, EXT) are not there."""
