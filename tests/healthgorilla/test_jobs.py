"""Jobs: begun once, asked for until they are done, by whoever knows their token."""

from __future__ import annotations

import asyncio
import base64
import pickle
from typing import Any

import anyio
import pytest
from healthgorilla.clinic import KEY, URL, Clinic, Done, answer, opened, outcome
from healthgorilla.test_seed import notification
from healthgorilla_client.models import Bundle, Resource
from worlds import World

from cleanlife_ext import (
    CleanLifeError,
    DeadlineExceededError,
    InternalServerError,
    JobFailedError,
    NotFoundError,
    OutcomeUnknownError,
    UnexpectedResponseError,
)
from cleanlife_ext.simulator import faults

ID = "3ce13b5ecb4d6633826caca0"
BEGIN = ["exportCcda", "retrieveDocuments"]


def begun(clinic: Clinic, how: str = "exportCcda", **options: Any) -> Any:
    """A job for a patient."""
    jo = clinic.admitted() if not clinic.simulator.patients else clinic.simulator.patients[0]
    client = clinic.client
    begin = client.documents.retrieve if how == "retrieveDocuments" else client.patients.export_ccda
    return clinic(begin(jo.id, **options))


# --- Where to ask


@pytest.mark.parametrize("begin", BEGIN)
@pytest.mark.parametrize("location", ["absolute", "relative"])
@pytest.mark.parametrize("header", ["Location", "Content-Location"])
def test_a_job_is_known_by_its_address(world: World, header: Any, location: Any, begin: str) -> None:
    """In either header, as a whole or as a path."""
    with opened(world, job_header=header, location=location, job_takes=None) as clinic:
        job = begun(clinic, begin)

        assert [each.id for each in clinic.simulator.jobs] == [job.id]
        assert clinic(job.poll()) is None
        assert (job.progress, job.is_done) == ("in progress", False)
        clinic.simulator.finish(job.id)
        assert clinic(job.poll()) is not None


def test_location_comes_before_content_location(clinic: Clinic) -> None:
    """Where both are there."""
    place = f"/fhir/RequestResult/{ID}"
    clinic.line.meets("/$export-ccda", answer(202, location=place, content_location="/fhir/RequestResult/1"))

    assert begun(clinic).id == ID


def test_no_other_server_is_asked(clinic: Clinic) -> None:
    """A token shown to a stranger is his."""
    clinic.line.meets("/$export-ccda", answer(202, location=f"https://evil.test/fhir/RequestResult/{ID}"))

    with pytest.raises(NotFoundError):
        clinic(begun(clinic).poll())

    assert {request.url.host for request in clinic.line.asked} == {"hg.test"}


STRANGE = ["", "/fhir/R4/Patient/1", "/fhir/RequestResult/", "/fhir/RequestResult/a b", f"/fhir/RequestResult/{ID}/x"]


@pytest.mark.parametrize("place", STRANGE)
def test_an_export_without_an_address_is_asked_for_with_its_key(clinic: Clinic, place: str) -> None:
    """It may have begun; the same key gives the same job."""
    clinic.line.meets("/$export-ccda", Done(answer(202, location=place)))

    job = begun(clinic)

    assert [each.id for each in clinic.simulator.jobs] == [job.id]
    assert len(set(clinic.keys("exportCcda"))) == 1


@pytest.mark.parametrize("place", STRANGE)
def test_a_retrieval_without_an_address_is_in_doubt(clinic: Clinic, place: str) -> None:
    """It may have begun, and is not sent again."""
    clinic.line.meets("/$p360-retrieve", Done(answer(202, location=place)))

    with pytest.raises(OutcomeUnknownError):
        begun(clinic, "retrieveDocuments")

    assert len(clinic.simulator.jobs) == 1


LOST = {
    "dropped before": faults.drop_before_commit(),
    "dropped after": faults.drop_after_commit(),
    "503": faults.status(503),
    "503 although": faults.fail_after_commit(),
    "a page": faults.html(),
    "a timeout": faults.delay(60),
}


@pytest.mark.parametrize("lost", list(LOST))
def test_a_retrieval_is_never_sent_twice(clinic: Clinic, lost: str) -> None:
    """Whatever became of it: each one is paid for."""
    clinic.admitted()
    clinic.simulator.faults.add("retrieveDocuments", LOST[lost])

    with pytest.raises(OutcomeUnknownError):
        begun(clinic, "retrieveDocuments")

    assert clinic.seen() == ["createPatient", "retrieveDocuments"]


