"""Several processes with the same orders, on one ledger, step by step in any order; some of them die.

The engine is the real one, with all its layers; what it asks for is done here, one effect at a time. The API keeps its
rule of unique references, loses answers, and lets what a dead process sent arrive up to ten minutes later.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import attrs
from engine.writes import creation
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from worlds import BOOKING, URL, FakeClock

from cleanlife_ext import (
    APIConnectionError,
    APITimeoutError,
    CleanLifeError,
    DuplicateExternalReferenceError,
    LedgerError,
    OutcomeUnknownError,
)
from cleanlife_ext.engine.flow import Blocking, Flow, Pause
from cleanlife_ext.engine.message import Headers, Options, Request, Response
from cleanlife_ext.engine.session import Core
from cleanlife_ext.ledger import Ledger, State
from cleanlife_ext.ledger.states import TRANSITIONS
from cleanlife_ext.provider import CLEANLIFE

SETTLES = 600.0
REFERENCES = ("ORDER-1", "ORDER-2")
FATES = ("made", "made, lost", "made, 500", "lost", "late", "refused", "unsent")
STEPS = {(before, after) for (before, _), after in TRANSITIONS.items() if before is not None}


@attrs.define(eq=False)
class Process:
    """One that makes an order; *effect* is what it waits for, until *ready* if that is time."""

    flow: Flow
    reference: str
    hours: int
    effect: Any
    since: float
    ready: float = 0.0

    @property
    def creates(self) -> bool:
        """Whether its creation is under way."""
        return isinstance(self.effect, Request) and self.effect.operation.id == "createBooking"


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(f"sqlite:///{Path(self.folder.name) / 'bookings.db'}", settles_after=SETTLES)
        self.clock = FakeClock()
        self.ids: Iterator[int] = count()
        self.alive: list[Process] = []
        self.dead: list[Flow] = []
        self.made: dict[str, tuple[str, int]] = {}  # At the API: reference, id, hours.
        self.late: list[tuple[str, int, float]] = []
        self.told: dict[str, str] = {}
        self.rows: dict[str, Any] = {}

    def teardown(self) -> None:
        for flow in [*self.dead, *(process.flow for process in self.alive)]:
            flow.close()
        self.ledger.close()
        self.folder.cleanup()

    # What happens.

    @precondition(lambda self: len(self.alive) < 4)
    @rule(reference=st.sampled_from(REFERENCES), hours=st.sampled_from([2, 2, 2, 3]))
    def begin(self, reference: str, hours: int) -> None:
        core = Core(CLEANLIFE, clock=self.clock, journal=self.ledger.journal(URL))
        body = {**creation().to_dict(), "externalReference": reference, "hours": hours}
        flow = core.flow(Options(), None, "POST", "/partners/bookings", json=body)
        process = Process(flow, reference, hours, None, self.clock.time)
        self.alive.append(process)
        self.go_on(process, lambda: next(flow))

    @precondition(lambda self: self.alive)
    @rule(which=st.integers(0, 3), fate=st.sampled_from(FATES), times=st.integers(1, 6))
    def step(self, which: int, fate: str, times: int) -> None:
        process = self.alive[which % len(self.alive)]
        for _ in range(times):
            if process not in self.alive:
                return
            match process.effect:
                case Pause():
                    if self.clock.time < process.ready:
                        return
                    self.go_on(process, lambda: process.flow.send(None))
                case Blocking(act=act):
                    done = act()
                    self.rows_go_the_ways_of_the_table()
                    self.go_on(process, lambda: process.flow.send(done))  # noqa: B023  # It is called at once.
                case Request() as request:
                    self.answered(process, request, fate)

    @precondition(lambda self: self.alive)
    @rule(which=st.integers(0, 3), fate=st.sampled_from(["never sent", "made", "late"]))
    def crash(self, which: int, fate: str) -> None:
        """Nothing of it runs any more, but what it sent may arrive."""
        process = self.alive.pop(which % len(self.alive))
        self.dead.append(process.flow)
        if process.creates and fate == "made":
            self.arrives(process.reference, process.hours)
        if process.creates and fate == "late":
            self.late.append((process.reference, process.hours, self.clock.time))

    @precondition(lambda self: self.alive)
    @rule(which=st.integers(0, 3))
    def cancel(self, which: int) -> None:
        process = self.alive.pop(which % len(self.alive))
        if process.creates:
            self.late.append((process.reference, process.hours, self.clock.time))
        process.flow.close()

    @rule(seconds=st.sampled_from([1, 10, 29, 45, 300]))
    def passes(self, seconds: int) -> None:
        """No attempt takes longer than its timeout: who waits for an answer hears of it first."""
        ends = [process.since + 30 for process in self.alive if isinstance(process.effect, Request)]
        self.clock.time = min([self.clock.time + seconds, *ends])
        self.late = [each for each in self.late if self.clock.time - each[2] < SETTLES - 30]

    @precondition(lambda self: self.late)
    @rule()
    def arrive(self) -> None:
        reference, hours, _ = self.late.pop(0)
        self.arrives(reference, hours)

    @rule(older=st.sampled_from([0.0, 100.0]))
    def purge(self, older: float) -> None:
        self.ledger.journal(URL).store.purge(self.clock.wall() - older)
        self.rows = {name: row for name, row in self.rows.items() if self.ledger.get(name) is not None}
        self.told = {name: id for name, id in self.told.items() if name in self.rows}

    # How it is done.

    def go_on(self, process: Process, act: Any) -> None:
        try:
            process.effect = act()
        except StopIteration as done:
            self.alive.remove(process)
            self.is_told(process, json.loads(done.value.content)["data"]["bookingId"])
        except CleanLifeError as error:
            self.alive.remove(process)
            self.is_told_not(process, error)
        else:
            process.since = self.clock.time
            process.ready = self.clock.time + (process.effect.seconds if isinstance(process.effect, Pause) else 0.0)
        self.rows_go_the_ways_of_the_table()

    def is_told(self, process: Process, id: str) -> None:
        """Everybody is told the same booking, and there it is."""
        assert self.told.setdefault(process.reference, id) == id
        assert self.made[process.reference] == (id, process.hours)
        assert self.state(process.reference) is State.CREATED

    def is_told_not(self, process: Process, error: CleanLifeError) -> None:
        """Whatever is told is on record before."""
        taken = isinstance(error, DuplicateExternalReferenceError)
        if isinstance(error, OutcomeUnknownError) or "another process" in str(error):
            return
        assert taken or not isinstance(error, LedgerError), error
        if not taken:
            assert process.reference not in self.made

    def answered(self, process: Process, request: Request, fate: str) -> None:
        flow = process.flow
        if request.operation.id == "listBookings":
            found = self.made.get(request.query["externalReference"])
            rows = [] if found is None else [self.booking(request.query["externalReference"], found[0])]
            meta = {"page": 1, "limit": 20, "total": len(rows), "totalPages": 1}
            self.go_on(process, lambda: flow.send(answer({"data": rows, "meta": meta})))
        elif request.operation.id == "getBookingStatus":
            found = self.made[process.reference]
            assert found[0] in request.path
            self.go_on(process, lambda: flow.send(answer({"data": self.booking(process.reference, found[0])})))
        else:
            self.created(process, fate)

    def created(self, process: Process, fate: str) -> None:
        flow, reference = process.flow, process.reference
        if fate == "unsent":
            self.go_on(process, lambda: flow.throw(APIConnectionError("no connection")))
        elif fate in {"lost", "late"}:
            if fate == "late":
                self.late.append((reference, process.hours, self.clock.time))
            self.go_on(process, lambda: flow.throw(APITimeoutError("no answer", sent=True)))
        elif reference in self.made:
            self.go_on(process, lambda: flow.send(refusal(409, "DUPLICATE_EXTERNAL_REFERENCE")))
        elif fate == "refused":
            self.go_on(process, lambda: flow.send(refusal(422, "TIMESLOT_NOT_AVAILABLE")))
        else:
            id = self.arrives(reference, process.hours)
            if fate == "made, lost":
                self.go_on(process, lambda: flow.throw(APITimeoutError("no answer", sent=True)))
            elif fate == "made, 500":
                self.go_on(process, lambda: flow.send(Response(500, Headers(), b"")))
            else:
                self.go_on(process, lambda: flow.send(answer({"data": self.booking(reference, id)})))

    def arrives(self, reference: str, hours: int) -> str:
        id = f"7d4c1d9e-2f5b-4c1a-9a55-{next(self.ids):012}"
        return self.made.setdefault(reference, (id, hours))[0]

    def booking(self, reference: str, id: str) -> dict[str, Any]:
        return {**BOOKING, "bookingId": id, "externalReference": reference}

    def state(self, reference: str) -> State | None:
        entry = self.ledger.get(reference)
        return entry.state if entry is not None else None

    # What always holds.

    @invariant()
    def one_sends_at_a_time(self) -> None:
        creating = [process.reference for process in self.alive if process.creates]
        assert len(creating) == len(set(creating))

    @invariant()
    def rows_go_the_ways_of_the_table(self) -> None:
        for reference in REFERENCES:
            before, after = self.rows.get(reference), self.ledger.get(reference)
            if before is not None:
                assert after is not None
                is_same = before.state is after.state and before.booking_id == after.booking_id
                assert is_same or (before.state, after.state) in STEPS | {(State.PENDING, State.CREATED)}
                assert before.fingerprint == after.fingerprint or before.state is State.REJECTED
            if after is not None:
                self.rows[reference] = after

    @invariant()
    def what_is_on_record_is_so(self) -> None:
        for reference, row in self.rows.items():
            if row.state is State.CREATED:
                assert self.made[reference][0] == row.booking_id


def answer(members: dict[str, Any]) -> Response:
    return Response(200, Headers(), json.dumps({"success": True, **members}).encode())


def refusal(status: int, code: str) -> Response:
    body = {"success": False, "error": {"code": code, "message": "no"}}
    return Response(status, Headers(), json.dumps(body).encode())


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=int(os.environ.get("PROOF_LEDGER", "25")), stateful_step_count=40, deadline=None
)
