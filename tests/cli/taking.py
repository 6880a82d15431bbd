"""Steps to take, good and bad, and someone who listens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cleanlife_ext.cli.demo.run import Outcome, Scene
from cleanlife_ext.cli.demo.steps import Step


def any_at_all(it: object) -> bool:
    return it is not None


def tiers(client: Any) -> Any:
    return client.pricing.tiers()


def failing() -> Any:
    raise RuntimeError("the line is cut")


def none_left(it: list[Any]) -> bool:
    return it == []


def step(**otherwise: Any) -> Step:
    """A step that goes well, but for what is said otherwise."""
    good = {
        "title": "Read the tiers",
        "ask": tiers,
        "calls": 1,
        "tell": lambda it: f"{len(it)} tiers",
        "holds": lambda it: len(it) == 3,
        "expected": "three tiers",
    }
    return Step(**{**good, **otherwise})


@attrs.define
class Listener:
    """An audience that remembers what it was told."""

    scene: Scene | None = None
    outcomes: list[Outcome] = attrs.Factory(list)
    ok: bool | None = None

    def begins(self, scene: Scene) -> None:
        self.scene = scene

    def follows(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def ends(self, outcomes: Sequence[Outcome], *, ok: bool, seconds: float) -> None:
        assert list(outcomes) == self.outcomes
        assert seconds > 0
        self.ok = ok
