"""Measure several ways of doing the same, in turns, so that what disturbs one disturbs all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

import attrs

__all__ = ["Figures", "Took", "in_turns"]


@attrs.frozen
class Took:
    """Seconds of a call: by the clock, and of this process's CPU."""

    wall: float
    cpu: float


@attrs.frozen
class Figures:
    """What each subject took, round by round. All that is told of it are medians."""

    rounds: Mapping[str, list[Took]]

    def cpu(self, name: str) -> float:
        """CPU seconds of a call."""
        return median(took.cpu for took in self.rounds[name])

    def wall(self, name: str) -> float:
        """Seconds of a call."""
        return median(took.wall for took in self.rounds[name])

    def cpu_ratio(self, one: str, other: str) -> float:
        """How many times the other's CPU time *one* takes, in the same round."""
        return median(a.cpu / b.cpu for a, b in zip(self.rounds[one], self.rounds[other], strict=True))

    def rate_ratio(self, one: str, other: str) -> float:
        """How many times the other's calls a second *one* makes, in the same round."""
        return median(b.wall / a.wall for a, b in zip(self.rounds[one], self.rounds[other], strict=True))

    def spelled(self) -> dict[str, dict[str, float]]:
        """The medians, for JSON."""
        return {name: {"wall": self.wall(name), "cpu": self.cpu(name)} for name in self.rounds}


def in_turns(subjects: Mapping[str, Callable[[int], object]], *, calls: int, rounds: int) -> Figures:
    """Let every subject make so many *calls* in each of so many *rounds*, after some for nothing."""
    seen: dict[str, list[Took]] = {name: [] for name in subjects}
    for subject in subjects.values():
        subject(calls)
    for number in range(rounds):
        names = list(subjects)
        for name in names if number % 2 else reversed(names):  # Nobody always comes after the same one.
            seen[name].append(_timed(subjects[name], calls))
    return Figures(seen)


def _timed(subject: Callable[[int], object], calls: int) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    subject(calls)
    return Took((time.perf_counter() - wall) / calls, (time.process_time() - cpu) / calls)
