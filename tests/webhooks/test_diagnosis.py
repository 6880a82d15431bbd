"""A captured delivery and its secret tell how CleanLife signs, and if they do not, what may be the matter."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.hooks import Shop
from webhooks.deliveries import BODY, ID, NOW, OTHER, SECRET, body_of, headers_of

from cleanlife_ext.webhooks import Diagnosis, Secret, SignatureScheme, diagnose, verify
from cleanlife_ext.webhooks.diagnosis.diagnosis import MOST_TRIES
from cleanlife_ext.webhooks.diagnosis.evidence import LARGEST_BODY

AROUND = {
    "Host": "hooks.shop.example",
    "Content-Type": "application/json",
    "Content-Length": "512",
    "User-Agent": "CleanLife-Webhooks/1.0",
    "X-Request-Id": "8f4e91c3-3229-4dfe-a664-6458c667bd96",
    "Date": "Thu, 28 May 2026 20:26:40 GMT",
    "Cookie": "\ud800",
}
KEY = base64.b64encode(b"a key of some thirty bytes or so").decode()


def captured(scheme: SignatureScheme, secret: str = SECRET, body: bytes = BODY) -> dict[str, str]:
    """A delivery that is signed so, as a server writes it down."""
    return {**AROUND, **headers_of(body, secret, scheme=scheme)}


def made(line: str) -> SignatureScheme:
    """What the line of code makes."""
    scheme = eval(line, {"SignatureScheme": SignatureScheme})  # noqa: S307  # It is our own.
    assert isinstance(scheme, SignatureScheme)
    return scheme


def only(diagnosis: Diagnosis) -> Any:
    (fit,) = diagnosis.fits
    assert diagnosis.hints == ()
    return fit


@pytest.mark.parametrize(
    ("scheme", "secret", "line"),
    [
        (SignatureScheme(), SECRET, "SignatureScheme.CLEANLIFE"),
        (SignatureScheme.STANDARD_WEBHOOKS, f"whsec_{KEY}", "SignatureScheme.STANDARD_WEBHOOKS"),
        (SignatureScheme.BODY_ONLY, SECRET, "SignatureScheme.BODY_ONLY"),
        (SignatureScheme(prefix="", encoding="base64"), SECRET, "SignatureScheme(encoding='base64', prefix='')"),
        (SignatureScheme(key="hex"), SECRET, "SignatureScheme(key='hex')"),
        (SignatureScheme(key="base64"), KEY, "SignatureScheme(key='base64')"),
        (SignatureScheme(algorithm="sha1", prefix="sha1="), SECRET, None),
        (SignatureScheme(algorithm="sha512", prefix="v1="), SECRET, None),
        (SignatureScheme(clock="milliseconds"), SECRET, "SignatureScheme(clock='milliseconds')"),
        (SignatureScheme(clock="iso8601"), SECRET, "SignatureScheme(clock='iso8601')"),
        (SignatureScheme(message="v0:{timestamp}:{body}", prefix="v0="), SECRET, None),
        (SignatureScheme(message="{timestamp}\n{body}"), SECRET, "SignatureScheme(message='{timestamp}\\n{body}')"),
        (SignatureScheme(message="{body}{timestamp}"), SECRET, None),
        (SignatureScheme(message="{id}.{body}", timestamp_header=None), SECRET, None),
        (SignatureScheme(message="{id}:{timestamp}:{body}", id_header="X-Hook"), SECRET, None),
        (SignatureScheme(signature_header="X-Sig", timestamp_header="X-At", id_header="X-Event-Id"), SECRET, None),
    ],
)
def test_it_finds_the_way_of_signing_and_the_line_that_says_so(
    scheme: SignatureScheme, secret: str, line: str | None
) -> None:
    """Which makes the very scheme, and with it the delivery is believed."""
    headers = captured(scheme, secret)
    fit = only(diagnose(BODY, headers, secret, now=NOW + 12))

    assert fit.scheme == made(fit.line) == scheme
    assert line is None or fit.line == line
    assert fit.age == (None if scheme.timestamp_header is None else 12)
    assert verify(BODY, headers, secrets=[secret], scheme=fit.scheme, now=NOW).delivery_id == ID


def test_the_case_of_headers_does_not_count() -> None:
    """Servers write them down as they like."""
    lower = {name.lower(): value for name, value in captured(SignatureScheme()).items()}

    assert only(diagnose(BODY, lower, SECRET, now=NOW)).line == "SignatureScheme.CLEANLIFE"
    assert only(diagnose(BODY, lower.items(), Secret(SECRET), now=NOW)).line == "SignatureScheme.CLEANLIFE"


def test_what_the_simulator_sends_is_signed_as_assumed() -> None:
    """As seen from a capture."""
    shop = Shop()
    secret = shop.subscribe()["secret"]
    shop.book()
    shop.settle()
    (request,) = shop.inbox.got

    fit = only(diagnose(request.body, request.headers, secret, now=shop.simulator.clock.now()))
    assert (fit.line, fit.age, fit.note) == ("SignatureScheme.CLEANLIFE", 0, "")


def test_the_closest_to_what_is_assumed_comes_first() -> None:
    """Where two headers say the same, both may be meant."""
    headers = {"X-Attempt-At": str(NOW), **captured(SignatureScheme())}
    diagnosis = diagnose(BODY, headers, SECRET, now=NOW)

    assert [fit.line for fit in diagnosis.fits] == [
        "SignatureScheme.CLEANLIFE",
        "SignatureScheme(timestamp_header='X-Attempt-At')",
    ]


def test_an_id_may_look_like_a_digest() -> None:
    """It is one of something else."""
    scheme, id = SignatureScheme(message="{id}.{timestamp}.{body}"), hashlib.sha256(BODY).hexdigest()
    headers = {**AROUND, **headers_of(id=id, scheme=scheme)}

    assert only(diagnose(BODY, headers, SECRET, now=NOW)).scheme == scheme


def test_a_delivery_without_an_id_has_none_of_others() -> None:
    """The id of a request is another one at each attempt."""
    headers = captured(SignatureScheme())
    del headers["X-CleanLife-Delivery-Id"]

    assert only(diagnose(BODY, headers, SECRET, now=NOW)).line == "SignatureScheme.CLEANLIFE"


@pytest.mark.parametrize(
    ("body", "secret", "says"),
    [
        (BODY + b"\n", SECRET, "without the line end after the body"),
        (BODY + b"\r\n", SECRET, "without the line end after the body"),
        (BODY, f" {SECRET}\n", "without the white space around the secret: take it off"),
        (BODY, f'"{SECRET}"', "without the quotes around the secret: take them off"),
        (BODY, f" '{SECRET}' ", "without the quotes around the secret: take them off"),
    ],
)
def test_what_a_capture_does_to_a_delivery_is_seen_through(body: bytes, secret: str, says: str) -> None:
    """Editors add a line end, shells leave quotes."""
    fit = only(diagnose(body, captured(SignatureScheme()), secret, now=NOW))

    assert fit.line == "SignatureScheme.CLEANLIFE"
    assert says in fit.note


def test_line_ends_that_were_changed_are_seen_through() -> None:
    """Of a body that has some; with or without one more at its end."""
    body = json.dumps({"event": "x"}, indent=1).encode()
    headers, windows = captured(SignatureScheme(), body=body), body.replace(b"\n", b"\r\n")

    assert "as LF, which something has made CRLF" in only(diagnose(windows, headers, SECRET, now=NOW)).note
    assert "as LF, and without the last one" in only(diagnose(windows + b"\r\n", headers, SECRET, now=NOW)).note


@pytest.mark.parametrize(("off", "says"), [(301, "signed 301 s ago"), (-301, "signed 301 s from now"), (300, "")])
def test_a_clock_that_is_off_is_told(off: int, says: str) -> None:
    """Of an old capture it says nothing, of a fresh one all."""
    fit = only(diagnose(BODY, captured(SignatureScheme()), SECRET, now=dt.datetime.fromtimestamp(NOW + off, dt.UTC)))

    assert fit.age == off
    assert says in fit.note
    assert bool(says) == bool(fit.note)


def test_without_a_signed_time_one_is_warned() -> None:
    """A delivery that was seen once can be sent for ever."""
    assert "can send it again" in only(diagnose(BODY, captured(SignatureScheme.BODY_ONLY), SECRET)).note


@pytest.mark.parametrize(
    ("body", "headers", "secret", "says"),
    [
        (BODY, GOOD := captured(SignatureScheme()), OTHER, "a signature may be in: X-CleanLife-Signature"),
        (BODY, GOOD, OTHER, "a time may be in: X-CleanLife-Timestamp"),
        (BODY, GOOD, OTHER, "an id may be in: X-CleanLife-Delivery-Id, X-Request-Id"),
        (BODY, GOOD, OTHER, "is it the secret of this very subscription?"),
        (BODY, AROUND, SECRET, "no header holds a signature; is the capture complete?"),
        (BODY, {}, SECRET, "no header holds a time"),
        (BODY, {"Stripe-Signature": "t=1780000000,v1=" + "0" * 64}, SECRET, "Stripe-Signature: by name a signature"),
        (BODY + b"\n", GOOD, OTHER, "the body ends with a line end"),
        (BODY[:-1], GOOD, SECRET, "the body is no JSON object; is it whole"),
        (b"", GOOD, SECRET, "the body is no JSON object"),
        (b" " * (LARGEST_BODY + 1), GOOD, SECRET, f"larger than {LARGEST_BODY} bytes, and was not tried"),
        (json.dumps(json.loads(BODY)).encode(), GOOD, SECRET, "read it and written it anew"),
        (json.dumps(json.loads(BODY), indent=2).encode() + b"\n", GOOD, SECRET, "read it and written it anew"),
        (BODY, GOOD, f'"{OTHER}"', "the secret has white space or quotes around it"),
        (BODY, GOOD, f"{OTHER} ", "the secret has white space or quotes around it"),
        (BODY, GOOD, " ", "the secret is empty"),
        (BODY, GOOD, "\0", "is it the secret of this very subscription?"),
    ],
)
def test_where_nothing_fits_there_are_hints(body: bytes, headers: dict[str, str], secret: str, says: str) -> None:
    """Which name headers, and quote no value of anybody's."""
    diagnosis = diagnose(body, headers, secret, now=NOW)

    assert diagnosis.fits == ()
    assert [hint for hint in diagnosis.hints if says in hint]
    assert SECRET not in repr(diagnosis)
    assert OTHER not in repr(diagnosis)
    assert ID not in repr(diagnosis)


