"""When teams can come, and how many of them are left.

Every day from today to 365 days ahead has six slots of three hours, the last of which ends at midnight.
On Fridays work begins at 15:00. Slots that have begun are gone. Each district has two to four teams a slot;
a booking takes one of them, or as many as it asks for, whatever the service.
"""

import datetime as dt
import zlib
from collections import Counter

from attrs import frozen

from cleanlife_ext.simulator.times import RIYADH

TEAMS_LEAST, TEAMS_SPREAD = 2, 3
DAYS_AHEAD = 365
_FRIDAY = 4
_FRIDAY_OPENING = "15:00"


@frozen
class Timeslot:
    """Start and end as ``HH:MM``, Riyadh time."""

    start_at: str
    end_at: str

    @property
    def ends_at_next_day(self) -> bool:
        """Whether the slot reaches midnight or crosses it."""
        return self.end_at <= self.start_at

    def begins(self, day: dt.date) -> dt.datetime:
        """The first moment of this slot on *day*."""
        return dt.datetime.combine(day, dt.time.fromisoformat(self.start_at), RIYADH)

    def ends(self, day: dt.date) -> dt.datetime:
        """The last moment of this slot, when it begins on *day*."""
        ends = dt.datetime.combine(day, dt.time.fromisoformat(self.end_at), RIYADH)
        return ends + dt.timedelta(days=int(self.ends_at_next_day))


WINDOWS = tuple(
    Timeslot(start, end)
    for start, end in (
        ("06:00", "09:00"),
        ("09:00", "12:00"),
        ("12:00", "15:00"),
        ("15:00", "18:00"),
        ("18:00", "21:00"),
        ("21:00", "00:00"),
    )
)


def slots_of(day: dt.date, now: dt.datetime) -> list[Timeslot]:
    """The slots of *day* that have not begun, free or not."""
    today = now.astimezone(RIYADH).date()
    if not today <= day <= today + dt.timedelta(days=DAYS_AHEAD):
        return []
    opening = _FRIDAY_OPENING if day.weekday() == _FRIDAY else ""
    return [slot for slot in WINDOWS if slot.start_at >= opening and slot.begins(day) > now]


def teams_in(district: str, slot: Timeslot) -> int:
    """How many teams a district has for a slot: two to four, always the same."""
    return TEAMS_LEAST + zlib.crc32(f"{district} {slot.start_at}".encode()) % TEAMS_SPREAD


@frozen
class Visit:
    """So many teams, in a district, on a day, in a slot."""

    district: str
    day: dt.date
    slot: Timeslot
    teams: int = 1


class Diary:
    """Which teams are taken."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[str, dt.date, str]] = Counter()

    def is_free(self, visit: Visit, now: dt.datetime) -> bool:
        """Whether *visit* can still be made."""
        if visit.slot not in slots_of(visit.day, now):
            return False
        return visit.teams <= self.teams_left(visit)

    def teams_left(self, visit: Visit) -> int:
        """How many teams of the district nobody has taken then."""
        return teams_in(visit.district, visit.slot) - self._taken[_place(visit)]

    def free(self, district: str, day: dt.date, now: dt.datetime) -> list[Timeslot]:
        """The slots of *day* in which at least one team is free."""
        return [slot for slot in slots_of(day, now) if self.is_free(Visit(district, day, slot), now)]

    def take(self, visit: Visit) -> None:
        """Note that the teams will be busy."""
        self._taken[_place(visit)] += visit.teams

    def fill(self, visit: Visit) -> None:
        """Note that all teams of that slot are busy, whoever keeps them so."""
        if visit.slot in WINDOWS:
            self._taken[_place(visit)] = max(self._taken[_place(visit)], teams_in(visit.district, visit.slot))

    def release(self, visit: Visit) -> None:
        """Note that the teams are free again."""
        self._taken[_place(visit)] -= visit.teams


def _place(visit: Visit) -> tuple[str, dt.date, str]:
    return visit.district, visit.day, visit.slot.start_at
