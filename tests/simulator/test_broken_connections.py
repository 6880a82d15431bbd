"""How answers are handed over behind a real socket, and under other servers."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from cleanlife_ext.simulator import Server, Simulator, faults
from cleanlife_ext.simulator.bodies import MOST_IGNORED
from cleanlife_ext.simulator.faults import Fault

PATH = "/v1/partners/pricing/tiers"
STOPPING = 2.0  # seconds a server may take to stop, whatever is under way


@pytest.fixture
def server(simulator: Simulator) -> Iterator[Server]:
    """A server on a free port."""
    with simulator.serve() as server:
        yield server


def raw(server: Server, answers: int = 1) -> tuple[bytes, float]:
    """All bytes that come back, and how many seconds it takes until the connection is closed by the server."""
    began = time.monotonic()
    head = f"GET {PATH} HTTP/1.1\r\nHost: simulator\r\nx-api-key: {server.api_key}\r\n\r\n".encode()
    received = b""
    with socket.create_connection((server.host, server.port), timeout=10) as connection:
        connection.sendall(head * answers)
        while piece := connection.recv(65_536):
            received += piece
    return received, time.monotonic() - began


@pytest.mark.parametrize("fault", [faults.drop_before_commit(), faults.drop_after_commit(), faults.late_commit(1)])
def test_a_dropped_connection_is_closed_without_a_byte(simulator: Simulator, server: Server, fault: Fault) -> None:
    """Not even a 500 of the server's, and without a word in the log."""
    simulator.faults.add("*", fault)

    received, seconds = raw(server)

    assert received == b""
    assert seconds < 1


def test_a_connection_that_was_good_before_is_dropped_too(simulator: Simulator, server: Server) -> None:
    """The first answer arrives as a whole, the second does not, though both were asked for at once."""
    simulator.faults.add("*", faults.drop_after_commit(), after=1)

    received, _ = raw(server, answers=2)

    assert received.count(b"HTTP/1.1") == 1
    assert received.endswith(b"}]}")


def test_a_truncated_answer_names_the_length_of_the_whole(simulator: Simulator, server: Server) -> None:
    """And has half of it."""
    simulator.faults.add("*", faults.truncate())

    head, _, body = raw(server)[0].partition(b"\r\n\r\n")

    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert len(body) == length // 2 > 100


