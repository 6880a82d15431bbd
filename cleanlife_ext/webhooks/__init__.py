"""Webhooks that lose nothing: verified, written down, processed in order, at least once.

```python
from cleanlife_ext.webhooks import SignatureScheme

scheme = SignatureScheme(prefix="", encoding="base64")  # How deliveries are signed, if not as is assumed.
```
"""

from cleanlife_ext.webhooks.diagnosis import Diagnosis, Fit, diagnose
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
from cleanlife_ext.webhooks.rotation import Rotated
from cleanlife_ext.webhooks.schemes import SignatureScheme
from cleanlife_ext.webhooks.secrets import Secret
from cleanlife_ext.webhooks.states import State
from cleanlife_ext.webhooks.verification import Reason, verify
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
