"""What a caller does can bear an id of its own, which stands wherever a call is told of, and goes nowhere else."""

from __future__ import annotations

import logging
import pickle
import threading
import traceback
from collections.abc import Iterator
from contextvars import copy_context
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from worlds import BOOKING, FakeClock, World, ok, page, refused, world_of

from cleanlife_ext import (
    AsyncCleanLife,
    Call,
    CleanLife,
    CleanLifeError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    UnexpectedResponseError,
)

ID = BOOKING["bookingId"]
SERVICES = page([{"id": ID, "name": "Villa"}])


@pytest.fixture(params=["asyncio", "trio"])
def loop(request: pytest.FixtureRequest) -> Iterator[World]:
    """The worlds in which tasks run."""
    with world_of(request.param) as world:
        yield world


class Gate(httpx.AsyncBaseTransport):
    """A transport whose answers wait until it is opened."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer, self.open = answer, anyio.Event()

    async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
        await self.open.wait()
        return httpx.Response(self.answer.status_code, content=self.answer.content)


# Where it stands


def test_a_call_bears_the_transaction_that_it_is_made_in(world: World) -> None:
    """In its record and in its explanation; others bear none."""
    with world.client(ok(BOOKING), clock=FakeClock()) as (client, _), client.trace() as calls:
        world(client.bookings.status(ID))
        with client.transaction("order-7"):
            world(client.bookings.status(ID))
        world(client.bookings.status(ID))

    assert [call.transaction for call in calls] == ["", "order-7", ""]
    assert "  transaction order-7" in calls[1].explain().split("\n")
    assert "transaction" not in calls[0].explain()


def test_an_error_bears_it_too(world: World) -> None:
    """Beside the request id, in its text as well, and in another process."""
    with world.client(refused(404, "GONE"), clock=FakeClock()) as (client, _):
        with pytest.raises(NotFoundError) as caught, client.transaction("order-7"):
            world(client.bookings.status(ID))
        with pytest.raises(NotFoundError) as other:
            world(client.bookings.status(ID))

    error = caught.value
    assert error.transaction == "order-7"
    assert str(error) == "getBookingStatus: 404 GONE (request id req-no, transaction order-7)"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301
    assert "transaction order-7" in error.explain()
    assert (other.value.transaction, str(other.value)) == ("", "getBookingStatus: 404 GONE (request id req-no)")


def test_an_error_without_a_request_says_it_alone(world: World) -> None:
    """As of a call that came too late."""
    clock = FakeClock()
    with world.client(ok(BOOKING), clock=clock) as (client, _):
        with client.transaction("order-7"):
            late = client.generated.scoped()
        clock.sleep(1000)
        with pytest.raises(CleanLifeError) as caught:
            world(late.session.request("GET", f"/partners/bookings/{ID}/status"))

    assert str(caught.value).endswith("has passed before this could be sent (transaction order-7)")


def test_an_answer_that_cannot_be_used_bears_it(world: World) -> None:
    """Although the API has said yes."""
    same = page([{"id": ID, "name": "x"}], 1, 9)
    with world.client(same, clock=FakeClock(), cache_ttl=0) as (client, _), client.transaction("order-7"):
        with pytest.raises(UnexpectedResponseError) as walked:
            world.items(client.services.list())
        with pytest.raises(UnexpectedResponseError) as gathered:
            world(client.services.list().all())

    assert (walked.value.transaction, gathered.value.transaction) == ("order-7", "order-7")
    assert (len(gathered.value.attempts), len(gathered.value.ids)) == (4, 1)


def test_events_bear_it(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """That of a retry, that of a call, and that of an answer that was kept."""
    caplog.set_level(logging.DEBUG, "cleanlife_ext")
    with world.client(refused(503, "X"), SERVICES, clock=FakeClock()) as (client, _):
        with client.transaction("order-7"):
            for _ in range(2):
                world(client.services.list().all())
        world(client.services.list().all())

    *within, after = [record for record in caplog.records if record.name == "cleanlife_ext"]
    assert [vars(event)["cleanlife_event"] for event in within] == ["retry", "call", "call"]
    for event in within:
        assert vars(event)["cleanlife_transaction"] == "order-7"
        assert " limit=100 transaction=order-7" in event.getMessage()
    assert vars(after)["cleanlife_transaction"] == ""
    assert "transaction" not in after.getMessage()


def test_it_is_sent_to_nobody(world: World) -> None:
    """It is the caller's own."""
    with world.client(ok(BOOKING), clock=FakeClock()) as (client, script), client.transaction("order-7"):
        world(client.bookings.status(ID))
        world(client.bookings.cancel(ID, notes="x"))

    assert len(script.asked) == 2
    for request in script.asked:
        assert "order-7" not in f"{request.url} {request.headers.raw} {request.content!r}"


