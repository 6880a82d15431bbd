"""Generated models show everything in their `repr`. After this they keep personal data and secrets to themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import attrs

__all__ = ["HIDDEN", "redact", "redact_content"]

HIDDEN = "<hidden>"


def redact(models: ModuleType, *marked: Mapping[str, Sequence[str]]) -> None:
    """Give every class of *models* a `repr` that hides the fields which one of *marked* lists for its schema.

    Values that the spec does not know are hidden too: nobody can tell what they hold. What is not set is left out.
    """
    for name in models.__all__:
        model = getattr(models, name)
        if attrs.has(model):
            hidden = frozenset(_python_name(field) for table in marked for field in table.get(name, ()))
            model.__repr__ = _quiet_repr(hidden)  # type: ignore[method-assign]


def redact_content(response: type) -> None:
    """Give the generated `Response` a `repr` that shows what was made of its content, and not the content."""
    shown: Callable[[Any], str] = lambda it: f"Response(status_code={it.status_code!r}, parsed={it.parsed!r})"  # noqa: E731
    response.__repr__ = shown  # type: ignore[method-assign, assignment]


def _quiet_repr(hidden: frozenset[str]) -> Callable[[Any], str]:
    return lambda model: f"{type(model).__name__}({', '.join(_shown(model, hidden))})"


def _shown(model: Any, hidden: frozenset[str]) -> Iterator[str]:
    kind: type[attrs.AttrsInstance] = type(model)
    for field in attrs.fields(kind):
        value = getattr(model, field.name)
        if field.name == "additional_properties":
            yield from (f"[{name!r}]={HIDDEN}" for name in value)  # As one gets at it: `service["packages"]`.
        elif type(value).__name__ != "Unset":
            is_hidden = field.name.removesuffix("_") in hidden  # `type` is `type_` in generated code.
            yield f"{field.name}={HIDDEN if is_hidden else repr(value)}"


def _python_name(field: str) -> str:
    return re.sub("(?=[A-Z])", "_", field).lower()
