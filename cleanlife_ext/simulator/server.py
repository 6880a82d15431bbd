"""The simulator behind a real socket."""

import asyncio
import socket
import threading
from collections.abc import MutableSet
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from cleanlife_ext.simulator.app import HANG_UP, LATE
from cleanlife_ext.simulator.routes import BASE_PATH

LARGEST_READ = 1024 * 1024  # bytes, of a request's head
# Seconds that requests under way get to finish when the server stops.
GRACE = 2


class Server:
    """Serves an application from a thread while its ``with`` block runs.

    Example:
        >>> with Simulator().serve() as server:  # doctest: +SKIP
        ...     httpx.get(f"{server.base_url}/partners/services", headers={"x-api-key": server.api_key})
    """

    def __init__(
        self, app: ASGIApp, *, api_key: str, host: str, port: int, served: MutableSet[tuple[str, int]]
    ) -> None:
        self._app = app
        self._api_key = api_key
        self._served = served  # Where its owner can be reached, while this server runs.
        self._host = host
        self._port = port
        self._running: tuple[_Uvicorn, threading.Thread] | None = None

    @property
    def api_key(self) -> str:
        """A key that may do everything, as often as it likes."""
        return self._api_key

    @property
    def host(self) -> str:
        """The host it listens on."""
        return self._host

    @property
    def port(self) -> int:
        """The port it listens on; before it starts, the one asked for."""
        return self._port

    @property
    def base_url(self) -> str:
        """What clients take as their base URL: ``http://127.0.0.1:49152/v1``."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}{BASE_PATH}"

    def __enter__(self) -> Self:
        """Listen; requests are answered from here on."""
        if self._running is not None:
            message = "this server is running already; ask the simulator for another one"
            raise RuntimeError(message)
        listening = _listen(self._host, self._port)
        self._port = listening.getsockname()[1]
        uvicorn_server = _Uvicorn(self._app)
        # A daemon, so that a program which dies inside the block is not kept alive by us.
        thread = threading.Thread(
            target=uvicorn_server.run, args=([listening],), name="cleanlife-simulator", daemon=True
        )
        thread.start()
        uvicorn_server.ready.wait()
        self._running = uvicorn_server, thread
        self._served.add((self._host, self._port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop, and wait until thread and socket are gone."""
        if self._running is not None:
            uvicorn_server, thread = self._running
            self._served.discard((self._host, self._port))
            uvicorn_server.should_exit = True
            thread.join()
            self._running = None


class _Connection(H11Protocol):
    """A connection that lends its requests the way to close it, and does not wait for those that dawdle."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; what `app_state` holds is copied into the state of each request."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, HANG_UP: transport.close}

    def shutdown(self) -> None:
        """End, as the server does; an answer that is late on purpose is not waited for."""
        super().shutdown()
        # Before its first request a connection has no cycle, whatever its annotation says.
        if LATE in getattr(self.cycle, "scope", {}).get("state", {}):
            self.transport.close()


class _Uvicorn(uvicorn.Server):
    """uvicorn without a word, a signal handler or an option from outside."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                # Named, so that a package that happens to be installed changes nothing.
                loop="asyncio",
                http=_Connection,
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
