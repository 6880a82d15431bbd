"""Nothing takes longer than its deadline, whatever the other side does; and what an operation causes is part of it."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
from engine.wire_server import Behaviour, Connection, after_request, deaf, serve
from wired import ID, Hasty, Wired, book, read, write
from worlds import BOOKING, FakeClock, World, ok, refused

from cleanlife_ext import (
    APITimeoutError,
    CleanLife,
    CleanLifeError,
    DeadlineExceededError,
    OutcomeUnknownError,
)

# For figures that count: PROOF_DEADLINE=3 on a quiet machine, where 5 % are enough.
PROOF = os.environ.get("PROOF_DEADLINE", "")
DEADLINE = float(PROOF or 0.4)  # seconds
MARGIN = DEADLINE * 0.05 if PROOF else 3.0  # Machines that test are busy. Without a deadline it would be 10 s or more.

HEAD = b"HTTP/1.1 200 OK\r\n"


def drip(at_once: bytes, slowly: bytes, pause: float = 0.02) -> Behaviour:
    def behave(connection: Connection) -> None:
        connection.send(at_once)
        connection.drip(slowly, pause)

    return after_request(behave)


ENDLESS: dict[str, Behaviour] = {
    "silence": after_request(Connection.stall),
    "dripping headers": drip(HEAD, b"x-a: b\r\n" * 1000),
    "dripping body": drip(HEAD + b"content-length: 9000\r\n\r\n", b" " * 9000),
    "dripping chunks": drip(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000),
    "endless patience": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0.001),
    "a slow reader": lambda connection: connection.server.over.wait() and None,
}


@contextmanager
def ended_in_time() -> Iterator[None]:
    """With the deadline, and hardly later."""
    began = time.monotonic()
    with pytest.raises((DeadlineExceededError, OutcomeUnknownError)):
        yield
    took = time.monotonic() - began
    assert DEADLINE * 0.9 <= took <= DEADLINE + MARGIN


def took(wired: Wired, url: str, call: Callable[[Any], Any], **options: Any) -> tuple[float, CleanLifeError]:
    """How long a call of a client that is there already took to fail, and with what."""
    client = wired.make(url, **{"timeout": 60.0, "deadline": DEADLINE, "max_attempts": 4, **options})
    began = time.monotonic()
    with pytest.raises(CleanLifeError) as caught:
        wired.world(call(client))
    seconds = time.monotonic() - began
    wired.world.close(client)
    return seconds, caught.value


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
@pytest.mark.parametrize("how", list(ENDLESS))
def test_an_operation_ends_with_its_deadline(wired: Wired, how: str) -> None:
    """Although each byte that comes is in time, and whatever an attempt might take."""
    large = how == "a slow reader"
    with serve(ENDLESS[how]) as server:
        client = wired.make(server.url, timeout=60.0, deadline=DEADLINE, max_attempts=4)
        with ended_in_time():
            wired.world(client.bookings.cancel(ID, notes="x" * 8_000_000) if large else read(client))
        wired.world.close(client)


def test_a_slow_handshake_ends_with_the_deadline(wired: Wired) -> None:
    """Neither side has said who it is, so nothing was sent."""
    hello = bytes.fromhex("1603034000")  # The head of a long record, which then drips.

    def behave(connection: Connection) -> None:
        connection.socket.recv(4096)
        connection.send(hello)
        connection.drip(bytes(9000))

    with serve(behave) as server:
        client = wired.make(server.url.replace("http:", "https:"), timeout=60.0, deadline=DEADLINE)
        began = time.monotonic()
        with pytest.raises(DeadlineExceededError) as caught:
            wired.world(write(client))
        assert time.monotonic() - began <= DEADLINE + MARGIN
        wired.world.close(client)

    assert not caught.value.ambiguous


def test_an_address_that_does_not_answer_ends_with_the_deadline(wired: Wired) -> None:
    """Nothing was sent, so a write is no unknown outcome."""
    with deaf() as url:
        seconds, error = took(wired, url, write)

    assert DEADLINE * 0.9 <= seconds <= DEADLINE + MARGIN
    assert type(error) is DeadlineExceededError
    assert not error.ambiguous


def test_three_addresses_that_do_not_answer_end_with_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each gets its share of what is left."""
    with deaf() as url, monkeypatch.context() as patched:
        port = int(url.split(":")[2].split("/")[0])
        dead = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * 3
        patched.setattr(socket, "getaddrinfo", lambda *_, **__: dead)
        client = CleanLife("pk_1", base_url=f"http://dead.test:{port}/v1", timeout=60.0, deadline=DEADLINE)
        with client, ended_in_time():
            read(client)


