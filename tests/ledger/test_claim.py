"""Who may send a booking, cell by cell; and what of it is written down."""

from __future__ import annotations

import re
from typing import Any

import attrs
import pytest
from ledger.payloads import GIVEN, PATIENT, creating
from worlds import URL

from cleanlife_ext.engine.message import Options, Request, Scope
from cleanlife_ext.ledger.claim import Busy, Intent, Known, Mine, Row, Taken, Verdict, decide
from cleanlife_ext.ledger.states import State
from cleanlife_ext.provider import CLEANLIFE

NOW = 1_780_000_000.0
SETTLES = 600.0


def verdict(row: Row | None, fingerprint: str = "same", owner: str = "me", key: str = "") -> Verdict:
    wanted = Intent("https://api.test/v1", "ORDER-1", fingerprint, {}, operation="createBooking", key=key)
    return decide(row, wanted, owner, NOW, SETTLES)


def recent(sent: float) -> Mine:
    """In doubt, since it was sent so many seconds from now."""
    return Mine(State.SENT, "recent", sent_at=NOW + sent)


def old(sent: float) -> Mine:
    """In doubt no longer, once a look shows nothing."""
    return Mine(State.SENT, "old", sent_at=NOW + sent)


def row(state: State, *, lease: float = 0.0, sent: float | None = None, **more: Any) -> Row:
    """A row whose lease ends, and that was sent, so many seconds from now."""
    sent_at = None if sent is None else NOW + sent
    return Row("same", state, owner="other", lease=NOW + lease, sent_at=sent_at, **more)


CREATED = row(State.CREATED, sent=-1, lease=30, booking_id="id")
NEW = Mine(State.PENDING)

CELLS: list[tuple[str, Row | None, Verdict, Verdict]] = [
    ("there is nothing", None, NEW, NEW),
    ("intended by one who is alive", row(State.PENDING, lease=5), Busy(5.0), Taken()),
    ("intended by one who is dead", row(State.PENDING, lease=0), NEW, Taken()),
    ("sent by one who is alive", row(State.SENT, lease=5, sent=-1), Busy(5.0), Taken()),
    ("sent lately by one who is dead", row(State.SENT, sent=-599), recent(-599), Taken()),
    ("sent long ago by one who is dead", row(State.SENT, sent=-600), old(-600), Taken()),
    ("sent by a clock that is ahead", row(State.SENT, sent=5), recent(5), Taken()),
    ("lost lately, within the lease", row(State.UNKNOWN, lease=5, sent=-1), recent(-1), Taken()),
    ("lost long ago", row(State.UNKNOWN, sent=-601), old(-601), Taken()),
    ("rejected", row(State.REJECTED, lease=5, sent=-1, attempts=2), *[Mine(State.PENDING, attempts=2)] * 2),
    ("made", CREATED, Known("id"), Taken()),
]


@pytest.mark.parametrize(("what", "row", "same", "other"), CELLS, ids=[what for what, *_ in CELLS])
def test_who_may_send(what: str, row: Row | None, same: Verdict, other: Verdict) -> None:
    """By the same request, and by another one with its reference."""
    assert verdict(row) == same, what
    assert verdict(row, "different") == other, what


def test_the_table_has_every_state() -> None:
    """Or something would be decided that nobody has thought of."""
    assert {row.state for _, row, *_ in CELLS if row is not None} == set(State)


@pytest.mark.parametrize("state", [State.PENDING, State.SENT])
def test_who_claims_twice_has_it(state: State) -> None:
    """The answer to the first claim may have been lost with a connection."""
    mine = row(state, lease=30, sent=-1)

    assert isinstance(verdict(mine), Busy)
    assert isinstance(verdict(attrs.evolve(mine, owner="me")), Mine)


KEYED = row(State.SENT, sent=-1, key="first", key_at=NOW - 900)


@pytest.mark.parametrize(
    ("what", "row", "mine"),
    [
        ("there is nothing", None, Mine(State.PENDING, key="second")),
        (
            "it was rejected, which was the end of its key",
            attrs.evolve(KEYED, state=State.REJECTED),
            Mine(State.PENDING, key="second"),
        ),
        ("it was never sent", row(State.PENDING, key="first"), Mine(State.PENDING, key="first")),
        ("it may have been sent", KEYED, attrs.evolve(recent(-1), key="first", key_at=NOW - 900)),
        (
            "nobody knows",
            attrs.evolve(KEYED, state=State.UNKNOWN),
            attrs.evolve(recent(-1), key="first", key_at=NOW - 900),
        ),
        ("it was sent before there were keys", row(State.SENT, sent=-1), attrs.evolve(recent(-1), key="second")),
    ],
)
def test_what_may_have_been_sent_keeps_its_key(what: str, row: Row | None, mine: Mine) -> None:
    """Whatever key is at hand by now: to the server it has to be the same request."""
    assert verdict(row, key="second") == mine, what


