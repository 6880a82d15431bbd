"""The Health Gorilla API behind a real socket."""

from collections.abc import MutableSet

from starlette.types import ASGIApp

from cleanlife_ext.simulator.healthgorilla.clients import Credentials
from cleanlife_ext.simulator.server import SimulatorServer


class HealthGorillaServer(SimulatorServer):
    """Serves an application from a thread while its ``with`` block runs.

    Example:
        >>> with HealthGorillaSimulator().serve() as server:  # doctest: +SKIP
        ...     client = HealthGorilla(base_url=server.base_url, **server.credentials)
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        credentials: Credentials,
        host: str,
        port: int,
        served: MutableSet[tuple[str, int]],
    ) -> None:
        super().__init__(app, host=host, port=port, served=served)
        self._credentials = credentials

    @property
    def credentials(self) -> Credentials:
        """What proves to be a client that may do everything."""
        return self._credentials.copy()

    @property
    def base_url(self) -> str:
        """What clients take as their base URL: ``http://127.0.0.1:49152``; paths begin at the root."""
        return self.url
