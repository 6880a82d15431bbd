"""The tapes, replayed without a network: one recording, the same results in every world."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml
from cleanlife_traits import OPERATIONS
from replay.tapes import BASE_URL, FOLDER, NO_SECRET, SAME_ID, SETTING, clean_response, recorder
from scenarios import SCENARIOS, Setting
from vcr.record_mode import RecordMode
from vcr.request import Request
from worlds import World

from cleanlife_ext import CleanLife

TAPES = sorted(FOLDER.glob("*.yaml"))


class NetworkUsedError(BaseException):
    """No error of the network, so that nothing takes it for one and tries again."""


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise NetworkUsedError

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def setting() -> Setting:
    """What the tapes were recorded with."""
    return Setting(**json.loads((FOLDER / SETTING).read_text(encoding="utf-8")))


@pytest.fixture
def client(world: World) -> Iterator[Any]:
    """A client with its usual transport; nothing stands where it would connect to."""
    client = world.make(base_url=BASE_URL)
    yield client
    world.close(client)


def interactions(tape: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(tape.read_text(encoding="utf-8"))["interactions"]
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_tape_replays_in_every_world(world: World, client: Any, setting: Setting, name: str) -> None:
    """The scenario passes as it did when it was recorded, and asks for all that is on the tape."""
    with recorder(RecordMode.NONE).use_cassette(str(FOLDER / f"{name}.yaml")) as tape:
        SCENARIOS[name](world, client, setting)

    assert len(tape) == tape.play_count
    assert tape.all_played


def test_each_scenario_has_its_tape_and_no_tape_is_left_over() -> None:
    """A scenario that is renamed takes its tape along."""
    assert [tape.stem for tape in TAPES] == sorted(SCENARIOS)


def test_the_tapes_hold_every_operation() -> None:
    """What is not on a tape has never been seen over a wire."""
    recorded = {
        (request["method"], request["uri"].removeprefix(BASE_URL).partition("?")[0])
        for tape in TAPES
        for request in (interaction["request"] for interaction in interactions(tape))
    }
    missing = [
        operation["id"]
        for operation in OPERATIONS.values()
        if not any(
            method == operation["method"] and re.fullmatch(re.sub(r"{\w+}", "[0-9a-f-]{36}", operation["path"]), path)
            for method, path in recorded
        )
    ]

    assert missing == []


def test_the_network_is_blocked() -> None:
    """Without a tape there is no way out, and it is not taken for a failure of the network."""
    with CleanLife("pk_test", base_url=BASE_URL) as client, pytest.raises(NetworkUsedError):
        client.pricing.tiers()


@pytest.mark.parametrize(
    "pattern",
    [
        r"pk_\w+",
        r"(?i)x-api-key",
        r"(?i)api_key",
        r"(?i)authorization",
        r"(?i)cookie",
        r"(?i)user-agent",
        r"\b[0-9a-f]{64}\b",
        r"(?<![0-9a-f-])\+?966(?!5000000\d\d)\d+",
        r'"secret"\s*:\s*"(?!filtered")',
        r"https?://(?!simulator/|hooks\.example\.com/)",
        r"127\.0\.0\.1|localhost",
    ],
)
def test_no_tape_holds_a_secret(pattern: str) -> None:
    """Keys, secrets of webhooks, phone numbers but invented ones, and hosts but invented ones."""
    found = [
        (path.name, match.group())
        for path in sorted(FOLDER.iterdir())
        for match in re.finditer(pattern, path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_secrets_and_request_ids_are_filtered_while_recording() -> None:
    """Wherever an answer repeats its request id, and whatever else stands in its headers."""
    secret, request_id = "ab" * 32, "5f0c4b9e-4b1f-4a38-8d5e-111111111111"
    body = {"data": {"secret": secret}, "error": {"requestId": request_id}}

    kept = clean_response(
        {
            "status": {"code": 200, "message": "OK"},
            "headers": {"X-Request-Id": [request_id], "Set-Cookie": ["a=b"], "Content-Type": ["application/json"]},
            "body": {"string": json.dumps(body).encode()},
        }
    )

    assert json.loads(kept["body"]["string"]) == {"data": {"secret": NO_SECRET}, "error": {"requestId": SAME_ID}}
    assert kept["headers"] == {"content-type": ["application/json"], "x-request-id": [SAME_ID]}


def test_the_key_and_the_host_are_filtered_while_recording(tmp_path: Path) -> None:
    """What is sent is kept without its key, as if it had gone to the simulator."""
    headers = {"x-api-key": "pk_real", "x-request-id": "1", "accept": "application/json"}

    with recorder(RecordMode.ALL).use_cassette(str(tmp_path / "tape.yaml")) as tape:
        tape.append(
            Request("GET", "https://api.real.test:8443/v1/partners/services?page=1", None, headers),
            {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": b"{}"}},
        )

    (recorded,) = interactions(tmp_path / "tape.yaml")
    assert recorded["request"]["uri"] == f"{BASE_URL}/partners/services?page=1"
    assert list(recorded["request"]["headers"]) == ["accept"]
    assert "pk_real" not in (tmp_path / "tape.yaml").read_text(encoding="utf-8")
