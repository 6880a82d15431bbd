"""The simulator itself: how it is reached, set up, looked at, and begun anew."""

from __future__ import annotations

import asyncio
import datetime as dt
import doctest
import inspect
import threading
import typing
from typing import Any

import attrs
import httpx
import pytest
from conformance import examine_healthgorilla
from healthgorilla_traits import OPERATIONS
from simulator.calling import EIGHT_O_CLOCK
from simulator.healthgorilla.clinic import GRANT_TYPE, KEY, PATIENT, SUBSCRIPTION, Clinic, document, jwt, numbered

from cleanlife_ext.simulator import HealthGorillaServer, HealthGorillaSimulator, faults
from cleanlife_ext.simulator.healthgorilla import Settings
from cleanlife_ext.simulator.healthgorilla.operations import PERFORM
from cleanlife_ext.simulator.healthgorilla.settings import Switches


def log_in(simulator: HealthGorillaSimulator, base_url: str) -> dict[str, str]:
    """The form that gets a token from this address."""
    id, secret = simulator.credentials["client_id"], simulator.credentials["client_secret"]
    now = dt.datetime.now(dt.UTC).timestamp()
    claims = {"iss": id, "sub": id, "aud": f"{base_url}/oauth/token", "exp": now + 60}
    return {"grant_type": GRANT_TYPE, "assertion": jwt({"alg": "HS256"}, claims, secret)}


def asked(client: httpx.Client, simulator: HealthGorillaSimulator, base_url: str) -> list[httpx.Response]:
    """A token, a patient, and the patient once more."""
    token = client.post(f"{base_url}/oauth/token", data=log_in(simulator, base_url))
    headers = {"authorization": f"Bearer {token.json()['access_token']}", "hg-idempotency-key": KEY}
    headers["content-type"] = "application/fhir+json"
    twice = [client.post(f"{base_url}/fhir/R4/Patient", json=PATIENT, headers=headers) for _ in range(2)]
    return [token, *twice, client.get(twice[0].headers["location"], headers=headers)]


def test_it_can_be_reached_over_a_socket() -> None:
    """Paths begin at the root; the credentials are keyword arguments."""
    simulator = HealthGorillaSimulator(examine=examine_healthgorilla)
    with simulator.serve() as server, httpx.Client() as client:
        replies = asked(client, simulator, server.base_url)

    assert isinstance(server, HealthGorillaServer)
    assert server.base_url == f"http://127.0.0.1:{server.port}"
    assert server.credentials == simulator.credentials
    assert server.credentials.keys() == {"client_id", "client_secret"}
    assert [reply.status_code for reply in replies] == [200, 201, 201, 200]


@pytest.mark.parametrize("base_url", ["https://hg.example", "http://hg.example:8080/"])
def test_it_can_be_reached_without_one(base_url: str) -> None:
    """By any address, which is the one that it gives back."""
    simulator = HealthGorillaSimulator(examine=examine_healthgorilla)
    with httpx.Client(transport=simulator.transport) as client:
        replies = asked(client, simulator, base_url.rstrip("/"))

    assert [reply.status_code for reply in replies] == [200, 201, 201, 200]
    assert replies[1].headers["location"].startswith(base_url)


