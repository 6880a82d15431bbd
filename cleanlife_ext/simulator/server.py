"""The simulator behind a real socket."""

import asyncio
from collections.abc import MutableSet
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from cleanlife_ext.listening import Listening
from cleanlife_ext.simulator.app import HANG_UP, LATE
from cleanlife_ext.simulator.routes import BASE_PATH


class SimulatorServer(Listening):
    """Serves an application from a thread while its ``with`` block runs.

    *served*: where its owner can be reached; this server stands in it while it runs.
    """

    def __init__(self, app: ASGIApp, *, host: str, port: int, served: MutableSet[tuple[str, int]]) -> None:
        super().__init__(app, host=host, port=port, http=_Connection, name="cleanlife-simulator")
        self._served = served

    def __enter__(self) -> Self:
        """Listen; requests are answered from here on."""
        super().__enter__()
        self._served.add((self.host, self.port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop, and wait until thread and socket are gone."""
        self._served.discard((self.host, self.port))
        super().__exit__(kind, error, traceback)


class Server(SimulatorServer):
    """The CleanLife API behind a socket.

    Example:
        >>> with Simulator().serve() as server:  # doctest: +SKIP
        ...     httpx.get(f"{server.base_url}/partners/services", headers={"x-api-key": server.api_key})
    """

    def __init__(
        self, app: ASGIApp, *, api_key: str, host: str, port: int, served: MutableSet[tuple[str, int]]
    ) -> None:
        super().__init__(app, host=host, port=port, served=served)
        self._api_key = api_key

    @property
    def api_key(self) -> str:
        """A key that may do everything, as often as it likes."""
        return self._api_key

    @property
    def base_url(self) -> str:
        """What clients take as their base URL: ``http://127.0.0.1:49152/v1``."""
        return f"{self.url}{BASE_PATH}"


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
