"""What is remembered of a request: enough to assert on, nothing secret."""

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType

from attrs import frozen

from cleanlife_ext.simulator.calls import Answer, Call
from cleanlife_ext.simulator.faults import Fault
from cleanlife_ext.simulator.routes import Match

REDACTED = "[redacted]"
_SECRET = frozenset({"x-api-key", "api_key", "authorization", "cookie"})
# Strangers choose how much they send; the log of ten thousand requests must not grow with it.
_LONGEST, _MOST = 500, 50


@frozen
class RecordedRequest:
    """A request that came in; keys in *query* and *headers* are redacted, header names are lower-case.

    *operation_id* is None where no operation was meant, *status* where no answer went out. *at*: when, by the
    simulator's clock. *fault*: which one struck, if any did; ``delay+fill_slot`` where both the network and the world
    failed.
    """

    method: str
    path: str
    operation_id: str | None
    status: int | None
    request_id: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: dt.datetime
    fault: str | None


def recorded(
    call: Call, match: Match | None, answer: Answer, request_id: str, at: dt.datetime, struck: Iterable[Fault]
) -> RecordedRequest:
    """*call*, as it may be remembered."""
    return RecordedRequest(
        method=call.method,
        path=call.path[:_LONGEST],
        operation_id=match.route.operation_id if match else None,
        status=None if answer.manner.is_dropped else answer.status,
        request_id=request_id[:_LONGEST],
        query=_kept(call.query),
        headers=_kept(call.headers),
        at=at,
        fault="+".join(sorted(fault.name for fault in struck)) or None,
    )


def _kept(values: Mapping[str, str]) -> Mapping[str, str]:
    first = islice(values.items(), _MOST)
    return MappingProxyType(
        {name[:_LONGEST]: REDACTED if name.lower() in _SECRET else value[:_LONGEST] for name, value in first}
    )
