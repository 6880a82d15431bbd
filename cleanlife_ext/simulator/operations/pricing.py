"""Pricing: tiers, and what a visit would cost."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from cleanlife_ext.simulator import refusals, shapes
from cleanlife_ext.simulator.calls import Ask
from cleanlife_ext.simulator.pricing import percent_off, quote
from cleanlife_ext.simulator.state import State


def list_pricing_tiers(state: State, _ask: Ask) -> object:
    """All tiers, in their order."""
    return [shapes.tier(tier) for tier in state.catalogue.tiers]


def calculate_price(state: State, ask: Ask) -> object:
    """A quote for each item, in the order asked, and their sum."""
    # No 404 is documented here, so an item that cannot be bought is an item that breaks a rule.
    if wrong := _unknown(state, ask.body["items"]):
        raise refusals.invalid(wrong)
    percent = discount(state, ask.body, has_phone="phone" in ask.body)
    quotes = [
        quote(
            price_per_hour(state, item.get("serviceId"), item.get("packageId")),
            Decimal(str(item["hours"])),
            state.catalogue.tiers,
            percent,
        )
        for item in ask.body["items"]
    ]
    items = [
        {"serviceId": item.get("serviceId"), "packageId": item.get("packageId"), "hours": item["hours"]}
        | shapes.quote(quoted)
        for item, quoted in zip(ask.body["items"], quotes, strict=True)
    ]
    total = sum((quoted.total for quoted in quotes), Decimal(0))
    return {"items": items, "total": shapes.amount(total), "currency": "SAR"}


def _unknown(state: State, items: Iterable[Mapping[str, Any]]) -> list[str]:
    enabled = {service.id for service in state.catalogue.services.values() if service.is_enabled}
    offered = {"serviceId": enabled, "packageId": set(state.catalogue.packages)}
    return [
        f"items.{place}.{name} is not in the partner's catalog"
        for place, item in enumerate(items)
        for name, known in offered.items()
        if item.get(name) is not None and item[name].lower() not in known
    ]


def price_per_hour(state: State, service_id: str | None, package_id: str | None) -> Decimal:
    """The package's price if there is one, else the service's, in SAR."""
    price = Decimal(0)
    if service_id is not None:
        price = state.enabled_service(service_id).price_per_hour
    if package_id is not None:
        package = state.catalogue.packages.get(package_id.lower())
        if package is None:
            raise refusals.not_found("Package")
        price = package.price_per_hour
    return price


def discount(state: State, body: Mapping[str, Any], *, has_phone: bool) -> Decimal:
    """What the coupons in *body* take off, in percent; unknown ones nothing."""
    codes = set(body.get("codes", ()))
    ids = {coupon_id.lower() for coupon_id in body.get("couponIds", ())}
    coupons = [coupon for coupon in state.catalogue.coupons if coupon.code in codes or coupon.id in ids]
    return percent_off(coupons, has_user="userId" in body, has_phone=has_phone)
