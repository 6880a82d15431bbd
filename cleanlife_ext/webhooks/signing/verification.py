"""Whether a delivery is CleanLife's. Pure: bytes in, an event out, or the one error."""

from __future__ import annotations

import datetime as dt
import hmac
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import TypeAlias

import attrs

from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.errors import WebhookVerificationError
from cleanlife_ext.webhooks.events import Event, parse
from cleanlife_ext.webhooks.signing.clocks import ago, moment_of, read
from cleanlife_ext.webhooks.signing.schemes import TOLERANCE, SignatureScheme
from cleanlife_ext.webhooks.signing.secrets import Secret, Secrets, secrets_of

__all__ = ["Headers", "Reason", "check_body", "header_pairs", "verify"]

Headers: TypeAlias = Mapping[str, str] | Mapping[str, str | bytes] | Iterable[tuple[str | bytes, str | bytes]]

LONGEST_HEADER = 4096  # Characters; room for fifty signatures, and more than any sender needs.
HELP = "if every delivery fails so, `cleanlife webhooks diagnose` finds out why"


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

    digests: list[bytes]
    timestamp: str
    moment: float | None
    id: str


@discreet
def verify(
    body: bytes,
    headers: Headers,
    *,
    secrets: Secrets,
    scheme: SignatureScheme = SignatureScheme.CLEANLIFE,
    now: float | dt.datetime | None = None,
    tolerance: float = TOLERANCE,
) -> Event:
    """The event that *body* tells, if it was signed with one of *secrets*, no longer than *tolerance* seconds ago.

    ```python
    from cleanlife_ext import WebhookVerificationError
    from cleanlife_ext.webhooks import SignatureScheme, verify

    secret = "0123456789abcdef" * 4
    body = b'{"event": "booking.created"}'  # The bytes of the request, before anything decodes them.
    headers = SignatureScheme.CLEANLIFE.headers(body, secret, now=1_780_000_000, id="delivery-1")

    event = verify(body, headers, secrets={"2026": secret}, now=1_780_000_010)
    print(event.event, event.secret_name)
    try:
        verify(body, headers, secrets={"2026": secret}, now=1_780_009_999)
    except WebhookVerificationError as error:
        print(error.reason)  # too_old
    ```

    Args:
        body: The bytes as they came.
        headers: By name in any case; a mapping, or pairs, of text or of bytes.
        secrets: Those that may have been used, as a list, or with names, as a mapping from these.
        scheme: How deliveries are signed.
        now: The time: seconds since 1970, or a datetime with its zone; by default the clock's.
        tolerance: Seconds that the time in the headers may differ from that, either way.

    Raises:
        WebhookVerificationError: For whatever a stranger sends.
        ConfigurationError, TypeError, ValueError: For what no stranger has a hand in: a *body* that is no bytes, a
            secret that is none.
    """
    check_body(body)
    if not isinstance(tolerance, int | float) or not tolerance >= 0:
        raise ValueError("tolerance: a number of seconds, 0 or more, is needed")
    keys = [(secret, scheme.key_of(secret)) for secret in secrets_of(secrets)]
    present = time.time() if now is None else moment_of(now, "now")
    claim = _claim(headers, scheme)
    signer = _signer(body, claim, keys, scheme)
    if signer is None:
        raise _refusal(Reason.SIGNATURE_MISMATCH, f"no signature in {scheme.signature_header} fits body and secret")
    if claim.moment is not None:
        _check_age(present - claim.moment, tolerance)
    with suppress(ValueError):
        return parse(body, delivery_id=claim.id, secret_name=signer.name)
    raise _refusal(Reason.MALFORMED_BODY, "it is signed, but its body is no JSON object")


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


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _claim(headers: Headers, scheme: SignatureScheme) -> Claim:
    sent = [(name.lower(), value.strip(" \t")) for name, value in header_pairs(headers)]
    signature = _value(sent, scheme.signature_header, needed=True)
    timestamp = _value(sent, scheme.timestamp_header, needed=True)
    id = _value(sent, scheme.id_header, needed=scheme.signs_id)
    digests = scheme.digests_in(signature)
    if not digests:
        form = f"{scheme.prefix}<{scheme.encoding}>"
        raise _refusal(Reason.MALFORMED_HEADER, f"{scheme.signature_header} holds nothing of the form {form}")
    moment = read(timestamp, scheme.clock)
    if scheme.timestamp_header is not None and moment is None:
        raise _refusal(Reason.MALFORMED_TIMESTAMP, f"{scheme.timestamp_header} holds no time in {scheme.clock}")
    return Claim(digests, timestamp, moment, id)


def _value(sent: list[tuple[str, str]], header: str | None, *, needed: bool) -> str:
    """The one value of *header*; `""` if there is none, or the scheme has no such header."""
    if header is None:
        return ""
    values = {value for name, value in sent if name == header.lower()}
    if len(values) > 1:
        raise _refusal(Reason.MALFORMED_HEADER, f"{header} is there more than once, with different values")
    value = values.pop() if values else ""
    if needed and not value:
        raise _refusal(Reason.MISSING_HEADER, f"{header} is missing, or empty")
    if len(value) > LONGEST_HEADER or not (value.isascii() and value.isprintable()):
        raise _refusal(Reason.MALFORMED_HEADER, f"{header} is too long, or holds more than printable ASCII")
    return value


def _signer(body: bytes, claim: Claim, keys: list[tuple[Secret, bytes]], scheme: SignatureScheme) -> Secret | None:
    """Whose secret fits. Every secret is held against every signature, so that the time this takes tells nothing."""
    signer = None
    for secret, key in keys:
        expected = scheme.digest(body, key, timestamp=claim.timestamp, id=claim.id)
        fits = [hmac.compare_digest(expected, digest) for digest in claim.digests]
        signer = signer or (secret if any(fits) else None)
    return signer


def _check_age(age: float, tolerance: float) -> None:
    if abs(age) > tolerance:
        reason = Reason.TOO_OLD if age > 0 else Reason.TOO_NEW
        allowed = f"{tolerance:g} s either way are allowed"
        raise _refusal(reason, f"it was signed {ago(age)}, and {allowed}; is the clock of this machine right?")


def _refusal(reason: Reason, text: str) -> WebhookVerificationError:
    return WebhookVerificationError(f"{text}; {HELP}", reason=reason)
