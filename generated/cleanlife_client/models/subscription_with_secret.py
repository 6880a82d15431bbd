from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.event_type import EventType
from ..models.subscription_status import SubscriptionStatus
from ..types import UNSET, Unset
from typing import cast
from uuid import UUID






T = TypeVar("T", bound="SubscriptionWithSecret")



@_attrs_define
class SubscriptionWithSecret:
    """ A new subscription, with the secret that is shown only here (create-subscription).

     """

    id: UUID
    """ Id of the subscription, a UUID (create-subscription). """
    url: str
    """ Where deliveries are sent (create-subscription). """
    secret: str
    """ The secret that signs the deliveries (create-subscription); 64 lowercase hex characters in a sample (rotate-
    secret). """
    partner_client_id: UUID | Unset = UNSET
    """ Id of the partner's client, a UUID (create-subscription). """
    events: list[EventType | str] | Unset = UNSET
    """ The events that are sent (list-subscriptions). """
    status: str | SubscriptionStatus | Unset = UNSET
    """ Whether it is at work or paused (update-subscription). """
    created_at: str | Unset = UNSET
    """ Time of creation, ISO 8601 with offset (list-subscriptions). """
    updated_at: str | Unset = UNSET
    """ Time of the last change, ISO 8601 with offset (list-subscriptions). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        url = self.url

        secret = self.secret

        partner_client_id: str | Unset = UNSET
        if not isinstance(self.partner_client_id, Unset):
            partner_client_id = str(self.partner_client_id)

        events: list[str] | Unset = UNSET
        if not isinstance(self.events, Unset):
            events = []
            for events_item_data in self.events:
                events_item: str
                if isinstance(events_item_data, EventType):
                    events_item = events_item_data.value
                else:
                    events_item = events_item_data
                events.append(events_item)



        status: str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        elif isinstance(self.status, SubscriptionStatus):
            status = self.status.value
        else:
            status = self.status

        created_at = self.created_at

        updated_at = self.updated_at


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "url": url,
            "secret": secret,
        })
        if partner_client_id is not UNSET:
            field_dict["partnerClientId"] = partner_client_id
        if events is not UNSET:
            field_dict["events"] = events
        if status is not UNSET:
            field_dict["status"] = status
        if created_at is not UNSET:
            field_dict["createdAt"] = created_at
        if updated_at is not UNSET:
            field_dict["updatedAt"] = updated_at

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))




        url = d.pop("url")

        secret = d.pop("secret")

        _partner_client_id = d.pop("partnerClientId", UNSET)
        partner_client_id: UUID | Unset
        if isinstance(_partner_client_id,  Unset):
            partner_client_id = UNSET
        else:
            partner_client_id = UUID(_partner_client_id)




        _events = d.pop("events", UNSET)
        events: list[EventType | str] | Unset = UNSET
        if _events is not UNSET:
            events = []
            for events_item_data in _events:
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


        def _parse_status(data: object) -> str | SubscriptionStatus | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = SubscriptionStatus(data)



                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | SubscriptionStatus | Unset, data)

        status = _parse_status(d.pop("status", UNSET))


        created_at = d.pop("createdAt", UNSET)

        updated_at = d.pop("updatedAt", UNSET)

        subscription_with_secret = cls(
            id=id,
            url=url,
            secret=secret,
            partner_client_id=partner_client_id,
            events=events,
            status=status,
            created_at=created_at,
            updated_at=updated_at,
        )


        subscription_with_secret.additional_properties = d
        return subscription_with_secret

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
