"""What travels: requests, responses, and the scope that holds an operation together. Plain values, no I/O."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

import attrs

from cleanlife_ext.engine.traits import Operation

if TYPE_CHECKING:
    from cleanlife_ext.engine.settle import Settle

__all__ = [
    "DECODER",
    "FINAL",
    "FORM",
    "Attempt",
    "Doubt",
    "Headers",
    "Issue",
    "Notes",
    "Options",
    "Request",
    "Response",
    "Scope",
    "Source",
    "shown_code",
]


class Headers(Mapping[str, str]):
    """Header fields by name, in whatever case they are asked for. A field sent twice is joined by a comma."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, str] = {}
        for name, value in fields:
            key = name.lower()
            self._fields[key] = f"{self._fields[key]}, {value}" if key in self._fields else value

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({', '.join(self._fields)})"  # Names only: values may be anybody's.


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_number(digits)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word[:20]} is no number")  # Python reads it all the same, and it would poison every sum.


DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)  # `json.loads` makes one for each text.


@attrs.frozen(eq=False)
class Response:
    """An answer, as generated code reads it. Its `repr` shows no content."""

    status_code: int
    headers: Headers = attrs.field(repr=False)
    content: bytes = attrs.field(repr=False)
    _parsed: list[Any] = attrs.field(init=False, factory=list[Any], repr=False)

    def json(self) -> Any:
        """What it says, and to each caller afresh: whoever changes what they got changes nobody else's."""
        try:
            return self._parsed.pop()
        except IndexError:
            return DECODER.decode(self.content.decode(json.detect_encoding(self.content), "surrogatepass"))

    def hand_on(self, parsed: Any) -> None:
        """Let the next caller of `json` have *parsed*, which nobody else keeps, instead of parsing it again."""
        self._parsed[:] = [parsed]


# What a stranger wrote is shown only if it looks like what it should be.
CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


def shown_code(code: str) -> str:
    """An error code as it may stand in a text, `""` if it is none."""
    return code if CODE.fullmatch(code) else ""


FORM = "application/x-www-form-urlencoded"
SEVERITIES = ("fatal", "error", "warning", "information")


@attrs.frozen(repr=False)
class Issue:
    """One of the things that an API finds wrong. Its `repr` shows the code and the fields that the spec knows.

    Attributes:
        severity: `fatal`, `error`, `warning` or `information`.
        code: Of what kind it is, such as `required`.
        message: In the API's own words, which may quote what was sent.
        fields: What it is about, such as `name.0.family`.
    """

    severity: str = ""
    code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()
    shown_code: str = attrs.field(default="", eq=False)
    shown_fields: tuple[str, ...] = attrs.field(default=(), eq=False)

    def __repr__(self) -> str:
        severity = self.severity if self.severity in SEVERITIES else ""
        return f"Issue(severity={severity!r}, code={self.shown_code!r}, fields={self.shown_fields!r})"


FINAL = "sending it again would not help"


@attrs.frozen
class Attempt:
    """One request as it went over the wire, as it failed to, or as it was held back.

    Attributes:
        operation: The operation's id; a lookup on the way has its own.
        status: The HTTP status, `None` if no answer came.
        code: The API's error code, or the error's name where no answer came; `""` for success.
        ambiguous: Whether it may have taken effect although no usable answer came back.
        request_id: The id to quote to the vendor's support.
        seconds: How long it took.
        wait: Seconds that passed after it, until the next or the end; `None` where there was no wait.
        reason: Why that wait, in words.
        held: Nothing was sent: a request was held back for the rate, as long as *wait* says, because of *reason*.
        ids: All ids of the request by the header that bore them: first the one that was sent, then those that came
            back. Where one header bore two, the one that was sent; the other is the *request_id*.
    """

    operation: str
    status: int | None
    code: str
    ambiguous: bool
    request_id: str
    seconds: float
    wait: float | None = None
    reason: str = ""
    held: bool = False
    ids: Mapping[str, str] = attrs.field(factory=dict[str, str], hash=False)

    @property
    def correlation_id(self) -> str:
        """What ties the id that was sent to the one to quote, `""` if the provider has nothing like it."""
        received = [*self.ids.values()][1:]
        return next((id for id in received if id != self.request_id), "")


@attrs.frozen
class Options:
    """What a caller may choose for each call.

    Attributes:
        timeout: Seconds an attempt may take, from waiting for a connection to the last byte.
        deadline: Seconds an operation may take, with all its attempts and waits.
        max_attempts: How often a request is sent at the most.
        adopt: Take what already bears a creation's key as its result, if it is the same and alive.
        resumes: It finishes what another call began, whose caller is told nothing: failures that are not about it, such
            as a lost connection or a wrong key, do not end it.
        on_rate_limit: What to do while more requests than allowed are asked for: `"wait"`, or `"raise"` at once.
    """

    timeout: float = 30.0
    deadline: float = 180.0
    max_attempts: int = 4
    adopt: bool = False
    resumes: bool = False
    on_rate_limit: Literal["wait", "raise"] = "wait"


Source: TypeAlias = Literal["sent", "kept", "stale", "shared"]
Doubt: TypeAlias = Literal["none", "recent", "old"]


@attrs.define(eq=False)
class Notes:
    """What the layers note of the call under way, for those who watch it.

    Attributes:
        request: What was asked, as it was last sent.
        first: How many attempts its operation had made before it.
        source: Where the answer came from: it was sent for, kept, too old but all there was, or another's.
        reason: Why it is not a plain answer to what was sent, or why it was held back before anything was, in words.
    """

    request: Request | None = None
    first: int = 0
    source: Source = "sent"
    reason: str = ""


@attrs.define(eq=False)
class Scope:
    """What an operation shares with all it sends: its id, its attempts, its deadline and the caller's transaction.

    One call after the other is made in it, never two at once.
    """

    ends: float
    began: float = 0.0
    id: str = ""
    transaction: str = ""
    attempts: list[Attempt] = attrs.Factory(list[Attempt])
    rested: float = 0.0  # Since when nothing is under way: the end of the last attempt, or the call's beginning.
    notes: Notes = attrs.Factory(Notes)


@attrs.frozen(eq=False)
class Request:
    """One request, before any HTTP library sees it. Its `repr` shows no values.

    *settle* knows how to find out what became of it, where that is not known and sending it again is not harmless.
    *doubt* says whether an earlier call sent it and nobody knows what became of it: `recent` if it may still arrive,
    `old` if it has arrived or never will. *key_until* is when the server forgets the idempotency key in its headers, by
    the engine's clock.
    """

    operation: Operation = attrs.field(repr=lambda operation: operation.id)
    path: str = attrs.field(repr=False)
    query: Mapping[str, Any] = attrs.field(repr=False)
    body: Any = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    scope: Scope = attrs.field(repr=False)
    options: Options
    settle: Settle | None = attrs.field(default=None, repr=False)
    doubt: Doubt = "none"
    key_until: float | None = None
