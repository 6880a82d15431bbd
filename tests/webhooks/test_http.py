"""The receiver over HTTP: WSGI in synchronous code, ASGI on asyncio and on trio."""

from __future__ import annotations

import io
import json
import random
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import attrs
import pytest
import sqlalchemy as sa
from webhooks.deliveries import BODY, ID, NOW, OTHER, SECRET, body_of, headers_of
from webhooks.doors import PEER, Answered, knock, receiver_of, through_asgi, through_wsgi, told
from worlds import World

from cleanlife_ext import ConfigurationError
from cleanlife_ext.webhooks import Inbox, SignatureScheme, State
from cleanlife_ext.webhooks.http.asgi import AsgiApp
from cleanlife_ext.webhooks.http.reception import Reception
from cleanlife_ext.webhooks.http.wsgi import WsgiApp

REFUSED, RECEIVED = "cleanlife.webhook.refused", "cleanlife.webhook.received"


@pytest.fixture
def reception(inbox: Inbox) -> Reception:
    """What stands behind both doors, to be changed."""
    return receiver_of(inbox).asgi.reception


def test_what_is_signed_is_on_disk_before_it_is_answered(
    world: World, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Byte for byte; and one event in the log says so."""
    with told(caplog) as events:
        answer = knock(world, receiver_of(inbox, secrets={"2026": SECRET}))

    assert (answer.status, answer.result) == (200, "accepted")
    entry = inbox.get(ID)
    assert entry is not None
    assert (entry.body, entry.state, entry.secret_name) == (BODY, State.WAITING, "2026")
    (event,) = events
    assert isinstance(event.pop("ms"), float)
    assert event == {
        "message": RECEIVED,
        "delivery_id": ID,
        "event": "booking.created",
        "booking_id": json.loads(BODY)["data"]["bookingId"],
        "secret_name": "2026",
        "duplicate": False,
    }


def test_a_duplicate_is_acknowledged_and_changes_nothing(
    world: World, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Also if it comes with another id beside it: what counts is the one that is signed."""
    receiver = receiver_of(inbox)
    with told(caplog) as events:
        for header in (ID, ID, "another-id"):
            assert knock(world, receiver, headers={**headers_of(), "X-CleanLife-Delivery-Id": header}).status == 200

    assert [event["duplicate"] for event in events] == [False, True, True]
    assert [entry.delivery_id for entry in inbox.entries()] == [ID]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "missing_header"),
        (headers_of(secret=OTHER), "signature_mismatch"),
        (headers_of(now=NOW - 301), "too_old"),
        (headers_of(now=NOW + 301), "too_new"),
        ({**headers_of(), "X-CleanLife-Timestamp": "9" * 400}, "malformed_timestamp"),
        ({**headers_of(), "X-CleanLife-Signature": "sha256=\xe9"}, "malformed_header"),
        ({**headers_of(), "X-CleanLife-Signature": "\0"}, "malformed_header"),
        ({**headers_of(), "X-CleanLife-Signature": "sha256=" + "0" * 100_000}, "malformed_header"),
    ],
)
def test_what_is_forged_learns_nothing(
    world: World, inbox: Inbox, caplog: pytest.LogCaptureFixture, headers: dict[str, str], reason: str
) -> None:
    """The answer is one and the same; why, and how far off the clocks are, stands in the log."""
    with told(caplog) as events:
        answer = knock(world, receiver_of(inbox), headers=headers)

    assert (answer.status, answer.body) == (401, b'{"result": "not verified"}')
    (event,) = events
    sent = headers.get("X-CleanLife-Timestamp", "")
    off = NOW - int(sent) if len(sent) == 10 else None
    assert event == {"message": REFUSED, "reason": reason, "status": 401, "seconds_off": off}
    assert inbox.get(ID) is None


def test_headers_that_are_there_twice_have_to_agree(world: World, inbox: Inbox) -> None:
    """A server before us may have believed the other one."""
    doubled = [*headers_of().items(), ("X-CleanLife-Signature", headers_of(secret=OTHER)["X-CleanLife-Signature"])]

    assert knock(world, receiver_of(inbox), headers=doubled).status == 401


