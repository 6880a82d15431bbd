"""Coming level with the API again, after having been out of reach."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from cleanlife_client.models import Booking
from webhooks.stations import Station, served, station
from webhooks.stories import NINE, Shop, booked, told
from worlds import FakeClock, World, ok, page, refused

from cleanlife_ext import CleanLifeError
from cleanlife_ext.simulator import faults
from cleanlife_ext.webhooks import Inbox, WebhookReceiver
from cleanlife_ext.webhooks.reconciliation import Reconciled

ID = booked()["bookingId"]
OTHER = "7d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a02"


def statuses(there: Shop) -> set[str]:
    return {delivery.status for delivery in there.simulator.deliveries}


def carry_on(there: Shop) -> None:
    """Make some bookings, and let things happen to them and to older ones, for ten minutes."""
    bookings = [there.book() for _ in range(4)]
    for _ in range(20):
        known = [*bookings, *there.client.bookings.list()]
        there.happen(there.source.choice(known))
        there.simulator.clock.advance(seconds=there.source.choice((0, 30, 60)))


@pytest.fixture
def ends(world: World) -> Iterator[list[Any]]:
    """Clients that are to be closed."""
    clients: list[Any] = []
    yield clients
    for client in clients:
        world.close(client)


def client_of(world: World, there: Shop, ends: list[Any], **options: Any) -> Any:
    """A client of this world for the shop's simulator."""
    ends.append(
        world.make(
            there.simulator.transport, base_url="http://simulator/v1", api_key=there.simulator.api_key, **options
        )
    )
    return ends[-1]


# --- Against a simulator


@pytest.mark.parametrize("skew", [-200.0, 0.0, 200.0])
def test_after_an_hour_out_of_reach_the_view_shows_the_truth_again(
    world: World, tmp_path: Path, ends: list[Any], skew: float
) -> None:
    """And every delivery has been delivered; also of bookings that were made meanwhile."""
    with served(tmp_path, skew=skew, seed=int(skew) + 300) as (here, there):
        carry_on(there)
        there.simulator.settle()
        here.receiver.process()
        before, here.share = here.shown(), 1.0
        carry_on(there)
        there.simulator.clock.advance(hours=1)
        here.share = 0.0
        assert statuses(there) == {"DELIVERED", "FAILED"}

        client = client_of(world, there, ends)
        result = world(here.receiver.reconcile(client))
        assert here.shown() == there.truth() != before

        there.simulator.settle()
        here.receiver.process()
        assert here.shown() == there.truth()
        assert statuses(there) == {"DELIVERED"}
        assert set(result.retried) <= {delivery.id for delivery in there.simulator.deliveries}
        assert set(result.changed) == {id for id, booking in here.shown().items() if before.get(id) != booking}


def test_a_view_that_is_level_is_left_alone(world: World, tmp_path: Path, ends: list[Any]) -> None:
    """It is one list of deliveries, and one of bookings."""
    with served(tmp_path, seed=5) as (here, there):
        carry_on(there)
        there.simulator.clock.advance(hours=1)
        here.receiver.process()
        client = client_of(world, there, ends)
        world(here.receiver.reconcile(client))
        asked = len(there.simulator.requests)

        assert world(here.receiver.reconcile(client)) == Reconciled()
        assert [request.path for request in there.simulator.requests[asked:]] == [
            "/v1/partners/webhooks/deliveries",
            "/v1/partners/bookings",
        ]


def test_retries_that_fail_again_are_retried_by_the_next_run(world: World, tmp_path: Path, ends: list[Any]) -> None:
    """Until none is left; the view is level from the first run on."""
    with served(tmp_path, seed=8) as (here, there):
        here.share = 1.0
        for _ in range(3):
            carry_on(there)
        there.simulator.clock.advance(hours=1)
        failed = {delivery.id for delivery in there.simulator.deliveries}
        here.share = 0.3
        client = client_of(world, there, ends)
        retried, runs = set[str](), 0
        while runs == 0 or statuses(there) != {"DELIVERED"}:
            result = world(here.receiver.reconcile(client))
            retried.update(result.retried)
            assert here.shown() == there.truth()
            there.simulator.settle()
            here.receiver.process()
            runs += 1

        assert runs > 1
        assert retried == failed
        assert here.shown() == there.truth()
        assert world(here.receiver.reconcile(client)).still_failed == ()


