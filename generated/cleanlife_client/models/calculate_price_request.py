from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
from uuid import UUID

if TYPE_CHECKING:
  from ..models.price_item_input import PriceItemInput





T = TypeVar("T", bound="CalculatePriceRequest")



@_attrs_define
class CalculatePriceRequest:
    """ What is to be priced, and with which coupons (calculate-price).

     """

    items: list[PriceItemInput]
    """ The services or packages, 1 to 10 (calculate-price). """
    coupon_ids: list[UUID] | Unset = UNSET
    """ Ids of coupons, UUIDs, at most 2 (calculate-price). """
    codes: list[str] | Unset = UNSET
    """ Coupon codes, at most 2 (calculate-price), none of them empty (request-models). """
    user_id: None | Unset | UUID = UNSET
    """ Id of the CleanLife user, a UUID; needed by COMPENSATION coupons (calculate-price). """
    phone: None | str | Unset = UNSET
    """ Phone number of the customer, against which MARKETING coupons are checked (calculate-price); +966 and
    digits, no spaces (request-models, errors). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.price_item_input import PriceItemInput # noqa: PLC0415
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)



        coupon_ids: list[str] | Unset = UNSET
        if not isinstance(self.coupon_ids, Unset):
            coupon_ids = []
            for coupon_ids_item_data in self.coupon_ids:
                coupon_ids_item = str(coupon_ids_item_data)
                coupon_ids.append(coupon_ids_item)



        codes: list[str] | Unset = UNSET
        if not isinstance(self.codes, Unset):
            codes = self.codes



        user_id: None | str | Unset
        if isinstance(self.user_id, Unset):
            user_id = UNSET
        elif isinstance(self.user_id, UUID):
            user_id = str(self.user_id)
        else:
            user_id = self.user_id

        phone: None | str | Unset
        if isinstance(self.phone, Unset):
            phone = UNSET
        else:
            phone = self.phone


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "items": items,
        })
        if coupon_ids is not UNSET:
            field_dict["couponIds"] = coupon_ids
        if codes is not UNSET:
            field_dict["codes"] = codes
        if user_id is not UNSET:
            field_dict["userId"] = user_id
        if phone is not UNSET:
            field_dict["phone"] = phone

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.price_item_input import PriceItemInput # noqa: PLC0415
        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in (_items):
            items_item = PriceItemInput.from_dict(items_item_data)



            items.append(items_item)


        _coupon_ids = d.pop("couponIds", UNSET)
        coupon_ids: list[UUID] | Unset = UNSET
        if _coupon_ids is not UNSET:
            coupon_ids = []
            for coupon_ids_item_data in _coupon_ids:
                coupon_ids_item = UUID(coupon_ids_item_data)



                coupon_ids.append(coupon_ids_item)


        codes = cast(list[str], d.pop("codes", UNSET))


        def _parse_user_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                user_id_type_0 = UUID(data)



                return user_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        user_id = _parse_user_id(d.pop("userId", UNSET))


        def _parse_phone(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        phone = _parse_phone(d.pop("phone", UNSET))


        calculate_price_request = cls(
            items=items,
            coupon_ids=coupon_ids,
            codes=codes,
            user_id=user_id,
            phone=phone,
        )


        calculate_price_request.additional_properties = d
        return calculate_price_request

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
