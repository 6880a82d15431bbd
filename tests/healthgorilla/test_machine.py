"""Two records for one payload are never made: tried on any schedule of faults, crashes and hours that pass."""

from __future__ import annotations

import os

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from proof.records import NaiveRecords, Records

TestRecords = Records.TestCase
TestRecords.settings = settings(
    max_examples=int(os.environ.get("PROOF_RECORDS", "25")), stateful_step_count=40, deadline=None
)


def test_a_naive_loop_fails_the_machine() -> None:
    """So it looks for something that happens."""
    found = settings(max_examples=200, stateful_step_count=20, deadline=None, phases=[Phase.generate], database=None)

    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(NaiveRecords, settings=found)
