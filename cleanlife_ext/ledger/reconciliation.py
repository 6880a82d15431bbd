"""Where the ledger and the API tell different things about the same days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import attrs
from cleanlife_client.models import Booking

from cleanlife_ext.engine.constraints import spoken
from cleanlife_ext.engine.flow import Blocking
from cleanlife_ext.engine.likeness import is_one_of, same
from cleanlife_ext.engine.message import Response
from cleanlife_ext.engine.session import AsyncSession, Session
from cleanlife_ext.engine.traits import Repeat
from cleanlife_ext.errors import NotFoundError
from cleanlife_ext.ledger.claim import is_held
from cleanlife_ext.ledger.entry import Entry
from cleanlife_ext.ledger.layer import Journal
from cleanlife_ext.ledger.recovery import CREATION, Steps, journal_of
from cleanlife_ext.ledger.states import State

__all__ = ["Days", "Difference", "Different", "Missing", "Unexpected", "differing", "reconciled", "weeks"]

WEEK = 7  # Days whose bookings are in memory at a time.


@attrs.frozen
class Missing:
    """The ledger has a booking that the API does not know, not even by its id."""

    entry: Entry


@attrs.frozen
class Unexpected:
    """The API has a booking of which the ledger knows nothing: it was made elsewhere, or its entry was purged."""

    booking: Booking


@attrs.frozen
class Different:
    """Both have it, and do not agree.

    Attributes:
        entry: What the ledger has.
        booking: What the API has.
        fields: In what they differ: some of `booking_id`, `external_reference`, `date`, `timeslot`, `status` (it is
            cancelled, or failed), or `state`: there is a booking, and the ledger does not say so; `recover()` will
            settle it if the entry is open.
    """

    entry: Entry
    booking: Booking
    fields: tuple[str, ...]


Difference: TypeAlias = Missing | Unexpected | Different


@attrs.frozen
class Days:
    """Days of service, from the first to the last."""

    first: dt.date
    last: dt.date

    def __contains__(self, day: str) -> bool:
        return self.first.isoformat() <= day <= self.last.isoformat()


def weeks(days: Days) -> Iterator[Days]:
    """*days*, in parts whose bookings fit into memory."""
    last = days.last.toordinal()
    for first in range(days.first.toordinal(), last + 1, WEEK):
        yield Days(dt.date.fromordinal(first), dt.date.fromordinal(min(first + WEEK - 1, last)))


def differing(repeat: Repeat, entry: Entry, booking: Booking, now: float) -> list[Difference]:
    """In what *entry* and *booking*, which are about the same, differ; nothing if they agree."""
    found = booking.to_dict()
    if entry.state is State.CREATED:
        fields = [*_changed(repeat, entry, found)]
    else:
        is_under_way = entry.state is not State.REJECTED and is_held(entry.state, entry.lease.timestamp(), now)
        fields = [] if is_under_way or any(_dead(repeat, found)) else ["state"]
    return [Different(entry, booking, tuple(map(spoken, fields)))] if fields else []


def _changed(repeat: Repeat, entry: Entry, found: Mapping[str, Any]) -> Iterator[str]:
    if found[repeat.id] != entry.booking_id:
        yield repeat.id
    if found[repeat.key] != entry.reference:
        yield repeat.key
    yield from (field for field in repeat.same if not same(entry.request.get(field), found.get(field)))
    yield from _dead(repeat, found)


def _dead(repeat: Repeat, found: Mapping[str, Any]) -> Iterator[str]:
    """The fields that say that what was *found* does not count any longer."""
    return (field for field, values in repeat.dead.items() if is_one_of(found, field, values))


def reconciled(
    session: Session | AsyncSession, all_days: Days, week: Days, bookings: Sequence[Booking]
) -> Steps[list[Difference]]:
    """The differences of a *week* of *all_days*, for which the API lists these *bookings*."""
    journal, repeat = journal_of(session.core), session.core.provider.operations[CREATION].repeat
    now = session.core.clock.wall()
    entries = yield Blocking(partial(_entries, journal, week))
    by_id = {entry.booking_id: entry for entry in entries if entry.booking_id is not None}
    by_reference = {entry.reference: entry for entry in entries}
    found: list[Difference] = []
    for booking in bookings:
        entry = by_id.pop(str(booking.booking_id), None) or by_reference.get(booking.external_reference)
        if entry is None:
            found += yield from _elsewhere(journal, repeat, all_days, booking, now)
        else:
            found += differing(repeat, entry, booking, now)
    for id, entry in by_id.items():
        found += yield from _unlisted(session, repeat, id, entry, now)
    return found


def _entries(journal: Journal, week: Days) -> list[Entry]:
    first, last = week.first.isoformat(), week.last.isoformat()
    return [*journal.store.entries(api=journal.api, state=None, open=False, from_date=first, to_date=last)]


def _elsewhere(
    journal: Journal, repeat: Repeat, all_days: Days, booking: Booking, now: float
) -> Steps[list[Difference]]:
    """What there is to say of a *booking* that the ledger does not have for this week."""
    reference = booking.external_reference
    found = [] if reference is None else (yield Blocking(partial(journal.store.get, reference, journal.api)))
    entries = [entry for entry in found if entry.operation == CREATION]
    if not entries:
        return [Unexpected(booking)]
    [entry] = entries
    # It was moved within these days, and is met there.
    is_met = entry.booking_id == str(booking.booking_id) and entry.date in all_days
    return [] if is_met else differing(repeat, entry, booking, now)


def _unlisted(
    session: Session | AsyncSession, repeat: Repeat, id: str, entry: Entry, now: float
) -> Steps[list[Difference]]:
    """What there is to say of an *entry* whose booking is not on the list: it may be on another day by now."""
    provider = session.core.provider
    reading = provider.operations[repeat.read]
    path = reading.path.format_map({repeat.id: id})
    try:
        response: Response = yield from session.core.flow(session.options, None, reading.method, path)
    except NotFoundError:
        return [Missing(entry)]
    return differing(repeat, entry, provider.decode(reading, response).data, now)
