"""Finishing what a crash left open.

There is no second rule here for what may be sent: an entry goes through the layers like the call that began it, and the
ledger's own looks before it sends. Here stands who is left alone, and what is not sent any more.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Generator, Iterator
from functools import partial
from typing import Any, TypeAlias, TypeVar, cast

import attrs
from cleanlife_client.models import Booking

from cleanlife_ext.engine.flow import Blocking, Effect
from cleanlife_ext.engine.keys import fingerprint_of
from cleanlife_ext.engine.message import Options, Request, Response
from cleanlife_ext.engine.session import AsyncSession, Core, Session
from cleanlife_ext.engine.settle import Keyed
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.errors import (
    CleanLifeError,
    ConfigurationError,
    DuplicateExternalReferenceError,
    LedgerError,
    OutcomeUnknownError,
)
from cleanlife_ext.ledger.claim import Intent, Mine, is_held
from cleanlife_ext.ledger.entry import Entry
from cleanlife_ext.ledger.layer import MARGIN, Journal
from cleanlife_ext.ledger.states import OPEN, Event, State
from cleanlife_ext.values import RIYADH

__all__ = ["CREATION", "Recovered", "journal_of", "recovered"]

T = TypeVar("T")
Steps: TypeAlias = Generator[Effect, Any, T]

CREATION = "createBooking"
DAY_IS_OVER = "DAY_OF_SERVICE_OVER"
AGAIN = "; create it again with the same reference"


@attrs.frozen
class Recovered:
    """What became of an entry that was open.

    Attributes:
        reference: Its external reference, with the client's prefix.
        state: What the ledger says of it now. If it is open still, somebody may be sending it this very moment, or
            *error* says what is in the way.
        booking: The booking as it is now, if there is one.
        error: What it ended in, or why it could not be finished.
    """

    reference: str
    state: State
    booking: Booking | None = None
    error: CleanLifeError | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is something left to recover."""
        return self.state in OPEN


def journal_of(core: Core) -> Journal:
    """The ledger's layer of a client, or `ConfigurationError` if it has none."""
    core.check_open()
    if not isinstance(core.journal, Journal):
        raise ConfigurationError("this client has no ledger; make it with CleanLife(ledger=Ledger(...))")
    return core.journal


def recovered(session: Session | AsyncSession, *, send: bool) -> Steps[list[Recovered]]:
    """Finish one open entry after the other. *send*: whether what is not to be seen is sent."""
    journal = journal_of(session.core)
    entries = _open(journal)
    found: list[Recovered] = []
    while (entry := (yield Blocking(partial(next, entries, None)))) is not None:
        if is_held(entry.state, entry.lease.timestamp(), session.core.clock.wall()):
            found.append(Recovered(entry.reference, entry.state))
        else:
            found.append((yield from _Recovery(session, journal, entry).finish(send=send)))
    return found


def _open(journal: Journal) -> Iterator[Entry]:
    """The open bookings, each as it is when its turn comes: other processes may be at them as well."""
    for listed in journal.store.entries(api=journal.api, state=None, open=True, from_date=None, to_date=None):
        for entry in journal.store.get(listed.reference, journal.api):
            if entry.operation == CREATION and entry.state in OPEN:
                yield entry


