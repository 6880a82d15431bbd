"""From a call to what it asks for, with everything wrong in it told at once.

What an absent body means is not documented, but that POST and PATCH need a Content-Type is: an operation that takes
a body wants a JSON object, be it empty. The others read none.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from cleanlife_ext.simulator import refusals
from cleanlife_ext.simulator.calls import NO_VALUES, Ask, Call
from cleanlife_ext.simulator.inputs import BODIES, NOTHING, QUERIES, UNCHECKED_PATHS
from cleanlife_ext.simulator.partners import Partner
from cleanlife_ext.simulator.routes import Match
from cleanlife_ext.simulator.validation import is_object, messages, uuid4

LARGEST_BODY = 1024 * 1024  # bytes

# Longer texts are no numbers to us: Python refuses to read more than 4300 digits.
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,4000}")
_NUMBERS = frozenset({"page", "limit"})


def read(call: Call, match: Match, partner: Partner) -> Ask:
    """What *call* asks for; refused if any part of it breaks a rule."""
    operation_id = match.route.operation_id
    query = {name: _query_value(name, text) for name, text in call.query.items()}
    body = json_object(call) if operation_id in BODIES else NO_VALUES
    wrong = [
        *_path_messages(match),
        *messages(QUERIES.get(operation_id, NOTHING), query),
        *messages(BODIES.get(operation_id, NOTHING), body),
    ]
    if wrong:
        raise refusals.invalid(wrong)
    given = {name: value for name, value in body.items() if value is not None}
    return Ask(partner, match.value.lower(), query, given, call.headers.get("host", ""))


def _path_messages(match: Match) -> list[str]:
    route = match.route
    if route.parameter is None or route.operation_id in UNCHECKED_PATHS:
        return []
    return uuid4(route.parameter, match.value)


def _query_value(name: str, text: str) -> str | int:
    return int(text) if name in _NUMBERS and _WHOLE_NUMBER.fullmatch(text) else text


def json_object(call: Call) -> Mapping[str, Any]:
    """The JSON object that was sent; nothing at all is none."""
    if call.body is None:
        raise refusals.too_large(LARGEST_BODY)
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise refusals.invalid(["Content-Type must be application/json"])
    try:
        body = parsed(call.body)
    except ValueError:
        raise refusals.invalid(["Request body is not valid JSON"]) from None
    if not is_object(body):
        raise refusals.invalid(["Request body must be a JSON object"])
    return body


def parsed(content: bytes) -> object:
    """The JSON value that *content* is; a ValueError if it is none."""
    try:
        value: object = json.loads(content.decode(), parse_constant=_no_number)
    except RecursionError:
        raise ValueError("too deep") from None
    return value


def _no_number(_word: str) -> NoReturn:
    # Python would read NaN and Infinity, which JSON does not have.
    raise ValueError
