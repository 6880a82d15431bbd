"""All orders that can be given, and what they take.

GET     /state                     everything that the page shows; ?limit= bookings
GET     /slots                     free slots of an address
POST    /clock                     advance it: days, hours, minutes, seconds; or {"next": true}
POST    /reset                     forget everything
POST    /bookings                  a sample booking: the first free slot, or the one that is named
POST    /bookings/{id}/appointment {"status": "Dispatched"}, or {"next": true}
POST    /bookings/{id}/pay         as whoever has to pay it would
POST    /bookings/{id}/cancel      as the partner would
POST    /deliveries/{id}/resend    a webhook that failed
GET, POST, DELETE /faults          what goes wrong on purpose; DELETE /faults/{number} for one
PUT     /mishaps                   what happens to webhooks on their way
"""

from cleanlife_ext.simulator.control import actions, faults, showing
from cleanlife_ext.simulator.control.orders import endpoint
from cleanlife_ext.simulator.lifecycle import APPOINTMENT_STATUSES
from cleanlife_ext.simulator.validation import day, integer, number, one_of, optional, required, text

MOST_SHOWN = 200
MOST_DAYS = 31
LONGEST_STEP = 10**9  # in any unit; how far the clock goes at once, it says itself


def _true(label: str, value: object) -> list[str]:
    return [] if value is True else [f"{label} must be true"]


ENDPOINTS = (
    endpoint("GET", "/state", showing.state, query={"limit": optional(integer(least=1, most=MOST_SHOWN))}),
    endpoint(
        "GET",
        "/slots",
        showing.free_slots,
        query={
            "addressId": required(text(least=1)),
            "from": optional(day),
            "days": optional(integer(least=1, most=MOST_DAYS)),
        },
    ),
    endpoint(
        "POST",
        "/clock",
        actions.advance,
        body={
            "next": optional(_true),
            **{unit: optional(number(least=0, most=LONGEST_STEP)) for unit in actions.UNITS},
        },
    ),
    endpoint("POST", "/reset", actions.reset),
    endpoint(
        "POST",
        "/bookings",
        actions.book,
        body={"addressId": optional(text(least=1)), "date": optional(day), "startAt": optional(text(least=1))},
    ),
    endpoint(
        "POST",
        "/bookings/{id}/appointment",
        actions.move_appointment,
        body={"status": optional(one_of(*APPOINTMENT_STATUSES)), "next": optional(_true)},
    ),
    endpoint("POST", "/bookings/{id}/pay", actions.pay),
    endpoint("POST", "/bookings/{id}/cancel", actions.cancel),
    endpoint("POST", "/deliveries/{id}/resend", actions.resend),
    endpoint("GET", "/faults", faults.show),
    endpoint("POST", "/faults", faults.add, body=None),
    endpoint("DELETE", "/faults", faults.clear),
    endpoint("DELETE", "/faults/{id}", faults.remove),
    endpoint("PUT", "/mishaps", actions.set_mishaps, body=None),
)
