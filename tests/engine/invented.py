"""An API that nobody has: keys in headers, jobs, tokens, pages by a link, and answers without an envelope."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import httpx
from worlds import FakeClock, Script, Step, World

from cleanlife_ext.engine.message import Headers, Options, Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.session import AsyncSession, Core, Session
from cleanlife_ext.engine.token import Grant
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.engine.transport.async_httpx import AsyncHttpxTransport
from cleanlife_ext.engine.transport.sync_httpx import HttpxTransport
from cleanlife_ext.engine.transport.wire import Borne, Wire

URL = "https://parcels.test/v2"
KEY = "6f1e8f52-98c2-4f3c-8d2e-0a4b7f3c1d11"
OTHER_KEY = "0b0d4a53-5b0f-4c53-9f0b-6f2f2a6d3c22"
HOUR = 3600.0

ID = {"path": {"id": {"type": "string"}}}
LIVES = {"header": "Parcel-Key", "lifetime": HOUR, "reused": ["conflict", ""], "believed": [400, 404, 422]}
FOUND = {
    "lookup": "findParcels",
    "by": {"labels": "{system}|{value}"},
    "same": ["size", "lines"],
    "taken": "duplicate",
}
GUARDED = {
    "guard": "If-Match",
    "version": "version",
    "ignored": ["version"],
    "believed": [400, 404, 409, 412, 422],
}
JOB = {
    "poll": ["Location", "Content-Location"],
    "with": "getPrint",
    "done": 200,
    "running": 202,
    "failed": 454,
    "progress": "X-Progress",
}
BODY = {"type": "object", "properties": {"size": {"type": "string"}}}
MADE = {"statuses": [200, 201, 202], "empty": [202], "accepts": {"body": BODY}}


def _row(method: str, path: str, repeat: Any = "safe", **more: Any) -> dict[str, Any]:
    row = {"method": method, "path": path, "tag": "parcels", "statuses": [200], "accepts": {}, "repeat": repeat}
    return {**row, **more}


OPERATIONS: dict[str, dict[str, Any]] = {
    "getToken": _row("POST", "/token", **{"error-body": {"code": "error", "codes": ["invalid_client"]}}),
    "createParcel": _row(
        *("POST", "/parcels", {**LIVES, **FOUND}),
        **MADE,
        impact="high",
        created={"header": "Location", "path": "/parcels/{id}"},
    ),
    "createLabel": _row("POST", "/labels", {**LIVES, **FOUND}, **MADE),  # Of no great impact.
    "createNote": _row("POST", "/notes", LIVES, **MADE, impact="high"),  # Nothing to be looked up by.
    "createScan": _row("POST", "/scans", {"header": "Parcel-Key"}, **MADE),  # Nobody says how long a key lives.
    "changeParcel": _row(
        *("PUT", "/parcels/{id}", {**GUARDED, "read": "getParcel"}),
        impact="high",
        accepts={**ID, "body": BODY},
    ),
    "changeNote": _row(
        *("PUT", "/notes/{id}", {**GUARDED, "read": "getNote"}),
        accepts={**ID, "body": BODY},
    ),
    "getParcel": _row("GET", "/parcels/{id}", accepts=ID),
    "getNote": _row("GET", "/notes/{id}", accepts=ID),
    "findParcels": _row(
        *("GET", "/parcels"),
        pages={
            "limit": "count",
            "max": 100,
            "items": "entry.parcel",
            "id": "id",
            "next": {"in": "link", "where": {"relation": "next"}, "url": "url"},
        },
    ),
    "printParcel": _row("POST", "/parcels/{id}/print", LIVES, statuses=[202], empty=[202], accepts=ID, job=JOB),
    "fetchStock": _row("GET", "/stock", "never", statuses=[202], empty=[202], job=JOB),
    "getPrint": _row("GET", "/prints/{id}", statuses=[200, 202], empty=[202], accepts=ID),
}
TRAIT: dict[str, Any] = {
    "name": "parcels",
    "auth": {"header": "authorization", "scheme": "Bearer", "token": "getToken", "renew": [401]},
    "request-id": {"send": "x-request-id", "receive": ["x-request-id"]},
    "error-body": {
        "is": {"kind": "problem"},
        "issues": "issue",
        "severities": ["fatal", "error"],
        "code": "code",
        "message": ["text", "details.text"],
        "fields": ["expression"],
        "codes": ["invalid", "conflict", "duplicate"],
    },
    "transient": {"transport": "backoff", "429": "retry-after", "500": "backoff", "503": "retry-after"},
    "backoff": {"first": 1, "most": 30},
    "rate-limit": {"scope": "credential"},
    "errors": {"duplicate": "ConflictError", "invalid_client": "AuthenticationError"},
}


def decode(operation: Operation, response: Response) -> dict[str, Any]:
    """What generated code would do."""
    answer = response.json()
    if operation.id == "getToken" and not isinstance(answer["access_token"], str):
        raise TypeError
    return dict(answer)


PARCELS = Provider.read(TRAIT, OPERATIONS, decode)

SENT = {"size": "L", "labels": [{"system": "shop", "value": "7"}], "lines": [{"sku": "a"}, {"sku": "b", "count": 2}]}
PARCEL = {"id": "p1", "version": "1", **SENT}
LOST = httpx.ReadTimeout("no answer")
DOWN = httpx.ConnectError("refused")
TOKEN = {"access_token": "t-1", "expires_in": 600}


def made(body: Mapping[str, Any] = PARCEL, status: int = 201) -> httpx.Response:
    """What was made, or read."""
    return httpx.Response(status, json=dict(body))


def entries(*parcels: Mapping[str, Any], following: str = "") -> httpx.Response:
    """A page of what was found."""
    links = [{"relation": "self", "url": "/parcels"}, *([{"relation": "next", "url": following}] if following else [])]
    return httpx.Response(200, json={"entry": [{"parcel": dict(parcel)} for parcel in parcels], "link": links})


def problem(status: int, code: str = "invalid", **headers: str) -> httpx.Response:
    """A refusal in the API's words."""
    issue = {"severity": "error", "code": code, "text": "Sara is unknown", "expression": ["Parcel.size"]}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={"kind": "problem", "issue": [issue]}, headers=named)


