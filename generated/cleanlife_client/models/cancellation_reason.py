from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from uuid import UUID






T = TypeVar("T", bound="CancellationReason")



@_attrs_define
class CancellationReason:
    """ A reason for cancelling that a customer may choose (list-cancellation-reasons).

     """

    id: UUID
    """ Id of the reason, a UUID (list-cancellation-reasons). """
    name_en: str
    """ The reason in English (list-cancellation-reasons). """
    name_ar: str
    """ The reason in Arabic (list-cancellation-reasons). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        name_en = self.name_en

        name_ar = self.name_ar


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "nameEn": name_en,
            "nameAr": name_ar,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))




        name_en = d.pop("nameEn")

        name_ar = d.pop("nameAr")

        cancellation_reason = cls(
            id=id,
            name_en=name_en,
            name_ar=name_ar,
        )


        cancellation_reason.additional_properties = d
        return cancellation_reason

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
