"""One secret and one customer, put in every place where they can stand, come out at none."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from cleanlife_client.api.contacts import find_or_create_contact
from cleanlife_client.models import ContactRequest
from engine.wire_server import answers, message, nobody, serve
from worlds import BOOKING, FakeClock, World, ok, page, refused

from cleanlife_ext import CleanLifeError, ConfigurationError, PriceItem, Timeslot, explain
from cleanlife_ext.engine.frames import discreet

ID = BOOKING["bookingId"]
KEY = "pk_k4n4r1_0123456789"
SECRET = "whsec_k4n4r1_0123456789"
NAME = "K4n4r1 Alqahtani"
PHONE = "+966500000043"
NOTES = "the k4n4r1 has the key of the door"
ADDRESS = "k4n4r1-street-17"
CODE = "K4N4R1CODE"
CANARIES = ("k4n4r1", PHONE[1:])  # The first is in all of them but the phone number, in whatever case.
ANSWERED = {"id": ID, "name": NAME, "phone": PHONE, "notes": NOTES, "secret": SECRET, "address": ADDRESS}
QUOTING = {
    "message": f"{NAME} {PHONE} {KEY}",
    "details": {"message": [f"{NOTES} is bad", f"phone.{NAME} is bad"], "was": ANSWERED},
    "headers": {"set-cookie": f"session={SECRET}", "x-canary": f"{PHONE} {KEY}", "server": ADDRESS},
}

Act = Callable[[World, Any], Any]
ACTS: dict[str, Act] = {
    "body": lambda world, client: world(client.contacts.find_or_create(phone=PHONE, name=NAME, utm_source=ADDRESS)),
    "notes": lambda world, client: world(client.bookings.cancel(ID, notes=NOTES)),
    "update": lambda world, client: world(client.bookings.update(ID, notes=NOTES)),
    "address": lambda world, client: world(
        client.bookings.create(
            contact_id=ID,
            address_id=ADDRESS,
            service_id=ID,
            date="2026-06-20",
            timeslot=Timeslot("09:00", "12:00"),
            external_reference="ORDER-1",
            codes=[CODE],
            contract_code=NAME,
        )
    ),
    "query": lambda world, client: world(
        client.timeslots.available(address_id=ADDRESS, service_id=ID, date="2026-06-20")
    ),
    "prices": lambda world, client: world(
        client.pricing.calculate([PriceItem(hours=2, service_id=ID)], phone=PHONE, codes=[CODE])
    ),
    "url in a body": lambda world, client: world(
        client.webhooks.subscriptions.create(url=f"https://x.test/{SECRET}", events=["booking.created"])
    ),
    "pages": lambda world, client: world.items(client.services.list(sort_by=NAME)),
    "all pages": lambda world, client: world(client.services.list(sort_by=NAME).all()),
    "refused before": lambda world, client: world(client.contacts.find_or_create(phone=f"0{PHONE}", name=NAME)),
    "generated": lambda world, client: world.generated(
        find_or_create_contact, client, body=ContactRequest(phone=PHONE, name=NAME)
    ),
}


def failures() -> Iterator[Any]:
    """Answers and failures that tell all they know."""
    for status, code in (
        (400, "VALIDATION_ERROR"),
        (401, "UNAUTHORIZED"),
        (404, NAME),
        (409, "DUPLICATE_EXTERNAL_REFERENCE"),
        (418, "X"),
        (422, "BOOKING_CREATION_FAILED"),
        (429, "RATE_LIMIT_EXCEEDED"),
        (500, "INTERNAL_ERROR"),
    ):
        yield pytest.param(refused(status, code, **QUOTING), id=str(status))
    yield pytest.param(httpx.Response(200, html=f"<p>{NAME} {PHONE}", headers=QUOTING["headers"]), id="page")
    yield pytest.param(httpx.Response(302, headers={"location": f"https://x.test/{SECRET}"}), id="redirect")
    yield pytest.param(ok({**ANSWERED, "name": None, "id": 3}), id="shape")
    yield pytest.param(page([{"id": NAME, "name": None}]), id="shapes")
    yield pytest.param(httpx.Response(200, content=f'{{"data": "{NAME}'), id="cut")
    for error in (httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError):
        failing = error(f"{NAME} {PHONE} {KEY} {SECRET}")
        failing.__cause__ = OSError(111, f"{NAME} {KEY}")
        yield pytest.param(failing, id=error.__name__)
    yield pytest.param(LookupError("a bug in a transport"), id="bug")


class Sink(logging.Handler):
    """Everything that any logger says, with all that hangs on it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        parts = [record.getMessage(), repr(record.args), *(f"{name}={value!r}" for name, value in vars(record).items())]
        if record.exc_info and record.exc_info[1]:
            parts += traceback.format_exception(record.exc_info[1])
        self.said.append((record.name, "\n".join(parts)))


