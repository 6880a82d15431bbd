"""Writes with a key in a header: sent again while the key is known, looked up where it is not, and never made twice."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from engine.invented import (
    CONFLICT,
    DOWN,
    DUPLICATE,
    HOUR,
    KEY,
    LOST,
    PARCEL,
    SENT,
    Client,
    accepted,
    entries,
    late,
    made,
    parcels,
    problem,
)
from worlds import FakeClock, World

from cleanlife_ext import (
    BadRequestError,
    ConfigurationError,
    ConflictError,
    IdempotencyConflictError,
    OutcomeUnknownError,
    UnprocessableEntityError,
)

OTHER = {**PARCEL, "size": "XL"}
NOBODYS = {**PARCEL, "labels": [{"system": "shop", "value": "8"}]}
LOOK, SEND, NOTE = "GET /parcels", "POST /parcels", "POST /notes"


def note(client: Client, **more: Any) -> Any:
    """Make something that nothing can be looked up by."""
    return client.ask("createNote", {"size": "L"}, **more)


def test_a_lost_write_is_looked_for_before_it_is_sent_again(world: World) -> None:
    """What has all that was sent is it; nothing is sent twice."""
    with parcels(world, LOST, entries(NOBODYS, PARCEL)) as client:
        assert client.create()["id"] == "p1"

    assert client.calls == [SEND, LOOK]
    assert client.script.asked[1].url.params["labels"] == "shop|7"
    assert "parcel-key" not in client.script.asked[1].headers


def test_what_is_not_to_be_seen_is_sent_again_with_the_same_key(world: World) -> None:
    """However often, and whatever made it necessary."""
    seen = entries(), made()
    with parcels(world, DOWN, LOST, entries(), problem(503), entries(NOBODYS), problem(429), *seen) as client:
        client.patient(max_attempts=9).create()

    assert client.calls == [SEND, SEND, LOOK, SEND, LOOK, SEND, LOOK, SEND]
    assert len(client.keys) == 5
    assert len(set(client.keys)) == 1


@pytest.mark.parametrize("id", ["createLabel", "createNote"])
def test_what_is_of_no_impact_or_cannot_be_looked_up_is_sent_again_at_once(world: World, id: str) -> None:
    """The key makes it harmless, and the answer tells more than a look."""
    with parcels(world, LOST, made()) as client:
        assert client.ask(id, SENT)["id"] == "p1"

    assert len(client.calls) == 2
    assert len(set(client.keys)) == 1


def test_what_bears_the_identifier_but_is_another_is_a_conflict(world: World) -> None:
    """As the API would say it; what is in the way is at hand."""
    with parcels(world, LOST, entries(OTHER)) as client, pytest.raises(ConflictError) as caught:
        client.create()

    assert caught.value.existing["size"] == "XL"
    assert caught.value.code == "duplicate"
    assert client.calls == [SEND, LOOK]


def test_of_several_that_look_like_it_none_is_taken_for_it(world: World) -> None:
    """They are at hand, and the outcome is unknown."""
    twin = {**PARCEL, "id": "p2"}
    with parcels(world, LOST, entries(PARCEL, twin, OTHER)) as client, pytest.raises(OutcomeUnknownError) as caught:
        client.create()

    assert [candidate["id"] for candidate in caught.value.candidates] == ["p1", "p2"]
    assert set(client.calls[1:]) == {LOOK}


def test_what_is_found_by_two_identifiers_is_one(world: World) -> None:
    """And not two that look like it."""
    labels = [{"system": "shop", "value": "7"}, {"system": "bank", "value": "9"}]
    both = {**PARCEL, "labels": labels}
    with parcels(world, LOST, entries(both)) as client:
        assert client.create({**SENT, "labels": labels})["id"] == "p1"


def test_a_taken_identifier_names_what_has_it(world: World) -> None:
    """On a first attempt, where nothing is in doubt."""
    with parcels(world, DUPLICATE, entries(OTHER)) as client, pytest.raises(ConflictError) as caught:
        client.create()

    assert caught.value.existing["size"] == "XL"
    assert caught.value.args == ("createParcel: 409 duplicate (about size); it is there already: see .existing",)
    assert client.calls == [SEND, LOOK]


def test_a_taken_identifier_that_nothing_is_seen_to_have_is_only_taken(world: World) -> None:
    """The text points at nothing."""
    with parcels(world, DUPLICATE, entries()) as client, pytest.raises(ConflictError) as caught:
        client.create()

    assert caught.value.existing is None
    assert caught.value.args == ("createParcel: 409 duplicate (about size)",)


def test_a_taken_identifier_gives_what_has_it_to_who_adopts(world: World) -> None:
    """If it is the same."""
    with parcels(world, DUPLICATE, entries(PARCEL)) as client:
        assert client.patient(adopt=True).create()["id"] == "p1"


def test_after_a_lost_write_a_taken_identifier_is_looked_up(world: World) -> None:
    """It was taken by the one that was lost."""
    with parcels(world, LOST, entries(), DUPLICATE, entries(PARCEL)) as client:
        assert client.create()["id"] == "p1"


def test_after_a_lost_write_a_taken_identifier_of_another_is_told_in_the_apis_words(world: World) -> None:
    """The refusal itself, with what is in the way."""
    with parcels(world, LOST, entries(), DUPLICATE, entries(OTHER)) as client, pytest.raises(ConflictError) as caught:
        client.create()

    assert caught.value.response.content
    assert caught.value.existing["size"] == "XL"
    assert str(caught.value).count("see .existing") == 1


@pytest.mark.parametrize("refusal", [CONFLICT, problem(409, "conflict")])
def test_a_key_of_another_payload_is_told_at_once_where_nothing_is_in_doubt(world: World, refusal: Any) -> None:
    """With a code of its own, or none."""
    with parcels(world, refusal) as client, pytest.raises(IdempotencyConflictError) as caught:
        client.create()

    assert not caught.value.ambiguous
    assert client.calls == [SEND]


def test_after_a_lost_write_a_used_key_is_looked_up_before_it_is_believed(world: World) -> None:
    """Who used it may have been us."""
    with parcels(world, LOST, entries(), CONFLICT, entries(PARCEL)) as client:
        assert client.create()["id"] == "p1"


@pytest.mark.parametrize("id", ["createParcel", "createNote"])
def test_after_a_lost_write_a_used_key_of_which_nothing_is_seen_is_not_believed(world: World, id: str) -> None:
    """The outcome is unknown, under that key."""
    steps = [LOST, entries(), CONFLICT, entries()] if id == "createParcel" else [LOST, CONFLICT]
    with parcels(world, *steps) as client, pytest.raises(OutcomeUnknownError) as caught:
        client.ask(id, SENT, key=KEY)

    assert caught.value.key == KEY
    assert set(client.keys) == {KEY}


def test_after_a_lost_write_a_refusal_of_what_was_sent_is_believed(world: World) -> None:
    """It would have met the first attempt as well, and a look shows nothing."""
    with parcels(world, LOST, entries(), problem(422), entries()) as client, pytest.raises(UnprocessableEntityError):
        client.create()

    assert client.calls == [SEND, LOOK, SEND, LOOK]


def test_a_write_that_the_api_is_still_at_is_asked_for_again_and_uses_up_no_attempt(world: World) -> None:
    """With the same key, as long as the API wants us to wait, and not looked up: nothing is to be seen before."""
    with parcels(world, *[accepted()] * 9, accepted(retry_after="50"), made()) as client:
        assert client.create()["id"] == "p1"

    assert client.calls == [SEND] * 11
    assert len(set(client.keys)) == 1
    assert client.clock.slept[-1] == 50.0


@pytest.mark.parametrize("id", ["createParcel", "createNote"])
def test_a_write_that_the_api_is_at_for_ever_is_unknown_in_the_end(world: World, id: str) -> None:
    """Looked for once, where it can be."""
    with parcels(world, *[accepted(retry_after="30")] * 3, entries(), deadline=80.0) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            client.ask(id, SENT)

        assert client.calls.count(LOOK) == (1 if id == "createParcel" else 0)
        assert caught.value.key == client.keys[0]


def test_a_202_without_a_lifetime_is_not_asked_for_again(world: World) -> None:
    """Nobody says that the same key is harmless."""
    with parcels(world, accepted()) as client, pytest.raises(OutcomeUnknownError):
        client.ask("createScan", SENT)

    assert len(client.calls) == 1
    assert len(client.keys) == 1


def test_within_the_last_sixth_of_its_life_a_key_is_not_sent_again(world: World) -> None:
    """What is sent then may come when it has been forgotten; so a last look is taken."""
    clock = FakeClock()
    slow = late(clock, HOUR * 5 / 6, LOST)
    with parcels(world, slow, entries(), clock=clock) as client, pytest.raises(OutcomeUnknownError):
        client.create()

    assert client.calls == [SEND, LOOK]


def test_a_forgotten_key_that_tells_nothing_is_an_unknown_outcome(world: World) -> None:
    """Nothing can be looked up, and nothing is sent."""
    clock = FakeClock()
    with parcels(world, late(clock, HOUR, LOST), clock=clock) as client, pytest.raises(OutcomeUnknownError):
        note(client)

    assert client.calls == [NOTE]


@pytest.mark.parametrize("asked", [3000, 3600])
def test_what_is_held_back_until_its_key_is_forgotten_is_not_sent(world: World, asked: int) -> None:
    """A cool-down may last longer than the key."""
    busy = problem(429, retry_after=str(asked))
    with parcels(world, LOST, busy, made()) as client, pytest.raises(OutcomeUnknownError, match="too old"):
        note(client)

    assert client.calls == [NOTE, NOTE]


def test_a_first_sending_may_be_held_back_for_as_long_as_it_takes(world: World) -> None:
    """Nothing that was sent can have had an effect, so the key's age says nothing."""
    with parcels(world, problem(429, retry_after="3600"), made()) as client:
        assert note(client)["id"] == "p1"


