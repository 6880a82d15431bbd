"""A patient, a secret and a token, put in every place where they can stand, come out at none."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from engine.test_canary import Sink, shown, with_variables
from healthgorilla.clinic import KEY, MRN, PATIENT, SUBSCRIPTION, Clinic, answer, document, opened, outcome, patient
from healthgorilla.test_seed import notification
from healthgorilla_client.api.patients import create_patient
from healthgorilla_client.models import Patient
from worlds import World

from cleanlife_ext import CleanLifeError, ConfigurationError

CANARY, PHONE = "k4n4r1", "5550143"
NAME = "K4n4r1 Doe"
SOMEBODY = {
    **PATIENT,
    "identifier": [{"system": MRN, "value": "k4n4r1-mrn"}],
    "name": [{"family": NAME, "given": [NAME]}],
    "telecom": [{"system": "phone", "value": PHONE}],
    "birthDate": "1992-03-10",
    "address": [{"line": ["1 K4n4r1 Way"], "postalCode": "90402"}],
    "note": NAME,
}
PAPER = {"description": NAME, "content": [{"attachment": {"contentType": "text/plain", "data": "azRuNHIx k4n4r1"}}]}
HOOK = {**SUBSCRIPTION["channel"], "endpoint": f"https://x.test/{CANARY}", "header": [f"Authorization: {CANARY}"]}
READ = {**SOMEBODY, "id": "1", "meta": {"versionId": "1"}}
WRONG = {**SOMEBODY, "name": NAME}

Act = Callable[[Clinic, Any], Any]
ACTS: dict[str, Act] = {
    "create": lambda clinic, client: clinic(client.patients.create(SOMEBODY)),
    "create with a key": lambda clinic, client: clinic(client.patients.create(SOMEBODY, idempotency_key=KEY)),
    "update": lambda clinic, client: clinic(client.patients.update(READ)),
    "find": lambda clinic, client: clinic(client.patients.find(MRN, f"{NAME} {PHONE}")),
    "document": lambda clinic, client: clinic(client.documents.create(document(NAME, **PAPER))),
    "subscription": lambda clinic, client: clinic(client.subscriptions.create({**SUBSCRIPTION, "channel": HOOK})),
    "export": lambda clinic, client: clinic(client.patients.export_ccda("1")),
    "retrieve": lambda clinic, client: clinic(client.documents.retrieve("1")),
    "poll": lambda clinic, client: clinic(client.job("exportCcda/1").poll()),
    "notified": lambda clinic, client: clinic(client.job("exportCcda/1").complete_from(notification("1"))),
}
MISTAKES: dict[str, Act] = {
    "wrong shape": lambda clinic, client: clinic(client.patients.create(WRONG)),
    "wrong id": lambda clinic, client: clinic(client.patients.get(f"{NAME} {PHONE}")),
    "wrong key": lambda clinic, client: clinic(client.patients.create(SOMEBODY, idempotency_key=NAME)),
    "wrong version": lambda clinic, client: clinic(client.patients.update({**READ, "meta": {"versionId": f'"{NAME}'}})),
    "wrong token": lambda _, client: client.job(f"{NAME}/{PHONE}"),
}
GENERATED: Act = lambda clinic, client: clinic.world.generated(  # noqa: E731
    create_patient, client, body=Patient.from_dict(SOMEBODY)
)

QUOTING = outcome(
    "invalid",
    f"{NAME} {PHONE}",
    location=[f"Patient.{NAME}", "Patient.k4n4r1"],
    expression=[f"Patient.name[{PHONE}]"],
    details={"text": NAME},
)
HEADERS = {"set-cookie": f"session={CANARY}", "x-progress": NAME, "x-canary": PHONE, "etag": CANARY}


def failures() -> Iterator[tuple[str, Callable[[httpx.Request], httpx.Response]]]:
    """Answers that tell all they know."""
    for status in (400, 401, 404, 409, 418, 422, 429, 454, 503):
        yield f"{status}", lambda _, status=status: answer(status, QUOTING, **HEADERS)
    strange = {**outcome(NAME, NAME), "severity": NAME}
    yield "a code", lambda _: answer(422, strange, **HEADERS)
    yield "a severity", lambda _: answer(400, {**strange, "issue": [{"severity": NAME, "code": PHONE}]})
    yield "a gateway's words", lambda _: answer(403, {"message": NAME, "code": CANARY})
    yield "a page", lambda _: httpx.Response(200, html=f"<p>{NAME} {PHONE}", headers=HEADERS)
    yield "a page with 502", lambda _: httpx.Response(502, html=f"<p>{NAME} {PHONE}")
    yield "a redirect", lambda _: httpx.Response(302, headers={"location": f"https://x.test/{CANARY}"})
    yield "a shape", lambda _: answer(200, {**SOMEBODY, "id": 3, "name": NAME})
    yield "cut", lambda _: httpx.Response(200, content=f'{{"name": "{NAME}')
    yield "an address", lambda _: answer(201, None, location=f"https://x.test/{NAME}")
    yield "a place to poll", lambda _: answer(202, None, location=f"https://x.test/{NAME}/{PHONE}", **HEADERS)
    for kind in (httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError):
        yield kind.__name__, _raising(kind)


def _raising(kind: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def fail(_: httpx.Request) -> httpx.Response:
        error = kind(f"{NAME} {PHONE}")
        error.__cause__ = OSError(111, NAME)
        raise error

    return fail


FAILURES = dict(failures())


def secrets_of(clinic: Clinic) -> set[str]:
    """What must not come out, whoever's it is: canaries, secret, tokens, assertions."""
    sent = {request.headers.get("authorization", "").removeprefix("Bearer ") for request in clinic.line.asked}
    forms = [parse_qs(request.content.decode()) for request in clinic.line.to("/oauth/token")]
    signatures = {form["assertion"][0].rpartition(".")[2] for form in forms}
    return {CANARY, PHONE, clinic.simulator.credentials["client_secret"], *signatures, *filter(None, sent)}


