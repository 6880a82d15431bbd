"""Who may come in: the checks, in the documented order.

1. a key is there     2. it is known and active    3. its IP allowlist
4. its rate limit     5. its domains               6. the permission of the operation
"""

import datetime as dt
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from cleanlife_ext.simulator import refusals
from cleanlife_ext.simulator.calls import Call
from cleanlife_ext.simulator.partners import Key, Partner
from cleanlife_ext.simulator.throttle import Throttle
from cleanlife_ext.simulator.webhooks.terms import TERMS

LARGEST_HEAD = 64 * 1024


def admit(call: Call, keys: Mapping[str, Key], throttle: Throttle, now: dt.datetime) -> Key:
    """The key of a call that passes checks 1 to 5."""
    _check_size(call)
    _check_loop(call)
    key = _known(call, keys)
    _check_address(key, call.client_host)
    if key.rate_limit is not None and throttle.count(key.text, now).requests > key.rate_limit:
        raise refusals.rate_limited()
    _check_domain(key.partner, call.headers)
    return key


def check_permission(key: Key, permission: str) -> None:
    """Check 6, for which the operation has to be known."""
    if permission not in key.permissions:
        message = f"Missing required permission: {permission}"
        raise refusals.forbidden(message)


def head_size(call: Call) -> int:
    """How many characters path, query and headers have together."""
    pairs = (*call.query.items(), *call.headers.items())
    return sum(map(len, (call.path, *(text for pair in pairs for text in pair))))


def _check_size(call: Call) -> None:
    if head_size(call) > LARGEST_HEAD:
        raise refusals.head_too_large(LARGEST_HEAD)


def _check_loop(call: Call) -> None:
    # Whatever the URL was that led here: an event about a delivery about an event would never come to an end.
    if TERMS.event_header.lower() in call.headers:
        raise refusals.invalid(["webhooks must not be sent to the simulator itself"])


def _known(call: Call, keys: Mapping[str, Key]) -> Key:
    text = call.headers.get("x-api-key") or call.query.get("api_key")
    if not text:
        message = "API key is required"
        raise refusals.unauthorized(message)
    key = keys.get(text)
    if key is None or not key.active:
        message = "Invalid or inactive API key"
        raise refusals.unauthorized(message)
    return key


def _check_address(key: Key, host: str) -> None:
    if not key.allowed_ips:
        return
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is None or not any(address in network for network in key.allowed_ips):
        message = "IP address is not allowed for this API key"
        raise refusals.forbidden(message)


def _check_domain(partner: Partner, headers: Mapping[str, str]) -> None:
    page = headers.get("origin") or headers.get("referer")
    # Servers send neither header; the check is meant for browsers.
    if not page or not (partner.allowed_domains or partner.sandbox_domains):
        return
    host = _host(page)
    if host in partner.sandbox_domains:
        raise refusals.sandbox_domain()
    if host not in partner.allowed_domains:
        raise refusals.unknown_domain()


def _host(page: str) -> str | None:
    try:
        return urlsplit(page).hostname
    except ValueError:
        return None
