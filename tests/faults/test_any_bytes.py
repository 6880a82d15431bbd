"""Whatever comes from the wire ends in a value or in an error of ours, and in time.

A few examples each time; `PROOF_FUZZ=5000 pytest tests/faults/test_any_bytes.py` tries as many for each transport.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import attrs
import pytest
from engine.wire_server import Connection, serve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wired import FOUND, ID, TRANSPORTS, Hasty, Wired, read, write
from worlds import ok, page, world_of

from cleanlife_ext import CleanLifeError

PROOF = int(os.environ.get("PROOF_FUZZ", "0"))
TIMEOUT = 2.0  # seconds

NAMES = [
    *("content-length", "transfer-encoding", "content-encoding", "content-type", "connection", "retry-after"),
    *("location", "set-cookie", "x-request-id", "upgrade", "trailer", "keep-alive", "www-authenticate", "date"),
]
VALUES = [
    *("0", "5", "-1", "99999999999999999999", "0x10", "1e3", "chunked", "gzip", "gzip, chunked", "identity", "deflate"),
    *("br", "close", "keep-alive", "upgrade", "text/html", "application/json; charset=utf-7", "websocket", "a\x00b"),
    *("http://[", "/elsewhere", "Thu, 01 Jan 1970 00:00:00 GMT", "\xff\xfe", "a" * 70_000, "", " ", "\t"),
]
CONTENT = [
    *(b"", b"null", b"[]", b"{}", b'"x"', b"NaN", b"1e999", b"\xef\xbb\xbf{}", b"[" * 5000, b"\xff\xfe{\x00}\x00"),
    *(b'{"success": true}', b'{"success": true, "data": null}', b'{"success": false, "error": null}'),
    *(b'{"success": false, "error": {"code": 5, "details": {"message": [5, "date x"]}}}', b"5\r\nhello\r\n0\r\n\r\n"),
    *(FOUND.partition(b"\r\n\r\n")[2], page([]).content, ok([{"id": ID}]).content),
]


def either(known: list[Any], other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(known) | other


TEXT = st.text(st.characters(max_codepoint=255), max_size=20)
FIELDS = st.lists(st.tuples(either(NAMES, TEXT), either(VALUES, TEXT)), max_size=5)
BODIES = either(CONTENT, st.binary(max_size=300))


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """A head like that of an answer."""
    version = draw(
        st.sampled_from(["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2", "HTTP/9.9", "http/1.1", ""])
    )
    status = draw(either(["200", "200", "200", "201", "429", "422", "500"], st.integers(-1, 1000).map(str) | TEXT))
    fields = "".join(f"{name}: {value}\r\n" for name, value in draw(FIELDS))
    return f"{version} {status} {draw(TEXT)}\r\n{fields}\r\n".encode("latin-1")


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """An answer, with or without its length."""
    body = draw(BODIES)
    head = draw(heads())
    if draw(st.booleans()):
        head = head[:-2] + b"content-length: %d\r\n\r\n" % len(body)
    return head + body


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good answer in which a few bytes are others, or which ends early."""
    answer = bytearray(FOUND)
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(FOUND) - 1), st.integers(0, 255)), max_size=4)):
        answer[place] = byte
    return bytes(answer[: draw(st.integers(0, len(FOUND)))])


ANYTHING = st.one_of(answers(), damaged(), st.binary(max_size=500), st.lists(answers(), max_size=3).map(b"".join))


@attrs.frozen
class Target:
    """A client, and what the next connections bring it."""

    wired: Wired
    client: Any
    says: list[bytes]


@pytest.fixture(scope="module", params=list(TRANSPORTS))
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Each transport, with one client for all examples."""
    says = [b""]

    def behave(connection: Connection) -> None:
        if connection.read() is not None:
            connection.send(says[0])

    name, given = TRANSPORTS[request.param]
    with world_of(name) as world, serve(behave) as server:
        wired = Wired(world, given)
        client = wired.make(server.url, timeout=TIMEOUT, deadline=600.0, clock=Hasty())
        yield Target(wired, client, says)
        world.close(client)


@settings(
    max_examples=PROOF or 40,
    derandomize=not PROOF,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answer=ANYTHING, call=st.sampled_from([read, write, lambda client: client.pricing.tiers()]))
def test_any_bytes_end_in_a_value_or_in_an_error_of_ours(target: Target, answer: bytes, call: Any) -> None:
    """In time, in every world, with every transport."""
    target.says[0] = answer
    began = time.monotonic()
    with suppress(CleanLifeError):
        target.wired.world(call(target.client))
    assert time.monotonic() - began < 4 * TIMEOUT