def sung(secrets: set[str], *texts: str) -> list[str]:
    """Texts in which a canary sings."""
    lowered = {secret.lower() for secret in secrets}
    return [text for text in texts if any(secret in text.lower() for secret in lowered)]


def variables(error: BaseException) -> Iterator[str]:
    """What tools that show variables show of our frames, for the error and for all it came of."""
    seen: list[BaseException | None] = [error]
    for each in seen:
        if each is not None:
            for frame, _ in traceback.walk_tb(each.__traceback__):
                if frame.f_globals.get("__name__", "").startswith(("cleanlife_ext", "healthgorilla_client")):
                    yield f"{frame.f_code.co_qualname}: {frame.f_locals!r}"
            seen += [other for other in (each.__cause__, each.__context__) if other not in seen]


@pytest.mark.parametrize("failure", list(FAILURES))
def test_no_canary_comes_out(world: World, sink: Sink, failure: str) -> None:
    """In no log record, no text of an error, no traceback with variables, no pickle and no warning."""
    with opened(world, {"max_attempts": 2, "deadline": 100}) as clinic:
        clinic.admitted()
        for name, act in {**ACTS, "generated": GENERATED}.items():
            clinic.line.meets("", *[_but_tokens(clinic, FAILURES[failure])] * 40)
            with warnings.catch_warnings(record=True) as warned, clinic.client.trace() as calls:
                caught = caught_from(act, clinic)
            clinic.line.clears()
            secrets = secrets_of(clinic)

            texts = [*map(repr, calls), calls.explain(), repr(calls), *(str(warning.message) for warning in warned)]
            if caught is not None:
                texts += [*shown(caught), with_variables(caught), *(variables(caught) if name != "generated" else ())]
            assert (name, sung(secrets, *texts)) == (name, [])
            assert (name, [said for said in sink.said if sung(secrets, said[1])]) == (name, [])


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_no_canary_comes_out_of_what_is_never_sent(clinic: Clinic, sink: Sink, mistake: str) -> None:
    """A mistake is told without what was passed."""
    caught = caught_from(MISTAKES[mistake], clinic)

    assert caught is not None
    assert sung({CANARY, PHONE}, *shown(caught), with_variables(caught), *variables(caught)) == []
    assert [said for said in sink.said if sung({CANARY, PHONE}, said[1])] == []
    assert clinic.simulator.requests == ()


