"""The API in this very process: a transport for both clients, without a socket.

What goes wrong here shows as the same errors as over the wire. The only difference is one of time: where an answer
would take longer than the attempt may, the timeout is raised at once, since no real time need be lost on a wait that
cannot succeed. (Over a socket httpx bounds each read by itself; here its read timeout bounds the answer as a whole, as
the clients of this package do.) Calls come from 127.0.0.1; scheme, host and port of an address do not matter.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import cast
from urllib.parse import unquote

import anyio.lowlevel
import httpx
from starlette.datastructures import QueryParams

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.simulator.bodies import Body
from cleanlife_ext.simulator.calls import AT_ONCE, Answer, Call

CLIENT_HOST = "127.0.0.1"


class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Asks *answering* for each request. Closing it closes nothing.

    *clock*: lets pass the time that an answer takes; with one that is given, a timeout takes its time as well.
    """

    def __init__(self, answering: Callable[[Call], Answer], clock: Clock | None = None) -> None:
        self._answering = answering
        self._clock = clock or Clock()
        self._is_patient = clock is not None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a synchronous client."""
        body = Body()
        for piece in cast("httpx.SyncByteStream", request.stream):
            if not body.add(piece):
                break
        answer = self._answering(_call(request, body.content))
        seconds, error = self._outlook(answer, request)
        if seconds:
            self._clock.sleep(seconds)
        if error is not None:
            raise error
        return self._response(answer)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an asynchronous client, on any event loop."""
        await anyio.lowlevel.checkpoint()  # A network would let others run as well.
        body = Body()
        pieces = aiter(cast("httpx.AsyncByteStream", request.stream))
        async for piece in pieces:
            if not body.add(piece):
                break
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()  # Or trio would find it lying about.
        answer = self._answering(_call(request, body.content))
        seconds, error = self._outlook(answer, request)
        if seconds:
            await self._clock.asleep(seconds)
        if error is not None:
            raise error
        return self._response(answer)

    def _outlook(self, answer: Answer, request: httpx.Request) -> tuple[float, httpx.TransportError | None]:
        """How long it takes until something comes back, and the error if it is no answer."""
        if answer.manner == AT_ONCE:
            return 0.0, None
        longest = request.extensions.get("timeout", {}).get("read")
        if longest is not None and answer.manner.seconds(answer.content) > longest:
            return longest if self._is_patient else 0.0, httpx.ReadTimeout("timed out", request=request)
        if answer.manner.is_dropped:
            text = "Server disconnected without sending a response."
            return 0.0, httpx.RemoteProtocolError(text, request=request)
        return answer.manner.delay, None

    def _response(self, answer: Answer) -> httpx.Response:
        content = answer.content
        texts = {**answer.headers, "Content-Length": str(len(content))}
        if answer.media_type is not None:
            texts["Content-Type"] = answer.media_type
        # As it is over a wire; httpx by itself takes no more than ASCII.
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in texts.items()]
        if answer.manner.is_prompt:
            return httpx.Response(answer.status, headers=headers, content=content)
        return httpx.Response(answer.status, headers=headers, stream=_Pieces(answer, self._clock))


class _Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes slowly, or not as a whole."""

    def __init__(self, answer: Answer, clock: Clock) -> None:
        self._answer = answer
        self._clock = clock
        self._pieces = answer.manner.pieces(answer.content)

    def __iter__(self) -> Iterator[bytes]:
        for seconds, piece in self._pieces:
            if seconds:
                self._clock.sleep(seconds)
            yield piece
        self._check_whole()

    # No generator, or trio would find it lying about when a client is cancelled.
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if (step := next(self._pieces, None)) is None:
            self._check_whole()
            raise StopAsyncIteration
        seconds, piece = step
        if seconds:
            await self._clock.asleep(seconds)
        return piece

    def _check_whole(self) -> None:
        if self._answer.manner.is_cut:
            text = "peer closed connection without sending complete message body"
            raise httpx.RemoteProtocolError(text)


def _call(request: httpx.Request, body: bytes | None) -> Call:
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    return Call(
        method=request.method,
        path=unquote(path),
        query=dict(QueryParams(query)),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw},
        body=body,
        client_host=CLIENT_HOST,
        scheme=request.url.scheme,
    )
