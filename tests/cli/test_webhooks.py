"""`cleanlife webhooks`: what failed, what is dead, a new secret, and a receiver to try things out with."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner, Result

from cleanlife_ext import CleanLife
from cleanlife_ext.cli.app import commands
from cleanlife_ext.cli.webhooks import kept
from cleanlife_ext.cli.webhooks.durations import seconds
from cleanlife_ext.simulator import Simulator
from cleanlife_ext.simulator.webhooks import EVENTS
from cleanlife_ext.webhooks import BookingCancelled, Inbox, Patience, WebhookReceiver
from cleanlife_ext.webhooks.events import parse
from cleanlife_ext.webhooks.samples import Webhook, WebhookMaker

SECRET = "0123456789abcdef" * 4
NOW = dt.datetime(2026, 6, 13, 8, tzinfo=dt.UTC)


@attrs.frozen
class Shop:
    """A simulator behind a socket whose webhooks go nowhere, a client of it, and what the command line is told."""

    simulator: Simulator
    client: CleanLife
    env: dict[str, str]

    def book(self, reference: str = "ORDER-1") -> Any:
        address, service = self.simulator.addresses[0].id, self.simulator.services[0].id
        contact = self.client.contacts.find_or_create(phone="+966500000009", name="Noura")
        day = dt.date(2026, 6, 21)
        slot = self.client.timeslots.available(address_id=address, service_id=service, date=day)[0]
        booking = self.client.bookings.create(
            contact_id=contact.id,
            address_id=address,
            service_id=service,
            date=day,
            timeslot=slot,
            external_reference=reference,
        )
        self.simulator.settle()
        return booking

    def run(self, *arguments: str, sleep: Callable[[float], None] | None = None, **more: Any) -> Result:
        app = commands() if sleep is None else commands(sleep=sleep)
        return CliRunner().invoke(app, ["webhooks", *arguments], env=self.env, **more)


@pytest.fixture
def received() -> list[int]:
    """What the receiver answers: the last one stands."""
    return [500]


@pytest.fixture
def shop(received: list[int]) -> Iterator[Shop]:
    simulator = Simulator(allow_http=True, now=lambda: NOW, receive=lambda _request: received[-1])
    with simulator.serve() as server, CleanLife(server.api_key, base_url=server.base_url) as client:
        env = {
            "CLEANLIFE_API_KEY": server.api_key,
            "CLEANLIFE_BASE_URL": server.base_url,
            "NO_COLOR": "1",
            "TERM": "dumb",
            "COLUMNS": "80",
        }
        client.webhooks.subscriptions.create(url="https://example.com/hooks", events=list(EVENTS))
        yield Shop(simulator, client, env)


def given_up(shop: Shop) -> list[str]:
    """Let all attempts of all deliveries have been made; the ids of those that failed."""
    shop.simulator.clock.advance(hours=1)
    return [each.id for each in shop.simulator.deliveries if each.status == "FAILED"]


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_failed_deliveries_are_a_table(shop: Shop) -> None:
    """Which fits a terminal, and says what your receiver answered."""
    shop.book()
    (id,) = given_up(shop)
    result = shop.run("failed")
    rows = result.stdout.splitlines()

    assert result.exit_code == 0
    assert max(len(row.rstrip()) for row in rows) <= 80
    assert re.split(r"\s{2,}", rows[0].strip()) == ["Delivery", "Event", "Answer", "Since"]
    assert rows[1].split() == [id, "created", "500", "06-13", "11:00"]
    assert rows[-1] == "1 failed delivery."


def test_a_monitor_goes_by_the_exit_status(shop: Shop) -> None:
    """0 if all arrived, 1 if not, 2 if nobody can tell."""
    assert shop.run("failed", "--exit-code").exit_code == 0

    shop.book()
    given_up(shop)

    assert shop.run("failed").exit_code == 0
    assert shop.run("failed", "--exit-code").exit_code == 1
    wrong = CliRunner().invoke(commands(), ["webhooks", "failed"], env={**shop.env, "CLEANLIFE_API_KEY": "pk_wrong"})
    assert wrong.exit_code == 2
    assert "AuthenticationError" in wrong.stderr or "401" in wrong.stderr


def test_machines_get_a_delivery_a_line(shop: Shop) -> None:
    """With ids, answers and times."""
    shop.book()
    (id,) = given_up(shop)
    (told,) = lines(shop.run("failed", "--json"))

    assert told["delivery_id"] == id
    assert (told["event"], told["attempts"], told["status_code"]) == ("booking.created", 4, 500)
    assert dt.datetime.fromisoformat(told["created_at"]) == NOW


def test_a_watch_tells_each_failure_once(shop: Shop) -> None:
    """Until Ctrl-C; what happens in between is told when it is looked again."""
    slept: list[float] = []

    def meanwhile(time: float) -> None:
        slept.append(time)
        if len(slept) == 4:
            raise KeyboardInterrupt
        if len(slept) < 3:
            shop.book(f"ORDER-{len(slept)}")
            given_up(shop)

    result = shop.run("failed", "--watch", "5m", "--json", sleep=meanwhile)

    assert result.exit_code == 0
    assert slept == [300] * 4
    assert len(lines(result)) == len({each["delivery_id"] for each in lines(result)}) == 2


def test_a_watch_may_end_with_the_first_failure(shop: Shop) -> None:
    """So that something else can be done then."""

    def meanwhile(_time: float) -> None:
        shop.book()
        given_up(shop)

    assert shop.run("failed", "--watch", "30s", "--exit-code", sleep=meanwhile).exit_code == 1


def test_a_watch_outlives_an_outage(shop: Shop) -> None:
    """It says so, and looks again."""
    slept: list[float] = []
    key = shop.env["CLEANLIFE_API_KEY"]

    def meanwhile(_time: float) -> None:
        slept.append(_time)
        if len(slept) == 2:
            raise KeyboardInterrupt

    shop.env["CLEANLIFE_API_KEY"] = "pk_wrong"
    result = shop.run("failed", "--watch", "1h", sleep=meanwhile)

    assert slept == [3600, 3600]
    assert result.exit_code == 0
    assert result.stderr.count("cleanlife: ") == 2
    assert key not in result.output


@pytest.mark.parametrize("text", ["", "0", "5 minutes", "-1m", "1d", "٣m"])
def test_a_time_that_is_none_is_refused(shop: Shop, text: str) -> None:
    """With the way out."""
    result = shop.run("failed", f"--watch={text}")

    assert result.exit_code == 2
    assert result.stderr == "cleanlife: a time like 30s, 5m or 1h is needed\n"


def test_times_are_written_as_people_do() -> None:
    """In seconds, minutes or hours."""
    assert [seconds(text) for text in ("30", "30s", "5m", "1h", " 2h ")] == [30, 30, 300, 3600, 7200]


def test_a_failed_delivery_is_sent_again(shop: Shop, received: list[int]) -> None:
    """By its id."""
    shop.book()
    (id,) = given_up(shop)
    received.append(200)
    result = shop.run("retry", id)
    shop.simulator.settle()

    assert result.exit_code == 0
    assert result.stdout == f"{id}  is sent again\n"
    assert [each.status for each in shop.simulator.deliveries] == ["DELIVERED"]
    assert shop.run("failed", "--exit-code").exit_code == 0


def test_all_failed_deliveries_are_sent_again(shop: Shop, received: list[int]) -> None:
    """In one go; it is no error if there are none."""
    shop.book("ORDER-1")
    shop.book("ORDER-2")
    ids = given_up(shop)
    received.append(200)
    told = lines(shop.run("retry", "--all-failed", "--json"))
    shop.simulator.settle()

    assert sorted(each["delivery_id"] for each in told) == sorted(ids)
    assert {each["error"] for each in told} == {None}
    assert {each.status for each in shop.simulator.deliveries} == {"DELIVERED"}
    assert shop.run("retry", "--all-failed").stdout == "No delivery has failed.\n"


def test_what_cannot_be_sent_again_is_told(shop: Shop) -> None:
    """And the others are sent all the same."""
    shop.book()
    (id,) = given_up(shop)
    result = shop.run("retry", "no-id", id)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == ["no-id  delivery_id: a UUID is needed", f"{id}  is sent again"]


@pytest.mark.parametrize("arguments", [[], ["--all-failed", "5f0c7b1e-4a3d-4c2b-9a1f-0e9d8c7b6a50"]])
def test_one_says_what_to_send_again(shop: Shop, arguments: list[str]) -> None:
    """Ids, or all of them; not nothing, and not both."""
    result = shop.run("retry", *arguments)

    assert result.exit_code == 1
    assert result.stderr == "cleanlife: name ids of deliveries, or --all-failed\n"


# --- What was not processed


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    """One in which a delivery is done, and another one dead."""
    with Inbox(f"sqlite:///{tmp_path / 'webhooks.db'}") as inbox:
        receiver = WebhookReceiver(secrets=[SECRET], inbox=inbox, patience=Patience(attempts=1))

        @receiver.on("booking.cancelled")
        def refund(event: BookingCancelled) -> None:
            raise LookupError(f"no order {event.booking.external_reference}")

        for event, id in (("booking.created", "delivery-1"), ("booking.cancelled", "delivery-2")):
            body = WebhookMaker(SECRET)(event, delivery_id=id).body
            receiver.accept(parse(body), body)
        receiver.process()
        yield inbox


def looked(*arguments: str, inbox: Inbox) -> Result:
    env = {"CLEANLIFE_INBOX": inbox.url, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "80"}
    return CliRunner().invoke(commands(), ["webhooks", *arguments], env=env)


def test_an_inbox_is_a_table(inbox: Inbox) -> None:
    """With the end of what a handler raised, where one has."""
    rows = [row.rstrip() for row in looked("inbox", inbox=inbox).stdout.splitlines()]

    assert max(map(len, rows)) <= 80
    assert re.split(r"\s{2,}", rows[0]) == ["Delivery", "Event", "State", "Tries", "Came in (UTC)"]
    assert rows[1].split()[:4] == ["delivery-1", "created", "DONE", "1"]
    assert rows[2].split()[:4] == ["delivery-2", "cancelled", "DEAD", "1"]
    assert "LookupError: no order ORDER-1" in " ".join(rows[3:-1]).replace("  ", " ")
    assert rows[-1] == "2 deliveries."


def test_machines_read_an_inbox_too(inbox: Inbox) -> None:
    """All of an entry but its body, which may hold anything."""
    (dead,) = lines(looked("inbox", "--state", "DEAD", "--json", inbox=inbox))

    assert (dead["delivery_id"], dead["state"], dead["attempts"]) == ("delivery-2", "DEAD", 1)
    assert dead["error"].endswith("LookupError: no order ORDER-1\n")
    assert "body" not in dead


def test_a_large_inbox_is_shown_in_parts(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one table, to who reads it."""
    whole = looked("inbox", inbox=inbox).stdout
    monkeypatch.setattr(kept, "BATCH", 1)

    assert looked("inbox", inbox=inbox).stdout == whole


