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
from cleanlife_ext.webhooks.folding import BookingState, fold
from cleanlife_ext.webhooks.inbox import Inbox
from cleanlife_ext.webhooks.processing import Patience
from cleanlife_ext.webhooks.receiver import WebhookReceiver
from cleanlife_ext.webhooks.reconciliation import Reconciled
from cleanlife_ext.webhooks.states import State
from cleanlife_ext.webhooks.view import BookingView

__all__ = [
    "BookingAppointmentStatusChanged",
    "BookingCancelled",
    "BookingCreated",
    "BookingEvent",
    "BookingPaymentConfirmed",
    "BookingPaymentFailed",
    "BookingState",
    "BookingUpdated",
    "BookingView",
    "Event",
    "Inbox",
    "InboxEntry",
    "Patience",
    "Reconciled",
    "State",
    "UnknownEvent",
    "WebhookReceiver",
    "fold",
]
