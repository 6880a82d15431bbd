"""Generated models take what they get: a `null` where the spec says text passes unseen. Here it does not."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Union
from uuid import UUID

import attrs

__all__ = ["misfit"]

_LEAVES: dict[type, type | tuple[type, ...]] = {
    str: str,
    int: int,
    float: (int, float),
    bool: bool,
    type(None): type(None),
    UUID: (UUID, str),  # Where null is allowed, generated code lets an ill-formed id pass as text; so may we.
}


def misfit(model: object) -> str | None:
    """The first field of a decoded *model* whose value is not of its type, as `data[3].name`; `None` if all fit."""
    return next(_misfits(type(model), model, ""), None)


def _misfits(annotation: Any, value: Any, where: str) -> Iterator[str]:
    fits, items = _plan(annotation)
    if not fits(value):
        yield where
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _misfits(items, item, f"{where}[{index}]")
    elif attrs.has(type(value)):
        for name, inner in _fields(type(value)):  # type: ignore[arg-type]  # A class can be hashed.
            yield from _misfits(inner, getattr(value, name), f"{where}.{name}".lstrip("."))


@cache
def _plan(annotation: Any) -> tuple[Callable[[Any], bool], Any]:
    """How to see whether a value is of this type, and of what type its items are."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        plans = [_plan(argument) for argument in arguments]
        items = next((inner for _, inner in plans if inner is not None), None)
        return (lambda value: any(fits(value) for fits, _ in plans)), items
    if origin is list:
        return (lambda value: isinstance(value, list)), arguments[0]
    expected = _LEAVES.get(annotation, annotation)
    if not isinstance(expected, type | tuple):
        return (lambda _value: True), None
    return (lambda value: isinstance(value, expected)), None


@cache
def _fields(model: type[attrs.AttrsInstance]) -> tuple[tuple[str, Any], ...]:
    # Models name each other in annotations alone; their package knows them all.
    package = sys.modules[model.__module__.rpartition(".")[0]]
    attrs.resolve_types(model, localns=vars(package))
    return tuple((field.name, field.type) for field in attrs.fields(model) if field.init)
