"""A slot of the day, as a user writes it and as the API offers it."""

from __future__ import annotations

import datetime as dt
from typing import Self

from cleanlife_client import models

from cleanlife_ext.values import time_of

__all__ = ["Timeslot"]


class Timeslot(models.Timeslot):
    """From when to when, in Riyadh time. Take one that `timeslots.available` gave, or write your own.

    ```python
    Timeslot("09:00", "12:00") == Timeslot(start_at=datetime.time(9), end_at=datetime.time(12))
    ```

    What else the API says of a slot is kept in `additional_properties`.
    """

    def __init__(self, start_at: dt.time | str, end_at: dt.time | str) -> None:
        super().__init__(start_at=time_of(start_at, "start_at"), end_at=time_of(end_at, "end_at"))

    @classmethod
    def offered(cls, slot: models.Timeslot) -> Self:
        """The slot as the API wrote it, in whatever form: it is passed on as it is."""
        made = cls.__new__(cls)
        models.Timeslot.__init__(made, start_at=slot.start_at, end_at=slot.end_at)
        made.additional_properties = slot.additional_properties
        return made
