"""Tokens: who gets one, for how long, and what it is good for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from simulator.calling import EIGHT_O_CLOCK
from simulator.healthgorilla.clinic import HOST, Clinic, jwt, part

from cleanlife_ext.simulator import Call
from cleanlife_ext.simulator.healthgorilla.clients import ALL_SCOPES

PATIENTS = "/fhir/R4/Patient"


def test_who_proves_to_be_the_client_gets_a_token_for_an_hour(clinic: Clinic) -> None:
    """With the scopes that were asked for, and an answer that nobody keeps."""
    reply = clinic.ask_token(scope="patient360 user/*.*", client_id=clinic.credentials["client_id"])

    assert reply.status == 200
    assert {**reply.body, "access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "patient360 user/*.*",
    }
    assert reply.headers["cache-control"] == "no-store"
    clinic.token = reply.body["access_token"]
    assert clinic.ask("GET", PATIENTS).status == 200


def test_without_a_scope_a_token_has_all_that_the_client_may_have(clinic: Clinic) -> None:
    """And never more than that."""
    assert set(clinic.ask_token().body["scope"].split()) == set(ALL_SCOPES.split())
    assert clinic.ask_token(scope="patient360 admin").body["scope"] == "patient360"


Wrong = Callable[[Clinic], str]
WRONG: dict[str, tuple[Wrong, str]] = {
    "none": (lambda _: "", "invalid_grant"),
    "two parts": (lambda _: "a.b", "invalid_grant"),
    "no base64": (lambda _: "é.é.é", "invalid_grant"),
    "no JSON": (lambda _: f"{part(b'{')}.{part(b'{}')}.x", "invalid_grant"),
    "too deep": (lambda _: f"{part(b'[' * 9000)}.{part(b'{}')}.x", "invalid_grant"),
    "no object": (lambda _: f"{part(b'[]')}.{part(b'{}')}.x", "invalid_grant"),
    "too long": (lambda _: f"{'a' * 20_000}.b.c", "invalid_grant"),
    "unsigned": (lambda clinic: clinic.assertion(alg="none"), "invalid_grant"),
    "another secret": (lambda clinic: clinic.assertion(secret="guessed"), "invalid_grant"),
    "unknown client": (lambda clinic: clinic.assertion(iss="somebody"), "invalid_client"),
    "no client": (lambda clinic: clinic.assertion(iss=["a"]), "invalid_client"),
    "another subject": (lambda clinic: clinic.assertion(sub="login"), "invalid_grant"),
    "another address": (lambda clinic: clinic.assertion(aud="https://www.example/oauth/token"), "invalid_grant"),
    "no address": (lambda clinic: clinic.assertion(aud=None), "invalid_grant"),
    "expired": (lambda clinic: clinic.assertion(exp=clinic.clock().timestamp()), "invalid_grant"),
    "for ever": (lambda clinic: clinic.assertion(exp=clinic.clock().timestamp() + 3601), "invalid_grant"),
    "no end": (lambda clinic: clinic.assertion(exp=None), "invalid_grant"),
    "an end that is none": (lambda clinic: clinic.assertion(exp=True), "invalid_grant"),
    "an end that is no number": (lambda clinic: clinic.assertion(exp=float("nan")), "invalid_grant"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_assertion_that_proves_nothing_gets_no_token(clinic: Clinic, name: str) -> None:
    """It is a 400 in the words of OAuth, which tells nothing of the secret."""
    make, error = WRONG[name]
    reply = clinic.ask_token(assertion=make(clinic))

    assert (reply.status, reply.body["error"]) == (400, error)
    assert clinic.credentials["client_secret"] not in reply.body["error_description"]


def test_the_address_may_be_one_of_several(clinic: Clinic) -> None:
    """As JWTs allow."""
    assert clinic.ask_token(assertion=clinic.assertion(aud=["x", f"https://{HOST}/oauth/token"])).status == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"assertion": None}, "invalid_grant"),
        ({"client_id": "another"}, "invalid_client"),
        ({"content_type": "application/json"}, "invalid_grant"),
        ({f"field{number}": "x" for number in range(30)}, "invalid_grant"),
    ],
)
def test_a_form_that_asks_for_something_else_gets_no_token(
    clinic: Clinic, form: dict[str, str | None], error: str
) -> None:
    """It is a 400 that says which part was wrong."""
    reply = clinic.ask_token(**form)  # type: ignore[arg-type]

    assert (reply.status, reply.body["error"]) == (400, error)


@pytest.mark.parametrize("content", [b"\xff=1", b"no form", None, b"=%FF"])
def test_bytes_that_are_no_form_get_no_token(clinic: Clinic, content: bytes | None) -> None:
    """Nor does a body that was too large to be kept."""
    headers = {"host": HOST, "content-type": "application/x-www-form-urlencoded"}
    assert clinic.send(Call("POST", "/oauth/token", {}, headers, content)).status == 400


def test_an_expired_token_is_a_401_and_says_so(clinic: Clinic) -> None:
    """By the clock; a new one is good again."""
    clinic.log_in()
    clinic.clock.advance(seconds=3599)
    assert clinic.ask("GET", PATIENTS).status == 200
    clinic.clock.advance(seconds=1)

    reply = clinic.ask("GET", PATIENTS)

    assert (reply.status, reply.code) == (401, "expired_token")
    clinic.log_in()
    assert clinic.ask("GET", PATIENTS).status == 200


def test_all_tokens_can_be_made_worthless_at_once(clinic: Clinic) -> None:
    """The next call is a 401, and the next token is good."""
    clinic.log_in()
    clinic.simulator.expire_tokens()

    assert (reply := clinic.ask("GET", PATIENTS)).status == 401
    assert reply.code == "invalid_token"
    clinic.log_in()
    assert clinic.ask("GET", PATIENTS).status == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer guessed"])
def test_what_is_no_token_of_this_api_is_a_401(clinic: Clinic, authorization: str | None) -> None:
    """Also where nothing is."""
    assert clinic.ask("GET", PATIENTS, authorization=authorization).status == 401
    assert clinic.ask("GET", "/nothing/here", authorization=authorization).status == 401


def test_a_scope_that_is_missing_is_a_403() -> None:
    """Retrieving takes more than the rest."""
    clinic = Clinic()
    patient = clinic.patient()
    clinic.log_in(scope="user/*.*")
    assert clinic.ask("GET", f"{PATIENTS}/{patient}").status == 200
    reply = clinic.retrieve(patient)

    assert (reply.status, reply.code) == (403, "forbidden")
    clinic.log_in(scope="patient360")
    assert clinic.ask("GET", f"{PATIENTS}/{patient}").status == 403


def test_a_further_client_may_have_fewer_scopes(clinic: Clinic) -> None:
    """Whatever it asks for."""
    clinic.credentials = clinic.simulator.add_client(scopes=["user/*.*"])
    assert clinic.ask_token(scope=ALL_SCOPES).body["scope"] == "user/*.*"
    clinic.credentials = clinic.simulator.add_client(scopes="patient360")
    assert clinic.ask_token().body["scope"] == "patient360"


def test_how_long_a_token_lives_is_a_switch() -> None:
    """It says so itself."""
    clinic = Clinic(token_lifetime=10)
    assert clinic.ask_token().body["expires_in"] == 10
    clinic.log_in()
    clinic.clock.advance(seconds=10)
    assert clinic.ask("GET", PATIENTS).status == 401


def test_an_assertion_may_go_by_the_given_clock_or_by_the_advanced_one(clinic: Clinic) -> None:
    """Clients sign by clocks of their own, which nobody advances."""
    clinic.simulator.clock.advance(hours=5)
    assert clinic.ask_token().status == 200
    now = clinic.simulator.clock.now().timestamp()
    assert clinic.ask_token(assertion=clinic.assertion(exp=now + 60)).status == 200
    assert clinic.ask_token(assertion=clinic.assertion(exp=now + 3700)).status == 400


def test_the_times_of_assertions_can_be_passed_over() -> None:
    """Where the clocks of client and simulator have nothing to do with each other."""
    clinic = Clinic(assertion_times=False)
    long_ago = EIGHT_O_CLOCK - dt.timedelta(days=9999)
    assert clinic.ask_token(assertion=clinic.assertion(exp=long_ago.timestamp())).status == 200


def test_a_token_of_one_client_says_nothing_about_another(clinic: Clinic) -> None:
    """Each signs with a secret of its own."""
    other = clinic.simulator.add_client()
    id = clinic.credentials["client_id"]
    forged = jwt(
        {"alg": "HS256"},
        {"iss": id, "sub": id, "aud": f"https://{HOST}/oauth/token", "exp": clinic.clock().timestamp() + 60},
        other["client_secret"],
    )
    assert clinic.ask_token(assertion=forged).status == 400
