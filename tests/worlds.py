"""One test body for every world: a client, a script of answers, and a clock that only the test moves."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from cleanlife_ext import AsyncCleanLife, CleanLife
from cleanlife_ext.engine.flow import Clock

KEY = "pk_test_0123456789"
URL = "https://api.test/v1"


class FakeClock(Clock):
    """Time passes when somebody sleeps, and when a test says so."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return 1_780_000_000.0 + self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Script(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """A transport for both worlds that gives one answer after the other; the last one stands for all that follow."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step.with_traceback(None)  # Raised again and again, it would grow one.
        if callable(step):
            return step(request)
        return httpx.Response(step.status_code, headers=step.headers, content=step.content)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.handle_request(request)

    @property
    def bodies(self) -> list[Any]:
        """What was sent, decoded."""
        return [json.loads(request.content) if request.content else None for request in self.asked]

    @property
    def calls(self) -> list[str]:
        """Method and path of what was asked, in order."""
        return [f"{request.method} {request.url.path.removeprefix('/v1')}" for request in self.asked]


def ok(data: Any, status: int = 200, **more: Any) -> httpx.Response:
    """A success in the API's envelope."""
    return httpx.Response(status, json={"success": True, "data": data, **more}, headers={"x-request-id": "req-ok"})


def page(items: list[Any], number: int = 1, pages: int = 1) -> httpx.Response:
    """One page of a list."""
    return ok(items, meta={"page": number, "limit": 100, "total": len(items), "totalPages": pages})


def refused(status: int, code: str, headers: dict[str, str] | None = None, **error: Any) -> httpx.Response:
    """A refusal in the API's envelope."""
    body = {"success": False, "error": {"code": code, "message": "no", "requestId": "req-no", **error}}
    return httpx.Response(status, json=body, headers={"x-request-id": "req-no", **(headers or {})})


def cooled(slept: list[float], *waits: float) -> bool:
    """Whether these were the waits, each up to a tenth longer: the release after a cool-down is spread."""
    return len(slept) == len(waits) and all(
        wait <= real <= wait * 1.1 + 1e-6 for real, wait in zip(slept, waits, strict=True)
    )


BOOKING = {
    "bookingId": "7d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a01",
    "externalReference": "ORDER-1",
    "appointmentId": None,
    "status": "in progress",
    "paymentStatus": "PENDING",
    "trackingReference": "SA-0042",
    "date": "2026-06-20T00:00:00.000Z",
    "timeslot": {"startAt": "09:00", "endAt": "12:00", "endsAtNextDay": False},
    "appointment": None,
}


@attrs.frozen(eq=False)
class World:
    """Synchronous code, asyncio or trio. Call it with whatever a client returned, and it gives the result."""

    name: str
    portal: BlockingPortal | None

    @property
    def is_async(self) -> bool:
        return self.portal is not None

    def __call__(self, result: Any) -> Any:
        if self.portal is not None and inspect.isawaitable(result):
            return self.portal.call(_awaited, result)
        return result

    def items(self, pages: Any) -> list[Any]:
        """Walk something with `for` or `async for`."""
        if self.portal is not None and isinstance(pages, AsyncIterable):
            return self.portal.call(_walked, pages)
        return list(pages)

    def make(self, transport: Any = None, **options: Any) -> Any:
        """A client of this world. Close it with `close`, or use `client`."""
        options = {"api_key": KEY, "base_url": URL, **options}
        return (AsyncCleanLife if self.is_async else CleanLife)(transport=transport, **options)

    def close(self, client: Any) -> None:
        self(client.aclose() if self.is_async else client.close())

    @contextmanager
    def client(self, *steps: Step, **options: Any) -> Iterator[tuple[Any, Script]]:
        """A client over a script of answers, and the script."""
        script = Script(*steps)
        client = self.make(script, **{"clock": FakeClock(), **options})
        try:
            yield client, script
        finally:
            self.close(client)

    def generated(self, module: Any, client: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a generated operation on `client.generated`."""
        call = module.asyncio if self.is_async else module.sync
        return self(call(*args, client=client.generated, **kwargs))


@contextmanager
def world_of(name: str) -> Iterator[World]:
    if name == "sync":
        yield World(name, None)
    else:
        with start_blocking_portal(name) as portal:
            yield World(name, portal)


async def _awaited(result: Any) -> Any:
    return await result


async def _walked(pages: AsyncIterable[Any]) -> list[Any]:
    return [item async for item in pages]
