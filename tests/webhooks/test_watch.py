"""Deliveries that CleanLife has given up are found, and told to whoever wants to know."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import anyio.to_thread
import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from cleanlife_client.models import Delivery
from webhooks.stations import Station, station
from webhooks.stories import booked, told
from worlds import KEY, URL, FakeClock, Script, ok, page, refused

from cleanlife_ext import AsyncCleanLife, CleanLife
from cleanlife_ext.webhooks.processing.processor import arun
from cleanlife_ext.webhooks.watch import Watch

PATIENCE = 30.0  # Seconds
SECRET = "canary-7f3a"
A, B = (f"7d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a{digits}" for digits in ("0a", "0b"))


def failed(*ids: str) -> httpx.Response:
    """A list of deliveries that have failed."""
    shape = {
        "subscriptionId": A,
        "event": "booking.created",
        "status": "FAILED",
        "attemptCount": 4,
        "statusCode": 503,
        "error": SECRET,
        "nextRetryAt": None,
        "deliveredAt": None,
        "createdAt": "2026-06-01T09:00:00+03:00",
    }
    return page([{**shape, "id": id} for id in ids])


def make(kind: type[Any], *steps: Any) -> Any:
    """A client that gets these answers."""
    return kind(KEY, base_url=URL, transport=Script(*steps), clock=FakeClock(), max_attempts=1)


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def portal(request: pytest.FixtureRequest) -> Iterator[BlockingPortal]:
    """An event loop."""
    with start_blocking_portal(request.param) as portal:
        yield portal


@pytest.fixture(params=[CleanLife, AsyncCleanLife])
def kind(request: pytest.FixtureRequest) -> type[Any]:
    """Each kind of client."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def here(file: str) -> Iterator[Station]:
    """A station whose view asks the API."""
    with station(file, on_gap="refetch") as here:
        yield here


class Told(list[list[str]]):
    """An alert that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.happened = threading.Event()

    def __call__(self, deliveries: Sequence[Delivery]) -> None:
        self.append([str(delivery.id) for delivery in deliveries])
        self.happened.set()


# --- One look


def test_each_is_told_once(portal: BlockingPortal, kind: type[Any]) -> None:
    """Until it was seen to be retried: if it fails again, that is news."""
    client = make(kind, failed(A), failed(A), failed(B, A), failed(B), failed(A, B), failed())
    watch, told = Watch(), Told()
    watch.alerts.append(told)
    for _ in range(6):
        portal.call(arun, watch.look(client))

    assert told == [[A], [B], [A]]


def test_an_alert_that_raises_changes_nothing(portal: BlockingPortal, caplog: pytest.LogCaptureFixture) -> None:
    """The others are called, asynchronous ones too; a log has the kind of the error, and how many deliveries it was."""
    watch, told = Watch(), Told()

    def fail(_: Sequence[Delivery]) -> None:
        raise ValueError(SECRET)

    async def tell(deliveries: Sequence[Delivery]) -> None:
        told(deliveries)

    watch.alerts += [fail, tell]

    for _ in range(2):
        portal.call(arun, watch.look(make(CleanLife, failed(A, B))))

    assert told == [[A, B]]
    ours = [record for record in caplog.records if record.name == "cleanlife_ext.webhooks"]
    assert [(record.message.split()[0], record.__dict__["count"]) for record in ours] == [
        ("cleanlife.webhook.deliveries_failed", 2),
        ("cleanlife.webhook.alert_failed", 2),
    ]
    assert ours[1].__dict__["error"] == "ValueError"
    assert SECRET not in caplog.text


# --- A worker's


def test_a_worker_with_a_client_looks_in_a_thread(here: Station, kind: type[Any]) -> None:
    """At once, and again and again; an error of the API is logged, and the next look finds what there is."""
    alert = Told()
    here.receiver.on_failed(alert)
    go_on = threading.Event()

    def wait(_: httpx.Request) -> httpx.Response:
        assert go_on.wait(PATIENCE)
        return failed(B)

    with here.receiver.worker(make(kind, failed(A), refused(403, "FORBIDDEN"), wait), watch_every=0.02):
        assert alert.happened.wait(PATIENCE)
        alert.happened.clear()
        go_on.set()
        assert alert.happened.wait(PATIENCE)

    assert alert == [[A], [B]]


def test_a_worker_with_a_client_looks_in_a_task(here: Station, portal: BlockingPortal, kind: type[Any]) -> None:
    """The same on an event loop of the user's."""
    told = Told()
    assert here.receiver.on_failed(told) is told

    async def main() -> None:
        async with here.receiver.worker(make(kind, failed(A))):
            assert await anyio.to_thread.run_sync(told.happened.wait, PATIENCE)

    portal.call(main)
    assert told == [[A]]


def test_an_error_in_a_look_is_logged(here: Station, caplog: pytest.LogCaptureFixture) -> None:
    """By its kind; what it says stays where it is."""
    told = Told()
    here.receiver.on_failed(told)
    with here.receiver.worker(make(CleanLife, refused(403, "FORBIDDEN", message=SECRET), failed(A)), watch_every=0.02):
        assert told.happened.wait(PATIENCE)

    [record] = [record for record in caplog.records if record.message.startswith("cleanlife.webhook.job_failed ")]
    assert (record.__dict__["job"], record.__dict__["error"]) == ("watch", "PermissionDeniedError")
    assert record.levelno == logging.ERROR
    assert SECRET not in caplog.text


def test_a_worker_asks_where_the_events_do_not_tell(here: Station, kind: type[Any]) -> None:
    """If the view is to."""
    here.tell(*(told("updated", 0, booked(externalReference=reference)) for reference in ("ORDER-2", "ORDER-3")))
    asked = threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/status"):
            asked.set()
            return ok(booked(externalReference="ORDER-3"))
        return failed()

    with here.receiver.worker(make(kind, answer)):
        assert asked.wait(PATIENCE)
        _until_certain(here)

    [state] = here.view.all()
    assert state.booking.external_reference == "ORDER-3"


def _until_certain(here: Station) -> None:
    pause = threading.Event()
    while not all(state.is_certain for state in here.view.all()):
        pause.wait(0.01)


def test_a_view_that_does_not_ask_has_nobody_asked(file: str) -> None:
    """Nor does a worker without a view; both look for deliveries that have failed."""
    with station(file) as here:
        here.tell(*(told("updated", 0, booked(externalReference=reference)) for reference in ("ORDER-2", "ORDER-3")))
        alert, client = Told(), make(CleanLife, failed(A))
        here.receiver.on_failed(alert)
        with here.receiver.worker(client):
            assert alert.happened.wait(PATIENCE)
        with here.receiver.worker():
            pass

        assert not any(state.is_certain for state in here.view.all())


@pytest.mark.parametrize("every", [0, -1, "often"])
def test_what_is_no_interval_is_refused(here: Station, every: Any) -> None:
    """With or without a client."""
    with pytest.raises(ValueError, match="watch_every: "):
        here.receiver.worker(watch_every=every)
