"""What a user holds in the hand, and what is said when it is held wrongly."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest
from webhooks.arriving import came, delivered

from cleanlife_ext import ConfigurationError, InboxError
from cleanlife_ext.webhooks import Inbox, State, WebhookReceiver
from cleanlife_ext.webhooks.inbox.schema import COMPONENT


def dead(inbox: Inbox, delivery_id: str) -> None:
    """Let one come in, and fail for good."""
    delivered(inbox, delivery_id, None)
    claim = inbox.deliveries.take(delivery_id, 1e10, 1e10)
    assert claim is not None
    inbox.deliveries.given_up(claim, "no", 5.0)


def test_it_says_where_it_is_and_not_how_to_get_in() -> None:
    """No password."""
    inbox = Inbox("postgresql://user:k4n4r1@host/database")

    assert repr(inbox) == "Inbox('postgresql+psycopg://user:***@host/database')"
    assert inbox.is_there


def test_it_is_made_when_it_is_first_needed(inbox: Inbox) -> None:
    """And can be closed, and goes on."""
    assert not inbox.is_there
    assert inbox.get("d1") is None
    assert inbox.is_there
    inbox.close()
    assert inbox.counts()["DEAD"] == 0  # type: ignore[index]  # A state is its text.


def test_deliveries_are_listed_as_they_came_in(inbox: Inbox) -> None:
    """All, those of a booking, or those in a state, by its name or itself."""
    delivered(inbox, "d1", 1)
    dead(inbox, "d2")

    assert [entry.delivery_id for entry in inbox.entries()] == ["d1", "d2"]
    assert [entry.delivery_id for entry in inbox.entries(state="DEAD")] == ["d2"]
    assert [entry.delivery_id for entry in inbox.entries(state=State.DEAD)] == ["d2"]
    assert [entry.delivery_id for entry in inbox.entries(booking_id="")] == ["d2"]
    with pytest.raises(ValueError, match="state: one of WAITING, PROCESSING, DONE, DEAD"):
        inbox.entries(state="FAILED")


def test_the_dead_are_revived_one_by_one_or_all(inbox: Inbox) -> None:
    """And nobody else is."""
    delivered(inbox, "d1")
    for number in range(2, 5):
        dead(inbox, f"d{number}")

    assert inbox.retry("d2")
    assert not inbox.retry("d2")
    assert not inbox.retry("d1")
    assert not inbox.retry("nobody")
    assert inbox.retry_dead() == 2
    assert inbox.retry_dead() == 0
    assert inbox.counts()[State.WAITING] == 4


def test_what_was_done_long_ago_is_removed(inbox: Inbox) -> None:
    """So many seconds, or a timedelta."""
    delivered(inbox)
    claim = inbox.deliveries.take("d1", 1e10, 1e10)
    assert claim is not None
    inbox.deliveries.done(claim, dt.datetime.now(dt.UTC).timestamp() - 100)

    assert inbox.purge(dt.timedelta(minutes=5)) == 0
    assert inbox.purge(50) == 1
    with pytest.raises(ValueError, match="older_than: "):
        inbox.purge(-1)


def test_when_secrets_were_last_used(inbox: Inbox) -> None:
    """In UTC."""
    delivered(inbox)

    assert inbox.last_used()["spring"].tzinfo is dt.UTC


def test_a_disk_that_is_full_is_told_of(inbox: Inbox) -> None:
    """What is not on disk was not accepted."""
    inbox.counts()
    inbox.deliveries.database.say(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count=1"))
    accepted: list[int] = []

    def fill() -> None:
        for number in range(1000):
            delivered(inbox, f"d{number}")
            accepted.append(number)

    with pytest.raises(InboxError, match=r"the inbox cannot be used \(.*, SQLITE_FULL\)"):
        fill()
    assert len(list(inbox.entries())) == len(accepted)


def test_an_inbox_of_a_later_release_is_left_alone(inbox: Inbox) -> None:
    """Nobody knows what stands there."""
    inbox.counts()
    assert len(COMPONENT.steps) < 99
    later = "UPDATE cleanlife_schema SET version = 99 WHERE component = 'inbox'"
    inbox.deliveries.database.say(lambda connection: connection.exec_driver_sql(later))

    with Inbox(str(inbox.url)) as again, pytest.raises(InboxError, match="the inbox is of version"):
        again.counts()


def test_without_its_database_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SQLAlchemy is not there."""
    monkeypatch.setitem(sys.modules, "cleanlife_ext.store.database", None)

    with pytest.raises(ConfigurationError, match=r"an inbox needs pip install 'cleanlife-ext\[store\]'"):
        Inbox()


def test_whoever_verifies_only_needs_no_database() -> None:
    """The package can be imported without."""
    program = "import sys; sys.modules['sqlalchemy'] = None; import cleanlife_ext.webhooks"
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)  # noqa: S603  # It stands above.


@pytest.mark.parametrize("lease", [0, -1, "60", True])
def test_a_lease_has_to_last(inbox: Inbox, lease: float) -> None:
    """Or everything would be done twice."""
    with pytest.raises((ConfigurationError, ValueError), match="lease: "):
        WebhookReceiver(secrets=["x"], inbox=inbox, lease=lease)


@pytest.mark.parametrize("given", [{"concurrency": 0}, {"concurrency": 1.5}, {"concurrency": True}, {"grace": -1}])
def test_a_worker_needs_numbers_that_make_sense(inbox: Inbox, given: dict[str, int]) -> None:
    """The error names the option."""
    with pytest.raises((ConfigurationError, ValueError), match=f"{next(iter(given))}: "):
        WebhookReceiver(secrets=["x"], inbox=inbox).worker(**given)


def test_a_receiver_tells_what_came_before(inbox: Inbox) -> None:
    """So that nobody does it twice."""
    receiver = WebhookReceiver(secrets=["x"], inbox=inbox)
    event, body = came()

    assert receiver.accept(event, body) is None
    assert receiver.accept(event, body) == inbox.get("d1")
