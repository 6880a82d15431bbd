"""`cleanlife ledger`: what it shows of a ledger, and what it finishes."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from ledger.left import Left, id_of
from ledger.payloads import GIVEN
from typer.testing import CliRunner, Result
from worlds import KEY, URL, FakeClock

from cleanlife_ext import CleanLife
from cleanlife_ext.cli import ledger as shown
from cleanlife_ext.cli.app import commands
from cleanlife_ext.ledger import Ledger
from cleanlife_ext.simulator import Simulator
from cleanlife_ext.values import RIYADH

FIELDS = [
    *("api", "reference", "operation", "state", "booking_id", "error_code", "attempts", "date", "request", "complete"),
    *("fingerprint", "lease", "sent_at", "idempotency_key", "key_at", "created_at", "updated_at"),
]
LONG = "ORDER-" + "9" * 138


@pytest.fixture
def file(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'bookings.db'}"


@pytest.fixture
def left(file: str) -> Iterator[Left]:
    """A ledger with an entry of each kind."""
    with Ledger(file) as ledger:
        left = Left(ledger, FakeClock())
        left.created("ORDER-1")
        left.sent("ORDER-2")
        left.rejected("ORDER-3")
        yield left


def invoked(*arguments: str, columns: int = 80, **env: str) -> Result:
    """What `cleanlife ledger` does, on a terminal that is so wide."""
    given = {"COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "dumb", **env}
    return CliRunner().invoke(commands(), ["ledger", *arguments], env=given)


def lines(result: Result) -> list[dict[str, object]]:
    """What was told to a machine."""
    return [json.loads(line) for line in result.stdout.splitlines()]


# --- Looking


def test_the_entries_are_a_table(left: Left, file: str) -> None:
    """Which fits a terminal, whatever people call their orders."""
    left.pending(LONG)
    result = invoked("list", "--ledger", file)
    rows = [line.rstrip() for line in result.stdout.splitlines()]

    assert result.exit_code == 0
    assert max(map(len, rows)) <= 80
    assert re.split(r"\s{2,}", rows[0]) == ["Reference", "State", "Day or kind", "Changed (UTC)", "Error"]
    assert re.split(r"\s{2,}", rows[1]) == ["ORDER-1", "CREATED", "2026-06-20", "2026-05-28 20:43"]
    assert "".join(row.split()[0] for row in rows if row.startswith(("ORDER-9", "999"))) == LONG
    assert rows[-1] == "4 entries."


def test_a_large_ledger_is_shown_in_parts(left: Left, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one table, to who reads it."""
    whole = invoked("list", "--ledger", file).stdout
    monkeypatch.setattr(shown, "BATCH", 2)

    assert invoked("list", "--ledger", file).stdout == whole
    assert whole.endswith("\n3 entries.\n")
    assert left.ledger.get("ORDER-2") is not None


def test_a_machine_reads_an_entry_a_line(left: Left, file: str) -> None:
    """With the same fields in each, and times that say that they are in UTC."""
    found = lines(invoked("list", "--json", "--ledger", file))
    entry = left.ledger.get("ORDER-2")

    assert [list(each) for each in found] == [FIELDS] * 3
    assert entry is not None
    assert found[1]["request"] == entry.request
    assert found[1]["state"] == "SENT"
    assert found[1]["sent_at"] == "2026-05-28T20:43:20.000Z"
    assert dt.datetime.fromisoformat(str(found[1]["lease"])) == entry.lease


@pytest.mark.parametrize(
    ("options", "references"),
    [(["--open"], ["ORDER-2"]), (["--state", "REJECTED"], ["ORDER-3"]), (["--state", "PENDING"], [])],
)
@pytest.mark.usefixtures("left")
def test_one_may_ask_for_some(file: str, options: list[str], references: list[str]) -> None:
    """Those that are open, or those in a state."""
    result = invoked("list", "--json", "--ledger", file, *options)

    assert result.exit_code == 0
    assert [each["reference"] for each in lines(result)] == references


@pytest.mark.usefixtures("left")
def test_one_entry_is_shown_with_all_there_is(file: str) -> None:
    """To people, and to machines."""
    text = invoked("show", "ORDER-1", "--ledger", file).stdout
    document = json.loads(invoked("show", "ORDER-1", "--json", "--ledger", file).stdout)

    assert list(document) == FIELDS
    assert document["booking_id"] == id_of("ORDER-1")
    assert [line.split("  ")[0] for line in text.splitlines() if line[0] != " "] == [
        name.replace("_", " ") for name in FIELDS
    ]
    assert re.search(rf"booking id +{id_of('ORDER-1')}", text)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80


