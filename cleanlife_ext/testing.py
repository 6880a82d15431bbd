"""A plugin for pytest: a simulator and a client of each kind for every test, with faults and without waiting.

Name it in the `conftest.py` at the root of your tests, and take its fixtures:

    pytest_plugins = ["cleanlife_ext.testing"]

Then this is a test file:

    from cleanlife_ext.simulator import faults

    def test_a_busy_api_is_asked_again(cleanlife, cleanlife_simulator):
        cleanlife_simulator.faults.add("listServices", faults.status(429))
        assert len(cleanlife.services.list().all()) == 12
        assert [request.status for request in cleanlife_simulator.requests] == [429, 200]

    async def test_that_it_is_so_for_asynchronous_code_too(async_cleanlife):
        assert (await async_cleanlife.pricing.tiers())[0].factor == 1.0

A webhook for your own application is one call; it is signed, now, as CleanLife would:

    def test_a_cancelled_visit_is_refunded(cleanlife_webhook):
        webhook = cleanlife_webhook("booking.cancelled", external_reference="ORDER-1")
        https = TestClient(app, base_url="https://test")
        assert https.post("/webhooks", content=webhook.body, headers=webhook.headers).status_code == 200
        receiver.process()
        assert refunds == ["ORDER-1"]

`cleanlife_simulator`   a simulator in its first state, to which webhooks may come over plain HTTP; nothing is shared
                        between tests
`cleanlife`             `CleanLife` on it, without a socket
`async_cleanlife`       `AsyncCleanLife` on it; the fixture itself is synchronous, so it serves pytest-asyncio,
                        anyio and pytest-trio alike
`cleanlife_webhook`     makes a delivery with `.headers`, `.body` and `.delivery_id`, about a booking as you describe
                        it; its `.secret` is what your receiver has to know
`cleanlife_webhook_secret`  that secret; override it to have another one

The clients take the simulator's clock for theirs. A wait of a client (a backoff, a cool-down after a 429), a delayed
answer and a timeout let that clock go on and cost no real time. Calls that wait at the same time wait for the same
time.

For another simulator (webhooks into a function, a CLEANOS account, a day on which your tests always run) define the
fixture yourself; the clients follow:

    @pytest.fixture
    def cleanlife_simulator():
        return Simulator(payment_responsibility="CLEANOS", now=lambda: datetime(2026, 6, 13, 8, tzinfo=timezone.utc))
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import anyio.to_thread

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.webhooks.samples import WebhookMaker

try:
    import pytest

    from cleanlife_ext.simulator import Clock as SimulatorClock
    from cleanlife_ext.simulator import Simulator
    from cleanlife_ext.simulator.transport import InProcess
except ModuleNotFoundError as error:
    missing = (error.name or "").partition(".")[0]
    if missing.startswith("cleanlife_"):
        raise  # Nothing that could be installed beside it would help.
    message = f'cleanlife_ext.testing needs {missing}; run: pip install pytest "cleanlife-ext[simulator]"'
    raise ModuleNotFoundError(message, name=error.name) from None

__all__ = [
    "SimulatedClock",
    "async_cleanlife",
    "cleanlife",
    "cleanlife_simulator",
    "cleanlife_webhook",
    "cleanlife_webhook_secret",
]

BASE_URL = "http://simulator/v1"
WEBHOOK_SECRET = "0123456789abcdef" * 4  # As long as the real ones, and for nothing but tests.


class SimulatedClock(Clock):
    """A simulator's clock as a client's. Whoever sleeps moves it on, and those who sleep at the same time, together."""

    def __init__(self, clock: SimulatorClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self.wall()

    def wall(self) -> float:
        return self._clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self._clock.advance_to(self._end_of(seconds))

    async def asleep(self, seconds: float) -> None:
        # In a thread, since what becomes due may send webhooks to a receiver on this very event loop.
        await anyio.to_thread.run_sync(self._clock.advance_to, self._end_of(seconds))

    def _end_of(self, seconds: float) -> dt.datetime:
        return self._clock.now() + dt.timedelta(seconds=seconds)


@pytest.fixture
def cleanlife_webhook_secret() -> str:
    """The secret that deliveries are signed with; override it to have another one."""
    return WEBHOOK_SECRET


@pytest.fixture
def cleanlife_webhook(cleanlife_webhook_secret: str) -> WebhookMaker:
    """Makes deliveries for your own application."""
    return WebhookMaker(cleanlife_webhook_secret)


@pytest.fixture
def cleanlife_simulator() -> Simulator:
    """The Partner API, as if nobody had ever called it."""
    return Simulator(allow_http=True)


@pytest.fixture
def cleanlife(cleanlife_simulator: Simulator) -> Iterator[CleanLife]:
    """A synchronous client of the test's simulator."""
    with CleanLife(cleanlife_simulator.api_key, **_options(cleanlife_simulator)) as client:
        yield client


@pytest.fixture
def async_cleanlife(cleanlife_simulator: Simulator) -> AsyncCleanLife:
    """An asynchronous client of the test's simulator; there is nothing in it that would have to be closed."""
    return AsyncCleanLife(cleanlife_simulator.api_key, **_options(cleanlife_simulator))


def _options(simulator: Simulator) -> dict[str, Any]:
    clock = SimulatedClock(simulator.clock)
    return {"base_url": BASE_URL, "transport": InProcess(simulator.answer, clock), "clock": clock}
