"""What was hunted down at Health Gorilla, and must not come back."""

from __future__ import annotations

import asyncio
import json
import pickle
from typing import Any
from urllib.parse import parse_qsl

import httpx
import jwt
import pytest
from healthgorilla.clinic import KEY, Clinic, Done, answer, opened, outcome, patient
from worlds import World, world_of

from cleanlife_ext import (
    ConfigurationError,
    InternalServerError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PreconditionFailedError,
    RateLimitError,
)
from cleanlife_ext.simulator import faults

ANONYMOUS = {"name": [{"family": "Doe", "given": ["Jo"]}]}


def lose(clinic: Clinic, resource: Any, *looks: httpx.Response) -> None:
    """It is made, and nobody is told so, nor by these *looks* for it."""
    clinic.line.meets("/Patient", Done(httpx.ReadError("lost")), *looks)
    hasty = clinic.client.with_options(max_attempts=1)
    with pytest.raises(OutcomeUnknownError):
        clinic(hasty.patients.create(resource, idempotency_key=KEY))


@pytest.mark.parametrize("held", ["/Patient", "/oauth/token"])
def test_a_key_that_grows_too_old_while_it_is_held_back_is_not_sent(world: World, held: str) -> None:
    """Whether its own rate or that of tokens holds it back: sent afterwards, it would make a second one."""
    with opened(world, {"deadline": 3000}, token_lifetime=2000) as clinic:
        lose(clinic, ANONYMOUS)
        clinic.clock.sleep(2900)
        clinic.line.meets(held, answer(429, retry_after="1200"))

        with pytest.raises(OutcomeUnknownError, match="too old while it was held back") as caught:
            clinic(clinic.client.patients.create(ANONYMOUS, idempotency_key=KEY))

        assert caught.value.key == KEY
        assert "waited: cool-down of 1200 s" in " ".join(caught.value.explain().split())
        assert len(clinic.simulator.patients) == 1


def test_what_was_held_back_for_too_long_is_looked_up(world: World) -> None:
    """Where it can be."""
    with opened(world, {"deadline": 3000}) as clinic:
        lose(clinic, patient(), answer(403))
        clinic.clock.sleep(2900)
        clinic.line.meets("/Patient", answer(200, {"resourceType": "Bundle"}), answer(429, retry_after="1200"))

        made = clinic(clinic.client.patients.create(patient(), idempotency_key=KEY))

        assert [each.id for each in clinic.simulator.patients] == [made.id]


def test_an_assertion_is_made_after_a_cool_down(world: World) -> None:
    """Made before, it would have expired, and good credentials would be told to be wrong."""
    with opened(world, {"deadline": 3000}) as clinic:
        clinic.simulator.faults.add("getToken", faults.status(429, retry_after=900))

        assert clinic(clinic.client.patients.find("urn:example:mrn", "1")) is None
        assert [each.status for each in clinic.sent("getToken")] == [429, 200]


def test_a_token_for_longer_than_anybody_lives_is_a_token(clinic: Clinic) -> None:
    """A number that no clock can count is no error of Python's."""
    content = b'{"access_token": "abc", "token_type": "Bearer", "expires_in": 1%s}' % (b"0" * 400)
    clinic.line.meets("/oauth/token", httpx.Response(200, content=content))

    assert clinic(clinic.client.patients.find("urn:example:mrn", "1")) is None


def test_a_change_of_somebody_else_is_not_taken_for_one_that_takes_something_away(clinic: Clinic) -> None:
    """All that was sent stands there, and the version is another; but what was to go is still there."""
    made = clinic.admitted(telecom=[{"system": "phone", "value": "1"}])
    wanted = {name: value for name, value in made.to_dict().items() if name != "telecom"}
    theirs = json.dumps({**made.to_dict(), "active": True}).encode()

    def overtaken(request: httpx.Request) -> httpx.Response:
        clinic.line.way.handle_request(httpx.Request("PUT", request.url, headers=headers_of(request), content=theirs))
        raise httpx.ReadError("lost")

    clinic.line.meets(made.id, overtaken)

    with pytest.raises(PreconditionFailedError):
        clinic(clinic.client.patients.update(wanted))
    assert "telecom" in clinic.simulator.patients[0].resource


def headers_of(request: httpx.Request) -> dict[str, str]:
    """Those that another request may have as well."""
    return {name: value for name, value in request.headers.items() if name != "content-length"}


STRANGE = [None, 5, "Jo Doe", "a\nb", "a\x00b", "\ud800", "..", "../..", "1" * 1000, ""]


@pytest.mark.parametrize("id", STRANGE)
def test_an_id_that_is_none_names_nothing(clinic: Clinic, id: Any) -> None:
    """It could be neither asked for nor kept, and would stand in logs and in a ledger: what was made is looked up."""
    clinic.line.meets("/Patient", Done(answer(201, patient(id=id))))

    assert clinic.admitted().id == clinic.simulator.patients[0].id
    assert clinic.seen() == ["createPatient", "searchPatients"]


