"""`CleanLife` and `AsyncCleanLife`: where options become a client, and the parts are put together."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, Literal, NoReturn, Self, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import attrs
import httpx

from cleanlife_ext.engine.constraints import can_be_sent
from cleanlife_ext.engine.flow import AsyncTransport, Clock, here
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.engine.message import Options, Request, Response
from cleanlife_ext.engine.pace import Pacing
from cleanlife_ext.engine.session import AsyncSession, Core, Session
from cleanlife_ext.engine.trace import Calls
from cleanlife_ext.engine.transport.async_httpx import AsyncHttpxTransport
from cleanlife_ext.engine.transport.sync_httpx import HttpxTransport
from cleanlife_ext.engine.transport.wire import AsyncApiKey, Credential, Network, Proxy, Wire
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.layered import AsyncLayeredClient, LayeredClient
from cleanlife_ext.ledger import Ledger
from cleanlife_ext.provider import CLEANLIFE, ENVIRONMENTS
from cleanlife_ext.resources.bookings import AsyncBookings, Bookings
from cleanlife_ext.resources.contacts import AsyncContacts, Contacts
from cleanlife_ext.resources.pricing import AsyncPricing, Pricing
from cleanlife_ext.resources.services import AsyncServices, Services
from cleanlife_ext.resources.timeslots import AsyncTimeslots, Timeslots
from cleanlife_ext.resources.webhooks import AsyncWebhooks, Webhooks

__all__ = ["AsyncCleanLife", "CleanLife"]

Environment: TypeAlias = Literal["sandbox", "production"]
OnRateLimit: TypeAlias = Literal["wait", "raise"]

KEY_VARIABLE = "CLEANLIFE_API_KEY"
ENVIRONMENT_VARIABLE = "CLEANLIFE_ENVIRONMENT"
ADDRESS_VARIABLE = "CLEANLIFE_BASE_URL"
LONGEST = 1_000_000  # seconds: more than eleven days, and less than any timer's limit
CLOCK = Clock()  # One for all clients, so that those who share a limit of the rate share its time.
LONGEST_PREFIX = 114  # Of the 150 characters of a reference; a made one needs 36 of them.


class _Client(ABC):
    """What both clients have in common: options, and the views that change them."""

    _session: Any
    _address = ""
    _owner = True

    @abstractmethod
    def _begin(self, session: Any, address: str) -> None:
        """Put the parts together around *session*."""

    def with_options(
        self,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        max_attempts: int | None = None,
        on_rate_limit: OnRateLimit | None = None,
    ) -> Self:
        """The same client with other options, on the same connections, with the same cache. Closing it closes nothing.

        ```python
        patient = client.with_options(timeout=60, deadline=600)
        ```
        """
        options = choose(
            self._session.options,
            timeout=timeout,
            deadline=deadline,
            max_attempts=max_attempts,
            on_rate_limit=on_rate_limit,
        )
        view = object.__new__(type(self))
        view._owner = False
        view._begin(attrs.evolve(self._session, options=options), self._address)
        return view

    def trace(self) -> AbstractContextManager[Calls]:
        """Record the calls that are made within the block, by this client and all its views.

        ```python
        with client.trace() as calls:
            client.services.list().first()
        print(calls.explain())
        ```

        It is a plain `with` for both clients. Tasks that are started within the block are recorded too, and so are
        threads that run in a copy of its context (`asyncio.to_thread`); plain threads are not.
        """
        return self._session.core.tracer.trace()  # type: ignore[no-any-return]

    @discreet
    def transaction(self, id: str) -> AbstractContextManager[None]:
        """Let the calls that are made within the block, by this client and all its views, bear an id of yours.

        ```python
        with client.transaction("order-7"):
            client.services.list().first()
        ```

        It stands in the records of the calls, in errors and in the log, beside the vendor's request ids, and is sent
        to nobody. It has at most 128 letters, digits and signs of `_ . : / # -`, and should be nothing personal. Of
        blocks within each other the inner one counts.

        It is a plain `with` for both clients. Tasks that are started within the block keep the id to their end, and so
        do threads that run in a copy of its context (`asyncio.to_thread`); plain threads have none.

        Raises `ValueError` for an id of another form, without quoting it.
        """
        return self._session.core.tracer.transaction(id)  # type: ignore[no-any-return]

    def _reopen(self) -> Self:
        self._session.core.check_open()
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._address!r})"


class CleanLife(_Client):
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
        if transport is not None and not isinstance(transport, httpx.BaseTransport):
            raise ConfigurationError("transport: an httpx.BaseTransport is needed by CleanLife")
        credential = _credential(api_key)
        address = _base_url(environment, base_url)
        network = _network(address, proxy, ssl_context, transport)
        wire = Wire(address, CLEANLIFE.key_header, credential, _clock(clock), network)
        options = choose(
            Options(), timeout=timeout, deadline=deadline, max_attempts=max_attempts, on_rate_limit=on_rate_limit
        )
        pacing = _pacing(wire, rate_limit, rate_limit_storage)
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

    def close(self) -> None:
        """Close the connections. What is called afterwards raises `ConfigurationError`."""
        if self._owner:
            self._session.close()

    def __enter__(self) -> Self:
        return self._reopen()

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> NoReturn:
        raise TypeError("CleanLife is synchronous: write `with CleanLife(...)`, or `async with AsyncCleanLife(...)`")

    async def __aexit__(self, *_: object) -> None:
        """Here so that `async with` reaches the message above."""


class AsyncCleanLife(_Client):
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
        if transport is not None and not isinstance(transport, httpx.AsyncBaseTransport):
            raise ConfigurationError("transport: an httpx.AsyncBaseTransport is needed by AsyncCleanLife")
        credential = _credential(api_key)
        address = _base_url(environment, base_url)
        network = _network(address, proxy, ssl_context, transport)
        wire = Wire(address, CLEANLIFE.key_header, credential, _clock(clock), network)
        options = choose(
            Options(), timeout=timeout, deadline=deadline, max_attempts=max_attempts, on_rate_limit=on_rate_limit
        )
        pacing = _pacing(wire, rate_limit, rate_limit_storage)
        core = _core(wire, credential.afingerprint, cache_ttl, reference_prefix, ledger, pacing)
        self._begin(
            AsyncSession(core, AsyncHttpxTransport(wire, transport) if transport else _AsyncioOrTrio(wire), options),
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

    async def aclose(self) -> None:
        """Close the connections. What is called afterwards raises `ConfigurationError`."""
        if self._owner:
            await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self._reopen()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __enter__(self) -> NoReturn:
        raise TypeError(
            "AsyncCleanLife is asynchronous: write `async with AsyncCleanLife(...)`, or `with CleanLife(...)`"
        )

    def __exit__(self, *_: object) -> None:
        """Here so that `with` reaches the message above."""


class _AsyncioOrTrio:
    """aiohttp where asyncio runs, httpx elsewhere. Neither is imported before it is needed."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._asyncio: AsyncTransport | None = None
        self._other: AsyncTransport | None = None

    async def send(self, request: Request) -> Response:
        return await self._here().send(request)

    def _here(self) -> AsyncTransport:
        if isinstance(here(), asyncio.AbstractEventLoop):
            self._asyncio = self._asyncio or _aiohttp(self._wire)
            return self._asyncio
        self._other = self._other or AsyncHttpxTransport(self._wire)
        return self._other

    async def aclose(self) -> None:
        for transport in (self._asyncio, self._other):
            if transport is not None:
                await transport.aclose()


