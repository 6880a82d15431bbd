"""How often somebody may call.

Requests are counted in windows of 60 seconds. A window starts with the first request after the last
window ended, and its counter starts at zero (the documentation calls it sliding and describes this).
"""

import datetime as dt
from collections.abc import Hashable

from attrs import frozen

WINDOW = dt.timedelta(seconds=60)


@frozen
class Window:
    """So many requests came since it was opened."""

    opened: dt.datetime
    requests: int = 0

    @property
    def ends(self) -> dt.datetime:
        """When counting begins anew."""
        return self.opened + WINDOW


class Throttle:
    """The counters of all who call."""

    def __init__(self) -> None:
        self._windows: dict[Hashable, Window] = {}

    def count(self, who: Hashable, now: dt.datetime) -> Window:
        """Count a request of theirs; the window that it falls into, itself included."""
        window = self._windows.get(who)
        if window is None or now >= window.ends:
            window = Window(now)
        window = self._windows[who] = Window(window.opened, window.requests + 1)
        return window
