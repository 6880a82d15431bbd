from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.document_reference import DocumentReference
  from ..models.operation_outcome import OperationOutcome
  from ..models.patient import Patient
  from ..models.resource import Resource





T = TypeVar("T", bound="BundleEntry")



@_attrs_define
class BundleEntry:
    """ A resource in a bundle (FHIR R4).

     """

    full_url: str | Unset = UNSET
    """ Its address (FHIR R4). """
    resource: DocumentReference | OperationOutcome | Patient | Resource | Unset = UNSET
    """ The resource (FHIR R4). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.document_reference import DocumentReference # noqa: PLC0415
        from ..models.operation_outcome import OperationOutcome # noqa: PLC0415
        from ..models.patient import Patient # noqa: PLC0415
        from ..models.resource import Resource # noqa: PLC0415
        full_url = self.full_url

        resource: dict[str, Any] | Unset
        if isinstance(self.resource, Unset):
            resource = UNSET
        elif isinstance(self.resource, Patient):
            resource = self.resource.to_dict()
        elif isinstance(self.resource, DocumentReference):
            resource = self.resource.to_dict()
        elif isinstance(self.resource, OperationOutcome):
            resource = self.resource.to_dict()
        else:
            resource = self.resource.to_dict()



        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if full_url is not UNSET:
            field_dict["fullUrl"] = full_url
        if resource is not UNSET:
            field_dict["resource"] = resource

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.document_reference import DocumentReference # noqa: PLC0415
        from ..models.operation_outcome import OperationOutcome # noqa: PLC0415
        from ..models.patient import Patient # noqa: PLC0415
        from ..models.resource import Resource # noqa: PLC0415
        d = dict(src_dict)
        full_url = d.pop("fullUrl", UNSET)

        def _parse_resource(data: object) -> DocumentReference | OperationOutcome | Patient | Resource | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                resource_type_0 = Patient.from_dict(data)



                return resource_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                resource_type_1 = DocumentReference.from_dict(data)



                return resource_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                resource_type_2 = OperationOutcome.from_dict(data)



                return resource_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            resource_type_3 = Resource.from_dict(data)



            return resource_type_3

        resource = _parse_resource(d.pop("resource", UNSET))


        bundle_entry = cls(
            full_url=full_url,
            resource=resource,
        )


        bundle_entry.additional_properties = d
        return bundle_entry

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
