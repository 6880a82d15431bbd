"""Webhooks that lose nothing: verified, written down, processed in order, at least once.

```python
from cleanlife_ext.webhooks import SignatureScheme

scheme = SignatureScheme(prefix="", encoding="base64")  # How deliveries are signed, if not as is assumed.
```
"""

from cleanlife_ext.webhooks.bookings.folding import BookingState, fold
from cleanlife_ext.webhooks.bookings.view import BookingView
from cleanlife_ext.webhooks.diagnosis.diagnosis import Diagnosis, Fit, diagnose
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
from cleanlife_ext.webhooks.inbox.entry import InboxEntry
from cleanlife_ext.webhooks.inbox.inbox import Inbox
from cleanlife_ext.webhooks.inbox.states import State
from cleanlife_ext.webhooks.keys.rotation import Rotated
from cleanlife_ext.webhooks.processing.processor import Patience
from cleanlife_ext.webhooks.receiver import WebhookReceiver
from cleanlife_ext.webhooks.reconciliation import Reconciled
from cleanlife_ext.webhooks.signing.digests import BodyDigest
from cleanlife_ext.webhooks.signing.schemes import SignatureScheme
from cleanlife_ext.webhooks.signing.secrets import Secret
from cleanlife_ext.webhooks.signing.verification import Reason
from cleanlife_ext.webhooks.verification import verify

__all__ = [
    "BodyDigest",
    "BookingAppointmentStatusChanged",
    "BookingCancelled",
    "BookingCreated",
    "BookingEvent",
    "BookingPaymentConfirmed",
    "BookingPaymentFailed",
    "BookingState",
    "BookingUpdated",
    "BookingView",
    "Diagnosis",
    "Event",
    "Fit",
    "Inbox",
    "InboxEntry",
    "Patience",
    "Reason",
    "Reconciled",
    "Rotated",
    "Secret",
    "SignatureScheme",
    "State",
    "UnknownEvent",
    "WebhookReceiver",
    "diagnose",
    "fold",
    "verify",
]
