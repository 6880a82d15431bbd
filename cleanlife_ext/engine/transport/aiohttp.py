"""aiohttp for `AsyncCleanLife` on asyncio: one session for each event loop, closed by the loop itself.

Left alone, aiohttp sends some requests again when a kept connection breaks, and follows redirects. Both are off here.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Hashable
from types import SimpleNamespace
from typing import Any

import aiohttp
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
        progress = SimpleNamespace(sent=False)
        if session.closed:
            raise closed()
        try:
            async with asyncio.timeout(max(0.0, ends - self._wire.clock.now())):
                return await self._exchange(session, request, key, progress)
        except TimeoutError:
            raise self._wire.too_late(request, sent=progress.sent) from None
        except (aiohttp.ClientError, _BrokenError, OSError) as error:
            raise lost(self._wire, error.__cause__ or error, sent=progress.sent) from None
        except asyncio.CancelledError:
            if session.closed and not _is_cancelled():
                raise closed() from None  # aiohttp cancels those who wait for a connection when it is closed.
            raise

    async def _exchange(
        self, session: aiohttp.ClientSession, request: Request, key: str, progress: SimpleNamespace
    ) -> Response:
        proxy = self._wire.network.proxy
        async with session.request(
            request.operation.method,
            URL(self._wire.url(request), encoded=True),
            data=_payload(self._wire.body(request)),
            headers=self._wire.headers(request, key),
            allow_redirects=False,
            proxy=None if proxy is None else proxy.address,
            proxy_headers=None if proxy is None else proxy.headers,
            trace_request_ctx=progress,
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
            trace_configs=[_tracing()],
        ) as session:
            try:
                yield session
            finally:
                self._sessions.pop(loop, None)

    async def aclose(self) -> None:
        if (mine := self._sessions.pop(here(), None)) is not None:
            await mine[1].aclose()


class _Connector(aiohttp.TCPConnector):
    """Connections on which nothing has come in unasked: aiohttp would take it for the answer to what it sends next."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # This is how aiohttp asks.
    ) -> aiohttp.connector.Connection:
        connection = await super().connect(req, traces, timeout)
        while (protocol := connection.protocol) is not None and protocol.should_close:
            connection.close()
            connection = await super().connect(req, traces, timeout)
        return connection


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


def _tracing() -> aiohttp.TraceConfig:
    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(_note_sent)
    return tracing


async def _note_sent(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: Any) -> None:
    # Before this, nothing went out; from here on it may have.
    context.trace_request_ctx.sent = True
