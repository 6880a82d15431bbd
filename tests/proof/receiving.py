"""Those who receive: processes that take webhooks, and others that see to them; they may be killed at any moment."""

from __future__ import annotations

import logging
import os
import random
import signal
import socket
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
import uvicorn
from proof.clerks import Fate
from proof.sender import Ahead

from cleanlife_ext import CleanLife
from cleanlife_ext.webhooks.bookings.view import BookingView
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.inbox.inbox import Inbox
from cleanlife_ext.webhooks.processing.processor import Patience
from cleanlife_ext.webhooks.procrastinate import Procrastinate
from cleanlife_ext.webhooks.receiver import WebhookReceiver

__all__ = [
    "EFFECTS",
    "RECEIVERS_STEPS",
    "WORKERS_STEPS",
    "Duty",
    "HandlerError",
    "Mortal",
    "faltering",
    "is_poison",
    "lines_of",
    "receive",
    "receiver_of",
    "serve",
    "work",
]

LEASE = 2.0  # Seconds
PATIENCE = Patience(attempts=7, first=0.1, factor=2, most=1)
FAILING = 0.05  # Of handlings.
POISON = 250  # One in so many.
FREEZING = 0.001  # Of marks.

# What is done to rows at each durable step.
DURABLE = {
    "accept_all": "row",
    **dict.fromkeys(("next", "take"), "claim"),
    **dict.fromkeys(("done", "failed", "given_up"), "mark"),
}
RECEIVERS_STEPS = ("before row", "after row")
WORKERS_STEPS = (
    *("before claim", "after claim", "in handler", "in transaction"),
    *("before mark", "at commit of mark", "after mark"),
)

# What handlers do in the inbox's transaction. Nothing forbids to do it twice.
EFFECTS = sa.Table(
    "effects",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("delivery_id", sa.Text, nullable=False),
    sa.Column("booking_id", sa.Text, nullable=False),
    sa.Column("taken", sa.Double, nullable=False),  # Shortly before it was taken up, in seconds of no calendar.
)


@attrs.frozen
class Duty:
    """What a process is to do, by whose secrets and API. In the file *told* it says what its handlers have done.

    Where nothing *falters*, no handler fails.
    """

    inbox: str
    url: str
    key: str
    secrets: Mapping[str, str]
    clock: Ahead
    told: Path
    falters: bool = True
    fate: Fate | None = None

    @property
    def is_shared(self) -> bool:
        """Whether the inbox is on a server, for many machines."""
        return self.inbox.startswith("postgresql")


def receiver_of(duty: Duty, inbox: Mortal) -> WebhookReceiver:
    """A receiver as everybody has it here, with its handlers."""
    receiver = WebhookReceiver(
        secrets=duty.secrets,
        inbox=inbox,
        allow_http=True,
        view=BookingView(inbox, on_gap="refetch"),
        queue=Procrastinate() if duty.is_shared else None,
        patience=PATIENCE,
        lease=LEASE,
        clock=duty.clock,
    )

    @receiver.on("*")
    async def tell(event: Event) -> None:
        told(duty, "began", event.delivery_id)
        _meet(duty.fate, "in handler")
        faltering(duty, FAILING / 2)
        told(duty, "ran", event.delivery_id)

    @receiver.on("*", in_transaction=True)
    def affect(event: Event, connection: sa.Connection) -> None:
        its = {
            "delivery_id": event.delivery_id,
            "booking_id": event.booking_id,
            "taken": inbox.times[event.delivery_id],
        }
        connection.execute(sa.insert(EFFECTS), its)
        _meet(duty.fate, "in transaction")
        faltering(duty, 1.0 if is_poison(event.delivery_id) else FAILING / 2)

    return receiver


def receive(duty: Duty, line: Connection) -> None:
    """Take webhooks, at a port that it says first, until nobody is at the other end of *line*."""
    logging.disable()  # So much goes wrong that nobody would read it.
    with Mortal(duty) as inbox:
        serve(receiver_of(duty, inbox).asgi, line)


