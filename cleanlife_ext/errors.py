"""What can go wrong, drawn as a tree. Catch `CleanLifeError` for all of it.

```text
CleanLifeError                         the root, for every provider
├── ConfigurationError                 no key, a bad option, a closed client    (nothing was sent)
├── APIConnectionError                 nothing came back, and sending again would be harmless
│   ├── APITimeoutError                an attempt's timeout
│   └── DeadlineExceededError          the operation's deadline
├── OutcomeUnknownError                sent, and nothing says what became of it   .key .candidates .resolve()
├── APIStatusError                     the API said no                     .status_code .code .details .response
│   ├── BadRequestError                400
│   ├── AuthenticationError            401
│   ├── PermissionDeniedError          403
│   ├── NotFoundError                  404
│   ├── ConflictError                  409                                     .existing
│   │   ├── DuplicateExternalReferenceError
│   │   ├── IdempotencyConflictError   the key was used for another payload
│   │   └── PreconditionFailedError    412: it has been changed meanwhile
│   ├── UnprocessableEntityError       422
│   │   └── BookingCreationFailedError
│   ├── RateLimitError                 429                                     .retry_after
│   ├── JobFailedError                 what was begun has failed               .issues
│   └── InternalServerError            5xx
├── InProgressError                    202: the API is still at it
├── LedgerError                        the ledger cannot be read or written          .sent .key
├── InboxError                         the inbox of webhooks cannot be read or written
├── ProcessingError                    a delivery that was to be processed is not done       .state .due
├── UnexpectedResponseError            not the API's: HTML, cut JSON, a wrong shape, an undocumented status
└── WebhookVerificationError           a delivery that is not to be believed                 .reason
```

What the library refuses before it sends anything is a plain `ValueError` (or `TypeError`) that names the field.

No text of an error holds a secret or personal data. What the API said in its own words is in attributes
(`.message`, `.details`, `.response`), which neither `str` nor `repr` shows. They stay in this process: an error that is
pickled leaves them behind, with `.existing` and `.candidates`; status, code, ids, key and attempts travel.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from cleanlife_ext.engine.message import Headers, Issue, Response, shown_code
from cleanlife_ext.engine.trace import explain

if TYPE_CHECKING:
    from cleanlife_client.models import Booking

    from cleanlife_ext.engine.message import Attempt
    from cleanlife_ext.engine.settle import Settle
    from cleanlife_ext.engine.trace import Call
    from cleanlife_ext.webhooks.inbox.states import State

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "BookingCreationFailedError",
    "CleanLifeError",
    "ConfigurationError",
    "ConflictError",
    "DeadlineExceededError",
    "DuplicateExternalReferenceError",
    "IdempotencyConflictError",
    "InProgressError",
    "InboxError",
    "InternalServerError",
    "JobFailedError",
    "LedgerError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "PreconditionFailedError",
    "ProcessingError",
    "RateLimitError",
    "UnexpectedResponseError",
    "UnprocessableEntityError",
    "WebhookVerificationError",
]


class CleanLifeError(Exception):
    """Something went wrong between this program and the API.

    Attributes:
        operation: The operation's id in the spec, `""` where no call was made.
        attempts: What was sent for it, in order, with the reason of each wait.
        request_id: What the vendor's support asks for; the last one seen.
        ids: All ids of that request by the header that bore them: what was sent, and what came back.
        transaction: The caller's own id for what this was a part of, `""` if none was given.
        ambiguous: Whether something that was sent may have taken effect although no usable answer came back.
        call: How long it took, and what it waited for; `None` where no call was made.
    """

    ambiguous: bool = False
    out_of_time: bool = False  # Whether only the caller's deadline kept us from going on.
    operation: str = ""
    attempts: tuple[Attempt, ...] = ()
    request_id: str = ""
    ids: Mapping[str, str] = {}
    transaction: str = ""
    call: Call | None = None
    _stays: tuple[str, ...] = ()  # Attributes that do not leave this process.

    def explain(self) -> str:
        """What happened, for a person: each attempt and each wait, with the request ids.

        ```python
        try:
            client.bookings.status(booking_id)
        except CleanLifeError as error:
            print(error.explain())
        ```
        """
        return explain(self)

    def __str__(self) -> str:
        text = super().__str__()
        if self.operation and self.operation not in text:
            text = f"{self.operation}: {text}"
        known_as = {"request id": self.request_id, "transaction": self.transaction}
        ids = ", ".join(f"{name} {id}" for name, id in known_as.items() if id)
        return f"{text} ({ids})" if ids else text

    def __copy__(self) -> Self:
        # Every follower of a shared call gets one of its own, with all it carries.
        notes = {"__notes__": [*self.__notes__]} if hasattr(self, "__notes__") else {}
        return _revive(type(self), self.args, {**self.__dict__, **notes})

    def __deepcopy__(self, _memo: object) -> Self:
        return self.__copy__()

    def __reduce__(self) -> tuple[Callable[..., CleanLifeError], tuple[Any, ...]]:
        # Errors travel between processes: into queues, stores and logs.
        return _revive, (type(self), self.args, self._travelling())

    def _travelling(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in self._stays}


ErrorT = TypeVar("ErrorT", bound=CleanLifeError)


def _revive(kind: type[ErrorT], args: tuple[Any, ...], attributes: dict[str, Any]) -> ErrorT:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class ConfigurationError(CleanLifeError):
    """The client cannot work like this. Nothing was sent."""


class APIConnectionError(CleanLifeError):
    """Nothing came back, and sending again would be harmless."""

    def __init__(self, text: str, *, sent: bool = False) -> None:
        super().__init__(text)
        self.ambiguous = sent


class APITimeoutError(APIConnectionError):
    """An attempt took longer than the timeout."""


class DeadlineExceededError(APIConnectionError):
    """The operation, with all its attempts and waits, would take or took longer than its deadline."""

    out_of_time = True


class OutcomeUnknownError(CleanLifeError):
    """The request was sent, and neither its answer nor a lookup says what became of it.

    It may have taken effect, or may still do so: look before you send it again.

    Attributes:
        key: What tells whether there is an effect: a booking's external reference, by which it is found, or an
            idempotency key, with which the same call may be made again for a while; `""` if there is neither.
        candidates: What is, or may be, the effect, as far as it was seen: subscriptions, without their secrets.
    """

    ambiguous = True
    candidates: tuple[Any, ...] = ()
    settle: Settle | None = None
    _resolve: Callable[[Settle], Any] | None = None
    _stays = ("settle", "_resolve", "candidates")  # They hold the request, the client, and what others wrote.

    def __init__(self, text: str, *, key: str = "", candidates: tuple[Any, ...] = ()) -> None:
        super().__init__(text)
        self.key = key
        self.candidates = candidates

    def resolved_by(self, resolve: Callable[[Settle], Any]) -> None:
        """Tell it who can look; the session does."""
        self._resolve = resolve

    def resolve(self) -> Any:
        """Look once more, with a deadline of its own, and change nothing; after an asynchronous call, to be awaited.

        ```python
        try:
            booking = client.bookings.cancel(booking_id)
        except OutcomeUnknownError as error:
            booking = error.resolve()  # None: nothing is to be seen so far, and it may still be on its way.
        ```

        Returns what the call would have returned (of a new subscription, all but the secret: rotate that), or `None` if
        its effect is not to be seen. Raises what the lookup raises; `DuplicateExternalReferenceError` if the booking
        with this reference is another one, or dead; `OutcomeUnknownError` if several subscriptions may be it; and
        `ConfigurationError` if there is nothing to look at, the client is closed, or this error has been pickled.
        """
        if self._resolve is None:
            raise ConfigurationError("this error has left its client behind; look with a client, or ask the vendor")
        if self.settle is None:
            raise ConfigurationError("nothing can be looked up for it; ask the vendor")
        return self._resolve(self.settle)


class LedgerError(CleanLifeError):
    """The ledger cannot be read or written, or a booking cannot be finished, or shown, from what it holds.

    Call again with the same reference, or payload: whatever had been recorded is found, and nothing is made twice.

    Attributes:
        sent: Whether this call may have sent the request; the text says what is known of it.
        key: The reference of the entry, such as the external reference, `""` where the error is about none.
    """

    def __init__(self, text: str, *, sent: bool = False, key: str = "") -> None:
        super().__init__(text)
        self.sent = sent
        self.key = key


class InboxError(CleanLifeError):
    """The inbox of webhooks cannot be read or written. What was to be written is not; what is delivered comes again."""


class ProcessingError(CleanLifeError):
    """A delivery that was to be processed is not done: its handlers have failed, or somebody else is at it.

    What a handler raised stands in the inbox alone, in the `error` of its entry.

    Attributes:
        delivery_id: Which delivery.
        state: How far it has come: `WAITING` for another try, `PROCESSING` by somebody else, or `DEAD`.
        due: When it may be taken up again, if it is not dead.
    """

    def __init__(self, text: str, *, delivery_id: str, state: State, due: dt.datetime) -> None:
        super().__init__(text)
        self.delivery_id, self.state, self.due = delivery_id, state, due


class WebhookVerificationError(CleanLifeError):
    """A delivery is not to be believed: answer 401, and do nothing that it asks for.

    Attributes:
        reason: Why, as one of `cleanlife_ext.webhooks.Reason`, such as `signature_mismatch`.
    """

    def __init__(self, text: str, *, reason: str = "") -> None:
        super().__init__(text)
        self.reason = reason


class _AnsweredError(CleanLifeError):
    """What the two errors made of an answer have in common."""

    def __init__(self, text: str, *, response: Response) -> None:
        super().__init__(text)
        self.response = response
        self.status_code = response.status_code

    def _travelling(self) -> dict[str, Any]:
        return {**super()._travelling(), "response": Response(self.status_code, Headers(), b"")}


class APIStatusError(_AnsweredError):
    """The API understood, and said no.

    Attributes:
        status_code: The HTTP status.
        code: The API's error code, such as `VALIDATION_ERROR`; branch on this. `""` if none was given.
        message: The API's own words. They may quote what was sent, so they are not in `str(error)`.
        shown_code: The code if it is one that the API documents, else `""`: as it may stand in a text.
        details: What else the API said, or `None`.
        issues: All that the API finds wrong, where it lists that. Each has its `.severity`, its `.code`, the `.fields`
            that it is about, and a `.message` in the API's own words; a `repr` shows of them what the spec knows.
        response: The whole answer.
    """

    code: str = ""
    shown_code: str = ""
    message: str = ""
    details: Any = None
    issues: tuple[Issue, ...] = ()
    _stays = ("message", "details", "existing", "issues")

    def __init__(
        self,
        text: str,
        *,
        response: Response,
        code: str = "",
        shown: str | None = None,
        message: str = "",
        details: Any = None,
        issues: tuple[Issue, ...] = (),
    ) -> None:
        super().__init__(text, response=response)
        self.code = code
        self.shown_code = shown_code(code) if shown is None else shown
        self.message = message
        self.details = details
        self.issues = issues
        self.ambiguous = response.status_code >= 500

    def _travelling(self) -> dict[str, Any]:
        return {**super()._travelling(), "code": self.shown_code}


class BadRequestError(APIStatusError):
    """400: something in the request is not as the API wants it; `.details` says what."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing, wrong or expired, or the partner account is suspended."""


