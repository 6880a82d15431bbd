"""A lease is kept as long as somebody is at what it is for, and passes when they die."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from cleanlife_ext.errors import CleanLifeError
from cleanlife_ext.webhooks.log import tell

__all__ = ["kept"]

RENEWALS = 3  # To a lease, so that one may fail.


@contextmanager
def kept(renew: Callable[[], bool], lease: float) -> Generator[None]:
    """Call *renew* in a thread, well before so many seconds of *lease* have passed, until it says that it is lost."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(lease / RENEWALS) and _renewed(renew):
            pass

    threading.Thread(target=keep, name="cleanlife-lease", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _renewed(renew: Callable[[], bool]) -> bool:
    try:
        return renew()
    except CleanLifeError as error:  # The database may come back in time.
        tell(logging.WARNING, "cleanlife.webhook.renewal_failed", error=type(error).__name__)
        return True
