"""Changes to the version that was read: sent again under its guard, and compared with what is read."""

from __future__ import annotations

from typing import Any

import pytest
from engine.invented import DOWN, LOST, PARCEL, SENT, Client, made, parcels, problem
from worlds import World

from cleanlife_ext import CleanLifeError, ConflictError, OutcomeUnknownError, PreconditionFailedError

READ, SEND, SEND_NOTE, READ_NOTE = "GET /parcels/p1", "PUT /parcels/p1", "PUT /notes/p1", "GET /notes/p1"
CHANGED = {**PARCEL, "size": "XL"}
NEWER = {**CHANGED, "version": "2"}


def change(client: Client, id: str = "changeParcel", **headers: str) -> Any:
    """Change the first version of something."""
    url = "/parcels/p1" if id == "changeParcel" else "/notes/p1"
    return client.ask(id, CHANGED, url=url, **{"If-Match": 'W/"1"', **headers})


def seen(body: Any) -> Any:
    """What is read."""
    return made(body, 200)


def test_a_change_bears_the_version_that_was_read(world: World) -> None:
    """On each attempt."""
    with parcels(world, DOWN, seen(NEWER)) as client:
        assert change(client)["version"] == "2"

    assert [asked.headers["if-match"] for asked in client.script.asked] == ['W/"1"'] * 2


def test_a_change_without_a_version_is_not_sent(world: World) -> None:
    """Somebody else's would be lost."""
    with parcels(world, seen(NEWER)) as client:
        for version in ({"If-Match": ""}, {"If-None-Match": "*"}):
            with pytest.raises(ValueError, match="if_match"):
                client.ask("changeParcel", CHANGED, url="/parcels/p1", **version)
        assert client.calls == []


def test_a_lost_change_is_read_before_it_is_sent_again(world: World) -> None:
    """What the server writes itself, such as the version, is not compared."""
    with parcels(world, LOST, seen(NEWER)) as client:
        assert change(client)["version"] == "2"

    assert client.calls == [SEND, READ]


def test_a_change_that_is_not_to_be_seen_is_sent_again(world: World) -> None:
    """Its guard makes that harmless."""
    with parcels(world, LOST, seen(PARCEL), seen(NEWER)) as client:
        assert change(client)["version"] == "2"

    assert client.calls == [SEND, READ, SEND]


def test_a_change_of_no_impact_is_sent_again_at_once(world: World) -> None:
    """And read only if that is refused."""
    with parcels(world, LOST, problem(412), seen(NEWER)) as client:
        assert change(client, "changeNote")["version"] == "2"

    assert client.calls == [SEND_NOTE, SEND_NOTE, READ_NOTE]


@pytest.mark.parametrize(("status", "kind"), [(412, PreconditionFailedError), (409, ConflictError)])
def test_a_refused_version_is_told_at_once(world: World, status: int, kind: type[CleanLifeError]) -> None:
    """Nothing of this change can have been made."""
    with parcels(world, problem(status)) as client, pytest.raises(kind) as caught:
        change(client)

    assert client.calls == [SEND]
    assert not caught.value.ambiguous
    assert ("it has been changed since it was read; read it again" in str(caught.value)) is (status == 412)


def test_a_412_without_a_version_is_about_another_condition(world: World) -> None:
    """Nothing was read before, and nothing is said of that."""
    with parcels(world, problem(412)) as client, pytest.raises(PreconditionFailedError) as caught:
        client.create()

    assert caught.value.args == ("createParcel: 412 invalid (about size)",)


def test_after_a_lost_change_a_refused_version_may_be_that_of_the_change(world: World) -> None:
    """It is read, and was made."""
    with parcels(world, LOST, seen(PARCEL), problem(412), seen(NEWER)) as client:
        assert change(client)["version"] == "2"

    assert client.calls == [SEND, READ, SEND, READ]


def test_after_a_lost_change_a_refused_version_is_believed_if_somebody_elses_is_read(world: World) -> None:
    """Neither attempt can take effect any more."""
    theirs = seen({**PARCEL, "version": "2", "size": "S"})
    with (
        parcels(world, LOST, theirs, problem(412), theirs) as client,
        pytest.raises(PreconditionFailedError) as caught,
    ):
        change(client)

    assert not caught.value.ambiguous
    assert caught.value.attempts[-2].reason or caught.value.attempts[-1].reason


@pytest.mark.parametrize("last", [problem(403), LOST])
def test_a_change_that_cannot_be_read_is_unknown(world: World, last: Any) -> None:
    """It can be looked at later."""
    with parcels(world, LOST, last) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            change(client)
        client.then(seen(NEWER))
        assert world(caught.value.resolve())["version"] == "2"
        client.then(seen(PARCEL))
        assert world(caught.value.resolve()) is None
        assert client.calls == [READ]


def test_what_is_read_of_another_tells_nothing(world: World) -> None:
    """Though all that was sent stood in it."""
    with parcels(world, LOST, seen({**NEWER, "id": "p2"})) as client, pytest.raises(OutcomeUnknownError):
        change(client)


def test_what_has_the_version_that_was_to_be_changed_is_not_changed(world: World) -> None:
    """Though all that was sent stands in it: what was left out, to be taken away, is still there."""
    with parcels(world, LOST, seen({**CHANGED, "insured": True}), seen(NEWER)) as client:
        assert change(client)["version"] == "2"

    assert client.calls == [SEND, READ, SEND]


def test_a_list_that_was_sent_must_stand_in_what_is_read(world: World) -> None:
    """With an item less, it is another."""
    less = {**NEWER, "lines": SENT["lines"][:1]}
    with parcels(world, LOST, seen(less), seen(NEWER)) as client:
        change(client)

    assert client.calls == [SEND, READ, SEND]
