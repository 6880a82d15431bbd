"""What was called, for a person who asks: records of calls, and their explanation in words.

A trace, like a transaction, belongs to the context it was begun in. Tasks inherit it, and so does whatever runs in a
copy of the context (`asyncio.to_thread`, `anyio.to_thread`); a plain thread does not, unless it is started with
`copy_context().run`.
"""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, overload

import attrs

from cleanlife_ext.engine.lock import LOCK
from cleanlife_ext.engine.message import FINAL, Attempt, Source

if TYPE_CHECKING:
    from cleanlife_ext.errors import CleanLifeError

__all__ = ["Call", "Calls", "Tracer", "explain"]

MOST_RECORDED = 10_000
MOST_TOLD = 12  # Attempts of a call. Of more the first and the last few are told.
FEW = 4
WIDTH = 79
INDENT = " " * 19
NOTICEABLE = 0.001  # seconds
TRANSACTION = re.compile(r"[\w.:/#-]{1,128}", re.ASCII)


@attrs.frozen
class Call:
    """One call of a generated operation, by you or by a resource: what was sent for it, and how it ended.

    An error that ends the wait for a job has one that stands for all polls.

    Attributes:
        id: The id of the operation it belongs to. All pages of an `all()` and all batches of a `calculate` have one id;
            the request ids of their attempts are that id with `.1`, `.2`, … after it, unless the vendor wants others.
        operation: The operation's id in the spec.
        method, path: As the spec has them; the path is the template, without its values.
        fields: What identifies it (`x-log` in the spec), by the API's names. Nothing personal is among them.
        began: When it began.
        seconds: How long it took: what its attempts took, the waits after them, and what passed before the first.
        attempts: What was sent for it, lookups included.
        result: `"ok"`, or the class name of the exception that ended it.
        source: Where the answer came from: `"sent"`, `"kept"` (the cache), `"stale"` (an old one, for want of a new
            one), `"shared"` (the same call was under way for somebody else).
        reason: Why it was held back, or not simply sent, in words.
        earlier: Seconds that its operation had taken before it began: earlier pages, batches or polls.
        sent_before: How many requests its operation had sent before it.
        transaction: The caller's own id for what it is a part of, `""` if none was given.
    """

    id: str
    operation: str
    method: str
    path: str
    fields: Mapping[str, str]
    began: dt.datetime
    seconds: float
    attempts: tuple[Attempt, ...]
    result: str
    source: Source = "sent"
    reason: str = ""
    earlier: float = 0.0
    sent_before: int = 0
    transaction: str = ""

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return sum(not attempt.held for attempt in self.attempts)

    @property
    def answering(self) -> float:
        """Seconds in which something was under way."""
        return sum(attempt.seconds for attempt in self.attempts)

    @property
    def waiting(self) -> float:
        """Seconds in which nothing was: between attempts, and before the first."""
        return max(0.0, self.seconds - self.answering)

    @property
    def before(self) -> float:
        """Seconds before its first attempt, or all of them where there was none: another's call was under way."""
        return max(0.0, self.waiting - sum(attempt.wait or 0.0 for attempt in self.attempts))

    def explain(self) -> str:
        """What happened, for a person."""
        return explain(self)


