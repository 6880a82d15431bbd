"""Webhooks: is it CleanLife's, and what does it say?

```python
from cleanlife_ext.webhooks import SignatureScheme

scheme = SignatureScheme(prefix="", encoding="base64")  # How deliveries are signed, if not as is assumed.
```
"""

from cleanlife_ext.webhooks.diagnosis import Diagnosis, Fit, diagnose
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
from cleanlife_ext.webhooks.schemes import SignatureScheme
from cleanlife_ext.webhooks.secrets import Secret
from cleanlife_ext.webhooks.verification import Reason, verify

__all__ = [
    "BookingAppointmentStatusChanged",
    "BookingCancelled",
    "BookingCreated",
    "BookingEvent",
    "BookingPaymentConfirmed",
    "BookingPaymentFailed",
    "BookingUpdated",
    "Diagnosis",
    "Event",
    "Fit",
    "Reason",
    "Secret",
    "SignatureScheme",
    "UnknownEvent",
    "diagnose",
    "verify",
]
