"""What goes over the wire, before any HTTP library has its say."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import platform
import socket
import ssl
import zlib
from base64 import b64encode
from collections.abc import Awaitable, Callable, Hashable
from functools import cached_property
from importlib.metadata import version
from typing import NoReturn, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

import anyio
import attrs
import httpx

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.engine.message import FORM, Headers, Request, Response
from cleanlife_ext.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    DeadlineExceededError,
    UnexpectedResponseError,
)

__all__ = ["AsyncApiKey", "Body", "Borne", "Credential", "Network", "Proxy", "Wire", "lost"]

POOL_SIZE = 100
AsyncApiKey: TypeAlias = "str | Callable[[], str | Awaitable[str]]"


class Credential:
    """The API key, or what gets it. It shows itself to nobody but the request it is for."""

    __slots__ = ("_key",)

    def __init__(self, key: AsyncApiKey) -> None:
        try:
            self._key: str | Callable[[], object] = key if callable(key) else _fit(key)
        finally:
            del key  # Or it would stand in the traceback.

    def __repr__(self) -> str:
        return "Credential(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential does not travel; make the client where it is used")

    @property
    def owner(self) -> Hashable:
        """What tells whose key it is, and not the key: a digest of it, or the callable that gets it."""
        if isinstance(self._key, str):
            return _digest(self._key)
        return self._key if isinstance(self._key, Hashable) else id(self._key)

    @property
    def is_fixed(self) -> bool:
        """Whether it is the same key at each request."""
        return isinstance(self._key, str)

    def fingerprint(self) -> str:
        """Something that is the same for the same key, and tells nobody the key."""
        return _digest(self.get())

    async def afingerprint(self) -> str:
        """Something that is the same for the same key, and tells nobody the key."""
        return _digest(await self.aget())

    def get(self) -> str:
        """The key, asked for anew at each request, so that it may be rotated."""
        if isinstance(self._key, str):
            return self._key
        key = self._key()
        if inspect.iscoroutine(key):
            key.close()
        if inspect.isawaitable(key):
            raise ConfigurationError("api_key: a callable must return text; only asynchronous clients await it")
        return _fit(key)

    async def aget(self) -> str:
        """The key, asked for anew at each request, and awaited if need be."""
        key = self._key if isinstance(self._key, str) else self._key()
        return _fit(await key if inspect.isawaitable(key) else key)


class Borne(Credential):
    """No key: each request bears a token that shows who asks."""

    __slots__ = ()

    def __init__(self) -> None:
        self._key = ""


def _digest(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16, person=b"cleanlife-ext").hexdigest()


def _fit(key: object) -> str:
    try:
        if not isinstance(key, str) or not key:
            raise ConfigurationError("api_key: a text that is not empty, or a callable that gets one, is needed")
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigurationError("api_key: no header can carry it; was a line end or a space copied with it?")
        return _Key(key)
    finally:
        del key


class _Key(str):
    """A key that does not show itself, where a traceback prints the variables of its frames."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"

    def __getitem__(self, _place: object) -> str:
        return "…"  # Some cut a text before they show it.


@attrs.frozen
class Proxy:
    """Where requests are handed in. Its `repr` shows no name and no password."""

    address: str
    login: tuple[str, str] | None = attrs.field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What shows the proxy who asks, as aiohttp wants to be told; it goes to nobody else."""
        if self.login is None:
            return {}
        return {"Authorization": f"Basic {b64encode(':'.join(self.login).encode()).decode()}"}


@attrs.frozen(eq=False)
class Network:
    """How connections of our own are made, and how many there may be. A transport of the user's knows better."""

    proxy: Proxy | None = None
    ssl_context: ssl.SSLContext | None = None
    connections: int = POOL_SIZE

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """What was given; else Mozilla's authorities, or those of `SSL_CERT_FILE` or `SSL_CERT_DIR`."""
        try:
            return self.ssl_context or httpx.create_ssl_context()  # One for all worlds: it takes 20 ms to make.
        except OSError as error:
            raise ConfigurationError(
                f"SSL_CERT_FILE or SSL_CERT_DIR: certificates cannot be read from there ({type(error).__name__})"
            ) from error


