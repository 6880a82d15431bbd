"""The command `cleanlife`: a simulator to develop against, and a demonstration of everything else.

It needs the extras `cli` and `simulator`; importing this package does not.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

__all__ = ["main"]

_OURS = ("cleanlife_client", "cleanlife_ext", "cleanlife_traits")


def _commands() -> Callable[[], object]:
    # Here and not above: what it imports may not be installed, and that is to be said in a line.
    from cleanlife_ext.cli.app import commands  # noqa: PLC0415

    return commands()


def main(commands: Callable[[], Callable[[], object]] = _commands) -> None:
    """Run the command line, or say what has to be installed for it. Always ends in `SystemExit`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Some consoles know no Arabic, and a question mark is better than no output.
            stream.reconfigure(errors="replace")
    try:
        run = commands()
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in _OURS:
            raise  # No extra would help: the installation is broken.
        sys.exit(f'cleanlife: {missing} is not installed; run: pip install "cleanlife-ext[cli,simulator]"')
    run()
