"""Every id of a request is told wherever the request is: the one that was sent, and those that came back."""

from __future__ import annotations

import logging
import pickle
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import attrs
import httpx
import pytest
from cleanlife_client.api.bookings import cancel_booking, create_booking, get_booking_status
from cleanlife_client.models import CancelBookingRequest, CreateBookingRequest
from cleanlife_traits import OPERATIONS, PROVIDER
from healthgorilla_traits import PROVIDER as OTHER
from worlds import BOOKING, FakeClock, World, ok, page, refused

from cleanlife_ext import (
    Attempt,
    CleanLifeError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    UnexpectedResponseError,
)
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.session import Core
from cleanlife_ext.healthgorilla import AsyncHealthGorilla, HealthGorilla
from cleanlife_ext.provider import CLEANLIFE
from cleanlife_ext.simulator import HealthGorillaSimulator

ID = BOOKING["bookingId"]
SENT, VENDORS, BOTH = "x-request-id", "x-hg-request-id", "x-correlation-id"
HEX = "15e2305e94845d4d2f3f7796"
ASKED = {
    "contactId": ID,
    "addressId": "a",
    "serviceId": ID,
    "date": "2026-06-20",
    "timeslot": {"startAt": "09:00", "endAt": "12:00"},
    "externalReference": "ORDER-1",
}
# CleanLife's API, but with the ids of another one.
TRACKING = Provider.read({**PROVIDER, "request-id": OTHER["request-id"]}, OPERATIONS, CLEANLIFE.decode)


@attrs.frozen(eq=False)
class Tracked:
    """What is called at a provider that wants UUIDs, and gives ids of its own."""

    generated: Any

    @property
    def core(self) -> Core:
        core: Core = self.generated.session.core
        return core


def tracked(client: Any) -> Tracked:
    """*client*, at that provider instead of its own."""
    session = client.generated.session
    core = Core(TRACKING, clock=session.core.clock, chance=lambda: 0.0)
    return Tracked(type(client.generated)(attrs.evolve(session, core=core)))


def known(step: httpx.Response, **instead: str) -> Callable[[httpx.Request], httpx.Response]:
    """*step*, with the ids that this provider gives."""

    def answer(request: httpx.Request) -> httpx.Response:
        ids = {VENDORS: HEX, BOTH: f"{request.headers[SENT]}:{HEX}"}
        ids |= {name.replace("_", "-"): value for name, value in instead.items()}
        return httpx.Response(step.status_code, headers=ids, content=step.content)

    return answer


def status(world: World, client: Any, **more: Any) -> Any:
    """A read."""
    return world.generated(get_booking_status, client, ID, **more)


def book(world: World, client: Any, **more: Any) -> Any:
    """A write that is looked for."""
    return world.generated(create_booking, client, body=CreateBookingRequest.from_dict(ASKED), **more)


def sent(script: Any) -> list[str]:
    """The ids of what was asked."""
    return [request.headers[SENT] for request in script.asked]


def is_uuid4(text: str) -> bool:
    """Whether it is one, as one writes it."""
    return str(UUID(text)) == text and UUID(text).version == 4


# The id that is sent


def test_each_attempt_has_a_uuid_of_its_own_where_the_vendor_wants_that(world: World) -> None:
    """A plain one, which no other attempt has, nor the operation."""
    with world.client(known(refused(503, "X")), known(ok(BOOKING)), clock=FakeClock()) as (client, script):
        tracking = tracked(client)
        with tracking.core.tracer.trace() as calls:
            status(world, tracking)

    assert all(is_uuid4(id) for id in sent(script))
    assert len({*sent(script), calls[0].id}) == 3


def test_an_id_of_ones_own_goes_with_each_attempt_but_with_no_lookup(world: World) -> None:
    """The vendor asks that no other operation has it; for another attempt it may stay as it is."""
    steps = (httpx.ReadTimeout("x"), known(page([])), known(ok(BOOKING)))
    with world.client(*steps, clock=FakeClock()) as (client, script):
        book(world, tracked(client), x_request_id="order-7")

    first, lookup, second = sent(script)
    assert first == second == "order-7"
    assert is_uuid4(lookup)


# All ids of an attempt


def attempts(world: World, provider: Any, *steps: Any) -> tuple[tuple[Attempt, ...], list[str]]:
    """What was tried in one read, and the ids that were sent for it."""
    with world.client(*steps, clock=FakeClock()) as (client, script):
        its = provider(client)
        with its.generated.session.core.tracer.trace() as calls, suppress(CleanLifeError, LookupError):
            status(world, its)
    [call] = calls
    return call.attempts, sent(script)


