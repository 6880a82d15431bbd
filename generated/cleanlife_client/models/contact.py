from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from uuid import UUID






T = TypeVar("T", bound="Contact")



@_attrs_define
class Contact:
    """ A customer (find-or-create-contact, get-contact-by-id).

     """

    id: UUID
    """ Id of the contact, a UUID (find-or-create-contact). """
    name: str
    """ Name of the customer (find-or-create-contact). """
    phone: str
    """ Phone number as the API has normalised it (find-or-create-contact). """
    is_new_contact: bool
    """ Whether this request created the contact (find-or-create-contact, get-contact-by-id). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        name = self.name

        phone = self.phone

        is_new_contact = self.is_new_contact


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "name": name,
            "phone": phone,
            "isNewContact": is_new_contact,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))




        name = d.pop("name")

        phone = d.pop("phone")

        is_new_contact = d.pop("isNewContact")

        contact = cls(
            id=id,
            name=name,
            phone=phone,
            is_new_contact=is_new_contact,
        )


        contact.additional_properties = d
        return contact

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