def test_an_answer_without_a_body_arrives_as_one() -> None:
    """Over a socket and without: no body, and nothing that says what it is."""
    simulator = HealthGorillaSimulator()
    simulator.faults.add("getToken", faults.status(502, empty=True), times=None)

    async def over(transport: httpx.AsyncBaseTransport, url: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.post(f"{url}/oauth/token")

    with simulator.serve() as server:
        answers = [
            asyncio.run(over(simulator.transport, "https://x.example")),
            asyncio.run(over(httpx.AsyncHTTPTransport(), server.base_url)),
        ]
    for answer in answers:
        assert (answer.status_code, answer.content) == (502, b"")
        assert answer.headers["content-length"] == "0"
        assert "content-type" not in answer.headers


def test_it_is_an_asgi_application() -> None:
    """For those who bring a server of their own."""
    simulator = HealthGorillaSimulator()

    async def ask() -> int:
        transport = httpx.ASGITransport(simulator.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://hg.example") as client:
            return (await client.get("/fhir/R4/Patient")).status_code

    assert asyncio.run(ask()) == 401


def visit(clinic: Clinic) -> list[str]:
    """Everything that has an id, and its id."""
    patient = clinic.patient()
    made = [
        patient,
        clinic.ask("POST", "/fhir/R4/DocumentReference", document(patient)).id,
        clinic.ask("POST", "/fhir/R4/Subscription", SUBSCRIPTION).id,
        clinic.retrieve(patient).id,
    ]
    clinic.simulator.finish(made[-1])
    return [*made, clinic.token, clinic.simulator.webhook_secret, *(each.id for each in clinic.simulator.deliveries)]


def test_equal_seeds_make_equal_ids() -> None:
    """Of everything; another seed makes others."""
    assert visit(Clinic(seed=1)) == visit(Clinic(seed=1))
    assert not set(visit(Clinic(seed=1))) & set(visit(Clinic(seed=2)))
    assert {len(id) for id in visit(Clinic())[:4]} == {24}


def test_requests_and_tokens_do_not_disturb_the_ids_of_what_is_made(clinic: Clinic) -> None:
    """However often somebody asked before."""
    for _ in range(5):
        clinic.log_in()
        clinic.found()
    assert clinic.patient() == Clinic().patient()


def test_a_reset_brings_the_beginning_back(clinic: Clinic) -> None:
    """The credentials and the secret stay; all else is gone, and begins anew."""
    simulator, other = clinic.simulator, clinic.simulator.add_client()
    simulator.faults.add("*", faults.status(503), after=99)
    before, secret = visit(clinic), simulator.webhook_secret
    simulator.clock.advance(hours=1)
    simulator.reset()

    assert simulator.credentials == clinic.credentials
    assert simulator.webhook_secret == secret
    assert simulator.patients == simulator.documents == simulator.subscriptions == simulator.jobs == ()
    assert (simulator.requests, simulator.deliveries, len(simulator.faults)) == ((), (), 0)
    assert simulator.clock.now() == EIGHT_O_CLOCK
    assert clinic.ask("GET", "/fhir/R4/Patient").status == 401
    clinic.token = ""
    simulator.add_client()
    assert visit(clinic) == before
    clinic.credentials = other
    assert clinic.ask_token().status == 200


def test_with_the_real_time_jobs_end_by_themselves() -> None:
    """Nobody has to advance a clock."""
    told = threading.Event()

    def receive(_: object) -> int:
        told.set()
        return 200

    clinic = Clinic(now=lambda: dt.datetime.now(dt.UTC), receive=receive, assertion_times=False, job_takes=0.05)
    live = HealthGorillaSimulator(receive=receive, job_takes=0.05, assertion_times=False)
    clinic.simulator, clinic.credentials = live, live.credentials
    clinic.ask("POST", "/fhir/R4/Subscription", SUBSCRIPTION)
    clinic.retrieve(clinic.patient())

    assert told.wait(10)
    assert [job.state for job in live.jobs] == ["done"]


def test_threads_that_share_a_key_make_one_patient() -> None:
    """Whoever comes first."""
    clinic = Clinic()
    clinic.log_in()
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.append(clinic.ask("POST", "/fhir/R4/Patient", numbered(1), key=KEY).id))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 16
    assert set(ids) == {each.id for each in clinic.simulator.patients}


def test_every_operation_of_the_spec_is_performed() -> None:
    """Tokens apart from the others."""
    assert {*PERFORM, "getToken"} == set(OPERATIONS)


def test_switches_are_the_settings_as_keyword_arguments() -> None:
    """Name by name, and type by type; the examiner of types sees each."""
    hints = typing.get_type_hints(Switches)
    assert hints == {field.name: typing.get_type_hints(Settings)[field.name] for field in attrs.fields(Settings)}
    assert list(inspect.signature(Settings).parameters) == list(hints)


@pytest.mark.parametrize(
    ("switch", "value", "said"),
    [
        ("token_lifetime", -1, "seconds"),
        ("token_lifetime", "1", "seconds"),
        ("key_lifetime", True, "seconds"),
        ("creation_takes", float("nan"), "seconds"),
        ("job_takes", float("inf"), "seconds"),
        ("result_lifetime", None, "seconds"),
        ("conflict_body", "none", "'empty', 'operationoutcome'"),
        ("created_body", None, "'resource', 'empty'"),
        ("location", "", "'absolute', 'relative'"),
        ("job_header", "location", "'Location', 'Content-Location'"),
        ("job_result", "bundles", "'bundle', 'parameters'"),
        ("job_retry_after", 1.5, "whole number"),
        ("rate_limit", 0, "whole number"),
        ("rate_limit", True, "whole number"),
        ("missing_status", 404, "400, 422"),
        ("version_status", "412", "409, 412"),
        ("allow_http", 1, "True, False"),
        ("assertion_times", 0, "True, False"),
    ],
)
def test_a_switch_that_cannot_be_is_refused(switch: str, value: Any, said: str) -> None:
    """ValueError names it, and says what may stand there."""
    with pytest.raises(ValueError, match=f"^{switch} must be .*{said}"):
        HealthGorillaSimulator(**{switch: value})


def test_an_unknown_switch_is_refused() -> None:
    """As any keyword argument would be."""
    with pytest.raises(TypeError, match="colour"):
        HealthGorillaSimulator(colour="red")  # type: ignore[call-arg]


def test_the_examples_of_its_docstring_run() -> None:
    """As they stand there."""
    names = {"HealthGorillaSimulator": HealthGorillaSimulator}
    (examples,) = doctest.DocTestFinder(recurse=False).find(HealthGorillaSimulator, globs=names)
    assert doctest.DocTestRunner().run(examples) == (0, 3)


def test_mishaps_can_be_changed_on_the_way(clinic: Clinic) -> None:
    """They are the ones of `Simulator`."""
    clinic.simulator.mishaps = attrs.evolve(clinic.simulator.mishaps, drop=1)
    clinic.ask("POST", "/fhir/R4/Subscription", {**SUBSCRIPTION, "criteria": "Patient"})
    clinic.patient()
    clinic.simulator.settle()
    assert clinic.inbox.got == []
