"""What all tests share: the worlds, and no variables of the machine they run on."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from wired import TRANSPORTS, Wired
from worlds import World, world_of


@pytest.fixture(params=["sync", "asyncio", "trio"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each test that takes it runs once a world."""
    with world_of(request.param) as world:
        yield world


@pytest.fixture(params=list(TRANSPORTS))
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    """Each transport, in its world."""
    name, given = TRANSPORTS[request.param]
    with world_of(name) as world:
        yield Wired(world, given)


@pytest.fixture(params=[name for name, (world, _) in TRANSPORTS.items() if world != "sync"])
def tasked(request: pytest.FixtureRequest) -> Iterator[Wired]:
    """Each transport of the asynchronous client."""
    name, given = TRANSPORTS[request.param]
    with world_of(name) as world:
        yield Wired(world, given)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CLEANLIFE_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
