"""What each operation takes: path, query and body, as tables of checks.

Where the documentation leaves a choice, this takes what the spec takes, which is what its client sends. Null stands
for nothing where the documentation's own samples send it, and is a wrong type elsewhere. An address's id may be any
text, which two pages see differently. A filter's status must be one that exists. All kinds of work are welcome, since
no page lists them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cleanlife_ext.simulator.bookings import STATUSES
from cleanlife_ext.simulator.validation import (
    Field,
    array,
    day,
    integer,
    nullable,
    number,
    objects,
    one_of,
    optional,
    phone,
    required,
    shape,
    text,
    time_of_day,
    uuid4,
)
from cleanlife_ext.simulator.webhooks import DELIVERY_STATUSES, EVENTS, SUBSCRIPTION_STATUSES

Fields = Mapping[str, Field]
NOTHING: Fields = MappingProxyType({})

LONGEST_REFERENCE = 150
LONGEST_PAYMENT_REFERENCE = 255
MOST_COUPONS = 2
MOST_ITEMS = 10
LONGEST_VISIT = 24
MOST_PER_PAGE = 100

_PAGES: Fields = {"page": optional(integer(least=1)), "limit": optional(integer(least=1, most=MOST_PER_PAGE))}
_SORTED_PAGES: Fields = {**_PAGES, "sortBy": optional(text()), "sortOrder": optional(one_of("ASC", "DESC"))}
_TIMESLOT = shape(lambda _slot: {"startAt": required(time_of_day), "endAt": required(time_of_day)})
_REFERENCE = optional(text(least=1, most=LONGEST_REFERENCE))
_COUPONS: Fields = {
    "couponIds": optional(array(uuid4, most=MOST_COUPONS)),
    "codes": optional(array(text(least=1), most=MOST_COUPONS)),
    "userId": nullable(uuid4),
}


def _custom_service(_given: Mapping[str, Any]) -> Fields:
    return {"id": required(uuid4), "quantity": optional(integer(least=1))}


def _priced_item(given: Mapping[str, Any]) -> Fields:
    # Either of the two ids will do; when both are missing, it is the service that is asked for.
    service = optional(uuid4) if given.get("packageId") is not None else required(uuid4)
    return {
        "serviceId": service,
        "packageId": optional(uuid4),
        "subServiceId": optional(uuid4),
        "hours": required(number(least=1, most=LONGEST_VISIT)),
    }


QUERIES: Mapping[str, Fields] = {
    "listServices": _SORTED_PAGES,
    "listAvailableTimeslots": {
        "addressId": required(text(least=1)),
        "serviceId": required(uuid4),
        "date": required(day),
    },
    "listBookings": {
        **_SORTED_PAGES,
        "status": optional(one_of(*STATUSES)),
        "fromDate": optional(day),
        "toDate": optional(day),
        "externalReference": optional(text()),
    },
    "listDeliveries": {
        **_PAGES,
        "subscriptionId": optional(uuid4),
        "status": optional(one_of(*DELIVERY_STATUSES)),
    },
}

BODIES: Mapping[str, Fields] = {
    "calculatePrice": {
        "items": required(objects(_priced_item, least=1, most=MOST_ITEMS)),
        **_COUPONS,
        "phone": nullable(phone),
    },
    "createBooking": {
        "contactId": required(uuid4),
        "addressId": required(text(least=1)),
        "serviceId": required(uuid4),
        "timeslot": required(_TIMESLOT),
        "date": required(day),
        "externalReference": _REFERENCE,
        "packageId": nullable(uuid4),
        "customServices": optional(objects(_custom_service)),
        "hours": optional(integer(least=1)),
        "numberOfTeams": optional(integer(least=1)),
        "workType": optional(text()),
        **_COUPONS,
        "promoCode": nullable(text()),
        "contractCode": nullable(text()),
        "discountCode": nullable(text()),
    },
    "updateBooking": {
        "date": optional(day),
        "timeslot": optional(_TIMESLOT),
        "notes": optional(text()),
        "externalReference": _REFERENCE,
    },
    "cancelBooking": {"reasonId": optional(uuid4), "notes": optional(text())},
    "confirmPayment": {"paymentReference": optional(text(most=LONGEST_PAYMENT_REFERENCE))},
    "findOrCreateContact": {
        "phone": required(phone),
        "name": required(text(least=1)),
        "utmSource": optional(text()),
    },
    "createSubscription": {
        "url": required(text(least=1)),
        "events": required(array(one_of(*EVENTS), least=1)),
    },
    "updateSubscription": {
        "url": optional(text(least=1)),
        "events": optional(array(one_of(*EVENTS), least=1)),
        "status": optional(one_of(*SUBSCRIPTION_STATUSES)),
    },
}

# For these three no 400 is documented: an id that is no UUID is simply not found.
UNCHECKED_PATHS = frozenset({"deleteSubscription", "rotateSecret", "retryDelivery"})
