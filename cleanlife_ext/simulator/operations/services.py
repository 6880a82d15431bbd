"""Services: what can be booked."""

from cleanlife_ext.simulator import refusals, shapes
from cleanlife_ext.simulator.calls import Ask, Page
from cleanlife_ext.simulator.operations import paging
from cleanlife_ext.simulator.state import State


def list_services(state: State, ask: Ask) -> Page:
    """The enabled services; ``sortBy`` knows ``name`` and ``createdAt`` (the default, also for other words)."""
    enabled = [service for service in state.catalogue.services.values() if service.is_enabled]
    by_name = ask.query.get("sortBy") == "name"
    enabled.sort(
        key=lambda service: service.name if by_name else service.created_at.isoformat(),
        reverse=paging.is_descending(ask.query),
    )
    return paging.cut(enabled, ask.query, shapes.service)


def get_service(state: State, ask: Ask) -> object:
    """One service; one that is not enabled does not exist."""
    service = state.catalogue.services.get(ask.id)
    if service is None or not service.is_enabled:
        raise refusals.not_found("Service")
    return shapes.service_details(service)
