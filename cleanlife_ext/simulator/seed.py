"""Invented data that looks real, equal for equal seeds."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol, TypeVar

from cleanlife_ext.simulator.catalogue import (
    Address,
    CancellationReason,
    Catalogue,
    Coupon,
    Package,
    PricingTier,
    Service,
)
from cleanlife_ext.simulator.ids import Ids
from cleanlife_ext.simulator.times import RIYADH

# English name, Arabic name, description, SAR per hour
_SERVICES = (
    ("Standard Home Cleaning", "تنظيف منزلي اعتيادي", "Floors, surfaces, kitchen and bathrooms.", "45.00"),
    ("Deep Home Cleaning", "تنظيف منزلي عميق", "Standard cleaning, and inside cupboards and appliances.", "70.00"),
    ("Move-In Cleaning", "تنظيف قبل السكن", "An empty home, made ready for its new family.", "75.00"),
    ("Post-Construction Cleaning", "تنظيف ما بعد البناء", "Dust, paint and plaster removed after works.", "95.00"),
    ("Sofa and Upholstery Cleaning", "تنظيف الكنب والمفروشات", "Steam cleaning of sofas and chairs.", "80.00"),
    ("Carpet Cleaning", "تنظيف السجاد", "Shampoo and extraction, on site.", "65.00"),
    ("Kitchen Deep Cleaning", "تنظيف عميق للمطبخ", "Hood, oven, cupboards and tiles.", "72.50"),
    ("Window Cleaning", "تنظيف النوافذ", "Inside and outside, up to the third floor.", "55.00"),
    ("Mattress Sanitising", "تعقيم المراتب", "Vacuuming, steam and disinfection.", "60.00"),
    ("Office Cleaning", "تنظيف المكاتب", "Desks, floors, pantry and washrooms.", "50.00"),
    ("Majlis Preparation", "تجهيز المجلس", "The guest hall, ready for visitors.", "58.75"),
    ("Free Home Assessment", "معاينة منزلية مجانية", "A supervisor looks, measures and advises.", "0.00"),
)
_NOT_ENABLED = ("Car Interior Cleaning", "تنظيف السيارات من الداخل", "Offered to other partners only.", "85.00")
_PACKAGES = (("Weekly Visits", "0.85"), ("Monthly Visits", "0.95"))  # share of the service's price
_TIERS = ((120, 179, "1.0"), (180, 239, "0.95"), (240, None, "0.9"))
_COUPONS = (("SUMMER10", "DISCOUNT", "10"), ("FIRSTVISIT", "DISCOUNT", "100"),
            ("SORRY50", "COMPENSATION", "50"), ("HELLO20", "MARKETING", "20"))  # fmt: skip
_REASONS = (
    ("Customer changed plans", "تغيرت خطط العميل"),
    ("Wrong date or time selected", "تم اختيار تاريخ أو وقت خاطئ"),
    ("Found another provider", "تم العثور على مزود آخر"),
    ("Address is not ready", "العنوان غير جاهز"),
)
_ADDRESSES = (
    ("Villa 12, Al Yasmin", "Al Yasmin"),
    ("Apartment 4B, Al Olaya", "Al Olaya"),
    ("Villa 7, Al Malqa", "Al Malqa"),
    ("Apartment 21, Al Nakheel", "Al Nakheel"),
    ("Office 305, King Fahd Road", "Al Sulaimaniyah"),
)
_LATEST_SERVICE = dt.datetime(2026, 1, 4, 9, tzinfo=RIYADH)


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_T = TypeVar("_T", bound=_Identified)


def catalogue(ids: Ids) -> Catalogue:
    """The catalogue of a fresh simulator."""
    services = _by_id(_service(ids, number) for number in range(len(_SERVICES) + 1))
    return Catalogue(
        services=services,
        packages=_by_id(package for service in services.values() for package in service.packages),
        tiers=tuple(
            PricingTier(ids.uuid(), least, most, Decimal(factor), sorting)
            for sorting, (least, most, factor) in enumerate(_TIERS, start=1)
        ),
        coupons=tuple(Coupon(ids.uuid(), code, kind, Decimal(percent)) for code, kind, percent in _COUPONS),
        reasons=_by_id(CancellationReason(ids.uuid(), english, arabic) for english, arabic in _REASONS),
        addresses=_by_id(Address(ids.uuid(), name, district) for name, district in _ADDRESSES),
    )


def _service(ids: Ids, number: int) -> Service:
    name, name_ar, description, price = (*_SERVICES, _NOT_ENABLED)[number]
    return Service(
        id=ids.uuid(),
        name=name,
        name_ar=name_ar,
        description=description,
        price_per_hour=Decimal(price),
        created_at=_LATEST_SERVICE - dt.timedelta(days=number),  # The API lists the newest first: in the order above.
        is_enabled=number < len(_SERVICES),
        # Packages hang on the first two services only: what others do is not known either.
        packages=tuple(_package(ids, name, price, *terms) for terms in _PACKAGES) if number < 2 else (),
    )


def _package(ids: Ids, service: str, price: str, terms: str, share: str) -> Package:
    return Package(ids.uuid(), f"{service}, {terms}", Decimal(price) * Decimal(share))


def _by_id(things: Iterable[_T]) -> dict[str, _T]:
    return {thing.id: thing for thing in things}
