"""httpx for asynchronous clients on trio, and over a transport of the user's on any event loop.

A send that is cancelled in the middle costs httpx's pool a connection for good. So nobody cancels one: it runs in a
task of its own, shielded, and whoever is cancelled waits for its end. On connections of ours that comes at once,
because they are cut; a transport of the user's ends it when the attempt's time is up, if not before.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable
from concurrent.futures import Future
from typing import Any

import anyio
import attrs
import httpx

from cleanlife_ext.engine.flow import closed, here
from cleanlife_ext.engine.message import Request, Response
from cleanlife_ext.engine.transport.network import Allowance, AsyncBackend
from cleanlife_ext.engine.transport.sync_httpx import LOST, NOT_SENT, outgoing, pooling, received
from cleanlife_ext.engine.transport.wire import Body, Network, Wire, lost

__all__ = ["AsyncHttpxTransport"]

GRACE = 0.05  # seconds


class AsyncHttpxTransport:
    """Sends once, in the running task, over *given* or over a pool of its own for each event loop."""

    def __init__(self, wire: Wire, given: httpx.AsyncBaseTransport | None = None) -> None:
        self._wire = wire
        self._given = given
        self._closed = False
        self._pools: dict[Hashable, tuple[_Pool, AsyncGenerator[_Pool]]] = {}

    async def send(self, request: Request) -> Response:
        ends = self._wire.ends(request)
        if self._given is not None:
            return await self._over(self._given, request, ends)
        pool = await self._pool()
        key = await self._wire.akey(request, ends)
        with anyio.move_on_after(ends - self._wire.clock.now()) as waiting:
            await pool.turns.acquire()
        if waiting.cancelled_caught:
            raise self._wire.too_late(request, sent=False)
        allowance = Allowance.of(ends - self._wire.clock.now())
        try:
            self._check_open()
            sending = outgoing(self._wire, request, key, allowance)
            return await _to_the_end(lambda: _exchange(pool.transport, sending), allowance.cut_off)
        except httpx.TimeoutException:
            raise self._wire.too_late(request, sent=allowance.sent) from None
        except LOST as error:
            raise lost(self._wire, error, sent=allowance.sent) from None
        finally:
            pool.turns.release()

    async def _over(self, given: httpx.AsyncBaseTransport, request: Request, ends: float) -> Response:
        key = await self._wire.akey(request, ends)
        self._check_open()
        progress = _Progress()
        allowance = Allowance.of(ends - self._wire.clock.now())
        sending = outgoing(self._wire, request, key, allowance, trace=progress.note)

        async def exchange() -> Response:
            # httpcore's own timeouts come first, because they close what they end; this is for answers that drip.
            with anyio.fail_after(allowance + GRACE):
                return await _exchange(given, sending)

        try:
            return await _to_the_end(exchange, _wait)
        except TimeoutError:
            raise self._wire.too_late(request, sent=progress.sent) from None
        except httpx.TimeoutException as error:
            raise self._wire.too_late(request, sent=not isinstance(error, NOT_SENT)) from None
        except LOST as error:
            raise lost(self._wire, error, sent=not isinstance(error, NOT_SENT)) from None

    def _check_open(self) -> None:
        if self._closed:
            raise closed()  # While this waited. A pool that was closed would open again.

    async def _pool(self) -> _Pool:
        place = here()
        if (known := self._pools.get(place)) is None:
            holder = self._hold(place)
            known = self._pools[place] = await anext(holder), holder  # Does not suspend: two tasks cannot make two.
        return known[0]

    async def _hold(self, place: Hashable) -> AsyncGenerator[_Pool]:
        # A loop that ends closes its asynchronous generators first, and so this pool while it still can.
        pool = _pooled(self._wire.network)
        try:
            yield pool
        finally:
            self._pools.pop(place, None)
            await pool.transport.aclose()

    async def aclose(self) -> None:
        self._closed = True
        if self._given is not None:
            await self._given.aclose()
        if (mine := self._pools.pop(here(), None)) is not None:
            await mine[1].aclose()


@attrs.frozen(eq=False)
class _Pool:
    """Connections, and how many may be in use: nobody is to wait in httpcore's own queue, where they are shielded."""

    transport: httpx.AsyncBaseTransport
    turns: anyio.Semaphore


def _pooled(network: Network) -> _Pool:
    transport = httpx.AsyncHTTPTransport(**pooling(network))
    pool = transport._pool  # noqa: SLF001  # httpx has no parameter for it; httpcore has, and documents it.
    pool._network_backend = AsyncBackend(pool._network_backend)  # noqa: SLF001
    return _Pool(transport, anyio.Semaphore(network.connections))


async def _to_the_end(exchange: Callable[[], Awaitable[Response]], hasten: Callable[[], None]) -> Response:
    """Let *exchange* come to its end, whoever cancels this task; *hasten* is called if somebody does."""
    outcome: Future[Response] = Future()
    ended = anyio.Event()

    async def run() -> None:
        with anyio.CancelScope(shield=True):
            try:
                outcome.set_result(await exchange())
            except Exception as error:  # noqa: BLE001  # It is raised below, where it belongs.
                outcome.set_exception(error)
        ended.set()

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        try:
            await ended.wait()
        except anyio.get_cancelled_exc_class():
            hasten()
            raise
    return outcome.result(0)


def _wait() -> None:
    """There is no way to hasten what a transport of the user's does."""


async def _exchange(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> Response:
    request.stream = _Content(request.content)
    response = await transport.handle_async_request(request)
    try:
        headers = received(response)
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
