"""A package that takes long to import, imported when it is first used and not before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


class _StandIn(ModuleType):
    """Looks like the package to whoever imports it; the first use of an attribute loads it."""

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)  # found without coming here from now on
        return value


@contextmanager
def deferred(package: str) -> Iterator[None]:
    """What is imported in this block gets a stand-in for the package, unless it is there already.

    Afterwards it is imported as ever; Python's own lock keeps two threads apart that do.
    """
    if package in sys.modules:
        yield
        return
    stand_in = sys.modules[package] = _StandIn(package)
    try:
        yield
    finally:
        if sys.modules.get(package) is stand_in:
            del sys.modules[package]
