"""What once went wrong."""

import asyncio
import datetime as dt
import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from simulator.calling import EIGHT_O_CLOCK, Clock
from simulator.hooks import Inbox, Shop

from cleanlife_ext import AsyncCleanLife
from cleanlife_ext.simulator import Call, Mishaps, Simulator, faults, locks
from cleanlife_ext.simulator.clock import LATEST, Time
from cleanlife_ext.simulator.ids import Ids
from cleanlife_ext.simulator.runner import Runner
from cleanlife_ext.simulator.state import State
from cleanlife_ext.simulator.transport import InProcess
from cleanlife_ext.simulator.webhooks.dispatch import Dispatch
from cleanlife_ext.simulator.webhooks.sending import InProcessSender
from cleanlife_ext.testing import BASE_URL, SimulatedClock

CREATED = ("booking.created",)
PATIENCE = 10.0


def eventually(condition: Callable[[], object]) -> bool:
    """Whether *condition* comes true before patience runs out."""
    waiting = threading.Event()
    return any(condition() or waiting.wait(0.005) for _ in range(int(PATIENCE / 0.005)))


def run_alone(code: str) -> None:
    """Run *code* in a program of its own, in which no other test has threads."""
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


# Time.


def test_tasks_that_wait_at_the_same_time_wait_for_the_same_time() -> None:
    """Ten calls that are to come back in a minute take a minute, not ten, and no deadline passes over it."""
    simulator = Simulator()
    clock = SimulatedClock(simulator.clock)
    client = AsyncCleanLife(
        simulator.api_key, base_url=BASE_URL, transport=InProcess(simulator.answer, clock), clock=clock, deadline=100
    )

    async def ask() -> None:
        await asyncio.gather(*(client.contacts.find_or_create(phone="+966500000000", name="Sara") for _ in range(10)))

    simulator.faults.add("findOrCreateContact", faults.status(429), times=10)
    began = simulator.clock.now()
    asyncio.run(ask())

    assert simulator.clock.now() - began < dt.timedelta(seconds=100)


