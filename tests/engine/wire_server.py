"""A server on a real socket that does to each connection what a test says, and counts what it was asked."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import attrs


@attrs.define(eq=False)
class Connection:
    """One connection as a behaviour sees it."""

    socket: socket.socket
    server: WireServer
    pending: bytes = b""

    def read(self) -> bytes | None:
        """The next request, head and body, which counts as one that arrived; `None` if the client went away."""
        while b"\r\n\r\n" not in self.pending:
            if not self._more():
                return None
        head, _, rest = self.pending.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        self.pending = rest
        while len(self.pending) < length:
            if not self._more():
                return None
        request = head + b"\r\n\r\n" + self.pending[:length]
        self.pending = self.pending[length:]
        self.server.requests.append(request)
        return request

    def _more(self) -> bool:
        received = self.socket.recv(65_536)
        self.pending += received
        return bool(received)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reset(self) -> None:
        """Break the connection off, as a machine does that fails."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def stall(self) -> None:
        """Say nothing until the client or the test has had enough."""
        while self._more():
            pass

    def drip(self, data: bytes, pause: float = 0.02) -> None:
        """One byte after the other, each in time for any timeout on a single read."""
        for byte in data:
            self.send(bytes([byte]))
            if self.server.over.wait(pause):
                return


Behaviour: TypeAlias = Callable[[Connection], None]


@attrs.define(eq=False)
class WireServer:
    """What arrived, and where it listens."""

    url: str
    requests: list[bytes] = attrs.Factory(list[bytes])
    connections: int = 0
    open: int = 0
    most_open: int = 0
    over: threading.Event = attrs.Factory(threading.Event)


@contextmanager
def serve(*behaviours: Behaviour, listener: socket.socket | None = None) -> Iterator[WireServer]:
    """Serve each connection by the next of *behaviours*; the last one stands for all that follow."""
    waiting = list(behaviours)
    listener = listener or socket.create_server(("127.0.0.1", 0), backlog=128)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)  # Soon full, where nobody reads.
    server = WireServer(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
    sockets: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def attend(connected: socket.socket, behave: Behaviour) -> None:
        with connected, suppress(OSError):
            behave(Connection(connected, server))
        server.open -= 1

    def accept() -> None:
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            server.open += 1
            server.most_open = max(server.most_open, server.open)
            sockets.append(connected)
            behave = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            thread = threading.Thread(target=attend, args=(connected, behave))
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        server.over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for connected in sockets:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


@contextmanager
def nobody() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"


@contextmanager
def deaf() -> Iterator[str]:
    """An address at which connections are neither accepted nor refused."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        crowd = [socket.socket() for _ in range(8)]
        for one in crowd:
            one.setblocking(False)  # noqa: FBT003
            one.connect_ex(address)
        try:
            yield f"http://127.0.0.1:{address[1]}/v1"
        finally:
            for one in crowd:
                one.close()


def message(body: Any, status: str = "200 OK", **headers: str) -> bytes:
    """An answer as it goes over the wire."""
    content = body if isinstance(body, bytes) else json.dumps({"success": True, "data": body}).encode()
    fields = {"content-type": "application/json", "content-length": str(len(content)), **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def answers(*messages: bytes) -> Behaviour:
    """Answer one request after the other on one connection; the last one stands for all that follow."""

    def behave(connection: Connection) -> None:
        waiting = list(messages)
        while connection.read() is not None:
            connection.send(waiting.pop(0) if len(waiting) > 1 else waiting[0])

    return behave


def after_request(act: Callable[[Connection], None]) -> Behaviour:
    """Read one request, then do this and close."""

    def behave(connection: Connection) -> None:
        if connection.read() is not None:
            act(connection)

    return behave


def close_at_once(connection: Connection) -> None:
    """Accept, and close before anything was read."""
    assert connection


def then_drop(first: bytes) -> Behaviour:
    """Answer one request, keep the connection, and close it when the next one has arrived on it."""

    def behave(connection: Connection) -> None:
        if connection.read() is not None:
            connection.send(first)
            connection.read()

    return behave


def then_hang_up(first: bytes) -> Behaviour:
    """Answer one request, and close the connection although nothing said so."""

    def behave(connection: Connection) -> None:
        if connection.read() is not None:
            connection.send(first)

    return behave


def zipped(data: bytes) -> bytes:
    return gzip.compress(data)
