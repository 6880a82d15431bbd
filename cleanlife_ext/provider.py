"""CleanLife, as its spec describes it."""

from __future__ import annotations

import cleanlife_traits

from cleanlife_ext.bound import bound

__all__ = ["CLEANLIFE", "ENVIRONMENTS"]

CLEANLIFE = bound("cleanlife_client", cleanlife_traits)
ENVIRONMENTS: dict[str, str] = cleanlife_traits.SERVERS
