from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="BundleLink")



@_attrs_define
class BundleLink:
    """ A way to another page (D-PAGE, D-PAGE1).

     """

    relation: str | Unset = UNSET
    """ Which one, such as self or next (D-PAGE, D-PAGE1). """
    url: str | Unset = UNSET
    """ Its address, to be followed as it is (D-PAGE1). It may name a patient. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        relation = self.relation

        url = self.url


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if relation is not UNSET:
            field_dict["relation"] = relation
        if url is not UNSET:
            field_dict["url"] = url

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        relation = d.pop("relation", UNSET)

        url = d.pop("url", UNSET)

        bundle_link = cls(
            relation=relation,
            url=url,
        )


        bundle_link.additional_properties = d
        return bundle_link

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
