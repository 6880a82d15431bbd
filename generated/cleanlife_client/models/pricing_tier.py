from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast
from uuid import UUID






T = TypeVar("T", bound="PricingTier")



@_attrs_define
class PricingTier:
    """ A factor on the base price, by duration (get-pricing-tiers).

     """

    id: UUID
    """ Id of the tier, a UUID (get-pricing-tiers). """
    min_minutes: int
    """ Shortest duration, in minutes, itself included (get-pricing-tiers). """
    max_minutes: int | None
    """ Longest duration, in minutes, itself included; null is without end (get-pricing-tiers). """
    factor: float
    """ What the base price of the service is multiplied by; 1.0 is no discount, 0.9 is 10 % off (get-pricing-
    tiers). """
    sorting: int
    """ Place in the order, the lower the earlier (get-pricing-tiers). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        min_minutes = self.min_minutes

        max_minutes: int | None
        max_minutes = self.max_minutes

        factor = self.factor

        sorting = self.sorting


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "minMinutes": min_minutes,
            "maxMinutes": max_minutes,
            "factor": factor,
            "sorting": sorting,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))




        min_minutes = d.pop("minMinutes")

        def _parse_max_minutes(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        max_minutes = _parse_max_minutes(d.pop("maxMinutes"))


        factor = d.pop("factor")

        sorting = d.pop("sorting")

        pricing_tier = cls(
            id=id,
            min_minutes=min_minutes,
            max_minutes=max_minutes,
            factor=factor,
            sorting=sorting,
        )


        pricing_tier.additional_properties = d
        return pricing_tier

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
