"""Only what CleanLife has signed passes; whatever else comes ends in one error that tells a stranger nothing.

A few thousand forgeries each time; `PROOF_FORGERIES=1000000 pytest tests/webhooks/test_verify.py -s` tries as many.
"""

from __future__ import annotations

import datetime as dt
import inspect
import math
import os
import pickle
import random
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.hooks import Shop
from webhooks.deliveries import BODY, ID, NOW, OTHER, SECRET, body_of, headers_of

from cleanlife_ext import CleanLifeError, WebhookVerificationError
from cleanlife_ext.webhooks import (
    BookingAppointmentStatusChanged,
    BookingCreated,
    Event,
    Reason,
    Secret,
    SignatureScheme,
    UnknownEvent,
    verify,
)

FORGERIES = int(os.environ.get("PROOF_FORGERIES", "3000"))
SIGNATURE, TIMESTAMP, DELIVERY = "X-CleanLife-Signature", "X-CleanLife-Timestamp", "X-CleanLife-Delivery-Id"
GOOD = headers_of()


def refused(body: bytes = BODY, headers: Any = GOOD, **options: Any) -> WebhookVerificationError:
    """Why it is not believed."""
    with pytest.raises(WebhookVerificationError) as error:
        verify(body, headers, **{"secrets": [SECRET], "now": NOW, **options})
    return error.value


# --- What passes


def test_what_was_signed_is_the_event() -> None:
    """With all that it says."""
    event = verify(BODY, GOOD, secrets=[SECRET], now=NOW)

    assert isinstance(event, BookingCreated)
    assert event.delivery_id == ID


def test_one_sees_which_secret_is_still_in_use() -> None:
    """The name of the one that fits, wherever it stands; of equal ones the first."""
    secrets = {"new": OTHER, "old": SECRET, "older": SECRET}

    assert verify(BODY, GOOD, secrets=secrets, now=NOW).secret_name == "old"
    assert verify(BODY, headers_of(secret=OTHER), secrets=secrets, now=NOW).secret_name == "new"
    assert verify(BODY, GOOD, secrets=[OTHER, Secret(SECRET, "2026")], now=NOW).secret_name == "2026"
    assert verify(BODY, GOOD, secrets=[SECRET], now=NOW).secret_name == ""


