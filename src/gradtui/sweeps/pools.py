"""Where cells are computed: processes of this machine, or workers of a Dask scheduler.

Both are a `concurrent.futures.Executor`. A worker's linear algebra has one thread: cells are what
is shared out, and sums are then taken in the same order whatever the number of workers.
"""

from __future__ import annotations

import atexit
import logging
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, redirect_stderr, suppress
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import Any

from gradtui import __version__
from gradtui.errors import CommandError, InputError, printable
from gradtui.settings import THREADS_OF

MOST_WORKERS = 1024
_ANSWER = "10s"
"""So long a scheduler has to answer."""
_PARTING = 0.3
"""Seconds that is waited for a scheduler when a sweep is ended before its end."""

_WARNINGS = "PYTHONWARNINGS"


class Pool:
    """Workers that compute: `with` starts them, and leaves none behind.

    Attributes:
        workers: how many there are.
        chunk_cost: the seconds that this side, or a scheduler, needs for a chunk, rounded up.
    """

    workers: int
    chunk_cost: float = 3e-4

    def __enter__(self) -> Pool:
        """Start."""
        self._before = {process.pid for process in multiprocessing.active_children()}
        try:
            self._start()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End every process that was started, whatever it does."""
        try:
            self._end()
        finally:
            self._kill()

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """The future of some work."""
        with _deaf():
            return self._executor.submit(work, *arguments)

    def died(self, error: BaseException) -> bool:
        """Whether this is said of work whose worker died."""
        return isinstance(error, BrokenExecutor | CancelledError)

    def renew(self) -> None:
        """Workers anew, after some died."""

    _executor: Executor

    def _start(self) -> None:
        """Make the executor, where it is not there from the start."""

    def _end(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _kill(self) -> None:
        for process in self._own():
            process.kill()
        for process in self._own():
            process.join(1.0)

    def _own(self) -> list[BaseProcess]:
        children = multiprocessing.active_children()
        return [child for child in children if child.pid not in self._before]


class Processes(Pool):
    """So many processes of this machine, each a fresh Python."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        _track()
        with _deaf():
            self._executor = ProcessPoolExecutor(self.workers, context, initializer=prepare)

    def renew(self) -> None:
        """Another pool; the first is broken."""
        self._end()
        self._kill()
        self._start()


def prepare() -> None:
    """What a worker does first, before numpy is imported.

    It ends with its parent, however that ends: of a process that is killed nobody tells the others.
    """
    for name in THREADS_OF:
        os.environ[name] = "1"
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, name="gradtui-parent", daemon=True).start()


def _track() -> None:
    """Start what multiprocessing has beside its processes.

    Before them: when it is begun with the first of them it lets ctrl+c through to that one again.
    It is given standard error by its number, of which what the app puts in its place has none.
    It would warn there of what a sweep that is ended leaves it to clear up, which it does.
    """
    before = os.environ.get(_WARNINGS)
    os.environ[_WARNINGS] = "ignore"
    try:
        with _deaf(), redirect_stderr(sys.__stderr__):
            resource_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ[_WARNINGS]
        else:
            os.environ[_WARNINGS] = before


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started in here hear no ctrl+c and no hang-up, which a terminal sends to all.

    Both are this process's to hear, and it ends the others.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ------------------------------------------------------------------------- Dask

LOCAL = "local:"
_INSTALL = "install it with: pip install 'gradtui[dask]'"


