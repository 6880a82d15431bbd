"""`cleanlife simulate`: a simulator that runs until somebody interrupts it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import ExitStack

from rich.console import Console

from cleanlife_ext.client import ADDRESS_VARIABLE, KEY_VARIABLE
from cleanlife_ext.simulator import Server, Simulator

__all__ = ["CannotListenError", "serve"]

HOUR = 3600.0


class CannotListenError(Exception):
    """The address cannot be listened on; the text says why."""


def serve(simulator: Simulator, console: Console, *, host: str, port: int, sleep: Callable[[float], None]) -> None:
    """Serve until Ctrl-C. Raises `CannotListenError` where that is not possible."""
    try:
        with ExitStack() as stack:
            server = _listening(stack, simulator, host, port)
            # Unwrapped, however narrow the terminal: these lines are made to be copied.
            console.print(instructions(server, simulator), soft_wrap=True, markup=False)
            while True:
                sleep(HOUR)
    except KeyboardInterrupt:
        # Outside the stack, so that an impatient second Ctrl-C ends well too.
        console.print("\nStopped.")


def _listening(stack: ExitStack, simulator: Simulator, host: str, port: int) -> Server:
    try:
        return stack.enter_context(simulator.serve(host=host, port=port))
    except (OSError, UnicodeError) as error:  # The latter for a host that cannot be a name.
        raise CannotListenError(_reason(error, host, port)) from error


def _reason(error: Exception, host: str, port: int) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; choose another one with --port, or any free one with --port 0"
    why = (error.strerror if isinstance(error, OSError) else None) or error
    return f"cannot listen on port {port} of {host}: {why}"


def instructions(server: Server, simulator: Simulator) -> str:
    """Where it is, how to use it, and what the API itself has no way to find out."""
    addresses = "\n".join(f"  {address.id}  {address.name}" for address in simulator.addresses)
    return f"""\
The CleanLife Partner API, simulated. Ctrl-C stops it.

  Base URL  {server.base_url}
  API key   {server.api_key}

Use it from a shell:

  export {ADDRESS_VARIABLE}={server.base_url} {KEY_VARIABLE}={server.api_key}

and in Python:

  from cleanlife_ext import CleanLife
  print(CleanLife().services.list().first())

Addresses to book for:

{addresses}
"""
