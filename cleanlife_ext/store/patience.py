"""Connections to PostgreSQL that wait for an answer only so long: a server that hangs must not hang a booking.

The server's own `statement_timeout` needs a server that runs.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg

__all__ = ["connect", "limits"]


class _Connection(psycopg.Connection[Any]):
    """One that counts as broken if nothing is heard of it for *patience* seconds."""

    patience = 0.0

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **kwargs: Any) -> Any:
        return super().wait(self._bounded(gen), *args, **kwargs)

    def _bounded(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        ends = time.monotonic() + self.patience
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted  # It is asked every now and then, also if nothing is ready.
                if not ready and time.monotonic() > ends:
                    self.pgconn.finish()
                    raise psycopg.OperationalError("no answer in time")
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value


def connect(patience: float, *args: Any, **options: Any) -> psycopg.Connection[Any]:
    """A connection, where connecting and each statement take at most *patience* seconds."""
    connection = _Connection.connect(*args, **{**options, **limits(patience)})
    connection.patience = patience
    return connection


def limits(patience: float) -> dict[str, Any]:
    """What a server that runs is told of it, and what the system is."""
    seconds = max(1, round(patience))
    return {
        "connect_timeout": seconds,
        "options": f"-c statement_timeout={seconds}s -c lock_timeout={seconds}s",
        "tcp_user_timeout": 1000 * seconds,
    }
