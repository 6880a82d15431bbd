"""The simulator's time, and what it takes to move it."""

import datetime as dt
from typing import Any

import pytest
from simulator.calling import EIGHT_O_CLOCK, Clock
from simulator.hooks import Shop

from cleanlife_ext.simulator import Simulator
from cleanlife_ext.simulator.agenda import Agenda
from cleanlife_ext.simulator.clock import Time
from cleanlife_ext.simulator.lifecycle import Step

HOUR = dt.timedelta(hours=1)


def test_it_is_the_given_time_until_it_is_advanced(clock: Clock) -> None:
    """And as much later from then on."""
    simulator = Simulator(now=clock)
    assert simulator.clock.now() == EIGHT_O_CLOCK

    simulator.clock.advance(days=1, hours=2, minutes=3, seconds=4.5)
    later = EIGHT_O_CLOCK + dt.timedelta(days=1, hours=2, minutes=3, seconds=4.5)
    assert simulator.clock.now() == later

    clock.advance(hours=1)
    assert simulator.clock.now() == later + HOUR


def test_the_real_clock_can_be_advanced_too() -> None:
    """It goes on from there."""
    simulator = Simulator()
    before = simulator.clock.now()

    simulator.clock.advance(hours=3)

    assert simulator.clock.now() - before >= 3 * HOUR
    assert simulator.clock.now() > simulator.clock.now() - HOUR


def test_the_whole_simulator_lives_in_that_time() -> None:
    """What is made is dated by it."""
    shop = Shop()
    shop.advance(hours=1)

    assert shop.booking(shop.book()).created_at == EIGHT_O_CLOCK + HOUR


def test_a_reset_puts_the_clock_back() -> None:
    """To the base clock's time."""
    shop = Shop()
    shop.advance(hours=1)

    shop.simulator.reset()

    assert shop.simulator.clock.now() == EIGHT_O_CLOCK


@pytest.mark.parametrize(
    ("duration", "wrong"),
    [
        ({}, "say how far"),
        ({"hours": -1}, "hours must be a number from 0 to 87672"),
        ({"hours": 1, "minutes": -1}, "minutes must be"),
        ({"hours": float("nan")}, "hours must be"),
        ({"days": float("inf")}, "days must be a number from 0 to 3653"),
        ({"seconds": 10**400}, "seconds must be"),
        ({"hours": "3"}, "hours must be"),
        ({"hours": None}, "hours must be"),
        ({"hours": True}, "hours must be"),
        ({"weeks": 1}, "'weeks' is no unit of time; use days, hours, minutes, seconds"),
        ({"days": 3654}, "days must be"),
        ({"days": 3653, "seconds": 1}, "at most ten years in one step"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(simulator: Simulator, duration: dict[str, Any], wrong: str) -> None:
    """ValueError that names what is wrong, and the clock stays where it is."""
    with pytest.raises(ValueError, match=wrong):
        simulator.clock.advance(**duration)

    assert simulator.clock.now() == EIGHT_O_CLOCK


def test_time_ends_with_the_year_9000() -> None:
    """Before any date of a booking would be none."""
    simulator = Simulator(now=lambda: dt.datetime(8995, 1, 1, tzinfo=dt.UTC))

    with pytest.raises(ValueError, match=r"beyond the year 9000; simulator\.reset\(\)"):
        simulator.clock.advance(days=3653)


def test_a_time_without_a_zone_is_refused() -> None:
    """At once, and with a way out."""
    with pytest.raises(ValueError, match=r"with a zone; .*timezone\.utc"):
        Simulator(now=dt.datetime.now)


def test_a_clock_shows_nothing_in_its_repr(simulator: Simulator) -> None:
    """Short enough for a notebook."""
    assert repr(simulator.clock) == "Clock()"


def test_time_that_stood_still_never_goes_back() -> None:
    """If the base clock has come further meanwhile, it goes on from there."""
    base = Clock()
    time = Time(base)
    time.hold()
    base.advance(hours=2)
    assert time.now() == EIGHT_O_CLOCK

    time.go_on()
    assert time.now() == EIGHT_O_CLOCK + 2 * HOUR
    time.go_on()
    assert time.now() == EIGHT_O_CLOCK + 2 * HOUR


def test_time_is_held_no_earlier_than_it_is() -> None:
    """The moment of what is late is now."""
    time = Time(Clock())

    assert time.hold(EIGHT_O_CLOCK - HOUR) == EIGHT_O_CLOCK
    assert time.hold(EIGHT_O_CLOCK + HOUR) == EIGHT_O_CLOCK + HOUR


def test_an_agenda_is_in_the_order_of_time_and_then_of_planning() -> None:
    """And what is planned anew is planned once."""
    agenda = Agenda()
    first, second, third = (Step("partner", name, "failed") for name in ("first", "second", "third"))
    agenda.plan(EIGHT_O_CLOCK + HOUR, second)
    agenda.plan(EIGHT_O_CLOCK + HOUR, third)
    agenda.plan(EIGHT_O_CLOCK + 2 * HOUR, first)
    agenda.plan(EIGHT_O_CLOCK, first)

    assert first in agenda
    assert agenda.next_at() == EIGHT_O_CLOCK
    assert agenda.take(EIGHT_O_CLOCK) == first
    assert agenda.take(EIGHT_O_CLOCK) is None
    assert [agenda.take(EIGHT_O_CLOCK + 3 * HOUR) for _ in range(3)] == [second, third, None]
    assert first not in agenda
    assert agenda.next_at() is None


def test_what_is_forgotten_does_not_happen() -> None:
    """Nor does it hurt to forget what was never planned."""
    agenda = Agenda()
    step = Step("partner", "booking", "failed")
    agenda.forget(step)
    agenda.plan(EIGHT_O_CLOCK, step)
    agenda.forget(step)

    assert agenda.next_at() is None


def test_an_agenda_does_not_grow_by_changes_of_mind() -> None:
    """A million of them need no more memory than a few."""
    agenda = Agenda()
    kept, moved = Step("partner", "kept", "failed"), Step("partner", "moved", "failed")
    agenda.plan(EIGHT_O_CLOCK, kept)
    for number in range(5000):
        agenda.plan(EIGHT_O_CLOCK + number * HOUR, moved)

    assert len(agenda._heap) < 1100  # noqa: SLF001 - the memory is what this is about
    assert agenda.take(EIGHT_O_CLOCK) == kept
    assert agenda.take(EIGHT_O_CLOCK + 4998 * HOUR) is None
    assert agenda.take(EIGHT_O_CLOCK + 4999 * HOUR) == moved
