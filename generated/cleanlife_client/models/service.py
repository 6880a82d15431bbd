from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
from uuid import UUID






T = TypeVar("T", bound="Service")



@_attrs_define
class Service:
    """ A service that can be booked (list-services). Its fields vary and are not fully documented, so others are kept.

     """

    id: UUID
    """ Id of the service, a UUID (list-services). """
    name: str
    """ Name of the service (list-services). """
    name_ar: None | str | Unset = UNSET
    """ Name of the service in Arabic. """
    is_active: bool | Unset = UNSET
    """ Whether the service is active (list-services). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        name = self.name

        name_ar: None | str | Unset
        if isinstance(self.name_ar, Unset):
            name_ar = UNSET
        else:
            name_ar = self.name_ar

        is_active = self.is_active


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "name": name,
        })
        if name_ar is not UNSET:
            field_dict["nameAr"] = name_ar
        if is_active is not UNSET:
            field_dict["isActive"] = is_active

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))




        name = d.pop("name")

        def _parse_name_ar(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name_ar = _parse_name_ar(d.pop("nameAr", UNSET))


        is_active = d.pop("isActive", UNSET)

        service = cls(
            id=id,
            name=name,
            name_ar=name_ar,
            is_active=is_active,
        )


        service.additional_properties = d
        return service

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
