from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.codeable_concept import CodeableConcept





T = TypeVar("T", bound="Identifier")



@_attrs_define
class Identifier:
    """ A name by which others know it, such as a medical record number, of type MR (D-PATOLD). Health Gorilla's own has the
    system https://www.healthgorilla.com; systems of one's own are allowed (D-PATOLD, D-COMMON).

     """

    type_: CodeableConcept | Unset = UNSET
    """ A concept, as codes or in words (FHIR R4). """
    system: str | Unset = UNSET
    """ In whose system, a URI (D-PATOLD). """
    value: str | Unset = UNSET
    """ The name (D-PATOLD). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.codeable_concept import CodeableConcept # noqa: PLC0415
        type_: dict[str, Any] | Unset = UNSET
        if not isinstance(self.type_, Unset):
            type_ = self.type_.to_dict()

        system = self.system

        value = self.value


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if type_ is not UNSET:
            field_dict["type"] = type_
        if system is not UNSET:
            field_dict["system"] = system
        if value is not UNSET:
            field_dict["value"] = value

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.codeable_concept import CodeableConcept # noqa: PLC0415
        d = dict(src_dict)
        _type_ = d.pop("type", UNSET)
        type_: CodeableConcept | Unset
        if isinstance(_type_,  Unset):
            type_ = UNSET
        else:
            type_ = CodeableConcept.from_dict(_type_)




        system = d.pop("system", UNSET)

        value = d.pop("value", UNSET)

        identifier = cls(
            type_=type_,
            system=system,
            value=value,
        )


        identifier.additional_properties = d
        return identifier

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
