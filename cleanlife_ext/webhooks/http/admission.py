"""What is decided of a request before anybody asks who signed it, and what is answered. Pure: servers act on it."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import attrs
from cleanlife_traits import WEBHOOK_DELIVERY

from cleanlife_ext.errors import ConfigurationError

__all__ = [
    "ACCEPTED",
    "NOT_VERIFIED",
    "TIMEOUT",
    "TOO_SLOW",
    "UNAVAILABLE",
    "UNEXPECTED",
    "UNREADABLE",
    "Admission",
    "Answer",
    "Body",
    "Pairs",
    "RefusedError",
]

Pairs: TypeAlias = Sequence[tuple[str, str]]  # Headers, their names in lower case.
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

TIMEOUT: float = WEBHOOK_DELIVERY["delivery"]["timeout"]  # Seconds, after which nobody waits for the answer any more.
PROXIES = 'trusted_proxies: a list of addresses or networks, such as ["127.0.0.1", "10.0.0.0/8"], is needed'


@attrs.frozen
class Answer:
    """What is answered.

    Attributes:
        status: The HTTP status.
        reason: Why, in a word that tells a stranger nothing.
        ends: Whether there may be more of the request, which nobody will read.
    """

    status: int
    reason: str
    ends: bool = False

    @property
    def body(self) -> bytes:
        """What the answer says."""
        return json.dumps({"result": self.reason.replace("_", " ")}).encode()

    @property
    def headers(self) -> list[tuple[str, str]]:
        """What stands above it."""
        allowed = [("Allow", "POST")] if self.status == 405 else []
        return [("Content-Type", "application/json"), ("Content-Length", str(len(self.body))), *allowed]


ACCEPTED = Answer(200, "accepted")
UNREADABLE = Answer(400, "not_readable")
WRONG_LENGTH = Answer(400, "wrong_length", ends=True)
NOT_VERIFIED = Answer(401, "not_verified")
NOT_HTTPS = Answer(403, "not_https", ends=True)
NOT_POST = Answer(405, "not_post", ends=True)
TOO_SLOW = Answer(408, "too_slow", ends=True)
NO_LENGTH = Answer(411, "no_length", ends=True)
TOO_LARGE = Answer(413, "too_large", ends=True)
UNAVAILABLE = Answer(503, "not_available")
UNEXPECTED = Answer(503, "unexpected")


class RefusedError(Exception):
    """It does not get any further."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


def _networks(value: Any) -> tuple[Network, ...]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise ConfigurationError(PROXIES)
    return tuple(_network(each) for each in value)


def _network(value: Any) -> Network:
    if value == "*":
        raise ConfigurationError(f"{PROXIES}; whoever trusts everybody says so with allow_http=True")
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ConfigurationError(PROXIES) from None


def _size(_admission: Any, _field: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError("max_body: a number of bytes, 1 or more, is needed")


@attrs.frozen(kw_only=True)
class Admission:
    """Who gets in.

    Attributes:
        trusted_proxies: The addresses and networks of those whose `X-Forwarded-Proto` is believed.
        allow_http: Whether plain HTTP will do.
        max_body: The most bytes that a body may have.
    """

    trusted_proxies: tuple[Network, ...] = attrs.field(default=(), converter=_networks)
    allow_http: bool = False
    max_body: int = attrs.field(default=1_048_576, validator=_size)

    def admit(self, method: str, scheme: str, peer: str, headers: Pairs) -> Body:
        """What will take the body of a request that may go on.

        Raises:
            RefusedError: It may not.
        """
        if method != "POST":
            raise RefusedError(NOT_POST)
        if not (self.allow_http or self._is_https(scheme, peer, headers)):
            raise RefusedError(NOT_HTTPS)
        declared = _length(headers)
        if declared is not None and declared > self.max_body:
            raise RefusedError(TOO_LARGE)
        return Body(self.max_body, declared)

    def _is_https(self, scheme: str, peer: str, headers: Pairs) -> bool:
        """Whether it came over HTTPS all the way: a proxy that is believed knows better than we do how it began."""
        forwarded = [
            each.strip().lower() for name, value in headers if name == "x-forwarded-proto" for each in value.split(",")
        ]
        if forwarded and self._is_trusted(peer):
            return set(forwarded) == {"https"}
        return scheme == "https"

    def _is_trusted(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self.trusted_proxies)


class Body:
    """Takes a body in pieces, and no more of it than is allowed."""

    def __init__(self, most: int, declared: int | None) -> None:
        self.declared = declared
        self._most, self._size, self._pieces = most, 0, list[bytes]()

    def add(self, piece: bytes) -> None:
        """Take what came next."""
        self._size += len(piece)
        if self.declared is not None and self._size > self.declared:
            raise RefusedError(WRONG_LENGTH)
        if self._size > self._most:
            raise RefusedError(TOO_LARGE)
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """All of it, once there is no more."""
        if self.declared is not None and self._size != self.declared:
            raise RefusedError(WRONG_LENGTH)
        return b"".join(self._pieces)


def _length(headers: Pairs) -> int | None:
    """What the headers say of the length, if anything."""
    said = {value.strip(" \t") for name, value in headers if name == "content-length"}
    if not said:
        return None
    text = said.pop()
    # Python would read 1_000, +5 and the digits of all scripts, and servers before us would not.
    if said or not (text.isascii() and text.isdecimal()):
        raise RefusedError(WRONG_LENGTH)
    return int(text) if len(text) < 20 else 10**20
