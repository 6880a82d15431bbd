"""Secrets are shown to nobody, and there is no way to say by mistake that none is needed."""

from __future__ import annotations

from typing import Any

import pytest
from webhooks.deliveries import BODY, NOW, OTHER, SECRET, headers_of

from cleanlife_ext import ConfigurationError
from cleanlife_ext.webhooks import Secret, verify
from cleanlife_ext.webhooks.signing.secrets import secrets_of


def test_a_secret_does_not_show_itself() -> None:
    """Its name does."""
    assert repr(Secret(SECRET, "2026")) == "Secret(name='2026')"


def test_secrets_are_a_list_or_have_names() -> None:
    """In the order in which they are given."""
    named = (Secret(SECRET, "new"), Secret(OTHER, "old"))

    assert secrets_of([SECRET, Secret(OTHER, "old")]) == (Secret(SECRET), Secret(OTHER, "old"))
    assert secrets_of({"new": SECRET, "old": OTHER}) == named
    assert secrets_of(named) == named


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (SECRET, "not a single one; put it into brackets"),
        (SECRET.encode(), "not a single one"),
        (Secret(SECRET), "not a single one"),
        (None, "a list of secrets, or a mapping"),
        (7, "a list of secrets, or a mapping"),
        ([], "there is none"),
        ({}, "there is none"),
        ([None], "a secret is no text"),
        ([""], "a secret is empty; is the variable set that it comes from?"),
        ({"old": " \n"}, "the secret 'old' is empty"),
        ([SECRET + "\n"], "has white space around it; was a line end copied with it?"),
        (["a\0b"], "a NUL"),
        (["a\ud800"], "half a character"),
        ({"a\nb": SECRET}, "a name is at most 200 printable characters"),
        ({7: SECRET}, "a name is at most 200 printable characters"),
    ],
)
def test_whatever_is_no_secret_is_refused(given: Any, says: str) -> None:
    """Before anything is looked at, and without showing it."""
    with pytest.raises(ConfigurationError) as error:
        verify(BODY, headers_of(), secrets=given, now=NOW)

    assert str(error.value).startswith("secrets: ")
    assert says in str(error.value)
    assert SECRET not in str(error.value)