# What is an id


@pytest.mark.parametrize("id", ["7", "order-7", "shop:2026/06/20#7.a_b", "x" * 128])
def test_ids_are_plain(world: World, id: str) -> None:
    """As references, keys and paths are."""
    with world.client(ok(BOOKING), clock=FakeClock()) as (client, _), client.trace() as calls, client.transaction(id):
        world(client.bookings.status(ID))

    assert calls[0].transaction == id


@pytest.mark.parametrize("strange", ["", "Sara Ahmed", "order\n7", "order-7\n", "سارة", "+966500000000", "x" * 129, 7])
def test_what_no_log_should_hold_is_refused(world: World, strange: Any) -> None:
    """At once, before anything is done in its name."""
    with world.client(ok(BOOKING)) as (client, _), pytest.raises(ValueError, match="transaction: an id of 1 to 128"):
        client.transaction(strange)


def test_what_is_refused_is_not_quoted(world: World) -> None:
    """Neither in the error, nor in a variable of ours that a tool may print."""
    with world.client(ok(BOOKING)) as (client, _), pytest.raises(ValueError, match="transaction") as caught:
        client.transaction("Sara Ahmed")

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in told.stack if "cleanlife_ext" in frame.filename]
    assert len(ours) > 1
    assert "Sara" not in f"{caught.value} {[frame.locals for frame in ours]}"


# Whose it is, and for how long


def test_the_inner_one_counts(world: World) -> None:
    """And then the outer one again, also after an error."""
    steps = (refused(404, "X"), ok(BOOKING))
    with world.client(*steps, clock=FakeClock()) as (client, _), client.trace() as calls:
        with client.transaction("outer"):
            with pytest.raises(NotFoundError), client.transaction("inner"):
                world(client.bookings.status(ID))
            with client.transaction("outer"):
                pass
            world(client.bookings.status(ID))
        world(client.bookings.status(ID))

    assert [call.transaction for call in calls] == ["inner", "outer", ""]


def test_it_belongs_to_a_client_and_its_views(world: World) -> None:
    """Another client's calls have nothing to do with it, nor those of one within the other."""
    with (
        world.client(ok(BOOKING)) as (one, _),
        world.client(ok(BOOKING)) as (two, _),
        one.trace() as ones,
        two.trace() as twos,
        one.transaction("one"),
    ):
        world(two.bookings.status(ID))
        with two.transaction("two"):
            world(one.with_options(deadline=5).bookings.status(ID))
            world(two.bookings.status(ID))
        with one.with_options(deadline=5).transaction("view"):
            world(one.bookings.status(ID))

    assert [call.transaction for call in ones] == ["one", "view"]
    assert [call.transaction for call in twos] == ["", "two"]


def test_a_request_keeps_the_one_it_began_in(loop: World) -> None:
    """To its end, and so does the task that makes it; what is begun afterwards elsewhere has none."""

    async def use() -> list[Call]:
        gate = Gate(ok(BOOKING))
        async with AsyncCleanLife("k", transport=gate) as client, anyio.create_task_group() as group:
            with client.trace() as calls:
                with client.transaction("order-7"):
                    group.start_soon(client.bookings.status, ID)
                    await anyio.wait_all_tasks_blocked()
                gate.open.set()
                await client.bookings.status(ID)
                await anyio.wait_all_tasks_blocked()
            return list(calls)

    assert sorted(call.transaction for call in loop(use())) == ["", "order-7"]


