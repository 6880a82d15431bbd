"""Schemathesis against a simulator, and what came of it."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from attrs import Factory, field, frozen
from conformance import PATH, Answered, Asked, complaints, webhook_complaints
from contract.narrowing import narrowed

from cleanlife_ext.simulator import Simulator
from cleanlife_ext.simulator.webhooks import WebhookRequest

HERE = Path(__file__).parent
SHARE = 0.8  # of the values that could be known, that are
PHASES = "examples,coverage,fuzzing"  # and the stateful one in `walk`


@frozen
class Witness:
    """Sees every answer and every webhook of a simulator: counts them, and holds them against the spec."""

    counts: Counter[tuple[str | None, int]] = Factory(Counter)
    wrong: list[str] = Factory(list)

    def __call__(self, request: Asked, answer: Answered) -> None:
        self.counts[request.operation_id, answer.status] += 1
        self.wrong.extend(f"{request.operation_id} {answer.status}: {found}" for found in complaints(request, answer))

    def refuses(self, webhook: WebhookRequest) -> int:
        """What a receiver answers that is never content."""
        headers = {name.lower(): value for name, value in webhook.headers.items()}
        self.wrong.extend(webhook_complaints(headers, webhook.body))
        self.counts[f"webhook {headers['x-cleanlife-event']}", 503] += 1
        return 503

    def asked(self, operation_id: str) -> int:
        """How often the operation was asked for."""
        return sum(count for (name, _), count in self.counts.items() if name == operation_id)

    def succeeded(self, operation_id: str) -> int:
        """How often it did what was asked."""
        return self.counts[operation_id, 200]


@frozen
class Outcome:
    """What Schemathesis said."""

    exit_code: int
    report: str = field(repr=False)


def run(simulator: Simulator, folder: Path, *, keys: Sequence[str], seed: int, max_examples: int) -> Outcome:
    """Let Schemathesis loose on *simulator*, with *keys* of partners who must not see each other's things."""
    configured(simulator, folder, keys)
    with simulator.serve() as server:
        done = subprocess.run(  # noqa: S603 - what is run is ours
            [
                *(sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", "schemathesis.toml"),
                *("run", "spec.json", "--url", server.base_url, "--checks", "all", "--phases", PHASES),
                *("--max-examples", str(max_examples), "--seed", str(seed)),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])},
            capture_output=True,
            text=True,
            check=False,
        )
    return Outcome(done.returncode, done.stdout + done.stderr)


def configured(simulator: Simulator, folder: Path, keys: Sequence[str]) -> None:
    """Write what Schemathesis reads into *folder*."""
    partners = {f"partner-{number}": key for number, key in enumerate(keys, start=1)}
    (folder / "spec.json").write_text(json.dumps(narrowed(spec(), simulator)), encoding="utf-8")
    (folder / "users.json").write_text(json.dumps(users(partners)), encoding="utf-8")
    (folder / "schemathesis.toml").write_text(configuration(simulator, folder, list(partners)), encoding="utf-8")


def users(partners: Mapping[str, str]) -> dict[str, Any]:
    """Names and keys, in the form of the Web Fuzzing Commons."""
    header = "x-api-key"
    return {
        "auth": [{"name": name, "fixedHeaders": [{"name": header, "value": key}]} for name, key in partners.items()]
    }


def bind(dictionary: str) -> str:
    """A table that lets values be drawn from *dictionary*."""
    return f'{{ dictionary = "{dictionary}", probability = {SHARE} }}'


def configuration(simulator: Simulator, folder: Path, partners: Sequence[str]) -> str:
    """The settings of the file, with what exists in *simulator*: the API has no way to find some of it."""
    today = simulator.clock.now().date()
    known = {
        "contacts": [contact.id for contact in simulator.contacts],
        "addresses": [address.id for address in simulator.addresses],
        "services": [service.id for service in simulator.services],
        "packages": [package.id for service in simulator.services for package in service.packages],
        "reasons": list(simulator._api.state.catalogue.reasons),  # noqa: SLF001
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
        "body.reasonId": "reasons",
        "body.date": "days",
        "query.date": "days",
        "body.numberOfTeams": "teams",
    }
    lines = [
        "[auth.wfc]",
        f"path = {json.dumps(str(folder / 'users.json'))}",
        # None of them may see what another one made.
        *([f"peers = {json.dumps(partners)}"] if len(partners) > 1 else []),
        *(f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in known.items() if values),
        "[parameters]",
        *(f'"{name}" = {bind(values)}' for name, values in bound.items() if known[values]),
    ]
    if known["deliveries"]:
        lines += [
            "[[operations]]",
            'include-operation-id = "retryDelivery"',
            f'parameters."path.id" = {bind("deliveries")}',
        ]
    return (HERE / "schemathesis.toml").read_text(encoding="utf-8") + "\n" + "\n".join(lines) + "\n"


def spec() -> dict[str, Any]:
    """The spec as it stands in its file."""
    loaded: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return loaded
