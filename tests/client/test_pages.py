"""Lists are walked on demand, a hundred items to a call."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from client.samples import DAY, ID
from worlds import FakeClock, World, ok, refused

from cleanlife_ext import AsyncPages, DeadlineExceededError, InternalServerError, Pages, PermissionDeniedError


def service(number: int) -> dict[str, Any]:
    return {"id": str(UUID(int=number)), "name": f"Service {number}"}


def book(*pages: range | list[int], totals: list[int] | None = None) -> Callable[[httpx.Request], httpx.Response]:
    """Answer with these pages; *totals* is what each of them says of their number."""

    def step(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        total = len(pages) if totals is None else totals[number - 1]
        items = [service(each) for each in pages[number - 1]]
        return ok(items, meta={"page": number, "limit": 100, "total": 100 * total, "totalPages": total})

    return step


def numbers(items: list[Any]) -> list[int]:
    return [item.id.int for item in items]


def asked_pages(script: Any) -> list[int]:
    return [int(asked.url.params["page"]) for asked in script.asked]


def steps_of(world: World, iterator: Any) -> Callable[[], Any]:
    """One item after the other, by hand; `None` at the end."""
    if world.is_async:
        walk = aiter(iterator)
        return lambda: world(anext(walk, None))
    plain = iter(iterator)
    return lambda: next(plain, None)


def test_pages_are_asked_for_when_they_are_needed(world: World) -> None:
    """Nothing is asked before the walk begins, nor a page before its first item is due."""
    with world.client(book(range(100), range(100, 200), range(200, 250)), cache_ttl=0) as (client, script):
        services = client.services.list()
        assert script.asked == []

        step = steps_of(world, services)
        for item, calls in ((0, 1), (99, 1), (100, 2), (199, 2), (200, 3), (249, 3)):
            while (got := step()).id.int < item:
                pass
            assert got.id.int == item
            assert len(script.asked) == calls
        assert step() is None

    assert asked_pages(script) == [1, 2, 3]
    assert [asked.url.params["limit"] for asked in script.asked] == ["100"] * 3


def test_a_list_can_be_walked_page_by_page(world: World) -> None:
    """`.pages()` gives lists, one for each call."""
    with world.client(book(range(100), range(100, 130)), cache_ttl=0) as (client, script):
        step = steps_of(world, client.services.list().pages())
        assert numbers(step()) == list(range(100))
        assert len(script.asked) == 1
        assert numbers(step()) == list(range(100, 130))
        assert step() is None


def test_all_gives_everything_at_once(world: World) -> None:
    """`.all()` is a list."""
    with world.client(book(range(100), range(100, 130)), cache_ttl=0) as (client, script):
        assert numbers(world(client.services.list().all())) == list(range(130))
        assert len(script.asked) == 2


def test_first_makes_one_call(world: World) -> None:
    """However many pages there are."""
    with world.client(book(range(100), range(100, 130)), cache_ttl=0) as (client, script):
        assert world(client.services.list().first()).id.int == 0
        assert len(script.asked) == 1


def test_an_empty_list_is_empty(world: World) -> None:
    """In every way to look at it, with one call each."""
    for total in (0, 1):
        with world.client(book([], totals=[total]), cache_ttl=0) as (client, script):
            services = client.services.list()
            assert world.items(services) == []
            assert world(services.all()) == []
            assert world(services.first()) is None
            assert world.items(services.pages()) == [[]]
            assert len(script.asked) == 4


def test_an_empty_page_ends_the_walk(world: World) -> None:
    """Whatever the total says: an API that counts wrongly must not keep us for ever."""
    with world.client(book([1], [], [3], totals=[3, 3, 3]), cache_ttl=0) as (client, script):
        assert numbers(world.items(client.services.list())) == [1]

    assert asked_pages(script) == [1, 2]


def test_a_total_that_grows_is_followed(world: World) -> None:
    """Somebody added items while we walked."""
    with world.client(book([1], [2], [3], totals=[2, 3, 3]), cache_ttl=0) as (client, _):
        assert numbers(world.items(client.services.list())) == [1, 2, 3]


def test_a_total_that_shrinks_ends_the_walk(world: World) -> None:
    """Somebody removed items while we walked."""
    with world.client(book([1], [2], [3], totals=[3, 2, 2]), cache_ttl=0) as (client, script):
        assert numbers(world.items(client.services.list())) == [1, 2]

    assert asked_pages(script) == [1, 2]


def test_an_item_that_comes_again_is_given_once(world: World) -> None:
    """One that is added while we walk pushes others onto the next page."""
    with world.client(book([1, 2, 3], [3, 4], [4], [5]), cache_ttl=0) as (client, script):
        assert numbers(world.items(client.services.list())) == [1, 2, 3, 4, 5]

    assert asked_pages(script) == [1, 2, 3, 4]


def test_filters_travel_with_every_page(world: World) -> None:
    """Or the second page would be one of another list."""
    rows = [
        {"id": str(UUID(int=n)), "subscriptionId": str(ID), "event": "booking.created", "status": "FAILED"}
        | {"attemptCount": 4, "statusCode": None, "error": None, "nextRetryAt": None, "deliveredAt": None}
        | {"createdAt": "2026-06-01T09:00:00+03:00"}
        for n in range(2)
    ]

    def step(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        return ok([rows[number - 1]], meta={"page": number, "limit": 100, "total": 2, "totalPages": 2})

    with world.client(step) as (client, script):
        assert len(world.items(client.webhooks.deliveries.list(status="FAILED", subscription_id=ID))) == 2

    for number, asked in enumerate(script.asked, start=1):
        assert dict(asked.url.params) == {
            "page": str(number),
            "limit": "100",
            "status": "FAILED",
            "subscriptionId": str(ID),
        }


def test_each_walk_asks_anew(world: World) -> None:
    """A list is a question, not an answer."""
    with world.client(book([1], [2]), cache_ttl=0) as (client, script):
        services = client.services.list()
        assert numbers(world.items(services)) == numbers(world.items(services)) == [1, 2]
        assert asked_pages(script) == [1, 2, 1, 2]


def test_two_walks_do_not_disturb_each_other(world: World) -> None:
    """Each knows its own place."""
    with world.client(book([1], [2]), cache_ttl=0) as (client, _):
        services = client.services.list()
        one, other = steps_of(world, services), steps_of(world, services)

        assert [one().id.int, other().id.int, one().id.int, other().id.int] == [1, 1, 2, 2]
        assert (one(), other()) == (None, None)


def test_leaving_a_loop_early_leaves_nothing_behind(world: World) -> None:
    """Neither a warning nor a page that nobody wanted; warnings are errors here."""
    with world.client(book(range(100), range(100, 200)), cache_ttl=0) as (client, script):
        if world.is_async:
            world(_first_of(client.services.list()))
            world(_first_of(client.services.list().pages()))
        else:
            for _ in client.services.list():
                break
            for _ in client.services.list().pages():
                break
        gc.collect()

        assert asked_pages(script) == [1, 1]


def test_a_page_that_fails_can_be_asked_for_again(world: World) -> None:
    """The walk ends with the error, and a new one starts from the beginning."""
    good = book([1], [2])
    failing = [True]

    def step(request: httpx.Request) -> httpx.Response:
        if request.url.params["page"] == "2" and failing:
            failing.pop()
            return refused(500, "INTERNAL_ERROR")
        return good(request)

    with world.client(step, cache_ttl=0, max_attempts=1) as (client, _):
        services = client.services.list()
        with pytest.raises(InternalServerError):
            world(services.all())

        assert numbers(world(services.all())) == [1, 2]


def test_a_walk_that_failed_does_not_look_complete(world: World) -> None:
    """Whoever goes on with it gets the page that failed, and not the end of the list."""
    good = book([1], [2])
    failing = [True]

    def step(request: httpx.Request) -> httpx.Response:
        if request.url.params["page"] == "2" and failing:
            failing.pop()
            return refused(403, "FORBIDDEN")
        return good(request)

    with world.client(step, cache_ttl=0) as (client, _):
        step_on = steps_of(world, client.services.list())
        first = step_on()
        with pytest.raises(PermissionDeniedError):
            step_on()

        assert numbers([first, step_on()]) == [1, 2]


def slow(clock: FakeClock, seconds: float, pages: int) -> Callable[[httpx.Request], httpx.Response]:
    """Answer each page after so many seconds."""
    answers = book(*([number] for number in range(pages)))

    def step(request: httpx.Request) -> httpx.Response:
        clock.time += seconds
        return answers(request)

    return step


def time_given(script: Any) -> list[float]:
    """How many seconds each attempt had."""
    return [asked.extensions["timeout"]["read"] for asked in script.asked]


def test_each_page_has_its_own_deadline(world: World) -> None:
    """The user's loop may take its time."""
    clock = FakeClock()
    with world.client(slow(clock, 20, 4), cache_ttl=0, clock=clock, deadline=50) as (client, script):
        assert len(world.items(client.services.list())) == 4
        assert time_given(script) == [30, 30, 30, 30]


