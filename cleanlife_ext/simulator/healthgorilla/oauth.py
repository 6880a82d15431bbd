"""Tokens for those who prove to be a client."""

import datetime as dt
from urllib.parse import parse_qsl

from cleanlife_ext.simulator.calls import Answer, Call
from cleanlife_ext.simulator.healthgorilla import assertions, gate
from cleanlife_ext.simulator.healthgorilla.assertions import rejected
from cleanlife_ext.simulator.healthgorilla.clients import Token
from cleanlife_ext.simulator.healthgorilla.reading import base_url
from cleanlife_ext.simulator.healthgorilla.state import State
from cleanlife_ext.simulator.refusals import Refusal

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_MOST_FIELDS = 20


def get_token(state: State, call: Call) -> Answer:
    """A token for an hour, with those of the asked scopes that the client may have."""
    form = _form(call)
    if form.get("grant_type") != GRANT_TYPE:
        raise Refusal(400, "unsupported_grant_type", f"grant_type must be {GRANT_TYPE}.")
    secrets = {client.id: client.secret for client in state.clients.values()}
    audience = f"{base_url(call)}{call.path}"
    client_id = assertions.client_of(
        form.get("assertion", ""), secrets, audience=audience, moments=state.assertion_moments()
    )
    if form.get("client_id", client_id) != client_id:
        raise Refusal(400, "invalid_client", "client_id is not that of the assertion.")
    client = state.clients[client_id]
    headers = gate.count(state, client, "getToken")
    scopes = client.scopes & frozenset(form["scope"].split()) if "scope" in form else client.scopes
    seconds = state.settings.token_lifetime
    token = Token(state.ids.token(), client, scopes, state.now() + dt.timedelta(seconds=seconds))
    state.tokens[token.text] = token
    granted = {"access_token": token.text, "token_type": "Bearer", "expires_in": int(seconds)}
    return Answer(200, {**granted, "scope": " ".join(sorted(scopes))}, {**headers, "Cache-Control": "no-store"})


def _form(call: Call) -> dict[str, str]:
    if call.body is None:
        raise rejected("The body is too large.")
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise rejected("Content-Type must be application/x-www-form-urlencoded.")
    try:
        text = call.body.decode()
        pairs = parse_qsl(text, True, True, errors="strict", max_num_fields=_MOST_FIELDS)  # noqa: FBT003 - strictly
    except ValueError:
        raise rejected("The body is no form.") from None
    return dict(pairs)
