"""The seam: which operation a path means, what is refused before it is sent, and what all requests carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import attrs
import httpx
import pytest
from cleanlife_client.api.bookings import get_booking_status, list_bookings, list_cancellation_reasons
from engine.writes import creation
from worlds import BOOKING, KEY, FakeClock, Script, World, ok, page, refused

from cleanlife_ext import ConfigurationError
from cleanlife_ext.engine.flow import run
from cleanlife_ext.engine.message import Headers, Options, Request, Response
from cleanlife_ext.engine.session import Core, Routes, Session
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.provider import CLEANLIFE

ID = BOOKING["bookingId"]
LAYERS = {"call", "cache", "recover", "retry", "rate_limit", "attempt", "check"}


def request(world: World, client: Any, method: str, path: str, **asked: Any) -> Any:
    """Ask the session as generated code does."""
    return world(client.generated.session.request(method=method, url=path, **asked))


def filled(operation: Operation) -> str:
    """The operation's path with an id in each place."""
    return (
        operation.path.replace("{bookingId}", ID)
        .replace("{serviceId}", ID)
        .replace("{contactId}", ID)
        .replace("{id}", ID)
    )


@pytest.mark.parametrize("operation", list(CLEANLIFE.operations.values()), ids=lambda operation: operation.id)
def test_each_operation_is_known_by_its_method_and_path(operation: Operation) -> None:
    """In whatever order the spec names them: a word of a path is never taken for an id."""
    for operations in (CLEANLIFE.operations, dict(reversed(CLEANLIFE.operations.items()))):
        found, path = Routes(operations)(operation.method, filled(operation))

        assert found is operation
        assert set(path.values()) <= {ID}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/partners/nothing"),
        ("GET", "/partners/services/"),
        ("DELETE", "/partners/services"),
        ("GET", "/v1/partners/services"),
        ("GET", "partners/services"),
        ("GET", f"/partners/bookings/{ID}/status/x"),
        ("GET", f"/partners/bookings/{ID}/x/status"),
        ("GET", "/partners/services\n"),
        ("GET", "https://elsewhere.test/partners/services"),
        ("GET", ""),
        ("OPTIONS", "/partners/services"),
    ],
)
def test_what_the_spec_does_not_know_is_refused(world: World, method: str, path: str) -> None:
    """Nothing is sent to an address that nobody wrote down."""
    with world.client(ok({})) as (client, script):
        if path == "/partners/services/":  # The empty id of a service.
            with pytest.raises(ValueError, match="service_id"):
                request(world, client, method, path)
        else:
            with pytest.raises(ConfigurationError, match="no operation of the spec"):
                request(world, client, method, path)

    assert script.asked == []


def test_a_path_of_another_provider_is_matched_to_the_letter() -> None:
    """Signs that mean something in a pattern mean themselves in a path."""
    plain = CLEANLIFE.operations["listServices"]
    retrieve = attrs.evolve(plain, id="retrieve", path="/fhir/R4/Patient/$p360-retrieve")
    dotted = attrs.evolve(plain, id="dotted", path="/export.json")
    routes = Routes({"retrieve": retrieve, "dotted": dotted})

    assert routes("GET", "/fhir/R4/Patient/$p360-retrieve") == (retrieve, {})
    assert routes("GET", "/export.json") == (dotted, {})
    with pytest.raises(ConfigurationError):
        routes("GET", "/exportXjson")


EVIL = [
    "..",
    "../x",
    "%2E%2E",
    "",
    ".",
    "%",
    "a/b",
    "null",
    f"{ID}\n",
    f" {ID}",
    f"{ID}/../{ID}",
    "🧹",
    "\ud800",
    ID[:-1],
]


@pytest.mark.parametrize("evil", EVIL)
def test_an_id_that_is_none_is_refused_before_anything_is_sent(world: World, evil: str) -> None:
    """By the resources, by the generated functions, and on the bare path."""
    with world.client(ok(BOOKING)) as (client, script):
        with pytest.raises(ValueError, match="booking_id"):
            world(client.bookings.status(evil))
        with pytest.raises(ValueError):  # noqa: PT011  # Some do not even make a URL.
            world.generated(get_booking_status, client, evil)
        if evil.isascii():
            for path in {quote(evil, safe=""), quote(evil)}:
                with pytest.raises((ValueError, ConfigurationError)):
                    request(world, client, "GET", f"/partners/bookings/{path}/status")

    assert script.asked == []


