"""What all tests share: the worlds, and no variables of the machine they run on."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from worlds import World, world_of


@pytest.fixture(params=["sync", "asyncio", "trio"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each test that takes it runs once a world."""
    with world_of(request.param) as world:
        yield world


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CLEANLIFE_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
