"""Where events may be sent to."""

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

_BLOCKED_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128")
)
# urlsplit silently drops some control characters, so they are looked for before it is asked.
_UNFIT = re.compile(r"[\x00-\x20\x7f]")


def complaint(url: str, *, allow_http: bool, domains: Collection[str] | None) -> str | None:
    """Why *url* is refused, or None; *domains* None: every public host is known.

    With *allow_http*, plain HTTP and hosts of this machine are welcome, which is what tests need.
    """
    parts = _split(url)
    if parts is None:
        return "url must be a URL address"
    if not allow_http and parts.scheme != "https":
        return "url must use https"
    host = (parts.hostname or "").rstrip(".")
    if not allow_http and _is_blocked(host):
        return "url host is not allowed"
    if domains is not None and host not in domains:
        return "url host is not a registered webhook domain"
    return None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_address and not _UNFIT.search(url) else None


def _is_blocked(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _BLOCKED_NETWORKS)
