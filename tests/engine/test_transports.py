"""Every transport over real sockets: sent once, ended in time, and told apart what was sent and what was not."""

from __future__ import annotations

import asyncio
import gc
import gzip
import socket
import subprocess
import sys
import threading
import time
import traceback
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import anyio
import httpx
import pytest
import trio
from engine.wire_server import (
    Behaviour,
    Connection,
    WireServer,
    after_request,
    answers,
    close_at_once,
    deaf,
    message,
    nobody,
    serve,
    then_drop,
    then_hang_up,
    zipped,
)
from wired import FOUND, ID, PATIENCE, TRANSPORTS, Hasty, Wired, read, write
from worlds import BOOKING, KEY, FakeClock, Script, World, ok, world_of

from cleanlife_ext import (
    APIConnectionError,
    APITimeoutError,
    AsyncCleanLife,
    CleanLife,
    CleanLifeError,
    ConfigurationError,
    DeadlineExceededError,
    OutcomeUnknownError,
    UnexpectedResponseError,
)
from cleanlife_ext.engine.transport.wire import Credential

TIMEOUT = 0.4  # Seconds, where the timeout is what is tested.
MARGIN = 3.0  # Seconds: machines that test are busy. A drip without a bound would go on for much longer.


KEYED = [
    (name, awaited)
    for name, (world, _) in TRANSPORTS.items()
    for awaited in (False, True)
    if world != "sync" or not awaited
]


@pytest.fixture(params=KEYED, ids=[f"{name}, awaited" if awaited else name for name, awaited in KEYED])
def keyed(request: pytest.FixtureRequest) -> Iterator[tuple[Wired, bool]]:
    """Each transport, with a key that is called for, and one that is awaited where that can be."""
    chosen, awaited = request.param
    name, given = TRANSPORTS[chosen]
    with world_of(name) as world:
        yield Wired(world, given), awaited


def writes(server: WireServer) -> int:
    """How often the write arrived."""
    return sum(request.startswith(b"PATCH") for request in server.requests)


def test_an_answer_arrives(wired: Wired) -> None:
    """With method, path, headers and body as they should be."""
    with serve(answers(FOUND)) as server:
        assert str(wired.ask(server.url).booking_id) == ID
        wired.ask(server.url, lambda client: client.bookings.cancel(ID, notes="سارة"))

    first, second = server.requests
    assert first.startswith(f"GET /v1/partners/bookings/{ID}/status HTTP/1.1\r\n".encode())
    head = first.decode().lower()
    for line in (f"x-api-key: {KEY}", "accept: application/json", "accept-encoding: gzip, deflate", "x-request-id: "):
        assert head.count(f"\r\n{line}") == 1
    assert head.count("\r\nhost: 127.0.0.1:") == 1
    assert head.count("\r\nuser-agent: cleanlife-ext/") == 1
    assert "content-type" not in head
    assert second.startswith(f"PATCH /v1/partners/bookings/{ID}/cancel HTTP/1.1\r\n".encode())
    assert second.decode().lower().count("\r\ncontent-type: application/json") == 1
    assert second.endswith(b'"notes": "\\u0633\\u0627\\u0631\\u0629"}')


def test_the_query_goes_out_as_it_was_encoded(wired: Wired) -> None:
    """No library decodes or encodes it once more."""
    page = message([]).replace(
        b'"data": []', b'"data": [], "meta": {"page": 1, "limit": 1, "total": 0, "totalPages": 0}'
    )
    head, _, body = page.partition(b"\r\n\r\n")
    with serve(answers(message(body))) as server:
        wired.ask(server.url, lambda client: client.bookings.find("A&B=C/ä+ %2F"))

    assert b"externalReference=A%26B%3DC%2F%C3%A4%2B%20%252F" in server.requests[0].split(b"\r\n")[0]
    assert head


def test_a_zipped_answer_is_unzipped(wired: Wired) -> None:
    """As it was asked for."""
    content = FOUND.partition(b"\r\n\r\n")[2]
    with serve(answers(message(zipped(content), content_encoding="gzip"))) as server:
        assert str(wired.ask(server.url).booking_id) == ID


def test_an_answer_in_pieces_is_put_together(wired: Wired) -> None:
    """Chunked, without a length."""
    content = FOUND.partition(b"\r\n\r\n")[2]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (content[:7], content[7:])) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    with serve(answers(head + chunks)) as server:
        assert str(wired.ask(server.url).booking_id) == ID


