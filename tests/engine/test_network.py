"""Proxies and TLS: whom we go through, whom we trust, and who we say we are."""

from __future__ import annotations

import base64
import datetime as dt
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest
import trustme
from engine.wire_server import Behaviour, Connection, answers, message, nobody, serve
from wired import FOUND, ID, Hasty, read, write
from worlds import BOOKING, KEY, Script, World, ok

from cleanlife_ext import APIConnectionError, APITimeoutError, ConfigurationError

PASSWORD = "pässword:canary@"
QUOTED = "p%C3%A4ssword%3Acanary%40"
LOGIN = base64.b64encode(f"sara:{PASSWORD}".encode())
PROXIED = f"http://sara:{QUOTED}@"


def over_tls(context: ssl.SSLContext, behave: Behaviour) -> Behaviour:
    """The same after a handshake."""

    def behave_over_tls(connection: Connection) -> None:
        with context.wrap_socket(connection.socket, server_side=True) as secured:
            connection.socket = secured
            behave(connection)

    return behave_over_tls


@attrs.frozen
class Authority:
    """An authority that only the tests know, and a server that it vouches for."""

    ca: trustme.CA
    server: ssl.SSLContext
    client: ssl.SSLContext

    def serving(self, *names: str, **how: Any) -> ssl.SSLContext:
        """What a server of these names says of itself."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert(*names, **how).configure_cert(context)
        return context

    def trusting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Made once: keys take their time."""
    ca = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("127.0.0.1", "api.test").configure_cert(context)
    trusting = ssl.create_default_context()
    ca.configure_trust(trusting)
    return Authority(ca, context, trusting)


@pytest.fixture
def ask(world: World) -> Iterator[Callable[..., Any]]:
    """Call once, by a client of this world with its usual transport."""

    def ask(url: str, call: Callable[[Any], Any] = read, **options: Any) -> Any:
        chosen = {"timeout": 15.0, "deadline": 20.0, "max_attempts": 1, "clock": Hasty(), "base_url": url, **options}
        client = world.make(**chosen)
        try:
            return world(call(client))
        finally:
            world.close(client)

    return ask


