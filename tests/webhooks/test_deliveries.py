"""The rows on each database: who may take up which, when, and what becomes of them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from webhooks.arriving import HAPPENED, NOW, booking_of, came, put

from cleanlife_ext import InboxError
from cleanlife_ext.webhooks import InboxEntry, State
from cleanlife_ext.webhooks.inbox.claim import Claim, LostError
from cleanlife_ext.webhooks.inbox.deliveries import Deliveries

LEASE = 60.0
EFFECTS = "CREATE TABLE effects (what TEXT)"


def take(deliveries: Deliveries, now: float = NOW) -> Claim | None:
    return deliveries.next(now, now + LEASE)


def taken(deliveries: Deliveries, now: float = NOW) -> Claim:
    claim = take(deliveries, now)
    assert claim is not None
    return claim


def order(deliveries: Deliveries, now: float = NOW) -> list[str]:
    """In which they are taken up, if each is done at once."""
    ids = []
    while (claim := take(deliveries, now)) is not None:
        deliveries.done(claim, now)
        ids.append(claim.entry.delivery_id)
    return ids


def state_of(deliveries: Deliveries, delivery_id: str = "d1") -> State | None:
    entry = deliveries.get(delivery_id)
    return None if entry is None else entry.state


def insert(connection: Any) -> None:
    connection.execute(sa.text("INSERT INTO effects VALUES ('done')"))


def effects(deliveries: Deliveries) -> int:
    count = deliveries.database.say(lambda connection: connection.scalar(sa.text("SELECT count(*) FROM effects")))
    assert isinstance(count, int)
    return count


@pytest.fixture(name="table")
def _table(deliveries: Deliveries) -> None:
    """A table of the user's."""
    deliveries.database.write(lambda connection: connection.execute(sa.text(EFFECTS)))


def test_a_delivery_from_its_arrival_to_its_end(deliveries: Deliveries) -> None:
    """Each step is there for whoever looks."""
    event, body = came("d1", 1)
    at = dt.datetime.fromtimestamp(NOW, dt.UTC)

    assert deliveries.accept(event, body, NOW) is None
    new = InboxEntry(
        delivery_id="d1",
        event="booking.created",
        booking_id=booking_of(1),
        occurred_at=HAPPENED,
        received_at=at,
        secret_name="spring",
        body=body,
        state=State.WAITING,
        attempts=0,
        due=HAPPENED,
        error="",
        ended_at=None,
    )
    assert deliveries.get("d1") == new
    claim = taken(deliveries)
    lease = at + dt.timedelta(seconds=LEASE)
    assert claim.entry == attrs.evolve(new, state=State.PROCESSING, attempts=1, due=lease)
    assert deliveries.get("d1") == claim.entry
    ended = deliveries.done(claim, NOW + 1)
    assert ended == deliveries.get("d1")
    assert (ended.state, ended.ended_at) == (State.DONE, at + dt.timedelta(seconds=1))


@pytest.mark.usefixtures("table")
def test_a_duplicate_changes_nothing(deliveries: Deliveries) -> None:
    """Whatever else it says, and however far the first has come; nothing is done beside it."""
    event, body = came("d1")
    deliveries.accept(event, body, NOW, insert)
    first = deliveries.get("d1")

    assert deliveries.accept(*came("d1", 2, at=9), NOW + 5, insert) == first
    deliveries.done(taken(deliveries), NOW)
    done = deliveries.get("d1")
    assert deliveries.accept(event, body, NOW + 9, insert) == done
    assert deliveries.get("d1") == done
    assert effects(deliveries) == 1


@pytest.mark.usefixtures("table")
def test_what_is_done_beside_an_arrival_stands_with_it_or_not_at_all(deliveries: Deliveries) -> None:
    """A queue's job, for one."""

    def fail(connection: Any) -> None:
        insert(connection)
        raise RuntimeError

    with pytest.raises(InboxError):
        deliveries.accept(*came("d1"), NOW, fail)
    assert deliveries.get("d1") is None
    assert effects(deliveries) == 0


def test_what_was_accepted_is_on_disk(deliveries: Deliveries) -> None:
    """Who answers 200 has promised so: the databases wait for the disk."""
    wanted = {"PRAGMA synchronous": 2, "PRAGMA journal_mode": "wal"}
    if deliveries.database.dialect == "postgresql":
        wanted = {"SHOW synchronous_commit": "on"}
    put(deliveries)

    for question, answer in wanted.items():
        assert deliveries.database.say(lambda connection: connection.exec_driver_sql(question).scalar()) == answer  # noqa: B023


