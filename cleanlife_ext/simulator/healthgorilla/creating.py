"""What a creation is answered with, and how addresses are spelled."""

from cleanlife_ext.simulator.calls import Answer
from cleanlife_ext.simulator.healthgorilla import outcomes
from cleanlife_ext.simulator.healthgorilla.resources import Resource
from cleanlife_ext.simulator.healthgorilla.settings import Settings
from cleanlife_ext.simulator.idempotency import Made


def created(resource: Resource, base_url: str, settings: Settings) -> Made[Answer]:
    """*resource* is new: its 201."""
    place = address(base_url, f"/fhir/R4/{resource.content['resourceType']}/{resource.id}", settings)
    answer = outcomes.fhir(201, resource.content, {"Location": place, "ETag": resource.etag})
    return Made(resource.id, outcomes.emptied(answer) if settings.created_body == "empty" else answer)


def address(base_url: str, path: str, settings: Settings) -> str:
    """Where something is."""
    return path if settings.location == "relative" else base_url + path