def test_an_unknown_outcome_can_be_resolved_later(world: World) -> None:
    """By a look alone: what is found, nothing so far, or what is in the way."""
    with parcels(world, LOST, problem(403)) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            client.create()
        unknown = caught.value

        client.then(entries(PARCEL))
        assert world(unknown.resolve())["id"] == "p1"
        client.then(entries())
        assert world(unknown.resolve()) is None
        client.then(entries(OTHER))
        with pytest.raises(ConflictError):
            world(unknown.resolve())
        assert set(client.calls) == {LOOK}


def test_what_cannot_be_looked_up_cannot_be_resolved(world: World) -> None:
    """Nothing is sent for it. Its key tells, and the text says how and for how long; later nothing does."""
    same = f"the same call with idempotency_key='{KEY}' tells, and makes nothing twice; one without it may"
    todo = f"for 50 minutes after it was first sent, {same}"
    with parcels(world, LOST) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            note(client, key=KEY)
        client.then(made())
        assert todo in str(caught.value)
        with pytest.raises(ConfigurationError) as told:
            world(caught.value.resolve())
        assert str(told.value) == f"it cannot be looked up; {todo}"
        client.clock.time += HOUR
        with pytest.raises(ConfigurationError, match="too old, and nothing can tell any longer; ask the vendor"):
            world(caught.value.resolve())
        assert client.calls == []