def shown_by_us(error: BaseException) -> str:
    """The error's text, and the variables of our own frames, which some tools print with it."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return f"{error!r} {error} {[frame.locals for frame in told.stack if '/cleanlife_ext/' in frame.filename]}"


def secure(url: str) -> str:
    return url.replace("http:", "https:")


def test_an_authority_of_ones_own_is_trusted(ask: Callable[..., Any], authority: Authority) -> None:
    """If it is in the context that was given."""
    with serve(over_tls(authority.server, answers(FOUND))) as server:
        assert str(ask(secure(server.url), ssl_context=authority.client).booking_id) == ID


def test_an_authority_of_ones_own_may_stand_in_a_variable(
    ask: Callable[..., Any], authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The one that Python's other programs read as well, in every world."""
    authority.ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with serve(over_tls(authority.server, answers(FOUND))) as server:
        assert str(ask(secure(server.url)).booking_id) == ID


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_variable_that_leads_to_no_certificates_is_named(
    ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    """Whoever set it for another program finds it."""
    if content is not None:
        (tmp_path / "ca.pem").write_text(content, encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE or SSL_CERT_DIR: certificates cannot be read"):
        ask("https://127.0.0.1:9/v1")


YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
DISTRUSTED: dict[str, tuple[bool, Callable[[Authority], ssl.SSLContext], str]] = {
    "unknown": (False, lambda it: it.server, "unable to get local issuer certificate"),
    "another's": (True, lambda it: it.serving("other.test"), "IP address mismatch"),
    "expired": (True, lambda it: it.serving("127.0.0.1", not_after=YESTERDAY), "certificate has expired"),
}


@pytest.mark.parametrize("how", list(DISTRUSTED))
def test_a_certificate_that_is_not_good_ends_the_call(ask: Callable[..., Any], authority: Authority, how: str) -> None:
    """Before anything is sent; and the error says why, in OpenSSL's words."""
    trusting, context, why = DISTRUSTED[how]
    with serve(over_tls(context(authority), answers(FOUND))) as server:
        with pytest.raises(APIConnectionError) as caught:
            ask(secure(server.url), write, ssl_context=authority.client if trusting else None)

        assert why in str(caught.value)
        assert not caught.value.ambiguous
        assert server.requests == []


def test_a_client_may_show_a_certificate(ask: Callable[..., Any], authority: Authority) -> None:
    """To a server that asks for one; without it there is no call."""
    demanding = authority.serving("127.0.0.1")
    demanding.verify_mode = ssl.CERT_REQUIRED
    authority.ca.configure_trust(demanding)
    known = authority.trusting()
    authority.ca.issue_cert("partner.test").configure_cert(known)

    with serve(over_tls(demanding, answers(FOUND))) as server:
        assert str(ask(secure(server.url), ssl_context=known).booking_id) == ID
        with pytest.raises(APIConnectionError):
            ask(secure(server.url), ssl_context=authority.client)
        assert len(server.requests) == 1


# Proxies.


@attrs.define(eq=False)
class Tunnels:
    """A proxy that leads to one place, whatever it is asked for, and writes down what it saw."""

    port: int
    asked: list[bytes] = attrs.Factory(list[bytes])

    def behave(self, connection: Connection) -> None:
        head = connection.read()
        if head is None:
            return
        self.asked.append(head)
        if LOGIN not in head:
            connection.send(message(b"", "407 Proxy Authentication Required", proxy_authenticate="Basic"))
            return
        with connect(self.port) as far:
            if head.startswith(b"CONNECT "):
                connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                far.sendall(head)
            back = threading.Thread(target=pump, args=(far, connection.socket))
            back.start()
            pump(connection.socket, far)
            back.join()


def connect(port: int) -> Any:
    return socket.create_connection(("127.0.0.1", port))


def pump(source: Any, target: Any) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port


def address_of(url: str) -> str:
    """Where a server listens, as the address of a proxy with a name and a password."""
    return f"{PROXIED}127.0.0.1:{port_of(url)}"


def test_a_call_goes_through_a_tunnel(ask: Callable[..., Any], authority: Authority) -> None:
    """The proxy learns where to, and who asks; and neither the path nor the key."""
    with serve(over_tls(authority.server, answers(FOUND))) as server:
        tunnels = Tunnels(port_of(server.url))
        with serve(tunnels.behave) as proxy:
            found = ask("https://api.test/v1", proxy=address_of(proxy.url), ssl_context=authority.client)

    assert str(found.booking_id) == ID
    (asked,) = tunnels.asked
    assert asked.startswith(b"CONNECT api.test:443 HTTP/1.1\r\n")
    assert b"\r\nproxy-authorization: basic " + LOGIN.lower() in asked.lower()
    assert KEY.encode() not in asked
    (request,) = server.requests
    assert request.startswith(b"GET /v1/partners/bookings/")
    assert b"proxy-authorization" not in request.lower()


def test_a_call_without_tls_is_handed_to_the_proxy(ask: Callable[..., Any]) -> None:
    """With the whole address."""
    with serve(answers(FOUND)) as server:
        tunnels = Tunnels(port_of(server.url))
        with serve(tunnels.behave) as proxy:
            found = ask("http://api.test/v1", proxy=address_of(proxy.url))

    assert str(found.booking_id) == ID
    assert tunnels.asked[0].startswith(f"GET http://api.test/v1/partners/bookings/{ID}/status HTTP/1.1\r\n".encode())
    assert b"proxy-authorization: basic " + LOGIN.lower() in tunnels.asked[0].lower()


def test_a_proxy_may_ask_for_no_name(ask: Callable[..., Any]) -> None:
    """Then it is told none."""
    with serve(answers(FOUND)) as proxy:
        assert ask("http://api.test/v1", proxy=f"http://127.0.0.1:{port_of(proxy.url)}")

    assert b"authorization" not in proxy.requests[0].lower()


def test_through_a_tunnel_the_certificate_is_checked_too(ask: Callable[..., Any], authority: Authority) -> None:
    """The name that counts is the API's."""
    with (
        serve(over_tls(authority.server, answers(FOUND))) as server,
        serve(Tunnels(port_of(server.url)).behave) as proxy,
        pytest.raises(APIConnectionError, match="Hostname mismatch") as caught,
    ):
        ask("https://other.test/v1", write, proxy=address_of(proxy.url), ssl_context=authority.client)

    assert not caught.value.ambiguous


REFUSING: dict[str, Behaviour] = {
    "refuses": lambda it: (it.read() and it.send(message(b"", "403 Forbidden"))) or None,
    "wants another login": lambda it: (
        (it.read() and it.send(message(b"", "407 Proxy Authentication Required"))) or None
    ),
    "hangs up": lambda it: it.read() and None,
    "talks nonsense": lambda it: (it.read() and it.send(b"\x00\xff\r\n\r\n")) or None,
    "stalls": Connection.stall,
}


@pytest.mark.parametrize("how", list(REFUSING))
def test_a_proxy_that_gives_no_tunnel_got_nothing(ask: Callable[..., Any], how: str) -> None:
    """So a write is no unknown outcome; the proxy is named, and its password is not."""
    with serve(REFUSING[how]) as proxy, pytest.raises(APIConnectionError) as caught:
        ask("https://api.test/v1", write, proxy=address_of(proxy.url), timeout=0.3 if how == "stalls" else 15.0)

    assert not caught.value.ambiguous
    assert isinstance(caught.value, APITimeoutError) == (how == "stalls")
    assert "canary" not in shown_by_us(caught.value)
    assert LOGIN.decode() not in shown_by_us(caught.value)
    if how != "stalls":
        assert f"through the proxy 127.0.0.1:{port_of(proxy.url)}" in str(caught.value)


def test_a_proxy_that_is_down_got_nothing(ask: Callable[..., Any]) -> None:
    """Nor did anybody behind it."""
    with nobody() as url, pytest.raises(APIConnectionError, match="through the proxy") as caught:
        ask("https://api.test/v1", write, proxy=address_of(url))

    assert not caught.value.ambiguous


def test_a_tunnel_ends_with_the_deadline(ask: Callable[..., Any]) -> None:
    """Dripping is no way to hold a call either."""
    with serve(lambda it: (it.read() and it.drip(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 1000)) or None) as proxy:
        began = time.monotonic()
        with pytest.raises(APIConnectionError) as caught:
            ask("https://api.test/v1", write, proxy=address_of(proxy.url), timeout=60.0, deadline=0.3)

        assert 0.27 <= time.monotonic() - began <= 3.3
        assert not caught.value.ambiguous


def asked_through(world: World, monkeypatch: pytest.MonkeyPatch, url: str, **variables: str) -> bool:
    """Whether a client sends through the proxy of these variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    client = world.make(base_url=url)
    proxy = client.generated.session.transport._wire.network.proxy  # noqa: SLF001
    world.close(client)
    return proxy is not None


AROUND: list[tuple[str, dict[str, str], bool]] = [
    ("https://api.test/v1", {}, False),
    ("https://api.test/v1", {"HTTPS_PROXY": "http://proxy.test:3128"}, True),
    ("https://api.test/v1", {"https_proxy": "proxy.test:3128"}, True),
    ("https://api.test/v1", {"ALL_PROXY": "http://proxy.test"}, True),
    ("https://api.test/v1", {"HTTP_PROXY": "http://proxy.test"}, False),
    ("http://api.test/v1", {"HTTP_PROXY": "http://proxy.test"}, True),
    ("https://api.test/v1", {"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "api.test"}, False),
    ("https://api.test/v1", {"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": ".example.com,other.test"}, True),
    ("https://api.test/v1", {"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "*"}, False),
    ("http://127.0.0.1:8000/v1", {"HTTP_PROXY": "http://proxy.test"}, False),
    ("http://localhost:8000/v1", {"HTTP_PROXY": "http://proxy.test"}, False),
    ("http://[::1]:8000/v1", {"HTTP_PROXY": "http://proxy.test"}, False),
    ("http://10.0.0.1:8000/v1", {"HTTP_PROXY": "http://proxy.test"}, True),
]


@pytest.mark.parametrize(("url", "variables", "through"), AROUND)
def test_the_proxy_may_stand_in_the_variables(
    world: World, monkeypatch: pytest.MonkeyPatch, url: str, variables: dict[str, str], *, through: bool
) -> None:
    """As other programs read them; but a simulator on this machine is never asked through one."""
    assert asked_through(world, monkeypatch, url, **variables) is through


def test_what_is_given_outweighs_the_variables(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another proxy, or none; even for this machine, if it is said so."""
    with serve(answers(FOUND)) as server, nobody() as dead:
        monkeypatch.setenv("HTTP_PROXY", dead.removesuffix("/v1"))
        tunnels = Tunnels(port_of(server.url))
        with serve(tunnels.behave) as proxy:
            assert ask("http://api.test/v1", proxy=address_of(proxy.url))
            assert ask(server.url, proxy=address_of(proxy.url))
        assert ask(server.url, proxy="")

    assert len(tunnels.asked) == 2


NONSENSE = [
    *("proxy.test:3128", "socks5://u:canary@proxy.test", "https://u:canary@proxy.test", "http://", "http://u:canary@"),
    *(
        "http://u:canary@proxy.test/path",
        "http://u:canary@proxy.test:port",
        "http://u:canary@proxy.test?a=b",
        5,
        b"http:",
    ),
]


@pytest.mark.parametrize("proxy", NONSENSE)
def test_a_proxy_that_is_none_is_refused(world: World, proxy: Any) -> None:
    """At once, with a way out, and without its password, in whatever form the error is shown."""
    with pytest.raises(ConfigurationError, match="proxy: an address") as caught:
        world.make(proxy=proxy)

    assert "canary" not in shown_by_us(caught.value)


def test_a_proxy_in_the_variables_that_is_none_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not left out silently: somebody wanted all calls to go through it."""
    monkeypatch.setenv("ALL_PROXY", "socks5://u:canary@proxy.test")
    with pytest.raises(ConfigurationError, match='"" for none') as caught:
        world.make(base_url="https://api.test/v1")

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("context", [5, "ca.pem", ssl.PROTOCOL_TLS_CLIENT])
def test_a_context_that_is_none_is_refused(world: World, context: Any) -> None:
    """With a hint how one is made."""
    with pytest.raises(ConfigurationError, match="create_default_context"):
        world.make(ssl_context=context)


@pytest.mark.parametrize("option", [{"proxy": "http://proxy.test"}, {"proxy": ""}, {"ssl_context": ssl.SSLContext(17)}])
def test_what_a_given_transport_would_not_heed_is_refused(world: World, option: dict[str, Any]) -> None:
    """It has its own proxy and its own TLS; the variables are left to it as well."""
    with pytest.raises(ConfigurationError, match="transport"):
        world.make(Script(ok(BOOKING)), **option)


def test_a_given_transport_is_not_led_through_a_proxy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the variables say."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test")
    with world.client(ok(BOOKING)) as (client, script):
        assert world(read(client))
    assert len(script.asked) == 1


def test_a_proxy_is_in_no_repr(world: World) -> None:
    """Neither name nor password, of the client and of anything within it."""
    client = world.make(proxy=f"{PROXIED}proxy.test:3128")
    session = client.generated.session
    wire = session.transport._wire  # noqa: SLF001
    shown = [repr(part) for part in (client, session, session.transport, wire, wire.network, wire.network.proxy)]
    world.close(client)

    assert wire.network.proxy.login == ("sara", PASSWORD)
    assert not [text for text in shown if "canary" in text or "sara" in text]
    assert "http://proxy.test:3128" in shown[-1]
