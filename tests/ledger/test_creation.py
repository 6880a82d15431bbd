"""Creations with a key in a header: what is sent, what is on record before it is, and what is given back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from ledger.payloads import DOCUMENT, GIVEN, HEADER, LIFETIME, PATIENT, creating
from worlds import URL, FakeClock

from cleanlife_ext import (
    CleanLifeError,
    DuplicateExternalReferenceError,
    IdempotencyConflictError,
    LedgerError,
    NotFoundError,
    OutcomeUnknownError,
    UnexpectedResponseError,
    UnprocessableEntityError,
)
from cleanlife_ext.engine.flow import Flow, dispatch, run
from cleanlife_ext.engine.message import Headers, Options, Request, Response, Scope
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.healthgorilla.provider import HEALTHGORILLA
from cleanlife_ext.ledger import Entry, Ledger, State
from cleanlife_ext.ledger.claim import Intent
from cleanlife_ext.ledger.creation import reading
from cleanlife_ext.ledger.states import Event
from cleanlife_ext.ledger.store import Store
from cleanlife_ext.provider import CLEANLIFE

OTHER = {**PATIENT, "active": True}
Step = Response | CleanLifeError | Callable[[Request], Response]


def made(resource: Any, status: int = 201) -> Response:
    return Response(status, Headers(), json.dumps(resource).encode())


MADE = made({**PATIENT, "id": "p.1"})
NO = UnprocessableEntityError("no", response=Response(422, Headers(), b""))
LOST = OutcomeUnknownError("createPatient: sent, and the outcome is unknown")


class Api:
    """What is beneath the ledger: gives one answer after the other."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.asked: list[Request] = []

    def send(self, request: Request) -> Response:
        self.asked.append(request)
        step = self.steps.pop(0)
        if isinstance(step, CleanLifeError):
            raise step
        return step(request) if callable(step) else step

    def close(self) -> None:
        pass

    @property
    def keys(self) -> list[str]:
        """What was sent as a key, in order."""
        return [request.headers[HEADER] for request in self.asked]


@attrs.frozen
class Shop:
    """Creates with a ledger, at times that the test chooses."""

    ledger: Ledger
    clock: FakeClock

    def create(
        self,
        api: Api,
        request: Request | None = None,
        *,
        provider: Provider = HEALTHGORILLA,
        send: Callable[[Request], Flow] = dispatch,
    ) -> Any:
        asked = attrs.evolve(request or creating(), scope=Scope(self.clock.now() + 180.0))
        journal = self.ledger.journal(URL)
        flow = journal(provider, self.clock, lambda: 0.5, lambda: "ORDER-1", dispatch, asked, send)
        return run(flow, api, self.clock)

    @property
    def store(self) -> Store:
        return self.ledger.journal(URL).store

    @property
    def entry(self) -> Entry:
        (entry,) = self.ledger.entries()
        return entry

    def crashed(self, request: Request | None = None, key: str = "first") -> Intent:
        """What another process has begun to send, with this key, which is heard of no more."""
        intent, now = attrs.evolve(Intent.of(URL, request or creating()), key=key), self.clock.wall()
        self.store.claim(intent, "other", now, now + 10, 600)
        assert self.store.sending(intent, "other", now, now + 40, 1)
        self.clock.time += 40
        return intent


@pytest.fixture
def shop(ledger: Ledger) -> Shop:
    return Shop(ledger, FakeClock())


# --- What is sent, and what is on record


def test_a_key_is_on_record_before_the_first_byte(shop: Shop) -> None:
    """A random UUID, with the time from which the server knows it."""
    under_way: list[Entry] = []

    def answer(_: Request) -> Response:
        under_way.append(shop.entry)
        return MADE

    api = Api(answer)
    assert shop.create(api).json() == {**PATIENT, "id": "p.1"}

    (before,), (key,) = under_way, api.keys
    assert uuid.UUID(key).version == 4
    assert (before.state, before.idempotency_key, before.operation) == (State.SENT, key, "createPatient")
    assert before.key_at == before.sent_at
    assert (shop.entry.state, shop.entry.booking_id) == (State.CREATED, "p.1")
    assert api.asked[0].key_until == shop.clock.now() + LIFETIME


def test_nothing_of_a_payload_is_stored(shop: Shop, tmp_path: Path) -> None:
    """Not even what the spec does not mark as personal: whoever needs it again brings it."""
    shop.create(Api(MADE))
    with pytest.raises(OutcomeUnknownError):
        shop.create(Api(LOST), creating("createDocumentReference", DOCUMENT))

    assert [(entry.request, entry.complete) for entry in shop.ledger.entries()] == [({}, False)] * 2
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"createPatient" in written
    assert b"Quispe" not in written