@attrs.frozen(eq=False)
class Wire:
    """Where requests go and what all of them carry."""

    base_url: str
    key_header: str
    credential: Credential
    clock: Clock = attrs.field(factory=Clock, repr=False)
    network: Network = attrs.field(factory=Network)

    def url(self, request: Request) -> str:
        """The whole address; the query is encoded here, once, for every HTTP library."""
        query = urlencode(request.query, quote_via=quote, doseq=True)
        return f"{self.base_url}{request.path}?{query}" if query else self.base_url + request.path

    def headers(self, request: Request, key: str) -> dict[str, str]:
        return {
            "accept": request.operation.answers,
            "accept-encoding": "gzip, deflate",
            "user-agent": AGENT,
            **request.headers,
            **({self.key_header: key} if key else {}),
        }

    def body(self, request: Request) -> bytes | None:
        if request.headers.get("content-type") == FORM:
            return urlencode(request.body).encode()
        return None if request.body is None else ENCODER.encode(request.body).encode()

    def ends(self, request: Request) -> float:
        """When this attempt must be over."""
        return min(request.scope.ends, self.clock.now() + request.options.timeout)

    async def akey(self, request: Request, ends: float) -> str:
        """The key, if it can be had in time. What a callable raises is the user's own, and passes as it is."""
        if self.credential.is_fixed:
            return self.credential.get()  # Nothing is waited for, and to bound that would cost more than to get it.
        with anyio.move_on_after(max(0.0, ends - self.clock.now())):
            return await self.credential.aget()
        raise self.too_late(request, sent=False)

    def too_late(self, request: Request, *, sent: bool) -> APIConnectionError:
        """The error for an attempt whose time is up."""
        if self.clock.now() >= request.scope.ends - CLOCK_GRAIN:
            return DeadlineExceededError(f"the deadline of {request.options.deadline:g} s has passed", sent=sent)
        what = "no answer" if sent else "no connection"
        return APITimeoutError(f"{what} within the timeout of {request.options.timeout:g} s", sent=sent)


class Body:
    """The bytes of an answer as they come in, as many as there may be."""

    def __init__(self, status: int, headers: Headers) -> None:
        self._status, self._headers = status, headers
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, part: bytes) -> None:
        self._parts.append(part)
        self._size += len(part)
        if self._size > LARGEST_ANSWER:
            raise self._unexpected("too large")

    def response(self) -> Response:
        """The whole answer, unpacked."""
        return Response(self._status, self._headers, self._unpacked(b"".join(self._parts)))

    def _unpacked(self, raw: bytes) -> bytes:
        named = self._headers.get("content-encoding", "").lower().split(",")
        encodings = [name for part in named if (name := part.strip()) not in ("", "identity")]
        if not encodings or not raw:
            return raw
        if encodings not in (["gzip"], ["x-gzip"], ["deflate"]):
            raise self._unexpected("packed in a way that was not asked for")
        try:
            return self._inflated(raw, ANY_ZLIB)
        except zlib.error:
            pass
        try:
            return self._inflated(raw, RAW_DEFLATE)  # What some servers mean by deflate.
        except zlib.error:
            raise self._unexpected("a broken archive") from None

    def _inflated(self, raw: bytes, form: int) -> bytes:
        """All that *raw* holds, member by member. A few bytes can unpack to any number of them, so there is an end."""
        content = b""
        for _ in range(MOST_MEMBERS):
            if not raw:
                return content
            unpacking = zlib.decompressobj(form)
            content += unpacking.decompress(raw, LARGEST_ANSWER + 1 - len(content))
            if len(content) > LARGEST_ANSWER:
                raise self._unexpected("too large")
            if not unpacking.eof:
                raise self._unexpected("a cut archive")
            raw = unpacking.unused_data
        raise self._unexpected("an archive of too many parts")

    def _unexpected(self, reason: str) -> UnexpectedResponseError:
        text = f"an answer that is not the API's: {reason} (status {self._status})"
        return UnexpectedResponseError(text, response=Response(self._status, self._headers, b""))


LARGEST_ANSWER = 32 << 20  # bytes; a page of a hundred bookings has some 40,000
MOST_MEMBERS = 64  # Of an archive. Each costs a copy of the rest, and millions of empty ones would take hours.
ANY_ZLIB = 47  # The largest window, and the header tells whether it is gzip or zlib.
RAW_DEFLATE = -15  # The largest window, and no header.
CLOCK_GRAIN = 0.005  # Seconds: timers fire a little early.
ENCODER = json.JSONEncoder(allow_nan=False)  # `json.dumps` makes one for each text.
AGENT = f"cleanlife-ext/{version('cleanlife-ext')} python/{platform.python_version()}"


def lost(wire: Wire, error: BaseException, *, sent: bool) -> APIConnectionError:
    """The error for a connection that failed, with the operating system's reason and without any library's text."""
    place = urlsplit(wire.base_url).netloc
    if wire.network.proxy is not None:
        place += f" through the proxy {urlsplit(wire.network.proxy.address).netloc}"
    how = f"the connection to {place} was lost after the request went out" if sent else f"no connection to {place}"
    return APIConnectionError(f"{how} ({_reason(error)})", sent=sent)


def _reason(error: BaseException) -> str:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return getattr(seen, "verify_message", "") or seen.reason or type(seen).__name__
        if isinstance(seen, OSError) and seen.errno:
            # The system's words and nobody else's; names that cannot be resolved have numbers of their own.
            return str(seen.strerror) if isinstance(seen, socket.gaierror) else os.strerror(seen.errno)
        seen = seen.__cause__ or seen.__context__
    return type(error).__name__
