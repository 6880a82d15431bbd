from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.work_type import WorkType
from ..types import UNSET, Unset
from typing import cast
from uuid import UUID
import datetime

if TYPE_CHECKING:
  from ..models.custom_service import CustomService
  from ..models.timeslot_input import TimeslotInput





T = TypeVar("T", bound="CreateBookingRequest")



@_attrs_define
class CreateBookingRequest:
    """ What is booked, for whom, where and when (create-booking). categoryId must not be sent; tapId, paymentRedirectUrl
    and paymentId are gone (changelog). There are no notes on creation.

     """

    contact_id: UUID
    """ Id of the contact, a UUID, from findOrCreateContact (create-booking). """
    address_id: str
    """ Id of the address, which decides the zone; no page says how a partner gets one. A UUID by one page (create-
    booking), any non-empty text by another (request-models). """
    service_id: UUID
    """ Id of the service, a UUID; it must be enabled for the partner (create-booking). """
    timeslot: TimeslotInput
    """ The slot to book, as a free slot gave it (create-booking, update-booking). """
    date: datetime.date
    """ Day of the service, YYYY-MM-DD, Riyadh time (create-booking). """
    external_reference: str | Unset = UNSET
    """ The partner's own reference, at most 150 characters, unique within the partner's account (create-booking,
    business-rules). """
    package_id: None | Unset | UUID = UNSET
    """ Id of a package, a UUID (create-booking). """
    custom_services: list[CustomService] | Unset = UNSET
    """ Custom services, with their quantities (create-booking). """
    hours: int | Unset = 1
    """ Duration in whole hours, at least 1 (create-booking, errors). """
    number_of_teams: int | Unset = UNSET
    """ Number of teams. A sample sends 1 (create-booking); by another page it is at least 2, and only sent if more
    than one team is needed (request-models). """
    work_type: str | Unset | WorkType = UNSET
    """ Kind of work (create-booking). """
    user_id: None | Unset | UUID = UNSET
    """ Id of the CleanLife user, a UUID, to check coupons (create-booking). """
    coupon_ids: list[UUID] | Unset = UNSET
    """ Ids of coupons, UUIDs, at most 2 (create-booking, errors). """
    codes: list[str] | Unset = UNSET
    """ Coupon codes, at most 2, none of them empty (create-booking, request-models). """
    promo_code: None | str | Unset = UNSET
    """ Promotion code, kept for old integrations (create-booking). """
    contract_code: None | str | Unset = UNSET
    """ Code of a contract with its own prices (create-booking). """
    discount_code: None | str | Unset = UNSET
    """ Code of a discount (create-booking). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.custom_service import CustomService # noqa: PLC0415
        from ..models.timeslot_input import TimeslotInput # noqa: PLC0415
        contact_id = str(self.contact_id)

        address_id = self.address_id

        service_id = str(self.service_id)

        timeslot = self.timeslot.to_dict()

        date = self.date.isoformat()

        external_reference = self.external_reference

        package_id: None | str | Unset
        if isinstance(self.package_id, Unset):
            package_id = UNSET
        elif isinstance(self.package_id, UUID):
            package_id = str(self.package_id)
        else:
            package_id = self.package_id

        custom_services: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.custom_services, Unset):
            custom_services = []
            for custom_services_item_data in self.custom_services:
                custom_services_item = custom_services_item_data.to_dict()
                custom_services.append(custom_services_item)



        hours = self.hours

        number_of_teams = self.number_of_teams

        work_type: str | Unset
        if isinstance(self.work_type, Unset):
            work_type = UNSET
        elif isinstance(self.work_type, WorkType):
            work_type = self.work_type.value
        else:
            work_type = self.work_type

        user_id: None | str | Unset
        if isinstance(self.user_id, Unset):
            user_id = UNSET
        elif isinstance(self.user_id, UUID):
            user_id = str(self.user_id)
        else:
            user_id = self.user_id

        coupon_ids: list[str] | Unset = UNSET
        if not isinstance(self.coupon_ids, Unset):
            coupon_ids = []
            for coupon_ids_item_data in self.coupon_ids:
                coupon_ids_item = str(coupon_ids_item_data)
                coupon_ids.append(coupon_ids_item)



        codes: list[str] | Unset = UNSET
        if not isinstance(self.codes, Unset):
            codes = self.codes



        promo_code: None | str | Unset
        if isinstance(self.promo_code, Unset):
            promo_code = UNSET
        else:
            promo_code = self.promo_code

        contract_code: None | str | Unset
        if isinstance(self.contract_code, Unset):
            contract_code = UNSET
        else:
            contract_code = self.contract_code

        discount_code: None | str | Unset
        if isinstance(self.discount_code, Unset):
            discount_code = UNSET
        else:
            discount_code = self.discount_code


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "contactId": contact_id,
            "addressId": address_id,
            "serviceId": service_id,
            "timeslot": timeslot,
            "date": date,
        })
        if external_reference is not UNSET:
            field_dict["externalReference"] = external_reference
        if package_id is not UNSET:
            field_dict["packageId"] = package_id
        if custom_services is not UNSET:
            field_dict["customServices"] = custom_services
        if hours is not UNSET:
            field_dict["hours"] = hours
        if number_of_teams is not UNSET:
            field_dict["numberOfTeams"] = number_of_teams
        if work_type is not UNSET:
            field_dict["workType"] = work_type
        if user_id is not UNSET:
            field_dict["userId"] = user_id
        if coupon_ids is not UNSET:
            field_dict["couponIds"] = coupon_ids
        if codes is not UNSET:
            field_dict["codes"] = codes
        if promo_code is not UNSET:
            field_dict["promoCode"] = promo_code
        if contract_code is not UNSET:
            field_dict["contractCode"] = contract_code
        if discount_code is not UNSET:
            field_dict["discountCode"] = discount_code

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.custom_service import CustomService # noqa: PLC0415
        from ..models.timeslot_input import TimeslotInput # noqa: PLC0415
        d = dict(src_dict)
        contact_id = UUID(d.pop("contactId"))




        address_id = d.pop("addressId")

        service_id = UUID(d.pop("serviceId"))




        timeslot = TimeslotInput.from_dict(d.pop("timeslot"))




        date = datetime.date.fromisoformat(d.pop("date"))




        external_reference = d.pop("externalReference", UNSET)

        def _parse_package_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                package_id_type_0 = UUID(data)



                return package_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        package_id = _parse_package_id(d.pop("packageId", UNSET))


        _custom_services = d.pop("customServices", UNSET)
        custom_services: list[CustomService] | Unset = UNSET
        if _custom_services is not UNSET:
            custom_services = []
            for custom_services_item_data in _custom_services:
                custom_services_item = CustomService.from_dict(custom_services_item_data)



                custom_services.append(custom_services_item)


        hours = d.pop("hours", UNSET)

        number_of_teams = d.pop("numberOfTeams", UNSET)

        def _parse_work_type(data: object) -> str | Unset | WorkType:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                work_type_type_0 = WorkType(data)



                return work_type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | Unset | WorkType, data)

        work_type = _parse_work_type(d.pop("workType", UNSET))


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


        _coupon_ids = d.pop("couponIds", UNSET)
        coupon_ids: list[UUID] | Unset = UNSET
        if _coupon_ids is not UNSET:
            coupon_ids = []
            for coupon_ids_item_data in _coupon_ids:
                coupon_ids_item = UUID(coupon_ids_item_data)



                coupon_ids.append(coupon_ids_item)


        codes = cast(list[str], d.pop("codes", UNSET))


        def _parse_promo_code(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        promo_code = _parse_promo_code(d.pop("promoCode", UNSET))


        def _parse_contract_code(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        contract_code = _parse_contract_code(d.pop("contractCode", UNSET))


        def _parse_discount_code(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        discount_code = _parse_discount_code(d.pop("discountCode", UNSET))


        create_booking_request = cls(
            contact_id=contact_id,
            address_id=address_id,
            service_id=service_id,
            timeslot=timeslot,
            date=date,
            external_reference=external_reference,
            package_id=package_id,
            custom_services=custom_services,
            hours=hours,
            number_of_teams=number_of_teams,
            work_type=work_type,
            user_id=user_id,
            coupon_ids=coupon_ids,
            codes=codes,
            promo_code=promo_code,
            contract_code=contract_code,
            discount_code=discount_code,
        )


        create_booking_request.additional_properties = d
        return create_booking_request

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
