"""When two values mean the same, though the API writes them differently."""

from __future__ import annotations

import pytest

from cleanlife_ext.engine.likeness import same


@pytest.mark.parametrize(
    ("asked", "found", "equal"),
    [
        ("2026-06-20", "2026-06-20", True),
        ("2026-06-20", "2026-06-20T00:00:00.000Z", True),
        ("2026-06-20", "2026-06-21T00:00:00.000Z", False),
        ("09:00", "09:00", True),
        ("09:00", "09:00:00", True),
        ("09:00:00", "09:00", True),
        ("09:00", "09:30", False),
        ("", "09:00", False),
        ("09:00", "", False),
        ("", "", False),
        ("09:00", None, False),
        ("2026-06-20", "2", False),
        ("ORDER", "ORDERTWO", False),
        ("ORDER-1", "ORDER-1:00", False),
        ("https://example.com/hooks", "https://example.com/hooksTest", False),
        ("2026-06-20T00:00:00", "2026-06-20T09:00:00", False),
        ("2026-06-20", "2026-06-20-evil", False),
        ("09:00", "09:00:30", False),
        (None, None, True),
        (3, 3, True),
        (3, "3", False),
        ({}, {}, True),
        ({"startAt": "09:00"}, {"startAt": "09:00:00", "endsAtNextDay": False}, True),
        ({"startAt": "09:00", "endAt": "12:00"}, {"startAt": "09:00"}, False),
        ({"startAt": "09:00"}, {"startAt": "10:00"}, False),
        ({"startAt": "09:00"}, None, False),
        ({"startAt": "09:00"}, "09:00", False),
        ({"startAt": "09:00"}, ["09:00"], False),
        ("09:00", {"startAt": "09:00"}, False),
        (["a"], ["a"], True),
        (["a"], ["b"], False),
    ],
)
def test_what_is_the_same(asked: object, found: object, equal: bool) -> None:  # noqa: FBT001
    """As far as it was asked for, in whichever of its forms the API writes it."""
    assert same(asked, found) is equal