def test_dead_deliveries_are_revived(inbox: Inbox) -> None:
    """By their ids; what was not dead is told."""
    result = looked("revive", "delivery-2", "delivery-1", inbox=inbox)

    assert result.exit_code == 1
    assert result.stderr == "cleanlife: delivery-1 is not dead, or not there\n"
    assert [entry.state for entry in inbox.entries()] == ["DONE", "WAITING"]


def test_all_dead_deliveries_are_revived(inbox: Inbox) -> None:
    """In one go."""
    assert looked("revive", "--all", inbox=inbox).exit_code == 0
    assert inbox.counts()["DEAD"] == 0


def test_one_says_what_to_revive(inbox: Inbox) -> None:
    """Ids, or all of them."""
    assert looked("revive", inbox=inbox).stderr == "cleanlife: name ids of deliveries, or --all\n"


def test_looking_at_an_inbox_makes_none(tmp_path: Path) -> None:
    """A wrong path is an error, and no new file."""
    result = looked("inbox", inbox=Inbox(f"sqlite:///{tmp_path / 'other.db'}"))

    assert result.exit_code == 1
    assert "there is no inbox at sqlite:///" in result.stderr
    assert list(tmp_path.iterdir()) == []


# --- Secrets


def test_a_secret_is_rotated_into_an_inbox(shop: Shop, inbox: Inbox) -> None:
    """Where its receivers find it; it is not printed."""
    key = Fernet.generate_key().decode()
    id = shop.simulator.subscriptions[0].id
    shop.env.update(CLEANLIFE_INBOX=inbox.url, CLEANLIFE_WEBHOOK_KEY=key)
    before = shop.simulator.subscriptions[0].secret
    result = shop.run("rotate", id)
    after = shop.simulator.subscriptions[0].secret
    receiver = WebhookReceiver(secrets=(), inbox=inbox, encryption_key=key, allow_http=True)
    webhook = WebhookMaker(after)()

    assert result.exit_code == 0
    assert id in result.stdout
    assert after != before
    assert after not in result.output
    assert posted(receiver, webhook) == 200


