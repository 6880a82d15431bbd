"""A clinic for each test that asks for one, in each world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine.test_canary import sink
from healthgorilla.clinic import Clinic, opened
from worlds import World

__all__ = ["clinic", "sink"]


@pytest.fixture
def clinic(world: World) -> Iterator[Clinic]:
    """As it is where nothing else is said; jobs run until somebody ends them."""
    with opened(world, job_takes=None) as clinic:
        yield clinic
