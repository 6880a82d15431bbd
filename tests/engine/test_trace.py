"""Who asks what a call did gets an answer: recorded where it was asked for, and told in words."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from typing import Any

import anyio
import attrs
import httpx
import pytest
from worlds import BOOKING, FakeClock, World, ok, page, refused, world_of

from cleanlife_ext import (
    AsyncCleanLife,
    Call,
    Calls,
    CleanLife,
    CleanLifeError,
    DuplicateExternalReferenceError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    Timeslot,
    explain,
)
from cleanlife_ext.engine.trace import MOST_RECORDED

ID = BOOKING["bookingId"]
DAY = dt.date(2026, 6, 20)
HOUR = 3600
SERVICES = page([{"id": ID, "name": "Villa"}])
MADE = Call(
    id="11111111-2222-4333-8444-555555555555",
    operation="getBookingStatus",
    method="GET",
    path="/partners/bookings/{bookingId}/status",
    fields={"bookingId": ID},
    began=dt.datetime(2026, 6, 20, 9, 30, 15, 123_456, tzinfo=dt.UTC),
    seconds=0.25,
    attempts=(),
    result="ok",
)


@pytest.fixture
def clock() -> FakeClock:
    """Time that passes when the test says so."""
    return FakeClock()


def takes(clock: FakeClock, seconds: float, step: httpx.Response | Exception) -> Callable[[httpx.Request], Any]:
    """*step* after *seconds*, with the request id that was sent, as the API gives it back."""

    def answer(request: httpx.Request) -> httpx.Response:
        clock.time += seconds
        if isinstance(step, Exception):
            raise step
        headers = {**step.headers, "x-request-id": request.headers["x-request-id"]}
        return httpx.Response(step.status_code, headers=headers, content=step.content)

    return answer


def book(world: World, client: Any) -> Any:
    """A booking, with a reference of one's own."""
    return world(
        client.bookings.create(
            contact_id=ID,
            address_id="a",
            service_id=ID,
            date=DAY,
            timeslot=Timeslot("09:00", "12:00"),
            external_reference="ORDER-1",
        )
    )


def sums(call: Call) -> float:
    """What the parts of a call took."""
    return call.before + sum(attempt.seconds + (attempt.wait or 0.0) for attempt in call.attempts)


def shown(what: Any, call: Call) -> list[str]:
    """An explanation, with the id of its operation made short."""
    lines = explain(what).replace(call.id, "ID").split("\n")
    assert all(len(line) < 80 for line in lines)
    return lines


# What is recorded


def test_a_call_is_recorded(world: World, clock: FakeClock) -> None:
    """What was asked, when, what was sent for it, and how it ended."""
    with world.client(takes(clock, 0.25, ok(BOOKING)), clock=clock) as (client, script), client.trace() as calls:
        world(client.bookings.status(ID))

    [call] = calls
    [attempt] = call.attempts
    assert (call.operation, call.method, call.path) == (
        "getBookingStatus",
        "GET",
        "/partners/bookings/{bookingId}/status",
    )
    assert call.fields == {"bookingId": ID}
    assert (call.result, call.source, call.reason, call.seconds, call.earlier) == ("ok", "sent", "", 0.25, 0)
    assert call.began == dt.datetime.fromtimestamp(1_780_001_000, dt.UTC)
    assert (attempt.status, attempt.code, attempt.seconds, attempt.wait) == (200, "", 0.25, None)
    assert attempt.request_id == f"{call.id}.1" == script.asked[0].headers["x-request-id"]


def test_a_call_cannot_be_changed() -> None:
    """It is what happened."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        MADE.result = "better"  # type: ignore[misc]


def test_every_attempt_is_numbered_under_the_id_of_the_operation(world: World, clock: FakeClock) -> None:
    """Lookups too, so that the vendor's logs can be searched for all of it."""
    steps = (httpx.ReadTimeout("x"), page([]), refused(502, "X"), page([BOOKING]))
    with world.client(*steps, clock=clock) as (client, script), client.trace() as calls:
        book(world, client)

    [call] = calls
    sent = [request.headers["x-request-id"] for request in script.asked]
    assert sent == [f"{call.id}.{number}" for number in (1, 2, 3, 4)]
    assert [attempt.operation for attempt in call.attempts] == ["createBooking", "listBookings"] * 2
    assert all(len(id) <= 64 for id in sent)


