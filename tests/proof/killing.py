"""Four clerks at the same orders. They are killed at each durable step and at random moments, and started again."""

from __future__ import annotations

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from signal import SIGKILL

import attrs
from proof.clerks import CLERKS, SETTLES_AFTER, STEPS, Duty, Fate, Paced, orders_of, said, work
from proof.vendor import PROCESSES, Made, Order, Tally, Vendor

from cleanlife_ext.ledger import Entry, Ledger, State

__all__ = ["LEFT", "Report", "doubled", "naive_race", "race", "wrongs"]

LEFT = 2 * len(STEPS)  # Orders whose clerk is killed, at each step, and has no successor.
MOMENT = 0.01  # Seconds
PATIENCE = 60.0  # Seconds in which nothing happens.


@attrs.frozen
class Report:
    """What came of it. *told* is what callers were told of each order, *found* what recovery found open."""

    orders: Sequence[Order]
    told: Mapping[str, Sequence[str]]
    entries: Mapping[str, Entry]
    found: Counter[str]
    tally: Tally
    kills: Counter[str]
    took: float

    def __str__(self) -> str:
        states = Counter(str(entry.state) for entry in self.entries.values())
        calls = sum(word == "begun" for words in self.told.values() for word in words)
        return (
            f"{len(self.orders)} orders, {calls} calls: {states['CREATED']} booked, {states['REJECTED']} rejected, "
            f"{len(self.orders) - len(self.entries)} never begun; "
            f"{self.kills.total()} kills, {self.kills['at random']} of them at random; "
            f"{self.tally.requests} requests, {self.tally.creations} of them creations, "
            f"{self.tally.struck.total()} faults; recovery found {spelled(self.found)}; took {self.took:.0f} s"
        )


def spelled(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counted.items())) or "nothing"


