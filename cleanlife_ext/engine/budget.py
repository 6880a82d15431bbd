"""What keeps an outage from being multiplied: retries are paid for by calls."""

from __future__ import annotations

import math
from typing import Self

from cleanlife_ext.engine.lock import LOCK

__all__ = ["Budget"]

RESERVE = 10  # retries
CALLS_PER_RETRY = 10


class Budget:
    """The retries that a client may still make. It begins full, and is never more than that.

    Ten calls pay for one retry. So while every call fails, a tenth of them is sent again, and the reserve.
    """

    def __init__(self, reserve: float = RESERVE) -> None:
        # What calls have paid in, in whole numbers: tenths of a retry would not add up.
        self._most = self._paid = reserve * CALLS_PER_RETRY

    @classmethod
    def endless(cls) -> Self:
        """One that always allows another retry."""
        return cls(math.inf)

    def pay(self) -> None:
        """A call is made."""
        with LOCK:
            self._paid = min(self._most, self._paid + 1)

    def take(self) -> bool:
        """Whether a retry may be made; if so, it is paid for."""
        with LOCK:
            if self._paid < CALLS_PER_RETRY:
                return False
            self._paid -= CALLS_PER_RETRY
            return True
