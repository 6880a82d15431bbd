from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="HumanName")



@_attrs_define
class HumanName:
    """ A name (FHIR R4).

     """

    use: str | Unset = UNSET
    """ What it is used for, such as official (FHIR R4). """
    family: str | Unset = UNSET
    """ Last name; needed (D-PATOLD). """
    given: list[str] | Unset = UNSET
    """ First names; needed (D-PATOLD). """
    text: str | Unset = UNSET
    """ The name as it is written (FHIR R4). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        use = self.use

        family = self.family

        given: list[str] | Unset = UNSET
        if not isinstance(self.given, Unset):
            given = self.given



        text = self.text


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if use is not UNSET:
            field_dict["use"] = use
        if family is not UNSET:
            field_dict["family"] = family
        if given is not UNSET:
            field_dict["given"] = given
        if text is not UNSET:
            field_dict["text"] = text

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        use = d.pop("use", UNSET)

        family = d.pop("family", UNSET)

        given = cast(list[str], d.pop("given", UNSET))


        text = d.pop("text", UNSET)

        human_name = cls(
            use=use,
            family=family,
            given=given,
            text=text,
        )


        human_name.additional_properties = d
        return human_name

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
