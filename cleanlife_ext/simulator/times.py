"""Riyadh time, in which all service dates and slots are meant."""

import datetime as dt

from cleanlife_ext.values import RIYADH

__all__ = ["RIYADH", "riyadh_text", "utc_now"]


def utc_now() -> dt.datetime:
    """The real time."""
    return dt.datetime.now(dt.UTC)


def riyadh_text(moment: dt.datetime) -> str:
    """ISO 8601 with the offset of Riyadh: ``2026-06-20T09:00:00+03:00``."""
    return moment.astimezone(RIYADH).isoformat(timespec="seconds")
