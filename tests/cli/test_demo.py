"""The demo: what is expected of it, and that it notices when something is not."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
from typing import Any

import pytest
from cli.taking import Listener, any_at_all, failing, none_left, step, tiers

from cleanlife_ext.cli.demo import asking, words
from cleanlife_ext.cli.demo.run import perform, visiting_day
from cleanlife_ext.cli.demo.spelling import prompted, spelled
from cleanlife_ext.cli.demo.steps import STEPS

WORLDS = ("CleanLife", "AsyncCleanLife")


@pytest.fixture(scope="module")
def whole() -> Listener:
    """Somebody who has listened to the whole demo."""
    listener = Listener()
    perform(STEPS, listener)
    return listener


def test_everything_goes_as_expected_in_both_worlds(whole: Listener) -> None:
    """Every step, with its result and its number of calls."""
    assert [outcome for outcome in whole.outcomes if not outcome.ok] == []
    assert whole.ok
    told = [(outcome.world, outcome.name) for outcome in whole.outcomes]
    assert told == [(world, step.title) for world in WORLDS for step in STEPS]


def test_the_worlds_differ_by_await_alone(whole: Listener) -> None:
    """Results and calls are the same, but for the ids of requests."""
    half = len(STEPS)

    for ours, theirs in zip(whole.outcomes[:half], whole.outcomes[half:], strict=True):
        assert theirs.code.replace("await ", "") == ours.code
        assert ("await " in theirs.code) == ("client." in theirs.code)
        assert theirs.calls == ours.calls
        assert theirs.result.partition("request id")[0] == ours.result.partition("request id")[0]


def test_each_line_is_python_and_fits_a_terminal_of_80_columns(whole: Listener) -> None:
    """With its indentation and its prompt; titles leave room for the calls."""
    for outcome in whole.outcomes:
        compile(outcome.code, outcome.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        assert max(len(line) for line in prompted(outcome.code).splitlines()) <= 76
        assert len(outcome.name) <= 56


def test_every_line_of_the_flow_is_a_step() -> None:
    """In the order in which they are written, and none twice."""
    assert [step.ask for step in STEPS] == [ask for ask in vars(asking).values() if inspect.isfunction(ask)]


def test_errors_are_shown_as_python_shows_them(whole: Listener) -> None:
    """With the class to catch, the API's code, and the id to quote."""
    results = {outcome.name: outcome.result for outcome in whole.outcomes}
    duplicate = results["Book it again: refused, and the first one is looked up"]
    missing = results["Ask for a booking that does not exist"]
    refused = results["Ask for the price of 25 hours: nothing is even sent"]

    assert duplicate.startswith("cleanlife_ext.DuplicateExternalReferenceError: createBooking: 409 ")
    assert missing.startswith("cleanlife_ext.NotFoundError: getBookingStatus: 404 ")
    assert "request id " in missing
    assert refused.startswith("ValueError: ")


def test_the_demo_shows_no_personal_data_that_came_back(whole: Listener) -> None:
    """Sara's name and number stand in the line that sends them, and nowhere else."""
    assert not any("Sara" in outcome.result or "+966" in outcome.result for outcome in whole.outcomes)


@pytest.mark.parametrize(
    ("wrong", "result", "complaint"),
    [
        ({"calls": 2}, "3 tiers", ""),
        ({"holds": none_left}, "3 tiers", "three tiers"),
        ({"raises": ValueError}, "no error", "three tiers"),
    ],
)
def test_a_step_fails_by_its_calls_or_its_result_and_the_next_one_is_taken(
    wrong: dict[str, Any], result: str, complaint: str, listener: Listener
) -> None:
    """Since there is something to build on."""
    assert not perform([step(**wrong), step(calls=0)], listener)

    bad, good = listener.outcomes[:2]
    assert (bad.result, bad.complaint, bad.ok) == (result, complaint, False)
    assert good.ok
    assert len(listener.outcomes) == 4
    assert listener.ok is False


@pytest.mark.parametrize(
    ("wrong", "result"),
    [
        ({"ask": failing}, "RuntimeError: the line is cut"),
        ({"ask": failing, "raises": ValueError}, "RuntimeError: the line is cut"),
        ({"tell": lambda it: it.nonsense}, "AttributeError: 'list' object has no attribute 'nonsense'"),
    ],
)
def test_a_step_without_a_result_ends_its_world(wrong: dict[str, Any], result: str, listener: Listener) -> None:
    """The other one is entered all the same."""
    assert not perform([step(**wrong), step()], listener)

    assert [(outcome.world, outcome.result, outcome.complaint) for outcome in listener.outcomes] == [
        (world, result, "three tiers") for world in WORLDS
    ]


def test_an_expected_error_is_a_result(listener: Listener) -> None:
    """It is told, and later steps may look at it."""
    steps = [
        step(ask=failing, raises=RuntimeError, calls=0, tell=words.error, holds=any_at_all),
        step(holds=lambda it, failing: len(it) == 3 and isinstance(failing, RuntimeError)),
    ]

    assert perform(steps, listener)
    assert [outcome.result for outcome in listener.outcomes] == ["RuntimeError: the line is cut", "3 tiers"] * 2


def test_one_world_alone_is_not_enough(listener: Listener) -> None:
    """A step that is never reached is not as expected."""
    assert not perform([step(), step(ask=failing, calls=0), step(calls=0)], listener)
    assert len(listener.outcomes) == 4


@pytest.mark.parametrize("today", [dt.date(2026, 6, day) for day in range(1, 9)])
def test_the_visit_is_on_a_sunday_of_which_nothing_is_gone(today: dt.date) -> None:
    """Two to eight days ahead."""
    day = visiting_day(today)

    assert day.strftime("%A") == "Sunday"
    assert 2 <= (day - today).days <= 8


def test_a_line_is_spelled_as_users_write_it() -> None:
    """The name of the result, the world's `await`, and neither for an error that nobody keeps."""
    assert spelled(tiers, named=True, awaited=True) == "tiers = await client.pricing.tiers()"
    assert spelled(tiers, named=False, awaited=False) == "client.pricing.tiers()"


def test_a_prompt_tells_where_a_statement_begins() -> None:
    """As in Python's own."""
    assert prompted("a = 1\nb = f(\n    a\n)") == ">>> a = 1\n>>> b = f(\n...     a\n... )"
