"""The demo for machines: one JSON document."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from cleanlife_ext.cli.demo.run import Outcome, Scene

__all__ = ["Document"]


class Document:
    """Says nothing until the end, and then everything at once."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._base_url = ""

    def begins(self, scene: Scene) -> None:
        self._base_url = scene.base_url

    def follows(self, outcome: Outcome) -> None:
        """It waits for the others."""

    def ends(self, outcomes: Sequence[Outcome], *, ok: bool, seconds: float) -> None:
        document = {
            "ok": ok,
            "base_url": self._base_url,
            "milliseconds": round(1000 * seconds, 1),
            "steps": [_entry(outcome) for outcome in outcomes],
        }
        # In ASCII, which every console and every pipe can take.
        self._write(json.dumps(document, indent=2))


def _entry(outcome: Outcome) -> dict[str, Any]:
    return {**attrs.asdict(outcome), "ok": outcome.ok}
