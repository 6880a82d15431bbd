"""For `CleanLife`: connections of our own, or a transport of the user's; bounded as a whole."""

from __future__ import annotations

import os
import threading
from typing import Any

import attrs
import httpx

from cleanlife_ext.engine.flow import closed
from cleanlife_ext.engine.lock import LOCK
from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.transport.httpcore import Pool
from cleanlife_ext.engine.transport.network import Allowance
from cleanlife_ext.engine.transport.wire import Body, Wire, lost

__all__ = ["LOST", "NOT_SENT", "HttpxTransport", "outgoing", "received"]


# What a transport of the user's raises before anything can have gone out. After anything else, something may have.
NOT_SENT = (
    *(httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ConnectError),
    *(httpx.UnsupportedProtocol, httpx.ProxyError, httpx.InvalidURL),
)


# What else a transport raises. Those of users raise more than they should, and all of it is about the network.
LOST = (httpx.RequestError, httpx.StreamError, httpx.InvalidURL, OSError)


class HttpxTransport:
    """Sends once, in the calling thread. At most 100 requests are under way; others wait for their turn."""

    def __init__(self, wire: Wire, given: httpx.BaseTransport | None = None) -> None:
        self._wire = wire
        self._given = None if given is None else _Given(wire, given)
        self._closed = False
        self._pool = self._fresh()

    def _fresh(self) -> _Pool:
        # httpcore closes live connections of its own when threads outnumber its pool; so they must not.
        turns = threading.BoundedSemaphore(self._wire.network.connections)
        return _Pool(os.getpid(), self._given or Pool(self._wire), turns)

    def send(self, request: Request) -> Response:
        ends, key = self._wire.ends(request), self._wire.credential.get()
        pool = self._enter()
        try:
            return self._take_turn(pool, request, key, ends)
        except Exception:
            raise
        except BaseException:
            # Ctrl-C may have struck in the middle of the pool's own work; it is not to be trusted now.
            self._retire(pool)
            raise
        finally:
            self._leave(pool)

    def _take_turn(self, pool: _Pool, request: Request, key: str, ends: float) -> Response:
        left = ends - self._wire.clock.now()
        if left <= 0 or not pool.turns.acquire(timeout=left):
            raise self._wire.too_late(request, sent=False)
        try:
            if self._closed:
                raise closed()  # While this waited. A pool that was closed would open again.
            return pool.transport.exchange(request, key, Allowance.of(ends - self._wire.clock.now()))
        finally:
            pool.turns.release()

    def _enter(self) -> _Pool:
        with LOCK:
            if self._pool.process != os.getpid():
                # After a fork the connections are the parent's, and answers would go to whoever reads first.
                self._pool = self._fresh()
            self._pool.users += 1
            return self._pool

    def _leave(self, pool: _Pool) -> None:
        with LOCK:
            pool.users -= 1
            was_last = pool.users == 0 and pool.transport is not self._pool.transport
        if self._closed or was_last:
            pool.transport.close()  # Who closed it before cannot have known of this connection.

    def _retire(self, pool: _Pool) -> None:
        """Use *pool* for nothing new. Who is in it finishes."""
        with LOCK:
            if self._pool is pool:
                self._pool = self._fresh()

    def close(self) -> None:
        self._closed = True
        self._pool.transport.close()


class _Given:
    """A transport of the user's."""

    def __init__(self, wire: Wire, transport: httpx.BaseTransport) -> None:
        self._wire = wire
        self._transport = transport

    def exchange(self, request: Request, key: str, allowance: Allowance) -> Response:
        """Send once."""
        try:
            return _exchange(self._transport, outgoing(self._wire, request, key, allowance))
        except httpx.TimeoutException as error:
            raise self._wire.too_late(request, sent=not isinstance(error, NOT_SENT)) from None
        except LOST as error:
            raise lost(self._wire, error, sent=not isinstance(error, NOT_SENT)) from None

    def close(self) -> None:
        self._transport.close()


@attrs.define(eq=False)
class _Pool:
    """Connections, the process they belong to, how many may be in use, and how many threads use or await one."""

    process: int
    transport: Pool | _Given
    turns: threading.BoundedSemaphore
    users: int = 0


def _exchange(transport: httpx.BaseTransport, request: httpx.Request) -> Response:
    response = transport.handle_request(request)
    try:
        headers = received(response)
        if response.is_stream_consumed:  # It has been read, and unpacked.
            return Response(response.status_code, headers, response.content)
        body = Body(response.status_code, headers)
        for part in response.stream:  # type: ignore[union-attr]  # A synchronous transport's stream is iterable.
            body.add(part)
    finally:
        response.close()
    return body.response()


def outgoing(wire: Wire, request: Request, key: str, allowance: Allowance, **extensions: Any) -> httpx.Request:
    """The request as httpx knows it, with what is left of the attempt as its timeouts."""
    return httpx.Request(
        request.operation.method,
        wire.url(request),
        headers=wire.headers(request, key),
        content=wire.body(request),
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), allowance), **extensions},
    )


def received(response: httpx.Response) -> Headers:
    """The header fields of *response*, decoded as HTTP says; httpx would try several ways on all of them first."""
    return Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
