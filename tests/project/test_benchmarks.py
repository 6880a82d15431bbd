"""The benchmark runs, and says by its exit whether a goal was missed. How fast anything is, it says by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "run.py"


def test_the_benchmark_measures_all_there_is_and_fails_for_a_goal_that_is_missed(tmp_path: Path) -> None:
    """In two calls a round it may or may not miss one; what it prints and how it ends are the same."""
    figures = tmp_path / "figures.json"
    command = [sys.executable, str(SCRIPT), "--rounds", "1", "--calls", "2", "--strict", "--json", str(figures)]
    # It finds its modules beside it.
    around = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=around)  # noqa: S603

    assert done.stdout.count("goal: ") == 2, done.stderr
    assert done.returncode == ("MISSED" in done.stdout)
    assert {"read", "write", "crowds", "layers"} < set(json.loads(figures.read_text(encoding="utf-8")))
