"""A clinic for each test."""

import pytest
from simulator.healthgorilla.clinic import Clinic


@pytest.fixture
def clinic() -> Clinic:
    """One with all switches as they are."""
    return Clinic()