def serve(app: Any, line: Connection) -> None:
    """Serve an application, at a port that it says on *line*, until nobody is at the other end."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    threading.Thread(target=_end, args=(line, server), daemon=True).start()
    line.send(listening.getsockname()[1])
    server.run([listening])


def work(duty: Duty, line: Connection) -> None:
    """See to what came in, until nobody is at the other end of *line*."""
    logging.disable()
    client = CleanLife(duty.key, base_url=duty.url, clock=duty.clock)
    with client, Mortal(duty) as inbox, receiver_of(duty, inbox).worker(client):
        line.send(os.getpid())
        _wait(line)


def is_poison(delivery_id: str) -> bool:
    """Whether no handler ever succeeds with this delivery."""
    return zlib.crc32(delivery_id.encode()) % POISON == 0


def lines_of(told: Path) -> Iterator[tuple[str, str]]:
    """What handlers have done to which delivery, in order."""
    for line in told.read_text().splitlines():
        what, _, id = line.partition(" ")
        yield what, id


class Mortal(Inbox):
    """An inbox whose owner is killed at a step; *times* says when each delivery was taken up."""

    def __init__(self, duty: Duty) -> None:
        super().__init__(duty.inbox)
        self.times: dict[str, float] = {}
        rows = super().deliveries
        self._mortal: Any = _Rows(rows, duty, self.times)
        sa.event.listen(rows.database.engine, "commit", self._mortal.commits)

    @property
    def deliveries(self) -> Any:
        return self._mortal


class _Rows:
    """The rows of somebody who is killed at a step, or frozen before a mark for longer than a claim lasts."""

    def __init__(self, rows: Any, duty: Duty, times: dict[str, float]) -> None:
        self._rows, self._duty, self._times = rows, duty, times
        self._here = threading.local()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._rows, name)
        return partial(self._do, DURABLE[name], method) if name in DURABLE else method

    def commits(self, _connection: sa.Connection) -> None:
        """Somebody is about to commit."""
        _meet(self._duty.fate, f"at commit of {getattr(self._here, 'step', 'nothing')}")

    def _do(self, step: str, method: Callable[..., Any], *given: Any, **more: Any) -> Any:
        _meet(self._duty.fate, f"before {step}")
        if step == "mark" and self._duty.falters and random.random() < FREEZING:  # noqa: S311
            freeze(self._duty)
        began, self._here.step = time.monotonic(), step
        try:
            result = method(*given, **more)
        finally:
            self._here.step = ""
        if step != "claim":
            _meet(self._duty.fate, f"after {step}")
        elif result is not None:
            self._times[result.entry.delivery_id] = began
            _meet(self._duty.fate, "after claim")
        return result


class HandlerError(Exception):
    """A handler has failed."""


def faltering(duty: Duty, share: float = FAILING) -> None:
    """Fail, so often."""
    if duty.falters and random.random() < share:  # noqa: S311
        told(duty, "failed")
        raise HandlerError("it was to fail")


def freeze(duty: Duty) -> None:
    """Stand still, with all threads, as machines do that are moved; nobody keeps what was taken up meanwhile."""
    told(duty, "froze")
    subprocess.Popen(["/bin/sh", "-c", f"sleep {1.5 * LEASE}; kill -CONT {os.getpid()} 2>/dev/null"])  # noqa: S603
    os.kill(os.getpid(), signal.SIGSTOP)


def told(duty: Duty, *words: str) -> None:
    """Write down what was done, in one piece, whenever it is killed."""
    file = os.open(duty.told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, (" ".join(words) + "\n").encode())
    os.close(file)


def _meet(fate: Fate | None, step: str) -> None:
    if fate is not None:
        fate.meet(step)


def _end(line: Connection, server: uvicorn.Server) -> None:
    _wait(line)
    server.should_exit = True


def _wait(line: Connection) -> None:
    with suppress(EOFError):
        line.recv()
