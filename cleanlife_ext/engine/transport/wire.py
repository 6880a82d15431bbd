"""What goes over the wire, before any HTTP library has its say."""

from __future__ import annotations

import inspect
import json
import platform
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import TypeAlias
from urllib.parse import quote, urlencode

import anyio
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
        if not isinstance(key, str) and not callable(key):
            raise ConfigurationError("api_key: a text, or a callable that gets it, is needed")
        self._key: str | Callable[[], object] = key if callable(key) else _fit(key)

    def __repr__(self) -> str:
        return "Credential(…)"

    def get(self) -> str:
        """The key, asked for anew at each request, so that it may be rotated."""
        key = self._ask()
        if inspect.iscoroutine(key):
            key.close()
        if inspect.isawaitable(key):
            raise ConfigurationError("api_key: a callable of CleanLife must return text; only AsyncCleanLife awaits it")
        return _fit(key)

    async def aget(self) -> str:
        """The key, asked for anew at each request, and awaited if need be."""
        key = self._ask()
        return _fit(await key if inspect.isawaitable(key) else key)

    def _ask(self) -> object:
        return self._key if isinstance(self._key, str) else self._key()


def _fit(key: object) -> str:
    if not isinstance(key, str) or not key:
        raise ConfigurationError("api_key: a text that is not empty is needed")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError("api_key: no header can carry it; was a line end or a space copied with it?")
    return _Key(key)


class _Key(str):
    """A key that does not show itself, where a traceback prints the variables of its frames."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


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

    async def akey(self, request: Request, ends: float) -> str:
        """The key, if it can be had in time. What a callable raises is the user's own, and passes as it is."""
        with anyio.move_on_after(max(0.0, ends - self.clock.now())):
            return await self.credential.aget()
        raise self.too_late(request, sent=False)

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