@pytest.mark.parametrize("id", ["Jo%20Doe", "%0a", "%00", "%ed%a0%80", "..", "..%2F..", "%2e%2e"])
def test_an_address_with_an_id_that_is_none_names_nothing(clinic: Clinic, id: str) -> None:
    """However it is written."""
    clinic.line.meets("/Patient", Done(answer(201, location=f"/fhir/R4/Patient/{id}")))

    assert clinic.admitted().id == clinic.simulator.patients[0].id
    assert clinic.seen() == ["createPatient", "searchPatients"]


def test_what_is_held_back_says_no_more_than_the_refusal_that_it_is_for(clinic: Clinic) -> None:
    """A code that is no documented one may be anything, and travels nowhere; the issues are there."""
    clinic.line.meets("/Patient", answer(429, outcome("MRN_14455"), retry_after="900"))
    for _ in range(2):
        with pytest.raises(RateLimitError) as caught:
            clinic.admitted()

    assert caught.value.issues[0].code == "MRN_14455"
    assert caught.value.shown_code == ""
    assert b"14455" not in pickle.dumps(caught.value)


def test_an_assertion_is_good_where_their_clock_is_behind_ours(clinic: Clinic) -> None:
    """None of its times but its end lies in their future."""
    clinic.admitted()
    [request] = clinic.line.to("/oauth/token")
    assertion = dict(parse_qsl(request.content.decode()))["assertion"]
    claims = jwt.decode(assertion, options={"verify_signature": False})

    assert claims["iat"] == claims["nbf"] == int(clinic.clock.wall()) - 60
    assert claims["exp"] == int(clinic.clock.wall()) + 300


@pytest.mark.parametrize("name", ["client_id", "client_secret", "scope"])
def test_half_a_character_in_a_credential_is_refused_at_once(clinic: Clinic, name: str) -> None:
    """As a variable of the environment may bring it; what Python says of it later would quote the rest."""
    with pytest.raises(ConfigurationError, match=name) as caught:
        clinic.another(**{name: "canary\udcff"})

    assert "canary" not in repr(caught.value)
    assert caught.value.__context__ is None


def test_a_key_in_place_of_a_secret_is_refused_before_anything_is_sent(clinic: Clinic) -> None:
    """What signs assertions is a secret of both sides, and no half of a pair of keys."""
    client = clinic.another(client_secret="-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----")

    with pytest.raises(ConfigurationError, match="client_secret"):
        clinic(client.patients.get("1"))
    clinic.world.close(client)
    assert clinic.line.asked == []


def test_who_is_refused_says_nothing_of_another_who_uses_the_same_key() -> None:
    """Of two who send the same at once, one is lost and one is refused: the key stays in doubt, and grows old."""
    with world_of("sync") as world, opened(world) as clinic:

        def lost_meanwhile(_: httpx.Request) -> httpx.Response:
            lose(clinic, ANONYMOUS)
            return answer(403)

        clinic.line.meets("/Patient", lost_meanwhile)
        with pytest.raises(PermissionDeniedError):
            clinic.client.patients.create(ANONYMOUS, idempotency_key=KEY)
        clinic.clock.sleep(3600)

        with pytest.raises(OutcomeUnknownError, match="too old"):
            clinic.client.patients.create(ANONYMOUS, idempotency_key=KEY)
        assert len(clinic.simulator.patients) == 1


@pytest.mark.parametrize("attempts", [1, 2])
def test_who_waits_for_a_token_that_cannot_be_had_gets_an_error_of_ours(attempts: int) -> None:
    """It has made no attempt of its own, and shares the failure of the one that was made."""
    with world_of("asyncio") as world, opened(world, {"max_attempts": attempts}) as clinic:
        clinic.simulator.faults.add("getToken", faults.status(503), times=None)

        async def several() -> list[Any]:
            calls = (clinic.client.patients.find("urn:example:mrn", "1") for _ in range(3))
            return await asyncio.gather(*calls, return_exceptions=True)

        ended = clinic(several())

        assert [type(each) for each in ended] == [InternalServerError] * 3
        assert all("getToken: 503" in each.explain() for each in ended)


@pytest.mark.parametrize("id", [".", ".."])
def test_an_id_that_means_another_place_is_refused_before_anything_is_sent(clinic: Clinic, id: str) -> None:
    """FHIR lets it be one, and a gateway would make another address of it."""
    with pytest.raises(ValueError, match="another address"):
        clinic(clinic.client.patients.export_ccda(id))
    with pytest.raises(ValueError, match="the token of a job is needed"):
        clinic.client.job(f"exportCcda/{id}")

    assert clinic.line.asked == []
