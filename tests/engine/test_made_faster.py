"""What was made faster is still what it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import attrs
import httpx
import pytest
from cleanlife_traits import OPERATIONS
from hypothesis import given
from hypothesis import strategies as st
from worlds import BOOKING, KEY

from cleanlife_ext import CleanLife
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.engine.message import Headers, Options, Request, Response, Scope
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.engine.transport.network import Allowance
from cleanlife_ext.engine.transport.sync_httpx import outgoing
from cleanlife_ext.engine.transport.wire import Credential, Wire

READ = Operation.read("getBookingStatus", OPERATIONS["getBookingStatus"])
BASES = ["https://api.test", "https://api.test/v1", "http://127.0.0.1:8080/a/b", "http://[::1]:8080/v1"]


@given(base=st.sampled_from(BASES), id=st.text(), query=st.dictionaries(st.text(), st.text(), max_size=3))
def test_an_address_that_is_joined_is_the_one_that_httpx_would_have_read(
    base: str, id: str, query: Mapping[str, str]
) -> None:
    """For whatever stands in it, as generated code encodes it."""
    id = id.encode("utf-8", "ignore").decode() or "x"
    query = {k.encode("utf-8", "ignore").decode(): v.encode("utf-8", "ignore").decode() for k, v in query.items()}
    path = f"/partners/bookings/{quote(id, safe='')}/status"
    if id in {".", ".."}:
        return  # Refused before.
    wire = Wire(base, "x-api-key", Credential(KEY))
    request = Request(READ, path, query, None, {}, Scope(ends=Clock().now() + 30), Options())

    joined = outgoing(wire, request, KEY, Allowance.of(30))

    read = httpx.Request("GET", wire.url(request))
    assert joined.url == read.url
    assert joined.url.raw_path == read.url.raw_path
    assert joined.headers["host"] == read.headers["host"]


@pytest.mark.parametrize("body", [None, {"name": "سارة"}])
@pytest.mark.parametrize("id", ["getBookingStatus", "createBooking", "cancelBooking", "deleteSubscription"])
def test_a_request_that_is_made_by_hand_is_the_one_that_httpx_would_have_made(id: str, body: Any) -> None:
    """Its headers, their values, and its content."""
    operation = Operation.read(id, OPERATIONS[id])
    request = Request(operation, "/a", {}, body, {"x-request-id": "7"}, Scope(ends=Clock().now() + 30), Options())
    wire = Wire(BASES[3], "x-api-key", Credential(KEY))

    made = outgoing(wire, request, KEY, Allowance.of(30))

    content = wire.body(request)
    usual = httpx.Request(operation.method, wire.url(request), headers=wire.headers(request, KEY), content=content)
    assert dict(made.headers) == dict(usual.headers)
    assert (made.method, made.content) == (usual.method, usual.content)


def test_an_answer_that_was_read_is_handed_on_once_and_shared_by_nobody() -> None:
    """The next to ask gets what was parsed before; those after get their own."""
    response = Response(200, Headers(), json.dumps({"data": [BOOKING]}).encode())
    parsed = response.json()
    response.hand_on(parsed)

    first, second, third = response.json(), response.json(), response.json()

    assert first is parsed
    assert first == second == third
    assert len({id(each) for each in (first, second, third)}) == 3


@pytest.mark.parametrize("text", [b"", b"{", b"NaN", b'{"x": Infinity}', b"1e999", b"\xff", b"\xef\xbb\xbf{"])
def test_what_is_no_json_is_still_none(text: bytes) -> None:
    """Whichever decoder reads it."""
    with pytest.raises(ValueError):  # noqa: PT011  # Whatever is wrong with it.
        Response(200, Headers(), text).json()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_any_encoding_of_unicode_is_read(encoding: str) -> None:
    """As Python's own `json.loads` reads it."""
    assert Response(200, Headers(), '{"x": "ء"}'.encode(encoding)).json() == {"x": "ء"}


def test_what_a_caller_does_to_a_kept_answer_changes_nobody_elses() -> None:
    """Also where the first of them was given what was parsed on the way."""
    tier = {"id": BOOKING["bookingId"], "minMinutes": 0, "maxMinutes": None, "factor": 1.0, "sorting": 1}
    tier["extra"] = {"nested": [1]}
    answer = httpx.Response(200, json={"success": True, "data": [tier]})
    asked: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    with CleanLife(KEY, base_url="https://api.test/v1", transport=httpx.MockTransport(answering)) as client:
        first, second = client.pricing.tiers(), client.pricing.tiers()
        first[0].additional_properties["extra"]["nested"].append(2)
        third = client.pricing.tiers()

    assert len(asked) == 1
    assert [tiers[0].additional_properties["extra"]["nested"] for tiers in (first, second, third)] == [[1, 2], [1], [1]]
    assert attrs.asdict(second[0]) == attrs.asdict(third[0])