@pytest.mark.parametrize("year", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"])
def test_the_ends_of_time_can_be_read_again(deliveries: Deliveries, year: str) -> None:
    """One that says nonsense hides no other."""
    event, body = came("d1")
    deliveries.accept(attrs.evolve(event, created_at=dt.datetime.fromisoformat(year)), body, NOW)

    (entry,) = deliveries.entries(state=None, booking_id=None)
    assert abs(entry.occurred_at - dt.datetime.fromisoformat(year)) < dt.timedelta(days=1)
    assert take(deliveries) is not None


def test_an_event_that_does_not_say_when_happened_when_it_came_in(deliveries: Deliveries) -> None:
    """So it is behind what is known to have been before."""
    event, body = came("d1", None)
    deliveries.accept(attrs.evolve(event, created_at=None), body, NOW)

    entry = deliveries.get("d1")
    assert entry is not None
    assert entry.occurred_at == entry.received_at


def test_one_booking_is_taken_up_in_the_order_in_which_it_happened(deliveries: Deliveries) -> None:
    """However it came in; what happened in the same second, as it came in."""
    for id, at in (("d3", 2), ("d1", 0), ("d4", 2), ("d2", 1)):
        put(deliveries, id, at=at)

    assert order(deliveries) == ["d1", "d2", "d3", "d4"]


def test_one_at_a_time_for_a_booking(deliveries: Deliveries) -> None:
    """Another booking is not held up, nor are events of no booking."""
    put(deliveries, "d1", 1)
    put(deliveries, "d2", 1, at=1)
    put(deliveries, "e1", 2, at=2)
    put(deliveries, "n1", None)
    put(deliveries, "n2", None)
    first = taken(deliveries)
    rest = [taken(deliveries) for _ in range(3)]

    assert first.entry.delivery_id == "d1"
    assert {claim.entry.delivery_id for claim in rest} == {"e1", "n1", "n2"}
    assert take(deliveries) is None
    deliveries.done(first, NOW)
    assert taken(deliveries).entry.delivery_id == "d2"


def test_what_comes_late_waits_for_what_is_being_processed(deliveries: Deliveries) -> None:
    """Though it happened before; then it goes before what waits."""
    put(deliveries, "d2", at=2)
    put(deliveries, "d3", at=3)
    claim = taken(deliveries)
    put(deliveries, "d1", at=1)

    assert take(deliveries) is None
    deliveries.done(claim, NOW)
    assert order(deliveries) == ["d1", "d3"]


def test_what_comes_late_goes_before_what_has_failed(deliveries: Deliveries) -> None:
    """It is not behind it."""
    put(deliveries, "d2", at=2)
    claim = taken(deliveries)
    put(deliveries, "d1", at=1)
    deliveries.failed(claim, "no", NOW + 100)

    assert order(deliveries) == ["d1"]
    assert order(deliveries, NOW + 100) == ["d2"]


@pytest.mark.parametrize("early", [True, False])
def test_what_fails_holds_back_what_is_behind_it(deliveries: Deliveries, early: bool) -> None:  # noqa: FBT001
    """Whether that is there already, or comes in later; nothing else."""
    put(deliveries, "e1", 2)
    if early:
        put(deliveries, "d2", 1, at=1)
    put(deliveries, "d1", 1, at=-1)
    deliveries.failed(taken(deliveries), "no", NOW + 100)
    if not early:
        put(deliveries, "d2", 1, at=1)

    assert order(deliveries) == ["e1"]
    assert deliveries.next_due(NOW) == NOW + 100
    assert order(deliveries, NOW + 99) == []
    assert order(deliveries, NOW + 100) == ["d1", "d2"]


def test_one_that_is_dead_holds_back_nothing(deliveries: Deliveries) -> None:
    """Or one error would end all that a booking is told."""
    put(deliveries, "d1")
    put(deliveries, "d2", at=1)
    dead = deliveries.given_up(taken(deliveries), "no", NOW)

    assert (dead.state, dead.error) == (State.DEAD, "no")
    assert dead == deliveries.get("d1")
    assert order(deliveries) == ["d2"]


def test_a_lease_that_passes_gives_it_to_another(deliveries: Deliveries) -> None:
    """Each time counts as an attempt; nothing behind it goes before."""
    put(deliveries, "d1")
    put(deliveries, "d2", at=1)
    taken(deliveries)

    assert take(deliveries, NOW + LEASE - 1) is None
    again = taken(deliveries, NOW + LEASE)
    assert (again.entry.delivery_id, again.entry.attempts) == ("d1", 2)


def test_a_lease_can_be_prolonged(deliveries: Deliveries) -> None:
    """As long as it was not given to another."""
    put(deliveries)
    claim = taken(deliveries)

    assert deliveries.renew(claim, NOW + 2 * LEASE)
    assert take(deliveries, NOW + LEASE) is None
    taken(deliveries, NOW + 2 * LEASE)
    assert not deliveries.renew(claim, NOW + 9 * LEASE)


ENDS: dict[str, Callable[[Deliveries, Claim], object]] = {
    "done": lambda deliveries, claim: deliveries.done(claim, NOW, insert),
    "failed": lambda deliveries, claim: deliveries.failed(claim, "no", NOW),
    "given up": lambda deliveries, claim: deliveries.given_up(claim, "no", NOW),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.usefixtures("table")
def test_who_comes_too_late_changes_nothing(deliveries: Deliveries, end: str) -> None:
    """What they did in the transaction is undone, and they hear of it."""
    put(deliveries)
    late = taken(deliveries)
    now = taken(deliveries, NOW + LEASE)

    with pytest.raises(LostError):
        ENDS[end](deliveries, late)
    assert deliveries.get("d1") == now.entry
    assert effects(deliveries) == 0
    deliveries.done(now, NOW)
    with pytest.raises(LostError):
        ENDS[end](deliveries, late)


def test_who_is_late_and_missed_by_nobody_is_in_time(deliveries: Deliveries) -> None:
    """What is done need not be done again."""
    put(deliveries)
    claim = taken(deliveries)
    deliveries.done(claim, NOW + 2 * LEASE)

    assert state_of(deliveries) is State.DONE


@pytest.mark.usefixtures("table")
def test_work_and_mark_stand_together(deliveries: Deliveries) -> None:
    """Both, or neither."""
    put(deliveries)
    claim = taken(deliveries)

    def fail(connection: Any) -> None:
        insert(connection)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        deliveries.done(claim, NOW, fail)
    assert caught.value.__cause__ is None
    assert state_of(deliveries) is State.PROCESSING
    assert effects(deliveries) == 0
    deliveries.done(claim, NOW, insert)
    assert state_of(deliveries) is State.DONE
    assert effects(deliveries) == 1


def swallow(connection: sa.Connection) -> None:
    """On PostgreSQL, the whole transaction is lost by it, and says so to nobody."""
    insert(connection)
    try:
        connection.execute(sa.text("SELECT nothing FROM nowhere"))
    except sa.exc.SQLAlchemyError:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("BEGIN")


@pytest.mark.parametrize("spoil", [lambda connection: connection.rollback(), swallow])
@pytest.mark.usefixtures("table")
def test_work_that_loses_the_transaction_is_not_taken_for_done(
    deliveries: Deliveries, spoil: Callable[[Any], None]
) -> None:
    """It would be done again and again, and nobody would know why."""
    put(deliveries)
    claim = taken(deliveries)

    with pytest.raises((RuntimeError, sa.exc.SQLAlchemyError)):
        deliveries.done(claim, NOW, spoil)
    deliveries.failed(claim, "", NOW)
    assert effects(deliveries) == 0


def test_one_that_is_asked_for_by_its_id(deliveries: Deliveries) -> None:
    """Whoever's turn it is, and whenever it is due; but not while somebody is at it, and not after its end."""
    put(deliveries, "d1")
    put(deliveries, "d2", at=1)
    deliveries.failed(taken(deliveries), "no", NOW + 100)

    for id in ("d2", "d1"):
        claim = deliveries.take(id, NOW, NOW + LEASE)
        assert claim is not None
        assert deliveries.take(id, NOW, NOW + LEASE) is None
        again = deliveries.take(id, NOW + LEASE, NOW + 2 * LEASE)
        assert again is not None
        deliveries.done(again, NOW)
        assert deliveries.take(id, NOW + 9 * LEASE, NOW + 9 * LEASE) is None
    assert deliveries.take("nobody", NOW, NOW + LEASE) is None


@pytest.mark.usefixtures("table")
def test_a_dead_one_is_revived(deliveries: Deliveries) -> None:
    """With all its attempts before it, and something done in the same transaction; its error stays until it is done."""
    put(deliveries)
    assert deliveries.revive("d1", insert) is None
    deliveries.given_up(taken(deliveries), "no", NOW)
    revived = deliveries.revive("d1", insert)

    assert revived == deliveries.get("d1")
    assert revived is not None
    assert (revived.state, revived.attempts, revived.error, revived.ended_at) == (State.WAITING, 0, "no", None)
    assert effects(deliveries) == 1
    assert deliveries.revive("d1") is None
    assert deliveries.done(taken(deliveries), NOW).error == ""


def test_when_the_next_is_due(deliveries: Deliveries) -> None:
    """After now: what is due already waits for another. It may be a lease that passes."""
    assert deliveries.next_due(NOW) == math.inf
    put(deliveries, "d1")
    assert deliveries.next_due(NOW) == math.inf
    claim = taken(deliveries)
    assert deliveries.next_due(NOW) == NOW + LEASE
    deliveries.failed(claim, "no", NOW + 5)
    assert deliveries.next_due(NOW) == NOW + 5


def test_entries_are_read_as_they_are_asked_for(deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch) -> None:
    """All, those of a booking, or those in a state; more than a page, and some that come in meanwhile."""
    monkeypatch.setattr(deliveries, "page", 2)
    for number in range(5):
        put(deliveries, f"d{number}", number % 2)
    deliveries.done(taken(deliveries), NOW)
    found = deliveries.entries(state=None, booking_id=None)

    assert next(found).delivery_id == "d0"
    assert [entry.delivery_id for entry in found] == ["d1", "d2", "d3", "d4"]
    waiting = deliveries.entries(state=State.WAITING, booking_id=booking_of(0))
    assert [entry.delivery_id for entry in waiting] == ["d2", "d4"]
    done = deliveries.entries(state=State.DONE, booking_id=None)
    assert [entry.delivery_id for entry in done] == ["d0"]


def test_how_many_there_are(deliveries: Deliveries) -> None:
    """In each state, those included in which there is none."""
    assert set(deliveries.counts().values()) == {0}
    for number in range(10):
        put(deliveries, f"d{number}", number)
    for _ in range(2):
        deliveries.done(taken(deliveries), NOW)
    for _ in range(3):
        deliveries.given_up(taken(deliveries), "no", NOW)
    taken(deliveries)

    expected = {State.WAITING: 4, State.PROCESSING: 1, State.DONE: 2, State.DEAD: 3}
    assert dict(deliveries.counts()) == expected


def test_when_secrets_were_last_used(deliveries: Deliveries) -> None:
    """By their names."""
    event, body = came("d1")
    deliveries.accept(event, body, NOW)
    deliveries.accept(attrs.evolve(event, delivery_id="d2"), body, NOW + 5)
    deliveries.accept(attrs.evolve(event, delivery_id="d3", secret_name=""), body, NOW + 3)

    last_used = {name: moment.timestamp() - NOW for name, moment in deliveries.last_used().items()}
    assert last_used == {"spring": 5, "": 3}


def test_what_was_done_long_ago_is_removed(deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else: what is open or dead waits for somebody."""
    monkeypatch.setattr(deliveries, "page", 2)
    for number in range(7):
        put(deliveries, f"d{number}", number, at=number)
    for number in range(5):
        deliveries.done(taken(deliveries), NOW + number)
    deliveries.given_up(taken(deliveries), "no", NOW)

    assert deliveries.purge(NOW + 3) == 3
    left = [entry.delivery_id for entry in deliveries.entries(state=None, booking_id=None)]
    assert left == ["d3", "d4", "d5", "d6"]
    assert deliveries.purge(NOW + 3) == 0


def test_who_listens_hears_what_there_is_to_do(deliveries: Deliveries) -> None:
    """What came in, and what was revived; not a duplicate, and not for ever."""
    rung: list[str] = []
    hear = lambda: rung.append("!")  # noqa: E731  # It is removed by its name.
    deliveries.bell.listen(hear)
    put(deliveries)
    deliveries.accept(*came(), NOW)
    assert len(rung) == 1
    deliveries.given_up(taken(deliveries), "no", NOW)
    deliveries.revive("d1")
    assert len(rung) == 2
    deliveries.bell.ignore(hear)
    put(deliveries, "d2")
    assert len(rung) == 2


def test_a_failure_of_no_booking_holds_back_nothing(deliveries: Deliveries) -> None:
    """There is nothing that it would have to come before."""
    put(deliveries, "n1", None)
    put(deliveries, "n2", None)
    deliveries.failed(taken(deliveries), "no", NOW + 3600)

    assert order(deliveries) == ["n2"]
