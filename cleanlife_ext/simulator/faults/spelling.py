"""Faults as JSON: ``{"type": "status", "code": 503, "retryAfter": 5}``.

A type is the name of the function that makes the fault, and its arguments are the function's, in camelCase.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from attrs import asdict

from cleanlife_ext.simulator.faults import kinds
from cleanlife_ext.simulator.faults.kinds import Fault

MAKERS: Mapping[str, Callable[..., Fault]] = {
    make.__name__: make
    for make in (
        kinds.status,
        kinds.html,
        kinds.drop_before_commit,
        kinds.late_commit,
        kinds.drop_after_commit,
        kinds.fail_after_commit,
        kinds.delay,
        kinds.truncate,
        kinds.drip,
        kinds.change_price,
        kinds.fill_slot,
    )
}


def fault_from_json(value: object) -> Fault:
    """The fault that *value* spells; ValueError says what is wrong with it."""
    if not isinstance(value, Mapping):
        message = 'fault must be an object such as {"type": "status", "code": 503}'
        raise ValueError(message)  # noqa: TRY004 - a value of the wrong type came from outside
    given: dict[str, Any] = {str(name): each for name, each in value.items()}
    kind = given.pop("type", None)
    make = MAKERS.get(kind) if isinstance(kind, str) else None
    if make is None:
        message = f"fault.type must be one of {', '.join(MAKERS)}"
        raise ValueError(message)
    parameters = inspect.signature(make).parameters
    names = {camel(name): name for name in parameters}
    if unknown := sorted(set(given) - set(names)):
        known = f"it takes {', '.join(names)}" if names else "it takes none"
        message = f"fault: {kind} has no {unknown[0][:100]!r}; {known}"
        raise ValueError(message)
    for name, python_name in names.items():
        if name not in given and parameters[python_name].default is inspect.Parameter.empty:
            message = f"fault: {kind} needs {name!r}"
            raise ValueError(message)
    try:
        return make(**{names[name]: each for name, each in given.items()})
    except ValueError as error:
        # The messages begin with the argument's name, which is spelled otherwise in JSON.
        argument, _, rest = str(error).partition(" ")
        message = f"fault.{camel(argument)} {rest}"
        raise ValueError(message) from None


def fault_to_json(fault: Fault) -> dict[str, Any]:
    """*fault*, spelled so that `fault_from_json` reads it back."""
    arguments = {
        camel(name): value for name, value in asdict(fault).items() if value is not None and value is not False
    }
    return {"type": fault.name, **arguments}


def camel(name: str) -> str:
    """``retry_after`` as ``retryAfter``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
