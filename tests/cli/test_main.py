"""`cleanlife`, as the shell starts it."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

import httpx
import pytest

from cleanlife_ext import CleanLife, UnprocessableEntityError
from cleanlife_ext.cli import main
from cleanlife_ext.simulator.times import RIYADH

# Python's own reaction to Ctrl-C is not there in a process that was started in the background.
RUN = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.modules.update(dict.fromkeys({missing!r}))
from cleanlife_ext.cli import main
main()
"""


def command(*arguments: str, missing: tuple[str, ...] = ()) -> list[str]:
    """What starts `cleanlife` with all warnings as errors, where the modules *missing* are not installed."""
    return [sys.executable, "-P", "-W", "error", "-c", RUN.format(missing=missing), *arguments]


def ran(*arguments: str, missing: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """What became of it."""
    return subprocess.run(  # noqa: S603 - Ours, with arguments of ours.
        command(*arguments, missing=missing), capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """It runs, and leaves nothing behind."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command(*arguments), stdout=pipe, stderr=pipe, text=True, encoding="utf-8") as process:  # noqa: S603 - As above.
        try:
            yield process
        finally:
            process.kill()


def needing(module: str) -> Callable[[], Callable[[], object]]:
    """Commands that cannot be had without *module*."""

    def commands() -> Callable[[], object]:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    return commands


def test_the_command_is_installed() -> None:
    """Under its name."""
    (script,) = entry_points(group="console_scripts", name="cleanlife")

    assert script.load() is main


def test_the_demo_runs_with_all_warnings_as_errors() -> None:
    """And prints one document, and nothing else anywhere."""
    result = ran("demo", "--json")

    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["ok"] is True


def test_simulate_serves_until_it_is_interrupted() -> None:
    """As it says on its standard output: for a partner who leaves the money to CleanLife, if so asked."""
    with started("simulate", "--port", "0", "--payment-responsibility", "CLEANOS") as process:
        assert process.stdout is not None
        text = ""
        while "King Fahd Road" not in text and (line := process.stdout.readline()):  # The last of its lines.
            text += line
        url, key = re.findall(r"(?:Base URL|API key) +(\S+)", text)
        answer = httpx.get(f"{url}/partners/services", headers={"x-api-key": key})
        code = refusal_of_a_payment(url, key, address=re.findall(r"^  (\S+)  ", text, re.MULTILINE)[-1])
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)

    assert answer.status_code == 200
    assert code == "PAYMENT_RESPONSIBILITY_MISMATCH"
    assert (process.returncode, errors) == (0, "")
    assert rest.endswith("\nStopped.\n")


def refusal_of_a_payment(url: str, key: str, *, address: str) -> str:
    """The code with which the confirmation of a booking's payment is refused."""
    in_a_week = dt.datetime.now(RIYADH).date() + dt.timedelta(days=7)
    with CleanLife(key, base_url=url) as client:
        contact = client.contacts.find_or_create(phone="+966500000000", name="Sara")
        service = client.services.list().all()[0]
        place: dict[str, Any] = {"address_id": address, "service_id": service.id, "date": in_a_week}
        slot = client.timeslots.available(**place)[0]
        booking = client.bookings.create(**place, contact_id=contact.id, timeslot=slot)
        with pytest.raises(UnprocessableEntityError) as refused:
            client.bookings.confirm_payment(booking.booking_id)
    return refused.value.code


@pytest.mark.parametrize("module", ["typer", "rich", "starlette", "uvicorn"])
def test_what_is_not_installed_is_said_in_a_line(module: str) -> None:
    """With the command that installs it."""
    result = ran("demo", missing=(module,))

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (f'cleanlife: {module} is not installed; run: pip install "cleanlife-ext[cli,simulator]"\n')


def test_a_part_of_a_module_is_installed_with_the_module() -> None:
    """So its first name is enough."""
    with pytest.raises(SystemExit, match=r"^cleanlife: rich is not installed; run: pip install"):
        main(needing("rich.console"))


def test_a_module_of_ours_is_never_a_matter_of_extras() -> None:
    """Such an installation is broken, and a traceback says more."""
    with pytest.raises(ModuleNotFoundError):
        main(needing("cleanlife_ext.cli.nowhere"))


def test_the_commands_are_run() -> None:
    """Whatever they are."""
    run: list[str] = []
    main(lambda: lambda: run.append("run"))

    assert run == ["run"]


def test_the_commands_are_those_of_the_application(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found by themselves."""
    monkeypatch.setattr(sys, "argv", ["cleanlife", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0
    assert "simulate" in capsys.readouterr().out


def test_a_console_without_arabic_shows_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question mark for each letter that it does not know."""
    console = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", console)
    main(lambda: lambda: sys.stdout.write("Sofa · كنب"))
    console.flush()

    assert console.buffer.getvalue().split() == [b"Sofa", b"?", b"???"]


def test_an_output_that_is_no_file_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in notebooks."""
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    main(lambda: lambda: sys.stdout.write("كنب"))

    assert output.getvalue() == "كنب"
