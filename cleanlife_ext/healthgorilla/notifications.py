"""Whether a notification is Health Gorilla's, and what it is about. Pure: bytes in, a value out, or the one error.

```python
from cleanlife_ext.healthgorilla.notifications import HEALTHGORILLA, verify

secret = "0123456789abcdef" * 4
body = b'{"resource": "Patient", "id": "Patient/3ce13b5ecb4d6633826caca0"}'  # The bytes of the request.
headers = HEALTHGORILLA.headers(body, secret, now=1_780_000_000, id="event-1")

notification = verify(body, headers, secrets=[secret], now=1_780_000_010)
print(notification.id, notification.resource_type, notification.resource_id)
```
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import attrs
from healthgorilla_traits import WEBHOOK_DELIVERY

from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.webhooks.events import content_of
from cleanlife_ext.webhooks.identifiers import is_identifier
from cleanlife_ext.webhooks.signing.clocks import in_utc
from cleanlife_ext.webhooks.signing.schemes import SignatureScheme, fields_of
from cleanlife_ext.webhooks.signing.secrets import Secrets
from cleanlife_ext.webhooks.signing.verification import Headers, Reason, beside, header_pairs, refusal, verified

__all__ = ["HEALTHGORILLA", "TOLERANCE", "Notification", "verify"]

HEALTHGORILLA = SignatureScheme(**fields_of(WEBHOOK_DELIVERY))
TOLERANCE: float = WEBHOOK_DELIVERY["signature"]["tolerance"]
_CREATED: str = WEBHOOK_DELIVERY["delivery"]["created"]
_EVENT: str = WEBHOOK_DELIVERY["delivery"]["event"]

TYPE = re.compile("[A-Za-z]{1,64}")
ID = re.compile("[A-Za-z0-9.-]{1,64}")


@attrs.frozen(kw_only=True)
class Notification:
    """Something fits the criteria of a subscription.

    Attributes:
        id: The same whenever this is delivered again: deduplicate by it.
        created: When it happened, in UTC; `None` if that is not said. It is not signed.
        event: What happened, `""` if that is not said. It is not signed.
        resource_type: What it is about, such as `OperationOutcome`; `""` if that is not said.
        resource_id: The id of that resource, `""` if there is none.
        resource: What the body says, which may be the resource, a reference to it, or nothing. No `repr` shows it.
        secret_name: The name of the secret that it was signed with, `""` if that has none.
    """

    id: str
    created: dt.datetime | None
    event: str
    resource_type: str
    resource_id: str
    resource: Mapping[str, Any] = attrs.field(repr=False)
    secret_name: str


@discreet
def verify(
    body: bytes,
    headers: Headers,
    *,
    secrets: Secrets,
    now: float | dt.datetime | None = None,
    tolerance: float = TOLERANCE,
) -> Notification:
    """The notification, if it was signed with one of *secrets*, no longer than *tolerance* seconds ago.

    Arguments and errors are those of `cleanlife_ext.webhooks.verify`.
    """
    pairs = list(header_pairs(headers))
    signed = verified(body, pairs, secrets=secrets, scheme=HEALTHGORILLA, now=now, tolerance=tolerance)
    if not is_identifier(signed.id):
        raise refusal(Reason.MALFORMED_HEADER, f"{HEALTHGORILLA.id_header} is too long for an id")
    resource = content_of(body) if body else {}
    if resource is None:
        raise refusal(Reason.MALFORMED_BODY, "it is signed, but its body is neither empty nor a JSON object")
    kind = _fitting(TYPE, resource.get("resourceType", resource.get("resource")))
    event = beside(pairs, _EVENT)
    return Notification(
        id=signed.id,
        created=in_utc(beside(pairs, _CREATED)),
        event=event if is_identifier(event) else "",
        resource_type=kind,
        resource_id=_fitting(ID, resource.get("id"), after=f"{kind}/"),
        resource=resource,
        secret_name=signed.secret_name,
    )


def _fitting(form: re.Pattern[str], value: Any, *, after: str = "") -> str:
    """*value* without what it may come *after*, if it is of this form: anything else may be somebody's data."""
    text = value.removeprefix(after) if isinstance(value, str) else ""
    return text if form.fullmatch(text) else ""
