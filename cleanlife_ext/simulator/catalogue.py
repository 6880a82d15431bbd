"""What CleanLife offers: services, packages, tiers, coupons, reasons, and the addresses it knows."""

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from attrs import evolve, frozen


@frozen
class Address:
    """A place to clean; its district decides which teams serve it."""

    id: str
    name: str
    district: str


@frozen
class Package:
    """A service with its own price: *price_per_hour* is in SAR, without VAT."""

    id: str
    name: str
    price_per_hour: Decimal


@frozen
class Service:
    """A kind of cleaning: *price_per_hour* is in SAR, without VAT; zero is free."""

    id: str
    name: str
    name_ar: str
    description: str
    price_per_hour: Decimal
    created_at: dt.datetime
    is_enabled: bool = True
    packages: tuple[Package, ...] = ()


@frozen
class PricingTier:
    """A factor on the price of a visit of so many minutes, bounds included."""

    id: str
    min_minutes: int
    max_minutes: int | None
    factor: Decimal
    sorting: int


@frozen
class Coupon:
    """*percent* off; ``COMPENSATION`` needs a user, ``MARKETING`` a phone."""

    id: str
    code: str
    kind: str
    percent: Decimal


@frozen
class CancellationReason:
    """Why a customer no longer wants the visit."""

    id: str
    name_en: str
    name_ar: str


@frozen
class Catalogue:
    """All of it, each found by its id; in the order of the seed data."""

    services: Mapping[str, Service]
    packages: Mapping[str, Package]
    tiers: tuple[PricingTier, ...]
    coupons: tuple[Coupon, ...]
    reasons: Mapping[str, CancellationReason]
    addresses: Mapping[str, Address]


# What factor after factor makes of a price stays an amount that can be written down.
_LEAST_PRICE, _MOST_PRICE = Decimal("0.01"), Decimal(1_000_000)


def repriced(catalogue: Catalogue, factor: Decimal) -> Catalogue:
    """*catalogue* with all prices multiplied by *factor* and rounded to 0.01; what is free stays free."""
    services = {id: _repriced_service(service, factor) for id, service in catalogue.services.items()}
    packages = {package.id: package for service in services.values() for package in service.packages}
    return evolve(catalogue, services=services, packages=packages)


def _repriced_service(service: Service, factor: Decimal) -> Service:
    packages = tuple(
        evolve(package, price_per_hour=_times(package.price_per_hour, factor)) for package in service.packages
    )
    return evolve(service, price_per_hour=_times(service.price_per_hour, factor), packages=packages)


def _times(price: Decimal, factor: Decimal) -> Decimal:
    if price == 0:
        return price
    product = (price * factor).quantize(_LEAST_PRICE, ROUND_HALF_UP)
    return min(max(product, _LEAST_PRICE), _MOST_PRICE)
