"""How CleanLife delivers, as the spec has it; nothing of it is written down here a second time."""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen
from cleanlife_traits import WEBHOOK_DELIVERY

_ALGORITHMS: Mapping[str, Callable[..., Any]] = MappingProxyType({"hmac-sha256": hashlib.sha256})
_KEYS: Mapping[str, Callable[[str], bytes]] = MappingProxyType({"utf-8": str.encode, "hex": bytes.fromhex})


@frozen
class Terms:
    """What a delivery looks like, and how often it is tried.

    *message* holds ``{timestamp}`` and ``{body}``, *value* holds ``{hex}``; *key* makes bytes of a secret's text.
    """

    algorithm: Callable[..., Any]
    key: Callable[[str], bytes]
    message: str
    value: str
    signature_header: str
    timestamp_header: str
    id_header: str
    event_header: str
    user_agent: str
    timeout: float
    attempts: int
    delays: tuple[dt.timedelta, ...]
    manual_attempts: int
    follows_redirects: bool


def terms(trait: Mapping[str, Any]) -> Terms:
    """The terms that stand in the spec's `x-webhook-delivery`."""
    signature, delivery = trait["signature"], trait["delivery"]
    return Terms(
        algorithm=_ALGORITHMS[signature["algorithm"]],
        key=_KEYS[signature["key"]],
        message=signature["message"],
        value=signature["value"],
        signature_header=signature["header"],
        timestamp_header=signature["timestamp"],
        id_header=delivery["id"],
        event_header=delivery["event"],
        user_agent=delivery["user-agent"],
        timeout=delivery["timeout"],
        attempts=delivery["attempts"],
        delays=tuple(dt.timedelta(seconds=seconds) for seconds in delivery["retry-after"]),
        manual_attempts=delivery["manual-attempts"],
        follows_redirects=delivery["redirects"],
    )


TERMS = terms(WEBHOOK_DELIVERY)