def test_tasks_side_by_side_have_their_own(loop: World) -> None:
    """Those within none inherit that of the block in which they were started."""

    async def use() -> list[str]:
        async def ask(*own: str) -> None:
            for id in own:
                with client.transaction(id):
                    await client.bookings.status(ID)
            if not own:
                await client.bookings.status(ID)

        with client.trace() as calls, client.transaction("all"):
            async with anyio.create_task_group() as group:
                for own in (("a", "b"), ("c",), ()):
                    group.start_soon(ask, *own)
        return sorted(call.transaction for call in calls)

    with loop.client(ok(BOOKING)) as (client, _):
        assert loop(use()) == ["a", "all", "b", "c"]


def test_a_thread_has_it_in_a_copy_of_the_context() -> None:
    """As `asyncio.to_thread` runs it; a plain thread begins with none."""
    with CleanLife("k", transport=httpx.MockTransport(lambda _: ok(BOOKING))) as client:
        heard: list[str] = []

        def ask() -> None:
            with client.trace() as calls:
                client.bookings.status(ID)
            heard.append(calls[0].transaction)

        with client.transaction("order-7"):
            for target in (ask, partial(copy_context().run, ask)):
                thread = threading.Thread(target=target)
                thread.start()
                thread.join()

    assert heard == ["", "order-7"]


def test_a_transaction_may_end_in_another_context_than_it_began_in(world: World) -> None:
    """As fixtures of tests do."""
    with world.client(ok(BOOKING)) as (client, _), client.trace() as calls:
        transaction = client.transaction("order-7")
        copy_context().run(transaction.__enter__)
        transaction.__exit__(None, None, None)
        world(client.bookings.status(ID))

    assert [call.transaction for call in calls] == [""]


@pytest.mark.parametrize("answer", [SERVICES, refused(403, "FORBIDDEN")], ids=["ok", "refused"])
def test_who_shares_a_call_has_its_own(loop: World, answer: httpx.Response) -> None:
    """One asks for all, and each is told of it under its own id."""
    errors: list[CleanLifeError] = []

    async def ask(client: AsyncCleanLife, *id: str) -> None:
        try:
            for each in id:
                with client.transaction(each):
                    await client.services.list().all()
            if not id:
                await client.services.list().all()
        except PermissionDeniedError as error:
            errors.append(error)

    async def use() -> list[Call]:
        gate = Gate(answer)
        async with AsyncCleanLife("k", transport=gate) as client:
            with client.trace() as calls:
                async with anyio.create_task_group() as group:
                    for id in (("first",), ("second",), ()):
                        group.start_soon(ask, client, *id)
                        await anyio.wait_all_tasks_blocked()
                    gate.open.set()
            return list(calls)

    calls = loop(use())
    assert sorted((call.source, call.transaction) for call in calls) == [
        ("sent", "first"),
        ("shared", ""),
        ("shared", "second"),
    ]
    assert sorted(error.transaction for error in errors) in ([], ["", "first", "second"])
    assert len({error.ids["x-request-id"] for error in errors}) == len(errors[:1])


def test_who_looks_later_does_so_for_its_own_purpose(world: World) -> None:
    """`resolve` is an operation by itself."""
    steps = (httpx.ReadTimeout("x"), refused(403, "X"))
    with world.client(*steps, clock=FakeClock(), max_attempts=1) as (client, _):
        with client.transaction("order-7"), pytest.raises(OutcomeUnknownError) as unknown:
            world(client.bookings.cancel(ID))
        with client.transaction("clearing"), pytest.raises(PermissionDeniedError) as caught:
            world(unknown.value.resolve())

    assert (unknown.value.transaction, caught.value.transaction) == ("order-7", "clearing")
