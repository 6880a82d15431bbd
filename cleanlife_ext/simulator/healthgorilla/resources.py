"""Resources with their versions, and where they are kept."""

import copy
import datetime as dt
from collections.abc import Iterator
from typing import Any

from attrs import evolve, field, frozen

from cleanlife_ext.simulator.times import utc_text

Json = dict[str, Any]


@frozen
class Resource:
    """A resource as the API shows it; all of it but its id may be personal data.

    *client_id*: whose it is. *key*: the idempotency key with which it was made, if there was one.
    """

    id: str
    client_id: str
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    key: str | None = None
    content: Json = field(factory=dict[str, Any], repr=False)

    @property
    def resource(self) -> Json:
        """The JSON, as a copy."""
        return copy.deepcopy(self.content)

    @property
    def etag(self) -> str:
        """The version, as headers have it."""
        return f'W/"{self.version}"'

    @property
    def identifiers(self) -> frozenset[tuple[str, str]]:
        """System and value of each identifier that has a value."""
        given = self.content.get("identifier", [])
        return frozenset((each.get("system", ""), each["value"]) for each in given if "value" in each)


def made(given: Json, id: str, client_id: str, now: dt.datetime, key: str | None = None) -> Resource:
    """The first version of what was *given*."""
    return _stamped(Resource(id, client_id, 1, now, now, key), given)


def changed(before: Resource, given: Json, now: dt.datetime) -> Resource:
    """The next version, which is what was *given*."""
    return _stamped(evolve(before, version=before.version + 1, updated_at=now), given)


def _stamped(resource: Resource, given: Json) -> Resource:
    meta = {
        **given.get("meta", {}),
        "versionId": str(resource.version),
        "lastUpdated": utc_text(resource.updated_at),
    }
    head = {"resourceType": given["resourceType"], "id": resource.id, "meta": meta}
    return evolve(resource, content={**head, **{name: each for name, each in given.items() if name not in head}})


class Shelf:
    """Resources of one type, oldest first, found by id or by identifier."""

    def __init__(self) -> None:
        self._resources: dict[tuple[str, str], Resource] = {}
        self._identifiers: dict[tuple[str, str, str], str] = {}

    def __iter__(self) -> Iterator[Resource]:
        """All of them, of every client."""
        return iter(self._resources.values())

    def of(self, client_id: str) -> list[Resource]:
        """Those of one client."""
        return [each for each in self._resources.values() if each.client_id == client_id]

    def get(self, client_id: str, id: str) -> Resource | None:
        """The client's resource with this id."""
        return self._resources.get((client_id, id))

    def by_identifier(self, client_id: str, system: str, value: str) -> Resource | None:
        """The client's resource with this identifier."""
        id = self._identifiers.get((client_id, system, value))
        return None if id is None else self._resources[client_id, id]

    def put(self, resource: Resource) -> None:
        """Keep *resource*, in place of its version before."""
        place = resource.client_id, resource.id
        before = self._resources.get(place)
        for system, value in before.identifiers if before is not None else ():
            del self._identifiers[resource.client_id, system, value]
        self._resources[place] = resource
        for system, value in resource.identifiers:
            self._identifiers[resource.client_id, system, value] = resource.id