def test_several_may_do_it_at_once(tmp_path: Path) -> None:
    """Each retries what the others have not; and the view is level."""
    with served(tmp_path, seed=3) as (here, there):
        here.share = 1.0
        for _ in range(3):
            carry_on(there)
        there.simulator.clock.advance(hours=1)
        here.share = 0.0
        with ThreadPoolExecutor(4) as pool:
            results = [*pool.map(lambda _: here.receiver.reconcile(there.client), range(4))]
        there.simulator.settle()
        here.receiver.process()

        assert here.shown() == there.truth()
        assert statuses(there) == {"DELIVERED"}
        assert {id for result in results for id in result.retried} == {one.id for one in there.simulator.deliveries}


def test_what_was_done_before_an_error_stands(world: World, tmp_path: Path, ends: list[Any]) -> None:
    """And the next run does the rest."""
    with served(tmp_path, seed=4) as (here, there):
        here.share = 1.0
        carry_on(there)
        there.simulator.clock.advance(hours=1)
        here.share = 0.0
        client = client_of(world, there, ends, max_attempts=1)
        there.simulator.faults.add("retryDelivery", faults.status(503), after=2)
        with pytest.raises(CleanLifeError):
            world(here.receiver.reconcile(client))
        there.simulator.faults.clear()
        there.simulator.settle()
        assert len([one for one in there.simulator.deliveries if one.status == "DELIVERED"]) >= 2

        world(here.receiver.reconcile(client))
        there.simulator.settle()
        assert statuses(there) == {"DELIVERED"}
        assert here.shown() == there.truth()


# --- Against a script


class Api:
    """It has these failed deliveries and bookings: a step for a script. Each retry drops out of the list."""

    def __init__(self, *bookings: dict[str, Any], failed: int = 0, gone: int = 0) -> None:
        self.bookings = {booking["bookingId"]: booking for booking in bookings}
        self.listed = [*self.bookings]
        self.failed = [f"7d4c1d9e-2f5b-4c1a-9a55-{number:012}" for number in range(failed)]
        self.gone = self.failed[:gone]
        self.from_dates: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, number = request.url.path.removeprefix("/v1/partners/"), int(request.url.params.get("page", 1))
        match path.split("/"):
            case ["webhooks", "deliveries"]:
                return _paged([_delivery(id) for id in self.failed], number)
            case ["webhooks", "deliveries", id, "retry"]:
                self.failed.remove(id)
                return (
                    refused(404, "DELIVERY_NOT_RETRYABLE") if id in self.gone else ok({"id": id, "status": "PENDING"})
                )
            case ["bookings"]:
                self.from_dates.append(request.url.params["fromDate"])
                return _paged([self.bookings[id] for id in self.listed], number)
            case ["bookings", id, "status"] if id in self.bookings:
                return ok(self.bookings[id])
            case _:
                return refused(404, "RESOURCE_NOT_FOUND")


