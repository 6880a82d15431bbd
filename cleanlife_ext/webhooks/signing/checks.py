"""What the parts of a scheme may be. Whatever cannot work is refused when it is made, by its name."""

from __future__ import annotations

import re
from typing import Any

import attrs

from cleanlife_ext.errors import ConfigurationError

__all__ = ["HEADER", "check_header", "check_prefix", "one_of"]

HEADER = re.compile(r"[0-9A-Za-z!#$%&'*+.^_`|~-]{1,128}")
PREFIX = re.compile(r"[!-~]{0,64}")


def check_header(_part: Any, field: attrs.Attribute[Any], value: Any) -> None:
    """Refuse what is no name of a header."""
    if not isinstance(value, str) or HEADER.fullmatch(value) is None:
        raise ConfigurationError(f"{field.name}: the name of a header is needed")


def check_prefix(_part: Any, field: attrs.Attribute[Any], value: Any) -> None:
    """Refuse what cannot stand before a signature or a digest."""
    if not isinstance(value, str) or PREFIX.fullmatch(value) is None:
        raise ConfigurationError(f'{field.name}: printable ASCII without spaces, such as "sha256=", or "" is needed')


def one_of(*choices: str) -> Any:
    """Refuse what is none of *choices*."""

    def check(_part: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if value not in choices:
            raise ConfigurationError(f"{field.name}: one of {', '.join(choices)} is needed")

    return check
