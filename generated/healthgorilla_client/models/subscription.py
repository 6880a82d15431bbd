from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.subscription_status import SubscriptionStatus
from ..types import UNSET, Unset
from typing import cast
from typing import Literal, cast

if TYPE_CHECKING:
  from ..models.meta import Meta
  from ..models.subscription_channel import SubscriptionChannel





T = TypeVar("T", bound="Subscription")



@_attrs_define
class Subscription:
    """ What is sent where (D-SUB, A-SUBC).

     """

    resource_type: Literal['Subscription'] = 'Subscription'
    """ Subscription (FHIR R4). """
    id: str | Unset = UNSET
    """ Id at Health Gorilla, given by it. """
    meta: Meta | Unset = UNSET
    """ What the server knows of a resource (FHIR R4). """
    status: str | SubscriptionStatus | Unset = UNSET
    """ Whether it is active; needed (D-SUB). """
    reason: str | Unset = UNSET
    """ What it is for, in words; needed (D-SUB, FHIR R4). """
    criteria: str | Unset = UNSET
    """ What is sent, such as OperationOutcome?async=true (D-ASYNC) or Patient.P360; needed. It may name a patient.
    """
    end: str | Unset = UNSET
    """ When it ends, ISO 8601 with offset (D-SUB). """
    error: str | Unset = UNSET
    """ What went wrong last (FHIR R4). """
    channel: SubscriptionChannel | Unset = UNSET
    """ Where and how notifications are sent (D-SUB, A-SUBC). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.meta import Meta # noqa: PLC0415
        from ..models.subscription_channel import SubscriptionChannel # noqa: PLC0415
        resource_type = self.resource_type

        id = self.id

        meta: dict[str, Any] | Unset = UNSET
        if not isinstance(self.meta, Unset):
            meta = self.meta.to_dict()

        status: str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        elif isinstance(self.status, SubscriptionStatus):
            status = self.status.value
        else:
            status = self.status

        reason = self.reason

        criteria = self.criteria

        end = self.end

        error = self.error

        channel: dict[str, Any] | Unset = UNSET
        if not isinstance(self.channel, Unset):
            channel = self.channel.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "resourceType": resource_type,
        })
        if id is not UNSET:
            field_dict["id"] = id
        if meta is not UNSET:
            field_dict["meta"] = meta
        if status is not UNSET:
            field_dict["status"] = status
        if reason is not UNSET:
            field_dict["reason"] = reason
        if criteria is not UNSET:
            field_dict["criteria"] = criteria
        if end is not UNSET:
            field_dict["end"] = end
        if error is not UNSET:
            field_dict["error"] = error
        if channel is not UNSET:
            field_dict["channel"] = channel

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.meta import Meta # noqa: PLC0415
        from ..models.subscription_channel import SubscriptionChannel # noqa: PLC0415
        d = dict(src_dict)
        resource_type = cast(Literal['Subscription'] , d.pop("resourceType"))
        if resource_type != 'Subscription':
            raise ValueError(f"resourceType must match const 'Subscription', got '{resource_type}'")

        id = d.pop("id", UNSET)

        _meta = d.pop("meta", UNSET)
        meta: Meta | Unset
        if isinstance(_meta,  Unset):
            meta = UNSET
        else:
            meta = Meta.from_dict(_meta)




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


        reason = d.pop("reason", UNSET)

        criteria = d.pop("criteria", UNSET)

        end = d.pop("end", UNSET)

        error = d.pop("error", UNSET)

        _channel = d.pop("channel", UNSET)
        channel: SubscriptionChannel | Unset
        if isinstance(_channel,  Unset):
            channel = UNSET
        else:
            channel = SubscriptionChannel.from_dict(_channel)




        subscription = cls(
            resource_type=resource_type,
            id=id,
            meta=meta,
            status=status,
            reason=reason,
            criteria=criteria,
            end=end,
            error=error,
            channel=channel,
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