def situations() -> Iterator[Any]:
    """Each kind of way a call can go, as steps that take time."""
    slow = httpx.ReadTimeout("x")
    yield pytest.param([(0.143, ok(BOOKING))], id="success")
    yield pytest.param([(0.4, refused(503, "X")), (30, slow), (0.2, ok(BOOKING))], id="retried")
    yield pytest.param([(0.4, refused(503, "X", headers={"retry-after": "7"})), (0.2, ok(BOOKING))], id="asked to wait")
    yield pytest.param([(0.4, refused(429, "X")), (0.1, ok(BOOKING))], id="cool-down")
    yield pytest.param([(0.4, refused(429, "X"))], id="too many cool-downs")
    yield pytest.param([(0.4, refused(404, "X"))], id="refused")
    yield pytest.param([(29, slow)], id="never")
    yield pytest.param([(30, slow), (0.1, page([])), (0.3, refused(502, "X")), (9, slow)], id="unknown")


@pytest.mark.parametrize("steps", list(situations()))
@pytest.mark.parametrize("act", [book, lambda world, client: world(client.bookings.status(ID))], ids=["write", "read"])
def test_attempts_and_waits_add_up(world: World, clock: FakeClock, steps: list[Any], act: Any) -> None:
    """To the time of the call within a millisecond; nobody has to guess where 74 seconds went."""
    script = [takes(clock, seconds, step) for seconds, step in steps]
    with world.client(*script, clock=clock) as (client, _), client.trace() as calls:
        before = clock.time
        with suppress(CleanLifeError):
            act(world, client)
        took = clock.time - before

    [call] = calls
    assert all(len(line) < 80 for line in call.explain().split("\n"))
    assert call.seconds == pytest.approx(took, abs=0.001)
    assert sums(call) == pytest.approx(took, abs=0.001)
    assert call.answering + call.waiting == pytest.approx(took, abs=0.001)


def test_what_an_operation_asks_page_by_page_has_one_id(world: World, clock: FakeClock) -> None:
    """And each call of it knows what the earlier ones took."""
    pages = [page([{"id": f"{ID[:-1]}{number}", "name": "x"}], number, 3) for number in (1, 2, 3)]
    with (
        world.client(*(takes(clock, 0.5, step) for step in pages), clock=clock) as (client, _),
        client.trace() as calls,
    ):
        world(client.services.list().all())

    assert len({call.id for call in calls}) == 1
    assert [call.earlier for call in calls] == [0, 0.5, 1.0]
    assert [call.fields["page"] for call in calls] == ["1", "2", "3"]
    assert [attempt.request_id.rpartition(".")[2] for call in calls for attempt in call.attempts] == ["1", "2", "3"]


def test_what_took_time_between_pages_belongs_to_no_call(world: World, clock: FakeClock) -> None:
    """The deadline of the operation ran meanwhile, and the calls are as long as they are."""
    with world.client(takes(clock, 0.5, ok(BOOKING)), clock=clock) as (client, _), client.trace() as calls:
        scoped = client.generated.scoped()
        for _ in range(2):
            ask = scoped.session.request("GET", f"/partners/bookings/{ID}/status")
            world(ask)
            clock.time += 60

    assert [(call.seconds, call.earlier, sums(call)) for call in calls] == [(0.5, 0, 0.5), (0.5, 60.5, 0.5)]
    assert [attempt.wait for call in calls for attempt in call.attempts] == [None, None]


def test_a_kept_answer_is_a_call_without_attempts(world: World, clock: FakeClock) -> None:
    """And says where it came from."""
    with world.client(SERVICES, clock=clock) as (client, _), client.trace() as calls:
        for _ in range(2):
            world(client.services.list().all())

    assert [(call.source, len(call.attempts)) for call in calls] == [("sent", 1), ("kept", 0)]


@pytest.fixture(params=["asyncio", "trio"])
def loop(request: pytest.FixtureRequest) -> Iterator[World]:
    """The worlds in which tasks run."""
    with world_of(request.param) as world:
        yield world


class Gate(httpx.AsyncBaseTransport):
    """A transport whose first answer waits for the others to come, or for ever."""

    def __init__(self, answer: httpx.Response, clock: FakeClock, seconds: float = 0.0) -> None:
        self.answer, self.clock, self.seconds, self.open = answer, clock, seconds, anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self.open.wait()
        self.clock.time += self.seconds
        return await anyio.lowlevel.checkpoint() or httpx.Response(
            self.answer.status_code,
            headers={"x-request-id": request.headers["x-request-id"]},
            content=self.answer.content,
        )


@pytest.mark.parametrize("answer", [SERVICES, refused(403, "FORBIDDEN")], ids=["ok", "refused"])
def test_a_call_that_another_flew_names_it(loop: World, clock: FakeClock, answer: httpx.Response) -> None:
    """By the id of that operation, whose attempts tell the rest; an error shows them at once."""
    errors: list[CleanLifeError] = []

    async def ask(client: Any) -> None:
        try:
            await client.services.list().all()
        except PermissionDeniedError as error:
            errors.append(error)

    async def both() -> Calls:
        gate = Gate(answer, clock, 2.0)
        async with AsyncCleanLife("k", transport=gate, clock=clock) as client:
            with client.trace() as calls:
                async with anyio.create_task_group() as group:
                    group.start_soon(ask, client)
                    await anyio.wait_all_tasks_blocked()
                    group.start_soon(ask, client)
                    await anyio.wait_all_tasks_blocked()
                    gate.open.set()
            return calls

    leader, follower = sorted(loop(both()), key=lambda call: call.source)
    assert (leader.source, follower.source) == ("sent", "shared")
    assert follower.reason == f"the same was under way as operation {leader.id}"
    assert (follower.attempts, follower.seconds, sums(follower)) == ((), 2.0, 2.0)
    assert f"held back: the same was under way as operation\n{' ' * 19}{leader.id}" in follower.explain()
    for error in errors:
        assert [attempt.request_id for attempt in error.attempts] == [f"{leader.id}.1"]
        assert f"{leader.id}.1" in error.explain()


class Stuck(FakeClock):
    """A clock whose first wait never ends."""

    async def asleep(self, seconds: float) -> None:
        if not self.slept:
            self.slept.append(seconds)
            await anyio.sleep_forever()
        await super().asleep(seconds)


async def relayed(client: Any, clock: FakeClock, others: int) -> None:
    """One asks, then *others* do; the first is cancelled while it waits for its second attempt, after 3 seconds."""

    async def lead(scope: anyio.CancelScope) -> None:
        with scope:
            await client.services.list().all()

    async with anyio.create_task_group() as group:
        scope = anyio.CancelScope()
        group.start_soon(lead, scope)
        await anyio.wait_all_tasks_blocked()
        for _ in range(others):
            group.start_soon(client.services.list().all)
        await anyio.wait_all_tasks_blocked()
        clock.time += 3
        scope.cancel()


def test_who_takes_over_was_held_back_before(loop: World) -> None:
    """The time spent waiting for somebody who gave up is in the record, and adds up."""
    clock = Stuck()
    with loop.client(httpx.ConnectError("x"), SERVICES, clock=clock) as (client, _), client.trace() as calls:
        loop(relayed(client, clock, 1))

    cancelled, last = calls
    assert (last.result, last.source) == ("ok", "sent")
    assert (last.before, sums(last)) == (3.0, last.seconds)
    assert last.reason == f"the same was under way as operation {cancelled.id}"
    assert "3.000 s  held back: the same was under way as operation" in last.explain()


def test_a_call_that_was_cancelled_is_recorded_as_that(loop: World) -> None:
    """By the name of the world's own exception; the pause that it broke off is as long as it was."""
    clock = Stuck()
    with loop.client(httpx.ConnectError("x"), clock=clock) as (client, _), client.trace() as calls:
        loop(relayed(client, clock, 0))

    [call] = calls
    assert call.result == {"asyncio": "CancelledError", "trio": "Cancelled"}[loop.name]
    assert [(attempt.code, attempt.wait) for attempt in call.attempts] == [("APIConnectionError", 3.0)]
    assert sums(call) == call.seconds == 3.0


