"""How CleanLife delivers, as the spec has it; nothing of it is written down here a second time."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol

from attrs import frozen
from cleanlife_traits import WEBHOOK_DELIVERY

from cleanlife_ext.webhooks.signing.schemes import SignatureScheme, fields_of


class Retrying(Protocol):
    """When a delivery has arrived, and when it is tried again."""

    @property
    def signature_header(self) -> str:
        """The header that proves who sent it."""
        ...

    @property
    def delays(self) -> tuple[dt.timedelta, ...]:
        """How long to wait after the first attempt, the second one and so on."""
        ...

    def accepts(self, status: int) -> bool:
        """Whether a delivery that is answered so has arrived."""
        ...


@frozen(kw_only=True)
class Terms(SignatureScheme):
    """How a delivery is signed, what else it looks like, and how often it is tried; any 2xx accepts it."""

    event_header: str
    user_agent: str
    timeout: float
    attempts: int
    delays: tuple[dt.timedelta, ...]
    manual_attempts: int
    follows_redirects: bool

    def accepts(self, status: int) -> bool:
        """Whether a delivery that is answered so has arrived."""
        return 200 <= status < 300


def terms(trait: Mapping[str, Any]) -> Terms:
    """The terms that stand in the spec's `x-webhook-delivery`."""
    delivery = trait["delivery"]
    return Terms(
        **fields_of(trait),
        event_header=delivery["event"],
        user_agent=delivery["user-agent"],
        timeout=delivery["timeout"],
        attempts=delivery["attempts"],
        delays=tuple(dt.timedelta(seconds=seconds) for seconds in delivery["retry-after"]),
        manual_attempts=delivery["manual-attempts"],
        follows_redirects=delivery["redirects"],
    )


TERMS = terms(WEBHOOK_DELIVERY)
