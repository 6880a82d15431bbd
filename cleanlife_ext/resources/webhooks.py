"""Subscriptions to events, and the record of their deliveries."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from uuid import UUID

from cleanlife_client.api.webhooks import (
    create_subscription,
    delete_subscription,
    list_deliveries,
    list_subscriptions,
    retry_delivery,
    rotate_secret,
    update_subscription,
)
from cleanlife_client.models import (
    CreateSubscriptionRequest,
    Delivery,
    DeliveryStatus,
    EventType,
    RemovedSubscription,
    RetriedDelivery,
    RotatedSecret,
    Subscription,
    SubscriptionStatus,
    SubscriptionWithSecret,
    UpdateSubscriptionRequest,
)

from cleanlife_ext.envelope import data
from cleanlife_ext.layered import AsyncLayeredClient, LayeredClient
from cleanlife_ext.pages import AsyncPages, Pages, filters
from cleanlife_ext.resources.shared import discreetly, documented_as
from cleanlife_ext.values import choice_of, given, list_of, maybe_uuid, uuid_of

__all__ = [
    "AsyncDeliveries",
    "AsyncSubscriptions",
    "AsyncWebhooks",
    "Deliveries",
    "Subscriptions",
    "Webhooks",
]


@discreetly
class Subscriptions:
    """To which URL which events are sent. A secret does not show in a `repr`; read it from `.secret` and store it."""

    def __init__(self, client: LayeredClient) -> None:
        self._client = client

    def create(self, *, url: str, events: Sequence[EventType | str]) -> SubscriptionWithSecret:
        """Have *events* sent to *url* (create-subscription).

        The URL has to be `https`, on a host that CleanLife has registered for you, or the API refuses it. The secret in
        the answer signs the deliveries, and is shown this once.

        The subscriptions are listed first. If the answer is lost, the one that is new and alike is taken for it, and
        its secret is renewed, since that was lost as well. Raises `OutcomeUnknownError` if nothing tells, or if there
        are several, which are then in `.candidates`.

        ```python
        made = client.webhooks.subscriptions.create(url="https://example.com/hooks", events=["booking.created"])
        ```
        """
        return data(create_subscription.sync(client=self._client, body=_creation(url, events)))

    def list(self) -> builtins.list[Subscription]:
        """All subscriptions, newest first, without their secrets (list-subscriptions)."""
        return data(list_subscriptions.sync(client=self._client))

    def update(
        self,
        subscription_id: UUID | str,
        *,
        url: str | None = None,
        events: Sequence[EventType | str] | None = None,
        status: SubscriptionStatus | str | None = None,
    ) -> Subscription:
        """Change the URL, replace the events, or pause (`INACTIVE`) and resume (`ACTIVE`) (update-subscription)."""
        id, body = uuid_of(subscription_id, "subscription_id"), _change(url, events, status)
        return data(update_subscription.sync(id, client=self._client, body=body))

    def delete(self, subscription_id: UUID | str) -> RemovedSubscription:
        """Remove it for good; the record of its deliveries stays. Raises `NotFoundError` if there is none.

        If the answer is lost, it is asked for again; that there is none then means that it was removed.
        """
        return data(delete_subscription.sync(uuid_of(subscription_id, "subscription_id"), client=self._client))

    def rotate_secret(self, subscription_id: UUID | str) -> RotatedSecret:
        """Make a new secret. The old one is worth nothing from that moment on (rotate-secret)."""
        return data(rotate_secret.sync(uuid_of(subscription_id, "subscription_id"), client=self._client))


@documented_as(Subscriptions)
@discreetly
class AsyncSubscriptions:
    """To which URL which events are sent. A secret does not show in a `repr`; read it from `.secret` and store it."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self._client = client

    async def create(self, *, url: str, events: Sequence[EventType | str]) -> SubscriptionWithSecret:
        return data(await create_subscription.asyncio(client=self._client, body=_creation(url, events)))

    async def list(self) -> builtins.list[Subscription]:
        return data(await list_subscriptions.asyncio(client=self._client))

    async def update(
        self,
        subscription_id: UUID | str,
        *,
        url: str | None = None,
        events: Sequence[EventType | str] | None = None,
        status: SubscriptionStatus | str | None = None,
    ) -> Subscription:
        id, body = uuid_of(subscription_id, "subscription_id"), _change(url, events, status)
        return data(await update_subscription.asyncio(id, client=self._client, body=body))

    async def delete(self, subscription_id: UUID | str) -> RemovedSubscription:
        return data(await delete_subscription.asyncio(uuid_of(subscription_id, "subscription_id"), client=self._client))

    async def rotate_secret(self, subscription_id: UUID | str) -> RotatedSecret:
        return data(await rotate_secret.asyncio(uuid_of(subscription_id, "subscription_id"), client=self._client))


