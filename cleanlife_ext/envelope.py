"""What every success of the API is wrapped in."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, cast

from cleanlife_client.models import ErrorResponse
from cleanlife_client.types import Response as Answer

from cleanlife_ext.engine.message import Headers, Response, Scope
from cleanlife_ext.engine.observe import inform
from cleanlife_ext.errors import CleanLifeError, UnexpectedResponseError
from cleanlife_ext.provider import CLEANLIFE

__all__ = ["Envelope", "data", "unreadable"]

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Envelope(Protocol[T_co]):
    """A generated model with the answer proper in `data`."""

    @property
    def data(self) -> T_co: ...


def data(answer: Envelope[T] | ErrorResponse | None) -> T:
    """What is in the envelope. The session lets nothing but successes through, whatever the generated types allow."""
    return cast("Envelope[T]", answer).data


def unreadable(answer: Answer[Any], operation: str, reason: str, scope: Scope) -> CleanLifeError:
    """The error for an answer that decodes, and yet cannot be an answer to what was asked."""
    response = Response(int(answer.status_code), Headers(answer.headers.items()), answer.content)
    error = UnexpectedResponseError(f"an answer that is not the API's: {reason}", response=response)
    error.operation, error.ambiguous = operation, False
    error.request_id, error.ids = CLEANLIFE.request_id(response.headers), CLEANLIFE.ids(response.headers)
    inform(error, scope)
    return error