@pytest.mark.parametrize(
    "form",
    [
        lambda headers: {name.lower(): value for name, value in headers.items()},
        lambda headers: {name.upper(): f" {value}\t" for name, value in headers.items()},
        lambda headers: list(headers.items()),
        lambda headers: iter(headers.items()),
        lambda headers: [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        lambda headers: [[name, value.encode()] for name, value in headers.items()],
        lambda headers: [*headers.items(), *headers.items()],
        lambda headers: {**headers, "Cookie": "ü\ud800\0", "X-Empty": b"\xff"},
    ],
)
def test_headers_may_come_as_a_framework_has_them(form: Callable[[dict[str, str]], Any]) -> None:
    """In any case, as text or bytes, as a mapping or as pairs; what others say is not looked at."""
    assert verify(BODY, form(GOOD), secrets=[SECRET], now=NOW).delivery_id == ID


@pytest.mark.parametrize(
    "now", [NOW, float(NOW), dt.datetime.fromtimestamp(NOW, dt.UTC), dt.datetime.fromtimestamp(NOW).astimezone()]
)
def test_the_time_may_be_a_number_or_a_datetime(now: float | dt.datetime) -> None:
    """In any zone."""
    assert verify(BODY, GOOD, secrets=[SECRET], now=now, tolerance=0).delivery_id == ID


def test_without_a_time_it_is_the_clocks() -> None:
    """As in production."""
    assert verify(BODY, headers_of(now=time.time()), secrets=[SECRET]).delivery_id == ID
    assert refused(now=None, headers=headers_of(now=time.time() - 400)).reason == Reason.TOO_OLD


def test_one_of_several_signatures_is_enough() -> None:
    """As a sender makes them who changes secrets; what is no signature of this scheme is passed over."""
    several = f"v1=abc sha256=zz {headers_of(secret=OTHER)[SIGNATURE]} {GOOD[SIGNATURE]}"

    assert verify(BODY, {**GOOD, SIGNATURE: several}, secrets=[SECRET], now=NOW).delivery_id == ID


def test_the_id_in_the_body_outweighs_the_one_beside_it() -> None:
    """That is not signed. Where the body has none, it serves; where neither has, the body is its own id."""
    silent = body_of(deliveryId=...)
    forged = {**GOOD, DELIVERY: "another"}
    without = {name: value for name, value in headers_of(silent).items() if name != DELIVERY}

    assert verify(BODY, forged, secrets=[SECRET], now=NOW).delivery_id == ID
    assert verify(silent, headers_of(silent, id="beside"), secrets=[SECRET], now=NOW).delivery_id == "beside"
    assert verify(silent, without, secrets=[SECRET], now=NOW).delivery_id.startswith("sha256:")
    assert verify(silent, headers_of(silent, id="x" * 201), secrets=[SECRET], now=NOW).delivery_id.startswith("sha256:")


@pytest.mark.parametrize("off", [300, -300])
def test_the_tolerance_goes_both_ways(off: int) -> None:
    """To the second."""
    assert verify(BODY, GOOD, secrets=[SECRET], now=NOW + off).delivery_id == ID
    assert refused(now=NOW + off + math.copysign(1, off)).reason == (Reason.TOO_OLD if off > 0 else Reason.TOO_NEW)
    assert verify(BODY, GOOD, secrets=[SECRET], now=NOW + 10**6 * off, tolerance=math.inf).delivery_id == ID


def test_the_text_of_the_time_is_what_is_signed() -> None:
    """Not what it means: another way to write the same moment does not fit."""
    sent = {**GOOD, TIMESTAMP: f"0{NOW}"}

    assert refused(headers=sent).reason == Reason.SIGNATURE_MISMATCH


def test_what_the_simulator_sends_is_believed() -> None:
    """With the secret that was shown when the subscription was made, and as the event that it is."""
    shop = Shop()
    secret = shop.subscribe()["secret"]
    shop.simulator.set_appointment_status(shop.book(), "Dispatched")
    shop.settle()
    now = shop.simulator.clock.now()

    heard = [verify(each.body, each.headers, secrets={"mine": secret}, now=now) for each in shop.inbox.got]
    made, changed = heard
    assert [event.event for event in heard] == shop.inbox.events
    assert isinstance(made, BookingCreated)
    assert isinstance(changed, BookingAppointmentStatusChanged)
    assert changed.booking.appointment is not None
    assert (changed.previous_status, changed.booking.appointment.status) == ("Scheduled", "Dispatched")
    assert changed.secret_name == "mine"
    assert refused(shop.inbox.got[0].body, shop.inbox.got[0].headers, now=now).reason == Reason.SIGNATURE_MISMATCH


# --- What does not


@pytest.mark.parametrize("header", [SIGNATURE, TIMESTAMP])
@pytest.mark.parametrize("empty", [None, "", " \t"])
def test_a_header_that_is_missing_is_named(header: str, empty: str | None) -> None:
    """An empty one is as good as missing."""
    sent = {name: value for name, value in GOOD.items() if name != header}
    error = refused(headers=sent if empty is None else {**sent, header: empty})

    assert error.reason == Reason.MISSING_HEADER
    assert str(error) == (
        f"{header} is missing, or empty; if every delivery fails so, `cleanlife webhooks diagnose` finds out why"
    )


def test_an_id_that_is_signed_has_to_be_there() -> None:
    """One that is not signed may be missing."""
    scheme = SignatureScheme(message="{id}.{timestamp}.{body}")
    sent = headers_of(scheme=scheme)
    del sent[DELIVERY]

    assert refused(headers=sent, scheme=scheme).reason == Reason.MISSING_HEADER


@pytest.mark.parametrize(
    "value",
    [
        *("sha256=", "sha256=zz", "sha256=0", "sha512=" + "0" * 64, "0" * 64, "SHA256=" + "0" * 64, "="),
        *("sha256=ü", "sha256=\u0660\u0660", "sha256=\ud800", "sha256=\0", "sha256=00\r\nX: y", "sha256=00 " * 10**6),
        *(b"\xff\xfe", b"sha256=\xc3\xbc", ",".join([GOOD[SIGNATURE]] * 2)),
    ],
)
def test_a_signature_that_is_none_is_malformed(value: str | bytes) -> None:
    """Of whatever bytes, and however long."""
    assert refused(headers={**GOOD, SIGNATURE: value}).reason == Reason.MALFORMED_HEADER


@pytest.mark.parametrize(
    "value",
    [
        "soon",
        "-1",
        "1e9",
        "1_780_000_000",
        "NaN",
        "inf",
        "\u0660\u0661",
        "0x10",
        "1 2",
        "9" * 400,
        "1780000000.5",
        "+1",
        "Thu, 28 May 2026 20:26:40 +0000",
    ],
)
@pytest.mark.parametrize("clock", ["seconds", "milliseconds", "iso8601", "http-date"])
def test_a_time_that_is_none_is_malformed(value: str, clock: Any) -> None:
    """Whatever Python would make of it."""
    expected = Reason.MALFORMED_TIMESTAMP if value.isascii() else Reason.MALFORMED_HEADER

    assert refused(headers={**GOOD, TIMESTAMP: value}, scheme=SignatureScheme(clock=clock)).reason == expected


@pytest.mark.parametrize("value", ["2026-05-28T20:26:40", "20:26", "2026-99-99T00:00:00Z", "2026-05-28T20:26:40+25:00"])
def test_a_time_of_day_without_its_zone_is_none(value: str) -> None:
    """Nobody knows which moment it is."""
    scheme = SignatureScheme(clock="iso8601")

    assert refused(headers={**GOOD, TIMESTAMP: value}, scheme=scheme).reason == Reason.MALFORMED_TIMESTAMP


@pytest.mark.parametrize(
    "value",
    [
        *("Fri, 28 May 2026 20:26:40 GMT", "Thu, 28 May 0026 20:26:40 GMT", "Thu, 28 May 2026 20:26:40 UTC"),
        *("Thu, 28 Mai 2026 20:26:40 GMT", "Sun, 31 Feb 2026 20:26:40 GMT", "Thu, 28 May 2026 25:26:40 GMT"),
        *("thu, 28 may 2026 20:26:40 GMT", "Thu, 28 May 2026 20:26 GMT", "Thu,  28 May 2026 20:26:40 GMT"),
        *("Thursday, 28-May-26 20:26:40 GMT", "Thu May 28 20:26:40 2026", "2026-05-28T20:26:40Z", str(NOW)),
    ],
)
def test_a_date_of_http_has_one_form(value: str) -> None:
    """The one that senders have to use. The obsolete ones are none, nor is a day that was no such weekday."""
    scheme = SignatureScheme(clock="http-date")

    assert refused(headers={**GOOD, TIMESTAMP: value}, scheme=scheme).reason == Reason.MALFORMED_TIMESTAMP


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_the_ends_of_time_are_only_far_away(value: str) -> None:
    """Python cannot name these moments in UTC."""
    scheme = SignatureScheme(clock="iso8601")
    sent = {**GOOD, TIMESTAMP: value, SIGNATURE: scheme.signature(BODY, SECRET, timestamp=value)}

    assert refused(headers=sent, scheme=scheme).reason in (Reason.TOO_OLD, Reason.TOO_NEW)


@pytest.mark.parametrize("header", [SIGNATURE, TIMESTAMP, DELIVERY])
def test_a_header_that_says_two_things_is_refused(header: str) -> None:
    """Two programs on the way might each believe another one."""
    error = refused(headers=[*GOOD.items(), (header.lower(), GOOD[header] + "0")])

    assert error.reason == Reason.MALFORMED_HEADER
    assert "more than once" in str(error)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (BODY + b"\n", GOOD),
        (BODY[:-1], GOOD),
        (b"", GOOD),
        (BODY, headers_of(secret=OTHER)),
        (BODY, {**GOOD, TIMESTAMP: str(NOW + 1)}),
        (BODY, {**GOOD, SIGNATURE: "sha256=" + "0" * 64}),
        (BODY, {**GOOD, SIGNATURE: GOOD[SIGNATURE][:-2]}),
        (BODY, {**GOOD, SIGNATURE: GOOD[SIGNATURE] + "00"}),
        (b"[" * 100_000, GOOD),
    ],
)
def test_a_signature_of_something_else_fits_nothing(body: bytes, headers: dict[str, str]) -> None:
    """Be it of another body, time or secret, too short or too long."""
    assert refused(body, headers).reason == Reason.SIGNATURE_MISMATCH


