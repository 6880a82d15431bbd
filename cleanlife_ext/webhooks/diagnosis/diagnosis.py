"""How a captured delivery is signed: found by trying. Pure, and bounded whatever was captured."""

from __future__ import annotations

import datetime as dt
import hmac
import time
from collections.abc import Iterator
from itertools import islice, product

import attrs

from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.webhooks.diagnosis.evidence import LARGEST_BODY, Evidence, Id, Signature, Time, evidence
from cleanlife_ext.webhooks.diagnosis.hints import hints
from cleanlife_ext.webhooks.signing.clocks import ago, moment_of
from cleanlife_ext.webhooks.signing.schemes import ALGORITHMS, KEYS, NAMED, TOLERANCE, Algorithm, Key, SignatureScheme
from cleanlife_ext.webhooks.signing.secrets import Secret
from cleanlife_ext.webhooks.signing.verification import Headers, check_body, header_pairs

__all__ = ["MOST_TRIES", "Diagnosis", "Fit", "diagnose"]

MOST_TRIES = 10_000  # Digests that are computed at the most.

MESSAGES = (
    *("{timestamp}.{body}", "{id}.{timestamp}.{body}", "{body}"),
    *("{timestamp}{body}", "{timestamp}:{body}", "v0:{timestamp}:{body}", "{timestamp}\n{body}", "{timestamp}|{body}"),
    *("{body}{timestamp}", "{body}.{timestamp}", "{body}:{timestamp}"),
    *("{id}.{body}", "{id}{body}", "{timestamp}.{id}.{body}", "{id}{timestamp}{body}", "{id}:{timestamp}:{body}"),
)


@attrs.frozen
class Fit:
    """A way of signing that gives the signature of the capture.

    Attributes:
        scheme: The way.
        line: The code that makes it.
        age: Seconds since it was signed, negative if that is still to come; `None` where no time is signed.
        note: What else to know of it, or `""`.
    """

    scheme: SignatureScheme
    line: str
    age: float | None
    note: str


@attrs.frozen
class Diagnosis:
    """What was found.

    Attributes:
        fits: What fits, the closest to what is assumed of CleanLife first.
        hints: Where nothing does, what may be the matter.
        tried: How many digests were computed.
    """

    fits: tuple[Fit, ...]
    hints: tuple[str, ...]
    tried: int


@attrs.frozen
class Repair:
    """A body and a secret as they may have been meant, and what that took."""

    body: bytes = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)
    note: str = ""


@attrs.frozen
class Try:
    """One way of signing, and what is to be signed in it."""

    scheme: SignatureScheme
    time: Time | None
    id: Id | None
    key: bytes = attrs.field(repr=False)
    repair: Repair

    def digest(self) -> bytes:
        return self.scheme.digest(
            self.repair.body,
            self.key,
            timestamp=self.time.text if self.time else "",
            id=self.id.text if self.id else "",
        )


@discreet
def diagnose(
    body: bytes, headers: Headers, secret: str | Secret, *, now: float | dt.datetime | None = None
) -> Diagnosis:
    """Try all the usual ways of signing on a delivery that you have captured, with the secret that you hold.

    ```python
    from cleanlife_ext.webhooks import SignatureScheme, diagnose

    secret = "0123456789abcdef" * 4
    body = b'{"event": "booking.created"}'
    headers = SignatureScheme(prefix="", encoding="base64").headers(body, secret, now=1_780_000_000, id="delivery-1")

    for fit in diagnose(body, headers, secret).fits:
        print(fit.line)  # SignatureScheme(encoding='base64', prefix='')
    ```

    At most 10,000 digests are computed, and none of a body of more than 64 KiB, whoever has sent it.
    """
    check_body(body)
    present = time.time() if now is None else moment_of(now, "now")
    text = secret.value if isinstance(secret, Secret) else secret
    found = evidence(header_pairs(headers))
    tries = list(islice(_tries(body, text, found), MOST_TRIES)) if len(body) <= LARGEST_BODY else []
    fits = [_fit(each, signature, present) for each in tries for signature in _matching(each, found)]
    return Diagnosis(
        fits=tuple(sorted(fits, key=_distance)),
        hints=() if fits else tuple(hints(body, text, found)),
        tried=len(tries),
    )