@attrs.frozen(eq=False)
class _Recovery:
    """Finishing one entry, within a deadline of its own."""

    session: Session | AsyncSession
    journal: Journal
    entry: Entry

    @property
    def core(self) -> Core:
        return self.session.core

    @property
    def operation(self) -> Operation:
        return self.core.provider.operations[CREATION]

    @property
    def options(self) -> Options:
        # What bears the reference, and is the same and alive, is what was wanted, whoever made it.
        return attrs.evolve(self.session.options, adopt=True, resumes=True)

    def finish(self, *, send: bool) -> Steps[Recovered]:
        booking, failure = None, None
        try:
            self._check()
            booking = yield from (self._finished() if send else self._seen())
        except CleanLifeError as error:
            failure = error
            if isinstance(error, OutcomeUnknownError):
                error.resolved_by(self.session.resolve)
        after = yield Blocking(partial(self.journal.store.get, self.entry.reference, self.entry.api))
        state = next((entry.state for entry in after), self.entry.state)
        return Recovered(self.entry.reference, state, booking, failure)

    def _check(self) -> None:
        """Raise if the request is not what was written down: nothing is looked for, or sent, by a guess."""
        entry = self.entry
        is_ours = entry.request.get(self.operation.repeat.key) == entry.reference
        if not is_ours or (entry.complete and fingerprint_of(entry.request) != entry.fingerprint):
            text = f"{self.operation.id}: {entry.reference}: its request cannot be read{AGAIN}"
            raise LedgerError(text, key=entry.reference)

    def _finished(self) -> Steps[Booking | None]:
        try:
            creation = self._creation()
        except LedgerError as obstacle:
            return (yield from self._seen_or_ended(obstacle))
        response: Response = yield from creation
        return cast("Booking", self.core.provider.decode(self.operation, response).data)

    def _creation(self) -> Steps[Response]:
        """The very call that was begun; a `LedgerError` if it cannot be made any more."""
        why = f"{self.operation.id}: {self.entry.reference} is not sent: "
        if self._day_is_over():
            raise LedgerError(f"{why}its day of service is over", key=self.entry.reference)
        if not self.entry.complete:
            raise LedgerError(f"{why}the ledger does not hold all of its request{AGAIN}", key=self.entry.reference)
        try:
            return self.core.flow(
                self.options,
                None,
                self.operation.method,
                self.operation.path,
                headers={"Content-Type": "application/json"},
                json=dict(self.entry.request),
            )
        except ValueError as error:
            raise LedgerError(f"{why}{error}", key=self.entry.reference) from None

    def _day_is_over(self) -> bool:
        today = dt.datetime.fromtimestamp(self.core.clock.wall(), RIYADH).date()
        return "" < self.entry.date < today.isoformat()

    def _seen(self) -> Steps[Booking | None]:
        """The booking, if it is there. That it is may be recorded by anybody."""
        keyed = Keyed(self.core.provider, self._request())
        booking: Booking | None = yield from self.core.inquiry(keyed, self.options)
        if booking is not None:
            id, now = str(booking.booking_id), self.core.clock.wall()
            yield Blocking(partial(self.journal.store.created, self._intent(), id, now))
        return booking

    def _seen_or_ended(self, obstacle: LedgerError) -> Steps[Booking | None]:
        """The same, for what cannot be sent; what can never be seen any more comes to an end."""
        began = self.core.clock.wall()  # What arrives later than that may not be seen.
        try:
            booking = yield from self._seen()
        except DuplicateExternalReferenceError as taken:
            yield Blocking(partial(self._end, began, taken.code, certain=True))
            raise
        if booking is None:
            if self._day_is_over():
                yield Blocking(partial(self._end, began, DAY_IS_OVER, certain=False))
            raise obstacle
        return booking

    def _end(self, now: float, code: str, *, certain: bool) -> None:
        """Record that it was not made: if that is *certain*, or if from *now* nothing can arrive any more."""
        store, intent, owner = self.journal.store, self._intent(), uuid.uuid4().hex
        verdict = store.claim(intent, owner, now, now + MARGIN, self.journal.settles_after, resumes=True)
        if isinstance(verdict, Mine):
            event = Event.REFUSED if certain or verdict.doubt != "recent" else Event.LOST
            store.ended(intent, owner, event, code, now)

    def _intent(self) -> Intent:
        return Intent.again(self.entry)

    def _request(self) -> Request:
        return Request(
            operation=self.operation,
            path=self.operation.path,
            query={},
            body=self.entry.request,
            headers={},
            scope=self.core.scope(self.options),
            options=self.options,
        )
