from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.appointment_status import AppointmentStatus
from ..types import UNSET, Unset
from typing import cast
from uuid import UUID






T = TypeVar("T", bound="Appointment")



@_attrs_define
class Appointment:
    """ The visit of the team (response-models).

     """

    id: None | Unset | UUID = UNSET
    """ Id of the appointment, a UUID (response-models). """
    name: None | str | Unset = UNSET
    """ Name of the appointment, equal to the trackingReference in samples (response-models). """
    status: AppointmentStatus | None | str | Unset = UNSET
    """ Status of the appointment (response-models). """
    scheduled_start_date_time: None | str | Unset = UNSET
    """ Planned start, ISO 8601, with an offset of +03:00 in samples (response-models). """
    scheduled_end_date_time: None | str | Unset = UNSET
    """ Planned end, ISO 8601, with an offset of +03:00 in samples (response-models). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id: None | str | Unset
        if isinstance(self.id, Unset):
            id = UNSET
        elif isinstance(self.id, UUID):
            id = str(self.id)
        else:
            id = self.id

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        elif isinstance(self.status, AppointmentStatus):
            status = self.status.value
        else:
            status = self.status

        scheduled_start_date_time: None | str | Unset
        if isinstance(self.scheduled_start_date_time, Unset):
            scheduled_start_date_time = UNSET
        else:
            scheduled_start_date_time = self.scheduled_start_date_time

        scheduled_end_date_time: None | str | Unset
        if isinstance(self.scheduled_end_date_time, Unset):
            scheduled_end_date_time = UNSET
        else:
            scheduled_end_date_time = self.scheduled_end_date_time


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if id is not UNSET:
            field_dict["id"] = id
        if name is not UNSET:
            field_dict["name"] = name
        if status is not UNSET:
            field_dict["status"] = status
        if scheduled_start_date_time is not UNSET:
            field_dict["scheduledStartDateTime"] = scheduled_start_date_time
        if scheduled_end_date_time is not UNSET:
            field_dict["scheduledEndDateTime"] = scheduled_end_date_time

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                id_type_0 = UUID(data)



                return id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        id = _parse_id(d.pop("id", UNSET))


        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))


        def _parse_status(data: object) -> AppointmentStatus | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = AppointmentStatus(data)



                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AppointmentStatus | None | str | Unset, data)

        status = _parse_status(d.pop("status", UNSET))


        def _parse_scheduled_start_date_time(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        scheduled_start_date_time = _parse_scheduled_start_date_time(d.pop("scheduledStartDateTime", UNSET))


        def _parse_scheduled_end_date_time(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        scheduled_end_date_time = _parse_scheduled_end_date_time(d.pop("scheduledEndDateTime", UNSET))


        appointment = cls(
            id=id,
            name=name,
            status=status,
            scheduled_start_date_time=scheduled_start_date_time,
            scheduled_end_date_time=scheduled_end_date_time,
        )


        appointment.additional_properties = d
        return appointment

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
