"""Idempotency keys: one for each payload, the same on every attempt, and what is remembered of their use."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from engine.invented import (
    HOUR,
    KEY,
    LOST,
    OTHER_KEY,
    PARCEL,
    PARCELS,
    SENT,
    Client,
    accepted,
    asked,
    entries,
    late,
    made,
    parcels,
    problem,
)
from hypothesis import given
from hypothesis import strategies as st
from worlds import FakeClock, World, world_of

from cleanlife_ext import (
    APIConnectionError,
    BadRequestError,
    IdempotencyConflictError,
    OutcomeUnknownError,
    RateLimitError,
    UnprocessableEntityError,
)
from cleanlife_ext.engine.flow import Flow
from cleanlife_ext.engine.keys import MOST_KNOWN, Keys, fingerprint_of, key_in, with_header
from cleanlife_ext.engine.message import Headers, Options, Request, Response, Scope

NOTE = {"size": "L"}
SEND, LOOK = "POST /parcels", "GET /parcels"
DONE = Response(201, Headers(), b'{"id": "p1"}')


def note(client: Client, **more: Any) -> Any:
    """Make something that nothing can be looked up by."""
    return client.ask("createNote", NOTE, **more)


def test_each_payload_has_a_key_of_its_own(world: World) -> None:
    """Made by chance for each call, and another one for the next."""
    with parcels(world, made()) as client:
        client.create()
        client.create()

    assert len(set(client.keys)) == 2


def test_a_key_that_is_given_is_sent(world: World) -> None:
    """On each attempt."""
    with parcels(world, problem(503), entries(), made()) as client:
        client.create(key=KEY)

    assert client.keys == [KEY, KEY]


def test_a_key_of_another_payload_is_refused_before_anything_is_sent(world: World) -> None:
    """However the first one ended; and so it is for another operation."""
    with parcels(world, made()) as client:
        client.create(key=KEY)
        client.then(made())
        for id in ("createParcel", "createNote"):
            with pytest.raises(IdempotencyConflictError, match="nothing was sent") as caught:
                client.ask(id, {**SENT, "size": "XL"}, key=KEY)
            assert not caught.value.ambiguous
            assert KEY not in str(caught.value)
        client.create(key=OTHER_KEY)

    assert client.keys == [OTHER_KEY]


def test_a_key_in_capitals_is_the_same_key(world: World) -> None:
    """It is sent as servers compare it, and refused for another payload."""
    with parcels(world, made()) as client:
        client.create(key=KEY.upper())
        with pytest.raises(IdempotencyConflictError):
            client.create({**SENT, "size": "XL"}, key=KEY)

    assert client.keys == [KEY]


def test_the_same_payload_may_be_sent_with_the_same_key_again(world: World) -> None:
    """The API gives what it gave; nothing has to be looked up."""
    with parcels(world, made()) as client:
        client.create(key=KEY)
        client.create({name: SENT[name] for name in reversed(SENT)}, key=KEY)

    assert client.calls == [SEND, SEND]


def test_what_was_done_long_ago_is_looked_up_and_not_sent(world: World) -> None:
    """The API has forgotten the key, and would do it once more."""
    with parcels(world, made()) as client:
        client.create(key=KEY)
        client.clock.time += HOUR
        client.then(entries(PARCEL))
        assert client.create(key=KEY)["id"] == "p1"
        client.then(entries())
        with pytest.raises(OutcomeUnknownError):
            client.create(key=KEY)

    assert set(client.calls) == {LOOK}


def test_what_was_done_long_ago_and_cannot_be_looked_up_is_unknown(world: World) -> None:
    """And nothing is sent."""
    with parcels(world, made()) as client:
        note(client, key=KEY)
        client.clock.time += HOUR
        client.then(made())
        with pytest.raises(OutcomeUnknownError, match="earlier call") as caught:
            note(client, key=KEY)

    assert client.calls == []
    assert caught.value.key == KEY


def test_after_an_unknown_outcome_the_key_is_in_doubt(world: World) -> None:
    """So the next call looks before it sends, and the age of the key counts from the first."""
    with parcels(world, LOST, problem(403)) as client:
        with pytest.raises(OutcomeUnknownError):
            client.create(key=KEY)
        client.then(entries(PARCEL))
        assert client.create(key=KEY)["id"] == "p1"
        assert client.calls == [LOOK]


def test_a_refusal_says_nothing_of_an_earlier_call_with_the_key(world: World) -> None:
    """The key stays in doubt; when it is forgotten, nothing is sent with it."""
    with parcels(world, LOST, problem(403)) as client:
        with pytest.raises(OutcomeUnknownError):
            client.create(key=KEY)
        client.then(entries(), problem(422), entries())
        with pytest.raises(UnprocessableEntityError):
            client.create(key=KEY)
        client.clock.time += HOUR
        client.then(entries())
        with pytest.raises(OutcomeUnknownError):
            client.create(key=KEY)
        assert set(client.calls) == {LOOK}


@pytest.mark.parametrize("hours", [0, 2])
def test_after_a_refusal_the_key_is_as_good_as_new(world: World, hours: int) -> None:
    """It has had no effect, so its age does not matter."""
    with parcels(world, problem(400)) as client:
        with pytest.raises(BadRequestError):
            note(client, key=KEY)
        client.clock.time += hours * HOUR
        client.then(made())
        assert note(client, key=KEY)["id"] == "p1"


def test_a_call_that_took_long_has_a_key_that_is_old(world: World) -> None:
    """It counts from before it was sent."""
    clock = FakeClock()
    with parcels(world, late(clock, HOUR / 2, accepted()), late(clock, HOUR / 2, made()), clock=clock) as client:
        note(client, key=KEY)
        client.then(made())
        with pytest.raises(OutcomeUnknownError):
            note(client, key=KEY)


def test_a_key_without_a_lifetime_says_nothing(world: World) -> None:
    """It is sent along; what is known of it is that it is for one payload."""
    with parcels(world, LOST) as client:
        with pytest.raises(OutcomeUnknownError):
            client.ask("createScan", NOTE, key=KEY)
        client.clock.time += 9 * HOUR
        client.then(made())
        client.ask("createScan", NOTE, key=KEY)
        with pytest.raises(IdempotencyConflictError):
            client.ask("createScan", {"size": "S"}, key=KEY)


# Two calls with one key at once


def begun(client: Client, key: str = KEY, **options: Any) -> Generator[Any, Any, Response]:
    """A call that has sent its request, and has no answer yet; the flow that goes on with it."""
    flow: Flow = client.core.flow(
        Options(deadline=3 * HOUR, **options), None, "POST", "/notes", json=NOTE, headers={"Parcel-Key": key}
    )
    sent = next(flow)
    assert isinstance(sent, Request)
    return flow


def ends(flow: Generator[Any, Any, Response], what: Response | Exception) -> None:
    """Let *flow* end with what comes back."""
    with pytest.raises((StopIteration, APIConnectionError, BadRequestError, RateLimitError, OutcomeUnknownError)):
        flow.throw(what) if isinstance(what, Exception) else flow.send(what)


@pytest.fixture
def client() -> Generator[Client, None, None]:
    """One whose flows the test drives itself."""
    with world_of("sync") as world, parcels(world, made()) as client:
        yield client


REFUSED = Response(400, Headers(), b"")


def is_in_doubt(client: Client) -> bool:
    """Whether a later call with the key, when that is forgotten, sends nothing."""
    client.clock.time += HOUR
    client.then(made())
    try:
        note(client, key=KEY)
    except OutcomeUnknownError:
        assert client.calls == []
        return True
    return False


def lost(client: Client) -> APIConnectionError:
    """No answer comes, and no time is left."""
    client.clock.time += 4 * HOUR
    return APIConnectionError("lost", sent=True)


@pytest.mark.parametrize("order", ["refused, lost", "lost, refused"])
def test_of_two_at_once_a_refusal_of_one_says_nothing_of_the_other(client: Client, order: str) -> None:
    """What the other may have done, stays in doubt, whichever ends first."""
    one, two = begun(client), begun(client)
    if order == "refused, lost":
        ends(one, REFUSED)
        ends(two, lost(client))
    else:
        ends(two, lost(client))
        ends(one, REFUSED)

    assert is_in_doubt(client)


def test_of_two_at_once_a_refusal_of_the_later_says_nothing_of_the_earlier(client: Client) -> None:
    """The same the other way round."""
    one, two = begun(client), begun(client)
    ends(two, REFUSED)
    ends(one, lost(client))

    assert is_in_doubt(client)


def test_of_two_at_once_both_send_the_same_key(client: Client) -> None:
    """The API makes it once; both have it."""
    one, two = begun(client), begun(client)
    for flow in (one, two):
        with pytest.raises(StopIteration) as ended:
            flow.send(DONE)
        assert ended.value.value.status_code == 201


def test_who_is_cancelled_leaves_the_key_in_doubt(client: Client) -> None:
    """Nobody knows how far it came."""
    begun(client).close()

    assert is_in_doubt(client)


def test_ctrl_c_leaves_the_key_in_doubt(client: Client) -> None:
    """And says which it was."""
    flow = begun(client)
    with pytest.raises(KeyboardInterrupt) as caught:
        flow.throw(KeyboardInterrupt())

    [note] = caught.value.__notes__
    assert note.startswith("createNote: sent, and the outcome is unknown; for 50 minutes after it was first sent, ")
    assert f"idempotency_key='{KEY}'" in note
    assert is_in_doubt(client)


# What stands alone


def request(body: Any, **headers: str) -> Request:
    return asked("createNote", body, scope=Scope(ends=9.0), headers=headers)


def test_a_request_that_has_a_key_keeps_it() -> None:
    """Written as servers compare it; one that has none gets a new one."""
    assert key_in(with_header(request(NOTE, **{"parcel-key": KEY}))) == KEY
    assert key_in(with_header(request(NOTE, **{"parcel-key": KEY.upper()}))) == KEY
    assert len({key_in(with_header(request(NOTE))) for _ in range(9)}) == 9


def test_the_last_ten_thousand_keys_are_known() -> None:
    """More would fill the memory of a program that never ends."""
    keys = Keys(FakeClock())
    for number in range(MOST_KNOWN + 1):
        keys.use(request(NOTE), str(number))

    (_, first), (_, ninth) = keys.use(request(NOTE), "0"), keys.use(request(NOTE), "9")
    assert first.since is None
    assert ninth.since is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(JSON, JSON)
def test_a_fingerprint_is_of_one_payload(one: Any, two: Any) -> None:
    """The same for the same JSON, and another for another; true is not 1."""
    assert (fingerprint_of(one) == fingerprint_of(two)) is (repr(_sorted(one)) == repr(_sorted(two)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def test_a_payload_that_is_no_json_is_refused() -> None:
    """It could not be sent either."""
    with pytest.raises(ValueError, match="JSON"):
        fingerprint_of({"weight": float("nan")})


def test_the_operations_that_have_a_key_have_one_that_lives() -> None:
    """The invented API has all kinds."""
    lives = {id for id, operation in PARCELS.operations.items() if operation.repeat.lifetime}
    assert lives == {"createParcel", "createLabel", "createNote", "printParcel"}
