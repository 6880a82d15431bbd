from enum import StrEnum

class SubscriptionStatus(StrEnum):
    ACTIVE = "active"
    ERROR = "error"
    FAILED = "failed"
    OFF = "off"
    REQUESTED = "requested"

    def __str__(self) -> str:
        return str(self.value)
