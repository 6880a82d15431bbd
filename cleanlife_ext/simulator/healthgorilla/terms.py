"""How Health Gorilla delivers, as the spec has it; nothing of it is written down here a second time."""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any

from attrs import frozen
from healthgorilla_traits import WEBHOOK_DELIVERY

from cleanlife_ext.simulator.webhooks.values import Delivery

_SIGNATURE: Mapping[str, Any] = WEBHOOK_DELIVERY["signature"]
_DELIVERY: Mapping[str, Any] = WEBHOOK_DELIVERY["delivery"]


@frozen
class Terms:
    """How a delivery is tried."""

    signature_header: str
    timeout: float
    attempts: int
    delays: tuple[dt.timedelta, ...]
    accepted: frozenset[int]

    def accepts(self, status: int) -> bool:
        """Whether a delivery that is answered so has arrived."""
        return status in self.accepted


TERMS = Terms(
    _SIGNATURE["header"],
    _DELIVERY["timeout"],
    _DELIVERY["attempts"],
    tuple(dt.timedelta(seconds=seconds) for seconds in _DELIVERY["retry-after"]),
    frozenset(_DELIVERY["acknowledged"]),
)


def headers(delivery: Delivery, created: str, secret: str, at: dt.datetime) -> dict[str, str]:
    """What goes with the body of an attempt that is made now; each one is signed with its own time."""
    date = format_datetime(at.astimezone(dt.UTC), usegmt=True)
    proof = signed(delivery.body, secret, timestamp=date, id=delivery.id)
    return {
        "User-Agent": _DELIVERY["user-agent"],
        _SIGNATURE["timestamp"]: date,
        _DELIVERY["id"]: delivery.id,
        _DELIVERY["created"]: created,
        _DELIVERY["event"]: delivery.event,
        **proof,
    }


def signed(body: bytes, secret: str, *, timestamp: str, id: str) -> dict[str, str]:
    """The headers with the digest of *body*, and with the proof that whoever holds *secret* sent it."""
    rule = _SIGNATURE["digest"]
    digest = _written(rule["value"], hashlib.new(rule["algorithm"], body).digest())
    message = _SIGNATURE["message"].format(timestamp=timestamp, id=id, digest=digest)
    proof = hmac.digest(secret.encode(_SIGNATURE["key"]), message.encode(), _SIGNATURE["algorithm"].partition("-")[2])
    return {rule["header"]: digest, _SIGNATURE["header"]: _written(_SIGNATURE["value"], proof)}


def _written(form: str, value: bytes) -> str:
    return form.format(base64=base64.b64encode(value).decode(), hex=value.hex())
