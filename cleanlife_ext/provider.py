"""CleanLife, as its spec describes it: the generated tables and the generated decoders, tied together."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import cleanlife_client.models
import cleanlife_client.types
from cleanlife_client import Client
from cleanlife_traits import OPERATIONS, PERSONAL, PROVIDER, SECRET, SERVERS

from cleanlife_ext.engine.message import Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.redact import redact, redact_content

__all__ = ["CLEANLIFE", "ENVIRONMENTS"]

_READER = Client(base_url="")  # Generated parsers ask it one question: whether to raise. They must not.


def _decode(operation: Operation, response: Response) -> Any:
    """The model that the generated code will make of *response*."""
    return _endpoint(operation.tag, operation.id)._parse_response(client=_READER, response=response)  # noqa: SLF001


@cache
def _endpoint(tag: str, id: str) -> ModuleType:
    return import_module(f"cleanlife_client.api.{tag}.{re.sub('(?=[A-Z])', '_', id).lower()}")


CLEANLIFE = Provider.read(PROVIDER, OPERATIONS, _decode)
ENVIRONMENTS: dict[str, str] = SERVERS

redact(cleanlife_client.models, PERSONAL, SECRET)
redact_content(cleanlife_client.types.Response)
