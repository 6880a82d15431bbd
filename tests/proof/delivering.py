"""Webhooks from end to end: vendor, proxy, receivers, inbox, workers; the last are killed, and started again."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import combinations
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from operator import attrgetter
from signal import SIGKILL
from typing import Any

import attrs
import sqlalchemy as sa
from proof.clerks import Fate
from proof.naive_receiver import receive_naively
from proof.proxy import Proxy
from proof.receiving import (
    EFFECTS,
    RECEIVERS_STEPS,
    WORKERS_STEPS,
    Duty,
    Mortal,
    is_poison,
    lines_of,
    receive,
    receiver_of,
    work,
)
from proof.sender import Progress, Sender, Sent
from proof.vendor import PROCESSES

from cleanlife_ext import CleanLife
from cleanlife_ext.webhooks.bookings.view import BookingView
from cleanlife_ext.webhooks.inbox.inbox import Inbox
from cleanlife_ext.webhooks.inbox.states import OPEN, State
from cleanlife_ext.webhooks.reconciliation import Reconciled

__all__ = ["HOUR", "Effect", "Office", "Outage", "Report", "Row", "View", "naive_race", "outage", "race", "wrongs"]

AT_ONCE = 50  # Events, after which time passes.
A_MOMENT, LONG = 20.0, 200.0  # Seconds of the vendor's that pass at once; less than clocks may differ.
HOUR = 3600.0
TICK, SOMETIMES = 0.01, 0.2  # Seconds
PATIENCE = 90.0  # Seconds in which nothing happens.

Act = Callable[[Duty, Connection], None]


@attrs.frozen
class Row:
    """A delivery as the inbox has it, in the order of *place*."""

    place: int
    booking_id: str
    occurred_at: float
    state: State


@attrs.frozen
class Effect:
    """What a handler has done, in the order of *place*."""

    place: int
    delivery_id: str
    booking_id: str
    taken: float


@attrs.frozen
class View:
    """A booking as it is *shown*, whether that is said to be certain, and the *truth*."""

    booking_id: str
    shown: Any
    is_certain: bool
    truth: Any

    @property
    def is_true(self) -> bool:
        return bool(self.shown == self.truth)


@attrs.frozen
class Report:
    """What came of it. *handled* counts by delivery, *told* by kind; *dead* had failed too often, and were revived."""

    sent: Mapping[str, Sent]
    rows: Mapping[str, Row]
    effects: Sequence[Effect]
    handled: Counter[str]
    told: Counter[str]
    dead: frozenset[str]
    views: Sequence[View]
    level: Sequence[View]
    arrived: Mapping[str, float]
    acknowledged: Mapping[str, float]
    is_shared: bool
    counted: Counter[str]
    kills: Counter[str]
    took: float

    def __str__(self) -> str:
        counted, kills = self.counted, self.kills
        at_random = kills["receiver"] + kills["worker"]
        return (
            f"{len(self.sent)} deliveries of {len({sent.booking_id for sent in self.sent.values()})} bookings, "
            f"{sum(sent.attempts for sent in self.sent.values())} attempts, {counted['replayed']} replays; "
            f"on the way {counted['cut before']} requests, {counted['refused']} answered with 503 and "
            f"{counted['cut after']} answers were lost; {kills['receiver']} receivers and {kills['worker']} workers "
            f"killed at random, {kills.total() - at_random} at steps, so {counted['answered nothing']} requests were "
            f"not answered; {counted['answered 503']} times 503; "
            f"{counted['answered 200'] - len(self.rows)} duplicates answered with 200; "
            f"{self.told['began']} handlings, {self.told['failed']} failures, {self.told['froze']} times frozen, "
            f"{len(self.dead)} dead and revived, "
            f"{len(self.effects)} effects; "
            f"{len(self.views)} bookings shown, {sum(view.is_certain for view in self.views)} with certainty; "
            f"took {self.took:.0f} s"
        )


class Desk:
    """Where a process does its duty, and the next one when that was killed. Its *place* is known when it is ready."""

    def __init__(self, act: Act, duty: Duty) -> None:
        self._act, self._duty = act, duty

    def seat(self, fate: Fate | None) -> None:
        """Let somebody begin."""
        self.fate, self.place = fate, 0
        self._line, theirs = PROCESSES.Pipe()
        given = attrs.evolve(self._duty, fate=fate), theirs
        self.process: BaseProcess = PROCESSES.Process(target=self._act, args=given, daemon=True)
        self.process.start()
        theirs.close()

    def look(self) -> None:
        """See whether it is ready."""
        with suppress(EOFError, OSError):
            if self._line.poll():
                self.place = self._line.recv()

    def kill(self) -> None:
        """Nothing survives this."""
        self.process.kill()
        self.process.join()
        self._line.close()

    def end(self) -> None:
        """Let it come to its end by itself."""
        self._line.close()
        self.process.join(PATIENCE)
        assert self.process.exitcode == 0, f"it ended with {self.process.exitcode}"


class Staff:
    """All who do the same, and those who come after them. At each of the *steps* one is killed."""

    def __init__(
        self, name: str, act: Act, duty: Duty, count: int, *, steps: Sequence[str], luck: random.Random
    ) -> None:
        self._name, self._luck = name, luck
        self._coming = [Fate(step, luck.randint(1, 9)) for step in steps]
        self.killed = Counter[str]()
        self.desks = [Desk(act, duty) for _ in range(count)]
        for desk in self.desks:
            self._seat(desk)

    def look_after(self) -> None:
        """Replace those who were killed at a step."""
        for desk in self.desks:
            desk.look()
            if (code := desk.process.exitcode) is not None:
                assert desk.fate is not None, f"a {self._name} has ended by itself, with {code}"
                assert code == -SIGKILL, f"a {self._name} has ended with {code}"
                self.killed[desk.fate.step] += 1
                desk.kill()
                self._seat(desk)

    def kill(self) -> None:
        """Kill one, whatever it is doing. If it was to be killed at a step, another one is."""
        self.look_after()
        desk = self._luck.choice(self.desks)
        desk.kill()
        if desk.fate is not None:
            self._coming.append(desk.fate)
        self.killed[self._name] += 1
        self._seat(desk)

    def end(self) -> None:
        """Let them come to their ends. At each step somebody has died."""
        for desk in self.desks:
            desk.end()
        missed = [*self._coming, *(desk.fate for desk in self.desks if desk.fate is not None)]
        assert not missed, f"nobody came to {missed}"

    def close(self) -> None:
        """Leave nobody behind."""
        for desk in self.desks:
            desk.kill()

    def _seat(self, desk: Desk) -> None:
        desk.seat(self._coming.pop(0) if self._coming else None)


class Office:
    """Receivers, and workers if there are any, between a vendor and an inbox."""

    def __init__(self, sender: Sender, proxy: Proxy, luck: random.Random) -> None:
        self._sender, self._proxy, self._luck = sender, proxy, luck
        self.staffs: dict[str, Staff] = {}
        self.killed = Counter[str]()
        self._moments: list[tuple[float, str]] = []

    def hire(self, name: str, act: Act, duty: Duty, count: int, steps: Sequence[str] = ()) -> None:
        """Let so many do this, and wait until they are ready."""
        self.staffs[name] = Staff(name, act, duty, count, steps=steps, luck=self._luck)
        self.until(self._is_ready)

    def dismiss(self, name: str) -> None:
        """Let them come to their ends."""
        staff = self.staffs.pop(name)
        self.killed += staff.killed
        staff.end()

    def run(self, deliveries: int, kills: int = 0) -> None:
        """So much happens, until all is sent; so many of each staff are killed at random moments meanwhile."""
        moments = [(self._luck.uniform(0, 0.8 * deliveries), name) for name in self.staffs for _ in range(kills)]
        self._moments, made = sorted(moments), 0
        while (left := deliveries - made) > 0:
            made = self.pass_time(A_MOMENT, events=min(AT_ONCE, left)).made
        while self.pass_time(LONG).pending:
            pass
        assert not self._moments

    def pass_time(self, seconds: float, events: int = 0) -> Progress:
        """Let so much happen, and so much time pass."""
        # What is sent again must not be too old by then; and nobody needs minutes to begin.
        self.until(lambda: self._is_ready() and not (self._proxy.replaying and seconds >= LONG))
        self._sender.begin(events, seconds)
        self.until(lambda: not self._sender.is_busy)
        return self._sender.progress()

    def finish(self, inbox: Inbox) -> None:
        """Wait until all that is in the inbox has come to its end."""
        self.until(lambda: not any(inbox.counts()[state] for state in OPEN), SOMETIMES)

    def until(self, condition: Callable[[], object], every: float = TICK) -> None:
        """Look after everybody, until something is so."""
        seen, since, is_so = -1, time.monotonic(), False
        while not is_so:
            time.sleep(every)
            is_so = bool(condition())  # First, so that nobody outlives what was to kill them.
            for staff in self.staffs.values():
                staff.look_after()
            done = len(self._proxy.acknowledged)
            while self._moments and self._moments[0][0] <= done:
                self.staffs[self._moments.pop(0)[1]].kill()
            self._proxy.receivers = self._ports()
            if (progress := self._proxy.progress) != seen:
                seen, since = progress, time.monotonic()
            assert time.monotonic() < since + PATIENCE, "they are stuck"

    def _is_ready(self) -> bool:
        return all(desk.place for staff in self.staffs.values() for desk in staff.desks)

    def _ports(self) -> list[int]:
        receivers = self.staffs.get("receiver")
        return [] if receivers is None else [desk.place for desk in receivers.desks if desk.place]


@contextmanager
def opened(sender: Sender, proxy: Proxy, seed: int) -> Iterator[Office]:
    """An office whose people all come to their ends."""
    office = Office(sender, proxy, random.Random(seed))  # noqa: S311
    try:
        yield office
        for name in list(office.staffs):
            office.dismiss(name)
    finally:
        for staff in office.staffs.values():
            staff.close()


def race(sender: Sender, proxy: Proxy, duty: Duty, *, deliveries: int, kills: int, each: int, seed: int) -> Report:
    """Let so many *deliveries* be sent, and everybody be killed; then heal, mend, and say what there is."""
    began = time.monotonic()
    made(duty)
    with opened(sender, proxy, seed) as office, Mortal(duty) as inbox, client_of(sender) as client:
        rounds = max(1, kills // 10)
        office.hire("receiver", receive, duty, each, RECEIVERS_STEPS * rounds)
        office.hire("worker", work, duty, 2, WORKERS_STEPS * rounds)
        office.run(deliveries, kills)
        proxy.misbehaves = False
        while failed := list(client.webhooks.deliveries.list(status="FAILED")):
            for delivery in failed:
                client.webhooks.deliveries.retry(delivery.id)
            office.pass_time(A_MOMENT)
        office.until(lambda: not proxy.replaying)
        office.finish(inbox)
        dead = frozenset(entry.delivery_id for entry in inbox.entries(state=State.DEAD))
        office.dismiss("worker")
        office.hire("worker", work, attrs.evolve(duty, falters=False), 2)
        inbox.retry_dead()
        office.finish(inbox)
        office.dismiss("worker")  # Who asks the API where events do not tell.
        views = shown(inbox, client)
        receiver_of(duty, inbox).reconcile(client)
        level = shown(inbox, client)
        rows = {
            entry.delivery_id: Row(place, entry.booking_id, entry.occurred_at.timestamp(), entry.state)
            for place, entry in enumerate(inbox.entries())
        }
    handled = Counter(id for what, id in lines_of(duty.told) if what == "ran")
    told = Counter(what for what, _ in lines_of(duty.told))
    return Report(
        *(sender.sent(), rows, effects_of(duty), handled, told, dead, views, level),
        *(proxy.arrived, proxy.acknowledged, duty.is_shared),
        *(proxy.counted, office.killed, time.monotonic() - began),
    )


@attrs.frozen
class Outage:
    """What came of it that there was no receiver: what was given up, what was shown, what reconciliations have done."""

    lasted: float
    given_up: frozenset[str]
    outdated: Sequence[View]
    reconciled: Sequence[Reconciled]
    sent: Mapping[str, Sent]
    views: Sequence[View]


def outage(sender: Sender, proxy: Proxy, duty: Duty, *, deliveries: int, seed: int) -> Outage:
    """Let things happen, then things and an hour without a receiver; then reconcile, until nothing is missing."""
    made(duty)
    with opened(sender, proxy, seed) as office, Mortal(duty) as inbox, client_of(sender) as client:
        receiver = receiver_of(duty, inbox)
        office.hire("receiver", receive, duty, 1)
        office.hire("worker", work, duty, 2)
        office.run(deliveries)
        office.finish(inbox)
        office.pass_time(LONG)
        office.dismiss("receiver")
        ended = duty.clock.wall()
        office.run(2 * deliveries)
        while duty.clock.wall() < ended + HOUR:
            office.pass_time(LONG)
        lasted = duty.clock.wall() - ended
        given_up = failed(sender)
        outdated = shown(inbox, client)
        office.hire("receiver", receive, duty, 1)
        reconciled = [receiver.reconcile(client)]
        while office.pass_time(A_MOMENT).pending or failed(sender):
            reconciled.append(receiver.reconcile(client))
        office.finish(inbox)
        return Outage(lasted, given_up, outdated, reconciled, sender.sent(), shown(inbox, client))


def naive_race(sender: Sender, proxy: Proxy, duty: Duty, *, deliveries: int, kills: int, seed: int) -> Counter[str]:
    """The same with a naive receiver; how often the effects of each delivery that the vendor calls delivered exist."""
    made(duty)
    with opened(sender, proxy, seed) as office:
        office.hire("receiver", receive_naively, duty, 1)
        office.run(deliveries, kills)
    effects = Counter(effect.delivery_id for effect in effects_of(duty))
    return Counter({id: effects[id] for id, sent in sender.sent().items() if sent.status == "DELIVERED"})


def client_of(sender: Sender) -> CleanLife:
    """A client of the vendor's."""
    return CleanLife(sender.key, base_url=sender.url)


