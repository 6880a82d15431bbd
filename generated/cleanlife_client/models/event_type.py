from enum import StrEnum

class EventType(StrEnum):
    BOOKING_APPOINTMENT_STATUS_CHANGED = "booking.appointment_status_changed"
    BOOKING_CANCELLED = "booking.cancelled"
    BOOKING_CREATED = "booking.created"
    BOOKING_PAYMENT_CONFIRMED = "booking.payment_confirmed"
    BOOKING_PAYMENT_FAILED = "booking.payment_failed"
    BOOKING_UPDATED = "booking.updated"

    def __str__(self) -> str:
        return str(self.value)
