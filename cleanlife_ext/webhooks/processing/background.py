"""What runs while a block runs: in a thread of its own, or in tasks."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, Self

from anyio.from_thread import start_blocking_portal

__all__ = ["Background", "Crew"]


class Crew(Protocol):
    """What runs, on an event loop. It is started once, and stopped by the task that has started it."""

    async def start(self) -> None: ...
    async def stop(self, grace: float) -> None: ...


class Background:
    """Runs while its `with` block runs, in a thread of its own, or its `async with` block, in tasks; once.

    *make* gives what runs, where it is to run. Leaving the block, in whatever way, waits for what is being done,
    at most so many seconds of *grace*.
    """

    def __init__(self, make: Callable[[], Crew], grace: float) -> None:
        self._make, self._grace = make, grace
        self._crew: Crew | None = None
        self._stack = ExitStack()
        self._process = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            portal = stack.enter_context(start_blocking_portal("asyncio", name="cleanlife-webhooks"))
            stack.enter_context(portal.wrap_async_context_manager(self))
            self._stack = stack.pop_all()
        self._process = os.getpid()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process == os.getpid():  # To the child of a fork, the thread has not come along.
            self._stack.close()

    async def __aenter__(self) -> Self:
        if self._crew is not None:
            raise RuntimeError("this worker was started before; ask the receiver for another one")
        self._crew = self._make()
        await self._crew.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._crew is not None
        await self._crew.stop(self._grace)
