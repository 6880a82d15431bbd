"""What happens by itself happens in time, in order, without a lock, and leaves nothing behind."""

import asyncio
import datetime as dt
import gc
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

import pytest
from attrs import frozen
from engine.wire_server import Connection, serve
from simulator.calling import EIGHT_O_CLOCK, Caller, Clock
from simulator.hooks import SUBSCRIPTIONS, URL, Answer, Inbox, Shop

from cleanlife_ext import CleanLife
from cleanlife_ext.simulator import Simulator, WebhookRequest
from cleanlife_ext.simulator.agenda import Posting, Sending
from cleanlife_ext.simulator.clock import Time
from cleanlife_ext.simulator.ids import Ids
from cleanlife_ext.simulator.runner import Runner, call_if_there
from cleanlife_ext.simulator.state import State
from cleanlife_ext.simulator.webhooks.sending import InProcessSender
from cleanlife_ext.simulator.webhooks.values import Outcome

PATIENCE = 10.0
CREATED = ("booking.created",)


def agenda_threads() -> set[threading.Thread]:
    """The threads that run agendas now."""
    return {thread for thread in threading.enumerate() if thread.name == "cleanlife-simulator-agenda"}


def eventually(condition: Callable[[], object]) -> bool:
    """Whether *condition* comes true while other threads do their work."""
    waiting = threading.Event()
    return any(condition() or waiting.wait(0.005) for _ in range(int(PATIENCE / 0.005)))


def test_what_is_due_now_is_sent_without_being_asked_for() -> None:
    """Nobody settles."""
    shop = Shop()
    shop.subscribe()
    shop.book()

    assert eventually(lambda: shop.inbox.got)


def test_with_the_real_clock_things_happen_when_their_time_comes() -> None:
    """A retry that is near comes before a step that is far, though it was planned later; nobody settles."""
    shop = Shop(500, 200, now=None)
    shop.book()
    shop.subscribe(events=CREATED)
    shop.book()
    shop.advance(seconds=59.8)
    assert len(shop.inbox.got) == 1

    assert eventually(lambda: shop.delivery.status == "DELIVERED")
    assert (shop.delivery.attempts[1].at - shop.delivery.attempts[0].at).total_seconds() >= 60


def test_with_a_clock_of_ones_own_nothing_happens_because_time_passes(clock: Clock) -> None:
    """Until somebody settles."""
    shop = Shop(500, now=clock)
    shop.subscribe(events=CREATED)
    shop.book()
    shop.settle()

    clock.advance(hours=1)
    shop.call.get("/services")
    assert len(shop.inbox.got) == 1
    shop.settle()

    assert len(shop.inbox.got) == 2


def test_a_receiver_may_use_the_api() -> None:
    """The simulator's lock is not held while it is called; what that leads to is settled too."""
    shop = Shop()
    shop.subscribe(events=(*CREATED, "booking.cancelled"))
    seen = []

    def cancel(request: WebhookRequest) -> int:
        booking = shop.inbox.bodies[-1]["data"]["bookingId"]
        seen.append((request.headers["X-CleanLife-Event"], shop.call.get(f"/bookings/{booking}/status").data["status"]))
        return shop.call.patch(f"/bookings/{booking}/cancel").status

    shop.inbox.answers[:] = [cancel, 200]
    shop.book()
    shop.settle()

    assert seen == [("booking.created", "in progress")]
    assert shop.inbox.events == ["booking.created", "booking.cancelled"]


def test_a_receiver_may_use_a_client_over_a_socket() -> None:
    """From whatever thread it is called."""
    shop = Shop()
    shop.subscribe(events=CREATED)
    with shop.simulator.serve() as server, CleanLife(server.api_key, base_url=server.base_url) as client:
        shop.inbox.answers[:] = [lambda _request: 200 + len(client.bookings.list().all())]
        shop.book()
        shop.settle()

    assert shop.delivery.status_code == 201


