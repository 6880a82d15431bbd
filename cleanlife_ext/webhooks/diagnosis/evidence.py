"""What in the headers of a captured delivery may be a signature, a time, or an id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

import attrs

from cleanlife_ext.webhooks.identifiers import is_identifier
from cleanlife_ext.webhooks.signing.checks import HEADER
from cleanlife_ext.webhooks.signing.clocks import CLOCKS, Clock, read
from cleanlife_ext.webhooks.signing.encodings import ENCODINGS, Encoding, decoded
from cleanlife_ext.webhooks.signing.schemes import NAMED, Algorithm, SignatureScheme

__all__ = ["LARGEST_BODY", "Evidence", "Id", "Signature", "Time", "evidence"]

# A capture is a stranger's: whatever it holds, no more than this is looked at.
MOST_HEADERS, LONGEST_HEADER = 200, 4096
MOST_SIGNATURES, MOST_TIMES, MOST_IDS = 32, 4, 12
LARGEST_BODY = 64 * 1024  # Bytes. A delivery has about one thousand.

PLAUSIBLE = (1_000_000_000.0, 4_000_000_000.0)  # From 2001 to 2096: a time in another unit lies elsewhere.
LENGTHS: Mapping[int, Algorithm] = MappingProxyType({20: "sha1", 32: "sha256", 64: "sha512"})
MARK = re.compile("[A-Za-z][A-Za-z0-9_-]{0,19}[=,:]")  # `sha256=`, `v1,`, `v1=`
# Many a message has a `Date`, and hardly any sender signs it.
TRIED: list[Clock] = [clock for clock in CLOCKS if clock != "http-date"]
ID = re.compile(r"(^|[-_])(id|uuid)$")
DELIVERY = re.compile("webhook|delivery|event|message|notification")
SIGNATURE = re.compile("signature|hmac|digest")
SPELLED = {
    header.lower(): header
    for scheme in NAMED.values()
    for header in (scheme.signature_header, scheme.timestamp_header, scheme.id_header)
    if header is not None
}


@attrs.frozen
class Signature:
    """A digest, by its length of this algorithm."""

    header: str
    prefix: str
    encoding: Encoding
    digest: bytes = attrs.field(repr=False)

    @property
    def algorithm(self) -> Algorithm:
        return LENGTHS[len(self.digest)]


@attrs.frozen
class Time:
    """A moment, and how it is written."""

    header: str
    text: str = attrs.field(repr=False)
    clock: Clock
    moment: float


@attrs.frozen
class Id:
    """A text that may be an id."""

    header: str
    text: str = attrs.field(repr=False)

    @property
    def doubt(self) -> int:
        """How little its name speaks for it: 0 says the id of a delivery, 2 says nothing."""
        name = self.header.lower()
        return 2 - bool(ID.search(name)) - bool(DELIVERY.search(name))


@attrs.frozen
class Evidence:
    """All that may count, the likeliest first.

    *unread* are headers that are called a signature, but hold no digest.
    """

    signatures: Sequence[Signature]
    times: Sequence[Time]
    ids: Sequence[Id]
    unread: Sequence[str]

    @property
    def id_header(self) -> str | None:
        """Which header has the delivery's id, where the signature does not tell."""
        likely = (id.header for id in self.ids if id.doubt == 0)
        return next(likely, SignatureScheme.CLEANLIFE.id_header)


def evidence(pairs: Iterable[tuple[str, str]]) -> Evidence:
    """What *pairs* may hold. Names and values that no header can have are passed over."""
    headers = [
        (SPELLED.get(name.lower(), name), value.strip(" \t"))
        for name, value in islice(pairs, MOST_HEADERS)
        if HEADER.fullmatch(name) and len(value) <= LONGEST_HEADER and value.isascii() and value.isprintable()
    ]
    signatures = tuple(islice(_signatures(headers), MOST_SIGNATURES))
    times = tuple(islice(_times(headers), MOST_TIMES))
    dated, read_as_signed = {each.header for each in times}, {each.header for each in signatures}
    called_signed = [name for name, _ in headers if SIGNATURE.search(name.lower())]
    # What looks like a digest may be an id all the same; by its name one knows it.
    ids = [Id(name, text) for name, text in headers if is_identifier(text) and name not in {*dated, *called_signed}]
    unread = [name for name in called_signed if name not in read_as_signed]
    return Evidence(signatures, times, sorted(ids, key=lambda each: each.doubt)[:MOST_IDS], unread)


def _signatures(headers: list[tuple[str, str]]) -> Iterator[Signature]:
    for name, value in headers:
        for text in value.split():
            mark = MARK.match(text)
            for prefix in ("", mark[0]) if mark else ("",):
                for encoding in ENCODINGS:
                    digest = decoded(text.removeprefix(prefix), encoding)
                    if digest is not None and len(digest) in LENGTHS:
                        yield Signature(name, prefix, encoding, digest)


def _times(headers: list[tuple[str, str]]) -> Iterator[Time]:
    for name, value in headers:
        for clock in TRIED:
            moment = read(value, clock)
            if moment is not None and PLAUSIBLE[0] <= moment <= PLAUSIBLE[1]:
                yield Time(name, value, clock, moment)
