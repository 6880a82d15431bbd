from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from uuid import UUID






T = TypeVar("T", bound="CancelBookingRequest")



@_attrs_define
class CancelBookingRequest:
    """ Why the booking is cancelled (cancel-booking).

     """

    reason_id: UUID | Unset = UNSET
    """ Id of the reason, a UUID, from listCancellationReasons. Optional by one page (cancel-booking), required by
    another (list-cancellation-reasons). """
    notes: str | Unset = UNSET
    """ Notes to the cancellation (cancel-booking). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        reason_id: str | Unset = UNSET
        if not isinstance(self.reason_id, Unset):
            reason_id = str(self.reason_id)

        notes = self.notes


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if reason_id is not UNSET:
            field_dict["reasonId"] = reason_id
        if notes is not UNSET:
            field_dict["notes"] = notes

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _reason_id = d.pop("reasonId", UNSET)
        reason_id: UUID | Unset
        if isinstance(_reason_id,  Unset):
            reason_id = UNSET
        else:
            reason_id = UUID(_reason_id)




        notes = d.pop("notes", UNSET)

        cancel_booking_request = cls(
            reason_id=reason_id,
            notes=notes,
        )


        cancel_booking_request.additional_properties = d
        return cancel_booking_request

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
