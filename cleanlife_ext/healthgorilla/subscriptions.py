"""Notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from healthgorilla_client.api.subscriptions import create_subscription, get_subscription
from healthgorilla_client.models import Subscription

from cleanlife_ext.healthgorilla.provider import AsyncLayeredClient, LayeredClient
from cleanlife_ext.healthgorilla.resources import Id, key_of, resource_of
from cleanlife_ext.resources.shared import discreetly, documented_as

__all__ = ["AsyncSubscriptions", "Subscriptions"]


@discreetly
class Subscriptions:
    """Addresses that are told what happens, 30 at most (D-SUBOLD)."""

    def __init__(self, client: LayeredClient) -> None:
        self._client = client

    def create(
        self, resource: Subscription | Mapping[str, Any], *, idempotency_key: UUID | str | None = None
    ) -> Subscription:
        """Have an address told, once (D-SUB, A-SUBC). `OperationOutcome?async=true` tells of jobs that have ended.

        ```python
        subscription = client.subscriptions.create(
            {"status": "active", "reason": "jobs", "criteria": "OperationOutcome?async=true",
             "channel": {"type": "rest-hook", "endpoint": "https://example.com/hook",
                         "payload": "application/fhir+json"}}
        )
        ```

        See `patients.create` for *idempotency_key*.
        """
        body, key = resource_of(Subscription, resource), key_of(idempotency_key)
        return cast("Subscription", create_subscription.sync(client=self._client, body=body, hg_idempotency_key=key))

    def get(self, subscription_id: Id) -> Subscription:
        """The subscription with this id: it is switched off where nobody receives (D-SUBOLD). Then poll."""
        return cast("Subscription", get_subscription.sync(cast("str", subscription_id), client=self._client))


@documented_as(Subscriptions)
@discreetly
class AsyncSubscriptions:
    """Addresses that are told what happens, 30 at most (D-SUBOLD)."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self._client = client

    async def create(
        self, resource: Subscription | Mapping[str, Any], *, idempotency_key: UUID | str | None = None
    ) -> Subscription:
        body, key = resource_of(Subscription, resource), key_of(idempotency_key)
        answer = await create_subscription.asyncio(client=self._client, body=body, hg_idempotency_key=key)
        return cast("Subscription", answer)

    async def get(self, subscription_id: Id) -> Subscription:
        return cast(
            "Subscription",
            await get_subscription.asyncio(cast("str", subscription_id), client=self._client),
        )
