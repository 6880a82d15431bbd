"""The CleanLife Partner API in Python: `CleanLife` and `AsyncCleanLife`."""

from importlib.metadata import version as _version

from cleanlife_client.models import (
    Booking,
    BookingStatus,
    CancellationReason,
    Contact,
    CustomService,
    Delivery,
    DeliveryStatus,
    EventType,
    PaymentStatus,
    PricingTier,
    Service,
    SortOrder,
    Subscription,
    SubscriptionStatus,
    WorkType,
)

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.engine.message import Attempt
from cleanlife_ext.engine.trace import Call, Calls, explain
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
    InboxError,
    InternalServerError,
    LedgerError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    UnexpectedResponseError,
    UnprocessableEntityError,
    WebhookVerificationError,
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
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "Booking",
    "BookingCreationFailedError",
    "BookingStatus",
    "Call",
    "Calls",
    "CancellationReason",
    "CleanLife",
    "CleanLifeError",
    "ConfigurationError",
    "ConflictError",
    "Contact",
    "CustomService",
    "DeadlineExceededError",
    "Delivery",
    "DeliveryStatus",
    "DuplicateExternalReferenceError",
    "EventType",
    "InboxError",
    "InternalServerError",
    "LedgerError",
    "NotFoundError",
    "OutcomeUnknownError",
    "Pages",
    "PaymentStatus",
    "PermissionDeniedError",
    "PriceItem",
    "PricingTier",
    "Quote",
    "RateLimitError",
    "Service",
    "SortOrder",
    "Subscription",
    "SubscriptionStatus",
    "Timeslot",
    "UnexpectedResponseError",
    "UnprocessableEntityError",
    "WebhookVerificationError",
    "WorkType",
    "explain",
]

__version__ = _version("cleanlife-ext")
