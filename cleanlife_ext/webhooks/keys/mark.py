"""A rotation under way, as it is written down."""

from __future__ import annotations

import attrs

__all__ = ["AFTERLIFE", "Mark"]

AFTERLIFE = 600.0  # Seconds for which a secret still counts after another one has taken its place.


@attrs.frozen
class Mark:
    """A rotation under way. Times are seconds since 1970.

    Attributes:
        key: Of what: the subscription's id.
        until: Until when an unknown signature may be one of its secret.
        lease: Until when nobody else may begin one. It is whoever marked it that knows this number.
    """

    key: str
    until: float
    lease: float
