"""Deliveries for tests: a body as CleanLife is assumed to write it, and the headers that go with it."""

from __future__ import annotations

import json
from typing import Any

from worlds import BOOKING

from cleanlife_ext.webhooks import SignatureScheme

SECRET = "0123456789abcdef" * 4
OTHER = "fedcba9876543210" * 4
NOW = 1_780_000_000
ID = "5f0c2a34-7f5e-4b0a-9d37-0c3c5b1f7a01"
CREATED = "2026-05-28T23:26:40.000+03:00"


def body_of(event: str = "booking.created", **more: Any) -> bytes:
    """A body; *more* replaces what stands in it, or takes it away if it is `...`."""
    content = {"deliveryId": ID, "event": event, "createdAt": CREATED, "data": BOOKING, **more}
    present = {name: value for name, value in content.items() if value is not ...}
    return json.dumps(present, ensure_ascii=False, separators=(",", ":")).encode()


BODY = body_of()


def headers_of(
    body: bytes = BODY,
    secret: str = SECRET,
    *,
    now: float = NOW,
    id: str = ID,
    scheme: SignatureScheme = SignatureScheme.CLEANLIFE,
) -> dict[str, str]:
    """The headers of a delivery that is signed *now*."""
    return scheme.headers(body, secret, now=now, id=id)
