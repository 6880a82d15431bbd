"""A count of requests that several processes share, on Redis, kept by the `limits` library.

It is asked as a `Blocking` effect, in the thread of the call or beside the event loop; so one implementation serves
every world, and no connection belongs to an event loop.
"""

from __future__ import annotations

import time
from typing import Any

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.engine.log import LOGGER
from cleanlife_ext.engine.pace import WINDOW
from cleanlife_ext.errors import ConfigurationError

__all__ = ["RedisTurns", "redis_turns"]

SCHEMES = ("redis://", "rediss://", "redis+unix://")
PATIENCE = 1.0  # Seconds for Redis to connect, and to answer.
BROKEN = 10.0  # Seconds for which it is not asked again after it failed.
MARGIN = 1  # Seconds: what one process sends early must not meet what another sent late.
SOON = 0.05  # Seconds


class RedisTurns:
    """At most *limit* turns in a minute, for all who use the same *name* and limit on the same Redis.

    *storage* is one of the `limits` library. If it fails, turns are given freely for a while: every process keeps to
    the limit by itself all the same, and nobody's booking waits for a Redis.
    """

    def __init__(self, storage: Any, limit: int, name: str, clock: Clock) -> None:
        # Here, since they are an extra.
        from limits import RateLimitItemPerSecond  # noqa: PLC0415
        from limits.strategies import MovingWindowRateLimiter  # noqa: PLC0415

        self._storage, self._name, self._clock = storage, name, clock
        self._window = MovingWindowRateLimiter(storage)
        self._item = RateLimitItemPerSecond(limit, int(WINDOW) + MARGIN, namespace="cleanlife-ext")
        self._broken_until: float | None = None
        self._closed = False

    def take(self) -> float:
        """Take a turn (0.0), or say after how many seconds it makes sense to ask again."""
        if self._closed or (self._broken_until is not None and self._clock.now() < self._broken_until):
            return 0.0
        try:
            wait = 0.0 if self._window.hit(self._item, self._name) else self._wait()
        except Exception as error:  # noqa: BLE001  # Whatever it may be, it is not the booking's fault.
            self._fail(error)
            return 0.0
        self._broken_until = None
        return wait

    def close(self) -> None:
        self._closed = True
        self._storage.storage.close()

    def _wait(self) -> float:
        stats = self._window.get_window_stats(self._item, self._name)
        # The library counts in seconds since 1970 of its own, whatever the clock of the client.
        return SOON if stats.remaining > 0 else max(SOON, stats.reset_time - time.time())

    def _fail(self, error: Exception) -> None:
        is_news = self._broken_until is None
        self._broken_until = self._clock.now() + BROKEN
        if is_news:
            text = "the Redis that shares the rate limit is out of order (%s); this process counts for itself meanwhile"
            LOGGER.warning(text, type(error).__name__)


def redis_turns(url: str, limit: int, name: str, clock: Clock) -> RedisTurns:
    """The turns kept on the Redis at *url*, which may hold a password and is shown nowhere."""
    if not isinstance(url, str) or not url.startswith(SCHEMES):
        raise ConfigurationError("rate_limit_storage: an address like redis://host:6379/0 is needed")
    try:
        from limits.storage import RedisStorage  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("rate_limit_storage: needs pip install 'cleanlife-ext[redis]'") from None
    try:
        options: dict[str, Any] = {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "retry": Retry(NoBackoff(), 0),
        }
        storage = RedisStorage(url, **options)
    except Exception:  # noqa: BLE001  # Each library refuses an address in its own way, and quotes it.
        raise ConfigurationError("rate_limit_storage: an address like redis://host:6379/0 is needed") from None
    return RedisTurns(storage, limit, name, clock)
