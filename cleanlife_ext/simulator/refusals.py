"""Everything the API says no with.

Refusal            a status, a code from the documentation, a sentence
├── 400  invalid
├── 401  unauthorized
├── 403  forbidden, unknown_domain, sandbox_domain
├── 404  not_found, service_not_allowed, delivery_not_retryable, no_such_path
├── 405  wrong_method
├── 409  duplicate_reference
├── 413  too_large
├── 422  booking_not_updatable, booking_already_cancelled, timeslot_not_available,
│        payment_mismatch, booking_not_payable, payment_already_confirmed
├── 429  rate_limited
├── 431  head_too_large
└── 500  internal_error
"""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType

from attrs import frozen

_CODES = {
    400: "VALIDATION_ERROR",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "RESOURCE_NOT_FOUND",
    409: "DUPLICATE_EXTERNAL_REFERENCE",
    422: "BOOKING_CREATION_FAILED",
    429: "RATE_LIMIT_EXCEEDED",
}
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@frozen
class Refusal(Exception):  # noqa: N818 - the API refuses; nothing went wrong here
    """An answer other than success; whoever raises it has changed nothing."""

    status: int
    code: str
    message: str
    details: Mapping[str, object] | None = None
    headers: Mapping[str, str] = NO_HEADERS


def code_of(status: int) -> str:
    """The code that is documented for *status*, or one like it."""
    if status >= 500:
        return "INTERNAL_ERROR"
    try:
        return _CODES.get(status) or HTTPStatus(status).name
    except ValueError:  # No status of the standard.
        return f"HTTP_{status}"


def invalid(messages: Sequence[str]) -> Refusal:
    """400, with every message in the details and the first one on top."""
    details = {"message": list(messages), "statusCode": 400, "error": "Bad Request"}
    return Refusal(400, "VALIDATION_ERROR", messages[0], details)


def unauthorized(message: str) -> Refusal:
    """401: no key, an unknown one, or one that was switched off."""
    return Refusal(401, "UNAUTHORIZED", message)


def forbidden(message: str) -> Refusal:
    """403: the key is good, but not for this."""
    return Refusal(403, "FORBIDDEN", message)


def unknown_domain() -> Refusal:
    """403: the browser's page stands on a domain that is not registered."""
    return Refusal(403, "INVALID_PARTNER_DOMAIN", "Request origin does not match a registered partner domain")


def sandbox_domain() -> Refusal:
    """403: the domain is registered for a sandbox that is switched off."""
    return Refusal(403, "SANDBOX_DOMAIN_NOT_ALLOWED", "Sandbox access is currently disabled")


def not_found(what: str) -> Refusal:
    """404: missing, or another partner's, which looks the same on purpose."""
    return Refusal(404, "RESOURCE_NOT_FOUND", f"{what} not found")


def service_not_allowed() -> Refusal:
    """404: the service exists, but is not in the partner's catalogue."""
    return Refusal(404, "SERVICE_NOT_ALLOWED", "Service is not enabled for this partner")


def delivery_not_retryable() -> Refusal:
    """404, as documented: only a failed delivery can be retried."""
    return Refusal(404, "DELIVERY_NOT_RETRYABLE", "Only FAILED deliveries can be retried")


def no_such_path(method: str, path: str) -> Refusal:
    """404: no operation lives here."""
    return Refusal(404, "RESOURCE_NOT_FOUND", f"Cannot {method} {path}")


def wrong_method(method: str, path: str, allowed: Iterable[str]) -> Refusal:
    """405: the path exists, the method does not."""
    headers = {"Allow": ", ".join(sorted(allowed))}
    return Refusal(405, "METHOD_NOT_ALLOWED", f"Cannot {method} {path}", headers=headers)


def duplicate_reference() -> Refusal:
    """409: one of the partner's bookings has this reference already."""
    return Refusal(409, "DUPLICATE_EXTERNAL_REFERENCE", "externalReference is already used by another booking")


def idempotency_conflict() -> Refusal:
    """409: the idempotency key was used for another booking. Nobody has documented the code."""
    return Refusal(409, "IDEMPOTENCY_CONFLICT", "Idempotency-Key was already used with another payload")


def too_large(most: int) -> Refusal:
    """413: a body of more than *most* bytes."""
    return Refusal(413, "PAYLOAD_TOO_LARGE", f"Request body must not be larger than {most} bytes")


def head_too_large(most: int) -> Refusal:
    """431: path and headers of more than *most* characters."""
    return Refusal(431, "REQUEST_HEADER_FIELDS_TOO_LARGE", f"Path and headers must not exceed {most} characters")


def booking_not_updatable(status: str) -> Refusal:
    """422: the booking's story is over."""
    return Refusal(422, "BOOKING_NOT_UPDATABLE", f"A booking that is '{status}' cannot be updated")


def booking_already_cancelled() -> Refusal:
    """422: it was cancelled before."""
    return Refusal(422, "BOOKING_ALREADY_CANCELLED", "Booking is already cancelled")


def timeslot_not_available() -> Refusal:
    """422: no team is free then, or there is no such slot."""
    return Refusal(422, "TIMESLOT_NOT_AVAILABLE", "The requested timeslot is not available")


def payment_mismatch() -> Refusal:
    """422: CleanLife collects the money, so there is nothing to confirm."""
    return Refusal(422, "PAYMENT_RESPONSIBILITY_MISMATCH", "Payment is collected by CleanLife for this partner")


def booking_not_payable(status: str) -> Refusal:
    """422: nobody pays for a booking that ended badly."""
    return Refusal(422, "BOOKING_NOT_PAYABLE", f"A booking that is '{status}' cannot be paid")


def payment_already_confirmed() -> Refusal:
    """422: it was confirmed before."""
    return Refusal(422, "PAYMENT_ALREADY_CONFIRMED", "Payment is already confirmed")


def rate_limited() -> Refusal:
    """429, without saying when to come back, as documented."""
    return Refusal(429, "RATE_LIMIT_EXCEEDED", "Partner API rate limit exceeded")


def internal_error() -> Refusal:
    """500: a mistake in the simulator, told without its traceback."""
    return Refusal(500, "INTERNAL_ERROR", "Internal server error")