def test_a_retrieval_that_was_held_back_for_the_rate_is_sent(clinic: Clinic) -> None:
    """A 429 has had no effect."""
    clinic.simulator.faults.add("retrieveDocuments", faults.status(429, retry_after=3))

    job = begun(clinic, "retrieveDocuments")

    assert [each.id for each in clinic.simulator.jobs] == [job.id]


def test_a_retrieval_has_no_idempotency_key(clinic: Clinic) -> None:
    """It is a GET; what it needs is the other header."""
    begun(clinic, "retrieveDocuments")

    [request] = clinic.sent("retrieveDocuments")
    assert clinic.keys("retrieveDocuments") == [None]
    assert request.headers["prefer"] == "respond-async"


# --- Results


@pytest.mark.parametrize("kind", ["bundle", "parameters"])
def test_the_result_is_a_resource(world: World, kind: Any) -> None:
    """A bundle, or another one; lists of counters keep what they say."""
    with opened(world, job_result=kind, job_takes=5) as clinic:
        result = clinic(begun(clinic, "retrieveDocuments").wait())

    assert isinstance(result, Bundle if kind == "bundle" else Resource)
    if kind == "parameters":
        counted = {each["name"]: each["valueInteger"] for each in result.to_dict()["parameter"]}
        assert counted["documentsFound"] == 0


def test_a_result_that_is_here_is_not_asked_for_again(clinic: Clinic) -> None:
    """However often it is wanted."""
    job = begun(clinic)
    clinic.simulator.finish(job.id)
    result = clinic(job.wait())

    assert clinic(job.wait()) is clinic(job.poll()) is result
    assert job.is_done
    assert len(clinic.sent("getRequestResult")) == 1


def test_a_document_that_was_exported_is_in_the_result(world: World) -> None:
    """As an attachment."""
    with opened(world, job_takes=1) as clinic:
        bundle = clinic(begun(clinic).wait())

    [entry] = bundle.to_dict()["entry"]
    assert base64.b64decode(entry["resource"]["content"][0]["attachment"]["data"]).startswith(b"<ClinicalDocument")


def test_waits_grow_to_thirty_seconds(clinic: Clinic) -> None:
    """And are spread."""
    job = begun(clinic)
    with pytest.raises(DeadlineExceededError):
        clinic(job.wait(deadline=600))

    bounds = [min(30, 2**number) for number in range(1, len(clinic.clock.slept) + 1)]
    assert all(1 <= wait <= bound for wait, bound in zip(clinic.clock.slept, bounds, strict=True))
    assert max(clinic.clock.slept) > 8


def test_a_wait_that_the_api_asks_for_is_waited(world: World) -> None:
    """Also where it would be over sooner."""
    with opened(world, job_retry_after=45, job_takes=50) as clinic:
        clinic(begun(clinic).wait())

        assert clinic.clock.slept == [45.0, 45.0]


def test_a_wait_that_would_pass_the_deadline_is_not_begun(world: World) -> None:
    """It is said at once."""
    with opened(world, job_retry_after=600, job_takes=None) as clinic:
        with pytest.raises(DeadlineExceededError, match="would pass"):
            clinic(begun(clinic).wait(deadline=60))

        assert clinic.clock.slept == []


# --- Failures


@pytest.mark.parametrize("begin", BEGIN)
def test_a_job_that_has_failed_says_why(clinic: Clinic, begin: str) -> None:
    """In its issues; it is asked once."""
    job = begun(clinic, begin)
    clinic.simulator.fail(job.id, code="processing", diagnostics="Jo Doe has no record")

    with pytest.raises(JobFailedError) as caught:
        clinic(job.wait())

    assert [(issue.code, issue.message) for issue in caught.value.issues] == [("processing", "Jo Doe has no record")]
    assert caught.value.status_code == 454
    assert "Doe" not in f"{caught.value} {caught.value!r} {caught.value.explain()}"
    assert len(clinic.sent("getRequestResult")) == 1


def test_a_job_that_has_failed_without_a_word_has_failed(clinic: Clinic) -> None:
    """What its body is, nobody says."""
    job = begun(clinic)
    clinic.line.meets(f"/{job.id}", answer(454))

    with pytest.raises(JobFailedError) as caught:
        clinic(job.poll())

    assert caught.value.issues == ()


