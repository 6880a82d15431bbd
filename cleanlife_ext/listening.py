"""An ASGI application behind a real socket, for as long as a `with` block runs. It needs uvicorn."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from types import TracebackType
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Listening", "why_not"]

LARGEST_READ = 1024 * 1024  # bytes, of a request's head
# Seconds that requests under way get to finish when the server stops.
GRACE = 2


class Listening:
    """Serves *app* from a thread while its ``with`` block runs; port 0 takes any that is free.

    *http*: how a connection is spoken to.
    """

    def __init__(
        self, app: Any, *, host: str, port: int, http: type[asyncio.Protocol] = H11Protocol, name: str = "cleanlife"
    ) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._http, self._name = http, name
        self._running: tuple[_Uvicorn, threading.Thread] | None = None

    @property
    def host(self) -> str:
        """The host it listens on."""
        return self._host

    @property
    def port(self) -> int:
        """The port it listens on; before it starts, the one asked for."""
        return self._port

    @property
    def url(self) -> str:
        """Where it can be reached: ``http://127.0.0.1:49152``."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def __enter__(self) -> Self:
        """Listen; requests are answered from here on."""
        if self._running is not None:
            message = "this server is running already; ask the simulator for another one"
            raise RuntimeError(message)
        listening = _listen(self._host, self._port)
        self._port = listening.getsockname()[1]
        uvicorn_server = _Uvicorn(self._app, self._http)
        # A daemon, so that a program which dies inside the block is not kept alive by us.
        thread = threading.Thread(target=uvicorn_server.run, args=([listening],), name=self._name, daemon=True)
        thread.start()
        uvicorn_server.ready.wait()
        self._running = uvicorn_server, thread
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop, and wait until thread and socket are gone."""
        if self._running is not None:
            uvicorn_server, thread = self._running
            uvicorn_server.should_exit = True
            thread.join()
            self._running = None


class _Uvicorn(uvicorn.Server):
    """uvicorn without a word, a signal handler or an option from outside."""

    def __init__(self, app: Any, http: type[asyncio.Protocol]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                # Named, so that a package that happens to be installed changes nothing.
                loop="asyncio",
                http=http,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                # Past uvicorn's limit a connection just breaks; the gate's is lower, and is explained.
                h11_max_incomplete_event_size=LARGEST_READ,
                # Or anybody could claim any address in a header, and pass an allowlist.
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell whoever waits for it."""
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()


def why_not(error: Exception, host: str, port: int) -> str:
    """Why nobody can listen there, for a person at a command line."""
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; choose another one with --port, or any free one with --port 0"
    why = (error.strerror if isinstance(error, OSError) else None) or error
    return f"cannot listen on port {port} of {host}: {why}"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where TCP is named, and 40 ms an answer is what silence costs.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A port that was in use a moment ago can be had at once.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening
