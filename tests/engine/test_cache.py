"""What is kept, for how long, and who asks when many want the same."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextvars import copy_context
from typing import Any

import anyio
import attrs
import httpx
import pytest
from cleanlife_client.api.services import list_services
from worlds import BOOKING, FakeClock, Script, World, ok, page, refused, world_of

from cleanlife_ext import (
    APIConnectionError,
    CleanLife,
    CleanLifeError,
    DeadlineExceededError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    UnexpectedResponseError,
)
from cleanlife_ext.engine.cache import Shelf, cache
from cleanlife_ext.engine.flow import Flow, Join, dispatch
from cleanlife_ext.engine.message import Headers, Options, Request, Response, Scope
from cleanlife_ext.engine.traits import Caching
from cleanlife_ext.provider import CLEANLIFE

ID = BOOKING["bookingId"]
OTHER = "00000000-0000-4000-8000-000000000001"
HOUR = 3600
DAY = 24 * HOUR
RULE = Caching(ttl=HOUR, stale=DAY)
SERVICE = {"id": ID, "name": "Villa"}
SERVICES = page([SERVICE])
TIER = {"id": ID, "minMinutes": 60, "maxMinutes": None, "factor": 1.5, "sorting": 1}
REASON = {"id": ID, "nameEn": "Changed my mind", "nameAr": "x"}

KEPT: dict[str, tuple[Callable[[World, Any], Any], httpx.Response]] = {
    "listServices": (lambda world, client: world.items(client.services.list()), SERVICES),
    "getService": (lambda world, client: world(client.services.get(ID)), ok(SERVICE)),
    "listPricingTiers": (lambda world, client: world(client.pricing.tiers()), ok([TIER])),
    "listCancellationReasons": (lambda world, client: world(client.bookings.cancellation_reasons()), ok([REASON])),
}
NEVER_KEPT: dict[str, tuple[Callable[[World, Any], Any], httpx.Response]] = {
    "listAvailableTimeslots": (
        lambda world, client: world(
            client.timeslots.available(address_id="a", service_id=ID, date=dt.date(2026, 6, 20))
        ),
        ok([]),
    ),
    "getBookingStatus": (lambda world, client: world(client.bookings.status(ID)), ok(BOOKING)),
    "listBookings": (lambda world, client: world.items(client.bookings.list()), page([BOOKING])),
    "getContact": (
        lambda world, client: world(client.contacts.get(ID)),
        ok({"id": ID, "name": "Sara", "phone": "+966500000000", "isNewContact": False}),
    ),
    "listSubscriptions": (lambda world, client: world(client.webhooks.subscriptions.list()), ok([])),
    "listDeliveries": (lambda world, client: world.items(client.webhooks.deliveries.list()), page([])),
}


@pytest.fixture
def clock() -> FakeClock:
    """Time that passes when the test says so."""
    return FakeClock()


@pytest.fixture(params=["asyncio", "trio"])
def loop(request: pytest.FixtureRequest) -> Iterator[World]:
    """The worlds in which tasks are cancelled."""
    with world_of(request.param) as world:
        yield world


def names(world: World, client: Any, **wanted: Any) -> list[str]:
    """The names of the services, by the client."""
    return [service.name for service in world.items(client.services.list(**wanted))]


def test_what_may_be_kept_is_what_the_spec_says() -> None:
    """A new operation that is kept is tested without anybody thinking of it."""
    assert set(KEPT) == {id for id, operation in CLEANLIFE.operations.items() if operation.cache is not None}
    assert set(NEVER_KEPT) == {
        id for id, operation in CLEANLIFE.operations.items() if operation.method == "GET" and operation.cache is None
    }


@pytest.mark.parametrize("operation", list(KEPT))
def test_the_catalogue_is_kept_for_an_hour(world: World, clock: FakeClock, operation: str) -> None:
    """Services, tiers and reasons are asked for once an hour."""
    ask, answer = KEPT[operation]

    with world.client(answer, clock=clock) as (client, script):
        first = ask(world, client)
        clock.time += HOUR - 1
        assert ask(world, client) == first
        assert len(script.asked) == 1
        clock.time += 1
        assert ask(world, client) == first
        assert len(script.asked) == 2


@pytest.mark.parametrize("operation", list(NEVER_KEPT))
def test_what_changes_is_never_kept(world: World, operation: str) -> None:
    """Free slots above all."""
    ask, answer = NEVER_KEPT[operation]

    with world.client(answer) as (client, script):
        ask(world, client)
        ask(world, client)

    assert len(script.asked) == 2


def test_each_question_is_kept_apart(world: World) -> None:
    """Another page, another order, another service: another answer."""
    with world.client(page([SERVICE], 1, 2), page([{"id": OTHER, "name": "Flat"}], 2, 2), SERVICES) as (client, script):
        for _ in range(2):
            assert names(world, client) == ["Villa", "Flat"]
        assert len(script.asked) == 2
        for _ in range(2):
            names(world, client, sort_order="ASC")
            names(world, client, sort_order="DESC")
            names(world, client, sort_by="name")
        assert len(script.asked) == 5

    with world.client(ok(SERVICE), ok({"id": OTHER, "name": "Flat"})) as (client, script):
        for _ in range(2):
            assert world(client.services.get(ID)).name == "Villa"
            assert world(client.services.get(OTHER)).name == "Flat"
        assert len(script.asked) == 2


def test_views_share_what_is_kept(world: World) -> None:
    """Other options are no other catalogue."""
    with world.client(SERVICES) as (client, script):
        names(world, client)
        names(world, client.with_options(deadline=5))
        names(world, client.with_options(max_attempts=1))

    assert len(script.asked) == 1


def test_clients_do_not_share_what_is_kept(world: World) -> None:
    """They may belong to two partners."""
    for name in ("Villa", "Flat"):
        with world.client(page([{"id": ID, "name": name}])) as (client, _):
            assert names(world, client) == [name]


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (refused(404, "RESOURCE_NOT_FOUND"), NotFoundError),
        (httpx.ConnectError("x"), APIConnectionError),
        (httpx.Response(200, html="<h1>x</h1>"), UnexpectedResponseError),
        (ok({"id": ID}), UnexpectedResponseError),
        (ok({"id": ID, "name": None}), UnexpectedResponseError),
    ],
)
def test_failures_and_wrong_shapes_are_never_kept(world: World, step: Any, kind: type[CleanLifeError]) -> None:
    """The next caller asks again."""
    with world.client(step, ok(SERVICE), max_attempts=1) as (client, script):
        with pytest.raises(kind):
            world(client.services.get(ID))
        assert world(client.services.get(ID)).name == "Villa"

    assert len(script.asked) == 2


def test_services_can_be_forgotten(world: World) -> None:
    """All of them, and nothing else."""
    with world.client(SERVICES, ok(SERVICE), ok([TIER]), SERVICES, ok(SERVICE)) as (client, script):
        for _ in range(2):
            names(world, client)
            world(client.services.get(ID))
            world(client.pricing.tiers())
            client.services.invalidate()

    assert script.calls == [
        "GET /partners/services",
        f"GET /partners/services/{ID}",
        "GET /partners/pricing/tiers",
        "GET /partners/services",
        f"GET /partners/services/{ID}",
    ]


@pytest.mark.parametrize("operation", list(KEPT))
def test_nothing_is_kept_if_nothing_should_be(world: World, operation: str) -> None:
    """A `cache_ttl` of 0 asks each time; there is nothing to forget."""
    ask, answer = KEPT[operation]

    with world.client(answer, cache_ttl=0) as (client, script):
        ask(world, client)
        client.services.invalidate()
        ask(world, client)

    assert len(script.asked) == 2


@pytest.mark.parametrize("ttl", [1, 0.5, 86_400])
def test_the_user_may_keep_for_another_time(world: World, clock: FakeClock, ttl: float) -> None:
    """A `cache_ttl` outweighs the spec."""
    with world.client(SERVICES, clock=clock, cache_ttl=ttl) as (client, script):
        for wait, calls in ((0, 1), (ttl * 0.9, 1), (ttl * 0.1 + 0.01, 2)):
            clock.time += wait
            names(world, client)
            assert len(script.asked) == calls


def test_no_more_than_a_thousand_answers_are_kept(world: World) -> None:
    """Whoever asks for everything there is does not fill the memory."""
    with world.client(ok(SERVICE)) as (client, script):
        for number in (*range(1025), 1024, 0):  # The last is still there, the first had to go.
            world(client.services.get(f"00000000-0000-4000-8000-{number:012}"))

    assert len(script.asked) == 1026


# An old answer is better than none.


def passing() -> Iterator[Any]:
    """What passes by itself, so that nobody has to know better than yesterday."""
    for error in (httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError):
        yield pytest.param(error("x"), id=error.__name__)
    for status in (429, 500, 501, 502, 503, 504, 522):
        yield pytest.param(refused(status, "X"), id=str(status))
    yield pytest.param(httpx.Response(502, html="<h1>Bad gateway"), id="page")
    yield pytest.param(httpx.Response(503, headers={"content-encoding": "br"}, content=b"x"), id="packed")


@pytest.mark.parametrize("failure", list(passing()))
@pytest.mark.parametrize("operation", list(KEPT))
def test_an_old_answer_is_given_when_no_new_one_can_be_had(
    world: World, clock: FakeClock, operation: str, failure: Any
) -> None:
    """At once: it is asked for once, and nobody waits for a second attempt or a cool-down."""
    ask, answer = KEPT[operation]

    with world.client(answer, failure, clock=clock) as (client, script):
        first = ask(world, client)
        clock.time += DAY - 1
        with client.trace() as calls:
            assert ask(world, client) == first

    assert len(script.asked) == 2
    assert clock.slept == []
    assert [(call.source, call.result, len(call.attempts)) for call in calls] == [("stale", "ok", 1)]
    assert calls[0].reason.endswith("an answer 1440 min old is given instead")


@pytest.mark.parametrize(
    "failure",
    [
        *(refused(status, "X") for status in (400, 401, 403, 404, 422)),
        httpx.Response(200, html="<h1>x</h1>"),
        httpx.Response(302, headers={"location": "/"}),
        ok({"id": ID, "name": None}),
    ],
    ids=lambda answer: str(answer.status_code),
)
def test_an_answer_that_is_one_is_believed_rather_than_an_old_one(
    world: World, clock: FakeClock, failure: httpx.Response
) -> None:
    """A key that no longer works, a service that is gone, an answer that nobody understands: these are told."""
    with world.client(ok(SERVICE), failure, clock=clock) as (client, script):
        world(client.services.get(ID))
        clock.time += HOUR
        with pytest.raises(CleanLifeError) as caught:
            world(client.services.get(ID))

    assert not isinstance(caught.value, APIConnectionError)
    assert len(script.asked) == 2


def test_what_the_api_refused_is_not_brought_back_by_an_outage(world: World, clock: FakeClock) -> None:
    """A service that is gone, or a key that was revoked, leaves nothing behind."""
    steps = (ok(SERVICE), refused(404, "RESOURCE_NOT_FOUND"), refused(502, "X"))
    with world.client(*steps, clock=clock, max_attempts=1) as (client, _):
        world(client.services.get(ID))
        clock.time += HOUR
        for kind in (NotFoundError, InternalServerError):
            with pytest.raises(kind):
                world(client.services.get(ID))


def test_an_answer_that_nobody_can_read_leaves_the_old_one_where_it_is(world: World, clock: FakeClock) -> None:
    """It says nothing about it."""
    steps = (ok(SERVICE), httpx.Response(200, html="x"), refused(502, "X"))
    with world.client(*steps, clock=clock) as (client, _):
        world(client.services.get(ID))
        clock.time += HOUR
        with pytest.raises(UnexpectedResponseError):
            world(client.services.get(ID))
        assert world(client.services.get(ID)).name == "Villa"


def test_an_old_answer_is_given_while_everybody_cools_down(world: World, clock: FakeClock) -> None:
    """Another call was refused for its rate: a catalogue does not wait for that, and asks nobody."""
    with world.client(SERVICES, refused(429, "SLOW_DOWN"), clock=clock) as (client, script):
        names(world, client)
        clock.time += HOUR
        with pytest.raises(RateLimitError):
            world(client.with_options(on_rate_limit="raise").bookings.status(ID))
        with client.trace() as calls:
            assert names(world, client) == ["Villa"]

    assert (len(script.asked), clock.slept) == (2, [])
    assert (calls[0].source, calls[0].sent) == ("stale", 0)


def test_an_answer_can_be_too_old(world: World, clock: FakeClock) -> None:
    """After a day a call fails like any other, with all its attempts."""
    with world.client(ok(SERVICE), refused(502, "X"), clock=clock) as (client, script):
        world(client.services.get(ID))
        clock.time += DAY
        with pytest.raises(InternalServerError):
            world(client.services.get(ID))

    assert len(script.asked) == 1 + 4


def test_after_a_failure_nobody_asks_for_a_while(world: World, clock: FakeClock) -> None:
    """Or an outage would cost every call a timeout. A success ends it."""
    down, up = refused(502, "X"), page([{"id": ID, "name": "Flat"}])
    with world.client(SERVICES, down, down, up, down, clock=clock) as (client, script), client.trace() as calls:
        names(world, client)
        clock.time += HOUR
        for wait, asked in ((0, 2), (29, 2), (1, 3), (29, 3), (1, 4)):
            clock.time += wait
            names(world, client)
            assert len(script.asked) == asked
        clock.time += HOUR
        names(world, client)
        assert len(script.asked) == 5

    assert [call.source for call in calls] == ["sent", "stale", "stale", "stale", "stale", "sent", "stale"]
    assert (
        calls[2].reason == "the API failed 29 s ago, and is not asked again yet; an answer 60 min old is given instead"
    )


def test_what_was_never_kept_is_asked_for_in_the_middle_of_an_outage(world: World, clock: FakeClock) -> None:
    """With all attempts: there is nothing else to give."""
    with world.client(ok(SERVICE), refused(502, "X"), clock=clock) as (client, script):
        world(client.services.get(ID))
        clock.time += HOUR
        world(client.services.get(ID))
        with pytest.raises(InternalServerError):
            world(client.services.get(OTHER))

    assert len(script.asked) == 2 + 4


def test_a_deadline_that_passes_is_no_reason_to_give_nothing(world: World, clock: FakeClock) -> None:
    """Whoever is in a hurry is glad of an old answer."""

    def slow(_: httpx.Request) -> httpx.Response:
        clock.time += 5
        raise httpx.ReadTimeout("x")

    with world.client(SERVICES, slow, clock=clock) as (client, _), client.trace() as calls:
        names(world, client)
        clock.time += HOUR
        assert names(world, client.with_options(deadline=5)) == ["Villa"]

    assert calls[-1].attempts[0].code == "DeadlineExceededError"
    assert calls[-1].source == "stale"


def test_a_failure_that_is_not_ours_passes_by_an_old_answer(world: World, clock: FakeClock) -> None:
    """A bug in a transport of the user's is theirs to see."""
    with world.client(SERVICES, LookupError("a bug"), clock=clock) as (client, _):
        names(world, client)
        clock.time += HOUR
        with pytest.raises(LookupError):
            names(world, client)


def test_what_is_forgotten_is_not_given_in_an_outage_either(world: World, clock: FakeClock) -> None:
    """`invalidate` means old answers too, and ends the pause after a failure."""
    with world.client(SERVICES, refused(502, "X"), clock=clock, max_attempts=1) as (client, _):
        names(world, client)
        clock.time += HOUR
        names(world, client)
        client.services.invalidate()
        with pytest.raises(InternalServerError):
            names(world, client)


def test_who_keeps_nothing_gets_no_old_answers(world: World, clock: FakeClock) -> None:
    """A `cache_ttl` of 0 means it."""
    with world.client(SERVICES, refused(502, "X"), clock=clock, cache_ttl=0, max_attempts=1) as (client, _):
        names(world, client)
        with pytest.raises(InternalServerError):
            names(world, client)


def test_who_keeps_longer_than_a_day_gets_answers_of_that_age(world: World, clock: FakeClock) -> None:
    """A `cache_ttl` beyond the spec's day is heard, and there is nothing old besides."""
    with world.client(SERVICES, refused(502, "X"), clock=clock, cache_ttl=2 * DAY, max_attempts=1) as (client, script):
        names(world, client)
        clock.time += 2 * DAY - 1
        assert names(world, client) == ["Villa"]
        assert len(script.asked) == 1
        clock.time += 1
        with pytest.raises(InternalServerError):
            names(world, client)


@pytest.mark.parametrize("back", [1, HOUR, 10 * DAY])
def test_a_clock_that_is_set_back_keeps_nothing_for_good(world: World, clock: FakeClock, back: float) -> None:
    """What seems to come from the future is asked for anew, and so is what failed there."""
    clock.time += 20 * DAY
    with world.client(SERVICES, refused(502, "X"), SERVICES, clock=clock) as (client, script):
        names(world, client)
        clock.time += HOUR
        names(world, client)
        clock.time -= HOUR + back
        names(world, client)
        assert len(script.asked) == 3
        clock.time += HOUR - 1
        names(world, client)
        assert len(script.asked) == 3
        clock.time += 1
        names(world, client)
        assert len(script.asked) == 4


def test_those_who_wait_get_the_old_answer_too(world: World) -> None:
    """One asks, and fails; each of the others says that its answer is old, and none that it was shared."""
    crowd = Crowd(20)
    script = Held(SERVICES, refused(502, "X"), complete=None if world.is_async else crowd.complete, at=1)
    client = world.make(script, clock=crowd)
    names(world, client)
    crowd.time += HOUR
    crowd.looks.clear()

    with client.trace() as calls:
        results = gathered(world, client, 20)
    world.close(client)

    assert len(script.asked) == 2
    assert [[service.name for service in services] for services in results] == [["Villa"]] * 20
    assert [call.source for call in calls] == ["stale"] * 20


# Whose answers they are.


class Tenants:
    """A key that is another one for each customer, as a callable knows it."""

    def __init__(self, *, awaits: bool) -> None:
        self.key = "pk_first"
        self.awaits = awaits

    def __call__(self) -> Any:
        return self._later() if self.awaits else self.key

    async def _later(self) -> str:
        await anyio.lowlevel.checkpoint()
        return self.key


@pytest.mark.parametrize("awaits", [False, True])
def test_another_key_sees_another_catalogue(world: World, clock: FakeClock, awaits: bool) -> None:  # noqa: FBT001
    """Fresh or old: what is enabled for one partner is none of another's business."""
    if awaits and not world.is_async:
        pytest.skip("a synchronous client awaits no key")
    tenants = Tenants(awaits=awaits)
    other = page([{"id": ID, "name": "Flat"}])
    with world.client(SERVICES, other, refused(502, "X"), clock=clock, api_key=tenants) as (client, script):
        assert names(world, client) == ["Villa"]
        tenants.key = "pk_second"
        assert names(world, client) == ["Flat"]
        tenants.key = "pk_first"
        assert names(world, client) == ["Villa"]
        assert len(script.asked) == 2
        clock.time += HOUR
        assert names(world, client) == ["Villa"]
        tenants.key = "pk_second"
        assert names(world, client) == ["Flat"]


def test_a_key_that_does_not_come_ends_at_the_deadline(loop: World) -> None:
    """Whose answers are wanted is asked before anything is sent."""

    async def never() -> str:
        await anyio.sleep_forever()
        raise AssertionError

    with (
        loop.client(SERVICES, clock=None, api_key=never, deadline=0.05) as (client, script),
        pytest.raises(DeadlineExceededError, match="before anything could be sent") as caught,
    ):
        names(loop, client)

    assert not caught.value.ambiguous
    assert script.asked == []


def test_a_key_that_cannot_be_had_is_told_as_it_is(world: World) -> None:
    """What a callable raises is its owner's."""

    def broken() -> str:
        raise LookupError("the vault is closed")

    with world.client(SERVICES, api_key=broken) as (client, _), pytest.raises(LookupError, match="vault"):
        names(world, client)


# Of many who miss at once, one asks.


BEFORE_A_FLIGHT = 4


class Crowd(FakeClock):
    """A clock that notices when all of a number of threads are inside a call.

    A thread looks at it when its scope and its call begin, and when it looks for what is kept (twice, the second time
    with what is under way in view). When it does so again, it leads or follows a flight.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.looks: Counter[int] = Counter()
        self.complete = threading.Event()

    def now(self) -> float:
        self.looks[threading.get_ident()] += 1
        if sum(looks > BEFORE_A_FLIGHT for looks in list(self.looks.values())) >= self.size:
            self.complete.set()
        return super().now()


class Held(Script):
    """A script of which one answer is held back until everybody waits for it."""

    def __init__(self, *steps: Any, complete: threading.Event | None = None, at: int = 0) -> None:
        super().__init__(*steps)
        self.complete = complete
        self.at = at

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.complete is not None and len(self.asked) == self.at:
            assert self.complete.wait(10)
        return super().handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if len(self.asked) == self.at:
            await anyio.wait_all_tasks_blocked()
        return await super().handle_async_request(request)


def together(world: World, script_of: Callable[..., Script], calls: int, **options: Any) -> tuple[list[Any], Script]:
    """What so many threads or tasks get that ask for the services at once, of a new client."""
    crowd = Crowd(calls)
    script = script_of(complete=None if world.is_async else crowd.complete)
    client = world.make(script, clock=crowd, **options)
    results = gathered(world, client, calls)
    world.close(client)
    return results, script


def gathered(world: World, client: Any, calls: int) -> list[Any]:
    """What so many threads or tasks get that ask *client* for the services at once."""
    results: list[Any] = []

    def keep(call: Callable[[], Any]) -> None:
        try:
            results.append(call())
        except CleanLifeError as error:
            results.append(error)

    async def task() -> None:
        try:
            results.append(await client.services.list().all())
        except CleanLifeError as error:
            results.append(error)

    async def tasks() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(calls):
                group.start_soon(task)

    if world.is_async:
        world(tasks())
    else:
        ask = client.services.list().all
        threads = [threading.Thread(target=copy_context().run, args=(keep, ask)) for _ in range(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return results


def test_of_two_hundred_who_ask_at_once_one_is_heard(world: World) -> None:
    """One call is made on a cold shelf, and everybody gets models of their own."""
    results, script = together(world, lambda **more: Held(SERVICES, **more), 200)

    assert len(script.asked) == 1
    assert [[service.name for service in services] for services in results] == [["Villa"]] * 200
    assert len({id(services[0]) for services in results}) == 200


def test_those_who_wait_share_a_failure(world: World) -> None:
    """One call is made; each gets an error object of its own, as a caller may add to it."""
    results, script = together(world, lambda **more: Held(refused(403, "FORBIDDEN"), **more), 50, max_attempts=1)

    assert len(script.asked) == 1
    assert [type(error).__name__ for error in results] == ["PermissionDeniedError"] * 50
    assert {(error.code, error.operation, error.request_id) for error in results} == {
        ("FORBIDDEN", "listServices", "req-no")
    }
    assert len({id(error) for error in results}) == 50
    # The attempts of the one who asked explain it to all.
    assert [len(error.attempts) for error in results] == [1] * 50


def test_after_a_shared_failure_the_next_one_asks_again(world: World) -> None:
    """Nobody is left waiting for a flight that has landed."""
    with world.client(refused(403, "FORBIDDEN"), SERVICES) as (client, script):
        with pytest.raises(CleanLifeError):
            names(world, client)
        assert names(world, client) == ["Villa"]

    assert len(script.asked) == 2


class Endless(FakeClock):
    """A clock whose first wait never ends."""

    async def asleep(self, seconds: float) -> None:
        await super().asleep(seconds)
        if len(self.slept) == 1:
            await anyio.sleep_forever()


def test_when_the_leader_is_cancelled_a_follower_takes_over(loop: World) -> None:
    """Two wait, the one who asked is cancelled while it waits for a second attempt, and both others get the answer."""
    results: list[list[str]] = []

    async def race(client: Any) -> None:
        async def follow() -> None:
            results.append([service.name for service in await client.services.list().all()])

        async def lead(scope: anyio.CancelScope) -> None:
            with scope:
                await follow()

        async with anyio.create_task_group() as group:
            scope = anyio.CancelScope()
            group.start_soon(lead, scope)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(follow)
            group.start_soon(follow)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()

    with loop.client(httpx.ConnectError("x"), SERVICES, clock=Endless()) as (client, script):
        loop(race(client))

    assert results == [["Villa"], ["Villa"]]
    assert len(script.asked) == 2


def test_a_follower_who_is_cancelled_disturbs_nobody(loop: World) -> None:
    """The one who asked gets its answer, and it is kept."""

    class Meanwhile(Script):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            async with anyio.create_task_group() as group:
                group.start_soon(follow)
                await anyio.wait_all_tasks_blocked()
                scopes[0].cancel()
            return await super().handle_async_request(request)

    scopes: list[anyio.CancelScope] = []

    async def follow() -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            await client.services.list().all()

    script = Meanwhile(SERVICES)
    client = loop.make(script, clock=FakeClock())

    assert names(loop, client) == names(loop, client) == ["Villa"]
    assert scopes[0].cancelled_caught
    assert len(script.asked) == 1
    loop.close(client)


def test_who_waits_for_a_flight_waits_no_longer_than_their_deadline(world: World) -> None:
    """A follower with little time left is told that the call of another took too long."""
    caught: list[CleanLifeError] = []
    clock = FakeClock()

    def late(client: Any) -> Any:
        """The same list, in a scope that is nearly over."""
        scoped = client.generated.scoped()
        clock.time += client._session.options.deadline - 0.01  # noqa: SLF001
        call = list_services.asyncio if world.is_async else list_services.sync
        return lambda: call(client=scoped, page=1, limit=100)  # type: ignore[arg-type]

    def meanwhile(_: httpx.Request) -> httpx.Response:
        def follow() -> None:
            with pytest.raises(DeadlineExceededError) as error:
                ask()
            caught.append(error.value)

        thread = threading.Thread(target=follow)
        thread.start()
        thread.join()
        return SERVICES

    class Meanwhile(Script):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            async def follow() -> None:
                with pytest.raises(DeadlineExceededError) as error:
                    await ask()
                caught.append(error.value)

            async with anyio.create_task_group() as group:
                group.start_soon(follow)
            return await super().handle_async_request(request)

    client = world.make(Meanwhile(SERVICES) if world.is_async else Script(meanwhile), clock=clock)
    ask = late(client)

    assert names(world, client) == ["Villa"]
    assert "already under way for another caller" in str(caught[0])
    assert caught[0].operation == "listServices"
    assert not caught[0].ambiguous
    world.close(client)


def test_a_leader_whose_time_is_up_does_not_end_the_followers() -> None:
    """They may have more of it, so one of them asks again."""
    shelf = Shelf.make(RULE, FakeClock().now)
    leader, follower = asking(shelf), asking(shelf)
    assert isinstance(next(leader), Request)
    waiting = next(follower)
    assert isinstance(waiting, Join)

    with pytest.raises(DeadlineExceededError):
        leader.throw(DeadlineExceededError("over"))

    assert waiting.flight.result(0) is None
    assert isinstance(follower.send(None), Request)
    follower.close()


def test_who_has_other_options_does_not_wait_for_another(clock: FakeClock) -> None:
    """A hasty caller's timeout is not everybody's."""
    shelf = Shelf.make(RULE, clock.now)
    hurried = attrs.evolve(question(), options=Options(timeout=0.1))
    patient, hasty = asking(shelf), cache(shelf, lambda: None, None, dispatch, hurried, dispatch)

    assert isinstance(next(patient), Request)
    assert isinstance(next(hasty), Request)
    patient.close()
    hasty.close()


def test_when_the_leader_breaks_a_follower_takes_over(world: World) -> None:
    """An exception that is not ours goes to who asked; the others ask again, once."""
    outcomes: list[str] = []
    crowd = Crowd(3)
    script = Held(LookupError("a bug"), SERVICES, complete=None if world.is_async else crowd.complete)
    client = world.make(script, clock=crowd)

    def call() -> None:
        try:
            outcomes.extend(service.name for service in client.services.list().all())
        except LookupError:
            outcomes.append("broken")

    async def task() -> None:
        try:
            outcomes.extend([service.name for service in await client.services.list().all()])
        except LookupError:
            outcomes.append("broken")

    async def tasks() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(task)

    if world.is_async:
        world(tasks())
    else:
        threads = [threading.Thread(target=call) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(outcomes) == ["Villa", "Villa", "broken"]
    assert len(script.asked) == 2
    world.close(client)


def test_threads_in_event_loops_of_their_own_do_not_wait_for_each_other() -> None:
    """A flight belongs to the loop it was begun in; the answer belongs to all."""
    here: list[str] = ["first", "second"]
    shelf, asked = Shelf.make(RULE, FakeClock().now), question()

    first, second = (cache(shelf, lambda place=place: place, None, dispatch, asked, dispatch) for place in here)

    assert next(first) is asked
    assert next(second) is asked
    assert landed(first, ANSWER) is landed(second, ANSWER) is ANSWER


# The policy by itself.

ANSWER = Response(200, Headers(), b"1")
STALE = Response(200, Headers(), b"0")


def question(**query: str) -> Request:
    """A request for the services."""
    return Request(
        operation=CLEANLIFE.operations["listServices"],
        path="/partners/services",
        query=query,
        body=None,
        headers={},
        scope=Scope(ends=2000.0),
        options=Options(),
    )


def asking(shelf: Shelf, **query: str) -> Flow:
    """A call that wants the services."""
    return cache(shelf, lambda: None, None, dispatch, question(**query), dispatch)


def landed(flow: Flow, answer: Response | None) -> Response:
    """What a call ends with that is given this."""
    with pytest.raises(StopIteration) as stopped:
        flow.send(answer)
    response: Response = stopped.value.value
    return response


def kept(shelf: Shelf, **query: str) -> Response | None:
    """What a call gets without asking anybody."""
    try:
        next(asking(shelf, **query))
    except StopIteration as stopped:
        response: Response = stopped.value
        return response
    return None


@pytest.fixture
def shelf(clock: FakeClock) -> Shelf:
    """An empty shelf."""
    return Shelf.make(RULE, clock.now)


def test_what_is_forgotten_during_a_flight_is_not_brought_back_by_it(shelf: Shelf) -> None:
    """The answer was on its way before, so it goes to who asked, and is not kept."""
    flow = asking(shelf)
    next(flow)
    shelf.clear()

    assert landed(flow, STALE) is STALE
    assert kept(shelf) is None


def test_after_forgetting_nobody_joins_an_older_flight(shelf: Shelf) -> None:
    """Who asks afterwards flies for themselves, and that answer is the one that is kept, whichever lands first."""
    older = asking(shelf)
    next(older)
    follower = asking(shelf)
    assert isinstance(next(follower), Join)
    shelf.clear()
    newer = asking(shelf)
    assert isinstance(next(newer), Request)

    assert landed(older, STALE) is STALE
    assert landed(newer, ANSWER) is ANSWER
    assert kept(shelf) is ANSWER
    assert landed(follower, STALE) is STALE


def test_an_older_flight_that_lands_last_overwrites_nothing(shelf: Shelf) -> None:
    """The newer answer stays."""
    older, newer = asking(shelf), asking(shelf)
    next(older)
    shelf.clear()
    next(newer)

    landed(newer, ANSWER)
    landed(older, STALE)

    assert kept(shelf) is ANSWER


def test_a_leader_that_is_given_up_lets_a_follower_fly(shelf: Shelf) -> None:
    """The follower learns that nothing came, and asks for itself."""
    leader, follower = asking(shelf), asking(shelf)
    next(leader)
    join = next(follower)
    assert isinstance(join, Join)
    assert join.ends == 2000.0

    leader.close()

    assert join.flight.result(0) is None
    assert isinstance(follower.send(None), Request)
    assert landed(follower, ANSWER) is ANSWER
    assert kept(shelf) is ANSWER


def test_a_leader_that_fails_gives_its_followers_a_copy(shelf: Shelf) -> None:
    """Nobody's error carries another's notes; the driver copies it for each of them."""
    leader, follower = asking(shelf), asking(shelf)
    next(leader)
    join = next(follower)
    assert isinstance(join, Join)
    failure = APIConnectionError("gone", sent=True)

    with pytest.raises(APIConnectionError) as first:
        leader.throw(failure)
    shared = join.flight.exception(0)
    assert shared is not None
    with pytest.raises(APIConnectionError) as second:
        follower.throw(shared)

    assert first.value is failure
    assert second.value is shared is not failure
    assert second.value.args == failure.args
    assert second.value.ambiguous
    assert kept(shelf) is None


@attrs.define
class Watched:
    """A lock that lets something happen right after it was let go for the first time."""

    then: Callable[[], None] | None = None
    lock: Any = attrs.Factory(threading.Lock)

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()
        then, self.then = self.then, None
        if then is not None:
            then()


def watched(clock: FakeClock) -> tuple[Shelf, Watched]:
    """A shelf, and its lock."""
    shelf, lock = Shelf.make(RULE, clock.now), Watched()
    shelf.lock = lock  # type: ignore[assignment]
    return shelf, lock


def test_whoever_comes_in_the_moment_of_landing_does_not_ask_again(clock: FakeClock) -> None:
    """A flight ends and its answer is kept in one step: between the two, a second call would be made."""
    shelf, lock = watched(clock)
    leader = asking(shelf)
    next(leader)
    came: list[Any] = []

    def come() -> None:
        newcomer = asking(shelf)
        try:
            came.append(next(newcomer))
        except StopIteration as stopped:
            came.append(stopped.value)

    lock.then = come
    landed(leader, ANSWER)

    assert came == [ANSWER]


def test_ctrl_c_in_the_moment_of_taking_off_lets_the_next_one_fly(clock: FakeClock) -> None:
    """Nobody waits for a flight that never took off."""
    shelf, lock = watched(clock)

    def interrupt() -> None:
        raise KeyboardInterrupt

    lock.then = lambda: setattr(lock, "then", interrupt)  # Not after the first look, but after it took off.
    with pytest.raises(KeyboardInterrupt):
        next(asking(shelf))

    assert isinstance(next(asking(shelf)), Request)


def test_what_is_forgotten_in_the_moment_of_landing_stays_forgotten(clock: FakeClock) -> None:
    """Between the end of a flight and the keeping of its answer nobody can forget it, only before or after."""
    shelf, lock = watched(clock)
    leader = asking(shelf)
    next(leader)

    lock.then = shelf.clear
    landed(leader, STALE)

    assert kept(shelf) is None


def test_invalidating_during_a_call_is_heard(world: World) -> None:
    """Through the client: what a call brings that began before `invalidate` is not kept."""
    clients: list[Any] = []

    def forgotten(_: httpx.Request) -> httpx.Response:
        clients[0].services.invalidate()
        return SERVICES

    with world.client(forgotten, page([{"id": ID, "name": "Flat"}])) as (client, script):
        clients.append(client)
        assert names(world, client) == ["Villa"]
        assert names(world, client) == ["Flat"]
        assert names(world, client) == ["Flat"]

    assert len(script.asked) == 2


def test_a_synchronous_client_inside_an_event_loop_keeps_as_well() -> None:
    """Whoever calls it from a coroutine blocks their loop, and gets answers all the same."""
    script = Script(SERVICES)

    async def use(client: CleanLife) -> list[Awaitable[Any] | Any]:
        await anyio.lowlevel.checkpoint()
        return [*client.services.list(), *client.services.list()]

    with CleanLife("pk_1", transport=script) as client:
        assert len(anyio.run(use, client)) == 2
    assert len(script.asked) == 1
