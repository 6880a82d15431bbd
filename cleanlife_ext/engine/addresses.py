"""Addresses in answers: of what was made, of a job, of the next page. Only their path counts; no other server is asked.

They may be absolute or only a path, may lie behind the prefix of a gateway, and may name a version at their end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from cleanlife_ext.engine.constraints import can_be_sent
from cleanlife_ext.engine.message import Headers
from cleanlife_ext.engine.traits import Job

__all__ = ["address_of", "found_at", "is_named", "pattern_of"]

LONGEST = 2000  # characters
ID = re.compile(r"(?!\.{1,2}$)[\w.~:-]{1,128}", re.ASCII)  # What else may stand there could be anything, also a name.
VERSION = r"(?:/_history/[^/]*)?"


def address_of(job: Job, headers: Headers) -> str:
    """Where *headers* say that the job is to be asked for; `""` if they say nothing."""
    return next((headers[name] for name in job.addresses if name in headers), "")


def found_at(template: str, address: str) -> dict[str, str] | None:
    """What stands in *address* at the places that *template* names; `None` if it is no such address."""
    if len(address) > LONGEST or not can_be_sent(address):
        return None
    try:
        path = urlsplit(address).path
    except ValueError:
        return None
    found = _ending(template).fullmatch(path)
    if found is None:
        return None
    values = {name: unquote(value) for name, value in found.groupdict().items()}
    return values if is_named(values, template) else None


def is_named(row: Mapping[str, Any], template: str) -> bool:
    """Whether *row* has all that an address like *template* needs, and in a form that may stand there."""
    values = [row.get(name) for name in re.findall(r"{(\w+)}", template)]
    return all(isinstance(value, str) and ID.fullmatch(value) for value in values)


@lru_cache(maxsize=64)
def _ending(template: str) -> re.Pattern[str]:
    return re.compile(f"(?:.*)?{pattern_of(template, '+')}{VERSION}")


def pattern_of(template: str, many: str = "*") -> str:
    """What fits *template*, with the places in it as groups by their names."""
    parts = re.split(r"{(\w+)}", template)  # Text and names in turn.
    return "".join(f"(?P<{part}>[^/]{many})" if at % 2 else re.escape(part) for at, part in enumerate(parts))
