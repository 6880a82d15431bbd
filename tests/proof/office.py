"""The simulator as one object in one thread: its time stands until somebody moves it, and all that it does is noted.

It is the API of `cleanlife_ext.simulator`, without the thread that lets things happen by themselves. So a schedule of
faults is the same each time, and a test knows what was really done: by whom, and when.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import attrs

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.simulator import faults
from cleanlife_ext.simulator.api import PartnerApi
from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.calls import Answer, Ask, Call
from cleanlife_ext.simulator.contacts import Contact
from cleanlife_ext.simulator.faults import Fault, Faults
from cleanlife_ext.simulator.front import LateCall
from cleanlife_ext.simulator.ids import Ids
from cleanlife_ext.simulator.operations import PERFORM, Perform
from cleanlife_ext.simulator.partners import Key, Partner, PaymentResponsibility
from cleanlife_ext.simulator.routes import PERMISSIONS, TABLE
from cleanlife_ext.simulator.slots import Diary
from cleanlife_ext.simulator.state import State

BEGINS = dt.datetime(2026, 6, 13, 5, tzinfo=dt.UTC)
WRITES = ("createBooking", "updateBooking", "cancelBooking", "confirmPayment")
LONGEST_COOL_DOWN = 150
BUSY_AFTER = "503 after it was done"  # The one fault that the simulator has no word for.
Blow = Fault | str | None  # What befalls one call.


@attrs.frozen
class Done:
    """A write that took effect: what was asked, and after how many changes."""

    operation: str
    booking: str
    asked: dict[str, Any] = attrs.field(repr=False)
    at: int


class Books(State):
    """A state that remembers all versions of all bookings. With *unique* False, a reference may be used twice."""

    unique = True

    def __init__(self, now: Callable[[], dt.datetime]) -> None:
        super().__init__(Ids(0), now)
        self.changes = 0
        self.versions: defaultdict[str, list[tuple[int, Booking]]] = defaultdict(list)

    def keep(self, booking: Booking) -> None:
        super().keep(booking)
        self.changes += 1
        self.versions[booking.id].append((self.changes, booking))

    def check_reference(self, partner: Partner, reference: str | None) -> None:
        if self.unique:
            super().check_reference(partner, reference)

    def shown_since(self, id: str, change: int) -> list[Booking]:
        """The versions of a booking that were to be seen then, or have been since."""
        versions = self.versions[id]
        ends = [begun for begun, _ in versions[1:]] + [self.changes + 1]
        return [booking for (_, booking), end in zip(versions, ends, strict=True) if end > change]


class Office:
    """Where bookings are made. *blows* are what befalls the next calls of an operation."""

    def __init__(self, responsibility: PaymentResponsibility = "PARTNER", *, unique: bool = True) -> None:
        self.moment = BEGINS
        self.books = Books(lambda: self.moment)
        self.books.unique = unique
        self.key = self.books.ids.api_key()
        self.partner = Partner(self.books.ids.uuid(), responsibility)
        self.books.keys[self.key] = Key(self.key, self.partner, PERMISSIONS)
        self.done: list[Done] = []
        self.made: defaultdict[str, list[str]] = defaultdict(list)  # Bookings, by the contact they are for.
        self.blows: defaultdict[str, deque[Blow]] = defaultdict(deque)
        self.struck: list[Blow] = []
        self.disturbed: set[str] = set()  # Contacts: something befell a creation for them.
        self.requests = 0
        watched = {id: self._watched(id, PERFORM[id]) for id in WRITES}
        self._faults = Faults(TABLE.operations)
        self._api = PartnerApi(self.books, {**PERFORM, **watched}, self._faults)

    def answer(self, call: Call) -> Answer:
        """Answer as the simulator does, but for what befalls this call."""
        self.requests += 1
        found = TABLE.find(call.method, call.path)
        coming = self.blows[found.route.operation_id] if found is not None else None
        blow = coming.popleft() if coming else None
        if blow is not None:
            self.struck.append(blow)
            if b"contactId" in (call.body or b""):
                self.disturbed.add(json.loads(call.body or b"")["contactId"])
        if found is not None and isinstance(blow, Fault):
            self._faults.add(found.route.operation_id, blow)
        answer = self._api.answer(call)
        self._faults.clear()
        return Answer(503, {}, html="<h1>Busy</h1>") if blow == BUSY_AFTER else answer

    def advance(self, until: dt.datetime) -> None:
        """Let time pass, with all that is due on the way."""
        agenda = self.books.agenda
        while (at := agenda.next_at()) is not None and (due := agenda.take(until)) is not None:
            self.moment = max(self.moment, at)
            due.happen(self.books)
        self.moment = max(self.moment, until)

    def land(self) -> None:
        """Let everything arrive that is still on its way, and every cool-down end; let nothing go wrong any more."""
        self.blows.clear()
        self.advance(self.moment + dt.timedelta(seconds=LONGEST_COOL_DOWN))
        while self.is_expecting:
            self.advance(self.moment + dt.timedelta(seconds=100))

    def others_leave(self) -> None:
        """Other customers, who took whole slots, give them back: what was refused for want of a team no longer is."""
        self.books.diary = Diary()
        for booking in self.books.registers[self.partner.id].all():
            if booking.is_alive:
                self.books.diary.take(booking.visit)

    @property
    def is_expecting(self) -> bool:
        """Whether a call is still to be done whose sender has given it up."""
        return any(isinstance(due, LateCall) for _, _, due in self.books.agenda._heap)  # noqa: SLF001  # To look, not to touch.

    def new_contact(self) -> str:
        """Somebody whom only one call books for, so that it can be told what that call made."""
        contact = Contact(self.books.ids.uuid(), self.partner.id, "Sara", f"+9665{len(self.books.contacts):08}")
        self.books.keep_contact(contact)
        return contact.id

    def bearers(self, reference: str) -> list[Booking]:
        """The bookings that bear *reference* now."""
        all_there_are = self.books.registers[self.partner.id].all()
        return [booking for booking in all_there_are if booking.external_reference == reference]

    def booking(self, id: str) -> Booking | None:
        return self.books.registers[self.partner.id].get(id)

    def _watched(self, operation: str, perform: Perform) -> Perform:
        def watched(state: State, ask: Ask) -> object:
            result = perform(state, ask)
            assert isinstance(result, dict)
            self.done.append(Done(operation, result["bookingId"], dict(ask.body), self.books.changes))
            if operation == "createBooking":
                self.made[ask.body["contactId"]].append(result["bookingId"])
            return result

        return watched


@attrs.frozen(eq=False)
class OfficeClock(Clock):
    """The office's time as a client's; *wait* lets it pass."""

    office: Office
    wait: Callable[[float], None]

    def now(self) -> float:
        return self.office.moment.timestamp()

    def wall(self) -> float:
        return self.now()

    def sleep(self, seconds: float) -> None:
        self.wait(seconds)

    async def asleep(self, seconds: float) -> None:
        self.wait(seconds)


# What may befall a write, the mildest first: examples shrink to the front.
ON_WRITES: tuple[Blow, ...] = (
    None,
    faults.drop_after_commit(),
    faults.drop_before_commit(),
    *(faults.late_commit(seconds) for seconds in (4, 40, 400)),
    *(faults.delay(seconds) for seconds in (2, 45)),
    faults.truncate(),
    BUSY_AFTER,
    *(faults.status(status) for status in (500, 503, 401)),
    *(faults.status(429, retry_after=seconds) for seconds in (None, 5)),
    faults.html(502),
)
ON_UPDATES = (*ON_WRITES, faults.fill_slot())
ON_CREATIONS = (*ON_WRITES, faults.status(422, "BOOKING_CREATION_FAILED"), faults.fill_slot())
ON_LOOKS: tuple[Blow, ...] = (
    None,
    faults.drop_before_commit(),
    faults.delay(45),
    faults.truncate(),
    faults.html(502),
    *(faults.status(status) for status in (503, 401, 429)),
)
