from enum import StrEnum

class WorkType(StrEnum):
    DEEP = "DEEP"
    REGULAR = "REGULAR"

    def __str__(self) -> str:
        return str(self.value)
