"""How deliveries are signed: as data, since CleanLife does not document it, and whoever learns more corrects a line.

```python
from cleanlife_ext.webhooks import SignatureScheme

scheme = SignatureScheme(prefix="", encoding="base64")  # All else as assumed.
```
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeAlias, get_args

import attrs
from cleanlife_traits import WEBHOOK_DELIVERY

from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.webhooks.signing.checks import check_header, check_prefix, one_of
from cleanlife_ext.webhooks.signing.clocks import CLOCKS, Clock, moment_of, written
from cleanlife_ext.webhooks.signing.digests import BodyDigest
from cleanlife_ext.webhooks.signing.encodings import ENCODINGS, Encoding, decoded, encoded
from cleanlife_ext.webhooks.signing.secrets import Secret

__all__ = ["ALGORITHMS", "KEYS", "NAMED", "TOLERANCE", "Algorithm", "Key", "SignatureScheme", "fields_of"]

Algorithm: TypeAlias = Literal["sha1", "sha256", "sha512"]
Key: TypeAlias = Literal["utf-8", "hex", "base64"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
KEYS: tuple[Key, ...] = get_args(Key)

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
KEY_MARK = "whsec_"  # Before the base64 of a secret, where Standard Webhooks is spoken.


def fields_of(trait: Mapping[str, Any]) -> dict[str, Any]:
    """What a spec's `x-webhook-delivery` says of signatures, as the fields of a scheme."""
    signature = trait["signature"]
    return {
        "signature_header": signature["header"],
        "timestamp_header": signature["timestamp"],
        "id_header": trait["delivery"]["id"],
        "algorithm": signature["algorithm"].removeprefix("hmac-"),
        "message": signature["message"],
        "key": signature["key"],
        "clock": signature["clock"],
        "body_digest": _digest_of(signature.get("digest")),
        **_form_of(signature["value"]),
    }


def _digest_of(trait: Mapping[str, Any] | None) -> BodyDigest | None:
    if trait is None:
        return None
    return BodyDigest(header=trait["header"], algorithm=trait["algorithm"], **_form_of(trait["value"]))


def _form_of(value: str) -> dict[str, Any]:
    prefix, _, encoding = value.removesuffix("}").partition("{")
    return {"prefix": prefix, "encoding": encoding}


_ASSUMED = fields_of(WEBHOOK_DELIVERY)
TOLERANCE: float = WEBHOOK_DELIVERY["signature"]["tolerance"]


