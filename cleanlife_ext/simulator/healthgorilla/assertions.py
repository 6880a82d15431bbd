"""What a client proves itself with: a JWT that is signed with its secret.

Decided here: `iss` and `sub` are the client's id, `aud` is the address that was asked for the token, `exp` lies within
an hour.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Collection, Mapping
from typing import Any

from cleanlife_ext.simulator.refusals import Refusal

LONGEST = 3600  # seconds
MOST_SEGMENT = 16 * 1024


def client_of(assertion: str, secrets: Mapping[str, str], *, audience: str, moments: Collection[float] | None) -> str:
    """The id of the client that has signed *assertion*; refused if it does not hold at any of *moments*.

    *moments* None: whenever it was made.
    """
    parts = assertion.split(".")
    if len(parts) != 3 or max(map(len, parts)) > MOST_SEGMENT:
        raise rejected("The assertion is no JWT.")
    head, claims = _object(parts[0]), _object(parts[1])
    if head.get("alg") != "HS256":
        raise rejected("The assertion must be signed with HS256.")
    client_id = claims.get("iss")
    secret = secrets.get(client_id) if isinstance(client_id, str) else None
    if secret is None or not isinstance(client_id, str):
        raise Refusal(400, "invalid_client", "The assertion's iss is no client.")
    signed = hmac.digest(secret.encode(), ".".join(parts[:2]).encode(), "sha256")
    if not hmac.compare_digest(signed, _bytes(parts[2])):
        raise rejected("The assertion's signature is wrong.")
    if claims.get("sub") != client_id:
        raise rejected("The assertion's sub must be the client's id.")
    named = claims.get("aud")
    if audience not in (named if isinstance(named, list) else [named]):
        raise rejected("The assertion's aud must be the address of the token endpoint.")
    _check_expiry(claims.get("exp"), moments)
    return client_id


def rejected(message: str) -> Refusal:
    """400: this is no proof."""
    return Refusal(400, "invalid_grant", message)


def _check_expiry(expires: object, moments: Collection[float] | None) -> None:
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise rejected("The assertion's exp must be a time.")
    if moments is not None and not any(0 < expires - moment <= LONGEST for moment in moments):
        raise rejected(f"The assertion's exp must be in the future, by at most {LONGEST} seconds.")


def _object(part: str) -> Mapping[str, Any]:
    try:
        value: object = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        raise rejected("The assertion is no JWT.") from None
    if not isinstance(value, dict):
        raise rejected("The assertion is no JWT.")
    return value


def _bytes(part: str) -> bytes:
    try:
        return base64.b64decode(part.encode("ascii") + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise rejected("The assertion is no JWT.") from None
