"""A simulator, and someone who listens to the demo."""

from __future__ import annotations

import pytest
from cli.taking import Listener
from conformance import examine

from cleanlife_ext.simulator import Simulator


@pytest.fixture
def listener() -> Listener:
    """Nobody has said anything yet."""
    return Listener()


@pytest.fixture
def simulator() -> Simulator:
    """A fresh one."""
    return Simulator(examine=examine)
