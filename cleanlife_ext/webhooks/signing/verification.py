"""Whether who holds a secret has sent a delivery, and lately. Pure, and the same for all who sign with a scheme."""

from __future__ import annotations

import datetime as dt
import hmac
import time
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TypeAlias

import attrs

from cleanlife_ext.errors import WebhookVerificationError
from cleanlife_ext.webhooks.signing.clocks import ago, moment_of, read
from cleanlife_ext.webhooks.signing.schemes import SignatureScheme
from cleanlife_ext.webhooks.signing.secrets import Secret, Secrets, secrets_of

__all__ = ["Headers", "Reason", "Signed", "beside", "check_body", "header_pairs", "refusal", "verified"]

Headers: TypeAlias = Mapping[str, str] | Mapping[str, str | bytes] | Iterable[tuple[str | bytes, str | bytes]]

LONGEST_HEADER = 4096  # Characters; room for fifty signatures, and more than any sender needs.


class Reason(StrEnum):
    """Why a delivery is not to be believed.

    Its shape is looked at first, then the signature, then the time, and last what it says. So only who has a secret
    gets as far as `too_old`, `too_new` and `malformed_body`.
    """

    MISSING_HEADER = "missing_header"
    MALFORMED_HEADER = "malformed_header"
    MALFORMED_TIMESTAMP = "malformed_timestamp"
    SIGNATURE_MISMATCH = "signature_mismatch"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"
    MALFORMED_BODY = "malformed_body"


@attrs.frozen
class Claim:
    """What the headers claim, which anybody may have written."""

    signatures: list[bytes]
    timestamp: str
    moment: float | None
    id: str
    digest: str


@attrs.frozen
class Signed:
    """What is known of a delivery that is to be believed.

    Attributes:
        id: The text of the scheme's id header, `""` if there is none. It is signed if the scheme says so.
        secret_name: The name of the secret that fits, `""` if that has none.
    """

    id: str
    secret_name: str


def verified(
    body: bytes,
    headers: Headers,
    *,
    secrets: Secrets,
    scheme: SignatureScheme,
    now: float | dt.datetime | None,
    tolerance: float,
) -> Signed:
    """What holds if one of *secrets* signed *body* as *scheme* says, no longer than *tolerance* seconds ago.

    Raises:
        WebhookVerificationError: For whatever a stranger sends.
        ConfigurationError, TypeError, ValueError: For what no stranger has a hand in.
    """
    check_body(body)
    if not isinstance(tolerance, int | float) or not tolerance >= 0:
        raise ValueError("tolerance: a number of seconds, 0 or more, is needed")
    keys = [(secret, scheme.key_of(secret)) for secret in secrets_of(secrets)]
    present = time.time() if now is None else moment_of(now, "now")
    claim = _claim(headers, scheme)
    signer = _signer(body, claim, keys, scheme)
    if signer is None:
        raise refusal(Reason.SIGNATURE_MISMATCH, f"no signature in {scheme.signature_header} fits body and secret")
    if scheme.body_digest is not None and not scheme.body_digest.fits(claim.digest, body):
        # What was signed is the header.
        raise refusal(Reason.SIGNATURE_MISMATCH, f"{scheme.body_digest.header} is signed, and no digest of the body")
    if claim.moment is not None:
        _check_age(present - claim.moment, tolerance)
    return Signed(claim.id, signer.name)


def check_body(body: bytes) -> None:
    """Refuse what a framework has made of a body: what is signed are its bytes."""
    if not isinstance(body, bytes):
        raise TypeError("body: the bytes of the request are needed, as they came, before anything decodes them")


def header_pairs(headers: Headers) -> Iterator[tuple[str, str]]:
    """*headers* as pairs of text, whatever they are; a byte becomes a character."""
    items = getattr(headers, "items", None)
    pairs = items() if callable(items) else headers
    for pair in pairs if isinstance(pairs, Iterable) else [None]:
        match pair:
            case [str() | bytes() as name, str() | bytes() as value]:
                yield _text(name), _text(value)
            case _:
                raise TypeError("headers: a mapping, or pairs, of text or of bytes are needed")


def beside(pairs: Iterable[tuple[str, str]], header: str) -> str:
    """What *header* says, which nobody has signed; `""` if it says nothing, or two things."""
    values = {value.strip(" \t") for name, value in pairs if name.lower() == header.lower()}
    return values.pop() if len(values) == 1 else ""


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _claim(headers: Headers, scheme: SignatureScheme) -> Claim:
    sent = [(name.lower(), value.strip(" \t")) for name, value in header_pairs(headers)]
    signature = _value(sent, scheme.signature_header, needed=True)
    timestamp = _value(sent, scheme.timestamp_header, needed=True)
    id = _value(sent, scheme.id_header, needed=scheme.signs_id)
    digest = _value(sent, scheme.body_digest.header if scheme.body_digest else None, needed=True)
    digests = scheme.digests_in(signature)
    if not digests:
        form = f"{scheme.prefix}<{scheme.encoding}>"
        raise refusal(Reason.MALFORMED_HEADER, f"{scheme.signature_header} holds nothing of the form {form}")
    moment = read(timestamp, scheme.clock)
    if scheme.timestamp_header is not None and moment is None:
        raise refusal(Reason.MALFORMED_TIMESTAMP, f"{scheme.timestamp_header} holds no time in {scheme.clock}")
    return Claim(digests, timestamp, moment, id, digest)


def _value(sent: list[tuple[str, str]], header: str | None, *, needed: bool) -> str:
    """The one value of *header*; `""` if there is none, or the scheme has no such header."""
    if header is None:
        return ""
    values = {value for name, value in sent if name == header.lower()}
    if len(values) > 1:
        raise refusal(Reason.MALFORMED_HEADER, f"{header} is there more than once, with different values")
    value = values.pop() if values else ""
    if needed and not value:
        raise refusal(Reason.MISSING_HEADER, f"{header} is missing, or empty")
    if len(value) > LONGEST_HEADER or not (value.isascii() and value.isprintable()):
        raise refusal(Reason.MALFORMED_HEADER, f"{header} is too long, or holds more than printable ASCII")
    return value


def _signer(body: bytes, claim: Claim, keys: list[tuple[Secret, bytes]], scheme: SignatureScheme) -> Secret | None:
    """Whose secret fits. Every secret is held against every signature, so that the time this takes tells nothing."""
    signer = None
    for secret, key in keys:
        expected = scheme.digest(body, key, timestamp=claim.timestamp, id=claim.id, body_digest=claim.digest)
        fits = [hmac.compare_digest(expected, signature) for signature in claim.signatures]
        signer = signer or (secret if any(fits) else None)
    return signer


def _check_age(age: float, tolerance: float) -> None:
    if abs(age) > tolerance:
        reason = Reason.TOO_OLD if age > 0 else Reason.TOO_NEW
        allowed = f"{tolerance:g} s either way are allowed"
        raise refusal(reason, f"it was signed {ago(age)}, and {allowed}; is the clock of this machine right?")


def refusal(reason: Reason, text: str) -> WebhookVerificationError:
    """The error for *reason*, in words that quote nobody."""
    return WebhookVerificationError(text, reason=reason)
