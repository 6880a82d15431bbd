from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.document_reference_status import DocumentReferenceStatus
from ..types import UNSET, Unset
from typing import cast
from typing import Literal, cast

if TYPE_CHECKING:
  from ..models.codeable_concept import CodeableConcept
  from ..models.document_content import DocumentContent
  from ..models.identifier import Identifier
  from ..models.meta import Meta
  from ..models.reference import Reference





T = TypeVar("T", bound="DocumentReference")



@_attrs_define
class DocumentReference:
    """ A document of a patient's record. All of it but id and meta is personal data.

     """

    resource_type: Literal['DocumentReference'] = 'DocumentReference'
    """ DocumentReference (FHIR R4). """
    id: str | Unset = UNSET
    """ Id at Health Gorilla, given by it. """
    meta: Meta | Unset = UNSET
    """ What the server knows of a resource (FHIR R4). """
    master_identifier: Identifier | Unset = UNSET
    """ A name by which others know it, such as a medical record number, of type MR (D-PATOLD). Health Gorilla's own
    has the system https://www.healthgorilla.com; systems of one's own are allowed (D-PATOLD, D-COMMON). """
    identifier: list[Identifier] | Unset = UNSET
    """ Other names of it (D-WHPAY). They cannot be searched for (CAP). """
    status: DocumentReferenceStatus | str | Unset = UNSET
    """ Whether it counts; needed (FHIR R4, D-WHPAY). """
    type_: CodeableConcept | Unset = UNSET
    """ A concept, as codes or in words (FHIR R4). """
    category: list[CodeableConcept] | Unset = UNSET
    """ What it is, more coarsely (CAP). """
    subject: Reference | Unset = UNSET
    """ What names another resource (FHIR R4). """
    date: str | Unset = UNSET
    """ When it was made, ISO 8601 with offset (D-WHPAY). """
    description: str | Unset = UNSET
    """ What it is, in words (FHIR R4). """
    content: list[DocumentContent] | Unset = UNSET
    """ The document; needed (FHIR R4, D-WHPAY). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.codeable_concept import CodeableConcept # noqa: PLC0415
        from ..models.document_content import DocumentContent # noqa: PLC0415
        from ..models.identifier import Identifier # noqa: PLC0415
        from ..models.meta import Meta # noqa: PLC0415
        from ..models.reference import Reference # noqa: PLC0415
        resource_type = self.resource_type

        id = self.id

        meta: dict[str, Any] | Unset = UNSET
        if not isinstance(self.meta, Unset):
            meta = self.meta.to_dict()

        master_identifier: dict[str, Any] | Unset = UNSET
        if not isinstance(self.master_identifier, Unset):
            master_identifier = self.master_identifier.to_dict()

        identifier: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.identifier, Unset):
            identifier = []
            for identifier_item_data in self.identifier:
                identifier_item = identifier_item_data.to_dict()
                identifier.append(identifier_item)



        status: str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        elif isinstance(self.status, DocumentReferenceStatus):
            status = self.status.value
        else:
            status = self.status

        type_: dict[str, Any] | Unset = UNSET
        if not isinstance(self.type_, Unset):
            type_ = self.type_.to_dict()

        category: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.category, Unset):
            category = []
            for category_item_data in self.category:
                category_item = category_item_data.to_dict()
                category.append(category_item)



        subject: dict[str, Any] | Unset = UNSET
        if not isinstance(self.subject, Unset):
            subject = self.subject.to_dict()

        date = self.date

        description = self.description

        content: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.content, Unset):
            content = []
            for content_item_data in self.content:
                content_item = content_item_data.to_dict()
                content.append(content_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "resourceType": resource_type,
        })
        if id is not UNSET:
            field_dict["id"] = id
        if meta is not UNSET:
            field_dict["meta"] = meta
        if master_identifier is not UNSET:
            field_dict["masterIdentifier"] = master_identifier
        if identifier is not UNSET:
            field_dict["identifier"] = identifier
        if status is not UNSET:
            field_dict["status"] = status
        if type_ is not UNSET:
            field_dict["type"] = type_
        if category is not UNSET:
            field_dict["category"] = category
        if subject is not UNSET:
            field_dict["subject"] = subject
        if date is not UNSET:
            field_dict["date"] = date
        if description is not UNSET:
            field_dict["description"] = description
        if content is not UNSET:
            field_dict["content"] = content

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.codeable_concept import CodeableConcept # noqa: PLC0415
        from ..models.document_content import DocumentContent # noqa: PLC0415
        from ..models.identifier import Identifier # noqa: PLC0415
        from ..models.meta import Meta # noqa: PLC0415
        from ..models.reference import Reference # noqa: PLC0415
        d = dict(src_dict)
        resource_type = cast(Literal['DocumentReference'] , d.pop("resourceType"))
        if resource_type != 'DocumentReference':
            raise ValueError(f"resourceType must match const 'DocumentReference', got '{resource_type}'")

        id = d.pop("id", UNSET)

        _meta = d.pop("meta", UNSET)
        meta: Meta | Unset
        if isinstance(_meta,  Unset):
            meta = UNSET
        else:
            meta = Meta.from_dict(_meta)




        _master_identifier = d.pop("masterIdentifier", UNSET)
        master_identifier: Identifier | Unset
        if isinstance(_master_identifier,  Unset):
            master_identifier = UNSET
        else:
            master_identifier = Identifier.from_dict(_master_identifier)




        _identifier = d.pop("identifier", UNSET)
        identifier: list[Identifier] | Unset = UNSET
        if _identifier is not UNSET:
            identifier = []
            for identifier_item_data in _identifier:
                identifier_item = Identifier.from_dict(identifier_item_data)



                identifier.append(identifier_item)


        def _parse_status(data: object) -> DocumentReferenceStatus | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = DocumentReferenceStatus(data)



                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DocumentReferenceStatus | str | Unset, data)

        status = _parse_status(d.pop("status", UNSET))


        _type_ = d.pop("type", UNSET)
        type_: CodeableConcept | Unset
        if isinstance(_type_,  Unset):
            type_ = UNSET
        else:
            type_ = CodeableConcept.from_dict(_type_)




        _category = d.pop("category", UNSET)
        category: list[CodeableConcept] | Unset = UNSET
        if _category is not UNSET:
            category = []
            for category_item_data in _category:
                category_item = CodeableConcept.from_dict(category_item_data)



                category.append(category_item)


        _subject = d.pop("subject", UNSET)
        subject: Reference | Unset
        if isinstance(_subject,  Unset):
            subject = UNSET
        else:
            subject = Reference.from_dict(_subject)




        date = d.pop("date", UNSET)

        description = d.pop("description", UNSET)

        _content = d.pop("content", UNSET)
        content: list[DocumentContent] | Unset = UNSET
        if _content is not UNSET:
            content = []
            for content_item_data in _content:
                content_item = DocumentContent.from_dict(content_item_data)



                content.append(content_item)


        document_reference = cls(
            resource_type=resource_type,
            id=id,
            meta=meta,
            master_identifier=master_identifier,
            identifier=identifier,
            status=status,
            type_=type_,
            category=category,
            subject=subject,
            date=date,
            description=description,
            content=content,
        )


        document_reference.additional_properties = d
        return document_reference

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
