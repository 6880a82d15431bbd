"""Searches for patients, and the pages of what they find."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulator.healthgorilla.clinic import HOST, PATIENT, Clinic

PATIENTS = "/fhir/R4/Patient"


@pytest.fixture(scope="module")
def many() -> Clinic:
    """A clinic with 45 patients, one a minute."""
    clinic = Clinic()
    for number in range(45):
        clinic.patient(number)
        clinic.clock.advance(minutes=1)
    return clinic


def links(body: Any) -> dict[str, str]:
    """The ways to other pages."""
    return {link["relation"]: link["url"] for link in body["link"]}


def test_a_page_holds_twenty(many: Clinic) -> None:
    """The oldest first, with their addresses, and the ways to the others."""
    body = many.ask("GET", PATIENTS).body

    assert (body["type"], body["total"], len(body["entry"])) == ("searchset", 45, 20)
    first = body["entry"][0]
    assert first["resource"] == many.simulator.patients[0].resource
    assert first["fullUrl"] == f"https://{HOST}/fhir/R4/Patient/{first['resource']['id']}"
    assert links(body).keys() == {"self", "first", "next", "last"}


@given(count=st.integers(1, 100))
def test_who_follows_the_links_sees_each_patient_once(many: Clinic, count: int) -> None:
    """Whatever a page holds; the last one has no link to a next."""
    seen, url = [], f"{PATIENTS}?_count={count}"
    while url:
        body = many.ask("GET", url).body
        seen += [entry["resource"]["id"] for entry in body["entry"]]
        last, url = links(body)["last"], links(body).get("next", "")

    assert seen == [each.id for each in many.simulator.patients]
    assert many.ask("GET", last).body["entry"] == body["entry"]


def test_nothing_found_is_a_page_without_entries(many: Clinic) -> None:
    """With a total of none."""
    body = many.ask("GET", PATIENTS, query={"identifier": "urn:example:mrn|none"}).body
    assert (body["total"], "entry" in body) == (0, False)


@pytest.mark.parametrize(
    ("identifier", "number"),
    [("urn:example:mrn|7", [7]), ("7", [7]), ("urn:other|7", []), ("|7", []), ("8|", []), ("urn:example:mrn", [])],
)
def test_a_patient_is_found_by_its_identifier(many: Clinic, identifier: str, number: list[int]) -> None:
    """In its system, in any, or in none."""
    assert many.found(identifier=identifier) == [many.simulator.patients[each].id for each in number]


def test_a_system_finds_all_that_are_known_in_it(clinic: Clinic) -> None:
    """Also an identifier that belongs to none."""
    one = clinic.patient(1)
    other = clinic.ask("POST", PATIENTS, {**PATIENT, "identifier": [{"value": "x"}]}).id

    assert clinic.found(identifier="urn:example:mrn|") == [one]
    assert clinic.found(identifier="|x") == [other]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("ge2026-06-13T05:44:00Z", 1),
        ("gt2026-06-13T05:44:00Z", 0),
        ("gt2026-06-13T05:43:59+00:00", 1),
        ("le2026-06-13T08:00:00+03:00", 1),
        ("lt2026-06-13T05:00:00Z", 0),
        ("lt2026-06-13T05:01:00Z", 1),
        ("2026-06-13T05:07:00Z", 1),
        ("eq2026-06-13T05:07:01.5Z", 0),
        ("2026-06-13", 45),
        ("gt2026-06-13", 0),
        ("ge2026-06-13", 45),
        ("lt2026-06-14", 45),
        ("le2026-06-12", 0),
    ],
)
def test_patients_are_found_by_when_they_changed_last(many: Clinic, condition: str, found: int) -> None:
    """To the second, or by the day."""
    assert many.ask("GET", PATIENTS, query={"_lastUpdated": condition}).body["total"] == found


@pytest.mark.parametrize(
    "query",
    [
        {"wrong_parameter": "1"},
        {"_count": "0"},
        {"_count": "101"},
        {"_count": "x"},
        {"_count": "-1"},
        {"_offset": "1e3"},
        {"_lastUpdated": ""},
        {"_lastUpdated": "yesterday"},
        {"_lastUpdated": "ne2026-06-13"},
        {"_lastUpdated": "2026-02-30"},
        {"_lastUpdated": "2026-06-13T05:00:00"},
        {"_lastUpdated": "9999-12-31"},
        {"_lastUpdated": "0001-01-01T00:00:00+23:00"},
        {"_lastUpdated": "20260613"},
    ],
)
def test_what_a_search_does_not_know_is_a_400(many: Clinic, query: dict[str, str]) -> None:
    """With the code processing."""
    reply = many.ask("GET", PATIENTS, query=query)
    assert (reply.status, reply.code) == (400, "processing")


def test_an_unknown_parameter_is_named_in_the_documented_words(many: Clinic) -> None:
    """To the letter."""
    assert many.ask("GET", PATIENTS, query={"wrong_parameter": "1"}).body["issue"][0]["diagnostics"] == (
        "Invalid request: The FHIR endpoint on this server does not know how to handle GET operation[Patient] "
        "with parameters [[wrong_parameter]]"
    )


def test_an_offset_beyond_the_end_finds_nothing_more(many: Clinic) -> None:
    """And says how many there are all the same."""
    body = many.ask("GET", PATIENTS, query={"_offset": "999"}).body
    assert (body["total"], "entry" in body, "next" in links(body)) == (45, False, False)
