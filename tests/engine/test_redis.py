"""A limit that processes share on a real Redis, which is started here, if this machine has one."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from worlds import BOOKING, FakeClock, World, ok

from cleanlife_ext import RateLimitError
from cleanlife_ext.engine.redis_turns import redis_turns

SERVER = shutil.which("redis-server")
ID = BOOKING["bookingId"]
PATIENCE = 20.0  # Seconds for a Redis to come up.

pytestmark = pytest.mark.skipif(SERVER is None, reason="there is no redis-server on this machine")

# Another process: it calls as often as it can, and says how often that was.
PROCESS = """
import sys
import httpx
from cleanlife_ext import CleanLife, RateLimitError

answer = httpx.MockTransport(lambda _: httpx.Response(200, json={"success": True, "data": []}))
sent = 0
with CleanLife(
    "pk_test_shared", base_url="https://api.test/v1", transport=answer, cache_ttl=0,
    rate_limit=10, rate_limit_storage=sys.argv[1], on_rate_limit="raise",
) as client:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(20):
        try:
            client.bookings.cancellation_reasons()
            sent += 1
        except RateLimitError as error:
            assert 0 < error.retry_after <= 61, error.retry_after
print(sent, flush=True)
"""


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis of our own, and where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert SERVER is not None
    command = [SERVER, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  # Ours.
    try:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            assert process.poll() is None
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)
        yield f"127.0.0.1:{port}/0", process
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a Redis listens."""
    with running(tmp_path_factory.mktemp("redis")) as (place, _):
        yield place


def status(world: World, client: object) -> object:
    """Make one call."""
    return world(client.bookings.status(ID))  # type: ignore[attr-defined]


def test_two_processes_stay_under_the_limit_together(place: str) -> None:
    """Both call as fast as they can, and ten calls go out."""
    with ExitStack() as stack:
        both = [
            stack.enter_context(
                subprocess.Popen(  # noqa: S603  # Ours.
                    [sys.executable, "-c", PROCESS, f"redis://{place}"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        for process in both:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        said = [process.communicate("go\n", timeout=60)[0] for process in both]

    assert sum(map(int, said)) == 10


def test_every_world_counts_on_the_same_redis(world: World, place: str) -> None:
    """What one has sent, the other may not; the clocks differ, so nothing else is shared."""
    options = {
        "api_key": f"pk_test_{world.name}",
        "rate_limit": 2,
        "rate_limit_storage": f"redis://{place}",
        "on_rate_limit": "raise",
    }
    with world.client(ok(BOOKING), **options) as (one, first), world.client(ok(BOOKING), **options) as (other, second):
        status(world, one)
        status(world, other)
        for client in (one, other):
            with pytest.raises(RateLimitError, match="rate_limit of 2 requests a minute") as caught:
                status(world, client)
            assert caught.value.retry_after is not None
            assert 55 < caught.value.retry_after <= 61

    assert (len(first.asked), len(second.asked)) == (1, 1)


def test_keys_are_counted_apart(world: World, place: str) -> None:
    """And nobody can read them on the Redis."""
    for key in ("pk_test_one_" + world.name, "pk_test_two_" + world.name):
        options = {"api_key": key, "rate_limit": 1, "rate_limit_storage": f"redis://{place}"}
        with world.client(ok(BOOKING), on_rate_limit="raise", **options) as (client, script):
            status(world, client)
        assert len(script.asked) == 1

    import redis  # noqa: PLC0415  # An extra, like the server.

    with redis.Redis.from_url(f"redis://{place}") as plain:
        names = b" ".join(plain.keys())
    assert b"pk_test" not in names
    assert b"api.test" in names


def test_callables_of_one_address_are_counted_together(world: World, place: str) -> None:
    """What they get is not known beforehand; too slow is better than too fast."""
    options = {
        "base_url": f"https://{world.name}.test/v1",
        "rate_limit": 1,
        "rate_limit_storage": f"redis://{place}",
        "on_rate_limit": "raise",
    }
    keys: list[Callable[[], str]] = [lambda: "pk_test_a", lambda: "pk_test_b"]
    with world.client(ok(BOOKING), api_key=keys[0], **options) as (client, _):
        status(world, client)
    with (
        world.client(ok(BOOKING), api_key=keys[1], **options) as (client, _),
        pytest.raises(RateLimitError),
    ):
        status(world, client)


def test_bookings_go_on_when_it_dies(world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In the middle of everything."""
    clock = FakeClock()
    with (
        running(tmp_path) as (place, process),
        caplog.at_level(logging.WARNING, "cleanlife_ext"),
        world.client(ok(BOOKING), clock=clock, rate_limit=5, rate_limit_storage=f"redis://{place}") as (client, script),
    ):
        status(world, client)
        process.terminate()
        process.wait(PATIENCE)
        for _ in range(4):
            status(world, client)

    assert (len(script.asked), clock.slept) == (5, [])
    assert sum("out of order" in record.getMessage() for record in caplog.records) == 1


def test_a_password_is_used_and_not_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong one is as good as no Redis."""
    with running(tmp_path, "--requirepass", "s3cret") as (place, _), caplog.at_level(logging.DEBUG):
        right = redis_turns(f"redis://:s3cret@{place}", 1, "somebody", FakeClock())
        assert right.take() == 0.0
        assert right.take() > 0.0
        right.close()
        wrong = redis_turns(f"redis://:wr0ng@{place}", 1, "somebody", FakeClock())
        assert [wrong.take(), wrong.take()] == [0.0, 0.0]
        wrong.close()

    assert "s3cret" not in caplog.text + repr(right)
    assert "wr0ng" not in caplog.text + repr(wrong)
    assert "out of order" in caplog.text


def test_a_redis_that_says_nothing_costs_a_moment(tmp_path: Path) -> None:
    """And only once in a while."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        turns = redis_turns(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", 1, str(tmp_path), FakeClock())
        began = time.monotonic()
        assert [turns.take() for _ in range(20)] == [0.0] * 20
        turns.close()

    assert time.monotonic() - began < 10
