"""Prices and the factors behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cleanlife_client.api.pricing import calculate_price, list_pricing_tiers
from cleanlife_client.models import PricingTier

from cleanlife_ext.engine.traits import Batching
from cleanlife_ext.envelope import data
from cleanlife_ext.layered import AsyncLayeredClient, LayeredClient
from cleanlife_ext.provider import CLEANLIFE
from cleanlife_ext.quotes import Plan, PriceItem, Quote, assemble, plan
from cleanlife_ext.resources.shared import discreetly, documented_as
from cleanlife_ext.values import maybe_list, maybe_uuid, maybe_uuids

__all__ = ["AsyncPricing", "Pricing"]


@discreetly
class Pricing:
    """Prices, always calculated anew, and the tiers behind them, which are kept for an hour (best-practices)."""

    def __init__(self, client: LayeredClient) -> None:
        self._client = client

    def tiers(self) -> list[PricingTier]:
        """By which factor a duration changes the base price (get-pricing-tiers). Durations are in minutes."""
        return data(list_pricing_tiers.sync(client=self._client))

    def calculate(
        self,
        items: Sequence[PriceItem],
        *,
        coupon_ids: Sequence[UUID | str] | None = None,
        codes: Sequence[str] | None = None,
        user_id: UUID | str | None = None,
        phone: str | None = None,
    ) -> list[Quote]:
        """One quote for each item, in the order asked; amounts are `Decimal`, in SAR (calculate-price).

        However many items there are, they are asked for ten to a call, and equal ones once. With coupons (at most two
        *coupon_ids* and two *codes*) at most ten items can be priced, because a coupon counts once a call.
        *user_id* is needed for compensation coupons, *phone* (`+966…`) for marketing ones.

        ```python
        quotes = client.pricing.calculate([PriceItem(service_id=service.id, hours=hours) for hours in (2, 3, 4)])
        ```

        Raises `ValueError` for what the API would refuse, and `UnexpectedResponseError` rather than give an item
        the price of another.
        """
        planned = _plan(items, coupon_ids, codes, user_id, phone)
        client = self._client.scoped()
        answers = [calculate_price.sync_detailed(client=client, body=body) for body in planned.bodies]
        return assemble(planned, answers, client.scope)


@documented_as(Pricing)
@discreetly
class AsyncPricing:
    """Prices, always calculated anew, and the tiers behind them, which are kept for an hour (best-practices)."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self._client = client

    async def tiers(self) -> list[PricingTier]:
        return data(await list_pricing_tiers.asyncio(client=self._client))

    async def calculate(
        self,
        items: Sequence[PriceItem],
        *,
        coupon_ids: Sequence[UUID | str] | None = None,
        codes: Sequence[str] | None = None,
        user_id: UUID | str | None = None,
        phone: str | None = None,
    ) -> list[Quote]:
        planned = _plan(items, coupon_ids, codes, user_id, phone)
        client = self._client.scoped()
        answers = [await calculate_price.asyncio_detailed(client=client, body=body) for body in planned.bodies]
        return assemble(planned, answers, client.scope)


def _batching() -> Batching:
    rule = CLEANLIFE.operations["calculatePrice"].batch
    assert rule is not None, "calculatePrice has no x-batch"
    return rule


_BATCHING = _batching()


def _plan(
    items: Sequence[PriceItem],
    coupon_ids: Sequence[UUID | str] | None,
    codes: Sequence[str] | None,
    user_id: UUID | str | None,
    phone: str | None,
) -> Plan:
    extras: dict[str, Any] = {
        "coupon_ids": maybe_uuids(coupon_ids, "coupon_ids"),
        "codes": maybe_list(codes, "codes"),
        "user_id": maybe_uuid(user_id, "user_id"),
        "phone": phone,
    }
    return plan(_BATCHING, items, **extras)
