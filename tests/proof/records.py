"""A state machine: several processes create the same records at a Health Gorilla of our own, and some of them die.

The engine is the real one, with all its layers; what it asks for is done here, one effect at a time. The simulator has
the last word on what was made; it loses answers, fails afterwards, or is asked late. Hours pass, so that keys expire.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import attrs
import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from worlds import FakeClock

from cleanlife_ext import (
    APIConnectionError,
    APITimeoutError,
    CleanLifeError,
    LedgerError,
    OutcomeUnknownError,
)
from cleanlife_ext.engine.flow import Blocking, Flow, Pause
from cleanlife_ext.engine.message import Headers, Options, Request, Response, Scope
from cleanlife_ext.engine.session import Core
from cleanlife_ext.engine.transport.sync_httpx import HttpxTransport
from cleanlife_ext.engine.transport.wire import Borne, Wire
from cleanlife_ext.healthgorilla.assertion import Assertion
from cleanlife_ext.healthgorilla.provider import HEALTHGORILLA
from cleanlife_ext.ledger import Ledger
from cleanlife_ext.simulator.healthgorilla import HealthGorillaSimulator

__all__ = ["NaiveRecords", "Records"]

URL = "https://records.test"
ON_THE_WAY = 570.0  # Seconds that a request may be late: less than the ledger's `settles_after`, and less its timeout.
FATES = ("done", "done", "done, lost", "done, 503", "lost", "503", "html", "late", "unsent")
HOUR = 3600.0


def patient(name: str, *identifiers: str) -> dict[str, Any]:
    given = [{"system": "urn:example:mrn", "value": value} for value in identifiers]
    named = {"resourceType": "Patient", "name": [{"family": name, "given": ["Jo"]}], "birthDate": "1992-03-10"}
    return {**named, "identifier": given} if given else named


def document(name: str, subject: str) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "description": name,
        "subject": {"reference": f"Patient/{subject}"},
        "content": [{"attachment": {"contentType": "text/plain", "url": "https://example.com/1.txt"}}],
    }


PAYLOADS: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "a patient with an identifier": ("/fhir/R4/Patient", lambda _: patient("Identified", "14455")),
    "a patient without one": ("/fhir/R4/Patient", lambda _: patient("Unidentified")),
    "a document": ("/fhir/R4/DocumentReference", lambda subject: document("Document", subject)),
    "a document of nobody": ("/fhir/R4/DocumentReference", lambda _: document("Nobody's", "0" * 24)),
}


class World:
    """The API, the time, and what was made of each payload."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.simulator = HealthGorillaSimulator(now=lambda: dt.datetime.fromtimestamp(self.clock.wall(), dt.UTC))
        self.grant = Assertion(
            *self.simulator.credentials.values(), f"{URL}/oauth/token", "user/*.* patient360", {}, self.clock
        )
        wire = Wire(URL, "", Borne(), self.clock)
        self.transport = HttpxTransport(wire, self.simulator.transport)
        self.subject = self.begun("Subject")

    def arrives(self, request: Request) -> Response:
        """The answer to *request*, however late it comes."""
        return self.transport.send(attrs.evolve(request, scope=Scope(ends=math.inf)))

    def begun(self, name: str) -> str:
        """The id of a patient that is there from the beginning."""
        token = self.token()
        sent = httpx.Client(transport=self.simulator.transport, base_url=URL)
        answer = sent.post("/fhir/R4/Patient", json=patient(name), headers={"Authorization": f"Bearer {token}"})
        id: str = answer.json()["id"]
        return id

    def token(self) -> str:
        """One to go around the engine with."""
        sent = httpx.Client(transport=self.simulator.transport, base_url=URL)
        token: str = sent.post("/oauth/token", data=dict(self.grant())).json()["access_token"]
        return token

    def made(self, name: str) -> list[str]:
        """The ids of what was made of the payload with this *name*."""
        path, payload = PAYLOADS[name]
        shelf = self.simulator.patients if path.endswith("Patient") else self.simulator.documents
        asked = payload(self.subject)
        mark = "name" if path.endswith("Patient") else "description"
        return [each.id for each in shelf if each.resource[mark] == asked[mark]]

    def body(self, name: str) -> dict[str, Any]:
        return PAYLOADS[name][1](self.subject)


