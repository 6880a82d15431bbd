"""httpx for `AsyncCleanLife` on trio, and over a transport of the user's on any event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Hashable

import anyio
import httpx

from cleanlife_ext.engine.flow import here
from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.transport.sync_httpx import outgoing
from cleanlife_ext.engine.transport.wire import POOL_SIZE, Wire, lost

__all__ = ["AsyncHttpxTransport"]


class AsyncHttpxTransport:
    """Sends once, in the running task, over *given* or over a pool of its own for each event loop."""

    def __init__(self, wire: Wire, given: httpx.AsyncBaseTransport | None = None) -> None:
        self._wire = wire
        self._given = given
        self._pools: dict[Hashable, tuple[httpx.AsyncBaseTransport, AsyncGenerator[httpx.AsyncBaseTransport]]] = {}

    async def send(self, request: Request) -> Response:
        transport = self._given or await self._pool()
        ends = self._wire.ends(request)
        try:
            # Shielded: a send that is cancelled halfway costs httpx's pool a connection for good.
            with anyio.fail_after(max(0.0, ends - self._wire.clock.now()), shield=True):
                return await self._exchange(transport, request, ends)
        except (httpx.ConnectTimeout, httpx.PoolTimeout):
            raise self._wire.too_late(request, sent=False) from None
        except (TimeoutError, httpx.TimeoutException):
            raise self._wire.too_late(request, sent=True) from None
        except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.ProxyError) as error:
            raise lost(error, sent=False) from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise lost(error, sent=True) from None

    async def _exchange(self, transport: httpx.AsyncBaseTransport, request: Request, ends: float) -> Response:
        key = await self._wire.credential.aget()
        response = await transport.handle_async_request(outgoing(self._wire, request, key, ends))
        try:
            content = await response.aread()
        finally:
            await response.aclose()
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
