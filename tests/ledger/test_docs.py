"""The page on the ledger says what the program does."""

from __future__ import annotations

import inspect
from pathlib import Path

from cleanlife_ext.engine.message import Options
from cleanlife_ext.ledger.layer import MARGIN
from cleanlife_ext.ledger.ledger import Ledger
from cleanlife_ext.ledger.recovery import DAY_IS_OVER
from cleanlife_ext.ledger.states import State, as_mermaid

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")


def test_the_picture_is_the_table() -> None:
    """Whoever changes the one has to draw the other anew."""
    assert f"```mermaid\n{as_mermaid()}```\n" in PAGE


def test_every_state_is_explained() -> None:
    """With what recovery does from it."""
    assert [state for state in State if f"\n| `{state}` | " not in PAGE] == []


def test_figures_are_those_of_the_program() -> None:
    """Leases, and the time after which nothing arrives."""
    assert f"the lease of a process that was killed lasts up to {Options().timeout + MARGIN:.0f} seconds" in PAGE
    assert inspect.signature(Ledger).parameters["settles_after"].default == 600
    assert "`settles_after`** (600 seconds)" in PAGE
    assert DAY_IS_OVER in PAGE