@attrs.define(eq=False)
class Process:
    """One that creates a record; *effect* is what it waits for, until *ready* if that is time."""

    flow: Flow
    name: str
    effect: Any = None
    since: float = 0.0
    ready: float = 0.0

    @property
    def creates(self) -> bool:
        """Whether its creation is under way."""
        return isinstance(self.effect, Request) and self.effect.operation.repeat.header != ""


class Records(RuleBasedStateMachine):
    """What is created with a ledger is there once, whatever happens on the way."""

    told: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(f"sqlite:///{Path(self.folder.name) / 'records.db'}", settles_after=600.0)
        self.world = World()
        self.clock = self.world.clock
        self.alive: list[Process] = []
        self.dead: list[Flow] = []
        self.late: list[tuple[Request, float]] = []
        self.ids: dict[str, str] = {}

    def teardown(self) -> None:
        for flow in [*self.dead, *(process.flow for process in self.alive)]:
            flow.close()
        self.ledger.close()
        self.folder.cleanup()

    # What happens.

    @precondition(lambda self: len(self.alive) < 4)
    @rule(name=st.sampled_from(list(PAYLOADS)), attempts=st.sampled_from([1, 4, 4]))
    def begin(self, name: str, attempts: int) -> None:
        self.alive.append(process := self.process(name, attempts))
        self.go_on(process, lambda: next(process.flow))

    def process(self, name: str, attempts: int = 4) -> Process:
        core = Core(HEALTHGORILLA, clock=self.clock, journal=self.ledger.journal(URL), grant=self.world.grant)
        body = self.world.body(name)
        headers = {"Content-Type": "application/fhir+json"}
        options = Options(max_attempts=attempts)
        flow = core.flow(options, None, "POST", PAYLOADS[name][0], json=body, headers=headers)
        return Process(flow, name, since=self.clock.time)

    @precondition(lambda self: self.alive)
    @rule(which=st.integers(0, 3), fate=st.sampled_from(FATES), times=st.integers(1, 6))
    def step(self, which: int, fate: str, times: int) -> None:
        process = self.alive[which % len(self.alive)]
        for _ in range(times):
            if process in self.alive:
                self.does(process, fate)

    def does(self, process: Process, fate: str) -> None:
        flow = process.flow
        match process.effect:
            case Pause() if self.clock.time < process.ready:
                return
            case Pause():
                self.go_on(process, lambda: flow.send(None))  # type: ignore[arg-type]
            case Blocking(act=act):
                done = act()
                self.go_on(process, lambda: flow.send(done))
            case Request() as request:
                answer = self.answered(request, fate)
                if isinstance(answer, CleanLifeError):
                    self.go_on(process, lambda: flow.throw(answer))
                else:
                    self.go_on(process, lambda: flow.send(answer))

    @precondition(lambda self: self.alive)
    @rule(which=st.integers(0, 3), fate=st.sampled_from(["never sent", "done", "late"]))
    def crash(self, which: int, fate: str) -> None:
        """Nothing of it runs any more, but what it sent may arrive."""
        process = self.alive.pop(which % len(self.alive))
        self.dead.append(process.flow)
        if process.creates and fate == "done":
            self.world.arrives(process.effect)
        if process.creates and fate == "late":
            self.late.append((process.effect, self.clock.time))

    @rule(
        name=st.sampled_from(list(PAYLOADS)),
        fate=st.sampled_from(["never sent", "done", "done", "late"]),
        seconds=st.sampled_from([60, 2900, 3300, 3700, 9000]),
    )
    def dies_and_is_missed_later(self, name: str, fate: str, seconds: int) -> None:
        """It dies as it sends, and nobody looks for a while."""
        process = self.process(name)
        self.alive.append(process)
        self.go_on(process, lambda: next(process.flow))
        while process in self.alive and not process.creates and not self.waits_for_another(process):
            self.clock.time = max(self.clock.time, process.ready)
            self.does(process, "done")
        if process in self.alive:
            self.crash(self.alive.index(process), fate)
        if not any(isinstance(other.effect, Request) for other in self.alive):
            self.passes(seconds)

    def waits_for_another(self, process: Process) -> bool:
        return isinstance(process.effect, Pause) and any(
            other.name == process.name for other in self.alive if other is not process
        )

    @precondition(lambda self: self.alive)
    @rule(which=st.integers(0, 3))
    def cancel(self, which: int) -> None:
        process = self.alive.pop(which % len(self.alive))
        if process.creates:
            self.late.append((process.effect, self.clock.time))
        process.flow.close()

    @rule(seconds=st.sampled_from([1, 10, 29, 45, 300, 1200, 3000]))
    def passes(self, seconds: int) -> None:
        """No attempt takes longer than its timeout: who waits for an answer hears of it first."""
        ends = [process.since + 30 for process in self.alive if isinstance(process.effect, Request)]
        self.clock.time = min([self.clock.time + seconds, *ends])
        self.late = [each for each in self.late if self.clock.time - each[1] < ON_THE_WAY]

    @precondition(lambda self: self.late)
    @rule()
    def arrive(self) -> None:
        self.world.arrives(self.late.pop(0)[0])

    @rule()
    def tokens_expire(self) -> None:
        self.world.simulator.expire_tokens()

    @precondition(lambda self: not self.alive and not self.late)
    @rule(name=st.sampled_from(list(PAYLOADS)))
    def all_is_well(self, name: str) -> None:
        """Who asks again, with nobody in the way, is told what is so; but for what nothing can tell any longer."""
        self.clock.time += 60  # Whoever died has lost it.
        process = self.process(name)
        self.alive.append(process)
        self.go_on(process, lambda: next(process.flow))
        while process in self.alive:
            self.clock.time = max(self.clock.time, process.ready)
            self.does(process, "done")

    # How it is done.

    def go_on(self, process: Process, act: Callable[[], Any]) -> None:
        try:
            process.effect = act()
        except StopIteration as done:
            self.alive.remove(process)
            self.is_told(process, json.loads(done.value.content)["id"])
        except CleanLifeError as error:
            self.alive.remove(process)
            self.is_told_not(process, error)
        else:
            process.since = self.clock.time
            process.ready = self.clock.time + (process.effect.seconds if isinstance(process.effect, Pause) else 0.0)

    def is_told(self, process: Process, id: str) -> None:
        """Everybody is told the same record, and there it is."""
        self.told["made"] += 1
        assert self.ids.setdefault(process.name, id) == id
        assert self.world.made(process.name) == [id]

    def is_told_not(self, process: Process, error: CleanLifeError) -> None:
        """Whoever is told that nothing was made can rely on it."""
        self.told[type(error).__name__] += 1
        if not isinstance(error, OutcomeUnknownError | LedgerError):
            assert self.world.made(process.name) == []

    def answered(self, request: Request, fate: str) -> Response | CleanLifeError:
        """What becomes of *request*."""
        if fate == "unsent" or self.clock.time >= request.scope.ends:
            return APIConnectionError("no connection")
        if fate == "late" and request.operation.repeat.header:
            self.late.append((request, self.clock.time))
        answer = self.world.arrives(request) if fate.startswith("done") else None
        match fate:
            case "done" if answer is not None:
                return answer
            case "503" | "done, 503":
                return Response(503, Headers(), b"")
            case "html":
                return Response(502, Headers([("content-type", "text/html")]), b"<html>")
            case _:
                return APITimeoutError("no answer", sent=True)

    # What always holds.

    @invariant()
    def nothing_is_there_twice(self) -> None:
        for name in PAYLOADS:
            assert len(self.world.made(name)) <= 1, name


class NaiveRecords(Records):
    """The same with what most people write: a loop that makes a key where it makes the request."""

    def process(self, name: str, attempts: int = 4) -> Process:
        return Process(self.loop(name, attempts), name, since=self.clock.time)

    def loop(self, name: str, attempts: int) -> Flow:
        kind = "createPatient" if PAYLOADS[name][0].endswith("Patient") else "createDocumentReference"
        for _ in range(attempts):
            headers = {
                "authorization": f"Bearer {self.world.token()}",
                "content-type": "application/fhir+json",
                "hg-idempotency-key": str(uuid.uuid4()),
            }
            operation, scope = HEALTHGORILLA.operations[kind], Scope(ends=math.inf)
            request = Request(operation, operation.path, {}, self.world.body(name), headers, scope, Options())
            try:
                response = yield request
            except APIConnectionError:
                continue
            if response.status_code < 500:
                if response.status_code >= 400:
                    raise APIConnectionError("refused")
                return response
        raise OutcomeUnknownError("it did not work")
