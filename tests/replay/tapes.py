"""How tapes are written and read: what tells requests apart, and what never gets onto a tape.

A tape lies beneath the layers, at the HTTP library, so retries, cache and checks are alive when it is replayed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import vcr
from vcr.record_mode import RecordMode
from vcr.request import Request

FOLDER = Path(__file__).parents[2] / "cassettes"
SETTING = "setting.json"
HOST = "http://simulator"
BASE_URL = f"{HOST}/v1"

# Placeholders. A new recording of the same answers gives the same tape.
SAME_ID = "00000000-0000-4000-8000-000000000001"
NO_SECRET = "filtered"
KEPT_OF_REQUESTS = ("accept", "content-type")
KEPT_OF_ANSWERS = ("content-type",)


def recorder(mode: RecordMode) -> vcr.VCR:
    """A recorder of tapes, or (with `NONE`) a player."""
    machine = vcr.VCR(
        record_mode=mode,
        match_on=("method", "path", "query", "same_body"),
        decode_compressed_response=True,
        before_record_request=_clean_request,
        before_record_response=clean_response,
    )
    machine.register_matcher("same_body", _same_body)
    return machine


def _same_body(asked: Request, recorded: Request) -> None:
    # Libraries differ in how they say that there is none.
    assert (asked.body or b"") == (recorded.body or b"")


def _clean_request(request: Request) -> Request:
    parts = urlsplit(request.uri)
    request.uri = HOST + parts.path + (f"?{parts.query}" if parts.query else "")
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in KEPT_OF_REQUESTS}
    return request


def clean_response(response: dict[str, Any]) -> dict[str, Any]:
    """The answer as it may be kept."""
    headers = {name.lower(): values for name, values in response["headers"].items()}
    content: bytes = response["body"]["string"]
    for request_id in headers.get("x-request-id", ()):
        content = content.replace(request_id.encode(), SAME_ID.encode())
    content = re.sub(rb'("secret"\s*:\s*)"[^"]*"', rb'\1"' + NO_SECRET.encode() + b'"', content)
    response["body"]["string"] = content
    response["headers"] = {name: headers[name] for name in KEPT_OF_ANSWERS if name in headers}
    if "x-request-id" in headers:
        response["headers"]["x-request-id"] = [SAME_ID]
    return response
