"""The API as an ASGI application: bytes to calls, answers to bytes.

How an answer is handed over is performed here: it may be late, cut, slow or none. To break a connection is more than
ASGI can say, so `server` lends the way to do it with each request; under another server an exception says what to do.
"""

from collections.abc import Callable

import anyio
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cleanlife_ext.simulator.bodies import Body
from cleanlife_ext.simulator.calls import AT_ONCE, Answer, Call

# Keys of a request's state: the function that closes its connection, and whether the answer is late on purpose.
HANG_UP, LATE = "cleanlife.hang_up", "cleanlife.late"

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
        if answer.manner == AT_ONCE:
            response = Response(answer.content, answer.status, dict(answer.headers), answer.media_type)
            await response(scope, receive, send)
        else:
            await _hand_over(answer, scope, receive, send)


def app(answering: Answering) -> ASGIApp:
    """An application in which *answering* answers every path."""
    application = Starlette()
    # Not a route: none matches a path in which a line ends.
    application.router.default = Desk(answering)
    return application


async def arrived(request: Request) -> Call | None:
    """The request as a whole; None if whoever sent it has gone."""
    body = Body()
    try:
        async for piece in request.stream():
            if not body.add(piece):
                break
    except ClientDisconnect:
        return None
    return _call(request, body.content)


def _call(request: Request, body: bytes | None) -> Call:
    return Call(
        method=request.method,
        path=request.scope["path"],  # Decoded, while `request.url` would have it encoded again.
        query=dict(request.query_params),
        headers=dict(request.headers.items()),
        body=body,
        client_host=request.client.host if request.client else "",
        scheme=request.scope.get("scheme", "http"),
    )


async def _hand_over(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    manner = answer.manner
    scope.setdefault("state", {})[LATE] = True
    if await _is_left_within(manner.delay, receive):
        return
    if manner.is_dropped:
        await _hang_up(scope, receive)
        return
    content = answer.content
    head = Response(content, answer.status, dict(answer.headers), answer.media_type)
    await send({"type": "http.response.start", "status": answer.status, "headers": head.raw_headers})
    for seconds, piece in manner.pieces(content):
        if await _is_left_within(seconds, receive):
            return
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    if manner.is_cut:
        await _hang_up(scope, receive)
    else:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _is_left_within(seconds: float, receive: Receive) -> bool:
    """Wait so long, and say whether the client hung up meanwhile: then nobody waits for the rest."""
    if not seconds:
        return False
    with anyio.move_on_after(seconds):
        await _until_closed(receive)
        return True
    return False


async def _hang_up(scope: Scope, receive: Receive) -> None:
    close = scope["state"].get(HANG_UP)
    if close is None:
        message = "the simulator was told to close this connection without an answer"
        raise ConnectionAbortedError(message)
    close()
    # Until it is closed, the server would take our silence for a mistake, and answer in our place.
    await _until_closed(receive)


async def _until_closed(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
