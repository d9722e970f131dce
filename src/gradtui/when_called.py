"""Functions whose module is imported when they are first called.

The first paint needs the names, keys and knobs of models and views, and nothing of what they
compute and draw: to import that takes longer than one notices.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def when_called(module: str, *names: str) -> tuple[Any, ...]:
    """Stand-ins for functions of a module, which is imported when one of them is called.

    Where it is used, a type checker sees an import of the functions themselves.
    """

    def stand_in(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            return getattr(import_module(module), name)(*arguments, **options)

        call.__module__ = module
        return call

    return tuple(map(stand_in, names))
