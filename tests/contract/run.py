"""Schemathesis against a simulator, and what came of it."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from attrs import Factory, define, field, frozen
from conformance import OPERATIONS, PATH, complaints
from contract.narrowing import narrowed

from cleanlife_ext.simulator import Answer, Call, Simulator
from cleanlife_ext.simulator.app import app
from cleanlife_ext.simulator.server import Server

HERE = Path(__file__).parent
SHARE = 0.8  # of the values that could be known, that are
PHASES = ("examples", "coverage", "fuzzing", "stateful")


@define
class Witness:
    """Sees every answer of a simulator: counts it, and holds it against the spec."""

    simulator: Simulator
    answering: Callable[[Call], Answer]
    counts: Counter[tuple[str, int]] = Factory(Counter)
    wrong: list[str] = Factory(list)
    lock: threading.Lock = field(factory=threading.Lock, repr=False)

    def __call__(self, call: Call) -> Answer:
        with self.lock:
            answer = self.answering(call)
            request = self.simulator.requests[-1]
            self.counts[request.operation_id or "none", answer.status] += 1
            self.wrong += [f"{request.operation_id} {answer.status}: {found}" for found in complaints(request, answer)]
        return answer

    def successes(self) -> Mapping[str, tuple[int, int]]:
        """How often each operation was asked for, and how often it succeeded."""
        return {
            name: (
                sum(count for (asked, _), count in self.counts.items() if asked == name),
                sum(count for (asked, status), count in self.counts.items() if asked == name and status < 300),
            )
            for name in OPERATIONS
        }


@frozen
class Outcome:
    """What Schemathesis said, and what the witness saw."""

    exit_code: int
    report: str = field(repr=False)
    witness: Witness = field(repr=False)


def run(
    simulator: Simulator,
    folder: Path,
    *,
    keys: Sequence[str],
    seed: int,
    max_examples: int,
    phases: Iterable[str] = PHASES,
    answering: Callable[[Call], Answer] | None = None,
) -> Outcome:
    """Let Schemathesis loose on *simulator*, with *keys* of partners who must not see each other's things."""
    witness = Witness(simulator, answering or simulator.answer)
    (folder / "spec.json").write_text(json.dumps(narrowed(_spec(), simulator)), encoding="utf-8")
    (folder / "users.json").write_text(json.dumps(users(keys)), encoding="utf-8")
    (folder / "schemathesis.toml").write_text(configuration(simulator, len(keys)), encoding="utf-8")
    with Server(app(witness), api_key=simulator.api_key, host="127.0.0.1", port=0) as server:
        done = subprocess.run(  # noqa: S603 - what is run is ours
            [
                *(sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", "schemathesis.toml"),
                *("run", "spec.json", "--url", server.base_url, "--checks", "all", "--phases", ",".join(phases)),
                *("--max-examples", str(max_examples), "--seed", str(seed)),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])},
            capture_output=True,
            text=True,
            check=False,
        )
    return Outcome(done.returncode, done.stdout + done.stderr, witness)


def users(keys: Sequence[str]) -> dict[str, Any]:
    """Partners who must not see each other's things, in the form of the Web Fuzzing Commons."""
    return {
        "auth": [
            {"name": f"partner-{number}", "fixedHeaders": [{"name": "x-api-key", "value": key}]}
            for number, key in enumerate(keys, start=1)
        ]
    }


def configuration(simulator: Simulator, partners: int) -> str:
    """The settings of the file, with what exists in *simulator*: the API has no way to find some of it."""
    today = simulator._now().date()  # noqa: SLF001
    known = {
        "contacts": [contact.id for contact in simulator.contacts],
        "addresses": [address.id for address in simulator.addresses],
        "services": [service.id for service in simulator.services],
        "packages": [package.id for service in simulator.services for package in service.packages],
        "deliveries": [delivery.id for delivery in simulator.deliveries],
        "days": [(today + dt.timedelta(days=day)).isoformat() for day in range(1, 60)],
        "teams": [1, 2],
    }
    bound = {
        "body.contactId": "contacts",
        "body.addressId": "addresses",
        "query.addressId": "addresses",
        "body.serviceId": "services",
        "query.serviceId": "services",
        "path.serviceId": "services",
        "body.packageId": "packages",
        "body.date": "days",
        "query.date": "days",
        "body.numberOfTeams": "teams",
    }
    lines = [
        "[auth.wfc]",
        'path = "users.json"',
        *([f"peers = {json.dumps([f'partner-{number}' for number in range(1, partners + 1)])}"] if partners > 1 else []),
        *(f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in known.items() if values),
        "[parameters]",
        *(f'"{name}" = {{ dictionary = "{values}", probability = {SHARE} }}' for name, values in bound.items()),
        "[[operations]]",
        'include-operation-id = "retryDelivery"',
        f'parameters."path.id" = {{ dictionary = "deliveries", probability = {SHARE} }}',
    ]
    return (HERE / "schemathesis.toml").read_text(encoding="utf-8") + "\n" + "\n".join(lines) + "\n"


def _spec() -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return spec
