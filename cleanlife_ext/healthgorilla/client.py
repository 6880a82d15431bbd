"""`HealthGorilla` and `AsyncHealthGorilla`: where options become a client, and the parts are put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Unpack

import httpx

from cleanlife_ext.base import AsyncClient, AsyncioOrTrio, SyncClient
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.engine.jobs import AsyncJob, Job
from cleanlife_ext.engine.message import Options
from cleanlife_ext.engine.session import AsyncSession, Core, Session
from cleanlife_ext.engine.transport.async_httpx import AsyncHttpxTransport
from cleanlife_ext.engine.transport.sync_httpx import HttpxTransport
from cleanlife_ext.engine.transport.wire import Borne, Wire
from cleanlife_ext.healthgorilla.assertion import Assertion, chosen
from cleanlife_ext.healthgorilla.documents import AsyncDocuments, Documents
from cleanlife_ext.healthgorilla.patients import AsyncPatients, Patients
from cleanlife_ext.healthgorilla.provider import ADDRESSES, HEALTHGORILLA, AsyncLayeredClient, LayeredClient
from cleanlife_ext.healthgorilla.resources import Result
from cleanlife_ext.healthgorilla.subscriptions import AsyncSubscriptions, Subscriptions
from cleanlife_ext.options import Common, check_transport, clock_of, journal_of, network_of, options_of

__all__ = ["AsyncHealthGorilla", "HealthGorilla"]

SCOPE = "user/*.* patient360"


class Given(Common, total=False):
    """Options that both clients take; see `HealthGorilla`."""

    environment: Literal["sandbox", "production"] | None
    base_url: str | None
    scope: str
    claims: Mapping[str, str] | None


class HealthGorilla(SyncClient):
    """Health Gorilla, synchronously. Safe to share between threads; make one and keep it.

    ```python
    with HealthGorilla(client_id, client_secret) as client:
        patient = client.patients.find("urn:example:mrn", "14455")
    ```

    Args:
        client_id, client_secret: Else `HEALTHGORILLA_CLIENT_ID` and `HEALTHGORILLA_CLIENT_SECRET`. They are exchanged
            for a token, which is kept, and renewed before it expires or once it is refused (A-OAUTH).
        environment: `"sandbox"` or `"production"`. Else `HEALTHGORILLA_ENVIRONMENT`, else the sandbox.
        base_url: Another address, without a path. Else `HEALTHGORILLA_BASE_URL`, else that of the environment.
        scope: What the token is for.
        claims: Claims of the assertion that are not as assumed: `iss`, `sub` or `aud`, on which the vendor's pages
            disagree.
        timeout, deadline, max_attempts, on_rate_limit, proxy, ssl_context, transport, clock: As in `CleanLife`.
        ledger: A `cleanlife_ext.ledger.Ledger`, in which the keys of creations are recorded before these are sent: so
            each payload is created once, even if the process is killed. No content is recorded.

    Attributes:
        patients, documents, subscriptions: What the API offers, by topic.
        generated: The generated client with all layers beneath it, for the functions in `healthgorilla_client.api`.

    Raises `ConfigurationError` for a missing secret or an option that makes no sense, before anything is sent.
    """

    twin = "AsyncHealthGorilla"

    @discreet
    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        **options: Unpack[Given],
    ) -> None:
        check_transport(transport, httpx.BaseTransport, "HealthGorilla")
        core, wire, chosen = _parts(client_id, client_secret, transport, options)
        self._begin(Session(core, HttpxTransport(wire, transport), chosen), wire.base_url)

    def _begin(self, session: Session, address: str) -> None:
        self._session, self._address = session, address
        self.generated = LayeredClient(session)
        self.patients = Patients(self.generated)
        self.documents = Documents(self.generated)
        self.subscriptions = Subscriptions(self.generated)

    @discreet
    def job(self, token: str) -> Job[Result]:
        """The job that has this `.token`, wherever it was begun; nothing is asked yet.

        ```python
        bundle = client.job(token).wait(deadline=1800)
        ```
        """
        return Job.resumed(self._session, token)


class AsyncHealthGorilla(AsyncClient):
    """Health Gorilla, asynchronously, on asyncio and on trio. Make one and keep it.

    ```python
    async with AsyncHealthGorilla(client_id, client_secret) as client:
        patient = await client.patients.find("urn:example:mrn", "14455")
    ```

    Everything is called as in `HealthGorilla`, and awaited. The options are the same, but that `transport` is an
    `httpx.AsyncBaseTransport`.
    """

    twin = "HealthGorilla"

    @discreet
    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        **options: Unpack[Given],
    ) -> None:
        check_transport(transport, httpx.AsyncBaseTransport, "AsyncHealthGorilla")
        core, wire, chosen = _parts(client_id, client_secret, transport, options)
        sends = AsyncHttpxTransport(wire, transport) if transport else AsyncioOrTrio(wire)
        self._begin(AsyncSession(core, sends, chosen), wire.base_url)

    def _begin(self, session: AsyncSession, address: str) -> None:
        self._session, self._address = session, address
        self.generated = AsyncLayeredClient(session)
        self.patients = AsyncPatients(self.generated)
        self.documents = AsyncDocuments(self.generated)
        self.subscriptions = AsyncSubscriptions(self.generated)

    @discreet
    def job(self, token: str) -> AsyncJob[Result]:
        """The job that has this `.token`, wherever it was begun; nothing is asked yet."""
        return AsyncJob.resumed(self._session, token)


def _parts(
    client_id: str | None,
    client_secret: str | None,
    transport: httpx.BaseTransport | httpx.AsyncBaseTransport | None,
    given: Given,
) -> tuple[Core, Wire, Options]:
    options = options_of(given, Given)
    address = ADDRESSES.choose(given.get("environment"), given.get("base_url"))
    clock = clock_of(given.get("clock"))
    token_url = f"{address}{HEALTHGORILLA.operations['getToken'].path}"
    named = chosen("client_id", client_id), chosen("client_secret", client_secret)
    assertion = Assertion(*named, token_url, given.get("scope", SCOPE), given.get("claims") or {}, clock)
    network = network_of(address, given.get("proxy"), given.get("ssl_context"), transport)
    wire = Wire(address, "", Borne(), clock, network)
    journal = journal_of(given.get("ledger"), address)
    whose = (address, assertion.client_id)
    return Core(HEALTHGORILLA, clock=clock, whose=whose, journal=journal, grant=assertion), wire, options
