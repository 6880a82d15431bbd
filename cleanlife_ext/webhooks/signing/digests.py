"""Digests of a body that are sent beside it: a signature may then run over one, and leave the body out."""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal, TypeAlias, get_args

import attrs

from cleanlife_ext.webhooks.signing.checks import check_header, check_prefix, one_of
from cleanlife_ext.webhooks.signing.encodings import ENCODINGS, Encoding, decoded, encoded

__all__ = ["BodyDigest"]

# Unlike an HMAC, a digest must bear that somebody looks for two bodies that have the same: SHA-1 does not.
Hash: TypeAlias = Literal["sha256", "sha512"]
HASHES: tuple[Hash, ...] = get_args(Hash)


@attrs.frozen(kw_only=True)
class BodyDigest:
    """How the digest of a body is sent.

    Attributes:
        header: The header with the digest, of which there is one.
        algorithm: `sha256` or `sha512`.
        encoding: `hex`, in either case, or `base64`, with padding or without.
        prefix: What stands before it, such as `SHA-512=`.
    """

    header: str = attrs.field(validator=check_header)
    algorithm: Hash = attrs.field(validator=one_of(*HASHES))
    encoding: Encoding = attrs.field(validator=one_of(*ENCODINGS))
    prefix: str = attrs.field(validator=check_prefix)

    def text(self, body: bytes) -> str:
        """What stands in the header beside *body*."""
        return self.prefix + encoded(self._of(body), self.encoding)

    def fits(self, text: str, body: bytes) -> bool:
        """Whether *text*, as it stands in the header, is the digest of *body*."""
        digest = decoded(text.removeprefix(self.prefix), self.encoding) if text.startswith(self.prefix) else None
        return hmac.compare_digest(digest or b"", self._of(body))

    def _of(self, body: bytes) -> bytes:
        return hashlib.new(self.algorithm, body).digest()