def _aiohttp(wire: Wire) -> AsyncTransport:
    # Importing it takes 0.2 s, which a synchronous program need not pay.
    from cleanlife_ext.engine.transport.aiohttp import AiohttpTransport  # noqa: PLC0415

    return AiohttpTransport(wire)


def choose(
    options: Options,
    *,
    timeout: float | None,
    deadline: float | None,
    max_attempts: int | None,
    on_rate_limit: OnRateLimit | None,
) -> Options:
    """*options* with those changed that were given, or `ConfigurationError`."""
    for name, seconds in (("timeout", timeout), ("deadline", deadline)):
        if seconds is not None and not (_is_number(seconds) and 0 < seconds <= LONGEST):
            raise ConfigurationError(f"{name}: a number of seconds above 0, and at most {LONGEST}, is needed")
    if max_attempts is not None and not _is_count(max_attempts):
        raise ConfigurationError("max_attempts: a whole number from 1 is needed")
    if on_rate_limit not in (None, "wait", "raise"):
        raise ConfigurationError("on_rate_limit: one of wait, raise is needed")
    given: dict[str, Any] = {
        "timeout": timeout,
        "deadline": deadline,
        "max_attempts": max_attempts,
        "on_rate_limit": on_rate_limit,
    }
    return attrs.evolve(options, **{name: value for name, value in given.items() if value is not None})


def _core(
    wire: Wire,
    fingerprint: Callable[[], Any],
    cache_ttl: float | None,
    reference_prefix: str,
    ledger: Ledger | None,
    pacing: Pacing | None,
) -> Core:
    if cache_ttl is not None and not (_is_number(cache_ttl) and 0 <= cache_ttl <= LONGEST):
        raise ConfigurationError(f"cache_ttl: a number of seconds, at most {LONGEST}, or 0 to keep nothing, is needed")
    if not isinstance(reference_prefix, str) or len(reference_prefix) > LONGEST_PREFIX:
        raise ConfigurationError(f"reference_prefix: a text of at most {LONGEST_PREFIX} characters is needed")
    if not can_be_sent(reference_prefix):
        raise ConfigurationError("reference_prefix: it holds half a character, which cannot be sent")
    if ledger is not None and not isinstance(ledger, Ledger):
        raise ConfigurationError("ledger: a cleanlife_ext.ledger.Ledger is needed")
    return Core(
        CLEANLIFE,
        clock=wire.clock,
        cache_ttl=cache_ttl,
        reference_prefix=reference_prefix,
        whose=(wire.base_url, wire.credential.owner),
        fingerprint=None if wire.credential.is_fixed else fingerprint,
        journal=None if ledger is None else ledger.journal(wire.base_url),
        pacing=pacing,
    )


