"""What people see, and what machines read."""

from __future__ import annotations

import io
import json
from typing import Literal

import pytest
from cli.taking import failing, none_left, step
from rich.console import Console

from cleanlife_ext.cli.demo.document import Document
from cleanlife_ext.cli.demo.run import perform
from cleanlife_ext.cli.demo.show import Screen
from cleanlife_ext.cli.demo.steps import STEPS, Step


def shown(*steps: Step, width: int = 80, colours: bool = False) -> str:
    """The whole demo, as it stands on a terminal that is *width* columns wide."""
    system: Literal["standard"] | None = "standard" if colours else None
    console = Console(file=io.StringIO(), width=width, force_terminal=colours, color_system=system, highlight=False)
    perform(steps, Screen(console))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(("width", "used"), [(80, 80), (120, 100)])
def test_the_demo_fits_its_terminal(width: int, used: int) -> None:
    """The calls stand at the right margin, and no line ends in spaces."""
    lines = shown(*STEPS, width=width).splitlines()

    assert [line for line in lines if len(line) > used or line != line.rstrip()] == []
    assert sum(line.endswith(" calls") and len(line) == used for line in lines) == 2 * len(STEPS)


def test_each_step_says_what_was_done_what_came_back_and_what_it_cost() -> None:
    """In plain text, where there are no colours."""
    text = shown(step())

    assert " 1  Read the tiers                                                 ok  1/1 calls\n" in text
    assert "    >>> tiers = client.pricing.tiers()\n    3 tiers\n" in text
    assert "    >>> tiers = await client.pricing.tiers()\n    3 tiers\n" in text
    assert "\nwith CleanLife(server.api_key, base_url=server.base_url) as client:\n" in text
    assert "\nasync with AsyncCleanLife(server.api_key, base_url=server.base_url) as client:\n" in text
    assert "2 steps, 2 HTTP calls, " in text
    assert text.endswith(": everything as expected.\n")
    assert "\x1b" not in text


def test_a_failure_is_seen_without_colours() -> None:
    """With what should have come back, and the calls that were expected."""
    text = shown(step(holds=none_left), step(calls=3))

    assert "  FAILED  1/1 calls\n" in text
    assert "    Expected: three tiers\n" in text
    assert "  FAILED  0/3 calls\n" in text
    assert text.endswith(": 4 not as expected.\n")


def test_colours_add_nothing_but_colours() -> None:
    """They are there for those who like them."""
    assert "\x1b[32mok\x1b[0m" in shown(step(), colours=True)


def test_a_narrow_terminal_gets_everything_as_well() -> None:
    """Wrapped."""
    lines = shown(step(), width=30).splitlines()

    assert max(len(line) for line in lines) <= 30
    assert "1/1" in " ".join(lines)


def test_square_brackets_are_text() -> None:
    """And no markup."""
    assert "    [bold]3[/] of [red]\n" in shown(step(tell=lambda it: f"[bold]{len(it)}[/] of [red]"))


def test_a_machine_reads_one_document() -> None:
    """In ASCII, with all that is known of each step."""
    written: list[str] = []
    perform([step(), step(ask=failing, calls=0)], Document(written.append))
    (text,) = written
    document = json.loads(text)

    assert text.isascii()
    assert document["ok"] is False
    assert document["base_url"].startswith("http://127.0.0.1:")
    assert document["milliseconds"] > 0
    assert [entry["world"] for entry in document["steps"]] == ["CleanLife"] * 2 + ["AsyncCleanLife"] * 2
    good, bad = document["steps"][:2]
    assert good.pop("milliseconds") > 0
    assert good == {
        "world": "CleanLife",
        "name": "Read the tiers",
        "code": "tiers = client.pricing.tiers()",
        "result": "3 tiers",
        "complaint": "",
        "calls": 1,
        "expected_calls": 1,
        "ok": True,
    }
    assert (bad["ok"], bad["result"]) == (False, "RuntimeError: the line is cut")