def test_a_connection_is_kept(wired: Wired) -> None:
    """Two calls, one connection."""
    with serve(answers(FOUND)) as server:
        client = wired.make(server.url)
        for _ in range(3):
            wired.world(read(client))
        wired.world.close(client)

    assert (server.connections, len(server.requests)) == (1, 3)


def test_a_refused_connection_is_not_ambiguous(wired: Wired) -> None:
    """Nothing was sent: a write is tried again, and ends as a failure."""
    with nobody() as url:
        for call in (read, write):
            with pytest.raises(APIConnectionError) as caught:
                wired.ask(url, call, max_attempts=2)

            assert type(caught.value) is APIConnectionError
            assert [attempt.ambiguous for attempt in caught.value.attempts] == [False, False]
            assert f"no connection to {urlsplit(url).netloc} (Connect" in str(caught.value)


def test_a_name_that_nobody_has_is_not_ambiguous(wired: Wired) -> None:
    """Nothing was sent."""
    with pytest.raises(APIConnectionError) as caught:
        wired.ask("http://no-such-host.invalid/v1", write, timeout=5.0)

    assert not caught.value.ambiguous


def test_a_server_that_does_not_speak_tls_got_nothing(wired: Wired) -> None:
    """Without a handshake no request goes out, whatever came instead of one, or if nothing came."""
    babble: dict[Behaviour, type[CleanLifeError]] = {
        lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"): APIConnectionError,
        close_at_once: APIConnectionError,
        Connection.stall: APITimeoutError,
    }
    for behaviour, kind in babble.items():
        with serve(behaviour) as server, pytest.raises(APIConnectionError) as caught:
            wired.ask(server.url.replace("http:", "https:"), write, timeout=TIMEOUT)

        assert type(caught.value) is kind
        assert not caught.value.ambiguous