@pytest.mark.parametrize("body", [b"", b"[]", b"\0", b"{", b"\xff" * 9, b"[" * 100_000])
def test_what_is_signed_and_unreadable_is_a_bad_request(world: World, inbox: Inbox, body: bytes) -> None:
    """To deliver it again would not help."""
    answer = knock(world, receiver_of(inbox), body, headers_of(body))

    assert (answer.status, answer.result) == (400, "not readable")


def test_any_content_type_and_a_header_bomb_do_no_harm(world: World, inbox: Inbox) -> None:
    """Which headers there are besides is none of our business."""
    bomb = {f"X-{number}": "a" * 100 for number in range(5000)}
    headers = {**headers_of(), **bomb, "Content-Type": "\xff;\x01", "Content-Length": str(len(BODY))}

    assert knock(world, receiver_of(inbox), headers=headers).status == 200


@pytest.mark.parametrize(("method", "scheme", "status"), [("GET", "https", 405), ("POST", "http", 403)])
def test_who_does_not_get_in_is_told_so(
    world: World, inbox: Inbox, caplog: pytest.LogCaptureFixture, method: str, scheme: str, status: int
) -> None:
    """Before anything of the body is read."""

    def unread() -> bytes:
        raise AssertionError("it was read")

    with told(caplog) as events:
        answer = knock(world, receiver_of(inbox), [unread], method=method, scheme=scheme)

    assert answer.status == status
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)
    assert [(event["reason"], event["status"]) for event in events] == [(answer.result.replace(" ", "_"), status)]


def test_behind_a_proxy(world: World, inbox: Inbox) -> None:
    """That one is believed, if it was named."""
    headers = {**headers_of(), "X-Forwarded-Proto": "https"}

    assert knock(world, receiver_of(inbox), headers=headers, scheme="http").status == 403
    assert knock(world, receiver_of(inbox, trusted_proxies=[PEER]), headers=headers, scheme="http").status == 200
    assert knock(world, receiver_of(inbox), headers=headers, scheme="http", peer=None).status == 403


def test_what_is_too_large_is_not_read(world: World, inbox: Inbox) -> None:
    """If its length is told; else it is read as far as the limit, and what it takes is no more than that."""
    read: list[int] = []

    def piece() -> bytes:
        read.append(1)
        return b"a" * 400

    receiver = receiver_of(inbox, max_body=1000)
    declared = {**headers_of(), "Content-Length": "1001"}
    assert knock(world, receiver, [piece] * 9, declared).status == 413
    assert read == []
    assert knock(world, receiver, [piece] * 9).status == 413
    assert len(read) == 3


@pytest.mark.parametrize("length", [len(BODY) - 1, len(BODY) + 1, -1, "a", ""])
def test_a_length_that_lies_is_a_bad_request(world: World, inbox: Inbox, length: object) -> None:
    """Whoever is between us and the sender may have read another body."""
    answer = knock(world, receiver_of(inbox), [BODY, b""], {**headers_of(), "Content-Length": str(length)})

    is_said = world.is_async or length != ""  # In WSGI, what is empty is not there.
    assert answer.status == (400 if is_said else 200)
    assert (inbox.get(ID) is None) == is_said


