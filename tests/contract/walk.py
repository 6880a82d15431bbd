"""Schemathesis' state machine against a simulator: calls that follow the links of the spec.

The command line has this phase too, but Hypothesis gives up there as soon as one world shines through into the next.
Here each scenario starts in a fresh world.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import contract.hooks  # noqa: F401 - it registers what it generates
import hypothesis
import schemathesis
from conformance import METHODS
from contract.run import configured

from cleanlife_ext.simulator import Simulator


def walk(
    simulator: Simulator, prepare: Callable[[Simulator], None], folder: Path, *, seed: int, scenarios: int
) -> Counter[str]:
    """Go through *scenarios*, and say how often each link was followed; raises what Schemathesis finds."""
    followed: Counter[str] = Counter()
    prepare(simulator)
    configured(simulator, folder, [simulator.api_key])
    with simulator.serve() as server:
        config = schemathesis.Config.from_path(folder / "schemathesis.toml")
        schema = schemathesis.openapi.from_path(folder / "spec.json", config=config)
        schema.config.update(base_url=server.base_url)
        machine: Any = schema.as_state_machine()

        class Workflow(machine):
            """One world a scenario."""

            def setup(self) -> None:
                simulator.reset()
                prepare(simulator)

            def step(self, input: Any) -> Any:
                if input.transition is not None and input.is_applied:
                    followed[input.transition.id.rpartition(" -> ")[0]] += 1
                return super().step(input)

        hypothesis.seed(seed)(Workflow)
        settings = hypothesis.settings(
            max_examples=scenarios,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        Workflow.run(settings=settings)
    return followed


def links(spec: dict[str, Any]) -> set[str]:
    """All links of *spec* that leave a 200, as they are counted above; the simulator knows no 201."""
    return {
        f"{method.upper()} {path} -> [200] {name}"
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
        for name in item[method]["responses"]["200"].get("links", ())
    }