def test_an_attempt_knows_all_its_ids(world: World) -> None:
    """By header, with the one to quote apart; also if it was refused."""
    tried, ids = attempts(world, tracked, known(refused(503, "X")), known(ok(BOOKING)))

    for attempt, id in zip(tried, ids, strict=True):
        assert attempt.ids == {SENT: id, VENDORS: HEX, BOTH: f"{id}:{HEX}"}
        assert [*attempt.ids] == [SENT, VENDORS, BOTH]
        assert (attempt.request_id, attempt.correlation_id) == (HEX, f"{id}:{HEX}")


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("x"), LookupError("a bug")], ids=["lost", "broken"])
def test_an_attempt_that_was_not_answered_knows_what_was_sent(world: World, failure: Exception) -> None:
    """Which the vendor's logs can be searched for."""
    (attempt, *_), (id, *_) = attempts(world, tracked, failure, known(ok(BOOKING)))

    assert (attempt.ids, attempt.request_id, attempt.correlation_id) == ({SENT: id}, id, "")


def test_only_what_looks_like_an_id_is_taken_for_one(world: World) -> None:
    """128 plain characters at the most: room for two UUIDs, and for no story."""
    long = "c" * 128
    for strange in ("Sara, +966500000000", "", "x" * 129):
        [attempt], [id] = attempts(world, tracked, known(ok(BOOKING), x_hg_request_id=long, x_correlation_id=strange))
        assert attempt.ids == {SENT: id, VENDORS: long}


def test_without_an_id_to_quote_the_next_one_is_quoted(world: World) -> None:
    """And is not named a second time."""
    [attempt], [id] = attempts(world, tracked, known(ok(BOOKING), x_hg_request_id=""))

    assert (attempt.request_id, attempt.correlation_id) == (f"{id}:{HEX}", "")


def test_where_one_header_bears_two_ids_both_are_told(world: World) -> None:
    """The sent one by its header, the other one as that to quote; there is nothing to correlate."""
    [attempt], [id] = attempts(world, lambda client: client, ok(BOOKING))

    assert (attempt.ids, attempt.request_id, attempt.correlation_id) == ({SENT: id}, "req-ok", "")


def test_attempts_can_be_told_apart_in_a_set() -> None:
    """As before they had ids."""
    tried = Attempt("getContact", 200, "", ambiguous=False, request_id="req-1", seconds=1.0, ids={SENT: "req-1"})

    assert {tried, attrs.evolve(tried, ids={}), attrs.evolve(tried)} == {tried, attrs.evolve(tried, ids={})}


# The ids of an error


def test_an_error_has_the_ids_of_what_it_is_about(world: World) -> None:
    """Of its answer, or of the last attempt, and takes them along into another process."""
    steps = (known(refused(404, "X")), httpx.ConnectError("x"))
    found = []
    with world.client(*steps, clock=FakeClock(), max_attempts=1) as (client, script):
        tracking = tracked(client)
        for _ in steps:
            with pytest.raises(CleanLifeError) as caught:
                status(world, tracking)
            found.append(caught.value)

    refusal, lost = found
    first, second = sent(script)
    assert refusal.ids == {SENT: first, VENDORS: HEX, BOTH: f"{first}:{HEX}"}
    assert lost.ids == {SENT: second}
    for error in found:
        assert error.ids == error.attempts[-1].ids == pickle.loads(pickle.dumps(error)).ids  # noqa: S301


def test_an_unknown_outcome_has_the_ids_of_what_was_lost(world: World) -> None:
    """And not those of the lookups after it; who looks once more in vain is told of that look."""
    lost, forbidden = httpx.ReadTimeout("x"), known(refused(403, "X"))
    with world.client(lost, forbidden, clock=FakeClock()) as (client, script):
        tracking = tracked(client)
        with pytest.raises(OutcomeUnknownError) as caught:
            book(world, tracking)
        with pytest.raises(CleanLifeError) as again:
            world(caught.value.resolve())

    assert caught.value.ids == {SENT: caught.value.request_id} == {SENT: sent(script)[0]}
    assert again.value.ids[SENT] == sent(script)[-1]


def test_a_lookup_that_misses_the_point_is_told_of_by_its_own_ids(world: World) -> None:
    """Here what was found is another booking."""
    other = {**BOOKING, "bookingId": "00000000-2f5b-4c1a-9a55-0d5f6f1f0a01"}
    with world.client(httpx.ReadTimeout("x"), known(ok(other)), clock=FakeClock(), max_attempts=1) as (client, script):
        with pytest.raises(OutcomeUnknownError) as unknown:
            world.generated(cancel_booking, tracked(client), ID, body=CancelBookingRequest())
        with pytest.raises(UnexpectedResponseError, match="about something else") as caught:
            world(unknown.value.resolve())

    *_, id = sent(script)
    assert caught.value.ids == {SENT: id, VENDORS: HEX, BOTH: f"{id}:{HEX}"}