def test_an_attempt_gets_no_more_than_what_is_left(wired: Wired) -> None:
    """The second one, after a wait that took most of the deadline."""

    class Tired(Hasty):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            self.skipped = 10.0 - DEADLINE

    with serve(after_request(lambda connection: connection.send(b"")), ENDLESS["silence"]) as server:
        seconds, error = took(wired, server.url, read, deadline=10.0, clock=Tired())

    assert seconds <= DEADLINE + MARGIN
    assert type(error) is DeadlineExceededError
    assert [attempt.status for attempt in error.attempts] == [None, None]
    assert error.attempts[-1].seconds <= DEADLINE + MARGIN


def test_a_lookup_is_part_of_what_caused_it(wired: Wired) -> None:
    """It has no deadline of its own: whoever asked for a booking does not wait twice."""
    hang_up: Behaviour = after_request(lambda _: None)
    with serve(hang_up, ENDLESS["silence"]) as server:
        seconds, error = took(wired, server.url, book, clock=Fast())

    assert DEADLINE * 0.9 <= seconds <= DEADLINE + MARGIN
    assert type(error) is OutcomeUnknownError
    assert [request.split()[0] for request in server.requests] == [b"POST", b"GET"]


class Fast(Hasty):
    """Waits pass at once, and take none of the deadline."""

    def now(self) -> float:
        return time.monotonic()


# Pages and batches have their deadlines tested where they are: in client/test_pages.py and client/test_quotes.py.


def test_a_key_that_is_awaited_too_long_ends_with_the_deadline(tasked: Wired) -> None:
    """A secrets manager that hangs; nothing was sent."""

    async def key() -> str:
        await anyio.sleep_forever()
        raise AssertionError

    with serve(ENDLESS["silence"]) as server:
        seconds, error = took(tasked, server.url, write, api_key=key)

        assert seconds <= DEADLINE + MARGIN
        assert type(error) is DeadlineExceededError
        assert not error.ambiguous
        assert server.requests == []


def test_a_key_that_comes_too_late_is_not_sent() -> None:
    """A synchronous callable cannot be interrupted; but nothing goes out after the deadline."""

    def key() -> str:
        time.sleep(0.2)
        return "pk_late"

    with serve(ENDLESS["silence"]) as server, CleanLife(key, base_url=server.url, deadline=0.1) as client:
        with pytest.raises(DeadlineExceededError) as caught:
            write(client)

        assert not caught.value.ambiguous
        assert server.connections == 0


class Jumping(Hasty):
    """Somebody sets the clock back while a call is under way."""

    def __init__(self, *, by: float) -> None:
        super().__init__()
        self.by = by

    def jump(self) -> None:
        self.skipped -= self.by


def test_a_clock_that_jumps_backwards_delays_no_attempt(wired: Wired) -> None:
    """Connections live in real time: what was begun ends as it would have."""
    clock = Jumping(by=3600.0)
    with serve(after_request(lambda connection: (clock.jump(), connection.stall())[1])) as server:
        seconds, error = took(wired, server.url, read, timeout=DEADLINE, deadline=600.0, max_attempts=1, clock=clock)

    assert seconds <= DEADLINE + MARGIN
    assert type(error) is APITimeoutError


def test_a_date_on_the_wall_that_jumps_backwards_delays_nothing_for_good(world: World) -> None:
    """What a server asks for by a date is bounded by the deadline like any other wait."""

    class Backwards(FakeClock):
        def wall(self) -> float:
            return 0.0

    later = refused(503, "UNAVAILABLE", {"retry-after": "Sat, 20 Jun 2026 09:00:00 GMT"})
    with world.client(later, ok(BOOKING), clock=Backwards()) as (client, script):
        with pytest.raises(CleanLifeError) as caught:
            world(client.bookings.status(ID))

        assert caught.value.out_of_time
        assert len(script.asked) == 1


def test_threads_that_wait_for_a_connection_end_with_their_deadline() -> None:
    """All connections are busy with a server that says nothing."""
    with serve(Connection.stall) as server:
        client = CleanLife("pk_1", base_url=server.url, deadline=DEADLINE, max_attempts=1)
        ended: list[float] = []
        began = time.monotonic()

        def work() -> None:
            with pytest.raises(DeadlineExceededError):
                read(client)
            ended.append(time.monotonic() - began)

        threads = [threading.Thread(target=work) for _ in range(130)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()

    assert len(ended) == 130
    assert max(ended) <= DEADLINE + MARGIN + 1.0  # Starting as many threads takes its time.
