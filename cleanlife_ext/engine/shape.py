"""Generated models take what they get: a `null` where the spec says text passes unseen. Here it does not."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, TypeAlias, Union
from uuid import UUID

import attrs

__all__ = ["misfit"]

# Where in a value the first thing is that does not fit: `""` for the value itself, `None` if all fits.
Check: TypeAlias = Callable[[Any], str | None]

_LEAVES: dict[Any, type | tuple[type, ...]] = {
    float: (int, float),
    # Where null is allowed, generated code lets an ill-formed id pass as text; so may we.
    UUID: (UUID, str),
}


def misfit(model: object) -> str | None:
    """The first field of a decoded *model* whose value is not of its type, as `data[3].name`; `None` if all fit."""
    kind: Any = type(model)
    where = _check_of(kind)(model)
    return where if where is None else where.removeprefix(".")


@cache
def _check_of(annotation: Any) -> Check:
    """How to see whether a value is of this type; worked out once for each type."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return _any_of([_check_of(argument) for argument in arguments])
    if origin is list:
        return _each(_check_of(arguments[0]))
    if isinstance(annotation, type) and attrs.has(annotation):
        return _fields_of(annotation)
    if origin is Literal:
        return _one_of(arguments)
    return _leaf(annotation)


def _one_of(values: tuple[Any, ...]) -> Check:
    return lambda value: None if value in values else ""


def _leaf(annotation: Any) -> Check:
    if annotation is Any:
        return lambda _value: None
    expected: Any = _LEAVES.get(annotation, annotation)
    if annotation in (int, float):  # To Python a bool is a number; to JSON it is not.
        return lambda value: None if isinstance(value, expected) and not isinstance(value, bool) else ""
    return lambda value: None if isinstance(value, expected) else ""


def _any_of(checks: list[Check]) -> Check:
    def check(value: Any) -> str | None:
        furthest = ""  # Which is what was meant.
        for one in checks:
            if (place := one(value)) is None:
                return None
            furthest = max(furthest, place, key=len)
        return furthest

    return check


def _each(check_item: Check) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return ""
        for index, item in enumerate(value):
            if (place := check_item(item)) is not None:
                return f"[{index}]{place}"
        return None

    return check


def _fields_of(model: type[attrs.AttrsInstance]) -> Check:
    # Models name each other in annotations alone; their package knows them all.
    attrs.resolve_types(model, localns=vars(sys.modules[model.__module__.rpartition(".")[0]]))
    fields = [(field.name, _check_of(field.type)) for field in attrs.fields(model) if field.init]

    def check(value: Any) -> str | None:
        if not isinstance(value, model):
            return ""
        for name, check_field in fields:
            if (place := check_field(getattr(value, name))) is not None:
                return f".{name}{place}"
        return None

    return check