def test_a_receiver_cannot_wait_for_itself() -> None:
    """A clear error instead of two who wait for each other; also in what it runs in a loop of its own."""
    shop = Shop()
    shop.subscribe(events=CREATED)
    errors = []

    async def in_a_loop() -> None:
        await asyncio.to_thread(shop.settle)

    def wait(_request: WebhookRequest) -> int:
        for call in (shop.settle, lambda: shop.advance(hours=1), lambda: asyncio.run(in_a_loop())):
            with pytest.raises(
                RuntimeError, match=r"call settle\(\) and clock\.advance\(\) after it has returned"
            ) as caught:
                call()
            errors.append(caught)
        return 200

    shop.inbox.answers[:] = [wait]
    shop.book()
    shop.settle()

    assert len(errors) == 3
    assert shop.delivery.status == "DELIVERED"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ConnectionResetError("by the test"), "by the test"),
        (SystemExit(), "SystemExit"),
        (lambda _request: pytest.fail("not what was expected"), "not what was expected"),
        (lambda _request: None, "receive must return a status from 100 to 599, for example 200; it returned NoneType"),
        (lambda _request: True, "it returned bool"),
        (lambda _request: 99, "receive must return"),
    ],
)
def test_a_receiver_that_raises_has_lost_the_connection(
    answer: Answer, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says why; the attempt counts as any other."""

    def receive(request: WebhookRequest) -> int:
        if isinstance(answer, BaseException):
            raise answer
        assert callable(answer)
        return answer(request)

    shop = Shop(receive=receive)
    shop.subscribe(events=CREATED)
    shop.book()
    shop.settle()

    assert (shop.delivery.status, shop.delivery.error) == ("PENDING", "connection lost")
    assert [record.message for record in caplog.records] == ["cleanlife.simulator.receiver_failed"]
    assert said in caplog.text


def test_the_clock_stands_at_the_moment_of_what_happens() -> None:
    """Also for a receiver that asks for the time; the next moment waits for its answer."""
    shop = Shop(500, now=None)
    times: list[dt.datetime] = []
    shop.inbox.answers[:] = [lambda _request: times.append(shop.simulator.clock.now()) or 500]  # type: ignore[func-returns-value]
    shop.subscribe(events=CREATED)
    shop.book()
    shop.settle()

    shop.advance(days=1)

    assert [(later - times[1]).total_seconds() for later in times[1:]] == [0, 300, 2100]
    assert [attempt.at for attempt in shop.delivery.attempts[1:]] == times[1:]


def test_one_subscription_gets_one_request_at_a_time_in_order() -> None:
    """However many wait, and however slow it is."""
    shop = Shop(allow_http=True, receive=None)

    waiting, most_waiting = [0], [0]

    def slowly(connection: Connection) -> None:
        connection.read()
        # From a request to its answer; how long the connection stays open after that is up to both ends.
        waiting[0] += 1
        most_waiting[0] = max(waiting[0], most_waiting[0])
        threading.Event().wait(0.01)
        waiting[0] -= 1
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serve(slowly) as server:
        shop.subscribe(server.url, events=CREATED)
        for _ in range(10):
            shop.book()
        shop.settle()

    order = [request.partition(b'"deliveryId":"')[2][:36].decode() for request in server.requests]
    assert order == [delivery.id for delivery in shop.simulator.deliveries]
    assert most_waiting == [1]


def test_several_subscriptions_get_theirs_at_the_same_time() -> None:
    """Up to sixteen."""
    shop = Shop(allow_http=True, receive=None)
    crowd = threading.Event()

    def wait_for_others(connection: Connection) -> None:
        connection.read()
        crowd.wait(PATIENCE)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serve(wait_for_others) as server:
        for _ in range(20):
            shop.subscribe(server.url, events=CREATED)
        shop.book()
        assert eventually(lambda: len(server.requests) == 16)
        threading.Event().wait(0.05)
        assert len(server.requests) == 16
        crowd.set()
        shop.settle()

    assert len(server.requests) == 20
    assert {delivery.status for delivery in shop.simulator.deliveries} == {"DELIVERED"}


def test_a_receiver_that_hangs_holds_up_no_one_else() -> None:
    """Neither the API nor other subscriptions."""
    shop = Shop(allow_http=True, receive=None)

    def hang(connection: Connection) -> None:
        connection.read()
        connection.stall()

    def accept(connection: Connection) -> None:
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serve(hang) as hanging, serve(accept) as accepting:
        shop.subscribe(hanging.url, events=CREATED)
        shop.subscribe(accepting.url, events=CREATED)
        for _ in range(3):
            shop.book()
        assert eventually(lambda: len(accepting.requests) == 3)
        assert len(hanging.requests) == 1
        shop.simulator.reset()


def test_a_reset_forgets_what_is_on_its_way() -> None:
    """It is recorded nowhere, and the new world does not wait for it, though all ids are the same."""
    shop = Shop(allow_http=True, receive=None)

    def hang(connection: Connection) -> None:
        connection.read()
        connection.stall()

    def accept(connection: Connection) -> None:
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serve(hang, accept) as server:
        shop.subscribe(server.url, events=CREATED)
        shop.book()
        assert eventually(lambda: server.requests)
        before = shop.delivery.id

        shop.simulator.reset()
        assert shop.simulator.deliveries == ()
        shop.subscribe(server.url, events=CREATED)
        shop.book()
        shop.settle()

    assert (shop.delivery.id, shop.delivery.attempt_count, shop.delivery.status) == (before, 1, "DELIVERED")


def test_a_reset_ends_an_advance_that_is_under_way() -> None:
    """And the time is that of the new world."""
    shop = Shop()
    shop.subscribe(events=CREATED)
    shop.inbox.answers[:] = [500, lambda _request: shop.simulator.reset() or 200]  # type: ignore[func-returns-value]
    shop.book()

    shop.advance(days=1)

    assert shop.simulator.clock.now() == EIGHT_O_CLOCK
    assert (shop.simulator.bookings, shop.simulator.deliveries) == ((), ())
    shop.settle()


def test_what_was_planned_before_a_reset_does_not_happen() -> None:
    """There is nothing left that it could happen to."""
    shop = Shop()
    shop.book()
    shop.simulator.reset()

    shop.advance(days=9)

    assert shop.simulator.events == ()


@contextmanager
def interrupted_wherever_it_is(called: threading.Event) -> Iterator[None]:
    """Ctrl-C while the receiver is called."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        threading.Thread(target=lambda: called.wait(PATIENCE) and os.kill(os.getpid(), signal.SIGUSR1)).start()
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


@contextmanager
def interrupted_as_it_hands_over(called: threading.Event) -> Iterator[None]:
    """The same, when the receiver is called before who advances has come to wait for it."""

    def interrupt(frame: FrameType, event: str, _argument: object) -> None:
        if event == "return" and frame.f_code.co_name == "call_soon_threadsafe":
            sys.setprofile(None)
            called.wait(PATIENCE)
            raise KeyboardInterrupt

    sys.setprofile(interrupt)
    try:
        yield
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("interrupted", [interrupted_wherever_it_is, interrupted_as_it_hands_over])
def test_an_advance_that_is_interrupted_leaves_a_clock_that_goes(
    interrupted: Callable[[threading.Event], AbstractContextManager[None]],
) -> None:
    """Ctrl-C in a test that waits for a receiver that hangs."""
    shop = Shop(500)
    shop.subscribe(events=CREATED)
    shop.book()
    shop.settle()
    called, over = threading.Event(), threading.Event()
    shop.inbox.answers[:] = [lambda _request: 200 if called.set() or over.wait(PATIENCE) else 500]

    try:
        with interrupted(called), pytest.raises(KeyboardInterrupt):
            shop.advance(days=1)
    finally:
        over.set()

    shop.settle()
    assert shop.simulator.clock.now() == EIGHT_O_CLOCK + dt.timedelta(minutes=1)
    shop.advance(hours=1)
    assert shop.simulator.clock.now() == EIGHT_O_CLOCK + dt.timedelta(hours=1, minutes=1)


def test_many_threads_advance_one_after_the_other() -> None:
    """No step is lost, and nothing happens twice."""
    shop = Shop()
    shop.subscribe()
    shop.book()
    threads = [threading.Thread(target=shop.advance, kwargs={"hours": 6}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert shop.simulator.clock.now() == EIGHT_O_CLOCK + dt.timedelta(hours=48)
    assert shop.inbox.events == [event.name for event in shop.simulator.events]
    assert len(shop.inbox.events) == 4


def test_many_threads_book_while_a_receiver_calls_back() -> None:
    """Each booking is told once, and each is cancelled by who heard of it."""
    simulator = Simulator(now=Clock(), allow_http=True)
    call = Caller(simulator.answer, simulator.api_key)

    def cancel(connection: Connection) -> None:
        request = connection.read() or b""
        booking = request.partition(b'"bookingId":"')[2][:36].decode()
        status = call.patch(f"/bookings/{booking}/cancel").status
        connection.send(f"HTTP/1.1 {status} .\r\nContent-Length: 0\r\n\r\n".encode())

    with serve(cancel) as server:
        shops = [Shop() for _ in range(8)]
        for number, shop in enumerate(shops):
            shop.simulator, shop.call = simulator, call
            shop.subscribe(f"{server.url}/{number}", events=CREATED) if number < 4 else None

        def book(shop: Shop, number: int) -> None:
            for _ in range(8):
                shop.book(addressId=simulator.addresses[number % 5].id)

        threads = [threading.Thread(target=book, args=pair) for pair in zip(shops, range(8), strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        simulator.settle()

    assert len(simulator.bookings) == 64
    assert {booking.status for booking in simulator.bookings} == {"canceled"}
    assert len(server.requests) == len(simulator.deliveries) == 4 * 64
    # The first of the four cancels; to the others it is cancelled already.
    codes = [delivery.attempts[0].status_code for delivery in simulator.deliveries]
    assert (codes.count(200), codes.count(422)) == (64, 192)


def test_a_simulator_that_is_gone_leaves_no_thread() -> None:
    """Also one whose receiver knows it."""
    gc.collect()
    assert eventually(lambda: not agenda_threads())

    def use_one() -> weakref.ref[Simulator]:
        shop = Shop(now=None)
        shop.inbox.answers[:] = [lambda _request: shop.call.get("/services").status]
        shop.subscribe()
        shop.book()
        shop.settle()
        assert len(agenda_threads()) == 1
        return weakref.ref(shop.simulator)

    reference = use_one()

    def is_gone() -> bool:
        gc.collect()  # Not once: what was on its way in the thread may hold it a moment longer.
        return reference() is None

    assert eventually(is_gone)
    assert eventually(lambda: not agenda_threads())


def test_a_simulator_without_anything_to_do_has_no_thread() -> None:
    """Bookings whose time is not the real one do not need one either."""
    before = agenda_threads()
    shop = Shop()
    shop.book()
    shop.settle()

    assert agenda_threads() <= before


def test_a_look_that_comes_too_late_finds_nobody(running: tuple[State, Runner, Inbox]) -> None:
    """It was on its way when the last one who knew the runner let go of it."""
    state, _, inbox = running
    state.agenda.plan(EIGHT_O_CLOCK, Mistake("nowhere"))
    assert eventually(lambda: inbox.got)

    call_if_there(weakref.WeakMethod(_Gone().look))


class _Gone:
    """Nobody holds it."""

    def look(self) -> None:
        raise AssertionError


def test_a_program_can_end_while_a_receiver_hangs() -> None:
    """At once, and without a word."""
    code = """
import socket, sys
from simulator.hooks import Shop
listener = socket.create_server(("127.0.0.1", 0))
shop = Shop(allow_http=True, receive=None, now=None)
shop.subscribe(f"http://127.0.0.1:{listener.getsockname()[1]}/")
shop.book()
connection, _ = listener.accept()
connection.recv(1)
"""
    began = time.monotonic()
    path = os.pathsep.join(entry for entry in sys.path if entry)
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert time.monotonic() - began < 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_simulator_works_in_a_forked_process() -> None:
    """It gets a thread of its own there."""
    code = """
import os
from simulator.hooks import Shop
shop = Shop(500)
shop.subscribe(events=("booking.created",))
shop.book()
shop.settle()
child = os.fork()
shop.advance(hours=1)
assert (shop.delivery.status, shop.delivery.attempt_count) == ("FAILED", 4)
if child:
    assert os.waitpid(child, 0)[1] == 0
"""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": path},
    )

    assert ended.returncode == 0, ended.stderr


def test_an_asynchronous_test_settles_in_a_thread() -> None:
    """Its loop is free for a receiver that lives in it."""
    simulator = Simulator(now=Clock(), allow_http=True)
    shop = Shop()
    shop.simulator, shop.call = simulator, Caller(simulator.answer, simulator.api_key)
    bodies = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def test() -> None:
        async with await asyncio.start_server(receive, "127.0.0.1", 0) as server:
            shop.subscribe(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", events=CREATED)
            shop.book()
            await asyncio.to_thread(simulator.settle)

    asyncio.run(test())

    assert len(bodies) == 1
    assert shop.delivery.status == "DELIVERED"


@frozen
class Mistake:
    """Something that goes wrong by our own fault, at one of its stages."""

    stage: str
    lane: str = "lane"

    @property
    def request(self) -> WebhookRequest:
        return WebhookRequest(URL, {}, b"")

    def happen(self, _state: State) -> Posting | None:
        self._stumble("happen")
        return self

    def start(self, _state: State) -> Sending | None:
        self._stumble("start")
        return self

    def end(self, _state: State, _outcome: Outcome) -> None:
        self._stumble("end")

    def _stumble(self, stage: str) -> None:
        if self.stage == stage:
            raise ZeroDivisionError


@pytest.fixture
def running(clock: Clock) -> tuple[State, Runner, Inbox]:
    """A state whose agenda is run."""
    state, inbox = State(Ids(0), clock), Inbox([200])
    return state, Runner(state, Time(clock), threading.RLock(), InProcessSender(inbox), is_live=False), inbox


@pytest.mark.parametrize("stage", ["happen", "start", "end"])
def test_a_mistake_of_ours_stops_nothing_else(
    running: tuple[State, Runner, Inbox], stage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and what comes after it still happens."""
    state, runner, inbox = running
    state.agenda.plan(EIGHT_O_CLOCK, Mistake(stage))
    state.agenda.plan(EIGHT_O_CLOCK, Mistake("nowhere"))
    with caplog.at_level(logging.ERROR):
        runner.settle()

    assert [record.message for record in caplog.records] == ["cleanlife.simulator.mistake"]
    assert len(inbox.got) == (2 if stage == "end" else 1)


def test_deliveries_are_paused_by_nobody_but_the_partner() -> None:
    """A pause in the middle of a row of them fails the rest."""
    shop = Shop()
    path = f"{SUBSCRIPTIONS}/{shop.subscribe(events=CREATED)['id']}"
    shop.inbox.answers[:] = [lambda _request: shop.call.patch(path, status="INACTIVE").status]
    shop.simulator.mishaps = type(shop.simulator.mishaps)(delay=1)
    for _ in range(3):
        shop.book()

    shop.advance(minutes=1)

    assert [delivery.status for delivery in shop.simulator.deliveries] == ["DELIVERED", "FAILED", "FAILED"]
    assert len(shop.inbox.got) == 1
