"""Saudi phone numbers, brought into the one form that is kept."""

import re

# Nine digits follow the country code. The documentation wants +966 in front and no spaces; of what it says is
# normalised, only the zero is left that people are used to dial.
_SAUDI = re.compile(r"\+9660?([1-9][0-9]{8})")


def normal_phone(text: str) -> str | None:
    """*text* as ``+966…``, or None if it is no Saudi phone number."""
    found = _SAUDI.fullmatch(text)
    return f"+966{found[1]}" if found else None
