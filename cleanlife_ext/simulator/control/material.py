"""What a picture of the simulator is made of: the newest of everything, taken out from behind its lock.

All of it is bounded, however much the simulator holds, and taking it costs the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from heapq import nlargest
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.catalogue import Catalogue
from cleanlife_ext.simulator.contacts import Contact
from cleanlife_ext.simulator.partners import Partner
from cleanlife_ext.simulator.recording import RecordedRequest
from cleanlife_ext.simulator.register import Search
from cleanlife_ext.simulator.webhooks import Delivery, Event, Subscription
from cleanlife_ext.simulator.webhooks.outbox import Outbox

if TYPE_CHECKING:
    from cleanlife_ext.simulator.api import PartnerApi

MOST_BOOKINGS = 200
MOST_EVENTS = 50  # of one booking
MOST_DELIVERIES = 100
MOST_TOLD = 500  # deliveries that the bookings' stories speak of
MOST_REQUESTS = 100
MOST_SUBSCRIPTIONS = 100
_T = TypeVar("_T")


@frozen
class Material:
    """Values of one moment, newest first; but a booking's story begins with its beginning."""

    counts: Mapping[str, int]
    next_at: dt.datetime | None
    bookings: tuple[Booking, ...]
    stories: Mapping[str, tuple[Event, ...]]
    contacts: Mapping[str, Contact]
    partners: Mapping[str, Partner]
    deliveries: tuple[Delivery, ...]
    subscriptions: tuple[Subscription, ...]
    urls: Mapping[str, str]
    requests: tuple[RecordedRequest, ...]
    catalogue: Catalogue


def taken(api: PartnerApi) -> Material:
    """What is there to be seen now."""
    state = api.state
    found = [register.search(Search(limit=MOST_BOOKINGS)) for register in state.registers.values()]
    bookings = nlargest(MOST_BOOKINGS, chain.from_iterable(newest for _, newest in found), key=_number)
    stories = _stories(bookings, state.events)
    deliveries = _deliveries(state.deliveries, stories)
    subscriptions = _newest(reversed(state.subscriptions.values()), MOST_SUBSCRIPTIONS)
    sent_to = {delivery.subscription_id for delivery in deliveries}
    return Material(
        counts={
            "bookings": sum(total for total, _ in found),
            "contacts": len(state.contacts),
            "subscriptions": len(state.subscriptions),
            "deliveries": len(state.deliveries),
            "requests": len(api.requests),
            "events": len(state.events),
        },
        next_at=state.agenda.next_at(),
        bookings=tuple(bookings),
        stories=stories,
        contacts={id: state.contacts[id] for id in {booking.contact_id for booking in bookings}},
        partners={key.partner.id: key.partner for key in state.keys.values()},
        deliveries=deliveries,
        subscriptions=subscriptions,
        urls={id: state.subscriptions[id].url for id in sent_to if id in state.subscriptions},
        requests=_newest(reversed(api.requests), MOST_REQUESTS),
        catalogue=state.catalogue,
    )


def _stories(bookings: Iterable[Booking], events: Iterable[Event]) -> dict[str, tuple[Event, ...]]:
    stories: dict[str, list[Event]] = {booking.id: [] for booking in bookings}
    for event in events:
        if event.booking.id in stories:
            stories[event.booking.id].append(event)
    return {id: tuple(story) for id, story in stories.items()}


def _deliveries(known: Outbox, stories: Mapping[str, tuple[Event, ...]]) -> tuple[Delivery, ...]:
    """The newest, and those that the stories speak of."""
    newest = _newest(known.newest(), MOST_DELIVERIES)
    ids = (id for story in stories.values() for event in story[-MOST_EVENTS:] for id in event.delivery_ids)
    told = (delivery for id in islice(ids, MOST_TOLD) if (delivery := known.get(id)))
    return tuple({delivery.id: delivery for delivery in (*newest, *told)}.values())


def _newest(values: Iterable[_T], most: int) -> tuple[_T, ...]:
    return tuple(islice(values, most))


def _number(booking: Booking) -> int:
    return booking.number
