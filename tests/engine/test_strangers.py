"""What strangers write, and what users get wrong, ends in a clear error and shows nothing of theirs."""

from __future__ import annotations

import asyncio
import pickle
import time
import traceback
from typing import Any

import attrs
import httpx
import pytest
from worlds import BOOKING, KEY, URL, FakeClock, Script, World, ok, page, refused

from cleanlife_ext import (
    AsyncCleanLife,
    BadRequestError,
    CleanLife,
    ConfigurationError,
    DuplicateExternalReferenceError,
    UnexpectedResponseError,
)
from cleanlife_ext.engine.constraints import refuse
from cleanlife_ext.engine.transport.wire import Credential
from cleanlife_ext.provider import CLEANLIFE
from cleanlife_ext.simulator import Simulator

ID = BOOKING["bookingId"]
ORDER = {
    "contact_id": ID,
    "address_id": "a",
    "service_id": ID,
    "date": "2026-06-20",
    "external_reference": "ORDER-1",
    "if_exists": "return",
}


def test_a_list_that_repeats_itself_ends_in_an_error(world: World) -> None:
    """A server that gives the same page for ever keeps nobody for ever."""
    with (
        world.client(page([BOOKING], pages=10**18)) as (client, script),
        pytest.raises(UnexpectedResponseError) as caught,
    ):
        world.items(client.bookings.list())

    assert "held nothing new" in str(caught.value)
    assert caught.value.operation == "listBookings"
    assert caught.value.request_id == "req-ok"
    assert len(script.asked) == 4


def test_find_looks_at_every_booking_that_comes(world: World) -> None:
    """A filter that lets others through hides nothing."""
    other = {**BOOKING, "bookingId": "00000000-0000-4000-8000-000000000001", "externalReference": "ORDER-10"}

    with world.client(page([other], pages=2), page([BOOKING], number=2, pages=2)) as (client, _):
        assert str(world(client.bookings.find("ORDER-1")).booking_id) == ID


def test_a_reference_that_begins_with_the_prefix_is_refused(world: World) -> None:
    """With and without it, it would be the same reference for two orders."""
    from cleanlife_ext import Timeslot  # noqa: PLC0415

    order = {**ORDER, "timeslot": Timeslot("09:00", "12:00"), "external_reference": "TEST-1"}
    with world.client(ok(BOOKING), reference_prefix="TEST-") as (client, script):
        with pytest.raises(ValueError, match="external_reference: give it without the reference_prefix"):
            world(client.bookings.create(**order))
        with pytest.raises(ValueError, match="external_reference: give it without the reference_prefix"):
            world(client.bookings.update(ID, external_reference="TEST-1"))

    assert script.asked == []


@pytest.mark.parametrize(
    "changes",
    [{"date": "2026-06-20-evil"}, {"date": "2"}, {"status": "CANCELED"}, {"status": "Failed"}, {"timeslot": None}],
    ids=str,
)
def test_what_looks_odd_is_not_taken_for_ones_own(world: World, changes: dict[str, Any]) -> None:
    """Only a booking for the same day and time, which is alive, is returned in place of a new one."""
    from cleanlife_ext import CleanLifeError, Timeslot  # noqa: PLC0415

    steps = [refused(409, "DUPLICATE_EXTERNAL_REFERENCE"), page([{**BOOKING, **changes}])]
    with world.client(*steps) as (client, _), pytest.raises(CleanLifeError) as caught:
        world(client.bookings.create(**ORDER, timeslot=Timeslot("09:00", "12:00")))

    assert isinstance(caught.value, DuplicateExternalReferenceError)


def test_no_code_of_a_stranger_stands_in_the_attempts(world: World) -> None:
    """They are shown and logged; a code that is none is left out."""
    with world.client(refused(400, "phone +966500000000")) as (client, _), pytest.raises(BadRequestError) as caught:
        world(client.bookings.status(ID))

    assert "+966" not in repr(caught.value.attempts)
    assert caught.value.attempts[0].code == "BadRequestError"


