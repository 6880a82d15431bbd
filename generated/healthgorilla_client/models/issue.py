from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.issue_code import IssueCode
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.codeable_concept import CodeableConcept





T = TypeVar("T", bound="Issue")



@_attrs_define
class Issue:
    """ One thing that went wrong (D-OO).

     """

    severity: str | Unset = UNSET
    """ fatal, error, warning or information (D-OO). """
    code: IssueCode | str | Unset = UNSET
    """ What to decide by (D-OO). """
    diagnostics: str | Unset = UNSET
    """ An explanation for people; it may quote a resource (D-OO, D-ERRSC). """
    location: list[str] | Unset = UNSET
    """ The fields it is about, such as Patient.name (D-OO, D-ERRSC). """
    expression: list[str] | Unset = UNSET
    """ The same, as newer FHIR names it (FHIR R4). """
    details: CodeableConcept | Unset = UNSET
    """ A concept, as codes or in words (FHIR R4). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.codeable_concept import CodeableConcept # noqa: PLC0415
        severity = self.severity

        code: str | Unset
        if isinstance(self.code, Unset):
            code = UNSET
        elif isinstance(self.code, IssueCode):
            code = self.code.value
        else:
            code = self.code

        diagnostics = self.diagnostics

        location: list[str] | Unset = UNSET
        if not isinstance(self.location, Unset):
            location = self.location



        expression: list[str] | Unset = UNSET
        if not isinstance(self.expression, Unset):
            expression = self.expression



        details: dict[str, Any] | Unset = UNSET
        if not isinstance(self.details, Unset):
            details = self.details.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if severity is not UNSET:
            field_dict["severity"] = severity
        if code is not UNSET:
            field_dict["code"] = code
        if diagnostics is not UNSET:
            field_dict["diagnostics"] = diagnostics
        if location is not UNSET:
            field_dict["location"] = location
        if expression is not UNSET:
            field_dict["expression"] = expression
        if details is not UNSET:
            field_dict["details"] = details

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.codeable_concept import CodeableConcept # noqa: PLC0415
        d = dict(src_dict)
        severity = d.pop("severity", UNSET)

        def _parse_code(data: object) -> IssueCode | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                code_type_0 = IssueCode(data)



                return code_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(IssueCode | str | Unset, data)

        code = _parse_code(d.pop("code", UNSET))


        diagnostics = d.pop("diagnostics", UNSET)

        location = cast(list[str], d.pop("location", UNSET))


        expression = cast(list[str], d.pop("expression", UNSET))


        _details = d.pop("details", UNSET)
        details: CodeableConcept | Unset
        if isinstance(_details,  Unset):
            details = UNSET
        else:
            details = CodeableConcept.from_dict(_details)




        issue = cls(
            severity=severity,
            code=code,
            diagnostics=diagnostics,
            location=location,
            expression=expression,
            details=details,
        )


        issue.additional_properties = d
        return issue

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