class Dask(Pool):
    """The workers of a Dask scheduler, or so many that are started here for `local:N`."""

    chunk_cost = 8e-3

    def __init__(self, address: str) -> None:
        """Not yet connected.

        Raises:
            InputError: Dask is not installed; that is no address.
        """
        try:
            import distributed
        except ImportError:
            allowed = "possible without Dask"
            raise InputError("dask", address, allowed, _INSTALL) from None
        self._distributed = distributed
        self._address = address.strip()
        self._local = 0
        self._cluster: Any = None
        self._client: Any = None
        form = "an address such as tcp://host:8786, or local:N for N workers here"
        if self._address.startswith(LOCAL):
            count = self._address.removeprefix(LOCAL)
            if not (count.isascii() and count.isdigit() and 1 <= int(count[:9]) <= MOST_WORKERS):
                raise InputError("dask", address, form, "try local:2")
            self._local = int(count)
        elif ":" not in self._address:
            raise InputError("dask", address, form, "give the scheduler's address with its port")

    def _start(self) -> None:
        _silence()
        _track()
        connected: Future[None] = Future()

        def connect() -> None:
            try:
                with _deaf():
                    self._connect()
                connected.set_result(None)
            except BaseException as error:
                connected.set_exception(error)

        # On a thread, as it takes seconds in which this one hears ctrl+c.
        threading.Thread(target=connect, name="gradtui-dask", daemon=True).start()
        connected.result()
        self._executor = self._client.get_executor(pure=False)

    def _connect(self) -> None:
        """Start what is to be started here, and find the workers.

        Raises:
            InputError: no scheduler answers there.
            CommandError: workers are missing, or are of another version.
        """
        address = self._address
        if self._local:
            # At exit it would wait 10 s for workers that were ended here.
            atexit.unregister(self._distributed.deploy.spec.close_clusters)
            address = self._cluster = self._distributed.LocalCluster(
                n_workers=self._local,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
        try:
            self._client = self._distributed.Client(address, timeout=_ANSWER, set_as_default=False)
        except (OSError, TimeoutError, ValueError, ImportError) as error:
            why = printable(str(error) or type(error).__name__)
            raise InputError(
                "dask", self._address, f"a scheduler that answers ({why[:120]})",
                "start one with `dask scheduler`, and give the address that it prints",
            ) from None  # fmt: skip
        self._check_workers()

    def _check_workers(self) -> None:
        """Raise a `CommandError` where workers are missing, or are of another version."""
        if self._local:
            self._client.wait_for_workers(self._local, timeout=30)
        names = list(self._client.scheduler_info(n_workers=-1)["workers"])
        self.workers = len(names)
        if not names:
            raise CommandError(
                f"dask: the scheduler at {printable(self._address)} has no workers; start some "
                f"with `dask worker {printable(self._address)}`"
            )
        try:
            versions = self._client.run(version)
        except Exception as error:
            raise CommandError(
                "dask: a worker cannot run gradtui "
                f"({printable(str(error))[:120]}); install gradtui {__version__} there"
            ) from None
        others = {name: found for name, found in versions.items() if found != __version__}
        if others:
            name, found = next(iter(others.items()))
            raise CommandError(
                f"dask: worker {printable(name)} has gradtui {printable(str(found))} and this is "
                f"{__version__}; rows would differ; install the same version on every worker"
            )

    def died(self, error: BaseException) -> bool:
        """Whether this is said of work whose workers died, one after another."""
        known = self._distributed.scheduler.KilledWorker, self._distributed.CancelledError
        return isinstance(error, known) or super().died(error)

    def _end(self) -> None:
        with suppress(Exception):
            self._executor.shutdown(wait=False)
        if self._client is not None:
            with suppress(Exception):
                self._client.close(timeout=_PARTING)
        if self._cluster is not None:
            self._kill()
            with suppress(Exception):
                self._cluster.close(timeout=_PARTING)


def version() -> str:
    """That of gradtui where this is run; linear algebra has one thread there from here on."""
    return __version__


def _silence() -> None:
    """What Dask logs and warns of is for whoever runs it, and stands in the way of a page."""
    for name in ("distributed", "tornado", "asyncio"):
        log = logging.getLogger(name)
        log.setLevel(logging.CRITICAL + 1)
        log.propagate = False
    warnings.filterwarnings("ignore", module=r"(distributed|tornado|dask)(\.|$)")