class PermissionDeniedError(APIStatusError):
    """403: the key is good, but may not do this (or not from this domain)."""


class NotFoundError(APIStatusError):
    """404: there is no such thing, or it is another partner's."""


class ConflictError(APIStatusError):
    """409: it collides with something that is there already.

    Attributes:
        existing: What it collides with, as far as it could be looked up.
    """

    existing: Any | None = None

    def collides_with(self, existing: Any | None) -> None:
        """Attach what was looked up; the engine does."""
        self.existing = existing
        if existing is not None:
            self.args = (f"{self.args[0]}; it is there already: see .existing",)


class DuplicateExternalReferenceError(ConflictError):
    """409: a booking with this external reference is there already.

    Attributes:
        existing: That booking, or `None` if it could not be looked up.
    """

    existing: Booking | None = None


class IdempotencyConflictError(ConflictError):
    """409: this idempotency key was used for another payload. Leave the key out, and each payload has its own.

    What is found to be so before anything is sent is refused here, with an empty `.response`.
    """


class PreconditionFailedError(ConflictError):
    """412: it is not as it was when it was read; read it again, and change that."""


class UnprocessableEntityError(APIStatusError):
    """422: well-formed, but against a business rule; `.code` says which."""


class BookingCreationFailedError(UnprocessableEntityError):
    """422: the booking could not be created, and its external reference is free again."""


class RateLimitError(APIStatusError):
    """429: more requests than the key may send.

    A call that was held back and never sent ends in it too: `.response` is then the refusal that holds everybody back,
    or an empty one where `rate_limit` does.

    Attributes:
        retry_after: Seconds after which it makes sense to ask again.
    """

    retry_after: float | None = None
    goes_on: bool = True  # Whether the rate limiter waits for it.
    reason: str = "429"  # Why, or why not.


class JobFailedError(APIStatusError):
    """What was begun has failed; `.issues` says why. To begin it again is a new request."""


class InProgressError(_AnsweredError):
    """202: the API is still at it, and has named no place to ask. What it ends in is an `OutcomeUnknownError`."""

    ambiguous = True


class InternalServerError(APIStatusError):
    """5xx: the API, or something in front of it, failed."""


class UnexpectedResponseError(_AnsweredError):
    """The answer is not one the API documents: HTML, cut JSON, a wrong shape, an undocumented status."""

    ambiguous: bool = True


# Tracebacks name them as users import them.
for _name in __all__:
    globals()[_name].__module__ = "cleanlife_ext"
