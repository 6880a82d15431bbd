"""Who is at a delivery."""

from __future__ import annotations

import attrs

from cleanlife_ext.webhooks.inbox.entry import InboxEntry

__all__ = ["Claim", "LostError"]


@attrs.frozen
class Claim:
    """A delivery that somebody has taken up. Each claim has an *owner* of its own."""

    entry: InboxEntry
    owner: str = attrs.field(repr=False)


class LostError(Exception):
    """Whoever was at a delivery has come too late: their lease has passed, and somebody else took it up."""
