"""A clinic, for tests: it proves who it is, asks, and hears of what became of it."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from attrs import frozen
from conformance import examine_healthgorilla
from simulator.calling import Clock
from simulator.hooks import Answer, Inbox

from cleanlife_ext.simulator import Call, HealthGorillaSimulator

HOST = "hg.example"
MISSING_ID = "0123456789abcdef01234567"
KEY, OTHER_KEY = "15e72676-48c3-41ea-b77f-2e728ce88125", "f3b0a7c2-90d1-4e5f-8a6b-7c1d2e3f4a5b"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:example:mrn", "value": "14455"}],
    "name": [{"family": "Example", "given": ["Erin"]}],
    "gender": "female",
    "birthDate": "1992-03-10",
    "address": [{"line": ["1 Example Street"], "city": "Santa Monica", "state": "CA", "postalCode": "90402"}],
}
SUBSCRIPTION: dict[str, Any] = {
    "resourceType": "Subscription",
    "status": "active",
    "reason": "Jobs that have ended",
    "criteria": "OperationOutcome?async=true",
    "channel": {"type": "rest-hook", "endpoint": "https://clinic.example/hooks", "payload": "application/fhir+json"},
}


@frozen
class Reply:
    """What came back; names of headers are lower-case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def id(self) -> str:
        """The id of what was made, or of the job that was started."""
        assert self.status in {200, 201, 202}, self
        place = self.headers.get("location") or self.headers.get("content-location")
        return place.rpartition("/")[2] if place is not None else str(self.body["id"])

    @property
    def code(self) -> str:
        """The code of the first issue."""
        return str(self.body["issue"][0]["code"])

    @property
    def places(self) -> list[str]:
        """What the issues are about."""
        return [place for issue in self.body["issue"] for place in issue["location"]]


class Clinic:
    """A simulator on Saturday at eight, and all that a test does with it; nothing passes but what is advanced."""

    def __init__(self, *answers: Answer, **options: Any) -> None:
        self.clock = Clock()
        self.inbox = Inbox(list(answers) or [200])
        given = {"now": self.clock, "receive": self.inbox, "examine": examine_healthgorilla, "job_takes": 30}
        self.simulator = HealthGorillaSimulator(**{**given, **options})
        self.credentials = self.simulator.credentials
        self.token = ""

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
        scheme: str = "https",
        **headers: str | None,
    ) -> Reply:
        """One request with a token; headers with ``_`` for ``-``, None for none. An address may stand for a path."""
        sent: dict[str, str | None] = {"host": HOST, "authorization": f"Bearer {self.token or self.log_in()}"}
        if body is not None:
            sent["content-type"] = "application/fhir+json"
        if key is not None:
            sent["hg-idempotency-key"] = key
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        present = {name: value for name, value in sent.items() if value is not None}
        parts = urlsplit(path)
        found = dict(pair.split("=", 1) for pair in parts.query.split("&")) if parts.query else {}
        call = Call(method, parts.path, {**found, **(query or {})}, present, content, "127.0.0.1", scheme)
        return self.send(call)

    def send(self, call: Call) -> Reply:
        """Any call at all."""
        answer = self.simulator.answer(call)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(0 if answer.manner.is_dropped else answer.status, headers, answer.content)

    def log_in(self, **form: str | None) -> str:
        """Get a token, and go on with it."""
        reply = self.ask_token(**form)
        assert reply.status == 200, reply.body
        self.token = str(reply.body["access_token"])
        return self.token

    def ask_token(self, content_type: str = "application/x-www-form-urlencoded", **form: str | None) -> Reply:
        """Ask for a token, with a good assertion if none is given."""
        given = {"grant_type": GRANT_TYPE, "assertion": self.assertion(), **form}
        content = urlencode({name: value for name, value in given.items() if value is not None}).encode()
        headers = {"host": HOST, "content-type": content_type}
        return self.send(Call("POST", "/oauth/token", {}, headers, content, "127.0.0.1", "https"))

    def assertion(self, *, secret: str | None = None, alg: str = "HS256", **claims: object) -> str:
        """A JWT with these claims instead of the right ones."""
        id = self.credentials["client_id"]
        expires = self.clock().timestamp() + 300
        right = {"iss": id, "sub": id, "aud": f"https://{HOST}/oauth/token", "exp": expires}
        return jwt({"alg": alg}, {**right, **claims}, secret or self.credentials["client_secret"])

    def patient(self, number: int = 0, **otherwise: object) -> str:
        """The id of a new patient; another number is another one."""
        return self.ask("POST", "/fhir/R4/Patient", {**numbered(number), **otherwise}).id

    def retrieve(self, patient_id: str, **headers: str | None) -> Reply:
        """Start a retrieval."""
        asked = {"prefer": "respond-async", **headers}
        return self.ask("GET", "/fhir/R4/DocumentReference/$p360-retrieve", query={"patient": patient_id}, **asked)

    def export(self, patient_id: str, body: object = b"", **given: Any) -> Reply:
        """Start a C-CDA."""
        asked = {"prefer": "respond-async", **given}
        return self.ask("POST", f"/fhir/R4/Patient/{patient_id}/$export-ccda", body, **asked)

    def poll(self, job_id: str) -> Reply:
        """Ask how far a job is."""
        return self.ask("GET", f"/fhir/RequestResult/{job_id}")

    def found(self, **query: str) -> list[str]:
        """The ids of the patients that a search finds."""
        reply = self.ask("GET", "/fhir/R4/Patient", query=query)
        assert reply.status == 200, reply.body
        return [entry["resource"]["id"] for entry in reply.body.get("entry", [])]


def numbered(number: int) -> dict[str, Any]:
    """A patient with an identifier of its own."""
    return {**PATIENT, "identifier": [{"system": "urn:example:mrn", "value": str(number)}]}


def document(patient_id: str | None, **otherwise: object) -> dict[str, Any]:
    """A document about a patient."""
    subject = {} if patient_id is None else {"subject": {"reference": f"Patient/{patient_id}"}}
    content = [{"attachment": {"contentType": "application/pdf", "url": "Binary/5e2f8a1c7b9d4036a8c1e5f7"}}]
    return {"resourceType": "DocumentReference", "status": "current", "content": content, **subject, **otherwise}


def jwt(head: object, claims: object, secret: str) -> str:
    """A JWT, as anybody would make it."""
    signed = f"{part(json.dumps(head).encode())}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


def part(content: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
