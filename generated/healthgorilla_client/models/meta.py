from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="Meta")



@_attrs_define
class Meta:
    """ What the server knows of a resource (FHIR R4).

     """

    version_id: str | Unset = UNSET
    """ The version, "1" at first (A-IDEM). """
    last_updated: str | Unset = UNSET
    """ When it was changed last, ISO 8601 with offset (A-IDEM). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        version_id = self.version_id

        last_updated = self.last_updated


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if version_id is not UNSET:
            field_dict["versionId"] = version_id
        if last_updated is not UNSET:
            field_dict["lastUpdated"] = last_updated

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        version_id = d.pop("versionId", UNSET)

        last_updated = d.pop("lastUpdated", UNSET)

        meta = cls(
            version_id=version_id,
            last_updated=last_updated,
        )


        meta.additional_properties = d
        return meta

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
