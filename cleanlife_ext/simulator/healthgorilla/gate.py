"""Who may come in: a token that holds, a rate that is kept, a scope that suffices; in this order."""

import datetime as dt
import math
from collections.abc import Mapping

from cleanlife_ext.simulator.calls import Call
from cleanlife_ext.simulator.gate import LARGEST_HEAD, head_size
from cleanlife_ext.simulator.healthgorilla import outcomes
from cleanlife_ext.simulator.healthgorilla.clients import Client, Token
from cleanlife_ext.simulator.healthgorilla.state import State
from cleanlife_ext.simulator.throttle import Window


def check_size(call: Call) -> None:
    """Refuse what is too large to be kept in mind."""
    if head_size(call) > LARGEST_HEAD:
        raise outcomes.malformed(f"Path and headers must not exceed {LARGEST_HEAD} characters")


def admit(call: Call, state: State) -> Token:
    """The token of a call."""
    scheme, _, text = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise outcomes.unauthorized("An access token is needed.")
    token = state.tokens.get(text.strip())
    if token is None:
        raise outcomes.unauthorized("The access token is unknown.")
    if token.expires_at <= state.now():
        raise outcomes.unauthorized("The access token has expired.", "expired_token")
    return token


def count(state: State, client: Client, operation_id: str) -> Mapping[str, str]:
    """The headers that tell what is left of the rate; refused if nothing is."""
    limit = state.settings.rate_limit
    if limit is None:
        return {}
    now = state.now()
    window = state.throttle.count((client.id, operation_id), now)
    left = max(0, limit - window.requests)
    headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(left)}
    if window.requests > limit:
        raise outcomes.rate_limited({**headers, "Retry-After": _seconds_left(window, now)})
    return headers


def check_scope(token: Token, permission: str) -> None:
    """Refuse a token whose scopes do not hold what the operation needs."""
    if not set(permission.split()) <= token.scopes:
        raise outcomes.forbidden()


def _seconds_left(window: Window, now: dt.datetime) -> str:
    return str(math.ceil((window.ends - now).total_seconds()))
