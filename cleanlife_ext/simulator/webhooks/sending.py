"""The two ways in which a request leaves: over HTTP, and into a function of whoever runs the simulator."""

import asyncio
import logging
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Protocol

from attrs import evolve

from cleanlife_ext.simulator.webhooks.terms import TERMS
from cleanlife_ext.simulator.webhooks.values import Outcome, WebhookRequest

log = logging.getLogger(__name__)

Receive = Callable[[WebhookRequest], int]
NO_ANSWER = "connection lost"


class Sender(Protocol):
    """Takes requests to where they are wanted."""

    @property
    def most_at_once(self) -> int:
        """How many may be on their way at the same time."""
        ...

    def is_calling(self) -> bool:
        """Whether the code that asks was called by this very sender."""
        ...

    async def send(self, request: WebhookRequest) -> Outcome:
        """What became of *request*; an exception is a mistake of ours."""
        ...


class HttpSender:
    """Posts over HTTP. Nothing but the answer's status is looked at, so there is nothing else that can do harm."""

    most_at_once = 16

    def __init__(self, timeout: float = TERMS.timeout, *, follows_redirects: bool = TERMS.follows_redirects) -> None:
        self._timeout = timeout
        self._follows_redirects = follows_redirects

    def is_calling(self) -> bool:
        """Unknown: whoever was called is on the other side of a socket."""
        return False

    async def send(self, request: WebhookRequest) -> Outcome:
        """One request on a connection of its own."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                outcome = Outcome(await self._status(request))
        except TimeoutError:
            outcome = Outcome(None, f"timeout after {self._timeout:g} s")
        except Exception as error:  # noqa: BLE001 - an attempt may fail in any way, but not stop those that follow
            # Its text may hold the URL, and with it a password.
            log.debug("cleanlife.simulator.attempt_failed", extra={"error": type(error).__name__})
            outcome = Outcome(None, _reason(error))
        return evolve(outcome, seconds=time.monotonic() - began)

    async def _status(self, request: WebhookRequest) -> int:
        # Here, since it takes longer to import than the whole simulator, and not everybody has subscriptions.
        import aiohttp  # noqa: PLC0415

        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # The one above is for everything together.
            skip_auto_headers=("Accept-Encoding",),
            auto_decompress=False,
            trust_env=False,
        ) as session:
            response = await session.post(
                request.url, data=request.body, headers=request.headers, allow_redirects=self._follows_redirects
            )
            # At once: its body may be endless.
            response.close()
            return response.status


class InProcessSender:
    """Calls a function instead, in a thread of its own, one request after the other.

    There is no timeout: a function cannot be stopped.
    """

    most_at_once = 1

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    def is_calling(self) -> bool:
        """Whether the function, or what it has started in its context, is what asks."""
        return _caller.get() is self

    async def send(self, request: WebhookRequest) -> Outcome:
        """One call."""
        began = time.monotonic()
        answer = Future[Outcome]()
        # From here on it cannot be cancelled; who no longer waits does not hear of it.
        answer.set_running_or_notify_cancel()
        threading.Thread(
            target=self._call, args=(request, answer), name="cleanlife-webhook-receiver", daemon=True
        ).start()
        return evolve(await asyncio.wrap_future(answer), seconds=time.monotonic() - began)

    def _call(self, request: WebhookRequest, answer: "Future[Outcome]") -> None:
        _caller.set(self)
        outcome = Outcome(None, NO_ANSWER)
        try:
            outcome = Outcome(_checked(self._receive(request)))
        except BaseException:
            # Whatever it is, the thread is ours, and the log is where its owner finds out.
            log.exception("cleanlife.simulator.receiver_failed")
        answer.set_result(outcome)


_caller: ContextVar[InProcessSender | None] = ContextVar("caller", default=None)


def _checked(status: int) -> int:
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        message = f"receive must return a status from 100 to 599, for example 200; it returned {type(status).__name__}"
        raise ValueError(message)
    return status


def _reason(error: BaseException) -> str:
    """Why nothing came back, in our own words."""
    import aiohttp  # noqa: PLC0415

    kinds: tuple[tuple[type[BaseException], str], ...] = (
        (aiohttp.ClientConnectorDNSError, "host not found"),
        (UnicodeError, "host not found"),  # No name server would take it.
        (aiohttp.InvalidURL, "URL cannot be used"),
        (aiohttp.ClientSSLError, "TLS handshake failed"),
        (ssl.SSLError, "TLS handshake failed"),
        (aiohttp.ClientConnectorError, "connection failed"),
        (aiohttp.ClientResponseError, "answer is no HTTP"),
    )
    return next((reason for kind, reason in kinds if isinstance(error, kind)), NO_ANSWER)
