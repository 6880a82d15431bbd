"""The client itself: what it is made with, what it shows, and what it hands on."""

from __future__ import annotations

import inspect
import logging
import ssl
import sys
from typing import Any

import httpx
import pytest
from healthgorilla.clinic import KEY, MRN, PATIENT, URL, Clinic, answer, client_of, document, opened, patient
from healthgorilla_client.api.patients import create_patient, get_patient
from healthgorilla_client.models import Patient
from healthgorilla_client.types import UNSET
from worlds import FakeClock, Script, World, world_of

from cleanlife_ext import CleanLife, CleanLifeError, ConfigurationError, IdempotencyConflictError, NotFoundError
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.healthgorilla import AsyncHealthGorilla, HealthGorilla
from cleanlife_ext.simulator import HealthGorillaSimulator, faults

ID, SECRET = "client-1", "s3cr3t-0123456789-0123456789-0123456789"


def make(world: World, *args: Any, **options: Any) -> Any:
    """A client as users make it."""
    return (AsyncHealthGorilla if world.is_async else HealthGorilla)(*args, **options)


def asked(world: World, *args: Any, **options: Any) -> httpx.Request:
    """The first thing that a client asks for."""
    script = Script(answer(400, {"error": "invalid_grant"}))
    client = make(world, *args, transport=script, clock=FakeClock(), **options)
    with pytest.raises(CleanLifeError):
        world(client.patients.get("1"))
    world.close(client)
    return script.asked[0]


# --- Options


def test_credentials_and_address_come_from_the_variables(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none are given."""
    monkeypatch.setenv("HEALTHGORILLA_CLIENT_ID", "around")
    monkeypatch.setenv("HEALTHGORILLA_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("HEALTHGORILLA_BASE_URL", "https://around.test")

    request = asked(world)
    assert str(request.url) == "https://around.test/oauth/token"
    assert b"client_id=around" in request.content
    assert b"client_id=given" in asked(world, "given").content
    assert asked(world, base_url="https://given.test").url.host == "given.test"


@pytest.mark.parametrize(
    ("name", "host"), [("sandbox", "sandbox.healthgorilla.com"), ("production", "api.healthgorilla.com"), (None, None)]
)
def test_an_environment_is_an_address(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str | None, host: str | None
) -> None:
    """The sandbox where nothing else is said."""
    if name is not None:
        assert asked(world, ID, SECRET, environment=name).url.host == host
        monkeypatch.setenv("HEALTHGORILLA_ENVIRONMENT", name)
    assert asked(world, ID, SECRET).url.host == host or "sandbox.healthgorilla.com"


@pytest.mark.parametrize(
    "options",
    [
        {"environment": "prod"},
        {"base_url": "api.healthgorilla.com"},
        {"base_url": "https://user:password@api.healthgorilla.com"},
        {"timeout": 0},
        {"deadline": -1},
        {"max_attempts": 0},
        {"on_rate_limit": "sometimes"},
        {"clock": 7},
        {"ledger": "sqlite://"},
        {"scope": ""},
        {"scope": 7},
        {"ssl_context": True},
        {"proxy": "socks5://localhost"},
        {"transport": object()},
        {"claims": {"exp": 1}},
        {"claims": ["iss"]},
    ],
    ids=lambda options: next(iter(options)),
)
def test_an_option_that_makes_no_sense_is_refused(world: World, options: Any) -> None:
    """When the client is made."""
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        make(world, ID, SECRET, **options)


@pytest.mark.parametrize("url", ["https://api.test/fhir/R4", "https://api.test/fhir/R4/", "http://127.0.0.1:8080/x"])
def test_an_address_with_a_path_is_refused(world: World, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Each operation brings its own, and the token another one; wherever the address stands."""
    without_path = r"base_url: an address without a path is needed, like https://api\.example\.com$"
    with pytest.raises(ConfigurationError, match=without_path):
        make(world, ID, SECRET, base_url=url)
    monkeypatch.setenv("HEALTHGORILLA_BASE_URL", url)
    with pytest.raises(ConfigurationError, match=without_path):
        make(world, ID, SECRET)


def test_a_slash_at_the_end_of_the_address_is_no_path(world: World) -> None:
    """It does not matter."""
    assert str(asked(world, ID, SECRET, base_url="https://api.test/").url) == "https://api.test/oauth/token"


@pytest.mark.parametrize("value", ["", 7, None])
def test_a_claim_is_a_text(world: World, value: Any) -> None:
    """What is none would be seen at the first token, and late."""
    with pytest.raises(ConfigurationError, match="iss"):
        make(world, ID, SECRET, claims={"iss": value})


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
@pytest.mark.parametrize("empty", [None, "", 7])
def test_missing_credentials_are_a_configuration_error_that_names_them(world: World, missing: str, empty: Any) -> None:
    """Nothing is sent without."""
    given = {"client_id": ID, "client_secret": SECRET, missing: empty}

    with pytest.raises(ConfigurationError, match=missing) as caught:
        make(world, **given)

    assert SECRET not in str(caught.value)


def test_where_missing_credentials_belong_is_said(world: World) -> None:
    """By the name of the variable."""
    with pytest.raises(ConfigurationError, match="HEALTHGORILLA_CLIENT_SECRET"):
        make(world, ID)


@pytest.mark.parametrize("option", ["api_key", "cache_ttl", "retries", "whose"])
def test_an_option_that_there_is_not_is_a_type_error(world: World, option: str) -> None:
    """As everywhere in Python."""
    with pytest.raises(TypeError, match=option):
        make(world, ID, SECRET, **{option: "x"})


def test_a_transport_of_the_other_world_is_refused() -> None:
    """It would be seen at the first call, and late."""
    with pytest.raises(ConfigurationError, match="transport"):
        HealthGorilla(ID, SECRET, transport=httpx.AsyncHTTPTransport())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="transport"):
        AsyncHealthGorilla(ID, SECRET, transport=httpx.HTTPTransport())  # type: ignore[arg-type]