def test_a_call_that_is_held_back_has_the_ids_of_the_refusal(world: World) -> None:
    """Nothing was sent for it, and the refusal is what the vendor's support can find."""
    with world.client(known(refused(429, "X")), clock=FakeClock()) as (client, script):
        impatient = Tracked(tracked(client).generated.view(on_rate_limit="raise"))
        errors = []
        for _ in range(2):
            with pytest.raises(RateLimitError) as caught:
                status(world, impatient)
            errors.append(caught.value)

    [id] = sent(script)
    assert [error.ids[BOTH] for error in errors] == [f"{id}:{HEX}"] * 2


def test_an_answer_that_cannot_be_used_has_its_ids_as_well(world: World) -> None:
    """Pages that say the same again and again are read one by one, each in a scope of its own."""
    same = page([{"id": ID, "name": "x"}], 1, 9)
    with world.client(same, clock=FakeClock()) as (client, _), pytest.raises(CleanLifeError) as caught:
        world.items(client.services.list())

    assert (caught.value.request_id, caught.value.ids) == ("req-ok", {SENT: "req-ok"})


# In words and in the log


def test_in_words_an_attempt_is_named_by_its_id_and_the_correlation_stands_beneath(world: World) -> None:
    """Nothing is numbered where the ids are not."""
    with (
        world.client(httpx.ReadTimeout("x"), known(refused(404, "GONE")), clock=FakeClock()) as (client, script),
        pytest.raises(NotFoundError) as caught,
    ):
        status(world, tracked(client))

    first, second = sent(script)
    lines = caught.value.explain().split("\n")
    assert [line for line in lines if "request ids" in line] == []
    assert "  404 GONE [" + HEX + "]" in lines[-2]
    assert lines[-1] == f"  correlation id {second}:{HEX}"
    assert f"[{first}]" in " ".join(lines)
    assert all(len(line) < 80 for line in lines)
    assert len(re.findall("correlation", "\n".join(lines))) == 1


def test_what_came_before_is_told_only_of_what_was_sent_before(world: World) -> None:
    """Whatever the ids look like: somebody may make a scope, and begin later."""
    with world.client(known(ok(BOOKING)), clock=FakeClock()) as (client, _):
        tracking = tracked(client)
        scoped = Tracked(tracking.generated.scoped())
        with tracking.core.tracer.trace() as calls:
            for _ in range(2):
                tracking.core.clock.sleep(60)
                status(world, scoped)

    first, second = calls
    assert (first.sent_before, first.earlier, second.sent_before, second.earlier) == (0, 60, 1, 120)
    assert "before it" not in first.explain()
    assert "  120.000 s  before it" in second.explain()


def test_events_bear_all_ids_and_name_the_correlation(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """That of a retry those of the attempt before it, that of a call those of the last one."""
    caplog.set_level(logging.DEBUG, "cleanlife_ext")
    with world.client(known(refused(503, "X")), known(ok(BOOKING)), clock=FakeClock()) as (client, script):
        tracking = tracked(client)
        with tracking.core.tracer.trace() as calls:
            status(world, tracking)

    events = [record for record in caplog.records if record.name == "cleanlife_ext"]
    for event, id in zip(events, sent(script), strict=True):
        assert vars(event)["cleanlife_ids"] == {SENT: id, VENDORS: HEX, BOTH: f"{id}:{HEX}"}
        assert f"request id {HEX}; correlation id {id}:{HEX})" in event.getMessage()
        vars(event)["cleanlife_ids"].clear()  # Whatever a handler does with its own.
    assert all(attempt.ids for attempt in calls[0].attempts)


def test_a_clients_own_provider_decides(world: World) -> None:
    """Health Gorilla's gets UUIDs, also for its token, and the transaction stands beside all ids."""
    make = AsyncHealthGorilla if world.is_async else HealthGorilla
    with HealthGorillaSimulator().serve() as server:
        client: Any = make(base_url=server.base_url, **server.credentials)
        with pytest.raises(NotFoundError) as caught, client.transaction("order-7"):
            world(client.patients.get(HEX))
        world.close(client)

    error = caught.value
    assert [attempt.operation for attempt in error.attempts] == ["getToken", "getPatient"]
    assert all(is_uuid4(attempt.ids[SENT]) for attempt in error.attempts)
    assert error.ids[BOTH] == f"{error.ids[SENT]}:{error.request_id}"
    assert str(error) == f"getPatient: 404 not-found (request id {error.request_id}, transaction order-7)"
