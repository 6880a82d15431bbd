"""From a call to the order that it gives. Whatever is unknown in it is a mistake, and is told."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, frozen

from cleanlife_ext.simulator import refusals
from cleanlife_ext.simulator.calls import NO_VALUES, Call
from cleanlife_ext.simulator.reading import LARGEST_BODY, json_object
from cleanlife_ext.simulator.validation import Field, messages

Fields = Mapping[str, Field]

_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")


@frozen
class Order:
    """What shall be done, or shown: the id in the path, and what was sent along; *known*: tags of what is known."""

    id: str = ""
    query: Mapping[str, Any] = field(default=NO_VALUES, repr=False)
    body: Mapping[str, Any] = field(default=NO_VALUES, repr=False)
    known: frozenset[str] = frozenset()


@frozen
class Endpoint:
    """An order that can be given, where, and with what; *body* None: its own reader knows best."""

    method: str
    pattern: re.Pattern[str]
    perform: Callable[..., object]
    query: Fields = NO_VALUES
    body: Fields | None = NO_VALUES


def endpoint(method: str, path: str, perform: Callable[..., object], **fields: Any) -> Endpoint:
    """The endpoint at *path*, in which ``{id}`` is anything."""
    return Endpoint(method, re.compile(re.escape(path).replace(re.escape("{id}"), "([^/]+)")), perform, **fields)


def find(endpoints: Iterable[Endpoint], method: str, path: str) -> tuple[Endpoint, str]:
    """The endpoint that is meant, and the id in *path*; refused if there is none."""
    there = [(each, "".join(hit.groups())) for each in endpoints if (hit := each.pattern.fullmatch(path))]
    if not there:
        raise refusals.no_such_path(method, path)
    for each, id in there:
        if each.method == method:
            return each, id
    raise refusals.wrong_method(method, path, {each.method for each, _ in there})


def read(call: Call, endpoint: Endpoint, id: str) -> Order:
    """The order that *call* gives; refused if any part of it breaks a rule."""
    if call.body is None:
        raise refusals.too_large(LARGEST_BODY)
    query = {name: int(text) if _WHOLE_NUMBER.fullmatch(text) else text for name, text in call.query.items()}
    body = json_object(call) if call.body and endpoint.method != "GET" else NO_VALUES
    wrong = [*_wrong(endpoint.query, query), *([] if endpoint.body is None else _wrong(endpoint.body, body))]
    if wrong:
        raise refusals.invalid(wrong)
    tags = call.headers.get("if-none-match", "").split(",")
    return Order(id, query, body, frozenset(tag.strip() for tag in tags))


def _wrong(fields: Fields, values: Mapping[str, Any]) -> list[str]:
    unknown = [name for name in values if name not in fields]
    return [*messages(fields, values), *(f"{name[:100]} should not exist" for name in unknown[:10])]
