from enum import StrEnum

class AppointmentStatus(StrEnum):
    CANCELLED = "Cancelled"
    COMPLETED = "Completed"
    DISPATCHED = "Dispatched"
    IN_PROGRESS = "In Progress"
    SCHEDULED = "Scheduled"

    def __str__(self) -> str:
        return str(self.value)