def test_other_headers_are_sent_as_they_are(shop: Shop) -> None:
    """The key is one more."""
    api = Api(MADE)
    shop.create(api, attrs.evolve(creating(), headers={"x-request-id": "r-1"}))

    assert api.asked[0].headers == {"x-request-id": "r-1", HEADER: shop.entry.idempotency_key}


def test_a_crash_repeats_with_the_same_key(shop: Shop) -> None:
    """By whoever asks for the same again; and the server knows the key since it was first sent."""
    shop.crashed()
    first_sent = shop.clock.now() - 40
    shop.clock.time += 1800
    api = Api(MADE)
    shop.create(api)

    (request,) = api.asked
    assert (api.keys, request.doubt) == (["first"], "old")
    assert request.key_until == first_sent + LIFETIME
    assert (shop.entry.state, shop.entry.attempts) == (State.CREATED, 2)


def test_a_key_whose_lifetime_has_passed_is_kept(shop: Shop) -> None:
    """It is not for the ledger to say that nothing was made: without a look nobody knows that, however old it is."""
    shop.crashed()
    shop.clock.time += 2 * LIFETIME
    api = Api(LOST, LOST)
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError):
            shop.create(api)

    assert all(request.key_until is not None and request.key_until < shop.clock.now() for request in api.asked)
    assert (shop.entry.state, shop.entry.idempotency_key) == (State.UNKNOWN, "first")


def test_a_definite_failure_ends_the_key(shop: Shop) -> None:
    """To the server the next one is new, though it is the same; else it would be told of the failure again."""
    api = Api(NO, MADE)
    with pytest.raises(UnprocessableEntityError):
        shop.create(api)
    assert shop.entry.state is State.REJECTED
    shop.create(api)

    assert len(set(api.keys)) == 2
    assert shop.entry.idempotency_key == api.keys[1]


def test_a_key_that_somebody_else_has_used_up_is_not_used_again(shop: Shop) -> None:
    """Who comes too late begins anew, with one that no server has seen."""
    intent = Intent.of(URL, creating())
    kept: list[str] = []

    def too_late(request: Request) -> Flow:
        if not kept:
            now = shop.clock.wall() + 60
            kept.append(shop.entry.idempotency_key)
            shop.store.claim(intent, "other", now, now + 10, 600)
            assert shop.store.sending(intent, "other", now, now + 40, 1)
            assert shop.store.ended(intent, "other", Event.REFUSED, "X", now)
        return (yield from dispatch(request))

    api = Api(MADE)
    shop.create(api, send=too_late)

    assert api.keys != kept
    assert shop.entry.state is State.CREATED


def test_what_cannot_be_recorded_says_what_to_call_again(shop: Shop) -> None:
    """Where there is no reference that is the payload."""

    def answer(_: Request) -> Response:
        assert shop.store.created(Intent.of(URL, creating()), "p.2", shop.clock.wall())
        return MADE

    with pytest.raises(
        LedgerError, match=r"with the id p\.1, but .*; call again with the same payload to have it settled"
    ):
        shop.create(Api(answer))


# --- Keys of the caller's


def test_a_key_of_the_callers_is_sent(shop: Shop) -> None:
    """Also after a crash and after a refusal; its entry has nothing to do with the payload's own."""
    api = Api(MADE, NO, made({**PATIENT, "id": "p.2"}))
    shop.create(api)
    with pytest.raises(UnprocessableEntityError):
        shop.create(api, creating(key=GIVEN))
    shop.create(api, creating(key=GIVEN))

    assert api.keys[1:] == [GIVEN, GIVEN]
    assert {entry.reference: entry.booking_id for entry in shop.ledger.entries()} == {
        GIVEN: "p.2",
        Intent.of(URL, creating()).reference: "p.1",
    }


@pytest.mark.parametrize("other", [creating(body=OTHER, key=GIVEN), creating("createDocumentReference", key=GIVEN)])
def test_a_key_for_another_payload_is_refused(shop: Shop, other: Request) -> None:
    """Nothing is sent, and nothing of either is told."""
    shop.create(Api(MADE), creating(key=GIVEN))
    api = Api()

    with pytest.raises(
        IdempotencyConflictError, match="the ledger has another request with this idempotency key"
    ) as no:
        shop.create(api, other)

    assert (api.asked, no.value.status_code, no.value.code) == ([], 409, "")
    assert not {GIVEN, "Quispe"} & set(str(no.value).split())


