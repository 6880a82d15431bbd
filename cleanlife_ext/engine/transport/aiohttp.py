"""aiohttp for asynchronous clients on asyncio: one session for each event loop, closed by the loop itself.

Left alone, aiohttp sends some requests again when a kept connection breaks, and follows redirects. Both are off here.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Hashable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp.connector import Connection
from yarl import URL

from cleanlife_ext.engine.flow import closed, here
from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.transport.wire import Body, Wire, lost

__all__ = ["AiohttpTransport"]

LARGE = 1 << 20  # bytes


class AiohttpTransport:
    """Sends once, in the running task. At most 100 requests are under way; others wait for their turn."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._sessions: dict[Hashable, tuple[aiohttp.ClientSession, AsyncGenerator[aiohttp.ClientSession]]] = {}

    async def send(self, request: Request) -> Response:
        session = await self._session()
        ends = self._wire.ends(request)
        key = await self._wire.akey(request, ends)
        progress = SimpleNamespace(sent=True)  # Until the connector knows better.
        _PROGRESS.set(progress)
        if session.closed:
            raise closed()
        try:
            async with asyncio.timeout(max(0.0, ends - self._wire.clock.now())):
                return await self._exchange(session, request, key)
        except TimeoutError:
            raise self._wire.too_late(request, sent=progress.sent) from None
        except (aiohttp.ClientError, _BrokenError, OSError) as error:
            raise lost(self._wire, error.__cause__ or error, sent=progress.sent) from None
        except asyncio.CancelledError:
            if session.closed and not _is_cancelled():
                raise closed() from None  # aiohttp cancels those who wait for a connection when it is closed.
            raise

    async def _exchange(self, session: aiohttp.ClientSession, request: Request, key: str) -> Response:
        proxy = self._wire.network.proxy
        async with session.request(
            request.operation.method,
            URL(self._wire.url(request), encoded=True),
            data=_payload(self._wire.body(request)),
            headers=self._wire.headers(request, key),
            allow_redirects=False,
            proxy=None if proxy is None else proxy.address,
            proxy_headers=None if proxy is None else proxy.headers,
        ) as response:
            body = Body(response.status, Headers(response.headers.items()))
            async for part in response.content.iter_any():
                body.add(part)
            return body.response()

    async def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if (known := self._sessions.get(loop)) is None:
            self._forget_closed_loops()
            holder = self._hold()
            known = self._sessions[loop] = await anext(holder), holder  # Does not suspend: two tasks cannot make two.
        return known[0]

    def _forget_closed_loops(self) -> None:
        for place in list(self._sessions):  # A copy, because loops in other threads may begin and end meanwhile.
            if _is_over(place):
                self._sessions.pop(place, None)

    async def _hold(self) -> AsyncGenerator[aiohttp.ClientSession]:
        # A loop that ends closes its asynchronous generators first, and so this session while it still can.
        loop, network = asyncio.get_running_loop(), self._wire.network
        async with aiohttp.ClientSession(
            auto_decompress=False,
            connector=_Connector(limit=network.connections, ssl=network.tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_once,),
            timeout=aiohttp.ClientTimeout(total=None),
        ) as session:
            try:
                yield session
            finally:
                self._sessions.pop(loop, None)

    async def aclose(self) -> None:
        if (mine := self._sessions.pop(here(), None)) is not None:
            await mine[1].aclose()


def _is_over(place: Hashable) -> bool:
    return isinstance(place, asyncio.AbstractEventLoop) and place.is_closed()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    # aiohttp warns of larger ones: written at once, they would hold up the event loop.
    return io.BytesIO(body) if body is not None and len(body) > LARGE else body


class _BrokenError(Exception):
    """A connection broke under a request, as an error that aiohttp does not know and so does not repair."""


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenError from error


class _Connector(aiohttp.TCPConnector):
    """Notes how far the request of the running task got. aiohttp's own tracing would cost a tenth of it.

    What has come in unasked over a connection at rest would be taken for the answer to what is sent next: it is closed.
    """

    async def connect(self, *request: Any, **how: Any) -> Connection:
        # While it waits for a connection, nothing has gone out; with one, it may at once.
        progress = _PROGRESS.get()
        progress.sent = False
        connection = await super().connect(*request, **how)
        while (protocol := connection.protocol) is not None and protocol.should_close:
            connection.close()
            connection = await super().connect(*request, **how)
        progress.sent = True
        return connection


_PROGRESS: ContextVar[SimpleNamespace] = ContextVar("cleanlife_ext_progress")
