"""What wakes the app when a signal asks it to end."""

import asyncio
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from gradtui.app.ending import OrderlyEnd
from gradtui.app.last_words import SIGNALS


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_that_another_thread_gets_wakes_an_idle_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python notes it in that thread; its handler runs in the main one, which is asleep."""
    monkeypatch.setattr("gradtui.app.ending._LAST_RESORT", 60.0)  # it would end the tests
    ended: list[tuple[int, bool]] = []
    over, heard, late = asyncio.Event(), threading.Event(), threading.Event()

    def leave(status: int) -> None:
        ended.append((status, late.is_set()))
        heard.set()
        over.set()

    end = OrderlyEnd(lambda: None, leave)

    async def idle() -> None:
        end.heed()
        loop = asyncio.get_running_loop()

        def other() -> None:
            time.sleep(0.2)  # until the loop is asleep
            signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
            if not heard.wait(3.0):
                late.set()
                loop.call_soon_threadsafe(over.set)

        thread = threading.Thread(target=other)
        thread.start()
        await over.wait()
        assert ended == [(128 + signal.SIGUSR1, False)]
        await asyncio.to_thread(thread.join)

    asyncio.run(idle())
    end.over()