@pytest.fixture
def sink() -> Iterator[Sink]:
    """What is logged, at DEBUG, by everybody."""
    loggers = [logging.getLogger(name) for name in ("", "cleanlife_ext", "httpx", "httpcore", "aiohttp", "asyncio")]
    loggers += [logging.getLogger(name) for name in ("stamina", "httpcore.http11", "httpcore.connection")]
    before = [logger.level for logger in loggers]
    sink = Sink()
    loggers[0].addHandler(sink)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield sink
    loggers[0].removeHandler(sink)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def found(text: str) -> list[str]:
    """The canaries that sing in *text*."""
    return [canary for canary in CANARIES if canary in text.lower()]


def variables(error: BaseException) -> Iterator[str]:
    """What tools that show variables show of our frames, for the error and for all it came of."""
    seen: list[BaseException | None] = [error]
    for each in seen:
        if each is None:
            continue
        for frame, _ in traceback.walk_tb(each.__traceback__):
            if frame.f_globals.get("__name__", "").startswith(("cleanlife_ext", "cleanlife_client")):
                yield from (f"{frame.f_code.co_qualname}: {name}={value!r}" for name, value in frame.f_locals.items())
        seen += [other for other in (each.__cause__, each.__context__) if other not in seen]


def shown(error: BaseException) -> Iterator[str]:
    """All that an error shows by itself."""
    yield from (str(error), repr(error), *getattr(error, "__notes__", ()))
    yield from traceback.format_exception(error)
    if isinstance(error, CleanLifeError):
        yield repr(error.attempts) + repr(error.call) + error.explain() + explain(error)
        travelled = pickle.dumps(error)
        yield travelled.decode("latin-1")
        yield from (repr(value) for value in vars(pickle.loads(travelled)).values())  # noqa: S301
        yield from (repr(value) for name, value in vars(error).items() if name not in {"message", "details", "code"})


def is_ours(summary: traceback.FrameSummary) -> bool:
    """Whether a frame is one of the library's."""
    return "cleanlife_ext" in summary.filename


def with_variables(error: BaseException) -> str:
    """A traceback as Python renders it with the variables of each frame, as far as the frames are ours."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    waiting, parts = [told], []
    while waiting:
        each = waiting.pop()
        parts += [f"{frame.name}: {frame.locals}" for frame in each.stack if is_ours(frame)]
        waiting += [other for other in (each.__cause__, each.__context__) if other is not None]
    return "\n".join(parts)


@pytest.mark.parametrize("act", list(ACTS))
@pytest.mark.parametrize("failure", list(failures()))
def test_no_canary_comes_out(world: World, sink: Sink, failure: Any, act: str) -> None:
    """In no log record, no text of an error, no traceback with variables, no pickle and no warning."""
    with (
        warnings.catch_warnings(record=True) as warned,
        world.client(failure, clock=FakeClock(), api_key=KEY, max_attempts=2) as (client, _),
        client.trace() as calls,
    ):
        caught = caught_from(ACTS[act], world, client)
        whole = [*(repr(call) for call in calls), calls.explain(), repr(calls), repr(client), repr(client.generated)]

    if act != "generated":
        assert list(filter(found, variables(caught))) == []
    assert found(with_variables(caught)) == []
    assert [text for text in (*shown(caught), *whole) if found(text)] == []
    assert [said for said in sink.said if found(said[1])] == []
    assert [str(warning.message) for warning in warned if found(str(warning.message))] == []


def caught_from(act: Act, world: World, client: Any) -> BaseException:
    """What *act* raises."""
    with pytest.raises((CleanLifeError, ValueError, LookupError)) as caught:
        act(world, client)
    return caught.value


@pytest.mark.parametrize("act", ["body", "address", "query"])
def test_a_call_that_goes_well_says_nothing_either(world: World, sink: Sink, act: str) -> None:
    """Neither its events nor its trace."""
    answers = {"body": {**ANSWERED, "isNewContact": True}, "address": {**BOOKING, "customer": ANSWERED}, "query": []}
    with world.client(ok(answers[act]), clock=FakeClock(), api_key=KEY) as (client, _), client.trace() as calls:
        result = ACTS[act](world, client)

    assert found(f"{result!r} {calls.explain()} {[*calls]!r}") == []
    assert [said for said in sink.said if found(said[1])] == []
    assert {name for name, _ in sink.said} >= {"cleanlife_ext"}


@pytest.mark.parametrize("place", ["fixed", "callable", "empty", "not a text"])
def test_a_key_that_is_wrong_or_cannot_be_had_does_not_show(world: World, sink: Sink, place: str) -> None:
    """Nor what a callable raises, as far as it stands in our frames and events: its text is its owner's."""

    def broken() -> str:
        raise LookupError("the vault is closed")

    keys: dict[str, Any] = {"fixed": f"{KEY}\n", "callable": broken, "empty": lambda: f" {KEY}", "not a text": [KEY]}
    with (
        pytest.raises((ConfigurationError, LookupError)) as caught,
        world.client(ok([]), clock=FakeClock(), api_key=keys[place]) as (client, _),
    ):
        ACTS["body"](world, client)

    assert found("".join([str(caught.value), *traceback.format_exception(caught.value)])) == []
    assert [said for said in sink.said if found(said[1])] == []
    assert list(filter(found, variables(caught.value))) == []


