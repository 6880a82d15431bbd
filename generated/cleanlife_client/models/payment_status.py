from enum import StrEnum

class PaymentStatus(StrEnum):
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    NOT_REQUIRED = "NOT_REQUIRED"
    PAID = "PAID"
    PENDING = "PENDING"

    def __str__(self) -> str:
        return str(self.value)