def test_the_server_says_nothing_of_what_it_breaks(
    simulator: Simulator, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """It was asked to."""
    caplog.set_level(logging.DEBUG)
    simulator.faults.add("*", faults.drop_after_commit())
    simulator.faults.add("*", faults.truncate())
    raw(server)
    raw(server)

    assert [record for record in caplog.records if record.name.startswith(("uvicorn", "cleanlife"))] == []


def test_a_dripping_answer_arrives_at_its_rate(simulator: Simulator, server: Server) -> None:
    """The head at once, the body bit by bit."""
    simulator.faults.add("*", faults.drip(400))
    headers = {"x-api-key": server.api_key}

    began = time.monotonic()
    with httpx.stream("GET", f"{server.base_url}/partners/pricing/tiers", headers=headers) as response:
        head = time.monotonic() - began
        pieces = list(response.iter_raw())
    whole = time.monotonic() - began

    length = sum(map(len, pieces))
    assert length == int(response.headers["content-length"])
    assert head < 0.6 < length / 400 <= whole
    assert len(pieces) > 3


def test_others_are_served_while_one_waits(simulator: Simulator, server: Server) -> None:
    """A delay blocks nothing but its own answer."""
    simulator.faults.add("*", faults.delay(60))
    headers = {"x-api-key": server.api_key}
    with socket.create_connection((server.host, server.port)) as slow:
        slow.sendall(f"GET {PATH} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        wait_for(lambda: len(simulator.requests) == 1)

        began = time.monotonic()
        assert httpx.get(f"{server.base_url}/partners/pricing/tiers", headers=headers).status_code == 200
        assert time.monotonic() - began < 10


def wait_for(happened: Callable[[], bool]) -> None:
    """Until it has, or the test fails."""
    ends = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < ends
        threading.Event().wait(0.01)


@pytest.mark.parametrize("fault", [faults.delay(60), faults.drip(1)], ids=["delay", "drip"])
def test_a_server_stops_though_an_answer_is_under_way(simulator: Simulator, fault: Fault) -> None:
    """The connection breaks; no thread is left."""
    before = set(threading.enumerate())
    simulator.faults.add("*", fault)
    with socket.socket() as client:
        with simulator.serve() as server:
            client.connect((server.host, server.port))
            client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            wait_for(lambda: len(simulator.requests) == 1)
            began = time.monotonic()
        assert time.monotonic() - began < STOPPING
        client.settimeout(5)
        while client.recv(65_536):
            pass

    assert set(threading.enumerate()) == before


@pytest.mark.parametrize("fault", [faults.delay(60), faults.drip(1)], ids=["delay", "drip"])
def test_nobody_waits_for_a_client_that_has_gone(simulator: Simulator, fault: Fault) -> None:
    """The server stops as fast as if it had never been there."""
    simulator.faults.add("*", fault)
    with simulator.serve() as server:
        with socket.create_connection((server.host, server.port)) as client:
            client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            wait_for(lambda: len(simulator.requests) == 1)
        began = time.monotonic()
    assert time.monotonic() - began < STOPPING


def test_two_hundred_connections_of_which_every_second_breaks(simulator: Simulator, server: Server) -> None:
    """Exactly those; the others get their answers, and nobody gets another's."""

    async def all_of_them() -> list[int | str]:
        limits = httpx.Limits(max_connections=None)
        transport = httpx.AsyncHTTPTransport(limits=limits)
        async with httpx.AsyncClient(transport=transport, timeout=20) as client:

            async def one(number: int) -> int | str:
                url = f"{server.base_url}/partners/{'pricing/tiers' if number % 2 else 'services'}"
                request_id = f"request-{number}"
                try:
                    response = await client.get(url, headers={"x-api-key": server.api_key, "x-request-id": request_id})
                except httpx.TransportError as error:
                    return type(error).__name__
                assert response.headers["x-request-id"] == request_id
                return response.status_code

            return await asyncio.gather(*map(one, range(200)))

    simulator.faults.add("listServices", faults.drop_after_commit(), times=None)

    assert asyncio.run(all_of_them()) == ["RemoteProtocolError", 200] * 100
    assert [request.status for request in simulator.requests].count(None) == 100


def test_a_path_is_decoded_once(simulator: Simulator, server: Server) -> None:
    """A question mark that is encoded belongs to the path."""
    httpx.get(f"{server.base_url}/partners/services%3Fpage=1%23x", headers={"x-api-key": server.api_key})

    assert (simulator.requests[-1].path, simulator.requests[-1].status) == ("/v1/partners/services?page=1#x", 404)


async def through_asgi(simulator: Simulator) -> httpx.Response:
    """Ask the application under a server that cannot break connections."""
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
        return await client.get(PATH, headers={"x-api-key": simulator.api_key})


def test_nobody_is_answered_who_leaves_while_too_much_is_still_coming(simulator: Simulator) -> None:
    """What is left of a body that was too large is thrown away while its answer is late."""
    simulator.faults.add("*", faults.delay(60))
    piece = {"type": "http.request", "body": bytes(MOST_IGNORED // 2 + 1), "more_body": True}
    messages = iter([piece, piece, piece, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/partners/contacts", "query_string": b"", "headers": []}
    asyncio.run(simulator.app(scope, receive, send))  # type: ignore[arg-type]

    assert sent == []
    assert len(simulator.requests) == 1


Run = Callable[[Callable[..., Awaitable[Any]], Simulator], Any]


@pytest.fixture(params=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Both kinds of event loops that a server may run on."""
    with start_blocking_portal(request.param) as portal:
        yield portal.call


@pytest.mark.parametrize("fault", [faults.drop_before_commit(), faults.drop_after_commit(), faults.truncate()])
def test_under_another_server_a_broken_connection_is_an_exception(simulator: Simulator, run: Run, fault: Fault) -> None:
    """Which says what was meant; what the server makes of it is its own."""
    simulator.faults.add("*", fault)

    with pytest.raises(ConnectionAbortedError, match="told to close this connection"):
        run(through_asgi, simulator)


@pytest.mark.parametrize("fault", [faults.delay(0.05), faults.drip(5000)], ids=["delay", "drip"])
def test_under_another_server_time_passes_all_the_same(simulator: Simulator, run: Run, fault: Fault) -> None:
    """The answer is late, and whole."""
    simulator.faults.add("*", fault)

    began = time.monotonic()
    response = run(through_asgi, simulator)

    assert time.monotonic() - began >= 0.05
    assert len(response.json()["data"]) == 3