def failed(sender: Sender) -> frozenset[str]:
    """What the vendor has given up."""
    return frozenset(id for id, sent in sender.sent().items() if sent.status == "FAILED")


def shown(inbox: Inbox, client: CleanLife) -> list[View]:
    """All bookings as they are shown, beside what the API says of them."""
    truth = {str(booking.booking_id): booking.to_dict() for booking in client.bookings.list()}
    states = {state.booking_id: state for state in BookingView(inbox).all()}
    return [
        View(id, states[id].booking.to_dict(), states[id].is_certain, truth.get(id))
        if id in states
        else View(id, None, is_certain=False, truth=truth[id])
        for id in sorted(truth.keys() | states.keys())
    ]


def made(duty: Duty) -> None:
    """Make the table that handlers write to."""
    engine = sa.create_engine(duty.inbox)
    EFFECTS.create(engine)
    engine.dispose()


def effects_of(duty: Duty) -> list[Effect]:
    """What handlers have done, in order."""
    engine = sa.create_engine(duty.inbox)
    with engine.connect() as connection:
        effects = [Effect(*row) for row in connection.execute(sa.select(EFFECTS).order_by(EFFECTS.c.id))]
    engine.dispose()
    return effects


def wrongs(report: Report) -> list[str]:
    """Whatever is not as it was promised."""
    effects = Counter(effect.delivery_id for effect in report.effects)
    statuses = {name for name in report.counted if name.startswith("answered")}
    strange = statuses - {"answered 200", "answered 503", "answered nothing"}
    return [
        *(f"{id}: {wrong}" for id, sent in report.sent.items() for wrong in _wrong(id, sent, report, effects[id])),
        *(f"{id}: nobody has sent it" for id in (report.rows.keys() | effects.keys()) - report.sent.keys()),
        *(f"true deliveries were {status}" for status in strange),
        *_disorder(report),
        *(f"{view}, with certainty" for view in report.views if view.is_certain and not view.is_true),
        *(f"{view}, after a reconciliation" for view in report.level if not view.is_true),
    ]


