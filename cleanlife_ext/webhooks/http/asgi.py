"""The receiver as an ASGI app, on asyncio and on trio."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

import anyio
import anyio.lowlevel
import anyio.to_thread
import attrs

from cleanlife_ext.engine.driving import adrive
from cleanlife_ext.errors import InboxError
from cleanlife_ext.webhooks.http.admission import TIMEOUT, TOO_SLOW, UNAVAILABLE, Answer, Body, RefusedError
from cleanlife_ext.webhooks.http.reception import Lookup, Reception, Write

__all__ = ["AsgiApp"]

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

WRITERS, LOOKERS = 32, 4  # Threads.


class _GoneError(Exception):
    """Whoever asked is there no more."""


class _Lane:
    """So many threads. One that nobody waits for any more takes up its place until it has ended."""

    def __init__(self, size: int) -> None:
        self._turns = anyio.CapacityLimiter(size)  # On asyncio, whoever waits no more gives their turn away.
        self._places = threading.Semaphore(size)

    async def run(self, act: Callable[[], Any]) -> Any:
        return await anyio.to_thread.run_sync(self._run, act, limiter=self._turns, abandon_on_cancel=True)

    def _run(self, act: Callable[[], Any]) -> Any:
        if not self._places.acquire(blocking=False):
            raise InboxError("too many threads wait for an answer already")
        try:
            return act()
        finally:
            self._places.release()


@attrs.frozen(eq=False)
class _Lanes:
    """Threads for what blocks. Those who look have their own: strangers make them look, and hold up nobody else."""

    write: _Lane = attrs.field(factory=lambda: _Lane(WRITERS))
    look: _Lane = attrs.field(factory=lambda: _Lane(LOOKERS))


_lanes: anyio.lowlevel.RunVar[_Lanes] = anyio.lowlevel.RunVar("cleanlife_webhook_lanes")


class AsgiApp:
    """Answers on every path. An object and not a function, so that a framework's route takes it for the app it is."""

    def __init__(self, reception: Reception, timeout: float = TIMEOUT) -> None:
        self.reception, self._timeout = reception, timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await _lifespan(receive, send)
            case "websocket":
                await send({"type": "websocket.close", "code": 1008})
            case _:
                raise ValueError("this app speaks HTTP alone")

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answered(scope, receive)
        except _GoneError:
            return
        except Exception as error:  # noqa: BLE001  # Whatever it is, it must not be lost by an answer.
            answer = self.reception.unexpected(error)
        await _respond(send, answer, closes=answer.ends and scope["http_version"].startswith("1"))

    async def _answered(self, scope: Scope, receive: Receive) -> Answer:
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        peer = (scope.get("client") or ("",))[0]
        answer = TOO_SLOW
        with anyio.move_on_after(self._timeout):
            try:
                body = self.reception.admission.admit(scope["method"], scope.get("scheme", "http"), peer, headers)
                content = await _read(receive, body)
            except RefusedError as refused:
                return self.reception.refused(refused.answer)
            answer = UNAVAILABLE  # What is still being written then may well be written; it is delivered again.
            return await adrive(self.reception.received(headers, content), _performed)
        return self.reception.refused(answer)


async def _read(receive: Receive, body: Body) -> bytes:
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _GoneError
        body.add(message.get("body", b""))
        if not message.get("more_body", False):
            return body.whole()


async def _performed(step: Lookup | Write) -> Any:
    lanes = _lanes.get(None)
    if lanes is None:
        _lanes.set(lanes := _Lanes())
    lane = lanes.look if isinstance(step, Lookup) else lanes.write
    return await lane.run(step.act)


async def _respond(send: Send, answer: Answer, *, closes: bool) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    if closes:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