def test_what_breaks_a_call_is_recorded_by_its_name(world: World) -> None:
    """A bug in a callback or a transport, Ctrl-C, a cancelled task."""
    with world.client(LookupError("a bug")) as (client, _), client.trace() as calls, pytest.raises(LookupError):
        world(client.bookings.status(ID))

    [call] = calls
    assert call.result == call.attempts[0].code == "LookupError"
    assert call.attempts[0].ambiguous
    assert call.attempts[0].status is None


def test_a_pause_that_is_broken_off_is_as_long_as_it_was(world: World) -> None:
    """What was planned is not what was waited."""

    class Broken(FakeClock):
        def sleep(self, seconds: float) -> None:
            self.time += seconds / 2
            raise LookupError

    failing = refused(503, "X", headers={"retry-after": "8"})
    with (
        world.client(failing, clock=Broken()) as (client, _),
        client.trace() as calls,
        pytest.raises(LookupError),
    ):
        world(client.bookings.status(ID))

    [call] = calls
    assert (call.result, call.seconds, call.attempts[0].wait) == ("LookupError", 4.0, 4.0)


# Whose calls are recorded, and for how long


def test_views_are_recorded_and_other_clients_are_not(world: World) -> None:
    """A trace belongs to a client; those within each other record both."""
    with world.client(ok(BOOKING)) as (one, _), world.client(ok(BOOKING)) as (two, _):
        with one.trace() as outer, one.with_options(deadline=5).trace() as inner, two.trace() as others:
            world(one.bookings.status(ID))
            world(one.with_options(timeout=5).bookings.status(ID))
            world(two.bookings.status(ID))
        world(one.bookings.status(ID))

    assert (len(outer), len(inner), len(others)) == (2, 2, 1)


def test_a_trace_can_be_read_while_it_grows(world: World) -> None:
    """It is a sequence, and what was read of it stays as it was."""
    with world.client(ok(BOOKING)) as (client, _), client.trace() as calls:
        assert (len(calls), list(calls)) == (0, [])
        world(client.bookings.status(ID))
        walk = iter(calls)
        world(client.bookings.status(ID))
        assert len(list(walk)) == 1
        assert len(calls) == 2
        assert calls[0] in calls
        assert calls[0:1] == [calls[0]]
        assert calls[-1] is calls[1]

    assert len(calls) == 2
    assert repr(calls) == "Calls(getBookingStatus: ok, getBookingStatus: ok)"


def test_of_very_many_calls_the_newest_are_kept() -> None:
    """A trace that nobody ends does not fill the memory, and says what it forgot."""
    calls = Calls()
    for number in range(MOST_RECORDED + 3):
        calls.add(attrs.evolve(MADE, seconds=number))

    assert len(calls) == MOST_RECORDED == 10_000
    assert (calls[0].seconds, calls.forgotten) == (3, 3)
    assert "(before them 3 older calls, which are no longer kept)" in calls.explain()


def test_tasks_inherit_a_trace_until_it_ends(loop: World) -> None:
    """Those begun within it; what they do afterwards is their own."""

    async def use() -> Calls:
        async def twice() -> None:
            await client.bookings.status(ID)
            await ended.wait()
            await client.bookings.status(ID)

        ended = anyio.Event()
        async with anyio.create_task_group() as group:
            with client.trace() as calls:
                for _ in range(3):
                    group.start_soon(twice)
                await anyio.wait_all_tasks_blocked()
            ended.set()
        return calls

    with loop.client(ok(BOOKING)) as (client, script):
        calls = loop(use())

    assert len(script.asked) == 6
    assert len(calls) == 3


def test_a_thread_inherits_a_trace_in_a_copy_of_the_context() -> None:
    """As `asyncio.to_thread` runs it; a plain thread begins with nothing."""
    with CleanLife("k", transport=httpx.MockTransport(lambda _: ok(BOOKING))) as client, client.trace() as calls:
        for target in (client.bookings.status, copy_context().run):
            args = (ID,) if target == client.bookings.status else (client.bookings.status, ID)
            thread = threading.Thread(target=target, args=args)
            thread.start()
            thread.join()

    assert len(calls) == 1


