"""Two records for one payload are never made: tried on any schedule of faults, crashes and hours that pass."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings
from proof.records import Records, World, naive

TestRecords = Records.TestCase
TestRecords.settings = settings(
    max_examples=int(os.environ.get("PROOF_RECORDS", "25")), stateful_step_count=40, deadline=None
)


@pytest.mark.parametrize("name", ["a patient without one", "a document"])
def test_a_naive_loop_makes_two(name: str) -> None:
    """So the machine looks for something that happens."""
    world = World()

    naive(world, name, ["503", "done, 503", "done"])

    assert len(world.made(name)) == 2
