"""Who may steer the simulator: programs, and the simulator's own page, but no other page in somebody's browser.

- The host that was asked for is this machine by a name, an address, or what the server listens on. So a domain that a
  stranger lets point at this machine (DNS rebinding) is of no use.
- What changes something says that it sends JSON. A page of another origin has to ask before it may say so, and
  is not answered, as there are no CORS headers.
"""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from cleanlife_ext.simulator import refusals
from cleanlife_ext.simulator.calls import Call

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OUR_NAMES = frozenset({"localhost", "simulator"})


def check(call: Call, served: Collection[str]) -> None:
    """Refuse *call* unless it comes from where orders may come from; *served*: names that the server listens on."""
    host = _host(call.headers.get("host", ""))
    if not (host in _OUR_NAMES or host.endswith(".localhost") or host in served or _is_address(host)):
        message = "Host must be localhost or an IP address: open the address that the simulator printed"
        raise refusals.forbidden(message)
    if call.method not in SAFE and _media_type(call) != "application/json":
        raise refusals.invalid(["Content-Type must be application/json"])


def _media_type(call: Call) -> str:
    return call.headers.get("content-type", "").partition(";")[0].strip().lower()


def _host(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
