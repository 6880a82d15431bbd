"""What a creation is sent with, what it has made, and how that is read: by a key in its body, or by one in a header."""

from __future__ import annotations

from urllib.parse import quote

import attrs

from cleanlife_ext.engine.bodies import answer_of
from cleanlife_ext.engine.flow import Clock, Flow, Send
from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.settle import Keyed
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.errors import ConflictError, IdempotencyConflictError, UnexpectedResponseError
from cleanlife_ext.ledger.claim import Mine

__all__ = ["carrying", "id_of", "read", "reading", "taken"]


def carrying(request: Request, claim: Mine, clock: Clock) -> Request:
    """*request*, with the key of its entry, if it has a header for one, and until when the server knows that."""
    repeat = request.operation.repeat
    if not repeat.header:
        return request
    headers = {**request.headers, repeat.header.lower(): claim.key}
    if repeat.lifetime is None:
        return attrs.evolve(request, headers=headers)
    wall = clock.wall()
    first_sent = wall if claim.key_at is None else claim.key_at
    return attrs.evolve(request, headers=headers, key_until=clock.now() + first_sent + repeat.lifetime - wall)


def id_of(provider: Provider, operation: Operation, response: Response) -> str:
    """The id of what *response* says was made."""
    answer = response.json()
    response.hand_on(answer)
    field = operation.repeat.id if operation.created is None else "id"
    return str(provider.bodies.content(answer)[field])


def reading(provider: Provider, operation: Operation) -> Operation | None:
    """The operation that reads what *operation* has made where its answer says that it is, if there is one."""
    where = operation.created.path if operation.created is not None else None
    return next((each for each in provider.operations.values() if each.method == "GET" and each.path == where), None)


def read(provider: Provider, request: Request, id: str, ask: Send) -> Flow:
    """The answer that would have brought what *request* made, with this *id*: as it is now, or else as it was sent."""
    if request.operation.repeat.key:
        return (yield from Keyed(provider, request).read(id, ask))
    operation = reading(provider, request.operation)
    if operation is None:
        return answer_of(provider.bodies, request.operation, {**request.body, "id": id})
    path = operation.path.format_map({"id": quote(id, safe="")})
    look = attrs.evolve(request, operation=operation, path=path, query={}, body=None, headers={})
    response: Response = yield from ask(look)
    found = response.json()
    if found.get("id", id) != id:
        error = UnexpectedResponseError("an answer that is not the API's: about something else", response=response)
        error.request_id = provider.request_id(response.headers)
        raise error
    return answer_of(provider.bodies, request.operation, {**found, "id": id})


def taken(provider: Provider, request: Request) -> ConflictError:
    """What is said where the reference of *request* is another one's."""
    if request.operation.repeat.key:
        keyed = Keyed(provider, request)
        return keyed.taken(None, f"the ledger has another request with {keyed.key!r}; nothing was sent")
    text = f"{request.operation.id}: the ledger has another request with this idempotency key; nothing was sent"
    return IdempotencyConflictError(text, response=Response(409, Headers(), b""))
