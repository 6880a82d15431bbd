"""What a user holds in the hand: the deliveries that came in, on disk."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Self

from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.values import seconds_of
from cleanlife_ext.webhooks.inbox.entry import InboxEntry
from cleanlife_ext.webhooks.inbox.states import State
from cleanlife_ext.webhooks.queues.queue import Queue

if TYPE_CHECKING:
    from cleanlife_ext.webhooks.inbox.deliveries import Deliveries

__all__ = ["Inbox"]


class Inbox:
    """A record of webhooks in a database: what was accepted is on disk, once, however often it was delivered.

    ```python
    from cleanlife_ext.webhooks import Inbox

    with Inbox("sqlite:///webhooks.db") as inbox:
        for entry in inbox.entries(state="DEAD"):
            print(entry.delivery_id, entry.event, entry.error)
    ```

    Several receivers, threads and processes may use the same one. It is opened when it is first needed, and its tables
    are made then. It holds what was delivered, byte for byte, until it is purged.

    Args:
        url: `"sqlite:///webhooks.db"` for the processes of one machine, `"postgresql+psycopg://user@host/database"` for
            those of many. Needs `pip install 'cleanlife-ext[store]'`, or `[postgres]`.
    """

    @discreet
    def __init__(self, url: str = "sqlite:///webhooks.db") -> None:
        try:
            from cleanlife_ext.store.database import Database  # noqa: PLC0415  # SQLAlchemy is an extra.
            from cleanlife_ext.webhooks.inbox.deliveries import Deliveries  # noqa: PLC0415
            from cleanlife_ext.webhooks.inbox.schema import COMPONENT  # noqa: PLC0415
        except ImportError:
            raise ConfigurationError("an inbox needs pip install 'cleanlife-ext[store]'") from None
        self._database = Database(url, COMPONENT)
        self._deliveries = Deliveries(self._database)
        self.queue = Queue()  # A receiver puts its own here.

    def __repr__(self) -> str:
        return f"Inbox({self.url!r})"

    @property
    def url(self) -> str:
        """Its address, without the password."""
        return str(self._database)

    @property
    def is_there(self) -> bool:
        """Whether there is anything to open: `False` for a file that is still to be made."""
        return self._database.is_there

    @property
    def deliveries(self) -> Deliveries:
        """Its rows, for the receiver and its worker."""
        return self._deliveries

    @discreet
    def get(self, delivery_id: str) -> InboxEntry | None:
        """The delivery with this id; `None` if there is none."""
        return self._deliveries.get(delivery_id)

    def entries(self, *, state: State | str | None = None, booking_id: str | None = None) -> Iterator[InboxEntry]:
        """The deliveries, as they came in. They are read while you iterate.

        *state* is one of `WAITING`, `PROCESSING`, `DONE` and `DEAD`.
        """
        if state is not None and state not in set(State):
            raise ValueError(f"state: one of {', '.join(State)} is needed")
        return self._deliveries.entries(state=None if state is None else State(state), booking_id=booking_id)

    @discreet
    def counts(self) -> Mapping[State, int]:
        """How many deliveries there are in each state. `DEAD` ones wait for a person."""
        return self._deliveries.counts()

    @discreet
    def last_used(self) -> Mapping[str, dt.datetime]:
        """When each secret, by its name, last signed a delivery that is in the inbox: the old one may go then."""
        return self._deliveries.last_used()

    @discreet
    def retry(self, delivery_id: str) -> bool:
        """Let a dead delivery be processed again, with as many attempts as a new one; whether it was dead.

        One that waits is put into your queue again, if that is of your own: it may have been lost there.

        ```python
        for entry in inbox.entries(state="DEAD"):
            inbox.retry(entry.delivery_id)
        ```
        """
        entry = self._deliveries.get(delivery_id)
        return entry is not None and self._revived(entry)

    @discreet
    def retry_dead(self) -> int:
        """The same for all that are dead; how many they were.

        ```python
        if inbox.counts()["DEAD"]:
            print(inbox.retry_dead())
        ```
        """
        return sum(map(self._revived, self._deliveries.entries(state=State.DEAD, booking_id=None)))

    @discreet
    def purge(self, older_than: dt.timedelta | float) -> int:
        """Remove what was done so long ago, or so many seconds; how many deliveries they were.

        One that was purged and is delivered again is processed again, so keep them for longer than CleanLife retries.

        ```python
        inbox.purge(datetime.timedelta(days=90))
        ```
        """
        return self._deliveries.purge(time.time() - seconds_of(older_than, "older_than"))

    def _revived(self, entry: InboxEntry) -> bool:
        put = self.queue.put(entry.delivery_id, entry.booking_id)
        was_dead = self._deliveries.revive(entry.delivery_id, put) is not None
        # One that waits may be one that was revived, and that the queue did not take.
        if was_dead or entry.state is State.WAITING:
            self.queue.was_put(entry.delivery_id)
        return was_dead

    def close(self) -> None:
        """Close the connections. Receivers that use it open others."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