def test_what_is_no_booking_is_shown_too(left: Left, file: str) -> None:
    """What it is, and the key that it is sent with: that is no secret."""
    intent = left.payload()
    table = invoked("list", "--open", "--ledger", file, columns=100).stdout
    text = invoked("show", intent.reference, "--ledger", file).stdout
    document = json.loads(invoked("show", intent.reference, "--json", "--ledger", file).stdout)

    assert re.search(r"UNKNOWN +createPatient +2026-05-28 20:43 +OutcomeUnknownError", table)
    assert re.search("operation +createPatient", text)
    assert re.search(f"idempotency key +{GIVEN}", text)
    assert (document["operation"], document["idempotency_key"], document["request"]) == ("createPatient", GIVEN, {})
    assert document["key_at"] == document["sent_at"] == "2026-05-28T20:43:20.000Z"
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80


def test_an_entry_that_nothing_can_tell_is_settled_by_hand(left: Left, file: str) -> None:
    """By who has looked at the API."""
    reference = left.payload().reference
    text = invoked("settle", reference, "--made", "3ce13b5ecb4d6633826caca0", "--ledger", file).stdout

    assert re.search("state +CREATED", text)
    assert re.search("booking id +3ce13b5ecb4d6633826caca0", text)


@pytest.mark.parametrize("options", [[], ["--made", "1", "--not-made"]])
@pytest.mark.usefixtures("left")
def test_what_became_of_it_has_to_be_said_once(file: str, options: list[str]) -> None:
    """It was made, or it was not."""
    result = invoked("settle", "ORDER-1", *options, "--ledger", file)

    assert result.exit_code == 2
    assert "--not-made" in result.output


@pytest.mark.usefixtures("left")
def test_what_has_its_end_is_not_settled(file: str) -> None:
    """A line says so."""
    result = invoked("settle", "ORDER-1", "--not-made", "--ledger", file)

    assert result.exit_code == 1
    assert result.stderr == "cleanlife: reference: an open entry is needed, and it is CREATED\n"


@pytest.mark.parametrize("options", [[], ["--api", "https://other.test/v1"]])
@pytest.mark.usefixtures("left")
def test_what_is_not_there_is_not_shown(file: str, options: list[str]) -> None:
    """A line says so."""
    result = invoked("show", "ORDER-1" if options else "ORDER-9", *options, "--ledger", file)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("cleanlife: the ledger has no ORDER-")


@pytest.mark.usefixtures("left")
def test_one_of_several_apis_is_named(file: str) -> None:
    """Where the ledger has it once, that is not needed."""
    assert invoked("show", "ORDER-1", "--api", URL, "--ledger", file).exit_code == 0


@pytest.mark.parametrize("command", [["list"], ["show", "ORDER-1"], ["recover"]])
def test_a_ledger_that_is_not_there_is_not_made(tmp_path: Path, command: list[str]) -> None:
    """It is a mistake in its address, or in where the command was run."""
    path = tmp_path / "bookings.db"
    result = invoked(*command, CLEANLIFE_LEDGER=f"sqlite:///{path}", CLEANLIFE_API_KEY=KEY)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"cleanlife: there is no ledger at sqlite:///{path}; --ledger or CLEANLIFE_LEDGER says where it is\n"
    )
    assert not path.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        *(["list"], ["list", "--help"], ["recover"], ["list", "--state", "NONE"]),
        ["list", "--ledger", "postgresql://me:hunter2@127.0.0.1:9/bookings"],
        ["list", "--ledger", "nonsense://me:hunter2@127.0.0.1:9/bookings"],
    ],
)
def test_no_password_is_shown(arguments: list[str]) -> None:
    """Whatever goes wrong with the address that holds it."""
    address = "postgresql://me:hunter2@127.0.0.1:9/bookings"
    result = invoked(*arguments, CLEANLIFE_LEDGER=address, CLEANLIFE_API_KEY=KEY)

    assert (result.exit_code == 0) == ("--help" in arguments)
    assert "hunter2" not in result.output


# --- Recovering


@attrs.frozen
class Crashed:
    """An API, and orders for it that somebody was killed over; and the variables that name the API and the ledger."""

    left: Left
    body: dict[str, Any]
    env: dict[str, str]

    def order(self, reference: str, **more: Any) -> None:
        self.left.pending(reference, **{**self.body, **more})


