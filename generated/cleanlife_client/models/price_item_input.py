from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from uuid import UUID






T = TypeVar("T", bound="PriceItemInput")



@_attrs_define
class PriceItemInput:
    """ One item to price; it names a service or a package (calculate-price).

     """

    hours: float
    """ Duration in hours, 1 to 24 (calculate-price). """
    service_id: UUID | Unset = UNSET
    """ Id of the service, a UUID; needed without packageId (calculate-price). """
    package_id: UUID | Unset = UNSET
    """ Id of the package, a UUID; needed without serviceId (calculate-price). """
    sub_service_id: UUID | Unset = UNSET
    """ Id of a sub-service, a UUID (calculate-price). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        hours = self.hours

        service_id: str | Unset = UNSET
        if not isinstance(self.service_id, Unset):
            service_id = str(self.service_id)

        package_id: str | Unset = UNSET
        if not isinstance(self.package_id, Unset):
            package_id = str(self.package_id)

        sub_service_id: str | Unset = UNSET
        if not isinstance(self.sub_service_id, Unset):
            sub_service_id = str(self.sub_service_id)


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "hours": hours,
        })
        if service_id is not UNSET:
            field_dict["serviceId"] = service_id
        if package_id is not UNSET:
            field_dict["packageId"] = package_id
        if sub_service_id is not UNSET:
            field_dict["subServiceId"] = sub_service_id

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        hours = d.pop("hours")

        _service_id = d.pop("serviceId", UNSET)
        service_id: UUID | Unset
        if isinstance(_service_id,  Unset):
            service_id = UNSET
        else:
            service_id = UUID(_service_id)




        _package_id = d.pop("packageId", UNSET)
        package_id: UUID | Unset
        if isinstance(_package_id,  Unset):
            package_id = UNSET
        else:
            package_id = UUID(_package_id)




        _sub_service_id = d.pop("subServiceId", UNSET)
        sub_service_id: UUID | Unset
        if isinstance(_sub_service_id,  Unset):
            sub_service_id = UNSET
        else:
            sub_service_id = UUID(_sub_service_id)




        price_item_input = cls(
            hours=hours,
            service_id=service_id,
            package_id=package_id,
            sub_service_id=sub_service_id,
        )


        price_item_input.additional_properties = d
        return price_item_input

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
