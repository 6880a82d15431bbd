"""Names as JSON spells them."""

import re

_HUMP = re.compile("[A-Z]")


def camel(name: str) -> str:
    """``retry_after`` as ``retryAfter``."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def snake(name: str) -> str:
    """``retryAfter`` as ``retry_after``."""
    return _HUMP.sub(lambda hump: f"_{hump.group().lower()}", name)
