"""Webhooks that lose nothing: verified, written down, processed once, in order."""

from cleanlife_ext.webhooks.entry import InboxEntry
from cleanlife_ext.webhooks.events import (
    BookingAppointmentStatusChanged,
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingPaymentConfirmed,
    BookingPaymentFailed,
    BookingUpdated,
    Event,
    UnknownEvent,
)
from cleanlife_ext.webhooks.inbox import Inbox
from cleanlife_ext.webhooks.processing import Patience
from cleanlife_ext.webhooks.receiver import WebhookReceiver
from cleanlife_ext.webhooks.states import State

__all__ = [
    "BookingAppointmentStatusChanged",
    "BookingCancelled",
    "BookingCreated",
    "BookingEvent",
    "BookingPaymentConfirmed",
    "BookingPaymentFailed",
    "BookingUpdated",
    "Event",
    "Inbox",
    "InboxEntry",
    "Patience",
    "State",
    "UnknownEvent",
    "WebhookReceiver",
]
