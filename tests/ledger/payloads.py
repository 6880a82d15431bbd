"""Creations whose key is in a header: they are known by what was sent, and nothing of that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleanlife_ext.engine.message import Options, Request, Scope
from cleanlife_ext.healthgorilla.provider import HEALTHGORILLA

HEADER = "hg-idempotency-key"
LIFETIME = 3600
GIVEN = "0b9ce1a4-9f2c-4a55-8a3e-2c1f6e0f7a10"
PATIENT: Mapping[str, Any] = {"resourceType": "Patient", "name": [{"family": "Quispe"}], "more": "Quispe"}
DOCUMENT: Mapping[str, Any] = {"resourceType": "DocumentReference", "status": "current", "content": [{"of": "Quispe"}]}


def creating(
    id: str = "createPatient", body: Mapping[str, Any] = PATIENT, *, key: str = "", now: float = 0.0, **options: Any
) -> Request:
    """A request of this operation, with a key if the caller gives one."""
    operation = HEALTHGORILLA.operations[id]
    headers = {HEADER: key} if key else {}
    return Request(operation, operation.path, {}, body, headers, Scope(now + 180.0), Options(**options))
