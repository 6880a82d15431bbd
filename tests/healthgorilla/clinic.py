"""A Health Gorilla of a test's own, a client of it, and one clock for both, which only the test moves."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import httpx
from conformance import examine_healthgorilla
from worlds import FakeClock, World

from cleanlife_ext.healthgorilla import AsyncHealthGorilla, HealthGorilla
from cleanlife_ext.simulator import HealthGorillaSimulator, RecordedRequest
from cleanlife_ext.simulator.transport import InProcess

URL = "https://hg.test"
MRN = "urn:example:mrn"
KEY = "0b8a5b7e-3c1d-4f2e-9a6b-7c8d9e0f1a2b"
KEY_HEADER = "hg-idempotency-key"

PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": MRN, "value": "14455"}],
    "name": [{"family": "Doe", "given": ["Jo"]}],
    "gender": "female",
    "birthDate": "1992-03-10",
    "address": [{"line": ["1 Way"], "city": "Los Angeles", "state": "CA", "postalCode": "90402"}],
}
SUBSCRIPTION = {
    "resourceType": "Subscription",
    "status": "active",
    "reason": "jobs",
    "criteria": "OperationOutcome?async=true",
    "channel": {"type": "rest-hook", "endpoint": "https://example.com/hook", "payload": "application/fhir+json"},
}


def patient(value: str = "14455", **fields: Any) -> dict[str, Any]:
    """A patient with this identifier."""
    return {**PATIENT, "identifier": [{"system": MRN, "value": value}], **fields}


def document(patient_id: str, **fields: Any) -> dict[str, Any]:
    """A document of a patient."""
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": f"Patient/{patient_id}"},
        "content": [{"attachment": {"contentType": "text/plain", "url": "https://example.com/1.txt"}}],
        **fields,
    }


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    """What the API, or somebody before it, says; a `_` in the name of a header is a `-`."""
    content = b"" if body is None else json.dumps(body).encode()
    kind = {"content-type": "application/fhir+json"} if content else {}
    return httpx.Response(
        status, headers={**kind, **{name.replace("_", "-"): it for name, it in headers.items()}}, content=content
    )


def outcome(code: str, diagnostics: str = "no", **issue: Any) -> dict[str, Any]:
    """An OperationOutcome with one issue."""
    said = {"severity": "error", "code": code, "diagnostics": diagnostics, **issue}
    return {"resourceType": "OperationOutcome", "issue": [said]}


@attrs.frozen
class Done:
    """The API does what it is asked for, and this comes back all the same."""

    answer: httpx.Response | Exception


Step = httpx.Response | Exception | Done | Callable[[httpx.Request], httpx.Response]


class Line(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """The way to the simulator, on which a test can let something else happen, and sees what is sent."""

    def __init__(self, way: InProcess) -> None:
        self.way = way
        self.asked: list[httpx.Request] = []
        self._steps: list[tuple[str, Step]] = []

    def meets(self, path: str, *steps: Step) -> None:
        """Let these befall the next requests whose path ends like this, one after the other."""
        self._steps += [(path, step) for step in steps]

    def clears(self) -> None:
        """Let nothing more befall anybody."""
        self._steps.clear()

    def to(self, path: str) -> list[httpx.Request]:
        """What was sent to where the path ends like this."""
        return [request for request in self.asked if request.url.path.endswith(path)]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        step = self._step(request)
        if step is not None and not isinstance(step, Done):
            return _played(step, request)
        answer = self.way.handle_request(request)
        return answer if step is None else _played(step.answer, request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        step = self._step(request)
        if step is not None and not isinstance(step, Done):
            return _played(step, request)
        answer = await self.way.handle_async_request(request)
        return answer if step is None else _played(step.answer, request)

    def _step(self, request: httpx.Request) -> Step | None:
        self.asked.append(request)
        for at, (path, _) in enumerate(self._steps):
            if request.url.path.endswith(path):
                return self._steps.pop(at)[1]
        return None


def _played(
    step: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response], request: httpx.Request
) -> httpx.Response:
    if isinstance(step, Exception):
        raise step
    return step(request) if callable(step) else step


class Shared(FakeClock):
    """The clock of both: where it has moved, what is due at the API happens."""

    simulator: HealthGorillaSimulator | None = None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.simulator is not None:
            self.simulator.settle()


@attrs.frozen(eq=False)
class Clinic:
    """Call it with whatever the client returns, and it gives the result."""

    world: World
    simulator: HealthGorillaSimulator
    clock: Shared
    line: Line
    client: Any

    def __call__(self, result: Any) -> Any:
        return self.world(result)

    def another(self, **options: Any) -> Any:
        """A client in another process, as far as that can be had here."""
        return client_of(self.world, self.simulator, self.clock, self.line, **options)

    def sent(self, operation: str) -> list[RecordedRequest]:
        """What the API saw of an operation."""
        return [request for request in self.simulator.requests if request.operation_id == operation]

    def seen(self) -> list[str | None]:
        """All that the API saw, but for tokens."""
        return [each.operation_id for each in self.simulator.requests if each.operation_id != "getToken"]

    def keys(self, operation: str) -> list[str | None]:
        """The idempotency keys that came with an operation."""
        return [request.headers.get(KEY_HEADER) for request in self.sent(operation)]

    def admitted(self, **fields: Any) -> Any:
        """A patient who is there."""
        return self(self.client.patients.create({**PATIENT, **fields}))


def client_of(world: World, simulator: HealthGorillaSimulator, clock: Shared, line: Line, **options: Any) -> Any:
    given: dict[str, Any] = {"base_url": URL, "transport": line, "clock": clock, **simulator.credentials, **options}
    return (AsyncHealthGorilla if world.is_async else HealthGorilla)(**given)


@contextmanager
def opened(world: World, options: Mapping[str, Any] | None = None, **switches: Any) -> Iterator[Clinic]:
    """A clinic whose simulator has these *switches*, and whose client has these *options*."""
    clock = Shared()
    simulator = clock.simulator = HealthGorillaSimulator(
        now=lambda: dt.datetime.fromtimestamp(clock.wall(), dt.UTC), examine=examine_healthgorilla, **switches
    )
    line = Line(InProcess(simulator.answer, clock))
    client = client_of(world, simulator, clock, line, **(options or {}))
    try:
        yield Clinic(world, simulator, clock, line, client)
    finally:
        world.close(client)
