"""The receiver as a WSGI app."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from cleanlife_ext.engine.driving import drive
from cleanlife_ext.webhooks.http.admission import NO_LENGTH, TIMEOUT, TOO_SLOW, Answer, Body, Pairs, RefusedError
from cleanlife_ext.webhooks.http.reception import Reception

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["WsgiApp"]

PIECE = 65536  # Bytes
NAMES = {"CONTENT_LENGTH": "content-length", "CONTENT_TYPE": "content-type"}


class WsgiApp:
    """Answers on every path.

    A sender who drips is cut off; for one who sends nothing at all, the server has a timeout of its own.
    """

    def __init__(self, reception: Reception, timeout: float = TIMEOUT) -> None:
        self.reception, self._timeout = reception, timeout

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            answer = self._answered(environ)
        except Exception as error:  # noqa: BLE001  # Whatever it is, it must not be lost by an answer.
            answer = self.reception.unexpected(error)
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", answer.headers)
        return [answer.body]

    def _answered(self, environ: WSGIEnvironment) -> Answer:
        headers = _headers(environ)
        method, scheme, peer = environ["REQUEST_METHOD"], environ["wsgi.url_scheme"], environ.get("REMOTE_ADDR", "")
        try:
            body = self.reception.admission.admit(method, scheme, peer, headers)
            content = self._read(environ, body)
        except RefusedError as refused:
            return self.reception.refused(refused.answer)
        return drive(self.reception.received(headers, content), lambda step: step.act())

    def _read(self, environ: WSGIEnvironment, body: Body) -> bytes:
        now = self.reception.clock.now
        ends = now() + self._timeout
        left = body.declared
        if left is None and not environ.get("wsgi.input_terminated"):
            if environ.get("HTTP_TRANSFER_ENCODING"):
                raise RefusedError(NO_LENGTH)  # Nobody could tell where it ends.
            left = 0
        stream = environ["wsgi.input"]
        # What is there, where that can be had: `read` would wait for all of it, however slowly it comes.
        read: Callable[[int], bytes] = getattr(stream, "read1", None) or stream.read
        while left is None or left > 0:
            piece = read(PIECE if left is None else min(PIECE, left))
            if not piece:
                break
            body.add(piece)
            left = None if left is None else left - len(piece)
            if now() > ends:
                raise RefusedError(TOO_SLOW)
        return body.whole()


def _headers(environ: WSGIEnvironment) -> Pairs:
    """As they came, as far as a server leaves them so."""
    sent = [(name[5:].replace("_", "-").lower(), value) for name, value in environ.items() if name.startswith("HTTP_")]
    return sent + [(NAMES[name], environ[name]) for name in NAMES if environ.get(name)]
