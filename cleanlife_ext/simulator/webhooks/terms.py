"""How an API delivers, as its spec has it; nothing of it is written down here a second time."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from attrs import frozen
from cleanlife_traits import WEBHOOK_DELIVERY

from cleanlife_ext.webhooks.signing.schemes import SignatureScheme, fields_of


@frozen(kw_only=True)
class Terms(SignatureScheme):
    """How a delivery is signed, what else it looks like, and how often it is tried.

    *acknowledged*: the statuses that accept it; any 2xx if there are none. *created_header*: tells when it was made.
    """

    event_header: str
    user_agent: str
    timeout: float
    attempts: int
    delays: tuple[dt.timedelta, ...]
    manual_attempts: int
    follows_redirects: bool
    acknowledged: frozenset[int]
    created_header: str | None

    def accepts(self, status: int) -> bool:
        """Whether a delivery that is answered so has arrived."""
        return status in self.acknowledged if self.acknowledged else 200 <= status < 300


def terms(trait: Mapping[str, Any]) -> Terms:
    """The terms that stand in a spec's `x-webhook-delivery`."""
    delivery = trait["delivery"]
    return Terms(
        **fields_of(trait),
        event_header=delivery["event"],
        user_agent=delivery["user-agent"],
        timeout=delivery["timeout"],
        attempts=delivery["attempts"],
        delays=tuple(dt.timedelta(seconds=seconds) for seconds in delivery["retry-after"]),
        manual_attempts=delivery.get("manual-attempts", 0),
        follows_redirects=delivery.get("redirects", False),
        acknowledged=frozenset(delivery.get("acknowledged", ())),
        created_header=delivery.get("created"),
    )


TERMS = terms(WEBHOOK_DELIVERY)
