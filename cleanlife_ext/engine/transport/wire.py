"""What goes over the wire, before any HTTP library has its say."""

from __future__ import annotations

import inspect
import json
import platform
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import TypeAlias
from urllib.parse import quote, urlencode

import attrs

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.engine.message import Request
from cleanlife_ext.errors import APIConnectionError, APITimeoutError, ConfigurationError, DeadlineExceededError

__all__ = ["POOL_SIZE", "AsyncApiKey", "Credential", "Wire", "lost"]

POOL_SIZE = 100
AsyncApiKey: TypeAlias = "str | Callable[[], str | Awaitable[str]]"


class Credential:
    """The API key, or what gets it. It shows itself to nobody but the request it is for."""

    __slots__ = ("_key",)

    def __init__(self, key: AsyncApiKey) -> None:
        self._key = key
        if isinstance(key, str):
            _fit(key)

    def __repr__(self) -> str:
        return "Credential(…)"

    def get(self) -> str:
        """The key, asked for anew at each request, so that it may be rotated."""
        key = self._key if isinstance(self._key, str) else self._key()
        if not isinstance(key, str):
            if inspect.iscoroutine(key):
                key.close()
            raise ConfigurationError("the API key's callable must return text; only AsyncCleanLife awaits it")
        return _fit(key)

    async def aget(self) -> str:
        key = self._key if isinstance(self._key, str) else self._key()
        return _fit(key if isinstance(key, str) else await key)


def _fit(key: str) -> str:
    if not key:
        raise ConfigurationError("the API key is empty")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError("the API key has characters that no header can carry; was a line end copied with it?")
    return key


@attrs.frozen(eq=False)
class Wire:
    """Where requests go and what all of them carry."""

    base_url: str
    key_header: str
    credential: Credential
    clock: Clock = attrs.field(factory=Clock, repr=False)

    def url(self, request: Request) -> str:
        """The whole address; the query is encoded here, once, for every HTTP library."""
        query = urlencode(request.query, quote_via=quote, doseq=True)
        return f"{self.base_url}{request.path}?{query}" if query else self.base_url + request.path

    def headers(self, request: Request, key: str) -> dict[str, str]:
        return {
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
            "user-agent": AGENT,
            **request.headers,
            self.key_header: key,
        }

    def body(self, request: Request) -> bytes | None:
        return None if request.body is None else json.dumps(request.body, allow_nan=False).encode()

    def ends(self, request: Request) -> float:
        """When this attempt must be over."""
        return min(request.scope.ends, self.clock.now() + request.options.timeout)

    def too_late(self, request: Request, *, sent: bool) -> APIConnectionError:
        """The error for an attempt whose time is up."""
        if self.clock.now() >= request.scope.ends - CLOCK_GRAIN:
            return DeadlineExceededError(f"the deadline of {request.options.deadline:g} s has passed", sent=sent)
        what = "no answer" if sent else "no connection"
        return APITimeoutError(f"{what} within the timeout of {request.options.timeout:g} s", sent=sent)


CLOCK_GRAIN = 0.005  # Seconds: timers fire a little early.
AGENT = f"cleanlife-ext/{version('cleanlife-ext')} python/{platform.python_version()}"


def lost(error: Exception, *, sent: bool) -> APIConnectionError:
    """The error for a connection that failed. Only the kind of failure is told: texts of libraries quote addresses."""
    how = "the connection was lost after the request went out" if sent else "no connection could be made"
    return APIConnectionError(f"{how} ({type(error).__name__})", sent=sent)
