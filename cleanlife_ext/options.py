"""What users say of a client, made into what the engine works with; or `ConfigurationError`, and nothing is sent."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypedDict
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import attrs
import httpx

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.engine.message import Options
from cleanlife_ext.engine.pace import Pacing
from cleanlife_ext.engine.transport.wire import Network, Proxy, Wire
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.ledger import Ledger
from cleanlife_ext.ledger.layer import Journal

__all__ = [
    "LONGEST",
    "Addresses",
    "Common",
    "OnRateLimit",
    "check_transport",
    "choose",
    "clock_of",
    "is_number",
    "journal_of",
    "network_of",
    "options_of",
    "pacing_of",
]

OnRateLimit: TypeAlias = Literal["wait", "raise"]

LONGEST = 1_000_000  # seconds: more than eleven days, and less than any timer's limit
CLOCK = Clock()  # One for all clients, so that those who share a limit of the rate share its time.


class Common(TypedDict, total=False):
    """Options that every client takes; see `CleanLife`, but for the *ledger*, of which each says what it keeps."""

    timeout: float
    deadline: float
    max_attempts: int
    on_rate_limit: OnRateLimit
    ledger: Ledger | None
    proxy: str | None
    ssl_context: ssl.SSLContext | None
    clock: Clock | None


@attrs.frozen
class Addresses:
    """Where an API may be: by the names of its environments, and what the variables say that begin with *prefix*.

    *sample* is an address that may be given, and *has_path* says whether such a one may end in a path.
    """

    environments: Mapping[str, str]
    prefix: str
    sample: str
    has_path: bool = False

    @property
    def environment_variable(self) -> str:
        """The variable that names an environment."""
        return f"{self.prefix}_ENVIRONMENT"

    @property
    def address_variable(self) -> str:
        """The variable that holds an address."""
        return f"{self.prefix}_BASE_URL"

    def choose(self, environment: str | None, base_url: str | None) -> str:
        """The address that is meant, in the one form that every HTTP library sends as it is."""
        if environment is not None:
            self._of(environment)  # Even where an address is given: a word that means nothing is a mistake.
        around = os.environ.get(self.address_variable)
        if base_url is None and environment is not None and around:
            # Either may be the mistake, and the one would do in earnest what the other only tries.
            raise ConfigurationError(
                f"environment={environment!r} and {self.address_variable} name two addresses: "
                "pass base_url, or leave one out"
            )
        url = (around or self._of(environment)) if base_url is None else base_url
        if not _is_address(url):
            raise ConfigurationError(f"base_url: an address like {self.sample} is needed")
        if not self.has_path and urlsplit(url).path.strip("/"):
            raise ConfigurationError(f"base_url: an address without a path is needed, like {self.sample}")
        return str(httpx.URL(url)).rstrip("/")

    def _of(self, environment: str | None) -> str:
        name = os.environ.get(self.environment_variable) or "sandbox" if environment is None else environment
        if not isinstance(name, str) or name not in self.environments:
            raise ConfigurationError(f"environment: one of {', '.join(self.environments)} is needed, not {name!r}")
        return self.environments[name]


def choose(
    options: Options,
    *,
    timeout: float | None = None,
    deadline: float | None = None,
    max_attempts: int | None = None,
    on_rate_limit: OnRateLimit | None = None,
) -> Options:
    """*options* with those changed that were given, or `ConfigurationError`."""
    for name, seconds in (("timeout", timeout), ("deadline", deadline)):
        if seconds is not None and not (is_number(seconds) and 0 < seconds <= LONGEST):
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


def pacing_of(wire: Wire, rate_limit: int | None, storage: str | None) -> Pacing | None:
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


def options_of(given: Common, known: type[Common]) -> Options:
    """The options of calls among those that were *given*; `TypeError` for one that is not *known*."""
    if unknown := sorted(set(given) - set(known.__annotations__)):
        raise TypeError(f"there is no option {unknown[0]!r}; there are {', '.join(known.__annotations__)}")
    return choose(
        Options(),
        timeout=given.get("timeout"),
        deadline=given.get("deadline"),
        max_attempts=given.get("max_attempts"),
        on_rate_limit=given.get("on_rate_limit"),
    )


def journal_of(ledger: Ledger | None, address: str) -> Journal | None:
    """The layer that keeps *ledger* for what is created at *address*."""
    if ledger is not None and not isinstance(ledger, Ledger):
        raise ConfigurationError("ledger: a cleanlife_ext.ledger.Ledger is needed")
    return None if ledger is None else ledger.journal(address)


def check_transport(transport: object, kind: type, client: str) -> None:
    """Refuse a *transport* of the other world."""
    if transport is not None and not isinstance(transport, kind):
        raise ConfigurationError(f"transport: an httpx.{kind.__name__} is needed by {client}")


def clock_of(given: Clock | None) -> Clock:
    if given is not None and not isinstance(given, Clock):
        raise ConfigurationError("clock: a cleanlife_ext.engine.flow.Clock is needed")
    return CLOCK if given is None else given


def network_of(url: str, proxy: str | None, ssl_context: ssl.SSLContext | None, transport: object) -> Network:
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


def _is_count(value: object) -> bool:
    return is_number(value) and isinstance(value, int) and value >= 1


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
