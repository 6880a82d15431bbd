"""What a client may be told of the rate, and what it refuses to be told."""

from __future__ import annotations

from typing import Any

import pytest
from worlds import BOOKING, FakeClock, World, ok, refused

from cleanlife_ext import ConfigurationError, RateLimitError

ID = BOOKING["bookingId"]
SLOW_DOWN = refused(429, "RATE_LIMIT_EXCEEDED")


@pytest.mark.parametrize("word", ["", "Raise", "ignore", True, 0, 1.5, b"wait", ["wait"], {}])
def test_on_rate_limit_is_one_of_two_words(world: World, word: Any) -> None:
    """Anything else is refused when the client is made, and by a view of it."""
    with pytest.raises(ConfigurationError, match="on_rate_limit: one of wait, raise is needed"):
        world.make(on_rate_limit=word)
    with (
        world.client(ok(BOOKING)) as (client, _),
        pytest.raises(ConfigurationError, match="on_rate_limit: one of wait, raise is needed"),
    ):
        client.with_options(on_rate_limit=word)


@pytest.mark.parametrize("limit", [0, -1, 1.0, 60.5, True, "60", float("nan"), float("inf"), [], b"1"])
def test_rate_limit_is_a_whole_number_from_1(world: World, limit: Any) -> None:
    """Of requests a minute."""
    with pytest.raises(ConfigurationError, match="rate_limit: a whole number of requests a minute, from 1, is needed"):
        world.make(rate_limit=limit)


@pytest.mark.parametrize(
    "storage",
    [
        *("", "redis", "memory://", "http://host", "redis//host", 6379, b"redis://host", ["redis://host"]),
        *("redis://:secret@host:port/0", "redis://:secret@[::1/0", "redis://:secret@host:99999999/0?socket_timeout=x"),
    ],
)
def test_a_storage_is_the_address_of_a_redis(world: World, storage: Any) -> None:
    """What is wrong with another is not quoted: it may hold a password."""
    with pytest.raises(ConfigurationError) as caught:
        world.make(rate_limit=60, rate_limit_storage=storage)

    assert str(caught.value) == "rate_limit_storage: an address like redis://host:6379/0 is needed"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_storage_without_a_limit_is_a_mistake(world: World) -> None:
    """It would do nothing."""
    with pytest.raises(ConfigurationError, match="rate_limit says up to what"):
        world.make(rate_limit_storage="redis://127.0.0.1:1/0")


def test_a_view_may_raise_where_its_client_waits(world: World) -> None:
    """And the other way round; other options stay as they are, and the limiter is the same."""
    clock = FakeClock()
    with world.client(SLOW_DOWN, ok(BOOKING), clock=clock) as (client, script):
        eager = client.with_options(on_rate_limit="raise")
        with pytest.raises(RateLimitError):
            world(eager.bookings.status(ID))
        with pytest.raises(RateLimitError):
            world(eager.with_options(timeout=5).bookings.status(ID))
        world(eager.with_options(on_rate_limit="wait").bookings.status(ID))

    assert len(script.asked) == 2
    assert 60.0 <= sum(clock.slept) <= 66.0


def test_pages_and_batches_wait_as_single_calls_do(world: World) -> None:
    """Each request in its turn."""
    clock = FakeClock()
    page = {"success": True, "data": [], "meta": {"page": 1, "limit": 100, "total": 0, "totalPages": 1}}
    with world.client(SLOW_DOWN, ok([], meta=page["meta"]), clock=clock) as (client, script):
        assert world.items(client.bookings.list()) == []

    assert len(script.asked) == 2
    assert 60.0 <= sum(clock.slept) <= 66.0
