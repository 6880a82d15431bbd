""" Contains all the data models used in inputs/outputs """

from .appointment import Appointment
from .appointment_status import AppointmentStatus
from .appointment_status_change import AppointmentStatusChange
from .appointment_status_event import AppointmentStatusEvent
from .booking import Booking
from .booking_event import BookingEvent
from .booking_page import BookingPage
from .booking_response import BookingResponse
from .booking_status import BookingStatus
from .booking_timeslot import BookingTimeslot
from .calculate_price_request import CalculatePriceRequest
from .calculate_price_response import CalculatePriceResponse
from .calculated_prices import CalculatedPrices
from .cancel_booking_request import CancelBookingRequest
from .cancellation_reason import CancellationReason
from .cancellation_reasons_response import CancellationReasonsResponse
from .confirm_payment_request import ConfirmPaymentRequest
from .contact import Contact
from .contact_request import ContactRequest
from .contact_response import ContactResponse
from .create_booking_request import CreateBookingRequest
from .create_subscription_request import CreateSubscriptionRequest
from .custom_service import CustomService
from .delivery import Delivery
from .delivery_page import DeliveryPage
from .delivery_status import DeliveryStatus
from .error_detail import ErrorDetail
from .error_response import ErrorResponse
from .event_type import EventType
from .page_meta import PageMeta
from .payment_status import PaymentStatus
from .price_item_input import PriceItemInput
from .price_line import PriceLine
from .pricing_tier import PricingTier
from .pricing_tiers_response import PricingTiersResponse
from .removed_subscription import RemovedSubscription
from .removed_subscription_response import RemovedSubscriptionResponse
from .retried_delivery import RetriedDelivery
from .retried_delivery_response import RetriedDeliveryResponse
from .rotated_secret import RotatedSecret
from .rotated_secret_response import RotatedSecretResponse
from .service import Service
from .service_page import ServicePage
from .service_response import ServiceResponse
from .sort_order import SortOrder
from .subscription import Subscription
from .subscription_response import SubscriptionResponse
from .subscription_status import SubscriptionStatus
from .subscription_with_secret import SubscriptionWithSecret
from .subscription_with_secret_response import SubscriptionWithSecretResponse
from .subscriptions_response import SubscriptionsResponse
from .timeslot import Timeslot
from .timeslot_input import TimeslotInput
from .timeslots_response import TimeslotsResponse
from .update_booking_request import UpdateBookingRequest
from .update_subscription_request import UpdateSubscriptionRequest
from .work_type import WorkType

__all__ = (
    "Appointment",
    "AppointmentStatus",
    "AppointmentStatusChange",
    "AppointmentStatusEvent",
    "Booking",
    "BookingEvent",
    "BookingPage",
    "BookingResponse",
    "BookingStatus",
    "BookingTimeslot",
    "CalculatedPrices",
    "CalculatePriceRequest",
    "CalculatePriceResponse",
    "CancelBookingRequest",
    "CancellationReason",
    "CancellationReasonsResponse",
    "ConfirmPaymentRequest",
    "Contact",
    "ContactRequest",
    "ContactResponse",
    "CreateBookingRequest",
    "CreateSubscriptionRequest",
    "CustomService",
    "Delivery",
    "DeliveryPage",
    "DeliveryStatus",
    "ErrorDetail",
    "ErrorResponse",
    "EventType",
    "PageMeta",
    "PaymentStatus",
    "PriceItemInput",
    "PriceLine",
    "PricingTier",
    "PricingTiersResponse",
    "RemovedSubscription",
    "RemovedSubscriptionResponse",
    "RetriedDelivery",
    "RetriedDeliveryResponse",
    "RotatedSecret",
    "RotatedSecretResponse",
    "Service",
    "ServicePage",
    "ServiceResponse",
    "SortOrder",
    "Subscription",
    "SubscriptionResponse",
    "SubscriptionsResponse",
    "SubscriptionStatus",
    "SubscriptionWithSecret",
    "SubscriptionWithSecretResponse",
    "Timeslot",
    "TimeslotInput",
    "TimeslotsResponse",
    "UpdateBookingRequest",
    "UpdateSubscriptionRequest",
    "WorkType",
)
