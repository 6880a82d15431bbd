"""Which operation a method and a path mean, by the table of a spec."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from attrs import frozen
from cleanlife_traits import OPERATIONS

from cleanlife_ext.simulator import refusals

BASE_PATH = "/v1"
_PARAMETER = re.compile(r"\{[^}]+\}")


@frozen
class Route:
    """An operation and where it lives; *parameter* is its path's only one.

    *permission* is empty where none is asked for.
    """

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


@frozen
class Table:
    """The routes of an API."""

    routes: tuple[Route, ...]

    @property
    def operations(self) -> tuple[str, ...]:
        """The ids of all operations, sorted."""
        return tuple(sorted(route.operation_id for route in self.routes))

    def find(self, method: str, path: str) -> Match | None:
        """The operation that is meant, or None."""
        return next((match for match in self._at(path) if match.route.method == method), None)

    def methods(self, path: str) -> Collection[str]:
        """The methods that are known at *path*; none at one that is unknown."""
        return {match.route.method for match in self._at(path)}

    def _at(self, path: str) -> list[Match]:
        """All that lives at *path*, whatever the method; a path without parameters hides those that have one."""
        found = [Match(route, "".join(hit.groups())) for route in self.routes if (hit := route.pattern.fullmatch(path))]
        return [match for match in found if match.route.pattern == found[0].route.pattern]


def table(operations: Mapping[str, Mapping[str, Any]], base_path: str = "") -> Table:
    """The routes of *operations*; paths without parameters are tried first."""
    routes = [_route(operation_id, traits, base_path) for operation_id, traits in operations.items()]
    return Table(tuple(sorted(routes, key=lambda route: route.parameter is not None)))


def _route(operation_id: str, traits: Mapping[str, Any], base_path: str) -> Route:
    literals = [re.escape(part) for part in _PARAMETER.split(traits["path"])]
    names = _PARAMETER.findall(traits["path"])
    return Route(
        operation_id,
        traits["method"].upper(),
        traits.get("permission", ""),
        re.compile(re.escape(base_path) + "([^/]+)".join(literals)),
        names[0][1:-1] if names else None,
    )


TABLE = table(OPERATIONS, BASE_PATH)
ROUTES = TABLE.routes
PERMISSIONS = frozenset(route.permission for route in ROUTES)


def nothing_there(method: str, path: str) -> refusals.Refusal:
    """Why nothing was found there: the path is unknown, or only the method."""
    allowed = TABLE.methods(path)
    return refusals.wrong_method(method, path, allowed) if allowed else refusals.no_such_path(method, path)
