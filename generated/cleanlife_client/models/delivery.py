from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.delivery_status import DeliveryStatus
from ..models.event_type import EventType
from typing import cast
from uuid import UUID






T = TypeVar("T", bound="Delivery")



@_attrs_define
class Delivery:
    """ The record of an event's delivery, with its last attempt (list-deliveries).

     """

    id: UUID
    """ Id of the delivery, a UUID, with which it is retried (list-deliveries). """
    subscription_id: UUID
    """ Id of the subscription, a UUID (list-deliveries). """
    event: EventType | str
    """ The event (list-deliveries). """
    status: DeliveryStatus | str
    """ Status of the delivery (list-deliveries). """
    attempt_count: int
    """ Attempts so far, those by hand included (list-deliveries, retry-delivery). """
    status_code: int | None
    """ HTTP status of the last attempt; null if no answer came (list-deliveries). """
    error: None | str
    """ What went wrong last; null after success and when retried by hand (list-deliveries, retry-delivery). """
    next_retry_at: None | str
    """ Time of the next automatic attempt, ISO 8601 with offset; null if it is delivered or has failed for good
    (list-deliveries). """
    delivered_at: None | str
    """ Time of delivery, ISO 8601 with offset; null until then (list-deliveries). """
    created_at: str
    """ Time of creation, ISO 8601 with offset (list-deliveries). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        subscription_id = str(self.subscription_id)

        event: str
        if isinstance(self.event, EventType):
            event = self.event.value
        else:
            event = self.event

        status: str
        if isinstance(self.status, DeliveryStatus):
            status = self.status.value
        else:
            status = self.status

        attempt_count = self.attempt_count

        status_code: int | None
        status_code = self.status_code

        error: None | str
        error = self.error

        next_retry_at: None | str
        next_retry_at = self.next_retry_at

        delivered_at: None | str
        delivered_at = self.delivered_at

        created_at = self.created_at


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "subscriptionId": subscription_id,
            "event": event,
            "status": status,
            "attemptCount": attempt_count,
            "statusCode": status_code,
            "error": error,
            "nextRetryAt": next_retry_at,
            "deliveredAt": delivered_at,
            "createdAt": created_at,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))




        subscription_id = UUID(d.pop("subscriptionId"))




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


        def _parse_status(data: object) -> DeliveryStatus | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = DeliveryStatus(data)



                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DeliveryStatus | str, data)

        status = _parse_status(d.pop("status"))


        attempt_count = d.pop("attemptCount")

        def _parse_status_code(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        status_code = _parse_status_code(d.pop("statusCode"))


        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(d.pop("error"))


        def _parse_next_retry_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_retry_at = _parse_next_retry_at(d.pop("nextRetryAt"))


        def _parse_delivered_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        delivered_at = _parse_delivered_at(d.pop("deliveredAt"))


        created_at = d.pop("createdAt")

        delivery = cls(
            id=id,
            subscription_id=subscription_id,
            event=event,
            status=status,
            attempt_count=attempt_count,
            status_code=status_code,
            error=error,
            next_retry_at=next_retry_at,
            delivered_at=delivered_at,
            created_at=created_at,
        )


        delivery.additional_properties = d
        return delivery

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
