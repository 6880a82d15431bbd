"""The rules for retries, row by row, against a server that fails; the waits between attempts are written down."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Any

import pytest
from faults.server import GARBLED, LOST, Fault, date_in, faulty, limited, refusal, says
from wired import ID, Hasty, Wired, book, read

from cleanlife_ext import (
    APIConnectionError,
    APIStatusError,
    BookingCreationFailedError,
    DuplicateExternalReferenceError,
    OutcomeUnknownError,
    RateLimitError,
    UnexpectedResponseError,
)

TIMEOUT = 0.4  # Seconds: where a server stalls or drips, an attempt takes as long.
SLOW = {"a stall", "dripping headers", "a dripping body"}
FINAL = [400, 401, 403, 404, 409, 418]


def options(clock: Hasty, how: str = "") -> dict[str, Any]:
    """Four attempts, none longer than it must be."""
    return {"clock": clock, "max_attempts": 4, "deadline": 600.0, **({"timeout": TIMEOUT} if how in SLOW else {})}


def is_backoff(waits: list[float]) -> bool:
    return all(1 <= wait <= 30 for wait in waits)


@pytest.mark.parametrize("how", list(LOST))
def test_a_read_is_asked_again(wired: Wired, how: str) -> None:
    """After a wait, by a request of its own."""
    clock = Hasty()
    with faulty(LOST[how]) as server:
        assert str(wired.ask(server.url, read, **options(clock, how)).booking_id) == ID

    assert len(server.asked) == 2
    assert len(clock.waits) == 1
    assert is_backoff(clock.waits)


@pytest.mark.parametrize("how", ["reset", "HTML with 502", "503"])
def test_a_read_is_asked_four_times_at_most(wired: Wired, how: str) -> None:
    """Then the last failure is raised, with all that was tried."""
    clock = Hasty()
    with faulty(*[LOST[how]] * 4) as server, pytest.raises((APIConnectionError, APIStatusError)) as caught:
        wired.ask(server.url, read, **options(clock))

    assert len(server.asked) == len(caught.value.attempts) == 4
    assert len(clock.waits) == 3
    assert is_backoff(clock.waits)


def test_a_server_that_is_not_up_yet_is_asked_again(wired: Wired) -> None:
    """A refused connection has sent nothing, so that even a write is simply sent again."""
    with socket.socket() as early, ExitStack() as later:
        early.bind(("127.0.0.1", 0))
        servers = []

        class Waking(Hasty):
            def sleep(self, seconds: float) -> None:
                super().sleep(seconds)
                if len(self.waits) == 2:
                    early.listen()
                    servers.append(later.enter_context(faulty(listener=early)))

        clock = Waking()
        url = f"http://127.0.0.1:{early.getsockname()[1]}/v1"
        assert wired.ask(url, book, **options(clock)).external_reference == "ORDER-1"

    assert servers[0].asked == ["POST /v1/partners/bookings"]
    assert len(clock.waits) == 2
    assert is_backoff(clock.waits)


@pytest.mark.parametrize("how", list(LOST | GARBLED))
@pytest.mark.parametrize("effect", [False, True], ids=["before the effect", "after the effect"])
def test_a_booking_is_made_once(wired: Wired, how: str, *, effect: bool) -> None:
    """It is looked for before it is sent again, and sent again only if it is not there."""
    clock = Hasty()
    fault: Fault = {**LOST, **GARBLED}[how]
    with faulty(fault.after_the_effect() if effect else fault) as server:
        assert wired.ask(server.url, book, **options(clock, how)).external_reference == "ORDER-1"

    assert len(server.made) == 1
    assert server.asked == ["POST /v1/partners/bookings", "GET /v1/partners/bookings"] + (
        [] if effect else ["POST /v1/partners/bookings"]
    )
    assert is_backoff(clock.waits)


@pytest.mark.parametrize("how", ["reset", "HTML with 502"])
def test_a_booking_that_is_lost_to_the_end_is_of_unknown_outcome(wired: Wired, how: str) -> None:
    """Never a plain timeout or 502; and the error knows how to look once more."""
    clock = Hasty()
    with faulty(LOST[how].after_the_effect(), *[LOST[how]] * 40) as server:
        client = wired.make(server.url, **options(clock))
        with pytest.raises(OutcomeUnknownError) as caught:
            wired.world(book(client))
        server.faults.clear()
        found = wired.world(caught.value.resolve())
        wired.world.close(client)

    assert caught.value.key == found.external_reference == "ORDER-1"
    assert server.count("POST") == len(server.made) == 1


@pytest.mark.parametrize("how", list(GARBLED))
def test_a_success_that_cannot_be_read_is_not_asked_for_again(wired: Wired, how: str) -> None:
    """By a read: the same would come."""
    clock = Hasty()
    with faulty(GARBLED[how]) as server, pytest.raises(UnexpectedResponseError):
        wired.ask(server.url, read, **options(clock))

    assert len(server.asked) == 1
    assert clock.waits == []


@pytest.mark.parametrize(("asked", "seconds"), [("7", 7.0), ("0", 1.0), ("nonsense", None)])
def test_a_503_may_say_when_to_come_back(wired: Wired, asked: str, seconds: float | None) -> None:
    """In seconds, at least one; nonsense is no answer, and the usual wait is made."""
    clock = Hasty()
    with faulty(says(refusal(503, "UNAVAILABLE", retry_after=asked))) as server:
        wired.ask(server.url, read, **options(clock))

    assert len(clock.waits) == 1
    assert clock.waits == [seconds] if seconds else is_backoff(clock.waits)


def test_a_503_may_say_when_to_come_back_as_a_date(wired: Wired) -> None:
    """By the clock on the wall."""
    clock = Hasty()
    with faulty(says(refusal(503, "UNAVAILABLE", retry_after=date_in(20)))) as server:
        wired.ask(server.url, read, **options(clock))

    assert 10 < sum(clock.waits) <= 20


def waited(clock: Hasty, seconds: float) -> bool:
    """Whether so long was waited, and what spreads those who wait; less what passed on a busy machine meanwhile."""
    return seconds - 0.5 <= sum(clock.waits) <= seconds * 1.5


@pytest.mark.parametrize("call", [read, book])
@pytest.mark.parametrize(("asked", "seconds"), [("", 60.0), ("5", 5.0), ("date", 20.0), ("0", 1.0)])
def test_a_refusal_for_the_rate_is_waited_for(wired: Wired, call: Any, asked: str, seconds: float) -> None:
    """As long as the server says, else a minute; it took no notice, so a write is simply sent again."""
    clock = Hasty()
    with faulty(limited(date_in(seconds) if asked == "date" else asked)) as server:
        wired.ask(server.url, call, **options(clock))

    assert len(server.asked) == 2
    assert waited(clock, seconds) if asked != "date" else 10 < sum(clock.waits) <= 30


def test_refusals_for_the_rate_use_up_no_attempt(wired: Wired) -> None:
    """60, 90 and 120 seconds, and then all four attempts are still there."""
    clock = Hasty()
    with faulty(*[limited()] * 3, *[LOST["503"]] * 3) as server:
        assert wired.ask(server.url, read, **options(clock))

    assert len(server.asked) == 7
    assert waited(clock, 60 + 90 + 120 + 3)


def test_the_deadline_bounds_refusals_for_the_rate(wired: Wired) -> None:
    """60 and 90 seconds fit in three minutes; the third wait is not begun, and what the server wants is said."""
    clock = Hasty()
    with faulty(*[limited()] * 9) as server, pytest.raises(RateLimitError) as caught:
        wired.ask(server.url, read, **{**options(clock), "deadline": 180.0})

    assert len(server.asked) == 3
    assert sum(clock.waits) < 180
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 120


@pytest.mark.parametrize("call", [read, book])
@pytest.mark.parametrize("status", FINAL)
def test_a_refusal_is_final(wired: Wired, call: Any, status: int) -> None:
    """Whatever was asked."""
    clock = Hasty()
    with faulty(says(refusal(status, "NO"))) as server, pytest.raises(APIStatusError) as caught:
        wired.ask(server.url, call, **options(clock))

    assert caught.value.status_code == status
    assert len(server.asked) == 1
    assert clock.waits == []


def test_a_duplicate_is_looked_up_and_raised(wired: Wired) -> None:
    """What has the reference is in the error."""
    with faulty() as server:
        client = wired.make(server.url, **options(Hasty()))
        made = wired.world(book(client))
        with pytest.raises(DuplicateExternalReferenceError) as caught:
            wired.world(book(client))
        wired.world.close(client)

    assert caught.value.existing == made
    assert len(server.made) == 1


def test_a_booking_that_could_not_be_created_is_sent_again(wired: Wired) -> None:
    """This 422 alone; another one is final."""
    clock = Hasty()
    with faulty(*[says(refusal(422, "BOOKING_CREATION_FAILED"))] * 2) as server:
        wired.ask(server.url, book, **options(clock))
        assert server.asked == ["POST /v1/partners/bookings"] * 3
        assert is_backoff(clock.waits)

        server.faults[:] = [says(refusal(422, "BOOKING_CREATION_FAILED"))] * 4
        server.made.clear()
        with pytest.raises(BookingCreationFailedError):
            wired.ask(server.url, book, **options(clock))

        server.asked.clear()
        server.faults[:] = [says(refusal(422, "TIMESLOT_NOT_AVAILABLE"))]
        with pytest.raises(APIStatusError):
            wired.ask(server.url, book, **options(clock))
        assert len(server.asked) == 1
