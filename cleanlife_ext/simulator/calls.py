"""What goes in and comes out, as plain values: no socket, no framework."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from cleanlife_ext.simulator.partners import Partner

NO_TEXTS: Mapping[str, str] = MappingProxyType({})
NO_VALUES: Mapping[str, Any] = MappingProxyType({})


@frozen
class Call:
    """A request as it arrived; the path is decoded, header names are lower-case.

    *body* None: it was too large to be kept.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default=NO_TEXTS, repr=False)
    headers: Mapping[str, str] = field(default=NO_TEXTS, repr=False)
    body: bytes | None = field(default=b"", repr=False)
    client_host: str = ""
    scheme: str = "http"


@frozen
class Ask:
    """A request that passed all checks: who wants what; *host* is the address by which the API was called."""

    partner: Partner
    id: str = ""
    query: Mapping[str, Any] = field(default=NO_VALUES, repr=False)
    body: Mapping[str, Any] = field(default=NO_VALUES, repr=False)
    host: str = ""


@frozen
class Page:
    """Part of a list, and where it stands in the whole."""

    items: list[object]
    page: int
    limit: int
    total: int


@frozen
class Manner:
    """How an answer is handed over, whichever way the call came in.

    *delay*: seconds before it. *is_dropped*: the connection is closed instead. *is_cut*: it is closed after half of
    the body. *bytes_per_second*: at what rate the body leaves, None for as fast as can be.
    """

    delay: float = 0.0
    is_dropped: bool = False
    is_cut: bool = False
    bytes_per_second: float | None = None

    @property
    def is_prompt(self) -> bool:
        """Whether the body follows its head at once and as a whole."""
        return not self.is_cut and self.bytes_per_second is None

    def pieces(self, content: bytes) -> Iterator[tuple[float, bytes]]:
        """What of *content* is sent, each piece with the seconds to wait before it."""
        if self.is_cut:
            content = content[: len(content) // 2]
        if self.bytes_per_second is None:
            yield 0.0, content
            return
        size = max(1, int(self.bytes_per_second * TICK))
        for start in range(0, len(content), size):
            piece = content[start : start + size]
            yield len(piece) / self.bytes_per_second, piece

    def seconds(self, content: bytes) -> float:
        """How long it takes until all of *content* is there."""
        return self.delay + (len(content) / self.bytes_per_second if self.bytes_per_second else 0.0)


TICK = 0.05  # seconds between two pieces of a body that drips, if it drips that fast
AT_ONCE = Manner()
DROPPED = Manner(is_dropped=True)


@frozen
class Answer:
    """A response, with the JSON value that becomes its body, and how it is handed over.

    *is_empty*: there is no body. *html*: the body instead, where it is not the API that answers.
    """

    status: int
    json: Mapping[str, Any]
    headers: Mapping[str, str] = NO_TEXTS
    html: str = ""
    manner: Manner = AT_ONCE
    json_type: str = "application/json"
    is_empty: bool = False

    @property
    def content(self) -> bytes:
        """The body's bytes; Arabic stays readable."""
        if self.is_empty:
            return b""
        return (self.html or json.dumps(self.json, ensure_ascii=False, separators=(",", ":"))).encode()

    @property
    def media_type(self) -> str | None:
        """What the body is; None where there is none."""
        if self.is_empty:
            return None
        return "text/html; charset=utf-8" if self.html else self.json_type


NO_ANSWER = Answer(0, {}, manner=DROPPED)  # Where there is not even one that could be dropped.
