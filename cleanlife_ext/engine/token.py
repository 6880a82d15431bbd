"""Show who asks by a token: it is got once, kept, renewed before it expires, and once more when it is refused.

Of many who need one at once, one asks and the others wait for it. A request that was refused for its token has had no
effect; it is sent again as it was, with its idempotency key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Hashable, Mapping
from functools import partial
from typing import Any, TypeAlias

import attrs

from cleanlife_ext.engine.cache import Shelf, fresh
from cleanlife_ext.engine.flow import Clock, Effect, Flow, Send
from cleanlife_ext.engine.message import FORM, Attempt, Notes, Request, Response
from cleanlife_ext.engine.provider import Bearer, Provider
from cleanlife_ext.engine.traits import Caching
from cleanlife_ext.errors import (
    APIConnectionError,
    APIStatusError,
    CleanLifeError,
    RateLimitError,
    UnexpectedResponseError,
)

__all__ = ["Grant", "Tokens", "authorize"]

Grant: TypeAlias = Callable[[], Mapping[str, str]]  # What proves who we are, made anew each time: the fields of a form.

USUAL = 3600.0  # Seconds that a token is good for, if nobody says.
LONGEST = 86_400.0  # Seconds that a token is kept, whatever is said.
EARLY = 60.0  # Seconds before its end that it is renewed, or a tenth of its life if that is shorter.
PLACE = "token"
HINT = "; are id, secret, claims and environment right?"
PLAIN = re.compile("[!-~]+")


class Tokens:
    """The token of a client, and how it gets one."""

    def __init__(self, provider: Provider, bearer: Bearer, clock: Clock, grant: Grant) -> None:
        self.bearer = bearer
        self.operation = provider.operations[bearer.gives]
        self._grant = grant
        self._shelf = Shelf.make(Caching(ttl=USUAL), clock.now, _life)

    def kept(self) -> str | None:
        """The token that is kept, if it is good for a while."""
        with self._shelf.lock:
            kept = self._shelf.get(PLACE)
        return None if kept is None or not self._shelf.is_fresh(kept) else _text(kept.response)

    def renewed(self, request: Request, here: Callable[[], Hashable], once: Send) -> Generator[Effect, Any, str]:
        """A new token, for the sake of *request*; somebody else's if that is under way."""
        # Its attempts are those of the request; what is noted of the call is not.
        scope = attrs.evolve(request.scope, notes=Notes())
        asking = Request(
            operation=self.operation,
            path=self.operation.path,
            query={},
            body=None,
            headers={"content-type": FORM},
            scope=scope,
            options=request.options,
        )
        before = len(scope.attempts)
        try:
            response = yield from fresh(self._shelf, PLACE, here, asking, partial(_granted, once))
        except CleanLifeError as error:
            if len(scope.attempts) == before:  # It was another's that failed, or took too long.
                waited = Attempt(self.operation.id, None, "", False, "", 0.0, reason=scope.notes.reason, held=True)  # noqa: FBT003
                scope.attempts.append(waited)
            error.ambiguous = False  # Nothing of the request itself was sent,
            error.operation = self.operation.id  # and it is not the request that was refused.
            raise
        finally:
            request.scope.rested = scope.rested
        return _text(response)

    def proved(self, request: Request, send: Send) -> Flow:
        """Ask with a proof that is made now: it would not outlive a long cool-down."""
        return (yield from send(attrs.evolve(request, body=self._grant())))

    def refused(self, token: str) -> None:
        """Keep *token* no longer. Another one, which somebody got meanwhile, stays."""
        if self.kept() == token:
            self._shelf.drop(PLACE)


def authorize(tokens: Tokens, here: Callable[[], Hashable], once: Send, request: Request, send: Send) -> Flow:
    """Send *request* with a token, and once more with a new one if that is refused. *once* gets the token."""
    if request.operation is tokens.operation:
        return (yield from send(request))  # It shows by itself who asks.
    token = tokens.kept() or (yield from tokens.renewed(request, here, once))
    try:
        return (yield from send(_bearing(request, tokens.bearer, token)))
    except APIStatusError as error:
        if error.status_code not in tokens.bearer.renew:
            raise
        attempts = request.scope.attempts
        attempts[-1] = attrs.evolve(attempts[-1], reason=f"{error.status_code}: sent again with a new token")
    tokens.refused(token)
    token = yield from tokens.renewed(request, here, once)
    return (yield from send(_bearing(request, tokens.bearer, token)))


def _bearing(request: Request, bearer: Bearer, token: str) -> Request:
    return attrs.evolve(request, headers={**request.headers, bearer.header: f"{bearer.scheme} {token}"})


def _granted(once: Send, request: Request) -> Flow:
    """Let no token through that no header can carry, and what fails say that there is none."""
    id = request.operation.id
    try:
        response = yield from once(request)
    except (APIConnectionError, APIStatusError) as error:
        # Who is busy, or broken, has not looked at what proves who we are.
        is_about_us = isinstance(error, APIStatusError) and not (error.ambiguous or isinstance(error, RateLimitError))
        why = str(error.args[0]).removeprefix(f"{id}: ")
        error.args = (f"no token: {id}: {why}{HINT if is_about_us else ''}",)
        raise
    if not PLAIN.fullmatch(_text(response)):
        raise UnexpectedResponseError(f"{id}: a token that no header can carry", response=response)
    return response


def _text(response: Response) -> str:
    text: str = response.json()["access_token"]
    return text


def _life(response: Response) -> float:
    """Seconds for which the token in *response* is kept."""
    seconds = response.json().get("expires_in")
    life = float(min(seconds, LONGEST)) if isinstance(seconds, int | float) and seconds >= 0 else USUAL
    return life - min(EARLY, life / 10)
