"""Whether what was found is what was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cleanlife_ext.engine.bodies import Row
from cleanlife_ext.engine.traits import Values

__all__ = ["alike", "contains", "holds", "is_one_of", "same", "spelled"]

DAY_OR_MINUTE = re.compile(r"(\d{4}-\d\d-\d\d)T.*|(\d\d:\d\d):00")


def same(asked: Any, found: Any) -> bool:
    """Whether *found* is what was *asked* for, as far as it was asked for.

    A day is the same as its beginning, and a minute as its: `2026-06-20` is `2026-06-20T00:00:00.000Z`, and `09:00` is
    `09:00:00`.
    """
    if isinstance(asked, Mapping):
        return isinstance(found, Mapping) and all(same(value, found.get(field)) for field, value in asked.items())
    if isinstance(asked, str) and isinstance(found, str):
        shorter, longer = sorted((asked, found), key=len)
        begins = DAY_OR_MINUTE.fullmatch(longer)
        return bool(shorter) and (shorter == longer or (begins is not None and shorter in begins.groups()))
    return bool(asked == found)


def contains(asked: Any, found: Any) -> bool:
    """Whether all that was *asked* for stands in *found*, also within lists."""
    if isinstance(asked, Mapping):
        return isinstance(found, Mapping) and all(contains(value, found.get(name)) for name, value in asked.items())
    if isinstance(asked, list):
        return isinstance(found, list) and _each_has_its_own(asked, found)
    return bool(asked == found)


def _each_has_its_own(asked: list[Any], found: list[Any]) -> bool:
    """Whether each item of *asked* stands in an item of *found* that no other one needs."""
    owners: dict[int, int] = {}

    def finds_one(item: int, tried: set[int]) -> bool:
        for place, other in enumerate(found):
            if place not in tried and contains(asked[item], other):
                tried.add(place)
                if place not in owners or finds_one(owners[place], tried):
                    owners[place] = item
                    return True
        return False

    return all(finds_one(item, set()) for item in range(len(asked)))


def spelled(form: str, items: Any) -> Iterator[str]:
    """Each of *items* that has all the parts of *form*, written like it."""
    for item in items if isinstance(items, list) else ():
        parts = {name: part for name, part in item.items() if part is not None} if isinstance(item, Mapping) else {}
        try:
            yield form.format_map(parts)
        except KeyError:
            continue


def alike(asked: Any, found: Any) -> bool:
    if isinstance(asked, list) and isinstance(found, list):
        return sorted(map(str, asked)) == sorted(map(str, found))  # A choice has no order.
    return same(asked, found)


def is_one_of(row: Row, field: str, values: tuple[str, ...]) -> bool:
    """Whether *row* has one of these *values* there, in whatever case."""
    return str(row.get(field)).casefold() in {value.casefold() for value in values}


def holds(row: Row, when: Values) -> bool:
    return all(is_one_of(row, field, values) for field, values in when.items())
