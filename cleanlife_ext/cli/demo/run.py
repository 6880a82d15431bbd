"""Take the steps, once with each client. The only place of the demo that knows whether one awaits."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import attrs

from cleanlife_ext.cli.demo import words
from cleanlife_ext.cli.demo.receiver import Receiver
from cleanlife_ext.cli.demo.spelling import spelled
from cleanlife_ext.cli.demo.steps import Step, by_name
from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.simulator import Address, Server, Simulator
from cleanlife_ext.simulator.times import RIYADH

__all__ = ["Audience", "Outcome", "Scene", "perform", "visiting_day"]


@attrs.frozen
class Scene:
    """Where the demo plays, and what its steps may use from the beginning."""

    base_url: str
    address: Address
    day: dt.date
    simulator: Simulator
    receiver: Receiver


@attrs.frozen
class Outcome:
    """What became of a step.

    Attributes:
        world: The client's class.
        name: What was done.
        code: The Python that did it, as one writes it in this world.
        result: What came back, in words.
        complaint: What should have come back instead, `""` if nothing.
        calls: How many HTTP calls the simulator saw.
    """

    world: str
    name: str
    code: str
    result: str
    complaint: str
    calls: int
    expected_calls: int
    milliseconds: float

    @property
    def ok(self) -> bool:
        """Whether the result and the number of calls are as expected."""
        return not self.complaint and self.calls == self.expected_calls


class Audience(Protocol):
    """Whoever is told."""

    def begins(self, scene: Scene) -> None:
        """The simulator runs."""
        ...

    def follows(self, outcome: Outcome) -> None:
        """A step was taken."""
        ...

    def ends(self, outcomes: Sequence[Outcome], *, ok: bool, seconds: float) -> None:
        """No step is left, or none can be taken."""
        ...


def perform(steps: Sequence[Step], audience: Audience) -> bool:
    """Take *steps* with both clients, and say whether everything went as expected."""
    began = time.perf_counter()
    simulator = Simulator(allow_http=True)  # For the receiver is on this machine.
    outcomes: list[Outcome] = []
    with simulator.serve() as server, Receiver() as receiver:
        today = dt.datetime.now(RIYADH).date()
        scene = Scene(server.base_url, simulator.addresses[0], visiting_day(today), simulator, receiver)
        audience.begins(scene)
        for world, take in (("CleanLife", _synchronously), ("AsyncCleanLife", _asynchronously)):
            simulator.reset()  # Both find the same world, in which nothing is booked.
            receiver.clear()
            walk = _Walk(world, steps, scene, lambda: len(simulator.requests), audience)
            take(server, walk)
            outcomes += walk.outcomes
    ok = len(outcomes) == 2 * len(steps) and all(outcome.ok for outcome in outcomes)
    audience.ends(outcomes, ok=ok, seconds=time.perf_counter() - began)
    return ok


def visiting_day(today: dt.date) -> dt.date:
    """The next Sunday but today and tomorrow: all its slots are free, whenever the demo is run."""
    earliest = today + dt.timedelta(days=2)
    return earliest + dt.timedelta(days=6 - earliest.weekday())


@attrs.define
class _Taken:
    """A step being taken: the value, or the error, that it came to."""

    value: Any = None
    raised: Exception | None = None
    is_awaited: bool = False


class _Walk:
    """The way through the steps in one world; how they are called is left to the driver."""

    def __init__(
        self, world: str, steps: Sequence[Step], scene: Scene, count: Callable[[], int], audience: Audience
    ) -> None:
        self.outcomes: list[Outcome] = []
        self._world, self._steps, self._count, self._audience = world, steps, count, audience
        self._known: dict[str, Any] = attrs.asdict(scene, recurse=False)
        self._is_lost = False

    def steps(self, client: object) -> Iterator[Step]:
        """The steps, until one brings nothing that the others could build on."""
        self._known["client"] = client
        for step in self._steps:
            if self._is_lost:
                break
            yield step

    def ask(self, step: Step) -> Any:
        return by_name(step.ask, self._known)

    @contextmanager
    def taking(self, step: Step) -> Generator[_Taken, None, None]:
        """Measure and judge what happens inside, whatever it is."""
        taken, calls, began = _Taken(), self._count(), time.perf_counter()
        try:
            yield taken
        except Exception as error:  # noqa: BLE001 - Whatever it is, it is what came back.
            taken.raised = error
        seconds, calls = time.perf_counter() - began, self._count() - calls
        result, complaint = self._judged(step, taken)
        outcome = Outcome(
            world=self._world,
            name=step.title,
            code=spelled(step.ask, named=step.raises is None, awaited=taken.is_awaited),
            result=result,
            complaint=complaint,
            calls=calls,
            expected_calls=step.calls,
            milliseconds=round(1000 * seconds, 1),
        )
        self.outcomes.append(outcome)
        self._audience.follows(outcome)

    def _judged(self, step: Step, taken: _Taken) -> tuple[str, str]:
        """What came back, and what should have come back instead, if anything."""
        if taken.raised is not None and not isinstance(taken.raised, step.raises or ()):
            self._is_lost = True
            return words.error(taken.raised), step.expected
        if taken.raised is None and step.raises is not None:
            return "no error", step.expected
        self._known[step.name] = came = taken.value if taken.raised is None else taken.raised
        try:
            told, holds = by_name(step.tell, self._known, came), by_name(step.holds, self._known, came)
        except Exception as error:  # noqa: BLE001 - What came is not even of the right kind.
            self._is_lost = True
            return words.error(error), step.expected
        return told, "" if holds else step.expected


def _synchronously(server: Server, walk: _Walk) -> None:
    with CleanLife(server.api_key, base_url=server.base_url) as client:
        for step in walk.steps(client):
            with walk.taking(step) as taken:
                taken.value = walk.ask(step)


def _asynchronously(server: Server, walk: _Walk) -> None:
    async def take() -> None:
        async with AsyncCleanLife(server.api_key, base_url=server.base_url) as client:
            for step in walk.steps(client):
                with walk.taking(step) as taken:
                    asked = walk.ask(step)
                    taken.is_awaited = inspect.isawaitable(asked)
                    taken.value = await asked if taken.is_awaited else asked

    asyncio.run(take())