def test_a_trace_may_end_in_another_context_than_it_began_in(world: World) -> None:
    """As fixtures of tests do."""
    with world.client(ok(BOOKING)) as (client, _):
        trace = client.trace()
        calls = copy_context().run(trace.__enter__)
        trace.__exit__(None, None, None)
        world(client.bookings.status(ID))

    assert list(calls) == []


# What a person reads


def test_a_success_in_words(world: World, clock: FakeClock) -> None:
    """What, how long, when, and the request id to quote."""
    with world.client(takes(clock, 0.143, ok(BOOKING)), clock=clock) as (client, _), client.trace() as calls:
        world(client.bookings.status(ID))

    assert shown(calls, calls[0]) == [
        "getBookingStatus: ok in 0.143 s (answers 0.143, waits 0.000)",
        "  2026-05-28 20:43:20.000 UTC GET /partners/bookings/{bookingId}/status",
        f"    bookingId={ID}",
        "  request ids ID.N",
        "  .1      0.143 s  200",
    ]


def test_a_retried_call_in_words(world: World, clock: FakeClock) -> None:
    """Each attempt, each wait and why."""
    steps = [(0.4, refused(503, "BUSY", headers={"retry-after": "7"})), (0.2, ok(BOOKING))]
    script = [takes(clock, seconds, step) for seconds, step in steps]
    with world.client(*script, clock=clock) as (client, _), client.trace() as calls:
        world(client.bookings.status(ID))

    assert shown(calls, calls[0])[3:] == [
        "  request ids ID.N",
        "  .1      0.400 s  503 BUSY",
        "          7.000 s  waited: the server asked for 7 s",
        "  .2      0.200 s  200",
    ]


def test_a_429_in_words(world: World, clock: FakeClock) -> None:
    """How long it cooled down, and that the third time was one too many."""
    with (
        world.client(takes(clock, 0.4, refused(429, "SLOW_DOWN")), clock=clock) as (client, _),
        client.trace() as calls,
        pytest.raises(RateLimitError) as caught,
    ):
        world(client.bookings.status(ID))

    lines = shown(caught.value, calls[0])
    assert lines[:2] == ["RateLimitError: getBookingStatus: 429 SLOW_DOWN (request id", "  ID.3)"]
    assert re.fullmatch(r"getBookingStatus: RateLimitError in 1\d\d\.\d{3} s \(answers 1\.200, waits 1.*\)", lines[2])
    assert "  .1      0.400 s  429 SLOW_DOWN" in lines
    for seconds in (60, 90):
        (wait,) = [line for line in lines if f"waited: cool-down of {seconds} s" in line]
        assert seconds <= float(wait.split()[0]) <= seconds * 1.1
    assert "not sent again: cool-down of 120 s" in " ".join(lines)
    assert caught.value.explain() == explain(caught.value)


def test_a_call_that_waits_for_somebody_elses_cool_down_adds_up(world: World, clock: FakeClock) -> None:
    """It was held back, then sent: the parts of its record are as long as the whole, and say why."""
    steps = [takes(clock, 0.4, refused(429, "SLOW_DOWN")), takes(clock, 0.2, ok(BOOKING))]
    with world.client(*steps, clock=clock) as (client, _), client.trace() as calls:
        with pytest.raises(RateLimitError):
            world(client.with_options(on_rate_limit="raise").bookings.status(ID))
        clock.time += 20
        world(client.bookings.status(ID))

    held = calls[1]
    assert [(made.held, made.status) for made in held.attempts] == [(True, None), (False, 200)]
    assert 40.0 <= held.waiting <= 40.0 + 6.0
    assert held.before == pytest.approx(0.0, abs=0.001)
    assert held.seconds == pytest.approx(held.waiting + 0.2, abs=0.001)
    assert "held back: 429: cool-down of 60 s shared by this key" in held.explain()


