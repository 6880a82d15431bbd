"""What happens behind each operation, by the operation's id in the spec.

Each takes the state and what was asked, changes the one and answers the other: a JSON value, or a page of them.
"""

from collections.abc import Callable, Mapping

from cleanlife_ext.simulator.calls import Ask
from cleanlife_ext.simulator.operations import bookings, contacts, pricing, services, timeslots, webhooks
from cleanlife_ext.simulator.state import State

Perform = Callable[[State, Ask], object]

PERFORM: Mapping[str, Perform] = {
    "listServices": services.list_services,
    "getService": services.get_service,
    "listAvailableTimeslots": timeslots.list_available_timeslots,
    "listPricingTiers": pricing.list_pricing_tiers,
    "calculatePrice": pricing.calculate_price,
    "createBooking": bookings.create_booking,
    "listBookings": bookings.list_bookings,
    "getBookingStatus": bookings.get_booking_status,
    "updateBooking": bookings.update_booking,
    "cancelBooking": bookings.cancel_booking,
    "listCancellationReasons": bookings.list_cancellation_reasons,
    "confirmPayment": bookings.confirm_payment,
    "findOrCreateContact": contacts.find_or_create_contact,
    "getContact": contacts.get_contact,
    "createSubscription": webhooks.create_subscription,
    "listSubscriptions": webhooks.list_subscriptions,
    "updateSubscription": webhooks.update_subscription,
    "deleteSubscription": webhooks.delete_subscription,
    "rotateSecret": webhooks.rotate_secret,
    "listDeliveries": webhooks.list_deliveries,
    "retryDelivery": webhooks.retry_delivery,
}
