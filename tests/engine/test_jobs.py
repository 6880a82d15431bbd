"""Jobs: asked for until they are done, by whoever has their token; what began them is never sent again for it."""

from __future__ import annotations

from typing import Any

import attrs
import httpx
import pytest
from engine.invented import DOWN, HOUR, KEY, LOST, Client, accepted, answer, made, parcels, problem
from worlds import World, world_of

from cleanlife_ext import (
    APIConnectionError,
    DeadlineExceededError,
    InternalServerError,
    JobFailedError,
    NotFoundError,
    OutcomeUnknownError,
    UnexpectedResponseError,
)
from cleanlife_ext.engine.flow import Pause
from cleanlife_ext.engine.jobs import AsyncJob, Job
from cleanlife_ext.engine.message import Headers, Request

PRINT, STOCK, POLL = "POST /parcels/7/print", "GET /stock", "GET /prints/j1"
RESULT = {"pages": 3}
DONE = made(RESULT, 200)


def begun(client: Client, location: str = "/prints/j1") -> Any:
    """A job, as a resource makes it."""
    kind: Any = AsyncJob if client.world.is_async else Job
    return kind.begun(client.session, "printParcel", Headers([("location", location)]))


def begin(client: Client, **more: Any) -> Any:
    """Begin to print."""
    return client.ask("printParcel", {}, url="/parcels/7/print", **more)


def failed(status: int = 454) -> httpx.Response:
    """What a job that has failed answers."""
    return problem(status, "invalid")


@pytest.mark.parametrize(
    "location", ["/prints/j1", "https://parcels.test/v2/prints/j1", "https://elsewhere.test/x/prints/j1?a=b"]
)
def test_a_job_is_asked_for_where_it_is_on_our_server_alone(world: World, location: str) -> None:
    """Whatever address it was given."""
    with parcels(world, accepted(x_progress="1 of 3"), DONE) as client:
        job = begun(client, location)

        assert world(job.poll()) is None
        assert (job.is_done, job.progress) == (False, "1 of 3")
        assert world(job.poll()) == RESULT
        assert (job.is_done, job.progress) == (True, "")

    assert [str(asked.url) for asked in client.script.asked] == ["https://parcels.test/v2/prints/j1"] * 2


def test_a_job_that_is_done_is_not_asked_for_again(world: World) -> None:
    """Its result is kept."""
    with parcels(world, DONE) as client:
        job = begun(client)

        assert world(job.wait()) is world(job.poll()) is world(job.wait())

    assert client.calls == [POLL]


def test_a_job_is_waited_for_with_growing_waits_or_those_it_asks_for(world: World) -> None:
    """By chance from the shortest to the longest; here always the shortest."""
    with parcels(world, accepted(), accepted(retry_after="40"), accepted(retry_after="soon"), DONE) as client:
        assert world(begun(client).wait()) == RESULT

    assert client.clock.slept == [1.0, 40.0, 1.0]


def test_waits_grow_with_each_poll() -> None:
    """Where chance has it so."""
    with world_of("sync") as world, parcels(world, *[accepted()] * 7, DONE) as client:
        client.core.chance = lambda: 1.0
        begun(client).wait()

    assert client.clock.slept == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_job_that_still_runs_can_be_waited_for_again(world: World) -> None:
    """No wait is begun that would pass the deadline; what was asked is told."""
    with parcels(world, accepted(retry_after="4")) as client:
        job = begun(client)
        with pytest.raises(
            DeadlineExceededError, match="printParcel: the job still runs, and the deadline of 10 s"
        ) as caught:
            world(job.wait(deadline=10))

        assert client.clock.slept == [4.0, 4.0]
        assert [made.operation for made in caught.value.attempts] == ["getPrint"] * 3
        assert caught.value.request_id
        assert not caught.value.ambiguous

        client.then(DONE)
        assert world(job.wait(deadline=10)) == RESULT


def test_a_wait_that_was_too_short_is_told_like_a_call(world: World) -> None:
    """What it was for, each poll, and each wait with its reason."""
    with (
        parcels(world, accepted(retry_after="4"), accepted()) as client,
        client.core.tracer.transaction("order-7"),
        pytest.raises(DeadlineExceededError) as caught,
    ):
        world(begun(client).wait(deadline=6))

    call = caught.value.call
    assert call is not None
    assert (call.operation, call.path, call.fields) == ("getPrint", "/prints/{id}", {"id": "j1"})
    assert (call.result, call.seconds, call.waiting, call.before) == ("DeadlineExceededError", 5.0, 5.0, 0.0)
    assert call.transaction == "order-7"
    assert caught.value.explain().splitlines()[-6:] == [
        f"  request ids {call.id}.N",
        "  .1      0.000 s  202",
        "          4.000 s  waited: the server asked for 4 s",
        "  .2      0.000 s  202",
        "          1.000 s  waited: the job still runs",
        "  .3      0.000 s  202",
    ]