def test_a_job_that_nobody_knows_is_not_found(clinic: Clinic) -> None:
    """It has expired, or was another client's."""
    job = clinic.client.job(f"retrieveDocuments/{ID}")

    with pytest.raises(NotFoundError):
        clinic(job.wait())


def test_a_poll_that_fails_is_repeated(clinic: Clinic) -> None:
    """To ask is harmless; where it keeps failing, that is said, and the job goes on."""
    job = begun(clinic)
    clinic.simulator.faults.add("getRequestResult", faults.status(503), times=4)
    with pytest.raises(InternalServerError):
        clinic(job.poll())

    clinic.simulator.finish(job.id)
    assert clinic(job.wait()) is not None


def test_a_result_that_cannot_be_read_is_said(clinic: Clinic) -> None:
    """And may be asked for again."""
    job = begun(clinic)
    clinic.line.meets(f"/{job.id}", answer(200, [1]))
    with pytest.raises(UnexpectedResponseError):
        clinic(job.poll())
    assert not job.is_done

    clinic.simulator.finish(job.id)
    assert clinic(job.poll()) is not None


# --- Deadlines, and those who stop waiting


def test_a_wait_ends_in_time_and_may_be_taken_up_again(clinic: Clinic) -> None:
    """It says so, and nothing is begun anew."""
    job = begun(clinic)
    with pytest.raises(DeadlineExceededError, match="still runs, and the deadline of 60 s") as caught:
        clinic(job.wait(deadline=60))
    assert clinic.clock.now() - 1000 <= 60
    assert {attempt.operation for attempt in caught.value.attempts} == {"getRequestResult"}
    assert caught.value.request_id == clinic.sent("getRequestResult")[-1].request_id

    clinic.simulator.finish(job.id)

    assert clinic(job.wait(deadline=60)) is not None
    assert len(clinic.sent("exportCcda")) == 1


@pytest.mark.parametrize("deadline", [0, -1, float("nan")])
def test_a_deadline_is_a_number_above_zero(clinic: Clinic, deadline: float) -> None:
    """Else it is refused before anything is sent."""
    job = begun(clinic)

    with pytest.raises(ValueError, match="deadline"):
        clinic(job.wait(deadline=deadline))

    assert clinic.sent("getRequestResult") == []


def test_who_stops_waiting_stops_only_that(world: World) -> None:
    """Ctrl-C, or a cancellation: the work goes on, and is not begun again."""

    class ImpatientError(Exception):
        pass

    with opened(world, job_takes=30) as clinic:
        job = begun(clinic)
        sleep, clinic.clock.sleep = clinic.clock.sleep, _raising(ImpatientError)  # type: ignore[method-assign]
        with pytest.raises(ImpatientError):
            clinic(job.wait())
        clinic.clock.sleep = sleep  # type: ignore[method-assign]

        assert clinic(job.wait()) is not None
        assert len(clinic.sent("exportCcda")) == len(clinic.simulator.jobs) == 1


def _raising(kind: type[Exception]) -> Any:
    def sleep(_: float) -> None:
        raise kind

    return sleep


@pytest.mark.parametrize("world", ["asyncio", "trio"], indirect=True)
def test_a_task_that_is_cancelled_may_wait_again(world: World) -> None:
    """In asynchronous code, where somebody else does the cancelling."""
    with opened(world, job_takes=None) as clinic:
        job = begun(clinic)
        clinic.clock.asleep = anyio.sleep  # type: ignore[method-assign]  # It waits in earnest, and is not let.

        async def impatient() -> None:
            with anyio.move_on_after(0.01) as scope:
                await job.wait()
            assert scope.cancelled_caught

        world(impatient())
        clinic.simulator.finish(job.id)

        assert clinic(job.wait()) is not None
        assert len(clinic.sent("exportCcda")) == len(clinic.simulator.jobs) == 1


# --- Elsewhere


@pytest.mark.parametrize("begin", BEGIN)
def test_another_process_goes_on_with_the_token(clinic: Clinic, begin: str) -> None:
    """A text, which is neither secret nor personal, and which nothing is asked for."""
    token = begun(clinic, begin).token
    elsewhere = clinic.another()
    asked = len(clinic.simulator.requests)

    job = elsewhere.job(token)
    assert len(clinic.simulator.requests) == asked
    clinic.simulator.finish(job.id)

    assert clinic(job.wait()) is not None
    assert (token, job.token) == (f"{begin}/{job.id}", token)
    assert len(clinic.sent(begin)) == len(clinic.simulator.jobs) == 1
    clinic.world.close(elsewhere)


