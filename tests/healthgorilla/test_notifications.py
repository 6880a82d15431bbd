"""Only what Health Gorilla has signed is a notification; whatever else comes ends in one error that tells nothing."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import hashlib
import hmac
import inspect
import json
import pickle
import traceback
from typing import Any

import attrs
import pytest
from healthgorilla_traits import WEBHOOK_DELIVERY
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanlife_ext import WebhookVerificationError
from cleanlife_ext.healthgorilla.notifications import HEALTHGORILLA, Notification, verify
from cleanlife_ext.webhooks import Reason, Secret

SECRET, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
NOW = 1_780_000_000
EVENT_ID, PATIENT_ID = "6a18a2c05f0c2a347f5e4b0a", "3ce13b5ecb4d6633826caca0"
RESOURCE = {"resourceType": "Patient", "id": PATIENT_ID, "name": [{"family": "Canary"}]}
BODY = json.dumps(RESOURCE).encode()
CREATED, EVENT = "X-Hg-EventCreated", "X-HealthGorilla-Event-Type"


def headers_of(body: bytes = BODY, secret: str = SECRET, *, now: float = NOW, id: str = EVENT_ID) -> dict[str, str]:
    """The headers of a notification that is sent *now*."""
    beside = {CREATED: "2026-05-28T20:26:39Z", EVENT: "Patient"}
    return {**beside, **HEALTHGORILLA.headers(body, secret, now=now, id=id)}


GOOD = headers_of()


def heard(body: bytes = BODY, headers: Any = None) -> Notification:
    """The notification that *body* is, in true headers unless others are given."""
    return verify(body, headers_of(body) if headers is None else headers, secrets=[SECRET], now=NOW)


def refused(body: bytes = BODY, headers: Any = GOOD, **options: Any) -> WebhookVerificationError:
    """Why it is not believed."""
    with pytest.raises(WebhookVerificationError) as error:
        verify(body, headers, **{"secrets": [SECRET], "now": NOW, **options})
    return error.value


# --- What passes


def test_it_is_signed_as_the_spec_says() -> None:
    """Seen from outside: three lines, of which the last is the digest's header, and this HMAC."""
    digest = "SHA-512=" + base64.b64encode(hashlib.sha512(BODY).digest()).decode()
    lines = f"Thu, 28 May 2026 20:26:40 GMT\n{EVENT_ID}\n{digest}".encode()

    assert HEALTHGORILLA.headers(BODY, SECRET, now=NOW, id=EVENT_ID) == {
        "X-Hg-EventId": EVENT_ID,
        "Date": "Thu, 28 May 2026 20:26:40 GMT",
        "Digest": digest,
        "X-Hg-Signature": "sha512=" + base64.b64encode(hmac.digest(SECRET.encode(), lines, "sha512")).decode(),
    }


def test_a_notification_says_what_has_happened() -> None:
    """When, to what, and by which secret that is known."""
    notification = verify(BODY, GOOD, secrets={"new": OTHER, "old": SECRET}, now=NOW + 300)

    assert notification == Notification(
        id=EVENT_ID,
        created=dt.datetime(2026, 5, 28, 20, 26, 39, tzinfo=dt.UTC),
        event="Patient",
        resource_type="Patient",
        resource_id=PATIENT_ID,
        resource=RESOURCE,
        secret_name="old",
    )
    assert verify(BODY, GOOD, secrets=[Secret(SECRET)], now=dt.datetime.fromtimestamp(NOW, dt.UTC)).secret_name == ""


@pytest.mark.parametrize(
    ("content", "kind", "id"),
    [
        ({"resourceType": "OperationOutcome", "id": "5f0c-1.2"}, "OperationOutcome", "5f0c-1.2"),
        ({"resource": "Patient", "id": f"Patient/{PATIENT_ID}"}, "Patient", PATIENT_ID),
        ({"resource": "Patient", "id": PATIENT_ID}, "Patient", PATIENT_ID),
        ({"resource": "Patient", "id": f"DocumentReference/{PATIENT_ID}"}, "Patient", ""),
        ({"resource": "Patient"}, "Patient", ""),
        ({"id": PATIENT_ID}, "", PATIENT_ID),
        ({"id": f"Patient/{PATIENT_ID}"}, "", ""),
        ({}, "", ""),
        ({"resourceType": "Noura Canary", "id": "Noura Canary"}, "", ""),
        ({"resourceType": None, "id": None}, "", ""),
        ({"resourceType": ["Patient"], "id": 5}, "", ""),
        ({"resource": {"resourceType": "Patient"}, "id": "5\n"}, "", ""),
        ({"resourceType": "P" * 65, "id": "5" * 65}, "", ""),
        ({"resourceType": "Pati\u00ebnt", "id": "\u0665"}, "", ""),
    ],
)
def test_a_body_is_a_resource_or_a_reference_to_one(content: dict[str, Any], kind: str, id: str) -> None:
    """What is no type and no id may be somebody's name, and is left where it is. All that was said is there."""
    notification = heard(json.dumps(content).encode())

    assert (notification.resource_type, notification.resource_id, notification.resource) == (kind, id, content)