def _but_tokens(
    clinic: Clinic, failing: Callable[[httpx.Request], httpx.Response]
) -> Callable[[httpx.Request], httpx.Response]:
    def step(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/token"):
            return failing(request)
        again = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        return clinic.line.way.handle_request(again)

    return step


def caught_from(act: Act, clinic: Clinic) -> BaseException | None:
    """What *act* raises, if it does; some answers are successes to some."""
    try:
        act(clinic, clinic.client)
    except (CleanLifeError, ValueError, TypeError) as error:
        return error
    return None


TOKEN_FAILURES: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "refused": lambda _: answer(400, {"error": "invalid_grant", "error_description": f"{NAME} {PHONE}"}),
    "refused strangely": lambda _: answer(401, {"error": NAME, "error_description": PHONE, CANARY: PHONE}),
    "no token": lambda _: answer(200, {"access_token": f"{CANARY}\n", "token_type": "Bearer"}),
    "a token of another shape": lambda _: answer(200, {"access_token": [CANARY], "token_type": NAME}),
    "a page": lambda _: httpx.Response(503, html=f"<p>{NAME}"),
    "cut": lambda _: httpx.Response(200, content=f'{{"access_token": "{CANARY}'),
    "lost": _raising(httpx.ReadError),
}


@pytest.mark.parametrize("failure", list(TOKEN_FAILURES))
def test_no_assertion_comes_out(world: World, sink: Sink, failure: str) -> None:
    """Of what is sent for a token, and of what comes back."""
    with opened(world, {"max_attempts": 2}) as clinic, clinic.client.trace() as calls:
        clinic.line.meets("/token", *[TOKEN_FAILURES[failure]] * 10)
        caught = caught_from(ACTS["create"], clinic)
        secrets = secrets_of(clinic)
        whole = [*map(repr, calls), calls.explain(), repr(clinic.client)]

    assert caught is not None
    assert sung(secrets, *whole, *shown(caught), with_variables(caught), *variables(caught)) == []
    assert [said for said in sink.said if sung(secrets, said[1])] == []


@pytest.mark.parametrize("name", ["create", "find", "document", "subscription", "export"])
def test_a_call_that_goes_well_says_nothing_either(clinic: Clinic, sink: Sink, name: str) -> None:
    """Neither its events, nor its trace, nor its result where that is a job."""
    jo = clinic.admitted()
    acts = {**ACTS, "export": lambda clinic, client: clinic(client.patients.export_ccda(jo.id))}
    acts["document"] = lambda clinic, client: clinic(client.documents.create({**document(jo.id), **PAPER}))
    with clinic.client.trace() as calls:
        result = acts[name](clinic, clinic.client)

    shown_of_result = repr(result) if name == "export" else ""
    assert sung(secrets_of(clinic), calls.explain(), repr([*calls]), shown_of_result) == []
    assert [said for said in sink.said if sung(secrets_of(clinic), said[1])] == []
    assert {logger for logger, _ in sink.said} >= {"cleanlife_ext"}


def test_a_patient_shows_nothing_of_itself(clinic: Clinic) -> None:
    """Nor do its parts: a `repr` in a log is a line in a log."""
    made = clinic(clinic.client.patients.create(SOMEBODY))

    texts = [repr(made), str(made), repr(made.name), repr(made.identifier), repr(made.telecom), f"{made.address}"]
    assert sung({CANARY, PHONE, "1992-03-10", "90402"}, *texts) == []
    assert made.name[0].family == NAME


def test_what_conflicts_stays_in_this_process(clinic: Clinic) -> None:
    """`.existing` is somebody, and neither shown nor pickled."""
    clinic(clinic.client.patients.create(SOMEBODY))
    with pytest.raises(CleanLifeError) as caught:
        clinic(clinic.client.patients.create({**SOMEBODY, "gender": "male"}))

    assert caught.value.existing.name[0].family == NAME
    assert sung({CANARY, PHONE}, *shown(caught.value)) == []


@pytest.mark.parametrize("option", ["client_id", "client_secret", "scope", "claims", "base_url", "environment"])
def test_an_option_that_is_wrong_does_not_show(world: World, option: str) -> None:
    """Whatever was put in the wrong place."""
    wrong: dict[str, Any] = {
        "client_secret": [CANARY],
        "client_id": [CANARY],
        "scope": [CANARY],
        "claims": {CANARY: CANARY},
    }
    with pytest.raises(ConfigurationError) as caught, opened(world, {option: wrong.get(option, f" {CANARY}")}):
        pass

    texts = [*variables(caught.value), with_variables(caught.value)]
    assert sung({CANARY}, *([] if option == "environment" else [str(caught.value)]), *texts) == []


def test_another_patient_is_another_canary() -> None:
    """The canaries are in what is sent, or nothing would be shown here."""
    assert sung({CANARY}, repr(SOMEBODY), repr(PAPER), repr(HOOK)) != []
    assert sung({CANARY}, repr(patient())) == []
