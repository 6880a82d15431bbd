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
from cleanlife_ext.webhooks import BodyDigest, Reason, Secret, SignatureScheme, verify

STANDARD = SignatureScheme.STANDARD_WEBHOOKS
DIGEST = BodyDigest(header="Digest", algorithm="sha256", encoding="base64", prefix="SHA-256=")
BY_DIGEST = SignatureScheme(message="{timestamp}.{digest}", body_digest=DIGEST)


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
        {"clock": "http-date"},
        {"message": "{timestamp}.{digest}", "body_digest": DIGEST},
        {"message": "{digest}.{timestamp}.{body}", "body_digest": attrs.evolve(DIGEST, encoding="hex", prefix="")},
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
    [
        ("seconds", "1780000000"),
        ("milliseconds", "1780000000250"),
        ("iso8601", "2026-05-28T20:26:40Z"),
        ("http-date", "Thu, 28 May 2026 20:26:40 GMT"),
    ],
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


def test_a_digest_of_the_body_may_be_signed_in_its_place() -> None:
    """As seen from outside: it stands in a header, and the text of that is what is signed."""
    digest = "SHA-256=" + base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    expected = hmac.new(SECRET.encode(), f"{NOW}.{digest}".encode(), hashlib.sha256).hexdigest()
    sent = headers_of(scheme=BY_DIGEST)

    assert (sent["Digest"], sent["X-CleanLife-Signature"]) == (digest, f"sha256={expected}")
    assert BY_DIGEST.signature(BODY, SECRET, timestamp=str(NOW)) == f"sha256={expected}"
    assert verify(BODY, sent, secrets=[SECRET], scheme=BY_DIGEST, now=NOW).delivery_id == ID


@pytest.mark.parametrize(
    "text",
    [
        *("SHA-256=" + "A" * 43 + "=", "SHA-256=", "SHA-256=!", "SHA-512=", "sha-256=", "x"),
        DIGEST.text(BODY).removeprefix("SHA-256="),
        f"{DIGEST.text(BODY)},{DIGEST.text(BODY)}",
        attrs.evolve(DIGEST, encoding="hex").text(BODY),
        attrs.evolve(DIGEST, algorithm="sha512").text(BODY),
    ],
)
def test_a_digest_that_is_signed_has_to_be_that_of_the_body(text: str) -> None:
    """Or whoever has seen one delivery could put any body beside its headers."""
    sent = {**headers_of(scheme=BY_DIGEST), "Digest": text}
    digest = BY_DIGEST.digest(BODY, SECRET.encode(), timestamp=str(NOW), id=ID, body_digest=text)
    signed = {**sent, "X-CleanLife-Signature": f"sha256={digest.hex()}"}

    assert why(BODY, sent).startswith("signature_mismatch: no signature in X-CleanLife-Signature fits")
    assert why(BODY, signed).startswith("signature_mismatch: Digest is signed, and no digest of the body")


def test_a_digest_is_compared_whatever_else_holds() -> None:
    """Another body beside true headers; and only who has the secret learns more than that it does not fit."""
    sent = headers_of(scheme=BY_DIGEST)
    without = {name: value for name, value in sent.items() if name != "Digest"}

    assert why(BODY + b" ", sent).startswith("signature_mismatch: Digest is signed, and no digest of the body")
    assert why(BODY + b" ", sent, now=NOW + 10**6).startswith("signature_mismatch: Digest")
    assert why(BODY, {**sent, "Digest": DIGEST.text(b"other")}).startswith("signature_mismatch: no signature")
    assert why(BODY, without).startswith("missing_header: Digest is missing")
    assert why(BODY, [*sent.items(), ("digest", "other")]).startswith("malformed_header: Digest is there more than")


def test_a_digest_may_be_written_in_two_ways() -> None:
    """As a signature may. What is signed is the text that was sent."""
    text = DIGEST.text(BODY).rstrip("=")
    digest = BY_DIGEST.digest(BODY, SECRET.encode(), timestamp=str(NOW), id=ID, body_digest=text)
    sent = {**headers_of(scheme=BY_DIGEST), "Digest": text, "X-CleanLife-Signature": f"sha256={digest.hex()}"}

    assert verify(BODY, sent, secrets=[SECRET], scheme=BY_DIGEST, now=NOW).delivery_id == ID


def why(body: bytes, headers: Any, now: float = NOW) -> str:
    """Reason and words of the refusal."""
    with pytest.raises(WebhookVerificationError) as error:
        verify(body, headers, secrets=[SECRET], scheme=BY_DIGEST, now=now)
    return f"{Reason(error.value.reason)}: {error.value}"


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
        ({"clock": ["seconds"]}, "clock: one of seconds, milliseconds, iso8601, http-date is needed"),
        ({"prefix": "HMAC "}, "prefix: printable ASCII without spaces"),
        ({"prefix": None}, "prefix: printable ASCII"),
        ({"message": b"{timestamp}.{body}"}, "message: a text in ASCII"),
        ({"message": "{timestamp}·{body}"}, "message: a text in ASCII"),
        ({"message": "{timestamp}."}, "message: it needs {body} or {digest}"),
        ({"message": "{timestamp}.{digest}"}, "name {digest} if there is a body_digest, and only then"),
        ({"body_digest": DIGEST}, "name {digest} if there is a body_digest, and only then"),
        ({"message": "{timestamp}.{digest}", "body_digest": "sha256"}, "body_digest: a BodyDigest is needed, or None"),
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
    ("wrong", "says"),
    [
        ({"header": None}, "header: the name of a header"),
        ({"algorithm": "sha1"}, "algorithm: one of sha256, sha512 is needed"),
        ({"encoding": "ascii"}, "encoding: one of hex, base64 is needed"),
        ({"prefix": "SHA 256"}, "prefix: printable ASCII without spaces"),
    ],
)
def test_so_is_a_digest_that_cannot_work(wrong: dict[str, Any], says: str) -> None:
    """SHA-1 among them: two bodies with the same digest can be found."""
    with pytest.raises(ConfigurationError, match=says):
        attrs.evolve(DIGEST, **wrong)


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
