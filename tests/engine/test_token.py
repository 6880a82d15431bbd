"""Tokens: got once, kept, renewed in time and once more when refused; and never taken for what they are needed for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from engine.invented import (
    DOWN,
    LOST,
    PARCEL,
    SENT,
    TOKEN,
    Client,
    answer,
    entries,
    made,
    parcels,
    problem,
)
from worlds import World, world_of

from cleanlife_ext import (
    APIConnectionError,
    AuthenticationError,
    CleanLifeError,
    DeadlineExceededError,
    InternalServerError,
    OutcomeUnknownError,
    RateLimitError,
    UnexpectedResponseError,
)
from cleanlife_ext.engine.flow import Flow, Join
from cleanlife_ext.engine.message import Options, Request

ASK, SEND, READ, LOOK = "POST /token", "POST /parcels", "GET /parcels/7", "GET /parcels"
EXPIRED = httpx.Response(401)
NO_CLIENT = httpx.Response(401, json={"error": "invalid_client", "error_description": "Sara is unknown"})


def token(text: str = "t-1", **more: Any) -> httpx.Response:
    """A token."""
    return httpx.Response(200, json={**TOKEN, "access_token": text, **more})


def grant() -> dict[str, str]:
    """What proves who we are."""
    return {"assertion": "a b&c"}


def read(client: Client) -> Any:
    """Read something."""
    return client.ask("getParcel", url="/parcels/7")


def borne(client: Client) -> list[str]:
    """The tokens that were sent, in order."""
    return [asked.headers["authorization"] for asked in client.script.asked if "authorization" in asked.headers]


def test_a_token_is_got_once_and_kept(world: World) -> None:
    """It is asked for as a form, shows by itself who asks, and has no idempotency key."""
    with parcels(world, token(), made(status=200), grant=grant) as client:
        read(client)
        read(client)

    assert client.calls == [ASK, READ, READ]
    assert borne(client) == ["Bearer t-1"] * 2
    first = client.script.asked[0]
    assert first.content == b"assertion=a+b%26c"
    assert first.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in first.headers
    assert client.keys == []


def test_without_a_grant_nothing_is_shown(world: World) -> None:
    """Some servers are open."""
    with parcels(world, made(status=200)) as client:
        read(client)

    assert borne(client) == []


def test_a_token_can_be_asked_for_by_itself(world: World) -> None:
    """It needs none, and none is got for it."""
    with parcels(world, token(), grant=grant) as client:
        assert client.ask("getToken")["access_token"] == "t-1"

    assert client.calls == [ASK]


@pytest.mark.parametrize(
    ("said", "kept"),
    [(600, 540), (100, 90), (None, 3540), ("600", 3540), (-1, 3540), (0, 0), (True, 0.9), (1.5, 1.35)],
)
def test_a_token_is_renewed_before_it_expires(world: World, said: Any, kept: float) -> None:
    """A minute, or a tenth of its life; an hour is the usual where nothing sensible is said."""
    with parcels(world, token(expires_in=said), made(status=200), grant=grant) as client:
        read(client)
        client.clock.time += kept * 0.99
        client.then(made(status=200))
        if kept:
            read(client)
            assert client.calls == [READ]
        client.clock.time += kept * 0.01 + 0.001
        client.then(token("t-2"), made(status=200))
        read(client)
        assert borne(client) == ["Bearer t-2"]


def test_a_token_that_is_refused_is_renewed_once(world: World) -> None:
    """The request is sent again as it was, with its key; the refusal says why."""
    with parcels(world, token(), EXPIRED, token("t-2"), made(), grant=grant) as client:
        client.create()

    assert client.calls == [ASK, SEND, ASK, SEND]
    assert borne(client) == ["Bearer t-1", "Bearer t-2"]
    assert len(client.keys) == 2
    assert len(set(client.keys)) == 1


def test_a_new_token_that_is_refused_as_well_is_the_end(world: World) -> None:
    """It is not the token."""
    with (
        parcels(world, token(), EXPIRED, token("t-2"), EXPIRED, grant=grant) as client,
        pytest.raises(AuthenticationError) as caught,
    ):
        client.create()

    assert client.calls == [ASK, SEND, ASK, SEND]
    assert not caught.value.ambiguous
    assert [made.reason for made in caught.value.attempts][1] == "401: sent again with a new token"


def test_another_refusal_is_no_reason_for_a_new_token(world: World) -> None:
    """It is about the request."""
    with parcels(world, token(), problem(403), grant=grant) as client, pytest.raises(CleanLifeError):
        read(client)

    assert client.calls == [ASK, READ]


def test_a_refused_grant_is_told_as_such_and_nothing_is_in_doubt(world: World) -> None:
    """The text names both: what was called, and what was refused. It shows a documented code and no more."""
    with parcels(world, NO_CLIENT, grant=grant) as client, pytest.raises(AuthenticationError) as caught:
        client.create()

    refused = "createParcel: no token: getToken: 401 invalid_client; are id, secret, claims and environment right?"
    assert str(caught.value).startswith(f"{refused} (request id ")
    assert "Sara" not in f"{caught.value!r}"
    assert caught.value.operation == "createParcel"
    assert not caught.value.ambiguous
    assert client.calls == [ASK]


@pytest.mark.parametrize("failure", [DOWN, LOST, problem(503), problem(429, retry_after="5")])
def test_a_request_for_a_token_that_fails_is_tried_again(world: World, failure: Any) -> None:
    """Its attempts are those of the request, of which nothing was sent; so nothing is looked for."""
    with parcels(world, failure, token(), made(), grant=grant) as client:
        client.create()

    assert client.calls == [ASK, ASK, SEND]


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(LOST, APIConnectionError), (problem(503), InternalServerError), (problem(500), InternalServerError)],
)
def test_a_token_that_cannot_be_had_leaves_nothing_in_doubt(world: World, failure: Any, kind: type[Exception]) -> None:
    """The token may have been given; what was to be made is not."""
    with parcels(world, failure, grant=grant) as client, pytest.raises(kind) as caught:
        client.create()

    assert isinstance(caught.value, CleanLifeError)
    assert str(caught.value).startswith("createParcel: no token: getToken: ")
    assert "right?" not in str(caught.value)
    assert not caught.value.ambiguous
    assert client.calls == [ASK] * 4


@pytest.mark.parametrize("strange", [{}, {"access_token": None}, {"access_token": ""}, {"access_token": "a\nb"}, []])
def test_what_is_no_token_is_none(world: World, strange: Any) -> None:
    """Whatever the API calls a success. It is in no text, and nothing is in doubt."""
    with (
        parcels(world, httpx.Response(200, json=strange), grant=grant) as client,
        pytest.raises(UnexpectedResponseError) as caught,
    ):
        client.create()

    assert not caught.value.ambiguous
    assert SEND not in client.calls


def test_after_a_lost_write_a_refused_grant_leaves_the_outcome_unknown(world: World) -> None:
    """It is no refusal of what was sent: neither believed, nor taken for a look."""
    with parcels(world, token(), LOST, entries(), EXPIRED, NO_CLIENT, grant=grant) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            client.create()

        assert caught.value.key == client.keys[0]
        assert client.calls.count(SEND) == 2
        assert client.calls[:4] == [ASK, SEND, LOOK, SEND]


def test_after_a_lost_write_a_token_that_is_renewed_is_no_doubt_more(world: World) -> None:
    """It is found, or sent again with the same key."""
    with parcels(world, token(), LOST, EXPIRED, token("t-2"), entries(PARCEL), grant=grant) as client:
        assert client.create()["id"] == "p1"

    assert client.calls == [ASK, SEND, LOOK, ASK, LOOK]


# Several at once


@pytest.fixture
def client() -> Iterator[Client]:
    """One whose flows the test drives itself."""
    with world_of("sync") as world, parcels(world, made(), grant=grant) as client:
        yield client


def flow(client: Client, **options: Any) -> Flow:
    """A creation that nobody drives yet."""
    chosen = Options(**{"deadline": 100.0, **options})
    return client.core.flow(chosen, None, "POST", "/parcels", json=SENT)


def test_of_several_who_need_a_token_one_asks(client: Client) -> None:
    """The others wait for it, and all send with it."""
    leader, follower = flow(client), flow(client)
    asked, join = next(leader), next(follower)
    assert isinstance(asked, Request)
    assert asked.operation.id == "getToken"
    assert isinstance(join, Join)

    sent = leader.send(answer(200, TOKEN))
    also = follower.send(join.flight.result(0))

    for request in (sent, also):
        assert isinstance(request, Request)
        assert request.headers["authorization"] == "Bearer t-1"


def test_a_refused_grant_is_told_to_all_who_waited_for_it(client: Client) -> None:
    """Each gets an error of its own, although it has sent nothing itself."""
    leader, follower = flow(client), flow(client)
    next(leader)
    join = next(follower)
    with pytest.raises(AuthenticationError) as first:
        leader.send(answer(401, {"error": "invalid_client"}))

    assert isinstance(join, Join)
    failure = join.flight.exception(0)
    assert failure is not None
    with pytest.raises(AuthenticationError) as second:
        follower.throw(failure)

    assert second.value is not first.value
    assert not second.value.ambiguous
    assert str(second.value).startswith("createParcel: no token: getToken: 401 invalid_client; are id, ")
    assert [made.operation for made in second.value.attempts] == ["getToken"]


def test_who_waits_too_long_for_anothers_token_has_sent_nothing(client: Client) -> None:
    """Its own time is up."""
    leader, follower = flow(client), flow(client)
    next(leader)
    next(follower)

    with pytest.raises(DeadlineExceededError) as caught:
        follower.throw(DeadlineExceededError("too late"))

    assert not caught.value.ambiguous
    assert [(each.operation, each.held) for each in caught.value.attempts] == [("getToken", True)]


@pytest.mark.parametrize("how", ["cancelled", "Ctrl-C"])
def test_if_who_asks_is_cancelled_a_follower_asks(client: Client, how: str) -> None:
    """Nobody waits for ever."""
    leader, follower = flow(client), flow(client)
    next(leader)
    join = next(follower)
    if how == "cancelled":
        leader.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            leader.throw(KeyboardInterrupt())

    assert isinstance(join, Join)
    asked = follower.send(join.flight.result(0))
    assert isinstance(asked, Request)
    assert asked.operation.id == "getToken"


def test_a_token_that_somebody_got_meanwhile_stays(client: Client) -> None:
    """Who is refused with an older one does not throw it away."""
    one, two = flow(client), flow(client)
    next(one)
    join = next(two)
    one.send(answer(200, TOKEN))
    assert isinstance(join, Join)
    two.send(join.flight.result(0))
    renewing = one.send(answer(401))
    assert isinstance(renewing, Request)
    assert renewing.operation.id == "getToken"
    one.send(answer(200, {**TOKEN, "access_token": "t-2"}))

    again = two.send(answer(401))

    assert isinstance(again, Request)
    assert again.operation.id == "createParcel"
    assert again.headers["authorization"] == "Bearer t-2"


def test_a_limit_of_the_rate_on_tokens_is_told_as_one(world: World) -> None:
    """And nothing was sent but the request for it."""
    with (
        parcels(world, problem(429, retry_after="5"), grant=grant, on_rate_limit="raise") as client,
        pytest.raises(RateLimitError) as caught,
    ):
        client.create()

    assert client.calls == [ASK]
    assert not caught.value.ambiguous
