"""How much is tried, and with which luck: `nox -s contract -- --seed 7 --max-examples 500`."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two numbers, both with a default."""
    parser.addoption("--seed", type=int, default=1, help="of all that is generated")
    parser.addoption("--max-examples", type=int, default=100, help="for each operation and phase")


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Equal seeds try the same."""
    return int(request.config.getoption("--seed"))


@pytest.fixture
def max_examples(request: pytest.FixtureRequest) -> int:
    """The more, the longer."""
    return int(request.config.getoption("--max-examples"))
