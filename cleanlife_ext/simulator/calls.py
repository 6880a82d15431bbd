"""What goes in and comes out, as plain values: no socket, no framework."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from cleanlife_ext.simulator.partners import Partner

NO_TEXTS: Mapping[str, str] = MappingProxyType({})
NO_VALUES: Mapping[str, Any] = MappingProxyType({})


@frozen
class Call:
    """A request as it arrived; header names are lower-case.

    *body* None: it was too large to be kept.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default=NO_TEXTS, repr=False)
    headers: Mapping[str, str] = field(default=NO_TEXTS, repr=False)
    body: bytes | None = field(default=b"", repr=False)
    client_host: str = ""


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
class Answer:
    """A response, with the JSON value that becomes its body."""

    status: int
    json: Mapping[str, Any]
    headers: Mapping[str, str] = NO_TEXTS

    @property
    def content(self) -> bytes:
        """The body's bytes; Arabic stays readable."""
        return json.dumps(self.json, ensure_ascii=False, separators=(",", ":")).encode()
