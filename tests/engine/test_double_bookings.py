"""Never two bookings for one order, and what is said of a booking is true: on any schedule of faults that was tried.

`PROOF_STEPS=100000 pytest tests/engine/test_double_bookings.py -s` tries so many, and says what they came to.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from proof.bookings import URL, Bookings, DoubleBookingError, Figures, Lines, Plan, Said
from proof.naive import NaiveClient, a_new_reference, no_reference
from proof.office import Blow, OfficeClock
from proof.stage import Stage

from cleanlife_ext import CleanLifeError
from cleanlife_ext.simulator import faults
from cleanlife_ext.simulator.faults.kinds import LateCommit
from cleanlife_ext.simulator.transport import InProcess

STEPS = int(os.environ.get("PROOF_STEPS", "250"))
STEPS_EACH = 25  # In one office; then another one opens.
STEPS_AT_ONCE = 2500  # What Hypothesis remembers of a run grows with it.


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(autouse=True)
def _silence(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "stamina")  # A line a retry would be kept, for as long as a proof takes.


def trying(steps: int, each: int = STEPS_EACH) -> settings:
    """About as many *steps*, so many *each* office."""
    return settings(
        max_examples=-(-steps // each),
        stateful_step_count=each,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        database=None,
    )


def test_no_schedule_of_faults_makes_two_bookings_or_a_lie(stage: Stage) -> None:
    """Up to three callers at once, of both worlds, on one reference or several; late arrivals, failing lookups."""
    figures = Figures()

    while figures.steps < STEPS:
        run_state_machine_as_test(
            lambda: Bookings(stage, figures), settings=trying(min(STEPS - figures.steps, STEPS_AT_ONCE))
        )

    print(f"\n{figures}")  # noqa: T201  # What a proof came to.
    assert figures.calls["create: done"] > STEPS / 50
    assert figures.calls["create: OutcomeUnknownError"] > STEPS / 50
    assert figures.calls["create: DuplicateExternalReferenceError"] > 0


class NotUnique(Bookings):
    """An office whose constraint on references has failed. Nothing arrives late; each call has its own reference."""

    unique = False

    def befall(self, operation: str, coming: Sequence[Blow]) -> None:
        super().befall(operation, [blow for blow in coming if not isinstance(blow, LateCommit)])

    def reference(self, plan: Plan) -> str | None:
        return super().reference(plan) and f"ORDER-{len(self.said)}"


def test_where_references_are_not_unique_looking_alone_makes_no_second_booking(stage: Stage) -> None:
    """What the vendor's constraint is needed for is what arrives late, or comes from another caller; for no more."""
    figures = Figures()

    run_state_machine_as_test(lambda: NotUnique(stage, figures), settings=trying(STEPS // 5))

    assert figures.calls["create: done"] > STEPS / 250


class Naive(Bookings):
    """Callers who make bookings, with a naive client; only whether there are two is looked at."""

    refer: Callable[[str | None], dict[str, str]]

    def new_client(self, *, is_async: bool) -> Any:  # noqa: ARG002
        lines = Lines(self.stage, InProcess(self.office.answer, OfficeClock(self.office, self.stage.pause)))
        http = httpx.Client(base_url=URL, transport=lines, headers={"x-api-key": self.office.key}, timeout=30)
        return NaiveClient(http, self.refer)

    def call(self, place: int, plan: Plan) -> Callable[[], None] | None:
        return super().call(place, attrs.evolve(plan, kind="create", is_async=False))

    def make(self, place: int, said: Said, ask: Callable[[], Any]) -> None:
        with suppress(CleanLifeError):
            said.answer = self.result(place, said.plan, ask)


@pytest.mark.parametrize("refer", [a_new_reference, no_reference])
def test_a_naive_retry_loop_makes_two_bookings_and_the_shortest_way_there_is_one_lost_answer(
    stage: Stage, refer: Callable[[str | None], dict[str, str]]
) -> None:
    """The same machine, so that it is known to find what it looks for."""
    last: list[Naive] = []

    def naive() -> Naive:
        last[:] = [Naive(stage)]
        last[0].refer = refer
        return last[0]

    found = settings(trying(200, each=2), phases=[Phase.generate, Phase.shrink])  # To explain it takes as long again.
    with pytest.raises(DoubleBookingError, match="one call made 2 bookings"):
        run_state_machine_as_test(naive, settings=found)

    assert last[0].office.struck == [faults.drop_after_commit()]
    assert last[0].office.requests == 2


LATE, FULL = faults.late_commit(400), faults.fill_slot()


@pytest.mark.parametrize(
    ("kind", "blows"),
    [
        ("create", [LATE, FULL]),
        ("create", [LATE, faults.status(422, "BOOKING_CREATION_FAILED"), FULL]),
        ("create", [LATE] * 4),
        ("create", [LATE, faults.status(401)]),
        ("create", [LATE, None]),
        ("update", [LATE] * 4),
        ("cancel", [LATE] * 4),
        ("confirm", [LATE, faults.status(401)]),
    ],
)
def test_what_arrives_after_the_last_word_does_not_make_it_a_lie(stage: Stage, kind: str, blows: list[Blow]) -> None:
    """Schedules that chance alone finds too seldom: the slot was full, other customers leave, and then it arrives."""
    machine = Bookings(stage)
    if kind != "create":
        schedule(machine, "create", [])

    schedule(machine, kind, blows)

    machine.office.others_leave()
    machine.all_lands()
    machine.teardown()


def schedule(machine: Bookings, kind: str, blows: list[Blow]) -> None:
    """One call alone, and what befalls it."""
    creations, writes = (blows, []) if kind == "create" else ([], blows)
    machine.act(
        plans=[Plan(kind)],
        order=0,
        shared=False,
        creations=creations,
        writes=writes,
        looks=[],
        reads=[],
        passes=0,
        others=False,
    )
