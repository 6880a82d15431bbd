"""A scheme says how deliveries are signed, and whoever knows better corrects it in a line."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from typing import Any

import attrs
import pytest
from cleanlife_traits import WEBHOOK_DELIVERY
from webhooks.deliveries import BODY, ID, NOW, SECRET, headers_of

from cleanlife_ext import ConfigurationError, WebhookVerificationError
from cleanlife_ext.webhooks import Secret, SignatureScheme, verify

STANDARD = SignatureScheme.STANDARD_WEBHOOKS


def test_by_default_it_is_what_the_spec_assumes_of_cleanlife() -> None:
    """Seen from outside: these headers, and this HMAC."""
    digest = hmac.new(SECRET.encode(), f"{NOW}.".encode() + BODY, hashlib.sha256).hexdigest()

    assert SignatureScheme() == SignatureScheme.CLEANLIFE
    assert SignatureScheme().headers(BODY, SECRET, now=NOW, id=ID) == {
        "X-CleanLife-Delivery-Id": ID,
        "X-CleanLife-Timestamp": str(NOW),
        "X-CleanLife-Signature": f"sha256={digest}",
    }
    assert SignatureScheme().message == WEBHOOK_DELIVERY["signature"]["message"]


def test_the_published_vector_of_standard_webhooks_fits() -> None:
    """Made by others, so it shows that both mean the same."""
    secret, id, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    sent = {
        "webhook-id": id,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }

    assert STANDARD.headers(body, secret, now=1614265330, id=id) == sent
    assert verify(body, sent, secrets=[secret], scheme=STANDARD, now=1614265330).delivery_id == id


def test_the_body_alone_may_be_signed() -> None:
    """Then no time is sent, and no delivery is too old."""
    scheme = SignatureScheme.BODY_ONLY
    sent = headers_of(scheme=scheme)

    assert "X-CleanLife-Timestamp" not in sent
    assert sent["X-CleanLife-Signature"] == "sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    assert verify(BODY, sent, secrets=[SECRET], scheme=scheme, now=NOW + 10**9).delivery_id == ID


@pytest.mark.parametrize(
    "corrected",
    [
        {"prefix": "", "encoding": "base64"},
        {"algorithm": "sha1", "prefix": "sha1="},
        {"algorithm": "sha512"},
        {"key": "hex"},
        {"key": "base64"},
        {"clock": "milliseconds"},
        {"clock": "iso8601"},
        {"message": "v0:{timestamp}:{body}:{id}"},
        {"message": "{body}{timestamp}"},
        {"id_header": None},
        {"signature_header": "X-Hook", "timestamp_header": "X-At", "id_header": "X-Id"},
    ],
)
def test_whatever_is_corrected_both_sides_agree(corrected: dict[str, Any]) -> None:
    """What it signs, it verifies; what is signed otherwise, it does not."""
    scheme = SignatureScheme(**corrected)
    sent = headers_of(scheme=scheme)

    assert verify(BODY, sent, secrets=[SECRET], scheme=scheme, now=NOW).delivery_id == ID
    with pytest.raises(WebhookVerificationError):
        verify(BODY + b" ", sent, secrets=[SECRET], scheme=scheme, now=NOW)


@pytest.mark.parametrize(
    ("clock", "text"),
    [("seconds", "1780000000"), ("milliseconds", "1780000000250"), ("iso8601", "2026-05-28T20:26:40Z")],
)
def test_a_time_is_written_as_the_scheme_says(clock: Any, text: str) -> None:
    """Of a number, or of a datetime in any zone."""
    scheme = SignatureScheme(clock=clock)
    aware = dt.datetime.fromtimestamp(NOW + 0.25, dt.timezone(dt.timedelta(hours=3)))

    assert scheme.headers(BODY, SECRET, now=NOW + 0.25, id=ID)["X-CleanLife-Timestamp"] == text
    assert scheme.headers(BODY, SECRET, now=aware, id=ID)["X-CleanLife-Timestamp"] == text


def test_what_looks_like_a_placeholder_in_a_value_is_none() -> None:
    """A body may hold anything, and so may an id."""
    scheme = SignatureScheme(message="{id}.{timestamp}.{body}")
    expected = hmac.new(SECRET.encode(), b"{body}.17.{id}{timestamp}", hashlib.sha256).hexdigest()

    assert scheme.signature(b"{id}{timestamp}", SECRET, timestamp="17", id="{body}") == f"sha256={expected}"


@pytest.mark.parametrize("given", [{}, {"timestamp": "17"}, {"id": "1"}])
def test_what_is_signed_has_to_be_given(given: dict[str, str]) -> None:
    """A signature over an empty time would be one over another message."""
    with pytest.raises(ValueError, match="id and timestamp: needed"):
        STANDARD.signature(BODY, SECRET, **given)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"signature_header": "X Signature"}, "signature_header: the name of a header"),
        ({"signature_header": None}, "signature_header: the name"),
        ({"timestamp_header": ""}, "timestamp_header: the name"),
        ({"id_header": "Über"}, "id_header: the name"),
        ({"algorithm": "md5"}, "algorithm: one of sha1, sha256, sha512 is needed"),
        ({"encoding": "hexx"}, "encoding: one of hex, base64 is needed"),
        ({"key": "ascii"}, "key: one of utf-8, hex, base64 is needed"),
        ({"clock": ["seconds"]}, "clock: one of seconds, milliseconds, iso8601 is needed"),
        ({"prefix": "HMAC "}, "prefix: printable ASCII without spaces"),
        ({"prefix": None}, "prefix: printable ASCII"),
        ({"message": b"{timestamp}.{body}"}, "message: a text in ASCII"),
        ({"message": "{timestamp}·{body}"}, "message: a text in ASCII"),
        ({"message": "{timestamp}."}, "message: it needs {body}"),
        ({"message": "{timestamp}.{body}.{url}"}, "and no other name"),
        ({"message": "{timestamp}.{body}.{"}, "and no other name"),
        ({"message": "{id}.{timestamp}.{body}", "id_header": None}, "id_header says that there is none"),
        ({"message": "{body}"}, "say timestamp_header=None"),
        ({"timestamp_header": None}, "say timestamp_header=None"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_made(wrong: dict[str, Any], says: str) -> None:
    """By the field's name, with what is possible."""
    with pytest.raises(ConfigurationError) as error:
        SignatureScheme(**wrong)

    assert says in str(error.value)


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("hex", lambda digest: digest.hex()),
        ("hex", lambda digest: digest.hex().upper()),
        ("base64", lambda digest: base64.b64encode(digest).decode()),
        ("base64", lambda digest: base64.b64encode(digest).decode().rstrip("=")),
    ],
)
def test_a_signature_may_be_written_in_two_ways(encoding: Any, written: Any) -> None:
    """Hex in either case, base64 with padding or without."""
    scheme = SignatureScheme(encoding=encoding, prefix="v1=")
    sent = headers_of(scheme=scheme)
    digest = hmac.new(SECRET.encode(), f"{NOW}.".encode() + BODY, hashlib.sha256).digest()
    sent["X-CleanLife-Signature"] = f"v1={written(digest)}"

    assert verify(BODY, sent, secrets=[SECRET], scheme=scheme, now=NOW).delivery_id == ID