def _paged(items: list[Any], number: int) -> httpx.Response:
    return page(items[100 * number - 100 : 100 * number], number, -(-len(items) // 100) or 1)


def _delivery(id: str) -> dict[str, Any]:
    return {
        "id": id,
        "subscriptionId": OTHER,
        "event": "booking.created",
        "status": "FAILED",
        "attemptCount": 4,
        "statusCode": 503,
        "error": "no",
        "nextRetryAt": None,
        "deliveredAt": None,
        "createdAt": "2026-06-01T09:00:00+03:00",
    }


@pytest.fixture
def here(file: str) -> Iterator[Station]:
    """A station."""
    with station(file) as here:
        yield here


def reconciled(world: World, receiver: WebhookReceiver, api: Api, **days: Any) -> tuple[Reconciled, list[str]]:
    with world.client(api, clock=FakeClock()) as (client, script):
        return world(receiver.reconcile(client, **days)), script.calls


def test_all_of_many_are_retried_though_the_pages_move(world: World, inbox: Inbox) -> None:
    """What is gone, or was retried by somebody else, is nothing to worry about. No view is needed."""
    api = Api(failed=250, gone=3)
    result, calls = reconciled(world, WebhookReceiver(secrets=["x"], inbox=inbox), api)

    assert (len(result.retried), result.still_failed, result.changed) == (247, (), ())
    assert len([call for call in calls if call.endswith("/retry")]) == 250
    assert not [call for call in calls if "bookings" in call]


def test_what_fails_again_at_once_is_told(world: World, here: Station) -> None:
    """And is not retried a second time in the same run."""

    class Stubborn(Api):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            failed = [*self.failed]
            answer = super().__call__(request)
            self.failed = failed
            return answer

    api = Stubborn(failed=2)
    result, calls = reconciled(world, here.receiver, api)

    assert result.retried == result.still_failed == tuple(api.failed)
    assert len([call for call in calls if call.endswith("/retry")]) == 2


def test_what_is_not_on_the_list_is_asked_for(world: World, here: Station) -> None:
    """Unless it is over; what the API has forgotten is over then."""
    forgotten, over = (OTHER[:-1] + digit for digit in "34")
    here.tell(told("created", 0), told("created", 0, booked(bookingId=OTHER)))
    here.tell(told("created", 0, booked(bookingId=forgotten)))
    here.tell(told("cancelled", 0, booked(bookingId=over, status="canceled")))
    api = Api(booked(), booked(bookingId=OTHER, externalReference="ORDER-2"))
    api.listed = [ID]
    here.clock.skew += 1000
    result, calls = reconciled(world, here.receiver, api)

    assert calls[2:] == [f"GET /partners/bookings/{id}/status" for id in (OTHER, forgotten)]
    assert result.changed == (OTHER,)
    assert [state.booking_id for state in here.view.all(is_over=True)] == [forgotten, over]
    assert reconciled(world, here.receiver, api)[1][2:] == [f"GET /partners/bookings/{OTHER}/status"]

    api.listed.append(forgotten)
    api.bookings[forgotten] = booked(bookingId=forgotten)
    here.clock.skew += 1000
    reconciled(world, here.receiver, api)
    assert [state.booking_id for state in here.view.all(is_over=True)] == [over]


def test_what_the_list_cannot_settle_is_asked_for(world: World, here: Station) -> None:
    """An event of the same minutes says something else, and is the older one if it was known before."""
    here.tell(told("updated", 0, booked(externalReference="ORDER-2")))
    api = Api(booked())
    here.clock.skew += 60
    result, calls = reconciled(world, here.receiver, api)

    assert calls[2:] == [f"GET /partners/bookings/{ID}/status"]
    assert result.changed == (ID,)
    assert here.shown() == {ID: Booking.from_dict(booked())}
    assert reconciled(world, here.receiver, api)[0] == Reconciled()


@pytest.mark.parametrize(
    ("days", "known", "first"),
    [
        ({}, {}, "2026-05-31"),
        ({}, {"date": "2026-04-10T00:00:00.000Z"}, "2026-04-09"),
        ({}, {"date": "2026-04-10T00:00:00.000Z", "status": "canceled"}, "2026-05-31"),
        ({}, {"date": "soon"}, "2026-05-31"),
        ({"from_date": "2026-01-02"}, {}, "2026-01-02"),
        ({"from_date": dt.date(2026, 1, 2)}, {}, "2026-01-02"),
    ],
)
def test_the_list_begins_before_the_first_that_is_not_over(
    world: World, here: Station, days: dict[str, Any], known: dict[str, Any], first: str
) -> None:
    """Or before today, in Riyadh; unless a day is given."""
    here.tell(told("created", 0, booked(**known)))
    api = Api(booked(**known))
    reconciled(world, here.receiver, api, **days)

    assert api.from_dates == [first]


def test_a_day_that_is_none_is_refused(world: World, here: Station) -> None:
    """Before anything is asked."""
    with pytest.raises(ValueError, match="from_date: a date is needed"):
        reconciled(world, here.receiver, Api(), from_date="yesterday")


def test_what_is_asked_later_counts_as_later(world: World, here: Station) -> None:
    """A booking is as the API last said, though no event ever told of it."""
    api = Api(booked())
    assert reconciled(world, here.receiver, api)[0].changed == (ID,)
    here.clock.skew += 10
    api.bookings[ID] = booked(externalReference="ORDER-2")
    assert reconciled(world, here.receiver, api)[0].changed == (ID,)

    state = here.view.get(ID)
    assert state is not None
    assert (state.booking.external_reference, state.as_of.timestamp()) == ("ORDER-2", NINE + 10)
    assert not state.is_complete
