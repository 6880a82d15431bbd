"""No secret and no personal data shows by itself: not in a `repr`, not in an error, not in a traceback."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cleanlife_client import models
from client.samples import ID, OTHER, SPEC, example, resolved, sys_models
from worlds import KEY, World, ok, refused

from cleanlife_ext import CleanLifeError, PriceItem, Timeslot, UnexpectedResponseError
from cleanlife_ext.redact import HIDDEN

CANARY = "canary-in-a-coal-mine"
PHONE = "+966500000042"
MODELS = sys_models()
SCHEMAS: dict[str, Any] = SPEC["components"]["schemas"]


def marked(name: str) -> list[str]:
    """The properties of a schema that must not show."""
    properties = SCHEMAS[name].get("properties", {})
    return [field for field, inner in properties.items() if inner.get("x-personal") or inner.get("x-secret")]


def python_name(field: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in field)


MARKED = [name for name in SCHEMAS if marked(name)]


def test_the_spec_marks_what_everybody_would() -> None:
    """The names, phones, notes and secrets."""
    assert {name: marked(name) for name in MARKED}.items() >= {
        "Contact": ["name", "phone"],
        "ContactRequest": ["phone", "name"],
        "SubscriptionWithSecret": ["secret"],
        "RotatedSecret": ["secret"],
        "CancelBookingRequest": ["notes"],
    }.items()


def test_names_like_those_that_are_marked_are_marked_too() -> None:
    """A `phone`, `secret` or `notes` that somebody adds to the spec and forgets to mark."""
    forgotten = [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, inner in schema.get("properties", {}).items()
        if field.lower() in {"phone", "secret", "notes", "email", "password", "token"}
        if not (resolved(inner).get("x-personal") or resolved(inner).get("x-secret"))
    ]

    assert forgotten == []


@pytest.mark.parametrize("name", MARKED)
def test_what_the_spec_marks_does_not_show(name: str) -> None:
    """The rest of the model does, so that a `repr` is still worth reading."""
    values = example({"$ref": f"#/components/schemas/{name}"})
    model = MODELS[name].from_dict({**values, **dict.fromkeys(marked(name), CANARY)})

    shown = repr(model)

    assert CANARY not in shown + str(model) + f"{model}" + f"{[model]}"
    for field in marked(name):
        assert f"{python_name(field)}={HIDDEN}" in shown
        assert getattr(model, python_name(field)) == CANARY
    for field in set(values) - set(marked(name)):
        assert f"{python_name(field)}=" in shown


@pytest.mark.parametrize("name", sorted(set(MODELS) & set(SCHEMAS)))
def test_unknown_fields_do_not_show(name: str) -> None:
    """Nobody can tell what they hold; that they are there may be seen."""
    model = MODELS[name].from_dict(example(SCHEMAS[name]))
    model.additional_properties["surprise"] = CANARY

    assert CANARY not in repr(model)
    assert f"['surprise']={HIDDEN}" in repr(model)


def test_what_is_not_set_is_left_out() -> None:
    """A `repr` of what there is."""
    assert repr(models.UpdateBookingRequest()) == "UpdateBookingRequest()"
    assert repr(models.ConfirmPaymentRequest("PAY-1")) == "ConfirmPaymentRequest(payment_reference='PAY-1')"


def test_what_is_inside_an_envelope_does_not_show() -> None:
    """A model within a model."""
    contact = {"id": str(ID), "name": CANARY, "phone": CANARY, "isNewContact": True}
    envelope = models.ContactResponse.from_dict({"success": True, "data": contact})

    assert CANARY not in repr(envelope)
    assert "is_new_contact=True" in repr(envelope)


def test_our_own_slot_shows_as_one() -> None:
    """By its own name, and quietly about what it does not know."""
    slot = Timeslot.offered(models.Timeslot.from_dict({"startAt": "09:00", "endAt": "12:00", "team": CANARY}))

    assert repr(slot) == f"Timeslot(start_at='09:00', end_at='12:00', ['team']={HIDDEN})"


def test_a_new_secret_can_be_read_and_does_not_show(world: World) -> None:
    """As it comes from the API."""
    made = {"id": str(ID), "url": "https://hooks.example.com/", "secret": CANARY}

    with world.client(ok([]), ok(made)) as (client, _):
        subscription = world(client.webhooks.subscriptions.create(url=made["url"], events=["booking.created"]))
        rotated = world(client.webhooks.subscriptions.rotate_secret(ID))

    assert subscription.secret == rotated.secret == CANARY
    assert CANARY not in f"{subscription!r} {subscription} {rotated!r}"


def failures() -> Iterator[Any]:
    """Answers and failures that quote all they know."""
    quoting: dict[str, Any] = {"message": f"{CANARY} {PHONE}", "details": {"message": [f"{CANARY} is {PHONE}"]}}
    for status, code in (
        *((400, "VALIDATION_ERROR"), (401, "UNAUTHORIZED"), (403, "FORBIDDEN"), (404, "RESOURCE_NOT_FOUND")),
        *(
            (409, "CONFLICT"),
            (418, "TEAPOT"),
            (422, "SOME_RULE"),
            (429, "RATE_LIMIT_EXCEEDED"),
            (500, "INTERNAL_ERROR"),
        ),
    ):
        yield pytest.param(refused(status, code, **quoting), id=str(status))
    yield pytest.param(httpx.Response(200, html=f"<p>{CANARY} {PHONE}"), id="page")
    yield pytest.param(httpx.Response(302, headers={"location": f"https://x.test/{CANARY}"}), id="redirect")
    yield pytest.param(ok({"id": CANARY, "name": None, "phone": PHONE}), id="shape")
    yield pytest.param(httpx.Response(200, content=f'{{"data": "{CANARY}'), id="cut")
    for error in (httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError):
        yield pytest.param(error(f"{CANARY} {PHONE} {KEY}"), id=error.__name__)


@pytest.mark.parametrize("failure", list(failures()))
def test_no_error_quotes_what_was_sent_or_answered(
    world: World, failure: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the errors of reads nor those of writes, in text, traceback or log."""
    caplog.set_level(logging.DEBUG)
    hook = f"https://hooks.example.com/{CANARY}"
    asks = (
        lambda client: client.contacts.find_or_create(phone=PHONE, name=CANARY),
        lambda client: client.bookings.cancel(ID, notes=CANARY),
        lambda client: client.webhooks.subscriptions.create(url=hook, events=["booking.created"]),
        lambda client: client.pricing.calculate([PriceItem(hours=2, service_id=OTHER)], phone=PHONE, codes=[CANARY]),
    )
    for ask in asks:
        with world.client(failure, max_attempts=2, deadline=100) as (client, _):
            with pytest.raises(CleanLifeError) as caught:
                world(ask(client))
            shown = "".join(
                [
                    *(str(caught.value), repr(caught.value), f"{caught.value}"),
                    *traceback.format_exception(caught.value),
                    repr(caught.value.attempts),
                    *getattr(caught.value, "__notes__", ()),
                ]
            )

        for canary in (CANARY, PHONE, KEY):
            assert canary not in shown
    assert KEY not in caplog.text
    assert PHONE not in caplog.text


def test_what_the_api_said_is_still_at_hand(world: World) -> None:
    """In attributes, for those who ask."""
    with (
        world.client(refused(400, "VALIDATION_ERROR", message=CANARY, details={"message": [CANARY]})) as (client, _),
        pytest.raises(CleanLifeError) as caught,
    ):
        world(client.contacts.find_or_create(phone=PHONE, name="Sara"))

    assert (caught.value.message, caught.value.details) == (CANARY, {"message": [CANARY]})  # type: ignore[attr-defined]
    assert CANARY not in repr(caught.value.response)  # type: ignore[attr-defined]


def test_an_unexpected_price_does_not_quote_the_answer(world: World) -> None:
    """What cannot be matched may be anything."""
    with (
        world.client(ok({"items": [{"total": CANARY}]})) as (client, _),
        pytest.raises(UnexpectedResponseError) as caught,
    ):
        world(client.pricing.calculate([PriceItem(hours=2, service_id=OTHER)]))

    assert CANARY not in "".join(traceback.format_exception(caught.value))