def test_an_inbox_that_cannot_be_written_is_unavailable(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """So that it is delivered again."""
    receiver = receiver_of(Inbox(f"sqlite:///{tmp_path / 'nowhere' / 'webhooks.db'}"))
    with told(caplog) as events:
        answer = knock(world, receiver)

    assert (answer.status, answer.result) == (503, "not available")
    assert [(event["reason"], event["error"]) for event in events] == [("not_available", "InboxError")]


def test_what_nobody_thought_of_is_delivered_again(
    world: World, reception: Reception, caplog: pytest.LogCaptureFixture
) -> None:
    """It is no traceback for a stranger, and no 2xx; the log says where it happened, and quotes nothing."""

    def accept(_event: object, _body: bytes) -> None:
        raise LookupError(f"{SECRET} is what I was thinking of")

    with told(caplog) as events:
        answer = at(world, attrs.evolve(reception, accept=accept))

    assert (answer.status, answer.result) == (503, "unexpected")
    (event,) = events
    assert event["error"] == "LookupError"
    assert "in accept" in event["where"]
    assert SECRET not in repr(event)


def test_a_door_that_breaks_is_unexpected_as_well(world: World, reception: Reception) -> None:
    """Before there is anything to verify."""
    reception = attrs.evolve(reception, admission=None)  # type: ignore[arg-type]  # What nobody thought of.

    assert at(world, reception).status == 503


def at(world: World, reception: Reception, pieces: list[Any] | None = None, **options: Any) -> Answered:
    """The answer of the doors before a reception."""
    asked = {"method": "POST", "scheme": "https", "peer": PEER}
    headers = list(headers_of().items())
    if world.is_async:
        return world(through_asgi(AsgiApp(reception, **options), pieces or [BODY], headers, **asked))  # type: ignore[arg-type]
    return through_wsgi(WsgiApp(reception, **options), pieces or [BODY], headers, **asked)


def test_a_sender_who_drips_is_cut_off(world: World, reception: Reception) -> None:
    """After as long as the vendor itself waits for an answer."""
    clock = reception.clock

    def drip() -> bytes:
        if world.is_async:
            time.sleep(0.002)  # That clock is the event loop's own.
        else:
            clock.sleep(1)
        return b"a"

    assert at(world, reception, [drip] * 1000, timeout=0.01 if world.is_async else 10).status == 408


def test_a_write_that_hangs_is_not_waited_for(reception: Reception) -> None:
    """When nobody waits for the answer any more. It may be written all the same; it is delivered again."""
    going_on = threading.Event()

    def accept(_event: object, _body: bytes) -> None:
        going_on.wait(10)

    app = AsgiApp(attrs.evolve(reception, accept=accept), timeout=0.02)
    for backend in ("asyncio", "trio"):
        sent = anyio.run(lambda: asked(app), backend=backend)
        assert sent.status == 503
    going_on.set()


async def asked(app: AsgiApp) -> Answered:
    pairs = list(headers_of().items())
    return await through_asgi(app, [BODY], pairs, method="POST", scheme="https", peer=PEER)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_sender_who_goes_away_leaves_nothing(inbox: Inbox, backend: str) -> None:
    """Half a delivery is none."""
    receiver, sent = receiver_of(inbox), list[Any]()

    async def main() -> None:
        messages = [{"type": "http.request", "body": BODY, "more_body": True}, {"type": "http.disconnect"}]

        async def receive() -> Any:
            await anyio.lowlevel.checkpoint()
            return messages.pop(0)

        async def send(message: Any) -> None:
            await anyio.lowlevel.checkpoint()
            sent.append(message)

        pairs = [(name.lower().encode(), value.encode()) for name, value in headers_of().items()]
        scope = {"type": "http", "http_version": "1.1", "method": "POST", "scheme": "https", "headers": pairs}
        await receiver.asgi(scope, receive, send)

    anyio.run(main, backend=backend)

    assert sent == []
    assert inbox.get(ID) is None


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_who_is_cancelled_between_write_and_answer_has_lost_nothing(reception: Reception, backend: str) -> None:
    """It is on disk and was not acknowledged, so it comes again, and is known then: it is processed once."""
    written, accept = threading.Event(), reception.accept
    cancelled: list[bool] = []

    def slowly(event: Any, body: bytes) -> Any:
        there = accept(event, body)
        written.set()
        time.sleep(0.02)
        return there

    async def main() -> Answered:
        app = AsgiApp(attrs.evolve(reception, accept=slowly))
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(asked, app)
                await anyio.to_thread.run_sync(written.wait)
                scope.cancel()
        cancelled.append(scope.cancelled_caught)
        return await asked(app)

    answer = anyio.run(main, backend=backend)

    assert cancelled == [True]
    assert answer.status == 200


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_what_is_not_http(inbox: Inbox, backend: str) -> None:
    """A server that asks whether we are up is answered; a socket is refused; all else is a mistake of somebody's."""
    app, sent = receiver_of(inbox).asgi, list[str]()

    async def send(message: Any) -> None:
        await anyio.lowlevel.checkpoint()
        sent.append(message["type"])

    async def main() -> None:
        messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive() -> Any:
            await anyio.lowlevel.checkpoint()
            return messages.pop(0)

        await app({"type": "lifespan"}, receive, send)
        await app({"type": "websocket"}, receive, send)
        with pytest.raises(ValueError, match="HTTP alone"):
            await app({"type": "gopher"}, receive, send)

    anyio.run(main, backend=backend)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]


