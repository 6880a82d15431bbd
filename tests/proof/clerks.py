"""Those who book: processes that take orders from a list, all from the same one, and may be killed at any moment.

Their time is the vendor's, only so many times faster: what a client waits for takes as much less, and so does the time
after which a client that died is believed dead.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import httpx
from proof import naive
from proof.vendor import Order

from cleanlife_ext import APIStatusError, CleanLife, CleanLifeError, OutcomeUnknownError, Timeslot
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.ledger import Ledger
from cleanlife_ext.ledger.layer import Journal

__all__ = ["CLERKS", "SETTLES_AFTER", "STEPS", "Duty", "Fate", "Paced", "orders_of", "said", "work"]

CLERKS = 4
PACE = 40  # Seconds of a client's to one of everybody else's.
TIMEOUT = 30.0  # Of the client's seconds, as all that follow.
DEADLINE = 400.0
SETTLES_AFTER = 160.0
AT_ONCE = 6  # Orders that one clerk is at, each in a thread.
NEAR = 40  # Orders by which one clerk may be ahead of another.
TRIES = 3  # After which an order is left to others, and to recovery.

# What a store does at each durable step.
DURABLE = {"claim": "claim", "sending": "sending", "created": "outcome", "ended": "outcome"}
STEPS = tuple(f"{when} {what}" for what in ("claim", "sending", "outcome") for when in ("before", "after"))


@attrs.define
class Fate:
    """To be killed at a *step*, when one has come there so often."""

    step: str
    countdown: int = 1

    def meet(self, step: str) -> None:
        self.countdown -= step == self.step
        if self.countdown <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


@attrs.frozen
class Duty:
    """What a clerk is to do.

    With a *lane*, it is one of several at the same orders. *epoch* is when the clients' time began to be faster.
    Without a *ledger* it books as most people would, by *refer*.
    *told* is the file in which it says what it was told of each order; what stands there it does not do again.
    """

    url: str
    key: str
    epoch: float
    orders: Path = Path()
    told: Path = Path()
    lane: int | None = None
    ledger: str = ""
    refer: str = ""
    fate: Fate | None = None
    recovers: bool = False


@attrs.frozen
class Paced(Clock):
    """Time that passes faster."""

    epoch: float

    def now(self) -> float:
        return time.monotonic() * PACE

    def wall(self) -> float:
        return self.epoch + (time.time() - self.epoch) * PACE

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / PACE)


class _Swift(httpx.HTTPTransport):
    """A transport whose timeouts are in the client's time."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        timeout = request.extensions["timeout"]
        request.extensions["timeout"] = {name: float(seconds) / PACE for name, seconds in timeout.items()}
        return super().handle_request(request)


class _Mortal:
    """A store, until its owner's fate is met."""

    def __init__(self, store: Any, fate: Fate) -> None:
        self._store, self._fate = store, fate

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        return partial(self._do, DURABLE[name], method) if name in DURABLE else method

    def _do(self, step: str, method: Callable[..., Any], *given: Any, **more: Any) -> Any:
        self._fate.meet(f"before {step}")
        result = method(*given, **more)
        self._fate.meet(f"after {step}")
        return result


class _Doomed(Ledger):
    """A ledger whose client is killed at a step."""

    def __init__(self, url: str, *, settles_after: float, fate: Fate) -> None:
        super().__init__(url, settles_after=settles_after)
        self._fate = fate

    def journal(self, api: str) -> Journal:
        journal = super().journal(api)
        mortal: Any = _Mortal(journal.store, self._fate)
        return attrs.evolve(journal, store=mortal)


def work(duty: Duty) -> None:
    """Do it."""
    logging.disable()  # So much goes wrong that nobody would read it.
    if duty.refer:
        _book(_naive(duty), duty)
    elif duty.recovers:
        _client(duty).bookings.recover()
    else:
        _book(_client(duty), duty)


def _client(duty: Duty) -> CleanLife:
    kind = Ledger if duty.fate is None else partial(_Doomed, fate=duty.fate)
    return CleanLife(
        duty.key,
        base_url=duty.url,
        timeout=TIMEOUT,
        deadline=DEADLINE,
        ledger=kind(duty.ledger, settles_after=SETTLES_AFTER),
        transport=_Swift(),
        clock=Paced(duty.epoch),
    )


def _naive(duty: Duty) -> naive.NaiveClient:
    http = httpx.Client(base_url=duty.url, headers={"x-api-key": duty.key}, timeout=TIMEOUT)
    return naive.NaiveClient(http, getattr(naive, duty.refer))


def _book(client: Any, duty: Duty) -> None:
    done = {reference for reference, word in said(duty.told) if word != "begun"}
    todo = [order for order in orders_of(duty) if order.reference not in done]
    file = os.open(duty.told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(partial(_see_to, client, file), todo))


def orders_of(duty: Duty) -> list[Order]:
    """What is given to this clerk. Most orders are given to several of them, at about the same time."""
    orders = [Order(*fields) for fields in json.loads(duty.orders.read_text())]
    if duty.lane is None:
        return orders
    if duty.refer:
        return orders[duty.lane :: CLERKS]
    places = {order.reference: place + NEAR * _luck(order, duty.lane) for place, order in enumerate(orders)}
    mine = [order for order in orders if _is_given(order, duty.lane)]
    return sorted(mine, key=lambda order: places[order.reference])


def _is_given(order: Order, lane: int) -> bool:
    several = sorted(range(CLERKS), key=partial(_luck, order))[: 1 + int(CLERKS * _luck(order))]
    return lane in several


def _luck(order: Order, *whose: int) -> float:
    return random.Random(f"{order.reference} {whose}").random()  # noqa: S311


def _see_to(client: Any, file: int, order: Order) -> None:
    for left in reversed(range(TRIES)):
        _say(file, order, "begun")
        word = _told(client, order)
        if not left or not word.startswith("later"):
            _say(file, order, word)
            return


def _told(client: Any, order: Order) -> str:
    """What a caller is told of *order*: its id, that it was refused, or that it should be seen to later."""
    try:
        booking = client.bookings.create(
            contact_id=order.contact_id,
            address_id=order.address_id,
            service_id=order.service_id,
            date=dt.date.fromisoformat(order.date),
            timeslot=Timeslot(order.start_at, order.end_at),
            external_reference=order.reference,
        )
    except CleanLifeError as error:
        is_refused = isinstance(error, APIStatusError) and 400 <= error.status_code < 500
        if is_refused and not isinstance(error, OutcomeUnknownError):
            return f"refused {error.code}"
        return f"later {type(error).__name__}"
    return f"booked {booking.booking_id}"


def _say(file: int, order: Order, word: str) -> None:
    os.write(file, f"{order.reference} {word}\n".encode())  # In one piece, whenever it is killed.


def said(told: Path) -> Iterator[tuple[str, str]]:
    """What was said of which order, in order."""
    if told.exists():
        for line in told.read_text().splitlines():
            reference, _, word = line.partition(" ")
            yield reference, word
