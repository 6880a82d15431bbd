"""A spec as it is generated, tables and decoders, tied together to a provider whose models keep to themselves."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from cleanlife_ext.engine.frames import clear_too
from cleanlife_ext.engine.message import Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.redact import redact, redact_content

__all__ = ["bound"]


def bound(client: str, traits: ModuleType) -> Provider:
    """The provider that the generated package *client* and its *traits* describe."""
    package, models = import_module(client), import_module(f"{client}.models")
    reader = package.Client(base_url="")  # Generated parsers ask it one question: whether to raise. They must not.

    def decode(operation: Operation, response: Response) -> Any:
        """The model that the generated code will make of *response*."""
        return _endpoint(client, operation.tag, operation.id)._parse_response(  # noqa: SLF001
            client=reader, response=response
        )

    clear_too(client)
    redact(models, traits.PERSONAL, traits.SECRET)
    redact_content(import_module(f"{client}.types").Response)
    return Provider.read(traits.PROVIDER, traits.OPERATIONS, decode)


@cache
def _endpoint(client: str, tag: str, id: str) -> ModuleType:
    return import_module(f"{client}.api.{tag}.{re.sub('(?=[A-Z])', '_', id).lower()}")