# --- What is made


@pytest.mark.parametrize("now", [{**OTHER, "id": "p/1"}, OTHER])
def test_what_is_made_is_read(shop: Shop, now: Any) -> None:
    """As it is now, by an answer as the creation would have brought it; whatever its id is made of."""
    shop.create(Api(made({**PATIENT, "id": "p/1"})), creating(key=GIVEN))
    api = Api(made(now, 200))
    answer = shop.create(api, creating(key=GIVEN))

    (request,) = api.asked
    assert (request.operation.id, request.path) == ("getPatient", "/fhir/R4/Patient/p%2F1")
    assert (request.body, request.headers, request.key_until) == (None, {}, None)
    assert (answer.status_code, answer.json()) == (200, {**OTHER, "id": "p/1"})


def test_what_cannot_be_read_is_given_as_it_was_sent(shop: Shop) -> None:
    """With its id, and a status of those that are documented with a body."""
    request = creating("createDocumentReference", DOCUMENT)
    shop.create(Api(made({**DOCUMENT, "id": "d.1"})), request)
    api = Api()
    answer = shop.create(api, request)

    assert api.asked == []
    assert (answer.status_code, answer.json()) == (201, {**DOCUMENT, "id": "d.1"})


def test_an_answer_about_something_else_is_not_given(shop: Shop) -> None:
    """It would be somebody else's. That it is made is told all the same."""
    shop.create(Api(MADE))
    with pytest.raises(LedgerError, match=r"it was made, with the id p\.1, but it cannot be read now") as caught:
        shop.create(Api(made({**OTHER, "id": "p.2"}, 200)))

    assert isinstance(caught.value.__cause__, UnexpectedResponseError)
    assert caught.value.key == shop.entry.reference
    assert "Quispe" not in str(caught.value)


def test_what_is_gone_is_gone(shop: Shop) -> None:
    """It was made, and is not any longer: it is not made again."""
    shop.create(Api(MADE))
    with pytest.raises(NotFoundError):
        shop.create(Api(NotFoundError("no", response=Response(404, Headers(), b""))))

    assert shop.entry.state is State.CREATED


@pytest.mark.parametrize(
    ("id", "reads"),
    [
        ("createPatient", "getPatient"),
        ("createSubscription", "getSubscription"),
        ("createDocumentReference", None),
        ("exportCcda", None),
    ],
)
def test_what_is_made_is_read_where_its_answer_says_that_it_is(id: str, reads: str | None) -> None:
    """If the spec has an operation there."""
    found = reading(HEALTHGORILLA, HEALTHGORILLA.operations[id])

    assert (None if found is None else found.id) == reads


# --- A key in a header, beside one in the body

CREATION = CLEANLIFE.operations["createBooking"]
BOTH = attrs.evolve(CREATION, repeat=attrs.evolve(CREATION.repeat, header="HG-Idempotency-Key"))
BOOKED = made({"success": True, "data": {"bookingId": "b-1"}})


def booking(**body: Any) -> Request:
    return Request(BOTH, BOTH.path, {}, body, {}, Scope(0.0), Options())


def test_beside_a_reference_a_key_is_sent_along(shop: Shop) -> None:
    """Nothing is concluded from it; the entry is found by the reference."""
    api = Api(BOOKED)
    shop.create(api, booking(hours=2), provider=CLEANLIFE)

    assert uuid.UUID(api.keys[0]).version == 4
    assert api.asked[0].key_until is None
    assert (shop.entry.reference, shop.entry.idempotency_key) == ("ORDER-1", api.keys[0])
    assert (shop.entry.booking_id, shop.entry.request["hours"]) == ("b-1", 2)
    with pytest.raises(DuplicateExternalReferenceError, match="the ledger has another request with 'ORDER-1'"):
        shop.create(api, booking(hours=3), provider=CLEANLIFE)


def test_a_crash_repeats_with_the_same_key_beside_a_reference_too(shop: Shop) -> None:
    """Though the reference would do."""
    shop.crashed(booking(externalReference="ORDER-1"))
    api = Api(BOOKED)
    shop.create(api, booking(), provider=CLEANLIFE)

    assert api.keys == ["first"]


def test_without_a_header_for_it_there_is_no_key(shop: Shop) -> None:
    """Neither sent nor stored."""
    api = Api(BOOKED)
    shop.create(api, attrs.evolve(booking(), operation=CREATION), provider=CLEANLIFE)

    assert api.asked[0].headers == {}
    assert (shop.entry.idempotency_key, shop.entry.key_at) == ("", None)