def _pacing(wire: Wire, rate_limit: int | None, storage: str | None) -> Pacing | None:
    if rate_limit is None:
        if storage is not None:
            raise ConfigurationError("rate_limit_storage: it says where to count; rate_limit says up to what")
        return None
    if not _is_count(rate_limit):
        raise ConfigurationError("rate_limit: a whole number of requests a minute, from 1, is needed")
    if storage is None:
        return Pacing(rate_limit)
    from cleanlife_ext.engine.redis_turns import redis_turns  # noqa: PLC0415  # Its libraries are an extra.

    owner = wire.credential.owner
    name = f"{wire.base_url} {owner}" if isinstance(owner, str) else wire.base_url
    return Pacing(rate_limit, redis_turns(storage, rate_limit, name, wire.clock))


def _clock(given: Clock | None) -> Clock:
    if given is not None and not isinstance(given, Clock):
        raise ConfigurationError("clock: a cleanlife_ext.engine.flow.Clock is needed")
    return CLOCK if given is None else given


def _credential(api_key: AsyncApiKey | None) -> Credential:
    if api_key is None:
        api_key = os.environ.get(KEY_VARIABLE, "")
    if api_key == "":
        raise ConfigurationError(f"no API key: pass api_key, or set {KEY_VARIABLE}")
    return Credential(api_key)


def _base_url(environment: str | None, base_url: str | None) -> str:
    if environment is not None:
        _environment_url(environment)  # Even where an address is given: a word that means nothing is a mistake.
    around = os.environ.get(ADDRESS_VARIABLE)
    if base_url is None and environment is not None and around:
        # Either may be the mistake, and the one would book in earnest what the other only tries.
        raise ConfigurationError(
            f"environment={environment!r} and {ADDRESS_VARIABLE} name two addresses: pass base_url, or leave one out"
        )
    url = (around or _environment_url(environment)) if base_url is None else base_url
    if not _is_address(url):
        raise ConfigurationError("base_url: an address like https://api.example.com/v1 is needed")
    return str(httpx.URL(url)).rstrip("/")  # In the one form that every HTTP library sends as it is.


def _is_address(url: object) -> bool:
    if not isinstance(url, str) or not _has_host(url):
        return False
    # A name and a password, or a query, would go out with every request and into every log.
    return urlsplit(url).scheme in ("http", "https") and not any(mark in url for mark in "?#@")


def _has_host(url: str) -> bool:
    """Whether it names a host and a port that a connection can be made to."""
    if not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        return False
    return bool(host) and port != 0


def _network(url: str, proxy: str | None, ssl_context: ssl.SSLContext | None, transport: object) -> Network:
    if ssl_context is not None and not isinstance(ssl_context, ssl.SSLContext):
        raise ConfigurationError("ssl_context: an ssl.SSLContext is needed; ssl.create_default_context() makes one")
    if transport is not None:
        for name, given in (("proxy", proxy is not None), ("ssl_context", ssl_context is not None)):
            if given:
                raise ConfigurationError(f"{name}: a transport brings its own; give it to the transport instead")
        return Network()
    return Network(_proxy(_proxy_around(url) if proxy is None else proxy), ssl_context)


def _proxy_around(url: str) -> str:
    """What the variables around us say, as Python's own library reads them."""
    parts = urlsplit(url)
    if _is_here(parts.hostname or "") or proxy_bypass(parts.netloc):
        return ""
    known = getproxies()
    found = known.get(parts.scheme) or known.get("all", "")
    return found if not found or "://" in found else f"http://{found}"


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy(given: object) -> Proxy | None:
    if given == "":
        return None
    if not isinstance(given, str) or not (url := _proxy_url(given)):
        raise ConfigurationError(
            'proxy: an address like http://name:password@host:port is needed, or "" for none; '
            "for another kind of proxy pass a transport"
        )
    login = (url.username, url.password) if url.userinfo else None
    return Proxy(f"http://{url.netloc.decode()}", login)


def _proxy_url(text: str) -> httpx.URL | None:
    if not _has_host(text):
        return None
    url = httpx.URL(text)
    return url if url.scheme == "http" and url.raw_path == b"/" and not url.fragment else None


def _environment_url(environment: str | None) -> str:
    name = os.environ.get(ENVIRONMENT_VARIABLE) or "sandbox" if environment is None else environment
    if not isinstance(name, str) or name not in ENVIRONMENTS:
        raise ConfigurationError(f"environment: one of {', '.join(ENVIRONMENTS)} is needed, not {name!r}")
    return ENVIRONMENTS[name]


def _is_count(value: object) -> bool:
    return _is_number(value) and isinstance(value, int) and value >= 1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
