"""One lock for all that threads share.

It guards short steps on values in memory, never an I/O and never a yield. There is one for the whole process, so that
`fork()` can be made to wait for it: a child finds it free, and finds nothing half done.
"""

from __future__ import annotations

import os
import threading

__all__ = ["LOCK"]

LOCK = threading.RLock()  # Reentrant, because a signal's handler may fork while its own thread is inside.

# Windows has no fork.
getattr(os, "register_at_fork", dict)(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release)
