"""`HealthGorilla` and `AsyncHealthGorilla`: where options become a client, and the parts are put together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal, TypeAlias, Unpack

import httpx

from cleanlife_ext.base import AsyncClient, AsyncioOrTrio, SyncClient
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.engine.jobs import AsyncJob, Job
from cleanlife_ext.engine.session import AsyncSession, Core, Session
from cleanlife_ext.engine.transport.async_httpx import AsyncHttpxTransport
from cleanlife_ext.engine.transport.sync_httpx import HttpxTransport
from cleanlife_ext.engine.transport.wire import Borne, Wire
from cleanlife_ext.healthgorilla.assertion import Assertion
from cleanlife_ext.healthgorilla.documents import AsyncDocuments, Documents
from cleanlife_ext.healthgorilla.patients import AsyncPatients, Patients
from cleanlife_ext.healthgorilla.provider import ADDRESSES, HEALTHGORILLA, AsyncLayeredClient, LayeredClient
from cleanlife_ext.healthgorilla.resources import Result
from cleanlife_ext.healthgorilla.subscriptions import AsyncSubscriptions, Subscriptions
from cleanlife_ext.options import Common, check_transport, clock_of, journal_of, network_of, options_of

__all__ = ["AsyncHealthGorilla", "HealthGorilla"]

Environment: TypeAlias = Literal["sandbox", "production"]

SCOPE = "user/*.* patient360"


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
        environment: Environment | None = None,
        base_url: str | None = None,
        scope: str = SCOPE,
        claims: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
        **options: Unpack[Common],
    ) -> None:
        check_transport(transport, httpx.BaseTransport, "HealthGorilla")
        address = ADDRESSES.choose(environment, base_url)
        assertion = _assertion(client_id, client_secret, address, scope, claims, options.get("clock"))
        core, wire = _parts(assertion, address, transport, options)
        self._begin(Session(core, HttpxTransport(wire, transport), options_of(options)), address)

    def _begin(self, session: Session, address: str) -> None:
        self._session, self._address = session, address
        self.generated = LayeredClient(session)
        self.patients = Patients(self.generated)
        self.documents = Documents(self.generated)
        self.subscriptions = Subscriptions(self.generated)

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
        environment: Environment | None = None,
        base_url: str | None = None,
        scope: str = SCOPE,
        claims: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        **options: Unpack[Common],
    ) -> None:
        check_transport(transport, httpx.AsyncBaseTransport, "AsyncHealthGorilla")
        address = ADDRESSES.choose(environment, base_url)
        assertion = _assertion(client_id, client_secret, address, scope, claims, options.get("clock"))
        core, wire = _parts(assertion, address, transport, options)
        sends = AsyncHttpxTransport(wire, transport) if transport else AsyncioOrTrio(wire)
        self._begin(AsyncSession(core, sends, options_of(options)), address)

    def _begin(self, session: AsyncSession, address: str) -> None:
        self._session, self._address = session, address
        self.generated = AsyncLayeredClient(session)
        self.patients = AsyncPatients(self.generated)
        self.documents = AsyncDocuments(self.generated)
        self.subscriptions = AsyncSubscriptions(self.generated)

    def job(self, token: str) -> AsyncJob[Result]:
        """The job that has this `.token`, wherever it was begun; nothing is asked yet."""
        return AsyncJob.resumed(self._session, token)


def _assertion(
    client_id: str | None,
    client_secret: str | None,
    address: str,
    scope: str,
    claims: Mapping[str, str] | None,
    clock: Clock | None,
) -> Assertion:
    given = [
        os.environ.get(f"HEALTHGORILLA_{name.upper()}", "") if value is None else value
        for name, value in (("client_id", client_id), ("client_secret", client_secret))
    ]
    path = HEALTHGORILLA.operations["getToken"].path
    return Assertion(given[0], given[1], f"{address}{path}", scope, dict(claims or {}), clock_of(clock))


def _parts(
    assertion: Assertion,
    address: str,
    transport: httpx.BaseTransport | httpx.AsyncBaseTransport | None,
    options: Common,
) -> tuple[Core, Wire]:
    network = network_of(address, options.get("proxy"), options.get("ssl_context"), transport)
    wire = Wire(address, "", Borne(assertion.client_id), assertion.clock, network)
    journal = journal_of(options.get("ledger"), address)
    whose = (address, assertion.client_id)
    return Core(HEALTHGORILLA, clock=wire.clock, whose=whose, journal=journal, grant=assertion), wire
