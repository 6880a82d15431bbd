from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="SubscriptionChannel")



@_attrs_define
class SubscriptionChannel:
    """ Where and how notifications are sent (D-SUB, A-SUBC).

     """

    type_: str | Unset = UNSET
    """ rest-hook; needed (D-SUB). """
    endpoint: str | Unset = UNSET
    """ The address, with HTTPS only (D-SUB); needed. """
    payload: str | Unset = UNSET
    """ What is sent: application/fhir+json, application/hg-event+json, application/hg-ocr+json, or nothing (D-SUB,
    A-SUBC). """
    header: list[str] | Unset = UNSET
    """ Headers that are sent along, each as name, colon and value (D-SUB). They may hold secrets. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_

        endpoint = self.endpoint

        payload = self.payload

        header: list[str] | Unset = UNSET
        if not isinstance(self.header, Unset):
            header = self.header




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if type_ is not UNSET:
            field_dict["type"] = type_
        if endpoint is not UNSET:
            field_dict["endpoint"] = endpoint
        if payload is not UNSET:
            field_dict["payload"] = payload
        if header is not UNSET:
            field_dict["header"] = header

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = d.pop("type", UNSET)

        endpoint = d.pop("endpoint", UNSET)

        payload = d.pop("payload", UNSET)

        header = cast(list[str], d.pop("header", UNSET))


        subscription_channel = cls(
            type_=type_,
            endpoint=endpoint,
            payload=payload,
            header=header,
        )


        subscription_channel.additional_properties = d
        return subscription_channel

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
