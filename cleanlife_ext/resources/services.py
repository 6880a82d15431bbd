"""The catalogue of services."""

from __future__ import annotations

from uuid import UUID

from cleanlife_client.api.services import get_service, list_services
from cleanlife_client.models import Service, SortOrder

from cleanlife_ext.envelope import data
from cleanlife_ext.layered import AsyncLayeredClient, LayeredClient
from cleanlife_ext.pages import AsyncPages, Pages
from cleanlife_ext.resources.shared import discreetly, documented_as, sorting
from cleanlife_ext.values import uuid_of

__all__ = ["AsyncServices", "Services"]


@discreetly
class Services:
    """The services that are enabled for you. They change seldom, and are kept for an hour (best-practices)."""

    def __init__(self, client: LayeredClient) -> None:
        self._client = client

    def list(self, *, sort_by: str | None = None, sort_order: SortOrder | str | None = None) -> Pages[Service]:
        """All services, a hundred to a call (list-services).

        *sort_order* is `"ASC"` or `"DESC"`; which fields *sort_by* takes is not documented.

        ```python
        for service in client.services.list():
            print(service.id, service.name)
        ```
        """
        return Pages(self._client, list_services.sync_detailed, "listServices", sorting(sort_by, sort_order))

    def get(self, service_id: UUID | str) -> Service:
        """One service, kept for an hour like the list (get-service).

        Raises `NotFoundError` if there is none, or if it is not enabled for you.
        """
        return data(get_service.sync(uuid_of(service_id, "service_id"), client=self._client))

    def invalidate(self) -> None:
        """Forget what is kept of services; the next call asks the API."""
        self._client.session.core.forget("services")


@documented_as(Services)
@discreetly
class AsyncServices:
    """The services that are enabled for you. They change seldom, and are kept for an hour (best-practices)."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self._client = client

    def list(self, *, sort_by: str | None = None, sort_order: SortOrder | str | None = None) -> AsyncPages[Service]:
        return AsyncPages(self._client, list_services.asyncio_detailed, "listServices", sorting(sort_by, sort_order))

    async def get(self, service_id: UUID | str) -> Service:
        return data(await get_service.asyncio(uuid_of(service_id, "service_id"), client=self._client))

    def invalidate(self) -> None:
        self._client.session.core.forget("services")