def test_a_transport_brings_its_own_network(world: World) -> None:
    """So that none of it is passed over in silence."""
    for option in ({"proxy": "http://localhost:1"}, {"ssl_context": ssl.create_default_context()}):
        with pytest.raises(ConfigurationError, match=next(iter(option))):
            make(world, ID, SECRET, transport=Script(answer(200)), **option)


def test_both_clients_offer_the_same() -> None:
    """By name, by option and in what is said of it."""
    sync, other = inspect.signature(HealthGorilla.__init__), inspect.signature(AsyncHealthGorilla.__init__)
    assert list(sync.parameters) == list(other.parameters)
    with world_of("sync") as one, world_of("asyncio") as two, opened(one) as here, opened(two) as there:
        for name in ("patients", "documents", "subscriptions"):
            mine, theirs = getattr(here.client, name), getattr(there.client, name)
            methods = [method for method in dir(mine) if not method.startswith("_")]
            assert methods == [method for method in dir(theirs) if not method.startswith("_")]
            for method in methods:
                one_, other_ = getattr(mine, method), getattr(theirs, method)
                assert list(inspect.signature(one_).parameters) == list(inspect.signature(other_).parameters)
                assert inspect.iscoroutinefunction(other_)
                assert one_.__doc__
                assert other_.__doc__


@pytest.mark.parametrize("nobody", [None, "", UNSET])
def test_who_is_not_named_is_not_asked_for(clinic: Clinic, nobody: Any) -> None:
    """The text names the parameter, and nothing is sent."""
    client = clinic.client
    for call, name in (
        (client.patients.get, "id"),
        (client.patients.export_ccda, "id"),
        (client.subscriptions.get, "id"),
        (client.documents.retrieve, "patient"),
    ):
        with pytest.raises(ValueError, match=f"^{name}: "):
            clinic(call(nobody))

    assert clinic.simulator.requests == ()


# --- What is shown


def test_no_repr_shows_a_secret(clinic: Clinic) -> None:
    """Nor a token, nor whose client it is."""
    clinic.admitted()
    token = clinic.line.asked[-1].headers["authorization"].split()[1]
    secret = clinic.simulator.credentials["client_secret"]

    shown = [repr(each) for each in (clinic.client, clinic.client.generated, clinic.client._session)]  # noqa: SLF001
    assert shown[0] == f"{type(clinic.client).__name__}('{URL}')"
    assert not any(token in text or secret in text for text in shown)


# --- Views, generated functions, the end


def test_views_have_other_options_and_the_same_token(clinic: Clinic) -> None:
    """Closing one closes nothing."""
    jo = clinic.admitted()
    view = clinic.client.with_options(max_attempts=1, deadline=5)
    clinic.world.close(view)
    clinic.simulator.faults.add("getPatient", faults.status(503))
    with pytest.raises(CleanLifeError, match="503"):
        clinic(view.patients.get(jo.id))

    assert clinic(clinic.client.patients.get(jo.id)) == jo
    assert len(clinic.sent("getToken")) == 1


def test_generated_functions_go_through_the_layers(clinic: Clinic) -> None:
    """They are retried, bear a key and a token, and are checked."""
    clinic.simulator.faults.add("createPatient", faults.drop_after_commit())
    made = clinic.world.generated(create_patient, clinic.client, body=Patient.from_dict(PATIENT))

    assert isinstance(made, Patient)
    assert [each.id for each in clinic.simulator.patients] == [made.id]
    with pytest.raises(NotFoundError):
        clinic.world.generated(get_patient, clinic.client, "0123456789abcdef01234567")
    clinic.world.generated(create_patient, clinic.client, body=Patient.from_dict(patient("2")), hg_idempotency_key=KEY)
    other = Patient.from_dict(patient("3"))
    with pytest.raises(IdempotencyConflictError):
        clinic.world.generated(create_patient, clinic.client, body=other, hg_idempotency_key=KEY)


def test_a_condition_may_be_given_to_a_generated_function(clinic: Clinic) -> None:
    """If-None-Exist is sent as it is, and finds who is there."""
    made = clinic.admitted()
    condition = f"identifier={MRN}|14455"

    again = clinic.world.generated(
        create_patient, clinic.client, body=Patient.from_dict(PATIENT), if_none_exist=condition
    )
    assert again.id == made.id
    with pytest.raises(ValueError, match="if_none_exist"):
        clinic.world.generated(
            create_patient, clinic.client, body=Patient.from_dict(PATIENT), if_none_exist="a\r\nX-Y: z"
        )


