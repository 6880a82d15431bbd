"""The receiver's two doors, WSGI and ASGI, knocked at by hand: one body of a test for all worlds."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.lowlevel
import attrs
import pytest
from webhooks.deliveries import BODY, NOW, SECRET, headers_of
from worlds import FakeClock, World

from cleanlife_ext.webhooks import Inbox, WebhookReceiver

HTTPS = "https"
PEER = "203.0.113.9"


class DoorClock(FakeClock):
    """A clock that shows the time at which the deliveries were signed."""

    def wall(self) -> float:
        return NOW + self.time - 1000.0


def receiver_of(inbox: Inbox, **options: Any) -> WebhookReceiver:
    """A receiver that knows the deliveries' secret."""
    return WebhookReceiver(**{"secrets": [SECRET], "inbox": inbox, "clock": DoorClock(), **options})


@attrs.frozen
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def result(self) -> str:
        return str(json.loads(self.body)["result"])


@attrs.frozen(eq=False)
class Stream:
    """A body that comes in pieces. A piece that is a function is called when its turn comes."""

    pieces: list[bytes | Callable[[], bytes]]

    def read1(self, _size: int) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        return piece() if callable(piece) else piece


Sent = Sequence[tuple[str, str]]


def knock(
    world: World,
    receiver: WebhookReceiver,
    body: bytes | Iterable[bytes | Callable[[], bytes]] = BODY,
    headers: dict[str, str] | Sent | None = None,
    *,
    method: str = "POST",
    scheme: str = HTTPS,
    peer: str | None = PEER,
) -> Answered:
    """Send one request: through WSGI in synchronous code, through ASGI in asynchronous code."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    given = headers_of() if headers is None else headers
    pairs = list(given.items()) if isinstance(given, dict) else list(given)
    if world.is_async:
        return world(through_asgi(receiver.asgi, pieces, pairs, method=method, scheme=scheme, peer=peer))
    return through_wsgi(receiver.wsgi, pieces, pairs, method=method, scheme=scheme, peer=peer or "")


def through_wsgi(
    app: Any, pieces: list[Any], pairs: list[tuple[str, str]], *, method: str, scheme: str, peer: str
) -> Answered:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/hooks",
        "wsgi.url_scheme": scheme,
        "REMOTE_ADDR": peer,
        "wsgi.input": io.BytesIO(pieces[0]) if len(pieces) == 1 and isinstance(pieces[0], bytes) else Stream(pieces),
        "wsgi.input_terminated": True,
    }
    for name, value in pairs:
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_LENGTH", "CONTENT_TYPE"} else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    said = b"".join(app(environ, lambda status, headers: begun.append((status, headers))))
    ((status, headers),) = begun
    return Answered(int(status.split()[0]), {name.lower(): value for name, value in headers}, said)


async def through_asgi(
    app: Any, pieces: list[Any], pairs: list[tuple[str, str]], *, method: str, scheme: str, peer: str | None
) -> Answered:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": "/hooks",
        "client": None if peer is None else (peer, 40000),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await anyio.lowlevel.checkpoint()
        piece = pieces.pop(0)
        content = piece() if callable(piece) else piece
        if content is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": content, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        await anyio.lowlevel.checkpoint()
        sent.append(message)

    await app(scope, receive, send)
    begun, ended = sent
    headers = {name.decode(): value.decode() for name, value in begun["headers"]}
    return Answered(begun["status"], headers, ended["body"])


@contextmanager
def told(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, Any]]]:
    """The events that the receiver logs meanwhile, with their fields."""
    events: list[dict[str, Any]] = []
    common = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
    caplog.clear()
    with caplog.at_level(logging.INFO, "cleanlife_ext.webhooks"):
        yield events
        for record in caplog.records:
            fields = {name: value for name, value in vars(record).items() if name not in common}
            events.append({"message": record.getMessage().split()[0], **fields})