def test_all_has_one_deadline(world: World) -> None:
    """What is left for a page is what the pages before it have left."""
    clock = FakeClock()
    with world.client(slow(clock, 20, 3), cache_ttl=0, clock=clock, deadline=50) as (client, script):
        services = client.services.list()
        clock.time += 1000  # It begins when it is called, and not when the list was made.

        assert len(world(services.all())) == 3
        assert time_given(script) == [30, 30, 10]


def test_first_has_one_deadline_however_far_it_looks(world: World) -> None:
    """A server that always has another page does not keep it for ever."""
    clock = FakeClock()
    with world.client(slow(clock, 20, 9), cache_ttl=0, clock=clock, deadline=50) as (client, script):
        with pytest.raises(DeadlineExceededError):
            world(client.services.list().first(lambda _: False))

        assert time_given(script) == [30, 30, 10]


def test_a_page_that_would_begin_after_the_deadline_is_not_asked_for(world: World) -> None:
    """It is the deadline's error that says so."""
    clock = FakeClock()
    with world.client(slow(clock, 20, 4), cache_ttl=0, clock=clock, deadline=35) as (client, script):
        with pytest.raises(DeadlineExceededError):
            world(client.services.list().all())

        assert len(script.asked) == 2


def test_the_repr_shows_the_filters_names_alone(world: World) -> None:
    """Their values may be anybody's."""
    with world.client(book([])) as (client, _):
        shown = repr(client.bookings.list(external_reference="canary", from_date=DAY))

    assert shown == f"{'AsyncPages' if world.is_async else 'Pages'}(from_date, external_reference)"
    assert {Pages, AsyncPages} >= {type(client.bookings.list())}


async def _first_of(pages: Any) -> None:
    async for _ in pages:
        break
