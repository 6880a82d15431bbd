"""The headers of a delivery, of which one proves who sent it."""

import datetime as dt

from cleanlife_ext.simulator.times import utc_text
from cleanlife_ext.simulator.webhooks.terms import TERMS, Terms
from cleanlife_ext.simulator.webhooks.values import Delivery

JSON = "application/json"


def headers(
    delivery: Delivery, secret: str, at: dt.datetime, terms: Terms = TERMS, *, type: str = JSON
) -> dict[str, str]:
    """What goes with the body of an attempt that is made now; each one is signed with its own time.

    *type*: what the body is; empty where there is none.
    """
    told = {"Content-Type": type} if type else {}
    if terms.created_header is not None:
        told[terms.created_header] = utc_text(delivery.created_at)
    return {
        **told,
        "User-Agent": terms.user_agent,
        terms.event_header: delivery.event,
        **terms.headers(delivery.body, secret, now=at, id=delivery.id),
    }


def signature(body: bytes, secret: str, timestamp: str, terms: Terms = TERMS) -> str:
    """Proof that whoever holds *secret* said *body* at that time."""
    return terms.signature(body, secret, timestamp=timestamp)
