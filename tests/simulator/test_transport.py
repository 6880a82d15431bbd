"""The API without a socket."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from simulator.calling import Clock
from worlds import FakeClock, World

from cleanlife_ext import APITimeoutError, CleanLife, ConfigurationError, NotFoundError
from cleanlife_ext.simulator import InProcess, Simulator, faults
from cleanlife_ext.simulator.bodies import MOST_IGNORED

URL = "http://simulator/v1"


@pytest.fixture
def client(simulator: Simulator) -> Iterator[httpx.Client]:
    """A plain client with the simulator's key."""
    headers = {"x-api-key": simulator.api_key}
    with httpx.Client(transport=simulator.transport, base_url=URL, headers=headers) as client:
        yield client


@pytest.mark.parametrize("address", [URL, "https://api.example.com/v1", "http://[::1]:8000/v1"])
def test_both_clients_take_it_whatever_the_address(world: World, simulator: Simulator, address: str) -> None:
    """Scheme, host and port do not matter."""
    client = world.make(simulator.transport, api_key=simulator.api_key, base_url=address)

    assert len(world(client.pricing.tiers())) == 3
    assert len(world.items(client.services.list())) == 12
    world.close(client)


def test_closing_a_client_closes_nothing(world: World, simulator: Simulator) -> None:
    """The next one is served; only the client itself is done with."""
    for _ in range(2):
        client = world.make(simulator.transport, api_key=simulator.api_key, base_url=URL)
        world(client.pricing.tiers())
        world.close(client)

    with pytest.raises(ConfigurationError, match="closed"):
        world(client.pricing.tiers())


def test_a_wrong_path_is_the_404_of_the_api(world: World, simulator: Simulator) -> None:
    """In its envelope."""
    client = world.make(simulator.transport, api_key=simulator.api_key, base_url="http://simulator/v9")

    with pytest.raises(NotFoundError) as caught:
        world(client.pricing.tiers())

    assert caught.value.code == "RESOURCE_NOT_FOUND"
    world.close(client)


def test_what_arrives_is_what_would_arrive_over_a_socket(simulator: Simulator) -> None:
    """Method, path, query and headers are recorded alike, and the answers differ in their ids and dates alone."""
    asked: list[Any] = []
    answers: list[Any] = []
    with simulator.serve() as server:
        for transport, address in ((None, server.base_url), (simulator.transport, server.base_url)):
            with httpx.Client(transport=transport, base_url=address, headers={"x-api-key": server.api_key}) as client:
                answers.extend(
                    (response.status_code, response.json(), sorted(set(response.headers) - {"date"}))
                    for response in (
                        client.get("/partners/services?limit=2&limit=3&sortBy=", headers={"X-Request-Id": "one"}),
                        client.get("/partners/s%C3%A9rvices%3Fx", headers={"X-Request-Id": "two"}),
                        client.post("/partners/contacts", json={"name": "سارة"}, headers={"X-Request-Id": "three"}),
                    )
                )
            asked.append([(r.method, r.path, r.query, r.headers, r.status, r.at) for r in simulator.requests])
            simulator.reset()

    assert asked[0] == asked[1]
    assert answers[:3] == answers[3:]


def test_calls_come_from_this_machine(simulator: Simulator, client: httpx.Client) -> None:
    """So an allowlist may name 127.0.0.1."""
    for allowed, status in (("127.0.0.1", 200), ("10.0.0.1", 403)):
        key = simulator.add_key(allowed_ips=[allowed])
        assert client.get("/partners/services", headers={"x-api-key": key}).status_code == status


def test_a_large_body_and_a_large_head_are_refused(client: httpx.Client) -> None:
    """As over a socket."""
    assert client.post("/partners/contacts", content=b"x" * 50_000_000).status_code == 413
    bomb = client.get("/partners/services", headers={"x-bomb": "x" * 100_000})
    assert (bomb.status_code, bomb.json()["error"]["code"]) == (431, "REQUEST_HEADER_FIELDS_TOO_LARGE")


def test_a_body_without_end_is_not_read_to_it(client: httpx.Client) -> None:
    """No more than over a socket."""
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1_000_000
            yield bytes(1_000_000)

    assert client.post("/partners/contacts", content=endless()).status_code == 413
    assert read < MOST_IGNORED + 2_000_000


Run = Callable[..., Any]