def test_only_who_has_the_secret_learns_of_the_clock() -> None:
    """A forger with an old time hears of the signature alone; a user whose clock is wrong hears by how much."""
    old, forged = headers_of(now=NOW - 7200), headers_of(now=NOW - 7200, secret=OTHER)

    assert refused(headers=forged).reason == Reason.SIGNATURE_MISMATCH
    assert str(refused(headers=old)).startswith(
        "it was signed 7200 s ago, and 300 s either way are allowed; is the clock"
    )
    assert "it was signed 7200 s from now" in str(refused(headers=headers_of(now=NOW + 7200)))


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"\xff", b"{", b'{"a": ' + b"9" * 5000 + b"}", b'{"a":' * 50_000 + b"1" + b"}" * 50_000],
)
def test_what_is_signed_and_no_object_is_refused_too(body: bytes) -> None:
    """Last, because then it is the vendor who has changed something."""
    error = refused(body, headers_of(body))

    assert error.reason == Reason.MALFORMED_BODY
    assert "it is signed, but its body is no JSON object" in str(error)
    assert refused(body, headers_of(body, secret=OTHER)).reason == Reason.SIGNATURE_MISMATCH


def test_an_event_that_nobody_knows_is_believed_all_the_same() -> None:
    """It is CleanLife's."""
    body = body_of("booking.rated")

    assert isinstance(verify(body, headers_of(body), secrets=[SECRET], now=NOW), UnknownEvent)