def test_an_unknown_outcome_in_words(world: World, clock: FakeClock) -> None:
    """What was sent, what was looked up, and what to look for; lookups are named."""
    slow = httpx.ReadTimeout("x")
    steps = [(30, slow), (0.1, page([])), (0.3, refused(502, "BAD")), (30, slow)]
    script = [takes(clock, seconds, step) for seconds, step in steps]
    with (
        world.client(*script, clock=clock, deadline=60) as (client, _),
        client.trace() as calls,
        pytest.raises(OutcomeUnknownError) as caught,
    ):
        book(world, client)

    lines = shown(caught.value, calls[0])
    text = " ".join(" ".join(lines).split())
    assert lines[0].startswith("OutcomeUnknownError: createBooking: sent, and the outcome is unknown")
    assert "look for externalReference 'ORDER-1' before you send it again" in text
    assert "POST /partners/bookings externalReference=ORDER-1 serviceId=" in text
    assert "  .1     30.000 s  no answer (APITimeoutError)" in lines
    assert "  .2      0.100 s  listBookings 200" in lines
    assert "  .3      0.300 s  502 BAD" in lines


def test_an_old_answer_in_words(world: World, clock: FakeClock) -> None:
    """Nobody takes it for a new one."""
    script = [takes(clock, 0.2, SERVICES), takes(clock, 0.3, refused(502, "BAD"))]
    with world.client(*script, clock=clock) as (client, _), client.trace() as calls:
        for wait in (20, 3900, 12, 0):
            world(client.services.list().all())
            clock.time += wait

    lines = shown(calls, calls[2])
    assert [line.partition(" in ")[2] for line in lines if line.startswith("listServices")] == [
        "0.200 s (answers 0.200, waits 0.000)",
        "0.000 s, kept from before",
        "0.300 s (answers 0.300, waits 0.000), from an OLD answer",
        "0.000 s, from an OLD answer",
    ]
    assert "  InternalServerError; an answer 65 min old is given instead" in lines
    assert "  the API failed 12 s ago, and is not asked again yet; an answer 66 min old is" in lines
    assert lines[-1] == "4 calls, 0 failed; 2 requests; answers 0.500 s, waits 0.000 s"


def test_pages_in_words(world: World, clock: FakeClock) -> None:
    """An error of the second page says what the first one took."""
    steps = (page([{"id": ID, "name": "x"}], 1, 2), refused(404, "GONE"))
    script = [takes(clock, 0.5, step) for step in steps]
    with (
        world.client(*script, clock=clock) as (client, _),
        client.trace() as calls,
        pytest.raises(NotFoundError) as caught,
    ):
        world(client.services.list().all())

    assert shown(caught.value, calls[0])[-3:] == [
        "  request ids ID.N",
        "          0.500 s  before it, for earlier calls of its operation",
        "  .2      0.500 s  404 GONE",
    ]
    assert shown(calls, calls[0])[-1] == "2 calls, 1 failed; 2 requests; answers 1.000 s, waits 0.000 s"


def test_an_id_of_the_vendors_own_stands_beside_its_attempt(world: World) -> None:
    """Where it does not give back what was sent, its support asks for its own."""
    with world.client(ok(BOOKING), clock=FakeClock()) as (client, _), client.trace() as calls:
        world(client.bookings.status(ID))

    assert explain(calls[0]).endswith("200 [req-ok]")


def test_nothing_in_words() -> None:
    """No call, an error before any call: still an answer."""
    assert explain(Calls()) == "0 calls, 0 failed; 0 requests; answers 0.000 s, waits 0.000 s"
    assert CleanLifeError("no key").explain() == "CleanLifeError: no key"
    assert MADE.explain() == explain([MADE]) == "\n".join(explain(MADE).split("\n"))


def test_a_wait_without_a_reason_is_told_all_the_same() -> None:
    """As of somebody who held it back and did not say why."""
    held = attrs.evolve(MADE, seconds=2.0)

    assert explain(held).split("\n")[-1] == "          2.000 s  until then"
    assert (held.before, held.waiting, held.answering) == (2.0, 2.0, 0)


def test_errors_take_their_story_along(world: World, clock: FakeClock) -> None:
    """To another process, and onto a copy."""
    taken = takes(clock, 0.1, refused(409, "DUPLICATE_EXTERNAL_REFERENCE"))
    with world.client(taken, clock=clock) as (client, _), pytest.raises(DuplicateExternalReferenceError) as caught:
        book(world, client)

    for other in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):  # noqa: S301
        assert other.explain() == caught.value.explain()
        assert other.call == caught.value.call