def test_without_a_key_nothing_is_rotated(shop: Shop, inbox: Inbox) -> None:
    """The new secret would be lost."""
    shop.env.update(CLEANLIFE_INBOX=inbox.url)
    before = shop.simulator.subscriptions[0].secret
    result = shop.run("rotate", shop.simulator.subscriptions[0].id)

    assert result.exit_code == 1
    assert "CLEANLIFE_WEBHOOK_KEY" in result.stderr
    assert shop.simulator.subscriptions[0].secret == before


def posted(receiver: WebhookReceiver, webhook: Webhook) -> int:
    """The status of the answer to a delivery."""
    with httpx.Client(transport=httpx.WSGITransport(receiver.wsgi)) as client:
        return client.post("http://test/", content=webhook.body, headers=dict(webhook.headers)).status_code


# --- Trying out


def served(shop: Shop, *options: str, during: Callable[[str], object]) -> Result:
    """What `serve` prints; *during* is called with its URL while it listens."""

    def interrupted(_seconds: float) -> None:
        during(shop.simulator.subscriptions[-1].url)
        raise KeyboardInterrupt

    return shop.run("serve", "--port", "0", *options, sleep=interrupted)


@pytest.fixture
def reached() -> Iterator[Shop]:
    """A shop whose webhooks go where they are wanted."""
    simulator = Simulator(allow_http=True, now=lambda: NOW)
    with simulator.serve() as server, CleanLife(server.api_key, base_url=server.base_url) as client:
        env = {"CLEANLIFE_API_KEY": server.api_key, "CLEANLIFE_BASE_URL": server.base_url}
        yield Shop(simulator, client, {**env, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "80"})


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_events_are_printed_as_they_come(reached: Shop) -> None:
    """Though the simulator lives in another time; its subscription ends with it."""

    def happen(_url: str) -> None:
        reached.book("ORDER-7")
        reached.simulator.clock.advance(days=9)
        until(lambda: all(each.status == "DELIVERED" for each in reached.simulator.deliveries))
        time.sleep(0.5)  # For what was accepted to be printed, by a thread of its own.

    result = served(reached, "--subscribe", during=happen)
    rows = result.stdout.splitlines()

    assert result.exit_code == 0
    assert rows[0].startswith("Webhooks come to http://127.0.0.1:")
    assert rows[1] == "11:00:00  booking.created  ORDER-7, in progress, Scheduled"
    assert rows[4].endswith("booking.appointment_status_changed  ORDER-7, success, Completed")
    assert rows[-1] == "Stopped."
    assert reached.simulator.subscriptions == ()


