"""Look something up by another operation, which is safe to repeat: page by page, if each names the next one."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import attrs

from cleanlife_ext.engine.addresses import found_at
from cleanlife_ext.engine.bodies import Row, at
from cleanlife_ext.engine.flow import Effect, Send
from cleanlife_ext.engine.message import Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.errors import OutcomeUnknownError, UnexpectedResponseError

__all__ = ["Inquiry", "looked_up", "path_values"]

T = TypeVar("T")
Inquiry: TypeAlias = Generator[Effect, Any, T]

MOST_PAGES = 100


def looked_up(
    provider: Provider,
    request: Request,
    id: str,
    ask: Send,
    *,
    query: Mapping[str, Any] | None = None,
    row: Row | None = None,
) -> Inquiry[list[tuple[Row, Any]]]:
    """What the operation *id* answers, each thing as JSON and as a model, to the last page if each names the next one.

    Its path takes what it needs from the path of *request*, or from *row*.
    """
    operation = provider.operations[id]
    values = path_values(request) if row is None else {name: quote(str(value), safe="") for name, value in row.items()}
    lookup = attrs.evolve(
        request,
        operation=operation,
        path=operation.path.format_map(values),
        query=query or {},
        body=None,
        headers={},
        settle=None,
        doubt="none",
        key_until=None,
    )
    found: list[tuple[Row, Any]] = []
    for _ in range(MOST_PAGES):
        response: Response = yield from ask(lookup)
        answer = response.json()
        response.hand_on(answer)
        found += provider.bodies.rows(operation, answer, provider.decode(operation, response))
        following = _next_page(lookup, answer)
        if following is not None:
            lookup = following
        elif len(found) == 1 and not _is_about(lookup, found[0][0]):
            raise _unexpected(provider, response, "about something else")
        else:
            return found
    raise OutcomeUnknownError(f"{operation.id}: more than {MOST_PAGES} pages of answers to a lookup")


def _next_page(asked: Request, answer: Any) -> Request | None:
    """The request for the page after *answer*, as far as that names one."""
    pages = asked.operation.pages
    if pages is None or pages.next is None:
        return None
    links = at(answer, pages.next.within)
    where = pages.next.where.items()
    for link in links:
        if isinstance(link, dict) and all(link.get(field) == value for field, value in where):
            url = str(link.get(pages.next.url, ""))
            if found_at(asked.operation.path, url) is not None:
                return attrs.evolve(asked, query=dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)))
    return None


def _is_about(lookup: Request, found: Row) -> bool:
    """Whether *found* has the ids that were asked for, as far as it has any."""
    asked = path_values(lookup).items()
    return all(str(found.get(name, value)).casefold() == value.casefold() for name, value in asked)


def _unexpected(provider: Provider, response: Response, reason: str) -> UnexpectedResponseError:
    error = UnexpectedResponseError(f"an answer that is not the API's: {reason}", response=response)
    error.request_id = provider.request_id(response.headers)
    return error


def path_values(request: Request) -> Mapping[str, str]:
    """What stands in the path of *request*, by the names in its template."""
    template, path = request.operation.path.split("/"), request.path.split("/")
    return {name[1:-1]: value for name, value in zip(template, path, strict=True) if name.startswith("{")}
