"""What a partner runs: a place on the network that takes webhooks, and says thank you."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import attrs
from cleanlife_traits import WEBHOOK_DELIVERY

__all__ = ["Receiver", "Webhook"]

_SIGNATURE: str = WEBHOOK_DELIVERY["signature"]["header"]


@attrs.frozen
class Webhook:
    """One request that arrived.

    Attributes:
        id: The delivery's id, the same on every attempt.
        event: What happened.
        status: The booking's status at that time.
        is_signed: Whether it came with a signature.
    """

    id: str
    event: str
    status: str
    is_signed: bool


class Receiver:
    """Listens on a free port of this machine while its ``with`` block runs, and keeps what arrives."""

    def __init__(self) -> None:
        self._arrived: list[Webhook] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where to send webhooks."""
        return f"http://127.0.0.1:{self._server.server_port}/webhooks"

    def arrived(self) -> list[Webhook]:
        """What has arrived, in order."""
        return list(self._arrived)

    def clear(self) -> None:
        """Forget what has arrived."""
        self._arrived.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        arrived = self._arrived

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                arrived.append(
                    Webhook(body["deliveryId"], body["event"], body["data"]["status"], _SIGNATURE in self.headers)
                )
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the demo tells."""

        return Handler
