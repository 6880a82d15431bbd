"""httpx's transport for synchronous clients, without `httpx.Client` around it, and bounded as a whole."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import attrs
import httpx

from cleanlife_ext.engine.flow import closed
from cleanlife_ext.engine.lock import LOCK
from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.transport.network import Allowance, Backend
from cleanlife_ext.engine.transport.wire import Body, Network, Wire, lost

__all__ = ["LOST", "NOT_SENT", "HttpxTransport", "outgoing", "pooling", "received"]


# What a transport of the user's raises before anything can have gone out. After anything else, something may have.
NOT_SENT = (
    *(httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ConnectError),
    *(httpx.UnsupportedProtocol, httpx.ProxyError, httpx.InvalidURL),
)


# What else a transport raises. Those of users raise more than they should, and all of it is about the network.
LOST = (httpx.RequestError, httpx.StreamError, httpx.InvalidURL, OSError)


class _Nothing(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        return iter(())


NOTHING = _Nothing()


class HttpxTransport:
    """Sends once, in the calling thread. At most 100 requests are under way; others wait for their turn."""

    def __init__(self, wire: Wire, given: httpx.BaseTransport | None = None) -> None:
        self._wire = wire
        self._given = given
        self._closed = False
        self._pool = self._fresh()

    def _fresh(self) -> _Pool:
        # httpcore closes live connections of its own when threads outnumber its pool; so they must not.
        network = self._wire.network
        return _Pool(os.getpid(), self._given or _pooled(network), threading.BoundedSemaphore(network.connections))

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
        allowance = Allowance.of(ends - self._wire.clock.now())
        try:
            if self._closed:
                raise closed()  # While this waited. A pool that was closed would open again.
            sending = outgoing(self._wire, request, key, allowance)
            if self._given is None and not sending.content:
                sending.stream = NOTHING  # httpx's own goes through all of httpcore and h11 as a part of no bytes.
            return _exchange(pool.transport, sending)
        except httpx.TimeoutException as error:
            raise self._wire.too_late(request, sent=self._sent(allowance, error)) from None
        except LOST as error:
            raise lost(self._wire, error, sent=self._sent(allowance, error)) from None
        finally:
            pool.turns.release()

    def _sent(self, allowance: Allowance, error: Exception) -> bool:
        return allowance.sent if self._given is None else not isinstance(error, NOT_SENT)

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


@attrs.define(eq=False)
class _Pool:
    """Connections, the process they belong to, how many may be in use, and how many threads use or await one."""

    process: int
    transport: httpx.BaseTransport
    turns: threading.BoundedSemaphore
    users: int = 0


def _pooled(network: Network) -> httpx.HTTPTransport:
    transport = httpx.HTTPTransport(**pooling(network))
    # httpx has no parameter for it; httpcore has, and documents it.
    transport._pool._network_backend = Backend()  # noqa: SLF001
    return transport


def pooling(network: Network) -> dict[str, Any]:
    """What both of httpx's pools are made with."""
    proxy, most = network.proxy, network.connections
    return {
        "verify": network.tls,
        "proxy": None if proxy is None else httpx.Proxy(proxy.address, auth=proxy.login),
        "limits": httpx.Limits(max_connections=most, max_keepalive_connections=most),
    }


def _exchange(transport: httpx.BaseTransport, request: httpx.Request) -> Response:
    response = transport.handle_request(request)
    try:
        headers = received(response)
        if response.is_stream_consumed:  # A transport of the user's has read it, and unpacked it.
            return Response(response.status_code, headers, response.content)
        body = Body(response.status_code, headers)
        for part in response.stream:  # type: ignore[union-attr]  # A synchronous transport's stream is iterable.
            body.add(part)
    finally:
        response.close()
    return body.response()


def outgoing(wire: Wire, request: Request, key: str, allowance: Allowance, **extensions: Any) -> httpx.Request:
    """The request as httpx knows it, with what is left of the attempt as its timeouts."""
    method, body = request.operation.method, wire.body(request)
    # What httpx adds by itself, after it has looked at everything again.
    headers = [("host", _parsed(wire.base_url).netloc.decode()), *wire.headers(request, key).items()]
    if body is not None or method in {"POST", "PUT", "PATCH"}:
        headers.append(("content-length", str(len(body or b""))))
    outgoing = httpx.Request(
        method,
        _address(wire, request),
        headers=headers,
        stream=httpx.ByteStream(body or b""),
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), allowance), **extensions},
    )
    outgoing.read()
    return outgoing


def _address(wire: Wire, request: Request) -> httpx.URL:
    """The address as httpx knows it. It is encoded already, so only what is the same for all of them is parsed."""
    base = _parsed(wire.base_url)
    path, _, query = wire.url(request)[len(wire.base_url) :].partition("?")
    address = httpx.URL(base)
    # httpx has no way to join them that would not look at each character again, and its parser is slow.
    parts = base._uri_reference  # noqa: SLF001
    address._uri_reference = parts._replace(path=parts.path.rstrip("/") + path, query=query or None)  # noqa: SLF001
    return address


@lru_cache(maxsize=8)
def _parsed(base_url: str) -> httpx.URL:
    return httpx.URL(base_url)


def received(response: httpx.Response) -> Headers:
    """The header fields of *response*, decoded as HTTP says; httpx would try several ways on all of them first."""
    return Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