@pytest.mark.parametrize("id", ["fetchStock", "createScan"])
def test_what_nothing_can_be_looked_up_for_says_so(world: World, id: str) -> None:
    """It must not be sent twice, or nobody says how long its key lives. Its client is still there."""
    with parcels(world, LOST) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            client.ask(id, {"size": "L"})
        with pytest.raises(ConfigurationError, match="nothing can be looked up for it; ask the vendor"):
            world(caught.value.resolve())


@pytest.mark.parametrize(
    "labels", [[], [{"system": "shop"}], ["shop|7"], [None], "shop|7", None, [{"system": None, "value": "7"}]]
)
def test_what_has_no_whole_identifier_is_not_looked_up(world: World, labels: Any) -> None:
    """It is sent again with its key; whatever it is that stands there."""
    with parcels(world, LOST, made()) as client:
        client.create({"size": "L", "labels": labels})

    assert client.calls == [SEND, SEND]


def test_each_identifier_is_asked_for(world: World) -> None:
    """Any one of them finds it."""
    labels = [{"system": "shop", "value": "7"}, {"system": "bank", "value": "9"}]
    both = {**PARCEL, "labels": labels}
    with parcels(world, LOST, entries(), entries(both)) as client:
        assert client.create({**SENT, "labels": labels})["id"] == "p1"

    assert [asked.url.params.get("labels") for asked in client.script.asked] == [None, "shop|7", "bank|9"]


def test_what_is_found_and_makes_no_answer_is_no_answer(world: World) -> None:
    """A row of strange shape is not handed out, and tells nothing."""
    with parcels(world, LOST, entries({**PARCEL, "id": ""})) as client, pytest.raises(OutcomeUnknownError):
        client.create()


