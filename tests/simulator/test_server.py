"""The simulator behind a real socket, and as an ASGI application."""

import asyncio
import logging
import signal
import socket
import statistics
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from simulator.calling import Clock

from cleanlife_ext.listening import GRACE
from cleanlife_ext.simulator import Server, Simulator
from cleanlife_ext.simulator.app import app
from cleanlife_ext.simulator.bodies import MOST_IGNORED
from cleanlife_ext.simulator.reading import LARGEST_BODY


@pytest.fixture
def server(simulator: Simulator) -> Iterator[Server]:
    """A server on a free port."""
    with simulator.serve() as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client with the server's key."""
    with httpx.Client(base_url=server.base_url, headers={"x-api-key": server.api_key}, timeout=10) as client:
        yield client


def test_a_server_answers_as_soon_as_it_is_entered(client: httpx.Client, server: Server) -> None:
    """On a port of its own, with a key that may do everything."""
    response = client.get("/partners/services")

    assert response.status_code == 200
    assert len(response.json()["data"]) == 12
    assert server.base_url == f"http://127.0.0.1:{server.port}/v1"
    assert server.api_key.startswith("pk_")


def test_the_answers_are_json_and_carry_the_request_id(client: httpx.Client) -> None:
    """Whatever the case of the header."""
    response = client.get("/partners/nowhere", headers={"X-REQUEST-ID": "trace-1"})

    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"] == response.json()["error"]["requestId"] == "trace-1"


@pytest.mark.rule("enum.encoded")
def test_a_filter_may_be_url_encoded(client: httpx.Client) -> None:
    """`in%20progress`, as documented."""
    assert client.get("/partners/bookings?status=in%20progress").json()["data"] == []


@pytest.mark.parametrize("path", ["/partners/%0A", "/partners/webhooks/deliveries/%0D%0A/retry", "/%00"])
def test_a_path_in_which_a_line_ends_is_answered_like_any_other(client: httpx.Client, path: str) -> None:
    """In the envelope, not in the words of a framework."""
    response = client.post(path)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")


def test_delete_and_post_without_body_work_over_http(client: httpx.Client) -> None:
    """Subscribe, rotate, delete."""
    body = {"url": "https://hooks.shop.example/", "events": ["booking.created"]}
    made = client.post("/partners/webhooks/subscriptions", json=body).json()["data"]
    path = f"/partners/webhooks/subscriptions/{made['id']}"

    assert client.post(f"{path}/rotate-secret").json()["data"]["secret"] != made["secret"]
    assert client.delete(path).json()["data"] == {"id": made["id"], "removed": True}


def test_a_body_of_a_mebibyte_is_read_and_a_byte_more_is_a_413(client: httpx.Client) -> None:
    """In the envelope, and the connection stays usable."""
    json_type = {"content-type": "application/json"}
    largest = b'{"x": "' + b"x" * (LARGEST_BODY - 9) + b'"}'

    assert client.post("/partners/contacts", content=largest, headers=json_type).status_code == 400
    refused = client.post("/partners/contacts", content=largest + b" ", headers=json_type)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert client.get("/partners/services").status_code == 200


def test_a_body_of_50_megabytes_gets_its_answer(client: httpx.Client) -> None:
    """The client sends it all, and then reads a clear 413."""
    assert client.post("/partners/contacts", content=b"x" * 50_000_000).status_code == 413


def test_a_header_bomb_is_refused(server: Server) -> None:
    """A clear 431 in the envelope; the path counts as well."""
    path = "/" + "x" * 60_000
    for size in (6_000, 200_000):
        bomb = httpx.get(f"{server.base_url}{path}", headers={"x-bomb": "x" * size})
        assert (bomb.status_code, bomb.json()["error"]["code"]) == (431, "REQUEST_HEADER_FIELDS_TOO_LARGE")


def test_nobody_can_claim_another_address_in_a_header(simulator: Simulator, server: Server) -> None:
    """X-Forwarded-For is not believed."""
    key = simulator.add_key(allowed_ips=["10.0.0.1"])
    headers = {"x-api-key": key, "x-forwarded-for": "10.0.0.1"}

    assert httpx.get(f"{server.base_url}/partners/services", headers=headers).status_code == 403


def test_a_server_leaves_nothing_behind(simulator: Simulator) -> None:
    """No thread, no socket, and the port can be had again at once."""
    before = set(threading.enumerate())
    with simulator.serve() as server:
        port = server.port
        httpx.get(f"{server.base_url}/partners/services")

    assert set(threading.enumerate()) <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.base_url)
    with simulator.serve(port=port) as again:
        assert again.port == port


