"""httpx for `AsyncCleanLife` on trio, and over a transport of the user's on any event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Hashable
from typing import Any

import anyio
import attrs
import httpx

from cleanlife_ext.engine.flow import here
from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.transport.sync_httpx import outgoing
from cleanlife_ext.engine.transport.wire import POOL_SIZE, Wire, lost

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
        progress = _Progress(sent=not isinstance(transport, httpx.AsyncHTTPTransport))
        try:
            # Shielded: a send that is cancelled halfway costs httpx's pool a connection for good. httpcore's own
            # timeouts come first, because they close what they end; this one is for answers that drip.
            with anyio.fail_after(max(0.0, ends - self._wire.clock.now()) + GRACE, shield=True):
                return await self._exchange(transport, outgoing(self._wire, request, key, ends, trace=progress))
        except (httpx.ConnectTimeout, httpx.PoolTimeout):
            raise self._wire.too_late(request, sent=False) from None
        except (TimeoutError, httpx.TimeoutException):
            raise self._wire.too_late(request, sent=progress.sent) from None
        except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.ProxyError) as error:
            raise lost(error, sent=False) from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise lost(error, sent=True) from None

    async def _exchange(self, transport: httpx.AsyncBaseTransport, request: httpx.Request) -> Response:
        request.stream = _Body(request.content)
        response = await transport.handle_async_request(request)
        try:
            # Whole, and decoded afterwards: what breaks in the middle of decoding leaves generators behind.
            raw = b"".join([part async for part in response.stream])  # type: ignore[union-attr]
        finally:
            await response.aclose()
        content = httpx.Response(response.status_code, headers=response.headers, content=raw).content
        return Response(response.status_code, Headers(response.headers.items()), content)

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


class _Body(httpx.AsyncByteStream):
    """The bytes of a request. httpx's own are a generator, which trio finds lying about when a send is cut short."""

    def __init__(self, content: bytes) -> None:
        self._parts = [content]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._parts:
            raise StopAsyncIteration
        return self._parts.pop()


@attrs.define(eq=False)
class _Progress:
    """Watches httpcore at work. A transport that is not made of it says nothing, and counts as having sent."""

    sent: bool

    async def __call__(self, event: str, _info: dict[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self.sent = True
