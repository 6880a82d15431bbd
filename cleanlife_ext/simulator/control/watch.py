"""Whether anything has changed since somebody looked.

What is behind the picture consists of values that are never changed, only replaced. So what was seen last is kept and
compared; that costs next to nothing while nothing happens, and nobody has to remember to count a change.
"""

import secrets
import threading


class Watch:
    """Gives each sight a version; equal sights that follow each other have the same one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: object = None
        self._version = 0
        # Another process on the same port has other versions.
        self._token = secrets.token_hex(4)

    def version(self, sight: object) -> str:
        """The version of what is seen now."""
        with self._lock:
            if sight != self._seen:
                self._seen = sight
                self._version += 1
            return f"{self._token}-{self._version}"