def accepted(**headers: str) -> httpx.Response:
    """A 202 without a body."""
    return httpx.Response(202, headers={name.replace("_", "-"): value for name, value in headers.items()})


CONFLICT = httpx.Response(409)  # Empty: the key was used for another payload.
DUPLICATE = problem(409, "duplicate")


@attrs.frozen(eq=False)
class Client:
    """A client of that API, in one world, over a script of answers."""

    world: World
    session: Any
    script: Script
    clock: FakeClock

    @property
    def core(self) -> Core:
        core: Core = self.session.core
        return core

    @property
    def calls(self) -> list[str]:
        """Method and path of what was asked, in order."""
        return [f"{asked.method} {asked.url.path.removeprefix('/v2')}" for asked in self.script.asked]

    @property
    def keys(self) -> list[str]:
        """The idempotency keys that were sent, in order."""
        return [asked.headers["parcel-key"] for asked in self.script.asked if "parcel-key" in asked.headers]

    def then(self, *steps: Step) -> None:
        """Go on with these answers, and forget what was asked."""
        self.script.steps[:] = steps
        self.script.asked.clear()

    def ask(self, id: str, body: Any = None, *, key: str = "", url: str = "", **headers: str) -> Any:
        """Call an operation as generated code does; what it answers, decoded."""
        operation = PARCELS.operations[id]
        named = {**headers, **({"Parcel-Key": key} if key else {})}
        asked = self.session.request(operation.method, url or operation.path, json=body, headers=named)
        response: Response = self.world(asked)
        return json.loads(response.content) if response.content else None

    def create(self, body: Mapping[str, Any] = SENT, *, key: str = "") -> Any:
        """Make a parcel."""
        return self.ask("createParcel", dict(body), key=key)

    def patient(self, **options: Any) -> Client:
        """The same with other options."""
        changed = attrs.evolve(self.session.options, **options)
        return attrs.evolve(self, session=attrs.evolve(self.session, options=changed))


@contextmanager
def parcels(
    world: World,
    *steps: Step,
    grant: Grant | None = None,
    clock: FakeClock | None = None,
    provider: Provider = PARCELS,
    **options: Any,
) -> Iterator[Client]:
    """A client over a script of answers."""
    clock, script = clock or FakeClock(), Script(*steps)
    wire = Wire(URL, "", Borne(), clock)
    core = Core(provider, clock=clock, grant=grant, chance=lambda: 0.0)
    chosen = Options(**{"deadline": 3 * HOUR, **options})
    session: Any
    if world.is_async:
        session = AsyncSession(core, AsyncHttpxTransport(wire, script), chosen)
    else:
        session = Session(core, HttpxTransport(wire, script), chosen)
    try:
        yield Client(world, session, script, clock)
    finally:
        world(session.aclose() if world.is_async else session.close())


def asked(id: str, body: Any = None, **more: Any) -> Request:
    """A request for the layers themselves."""
    operation = PARCELS.operations[id]
    given = {"path": operation.path, "query": {}, "headers": {}, "options": Options(), **more}
    return Request(operation=operation, body=body, **given)


def answer(status: int, body: Any = None, **headers: str) -> Response:
    """An answer as the layers see it."""
    content = b"" if body is None else json.dumps(body).encode()
    return Response(status, Headers((name.replace("_", "-"), value) for name, value in headers.items()), content)


def late(clock: FakeClock, seconds: float, step: Step) -> Callable[[httpx.Request], httpx.Response]:
    """An answer that takes so long."""

    def act(request: httpx.Request) -> httpx.Response:
        clock.time += seconds
        if isinstance(step, Exception):
            raise step
        return step(request) if callable(step) else httpx.Response(step.status_code, content=step.content)

    return act