def test_a_call_that_is_cancelled_carries_nothing(world: World) -> None:
    """Whatever ends it: a traceback of Ctrl-C is printed like any other."""

    class Broken(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            raise LookupError

    with world.client(refused(503, "X", **QUOTING), clock=Broken(), api_key=KEY) as (client, _):
        caught = caught_from(ACTS["body"], world, client)

    assert list(filter(found, variables(caught))) == []


REFUSAL = json.dumps({"success": False, "error": {"code": "X", "message": NAME, "details": ANSWERED}}).encode()


def test_nothing_of_a_request_comes_out_of_a_real_connection(world: World, sink: Sink) -> None:
    """At DEBUG httpcore writes the headers of answers, of its own accord; nobody else writes anything of either."""
    with serve(answers(message(REFUSAL, "404 Not Found", set_cookie=SECRET))) as server:
        client = world.make(api_key=KEY, base_url=server.url)
        caught = caught_from(ACTS["body"], world, client)
        world.close(client)

    assert PHONE.encode() in server.requests[0]
    assert list(filter(found, [*variables(caught), *shown(caught)])) == []
    leaks = [said for said in sink.said if found(said[1])]
    assert {name for name, _ in leaks} == (set() if world.name == "asyncio" else {"httpcore.http11"})
    assert all(
        "receive_response_headers.complete" in text and KEY not in text and NAME not in text for _, text in leaks
    )


def test_nothing_comes_out_of_a_connection_that_fails(world: World, sink: Sink) -> None:
    """Nor where nobody listens."""
    with nobody() as address:
        client = world.make(api_key=KEY, base_url=address, max_attempts=1)
        caught = caught_from(ACTS["body"], world, client)
        world.close(client)

    assert "no connection to 127.0.0.1" in str(caught)
    assert list(filter(found, [*variables(caught), *shown(caught)])) == []
    assert [said for said in sink.said if found(said[1])] == []


def test_frames_of_others_are_left_alone() -> None:
    """What a user's own callback had in hand is theirs to look at."""

    def theirs() -> None:
        mine = "a variable"
        raise LookupError(mine)

    @discreet
    def ours(_name: str) -> None:
        theirs()

    with pytest.raises(LookupError) as caught:
        ours(NAME)

    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert frames[-1].f_locals["mine"] == "a variable"
    assert frames[1].f_code.co_name == "discreetly"
    assert NAME not in repr(frames[1].f_locals)


def test_a_traceback_keeps_its_lines(world: World) -> None:
    """Only the variables go: who reads it still sees the way."""
    with world.client(refused(404, "X"), clock=FakeClock()) as (client, _):
        caught = caught_from(ACTS["body"], world, client)

    names = [frame.name for frame in traceback.extract_tb(caught.__traceback__)]
    assert {"find_or_create", "request", "call", "check"} <= set(names)


def test_what_is_told_of_a_function_is_still_true() -> None:
    """Its name, its documentation, and whether it is awaited."""

    @discreet
    async def later() -> int:
        """Later."""
        await asyncio.sleep(0)
        return 1

    assert (later.__name__, later.__doc__) == ("later", "Later.")
    assert asyncio.iscoroutinefunction(later)
    assert asyncio.run(later()) == 1


def test_errors_that_came_of_each_other_are_all_cleared() -> None:
    """In a circle, too, which Python allows."""

    @discreet
    def circle() -> None:
        first, second = LookupError("1"), LookupError("2")
        first.__context__, second.__context__ = second, first
        raise first

    with pytest.raises(LookupError, match="1"):
        circle()
