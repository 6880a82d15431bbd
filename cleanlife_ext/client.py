"""`CleanLife` and `AsyncCleanLife`: where options become a client, and the parts are put together."""

from __future__ import annotations

import os
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeAlias

import httpx

from cleanlife_ext.base import AsyncClient, AsyncioOrTrio, SyncClient
from cleanlife_ext.engine.constraints import can_be_sent
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.engine.message import Options
from cleanlife_ext.engine.pace import Pacing
from cleanlife_ext.engine.session import AsyncSession, Core, Session
from cleanlife_ext.engine.transport.async_httpx import AsyncHttpxTransport
from cleanlife_ext.engine.transport.sync_httpx import HttpxTransport
from cleanlife_ext.engine.transport.wire import AsyncApiKey, Credential, Wire
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.layered import AsyncLayeredClient, LayeredClient
from cleanlife_ext.ledger import Ledger
from cleanlife_ext.options import (
    LONGEST,
    Addresses,
    OnRateLimit,
    check_transport,
    choose,
    clock_of,
    is_number,
    journal_of,
    network_of,
    pacing_of,
)
from cleanlife_ext.provider import CLEANLIFE, ENVIRONMENTS
from cleanlife_ext.resources.bookings import AsyncBookings, Bookings
from cleanlife_ext.resources.contacts import AsyncContacts, Contacts
from cleanlife_ext.resources.pricing import AsyncPricing, Pricing
from cleanlife_ext.resources.services import AsyncServices, Services
from cleanlife_ext.resources.timeslots import AsyncTimeslots, Timeslots
from cleanlife_ext.resources.webhooks import AsyncWebhooks, Webhooks

__all__ = ["AsyncCleanLife", "CleanLife"]

Environment: TypeAlias = Literal["sandbox", "production"]

KEY_VARIABLE = "CLEANLIFE_API_KEY"
ADDRESSES = Addresses(ENVIRONMENTS, "CLEANLIFE", sample="https://api.example.com/v1", has_path=True)
LONGEST_PREFIX = 114  # Of the 150 characters of a reference; a made one needs 36 of them.


