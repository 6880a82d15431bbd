from enum import StrEnum

class BookingStatus(StrEnum):
    CANCELED = "canceled"
    FAILED = "failed"
    IN_PROGRESS = "in progress"
    SUCCESS = "success"
    WAITING_PAYMENT = "waiting payment"

    def __str__(self) -> str:
        return str(self.value)
