from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="Address")



@_attrs_define
class Address:
    """ An address (FHIR R4).

     """

    line: list[str] | Unset = UNSET
    """ Street and number (FHIR R4). """
    city: str | Unset = UNSET
    """ City (FHIR R4). """
    state: str | Unset = UNSET
    """ State, such as CA (FHIR R4). """
    postal_code: str | Unset = UNSET
    """ Postal code (FHIR R4). """
    country: str | Unset = UNSET
    """ Country, such as US (FHIR R4). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        line: list[str] | Unset = UNSET
        if not isinstance(self.line, Unset):
            line = self.line



        city = self.city

        state = self.state

        postal_code = self.postal_code

        country = self.country


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if line is not UNSET:
            field_dict["line"] = line
        if city is not UNSET:
            field_dict["city"] = city
        if state is not UNSET:
            field_dict["state"] = state
        if postal_code is not UNSET:
            field_dict["postalCode"] = postal_code
        if country is not UNSET:
            field_dict["country"] = country

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        line = cast(list[str], d.pop("line", UNSET))


        city = d.pop("city", UNSET)

        state = d.pop("state", UNSET)

        postal_code = d.pop("postalCode", UNSET)

        country = d.pop("country", UNSET)

        address = cls(
            line=line,
            city=city,
            state=state,
            postal_code=postal_code,
            country=country,
        )


        address.additional_properties = d
        return address

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