@pytest.mark.parametrize("body", [BODY, b"{}", b'{"a \\" b":"\\\\ "}\n', b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"])
def test_a_body_as_machines_write_it_is_not_suspected(body: bytes) -> None:
    """However deep it is."""
    hints = diagnose(body, AROUND, SECRET).hints

    assert [hint for hint in hints if "anew" in hint] == []


def test_whatever_was_captured_the_work_is_bounded() -> None:
    """The worst there is: all algorithms, hundreds of headers, a secret that may be read in any way."""
    digests = [hashlib.new(name).digest() for name in ("sha1", "sha256", "sha512")]
    headers = [
        *(("X-Signature", f"v1={digest.hex()} {base64.b64encode(digest).decode()}") for digest in digests * 50),
        *((f"X-Time-{number}", str(NOW + number)) for number in range(50)),
        *((f"X-Event-{number}-Id", f"id-{number}") for number in range(200)),
    ]
    body = b'{"a":\r\n1}\r\n'
    diagnosis, more = diagnose(body, headers, SECRET), diagnose(body, headers * 100, SECRET)

    assert MOST_TRIES * 0.9 < diagnosis.tried <= MOST_TRIES
    assert more.tried == diagnosis.tried


def test_a_capture_of_long_headers_costs_no_more() -> None:
    """A header of a megabyte is no signature."""
    assert diagnose(BODY, {"X-Signature": "0" * 10**6, "X-Time": "9" * 10**6}, SECRET).tried == 0


def test_a_secret_is_never_shown() -> None:
    """Nor is what was captured."""
    diagnosis = diagnose(BODY, captured(SignatureScheme()), SECRET, now=NOW)

    assert SECRET not in repr(diagnosis)
    assert hmac.new(SECRET.encode(), f"{NOW}.".encode() + BODY, "sha256").hexdigest() not in repr(diagnosis)


def test_a_body_that_is_no_bytes_is_a_mistake() -> None:
    """As it is when one verifies."""
    with pytest.raises(TypeError, match="body: the bytes of the request are needed"):
        diagnose(BODY.decode(), GOOD, SECRET)  # type: ignore[arg-type]


ANYTHING = st.text(max_size=40) | st.binary(max_size=40) | st.sampled_from(["0" * 64, "v1=" + "A" * 43, str(NOW), ID])


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(
    body=st.binary(max_size=99) | st.just(body_of()),
    headers=st.lists(st.tuples(st.sampled_from([*headers_of(), "x-id"]) | ANYTHING, ANYTHING), max_size=6),
    secret=st.text(max_size=20),
)
def test_whatever_was_captured_there_is_a_diagnosis(body: bytes, headers: Any, secret: str) -> None:
    """Nothing fits by chance."""
    diagnosis = diagnose(body, headers, secret)

    assert diagnosis.fits == ()
    assert diagnosis.hints