@pytest.fixture(params=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Both kinds of event loops."""
    with start_blocking_portal(request.param) as portal:
        yield portal.call


def test_an_asynchronous_body_without_end_is_not_read_to_it(simulator: Simulator, run: Run) -> None:
    """As in the synchronous world."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1_000_000)

    async def post() -> httpx.Response:
        content = endless()
        async with httpx.AsyncClient(transport=simulator.transport, base_url=URL) as client:
            response = await client.post("/partners/contacts", content=content, headers={"x-api-key": "pk_none"})
        await content.aclose()  # type: ignore[attr-defined]
        return response

    assert run(post).status_code == 401  # The gate comes first.


def test_what_can_be_waited_for_is_waited_for(world: World, simulator: Simulator) -> None:
    """A delay and a drip within the timeout take their time."""
    simulator.faults.add("*", faults.delay(0.1))
    simulator.faults.add("*", faults.drip(2000))
    client = world.make(simulator.transport, api_key=simulator.api_key, base_url=URL, timeout=10, cache_ttl=0)

    for _ in range(2):
        began = time.monotonic()
        world(client.pricing.tiers())
        assert time.monotonic() - began >= 0.1
    world.close(client)


def test_what_cannot_be_waited_for_is_over_at_once(simulator: Simulator, client: httpx.Client) -> None:
    """A timeout of ten minutes costs no time."""
    simulator.faults.add("*", faults.delay(601))
    simulator.faults.add("*", faults.drip(0.01))

    began = time.monotonic()
    for _ in range(2):
        with pytest.raises(httpx.ReadTimeout):
            client.get("/partners/pricing/tiers", timeout=600)
    assert time.monotonic() - began < 10


def test_who_waits_without_a_timeout_gets_the_answer(simulator: Simulator, client: httpx.Client) -> None:
    """However late."""
    simulator.faults.add("*", faults.delay(0.05))

    assert client.get("/partners/pricing/tiers", timeout=None).status_code == 200


def test_a_clock_that_is_given_lets_all_time_pass(world: World, simulator: Simulator) -> None:
    """That of an answer that is late or slow, and that of a timeout; none of it is real."""
    clock = FakeClock()
    transport = InProcess(simulator.answer, clock)
    client = world.make(transport, api_key=simulator.api_key, base_url=URL, clock=clock, max_attempts=1)
    simulator.faults.add("*", faults.delay(20))
    simulator.faults.add("*", faults.drip(20))
    simulator.faults.add("*", faults.delay(3600))

    began = time.monotonic()
    world(client.pricing.tiers())
    assert clock.slept == [20]
    world(client.services.get(simulator.services[0].id))
    assert sum(clock.slept) == pytest.approx(20 + 21, abs=5)
    del clock.slept[:]
    with pytest.raises(APITimeoutError):
        world(client.bookings.cancellation_reasons())
    assert clock.slept == [pytest.approx(30)]
    assert time.monotonic() - began < 10
    world.close(client)


def test_a_part_is_read_before_it_breaks(simulator: Simulator, client: httpx.Client) -> None:
    """Half of the body, then the error."""
    simulator.faults.add("*", faults.truncate())
    received = b""

    with client.stream("GET", "/partners/pricing/tiers") as response:
        pieces = response.iter_raw()
        received += next(pieces)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            next(pieces)

    assert len(received) == int(response.headers["content-length"]) // 2


async def cancelled(operation: Callable[[], Awaitable[Any]]) -> bool:
    """Whether it could be cancelled after a moment."""
    with anyio.move_on_after(0.05) as scope:
        await operation()
    return scope.cancelled_caught


@pytest.mark.parametrize("fault", [faults.delay(60), faults.drip(5)], ids=["delay", "drip"])
def test_a_task_that_waits_can_be_cancelled(simulator: Simulator, run: Run, fault: faults.Fault) -> None:
    """And leaves nothing behind."""
    simulator.faults.add("*", fault)

    async def get() -> bool:
        async with httpx.AsyncClient(transport=simulator.transport, base_url=URL, timeout=300) as client:
            return await cancelled(lambda: client.get("/partners/pricing/tiers"))

    assert run(get)
    assert len(simulator.requests) == 1


def test_others_run_while_a_task_asks(simulator: Simulator, run: Run) -> None:
    """Each call lets the event loop turn."""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.lowlevel.checkpoint()

    async def ask() -> None:
        async with (
            httpx.AsyncClient(transport=simulator.transport, base_url=URL) as client,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(turn)
            for _ in range(20):
                await client.get("/partners/pricing/tiers")
            tasks.cancel_scope.cancel()

    run(ask)
    assert turns >= 15


def test_threads_may_share_it(simulator: Simulator) -> None:
    """A client and a transport for all of them."""
    names: list[int] = []
    with CleanLife(simulator.api_key, base_url=URL, transport=simulator.transport, cache_ttl=0) as client:

        def ask() -> None:
            names.extend(len(client.services.list().all()) for _ in range(10))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert names == [12] * 80


def test_a_simulator_that_nobody_holds_is_gone() -> None:
    """At once, without a collection of garbage; who has its transport still has it."""
    gc.disable()
    try:
        simulator = Simulator()
        gone, transport = weakref.ref(simulator), simulator.transport
        transport.handle_request(httpx.Request("GET", f"{URL}/partners/services"))

        del simulator
        assert gone() is not None
        del transport
        assert gone() is None
    finally:
        gc.enable()


def test_it_is_faster_than_a_socket(clock: Clock) -> None:
    """In the same run, with the same client; the best of some rounds is compared, since the machine may be busy."""
    simulator = Simulator(now=clock)

    def seconds(client: CleanLife) -> float:
        began = time.perf_counter()
        for _ in range(20):
            client.pricing.tiers()
        return time.perf_counter() - began

    with (
        simulator.serve() as server,
        CleanLife(simulator.api_key, cache_ttl=0, base_url=server.base_url) as over_a_socket,
        CleanLife(simulator.api_key, cache_ttl=0, base_url=URL, transport=simulator.transport) as in_process,
    ):
        rounds = [(seconds(over_a_socket), seconds(in_process)) for _ in range(10)]
    slow, fast = map(min, zip(*rounds, strict=True))

    assert fast < slow