@pytest.mark.parametrize("path", ["%2E%2E", "%2e%2e%2fservices", "..", "%252E%252E", ID.replace("-", "%2D") + "%00"])
def test_an_id_is_judged_as_the_server_would_read_it(world: World, path: str) -> None:
    """Encoding hides nothing."""
    with world.client(ok(BOOKING)) as (client, script), pytest.raises(ValueError, match="booking_id: a UUID is needed"):
        request(world, client, "GET", f"/partners/bookings/{path}/status")

    assert script.asked == []


def test_a_filter_that_the_api_would_reject_or_ignore_is_refused(world: World) -> None:
    """Through the generated functions as well."""
    with world.client(page([])) as (client, script):
        with pytest.raises(ValueError, match="limit: 101 is out of range; 1 to 100 is allowed"):
            world.generated(list_bookings, client, limit=101)
        with pytest.raises(ValueError, match="to_date: the API ignores it without from_date"):
            request(world, client, "GET", "/partners/bookings", params={"toDate": "2026-06-20"})

    assert script.asked == []


def test_a_closed_client_is_refused(world: World) -> None:
    """With all its views, and however often it is closed."""
    script = Script(ok(BOOKING))
    client = world.make(script)
    view = client.with_options(deadline=5)
    world.close(view)
    world(client.bookings.status(ID))
    world.close(client)
    world.close(client)

    for closed in (client, view):
        with pytest.raises(ConfigurationError, match="closed"):
            world(closed.bookings.status(ID))
    assert len(script.asked) == 1


def test_each_request_has_an_id(world: World) -> None:
    """A random one with the attempt's number, unless the caller has one to follow the call by."""
    with world.client(ok(BOOKING)) as (client, script):
        for _ in range(2):
            world(client.bookings.status(ID))
        world.generated(get_booking_status, client, ID, x_request_id="my-own")

    first, second, mine = (request.headers["x-request-id"] for request in script.asked)
    for made in (first, second):
        id, _, number = made.partition(".")
        assert (UUID(id).version, number) == (4, "1")
    assert first != second
    assert mine == "my-own.1"


@pytest.mark.parametrize("strange", ["Sara Ahmed", "x\ny", "سارة", "x" * 57])
def test_an_id_that_no_log_should_hold_is_refused(world: World, strange: str) -> None:
    """Before it is sent; it would stand in every log line of the call."""
    with world.client(ok(BOOKING)) as (client, script), pytest.raises(ValueError, match="x_request_id: at most 56"):
        request(world, client, "GET", f"/partners/bookings/{ID}/status", headers={"X-Request-Id": strange})

    assert script.asked == []


def test_no_id_is_longer_than_64_characters(world: World) -> None:
    """With room for ten million attempts."""
    with world.client(ok(BOOKING)) as (client, script):
        request(world, client, "GET", f"/partners/bookings/{ID}/status", headers={"x-request-id": "x" * 56})

    assert script.asked[0].headers["x-request-id"] == f"{'x' * 56}.1"


def test_the_id_that_the_api_gives_is_the_one_to_quote(world: World) -> None:
    """In a header, else in the body, else it is the one that was sent."""
    from cleanlife_ext import CleanLifeError  # noqa: PLC0415

    body = {"success": False, "error": {"code": "X", "message": "no", "requestId": "from-body"}}
    steps = [
        refused(400, "X", headers={"x-request-id": "from-header"}),
        httpx.Response(400, json=body),
        httpx.Response(400, json={**body, "error": {**body["error"], "requestId": 3}}),  # type: ignore[dict-item]
    ]
    ids = []
    with world.client(*steps) as (client, script):
        for _ in steps:
            with pytest.raises(CleanLifeError) as caught:
                world(client.bookings.status(ID))
            ids.append(caught.value.request_id)

    assert ids == ["from-header", "from-body", script.asked[2].headers["x-request-id"]]


def test_what_all_requests_carry(world: World) -> None:
    """The key, what we are, and what we want; a body only where there is one."""
    with world.client(ok(BOOKING)) as (client, script):
        world(client.bookings.status(ID))
        world(client.bookings.cancel(ID, notes="سارة"))

    read, write = script.asked
    for asked in (read, write):
        assert asked.headers["x-api-key"] == KEY
        assert asked.headers["accept"] == "application/json"
        assert asked.headers["accept-encoding"] == "gzip, deflate"
        assert asked.headers["user-agent"].startswith("cleanlife-ext/")
    assert read.content == b""
    assert "content-type" not in read.headers
    assert write.headers["content-type"] == "application/json"
    assert script.bodies[1] == {"notes": "سارة"}


