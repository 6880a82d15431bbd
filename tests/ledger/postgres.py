"""A PostgreSQL of our own, from the binaries in the `pgserver` wheel. It listens on a socket in its folder alone."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

__all__ = ["IS_THERE", "Postgres", "running"]

PATIENCE = 60.0  # Seconds for it to come up, or to go.
NOBODY = 65534

_found = importlib.util.find_spec("pgserver")  # Not imported: that would look for users and folders of the machine's.
_packages = Path(_found.origin).parents[1] if _found is not None and _found.origin else None
IS_THERE = _packages is not None


class Postgres:
    """A server. PostgreSQL refuses to run as root, so then it runs as nobody, from a copy that nobody can read."""

    def __init__(self, folder: Path, *options: str) -> None:
        assert _packages is not None
        self._options = options
        self.folder, self.data = folder, folder / "data"
        self._as: dict[str, Any] = {}
        packages = _packages
        if os.geteuid() == 0:
            self._as = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            packages = folder / "packages"
            for part in ("pgserver/pginstall", "pgserver.libs"):  # The one finds the other beside it.
                shutil.copytree(_packages / part, packages / part)
            os.chown(folder, NOBODY, NOBODY)
        self._bin = packages / "pgserver" / "pginstall" / "bin"
        made = [self._bin / "initdb", "-D", self.data, "-U", "postgres", "-E", "utf8", "-A", "trust", "--no-sync"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **self._as)  # noqa: S603  # Ours.
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What a ledger is given."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        command = [self._bin / "postgres", "-D", self.data, "-k", self.folder, "-h", "", *self._options]
        log = (self.folder / "log").open("ab")
        with log:
            process = self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._as)  # noqa: S603
        ready = [self._bin / "pg_isready", "-q", "-h", self.folder]
        ends = time.monotonic() + PATIENCE
        while subprocess.run(ready, check=False, **self._as).returncode:  # noqa: S603
            assert process.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.05)

    def empty(self) -> None:
        """Remove whatever is in its database."""
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()

    def stop(self) -> None:
        """End it, with all connections. A second time does nothing."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGINT)  # To PostgreSQL: fast, and clean.
            process.wait(PATIENCE)


@contextmanager
def running(*, durable: bool = False) -> Iterator[Postgres]:
    """A server that runs, and if it is *durable* waits for the disk; a path to a socket must be short."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    folder.chmod(0o755)
    server = None
    try:
        server = Postgres(folder, *([] if durable else ["-F"]))
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder)
