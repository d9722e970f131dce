"""The command line: arguments in, a page of text, numbers or the app out.

stdout is data, stderr narration. Exit status: 0 fine, 1 a check failed, 2 the arguments or the
input are wrong, 128 + n ended by signal n.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # that of `typing` takes long to import, and ctrl+c may come meanwhile
if TYPE_CHECKING:
    from collections.abc import Sequence

_INTERRUPTED = 130
_SOON, _AGAIN = 0.005, 0.25
"""Seconds after which a ctrl+c that was lost is struck once more: where that was seen, and where
it goes on as if nothing had been."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status; ctrl+c is heeded from here on."""
    try:
        return _heeding_ctrl_c(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _heeding_ctrl_c(words: Sequence[str]) -> int:
    """What is being imported may make an error of its own of a ctrl+c, as numpy does.

    In a callback of the garbage collector, as imports have, it would be printed and lost; elsewhere
    what is imported may swallow it.
    """
    import signal

    struck, unraisable, alarm = False, sys.unraisablehook, signal.getsignal(signal.SIGALRM)

    def strike(*_: object) -> None:
        nonlocal struck
        struck = True
        signal.signal(signal.SIGALRM, strike)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        raise KeyboardInterrupt

    def unraised(what: sys.UnraisableHookArgs) -> None:
        if what.exc_type is KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, _SOON)
        else:
            unraisable(what)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, strike)
        sys.unraisablehook = unraised
    try:
        from gradtui.cli.entry import status_of

        return status_of(words)
    except Exception:
        if struck:
            raise KeyboardInterrupt from None
        raise
    finally:
        if sys.unraisablehook is unraised:
            sys.unraisablehook = unraisable
        if signal.getsignal(signal.SIGALRM) is strike:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, alarm or signal.SIG_DFL)
        if signal.getsignal(signal.SIGINT) is strike:
            signal.signal(signal.SIGINT, signal.default_int_handler)