BODY = {"contactId": "c", "date": "2026-06-20", "timeslot": {"startAt": "09:00", "endAt": "12:00"}}
CREATION = CLEANLIFE.operations["createBooking"]


def intent(body: dict[str, Any], **rules: Any) -> Intent:
    """What is written down of *body*, with *rules* of the spec for further fields."""
    accepts = {"body": {**CREATION.accepts["body"], "properties": {**CREATION.accepts["body"]["properties"], **rules}}}
    asked = Request(
        operation=attrs.evolve(CREATION, accepts=accepts),
        path="/partners/bookings",
        query={},
        body={"externalReference": "ORDER-1", **body},
        headers={},
        scope=Scope(ends=0.0),
        options=Options(),
    )
    return Intent.of("https://api.test/v1", asked)


def test_a_request_is_written_down() -> None:
    """With its reference and its day; what is the same has the same fingerprint, in whatever order."""
    first = intent(BODY)

    assert first.request == {"externalReference": "ORDER-1", **BODY}
    assert (first.reference, first.day, first.complete) == ("ORDER-1", "2026-06-20", True)
    assert intent(dict(reversed(BODY.items()))).fingerprint == first.fingerprint
    assert intent({**BODY, "hours": 3}).fingerprint != first.fingerprint
    assert "ORDER-1" in repr(first)
    assert "timeslot" not in repr(first)


def test_a_request_without_a_day_has_none() -> None:
    """Whatever else may be wrong with it."""
    assert intent({}).day == ""


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ({"notes": "Sara"}, {"notes": {"type": "string", "x-personal": True}}),
        ({"pin": "Sara"}, {"pin": {"type": "string", "x-secret": True}}),
        ({"unheardOf": "Sara"}, {}),
        ({"timeslot": {**BODY["timeslot"], "for": "Sara"}}, {}),  # type: ignore[dict-item]
        ({"customServices": [{"id": "1", "for": "Sara"}]}, {}),
        ({"people": [{"name": "Sara"}]}, {"people": {"type": "array"}}),
    ],
)
def test_what_is_personal_or_not_known_is_left_out(body: dict[str, Any], rules: dict[str, Any]) -> None:
    """However deep it lies. It tells requests apart all the same, and the row says that it is not all there."""
    whole = intent({**BODY, **body}, **rules)

    assert "Sara" not in repr(whole.request)
    assert whole.request["contactId"] == "c"
    assert not whole.complete
    assert whole.fingerprint != intent(BODY).fingerprint


def test_a_payload_is_its_own_reference() -> None:
    """So whoever asks for the same again finds it, without knowing any key. Nothing of it is written down."""
    first = Intent.of(URL, creating())

    assert re.fullmatch("payload-[0-9a-f]{32}", first.reference)
    assert first == Intent.of(URL, creating(body=dict(reversed(PATIENT.items()))))
    assert (first.request, first.complete, first.day, first.operation) == ({}, False, "", "createPatient")
    assert "Quispe" not in repr(attrs.astuple(first))


@pytest.mark.parametrize(
    "other",
    [
        creating(body={**PATIENT, "active": True}),
        attrs.evolve(creating("createSubscription"), path=creating().path),
        attrs.evolve(creating(), path="/fhir/R4/Patient/1"),
    ],
)
def test_another_payload_is_another_reference(other: Request) -> None:
    """Also the same body, sent elsewhere."""
    first, second = Intent.of(URL, creating()), Intent.of(URL, other)

    assert first.reference != second.reference
    assert first.fingerprint != second.fingerprint


def test_a_key_that_the_caller_gives_is_the_reference() -> None:
    """And knows nothing of the same payload without one."""
    given = Intent.of(URL, creating(), GIVEN)

    assert given.reference == given.key == GIVEN
    assert given.fingerprint == Intent.of(URL, creating()).fingerprint


def test_a_number_that_json_has_not_is_refused() -> None:
    """Before anything is written down."""
    with pytest.raises(ValueError, match="JSON"):
        intent({**BODY, "hours": float("nan")})
