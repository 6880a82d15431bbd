"""What CleanLife offers: services, packages, tiers, coupons, reasons, and the addresses it knows."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen


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
