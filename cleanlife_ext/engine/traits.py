"""What the spec says of an operation, beside its shape: how it may be repeated, kept, paged and split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeAlias

import attrs

__all__ = ["Batching", "Caching", "Created", "ErrorBody", "Job", "Next", "Operation", "Paging", "Repeat", "Rules"]

Values: TypeAlias = Mapping[str, tuple[str, ...]]  # Fields, each with the values that mean something.


@attrs.frozen
class Repeat:
    """`x-repeat`: what sending an operation twice means.

    Attributes:
        safe: Sending it twice is as good as once.
        key: The field of the body that makes a creation unique.
        lookup: The operation that finds a creation by its key.
        same: The fields that tell whether what was found is what was asked for.
        taken: The error code that says that the key is in use.
        again: Error codes after which the same request may be sent again.
        dead: Fields of what was found, with the values that say that it no longer counts.
        done: The error code that says that it was done before.
        read: The operation that reads what it was done to, or what was created.
        when: Fields of what was read, with the values that say that it was done.
        gives: What the answer would have been, where nothing can be read; `{name}` is taken from the path.
        unseen: The operation that lists what there is, before and after.
        id: What tells the items of that list apart, or what a creation is read by.
        day: The field with the day that a creation is for.
        then: The operation that renews the secret that was lost with the answer.
        believed: Statuses of a refusal that say that nothing sent before has taken effect, or will.
        header: The header with an idempotency key: what is sent again with the same one is done once.
        lifetime: For how many seconds the server knows such a key; `None` where nothing is to be concluded from it.
        reused: Error codes of a 409 that say that the key was used for another payload; `""` is none at all.
        by: The field, and parameter of *lookup*, that identifies a creation, and how one item of it is written there.
        guard: The header with the version that a change is made to; without it the change is not sent.
        version: Where what is read has its version, which *guard* has in quotes.
        ignored: Fields of what was sent that need not stand in what is read afterwards.
    """

    safe: bool = False
    key: str = ""
    lookup: str = ""
    same: tuple[str, ...] = ()
    taken: str = ""
    again: tuple[str, ...] = ()
    dead: Values = attrs.field(factory=dict[str, tuple[str, ...]])
    done: str = ""
    read: str = ""
    when: Values = attrs.field(factory=dict[str, tuple[str, ...]])
    gives: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    unseen: str = ""
    id: str = ""
    day: str = ""
    then: str = ""
    believed: tuple[int, ...] = (400, 404)
    header: str = ""
    lifetime: float | None = None
    reused: tuple[str, ...] = ()
    by: Mapping[str, str] = attrs.field(factory=dict[str, str])
    guard: str = ""
    version: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def settles(self) -> bool:
        """Whether it can be found out what became of a lost request, by looking or by sending it again."""
        return bool(self.key or self.done or self.read or self.unseen or self.lifetime)

    @classmethod
    def read_from(cls, trait: str | Mapping[str, Any]) -> Self:
        if isinstance(trait, str):
            return cls(safe=trait == "safe")
        members: dict[str, Any] = dict(trait)
        members |= {name: tuple(value) for name, value in trait.items() if isinstance(value, list)}
        members |= {name: _values(trait[name]) for name in ("dead", "when") if name in trait}
        return cls(**members)


def _values(trait: Mapping[str, Any]) -> Values:
    return {field: tuple(values) for field, values in trait.items()}


@attrs.frozen
class Caching:
    """`x-cache`: an answer may be kept for *ttl* seconds, and is good for *stale* where no new one can be had."""

    ttl: float
    stale: float = 0.0


@attrs.frozen
class Next:
    """Where an answer has the address of the next page: in the entry of the list *within* that is like *where*."""

    within: str
    where: Mapping[str, str]
    url: str


@attrs.frozen
class Paging:
    """`x-pages`: the parameters that ask for a page, the most it holds, and where the answer has what.

    Pages are counted (*page*, *total*), or each has the address of the *next* one.
    """

    limit: str
    max: int
    items: str
    id: str
    page: str = ""
    total: str = ""
    next: Next | None = None

    @classmethod
    def read(cls, trait: Mapping[str, Any]) -> Self:
        members: dict[str, Any] = dict(trait)
        if (link := trait.get("next")) is not None:
            members["next"] = Next(link["in"], link["where"], link["url"])
        return cls(**members)


@attrs.frozen
class Job:
    """`x-job`: the answer tells where to ask how far it is, and the operation *asks* tells.

    Attributes:
        addresses: The headers of the answer, the first of which that is there has the address.
        asks: The operation that is asked.
        done, running, failed: Its statuses.
        progress: Its header that tells how far it is.
    """

    addresses: tuple[str, ...]
    asks: str
    done: int
    running: int
    failed: int
    progress: str


@attrs.frozen
class Created:
    """`x-created`: where a success without a body names what was made: its id stands in *path*, in *header*."""

    header: str
    path: str


@attrs.frozen
class ErrorBody:
    """`error-body`: what an error looks like, where there is no envelope.

    Attributes:
        marks: The fields, with their values, by which it is known as one.
        issues: The field that lists what is wrong; `""` if the error itself is the one thing.
        severities: Which of them count.
        code, message, fields: Where each has what; of several places the first that is there.
        codes: The codes that may be shown.
    """

    marks: Mapping[str, str]
    issues: str
    severities: tuple[str, ...]
    code: str
    message: tuple[str, ...]
    fields: tuple[str, ...]
    codes: frozenset[str]

    @classmethod
    def read(cls, trait: Mapping[str, Any]) -> Self:
        return cls(
            marks=trait.get("is", {}),
            issues=trait.get("issues", ""),
            severities=tuple(trait.get("severities", ())),
            code=trait["code"],
            message=tuple(trait.get("message", ())),
            fields=tuple(trait.get("fields", ())),
            codes=frozenset(trait["codes"]),
        )


@attrs.frozen
class Batching:
    """`x-batch`: at most *max* of *items* go into one call, and no splitting with one of *alone_with*."""

    items: str
    max: int
    alone_with: tuple[str, ...]


@attrs.frozen(eq=False)
class Operation:
    """One operation of the spec with its traits.

    *log* names the fields and parameters that may be logged, *empty* the statuses of success that have no body,
    *answers* what is asked for, *permission* what is needed for it, and *needs* the parameters of the query that it
    is not sent without.
    """

    id: str
    method: str
    path: str
    tag: str
    statuses: frozenset[int]
    repeat: Repeat
    cache: Caching | None = None
    pages: Paging | None = None
    batch: Batching | None = None
    log: tuple[str, ...] = ()
    requires: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    needs: tuple[str, ...] = ()
    empty: frozenset[int] = frozenset()
    answers: str = "application/json"
    permission: str = ""
    impact: str = ""
    job: Job | None = None
    created: Created | None = None
    errors: ErrorBody | None = None
    accepts: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False)

    @classmethod
    def read(cls, id: str, row: Mapping[str, Any]) -> Self:
        """Make one of a row of the generated table."""
        return cls(
            id=id,
            method=row["method"],
            path=row["path"],
            tag=row["tag"],
            statuses=frozenset(row["statuses"]),
            repeat=Repeat.read_from(row["repeat"]),
            cache=Caching(**row["cache"]) if "cache" in row else None,
            pages=Paging.read(row["pages"]) if "pages" in row else None,
            batch=_batching(row["batch"]) if "batch" in row else None,
            log=tuple(row.get("log", ())),
            requires={field: tuple(needed) for field, needed in row.get("requires", {}).items()},
            needs=tuple(row.get("needs", ())),
            empty=frozenset(row.get("empty", ())),
            answers=", ".join(row.get("answers", ("application/json",))),
            permission=row.get("permission", ""),
            impact=row.get("impact", ""),
            job=_job(row["job"]) if "job" in row else None,
            created=Created(**row["created"]) if "created" in row else None,
            errors=ErrorBody.read(row["error-body"]) if "error-body" in row else None,
            accepts=row["accepts"],
        )


def _job(row: Mapping[str, Any]) -> Job:
    return Job(tuple(row["poll"]), row["with"], row["done"], row["running"], row["failed"], row["progress"])


def _batching(row: Mapping[str, Any]) -> Batching:
    return Batching(row["items"], row["max"], tuple(row["alone-with"]))


@attrs.frozen
class Rules:
    """What `x-provider` says of waiting.

    Attributes:
        transient: For each outcome that passes by itself (`transport`, `503`, `52X`) how to wait:
            `backoff`, `retry-after` (as asked, else backoff), or the seconds of one refusal after the other.
        first, most: The shortest and the longest backoff, in seconds.
    """

    transient: Mapping[str, str | tuple[float, ...]]
    first: float
    most: float

    @classmethod
    def read(cls, trait: Mapping[str, Any]) -> Self:
        return cls(
            transient={
                outcome: wait if isinstance(wait, str) else tuple(wait["wait"])
                for outcome, wait in trait["transient"].items()
            },
            first=trait["backoff"]["first"],
            most=trait["backoff"]["most"],
        )

    def wait_for(self, status: int | None) -> str | tuple[float, ...] | None:
        """How to wait after this status (`None`: no answer came). `None` where waiting would not help."""
        if status is None:
            return self.transient.get("transport")
        text = str(status)
        return self.transient.get(text, self.transient.get(f"{text[:2]}X"))
