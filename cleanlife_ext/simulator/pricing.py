"""What a visit costs: hours times price times tier, minus coupons, plus VAT.

All amounts are in SAR and rounded to 0.01 as people round. Nothing but the tiers is documented.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from attrs import frozen

from cleanlife_ext.simulator.catalogue import Coupon, PricingTier

VAT = Decimal("0.15")
_HALALA = Decimal("0.01")
_WHOLE = Decimal(100)


@frozen
class Quote:
    """One visit's price: *total* is ``base_price - discount + vat``, in SAR."""

    base_price: Decimal
    discount: Decimal
    vat: Decimal

    @property
    def total(self) -> Decimal:
        """What the customer pays."""
        return self.base_price - self.discount + self.vat


def quote(price_per_hour: Decimal, hours: Decimal, tiers: Iterable[PricingTier], percent: Decimal) -> Quote:
    """The price of *hours* at *price_per_hour*, with *percent* off."""
    base_price = _rounded(price_per_hour * hours * _factor(hours, tiers))
    discount = _rounded(base_price * percent / _WHOLE)
    return Quote(base_price, discount, _rounded((base_price - discount) * VAT))


def percent_off(coupons: Iterable[Coupon], *, has_user: bool, has_phone: bool) -> Decimal:
    """What *coupons* take off together, at most all of it."""
    needed = {"COMPENSATION": has_user, "MARKETING": has_phone}
    return min(sum((coupon.percent for coupon in coupons if needed.get(coupon.kind, True)), Decimal(0)), _WHOLE)


def is_free(price_per_hour: Decimal, percent: Decimal) -> bool:
    """Whether nothing is left to pay, however long the visit."""
    return price_per_hour == 0 or percent == _WHOLE


def _factor(hours: Decimal, tiers: Iterable[PricingTier]) -> Decimal:
    minutes = int(hours * 60)
    for tier in tiers:
        if tier.min_minutes <= minutes and (tier.max_minutes is None or minutes <= tier.max_minutes):
            return tier.factor
    return Decimal(1)


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_HALALA, ROUND_HALF_UP)
