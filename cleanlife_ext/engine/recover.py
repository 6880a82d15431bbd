"""What happens to a write whose fate is not known, and to a creation whose key is taken.

Until an unknown outcome can be looked up here, a write that ends ambiguously is not sent again and is reported as
what it is: `OutcomeUnknownError`. The lookup it needs is the one that a taken key already makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping
from typing import Any

import attrs

from cleanlife_ext.engine.flow import Effect, Flow, Send
from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.traits import Repeat
from cleanlife_ext.errors import APIStatusError, CleanLifeError, ConflictError, OutcomeUnknownError

__all__ = ["create", "report_unknown", "same"]


def report_unknown(request: Request, send: Send) -> Flow:
    """Never let a write that may have taken effect end as a plain failure."""
    try:
        return (yield from send(request))
    except CleanLifeError as error:
        if not error.ambiguous:
            raise
        raise _unknown(request, error) from error


def create(provider: Provider, make_key: Callable[[], str], request: Request, send: Send) -> Flow:
    """A creation that carries its own key: give it one if it has none, and look up what took the key."""
    repeat = request.operation.repeat
    key = request.body.get(repeat.key) or make_key()
    request = attrs.evolve(request, body={**request.body, repeat.key: key})
    try:
        return (yield from send(request))
    except CleanLifeError as error:
        if error.ambiguous:
            raise _unknown(request, error, key) from error
        if not isinstance(error, ConflictError) or error.code != repeat.taken:
            raise
        found = yield from _look_up(provider, request, key, error, send)
        if found is not None and request.options.adopt:
            if _counts(repeat, request.body, found):
                return _as_answer(provider, found)
            error.add_note("what has the key is not returned: it is not the same, or no longer counts")
        raise


def same(asked: Any, found: Any) -> bool:
    """Whether *found* is what was *asked* for, as far as it was asked for.

    A day is the same as its beginning, and a minute as its: `2026-06-20` is `2026-06-20T00:00:00.000Z`, and `09:00` is
    `09:00:00`.
    """
    if isinstance(asked, Mapping):
        return isinstance(found, Mapping) and all(same(value, found.get(field)) for field, value in asked.items())
    if isinstance(asked, str) and isinstance(found, str):
        shorter, longer = sorted((asked, found), key=len)
        return bool(shorter) and re.fullmatch(re.escape(shorter) + r"(T.*|:00)?", longer) is not None
    return bool(asked == found)


def _look_up(
    provider: Provider, request: Request, key: str, error: ConflictError, send: Send
) -> Generator[Effect, Any, Mapping[str, Any] | None]:
    """Attach to *error* what took the key. A lookup that fails leaves the error as it was."""
    repeat = request.operation.repeat
    lookup = provider.operations[repeat.lookup]
    ask = attrs.evolve(request, operation=lookup, path=lookup.path, query={repeat.key: key}, body=None)
    try:
        response = yield from send(ask)
    except CleanLifeError as failure:
        error.__cause__ = failure
        return None
    found: list[Mapping[str, Any]] = response.json()[provider.data]
    models = getattr(provider.decode(lookup, response), provider.data)
    for row, model in zip(found, models, strict=True):
        if row.get(repeat.key) == key:  # The filter is exact by the documentation, and worth no trust here.
            error.existing = model
            return row
    return None


def _counts(repeat: Repeat, asked: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    alive = all(str(found.get(field)).casefold() not in values for field, values in repeat.dead.items())
    return alive and all(same(asked.get(field), found.get(field)) for field in repeat.same)


def _as_answer(provider: Provider, found: Mapping[str, Any]) -> Response:
    return Response(200, Headers(), json.dumps({provider.ok: True, provider.data: found}).encode())


def _unknown(request: Request, error: CleanLifeError, key: str = "") -> OutcomeUnknownError:
    what = f"; look for {request.operation.repeat.key} {key!r} before you send it again" if key else ""
    status = f"status {error.status_code}" if isinstance(error, APIStatusError) else type(error).__name__
    unknown = OutcomeUnknownError(f"{request.operation.id}: sent, and the outcome is unknown ({status}){what}", key=key)
    unknown.request_id = error.request_id
    return unknown