def test_a_number_that_no_float_can_hold_is_none(world: World) -> None:
    """1e400 would become infinity."""
    tier = {"id": ID, "minMinutes": 60, "maxMinutes": None, "factor": 0.5, "sorting": 1}
    content = ok([tier]).content.replace(b"0.5", b"1e400")

    with world.client(httpx.Response(200, content=content)) as (client, _), pytest.raises(UnexpectedResponseError):
        world(client.pricing.tiers())


def test_a_client_that_is_closed_in_the_middle_sends_nothing_more(world: World) -> None:
    """Not even what waits for its next attempt."""

    class Closing(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            client._session.core.closed = True  # noqa: SLF001  # What close() does first, from another thread.

    script = Script(refused(503, "UNAVAILABLE"), ok(BOOKING))
    client = world.make(script, clock=Closing())
    with pytest.raises(ConfigurationError, match="closed"):
        world(client.bookings.status(ID))
    world.close(client)

    assert len(script.asked) == 1


def test_a_client_that_is_closed_before_the_first_attempt_sends_nothing(world: World) -> None:
    """Between the call and its first request somebody else may close it."""

    class Closing(FakeClock):
        def now(self) -> float:
            if script.asked == [] and made:
                made[0]._session.core.closed = True  # noqa: SLF001
            return super().now()

    made: list[Any] = []
    script = Script(ok(BOOKING))
    made.append(world.make(script, clock=Closing()))
    with pytest.raises(ConfigurationError, match="closed"):
        world(made[0].bookings.status(ID))
    world.close(made[0])

    assert script.asked == []


def test_ctrl_c_in_the_middle_costs_nothing() -> None:
    """The turns of the pool are all there afterwards. (On an event loop Ctrl-C is a cancellation.)"""

    def interrupted(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    script = Script(interrupted, ok(BOOKING))
    with CleanLife(KEY, base_url=URL, transport=script, clock=FakeClock()) as client:
        with pytest.raises(KeyboardInterrupt):
            client.bookings.status(ID)
        answers = [client.bookings.status(ID) for _ in range(150)]

    assert len(answers) == 150


@pytest.mark.parametrize("text", ["\ud800", "x\udfff"])
def test_half_a_character_is_refused_by_its_fields_name(world: World, text: str) -> None:
    """In bodies and in addresses."""
    with world.client(ok(BOOKING)) as (client, script):
        with pytest.raises(ValueError, match="notes: it holds half a character"):
            world(client.bookings.cancel(ID, notes=text))
        with pytest.raises(ValueError, match="sort_by: it holds half a character"):
            world.items(client.bookings.list(sort_by=text))

    assert script.asked == []


def test_what_is_too_long_for_an_address_is_refused(world: World) -> None:
    """By the field's name, and before a library fails on it."""
    with world.client(page([])) as (client, script), pytest.raises(ValueError, match="sort_by: 100000 characters"):
        world.items(client.bookings.list(sort_by="x" * 100_000))

    assert script.asked == []


def test_a_long_address_is_judged_at_once() -> None:
    """The pattern does not go back over what it has read."""
    began = time.perf_counter()
    for text in ("a://" + "x" * 200_000 + " ", "a" * 200_000, "a:" * 100_000):
        body = {"url": text, "events": ["booking.created"]}
        with pytest.raises(ValueError, match="url"):
            refuse(CLEANLIFE.operations["createSubscription"], {}, {}, body)

    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    "options",
    [
        *({name: value} for name in ("timeout", "deadline", "cache_ttl") for value in (1e12, 10**400)),
        *({"base_url": f"https://{host}/v1"} for host in ("a" * 64 + ".com", "a..b", "xn--a\u0301", "\ud800")),
        {"base_url": b"https://api.test"},
        {"environment": []},
        {"environment": 5},
        {"base_url": b""},
        {"base_url": 0},
        {"reference_prefix": "\ud800"},
        {"clock": "noon"},
        {"clock": 0},
    ],
    ids=lambda options: next(iter(options)),
)
def test_options_that_would_fail_later_are_refused_at_once(world: World, options: dict[str, Any]) -> None:
    """By their name, as an error of ours."""
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        world.make(Script(ok({})), **({"base_url": None} | options))


@pytest.mark.parametrize(
    "proxy", ["http://host:99999", "http://host:0", "http://a b", "http://host#a", f"http://{'a' * 64}"]
)
def test_a_proxy_that_nobody_can_reach_is_refused_at_once(world: World, proxy: str) -> None:
    """Later it would be an error of somebody else's, at each call."""
    with pytest.raises(ConfigurationError, match="proxy"):
        world.make(proxy=proxy)


@pytest.mark.parametrize("options", [{"timeout": 0}, {"base_url": "x"}, {"api_key": f"{KEY}\n"}], ids=str)
def test_a_client_that_cannot_be_made_shows_no_key(world: World, options: dict[str, Any]) -> None:
    """Not even to those who look at the variables of each frame."""
    with pytest.raises(ConfigurationError) as caught:
        world.make(Script(ok({})), **options)

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [line for frame in told.stack if "cleanlife_ext" in frame.filename for line in (frame.locals or {}).values()]
    assert ours
    assert KEY not in "".join(ours)


@pytest.mark.parametrize(
    "options",
    [
        {"rate_limit": 5, "rate_limit_storage": "redis://:sesame@host:notaport/0"},
        {"rate_limit": 5, "rate_limit_storage": "http://:sesame@host/0"},
        {"rate_limit_storage": "redis://:sesame@host/0"},
        {"rate_limit": 5, "rate_limit_storage": "redis://:sesame@host/0", "cache_ttl": -1},
        {"proxy": "socks5://me:sesame@host"},
        {"proxy": "http://me:sesame@host", "cache_ttl": -1},
    ],
)
def test_a_client_that_cannot_be_made_shows_no_password(world: World, options: dict[str, Any]) -> None:
    """An address may hold one, and stands in the variables of the frames that it came through."""
    with pytest.raises(ConfigurationError) as caught:
        world.make(**options)

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [line for frame in told.stack if "cleanlife_ext" in frame.filename for line in (frame.locals or {}).values()]
    assert "sesame" not in "".join([*ours, str(caught.value)])


def test_a_key_does_not_travel() -> None:
    """A pickle is a file like any other."""
    with pytest.raises(TypeError, match="does not travel"):
        pickle.dumps(Credential(KEY))


def test_a_key_does_not_show_its_beginning() -> None:
    """Some cut a long text before they show it."""
    key = Credential("pk_" + "x" * 200).get()

    assert "x" not in repr(key) + key[:80]
    assert key.encode().startswith(b"pk_xxx")


def test_a_client_that_is_closed_while_in_use_leaves_no_connection() -> None:
    """The last answer closes what it came by. (An event loop closes its session as a whole.)"""
    closed: list[str] = []

    class Closable(Script):
        def close(self) -> None:
            closed.append("transport")

    def last(_: httpx.Request) -> httpx.Response:
        client.close()
        return ok(BOOKING)

    client = CleanLife(KEY, base_url=URL, transport=Closable(last), clock=FakeClock())

    assert str(client.bookings.status(ID).booking_id) == ID
    assert closed == ["transport", "transport"]


def test_another_process_gets_a_pool_of_its_own() -> None:
    """Connections that came with a fork are the parent's; here the client is told that it was born elsewhere."""
    with Simulator().serve() as server, CleanLife(server.api_key, base_url=server.base_url) as client:
        before = client.services.list().all()
        transport: Any = client._session.transport  # noqa: SLF001
        parents = transport._pool.transport  # noqa: SLF001
        transport._pool = attrs.evolve(transport._pool, process=-1)  # noqa: SLF001
        client.services.invalidate()

        assert client.services.list().all() == before
        assert transport._pool.transport is not parents  # noqa: SLF001
        parents.close()


def test_a_loop_that_ended_without_a_word_is_forgotten() -> None:
    """Not every loop closes its generators; the session of one that did not is dropped when the next one comes."""
    with Simulator().serve() as server:
        client = AsyncCleanLife(server.api_key, base_url=server.base_url)
        sessions: list[int] = []
        for _ in range(3):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(client.webhooks.subscriptions.list())
            transport: Any = client._session.transport  # noqa: SLF001
            sessions.append(len(transport._asyncio._sessions))  # noqa: SLF001
            held = list(transport._asyncio._sessions.values())  # noqa: SLF001
            loop.run_until_complete(held[0][0].close())  # What is tested is that it is dropped, not that it leaks.
            loop.close()

    assert sessions == [1, 1, 1]
