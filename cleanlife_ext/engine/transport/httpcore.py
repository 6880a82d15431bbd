"""httpcore's pools: connections of our own, for threads and for tasks on trio.

They are what httpx's pools are made of. By way of httpx each request would be written, and each answer read, twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import httpcore

from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.transport.network import Allowance, AsyncBackend, Backend
from cleanlife_ext.engine.transport.wire import Body, Network, Wire, lost

__all__ = ["AsyncPool", "Content", "Pool", "outgoing"]

KEPT = 5.0  # Seconds that a connection is kept while nobody uses it.

# What httpcore raises beside timeouts.
LOST = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, httpcore.UnsupportedProtocol, OSError)

P = TypeVar("P")


class Pool:
    """Connections for threads."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._pool = _pooled(wire.network, httpcore.ConnectionPool, httpcore.HTTPProxy, Backend())

    def exchange(self, request: Request, key: str, allowance: Allowance) -> Response:
        """Send once."""
        try:
            return _exchange(self._pool, outgoing(self._wire, request, key, allowance))
        except httpcore.TimeoutException:
            raise self._wire.too_late(request, sent=allowance.sent) from None
        except LOST as error:
            raise lost(self._wire, error, sent=allowance.sent) from None

    def close(self) -> None:
        self._pool.close()


class AsyncPool:
    """Connections for the tasks of one event loop. Nobody is to be cancelled in it: cut the allowance off instead."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        # Where trio is not installed, a class that cannot be made bears that name.
        backend = AsyncBackend(cast("httpcore.AsyncNetworkBackend", httpcore.TrioBackend()))
        self._pool = _pooled(wire.network, httpcore.AsyncConnectionPool, httpcore.AsyncHTTPProxy, backend)

    async def exchange(self, request: Request, key: str, allowance: Allowance) -> Response:
        """Send once."""
        try:
            return await _aexchange(self._pool, outgoing(self._wire, request, key, allowance))
        except httpcore.TimeoutException:
            raise self._wire.too_late(request, sent=allowance.sent) from None
        except LOST as error:
            raise lost(self._wire, error, sent=allowance.sent) from None

    async def aclose(self) -> None:
        await self._pool.aclose()


def _pooled(network: Network, direct: Callable[..., P], proxied: Callable[..., P], backend: object) -> P:
    most, proxy = network.connections, network.proxy
    common: dict[str, Any] = {
        "ssl_context": network.tls,
        "max_connections": most,
        "max_keepalive_connections": most,
        "keepalive_expiry": KEPT,
        "network_backend": backend,
    }
    if proxy is None:
        return direct(**common)
    login = None if proxy.login is None else tuple(word.encode() for word in proxy.login)
    return proxied(proxy.address, proxy_auth=login, **common)


def outgoing(wire: Wire, request: Request, key: str, allowance: Allowance) -> httpcore.Request:
    """The request as httpcore knows it, with what is left of the attempt as its timeouts."""
    origin, host, length = _origin(wire.base_url)
    method, body = request.operation.method, wire.body(request)
    headers = [(b"Host", host)]
    if body is not None or method in {"POST", "PUT", "PATCH"}:
        headers.append((b"Content-Length", b"%d" % len(body or b"")))
    headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in wire.headers(request, key).items()]
    target = wire.url(request)[length:]
    return httpcore.Request(
        method,
        httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target),
        headers=headers,
        content=Content(body),
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), allowance)},
    )


@lru_cache(maxsize=8)
def _origin(base_url: str) -> tuple[httpcore.URL, bytes, int]:
    """What is the same in all addresses, as httpcore and as the Host header spell it, and how much of them that is."""
    parts = urlsplit(base_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return httpcore.URL(origin), parts.netloc.encode(), len(origin)


class Content:
    """The bytes of a request. A generator would lie about, and trio find it, when a send is cut short."""

    def __init__(self, body: bytes | None) -> None:
        # No part, where there is no body: one of no bytes would go through all of httpcore and h11.
        self._parts = [] if body is None else [body]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._parts:
            raise StopAsyncIteration
        return self._parts.pop()


def _exchange(pool: httpcore.ConnectionPool, request: httpcore.Request) -> Response:
    response = pool.handle_request(request)
    try:
        body = Body(response.status, _headers(response))
        for part in response.iter_stream():
            body.add(part)
    finally:
        response.close()
    return body.response()


async def _aexchange(pool: httpcore.AsyncConnectionPool, request: httpcore.Request) -> Response:
    response = await pool.handle_async_request(request)
    try:
        body = Body(response.status, _headers(response))
        async for part in response.aiter_stream():
            body.add(part)
    finally:
        await response.aclose()
    return body.response()


def _headers(response: httpcore.Response) -> Headers:
    return Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