def test_a_body_may_be_empty() -> None:
    """As a subscription without a payload asks for."""
    notification = heard(b"")

    assert (notification.id, notification.resource) == (EVENT_ID, {})
    assert (notification.resource_type, notification.resource_id) == ("", "")


@pytest.mark.parametrize("created", ["", "soon", "2026-05-28", "0001-01-01T00:00:00+23:59", "\u0660", "1780000000"])
def test_what_is_not_signed_need_not_be_there(created: str) -> None:
    """Nor does it have to make sense: the notification is true all the same."""
    silent = HEALTHGORILLA.headers(BODY, SECRET, now=NOW, id=EVENT_ID)

    assert (heard(headers=silent).created, heard(headers=silent).event) == (None, "")
    assert heard(headers={**GOOD, CREATED: created}).created is None
    assert heard(headers={**GOOD, EVENT: "x" * 201}).event == ""
    assert heard(headers=[*GOOD.items(), (EVENT.lower(), "Other")]).event == ""


def test_headers_may_come_as_a_framework_has_them() -> None:
    """Once over, in any case, as bytes, or twice the same."""
    pairs = [(name.lower().encode(), value.encode()) for name, value in GOOD.items()]

    assert heard(headers=iter(pairs)) == heard(headers=pairs * 2) == heard(headers=GOOD)


def test_without_a_time_it_is_the_clocks() -> None:
    """As in production."""
    assert refused(now=None).reason in (Reason.TOO_OLD, Reason.TOO_NEW)
    assert verify(BODY, GOOD, secrets=[SECRET], tolerance=float("inf")).id == EVENT_ID


def test_a_notification_travels() -> None:
    """Into a queue, and to another process."""
    notification = heard()

    assert pickle.loads(pickle.dumps(notification)) == copy.deepcopy(notification) == notification  # noqa: S301


# --- What does not


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (BODY, {}, Reason.MISSING_HEADER),
        *((BODY, {**GOOD, header: ""}, Reason.MISSING_HEADER) for header in ("Date", "Digest", "X-Hg-EventId")),
        (BODY, {**GOOD, "Date": str(NOW)}, Reason.MALFORMED_TIMESTAMP),
        (BODY, {**GOOD, "X-Hg-Signature": GOOD["X-Hg-Signature"][7:]}, Reason.MALFORMED_HEADER),
        (BODY, [*GOOD.items(), ("date", "Thu, 28 May 2026 20:26:41 GMT")], Reason.MALFORMED_HEADER),
        (BODY, headers_of(id="x" * 201), Reason.MALFORMED_HEADER),
        (BODY, headers_of(secret=OTHER), Reason.SIGNATURE_MISMATCH),
        (BODY, {**GOOD, "X-Hg-EventId": "another"}, Reason.SIGNATURE_MISMATCH),
        (BODY, {**GOOD, "Date": "Thu, 28 May 2026 20:26:41 GMT"}, Reason.SIGNATURE_MISMATCH),
        (BODY, {**GOOD, "Digest": headers_of(b"")["Digest"]}, Reason.SIGNATURE_MISMATCH),
        (b"", GOOD, Reason.SIGNATURE_MISMATCH),
        (BODY + b"\n", GOOD, Reason.SIGNATURE_MISMATCH),
        (BODY, headers_of(now=NOW - 301), Reason.TOO_OLD),
        (BODY, headers_of(now=NOW + 301), Reason.TOO_NEW),
        *((body, headers_of(body), Reason.MALFORMED_BODY) for body in (b" ", b"null", b"[]", b"\xff", b'{"a": NaN}')),
    ],
)
def test_whatever_is_not_as_it_was_signed_is_refused(body: bytes, headers: Any, reason: Reason) -> None:
    """With the reason, which only who has the secret learns all of."""
    assert refused(body, headers).reason == reason