def test_a_long_wait_is_told_in_few_lines(world: World) -> None:
    """The first polls and the last ones; the seconds still add up."""
    with parcels(world, accepted()) as client, pytest.raises(DeadlineExceededError) as caught:
        world(begun(client).wait(deadline=600))

    lines = caught.value.explain().splitlines()
    assert "        592.000 s  … 592 more …" in lines
    assert len(lines) < 30
    assert len(caught.value.attempts) == 600


@pytest.mark.parametrize("deadline", [0, -1.0, float("nan"), None, "60"])
def test_a_deadline_is_above_nothing(world: World, deadline: Any) -> None:
    """Nothing is asked."""
    with parcels(world, DONE) as client:
        with pytest.raises(ValueError, match=r"^deadline: a number of seconds above 0 is needed$"):
            world(begun(client).wait(deadline=deadline))
        assert client.calls == []


def test_a_job_that_has_failed_says_why(world: World) -> None:
    """And is not asked for again by itself."""
    with parcels(world, accepted(), failed()) as client, pytest.raises(JobFailedError) as caught:
        world(begun(client).wait())

    assert [issue.code for issue in caught.value.issues] == ["invalid"]
    assert client.calls == [POLL, POLL]


def test_a_status_of_failed_jobs_is_nothing_special_elsewhere(world: World) -> None:
    """Only what is asked for jobs answers so."""
    with parcels(world, failed()) as client, pytest.raises(Exception, match="454") as caught:
        client.create()

    assert not isinstance(caught.value, JobFailedError)


def test_a_job_that_is_forgotten_is_not_found(world: World) -> None:
    """Nothing is begun anew."""
    with parcels(world, problem(404)) as client, pytest.raises(NotFoundError):
        world(begun(client).poll())

    assert client.calls == [POLL]


def test_a_poll_is_tried_again_like_any_read(world: World) -> None:
    """A connection that is lost is no end of the job."""
    with parcels(world, DOWN, LOST, problem(503, retry_after="3"), accepted(), DONE) as client:
        assert world(begun(client).wait()) == RESULT

    assert client.calls == [POLL] * 5


def test_a_poll_that_fails_to_the_end_ends_the_wait_and_not_the_job(world: World) -> None:
    """It is waited for again."""
    with parcels(world, problem(503)) as client:
        job = begun(client)
        with pytest.raises(InternalServerError):
            world(job.wait())
        client.then(DONE)
        assert world(job.wait()) == RESULT


def test_another_process_goes_on_with_the_token(world: World) -> None:
    """It says what and which, and nothing that is secret."""
    with parcels(world, accepted(), DONE) as client:
        first = begun(client)
        world(first.poll())
        other = type(first).resumed(client.session, first.token)

        assert first.token == "printParcel/j1"
        assert world(other.wait()) == RESULT
        assert PRINT not in client.calls


@pytest.mark.parametrize(
    "token",
    ["", "j1", "printParcel", "printParcel/", "/j1", "createParcel/j1", "nothing/j1", None, 3, b"printParcel/j1"],
)
def test_what_is_no_token_of_a_job_is_refused(world: World, token: Any) -> None:
    """Without quoting it; nothing is asked."""
    with parcels(world, DONE) as client:
        with pytest.raises(ValueError, match=r"^token: the token of a job is needed, as job\.token gives it$"):
            (AsyncJob if world.is_async else Job).resumed(client.session, token)
        assert client.calls == []


@pytest.mark.parametrize("id", ["..", ".", "j1\n", " j1", "j 1", "a/../b", "b?c#d", "j" * 129, "Jö"])
def test_a_token_with_an_id_that_no_address_can_have_is_none(world: World, id: str) -> None:
    """It leads nowhere else, whoever wrote it; and a line end that was read with it is seen at once."""
    with parcels(world, DONE) as client:
        with pytest.raises(ValueError, match=r"^token: the token of a job is needed, as job\.token gives it$"):
            (AsyncJob if world.is_async else Job).resumed(client.session, f"printParcel/{id}")
        assert client.calls == []


@attrs.frozen
class Event:
    """A notification, as far as it is read."""

    resource_id: str


def test_a_notification_is_a_reason_to_ask(world: World) -> None:
    """If it is about this job; what it says is not taken for the result."""
    with parcels(world, accepted(), DONE) as client:
        job = begun(client)

        assert world(job.complete_from(Event("j2"))) is None
        assert client.calls == []
        assert world(job.complete_from(Event("j1"))) is None
        assert world(job.complete_from(Event("j1"))) == RESULT


