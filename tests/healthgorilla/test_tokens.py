"""Tokens: got once, kept, renewed in time, and once more when one is refused; nobody has to think of them."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from healthgorilla.clinic import KEY, MRN, PATIENT, URL, Clinic, answer, document, opened, patient
from worlds import World

from cleanlife_ext import (
    APIConnectionError,
    AuthenticationError,
    InternalServerError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    UnexpectedResponseError,
)
from cleanlife_ext.simulator import faults


def find(clinic: Clinic) -> Any:
    return clinic(clinic.client.patients.find(MRN, "14455"))


def tokens(clinic: Clinic) -> int:
    """How often one was asked for."""
    return len(clinic.sent("getToken"))


# --- How one is got


def test_a_token_is_got_by_an_assertion(clinic: Clinic) -> None:
    """Signed with the client's secret, which is not sent: for this client, this address, and five minutes."""
    find(clinic)

    [request] = clinic.line.to("/oauth/token")
    form = {name: value for name, [value] in parse_qs(request.content.decode()).items()}
    secret = clinic.simulator.credentials["client_secret"]
    id = clinic.simulator.credentials["client_id"]
    claims = jwt.decode(form["assertion"], options={"verify_signature": False})
    assert form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": form["assertion"],
        "client_id": id,
        "scope": "user/*.* patient360",
    }
    assert jwt.get_unverified_header(form["assertion"])["alg"] == "HS256"
    unchecked = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    assert jwt.decode(form["assertion"], secret, algorithms=["HS256"], audience=f"{URL}/oauth/token", options=unchecked)
    assert (claims["iss"], claims["sub"], claims["aud"]) == (id, id, f"{URL}/oauth/token")
    assert claims["exp"] - claims["iat"] == 360
    assert claims["nbf"] == claims["iat"] < int(clinic.clock.wall())
    assert secret not in request.content.decode()
    assert "authorization" not in request.headers


def test_each_assertion_is_one_of_its_own(clinic: Clinic) -> None:
    """Nobody can use it a second time."""
    find(clinic)
    clinic.simulator.expire_tokens()
    find(clinic)

    ids = [
        jwt.decode(form["assertion"][0], options={"verify_signature": False})["jti"]
        for form in (parse_qs(request.content.decode()) for request in clinic.line.to("/oauth/token"))
    ]
    assert len(set(ids)) == len(ids) == 2


def test_claims_and_scope_may_be_others(world: World) -> None:
    """On which the vendor's pages disagree."""
    options = {"claims": {"iss": "https://app.test", "aud": "https://hg.test"}, "scope": "user/*.read"}
    with opened(world, options) as clinic:
        with pytest.raises(AuthenticationError):
            find(clinic)

        form = parse_qs(clinic.line.to("/oauth/token")[0].content.decode())
        claims = jwt.decode(form["assertion"][0], options={"verify_signature": False})
        assert (claims["iss"], claims["aud"]) == ("https://app.test", "https://hg.test")
        assert claims["sub"] == clinic.simulator.credentials["client_id"]
        assert form["scope"] == ["user/*.read"]


def test_the_token_is_the_one_post_without_a_key(clinic: Clinic) -> None:
    """It makes nothing, and a second one does no harm."""
    find(clinic)

    assert clinic.keys("getToken") == [None]


# --- How long it is kept


def test_one_token_does_for_many_calls(clinic: Clinic) -> None:
    """And for the views of a client."""
    jo = clinic.admitted()
    find(clinic)
    clinic(clinic.client.with_options(timeout=5).patients.get(jo.id))

    assert tokens(clinic) == 1


@pytest.mark.parametrize("world", ["sync"], indirect=True)
def test_one_token_does_for_many_threads(clinic: Clinic) -> None:
    """Of many who need it at once, one asks and the others wait."""
    together = threading.Barrier(8)

    def ask(_: int) -> Any:
        together.wait()
        return find(clinic)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [None] * 8

    assert tokens(clinic) == 1


@pytest.mark.parametrize("world", ["asyncio"], indirect=True)
def test_one_token_does_for_many_tasks(clinic: Clinic) -> None:
    """And when it is refused to all of them, one renews it."""

    async def several() -> None:
        await asyncio.gather(*[clinic.client.patients.find(MRN, "1") for _ in range(8)])
        clinic.simulator.expire_tokens()
        await asyncio.gather(*[clinic.client.patients.find(MRN, "1") for _ in range(8)])

    clinic(several())

    assert tokens(clinic) == 2