def _message(scheme: SignatureScheme, _field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not value.isascii():
        raise ConfigurationError("message: a text in ASCII, such as {timestamp}.{body}, is needed")
    named = set(PLACEHOLDER.findall(value))
    stray = set("{}") & set(PLACEHOLDER.sub("", value))
    if stray or not named & {"body", "digest"} or not named <= {"id", "timestamp", "body", "digest"}:
        raise ConfigurationError(
            "message: it needs {body} or {digest}, and may have {timestamp} and {id}, and no other name"
        )
    if "id" in named and scheme.id_header is None:
        raise ConfigurationError("message: it names {id}, and id_header says that there is none")
    if ("timestamp" in named) != (scheme.timestamp_header is not None):
        raise ConfigurationError(
            "message: it has to name {timestamp} if there is a timestamp_header, and only then: "
            "a time that is not signed proves nothing; say timestamp_header=None"
        )
    if ("digest" in named) != (scheme.body_digest is not None):
        raise ConfigurationError("message: it has to name {digest} if there is a body_digest, and only then")


def _body_digest(_scheme: Any, _field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, BodyDigest | None):
        raise ConfigurationError("body_digest: a BodyDigest is needed, or None")


@attrs.frozen(kw_only=True)
class SignatureScheme:
    """How a delivery is signed. What is not said is as CleanLife is assumed to do it.

    Attributes:
        signature_header: The header with the signature, or with several that are parted by spaces: any may fit.
        timestamp_header: The header with the time that is signed; `None` if none is, and then no delivery is too old.
        id_header: The header with the delivery's id, or `None`.
        algorithm: Of the HMAC: `sha1`, `sha256` or `sha512`.
        message: What is signed: `{timestamp}.{body}`; `{id}` may occur too, and `{digest}` instead of the body.
        encoding: Of the signature: `hex`, in either case, or `base64`, with padding or without.
        prefix: What stands before a signature, such as `sha256=`. Signatures with another one are passed over.
        key: How a secret's text becomes a key: its letters in `utf-8`, or the bytes it stands for in `hex` or in
            `base64`, where a `whsec_` in front is taken off.
        clock: How the time is written: `seconds` or `milliseconds` since 1970, `iso8601`, or `http-date`, as in HTTP's
            own `Date`.
        body_digest: How the digest of the body is sent, if the message names it; else `None`.
    """

    CLEANLIFE: ClassVar[SignatureScheme]
    STANDARD_WEBHOOKS: ClassVar[SignatureScheme]
    BODY_ONLY: ClassVar[SignatureScheme]

    signature_header: str = attrs.field(default=_ASSUMED["signature_header"], validator=check_header)
    timestamp_header: str | None = attrs.field(
        default=_ASSUMED["timestamp_header"], validator=attrs.validators.optional(check_header)
    )
    id_header: str | None = attrs.field(
        default=_ASSUMED["id_header"], validator=attrs.validators.optional(check_header)
    )
    algorithm: Algorithm = attrs.field(default=_ASSUMED["algorithm"], validator=one_of(*ALGORITHMS))
    message: str = attrs.field(default=_ASSUMED["message"], validator=_message)
    encoding: Encoding = attrs.field(default=_ASSUMED["encoding"], validator=one_of(*ENCODINGS))
    prefix: str = attrs.field(default=_ASSUMED["prefix"], validator=check_prefix)
    key: Key = attrs.field(default=_ASSUMED["key"], validator=one_of(*KEYS))
    clock: Clock = attrs.field(default=_ASSUMED["clock"], validator=one_of(*CLOCKS))
    body_digest: BodyDigest | None = attrs.field(default=_ASSUMED["body_digest"], validator=_body_digest)

    @property
    def signs_id(self) -> bool:
        """Whether the delivery's id is part of what is signed."""
        return "{id}" in self.message

    def signature(self, body: bytes, secret: str | Secret, *, timestamp: str = "", id: str = "") -> str:
        """What stands in the header if *secret* signs *body*, with the texts of the time and the id that go with it."""
        body_digest = "" if self.body_digest is None else self.body_digest.text(body)
        digest = self.digest(body, self.key_of(secret), timestamp=timestamp, id=id, body_digest=body_digest)
        return self.prefix + encoded(digest, self.encoding)

    def headers(self, body: bytes, secret: str | Secret, *, now: float | dt.datetime, id: str) -> dict[str, str]:
        """What a sender puts beside *body*, which it sends *now*: for tests of your own, and for the simulator."""
        timestamp = written(moment_of(now, "now"), self.clock)
        given = {self.id_header: id, self.timestamp_header: timestamp}
        if self.body_digest is not None:
            given[self.body_digest.header] = self.body_digest.text(body)
        sent = {name: text for name, text in given.items() if name is not None}
        return {**sent, self.signature_header: self.signature(body, secret, timestamp=timestamp, id=id)}

    def key_of(self, secret: str | Secret) -> bytes:
        """The key that *secret* is."""
        known = secret if isinstance(secret, Secret) else Secret(secret)
        if self.key == "utf-8":
            return known.value.encode()
        key = decoded(known.value.removeprefix(KEY_MARK) if self.key == "base64" else known.value, self.key)
        if not key:  # An empty one is anybody's.
            raise ConfigurationError(f"secrets: {known.spoken} is no {self.key}, which the scheme's key= asks for")
        return key

    def digest(self, body: bytes, key: bytes, *, timestamp: str, id: str, body_digest: str = "") -> bytes:
        """The HMAC over the message. The texts that were sent are what is signed, and not what they mean."""
        texts = {"timestamp": timestamp, "id": id, "digest": body_digest}
        values = {"body": body, **{name: text.encode() for name, text in texts.items()}}
        # By turns what stands there and what is named, so that nothing in a value is taken for a placeholder.
        parts = PLACEHOLDER.split(self.message)
        if not all(values[name] or name == "body" for name in parts[1::2]):
            raise ValueError(f"{' and '.join(sorted({*parts[1::2]} - {'body'}))}: needed, since the scheme signs it")
        signed = hmac.new(key, digestmod=self.algorithm)
        for index, part in enumerate(parts):
            signed.update(values[part] if index % 2 else part.encode())
        return signed.digest()

    def digests_in(self, text: str) -> list[bytes]:
        """The signatures in the text of a header, as far as they are any."""
        marked = [each.removeprefix(self.prefix) for each in text.split(" ") if each.startswith(self.prefix)]
        return [digest for each in marked if (digest := decoded(each, self.encoding))]


SignatureScheme.CLEANLIFE = SignatureScheme()
SignatureScheme.STANDARD_WEBHOOKS = SignatureScheme(
    signature_header="webhook-signature",
    timestamp_header="webhook-timestamp",
    id_header="webhook-id",
    algorithm="sha256",
    message="{id}.{timestamp}.{body}",
    encoding="base64",
    prefix="v1,",
    key="base64",
    clock="seconds",
)
SignatureScheme.BODY_ONLY = SignatureScheme(message="{body}", timestamp_header=None)

NAMED: Mapping[str, SignatureScheme] = MappingProxyType(
    {name: getattr(SignatureScheme, name) for name in ("CLEANLIFE", "STANDARD_WEBHOOKS", "BODY_ONLY")}
)
