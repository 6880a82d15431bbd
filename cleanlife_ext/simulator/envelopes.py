"""The frame around every answer."""

from attrs import evolve

from cleanlife_ext.simulator.calls import Answer, Page
from cleanlife_ext.simulator.refusals import Refusal


def success(result: object) -> Answer:
    """200 with *result*; a page brings its ``meta`` along."""
    if not isinstance(result, Page):
        return Answer(200, {"success": True, "data": result})
    pages = -(-result.total // result.limit)  # rounded up
    meta = {"page": result.page, "limit": result.limit, "total": result.total, "totalPages": pages}
    return Answer(200, {"success": True, "data": result.items, "meta": meta})


def failure(refusal: Refusal, request_id: str) -> Answer:
    """*refusal*, with the id by which support would find it."""
    error: dict[str, object] = {"code": refusal.code, "message": refusal.message}
    if refusal.details is not None:
        error["details"] = refusal.details
    error["requestId"] = request_id
    return Answer(refusal.status, {"success": False, "error": error}, refusal.headers)


def labelled(answer: Answer, request_id: str) -> Answer:
    """*answer* with its id in the header as well."""
    return evolve(answer, headers={**answer.headers, "X-Request-Id": request_id})
