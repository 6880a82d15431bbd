"""How often a key may call.

Requests are counted per key in windows of 60 seconds. A window starts with the first request after the last
window ended, and its counter starts at zero (the documentation calls it sliding and describes this).
"""

import datetime as dt

from cleanlife_ext.simulator.partners import Key

WINDOW = dt.timedelta(seconds=60)


class Throttle:
    """The counters of all keys."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[dt.datetime, int]] = {}

    def admits(self, key: Key, now: dt.datetime) -> bool:
        """Count a request of *key*, and say whether it may pass."""
        if key.rate_limit is None:
            return True
        started, count = self._windows.get(key.text, (now, 0))
        if now - started >= WINDOW:
            started, count = now, 0
        self._windows[key.text] = started, count + 1
        return count < key.rate_limit
