from enum import StrEnum

class DocumentReferenceStatus(StrEnum):
    CURRENT = "current"
    ENTERED_IN_ERROR = "entered-in-error"
    SUPERSEDED = "superseded"

    def __str__(self) -> str:
        return str(self.value)