def test_a_connection_of_which_the_rest_is_not_read_is_closed(inbox: Inbox) -> None:
    """Where there are connections: HTTP/2 has no such header, and WSGI forbids it."""

    async def closes(version: str, method: str) -> bool:
        sent: list[Any] = []

        async def receive() -> Any:
            await anyio.lowlevel.checkpoint()
            return {"type": "http.request", "body": BODY}

        async def send(message: Any) -> None:
            await anyio.lowlevel.checkpoint()
            sent.append(message)

        pairs = [(name.lower().encode(), value.encode()) for name, value in headers_of().items()]
        scope = {"type": "http", "http_version": version, "method": method, "scheme": "https", "headers": pairs}
        await receiver_of(inbox).asgi(scope, receive, send)
        return (b"connection", b"close") in sent[0]["headers"]

    assert anyio.run(closes, "1.1", "GET")
    assert not anyio.run(closes, "2", "GET")
    assert not anyio.run(closes, "1.1", "POST")


def environ_of(**more: Any) -> dict[str, Any]:
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers_of().items()}
    basic = {"REQUEST_METHOD": "POST", "wsgi.url_scheme": "https", "wsgi.input": io.BytesIO(BODY)}
    return {**basic, **headers, **more}


def status_of(app: WsgiApp, environ: dict[str, Any]) -> int:
    begun: list[str] = []
    list(app(environ, lambda status, _headers: begun.append(status)))  # type: ignore[arg-type, return-value, misc]
    return int(begun[0].split()[0])


def test_a_wsgi_server_that_does_not_say_where_a_body_ends(inbox: Inbox) -> None:
    """Nobody reads on for ever: without a length there is none, and what comes in chunks is refused."""
    app = receiver_of(inbox).wsgi

    assert status_of(app, environ_of()) == 401
    assert status_of(app, environ_of(HTTP_TRANSFER_ENCODING="chunked")) == 411
    assert status_of(app, environ_of(CONTENT_LENGTH="")) == 401
    assert status_of(app, environ_of(CONTENT_LENGTH=str(len(BODY)))) == 200


def test_a_wsgi_stream_without_read1(inbox: Inbox) -> None:
    """Servers promise no more than `read`."""

    class Plain:
        def __init__(self) -> None:
            self.read = io.BytesIO(BODY + b"the next request").read

    environ = environ_of(**{"wsgi.input": Plain(), "CONTENT_LENGTH": str(len(BODY))})

    assert status_of(receiver_of(inbox).wsgi, environ) == 200


def test_thirty_two_threads(inbox: Inbox) -> None:
    """Each delivery is written once, whoever brings it."""
    receiver = receiver_of(inbox)
    bodies = [body_of(deliveryId=f"delivery-{number // 2}") for number in range(128)]

    def bring(body: bytes) -> int:
        pairs = list(headers_of(body).items())
        return through_wsgi(receiver.wsgi, [body], pairs, method="POST", scheme="https", peer=PEER).status

    with ThreadPoolExecutor(32) as threads:
        assert set(threads.map(bring, bodies)) == {200}
    assert len(list(inbox.entries())) == 64


