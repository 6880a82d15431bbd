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






T = TypeVar("T", bound="UpdateSubscriptionRequest")



@_attrs_define
class UpdateSubscriptionRequest:
    """ What is to change; all of it is optional (update-subscription).

     """

    url: str | Unset = UNSET
    """ New URL, under the rules of createSubscription (update-subscription). """
    events: list[EventType] | Unset = UNSET
    """ The new events, in place of all old ones (update-subscription). """
    status: SubscriptionStatus | Unset = UNSET
    """ Whether a subscription is at work or paused (update-subscription). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        url = self.url

        events: list[str] | Unset = UNSET
        if not isinstance(self.events, Unset):
            events = []
            for events_item_data in self.events:
                events_item = events_item_data.value
                events.append(events_item)



        status: str | Unset = UNSET
        if not isinstance(self.status, Unset):
            status = self.status.value



        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if url is not UNSET:
            field_dict["url"] = url
        if events is not UNSET:
            field_dict["events"] = events
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        url = d.pop("url", UNSET)

        _events = d.pop("events", UNSET)
        events: list[EventType] | Unset = UNSET
        if _events is not UNSET:
            events = []
            for events_item_data in _events:
                events_item = EventType(events_item_data)



                events.append(events_item)


        _status = d.pop("status", UNSET)
        status: SubscriptionStatus | Unset
        if isinstance(_status,  Unset):
            status = UNSET
        else:
            status = SubscriptionStatus(_status)




        update_subscription_request = cls(
            url=url,
            events=events,
            status=status,
        )


        update_subscription_request.additional_properties = d
        return update_subscription_request

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
