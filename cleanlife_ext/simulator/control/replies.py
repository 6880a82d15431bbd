"""What goes back to whoever steers the simulator."""

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from cleanlife_ext.simulator import envelopes
from cleanlife_ext.simulator.calls import NO_TEXTS
from cleanlife_ext.simulator.refusals import Refusal


@frozen
class Reply:
    """A response, whatever it is made of."""

    status: int
    content: bytes = field(default=b"", repr=False)
    media_type: str | None = "application/json"
    headers: Mapping[str, str] = NO_TEXTS


def success(data: object, headers: Mapping[str, str] = NO_TEXTS) -> Reply:
    """200 with *data* in the envelope of the API."""
    return _enveloped(200, {"success": True, "data": data}, headers)


def failure(refusal: Refusal, request_id: str) -> Reply:
    """*refusal* in the envelope of the API."""
    return _enveloped(refusal.status, envelopes.failure(refusal, request_id).json, refusal.headers)


def unchanged(headers: Mapping[str, str]) -> Reply:
    """304: what the caller has is still true."""
    return Reply(304, b"", None, headers)


def _enveloped(status: int, value: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
    content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return Reply(status, content, headers={"Cache-Control": "no-store", **headers})
