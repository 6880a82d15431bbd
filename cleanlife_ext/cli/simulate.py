"""`cleanlife simulate`: a simulator that runs until somebody interrupts it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from rich.console import Console

from cleanlife_ext.client import ADDRESSES, KEY_VARIABLE
from cleanlife_ext.listening import why_not
from cleanlife_ext.simulator import Answer, Call, RecordedRequest, Server, Simulator
from cleanlife_ext.simulator.control import ROOT
from cleanlife_ext.simulator.routes import BASE_PATH
from cleanlife_ext.simulator.webhooks import EVENTS

__all__ = ["CannotSimulateError", "CommandSimulator", "serve"]

HOUR = 3600.0


class CannotSimulateError(Exception):
    """It cannot be begun as it was asked for; the text says why."""


class CommandSimulator(Simulator):
    """A simulator as the command line asked for it.

    *log*: where a line is printed for each request, answered or not. *webhooks_to*: where all events are sent from the
    beginning, and again after a reset, which gives the subscription the same id and secret.
    """

    def __init__(self, *, log: Console | None = None, webhooks_to: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._console = log
        self._webhooks_to = webhooks_to
        self.secret = self._subscribed()

    def answer(self, call: Call) -> Answer:
        """As the simulator answers."""
        with self._lock:  # Or the last request could be another one.
            answer = super().answer(call)
            if self._console is not None:
                # Strangers choose the path and the id, so no control character of theirs reaches the terminal.
                line = _line(self.requests[-1]).encode("unicode_escape").decode()
                self._console.print(line, soft_wrap=True, markup=False)
        return answer

    def reset(self) -> None:
        """Back to the beginning of the command."""
        with self._lock:  # Nobody shall find the beginning half made.
            super().reset()
            self.secret = self._subscribed()

    def _subscribed(self) -> str | None:
        return None if self._webhooks_to is None else _subscribe(self, self._webhooks_to)


def serve(
    simulator: CommandSimulator,
    console: Console,
    *,
    host: str,
    port: int,
    sleep: Callable[[float], None],
    browse: Callable[[str], object] | None = None,
) -> None:
    """Serve until Ctrl-C. Raises `CannotSimulateError` where that is not possible.

    *browse*: opens the page.
    """
    try:
        with ExitStack() as stack:
            server = _listening(stack, simulator, host, port)
            # Unwrapped, however narrow the terminal: these lines are made to be copied.
            console.print(instructions(server, simulator), soft_wrap=True, markup=False)
            if browse is not None:
                browse(page(server))
            while True:
                sleep(HOUR)
    except KeyboardInterrupt:
        # Outside the stack, so that an impatient second Ctrl-C ends well too.
        console.print("\nStopped.")


def page(server: Server) -> str:
    """The address of the simulator's page."""
    return f"{server.base_url.removesuffix(BASE_PATH)}{ROOT}/"


def _subscribe(simulator: Simulator, url: str) -> str:
    """Have all events sent to *url*; gives the secret that signs them."""
    body = json.dumps({"url": url, "events": EVENTS}).encode()
    headers = {"x-api-key": simulator.api_key, "content-type": "application/json"}
    answer = simulator.answer(Call("POST", f"{BASE_PATH}/partners/webhooks/subscriptions", {}, headers, body))
    if answer.status != 200:
        reason = answer.json["error"]["message"]
        message = f"webhooks cannot go to {url!r}: {reason}{_hint(reason)}"
        raise CannotSimulateError(message)
    return str(answer.json["data"]["secret"])


def _line(request: RecordedRequest) -> str:
    status = "no answer" if request.status is None else request.status
    fault = f"  fault: {request.fault}" if request.fault else ""
    return f"{request.method} {request.path}  {status}  {request.request_id}{fault}"


def _hint(reason: str) -> str:
    is_forbidden = "must use https" in reason or "not allowed" in reason
    return "; --allow-http lets plain HTTP and this machine in" if is_forbidden else ""


def _listening(stack: ExitStack, simulator: Simulator, host: str, port: int) -> Server:
    try:
        return stack.enter_context(simulator.serve(host=host, port=port))
    except (OSError, UnicodeError) as error:  # The latter for a host that cannot be a name.
        raise CannotSimulateError(why_not(error, host, port)) from error


def instructions(server: Server, simulator: CommandSimulator) -> str:
    """Where it is, how to use it, and what the API itself has no way to find out."""
    addresses = "\n".join(f"  {address.id}  {address.name}" for address in simulator.addresses)
    webhooks = "".join(f"  Webhooks  {each.url}\n  Secret    {simulator.secret}\n" for each in simulator.subscriptions)
    return f"""\
The CleanLife Partner API, simulated. Ctrl-C stops it.

  Base URL  {server.base_url}
  API key   {server.api_key}
  Page      {page(server)}
{webhooks}
Use it from a shell:

  export {ADDRESSES.address_variable}={server.base_url} {KEY_VARIABLE}={server.api_key}

and in Python:

  from cleanlife_ext import CleanLife
  print(CleanLife().services.list().first())

Addresses to book for:

{addresses}
"""
