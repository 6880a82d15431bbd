"""An API as its spec describes it, and the code that decodes its answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Self

import attrs

from cleanlife_ext import errors
from cleanlife_ext.engine.bodies import Bare, Bodies, Envelope
from cleanlife_ext.engine.message import Response
from cleanlife_ext.engine.traits import ErrorBody, Operation, Rules

__all__ = ["REQUEST_ID_BASE", "Bearer", "Provider"]

# What a stranger wrote is shown only if it looks like what it should be.
REQUEST_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)
PLACE = re.compile(r"[0-9]{1,3}")  # In a list. More digits may be a phone number.
REQUEST_ID_BASE = re.compile(r"[\w.:-]{1,56}", re.ASCII)  # With `.` and a number after it, 64 at the most.


@attrs.frozen
class Bearer:
    """Who asks is shown by a token, which the operation *gives* gives. One that is refused with *renew* is renewed."""

    header: str
    scheme: str
    gives: str
    renew: frozenset[int]


@attrs.frozen(eq=False)
class Provider:
    """An API, as its spec describes it, and the code that decodes its answers.

    Attributes:
        sends_uuids: Whether each request id that is made is a plain UUID, and not numbered under that of its operation.
        failures: For each operation that asks for jobs the status that says that one has failed.
        bearer: How a token is carried, where it is no key that shows who asks.
        fields: The names of all fields in the spec, which are nobody's secret.
        limited_by: What a limit of the rate counts: the requests of a `credential`, or of each `operation` of one.
        decode: Makes the generated model of an answer; raises anything at all if it cannot.
    """

    name: str
    key_header: str
    sends_request_id: str
    sends_uuids: bool
    receives_request_id: tuple[str, ...]
    bodies: Bodies
    errors: Mapping[str, str]
    rules: Rules
    limited_by: str
    operations: Mapping[str, Operation]
    fields: frozenset[str] = attrs.field(repr=False)
    failures: Mapping[str, int]
    bearer: Bearer | None
    decode: Callable[[Operation, Response], Any] = attrs.field(repr=False)

    @classmethod
    def read(
        cls,
        trait: Mapping[str, Any],
        operations: Mapping[str, Mapping[str, Any]],
        decode: Callable[[Operation, Response], Any],
    ) -> Self:
        """Make one of the generated tables."""
        known = {id: Operation.read(id, row) for id, row in operations.items()}
        jobs = [operation.job for operation in known.values() if operation.job is not None]
        return cls(
            name=trait["name"],
            key_header=trait["auth"]["header"],
            sends_request_id=trait["request-id"]["send"],
            sends_uuids=trait["request-id"].get("form") == "uuid",
            receives_request_id=tuple(trait["request-id"]["receive"]),
            bodies=Envelope(**trait["envelope"]) if "envelope" in trait else Bare(ErrorBody.read(trait["error-body"])),
            errors=trait["errors"],
            rules=Rules.read(trait),
            limited_by=trait["rate-limit"]["scope"],
            operations=known,
            fields=frozenset(name for operation in known.values() for name in _names(operation.accepts)),
            failures={job.asks: job.failed for job in jobs},
            bearer=_bearer(trait["auth"]) if "token" in trait["auth"] else None,
            decode=decode,
        )

    def error_class(self, code: str) -> type[Any]:
        """The class of errors with this code, as the spec has it."""
        return getattr(errors, self.errors[code])  # type: ignore[no-any-return]

    def knows(self, field: str) -> bool:
        """Whether the spec names all parts of *field*, such as `name.0.family`."""
        first, *inner = field.split(".")
        return first in self.fields and all(part in self.fields or PLACE.fullmatch(part) for part in inner)

    def request_id(self, headers: Mapping[str, str], *, said: str = "") -> str:
        """The id that the provider gave the request, `""` if it gave none that looks like one.

        *said* is what the body calls it, for want of a header.
        """
        given = [headers[name] for name in self.receives_request_id if name in headers]
        return next((id for id in (*given, said) if REQUEST_ID.fullmatch(id)), "")

    def ids(self, headers: Mapping[str, str], *, sent: str = "") -> dict[str, str]:
        """All ids of a request by the header that bore them: what was *sent*, and what came back and looks like one."""
        ids = {self.sends_request_id: sent} if sent else {}
        for name in self.receives_request_id:
            if name not in ids and REQUEST_ID.fullmatch(id := headers.get(name, "")):
                ids[name] = id
        return ids


def _bearer(auth: Mapping[str, Any]) -> Bearer:
    return Bearer(auth["header"], auth["scheme"], auth["token"], frozenset(auth["renew"]))


def _names(accepts: Mapping[str, Any]) -> set[str]:
    schemas = json.dumps(accepts)  # Nested as deep as bodies are; their keys are what counts.
    return {part for part in schemas.split('"') if part.isidentifier()}
