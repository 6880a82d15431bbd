"""What is remembered of a request: enough to assert on, nothing secret."""

from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType

from attrs import frozen

from cleanlife_ext.simulator.calls import Call
from cleanlife_ext.simulator.routes import Match

REDACTED = "[redacted]"
_SECRET = frozenset({"x-api-key", "api_key", "authorization", "cookie"})
# Strangers choose how much they send; the log of ten thousand requests must not grow with it.
_LONGEST, _MOST = 500, 50


@frozen
class RecordedRequest:
    """A request that was answered; keys in *query* and *headers* are redacted.

    *operation_id* is None where no operation was meant, header names are lower-case.
    """

    method: str
    path: str
    operation_id: str | None
    status: int
    request_id: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


def recorded(call: Call, match: Match | None, status: int, request_id: str) -> RecordedRequest:
    """*call*, as it may be remembered."""
    return RecordedRequest(
        method=call.method,
        path=call.path[:_LONGEST],
        operation_id=match.route.operation_id if match else None,
        status=status,
        request_id=request_id[:_LONGEST],
        query=_kept(call.query),
        headers=_kept(call.headers),
    )


def _kept(values: Mapping[str, str]) -> Mapping[str, str]:
    first = islice(values.items(), _MOST)
    return MappingProxyType(
        {name[:_LONGEST]: REDACTED if name.lower() in _SECRET else value[:_LONGEST] for name, value in first}
    )