def test_there_is_no_way_to_leave_the_secrets_out() -> None:
    """Not even by default."""
    parameter = inspect.signature(verify).parameters["secrets"]

    assert (parameter.default, parameter.kind) == (inspect.Parameter.empty, inspect.Parameter.KEYWORD_ONLY)


def test_the_tolerance_is_that_of_the_spec() -> None:
    """It is written there, and nowhere else."""
    tolerance = WEBHOOK_DELIVERY["signature"]["tolerance"]

    assert inspect.signature(verify).parameters["tolerance"].default == tolerance
    assert verify(BODY, GOOD, secrets=[SECRET], now=NOW - tolerance).id == EVENT_ID


# --- What is shown


def test_nothing_of_a_resource_is_shown() -> None:
    """It is all personal data."""
    assert "Canary" not in repr(heard())
    assert PATIENT_ID in repr(heard())
    assert "Canary" not in repr(heard(b'{"resource": "Noura Canary", "id": "Noura Canary", "Canary": 1}'))


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (BODY, {**GOOD, "Date": "Canary"}),
        (BODY, {**GOOD, "X-Hg-Signature": "Canary"}),
        (BODY, headers_of(secret=OTHER)),
        (BODY + b" ", GOOD),
        (b"Canary", headers_of(b"Canary")),
        (BODY, headers_of(id="Canary" * 40)),
    ],
)
def test_an_error_quotes_nobody(body: bytes, headers: dict[str, str]) -> None:
    """Neither in its words nor in what stands in the frames it came through."""
    error = refused(body, headers)
    ours = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if "cleanlife_ext" in str(frame.f_code)]
    shown = f"{error} {error!r} {[frame.f_locals for frame in ours]}"

    assert ours
    for kept in ("Canary", SECRET, GOOD["X-Hg-Signature"]):
        assert kept not in shown


def test_an_error_sends_nobody_to_a_tool_that_does_not_know() -> None:
    """The one that tries ways of signing passes over digests."""
    assert "diagnose" not in str(refused(BODY + b" "))


# --- Forgeries


TRUE = heard()
OLDER = headers_of(now=NOW - 1, id="another")
ANYTHING = st.text(max_size=40) | st.binary(max_size=40) | st.sampled_from([*GOOD.values(), *OLDER.values()])
NAMES = st.sampled_from([*GOOD, *(name.upper().encode() for name in GOOD)])


def told(body: bytes, headers: Any) -> Notification | None:
    """The notification, or nothing; another error is not caught."""
    try:
        return heard(body, headers)
    except WebhookVerificationError as error:
        Reason(error.reason)  # It is one of those that are documented.
        return None


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(body=st.sampled_from([BODY, b"", b"{}"]) | st.binary(max_size=99), changed=st.dictionaries(NAMES, ANYTHING))
def test_no_forgery_passes(body: bytes, changed: dict[Any, Any]) -> None:
    """Of true headers in which something is another's. What passes has the true body, and is the true notification."""
    names = {(name if isinstance(name, str) else name.decode()).lower() for name in changed}
    kept = [(name, value) for name, value in GOOD.items() if name.lower() not in names]
    notification = told(body, [*kept, *changed.items()])

    if notification is not None:
        assert (body, attrs.evolve(notification, created=TRUE.created, event=TRUE.event)) == (BODY, TRUE)


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(body=st.binary(max_size=99), headers=st.lists(st.tuples(NAMES | ANYTHING, ANYTHING), max_size=8))
def test_whatever_strangers_send_ends_in_one_error(body: bytes, headers: Any) -> None:
    """Of whatever types a framework makes of it."""
    with pytest.raises(WebhookVerificationError):
        heard(body, headers)


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists)
OBJECTS = st.dictionaries(st.sampled_from(["resourceType", "resource", "id"]) | st.text(), JSON)


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(body=st.binary(max_size=99) | (OBJECTS | JSON).map(lambda it: json.dumps(it).encode()))
def test_whatever_is_signed_ends_in_a_notification_or_in_that_error(body: bytes) -> None:
    """Since also who holds the secret may send anything."""
    notification = told(body, headers_of(body))

    assert notification is None or notification.id == EVENT_ID
