"""What all resources share: what users pass becomes a model, and what is made has an id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self, TypeAlias, TypeVar
from uuid import UUID

from healthgorilla_client.models import Bundle, Resource
from healthgorilla_client.types import UNSET, Unset

__all__ = ["Id", "Result", "key_of", "resource_of"]

Id: TypeAlias = "str | Unset"  # As it stands in a resource, where it may be missing.
Result: TypeAlias = Bundle | Resource  # Of a job.


class Model(Protocol):
    """A generated model of a resource."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self: ...


ModelT = TypeVar("ModelT", bound=Model)


def resource_of(model: type[ModelT], resource: ModelT | Mapping[str, Any]) -> ModelT:
    """*resource* as a model; FHIR's JSON will do as well."""
    if isinstance(resource, model):
        return resource
    if isinstance(resource, Mapping):
        try:
            return model.from_dict({"resourceType": model.__name__, **resource})
        except Exception as error:  # noqa: BLE001  # Generated code fails on strange input in whatever way Python does.
            name = type(error).__name__  # Its text may quote what was passed.
        raise ValueError(f"resource: it has not the shape of a {model.__name__} ({name})")
    raise TypeError(f"resource: a {model.__name__}, or a mapping with FHIR's names, is needed")


def key_of(idempotency_key: UUID | str | None) -> str | Unset:
    """The key as it is sent; the engine makes one if none is given."""
    return UNSET if idempotency_key is None else str(idempotency_key)