def race(vendor: Vendor, ledger_url: str, folder: Path, *, kills: int, seed: int) -> Report:
    """Let four clerks take all orders, and kill them; then recover, and say what there is."""
    began = time.monotonic()
    duty = Duty(vendor.url, vendor.key, time.time(), ledger=ledger_url)
    raced, left = vendor.orders[:-LEFT], vendor.orders[-LEFT:]
    luck = random.Random(seed)  # noqa: S311
    fates = [Fate(step, luck.randint(1, 9)) for step in STEPS]
    killed = Counter[str]()
    orders = listed(folder, raced)
    lanes = [attrs.evolve(duty, lane=lane, told=folder / f"told-{lane}", orders=orders) for lane in range(CLERKS)]
    killed += _Office(lanes, luck).run(kills, fates)
    abandoned = [
        attrs.evolve(duty, told=folder / f"told-{order.reference}", orders=listed(folder, [order]), fate=Fate(step))
        for order, step in zip(left, STEPS * (LEFT // len(STEPS)), strict=True)
    ]
    killed += deaths(abandoned)
    with Ledger(ledger_url) as ledger:
        clock = Paced(duty.epoch)
        outlived(ledger, clock)
        killed += deaths(attrs.evolve(duty, recovers=True, fate=Fate(step)) for step in STEPS)
        vendor.behave()
        outlived(ledger, clock)
        settled(ledger, clock)
        found = Counter(str(entry.state) for entry in ledger.entries(open=True))
        assert not deaths([attrs.evolve(duty, recovers=True)] * CLERKS)
        entries = {entry.reference: entry for entry in ledger.entries()}
    told = gathered([*lanes, *abandoned])
    return Report(vendor.orders, told, entries, found, vendor.tally(), killed, time.monotonic() - began)


def naive_race(vendor: Vendor, refer: str, folder: Path, *, kills: int, seed: int) -> Report:
    """The same with a naive client, but that each order is given to one clerk alone, and to its successor."""
    began = time.monotonic()
    orders = listed(folder, vendor.orders)
    duties = [
        Duty(
            vendor.url,
            vendor.key,
            time.time(),
            refer=refer,
            lane=lane,
            told=folder / f"{lane}",
            orders=orders,
        )
        for lane in range(CLERKS)
    ]
    killed = _Office(duties, random.Random(seed)).run(kills, [])  # noqa: S311
    vendor.behave()
    return Report(vendor.orders, gathered(duties), {}, Counter(), vendor.tally(), killed, time.monotonic() - began)


class _Office:
    """A desk for each duty, and at each desk a clerk: the next one, when one was killed."""

    def __init__(self, duties: Sequence[Duty], luck: random.Random) -> None:
        self._duties = duties
        self._luck = luck
        self._killed = Counter[str]()
        self._desks: dict[int, tuple[BaseProcess, Fate | None]] = {}

    def run(self, kills: int, fates: Sequence[Fate]) -> Counter[str]:
        """Until all is done, with so many *kills* at random moments, spread over all of it; what killed them."""
        coming, told = list(fates), [_Told(duty.told) for duty in self._duties]
        todo = sum(len(orders_of(duty)) for duty in self._duties)
        moments = sorted(self._luck.uniform(0, 0.95 * todo) for _ in range(kills))
        for desk in range(len(self._duties)):
            self._seat(desk, coming)
        seen, since = 0, time.monotonic()
        while self._desks:
            wait([process.sentinel for process, _ in self._desks.values()], MOMENT * self._luck.random())
            if (done := sum(each.count() for each in told)) > seen:
                seen, since = done, time.monotonic()
            assert time.monotonic() < since + PATIENCE, "they are stuck"
            while moments and moments[0] <= done and self._kill(coming):
                moments.pop(0)
            self._look_after(coming)
        assert not moments
        assert not coming
        return self._killed

    def _seat(self, desk: int, coming: list[Fate]) -> None:
        fate = coming.pop() if coming else None
        self._desks[desk] = started(attrs.evolve(self._duties[desk], fate=fate)), fate

    def _kill(self, coming: list[Fate]) -> bool:
        """Kill one of them, if there is one who is not done; whoever is to die otherwise does so later."""
        desk = self._luck.choice(list(self._desks))
        process, fate = self._desks[desk]
        if not process.is_alive():
            return False
        process.kill()
        if ended(process) == 0:
            return False
        if fate is not None:
            coming.append(fate)
        self._killed["at random"] += 1
        self._seat(desk, coming)
        return True

    def _look_after(self, coming: list[Fate]) -> None:
        for desk, (process, fate) in list(self._desks.items()):
            if process.is_alive():
                continue
            del self._desks[desk]
            if ended(process) != 0:
                assert fate is not None
                self._killed[fate.step] += 1
                self._seat(desk, coming)


class _Told:
    """How many orders a clerk has done, counted as it goes on."""

    def __init__(self, file: Path) -> None:
        self._file, self._place, self._count = file, 0, 0

    def count(self) -> int:
        if self._file.exists():
            with self._file.open("rb") as lines:
                lines.seek(self._place)
                fresh = lines.read()
            self._place += len(fresh)
            self._count += fresh.count(b"\n") - fresh.count(b" begun\n")
        return self._count


def listed(folder: Path, orders: Sequence[Order]) -> Path:
    """A file of *orders*, for clerks to read."""
    file = folder / f"orders-{orders[0].reference}-{len(orders)}"
    file.write_text(json.dumps([attrs.astuple(order) for order in orders]))
    return file


def gathered(duties: Iterable[Duty]) -> dict[str, list[str]]:
    """What was told of each order, by anybody."""
    told = defaultdict[str, list[str]](list)
    for duty in duties:
        for reference, word in said(duty.told):
            told[reference].append(word)
    return told


def outlived(ledger: Ledger, clock: Paced) -> None:
    """Wait until whoever has died is believed to be dead."""
    for entry in ledger.entries(open=True):
        clock.sleep(max(0.0, entry.lease.timestamp() - clock.wall()))


def settled(ledger: Ledger, clock: Paced) -> None:
    """Wait until whatever was sent has arrived, or never will: a refusal says nothing of it before."""
    for entry in ledger.entries(open=True):
        if entry.sent_at is not None:
            clock.sleep(max(0.0, entry.sent_at.timestamp() + SETTLES_AFTER - clock.wall()))


def doubled(report: Report) -> list[str]:
    """The orders that were booked more than once."""
    bookings = Counter(made.contact_id for made in report.tally.made if made.is_alive)
    return [order.reference for order in report.orders if bookings[order.contact_id] > 1]


def wrongs(report: Report) -> list[str]:
    """Whatever is not as it was promised."""
    by_contact, by_reference = defaultdict[str, list[Made]](list), defaultdict[str | None, list[Made]](list)
    for made in report.tally.made:
        by_contact[made.contact_id].append(made)
        by_reference[made.reference].append(made)
    return [
        f"{order.reference}: {wrong}"
        for order in report.orders
        for made in [by_contact[order.contact_id]]
        for wrong in [
            *_wrong(made, report.entries.get(order.reference), report.told.get(order.reference, ())),
            *(["its reference is another's"] if made != by_reference[order.reference] else ()),
        ]
    ]


def _wrong(made: Sequence[Made], entry: Entry | None, told: Sequence[str]) -> Iterator[str]:
    """What is wrong with an order, by the bookings that were *made*, its *entry*, and what callers were *told*."""
    ids, answers = [each.id for each in made], [word for word in told if word != "begun"]
    if len(made) > 1:
        yield "booked twice"
    if not told:
        yield "nobody has begun it"
    if any(word != f"booked {id}" for word in answers if word.startswith("booked") for id in ids or [""]):
        yield "somebody was told of a booking that is not there"
    if any("DUPLICATE" in word for word in answers):
        yield "somebody was told that its reference is another's"
    if entry is None:
        if made or answers:
            yield "not on record"
    elif entry.state not in {State.CREATED, State.REJECTED}:
        yield f"still {entry.state}"
    elif ids != ([entry.booking_id] if entry.state is State.CREATED else []):
        yield f"{entry.state} on record, and the vendor has {len(made)}"
    is_all_told = len(answers) == len(told) - len(answers)  # By nobody who was killed, or gave up.
    if made and is_all_told and all(word.startswith("refused") for word in answers):
        yield "everybody was told that it was refused, and it was booked"


def deaths(duties: Iterable[Duty]) -> Counter[str]:
    """Let them all be done at once, and say where those died who did."""
    processes = [(started(duty), duty.fate) for duty in duties]
    return Counter(fate.step for process, fate in processes if ended(process) != 0 and fate is not None)


def started(duty: Duty) -> BaseProcess:
    process = PROCESSES.Process(target=work, args=(duty,), daemon=True)
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    """How it ended: 0, or by the signal that nothing survives."""
    process.join(PATIENCE)
    assert process.exitcode in {0, -SIGKILL}
    return process.exitcode
