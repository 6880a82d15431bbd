"""What the API says no with: an OperationOutcome, but for tokens, where OAuth has words of its own.

400  structure, invalid, processing     404  not-found                  412  conflict
401  invalid_token                      405  processing                 422  required, invalid, not-found, processing
403  forbidden                          409  conflict, duplicate        429  processing

Decided here: the codes of 401, 405, 412 and 429, which no page names in the words of FHIR.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen
from healthgorilla_traits import PROVIDER

from cleanlife_ext.simulator.calls import NO_TEXTS, Answer
from cleanlife_ext.simulator.refusals import Refusal

FHIR_JSON = "application/fhir+json"
Json = dict[str, Any]

_ISSUE_CODES = frozenset(PROVIDER["error-body"]["codes"])
_CODES: Mapping[int, str] = {
    400: "invalid",
    401: "invalid_token",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    412: "conflict",
    422: "invalid",
}


@frozen
class Issue:
    """One thing that is wrong, and where."""

    code: str
    diagnostics: str
    location: str = ""
    severity: str = "error"

    def json(self) -> Json:
        """As it stands in an OperationOutcome."""
        shown: Json = {"severity": self.severity, "code": self.code, "diagnostics": self.diagnostics}
        return {**shown, "location": [self.location]} if self.location else shown


@frozen
class Unprocessable(Refusal):
    """A resource was refused, perhaps for several things."""

    issues: Sequence[Issue] = ()


@frozen
class KeyConflict(Refusal):
    """An idempotency key was used for another payload."""


def outcome(issues: Iterable[Issue]) -> Json:
    """An OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [issue.json() for issue in issues]}


def code_of(status: int) -> str:
    """The code of errors with this status where nothing says otherwise."""
    return _CODES.get(status, "processing")


def refused(refusal: Refusal) -> Answer:
    """*refusal* as an OperationOutcome."""
    issues = refusal.issues if isinstance(refusal, Unprocessable) else [Issue(refusal.code, refusal.message)]
    return fhir(refusal.status, outcome(issues), refusal.headers)


def token_code_of(status: int) -> str:
    """The same where a token is asked for."""
    return "invalid_grant" if status < 500 else "server_error"


def token_refused(refusal: Refusal) -> Answer:
    """*refusal* in the words of OAuth, of which the codes of FHIR are none."""
    code = token_code_of(refusal.status) if refusal.code in _ISSUE_CODES else refusal.code
    return Answer(refusal.status, {"error": code, "error_description": refusal.message}, refusal.headers)


def fhir(status: int, resource: Json, headers: Mapping[str, str] = NO_TEXTS) -> Answer:
    """An answer with a resource."""
    return Answer(status, resource, headers, json_type=FHIR_JSON)


def empty(status: int, headers: Mapping[str, str] = NO_TEXTS) -> Answer:
    """An answer without a body."""
    return Answer(status, {}, headers, is_empty=True)


def emptied(answer: Answer) -> Answer:
    """*answer* without its body."""
    return evolve(answer, is_empty=True)


def malformed(message: str) -> Refusal:
    """400: what was sent cannot be read."""
    return Refusal(400, "structure", message)


def invalid(message: str) -> Refusal:
    """400: it can be read, and makes no sense."""
    return Refusal(400, "invalid", message)


def unprocessable(issues: Sequence[Issue], status: int = 422) -> Refusal:
    """422: fields are missing or wrong."""
    return Unprocessable(status, issues[0].code, issues[0].diagnostics, issues=issues)


def unknown_parameters(resource: str, names: Iterable[str]) -> Refusal:
    """400, in the documented words."""
    message = (
        "Invalid request: The FHIR endpoint on this server does not know how to handle "
        f"GET operation[{resource}] with parameters [[{', '.join(names)}]]"
    )
    return Refusal(400, "processing", message)


def cannot_process(message: str, status: int = 400) -> Refusal:
    """400, or 422: understood, and not possible."""
    return Refusal(status, "processing", message)


def only_async() -> Refusal:
    """400, in the documented words."""
    return cannot_process("This operations can be executed in asynchronous mode only. Send Prefer: respond-async")


def unauthorized(message: str, code: str = "invalid_token") -> Refusal:
    """401: no token, an unknown one, or one that has expired."""
    return Refusal(401, code, message)


def forbidden() -> Refusal:
    """403: the token is good, but not for this."""
    return Refusal(403, "forbidden", "The current access token does not allow access to this resource.")


def not_found(what: str) -> Refusal:
    """404: missing, or another client's, which looks the same on purpose."""
    return Refusal(404, "not-found", f"{what} was not found.")


def wrong_method(method: str, path: str, allowed: Iterable[str]) -> Refusal:
    """405: the path exists, the method does not."""
    return Refusal(405, "processing", f"Cannot {method} {path}", headers={"Allow": ", ".join(sorted(allowed))})


def key_conflict(key: str) -> Refusal:
    """409: the key was used for another payload."""
    return KeyConflict(409, "conflict", f"Payload conflict for idempotency key: {key}")


def duplicate(code: str = "duplicate") -> Refusal:
    """409: somebody else has the identifier."""
    return Refusal(409, code, "A resource with this identifier already exists.")


def version_conflict(status: int) -> Refusal:
    """412, or 409: the version is another one by now."""
    return Refusal(status, "conflict", "The resource has another version.")


def several_match() -> Refusal:
    """412: If-None-Exist does not say which one is meant."""
    return Refusal(412, "conflict", "More than one resource matches If-None-Exist.")


def rate_limited(headers: Mapping[str, str]) -> Refusal:
    """429, which says when to come back."""
    return Refusal(429, "processing", "Too many requests to this endpoint.", headers=headers)
