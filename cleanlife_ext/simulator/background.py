"""An event loop in a thread of its own."""

import asyncio
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from attrs import frozen

from cleanlife_ext.simulator import locks


@frozen
class _Running:
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event
    thread: threading.Thread


class Background:
    """Starts when it is first needed, and ends when nobody holds it any more.

    The thread itself does not hold it; whoever runs in it should not hold it longer than there is something to do.
    """

    def __init__(self) -> None:
        self._starting = locks.lock()
        self._running: _Running | None = None

    @property
    def is_running(self) -> bool:
        """Whether there is a thread."""
        # After a fork there is none, whatever is remembered.
        return self._running is not None and self._running.thread.is_alive()

    def soon(self, callback: Callable[..., object], *args: object) -> None:
        """Call *callback* in the thread, and do not wait for it."""
        self._loop().call_soon_threadsafe(callback, *args)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do *work* in the thread, and wait until it is done."""
        given_up = Future[None]()  # Made before the work is handed over: an interrupt may come at any moment.
        try:
            asyncio.run_coroutine_threadsafe(_unless(given_up, work), self._loop()).result()
        except BaseException:
            given_up.set_result(None)
            raise

    def _loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            running = self._running
            if running is None or not running.thread.is_alive():
                running = self._running = _started()
                # Not when the program ends: a daemon needs no end then, and could not come to one properly.
                weakref.finalize(self, _end, running).atexit = False
        return running.loop


async def _unless(given_up: Future[None], work: Coroutine[Any, Any, None]) -> None:
    """Do *work*, and end it once nobody waits for it any more."""
    task = asyncio.get_running_loop().create_task(work)
    given_up.add_done_callback(lambda _: task.get_loop().call_soon_threadsafe(task.cancel))
    await task


def _started() -> _Running:
    ready = Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()
    # A daemon, so that a program is not kept alive by what its simulator might still have to do.
    thread = threading.Thread(target=_live, args=(ready,), name="cleanlife-simulator-agenda", daemon=True)
    thread.start()
    return _Running(*ready.result(), thread)


def _live(ready: "Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]") -> None:
    async def until_stopped() -> None:
        stop = asyncio.Event()
        ready.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()

    # What still runs when it ends is cancelled.
    asyncio.run(until_stopped())


def _end(running: _Running) -> None:
    # Nobody waits for it here: the garbage collector may call this at any point of any thread.
    with suppress(RuntimeError):  # It has ended by itself.
        running.loop.call_soon_threadsafe(running.stop.set)
