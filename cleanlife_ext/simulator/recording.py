"""What is remembered of a request: enough to assert on, nothing secret."""

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType

from attrs import field, frozen

from cleanlife_ext.simulator.calls import Answer, Call
from cleanlife_ext.simulator.faults import Fault

REDACTED = "[redacted]"
_SECRET = frozenset({"x-api-key", "api_key", "authorization", "proxy-authorization", "cookie"})
_SHORTEST_KEY = 8  # What is shorter is none, and may be part of any word.
# Strangers choose how much they send; the log of ten thousand requests must not grow with it.
_LONGEST, _MOST, _MOST_IN_ALL = 500, 50, 4000


@frozen
class RecordedRequest:
    """A request that came in; its key or token is redacted wherever it stands, header names are lower-case.

    *operation_id* is None where no operation was meant, *status* where no answer went out. *at*: when, by the
    simulator's clock. *fault*: which one struck, if any did; ``delay+fill_slot`` where both the network and the world
    failed.
    """

    method: str
    path: str
    operation_id: str | None
    status: int | None
    request_id: str
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    at: dt.datetime
    fault: str | None


def recorded(
    call: Call, operation_id: str | None, answer: Answer, request_id: str, at: dt.datetime, struck: Iterable[Fault]
) -> RecordedRequest:
    """*call*, as it may be remembered."""
    kept = _Keeping(_keys(call))
    return RecordedRequest(
        method=kept.text(call.method),
        path=kept.text(call.path),
        operation_id=operation_id,
        status=None if answer.manner.is_dropped else answer.status,
        request_id=kept.text(request_id),
        query=kept.pairs(call.query),
        headers=kept.pairs(call.headers),
        at=at,
        fault="+".join(sorted(fault.name for fault in struck)) or None,
    )


@frozen
class _Keeping:
    """What is kept of a request that was made with *keys*."""

    keys: tuple[str, ...]

    def text(self, value: str) -> str:
        for key in self.keys:
            value = value.replace(key, REDACTED)
        return value[:_LONGEST]

    def pairs(self, values: Mapping[str, str]) -> Mapping[str, str]:
        kept: dict[str, str] = {}
        room = _MOST_IN_ALL
        for name, value in islice(values.items(), _MOST):
            short = self.text(name), REDACTED if name.lower() in _SECRET else self.text(value)
            room -= sum(map(len, short))
            if room < 0:
                break
            kept[short[0]] = short[1]
        return MappingProxyType(kept)


def _keys(call: Call) -> tuple[str, ...]:
    token = call.headers.get("authorization", "").partition(" ")[2].strip()
    keys = call.headers.get("x-api-key", ""), call.query.get("api_key", ""), token
    return tuple(key for key in keys if len(key) >= _SHORTEST_KEY)
