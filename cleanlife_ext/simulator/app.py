"""The API as an ASGI application: bytes to calls, answers to bytes."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from cleanlife_ext.simulator.calls import Answer, Call
from cleanlife_ext.simulator.reading import LARGEST_BODY

# What is too large is read on and thrown away up to here, so that the client comes to read the answer.
MOST_IGNORED = 64 * LARGEST_BODY

Answering = Callable[[Call], Answer]


class Desk:
    """Takes requests from the server, and hands out the answers."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        call = await arrived(Request(scope, receive))
        if call is None:
            return
        answer = self._answering(call)
        response = Response(answer.content, answer.status, dict(answer.headers), "application/json")
        await response(scope, receive, send)


def app(answering: Answering) -> ASGIApp:
    """An application in which *answering* answers every path."""
    return Starlette(routes=[Route("/{path:path}", Desk(answering))])


async def arrived(request: Request) -> Call | None:
    """The request as a whole; None if whoever sent it has gone."""
    try:
        return _call(request, await _body(request))
    except ClientDisconnect:
        return None


async def _body(request: Request) -> bytes | None:
    """The body, or None if it is larger than allowed."""
    kept, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_IGNORED:
            break
        if size <= LARGEST_BODY:
            kept += chunk
    return bytes(kept) if size <= LARGEST_BODY else None


def _call(request: Request, body: bytes | None) -> Call:
    return Call(
        method=request.method,
        path=request.url.path,
        query=dict(request.query_params),
        headers=dict(request.headers.items()),
        body=body,
        client_host=request.client.host if request.client else "",
    )
