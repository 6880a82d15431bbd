"""Whether a delivery is CleanLife's, and what it tells. Pure: bytes in, an event out, or the one error."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.errors import WebhookVerificationError
from cleanlife_ext.webhooks.events import Event, parse
from cleanlife_ext.webhooks.signing.schemes import TOLERANCE, SignatureScheme
from cleanlife_ext.webhooks.signing.secrets import Secrets
from cleanlife_ext.webhooks.signing.verification import Headers, Reason, Signed, refusal, verified

__all__ = ["verify"]

HELP = "if every delivery fails so, `cleanlife webhooks diagnose` finds out why"


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
    try:
        signed = verified(body, headers, secrets=secrets, scheme=scheme, now=now, tolerance=tolerance)
        return _event(body, signed)
    except WebhookVerificationError as error:
        raise WebhookVerificationError(f"{error}; {HELP}", reason=error.reason) from None


def _event(body: bytes, signed: Signed) -> Event:
    with suppress(ValueError):
        return parse(body, delivery_id=signed.id, secret_name=signed.secret_name)
    raise refusal(Reason.MALFORMED_BODY, "it is signed, but its body is no JSON object")
