"""Judge an answer: a value of the documented shape, or an error of the tree. Nothing else passes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import attrs

from cleanlife_ext import errors
from cleanlife_ext.engine.addresses import address_of, found_at, is_named
from cleanlife_ext.engine.bodies import Refusal, Row, answer_of, parsed
from cleanlife_ext.engine.constraints import refuse, spoken
from cleanlife_ext.engine.flow import Flow, Send
from cleanlife_ext.engine.message import Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.shape import misfit
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.errors import APIStatusError, CleanLifeError, InProgressError, UnexpectedResponseError

__all__ = ["check", "model_of", "verdict"]

CONFLICT = 409

MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,64}")

_BY_STATUS: Mapping[int, type[APIStatusError]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    412: errors.PreconditionFailedError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
}


def check(provider: Provider, request: Request, send: Send) -> Flow:
    """Let through what the operation documents as success; raise everything else."""
    response = named(request, (yield from send(request)))
    error = verdict(provider, request.operation, response)
    if error is not None:
        raise error
    return response


def named(request: Request, response: Response) -> Response:
    """*response*, and where it names in a header alone what was made, with that id: in what it says, or was sent."""
    operation, created = request.operation, request.operation.created
    if created is None or response.status_code not in operation.statuses - operation.empty:
        return response
    found = found_at(created.path, response.headers.get(created.header, ""))
    said = parsed(response) if response.content else request.body
    if found is None or not isinstance(said, dict):
        return response
    whole = {**found, **said} if response.content else {**said, **found}
    return attrs.evolve(response, content=json.dumps(whole).encode())


def verdict(provider: Provider, operation: Operation, response: Response) -> CleanLifeError | None:
    """What is wrong with *response*, or `None` if it is a documented success."""
    answer, status = parsed(response), response.status_code
    refusal = provider.bodies.refusal(operation, status, response.content, answer)
    error: CleanLifeError | None
    if status >= 500 or status == 429 or (status >= 400 and refusal is not None):
        error = _refused(provider, operation, response, refusal or Refusal())
    elif status not in operation.statuses:
        error = _not_ours(response, "a status that the API does not document")
    elif status in operation.empty:
        error = _unfinished(provider, operation, response)
    else:
        error = _misread(provider, operation, response, answer)
    if error is not None:
        error.request_id = provider.request_id(response.headers, said=refusal.request_id if refusal else "")
    return error


def model_of(provider: Provider, operation: Operation, row: Row) -> Any:
    """*row* as a model, judged like the answer of *operation* that would have brought it."""
    answer = answer_of(provider.bodies, operation, row)
    if (error := verdict(provider, operation, answer)) is not None:
        raise error
    return provider.decode(operation, answer)


def _unfinished(provider: Provider, operation: Operation, response: Response) -> CleanLifeError | None:
    """What is wrong with an answer that has no body, because what was asked for is not done yet."""
    job = operation.job
    if job is not None and _can_be_asked(provider.operations[job.asks], address_of(job, response.headers)):
        return None
    if operation.repeat.header:
        return InProgressError(f"{operation.id}: {response.status_code}, the API is still at it", response=response)
    return None if job is None else _not_ours(response, "it names no place to ask how far it is")


def _can_be_asked(asked: Operation, address: str) -> bool:
    """Whether *address* is one of *asked*, with an id that may be one."""
    found = found_at(asked.path, address)
    try:
        refuse(asked, found or {}, {}, None)
    except ValueError:
        return False
    return found is not None


def _misread(
    provider: Provider, operation: Operation, response: Response, answer: Any
) -> UnexpectedResponseError | None:
    if answer is None:
        return _not_ours(response, "not JSON" if response.content else "empty")
    if not provider.bodies.is_success(answer):
        return _not_ours(response, "not the API's envelope")
    response.hand_on(answer)
    try:
        model = provider.decode(operation, response)
    except Exception as error:  # noqa: BLE001  # Generated code fails on strange answers in whatever way Python does.
        return _not_ours(response, f"a wrong shape ({type(error).__name__})")
    if (field := misfit(model)) is not None:
        return _not_ours(response, f"a wrong shape ({field})")
    if (created := operation.created) is not None and not is_named(provider.bodies.content(answer), created.path):
        return _not_ours(response, "it does not name what was made")
    response.hand_on(answer)  # To the generated code, which decodes it once more.
    return None


def _refused(provider: Provider, operation: Operation, response: Response, refusal: Refusal) -> APIStatusError:
    code, status = refusal.code, response.status_code
    # Whatever its body says, a 429 is about the rate, and a 5xx is nothing definite.
    is_definite = status < 500 and status != 429
    known = _known(provider, operation, status, code) if is_definite else None
    kind = known or _BY_STATUS.get(status, errors.InternalServerError if status >= 500 else APIStatusError)
    about = sorted({spoken(field) for field in filter(provider.knows, refusal.fields)})
    text = " ".join(filter(None, [str(status), refusal.shown, f"(about {', '.join(about)})" if about else ""]))
    if kind is errors.PreconditionFailedError and operation.repeat.guard:
        text = f"{text}: it has been changed since it was read; read it again"
    return kind(
        f"{operation.id}: {text}",
        response=response,
        code=code,
        shown=refusal.shown,
        message=refusal.message,
        details=refusal.details,
        issues=tuple(
            attrs.evolve(issue, shown_fields=tuple(filter(provider.knows, issue.fields))) for issue in refusal.issues
        ),
    )


def _known(provider: Provider, operation: Operation, status: int, code: str) -> type[APIStatusError] | None:
    """What the spec says that *code* means."""
    if status == provider.failures.get(operation.id):
        return errors.JobFailedError
    if status == CONFLICT and code in operation.repeat.reused:
        return errors.IdempotencyConflictError
    return provider.error_class(code) if code in provider.errors else None


def _not_ours(response: Response, reason: str) -> UnexpectedResponseError:
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    shown = kind if MEDIA_TYPE.fullmatch(kind) else "no known content type"
    facts = f"status {response.status_code}, {shown}, {len(response.content)} bytes"
    return UnexpectedResponseError(f"an answer that is not the API's: {reason} ({facts})", response=response)