def test_a_token_is_renewed_a_minute_before_it_expires(clinic: Clinic) -> None:
    """So none expires on its way."""
    find(clinic)
    clinic.clock.sleep(3539)
    find(clinic)
    assert tokens(clinic) == 1

    clinic.clock.sleep(1)
    find(clinic)

    assert tokens(clinic) == 2
    assert [request.status for request in clinic.sent("searchPatients")] == [200] * 3


def test_a_short_token_is_renewed_a_tenth_before_its_end(world: World) -> None:
    """It would hardly be used otherwise."""
    with opened(world, token_lifetime=100) as clinic:
        find(clinic)
        clinic.clock.sleep(89)
        find(clinic)
        assert tokens(clinic) == 1
        clinic.clock.sleep(2)
        find(clinic)

        assert tokens(clinic) == 2


def granted(clinic: Clinic, **changed: Any) -> Any:
    """A token that is good at the API, and what is said of it."""

    def grant(request: httpx.Request) -> httpx.Response:
        said = json.loads(clinic.line.way.handle_request(_again(request)).content)
        return answer(200, {name: value for name, value in {**said, **changed}.items() if value != "missing"})

    return grant


def _again(request: httpx.Request) -> httpx.Request:
    return httpx.Request(request.method, request.url, headers=request.headers, content=request.content)


@pytest.mark.parametrize("life", ["missing", -1])
def test_a_token_that_does_not_say_how_long_it_lives_lives_an_hour(clinic: Clinic, life: Any) -> None:
    """As the pages say."""
    clinic.line.meets("/oauth/token", granted(clinic, expires_in=life))
    find(clinic)
    clinic.clock.sleep(3500)
    find(clinic)
    assert tokens(clinic) == 1
    clinic.clock.sleep(60)
    find(clinic)

    assert tokens(clinic) == 2


def test_a_token_that_is_refused_is_renewed_once(clinic: Clinic) -> None:
    """The request is sent again as it was, with its key, and no wait."""
    jo = clinic.admitted()
    clinic.simulator.expire_tokens()

    made = clinic(clinic.client.documents.create(document(jo.id), idempotency_key=KEY))

    assert [each.id for each in clinic.simulator.documents] == [made.id]
    assert [request.status for request in clinic.sent("createDocumentReference")] == [401, 201]
    assert clinic.keys("createDocumentReference") == [KEY, KEY]
    assert (tokens(clinic), clinic.clock.slept) == (2, [])


def test_a_second_refusal_is_the_error(clinic: Clinic) -> None:
    """It is not the token that is wrong."""
    clinic.simulator.faults.add("createPatient", faults.status(401), times=None)

    with pytest.raises(AuthenticationError) as caught:
        clinic.admitted()

    assert len(clinic.sent("createPatient")) == 2
    assert tokens(clinic) == 2
    assert [attempt.operation for attempt in caught.value.attempts] == [
        *("getToken", "createPatient", "getToken", "createPatient")
    ]
    assert caught.value.attempts[1].reason == "401: sent again with a new token"


def test_a_token_of_somebody_elses_renewal_is_taken(clinic: Clinic) -> None:
    """A refusal of an old one does not throw away the new one."""
    find(clinic)
    old = clinic.line.asked[-1].headers["authorization"]
    clinic.simulator.expire_tokens()
    find(clinic)
    new = clinic.line.asked[-1].headers["authorization"]
    find(clinic)

    assert old != new == clinic.line.asked[-1].headers["authorization"]
    assert tokens(clinic) == 2


def test_a_missing_scope_is_no_matter_of_tokens(world: World) -> None:
    """403: another token would not help."""
    with opened(world) as clinic:
        credentials = clinic.simulator.add_client(scopes="patient360")
        reader = clinic.another(**credentials)
        with pytest.raises(PermissionDeniedError):
            clinic(reader.patients.find(MRN, "1"))
        clinic.world.close(reader)

        assert tokens(clinic) == 1


# --- When none is to be had


def test_a_wrong_secret_is_told_as_what_it_is(clinic: Clinic) -> None:
    """Nothing was asked of the API itself."""
    wrong = clinic.another(client_secret="wrong" * 10)
    with pytest.raises(AuthenticationError) as caught:
        clinic(wrong.patients.create(PATIENT))
    clinic.world.close(wrong)

    assert (caught.value.code, caught.value.status_code) == ("invalid_grant", 400)
    assert "invalid_grant" in str(caught.value)
    assert "getToken" in caught.value.explain()
    assert not caught.value.ambiguous
    assert (clinic.seen(), tokens(clinic)) == ([], 1)


