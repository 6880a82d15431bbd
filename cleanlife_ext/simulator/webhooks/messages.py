"""The body of a delivery.

No page shows one, so this is assumed: an envelope that says which delivery and which event it is, around the booking
as the API shows it. Where the status of an appointment has changed, the one before stands beside it.
"""

import json

from cleanlife_ext.simulator import shapes
from cleanlife_ext.simulator.times import riyadh_text
from cleanlife_ext.simulator.webhooks.values import APPOINTMENT_EVENT, Event


def body(event: Event, delivery_id: str) -> bytes:
    """The bytes that are sent, on every attempt the same; Arabic stays readable."""
    data = shapes.booking(event.booking)
    if event.name == APPOINTMENT_EVENT:
        data["previousStatus"] = event.previous_status
    message = {
        "deliveryId": delivery_id,
        "event": event.name,
        "createdAt": riyadh_text(event.created_at),
        "data": data,
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
