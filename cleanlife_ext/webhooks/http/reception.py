"""From a request's body to its answer: verified, written down, and only then accepted.

It decides and does nothing: it yields what may block, and a driver for ASGI or for WSGI does it. It never raises: what
nobody thought of is answered with 503, so that it is delivered again.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeAlias

import attrs

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.errors import InboxError, WebhookVerificationError
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.http.admission import (
    ACCEPTED,
    NOT_VERIFIED,
    UNAVAILABLE,
    UNEXPECTED,
    UNREADABLE,
    Admission,
    Answer,
    Pairs,
)
from cleanlife_ext.webhooks.inbox.entry import InboxEntry
from cleanlife_ext.webhooks.keys.keyring import Keyring, UnknownSecretsError
from cleanlife_ext.webhooks.log import tell
from cleanlife_ext.webhooks.signing.clocks import read
from cleanlife_ext.webhooks.signing.schemes import SignatureScheme
from cleanlife_ext.webhooks.signing.secrets import Secret
from cleanlife_ext.webhooks.signing.verification import Reason
from cleanlife_ext.webhooks.verification import verify

__all__ = ["Lookup", "Reception", "Steps", "Write"]


@attrs.frozen(eq=False)
class Lookup:
    """Effect: *act*, which finds out about secrets and may take long. Strangers can cause it."""

    act: Callable[[], Any]


@attrs.frozen(eq=False)
class Write:
    """Effect: *act*, which writes to disk. Only who has a secret can cause it."""

    act: Callable[[], Any]


Steps: TypeAlias = Generator[Lookup | Write, Any, Answer]


@attrs.frozen(eq=False, kw_only=True)
class Reception:
    """What it takes to receive: who gets in, which secrets count, how they sign, and where events go."""

    admission: Admission
    keyring: Keyring
    scheme: SignatureScheme
    tolerance: float
    clock: Clock
    accept: Callable[[Event, bytes], InboxEntry | None]

    def received(self, headers: Pairs, body: bytes) -> Steps:
        """The answer to a delivery."""
        began = self.clock.now()
        try:
            event = yield from self._verified(headers, body)
            there = yield Write(partial(self.accept, event, body))
        except WebhookVerificationError as error:
            answer = UNREADABLE if error.reason == Reason.MALFORMED_BODY else NOT_VERIFIED
            return self.refused(answer, error.reason, seconds_off=self._seconds_off(headers))
        except (InboxError, UnknownSecretsError) as error:
            return self.refused(UNAVAILABLE, error=type(error).__name__)
        except Exception as error:  # noqa: BLE001  # Whatever it is, it must not be lost by an answer.
            return self.unexpected(error)
        told = {
            "delivery_id": event.delivery_id,
            "event": event.event,
            "booking_id": event.booking_id,
            "secret_name": event.secret_name,
            "duplicate": there is not None,
            "ms": round((self.clock.now() - began) * 1000, 1),
        }
        tell(logging.INFO, "cleanlife.webhook.received", **told)
        return ACCEPTED

    def refused(self, answer: Answer, reason: str = "", **told: Any) -> Answer:
        """*answer*, once it is told why."""
        known = {"reason": str(reason or answer.reason), "status": answer.status, **told}
        tell(logging.WARNING, "cleanlife.webhook.refused", **known)
        return answer

    def unexpected(self, error: Exception) -> Answer:
        """The answer to what nobody thought of. Where it happened is told; its text may quote anybody."""
        where = "".join(traceback.format_tb(error.__traceback__))
        return self.refused(UNEXPECTED, error=type(error).__name__, where=where)

    def _verified(self, headers: Pairs, body: bytes) -> Generator[Lookup, Any, Event]:
        ticket = self.keyring.ticket
        if (at_hand := self.keyring.at_hand()) is not None:
            event = self._fitting(headers, body, at_hand)
            if isinstance(event, Event):
                return event
        # Before anybody is refused, since another process may have rotated a moment ago.
        known = yield Lookup(partial(self.keyring.renewed, ticket))
        event = self._fitting(headers, body, known.secrets)
        if isinstance(event, Event):
            return event
        if known.is_complete and known.secrets:
            raise event
        raise UnknownSecretsError("there may be a secret that fits")

    def _fitting(self, headers: Pairs, body: bytes, secrets: tuple[Secret, ...]) -> Event | WebhookVerificationError:
        """The event if one of *secrets* fits; what is wrong with any secret is raised."""
        if not secrets:
            return WebhookVerificationError("there is no secret", reason=Reason.SIGNATURE_MISMATCH)
        now = self.clock.wall()
        try:
            return verify(body, headers, secrets=secrets, scheme=self.scheme, now=now, tolerance=self.tolerance)
        except WebhookVerificationError as error:
            if error.reason != Reason.SIGNATURE_MISMATCH:
                raise
            return error

    def _seconds_off(self, headers: Pairs) -> float | None:
        """How far the time in the headers is behind ours, whoever wrote it."""
        wanted = (self.scheme.timestamp_header or "").lower()
        for name, value in headers:
            if name == wanted and (moment := read(value.strip(" \t"), self.scheme.clock)) is not None:
                return round(self.clock.wall() - moment, 1)
        return None
