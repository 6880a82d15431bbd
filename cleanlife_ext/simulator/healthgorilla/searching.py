"""Searches, and pages of what they find.

Decided here: more than 100 on a page is refused, as is what no date is. Several conditions of one name count as their
last one. The oldest come first.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode

from attrs import frozen

from cleanlife_ext.simulator.healthgorilla import outcomes
from cleanlife_ext.simulator.healthgorilla.resources import Resource, Shelf
from cleanlife_ext.simulator.refusals import Refusal

DEFAULT_COUNT, MOST_COUNT = 20, 100
CONDITIONS = ("identifier", "_lastUpdated")
PAGING = ("_count", "_offset")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(
    r"(?P<prefix>ge|gt|le|lt|eq|)(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?P<time>T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_SECOND, _DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)
Json = dict[str, Any]


@frozen
class Span:
    """All moments that a date means, from *begin* to before *end*, and how it is compared with."""

    prefix: str
    begin: dt.datetime
    end: dt.datetime

    def holds(self, moment: dt.datetime) -> bool:
        """Whether the condition is true of *moment*."""
        match self.prefix:
            case "ge":
                return moment >= self.begin
            case "gt":
                return moment >= self.end
            case "le":
                return moment < self.end
            case "lt":
                return moment < self.begin
            case _:
                return self.begin <= moment < self.end


def page(query: Mapping[str, str]) -> tuple[int, int]:
    """How many are wanted, and how many are passed over."""
    count = _number(query, "_count", DEFAULT_COUNT)
    if not 1 <= count <= MOST_COUNT:
        raise outcomes.cannot_process(f"_count must be from 1 to {MOST_COUNT}")
    return count, _number(query, "_offset", 0)


def found(shelf: Shelf, client_id: str, query: Mapping[str, str]) -> Sequence[Resource]:
    """The client's resources that fit all conditions of *query*."""
    span = _span(query["_lastUpdated"]) if "_lastUpdated" in query else None
    named = _named(shelf, client_id, query["identifier"]) if "identifier" in query else shelf.of(client_id)
    return [each for each in named if span is None or span.holds(each.updated_at.replace(microsecond=0))]


def check_known(resource: str, query: Mapping[str, str], known: Sequence[str]) -> None:
    """Refuse parameters that are none."""
    if unknown := sorted(name[:100] for name in query if name not in known):
        raise outcomes.unknown_parameters(resource, unknown[:10])


def matching(shelf: Shelf, client_id: str, text: str) -> Sequence[Resource]:
    """The client's resources that fit the search *text*, which may have a type in front, and has a condition."""
    try:
        query = dict(parse_qsl(text.partition("?")[2] or text, strict_parsing=True, errors="strict"))
        check_known("Patient", query or {"": ""}, CONDITIONS)
        return found(shelf, client_id, query)
    except (ValueError, Refusal):
        raise outcomes.invalid("If-None-Exist must be a search, such as identifier=system|value") from None


def bundle(resources: Sequence[Resource], query: Mapping[str, str], address: str, base: str) -> Json:
    """The page of *resources* that *query* asks for, with the ways to the others; they lie at *address*."""
    count, offset = page(query)

    def link(relation: str, at: int) -> Json:
        url = f"{address}?{urlencode({**query, '_count': str(count), '_offset': str(at)})}"
        return {"relation": relation, "url": url}

    links = [link("self", offset), link("first", 0)]
    if offset + count < len(resources):
        links.append(link("next", offset + count))
    links.append(link("last", max(0, len(resources) - 1) // count * count))
    return searchset(resources[offset : offset + count], base, total=len(resources), link=links)


def searchset(resources: Sequence[Resource], base: str, *, total: int, **further: Any) -> Json:
    """A Bundle with *resources*."""
    shown: Json = {"resourceType": "Bundle", "type": "searchset", "total": total, **further}
    if resources:
        shown["entry"] = [
            {
                "fullUrl": f"{base}/fhir/R4/{each.content['resourceType']}/{each.id}",
                "resource": each.content,
                "search": {"mode": "match"},
            }
            for each in resources
        ]
    return shown


def _named(shelf: Shelf, client_id: str, text: str) -> Sequence[Resource]:
    """Those with the identifier *text*: ``system|value``, or ``value`` of any system."""
    system, bar, value = text.partition("|")
    if bar and value:
        one = shelf.by_identifier(client_id, system, value)
        return [] if one is None else [one]
    fits: Callable[[tuple[str, str]], bool] = (lambda each: each[0] == system) if bar else lambda each: each[1] == text
    return [each for each in shelf.of(client_id) if any(map(fits, each.identifiers))]


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not _WHOLE_NUMBER.fullmatch(text):
        raise outcomes.cannot_process(f"{name} must be a whole number")
    return int(text)


def _span(text: str) -> Span:
    match = _DATE.fullmatch(text)
    if match is not None:
        with suppress(ValueError, OverflowError):  # A day that no calendar has.
            begin = dt.datetime.fromisoformat(match["day"] + (match["time"] or "T00:00:00Z")).astimezone(dt.UTC)
            begin = begin.replace(microsecond=0)
            return Span(match["prefix"], begin, begin + (_SECOND if match["time"] else _DAY))
    raise outcomes.cannot_process("_lastUpdated must be a day, or a time with an offset, after ge, gt, le, lt or eq")
