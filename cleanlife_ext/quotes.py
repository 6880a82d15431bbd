"""Prices: what is asked, how it is split into calls, and what comes back. Money is `Decimal`, in SAR."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias
from uuid import UUID

import attrs
from cleanlife_client.models import (
    CalculatePriceRequest,
    CalculatePriceResponse,
    ErrorResponse,
    PriceItemInput,
    PriceLine,
)
from cleanlife_client.types import Response as GeneratedResponse
from cleanlife_client.types import Unset

from cleanlife_ext.engine.constraints import spoken
from cleanlife_ext.engine.message import Scope
from cleanlife_ext.engine.traits import Batching
from cleanlife_ext.envelope import data, unreadable
from cleanlife_ext.values import given, list_of, maybe_uuid

__all__ = ["PriceItem", "Quote"]

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
Answer: TypeAlias = "GeneratedResponse[CalculatePriceResponse | ErrorResponse]"


def _number(_item: object, field: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{field.name}: a number is needed")  # noqa: TRY004  # Bad input is a ValueError here.


def _service_id(value: UUID | str | None) -> UUID | None:
    return maybe_uuid(value, "service_id")


def _package_id(value: UUID | str | None) -> UUID | None:
    return maybe_uuid(value, "package_id")


def _sub_service_id(value: UUID | str | None) -> UUID | None:
    return maybe_uuid(value, "sub_service_id")


@attrs.frozen(kw_only=True)
class PriceItem:
    """Something to be priced: so many hours of a service, or of a package (calculate-price).

    ```python
    PriceItem(service_id=service.id, hours=2.5)
    ```

    Attributes:
        hours: From 1 to 24.
        service_id: A UUID or its text. Either this or `package_id` must be given.
        package_id: A UUID or its text.
        sub_service_id: A UUID or its text.
    """

    hours: float = attrs.field(validator=_number)
    service_id: UUID | None = attrs.field(default=None, converter=_service_id)
    package_id: UUID | None = attrs.field(default=None, converter=_package_id)
    sub_service_id: UUID | None = attrs.field(default=None, converter=_sub_service_id)


@attrs.frozen(kw_only=True)
class Quote:
    """The price of one item, as calculated now; nothing is reserved by it.

    The documentation does not show this answer, so every amount may be `None`. Amounts are exact: they are read from
    the digits of the answer, not from a rounded float.

    Attributes:
        item: What was asked.
        base_price: Before discount and VAT, in SAR.
        discount: What is taken off, in SAR.
        vat: Value added tax, in SAR.
        total: What is to be paid, in SAR.
        currency: `SAR`, as far as the answer says.
        more: What else the answer holds for this item.
    """

    item: PriceItem
    base_price: Decimal | None = None
    discount: Decimal | None = None
    vat: Decimal | None = None
    total: Decimal | None = None
    currency: str | None = None
    more: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False)


@attrs.frozen(eq=False)
class Plan:
    """Which calls to make for a list of items.

    Attributes:
        items: What the caller wants priced, in order.
        batches: What is asked for, call by call.
        places: For each item, its place among all that is asked for.
        extras: What goes along with every call: coupons and whom they are for.
    """

    items: tuple[PriceItem, ...]
    batches: tuple[tuple[PriceItem, ...], ...]
    places: tuple[int, ...]
    extras: Mapping[str, Any] = attrs.field(repr=False)

    @property
    def bodies(self) -> list[CalculatePriceRequest]:
        return [CalculatePriceRequest(items=[_input(item) for item in batch], **self.extras) for batch in self.batches]


def plan(rule: Batching, items: Sequence[PriceItem], **extras: Any) -> Plan:
    """Split *items* into calls of at most as many as the API takes; equal items are asked for once.

    With coupons neither is done: the vendor counts a coupon once a call, so splitting would use it several times.
    """
    items = list_of(items, "items")
    if not items:
        raise ValueError("items: at least 1 must be given")
    if not all(isinstance(item, PriceItem) for item in items):
        raise ValueError("items: each must be a PriceItem")
    extras = {name: value for name, value in extras.items() if value is not None}
    alone = any(extras.get(spoken(name)) for name in rule.alone_with)
    if alone and len(items) > rule.max:
        raise ValueError(
            f"items: {len(items)} were given with coupons, and at most {rule.max} are allowed: more would take several"
            " calls, and a coupon counts once a call. Price them in groups, and choose which group the coupon is for."
        )
    asked = tuple(items) if alone else tuple(dict.fromkeys(items))
    places = range(len(items)) if alone else map({item: place for place, item in enumerate(asked)}.__getitem__, items)
    batches = tuple(asked[start : start + rule.max] for start in range(0, len(asked), rule.max))
    return Plan(tuple(items), batches, tuple(places), extras)


def assemble(plan: Plan, answers: Sequence[Answer], scope: Scope) -> list[Quote]:
    """One quote for each item of *plan*, in its order. *scope* is for the error, if an answer does not fit."""
    quotes = [
        quote for batch, answer in zip(plan.batches, answers, strict=True) for quote in _quotes(batch, answer, scope)
    ]
    return [quotes[place] for place in plan.places]


def _input(item: PriceItem) -> PriceItemInput:
    return PriceItemInput(
        hours=item.hours,
        service_id=given(item.service_id),
        package_id=given(item.package_id),
        sub_service_id=given(item.sub_service_id),
    )


def _quotes(batch: Sequence[PriceItem], answer: Answer, scope: Scope) -> list[Quote]:
    lines = data(answer.parsed).items or []
    reason = f"{len(lines)} prices for {len(batch)} items"
    if len(lines) == len(batch):
        try:
            return [_quote(item, line) for item, line in zip(batch, lines, strict=True)]
        except ValueError as error:
            reason = str(error)
    raise unreadable(answer, "calculatePrice", reason, scope)


def _quote(item: PriceItem, line: PriceLine) -> Quote:
    if not all(_agree(getattr(item, field), getattr(line, field)) for field in ("service_id", "package_id", "hours")):
        raise ValueError("prices in another order than asked")
    amounts = {name: _money(getattr(line, name)) for name in ("base_price", "discount", "vat", "total")}
    return Quote(item=item, currency=line.currency or None, more=line.additional_properties, **amounts)


def _agree(asked: object, answered: object) -> bool:
    return answered is None or isinstance(answered, Unset) or asked == answered


def _money(value: float | str | Unset | None) -> Decimal | None:
    """The amount as its digits say. Up to 15 digits, a float that was read from a text gives that text back."""
    if value is None or isinstance(value, Unset):
        return None
    if not NUMBER.fullmatch(str(value)):
        raise ValueError("an amount that is no number")  # Python would read more as one than JSON does.
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError("an amount that no number can hold") from None
