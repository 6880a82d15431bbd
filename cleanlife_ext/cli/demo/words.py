"""What came back, in words that fit a line."""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from cleanlife_client.models import Booking, BookingTimeslot, CancellationReason, PricingTier, Service, Timeslot

from cleanlife_ext.cli.demo.receiver import Webhook
from cleanlife_ext.quotes import Quote

__all__ = ["arrived", "both", "day", "error", "free", "kept", "ordered", "quotes", "tiers"]


def both(named: Service | CancellationReason) -> str:
    """The English name, then the Arabic one: at the end of a line, because it is written from right to left."""
    english = named.name if isinstance(named, Service) else named.name_en
    return f"{english} · {named.name_ar}"


def day(date: dt.date) -> str:
    """The date with its weekday, which is what teams go by."""
    return f"{date:%A} {date.day} {date:%B %Y}"


def tiers(tiers: Sequence[PricingTier]) -> str:
    """Each with its factor, and from when on it counts."""
    return "factor " + ", ".join(f"{tier.factor} from {tier.min_minutes} minutes" for tier in tiers)


def quotes(quotes: Sequence[Quote], service: Service) -> str:
    """How many, and one of them."""
    one = next(quote for quote in quotes if quote.item.service_id == service.id)
    price = f"{_money(one.total)}, VAT {_money(one.vat)} in it"
    return f"{len(quotes)} prices; {service.name}, {one.item.hours:g} hours: {price}"


def free(slots: Sequence[Timeslot]) -> str:
    """How many, and when they begin."""
    return f"{len(slots)} slots, from {', '.join(str(slot.start_at) for slot in slots)}, Riyadh time"


def ordered(order: Mapping[str, Any], service: Service) -> str:
    """What is going to be booked."""
    return f"{order['external_reference']}: {service.name}, {day(order['date'])}, {_span(order['timeslot'])}"


def kept(booking: Booking) -> str:
    """A booking as the API keeps it."""
    when = f"{booking.date[:10]}, {_span(booking.timeslot)}"
    return f"{booking.tracking_reference}: {booking.status}, {when}, payment {booking.payment_status}"


def arrived(webhooks: Sequence[Webhook]) -> str:
    """Each with the booking's status at that time."""
    return "\n".join(f"{webhook.event} ({webhook.status})" for webhook in webhooks)


def error(error: BaseException) -> str:
    """The end of its traceback, as Python prints it."""
    return "".join(traceback.format_exception_only(error)).rstrip()


def _money(amount: Decimal | None) -> str:
    return f"SAR {amount:.2f}"


def _span(slot: Timeslot | BookingTimeslot) -> str:
    return f"{slot.start_at} to {slot.end_at}"
