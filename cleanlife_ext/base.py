"""What the clients of all providers have in common: views with other options, traces, and how they begin and end."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, ClassVar, NoReturn, Self

import attrs

from cleanlife_ext.engine.flow import AsyncTransport, here
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.engine.message import Request, Response
from cleanlife_ext.engine.trace import Calls
from cleanlife_ext.engine.transport.async_httpx import AsyncHttpxTransport
from cleanlife_ext.engine.transport.wire import Wire
from cleanlife_ext.options import OnRateLimit, choose

__all__ = ["AsyncClient", "AsyncioOrTrio", "SyncClient"]


class _Client(ABC):
    """What all clients have in common: options, and the views that change them. *twin* is the other world's."""

    twin: ClassVar[str]

    _session: Any
    _address = ""
    _owner = True

    @abstractmethod
    def _begin(self, session: Any, address: str) -> None:
        """Put the parts together around *session*."""

    def with_options(
        self,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        max_attempts: int | None = None,
        on_rate_limit: OnRateLimit | None = None,
    ) -> Self:
        """The same client with other options, on the same connections, with the same cache. Closing it closes nothing.

        ```python
        patient = client.with_options(timeout=60, deadline=600)
        ```
        """
        options = choose(
            self._session.options,
            timeout=timeout,
            deadline=deadline,
            max_attempts=max_attempts,
            on_rate_limit=on_rate_limit,
        )
        view = object.__new__(type(self))
        view._owner = False
        view._begin(attrs.evolve(self._session, options=options), self._address)
        return view

    def trace(self) -> AbstractContextManager[Calls]:
        """Record the calls that are made within the block, by this client and all its views.

        ```python
        with client.trace() as calls:
            client.services.list().first()
        print(calls.explain())
        ```

        It is a plain `with` for both clients. Tasks that are started within the block are recorded too, and so are
        threads that run in a copy of its context (`asyncio.to_thread`); plain threads are not.
        """
        return self._session.core.tracer.trace()  # type: ignore[no-any-return]

    @discreet
    def transaction(self, id: str) -> AbstractContextManager[None]:
        """Let the calls that are made within the block, by this client and all its views, bear an id of yours.

        ```python
        with client.transaction("order-7"):
            client.services.list().first()
        ```

        It stands in the records of the calls, in errors and in the log, beside the vendor's request ids, and is sent
        to nobody. It has at most 128 letters, digits and signs of `_ . : / # -`, and should be nothing personal. Of
        blocks within each other the inner one counts.

        It is a plain `with` for both clients. Tasks that are started within the block keep the id to their end, and so
        do threads that run in a copy of its context (`asyncio.to_thread`); plain threads have none.

        Raises `ValueError` for an id of another form, without quoting it.
        """
        return self._session.core.tracer.transaction(id)  # type: ignore[no-any-return]

    def _reopen(self) -> Self:
        self._session.core.check_open()
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._address!r})"


class SyncClient(_Client):
    """A synchronous client: how it begins and ends."""

    def close(self) -> None:
        """Close the connections. What is called afterwards raises `ConfigurationError`."""
        if self._owner:
            self._session.close()

    def __enter__(self) -> Self:
        return self._reopen()

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> NoReturn:
        mine = type(self).__name__
        raise TypeError(f"{mine} is synchronous: write `with {mine}(...)`, or `async with {self.twin}(...)`")

    async def __aexit__(self, *_: object) -> None:
        """Here so that `async with` reaches the message above."""


class AsyncClient(_Client):
    """An asynchronous client: how it begins and ends."""

    async def aclose(self) -> None:
        """Close the connections. What is called afterwards raises `ConfigurationError`."""
        if self._owner:
            await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self._reopen()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __enter__(self) -> NoReturn:
        mine = type(self).__name__
        raise TypeError(f"{mine} is asynchronous: write `async with {mine}(...)`, or `with {self.twin}(...)`")

    def __exit__(self, *_: object) -> None:
        """Here so that `with` reaches the message above."""


class AsyncioOrTrio:
    """aiohttp where asyncio runs, httpx elsewhere. Neither is imported before it is needed."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._asyncio: AsyncTransport | None = None
        self._other: AsyncTransport | None = None

    async def send(self, request: Request) -> Response:
        return await self._here().send(request)

    def _here(self) -> AsyncTransport:
        if isinstance(here(), asyncio.AbstractEventLoop):
            self._asyncio = self._asyncio or _aiohttp(self._wire)
            return self._asyncio
        self._other = self._other or AsyncHttpxTransport(self._wire)
        return self._other

    async def aclose(self) -> None:
        for transport in (self._asyncio, self._other):
            if transport is not None:
                await transport.aclose()


def _aiohttp(wire: Wire) -> AsyncTransport:
    # Importing it takes 0.2 s, which a synchronous program need not pay.
    from cleanlife_ext.engine.transport.aiohttp import AiohttpTransport  # noqa: PLC0415

    return AiohttpTransport(wire)
