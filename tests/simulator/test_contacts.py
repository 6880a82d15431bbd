"""Contacts are found by their phone, or made."""

import pytest
from simulator.calling import MISSING_ID, Caller


@pytest.mark.rule("contact.found", "contact.name")
def test_a_contact_is_made_once_and_then_found(call: Caller) -> None:
    """200 both times; the first name stays."""
    made = call.post("/contacts", phone="+966500000000", name="Sara").data
    found = call.post("/contacts", phone="+966500000000", name="Someone else").data

    assert made["isNewContact"]
    assert found == {**made, "isNewContact": False}


@pytest.mark.parametrize("written", ["+966500000000", "+9660500000000"])
@pytest.mark.rule("phone.normalised")
def test_a_phone_number_is_kept_in_its_normal_form(call: Caller, written: str) -> None:
    """Without the zero that people are used to dial."""
    assert call.post("/contacts", phone=written, name="Sara").data["phone"] == "+966500000000"


@pytest.mark.parametrize(
    "wrong",
    ["", "112", "+4915112345678", "+966 50 000 0000", "0500000000", "966500000000", "+96650000000", 966500000000, None],
)
@pytest.mark.rule("phone.form", "message.phone")
def test_a_phone_number_must_be_a_saudi_one(call: Caller, wrong: object) -> None:
    """With the documented message."""
    assert call.post("/contacts", phone=wrong, name="Sara").messages == ["phone must be a valid phone number"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("", "name should not be empty"), (7, "name must be a string"),
     (None, "name must be a string"), ("\ud800", "name must be a string")],
)  # fmt: skip
@pytest.mark.rule("contact.name")
def test_a_contact_has_a_name(call: Caller, name: object, message: str) -> None:
    """Half a surrogate pair is no text."""
    assert call.post("/contacts", phone="+966500000000", name=name).messages == [message]


@pytest.mark.rule("contact.read", "contact.shape")
def test_a_contact_can_be_read(call: Caller) -> None:
    """It is not new any more."""
    made = call.post("/contacts", phone="+966500000000", name="Sara", utmSource="SPRING").data

    assert call.get(f"/contacts/{made['id']}").data == {**made, "isNewContact": False}


def test_a_contact_belongs_to_its_partner(call: Caller, cleanos: Caller) -> None:
    """Others do not find it, and make their own."""
    mine = call.post("/contacts", phone="+966500000000", name="Sara").data["id"]

    assert cleanos.get(f"/contacts/{mine}").refusal == (404, "RESOURCE_NOT_FOUND")
    assert cleanos.post("/contacts", phone="+966500000000", name="Sara").data["id"] != mine


@pytest.mark.rule("contact.missing")
def test_a_missing_contact_is_not_found_and_a_bad_id_refused(call: Caller) -> None:
    """404 and 400."""
    assert call.get(f"/contacts/{MISSING_ID}").refusal == (404, "RESOURCE_NOT_FOUND")
    assert call.get("/contacts/me").messages == ["contactId must be a UUID"]