def test_threads_that_wait_at_the_same_time_wait_for_the_same_time() -> None:
    """The same in threads."""
    simulator = Simulator(now=Clock())
    clock = SimulatedClock(simulator.clock)
    everybody = threading.Barrier(10)
    wakes: list[float] = []

    def sleep() -> None:
        end = clock.now() + 60
        everybody.wait(PATIENCE)
        simulator.clock.advance_to(dt.datetime.fromtimestamp(end, dt.UTC))
        wakes.append(clock.now() - end)

    threads = [threading.Thread(target=sleep) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert wakes == [0.0] * 10


def test_a_clock_advances_to_a_moment(simulator: Simulator) -> None:
    """To one that is past it need not; one without a zone is none."""
    tomorrow = EIGHT_O_CLOCK + dt.timedelta(days=1)
    simulator.clock.advance_to(tomorrow)
    assert simulator.clock.now() == tomorrow
    simulator.clock.advance_to(EIGHT_O_CLOCK)
    assert simulator.clock.now() == tomorrow

    with pytest.raises(ValueError, match="moment must have a zone"):
        simulator.clock.advance_to(dt.datetime(2026, 6, 20))  # noqa: DTZ001
    with pytest.raises(ValueError, match="beyond the year 9000"):
        simulator.clock.advance_to(LATEST + dt.timedelta(days=1))
    assert simulator.clock.now() == tomorrow


def test_time_does_not_go_back_with_its_base(clock: Clock) -> None:
    """Clocks are set back; only a reset begins anew."""
    time = Time(clock)
    clock.advance(hours=-1)
    assert time.now() == EIGHT_O_CLOCK
    clock.advance(hours=2)
    assert time.now() == EIGHT_O_CLOCK + dt.timedelta(hours=1)

    clock.advance(hours=-3)
    time.reset()
    assert time.now() == EIGHT_O_CLOCK - dt.timedelta(hours=2)


def test_a_webhook_is_sent_though_the_clock_is_set_back() -> None:
    """It was due a moment ago, and is not due again in an hour."""
    moments = iter(range(100_000))
    shop = Shop(now=lambda: EIGHT_O_CLOCK - dt.timedelta(seconds=next(moments)))
    shop.subscribe(events=CREATED)
    shop.book()
    shop.settle()

    assert shop.delivery.status == "DELIVERED"


def test_an_advance_whose_turn_comes_after_a_reset_is_one_of_the_new_world() -> None:
    """The one before it is over with its world; this one is not lost."""
    shop = Shop()
    shop.subscribe(events=CREATED)
    shop.book()
    shop.settle()
    called, go_on = threading.Event(), threading.Event()
    shop.inbox.answers[:] = [lambda _request: called.set() or (go_on.wait(PATIENCE) and 200)]  # type: ignore[func-returns-value]
    shop.book()
    advances = [threading.Thread(target=shop.advance, kwargs={"hours": 1}) for _ in range(2)]
    for thread in advances:
        thread.start()
    assert called.wait(PATIENCE)
    turn = shop.simulator._runner._world.turn  # noqa: SLF001
    assert eventually(lambda: turn._waiters)  # noqa: SLF001
    shop.inbox.answers[:] = [200]

    shop.simulator.reset()
    go_on.set()
    for thread in advances:
        thread.join(PATIENCE)

    assert shop.simulator.clock.now() == EIGHT_O_CLOCK + dt.timedelta(hours=1)
    shop.advance(hours=1)
    assert shop.simulator.clock.now() == EIGHT_O_CLOCK + dt.timedelta(hours=2)


# Threads and processes.


def test_a_simulator_is_gone_with_the_last_who_holds_it() -> None:
    """Its thread ends then, and not when the garbage collector comes by."""
    gc.collect()
    gc.disable()
    try:
        shop = Shop(now=None)
        shop.book()
        shop.settle()
        state = shop.simulator._api.state  # noqa: SLF001
        gone = weakref.ref(shop.simulator._runner)  # noqa: SLF001
        del shop
        assert gone() is None
        state.agenda.changed()
    finally:
        gc.enable()


def test_time_goes_on_in_another_loop(clock: Clock) -> None:
    """After a fork, whoever let it stand still is the parent's."""
    time = Time(clock)
    runner = Runner(State(Ids(0), clock), time, locks.lock(), InProcessSender(Inbox([200])), is_live=False)

    async def look() -> None:
        runner.look()

    asyncio.run(look())
    time.hold()
    clock.advance(hours=1)
    assert time.now() == EIGHT_O_CLOCK
    asyncio.run(look())
    assert time.now() == EIGHT_O_CLOCK + dt.timedelta(hours=1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_whoever_forks_gives_all_locks_back() -> None:
    """In the parent as in the child."""
    lock = locks.lock()
    child = os.fork()
    if not child:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

    taken: list[bool] = []
    thread = threading.Thread(target=lambda: taken.append(lock.acquire(blocking=False)))
    thread.start()
    thread.join(PATIENCE)
    assert taken == [True]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_is_never_left_with_a_lock_that_nobody_releases() -> None:
    """Other threads use the simulator at that moment, and one lets time pass."""
    run_alone("""
import os, signal, threading, warnings
from simulator.hooks import Shop
warnings.simplefilter("ignore", DeprecationWarning)
called, over = threading.Event(), threading.Event()
shop = Shop(lambda request: 200 if called.set() or over.wait(30) else 500)
shop.subscribe(events=("booking.created",))
shop.book()
threads = [threading.Thread(target=shop.advance, kwargs={"hours": 1})]
threads += [threading.Thread(target=lambda: [shop.call.get("/services") for _ in range(2000)]) for _ in range(2)]
for thread in threads:
    thread.start()
assert called.wait(30)
for _ in range(5):
    child = os.fork()
    if not child:
        signal.alarm(20)
        over.set()
        before = shop.simulator.clock.now()
        shop.call.get("/services")
        shop.advance(hours=1)
        assert shop.simulator.clock.now() - before >= __import__("datetime").timedelta(hours=1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
over.set()
for thread in threads:
    thread.join(30)
""")


# Webhooks.


def test_deliveries_are_reordered_though_all_of_them_are_to_be() -> None:
    """Each second one is the next one, for which the one before it waits."""
    shop = Shop(mishaps=Mishaps(reorder=1))
    shop.subscribe(events=CREATED)
    booked: list[str] = []
    for _ in range(2):
        booked += [shop.book(), shop.book()]
        shop.settle()

    arrived = [booked.index(body["data"]["bookingId"]) for body in shop.inbox.bodies]
    assert arrived == [1, 0, 3, 2]


def test_who_has_waited_in_vain_holds_up_nobody_and_nothing() -> None:
    """After its minute it has gone, and the next one may wait in turn."""
    shop = Shop(mishaps=Mishaps(reorder=1))
    shop.subscribe(events=CREATED)
    booked = [shop.book()]
    shop.advance(minutes=2)
    booked += [shop.book(), shop.book()]
    shop.settle()

    arrived = [booked.index(body["data"]["bookingId"]) for body in shop.inbox.bodies]
    assert arrived == [0, 2, 1]


def test_who_has_waited_a_minute_is_not_sent_twice() -> None:
    """Its minute is over while the next one, for which it waits, is still on its way."""
    clock = Clock()
    shop = Shop(now=clock, mishaps=Mishaps(reorder=1))
    shop.subscribe(events=CREATED)
    booked = [shop.book()]
    held = Dispatch(shop.delivery.id, shop.delivery.subscription_id)
    agenda = shop.simulator._api.state.agenda  # noqa: SLF001

    def be_slow(_request: object) -> int:
        clock.advance(minutes=2)
        # Something else is due at once, which makes the simulator look.
        shop.simulator.mishaps = Mishaps()
        shop.subscribe("https://other.example/", events=("booking.cancelled",))
        shop.call.send("PATCH", f"/bookings/{booked[0]}/cancel", json={})
        return 200 if eventually(lambda: held not in agenda) else 500

    shop.inbox.answers[:] = [be_slow, 500]
    booked.append(shop.book())
    shop.settle()

    assert [each.attempt_count for each in shop.simulator.deliveries] == [1, 1, 1]
    assert [each.next_retry_at is None for each in shop.simulator.deliveries] == [False, True, False]


@pytest.mark.parametrize("allow_http", [True, False])
@pytest.mark.parametrize("host", ["\uff4cocalhost", "①②⑦.⓪.⓪.①", "127。0。0。1", "localhost。", "local\xadhost"])
def test_this_machine_in_disguise_is_refused(host: str, *, allow_http: bool) -> None:
    """Whoever sends would read it as plain letters; a name in other letters has a spelling of its own in ASCII."""
    shop = Shop(allow_http=allow_http)
    reply = shop.call.post("/webhooks/subscriptions", url=f"https://{host}/hook", events=["booking.created"])
    assert reply.messages == ["url host must be written in ASCII (xn--)"]
    shop.subscribe("https://xn--mgbtf8fl.example/hook")


def test_the_password_of_a_url_is_not_shown() -> None:
    """Partners put one there, or a token."""
    shop = Shop()
    shop.subscribe("https://user:hunter2@hooks.shop.example/?token=hunter3")
    assert "hunter" not in repr(shop.simulator.subscriptions)


# Requests.


def test_a_key_is_recorded_nowhere() -> None:
    """Not in an address that it was copied into either, nor under another name."""
    simulator = Simulator()
    key = simulator.api_key
    for headers, query in [
        ({"x-api-key": key, "referer": f"https://x/?api_key={key}", "proxy-authorization": key}, {"x-api-key": key}),
        ({"x-request-id": key}, {"api_key": key, "key": key, key: ""}),
    ]:
        answer = simulator.answer(Call("GET", f"/v1/partners/services/{key}", query, headers))
        assert answer.status == 400

    assert key not in repr(simulator.requests)
    assert simulator.requests[0].path == "/v1/partners/services/[redacted]"


def test_a_short_key_is_no_reason_to_tear_words_apart() -> None:
    """It opens nothing anyway."""
    simulator = Simulator()
    simulator.answer(Call("GET", "/v1/partners/services", headers={"x-api-key": "a"}))
    assert simulator.requests[0].path == "/v1/partners/services"


def test_a_request_with_a_large_head_is_remembered_in_part() -> None:
    """Ten thousand of them have to fit in memory."""
    simulator = Simulator()
    many = {f"{number:03} {'n' * 400}": "v" * 400 for number in range(60)}
    simulator.answer(Call("GET", "/v1/" * 999, many, {**many, "x-request-id": "r" * 9999}))

    [request] = simulator.requests
    assert len(repr(request)) < 10_000
    assert 0 < len(request.headers) < 10


def test_a_request_id_may_be_any_that_a_header_can_hold() -> None:
    """In this process as over the wire."""
    simulator = Simulator()
    headers = {b"x-request-id": b"caf\xe9", b"x-api-key": simulator.api_key.encode()}
    with httpx.Client(transport=simulator.transport) as client:
        answer = client.get("http://simulator/v1/partners/services", headers=headers)

    assert (b"X-Request-Id", b"caf\xe9") in answer.headers.raw


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, float("nan"), "9"])
def test_a_rate_limit_is_a_whole_number(simulator: Simulator, limit: Any) -> None:
    """Whatever else is given is named."""
    with pytest.raises(ValueError, match="rate_limit must be a whole number"):
        simulator.add_key(rate_limit=limit)
