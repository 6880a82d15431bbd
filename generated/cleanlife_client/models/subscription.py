from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.event_type import EventType
from ..models.subscription_status import SubscriptionStatus
from typing import cast
from uuid import UUID






T = TypeVar("T", bound="Subscription")



@_attrs_define
class Subscription:
    """ A subscription, without its secret (list-subscriptions, update-subscription).

     """

    id: UUID
    """ Id of the subscription, a UUID (list-subscriptions). """
    partner_client_id: UUID
    """ Id of the partner's client, a UUID (list-subscriptions). """
    url: str
    """ Where deliveries are sent (list-subscriptions). """
    events: list[EventType | str]
    """ The events that are sent (list-subscriptions). """
    status: str | SubscriptionStatus
    """ Whether it is at work or paused (update-subscription). """
    created_at: str
    """ Time of creation, ISO 8601 with offset (list-subscriptions). """
    updated_at: str
    """ Time of the last change, ISO 8601 with offset (list-subscriptions). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        partner_client_id = str(self.partner_client_id)

        url = self.url

        events = []
        for events_item_data in self.events:
            events_item: str
            if isinstance(events_item_data, EventType):
                events_item = events_item_data.value
            else:
                events_item = events_item_data
            events.append(events_item)



        status: str
        if isinstance(self.status, SubscriptionStatus):
            status = self.status.value
        else:
            status = self.status

        created_at = self.created_at

        updated_at = self.updated_at


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "partnerClientId": partner_client_id,
            "url": url,
            "events": events,
            "status": status,
            "createdAt": created_at,
            "updatedAt": updated_at,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))




        partner_client_id = UUID(d.pop("partnerClientId"))




        url = d.pop("url")

        events = []
        _events = d.pop("events")
        for events_item_data in (_events):
            def _parse_events_item(data: object) -> EventType | str:
                try:
                    if not isinstance(data, str):
                        raise TypeError()
                    events_item_type_0 = EventType(data)



                    return events_item_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                return cast(EventType | str, data)

            events_item = _parse_events_item(events_item_data)

            events.append(events_item)


        def _parse_status(data: object) -> str | SubscriptionStatus:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = SubscriptionStatus(data)



                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | SubscriptionStatus, data)

        status = _parse_status(d.pop("status"))


        created_at = d.pop("createdAt")

        updated_at = d.pop("updatedAt")

        subscription = cls(
            id=id,
            partner_client_id=partner_client_id,
            url=url,
            events=events,
            status=status,
            created_at=created_at,
            updated_at=updated_at,
        )


        subscription.additional_properties = d
        return subscription

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
