"""The people whose homes are cleaned."""

from attrs import field, frozen


@frozen
class Contact:
    """A customer of one partner; *phone* begins with ``+966``."""

    id: str
    partner_id: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    utm_source: str = "PARTNER"
