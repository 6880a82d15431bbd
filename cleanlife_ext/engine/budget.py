"""What keeps an outage from being multiplied: retries are paid for by calls."""

from __future__ import annotations

import math
from typing import Self

from cleanlife_ext.engine.lock import LOCK

__all__ = ["Budget"]

RESERVE = 10.0
PER_CALL = 0.1


class Budget:
    """The retries that a client may still make. It begins full, and is never more than that.

    Each call pays in a tenth of a retry. So while every call fails, a tenth of them is sent again, and the reserve.
    """

    def __init__(self, reserve: float = RESERVE) -> None:
        self._reserve = self._left = reserve

    @classmethod
    def endless(cls) -> Self:
        """One that always allows another retry."""
        return cls(math.inf)

    def pay(self) -> None:
        """A call is made."""
        with LOCK:
            self._left = min(self._reserve, self._left + PER_CALL)

    def take(self) -> bool:
        """Whether a retry may be made; if so, it is paid for."""
        with LOCK:
            # In tenths, ten of which make a whole one only nearly.
            if self._left < 1 - 1e-9:
                return False
            self._left -= 1
            return True
