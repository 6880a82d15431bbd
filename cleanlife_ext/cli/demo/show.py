"""The demo for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from cleanlife_ext.cli.demo import words
from cleanlife_ext.cli.demo.run import Outcome, Scene
from cleanlife_ext.cli.demo.spelling import prompted

__all__ = ["Screen"]

WIDEST = 100  # Columns; further apart, the eye loses the line.
INDENT = 4


class Screen:
    """Prints each step as it is taken. Nothing depends on colours."""

    def __init__(self, console: Console) -> None:
        console.width = min(console.width, WIDEST)
        self._console = console
        self._world = ""
        self._number = 0

    def begins(self, scene: Scene) -> None:
        self._console.print(
            Text.assemble(
                (f"The CleanLife Partner API, simulated at {scene.base_url}", "bold"),
                f"\n\naddress  {scene.address.name}",
                f"\nday      {words.day(scene.day)}",
                "\n\nOn the right: the HTTP calls that the simulator saw / that were expected.",
            )
        )

    def follows(self, outcome: Outcome) -> None:
        if outcome.world != self._world:
            self._enter(outcome.world)
        self._number += 1
        self._console.print()
        self._console.print(_headline(self._number, outcome, self._console.width))
        self._indented(prompted(outcome.code), "cyan")
        self._indented(outcome.result)
        if outcome.complaint:
            self._indented(f"Expected: {outcome.complaint}", "red")

    def ends(self, outcomes: Sequence[Outcome], *, ok: bool, seconds: float) -> None:
        self._console.print()
        self._console.print(Rule(style="dim"))
        self._console.print(_summary(outcomes, ok=ok, seconds=seconds))

    def _enter(self, world: str) -> None:
        self._world, self._number = world, 0
        spelling = "async with" if world.startswith("Async") else "with"
        self._console.print()
        self._console.print(Rule(Text(world, "bold"), align="left", style="dim"))
        self._console.print(f"{spelling} {world}(server.api_key, base_url=server.base_url) as client:", style="cyan")

    def _indented(self, text: str, style: str = "") -> None:
        # Not a Padding, which would fill each line with spaces to its end, for whoever copies or compares it.
        for line in Text(text, style).wrap(self._console, max(self._console.width - INDENT, 1)):
            line.rstrip()
            self._console.print(Text(" " * INDENT).append_text(line), soft_wrap=True)


def _headline(number: int, outcome: Outcome, width: int) -> Text:
    title, calls = f"{number:>2}  {outcome.name}", f"  {outcome.calls}/{outcome.expected_calls} calls"
    verdict, style = ("ok", "green") if outcome.ok else ("FAILED", "bold red")
    gap = " " * max(width - len(title + calls + verdict), 2)
    return Text.assemble((title, "bold"), gap, (verdict, style), calls)


def _summary(outcomes: Sequence[Outcome], *, ok: bool, seconds: float) -> Text:
    calls = sum(outcome.calls for outcome in outcomes)
    done = f"{len(outcomes)} steps, {calls} HTTP calls, {seconds:.1f} s: "
    if ok:
        return Text.assemble(done, ("everything as expected.", "green"))
    failed = sum(not outcome.ok for outcome in outcomes)
    return Text.assemble(done, (f"{failed} not as expected.", "bold red"))
