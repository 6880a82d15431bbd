from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="TimeslotInput")



@_attrs_define
class TimeslotInput:
    """ The slot to book, as a free slot gave it (create-booking, update-booking).

     """

    start_at: str
    """ Start, Riyadh time, 24 hours. HH:MM or HH:MM:SS (create-booking, update-booking, request-models), HH:MM only
    by one page (request-format). """
    end_at: str
    """ End, Riyadh time, 24 hours; before the start if the slot ends on the next day. HH:MM or HH:MM:SS (create-
    booking, update-booking, request-models), HH:MM only by one page (request-format). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        start_at = self.start_at

        end_at = self.end_at


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "startAt": start_at,
            "endAt": end_at,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        start_at = d.pop("startAt")

        end_at = d.pop("endAt")

        timeslot_input = cls(
            start_at=start_at,
            end_at=end_at,
        )


        timeslot_input.additional_properties = d
        return timeslot_input

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
