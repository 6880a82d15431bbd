"""The simulator's time: that of a given clock, and as much later as somebody has advanced it."""

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType

from attrs import field, frozen

NONE = dt.timedelta(0)
LONGEST_STEP = dt.timedelta(days=3653)  # Ten years.
# Far beyond it, the end of a visit would be no date any more.
LATEST = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
_UNITS: Mapping[str, dt.timedelta] = MappingProxyType(
    {
        "days": dt.timedelta(days=1),
        "hours": dt.timedelta(hours=1),
        "minutes": dt.timedelta(minutes=1),
        "seconds": dt.timedelta(seconds=1),
    }
)


class Time:
    """Goes on by itself, or stands still while things happen; it never goes back but by a reset."""

    def __init__(self, base: Callable[[], dt.datetime]) -> None:
        self._base = base
        self._latest = base()
        if self._latest.tzinfo is None:
            raise ValueError("now must give times with a zone; use for example lambda: datetime.now(timezone.utc)")
        self._offset = NONE
        self._held: dt.datetime | None = None

    def now(self) -> dt.datetime:
        """This moment."""
        held = self._held
        return self._forward() + self._offset if held is None else held

    def given(self) -> dt.datetime:
        """This moment by the clock that was given, whatever it was advanced by."""
        return self._base()

    def hold(self, at: dt.datetime | None = None) -> dt.datetime:
        """Stand still from now on: at this moment, or at a later one."""
        now = self.now()
        self._held = now if at is None else max(at, now)
        return self._held

    def go_on(self) -> None:
        """Go on from where it stands; if the base clock has come further by itself, from there."""
        if self._held is not None:
            # In this order: whoever reads in between sees the time that stands still.
            self._offset = max(self._offset, self._held - self._forward())
            self._held = None

    def reset(self) -> None:
        """Be the base clock's time again."""
        self._offset, self._held = NONE, None
        self._latest = self._base()

    def _forward(self) -> dt.datetime:
        # Clocks are set back, and what was planned a moment ago would be due in an hour.
        self._latest = max(self._latest, self._base())
        return self._latest


@frozen
class Clock:
    """The simulator's clock.

    Example:
        >>> simulator = Simulator()
        >>> before = simulator.clock.now()
        >>> simulator.clock.advance(hours=3)
        >>> simulator.clock.now() - before >= timedelta(hours=3)
        True
    """

    _time: Time = field(repr=False)
    _go: Callable[[Callable[[dt.datetime], dt.datetime]], None] = field(repr=False)

    def now(self) -> dt.datetime:
        """The simulator's time, with a zone."""
        return self._time.now()

    def advance(self, **duration: float) -> None:
        """Let so many ``days``, ``hours``, ``minutes`` and ``seconds`` pass, and return when they have.

        Everything that is due on the way happens, in its order: the clock stands at the moment of each, and whatever
        is sent at one moment has been answered, or given up, before the next one comes.
        """
        step = duration_of(duration)
        self._go(lambda now: _checked_target(now + step))

    def advance_to(self, moment: dt.datetime) -> None:
        """The same until *moment*, from wherever the clock stands; nothing if it is past.

        Several who wait at the same time wait for the same hours, where `advance` adds them up.
        """
        if moment.tzinfo is None:
            message = "moment must have a zone; use for example simulator.clock.now() + timedelta(hours=3)"
            raise ValueError(message)
        self._go(lambda now: max(now, _checked_target(moment)))


def _checked_target(moment: dt.datetime) -> dt.datetime:
    if moment > LATEST:
        message = f"the clock cannot go beyond the year {LATEST.year}; simulator.reset() puts it back to the start"
        raise ValueError(message)
    return moment


def duration_of(units: Mapping[str, float]) -> dt.timedelta:
    """The sum of *units*, such as ``{"hours": 3}``; a ValueError says what is wrong with one."""
    if not units:
        message = f"say how far to advance, in one or more of {', '.join(_UNITS)}: advance(hours=3)"
        raise ValueError(message)
    total = sum((_part(name, amount) for name, amount in units.items()), NONE)
    if total > LONGEST_STEP:
        raise ValueError("the clock advances by at most ten years in one step; take several")
    return total


def _part(name: str, amount: float) -> dt.timedelta:
    unit = _UNITS.get(name)
    if unit is None:
        message = f"{name[:50]!r} is no unit of time; use {', '.join(_UNITS)}"
        raise ValueError(message)
    # A number that is none fails the comparison too.
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount <= LONGEST_STEP / unit:
        message = f"{name} must be a number from 0 to {LONGEST_STEP / unit:.0f}, which is ten years"
        raise ValueError(message)
    return amount * unit