def test_a_job_does_not_show_what_it_holds(world: World) -> None:
    """Results are personal, and progress is what a stranger wrote."""
    with parcels(world, accepted(x_progress="Sara"), made({"name": "Sara"}, 200)) as client:
        job = begun(client)
        world(job.poll())
        assert "Sara" not in repr(job)
        world(job.poll())

    assert repr(job) == f"{type(job).__name__}(operation='printParcel', id='j1')"


def test_who_stops_waiting_leaves_the_job_as_it_is() -> None:
    """Cancelled or interrupted in a poll or between two: it is waited for again, and was never begun anew."""
    with world_of("sync") as world, parcels(world, DONE) as client:
        job = begun(client)
        for stop in (GeneratorExit, KeyboardInterrupt):
            waiting = job._waiting(60.0)  # noqa: SLF001
            assert isinstance(next(waiting), Request)
            with pytest.raises(stop):
                waiting.throw(stop())
            waiting = job._waiting(60.0)  # noqa: SLF001
            next(waiting)
            assert isinstance(waiting.send(answer(202)), Pause)
            with pytest.raises(stop):
                waiting.throw(stop())
        assert job.wait() == RESULT

    assert client.calls == [POLL]


# How they begin


def test_a_job_that_has_failed_is_named(world: World) -> None:
    """By what began it, and by its id; not by the operation that asked."""
    with parcels(world, accepted(), failed()) as client, pytest.raises(JobFailedError) as caught:
        world(begun(client).wait())

    assert caught.value.args == ("printParcel: the job j1 has failed: 454 invalid (about size)",)
    assert caught.value.operation == "printParcel"
    assert [attempt.operation for attempt in caught.value.attempts] == ["getPrint", "getPrint"]


@pytest.mark.parametrize("name", ["location", "content_location"])
def test_a_job_begins_with_an_address(world: World, name: str) -> None:
    """In any of the headers of the spec."""
    with parcels(world, accepted(**{name: "/prints/j1"})) as client:
        begin(client)

    assert client.calls == [PRINT]


@pytest.mark.parametrize(
    "location",
    [None, "", "/elsewhere/j1", "/prints/", "/prints/..", "/prints/None", "/prints/" + 65 * "7", "https://["],
)
def test_a_202_without_an_address_is_no_job(world: World, location: str | None) -> None:
    """The API is still at it: the same key gives the same job."""
    headers = {} if location is None else {"location": location}
    with parcels(world, accepted(**headers), accepted(location="/prints/j1")) as client:
        begin(client)

    assert client.calls == [PRINT, PRINT]
    assert len(set(client.keys)) == 1


def test_a_job_whose_beginning_was_lost_is_begun_with_the_same_key(world: World) -> None:
    """Which gives the same job."""
    with parcels(world, LOST, accepted(location="/prints/j1")) as client:
        begin(client, key=KEY)

    assert client.keys == [KEY, KEY]


def test_a_job_whose_key_is_forgotten_is_not_begun_again(world: World) -> None:
    """Nothing tells whether it runs."""
    with parcels(world, accepted(retry_after=str(int(HOUR)))) as client, pytest.raises(OutcomeUnknownError):
        begin(client)

    assert client.calls == [PRINT]


@pytest.mark.parametrize("lost", [LOST, accepted(), problem(503), made(RESULT, 200)])
def test_a_job_that_must_not_be_begun_twice_is_not(world: World, lost: Any) -> None:
    """It has no key, and may be metered."""
    with parcels(world, lost) as client, pytest.raises(OutcomeUnknownError):
        client.ask("fetchStock")

    assert client.calls == [STOCK]


def test_a_job_that_was_not_begun_may_be_tried_again(world: World) -> None:
    """Nothing went out, or it was refused for the rate."""
    with parcels(world, DOWN, problem(429), accepted(location="/prints/j1")) as client:
        client.ask("fetchStock")

    assert client.calls == [STOCK] * 3


@pytest.mark.parametrize("strange", [httpx.Response(200, text="<h1>"), made({}, 203), httpx.Response(200)])
def test_a_result_of_strange_shape_is_none(world: World, strange: httpx.Response) -> None:
    """It is not taken for one; the job is asked for again."""
    with parcels(world, strange) as client:
        job = begun(client)
        with pytest.raises((UnexpectedResponseError, APIConnectionError)):
            world(job.poll())
        assert not job.is_done
        client.then(DONE)
        assert world(job.poll()) == RESULT
