"""What may be the matter with a capture to which no way of signing fits. No value of a header is quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cleanlife_ext.webhooks.diagnosis.evidence import LARGEST_BODY, Evidence
from cleanlife_ext.webhooks.events import content_of

__all__ = ["hints"]

TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
SPACED = re.compile(rb"\s")


def hints(body: bytes, secret: str, found: Evidence) -> Iterator[str]:
    """One sentence each."""
    yield from _of_headers(found)
    yield from _of_body(body)
    yield from _of_secret(secret)


def _of_headers(found: Evidence) -> Iterator[str]:
    ids = [each for each in found.ids if each.doubt < 2]
    for what, those in (("a signature", found.signatures), ("a time", found.times), ("an id", ids)):
        names = _listed(each.header for each in those)
        yield f"{what} may be in: {names}" if names else f"no header holds {what}; is the capture complete?"
    if found.unread:
        yield (
            f"{_listed(found.unread)}: by name a signature, but no HMAC in hex or base64; several parts in one header, "
            "or a public key, are beyond what a SignatureScheme can say"
        )


def _of_body(body: bytes) -> Iterator[str]:
    if len(body) > LARGEST_BODY:
        yield f"the body is larger than {LARGEST_BODY} bytes, and was not tried"
        return
    if content_of(body) is None:
        yield "the body is no JSON object; is it whole, and the body alone?"
    elif SPACED.search(TEXT.sub(b"", body.strip())):
        yield (
            "the body has white space between its parts, as if a program had read it and written it anew; "
            "signed are the bytes as they came"
        )
    if body.endswith(b"\n"):
        yield "the body ends with a line end, which an editor or a shell may have added; without it nothing fits either"


def _of_secret(secret: str) -> Iterator[str]:
    bare = secret.strip()
    if not bare:
        yield "the secret is empty"
    elif bare != secret or bare.strip("'\"") != bare:
        yield "the secret has white space or quotes around it; without them nothing fits either"
    yield "is it the secret of this very subscription? A rotation makes another one, at once"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
