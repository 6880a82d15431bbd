from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import Literal, cast






T = TypeVar("T", bound="TokenRequest")



@_attrs_define
class TokenRequest:
    """ The proof of who asks, as a form (A-OAUTH, D-OAUTHF).

     """

    assertion: str
    """ The signed JWT (A-OAUTH, A-JWT). """
    grant_type: Literal['urn:ietf:params:oauth:grant-type:jwt-bearer'] = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    """ The kind of proof (A-OAUTH). """
    client_id: str | Unset = UNSET
    """ Id of the client (D-OAUTHF, HGEX). """
    scope: str | Unset = UNSET
    """ What the token is for, such as "user/*.* patient360" (A-OAUTH). Other pages write patient.read (D-PAT), or
    patient/*.read (A-TOK). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        grant_type = self.grant_type

        assertion = self.assertion

        client_id = self.client_id

        scope = self.scope


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "grant_type": grant_type,
            "assertion": assertion,
        })
        if client_id is not UNSET:
            field_dict["client_id"] = client_id
        if scope is not UNSET:
            field_dict["scope"] = scope

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        grant_type = cast(Literal['urn:ietf:params:oauth:grant-type:jwt-bearer'] , d.pop("grant_type"))
        if grant_type != 'urn:ietf:params:oauth:grant-type:jwt-bearer':
            raise ValueError(f"grant_type must match const 'urn:ietf:params:oauth:grant-type:jwt-bearer', got '{grant_type}'")

        assertion = d.pop("assertion")

        client_id = d.pop("client_id", UNSET)

        scope = d.pop("scope", UNSET)

        token_request = cls(
            grant_type=grant_type,
            assertion=assertion,
            client_id=client_id,
            scope=scope,
        )


        token_request.additional_properties = d
        return token_request

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
