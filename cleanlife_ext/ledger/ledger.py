"""What a user holds in the hand."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Iterator
from typing import Self

from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.errors import ConfigurationError, LedgerError
from cleanlife_ext.ledger.claim import Intent, Mine, is_held
from cleanlife_ext.ledger.entry import Entry
from cleanlife_ext.ledger.layer import MARGIN, Journal
from cleanlife_ext.ledger.states import FINAL, Event, State
from cleanlife_ext.values import date_of, seconds_of

__all__ = ["Ledger"]

LONGEST = 1_000_000_000  # seconds: some thirty years
BY_HAND = "SETTLED_BY_HAND"


class Ledger:
    """A record of creations in a database, so that each booking is made once, even if the process is killed.

    ```python
    with Ledger("sqlite:///bookings.db") as ledger, CleanLife(ledger=ledger) as client:
        booking = client.bookings.create(
            contact_id=contact.id, address_id=address, service_id=service.id,
            date=datetime.date(2026, 6, 21), timeslot=slots[0], external_reference="ORDER-1",
        )
    ```

    Several clients, threads and processes may use the same one. It is opened when it is first needed, and its tables
    are made then. Processes on several machines need clocks that agree to a few seconds.

    Args:
        url: `"sqlite:///bookings.db"` for the processes of one machine, `"postgresql+psycopg://user@host/database"` for
            those of many. Needs `pip install 'cleanlife-ext[store]'`, or `[postgres]`.
        settles_after: Seconds after which a request whose answer was lost has arrived, or never will. A booking that
            was sent so long ago and is not to be seen is taken as never made.
    """

    @discreet
    def __init__(self, url: str = "sqlite:///bookings.db", *, settles_after: float = 600.0) -> None:
        if isinstance(settles_after, bool) or not isinstance(settles_after, int | float):
            raise ConfigurationError("settles_after: a number of seconds is needed")
        if not 0 <= settles_after <= LONGEST:
            raise ConfigurationError(f"settles_after: a number of seconds from 0 to {LONGEST} is needed")
        try:
            from cleanlife_ext.ledger.schema import COMPONENT  # noqa: PLC0415  # SQLAlchemy is an extra.
            from cleanlife_ext.ledger.store import Store  # noqa: PLC0415
            from cleanlife_ext.store.database import Database  # noqa: PLC0415
        except ImportError:
            raise ConfigurationError("a ledger needs pip install 'cleanlife-ext[store]'") from None
        self._database = Database(url, COMPONENT)
        self._store = Store(self._database)
        self._settles_after = float(settles_after)

    def __repr__(self) -> str:
        return f"Ledger({self.url!r})"

    @property
    def url(self) -> str:
        """Its address, without the password."""
        return str(self._database)

    @property
    def is_there(self) -> bool:
        """Whether there is anything to open: `False` for a file that is still to be made."""
        return self._database.is_there

    def journal(self, api: str) -> Journal:
        """The layer that records what is created at *api*; clients ask for it."""
        return Journal(self._store, self._settles_after, api)

    @discreet
    def get(self, reference: str, *, api: str | None = None) -> Entry | None:
        """The entry with this reference, with its prefix if the client has one; `None` if there is none.

        *api* is the address of the API; it need be given only where the ledger has the reference for several.
        """
        found = self._store.get(reference, api)
        if len(found) > 1:
            raise ValueError(f"api: one of {', '.join(entry.api for entry in found)} is needed")
        return found[0] if found else None

    def entries(
        self,
        *,
        api: str | None = None,
        state: State | str | None = None,
        open: bool = False,
        from_date: dt.date | str | None = None,
        to_date: dt.date | str | None = None,
    ) -> Iterator[Entry]:
        """The entries, ordered by API and reference. They are read while you iterate.

        *open* leaves out those that are final: `CREATED` and `REJECTED`. *from_date* and *to_date* are the first and
        the last day of service.

        ```python
        for entry in ledger.entries(open=True):
            print(entry.reference, entry.state, entry.updated_at)
        ```
        """
        if state is not None and state not in set(State):
            raise ValueError(f"state: one of {', '.join(State)} is needed")
        return self._store.entries(
            api=api,
            state=None if state is None else State(state),
            open=open,
            from_date=None if from_date is None else date_of(from_date, "from_date").isoformat(),
            to_date=None if to_date is None else date_of(to_date, "to_date").isoformat(),
        )

    @discreet
    def settle(self, reference: str, *, made: str | None, api: str | None = None) -> Entry:
        """Say by hand what became of an open entry that nothing else can tell, such as a document whose key is too old.

        *made* is the id of what was made, `None` if nothing was. Look at the API, or ask the vendor, before you do:
        after `None` the same request makes it anew.

        ```python
        for entry in ledger.entries(open=True):
            ledger.settle(entry.reference, made=None)
        ```

        Raises `ValueError` if there is no such entry or it has its end, and `LedgerError` while somebody may be
        sending it.
        """
        entry = self.get(reference, api=api)
        if entry is None or entry.state in FINAL:
            state = "there is none" if entry is None else f"it is {entry.state}"
            raise ValueError(f"reference: an open entry is needed, and {state}")
        now = time.time()
        if is_held(entry.state, entry.lease.timestamp(), now):
            raise LedgerError("somebody may be sending it; its lease is not over yet", key=reference)
        if not self._settled(Intent.again(entry), made, now):
            raise LedgerError("it was taken up by somebody meanwhile", key=reference)
        return self._store.get(entry.reference, entry.api)[0]

    def _settled(self, intent: Intent, made: str | None, now: float) -> bool:
        if made is not None:
            return self._store.created(intent, made, now)
        owner = uuid.uuid4().hex
        verdict = self._store.claim(intent, owner, now, now + MARGIN, self._settles_after, resumes=True)
        return isinstance(verdict, Mine) and self._store.ended(intent, owner, Event.REFUSED, BY_HAND, now)

    @discreet
    def purge(self, older_than: dt.timedelta | float) -> int:
        """Remove the final entries that have not changed for so long, or so many seconds; how many they were.

        A reference that was purged is no longer protected by the ledger, but by the vendor alone: who sends it again
        gets a `DuplicateExternalReferenceError` if there is a booking.
        """
        return self._store.purge(time.time() - seconds_of(older_than, "older_than"))

    def close(self) -> None:
        """Close the connections. Clients that use it open others."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