@pytest.mark.parametrize(
    "token",
    [
        None,
        7,
        b"exportCcda/1",
        "",
        "exportCcda",
        "exportCcda/",
        "/1",
        "createPatient/1",
        "nothing/1",
        "exportCcda/../x",
    ],
)
def test_a_token_that_is_none_is_refused(clinic: Clinic, token: Any) -> None:
    """At once, and without quoting it: it may be anything."""
    with pytest.raises(ValueError, match=r"token|id") as caught:
        clinic(clinic.client.job(token).poll())

    assert "../x" not in str(caught.value)
    assert clinic.simulator.requests == ()


def test_a_job_shows_no_more_than_its_id(clinic: Clinic) -> None:
    """Neither its client nor its result."""
    job = begun(clinic)
    clinic.simulator.finish(job.id, {"resourceType": "Bundle", "type": "searchset", "id": "k4n4r1"})
    clinic(job.wait())

    shown = repr(job)
    assert job.id in shown
    assert "k4n4r1" not in shown
    assert URL not in shown


def test_a_job_is_a_view_of_its_client(clinic: Clinic) -> None:
    """It ends with it."""
    job = begun(clinic)
    clinic.world.close(clinic.client)

    with pytest.raises(CleanLifeError, match="closed"):
        clinic(job.poll())


# --- Notifications


def test_a_notification_about_another_job_asks_nothing(clinic: Clinic) -> None:
    """It is not ours."""
    job = begun(clinic)

    assert clinic(job.complete_from(notification("another"))) is None
    assert clinic.sent("getRequestResult") == []


def test_a_notification_is_not_taken_for_the_result(clinic: Clinic) -> None:
    """While the job runs it brings nothing, whatever it says."""
    job = begun(clinic)

    assert clinic(job.complete_from(notification(job.id))) is None
    assert not job.is_done


def test_a_notification_of_a_failure_raises_it(clinic: Clinic) -> None:
    """As polling would."""
    job = begun(clinic)
    clinic.simulator.fail(job.id)

    with pytest.raises(JobFailedError):
        clinic(job.complete_from(notification(job.id)))


# --- The key of an export


def test_a_lost_export_is_the_same_job(clinic: Clinic) -> None:
    """Sent again with its key."""
    clinic.simulator.faults.add("exportCcda", faults.drop_after_commit(), times=3)

    job = begun(clinic)

    assert [each.id for each in clinic.simulator.jobs] == [job.id]
    assert len(clinic.sent("exportCcda")) == 4


def test_the_key_of_an_export_may_be_given(clinic: Clinic) -> None:
    """Whoever keeps it gets the same job, also from another process."""
    jobs = [begun(clinic, idempotency_key=KEY) for _ in range(2)]
    elsewhere = clinic.another()
    jobs.append(clinic(elsewhere.patients.export_ccda(clinic.simulator.patients[0].id, idempotency_key=KEY)))
    clinic.world.close(elsewhere)

    assert len({job.id for job in jobs}) == 1
    assert [each.key for each in clinic.simulator.jobs] == [KEY]


def test_an_export_whose_keys_hour_is_over_is_not_sent(clinic: Clinic) -> None:
    """It would be another job, and nobody could tell."""
    begun(clinic, idempotency_key=KEY)
    clinic.clock.sleep(3600)

    with pytest.raises(OutcomeUnknownError, match="too old"):
        begun(clinic, idempotency_key=KEY)

    assert len(clinic.sent("exportCcda")) == 1


def test_a_failure_travels_between_processes(clinic: Clinic) -> None:
    """Without what it says of anybody."""
    job = begun(clinic)
    clinic.simulator.fail(job.id, diagnostics="k4n4r1")
    with pytest.raises(JobFailedError) as caught:
        clinic(job.poll())

    travelled = pickle.dumps(caught.value)

    assert b"k4n4r1" not in travelled
    assert pickle.loads(travelled).status_code == 454  # noqa: S301


@pytest.mark.parametrize("world", ["asyncio"], indirect=True)
def test_many_wait_for_one_job(clinic: Clinic) -> None:
    """Each of them gets its result."""
    job = begun(clinic)
    clinic.simulator.finish(job.id, {**outcome("x"), "resourceType": "Bundle", "type": "searchset"})

    async def several() -> list[Any]:
        return await asyncio.gather(*[clinic.client.job(job.token).wait() for _ in range(5)])

    assert len(clinic.world(several())) == 5
