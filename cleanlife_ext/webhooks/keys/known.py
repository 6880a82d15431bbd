"""What is known of the secrets that count."""

from __future__ import annotations

import attrs

from cleanlife_ext.webhooks.signing.secrets import Secret

__all__ = ["Known"]


@attrs.frozen
class Known:
    """What is known.

    Attributes:
        secrets: Those that count.
        is_complete: Whether there is no other one: none that is just being made, none that nobody could ask for, and
            none that could not be read.
    """

    secrets: tuple[Secret, ...]
    is_complete: bool
