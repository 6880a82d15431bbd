"""What the ledger costs: `nox -s bench`, or `python benchmarks/ledger.py --rounds 99`.

The same creation at the simulator, in this process, without a ledger and with one: on SQLite (WAL, synchronous FULL)
and on PostgreSQL (which waits for the disk as well), each empty and full of old bookings. All figures are medians over
rounds in which every subject has its turn; the disk's moods are in all of them.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import itertools
import json
import platform
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
from measuring import Figures, in_turns

from cleanlife_ext import CleanLife, Timeslot
from cleanlife_ext.ledger import Ledger
from cleanlife_ext.simulator import Simulator
from cleanlife_ext.simulator.slots import TEAMS_LEAST, WINDOWS

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "ledger"))
from postgres import IS_THERE, running  # A server that the tests have as well.

URL = "http://simulator.test/v1"
AT_ONCE = 8
RATE_GOAL = 500.0  # Creations a second, so many at once.
ADDED_GOAL = 0.002  # Seconds, at the median.
FULL_GOAL = 1.2  # Times what it takes with an empty table.
COLUMNS = (
    "api, reference, fingerprint, request, complete, date, state, booking_id, error_code, attempts, owner, lease, "
    "sent_at, created_at, updated_at"
)
OLD = (
    "'{api}', {word}, {word}, '{request}', {true}, '2026-06-20', CASE WHEN n % 1000 = 0 THEN 'UNKNOWN' ELSE 'CREATED' "
    "END, {word}, '', 1, {word}, {now}, {now}, {now}, {now}"
)
DIALECTS = {
    "sqlite": (
        "WITH RECURSIVE old(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM old WHERE n < {rows})",
        "lower(hex(randomblob(16)))",
        "1",
        "old",
    ),
    "postgresql": ("", "md5(random()::text)", "true", "generate_series(1, {rows}) AS old(n)"),
}


class Booking:
    """A client at a simulator of its own, that makes one booking after the other."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        simulator = Simulator()
        self._client = CleanLife(simulator.api_key, base_url=URL, transport=simulator.transport, ledger=ledger)
        service = next(service for service in simulator.services if service.is_enabled)
        contact = self._client.contacts.find_or_create(phone="+966500000000", name="Sara")
        self._asked: dict[str, Any] = {"contact_id": contact.id, "service_id": service.id}
        self._free = _free(simulator)
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self.took: list[float] = []  # Seconds, of each.

    def alone(self, calls: int) -> None:
        """Make so many, one after the other."""
        for place in itertools.islice(self._free, calls):
            began = time.perf_counter()
            self._book(place)
            self.took.append(time.perf_counter() - began)

    def at_once(self, calls: int) -> None:
        """Make so many, some of them at the same time."""
        list(self._threads.map(self._book, itertools.islice(self._free, calls)))

    def _book(self, place: dict[str, Any]) -> None:
        self._client.bookings.create(**self._asked, **place, external_reference=str(uuid.uuid4()))


def _free(simulator: Simulator) -> Iterator[dict[str, Any]]:
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
    days = [tomorrow + dt.timedelta(days=days) for days in range(360)]
    places = {address.district: address.id for address in simulator.addresses}.values()
    for day, window, place, _ in itertools.product(days, WINDOWS[3:], places, range(TEAMS_LEAST)):
        yield {"date": day, "timeslot": Timeslot(window.start_at, window.end_at), "address_id": place}


