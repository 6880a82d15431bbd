"""Judge an answer: a value of the documented shape, or an error of the tree. Nothing else passes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cleanlife_ext import errors
from cleanlife_ext.engine.constraints import spoken
from cleanlife_ext.engine.flow import Flow, Send
from cleanlife_ext.engine.message import Request, Response
from cleanlife_ext.engine.provider import Provider, shown_code
from cleanlife_ext.engine.shape import misfit
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.errors import APIStatusError, CleanLifeError, UnexpectedResponseError

__all__ = ["check", "verdict"]

PLACE = re.compile(r"[0-9]{1,3}")  # In a list. More digits may be a phone number.
MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,64}")

_BY_STATUS: Mapping[int, type[APIStatusError]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
}


def check(provider: Provider, request: Request, send: Send) -> Flow:
    """Let through what the operation documents as success; raise everything else."""
    response = yield from send(request)
    error = verdict(provider, request.operation, response)
    if error is not None:
        raise error
    return response


def verdict(provider: Provider, operation: Operation, response: Response) -> CleanLifeError | None:
    """What is wrong with *response*, or `None` if it is a documented success."""
    answer = _parsed(response)
    refusal = answer.get(provider.error) if isinstance(answer, dict) and answer.get(provider.ok) is False else None
    status = response.status_code
    error: CleanLifeError
    if status >= 500 or status == 429 or (status >= 400 and isinstance(refusal, dict)):
        error = _refused(provider, operation, response, refusal if isinstance(refusal, dict) else {})
    elif status not in operation.statuses:
        error = UnexpectedResponseError(
            _not_ours(response, "a status that the API does not document"), response=response
        )
    elif (reason := _misread(provider, operation, response, answer)) is not None:
        error = UnexpectedResponseError(_not_ours(response, reason), response=response)
    else:
        return None
    error.request_id = provider.request_id(response.headers, said=_text(refusal, "requestId"))
    return error


def _parsed(response: Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _misread(provider: Provider, operation: Operation, response: Response, answer: Any) -> str | None:
    if answer is None:
        return "not JSON" if response.content else "empty"
    if not isinstance(answer, dict) or answer.get(provider.ok) is not True:
        return "not the API's envelope"
    response.hand_on(answer)
    try:
        model = provider.decode(operation, response)
    except Exception as error:  # noqa: BLE001  # Generated code fails on strange answers in whatever way Python does.
        return f"a wrong shape ({type(error).__name__})"
    if (field := misfit(model)) is not None:
        return f"a wrong shape ({field})"
    response.hand_on(answer)  # To the generated code, which decodes it once more.
    return None


def _refused(
    provider: Provider, operation: Operation, response: Response, refusal: Mapping[str, Any]
) -> APIStatusError:
    code, details = _text(refusal, "code"), refusal.get("details")
    status = response.status_code
    by_status = _BY_STATUS.get(status, errors.InternalServerError if status >= 500 else APIStatusError)
    # Whatever its body says, a 429 is about the rate, and a 5xx is nothing definite.
    definite = status < 500 and status != 429
    kind = provider.error_class(code) if definite and code in provider.errors else by_status
    about = sorted(set(_fields_named(details, operation)))
    text = " ".join(filter(None, [str(status), shown_code(code), f"(about {', '.join(about)})" if about else ""]))
    error: APIStatusError = kind(
        f"{operation.id}: {text}", response=response, code=code, message=_text(refusal, "message"), details=details
    )
    return error


def _not_ours(response: Response, reason: str) -> str:
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    shown = kind if MEDIA_TYPE.fullmatch(kind) else "no known content type"
    facts = f"status {response.status_code}, {shown}, {len(response.content)} bytes"
    return f"an answer that is not the API's: {reason} ({facts})"


def _text(values: Any, field: str) -> str:
    value = values.get(field) if isinstance(values, dict) else None
    return value if isinstance(value, str) else ""


def _fields_named(details: Any, operation: Operation) -> Iterator[str]:
    """The fields that the API complains about, as far as the spec knows them: their names are nobody's secret."""
    complaints = details.get("message") if isinstance(details, dict) else None
    known = _names(operation.accepts)
    for complaint in complaints if isinstance(complaints, list) else ():
        field, *inner = str(complaint).partition(" ")[0].split(".")
        if field in known and all(PLACE.fullmatch(part) or part in known for part in inner):
            yield spoken(".".join([field, *inner]))


def _names(accepts: Mapping[str, Any]) -> set[str]:
    schemas = json.dumps(accepts)  # Nested as deep as bodies are; their keys are what counts.
    return {part for part in schemas.split('"') if part.isidentifier()}
