"""httpx's transport for `CleanLife`, without `httpx.Client` around it, and bounded as a whole.

httpx bounds each read by itself, so an answer that drips could take for ever. httpcore lets one put a network
backend of one's own beneath the pool; the one here gives every read and write what is left of the attempt.
Name resolution stays outside: the operating system offers no way to bound it.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import attrs
import httpcore
import httpx

from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.transport.wire import POOL_SIZE, Body, Wire, lost

__all__ = ["NOT_SENT", "HttpxTransport", "outgoing"]


# What httpx raises before anything can have gone out. After anything else, something may have.
NOT_SENT = (
    *(httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ConnectError),
    *(httpx.UnsupportedProtocol, httpx.ProxyError, httpx.InvalidURL),
)


class HttpxTransport:
    """Sends once, in the calling thread. At most 100 requests are under way; others wait for their turn."""

    def __init__(self, wire: Wire, given: httpx.BaseTransport | None = None) -> None:
        self._wire = wire
        self._given = given
        self._closed = False
        self._pool = self._fresh()

    def _fresh(self) -> _Pool:
        # httpcore closes live connections of its own when threads outnumber its pool; so they must not.
        return _Pool(os.getpid(), self._given or _pooled(), threading.BoundedSemaphore(POOL_SIZE))

    def send(self, request: Request) -> Response:
        ends, key = self._wire.ends(request), self._wire.credential.get()
        if self._pool.process != os.getpid():
            # After a fork the connections are the parent's, and answers would go to whoever reads first.
            self._pool = self._fresh()
        pool = self._pool
        left = ends - self._wire.clock.now()
        if left <= 0 or not pool.turns.acquire(timeout=left):
            raise self._wire.too_late(request, sent=False)
        try:
            return _exchange(pool.transport, outgoing(self._wire, request, key, ends))
        except httpx.TimeoutException as error:
            raise self._wire.too_late(request, sent=not isinstance(error, NOT_SENT)) from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise lost(self._wire, error, sent=not isinstance(error, NOT_SENT)) from None
        except Exception:
            raise
        except BaseException:
            # Ctrl-C may have struck in the middle of the pool's own work; it is not to be trusted now.
            self._pool = self._fresh()
            raise
        finally:
            pool.turns.release()
            if self._closed:
                pool.transport.close()  # It was closed meanwhile, and has one connection more now.

    def close(self) -> None:
        self._closed = True
        self._pool.transport.close()


@attrs.frozen(eq=False)
class _Pool:
    """Connections, the process they belong to, and how many may be in use. Built as a whole, then put in place."""

    process: int
    transport: httpx.BaseTransport
    turns: threading.BoundedSemaphore


def _exchange(transport: httpx.BaseTransport, request: httpx.Request) -> Response:
    response = transport.handle_request(request)
    try:
        headers = Headers(response.headers.items())
        if response.is_stream_consumed:  # A transport of the user's has read it, and unpacked it.
            return Response(response.status_code, headers, response.content)
        body = Body(response.status_code, headers)
        for part in response.stream:  # type: ignore[union-attr]  # A synchronous transport's stream is iterable.
            body.add(part)
    finally:
        response.close()
    return body.response()


def outgoing(wire: Wire, request: Request, key: str, ends: float, **extensions: Any) -> httpx.Request:
    """The request as httpx knows it, with what is left of the attempt as its timeouts."""
    left = Moment.at(ends, wire)
    return httpx.Request(
        request.operation.method,
        wire.url(request),
        headers=wire.headers(request, key),
        content=wire.body(request),
        extensions={"timeout": {"connect": left, "read": left, "write": left, "pool": left}, **extensions},
    )


class Moment(float):
    """A timeout that ends at a moment: to httpx a number of seconds, to the backend below what is left of them."""

    until: float

    @classmethod
    def at(cls, ends: float, wire: Wire) -> Moment:
        seconds = max(0.0, ends - wire.clock.now())
        moment = cls(seconds)
        moment.until = time.monotonic() + seconds  # Sockets live in real time, whatever clock the engine is given.
        return moment

    @staticmethod
    def left(timeout: float | None, too_late: type[Exception]) -> float:
        """What is left of *timeout*, which is a moment: nothing else is ever sent through this pool."""
        assert isinstance(timeout, Moment)
        seconds = timeout.until - time.monotonic()
        if seconds <= 0:
            raise too_late
        return seconds


def _pooled() -> httpx.HTTPTransport:
    transport = httpx.HTTPTransport(limits=httpx.Limits(max_connections=POOL_SIZE, max_keepalive_connections=POOL_SIZE))
    # httpx has no parameter for it; httpcore has, and documents it.
    transport._pool._network_backend = _BoundedBackend()  # noqa: SLF001
    return transport


class _BoundedBackend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        # One address after the other, or a host with three dead ones would get three times the time.
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError from error
        for remaining in range(len(addresses), 0, -1):
            address = str(addresses[-remaining][4][0])
            left = Moment.left(timeout, httpcore.ConnectTimeout)
            try:
                stream = super().connect_tcp(address, port, left / remaining, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if remaining == 1:
                    raise
            else:
                return _BoundedStream(stream)
        raise httpcore.ConnectError(f"no address for {host}")


class _BoundedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, Moment.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), CHUNK):  # In pieces, so that a slow reader is noticed between them.
            self._stream.write(buffer[start : start + CHUNK], Moment.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            left = Moment.left(timeout, httpcore.ConnectTimeout)
            return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left))
        except Exception:
            self.close()  # Whoever asked for it has nothing to close yet.
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


CHUNK = 65_536