class Calls(Sequence[Call]):
    """The calls that a trace recorded, oldest first; of more than 10,000 the newest. Read it while it grows, or after.

    Attributes:
        forgotten: How many older ones had to go.
    """

    def __init__(self) -> None:
        self.forgotten = 0
        self._open = True
        self._calls = deque[Call](maxlen=MOST_RECORDED)

    def add(self, call: Call) -> None:
        """Record *call*; the engine does."""
        with LOCK:
            if self._open:
                self.forgotten += len(self._calls) == MOST_RECORDED
                self._calls.append(call)

    def close(self) -> None:
        """Record no more."""
        with LOCK:
            self._open = False

    def _copy(self) -> list[Call]:
        with LOCK:
            return list(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    @overload
    def __getitem__(self, at: int) -> Call: ...
    @overload
    def __getitem__(self, at: slice) -> list[Call]: ...
    def __getitem__(self, at: int | slice) -> Call | list[Call]:
        return self._copy()[at]

    def __iter__(self) -> Iterator[Call]:
        return iter(self._copy())

    def __repr__(self) -> str:
        return f"Calls({', '.join(f'{call.operation}: {call.result}' for call in self._copy()[-10:])})"

    def explain(self) -> str:
        """What happened, for a person."""
        return explain(self)


class Tracer:
    """Those who listen to the calls of one client here and now, and the transaction that these belong to."""

    @property
    def current(self) -> str:
        """The id of the transaction, `""` if there is none; of those within each other the inner one's."""
        # Almost always there is none.
        return next((id for tracer, id in known if tracer is self), "") if (known := _TRANSACTIONS.get()) else ""

    def listeners(self) -> list[Calls]:
        """Whom a call that ends here is told to."""
        # Almost always nobody listens.
        return [calls for tracer, calls in listening if tracer is self] if (listening := _LISTENING.get()) else []

    @contextmanager
    def trace(self) -> Generator[Calls]:
        """Listen within the block. What ends after it is not recorded, whichever task it runs in."""
        calls = Calls()
        entry = (self, calls)
        _LISTENING.set((*_LISTENING.get(), entry))
        try:
            yield calls
        finally:
            # Not by a token: the block may end in another context than it began in, as fixtures do.
            _LISTENING.set(tuple(other for other in _LISTENING.get() if other is not entry))
            calls.close()  # For tasks that live longer.

    def transaction(self, id: str) -> AbstractContextManager[None]:
        """Let what begins within the block belong to the transaction *id*."""
        if not isinstance(id, str) or not TRANSACTION.fullmatch(id):
            raise ValueError("transaction: an id of 1 to 128 ASCII letters, digits and signs of _ . : / # - is needed")
        return self._within(id)

    @contextmanager
    def _within(self, id: str) -> Generator[None]:
        entry = (self, id)
        _TRANSACTIONS.set((entry, *_TRANSACTIONS.get()))
        try:
            yield
        finally:
            _TRANSACTIONS.set(tuple(other for other in _TRANSACTIONS.get() if other is not entry))


_LISTENING: ContextVar[tuple[tuple[Tracer, Calls], ...]] = ContextVar("cleanlife_ext_listening", default=())
_TRANSACTIONS: ContextVar[tuple[tuple[Tracer, str], ...]] = ContextVar("cleanlife_ext_transactions", default=())


def explain(what: Call | Sequence[Call] | CleanLifeError) -> str:
    """What happened, in words and in lines of 79 characters, as far as no word is longer: a call, several, or an error.

    ```python
    with client.trace() as calls:
        client.bookings.status(booking.booking_id)
    print(explain(calls))
    ```

    Each attempt and each wait has a line of its own, but of very many only the first and the last, and their seconds
    add up. An attempt is named by the end of its request id: `.2` is the second request of the operation whose id
    stands above. An id of another form stands in brackets, and the correlation id, where the vendor gives one, beneath.
    Nothing secret or personal is told.
    """
    if isinstance(what, Call):
        return "\n".join(_call(what))
    if isinstance(what, BaseException):
        return "\n".join(_error(what))
    return "\n".join(_calls(what))


def _calls(calls: Sequence[Call]) -> Iterator[str]:
    for call in calls:
        yield from _call(call)
    if forgotten := getattr(calls, "forgotten", 0):
        yield f"(before them {forgotten} older calls, which are no longer kept)"
    if len(calls) == 1:
        return
    sent = sum(call.sent for call in calls)
    failed = sum(call.result != "ok" for call in calls)
    answers, waits = (sum(getattr(call, part) for call in calls) for part in ("answering", "waiting"))
    yield f"{len(calls)} calls, {failed} failed; {sent} requests; answers {answers:.3f} s, waits {waits:.3f} s"


def _error(error: CleanLifeError) -> Iterator[str]:
    yield from _wrapped(f"{type(error).__name__}: {error}", "", "  ")
    call = error.call
    if call is not None:
        yield from _call(call)
    if not (call and call.attempts):
        yield from _attempts(error.attempts, "" if call is None else call.operation, "", has_failed=True)


def _call(call: Call) -> Iterator[str]:
    fields = "".join(f" {name}={value}" for name, value in call.fields.items())
    began = call.began.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    yield from _wrapped(f"{call.operation}: {call.result} in {call.seconds:.3f} s{_how(call)}", "", "  ")
    yield from _wrapped(f"{began} UTC {call.method} {call.path}{fields}", "  ", "    ")
    if call.transaction:
        yield from _wrapped(f"transaction {call.transaction}", "  ", "    ")
    if any(id.startswith(f"{call.id}.") for attempt in call.attempts for id in attempt.ids.values()):
        yield f"  request ids {call.id}.N"
    if call.earlier >= NOTICEABLE and (call.sent_before or not call.sent):
        yield from _timed("", call.earlier, "before it, for earlier calls of its operation")
    is_held = call.before >= NOTICEABLE and call.reason and call.source != "stale"
    if call.before >= NOTICEABLE:
        yield from _timed("", call.before, f"held back: {call.reason}" if is_held else "until then")
    yield from _attempts(call.attempts, call.operation, call.id, has_failed=call.result != "ok")
    if call.reason and not is_held:
        yield from _wrapped(call.reason, "  ", "    ")


def _how(call: Call) -> str:
    spent = f" (answers {call.answering:.3f}, waits {call.waiting:.3f})" if call.attempts else ""
    return f"{spent}{_FROM[call.source]}"


_FROM: Mapping[Source, str] = {
    "sent": "",
    "kept": ", kept from before",
    "stale": ", from an OLD answer",
    "shared": ", asked for by another call",
}


def _attempts(attempts: Sequence[Attempt], operation: str, id: str, *, has_failed: bool) -> Iterator[str]:
    untold = range(FEW, len(attempts) - FEW if len(attempts) > MOST_TOLD else 0)
    for at, attempt in enumerate(attempts):
        if at not in untold:
            yield from _attempt(attempt, operation, id, is_the_end=has_failed and attempt is attempts[-1])
        elif at == FEW:
            passed = sum(each.seconds + (each.wait or 0.0) for each in attempts[untold.start : untold.stop])
            yield from _timed("", passed, f"… {len(untold)} more …")


def _attempt(attempt: Attempt, operation: str, id: str, *, is_the_end: bool) -> Iterator[str]:
    if attempt.held:
        yield from _timed("", attempt.wait or 0.0, f"held back: {attempt.reason}")
        return
    base, _, number = attempt.request_id.rpartition(".")
    is_numbered = bool(base) and base == id
    who = f"{attempt.operation} " if attempt.operation != operation else ""
    answer = f"no answer ({attempt.code})" if attempt.status is None else f"{attempt.status} {attempt.code}".strip()
    known_as = "" if is_numbered else f" [{attempt.request_id}]"
    yield from _timed(f".{number}" if is_numbered else "", attempt.seconds, f"{who}{answer}{known_as}")
    if attempt.correlation_id:
        yield from _wrapped(f"correlation id {attempt.correlation_id}", "  ", "    ")
    # It begins with the outcome, which stands in the line above.
    reason = attempt.reason.removeprefix(f"{attempt.status}: ").removeprefix(f"{attempt.code}: ")
    if attempt.wait is not None:
        yield from _timed("", attempt.wait, f"waited{': ' if reason else ''}{reason}")
    elif reason not in ("", FINAL):
        yield from _wrapped(f"not sent again: {reason}" if is_the_end else reason, INDENT, INDENT)


def _timed(mark: str, seconds: float, text: str) -> list[str]:
    return _wrapped(text, f"  {mark:<4}{seconds:9.3f} s  ", INDENT)


def _wrapped(text: str, first: str, then: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False, break_long_words=False
    )