def _tries(body: bytes, secret: str, found: Evidence) -> Iterator[Try]:
    for repair in _repairs(body, secret):
        for encoding in KEYS:
            key = _key(repair.secret, encoding)
            if key is not None:
                yield from (Try(*way, key, repair) for way in _ways(found, encoding))


def _ways(found: Evidence, key: Key) -> Iterator[tuple[SignatureScheme, Time | None, Id | None]]:
    """All that a message may be made of, with each algorithm whose digests are as long as one that is there."""
    there = {signature.algorithm for signature in found.signatures}
    algorithms: list[Algorithm] = [algorithm for algorithm in ALGORITHMS if algorithm in there]
    for message in MESSAGES:
        moments = found.times if "{timestamp}" in message else (None,)
        ids = found.ids if "{id}" in message else (None,)
        for moment, id in product(moments, ids):
            for algorithm in algorithms:
                scheme = SignatureScheme(
                    timestamp_header=moment.header if moment else None,
                    id_header=id.header if id else found.id_header,
                    algorithm=algorithm,
                    message=message,
                    key=key,
                    clock=moment.clock if moment else SignatureScheme.CLEANLIFE.clock,
                )
                yield scheme, moment, id


def _key(secret: str, encoding: Key) -> bytes | None:
    try:
        return SignatureScheme(key=encoding).key_of(secret)
    except ConfigurationError:
        return None


def _repairs(body: bytes, secret: str) -> Iterator[Repair]:
    yield Repair(body, secret)
    lines = body.replace(b"\r\n", b"\n")
    # Of equal ones the last counts, which has changed least.
    bodies = {
        lines.rstrip(b"\n"): "with the line ends of the body as LF, and without the last one",
        lines: "with the line ends of the body as LF, which something has made CRLF",
        body.rstrip(b"\r\n"): "without the line end after the body, which an editor or a shell has added",
    }
    yield from (Repair(other, secret, note) for other, note in bodies.items() if other != body)
    secrets = {
        secret.strip().strip("'\""): "without the quotes around the secret: take them off",
        secret.strip(): "without the white space around the secret: take it off",
    }
    yield from (Repair(body, other, note) for other, note in secrets.items() if other != secret)


def _matching(tried: Try, found: Evidence) -> Iterator[Signature]:
    digest = tried.digest()
    return (signature for signature in found.signatures if hmac.compare_digest(digest, signature.digest))


def _fit(tried: Try, signature: Signature, present: float) -> Fit:
    scheme = attrs.evolve(
        tried.scheme, signature_header=signature.header, prefix=signature.prefix, encoding=signature.encoding
    )
    age = None if tried.time is None else present - tried.time.moment
    return Fit(scheme, _line(scheme), age, "; ".join(filter(None, [tried.repair.note, _note(age)])))


def _note(age: float | None) -> str:
    if age is None:
        return "no time is signed, so whoever has seen a delivery can send it again"
    if abs(age) > TOLERANCE:
        return f"it was signed {ago(age)}: if it came just now, a clock is wrong"
    return ""


def _line(scheme: SignatureScheme) -> str:
    for name, known in NAMED.items():
        if scheme == known:
            return f"SignatureScheme.{name}"
    return f"SignatureScheme({', '.join(f'{name}={value!r}' for name, value in _corrected(scheme).items())})"


def _corrected(scheme: SignatureScheme) -> dict[str, object]:
    assumed = attrs.asdict(SignatureScheme.CLEANLIFE)
    return {name: value for name, value in attrs.asdict(scheme).items() if value != assumed[name]}


def _distance(fit: Fit) -> int:
    return len(_corrected(fit.scheme))
