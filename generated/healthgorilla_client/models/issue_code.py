from enum import StrEnum

class IssueCode(StrEnum):
    CONFLICT = "conflict"
    DUPLICATE = "duplicate"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    NOT_FOUND = "not-found"
    PROCESSING = "processing"
    REQUIRED = "required"
    STRUCTURE = "structure"

    def __str__(self) -> str:
        return str(self.value)