def test_the_query_is_encoded_once(world: World) -> None:
    """Signs that mean something in a URL arrive as themselves."""
    reference = "A&B=C/ä+ %2F#?"

    with world.client(page([])) as (client, script):
        world(client.bookings.find(reference))

    assert script.asked[0].url.params["externalReference"] == reference
    assert b"%2B%20" in script.asked[0].url.query


def test_a_caller_cannot_send_another_key(world: World) -> None:
    """A header of the same name does not outweigh it, in whatever case."""
    with world.client(ok(BOOKING)) as (client, script):
        request(world, client, "GET", f"/partners/bookings/{ID}/status", headers={"X-API-Key": "stolen"})

    assert script.asked[0].headers.get_list("x-api-key") == [KEY]


def test_a_body_that_json_cannot_hold_is_refused(world: World) -> None:
    """Not a number is not JSON, also where the spec does not know the field; nothing is sent."""
    with world.client(ok({})) as (client, script):
        for strange in (float("nan"), float("inf")):
            with pytest.raises(ValueError):  # noqa: PT011
                request(world, client, "PATCH", f"/partners/bookings/{ID}", json={"more": strange})

    assert script.asked == []


class Line:
    """A transport that answers everything alike and is no HTTP library."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.closed = 0

    def send(self, request: Request) -> Response:
        self.asked.append(request)
        return Response(200, Headers(), b'{"success": true, "data": []}')

    def close(self) -> None:
        self.closed += 1


def test_a_session_needs_no_client_around_it() -> None:
    """The engine stands by itself: a core, a transport, options."""
    line = Line()
    session = Session(Core(CLEANLIFE, clock=FakeClock(), chance=lambda: 0.0), line)

    answer = session.request("get", "/partners/bookings/cancellation-reasons")
    session.close()

    assert answer.status_code == 200
    assert line.asked[0].options == Options()
    assert line.closed == 1
    assert repr(session).startswith("Session(core=")


@pytest.mark.parametrize(
    ("id", "more"),
    [("getBookingStatus", []), ("createBooking", ["recover"]), ("listServices", ["cache"])],
)
def test_a_layer_with_nothing_to_do_costs_nothing(id: str, more: list[str]) -> None:
    """It is not there: what is under way stands in the layers of its operation and in no other."""
    operation = CLEANLIFE.operations[id]
    body = creation().to_dict() if id == "createBooking" else None
    core = Core(CLEANLIFE, clock=FakeClock())

    flow = core.flow(Options(), None, operation.method, filled(operation), json=body)
    next(flow)

    through = list(entered(flow))
    assert [name for name in through if name in LAYERS] == ["call", *more, "retry", "rate_limit", "attempt", "check"]


def entered(flow: Any) -> Iterator[str]:
    """The generators that stand one in the other, outermost first."""
    while flow is not None:
        yield flow.gi_code.co_name
        flow = flow.gi_yieldfrom


def test_a_scope_is_shared_by_all_that_is_asked_within_it() -> None:
    """Its deadline began once; its attempts are counted together."""
    clock = FakeClock()
    core = Core(CLEANLIFE, clock=clock)
    scope = core.scope(Options(deadline=10))
    line = Line()

    for _ in range(2):
        flow = core.flow(Options(), scope, "GET", "/partners/webhooks/subscriptions")
        run(flow, line, clock)
        clock.time += 1

    assert scope.ends == 1010.0
    assert all(request.scope is scope for request in line.asked)
    assert len(scope.attempts) == 2


def test_nothing_of_what_travels_shows_values() -> None:
    """A `repr` in a log tells the operation, and no more."""
    core = Core(CLEANLIFE, clock=FakeClock())
    line = Line()
    run(
        core.flow(Options(), None, "GET", "/partners/webhooks/subscriptions", headers={"secret": "Sara"}),
        line,
        FakeClock(),
    )
    headers = Headers([("X-Secret", "Sara")])
    shown = repr(line.asked[0]) + repr(headers) + repr(Response(200, headers, b"Sara"))

    assert "listSubscriptions" in shown
    assert "x-secret" in shown
    assert "Sara" not in shown


def test_headers_are_found_in_any_case_and_joined_if_sent_twice() -> None:
    """As HTTP has it."""
    headers = Headers([("X-A", "1"), ("x-a", "2"), ("B", "3")])

    assert headers["X-a"] == "1, 2"
    assert dict(headers) == {"x-a": "1, 2", "b": "3"}
    assert len(headers) == 2
    assert "X-A" in headers
    assert "c" not in headers


def test_generated_reasons_are_kept_too(world: World) -> None:
    """The layers lie beneath the generated functions."""
    with world.client(ok([])) as (client, script):
        for _ in range(2):
            world.generated(list_cancellation_reasons, client)

    assert len(script.asked) == 1
