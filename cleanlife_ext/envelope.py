"""What every success of the API is wrapped in."""

from __future__ import annotations

from typing import Protocol, TypeVar, cast

from cleanlife_client.models import ErrorResponse

__all__ = ["Envelope", "data"]

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Envelope(Protocol[T_co]):
    """A generated model with the answer proper in `data`."""

    @property
    def data(self) -> T_co: ...


def data(answer: Envelope[T] | ErrorResponse | None) -> T:
    """What is in the envelope. The session lets nothing but successes through, whatever the generated types allow."""
    return cast("Envelope[T]", answer).data
