"""The secrets that deliveries are signed with. There is always one: without a secret, nothing can be believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs

from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.webhooks.identifiers import is_identifier

__all__ = ["Secret", "Secrets", "secrets_of"]

NEEDED = "a list of secrets, or a mapping from their names to their texts, is needed"


@attrs.frozen
class Secret:
    """A subscription's secret; its `repr` does not show it.

    Attributes:
        value: Its text, as the API gave it.
        name: What you call it: `event.secret_name` says which secret a delivery was signed with, so that you see when
            an old one was last used.
    """

    value: str = attrs.field(repr=False)
    name: str = ""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str) or (self.name and not is_identifier(self.name)):
            raise ConfigurationError("secrets: a name is at most 200 printable characters")
        if (wrong := _wrong(self.value)) is not None:
            raise ConfigurationError(f"secrets: {self.spoken} {wrong}")

    @property
    def spoken(self) -> str:
        """How a text speaks of it."""
        return f"the secret {self.name!r}" if self.name else "a secret"


Secrets: TypeAlias = Sequence[str | Secret] | Mapping[str, str]


def secrets_of(value: Secrets) -> tuple[Secret, ...]:
    """The secrets in *value*: one at the least."""
    if isinstance(value, str | bytes | Secret):
        raise ConfigurationError(f"secrets: {NEEDED}, not a single one; put it into brackets")
    if isinstance(value, Mapping):
        found = [Secret(text, name) for name, text in value.items()]
    elif isinstance(value, Iterable):
        found = [each if isinstance(each, Secret) else Secret(each) for each in value]
    else:
        raise ConfigurationError(f"secrets: {NEEDED}")
    if not found:
        raise ConfigurationError("secrets: there is none, and without one no delivery can be believed")
    return tuple(found)


def _wrong(text: str) -> str | None:
    if not isinstance(text, str):
        return "is no text"
    if not text.strip():
        return "is empty; is the variable set that it comes from?"
    if text != text.strip():
        return "has white space around it; was a line end copied with it?"
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return "holds what no text holds (a NUL, or half a character)"
    return None
