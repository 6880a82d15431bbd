"""Webhooks over real sockets, to receivers of every kind."""

import asyncio
import subprocess
import sys
import time
import zlib

import pytest
from engine.wire_server import Behaviour, Connection, nobody, serve
from simulator.hooks import Shop

from cleanlife_ext.simulator import WebhookRequest
from cleanlife_ext.simulator.webhooks.sending import HttpSender
from cleanlife_ext.simulator.webhooks.values import Outcome

PATIENCE = 5.0


def posted(url: str, timeout: float = PATIENCE) -> Outcome:
    """What becomes of one request."""
    request = WebhookRequest(url, {"Content-Type": "application/json", "X-Mine": "1"}, b'{"a":1}')
    return asyncio.run(HttpSender(timeout).send(request))


def met(behave: Behaviour, timeout: float = PATIENCE) -> tuple[int | None, str | None]:
    """What comes of a receiver that behaves like this."""
    with serve(behave) as server:
        outcome = posted(server.url, timeout)
    return outcome.status, outcome.error


def says(answer: bytes) -> Behaviour:
    """Read the request, and say this."""

    def behave(connection: Connection) -> None:
        connection.read()
        connection.send(answer)

    return behave


def test_a_request_is_sent_as_it_is() -> None:
    """Body and headers, and nothing that asks for a compressed answer."""
    with serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as server:
        outcome = posted(server.url)

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert (outcome.status, outcome.error) == (200, None)
    assert 0 < outcome.seconds < PATIENCE
    assert head.startswith(b"POST /v1 HTTP/1.1\r\n")
    assert b"X-Mine: 1" in head
    assert b"accept-encoding" not in head.lower()
    assert body == b'{"a":1}'


def test_a_password_in_the_url_is_sent_as_one() -> None:
    """In the header that is made for it."""
    with serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as server:
        posted(server.url.replace("//", "//user:hunter2@"))

    assert b"Authorization: Basic dXNlcjpodW50ZXIy" in server.requests[0]


@pytest.mark.parametrize("status", [101, 204, 299, 301, 307, 404, 500, 599])
def test_the_status_is_all_that_counts(status: int) -> None:
    """Redirects are not followed, whatever they promise."""
    location = b"Location: http://127.0.0.1:9/\r\n"

    assert met(says(f"HTTP/1.1 {status} Whatever\r\n".encode() + location + b"\r\n")) == (status, None)


def test_redirects_to_itself_are_not_followed() -> None:
    """One request arrives."""
    with serve(says(b"HTTP/1.1 307 Again\r\nLocation: /v1\r\nContent-Length: 0\r\n\r\n")) as server:
        posted(server.url)

    assert len(server.requests) == 1


def test_an_answer_without_end_does_not_matter() -> None:
    """Neither in size nor in time: nobody reads it."""

    def flood(connection: Connection) -> None:
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n")
        while True:
            connection.send(b"x" * 65_536)

    def drip(connection: Connection) -> None:
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.drip(b"1\r\nx\r\n" * 1000)

    began = time.monotonic()
    assert met(flood) == met(drip) == (200, None)
    assert time.monotonic() - began < PATIENCE


def test_a_bomb_in_the_answer_is_not_unpacked() -> None:
    """It is not even read."""
    bomb = zlib.compress(b"\0" * 1_000_000)

    assert met(says(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n" + bomb)) == (200, None)


@pytest.mark.parametrize("is_dripping", [False, True])
def test_a_receiver_that_takes_too_long_is_given_up(*, is_dripping: bool) -> None:
    """By the whole time, not by that of each byte."""

    def behave(connection: Connection) -> None:
        connection.read()
        if is_dripping:
            connection.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
        connection.stall()

    assert met(behave, timeout=0.2) == (None, "timeout after 0.2 s")


def test_a_connection_that_breaks_is_lost() -> None:
    """Before or after the request was read."""
    assert met(lambda connection: connection.socket.close()) == (None, "connection lost")
    assert met(lambda connection: connection.read() and None) == (None, "connection lost")


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"]
)
def test_what_is_no_http_is_no_answer(answer: bytes) -> None:
    """Nor are headers without end; what was said is not repeated."""
    assert met(says(answer)) == (None, "answer is no HTTP")


def test_where_nobody_listens_the_connection_fails() -> None:
    """In our own words."""
    with nobody() as url:
        outcome = posted(url)

    assert (outcome.status, outcome.error) == (None, "connection failed")


def test_https_means_a_certificate() -> None:
    """A server that speaks plain HTTP has none."""
    with serve(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        outcome = posted(server.url.replace("http:", "https:"))

    assert (outcome.status, outcome.error) == (None, "TLS handshake failed")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://no-such-host.invalid/", "host not found"),
        ("https://" + "a" * 64 + ".example/", "host not found"),
        ("https://exa_mple..com/", None),
        ("https://xn--/", None),
    ],
)
def test_a_host_that_is_none_is_not_found(url: str, error: str | None) -> None:
    """Whoever says so first, there is a reason, and no exception."""
    outcome = posted(url)

    assert outcome.status is None
    assert outcome.error
    assert error in {None, outcome.error}


def test_importing_the_simulator_does_not_import_aiohttp() -> None:
    """Only the first webhook does."""
    code = "import sys, cleanlife_ext.simulator; cleanlife_ext.simulator.Simulator(); print('aiohttp' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # noqa: S603

    assert output.stdout == "False\n"


def test_a_booking_is_told_over_a_socket() -> None:
    """From the API to the receiver, and on record."""
    shop = Shop(allow_http=True, receive=None)
    with serve(says(b"HTTP/1.1 503 No\r\n\r\n"), says(b"HTTP/1.1 202 Yes\r\nContent-Length: 0\r\n\r\n")) as server:
        shop.subscribe(server.url, events=("booking.created",))
        shop.book()
        shop.advance(minutes=1)

    assert [(each.status_code, each.error) for each in shop.delivery.attempts] == [(503, "HTTP 503"), (202, None)]
    assert all(shop.delivery.body in request for request in server.requests)
    assert shop.delivery.status == "DELIVERED"
