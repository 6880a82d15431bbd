"""Who looks for something to do hears at once that there is something."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Bell"]


class Bell:
    """Rings for whoever listens, in this process. It may be rung in any thread."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], object]] = []

    def ring(self) -> None:
        """Tell all listeners."""
        for hear in tuple(self._listeners):
            hear()

    def listen(self, hear: Callable[[], object]) -> None:
        """Call *hear*, which must not take long, whenever it rings."""
        self._listeners.append(hear)

    def ignore(self, hear: Callable[[], object]) -> None:
        """Call it no more."""
        self._listeners.remove(hear)
