"""Times as the APIs write them: CleanLife means Riyadh's, Health Gorilla UTC."""

import datetime as dt

from cleanlife_ext.values import RIYADH

__all__ = ["RIYADH", "riyadh_text", "utc_now", "utc_text"]


def utc_now() -> dt.datetime:
    """The real time."""
    return dt.datetime.now(dt.UTC)


def utc_text(moment: dt.datetime) -> str:
    """UTC, to the second: ``2026-06-20T10:00:00Z``."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def riyadh_text(moment: dt.datetime) -> str:
    """ISO 8601 with the offset of Riyadh: ``2026-06-20T09:00:00+03:00``."""
    return moment.astimezone(RIYADH).isoformat(timespec="seconds")