def _wrong(id: str, sent: Sent, report: Report, effects: int) -> Iterator[str]:
    row = report.rows.get(id)
    if sent.status != "DELIVERED":
        yield f"{sent.status} at the vendor's"
    if row is None:
        yield "lost"
    elif row.state is not State.DONE or row.booking_id != sent.booking_id:
        yield f"{row.state} in the inbox, for booking {row.booking_id}"
    if effects != 1:
        yield f"its effects are there {effects} times"
    if not report.handled[id]:
        yield "no plain handler has run"
    if (id in report.dead) != is_poison(id):
        yield "dead, and it could be handled" if id in report.dead else "not dead, though nothing could handle it"


def _disorder(report: Report) -> Iterator[str]:
    """Which events of one booking were handled in the wrong order, but for those that had to be revived.

    On one machine, what has happened earlier is handled earlier, if it was there when the other was taken up. Where the
    inbox is shared, what had been written down before the other arrived is handled earlier.
    """
    by_booking = defaultdict[str, list[Effect]](list)
    for effect in sorted(report.effects, key=attrgetter("place")):
        if effect.delivery_id not in report.dead:
            by_booking[effect.booking_id].append(effect)
    for effects in by_booking.values():
        for first, second in combinations(effects, 2):
            if _is_wrong(report, first, second):
                yield f"{second.delivery_id}: handled after {first.delivery_id}"


def _is_wrong(report: Report, first: Effect, second: Effect) -> bool:
    was_there = report.acknowledged[second.delivery_id]
    if report.is_shared:
        return was_there < report.arrived[first.delivery_id]
    return was_there < first.taken and _place(report, second) < _place(report, first)


def _place(report: Report, effect: Effect) -> tuple[float, int]:
    row = report.rows[effect.delivery_id]
    return row.occurred_at, row.place