def test_a_token_cannot_be_slipped_in(clinic: Clinic) -> None:
    """The ways around the layers are closed."""
    for method in ("with_headers", "with_cookies", "with_timeout"):
        with pytest.raises(TypeError, match="go around retries"):
            getattr(clinic.client.generated, method)({})


def test_a_client_that_is_closed_sends_nothing(clinic: Clinic) -> None:
    """And says so."""
    jo = clinic.admitted()
    clinic.world.close(clinic.client)
    asked_before = len(clinic.line.asked)

    with pytest.raises(ConfigurationError, match="closed"):
        clinic(clinic.client.documents.create(document(jo.id)))
    assert len(clinic.line.asked) == asked_before


def test_the_wrong_with_says_which_one_is_right() -> None:
    """Both have a twin."""
    with world_of("asyncio") as world, pytest.raises(TypeError, match="AsyncHealthGorilla"):
        world(HealthGorilla(ID, SECRET).__aenter__())
    with pytest.raises(TypeError, match="HealthGorilla"):
        AsyncHealthGorilla(ID, SECRET).__enter__()


def test_two_clients_of_one_process_know_nothing_of_each_other(world: World) -> None:
    """Nor does one of the other provider: traces and keys are each one's own."""
    with opened(world) as clinic, CleanLife("pk_test", transport=Script(answer(500))) as other:
        with clinic.client.trace() as mine, other.trace() as theirs:
            clinic.admitted()

        assert [call.operation for call in mine] == ["createPatient"]
        assert list(theirs) == []


def test_a_call_is_told_with_its_token(clinic: Clinic) -> None:
    """What was sent for it is in its trace: the token, too."""
    with clinic.client.trace() as calls:
        clinic.admitted()

    [call] = calls
    assert [attempt.operation for attempt in call.attempts] == ["getToken", "createPatient"]
    assert "getToken" in calls.explain()


def test_ids_of_patients_are_not_logged(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    """Those of jobs and subscriptions are."""
    caplog.set_level(logging.DEBUG, "cleanlife_ext")
    jo = clinic.admitted()
    clinic(clinic.client.patients.get(jo.id))
    job = clinic(clinic.client.patients.export_ccda(jo.id))
    clinic(job.poll())

    told = " ".join(record.getMessage() for record in caplog.records if record.name == "cleanlife_ext")
    assert jo.id not in told
    assert job.id in told


# --- Over a real socket


def test_it_works_over_a_real_socket(world: World) -> None:
    """With the transports that users get, from the first token to the result of a job."""
    simulator = HealthGorillaSimulator(job_takes=0)
    with simulator.serve() as server:
        client = make(world, base_url=server.base_url, clock=Clock(), **server.credentials)
        made = world(client.patients.create(PATIENT))
        world(client.patients.update({**made.to_dict(), "active": False}))
        added = world(client.documents.create(document(made.id)))
        simulator.expire_tokens()
        found = world(client.patients.find(MRN, "14455"))
        bundle = world(world(client.documents.retrieve(made.id)).wait())
        world.close(client)

    assert (found.id, found.active) == (made.id, False)
    assert [entry["resource"]["id"] for entry in bundle.to_dict()["entry"]] == [added.id]
    assert (len(simulator.patients), len(simulator.documents), len(simulator.jobs)) == (1, 1, 1)


def test_a_connection_that_breaks_over_a_real_socket_makes_no_second_one(world: World) -> None:
    """The answer is lost on its way; waits are let pass."""

    class Hasty(Clock):
        def sleep(self, seconds: float) -> None:
            pass

        async def asleep(self, seconds: float) -> None:
            pass

    simulator = HealthGorillaSimulator()
    with simulator.serve() as server:
        client = make(world, base_url=server.base_url, clock=Hasty(), **server.credentials)
        simulator.faults.add("createPatient", faults.drop_after_commit())
        made = world(client.patients.create(PATIENT))
        simulator.faults.add("createDocumentReference", faults.truncate())
        simulator.faults.add("createDocumentReference", faults.fail_after_commit(html=True))
        added = world(client.documents.create(document(made.id)))
        world.close(client)

    assert [each.id for each in simulator.patients] == [made.id]
    assert [each.id for each in simulator.documents] == [added.id]


def test_options_of_a_clinic_are_those_of_a_client(clinic: Clinic) -> None:
    """Another process has a token of its own."""
    clinic.admitted()
    other = client_of(clinic.world, clinic.simulator, clinic.clock, clinic.line)
    assert clinic(other.patients.find(MRN, "14455")) is not None
    clinic.world.close(other)

    assert len(clinic.sent("getToken")) == 2


def test_without_its_extra_it_says_what_to_install(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the client is made, and not at the first call."""
    monkeypatch.setitem(sys.modules, "jwt", None)

    with pytest.raises(ConfigurationError, match=r"cleanlife-ext\[healthgorilla\]"):
        make(world, ID, SECRET)
