"""The spec as Schemathesis gets it: narrower where it lets more through than the simulator takes.

The spec serves a client that must not refuse what the API would take, so it is lenient wherever the documentation is
unclear. Each place where the simulator had to decide is narrowed here, and nowhere else; all that is documented stays.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from cleanlife_ext.simulator import Simulator
from cleanlife_ext.simulator.slots import WINDOWS

Json = dict[str, Any]


def narrowed(spec: Mapping[str, Any], simulator: Simulator) -> Json:
    """A copy of *spec* that says what *simulator* takes."""
    narrow: Json = copy.deepcopy(dict(spec))
    schemas = narrow["components"]["schemas"]
    for schema in schemas.values():
        if "x-any-of" in schema:  # A trait to the client, and one of JSON Schema's words to others.
            schema["anyOf"] = [{"required": [name]} for name in schema["x-any-of"]]
        for property_schema in schema.get("properties", {}).values():
            if property_schema.get("pattern", "").startswith(r"^\+966"):
                property_schema["pattern"] = r"^\+9660?[1-9][0-9]{8}$"
            if property_schema.get("type") == ["string", "null"]:  # The same, in a form whose formats are looked at.
                rest = {name: property_schema.pop(name) for name in ("format", "pattern") if name in property_schema}
                del property_schema["type"]
                property_schema["anyOf"] = [{"type": "string", **rest}, {"type": "null"}]
    # No 404 is documented for prices, so what cannot be bought is a bad request.
    item = schemas["PriceItemInput"]["properties"]
    item["serviceId"]["enum"] = [service.id for service in simulator.services if service.is_enabled]
    item["packageId"]["enum"] = [package.id for service in simulator.services for package in service.packages]
    for name in ("PriceItemInput", "CalculatePriceRequest"):
        del schemas[name]["examples"]  # The ids in them are invented.
    # Any other slot is a 422, which a made-up time would almost always be.
    windows = [(slot.start_at + seconds, slot.end_at + seconds) for slot in WINDOWS for seconds in ("", ":00")]
    schemas["TimeslotInput"] = {"type": "object", "enum": [{"startAt": start, "endAt": end} for start, end in windows]}
    return narrow
