"""Addresses in answers: what stands in them, and that nothing else does."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from engine.invented import PARCELS
from hypothesis import example, given
from hypothesis import strategies as st

from cleanlife_ext.engine.addresses import LONGEST, address_of, found_at, is_named
from cleanlife_ext.engine.message import Headers

JOB = PARCELS.operations["printParcel"].job


@pytest.mark.parametrize(
    ("address", "id"),
    [
        ("/prints/7", "7"),
        ("https://parcels.test/prints/7", "7"),
        ("https://other.test:8443/gate/way/v2/prints/7", "7"),
        ("//other.test/prints/7", "7"),
        ("/prints/7/_history/2", "7"),
        ("/prints/7/_history/", "7"),
        ("/prints/7?verbose=1#top", "7"),
        ("/prints/a%2Db", "a-b"),
        ("/prints/a%2Fb", None),
        ("/prints/a%20b", None),
        ("/prints/...", "..."),
        ("prints/7", None),
        ("/prints/", None),
        ("/prints/7/", None),
        ("/prints/7/8", None),
        ("/print/7", None),
        ("/reprints/7", None),
        ("/prints/7/_history", None),
        ("/prints/..", None),
        ("/prints/.", None),
        ("/prints/%2E%2e", None),
        ("/prints/\ud800", None),
        ("https://[/prints/7", None),
        ("", None),
        ("?/prints/7", None),
        ("/prints/" + "7" * LONGEST, None),
    ],
)
def test_what_stands_in_an_address(address: str, id: str | None) -> None:
    """Whatever server it names, and whatever stands before it; the end has to fit."""
    assert found_at("/prints/{id}", address) == (None if id is None else {"id": id})


@example("/prints/%2E%2E")
@example("https://[")
@example("/prints/\ud800")
@example("/prints/\n")
@given(st.text() | st.text("/.%2eE:?#[]@\\\n\ud800 ").map(lambda end: f"/prints/{end}"))
def test_no_address_leads_elsewhere(address: str) -> None:
    """Whatever a stranger writes: nothing is raised, and what was found stands in one place of one path."""
    found = found_at("/prints/{id}", address)

    if found is not None:
        (id,) = found.values()
        assert id not in {"", ".", ".."}
        assert "/" not in quote(id, safe="")
        assert found_at("/prints/{id}", f"/prints/{quote(id, safe='')}") == found


@given(st.from_regex(r"[\w.~:-]{1,128}", fullmatch=True, alphabet=st.characters(codec="ascii")))
def test_an_id_that_was_written_is_found_again(id: str) -> None:
    """As it was written, or quoted."""
    expected = None if id in {".", ".."} else {"id": id}

    assert found_at("/prints/{id}", f"/prints/{id}") == expected
    assert found_at("/prints/{id}", f"/prints/{quote(id, safe='')}") == expected


@given(st.text(max_size=60))
def test_what_names_something_can_stand_in_an_address(id: str) -> None:
    """And what cannot, names nothing."""
    assert is_named({"id": id}, "/prints/{id}") is (
        found_at("/prints/{id}", f"/prints/{quote(id, '', errors='replace')}") == {"id": id}
    )


def test_the_first_header_that_is_there_has_the_address() -> None:
    """In the order of the spec."""
    assert JOB is not None
    assert address_of(JOB, Headers([("content-location", "/b"), ("location", "/a")])) == "/a"
    assert address_of(JOB, Headers([("Content-Location", "/b")])) == "/b"
    assert address_of(JOB, Headers()) == ""


def test_a_row_is_named_if_it_has_all_that_its_address_needs() -> None:
    """Nothing less than that."""
    assert is_named({"id": "7"}, "/prints/{id}")
    assert not is_named({"id": ""}, "/prints/{id}")
    assert not is_named({"id": "7"}, "/prints/{id}/{part}")
