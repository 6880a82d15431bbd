"""What stands beneath httpcore's pools: connections that end in time, and know what went out over them.

httpx bounds each read by itself, so an answer that drips could take for ever. httpcore lets one put a network backend
of one's own beneath the pool, and hands it the timeout of the request that it works for. Ours are *allowances*: numbers
to httpx, and here the one thing that all reads and writes of an exchange have in common.

Synchronous name resolution stays outside: the operating system offers no way to bound it.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import anyio
import httpcore

__all__ = ["Allowance", "AsyncBackend", "Backend"]

T = TypeVar("T")
CHUNK = 65_536  # bytes
TUNNELS = b"CONNECT "


class Allowance(float):
    """What an exchange may still take, in seconds; and how it fares.

    Attributes:
        until: The moment at which it must be over. Sockets live in real time, whatever clock the engine is given.
        sent: Whether some of the request may have gone out. What goes to a proxy to get a tunnel does not count.
        cut: Whether nobody waits for it any longer.
    """

    until: float
    sent: bool
    cut: bool
    _waiting: anyio.CancelScope | None

    @classmethod
    def of(cls, seconds: float) -> Allowance:
        allowance = cls(max(0.0, seconds))
        allowance.until = time.monotonic() + allowance
        allowance.sent = allowance.cut = False
        allowance._waiting = None
        return allowance

    def cut_off(self) -> None:
        """End it now. What it waits for fails, and so does whatever it would wait for next."""
        self.cut = True
        if self._waiting is not None:
            self._waiting.cancel()

    def note(self, going_out: bytes) -> None:
        """Some bytes are about to go out. The last ones of a request may be none."""
        self.sent = self.sent or (bool(going_out) and not going_out.startswith(TUNNELS))

    def left(self, too_late: type[Exception]) -> float:
        """Seconds that are left, or *too_late*."""
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise too_late
        return seconds

    async def bound(self, act: Callable[[], Awaitable[T]], too_late: type[Exception], broken: type[Exception]) -> T:
        """Await *act*, as long as there is time and somebody who waits for it."""
        seconds = self.left(too_late)
        if self.cut:
            raise broken
        with anyio.move_on_after(seconds) as self._waiting:
            return await act()
        raise broken if self.cut else too_late


def _allowance(timeout: float | None) -> Allowance:
    assert isinstance(timeout, Allowance), "nothing else is ever sent through these pools"
    return timeout


class Backend(httpcore.SyncBackend):
    """For threads."""

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
            left = _allowance(timeout).left(httpcore.ConnectTimeout)
            try:
                stream = super().connect_tcp(address, port, left / remaining, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if remaining == 1:
                    raise
            else:
                return _Stream(stream)
        raise httpcore.ConnectError(f"no address for {host}")


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _allowance(timeout).left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        allowance = _allowance(timeout)
        allowance.note(buffer)
        for start in range(0, len(buffer), CHUNK):  # In pieces, so that a slow reader is noticed between them.
            self._stream.write(buffer[start : start + CHUNK], allowance.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            left = _allowance(timeout).left(httpcore.ConnectTimeout)
            return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))
        except BaseException:
            self.close()  # Whoever asked for it has nothing to close yet.
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """For tasks. No exchange is cancelled in httpcore's hands, which would lose a connection: it is cut off."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # This is how httpcore asks.
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(
            await _allowance(timeout).bound(
                lambda: self._backend.connect_tcp(host, port, None, local_address, socket_options),
                httpcore.ConnectTimeout,
                httpcore.ConnectError,
            )
        )


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await _allowance(timeout).bound(
            lambda: self._stream.read(max_bytes), httpcore.ReadTimeout, httpcore.ReadError
        )

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        allowance = _allowance(timeout)
        allowance.note(buffer)
        await allowance.bound(lambda: self._stream.write(buffer), httpcore.WriteTimeout, httpcore.WriteError)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        try:
            return _AsyncStream(
                await _allowance(timeout).bound(
                    lambda: self._stream.start_tls(ssl_context, server_hostname),
                    httpcore.ConnectTimeout,
                    httpcore.ConnectError,
                )
            )
        except BaseException:
            await self.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
