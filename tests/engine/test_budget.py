"""An outage is not multiplied: the retries of a client are bounded by its calls."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import anyio
import httpx
import pytest
from engine.writes import DOWN, ID, empty_budget
from hypothesis import given
from hypothesis import strategies as st
from worlds import BOOKING, FakeClock, World, ok, refused, world_of

from cleanlife_ext import APIConnectionError, CleanLifeError, InternalServerError
from cleanlife_ext.engine.budget import Budget

USED_UP = "the retry budget of this client is used up"


def test_it_begins_with_ten_retries() -> None:
    """The reserve, and not one more."""
    budget = Budget()

    assert [budget.take() for _ in range(12)] == [True] * 10 + [False] * 2


def test_ten_calls_pay_for_a_retry() -> None:
    """Exactly ten, however often it was done before: nothing is lost to rounding."""
    budget = Budget(reserve=1)
    budget.take()

    for _ in range(10_000):
        for _ in range(9):
            budget.pay()
        assert not budget.take()
        budget.pay()
        assert budget.take()


def test_no_more_is_saved_than_the_reserve() -> None:
    """A long time without failures does not allow a storm."""
    budget = Budget()
    for _ in range(300):
        budget.pay()

    assert sum(budget.take() for _ in range(100)) == 10


def test_an_endless_one_never_ends() -> None:
    """For lookups."""
    budget = Budget.endless()

    assert all(budget.take() for _ in range(300))


@given(st.lists(st.booleans(), max_size=400))
def test_retries_never_exceed_the_reserve_and_a_tenth_of_the_calls(calls: list[bool]) -> None:
    """In whatever order calls and retries come."""
    budget = Budget()
    taken = 0
    for paid, call in enumerate(calls):
        budget.pay() if call else None
        taken += budget.take()
        assert taken <= 10 + (paid + 1) / 10


@pytest.mark.parametrize("failure", [DOWN, httpx.ReadTimeout("x"), refused(500, "X"), refused(503, "X")])
def test_an_outage_grows_by_a_tenth_and_the_reserve(world: World, failure: Any) -> None:
    """A hundred calls, all of which fail."""
    with world.client(failure, clock=FakeClock()) as (client, script):
        for _ in range(100):
            with pytest.raises((APIConnectionError, InternalServerError)):
                world(client.bookings.status(ID))

    assert 100 < len(script.asked) <= 100 * 1.1 + 10


def test_an_outage_grows_no_more_in_threads() -> None:
    """They share the budget of their client."""
    barrier = Barrier(20)
    with world_of("sync") as world, world.client(DOWN, clock=FakeClock()) as (client, script):

        def fail(_: int) -> None:
            barrier.wait()
            for _ in range(5):
                with pytest.raises(APIConnectionError):
                    client.bookings.status(ID)

        with ThreadPoolExecutor(20) as threads:
            list(threads.map(fail, range(20)))

    assert 100 < len(script.asked) <= 100 * 1.1 + 10


@pytest.mark.parametrize("world", ["asyncio", "trio"], indirect=True)
def test_an_outage_grows_no_more_in_tasks(world: World) -> None:
    """So do a hundred tasks at once."""

    async def storm(client: Any) -> None:
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(fail, client)

    async def fail(client: Any) -> None:
        with pytest.raises(APIConnectionError):
            await client.bookings.status(ID)

    with world.client(DOWN, clock=FakeClock()) as (client, script):
        world(storm(client))

    assert 100 < len(script.asked) <= 100 * 1.1 + 10


def test_what_the_budget_has_stopped_says_so(world: World) -> None:
    """Where a person looks for the reason."""
    with world.client(DOWN, clock=FakeClock()) as (client, script):
        empty_budget(world, client, script, DOWN)
        with pytest.raises(APIConnectionError) as caught:
            world(client.bookings.status(ID))

    (attempt,) = caught.value.attempts
    assert attempt.wait is None
    assert attempt.reason == f"APIConnectionError: {USED_UP}"
    assert attempt.reason in caught.value.__notes__[0]


def test_a_view_has_no_budget_of_its_own(world: World) -> None:
    """It is the client that calls."""
    with world.client(DOWN, clock=FakeClock()) as (client, script):
        empty_budget(world, client, script, DOWN)
        with pytest.raises(APIConnectionError):
            world(client.with_options(max_attempts=9).bookings.status(ID))

    assert len(script.asked) == 1


def test_a_client_recovers_as_calls_succeed(world: World) -> None:
    """After ten of them it has a retry again."""
    with world.client(DOWN, clock=FakeClock()) as (client, script):
        empty_budget(world, client, script, *[ok(BOOKING)] * 10, DOWN, ok(BOOKING))
        for _ in range(11):
            world(client.bookings.status(ID))

    assert len(script.asked) == 12


def test_a_429_costs_nothing(world: World) -> None:
    """It is the limiter that bounds those."""
    with world.client(DOWN, clock=FakeClock()) as (client, script):
        empty_budget(world, client, script, refused(429, "X"), ok(BOOKING))
        world(client.bookings.status(ID))

    assert len(script.asked) == 2


def test_lookups_cost_nothing(world: World) -> None:
    """A thousand bookings in an outage are sent a tenth more often; each is looked up all the same."""
    asked = Counter[str]()

    def step(request: httpx.Request) -> httpx.Response:
        asked[request.method] += 1
        return refused(503, "X")

    with world.client(step, clock=FakeClock()) as (client, _):
        for _ in range(100):
            with pytest.raises(CleanLifeError):
                world(client.bookings.update(ID, date="2026-06-20"))

    assert asked["PATCH"] <= 100 * 1.1 + 10
    assert asked["GET"] >= 100
