from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="ConfirmPaymentRequest")



@_attrs_define
class ConfirmPaymentRequest:
    """ The payment that the partner has collected (confirm-payment).

     """

    payment_reference: str | Unset = UNSET
    """ The partner's reference of the payment, at most 255 characters, kept for reconciliation and not shown again
    (confirm-payment). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        payment_reference = self.payment_reference


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if payment_reference is not UNSET:
            field_dict["paymentReference"] = payment_reference

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        payment_reference = d.pop("paymentReference", UNSET)

        confirm_payment_request = cls(
            payment_reference=payment_reference,
        )


        confirm_payment_request.additional_properties = d
        return confirm_payment_request

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
