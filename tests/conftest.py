"""What all tests share: the worlds, and no variables of the machine they run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from ledger.postgres import IS_THERE, Postgres, running
from wired import TRANSPORTS, Wired
from worlds import World, world_of

# Machines that test are busy, and how long an example takes is not what is asked.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(params=["sync", "asyncio", "trio"], scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each test that takes it runs once a world. Nothing of a test stays in it, so its event loop serves a module."""
    with world_of(request.param) as world:
        yield world


@pytest.fixture(params=list(TRANSPORTS), scope="module")
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    """Each transport, in its world."""
    name, given = TRANSPORTS[request.param]
    with world_of(name) as world:
        yield Wired(world, given)


@pytest.fixture(params=[name for name, (world, _) in TRANSPORTS.items() if world != "sync"], scope="module")
def tasked(request: pytest.FixtureRequest) -> Iterator[Wired]:
    """Each transport of the asynchronous client."""
    name, given = TRANSPORTS[request.param]
    with world_of(name) as world:
        yield Wired(world, given)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server that runs: one for all tests of a process."""
    if not IS_THERE:
        pytest.skip("there is no pgserver for this Python")
    with running() as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The address of a database that is not there yet."""
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, of each kind."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("file"))
    server: Postgres = request.getfixturevalue("postgres")
    server.empty()
    return server.url


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    # Coverage is of the tests, not of the programs that they start.
    ours = ("CLEANLIFE_", "HEALTHGORILLA_", "COVERAGE_PROCESS_")
    for name in [name for name in os.environ if name.startswith(ours) or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
