from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="ContactRequest")



@_attrs_define
class ContactRequest:
    """ The customer to find or to create (find-or-create-contact).

     """

    phone: str
    """ Saudi phone number, always with +966 and without spaces; normalised by the API (find-or-create-contact,
    request-models). How many digits follow is not documented. """
    name: str
    """ Name, not empty, used if the contact is created (find-or-create-contact). """
    utm_source: str | Unset = 'PARTNER'
    """ Source of the contact; PARTNER if left out (find-or-create-contact). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        phone = self.phone

        name = self.name

        utm_source = self.utm_source


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "phone": phone,
            "name": name,
        })
        if utm_source is not UNSET:
            field_dict["utmSource"] = utm_source

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        phone = d.pop("phone")

        name = d.pop("name")

        utm_source = d.pop("utmSource", UNSET)

        contact_request = cls(
            phone=phone,
            name=name,
            utm_source=utm_source,
        )


        contact_request.additional_properties = d
        return contact_request

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
