"""Where events may be sent to.

Decided here: an address is the same one however it is spelled (``127.1``, ``0x7f000001``, ``::ffff:127.0.0.1``), and
so is ``localhost`` with anything before it. Of other names nobody is asked what address they have. A host in other
than ASCII letters is refused: it may be ``localhost`` in disguise, and who has such a name can write it as ``xn--``.
"""

import ipaddress
import re
import socket
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

_BLOCKED_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128")
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# urlsplit silently drops some control characters, so they are looked for before it is asked.
_UNFIT = re.compile(r"[\x00-\x20\x7f]")


def complaint(
    url: str,
    *,
    allow_http: bool,
    domains: Collection[str] | None,
    served: Collection[tuple[str, int]],
    called: str,
) -> str | None:
    """Why *url* is refused, or None; *domains* None: every public host is known.

    With *allow_http*, plain HTTP and hosts of this machine are welcome, which is what tests need. What leads back here
    never is: to a host and port that are *served*, or by which the API was *called* just now.
    """
    parts = _split(url)
    if parts is None:
        return "url must be a URL address"
    if not allow_http and parts.scheme != "https":
        return "url must use https"
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        return "url host must be written in ASCII (xn--)"
    if not allow_http and _is_blocked(host):
        return "url host is not allowed"
    if domains is not None and host not in domains:
        return "url host is not a registered webhook domain"
    return "url must not be the simulator itself" if _is_own(parts, served, called) else None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_address and not _UNFIT.search(url) else None


def _is_own(parts: SplitResult, served: Collection[tuple[str, int]], called: str) -> bool:
    default = _DEFAULT_PORTS[parts.scheme]
    place = parts.hostname or "", parts.port or default
    return any(_is_same(place, own) for own in (*served, *_place(called, default)))


def _place(called: str, default: int) -> list[tuple[str, int]]:
    try:
        parts = urlsplit(f"//{called}")
        host, port = parts.hostname, parts.port or default
    except ValueError:
        return []
    return [(host, port)] if host else []


def _is_same(one: tuple[str, int], other: tuple[str, int]) -> bool:
    if one[1] != other[1]:
        return False
    hosts = [host.lower().rstrip(".") for host, _ in (one, other)]
    return all(map(_is_this_machine, hosts)) or hosts[0] == hosts[1]


def _is_blocked(host: str) -> bool:
    address = _address(host)
    return _is_this_machine(host) or any(address in network for network in _BLOCKED_NETWORKS if address is not None)


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """*host* as the address that it spells; None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _old_spelling(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _old_spelling(host: str) -> ipaddress.IPv4Address | None:
    # Systems understand shortened, octal and hexadecimal ones when they connect, so they are understood here.
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