def test_machines_get_an_event_a_line(reached: Shop) -> None:
    """As it was delivered."""

    def happen(_url: str) -> None:
        reached.book("ORDER-7")
        time.sleep(0.5)

    (told,) = lines(served(reached, "--subscribe", "--json", during=happen))

    assert (told["event"], told["data"]["externalReference"]) == ("booking.created", "ORDER-7")


def test_what_is_refused_is_told(reached: Shop) -> None:
    """Or one would wait for an event that never shows."""

    def forge(url: str) -> None:
        webhook = WebhookMaker("another secret")()
        assert httpx.post(url, content=webhook.body, headers=dict(webhook.headers)).status_code == 401

    result = served(reached, "--subscribe", during=forge)

    assert "cleanlife.webhook.refused reason=signature_mismatch" in result.stderr


def test_a_secret_of_ones_own_is_not_an_argument(reached: Shop) -> None:
    """It stands in a variable, or is asked for; arguments are seen by everybody on the machine."""
    reached.env["CLEANLIFE_WEBHOOK_SECRET"] = SECRET

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    result = reached.run("serve", "--port", "0", sleep=interrupted)

    assert result.exit_code == 0
    assert reached.simulator.requests == ()
    assert SECRET not in result.output


def test_another_address_goes_with_a_subscription(reached: Shop) -> None:
    """It is where the API is told to send to."""
    alone = reached.run("serve", "--url", "https://example.com/hooks")
    urls: list[str] = []
    served(reached, "--subscribe", "--url", "https://example.com/hooks", during=urls.append)

    assert alone.stderr == "cleanlife: --url goes with --subscribe\n"
    assert urls == ["https://example.com/hooks"]


def test_a_port_that_is_taken_is_told(reached: Shop) -> None:
    """With the way out, in one line."""
    port = reached.env["CLEANLIFE_BASE_URL"].rpartition(":")[2].partition("/")[0]
    result = reached.run("serve", "--subscribe", "--port", port)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"cleanlife: port {port} of 127.0.0.1 is in use; choose another one with --port")


def test_whatever_is_signed_is_printed(reached: Shop) -> None:
    """Also a booking without an appointment, and an event that nobody knows."""

    def deliver(url: str) -> None:
        make = WebhookMaker(reached.simulator.subscriptions[-1].secret)
        body = b'{"event": "partner.renamed"}'
        known = make("booking.cancelled", external_reference="ORDER-9")
        unknown = make.scheme.headers(body, make.secret, now=time.time(), id="delivery-9")
        for content, headers in ((known.body, known.headers), (body, unknown)):
            assert httpx.post(url, content=content, headers=dict(headers)).status_code == 200
        time.sleep(0.5)

    rows = served(reached, "--subscribe", during=deliver).stdout.splitlines()

    assert any(row.endswith("booking.cancelled  ORDER-9, canceled") for row in rows)
    assert "--:--:--  partner.renamed" in rows
