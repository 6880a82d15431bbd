"""Who calls: partners, and the keys that CleanLife gave them."""

import ipaddress
from collections.abc import Iterable
from typing import Literal, get_args

from attrs import field, frozen

PaymentResponsibility = Literal["CLEANOS", "PARTNER"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@frozen
class Partner:
    """An account; empty domains mean that no domain is asked for.

    *webhook_domains* None: every public host counts as registered.
    """

    id: str
    payment_responsibility: PaymentResponsibility
    allowed_domains: frozenset[str] = frozenset()
    sandbox_domains: frozenset[str] = frozenset()
    webhook_domains: frozenset[str] | None = None


@frozen
class Key:
    """A key and what it opens; *rate_limit* in requests per 60 seconds."""

    text: str = field(repr=False)
    partner: Partner
    permissions: frozenset[str]
    rate_limit: int | None = None
    active: bool = True
    allowed_ips: tuple[Network, ...] = ()


def checked_responsibility(value: PaymentResponsibility) -> PaymentResponsibility:
    """*value*, if it is one of the two."""
    if value not in get_args(PaymentResponsibility):
        message = f"payment_responsibility must be one of {get_args(PaymentResponsibility)}"
        raise ValueError(message)
    return value


def checked_rate_limit(value: int | None) -> int | None:
    """*value*, if a request could ever pass."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        message = "rate_limit must be a whole number of at least 1 request per 60 seconds, or None"
        raise ValueError(message)
    return value


def checked_permissions(asked: Iterable[str] | None, known: frozenset[str]) -> frozenset[str]:
    """What was *asked* for, if the API knows it; all of it for None."""
    permissions = known if asked is None else frozenset(asked)
    if unknown := sorted(permissions - known):
        message = f"permissions: unknown {unknown}; known are {sorted(known)}"
        raise ValueError(message)
    return permissions


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and ranges: ``"10.0.0.7"``, ``"192.168.0.0/16"``."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def domains(texts: Iterable[str]) -> frozenset[str]:
    """Host names, as hosts are compared."""
    return frozenset(text.lower().rstrip(".") for text in texts)
