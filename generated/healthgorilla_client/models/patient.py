from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.administrative_gender import AdministrativeGender
from ..types import UNSET, Unset
from typing import cast
from typing import Literal, cast

if TYPE_CHECKING:
  from ..models.address import Address
  from ..models.contact_point import ContactPoint
  from ..models.human_name import HumanName
  from ..models.identifier import Identifier
  from ..models.meta import Meta





T = TypeVar("T", bound="Patient")



@_attrs_define
class Patient:
    """ A patient. All of it but id and meta is personal data.

     """

    resource_type: Literal['Patient'] = 'Patient'
    """ Patient (FHIR R4). """
    id: str | Unset = UNSET
    """ Id at Health Gorilla, given by it (A-IDEM). """
    meta: Meta | Unset = UNSET
    """ What the server knows of a resource (FHIR R4). """
    identifier: list[Identifier] | Unset = UNSET
    """ Names by which others know the patient (D-PATOLD). With one of its own a patient can be found again, so give
    one. """
    active: bool | Unset = UNSET
    """ Whether the record is in use (FHIR R4). """
    name: list[HumanName] | Unset = UNSET
    """ Names; one with family and given is needed (D-PATOLD). """
    telecom: list[ContactPoint] | Unset = UNSET
    """ Phone numbers and addresses for mail (FHIR R4). """
    gender: AdministrativeGender | str | Unset = UNSET
    """ Gender for administration; needed to retrieve documents (D-P360OP). """
    birth_date: str | Unset = UNSET
    """ YYYY-MM-DD, or only its beginning (FHIR R4); needed to retrieve documents (D-P360OP). """
    address: list[Address] | Unset = UNSET
    """ Addresses; needed to retrieve documents (D-P360OP, D-P360ADV). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.address import Address # noqa: PLC0415
        from ..models.contact_point import ContactPoint # noqa: PLC0415
        from ..models.human_name import HumanName # noqa: PLC0415
        from ..models.identifier import Identifier # noqa: PLC0415
        from ..models.meta import Meta # noqa: PLC0415
        resource_type = self.resource_type

        id = self.id

        meta: dict[str, Any] | Unset = UNSET
        if not isinstance(self.meta, Unset):
            meta = self.meta.to_dict()

        identifier: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.identifier, Unset):
            identifier = []
            for identifier_item_data in self.identifier:
                identifier_item = identifier_item_data.to_dict()
                identifier.append(identifier_item)



        active = self.active

        name: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.name, Unset):
            name = []
            for name_item_data in self.name:
                name_item = name_item_data.to_dict()
                name.append(name_item)



        telecom: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.telecom, Unset):
            telecom = []
            for telecom_item_data in self.telecom:
                telecom_item = telecom_item_data.to_dict()
                telecom.append(telecom_item)



        gender: str | Unset
        if isinstance(self.gender, Unset):
            gender = UNSET
        elif isinstance(self.gender, AdministrativeGender):
            gender = self.gender.value
        else:
            gender = self.gender

        birth_date = self.birth_date

        address: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.address, Unset):
            address = []
            for address_item_data in self.address:
                address_item = address_item_data.to_dict()
                address.append(address_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "resourceType": resource_type,
        })
        if id is not UNSET:
            field_dict["id"] = id
        if meta is not UNSET:
            field_dict["meta"] = meta
        if identifier is not UNSET:
            field_dict["identifier"] = identifier
        if active is not UNSET:
            field_dict["active"] = active
        if name is not UNSET:
            field_dict["name"] = name
        if telecom is not UNSET:
            field_dict["telecom"] = telecom
        if gender is not UNSET:
            field_dict["gender"] = gender
        if birth_date is not UNSET:
            field_dict["birthDate"] = birth_date
        if address is not UNSET:
            field_dict["address"] = address

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.address import Address # noqa: PLC0415
        from ..models.contact_point import ContactPoint # noqa: PLC0415
        from ..models.human_name import HumanName # noqa: PLC0415
        from ..models.identifier import Identifier # noqa: PLC0415
        from ..models.meta import Meta # noqa: PLC0415
        d = dict(src_dict)
        resource_type = cast(Literal['Patient'] , d.pop("resourceType"))
        if resource_type != 'Patient':
            raise ValueError(f"resourceType must match const 'Patient', got '{resource_type}'")

        id = d.pop("id", UNSET)

        _meta = d.pop("meta", UNSET)
        meta: Meta | Unset
        if isinstance(_meta,  Unset):
            meta = UNSET
        else:
            meta = Meta.from_dict(_meta)




        _identifier = d.pop("identifier", UNSET)
        identifier: list[Identifier] | Unset = UNSET
        if _identifier is not UNSET:
            identifier = []
            for identifier_item_data in _identifier:
                identifier_item = Identifier.from_dict(identifier_item_data)



                identifier.append(identifier_item)


        active = d.pop("active", UNSET)

        _name = d.pop("name", UNSET)
        name: list[HumanName] | Unset = UNSET
        if _name is not UNSET:
            name = []
            for name_item_data in _name:
                name_item = HumanName.from_dict(name_item_data)



                name.append(name_item)


        _telecom = d.pop("telecom", UNSET)
        telecom: list[ContactPoint] | Unset = UNSET
        if _telecom is not UNSET:
            telecom = []
            for telecom_item_data in _telecom:
                telecom_item = ContactPoint.from_dict(telecom_item_data)



                telecom.append(telecom_item)


        def _parse_gender(data: object) -> AdministrativeGender | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                gender_type_0 = AdministrativeGender(data)



                return gender_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AdministrativeGender | str | Unset, data)

        gender = _parse_gender(d.pop("gender", UNSET))


        birth_date = d.pop("birthDate", UNSET)

        _address = d.pop("address", UNSET)
        address: list[Address] | Unset = UNSET
        if _address is not UNSET:
            address = []
            for address_item_data in _address:
                address_item = Address.from_dict(address_item_data)



                address.append(address_item)


        patient = cls(
            resource_type=resource_type,
            id=id,
            meta=meta,
            identifier=identifier,
            active=active,
            name=name,
            telecom=telecom,
            gender=gender,
            birth_date=birth_date,
            address=address,
        )


        patient.additional_properties = d
        return patient

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