def test_a_name_that_is_resolved_too_late_is_not_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    """A synchronous look-up cannot be bounded, but it is known that nothing was sent."""

    def resolve(_host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        threading.Event().wait(TIMEOUT * 1.2)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with serve(answers(FOUND)) as server, monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", resolve)
        url = server.url.replace("127.0.0.1", "slow.test")
        with (
            CleanLife("pk_1", base_url=url, max_attempts=1, timeout=TIMEOUT) as client,
            pytest.raises(APITimeoutError) as caught,
        ):
            write(client)

    assert not caught.value.ambiguous
    assert server.requests == []


def test_a_host_with_dead_addresses_is_reached_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the resolver; a host without any address is a connection that cannot be made."""
    addresses: list[str] = ["127.0.0.3", "127.0.0.2", "127.0.0.1"]

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        known = addresses if host == "several.test" else [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known]

    with serve(answers(FOUND)) as server, monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", resolve)
        url = server.url.replace("127.0.0.1", "several.test")
        with CleanLife("pk_1", base_url=url, max_attempts=1, timeout=5) as client:
            assert str(read(client).booking_id) == ID
        for dead in (["127.0.0.3", "127.0.0.2"], []):
            addresses[:] = dead
            with (
                CleanLife("pk_1", base_url=url, max_attempts=1, timeout=5) as client,
                pytest.raises(APIConnectionError) as caught,
            ):
                write(client)
            assert not caught.value.ambiguous

    assert len(server.requests) == 1


LOST: dict[str, Behaviour] = {
    "closed at once": close_at_once,
    "closed after the request": after_request(lambda _: None),
    "cut in the status line": after_request(lambda connection: connection.send(b"HTTP/1.1 20")),
    "cut in the headers": after_request(lambda connection: connection.send(b"HTTP/1.1 200 OK\r\nx-a: ")),
    "cut in the body": after_request(lambda connection: connection.send(FOUND[:-10])),
    "cut in a chunk": after_request(
        lambda connection: connection.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nx")
    ),
    "garbage": after_request(lambda connection: connection.send(b"\x00\xff\x13garbage\r\n\r\n" * 3)),
    "another protocol": after_request(lambda connection: connection.send(b"SSH-2.0-OpenSSH_9.9\r\n")),
    "a length that is none": after_request(lambda connection: connection.send(message(b"x", content_length="x"))),
    "a header that is none": after_request(lambda connection: connection.send(b"HTTP/1.1 200 OK\r\n\x00\x01\r\n\r\n")),
}


PACKED: dict[str, tuple[bytes, str, str]] = {
    "broken": (b"this is not zipped", "gzip", "a broken archive"),
    "cut": (gzip.compress(b"x" * 1000)[:-9], "gzip", "a cut archive"),
    "garbage": (b"\x1f\x8b\x08garbage", "gzip", "a broken archive"),
    "unknown": (b"x", "br", "packed in a way that was not asked for"),
    "twice": (b"x", "gzip, br", "packed in a way that was not asked for"),
    "a chain": (gzip.compress(b"") * 100_000, "gzip", "too many parts"),
    "a bomb": (gzip.compress(bytes(40 << 20)), "gzip", "too large"),
}


@pytest.mark.parametrize("how", list(PACKED))
def test_an_answer_that_cannot_be_unpacked_is_none(wired: Wired, how: str) -> None:
    """It is not the API's, whatever it claims to be; and a few bytes do not fill the memory."""
    body, encoding, reason = PACKED[how]
    with serve(after_request(lambda connection: connection.send(message(body, content_encoding=encoding)))) as server:
        with pytest.raises(UnexpectedResponseError) as caught:
            wired.ask(server.url)

        assert reason in str(caught.value)
        assert caught.value.ambiguous
        assert len(server.requests) == 1


UNPACKED = ok(BOOKING).content
RAW = zlib.compressobj(wbits=-15)
FORMS: dict[str, tuple[bytes, str]] = {
    "gzip": (gzip.compress(UNPACKED), "gzip"),
    "gzip in two members": (gzip.compress(UNPACKED[:50]) + gzip.compress(UNPACKED[50:]), "gzip"),
    "gzip by its old name": (gzip.compress(UNPACKED), "x-gzip, identity"),
    "deflate": (zlib.compress(UNPACKED), "deflate"),
    "raw deflate": (RAW.compress(UNPACKED) + RAW.flush(), "deflate"),
    "nothing": (UNPACKED, "identity"),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_an_answer_may_be_packed(wired: Wired, form: str) -> None:
    """In the ways that we say we can read, as servers write them."""
    body, encoding = FORMS[form]
    with serve(after_request(lambda connection: connection.send(message(body, content_encoding=encoding)))) as server:
        assert str(wired.ask(server.url).booking_id) == ID


class Reading(httpx.HTTPTransport):
    """A transport of a user's that reads the answer, to write it down for instance."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.read()
        return response


class AsyncReading(httpx.AsyncHTTPTransport):
    """The same for event loops."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        await response.aread()
        return response


def test_a_given_transport_may_read_the_answer(world: World) -> None:
    """It is taken as it was read, packed or not."""
    with serve(after_request(lambda it: it.send(message(gzip.compress(UNPACKED), content_encoding="gzip")))) as server:
        client = world.make(AsyncReading() if world.is_async else Reading(), base_url=server.url, max_attempts=1)
        assert str(world(client.bookings.status(ID)).booking_id) == ID
        world.close(client)


def test_a_given_transport_may_leave_the_answer_to_us(world: World) -> None:
    """As httpx's own do: it is read from the network, and unpacked."""
    with serve(after_request(lambda it: it.send(message(gzip.compress(UNPACKED), content_encoding="gzip")))) as server:
        transport = httpx.AsyncHTTPTransport() if world.is_async else httpx.HTTPTransport()
        client = world.make(transport, base_url=server.url, max_attempts=1)
        assert str(world(client.bookings.status(ID)).booking_id) == ID
        world.close(client)


class Silent(httpx.HTTPTransport):
    """A transport of a user's that makes the request anew, and so tells nobody how far it got."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        timeout = {"timeout": {"connect": 0.2, "read": 0.2, "write": 0.2, "pool": 0.2}}
        return super().handle_request(
            httpx.Request(request.method, request.url, headers=request.headers, extensions=timeout)
        )


class AsyncSilent(httpx.AsyncHTTPTransport):
    """The same for event loops."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeout = {"timeout": {"connect": 0.2, "read": 0.2, "write": 0.2, "pool": 0.2}}
        anew = httpx.Request(request.method, request.url, headers=request.headers, extensions=timeout)
        return await super().handle_async_request(anew)


def test_a_transport_that_tells_nothing_has_sent(world: World) -> None:
    """A write through it goes out once, and its fate is unknown: better asked about than made twice."""
    with serve(Connection.stall) as server:
        transport = AsyncSilent() if world.is_async else Silent()
        client = world.make(transport, base_url=server.url, clock=Hasty(), max_attempts=1)
        with pytest.raises(OutcomeUnknownError):
            world(client.webhooks.subscriptions.delete(ID))
        world.close(client)

        assert server.connections == 1


@pytest.mark.filterwarnings("ignore:Async generator", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_answer_without_end_is_cut_off(wired: Wired) -> None:
    """No page is as large as this."""

    def pour(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
        for _ in range(100):
            connection.send(bytes(1 << 20))

    with serve(after_request(pour)) as server, pytest.raises(UnexpectedResponseError, match="too large"):
        wired.ask(server.url, timeout=20, deadline=20)
    gc.collect()  # On trio, httpx's own generators are left behind here, and trio says so; better here than later.


def test_a_forked_child_gets_its_own_answers() -> None:
    """It shares no connection with its parent: each gets the booking that it asked for."""

    def echo(connection: Connection) -> None:
        while (request := connection.read()) is not None:
            booking = {**BOOKING, "bookingId": request.split(b"/bookings/")[1][:36].decode()}
            connection.send(message(ok(booking).content))

    program = """
import os, sys, uuid
from cleanlife_ext import CleanLife
client = CleanLife("pk_1", base_url=sys.argv[1])
first = uuid.uuid4()
assert client.bookings.status(first).booking_id == first
child = os.fork()
for _ in range(200):
    mine = uuid.uuid4()
    assert client.bookings.status(mine).booking_id == mine
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
client.close()
"""
    with serve(echo) as server:
        command = [sys.executable, "-c", program, server.url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("how", list(LOST))
def test_an_answer_that_is_lost_is_ambiguous(wired: Wired, how: str) -> None:
    """The request went out once; what became of it nobody knows."""
    with serve(LOST[how]) as server:
        with pytest.raises(APIConnectionError) as caught:
            wired.ask(server.url)

        assert type(caught.value) is APIConnectionError
        assert caught.value.ambiguous
        assert "was lost after the request went out (" in str(caught.value)
        assert server.connections == 1
        assert len(server.requests) <= 1

        with pytest.raises(OutcomeUnknownError):
            wired.ask(server.url, write)
        assert writes(server) <= 1


def test_an_answer_that_only_resembles_one_is_unexpected(wired: Wired) -> None:
    """A text of no length ends with the connection, and is no answer of the API's."""
    with (
        serve(after_request(lambda connection: connection.send(b"HTTP/1.1 200 OK\r\n\r\nhello"))) as server,
        pytest.raises(UnexpectedResponseError),
    ):
        wired.ask(server.url)


def test_a_redirect_is_not_followed(wired: Wired) -> None:
    """The key goes to nobody else; it is an answer that the API does not document."""
    with (
        serve(answers(FOUND)) as elsewhere,
        serve(answers(message(b"", "302 Found", location=f"{elsewhere.url}/"))) as server,
    ):
        for call in (read, write):
            with pytest.raises((UnexpectedResponseError, OutcomeUnknownError)):
                wired.ask(server.url, call)

    assert (writes(server), elsewhere.requests) == (1, [])


def test_cookies_are_not_kept(wired: Wired) -> None:
    """What a balancer sets on one answer is not sent with the next request."""
    with serve(answers(message(BOOKING, set_cookie="a=Sara; path=/"))) as server:
        client = wired.make(server.url)
        for _ in range(2):
            wired.world(read(client))
        wired.world.close(client)

    assert all(b"cookie" not in request.lower() for request in server.requests)


ENDLESS: dict[str, Behaviour] = {
    "silence": after_request(Connection.stall),
    "silence from the start": Connection.stall,
    "dripping headers": after_request(
        lambda connection: connection.drip(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 1000)
    ),
    "dripping body": after_request(
        lambda connection: (
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n"),
            connection.drip(b" " * 9000),
        )[1]
    ),
    "dripping chunks": after_request(
        lambda connection: (
            connection.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
            connection.drip(b"1\r\nx\r\n" * 1000),
        )[1]
    ),
    "endless patience": after_request(
        lambda connection: connection.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0.001)
    ),
}


@pytest.mark.parametrize("how", list(ENDLESS))
def test_an_attempt_ends_with_its_timeout(wired: Wired, how: str) -> None:
    """As a whole: it does not begin anew with each byte that drips."""
    with serve(ENDLESS[how]) as server:
        began = time.monotonic()
        with pytest.raises(APITimeoutError) as caught:
            wired.ask(server.url, timeout=TIMEOUT)
        took = time.monotonic() - began

        assert TIMEOUT * 0.9 <= took <= TIMEOUT + MARGIN
        assert caught.value.ambiguous
        assert caught.value.args[0] == "no answer within the timeout of 0.4 s"
        assert len(server.requests) <= 1


@pytest.mark.parametrize("how", ["silence", "dripping body"])
def test_an_operation_ends_with_its_deadline(wired: Wired, how: str) -> None:
    """Also in the middle of an attempt, which then is not tried again."""
    with serve(ENDLESS[how]) as server:
        began = time.monotonic()
        with pytest.raises(DeadlineExceededError) as caught:
            wired.ask(server.url, timeout=20.0, deadline=0.4, max_attempts=4)

        assert 0.36 <= time.monotonic() - began <= 0.4 + MARGIN
        assert caught.value.ambiguous
        assert len(server.requests) == 1


def test_each_attempt_has_the_whole_timeout(wired: Wired) -> None:
    """And the server sees one request for each."""
    with serve(after_request(Connection.stall)) as server:
        began = time.monotonic()
        with pytest.raises(APITimeoutError):
            wired.ask(server.url, timeout=TIMEOUT, max_attempts=3)

        assert TIMEOUT * 2.7 <= time.monotonic() - began <= 3 * TIMEOUT + MARGIN
        assert len(server.requests) == 3


def test_a_write_that_times_out_is_of_unknown_outcome(wired: Wired) -> None:
    """It was sent once."""
    with serve(after_request(Connection.stall)) as server:
        with pytest.raises(OutcomeUnknownError):
            wired.ask(server.url, write, timeout=TIMEOUT)

        assert writes(server) == 1


def test_a_connection_that_is_not_made_in_time_is_not_ambiguous(wired: Wired) -> None:
    """Nothing was sent, so a write is no unknown outcome."""
    with deaf() as url:
        for call in (read, write):
            began = time.monotonic()
            with pytest.raises(APITimeoutError) as caught:
                wired.ask(url, call, timeout=TIMEOUT)

            assert time.monotonic() - began <= TIMEOUT + MARGIN
            assert not caught.value.ambiguous
            assert caught.value.args[0] == "no connection within the timeout of 0.4 s"


def test_what_begins_too_late_is_not_sent(wired: Wired) -> None:
    """A deadline that has passed before a page is asked for is said, and nothing goes out."""
    with serve(answers(FOUND)) as server:
        clock = FakeClock()
        client = wired.make(server.url, clock=clock)
        late = client.generated.scoped()
        clock.time += 100
        from cleanlife_client.api.bookings import cancel_booking  # noqa: PLC0415
        from cleanlife_client.models import CancelBookingRequest  # noqa: PLC0415

        call = cancel_booking.asyncio if wired.world.is_async else cancel_booking.sync
        with pytest.raises(DeadlineExceededError) as caught:
            wired.world(call(ID, client=late, body=CancelBookingRequest()))  # type: ignore[arg-type]
        wired.world.close(client)

    assert not caught.value.ambiguous
    assert server.requests == []


def test_a_kept_connection_that_breaks_is_not_repaired_behind_our_back(wired: Wired) -> None:
    """The server saw the second request once: it may have executed it."""
    with serve(then_drop(FOUND), answers(FOUND)) as server:
        client = wired.make(server.url)
        wired.world(read(client))
        with pytest.raises(APIConnectionError) as caught:
            wired.world(read(client))
        assert caught.value.ambiguous
        assert (server.connections, len(server.requests)) == (1, 2)

        wired.world(read(client))
        wired.world.close(client)

    assert (server.connections, len(server.requests)) == (2, 3)


REPEATABLE: dict[str, Callable[[Any], Any]] = {
    "GET": read,
    "DELETE": lambda client: client.webhooks.subscriptions.delete(ID),
}


@pytest.mark.parametrize("method", list(REPEATABLE))
def test_a_hundred_connections_that_break_cost_no_request_twice(wired: Wired, method: str) -> None:
    """Those that HTTP libraries like to send again by themselves; the server counts."""
    with serve(then_drop(FOUND)) as server:
        client = wired.make(server.url)
        for _ in range(100):
            wired.world(read(client))
            with pytest.raises((APIConnectionError, OutcomeUnknownError)):
                wired.world(REPEATABLE[method](client))
        wired.world.close(client)

    arrived = Counter(request.split()[0].decode() for request in server.requests)
    assert arrived == ({"GET": 200} if method == "GET" else {"GET": 100, "DELETE": 100})
    assert server.connections == 100


def test_a_read_on_a_broken_connection_is_tried_again_by_us(wired: Wired) -> None:
    """With an attempt of its own, which is counted."""
    with serve(then_drop(FOUND), answers(FOUND)) as server:
        client = wired.make(server.url, max_attempts=2)
        for _ in range(2):
            wired.world(read(client))
        wired.world.close(client)

    assert (server.connections, len(server.requests)) == (2, 3)


def test_a_connection_that_was_hung_up_is_not_used_again(wired: Wired) -> None:
    """If it is known to be closed, a new one is made, and nothing was lost."""
    with serve(then_hang_up(FOUND), answers(FOUND)) as server:
        client = wired.make(server.url, max_attempts=2)
        for _ in range(2):
            wired.world(read(client))
        wired.world.close(client)

    assert len(server.requests) == 2


def test_an_answer_that_nobody_asked_for_answers_nothing(wired: Wired) -> None:
    """What comes over a connection at rest is not taken for the answer to what is asked next."""
    is_due, came = threading.Event(), threading.Event()

    def stray(connection: Connection) -> None:
        connection.read()
        connection.send(FOUND)
        is_due.wait(PATIENCE)
        connection.send(message({**BOOKING, "bookingId": str(UUID(int=1))}))
        came.set()
        connection.read()

    with serve(stray, answers(FOUND)) as server:
        client = wired.make(server.url)
        wired.world(read(client))
        is_due.set()
        came.wait(PATIENCE)
        wired.ask(server.url)  # By another client on the same loop, which has seen it then.

        assert str(wired.world(read(client)).booking_id) == ID
        wired.world.close(client)

    assert (server.connections, len(server.requests)) == (3, 3)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
def test_a_large_request_to_a_server_that_does_not_read_ends_in_time(wired: Wired) -> None:
    """Writing is bounded like reading."""
    notes = "x" * 8_000_000

    with serve(lambda connection: connection.server.over.wait() and None) as server:
        began = time.monotonic()
        with pytest.raises(OutcomeUnknownError):
            wired.ask(server.url, lambda client: client.bookings.cancel(ID, notes=notes), timeout=0.5)

        assert time.monotonic() - began <= 0.5 + 2 * MARGIN  # Encoding as much takes its time.


def test_many_calls_at_once_are_all_answered(wired: Wired) -> None:
    """More of them than there are connections."""
    calls = 130
    with serve(answers(FOUND)) as server:
        client = wired.make(server.url, timeout=20.0)
        found: list[Any] = []

        async def task() -> None:
            found.append(await read(client))

        async def tasks() -> None:
            async with anyio.create_task_group() as group:
                for _ in range(calls):
                    group.start_soon(task)

        if wired.world.is_async:
            wired.world(tasks())
        else:
            threads = [threading.Thread(target=lambda: found.append(read(client))) for _ in range(calls)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        wired.world.close(client)

    assert len(found) == len(server.requests) == calls
    assert server.most_open <= 100


def test_who_finds_no_free_connection_in_time_has_sent_nothing() -> None:
    """A hundred are under way; the next one waits for its turn, and no longer than its timeout."""
    free, all_in = threading.Event(), threading.Barrier(101)

    class Slow(Script):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            all_in.wait()
            free.wait()
            return super().handle_request(request)

    script = Slow(ok(BOOKING))
    with CleanLife("pk_1", transport=script) as client:
        threads = [threading.Thread(target=read, args=(client,)) for _ in range(100)]
        for thread in threads:
            thread.start()
        all_in.wait()

        began = time.monotonic()
        with pytest.raises(APITimeoutError, match="no connection") as caught:
            write(client.with_options(timeout=0.1, max_attempts=1))
        assert 0.09 <= time.monotonic() - began <= 0.1 + MARGIN
        assert not caught.value.ambiguous

        free.set()
        for thread in threads:
            thread.join()
    assert len(script.asked) == 100


# Event loops.


@pytest.mark.parametrize("given", [None, "httpx"])
def test_one_client_serves_one_event_loop_after_the_other(given: str | None) -> None:
    """As notebooks, test runners and task queues do it; nothing is left open, and nothing complains."""
    with serve(answers(FOUND)) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        client = AsyncCleanLife("pk_1", base_url=server.url)

        async def use() -> str:
            return str((await read(client)).booking_id)

        for _ in range(3):
            assert (asyncio.run(use()) if given is None else trio.run(use)) == ID
        gc.collect()

        async def end() -> None:
            await use()
            await client.aclose()
            await client.aclose()

        if given is None:
            asyncio.run(end())
        else:
            trio.run(end)
        gc.collect()

    assert len(server.requests) == 4
    assert server.connections == 4


@pytest.mark.parametrize(("first", "last"), [("asyncio", "trio"), ("trio", "asyncio")])
def test_one_client_serves_asyncio_and_trio(first: str, last: str) -> None:
    """And may be closed in either."""
    with serve(answers(FOUND)) as server:
        client = AsyncCleanLife("pk_1", base_url=server.url)

        async def use() -> None:
            assert str((await read(client)).booking_id) == ID

        anyio.run(use, backend=first)
        anyio.run(use, backend=last)
        anyio.run(client.aclose, backend=last)

    assert len(server.requests) == 2


def test_many_tasks_on_a_fresh_loop_make_one_pool(tasked: Wired) -> None:
    """Two that begin at once do not each make a session."""
    with serve(answers(FOUND)) as server:
        client = tasked.make(server.url, timeout=5.0)

        async def tasks() -> None:
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(read, client)
            await read(client)

        tasked.world(tasks())
        tasked.world.close(client)

    assert len(server.requests) == 6
    assert server.connections <= 5


def test_a_client_that_was_never_used_closes(wired: Wired) -> None:
    """There is nothing to close, and nothing complains."""
    client = wired.make("http://127.0.0.1:9/v1")

    wired.world.close(client)
    wired.world.close(client)


def test_cancelled_calls_leave_the_pool_whole(tasked: Wired) -> None:
    """More calls are cancelled than there are connections; afterwards one gets through."""
    calm = threading.Event()

    def answer_when_calm(connection: Connection) -> None:
        if connection.read() is None or not calm.is_set():
            connection.stall()
        else:
            connection.send(FOUND)

    with serve(answer_when_calm) as server:
        client = tasked.make(server.url, timeout=TIMEOUT)

        async def cancelled() -> None:
            with suppress(CleanLifeError):
                await read(client)

        async def tasks() -> Any:
            with anyio.move_on_after(0.1):
                async with anyio.create_task_group() as group:
                    for _ in range(120):
                        group.start_soon(cancelled)
            calm.set()
            return await read(client.with_options(timeout=5))

        found = tasked.world(tasks())
        tasked.world.close(client)

    assert str(found.booking_id) == ID


# The key.


def test_a_client_that_is_closed_while_it_gets_its_key_sends_nothing(wired: Wired) -> None:
    """Nor does it open a connection that nobody would close."""

    async def aclosing() -> str:
        await client.aclose()
        return KEY

    def closing() -> str:
        client.close()
        return KEY

    with serve(answers(FOUND)) as server:
        client = wired.make(server.url, api_key=aclosing if wired.world.is_async else closing)
        with pytest.raises(ConfigurationError, match="closed"):
            wired.world(read(client))

    assert not server.connections


def test_the_key_may_be_rotated(wired: Wired) -> None:
    """A callable is asked for each attempt."""
    keys = iter(["pk_1", "pk_2", "pk_3"])
    with serve(then_drop(FOUND), answers(FOUND)) as server:
        client = wired.make(server.url, api_key=lambda: next(keys), max_attempts=2)
        for _ in range(2):
            wired.world(read(client))
        wired.world.close(client)

    assert [request.lower().split(b"x-api-key: ")[1][:4] for request in server.requests] == [b"pk_1", b"pk_2", b"pk_3"]


def test_the_key_may_be_awaited(wired: Wired) -> None:
    """By the asynchronous client; the other one says that it cannot."""

    async def key() -> str:
        await anyio.lowlevel.checkpoint()
        return "pk_awaited"

    with serve(answers(FOUND)) as server:
        if wired.world.is_async:
            wired.ask(server.url, api_key=key)
            assert b"pk_awaited" in server.requests[0]
        else:
            with pytest.raises(ConfigurationError, match="only asynchronous clients await it"):
                wired.ask(server.url, api_key=key)
            assert server.requests == []


def test_an_awaited_key_counts_towards_the_attempt(tasked: Wired) -> None:
    """A secrets manager that hangs is a timeout, and nothing was sent."""

    async def key() -> str:
        await anyio.sleep_forever()
        raise AssertionError

    with serve(answers(FOUND)) as server:
        with pytest.raises(APITimeoutError) as caught:
            tasked.ask(server.url, write, timeout=TIMEOUT, api_key=key)

        assert not caught.value.ambiguous
        assert server.requests == []


FAILURES = [
    LookupError("vault"),
    TimeoutError("vault"),
    OSError("vault"),
    httpx.ReadTimeout("vault"),
    httpx.ConnectError("vault"),
    httpx.ReadError("vault"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
def test_a_key_that_cannot_be_had_is_no_failure_of_the_api(keyed: tuple[Wired, bool], failure: Exception) -> None:
    """What the callable raises is the user's, whatever it is; it is neither repeated nor taken for an outcome."""
    wired, awaited = keyed
    asked: list[int] = []

    def key() -> str:
        asked.append(1)
        raise failure

    async def later() -> str:
        return key()

    with serve(answers(FOUND)) as server:
        with pytest.raises(type(failure)) as caught:
            wired.ask(server.url, write, api_key=later if awaited else key, max_attempts=3)

        assert caught.value is failure
        assert len(asked) == 1
        assert server.requests == []


RUBBISH = [None, 3, b"pk_1", "", "pk 1", "pk_1\n", "ключ", ["pk_1"]]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=repr)
def test_a_key_that_is_none_is_refused(keyed: tuple[Wired, bool], rubbish: Any) -> None:
    """Nothing is sent with it, and it is not told: it may be half a secret."""
    wired, awaited = keyed

    async def later() -> Any:
        return rubbish

    with serve(answers(FOUND)) as server:
        with pytest.raises(ConfigurationError) as caught:
            wired.ask(server.url, write, api_key=later if awaited else lambda: rubbish)

        assert server.requests == []
    assert "pk" not in str(caught.value)


@pytest.mark.parametrize("key", ["pk 1", "pk_1\n", "ключ"])
def test_a_key_that_no_header_can_carry_is_refused_at_once(world: World, key: str) -> None:
    """When the client is made, and not when it is used."""
    with pytest.raises(ConfigurationError, match="a line end"):
        world.make(api_key=key)


@pytest.mark.parametrize("nonsense", [3, b"pk_1", ["pk_1"]], ids=repr)
def test_what_is_neither_a_key_nor_gets_one_is_refused_at_once(world: World, nonsense: Any) -> None:
    """By the option's name."""
    with pytest.raises(ConfigurationError, match="api_key"):
        world.make(api_key=nonsense)


def test_the_key_is_in_no_repr(wired: Wired) -> None:
    """Of the client and of anything within it."""
    with serve(answers(FOUND)) as server:
        client = wired.make(server.url)
        wired.world(read(client))
        session = client.generated.session
        wire = getattr(session.transport, "_wire")  # noqa: B009
        parts = [
            client,
            session,
            session.core,
            session.transport,
            wire,
            wire.credential,
            client.generated,
            client.bookings,
        ]
        shown = [repr(part) + str(part) for part in parts]
        shown += [repr(vars(part)) for part in parts if hasattr(part, "__dict__")]
        wired.world.close(client)

    assert not [text for text in shown if KEY in text]
    assert repr(Credential(KEY)) == str(Credential(KEY)) == "Credential(…)"


def test_the_key_is_in_no_traceback(wired: Wired) -> None:
    """Not among the locals either, which some tools print with it."""
    with serve(close_at_once) as server, pytest.raises(CleanLifeError) as caught:
        wired.ask(server.url)

    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert KEY not in told
    assert "was lost after the request went out" in told