# --- What is said of it


def test_every_reason_is_documented_and_comes_up() -> None:
    """As a word, in an attribute, of an error that is one of ours, also in another process."""
    error = refused(headers={})
    travelled = pickle.loads(pickle.dumps(error))  # noqa: S301

    assert isinstance(error, CleanLifeError)
    assert (error.reason, travelled.reason) == ("missing_header", "missing_header")
    assert {"missing_header", "malformed_header", "malformed_timestamp", "too_old", "too_new"} < set(Reason)
    assert set(Reason) >= {"signature_mismatch", "malformed_body"}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (BODY, {**GOOD, SIGNATURE: "sha256=canary"}),
        (BODY, {**GOOD, TIMESTAMP: "canary"}),
        (BODY, {**GOOD, DELIVERY: "canary\0"}),
        (b"canary", GOOD),
        (b"canary", headers_of(b"canary")),
        (b'{"canary": NaN}', headers_of(b'{"canary": NaN}')),
    ],
)
def test_an_error_quotes_nobody(body: bytes, headers: dict[str, str]) -> None:
    """Neither in its words nor in what stands in the frames it came through."""
    try:
        verify(body, headers, secrets=[SECRET], now=NOW)
    except WebhookVerificationError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        ours = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if "cleanlife_ext" in str(frame.f_code)]
        shown = f"{error} {error!r} {[frame.f_locals for frame in ours]}"

    assert "WebhookVerificationError" in text
    assert "canary" not in shown
    assert SECRET not in shown
    assert GOOD[SIGNATURE] not in shown


# --- What no stranger can cause


@pytest.mark.parametrize(
    ("options", "kind", "says"),
    [
        ({"body": BODY.decode()}, TypeError, "body: the bytes of the request are needed"),
        ({"body": None}, TypeError, "body: the bytes"),
        ({"headers": None}, TypeError, "headers: a mapping, or pairs"),
        ({"headers": "X: y"}, TypeError, "headers: a mapping, or pairs"),
        ({"headers": [("a", "b", "c")]}, TypeError, "headers: a mapping, or pairs"),
        ({"headers": {"a": ["b"]}}, TypeError, "headers: a mapping, or pairs"),
        ({"now": dt.datetime(2026, 5, 28)}, ValueError, "now: it has no time zone"),  # noqa: DTZ001
        ({"now": "2026"}, ValueError, "now: seconds since 1970"),
        ({"now": math.nan}, ValueError, "now: seconds since 1970"),
        ({"now": True}, ValueError, "now: seconds since 1970"),
        ({"tolerance": -1}, ValueError, "tolerance: a number of seconds"),
        ({"tolerance": math.nan}, ValueError, "tolerance: a number of seconds"),
        ({"tolerance": "300"}, ValueError, "tolerance: a number of seconds"),
    ],
)
def test_a_mistake_of_ones_own_is_no_forgery(options: dict[str, Any], kind: type[Exception], says: str) -> None:
    """It is told as what it is, with what would be right."""
    call: dict[str, Any] = {"body": BODY, "headers": GOOD, "secrets": [SECRET], "now": NOW, **options}
    with pytest.raises(kind, match=says):
        verify(**call)


def test_there_is_no_way_to_leave_the_secrets_out() -> None:
    """Not even by default."""
    parameter = inspect.signature(verify).parameters["secrets"]

    assert parameter.default is inspect.Parameter.empty
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY


def test_every_secret_is_held_against_every_signature() -> None:
    """However early one fits: how long it takes says nothing."""
    counted = list[bytes]()

    class Counting(SignatureScheme):
        def digest(self, body: bytes, key: bytes, *, timestamp: str, id: str, body_digest: str = "") -> bytes:
            counted.append(key)
            return super().digest(body, key, timestamp=timestamp, id=id, body_digest=body_digest)

    verify(BODY, GOOD, secrets=[SECRET, OTHER, "third"], scheme=Counting(), now=NOW)

    assert counted == [SECRET.encode(), OTHER.encode(), b"third"]


# --- Forgeries


TRUE = verify(BODY, GOOD, secrets=[SECRET], now=NOW)
STRANGE = [
    *(
        b"",
        b" ",
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"NaN",
        b"-0",
        b"1e999",
        b"9" * 400,
        b"sha256=",
        b"v1,",
        b"==",
        b"\r\n",
    ),
    *(b"sha256=" + b"0" * 64, b"A" * 9000, "٣".encode(), b"[" * 50, b'{"a":' * 20, b"2026-05-28T20:26:40Z"),
]


def forged(luck: random.Random) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The true delivery, in which something is not as it was: bytes, a header, their number or their order."""
    parts = [bytearray(BODY), *(bytearray(text.encode()) for pair in GOOD.items() for text in pair)]
    for _ in range(luck.randint(1, 3)):
        part, how = luck.choice(parts), luck.randrange(5)
        at = luck.randrange(len(part) + 1)
        if how == 0:
            part[at : at + 1] = bytes([luck.randrange(256)])
        elif how == 1:
            del part[at : at + luck.randrange(1, 4)]
        elif how == 2:
            part[at:at] = luck.choice(STRANGE)
        elif how == 3:
            part[:] = luck.choice(STRANGE)
        else:
            part[at : at + 1] = part[at : at + 1].swapcase()
    texts = [bytes(part) for part in parts[1:]]
    pairs = list(zip(texts[::2], texts[1::2], strict=True))
    if luck.random() < 0.1:
        pairs.append(luck.choice(pairs))
    return bytes(parts[0]), pairs


def told(body: bytes, headers: Any) -> Event | None:
    """The event, or nothing; another error is not caught."""
    try:
        return verify(body, headers, secrets=[OTHER, SECRET], now=NOW)
    except WebhookVerificationError as error:
        Reason(error.reason)  # It is one of those that are documented.
        return None


def test_no_forgery_passes() -> None:
    """Of so many that were made of a true delivery. What passes has the true body, and is the true event."""
    luck, passed = random.Random(20260528), 0  # noqa: S311
    for _ in range(FORGERIES):
        body, headers = forged(luck)
        event = told(body, headers)
        if event is not None:
            passed += 1
            assert (body, event) == (BODY, TRUE)
    print(f"{FORGERIES} forgeries, {passed} of them with nothing changed that counts")  # noqa: T201

    assert 0 < passed < FORGERIES / 2


ANYTHING = st.text(max_size=40) | st.binary(max_size=40) | st.sampled_from(STRANGE)
NAMES = st.sampled_from([*GOOD, *(name.lower() for name in GOOD), *(name.encode() for name in GOOD)]) | ANYTHING
SCHEMES = st.builds(
    SignatureScheme,
    algorithm=st.sampled_from(["sha1", "sha256", "sha512"]),
    encoding=st.sampled_from(["hex", "base64"]),
    prefix=st.sampled_from(["", "sha256=", "v1,"]),
    key=st.sampled_from(["utf-8", "hex", "base64"]),
    clock=st.sampled_from(["seconds", "milliseconds", "iso8601", "http-date"]),
    message=st.sampled_from(["{timestamp}.{body}", "{id}{body}{timestamp}"]),
)


@settings(max_examples=min(FORGERIES // 10, 20_000), derandomize=FORGERIES == 3000, database=None, deadline=None)
@given(body=st.binary(max_size=99), headers=st.lists(st.tuples(NAMES, ANYTHING), max_size=6), scheme=SCHEMES)
def test_whatever_strangers_send_ends_in_one_error(body: bytes, headers: Any, scheme: SignatureScheme) -> None:
    """With every scheme, of whatever types a framework makes of it."""
    with pytest.raises(WebhookVerificationError):
        verify(body, headers, secrets=[SECRET], scheme=scheme, now=NOW)


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(body=st.binary(max_size=99) | st.recursive(st.none() | st.text(), st.lists).map(lambda it: repr(it).encode()))
def test_whatever_is_signed_ends_in_an_event_or_in_that_error(body: bytes) -> None:
    """Since also who holds the secret may send anything."""
    event = told(body, headers_of(body))

    assert event is None or event.delivery_id
