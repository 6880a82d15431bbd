"""The commands, their options and their exit status, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from cli.taking import none_left, step
from typer import Typer
from typer.testing import CliRunner, Result

from cleanlife_ext.cli.app import commands
from cleanlife_ext.simulator import Simulator

WIDE = {"COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"}


def invoked(*arguments: str, app: Typer | None = None) -> Result:
    """What `cleanlife` does with these *arguments*."""
    return CliRunner().invoke(app or commands(), list(arguments), env=WIDE)


def interrupted_after(times: int) -> Callable[[float], None]:
    """A sleep that ends at once, and in the end by Ctrl-C."""
    left = iter(range(times))

    def sleep(seconds: float) -> None:
        assert seconds > 0
        if next(left, None) is None:
            raise KeyboardInterrupt

    return sleep


def test_the_demo_is_a_success() -> None:
    """It says so, and says nothing else on the standard error."""
    result = invoked("demo")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "everything as expected." in result.stdout


def test_the_demo_prints_one_document_for_machines() -> None:
    """And nothing around it."""
    result = invoked("demo", "--json")

    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["ok"] is True


@pytest.mark.parametrize("option", [[], ["--json"]])
@pytest.mark.parametrize("wrong", [{"calls": 2}, {"holds": none_left}])
def test_a_step_that_fails_makes_the_exit_status_1(option: list[str], wrong: dict[str, object]) -> None:
    """Whoever reads it."""
    assert invoked("demo", *option, app=commands(steps=[step(**wrong)])).exit_code == 1


def test_the_demo_heeds_no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """It talks to its own simulator, whatever the environment says."""
    monkeypatch.setenv("CLEANLIFE_ENVIRONMENT", "moon")
    monkeypatch.setenv("CLEANLIFE_BASE_URL", "https://api.invalid/v1")

    assert invoked("demo", "--json").exit_code == 0


def test_simulate_says_how_it_is_used_and_ends_well() -> None:
    """However long it runs: address, key, variables, Python, and addresses, which the API has no way to find."""
    simulator = Simulator(seed=7)
    result = invoked("simulate", "--port", "0", "--seed", "7", app=commands(sleep=interrupted_after(3)))
    url = result.stdout.partition("Base URL  ")[2].partition("\n")[0]

    assert (result.exit_code, result.stderr) == (0, "")
    assert url.startswith("http://127.0.0.1:")
    assert f"  API key   {simulator.api_key}\n" in result.stdout
    assert f"  export CLEANLIFE_BASE_URL={url} CLEANLIFE_API_KEY={simulator.api_key}\n" in result.stdout
    assert "  from cleanlife_ext import CleanLife\n  print(CleanLife()." in result.stdout
    assert f"  {simulator.addresses[4].id}  {simulator.addresses[4].name}\n" in result.stdout
    assert result.stdout.endswith("\nStopped.\n")


def test_a_port_in_use_is_a_line(simulator: Simulator) -> None:
    """With what to do about it."""
    with simulator.serve() as server:
        result = invoked("simulate", "--port", str(server.port))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"cleanlife: port {server.port} of 127.0.0.1 is in use; choose another one with --port, or any free one with"
        " --port 0\n"
    )


@pytest.mark.parametrize("host", ["no host", "x" * 70, "a..b"])
def test_a_host_that_is_none_is_a_line(host: str) -> None:
    """Whoever finds out."""
    result = invoked("simulate", "--port", "0", "--host", host)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"cleanlife: cannot listen on port 0 of {host}: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("option", [["--port", "70000"], ["--payment-responsibility", "NOBODY"], ["--seed", "x"]])
def test_options_that_make_no_sense_are_refused(option: list[str]) -> None:
    """By name."""
    result = invoked("simulate", *option)

    assert result.exit_code == 2
    assert option[0] in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["simulate", "demo"]),
        (["simulate", "--help"], ["--port", "--host", "--payment-responsibility", "PARTNER|CLEANOS", "--seed"]),
        (["demo", "--help"], ["--json"]),
    ],
)
def test_help_names_all_there_is(arguments: list[str], words: list[str]) -> None:
    """With a line on each."""
    result = invoked(*arguments)

    assert result.exit_code == 0
    assert [word for word in words if word not in result.stdout] == []
