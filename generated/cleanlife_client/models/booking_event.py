from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.event_type import EventType
from typing import cast

if TYPE_CHECKING:
  from ..models.booking import Booking





T = TypeVar("T", bound="BookingEvent")



@_attrs_define
class BookingEvent:
    """ The body of a delivery.

     """

    delivery_id: str
    """ Id of the delivery, a UUID, the same on every attempt. """
    event: EventType | str
    """ What happened. """
    created_at: str
    """ When it happened, ISO 8601 with offset. """
    data: Booking
    """ A booking (response-models). It shows neither price nor notes, neither service nor contact nor address, and
    no time of creation. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.booking import Booking # noqa: PLC0415
        delivery_id = self.delivery_id

        event: str
        if isinstance(self.event, EventType):
            event = self.event.value
        else:
            event = self.event

        created_at = self.created_at

        data = self.data.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "deliveryId": delivery_id,
            "event": event,
            "createdAt": created_at,
            "data": data,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.booking import Booking # noqa: PLC0415
        d = dict(src_dict)
        delivery_id = d.pop("deliveryId")

        def _parse_event(data: object) -> EventType | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                event_type_0 = EventType(data)



                return event_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EventType | str, data)

        event = _parse_event(d.pop("event"))


        created_at = d.pop("createdAt")

        data = Booking.from_dict(d.pop("data"))




        booking_event = cls(
            delivery_id=delivery_id,
            event=event,
            created_at=created_at,
            data=data,
        )


        booking_event.additional_properties = d
        return booking_event

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