@pytest.fixture
def crashed(file: str) -> Iterator[Crashed]:
    """A simulator behind a socket, and a ledger of its bookings."""
    simulator = Simulator()
    with (
        Ledger(file) as ledger,
        simulator.serve() as server,
        CleanLife(server.api_key, base_url=server.base_url) as client,
    ):
        place = {"address_id": simulator.addresses[0].id, "service_id": client.services.list().all()[0].id}
        day = dt.datetime.now(RIYADH).date() + dt.timedelta(days=7)
        slot = client.timeslots.available(**place, date=day)[0]
        body = {
            "contactId": str(client.contacts.find_or_create(phone="+966500000000", name="Sara").id),
            "addressId": place["address_id"],
            "serviceId": str(place["service_id"]),
            "day": day.isoformat(),
            "timeslot": {"startAt": slot.start_at, "endAt": slot.end_at},
        }
        env = {"CLEANLIFE_API_KEY": server.api_key, "CLEANLIFE_BASE_URL": server.base_url, "CLEANLIFE_LEDGER": file}
        assert not list(ledger.entries())  # And so it is there.
        yield Crashed(Left(ledger, FakeClock(), server.base_url), body, env)


def test_what_is_open_is_finished(crashed: Crashed) -> None:
    """With key and address from the environment; the exit status says whether that was all."""
    nothing = invoked("recover", **crashed.env)
    crashed.order("ORDER-5")
    looked = invoked("recover", "--no-send", **crashed.env)
    finished = invoked("recover", **crashed.env)
    (entry,) = crashed.left.ledger.entries(api=crashed.left.api)

    assert (nothing.exit_code, nothing.stdout) == (0, "Open before: 0, now: 0.\n")
    assert looked.exit_code == 1
    assert looked.stdout.endswith("\nOpen before: 1, now: 1.\n")
    assert finished.exit_code == 0
    assert [line.split() for line in finished.stdout.splitlines()] == [
        ["Reference", "State", "Booking", "or", "error"],
        ["ORDER-5", "CREATED", entry.booking_id],
        ["Open", "before:", "1,", "now:", "0."],
    ]


def test_what_becomes_of_each_is_told(crashed: Crashed) -> None:
    """To machines a line for each, with why it is open still; to people a table that fits."""
    crashed.order("ORDER-5")
    crashed.order("ORDER-6", serviceId=id_of("nothing"))
    crashed.order("ORDER-7", note="ring twice")
    result = invoked("recover", "--json", **crashed.env)
    text = invoked("recover", **crashed.env).stdout
    good, bad, stuck = lines(result)

    assert result.exit_code == 1
    assert list(good) == list(bad) == ["reference", "state", "open", "booking_id", "error_code", "error"]
    assert (good["reference"], good["state"], good["open"], good["error"]) == ("ORDER-5", "CREATED", False, None)
    assert (bad["state"], bad["open"], bad["booking_id"], bad["error_code"]) == (
        *("REJECTED", False, None),
        "VALIDATION_ERROR",
    )
    assert (stuck["state"], stuck["open"], stuck["error_code"]) == ("PENDING", True, "LedgerError")
    assert str(stuck["error"]).endswith("create it again with the same reference")
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert " ".join(text.split()).endswith("Open before: 1, now: 1.")


def test_what_is_open_at_another_api_is_not_passed_over(crashed: Crashed) -> None:
    """Whoever recovers with a wrong address, or forgot it, hears of it."""
    crashed.order("ORDER-5")

    result = invoked("recover", **{**crashed.env, "CLEANLIFE_BASE_URL": "http://127.0.0.1:1/v1"})

    assert (result.exit_code, result.stdout) == (1, "Open before: 0, now: 0.\n")
    assert f"not of http://127.0.0.1:1/v1, and left open: 1 of {crashed.left.api}\n" in result.stderr


def test_what_is_no_booking_is_not_passed_over_in_silence(crashed: Crashed) -> None:
    """The ledger does not hold it, so only who has it can have it created."""
    crashed.left.payload()
    intent = attrs.evolve(crashed.left, api="https://fhir.test").payload()

    result = invoked("recover", **crashed.env)

    assert (result.exit_code, result.stdout) == (1, "Open before: 0, now: 0.\n")
    assert [*result.stderr.splitlines()] == [
        f"cleanlife: no booking, and left open: 1 createPatient of {api}; "
        "create it again with the same payload, or settle it"
        for api in sorted([crashed.left.api, intent.api])
    ]


@pytest.mark.usefixtures("left")
def test_without_a_key_nothing_is_recovered(file: str) -> None:
    """A line says what is missing."""
    result = invoked("recover", "--ledger", file)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "cleanlife: no API key: pass api_key, or set CLEANLIFE_API_KEY\n"
