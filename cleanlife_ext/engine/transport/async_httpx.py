"""httpx for `AsyncCleanLife` on trio, and over a transport of the user's on any event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Hashable
from typing import Any

import anyio
import httpx

from cleanlife_ext.engine.flow import here
from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.transport.sync_httpx import NOT_SENT, outgoing
from cleanlife_ext.engine.transport.wire import POOL_SIZE, Body, Wire, lost

__all__ = ["AsyncHttpxTransport"]

GRACE = 0.05  # seconds


class AsyncHttpxTransport:
    """Sends once, in the running task, over *given* or over a pool of its own for each event loop."""

    def __init__(self, wire: Wire, given: httpx.AsyncBaseTransport | None = None) -> None:
        self._wire = wire
        self._given = given
        self._pools: dict[Hashable, tuple[httpx.AsyncBaseTransport, AsyncGenerator[httpx.AsyncBaseTransport]]] = {}

    async def send(self, request: Request) -> Response:
        transport = self._given or await self._pool()
        ends = self._wire.ends(request)
        key = await self._wire.akey(request, ends)
        progress = _Progress()
        outgoing_request = outgoing(self._wire, request, key, ends, trace=progress.note)
        try:
            # Shielded: a send that is cancelled halfway costs httpx's pool a connection for good. httpcore's own
            # timeouts come first, because they close what they end; this one is for answers that drip.
            with anyio.fail_after(max(0.0, ends - self._wire.clock.now()) + GRACE, shield=True):
                return await _exchange(transport, outgoing_request)
        except TimeoutError:
            raise self._wire.too_late(request, sent=progress.sent) from None
        except httpx.TimeoutException as error:
            raise self._wire.too_late(request, sent=not isinstance(error, NOT_SENT)) from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise lost(self._wire, error, sent=not isinstance(error, NOT_SENT)) from None

    async def _pool(self) -> httpx.AsyncBaseTransport:
        place = here()
        if (known := self._pools.get(place)) is None:
            holder = self._hold(place)
            known = self._pools[place] = await anext(holder), holder  # Does not suspend: two tasks cannot make two.
        return known[0]

    async def _hold(self, place: Hashable) -> AsyncGenerator[httpx.AsyncBaseTransport]:
        # A loop that ends closes its asynchronous generators first, and so this pool while it still can.
        transport = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=POOL_SIZE, max_keepalive_connections=POOL_SIZE)
        )
        try:
            yield transport
        finally:
            self._pools.pop(place, None)
            await transport.aclose()

    async def aclose(self) -> None:
        if self._given is not None:
            await self._given.aclose()
        if (mine := self._pools.pop(here(), None)) is not None:
            await mine[1].aclose()


async def _exchange(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> Response:
    request.stream = _Content(request.content)
    response = await transport.handle_async_request(request)
    try:
        headers = Headers(response.headers.items())
        if response.is_stream_consumed:  # A transport of the user's has read it, and unpacked it.
            return Response(response.status_code, headers, response.content)
        body = Body(response.status_code, headers)
        async for part in response.stream:  # type: ignore[union-attr]  # An asynchronous transport's stream is.
            body.add(part)
    finally:
        await response.aclose()
    return body.response()


class _Content(httpx.AsyncByteStream):
    """The bytes of a request. httpx's own are a generator, which trio finds lying about when a send is cut short."""

    def __init__(self, content: bytes) -> None:
        self._parts = [content]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._parts:
            raise StopAsyncIteration
        return self._parts.pop()


class _Progress:
    """How far a request got, as httpcore tells it. A transport that tells nothing counts as having sent."""

    def __init__(self) -> None:
        self.sent = True
        self._went_out = False

    async def note(self, event: str, _info: dict[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self.sent = self._went_out = True
        elif event.endswith("connect_tcp.started"):
            self.sent = self._went_out  # What went out before, over another connection, cannot be called back.
