"""The CleanLife Partner API in Python: `CleanLife` and `AsyncCleanLife`."""

from cleanlife_client.models import CustomService

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BookingCreationFailedError,
    CleanLifeError,
    ConfigurationError,
    ConflictError,
    DeadlineExceededError,
    DuplicateExternalReferenceError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    UnexpectedResponseError,
    UnprocessableEntityError,
)
from cleanlife_ext.pages import AsyncPages, Pages
from cleanlife_ext.quotes import PriceItem, Quote
from cleanlife_ext.timeslot import Timeslot

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncCleanLife",
    "AsyncPages",
    "AuthenticationError",
    "BadRequestError",
    "BookingCreationFailedError",
    "CleanLife",
    "CleanLifeError",
    "ConfigurationError",
    "ConflictError",
    "CustomService",
    "DeadlineExceededError",
    "DuplicateExternalReferenceError",
    "InternalServerError",
    "NotFoundError",
    "OutcomeUnknownError",
    "Pages",
    "PermissionDeniedError",
    "PriceItem",
    "Quote",
    "RateLimitError",
    "Timeslot",
    "UnexpectedResponseError",
    "UnprocessableEntityError",
]