def test_a_server_stops_though_a_client_keeps_its_connection(simulator: Simulator) -> None:
    """Idle connections are closed."""
    with httpx.Client() as client:
        with simulator.serve() as server:
            client.get(f"{server.base_url}/partners/services")
            began = time.monotonic()
        assert time.monotonic() - began < GRACE


def test_a_port_in_use_is_an_os_error(simulator: Simulator, server: Server) -> None:
    """At once, in the thread of the caller, and nothing is left open."""
    with pytest.raises(OSError, match="in use"), simulator.serve(port=server.port):
        pass


def test_a_server_is_entered_once_at_a_time(simulator: Simulator) -> None:
    """Afterwards it can be used again; leaving one that never ran is nothing."""
    server = simulator.serve()
    server.__exit__(None, None, None)
    with server, pytest.raises(RuntimeError, match="running already"):
        server.__enter__()
    with server:
        assert httpx.get(f"{server.base_url}/partners/services").status_code == 401


def test_two_servers_show_the_same_world(simulator: Simulator, client: httpx.Client) -> None:
    """What is made here is seen there."""
    made = client.post("/partners/contacts", json={"phone": "+966500000000", "name": "سارة"}).json()["data"]
    with simulator.serve() as other:
        headers = {"x-api-key": other.api_key}
        seen = httpx.get(f"{other.base_url}/partners/contacts/{made['id']}", headers=headers).json()["data"]

    assert seen["name"] == "سارة"


def test_a_server_says_nothing_and_touches_no_signal(
    simulator: Simulator, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not even about a request that is none."""
    caplog.set_level(logging.DEBUG, "uvicorn")
    handler = signal.getsignal(signal.SIGINT)
    with simulator.serve() as server, socket.create_connection((server.host, server.port)) as raw:
        assert signal.getsignal(signal.SIGINT) is handler
        raw.sendall(b"NONSENSE\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")

    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []
    assert capfd.readouterr() == ("", "")


def test_a_server_listens_on_ipv6_too(simulator: Simulator) -> None:
    """The address stands in brackets."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with simulator.serve(host="::1") as server:
        assert server.base_url == f"http://[::1]:{server.port}/v1"
        assert httpx.get(f"{server.base_url}/partners/services").status_code == 401


def test_answers_are_not_held_back(client: httpx.Client) -> None:
    """A call usually takes nowhere near the 40 ms that a delayed packet would cost."""
    client.get("/partners/services")
    times = []
    for _ in range(50):
        began = time.monotonic()
        client.get("/partners/pricing/tiers")
        times.append(time.monotonic() - began)

    assert statistics.median(times) < 0.03


def test_the_application_works_without_a_server(clock: Clock) -> None:
    """Under any ASGI client."""
    simulator = Simulator(now=clock)

    async def listed() -> httpx.Response:
        transport = httpx.ASGITransport(simulator.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://simulator/v1") as client:
            return await client.get("/partners/services", headers={"x-api-key": simulator.api_key})

    assert asyncio.run(listed()).status_code == 200


async def through_asgi(simulator: Simulator, *messages: dict[str, object]) -> list[dict[str, object]]:
    """What the application sends when *messages* are all it receives."""
    sent: list[dict[str, object]] = []
    waiting = iter(messages)

    async def receive() -> dict[str, object]:
        return next(waiting)

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/partners/contacts",
        "query_string": b"",
        "headers": [(b"x-api-key", simulator.api_key.encode())],
        "client": None,
    }
    await app(simulator.answer)(scope, receive, send)  # type: ignore[arg-type]
    return sent


def test_a_client_that_hangs_up_gets_no_answer(simulator: Simulator) -> None:
    """And nothing is recorded, since nothing was asked."""
    half = {"type": "http.request", "body": b"{", "more_body": True}

    assert asyncio.run(through_asgi(simulator, half, {"type": "http.disconnect"})) == []
    assert simulator.requests == ()


def test_a_body_without_end_is_cut_off(simulator: Simulator) -> None:
    """What is thrown away is bounded too; a client without address is served."""
    piece = {"type": "http.request", "body": bytes(MOST_IGNORED // 2), "more_body": True}

    sent = asyncio.run(through_asgi(simulator, piece, piece, piece))

    assert sent[0]["status"] == 413