@pytest.mark.parametrize(
    "failure", [faults.status(503), faults.html(502), faults.drop_before_commit(), faults.truncate()]
)
def test_a_token_that_cannot_be_had_now_is_asked_for_again(clinic: Clinic, failure: faults.Fault) -> None:
    """Like any read; and what was to be sent is sent once."""
    clinic.simulator.faults.add("getToken", failure, times=2)

    made = clinic.admitted()

    assert [each.id for each in clinic.simulator.patients] == [made.id]
    assert clinic.seen() == ["createPatient"]
    assert tokens(clinic) == 3


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (faults.status(503), InternalServerError),
        (faults.drop_after_commit(), APIConnectionError),
        (faults.delay(60), APIConnectionError),
    ],
)
def test_a_write_whose_token_cannot_be_had_is_not_in_doubt(
    clinic: Clinic, failure: faults.Fault, kind: type[Exception]
) -> None:
    """Nothing of it was sent, so it has failed, and nothing is looked up."""
    clinic.simulator.faults.add("getToken", failure, times=None)

    with pytest.raises(kind) as caught:
        clinic.admitted()

    assert not isinstance(caught.value, OutcomeUnknownError)
    assert not getattr(caught.value, "ambiguous", True)
    assert (clinic.seen(), clinic.simulator.patients) == ([], ())


def test_a_write_in_doubt_stays_in_doubt_where_no_token_is_to_be_had(clinic: Clinic) -> None:
    """What a token's failure says is not about what was sent before."""
    clinic.admitted()
    clinic.simulator.faults.add("getToken", faults.status(400), times=None)
    jo = clinic.simulator.patients[0]
    clinic.line.meets("/DocumentReference", lambda request: _expired_after(clinic, request))

    with pytest.raises(OutcomeUnknownError):
        clinic(clinic.client.documents.create(document(jo.id)))

    assert len(clinic.simulator.documents) == 1


def _expired_after(clinic: Clinic, request: httpx.Request) -> httpx.Response:
    """The document is made, its answer is lost, and the token expires meanwhile."""
    clinic.line.way.handle_request(_again(request))
    clinic.simulator.expire_tokens()
    return answer(502)


def test_the_rate_of_tokens_holds_back_tokens(clinic: Clinic) -> None:
    """It is waited for as the API asks."""
    clinic.simulator.faults.add("getToken", faults.status(429, retry_after=12))

    find(clinic)

    assert 12 <= sum(clinic.clock.slept) < 14
    assert tokens(clinic) == 2


def test_a_rate_that_is_not_waited_for_is_said(world: World) -> None:
    """`on_rate_limit="raise"` is for tokens too."""
    with opened(world, {"on_rate_limit": "raise"}) as clinic:
        clinic.simulator.faults.add("getToken", faults.status(429, retry_after=12))

        with pytest.raises(RateLimitError):
            clinic.admitted()

        assert clinic.seen() == []


@pytest.mark.parametrize(
    "body", [{}, {"access_token": 7, "token_type": "Bearer"}, {"access_token": "", "token_type": "Bearer"}, [], None]
)
def test_an_answer_without_a_token_is_not_the_apis(clinic: Clinic, body: Any) -> None:
    """And nothing is sent with what it says."""
    clinic.line.meets("/oauth/token", answer(200, body))

    with pytest.raises(UnexpectedResponseError) as caught:
        clinic(clinic.client.patients.create(patient()))

    assert not caught.value.ambiguous
    assert clinic.seen() == []


@pytest.mark.parametrize("token", ["a b", "a\r\nX: y", "é", "a\x00"])
def test_a_token_that_no_header_can_carry_is_not_the_apis(clinic: Clinic, token: str) -> None:
    """It would be another header, or none."""
    clinic.line.meets("/oauth/token", answer(200, {"access_token": token, "token_type": "Bearer"}))

    with pytest.raises(UnexpectedResponseError):
        clinic(clinic.client.patients.create(patient()))

    assert clinic.seen() == []


def test_an_assertion_is_text_in_three_parts(clinic: Clinic) -> None:
    """Seen from outside: head, claims and signature in base64."""
    find(clinic)
    form = parse_qs(clinic.line.to("/oauth/token")[0].content.decode())

    head, claims, signature = form["assertion"][0].split(".")
    assert json.loads(base64.urlsafe_b64decode(f"{head}==")) == {"alg": "HS256", "typ": "JWT"}
    assert claims
    assert signature