@discreetly
class Deliveries:
    """What was sent to your URLs, and whether it arrived."""

    def __init__(self, client: LayeredClient) -> None:
        self._client = client

    def list(
        self, *, status: DeliveryStatus | str | None = None, subscription_id: UUID | str | None = None
    ) -> Pages[Delivery]:
        """Deliveries, a hundred to a call (list-deliveries).

        *status* is one of `PENDING`, `DELIVERED` and `FAILED`; look for the failed ones from time to time.
        """
        return Pages(self._client, list_deliveries.sync_detailed, "listDeliveries", _filters(status, subscription_id))

    def retry(self, delivery_id: UUID | str) -> RetriedDelivery:
        """Send a failed delivery once more (retry-delivery).

        Raises `NotFoundError` if there is none, and with `.code == "DELIVERY_NOT_RETRYABLE"` if it has not failed.
        """
        return data(retry_delivery.sync(uuid_of(delivery_id, "delivery_id"), client=self._client))


@documented_as(Deliveries)
@discreetly
class AsyncDeliveries:
    """What was sent to your URLs, and whether it arrived."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self._client = client

    def list(
        self, *, status: DeliveryStatus | str | None = None, subscription_id: UUID | str | None = None
    ) -> AsyncPages[Delivery]:
        return AsyncPages(
            self._client, list_deliveries.asyncio_detailed, "listDeliveries", _filters(status, subscription_id)
        )

    async def retry(self, delivery_id: UUID | str) -> RetriedDelivery:
        return data(await retry_delivery.asyncio(uuid_of(delivery_id, "delivery_id"), client=self._client))


class Webhooks:
    """`subscriptions` and `deliveries`."""

    def __init__(self, client: LayeredClient) -> None:
        self.subscriptions = Subscriptions(client)
        self.deliveries = Deliveries(client)


class AsyncWebhooks:
    """`subscriptions` and `deliveries`."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self.subscriptions = AsyncSubscriptions(client)
        self.deliveries = AsyncDeliveries(client)


def _creation(url: str, events: Sequence[EventType | str]) -> CreateSubscriptionRequest:
    return CreateSubscriptionRequest(url=url, events=_events(events))


def _change(
    url: str | None, events: Sequence[EventType | str] | None, status: SubscriptionStatus | str | None
) -> UpdateSubscriptionRequest:
    if all(value is None for value in (url, events, status)):
        raise ValueError("url, events or status: one of them must be given")
    return UpdateSubscriptionRequest(
        url=given(url),
        events=given(None if events is None else _events(events)),
        status=given(None if status is None else choice_of(SubscriptionStatus, status, "status")),
    )


def _events(events: Sequence[EventType | str]) -> list[EventType]:
    return [choice_of(EventType, event, "events") for event in list_of(events, "events")]


def _filters(status: DeliveryStatus | str | None, subscription_id: UUID | str | None) -> dict[str, object]:
    id = maybe_uuid(subscription_id, "subscription_id")
    wanted = None if status is None else choice_of(DeliveryStatus, status, "status")
    return filters(status=wanted, subscription_id=id)