@pytest.mark.parametrize(
    ("lines", "is_it"),
    [
        ([{"sku": "a"}, {"sku": "b", "count": 2}], True),
        ([{"sku": "b", "count": 2, "at": 1}, {"sku": "x"}, {"sku": "a"}], True),
        ([{"sku": "a"}, {"sku": "b"}], False),
        ([{"sku": "b", "count": 2}], False),
        ([], False),
        ("ab", False),
        (None, False),
    ],
)
def test_what_was_sent_must_stand_in_what_is_found(world: World, lines: Any, is_it: bool) -> None:  # noqa: FBT001
    """In any order, with anything beside it."""
    with parcels(world, LOST, entries({**PARCEL, "lines": lines})) as client:
        if is_it:
            assert client.create()["id"] == "p1"
        else:
            with pytest.raises(ConflictError):
                client.create()


def test_of_two_items_of_which_one_holds_the_other_each_finds_its_own(world: World) -> None:
    """Though the first that fits the lesser one is the greater one."""
    lesser, greater = {"sku": "a"}, {"sku": "a", "count": 2}
    with parcels(world, LOST, entries({**PARCEL, "lines": [greater, lesser]})) as client:
        assert client.create({**SENT, "lines": [lesser, greater]})["id"] == "p1"


def test_two_items_do_not_find_the_same_one(world: World) -> None:
    """What holds both is there only once."""
    lesser, greater = {"sku": "a"}, {"sku": "a", "count": 2}
    once = entries({**PARCEL, "lines": [greater, {"sku": "x"}]})
    with parcels(world, LOST, once) as client, pytest.raises(ConflictError):
        client.create({**SENT, "lines": [lesser, greater]})


def test_a_refused_look_leaves_the_outcome_unknown(world: World) -> None:
    """And is not taken for the refusal of what was sent."""
    with parcels(world, LOST, problem(403)) as client, pytest.raises(OutcomeUnknownError) as caught:
        client.create()

    assert client.calls == [SEND, LOOK]
    assert caught.value.ambiguous


def test_a_definite_refusal_is_no_doubt(world: World) -> None:
    """On a first attempt it is what it is."""
    with parcels(world, problem(400)) as client, pytest.raises(BadRequestError) as caught:
        client.create()

    assert not caught.value.ambiguous
    assert str(caught.value).startswith("createParcel: 400 invalid (about size)")


# Pages that name the next one


def test_a_look_goes_on_to_the_last_page(world: World) -> None:
    """By the address that each page names."""
    steps = [
        entries(NOBODYS, following="/v2/parcels?cursor=2&labels="),
        entries(following=f"{'https://x.test'}/parcels?cursor=3"),
    ]
    with parcels(world, LOST, *steps, entries(PARCEL)) as client:
        assert client.create()["id"] == "p1"

    assert client.calls == [SEND, LOOK, LOOK, LOOK]
    assert {asked.url.host for asked in client.script.asked} == {"parcels.test"}
    assert [dict(asked.url.params) for asked in client.script.asked[2:]] == [
        {"cursor": "2", "labels": ""},
        {"cursor": "3"},
    ]


@pytest.mark.parametrize(
    "elsewhere", ["/notes?cursor=2", "/parcels/../notes", "https://[", "", "/parcels/7", "x" * 3000]
)
def test_a_next_page_that_is_elsewhere_is_not_asked_for(world: World, elsewhere: str) -> None:
    """What is followed is the same list, and nothing else."""
    with parcels(world, LOST, entries(following=elsewhere), made()) as client:
        client.create()

    assert client.calls == [SEND, LOOK, SEND]


def test_a_next_page_that_cannot_be_written_is_none(world: World) -> None:
    """Half a character, for one."""
    half = httpx.Response(200, content=b'{"link": [{"relation": "next", "url": "/parcels?a=\\ud800"}, "no link"]}')
    with parcels(world, LOST, half, made()) as client:
        assert client.create()["id"] == "p1"


def test_pages_that_never_end_tell_nothing(world: World) -> None:
    """They are bounded, and what was sent is in doubt."""
    again = entries(NOBODYS, following="/parcels?again")
    with parcels(world, LOST, again) as client, pytest.raises(OutcomeUnknownError):
        client.create()

    assert set(client.calls[1:]) == {LOOK}
    assert len(client.calls) == 1 + 2 * 100