def test_any_bytes_end_in_an_answer(world: World, inbox: Inbox) -> None:
    """Of ours: no exception, no 2xx for what is not signed, and nothing in the inbox."""
    chance, receiver = random.Random(7), receiver_of(inbox, max_body=5000)  # noqa: S311  # The same each time.
    names = [*headers_of(), "Content-Length", "X-Forwarded-Proto", "Content-Type"]
    for _ in range(300):
        pairs = [
            (chance.choice(names), bytes(chance.choices(range(256), k=chance.randrange(40))).decode("latin-1"))
            for _ in range(chance.randrange(8))
        ]
        pairs += [pair for pair in headers_of().items() if chance.random() < 0.7]
        pieces = [chance.randbytes(chance.randrange(3000)) for _ in range(1 + chance.randrange(3))]
        assert knock(world, receiver, pieces, pairs).status in {400, 401, 413}
    assert list(inbox.entries()) == []


def test_a_flood_of_forgeries_costs_little_and_leaves_room_for_others(world: World, inbox: Inbox) -> None:
    """Each is looked up once, in one statement, and nothing is written; a delivery among them is."""
    receiver, forged, statements = receiver_of(inbox), headers_of(secret=OTHER), list[str]()
    assert list(inbox.entries()) == []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(inbox.deliveries.database.engine, "before_cursor_execute", note)
    for _ in range(100):
        assert knock(world, receiver, headers=forged).status == 401
    assert len(statements) == 100
    assert all(statement.startswith("SELECT EXISTS") for statement in statements)
    assert knock(world, receiver).status == 200


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"secrets": []}, ConfigurationError, "there is none"),
        ({"secrets": "abc"}, ConfigurationError, "put it into brackets"),
        ({"secrets": ["xyz"], "scheme": SignatureScheme(key="hex")}, ConfigurationError, "is no hex"),
        ({"tolerance": -1}, ValueError, "tolerance"),
        ({"tolerance": float("nan")}, ValueError, "tolerance"),
        ({"trusted_proxies": ["*"]}, ConfigurationError, "allow_http"),
        ({"max_body": 0}, ConfigurationError, "max_body"),
        ({"encryption_key": "short"}, ConfigurationError, "Fernet.generate_key"),
    ],
)
def test_options_are_refused_when_the_receiver_is_made(
    inbox: Inbox, options: dict[str, Any], error: type[Exception], text: str
) -> None:
    """And not by the first delivery."""
    with pytest.raises(error, match=text):
        receiver_of(inbox, **options)


def test_another_scheme(world: World, inbox: Inbox) -> None:
    """With no time in it there is none to be off."""
    scheme = SignatureScheme(message="{body}", timestamp_header=None)
    receiver = receiver_of(inbox, scheme=scheme)

    assert knock(world, receiver, headers=headers_of(secret=OTHER, scheme=scheme)).status == 401
    assert knock(world, receiver, headers=headers_of(scheme=scheme)).status == 200


def test_a_database_that_hangs_holds_up_nobody_for_long(tmp_path: Path) -> None:
    """Others write all the time: the answer is 503, and what was to be written is not, in a time that is bounded."""
    path = tmp_path / "webhooks.db"
    with Inbox(f"sqlite:///{path}") as inbox:
        receiver = receiver_of(inbox)
        assert list(inbox.entries()) == []
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        sent = anyio.run(lambda: asked(AsgiApp(receiver.asgi.reception, timeout=0.1)))
        other.execute("ROLLBACK")
        other.close()
        assert sent.status == 503


def test_a_disk_that_is_full(world: World, inbox: Inbox) -> None:
    """Is an inbox that cannot be written; once there is room again, it can."""
    receiver, body = receiver_of(inbox), body_of(more="a" * 500_000)
    assert list(inbox.entries()) == []

    def room(pages: int) -> None:
        with inbox.deliveries.database.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            connection.rollback()

    room(30)
    assert knock(world, receiver, body, headers_of(body)).status == 503
    room(3000)
    assert knock(world, receiver, body, headers_of(body)).status == 200
