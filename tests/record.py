"""Record the tapes in `cassettes/` anew: `nox -s record`.

Without further ado they are recorded from the simulator, over a real socket. With `CLEANLIFE_API_KEY` set they come
from the real sandbox (or from `CLEANLIFE_BASE_URL` or `CLEANLIFE_ENVIRONMENT`), by the same scenarios; then these
are needed too, since the API has no way to find them:

- `CLEANLIFE_ADDRESS_ID`: an address of the account;
- `CLEANLIFE_WEBHOOK_URL`: a URL on a host that is registered for the account.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import attrs
from conformance import examine
from replay.tapes import FOLDER, SETTING, recorder
from scenarios import SCENARIOS, Setting
from vcr.record_mode import RecordMode
from worlds import world_of

from cleanlife_ext import CleanLife
from cleanlife_ext.simulator import Simulator

# The simulator's own time: tapes do not grow old, and are the same whenever they are recorded.
NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
DAY = dt.date(2026, 6, 21)


def main() -> None:
    """Record all scenarios; the old tapes go only when all new ones are there."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        setting = record_sandbox(fresh) if os.environ.get("CLEANLIFE_API_KEY") else record_simulator(fresh)
        (fresh / SETTING).write_text(json.dumps(attrs.asdict(setting), indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        for tape in sorted(fresh.iterdir()):
            shutil.copyfile(tape, FOLDER / tape.name)


def record_simulator(folder: Path) -> Setting:
    """Each scenario begins with a simulator that knows nothing yet."""
    simulator = Simulator(now=lambda: NOW, examine=examine)
    setting = Setting(
        address_id=simulator.addresses[0].id,
        day=DAY.isoformat(),
        reference="ORDER-",
        webhook_url="https://hooks.example.com/cleanlife",
    )
    with simulator.serve() as server:
        for name in SCENARIOS:
            simulator.reset()
            with CleanLife(server.api_key, base_url=server.base_url) as client:
                record(folder, name, client, setting)
    return setting


def record_sandbox(folder: Path) -> Setting:
    """References are unique for all time, so they carry the time; the day is a week ahead."""
    setting = Setting(
        address_id=os.environ["CLEANLIFE_ADDRESS_ID"],
        day=(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=7)).isoformat(),
        reference=f"TEST-{dt.datetime.now(dt.UTC):%Y%m%d%H%M%S}-",
        webhook_url=os.environ["CLEANLIFE_WEBHOOK_URL"],
    )
    for name in SCENARIOS:
        with CleanLife() as client:
            record(folder, name, client, setting)
    return setting


def record(folder: Path, name: str, client: CleanLife, setting: Setting) -> None:
    """One scenario onto one tape."""
    with world_of("sync") as world, recorder(RecordMode.ALL).use_cassette(str(folder / f"{name}.yaml")) as tape:
        SCENARIOS[name](world, client, setting)
        sys.stdout.write(f"{name}: {len(tape)} calls\n")


if __name__ == "__main__":
    main()