def main() -> int:
    """Measure, print a table, and write the figures down."""
    options = arguments()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        subjects = {"without": Booking()}
        for name, url in databases(stack, folder):
            subjects[name] = Booking(stack.enter_context(Ledger(url)))
            if name.endswith("full"):
                subjects[name].alone(1)  # Which makes the table.
                fill(url, options.rows)
        alone = measured({name: subject.alone for name, subject in subjects.items()}, options)
        single = {name: median(subject.took) for name, subject in subjects.items()}
        at_once = measured({name: subject.at_once for name, subject in subjects.items()}, options)
    figures = {
        "python": platform.python_version(),
        "rows": options.rows,
        "median": single,
        "alone": alone.spelled(),
        "at once": at_once.spelled(),
    }
    options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if show(single, alone, at_once) or not options.strict else 1


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=50, help="in each round")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--rows", type=int, default=1_000_000, help="in a full table")
    parser.add_argument("--json", type=Path, default=Path("bench-ledger.json"))
    parser.add_argument("--strict", action="store_true", help="fail if a goal is missed")
    return parser.parse_args()


def databases(stack: contextlib.ExitStack, folder: Path) -> Iterator[tuple[str, str]]:
    """Their names and addresses."""
    for name in ("sqlite", "sqlite full"):
        yield name, f"sqlite:///{folder / name}.db"
    if not IS_THERE:
        print("PostgreSQL is left out: there is no pgserver for this Python")
        return
    server = stack.enter_context(running(durable=True))
    engine = sa.create_engine(server.url, isolation_level="AUTOCOMMIT")
    for name in ("postgresql", "postgresql full"):
        database = name.replace(" ", "_")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {database}_bench")
            connection.exec_driver_sql(f"CREATE DATABASE {database}_bench")
        yield name, server.url.replace("/postgres?", f"/{database}_bench?")
    engine.dispose()


def fill(url: str, rows: int) -> None:
    """Put so many old bookings into the ledger."""
    began = time.monotonic()
    engine = sa.create_engine(url)
    before, word, true, source = DIALECTS[engine.dialect.name]
    request = json.dumps({"contactId": str(uuid.uuid4()), "serviceId": str(uuid.uuid4()), "date": "2026-06-20"})
    values = OLD.format(api=URL, word=word, true=true, request=request, now=time.time())
    with engine.begin() as connection:
        into = f"INSERT INTO cleanlife_ledger ({COLUMNS})"
        statement = f"{into} {before} SELECT {values} FROM {source}".replace("{rows}", str(rows))  # noqa: S608  # Ours.
        connection.exec_driver_sql(statement.replace("%", "%%") if engine.dialect.name == "postgresql" else statement)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("CHECKPOINT")
    engine.dispose()
    print(f"{engine.dialect.name}: {rows} rows in {time.monotonic() - began:.0f} s")


def measured(subjects: dict[str, Callable[[int], object]], options: argparse.Namespace) -> Figures:
    """All of them in turns."""
    return in_turns(subjects, calls=options.calls, rounds=options.rounds)


def show(single: dict[str, float], alone: Figures, at_once: Figures) -> bool:
    """Print what was found; whether all goals are met."""
    print(f"\n{'':18}{'one after the other':>42}{f'{AT_ONCE} at once':>36}")
    print(f"{'':18}" + 2 * f"{'a second':>12}{'CPU, ms':>12}{'full/empty':>12}" + f"{'median, ms':>12}{'added':>9}")
    met = []
    for name, wall in single.items():
        empty, added = name.removesuffix(" full"), wall - single["without"]
        row = f"{name:18}"
        for figures in (alone, at_once):
            ratio = 1 / figures.rate_ratio(name, empty)
            row += f"{1 / figures.wall(name):12.0f}{1e3 * figures.cpu(name):12.2f}{ratio:12.2f}"
        print(f"{row}{1e3 * wall:12.2f}{1e3 * added:9.2f}")
        met += [1 / at_once.wall(name) >= RATE_GOAL, added < ADDED_GOAL, 1 / alone.rate_ratio(name, empty) < FULL_GOAL]
    goals = f"{RATE_GOAL:.0f} a second, less than {1e3 * ADDED_GOAL:.0f} ms added, full at most {FULL_GOAL} times empty"
    print(f"\ngoals: {goals}: {'met' if all(met) else 'MISSED'}")
    return all(met)


if __name__ == "__main__":
    sys.exit(main())
