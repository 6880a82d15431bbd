from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="Attachment")



@_attrs_define
class Attachment:
    """ A document, or where it is (FHIR R4).

     """

    content_type: str | Unset = UNSET
    """ Its media type (D-WHPAY). """
    language: str | Unset = UNSET
    """ Its language (D-WHPAY). """
    data: str | Unset = UNSET
    """ The document itself, in base64 (FHIR R4). """
    url: str | Unset = UNSET
    """ Where it is, a Binary for instance (D-WHPAY, A-IDEM). """
    title: str | Unset = UNSET
    """ Its title (FHIR R4). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        content_type = self.content_type

        language = self.language

        data = self.data

        url = self.url

        title = self.title


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if content_type is not UNSET:
            field_dict["contentType"] = content_type
        if language is not UNSET:
            field_dict["language"] = language
        if data is not UNSET:
            field_dict["data"] = data
        if url is not UNSET:
            field_dict["url"] = url
        if title is not UNSET:
            field_dict["title"] = title

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        content_type = d.pop("contentType", UNSET)

        language = d.pop("language", UNSET)

        data = d.pop("data", UNSET)

        url = d.pop("url", UNSET)

        title = d.pop("title", UNSET)

        attachment = cls(
            content_type=content_type,
            language=language,
            data=data,
            url=url,
            title=title,
        )


        attachment.additional_properties = d
        return attachment

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