class CleanLife(SyncClient):
    """The CleanLife Partner API, synchronously. Safe to share between threads; make one and keep it.

    ```python
    with CleanLife() as client:
        for service in client.services.list():
            print(service.name)
    ```

    Args:
        api_key: The key, or a callable that gets it, asked at each request. Else `CLEANLIFE_API_KEY`.
        environment: `"sandbox"` or `"production"`. Else `CLEANLIFE_ENVIRONMENT`, else the sandbox.
        base_url: Another address, up to and with `/v1`. Else `CLEANLIFE_BASE_URL`, else that of the environment. An
            `environment` that is given in code beside `CLEANLIFE_BASE_URL` is refused: nobody knows which is meant.
        timeout: Seconds an attempt may take as a whole (best-practices recommends 30).
        deadline: Seconds an operation may take, with all its attempts and waits. No wait that would pass it is begun.
            The operating system's name resolution, and a callable `api_key`, cannot be interrupted in synchronous code.
        max_attempts: How often a request is sent at the most, as far as sending it again is safe. A 429 is not counted:
            the API took no notice of the request, and the deadline bounds how often it is asked to wait.
        cache_ttl: Seconds for which services, tiers and cancellation reasons are kept; 0 keeps nothing. Else as the
            spec says: an hour.
        rate_limit: How many requests a minute the vendor grants; they are then kept under it beforehand. All clients of
            this process with the same address and key share the count, as they share the wait after a 429.
        on_rate_limit: What becomes of a call that would have to wait for the rate: `"wait"`, as far as the deadline
            allows, or `"raise"` a `RateLimitError` with `.retry_after` at once.
        rate_limit_storage: `"redis://host:6379/0"`, where `rate_limit` is to be shared by several processes; needs
            `pip install 'cleanlife-ext[redis]'`. While it is out of order each process counts for itself. Processes
            whose key comes from a callable share one count for each address.
        reference_prefix: Put before each external reference, given or made; `"TEST-"` marks bookings as tests. Only
            generated functions send the references that they are given as they are.
        ledger: A `cleanlife_ext.ledger.Ledger`, in which bookings are recorded before and after they are made: so each
            is made once, even if the process is killed or a job runs twice. Closing the client does not close it.
        proxy: An address like `"http://name:password@proxy.example.com:3128"`, which is shown nowhere. Else what
            `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say (`HTTP_PROXY` for an `http:` address), but never for this
            machine itself; `""` for none.
        ssl_context: Whom to trust, and who we are: an `ssl.SSLContext`, for an authority of your own or a client's
            certificate. Else Mozilla's authorities, or those of `SSL_CERT_FILE` or `SSL_CERT_DIR`.
        transport: An `httpx.BaseTransport` to send through, for tests or unusual networks. It brings its own proxy and
            its own TLS.
        clock: What time is to the client; for tests.

    Attributes:
        services, timeslots, pricing, bookings, contacts, webhooks: What the API offers, by topic.
        generated: The generated client with all layers beneath it, for the functions in `cleanlife_client.api`.

    Raises `ConfigurationError` for a missing key or an option that makes no sense, before anything is sent.
    """

    twin = "AsyncCleanLife"

    @discreet
    def __init__(
        self,
        api_key: str | Callable[[], str] | None = None,
        *,
        environment: Environment | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        deadline: float = 180.0,
        max_attempts: int = 4,
        cache_ttl: float | None = None,
        rate_limit: int | None = None,
        on_rate_limit: OnRateLimit = "wait",
        rate_limit_storage: str | None = None,
        reference_prefix: str = "",
        ledger: Ledger | None = None,
        proxy: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        check_transport(transport, httpx.BaseTransport, "CleanLife")
        credential = _credential(api_key)
        address = ADDRESSES.choose(environment, base_url)
        network = network_of(address, proxy, ssl_context, transport)
        wire = Wire(address, CLEANLIFE.key_header, credential, clock_of(clock), network)
        options = choose(
            Options(), timeout=timeout, deadline=deadline, max_attempts=max_attempts, on_rate_limit=on_rate_limit
        )
        pacing = pacing_of(wire, rate_limit, rate_limit_storage)
        core = _core(wire, credential.fingerprint, cache_ttl, reference_prefix, ledger, pacing)
        self._begin(Session(core, HttpxTransport(wire, transport), options), wire.base_url)

    def _begin(self, session: Session, address: str) -> None:
        self._session, self._address = session, address
        self.generated = LayeredClient(session)
        self.services = Services(self.generated)
        self.timeslots = Timeslots(self.generated)
        self.pricing = Pricing(self.generated)
        self.bookings = Bookings(self.generated)
        self.contacts = Contacts(self.generated)
        self.webhooks = Webhooks(self.generated)


class AsyncCleanLife(AsyncClient):
    """The CleanLife Partner API, asynchronously, on asyncio and on trio. Make one and keep it.

    ```python
    async with AsyncCleanLife() as client:
        async for service in client.services.list():
            print(service.name)
    ```

    Everything is called as in `CleanLife`, and awaited. The options are the same, but that `api_key` may also be a
    callable to be awaited, which counts towards timeout and deadline, and `transport` an `httpx.AsyncBaseTransport`.

    A call that is cancelled ends at once. Over a `transport` of yours it is waited for, at most for its timeout: cut
    short it would cost httpx's pool a connection for good.
    """

    twin = "CleanLife"

    @discreet
    def __init__(
        self,
        api_key: str | Callable[[], str | Awaitable[str]] | None = None,
        *,
        environment: Environment | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        deadline: float = 180.0,
        max_attempts: int = 4,
        cache_ttl: float | None = None,
        rate_limit: int | None = None,
        on_rate_limit: OnRateLimit = "wait",
        rate_limit_storage: str | None = None,
        reference_prefix: str = "",
        ledger: Ledger | None = None,
        proxy: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        check_transport(transport, httpx.AsyncBaseTransport, "AsyncCleanLife")
        credential = _credential(api_key)
        address = ADDRESSES.choose(environment, base_url)
        network = network_of(address, proxy, ssl_context, transport)
        wire = Wire(address, CLEANLIFE.key_header, credential, clock_of(clock), network)
        options = choose(
            Options(), timeout=timeout, deadline=deadline, max_attempts=max_attempts, on_rate_limit=on_rate_limit
        )
        pacing = pacing_of(wire, rate_limit, rate_limit_storage)
        core = _core(wire, credential.afingerprint, cache_ttl, reference_prefix, ledger, pacing)
        self._begin(
            AsyncSession(core, AsyncHttpxTransport(wire, transport) if transport else AsyncioOrTrio(wire), options),
            wire.base_url,
        )

    def _begin(self, session: AsyncSession, address: str) -> None:
        self._session, self._address = session, address
        self.generated = AsyncLayeredClient(session)
        self.services = AsyncServices(self.generated)
        self.timeslots = AsyncTimeslots(self.generated)
        self.pricing = AsyncPricing(self.generated)
        self.bookings = AsyncBookings(self.generated)
        self.contacts = AsyncContacts(self.generated)
        self.webhooks = AsyncWebhooks(self.generated)


def _core(
    wire: Wire,
    fingerprint: Callable[[], Any],
    cache_ttl: float | None,
    reference_prefix: str,
    ledger: Ledger | None,
    pacing: Pacing | None,
) -> Core:
    if cache_ttl is not None and not (is_number(cache_ttl) and 0 <= cache_ttl <= LONGEST):
        raise ConfigurationError(f"cache_ttl: a number of seconds, at most {LONGEST}, or 0 to keep nothing, is needed")
    if not isinstance(reference_prefix, str) or len(reference_prefix) > LONGEST_PREFIX:
        raise ConfigurationError(f"reference_prefix: a text of at most {LONGEST_PREFIX} characters is needed")
    if not can_be_sent(reference_prefix):
        raise ConfigurationError("reference_prefix: it holds half a character, which cannot be sent")
    return Core(
        CLEANLIFE,
        clock=wire.clock,
        cache_ttl=cache_ttl,
        reference_prefix=reference_prefix,
        whose=(wire.base_url, wire.credential.owner),
        fingerprint=None if wire.credential.is_fixed else fingerprint,
        journal=journal_of(ledger, wire.base_url),
        pacing=pacing,
    )


def _credential(api_key: AsyncApiKey | None) -> Credential:
    if api_key is None:
        api_key = os.environ.get(KEY_VARIABLE, "")
    if api_key == "":
        raise ConfigurationError(f"no API key: pass api_key, or set {KEY_VARIABLE}")
    return Credential(api_key)
