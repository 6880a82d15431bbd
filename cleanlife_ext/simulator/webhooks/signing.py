"""The headers of a delivery, of which one proves who sent it."""

import datetime as dt
import hmac

from cleanlife_ext.simulator.webhooks.terms import TERMS, Terms
from cleanlife_ext.simulator.webhooks.values import Delivery


def headers(delivery: Delivery, secret: str, at: dt.datetime, terms: Terms = TERMS) -> dict[str, str]:
    """What goes with the body of an attempt that is made now; each one is signed with its own time."""
    timestamp = str(int(at.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": terms.user_agent,
        terms.event_header: delivery.event,
        terms.id_header: delivery.id,
        terms.timestamp_header: timestamp,
        terms.signature_header: signature(delivery.body, secret, timestamp, terms),
    }


def signature(body: bytes, secret: str, timestamp: str, terms: Terms = TERMS) -> str:
    """Proof that whoever holds *secret* said *body* at that time."""
    # The body comes last, so that nothing in it is taken for a placeholder.
    message = terms.message.encode().replace(b"{timestamp}", timestamp.encode()).replace(b"{body}", body)
    digest = hmac.new(terms.key(secret), message, terms.algorithm).hexdigest()
    return terms.value.replace("{hex}", digest)