def test_base64_of_the_alphabet_for_addresses_is_none() -> None:
    """Nobody signs webhooks in it, and one alphabet is enough to be strict about."""
    scheme = SignatureScheme(encoding="base64", prefix="")
    plain = b"\xfb\xff" * 16
    standard, other = base64.b64encode(plain).decode(), base64.urlsafe_b64encode(plain).decode()

    assert scheme.digests_in(standard) == [plain]
    assert scheme.digests_in(other) == []


@pytest.mark.parametrize("secret", ["whsec_", "whsec_====", "not base64!", "Schlüssel", "a"])
def test_a_secret_that_is_no_key_is_refused(secret: str) -> None:
    """By its name; what it is stays unsaid. An empty key would be anybody's."""
    with pytest.raises(ConfigurationError) as error:
        verify(BODY, {}, secrets=[Secret(secret, "the old one")], scheme=STANDARD, now=NOW)

    assert str(error.value) == "secrets: the secret 'the old one' is no base64, which the scheme's key= asks for"


def test_a_secret_in_hex_is_hex_and_nothing_else() -> None:
    """Not even with spaces between, which Python would allow."""
    scheme = SignatureScheme(key="hex")

    assert scheme.key_of("00FF") == b"\x00\xff"
    for wrong in ("00 ff", "0", "zz", "\u0660\u0660"):
        with pytest.raises(ConfigurationError, match="a secret is no hex"):
            scheme.key_of(wrong)


def test_a_scheme_is_a_value() -> None:
    """It can be compared, derived from, and put into a set."""
    assert attrs.evolve(SignatureScheme(), prefix="v1=") == SignatureScheme(prefix="v1=")
    assert len({SignatureScheme(), SignatureScheme(), SignatureScheme(prefix="")}) == 2
