"""Which operation a method and a path mean, by the table of the spec."""

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen
from cleanlife_traits import OPERATIONS

from cleanlife_ext.simulator import refusals

BASE_PATH = "/v1"
_PARAMETER = re.compile(r"\{[^}]+\}")


@frozen
class Route:
    """An operation and where it lives; *parameter* is its path's only one."""

    operation_id: str
    method: str
    permission: str
    pattern: re.Pattern[str]
    parameter: str | None


@frozen
class Match:
    """A route, and the value that its path's parameter has."""

    route: Route
    value: str


def routes(operations: Mapping[str, Mapping[str, Any]]) -> tuple[Route, ...]:
    """The routes of *operations*; paths without parameters are tried first."""
    table = [_route(operation_id, traits) for operation_id, traits in operations.items()]
    return tuple(sorted(table, key=lambda route: route.parameter is not None))


def _route(operation_id: str, traits: Mapping[str, Any]) -> Route:
    literals = [re.escape(part) for part in _PARAMETER.split(traits["path"])]
    names = _PARAMETER.findall(traits["path"])
    return Route(
        operation_id,
        traits["method"].upper(),
        traits["permission"],
        re.compile(BASE_PATH + "([^/]+)".join(literals)),
        names[0][1:-1] if names else None,
    )


ROUTES = routes(OPERATIONS)
PERMISSIONS = frozenset(route.permission for route in ROUTES)


def find(method: str, path: str) -> Match | None:
    """The operation that is meant, or None."""
    return next((match for match in _at(path) if match.route.method == method), None)


def nothing_there(method: str, path: str) -> refusals.Refusal:
    """Why `find` found nothing: the path is unknown, or only the method."""
    allowed = {match.route.method for match in _at(path)}
    return refusals.wrong_method(method, path, allowed) if allowed else refusals.no_such_path(method, path)


def _at(path: str) -> list[Match]:
    """All that lives at *path*, whatever the method; a path without parameters hides those that have one."""
    found = [Match(route, "".join(hit.groups())) for route in ROUTES if (hit := route.pattern.fullmatch(path))]
    return [match for match in found if match.route.pattern == found[0].route.pattern]
