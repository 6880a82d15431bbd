"""What answers look like around what they say: in an envelope, or as they are, with errors of a form of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeAlias

import attrs

from cleanlife_ext.engine.message import Headers, Issue, Response, shown_code
from cleanlife_ext.engine.traits import ErrorBody, Operation

__all__ = ["Bare", "Bodies", "Envelope", "Refusal", "Row", "answer_of", "at", "parsed"]

Row: TypeAlias = Mapping[str, Any]  # One thing of an answer, as JSON.

COMPLAINT = re.compile(r"[\w.\[\]]+", re.ASCII)


@attrs.frozen
class Refusal:
    """What an error says.

    Attributes:
        code: Its code, `""` if it has none; *shown* is as much of it as may stand in a text.
        message: In the API's own words.
        details: What else it says.
        request_id: What it calls the request.
        fields: What it is about, as `data.phone` or `items.0.name`; nobody has looked whether there are such fields.
        issues: All that it finds wrong, where it may be several things.
    """

    code: str = ""
    shown: str = ""
    message: str = attrs.field(default="", repr=False)
    details: Any = attrs.field(default=None, repr=False)
    request_id: str = ""
    fields: tuple[str, ...] = attrs.field(default=(), repr=False)
    issues: tuple[Issue, ...] = ()


class Bodies(Protocol):
    """How an API says yes and no."""

    def refusal(self, operation: Operation, status: int, content: bytes, answer: Any) -> Refusal | None:
        """What a 4xx or a 5xx says; `None` if it is not the API's."""
        ...

    def is_success(self, answer: Any) -> bool:
        """Whether *answer* may be one."""
        ...

    def content(self, answer: Any) -> Any:
        """What a success brings."""
        ...

    def rows(self, operation: Operation, answer: Any, model: Any) -> list[tuple[Row, Any]]:
        """Each thing in a success, as JSON and as a model if there is one; one if it is no list."""
        ...

    def success(self, row: Row) -> Any:
        """The answer that brings *row*."""
        ...

    def failure(self, code: str) -> Any:
        """The answer that refuses with *code*."""
        ...


@attrs.frozen
class Envelope:
    """The fields around each answer: whether it is a success, what it brings, or what is wrong."""

    ok: str
    data: str
    error: str

    def refusal(self, operation: Operation, status: int, content: bytes, answer: Any) -> Refusal | None:  # noqa: ARG002
        error = answer.get(self.error) if isinstance(answer, dict) and answer.get(self.ok) is False else None
        if not isinstance(error, dict):
            return None
        code, details = _text(error, "code"), error.get("details")
        complaints = details.get("message") if isinstance(details, dict) else None
        return Refusal(
            code=code,
            shown=shown_code(code),
            message=_text(error, "message"),
            details=details,
            request_id=_text(error, "requestId"),
            fields=tuple(str(each).partition(" ")[0] for each in complaints) if isinstance(complaints, list) else (),
        )

    def is_success(self, answer: Any) -> bool:
        return isinstance(answer, dict) and answer.get(self.ok) is True

    def content(self, answer: Any) -> Any:
        return answer[self.data]

    def rows(self, operation: Operation, answer: Any, model: Any) -> list[tuple[Row, Any]]:  # noqa: ARG002
        found, models = answer[self.data], getattr(model, self.data)
        return list(zip(found, models, strict=True)) if isinstance(found, list) else [(found, models)]

    def success(self, row: Row) -> Any:
        return {self.ok: True, self.data: row}

    def failure(self, code: str) -> Any:
        return {self.ok: False, self.error: {"code": code}}


@attrs.frozen
class Bare:
    """A success is what it brings and no more. What stands before the API may refuse in words of its own."""

    errors: ErrorBody

    def refusal(self, operation: Operation, status: int, content: bytes, answer: Any) -> Refusal | None:  # noqa: ARG002
        if isinstance(answer, dict):
            return _refusal(operation.errors or self.errors, answer)
        return None if content else Refusal()

    def is_success(self, answer: Any) -> bool:
        return isinstance(answer, dict)

    def content(self, answer: Any) -> Any:
        return answer

    def rows(self, operation: Operation, answer: Any, model: Any) -> list[tuple[Row, Any]]:
        if operation.pages is None:
            return [(answer, model)]
        return [(row, None) for row in at(answer, operation.pages.items) if isinstance(row, dict)]

    def success(self, row: Row) -> Any:
        return row

    def failure(self, code: str) -> Any:
        form = self.errors
        return {**form.marks, form.issues: [{"severity": form.severities[-1], form.code: code}]}


def _refusal(form: ErrorBody, answer: Row) -> Refusal:
    if any(answer.get(field) != value for field, value in form.marks.items()):
        return Refusal()  # A gateway's own; all it says is the status.
    found = [each for each in at(answer, form.issues) if isinstance(each, dict)] if form.issues else [answer]
    issues = tuple(_issue(form, each) for each in found)
    grave = next((issue for issue in issues if not form.severities or issue.severity in form.severities), Issue())
    return Refusal(
        code=grave.code,
        shown=grave.shown_code,
        message=grave.message,
        details=answer,
        fields=tuple(field for issue in issues for field in issue.fields),
        issues=issues,
    )


def _issue(form: ErrorBody, each: Row) -> Issue:
    messages = (text for path in form.message for text in at(each, path) if isinstance(text, str))
    # `Patient.name[0].family` begins with what it is a part of.
    paths = (path for field in form.fields for path in at(each, field) if isinstance(path, str))
    inner = (path.partition(".")[2].replace("[", ".").replace("]", "") for path in paths if COMPLAINT.fullmatch(path))
    code = _text(each, form.code)
    return Issue(
        severity=_text(each, "severity"),
        code=code,
        message=next(messages, ""),
        fields=tuple(path for path in inner if path),
        shown_code=code if code in form.codes else "",
    )


def at(value: Any, path: str) -> list[Any]:
    """What stands at *path*, such as `entry.resource`, in *value* as JSON: that of each item where there is a list."""
    found = [value]
    for part in path.split("."):
        inner = [each[part] for each in found if isinstance(each, dict) and part in each]
        found = list(_flat(inner))
    return found


def _flat(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


def parsed(response: Response) -> Any:
    """What *response* says, `None` if it is no JSON."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def answer_of(bodies: Bodies, operation: Operation, row: Row) -> Response:
    """The answer of *operation* that would have brought *row*."""
    status = min(operation.statuses - operation.empty)
    return Response(status, Headers(), json.dumps(bodies.success(row)).encode())


def _text(values: Row, field: str) -> str:
    value = values.get(field)
    return value if isinstance(value, str) else ""
