"""The table of states: what leads where, and what does not."""

from __future__ import annotations

from itertools import product

from cleanlife_ext.ledger.states import FINAL, OPEN, TRANSITIONS, Event, State, as_mermaid, sources


def test_every_state_is_open_or_final() -> None:
    """And there is a way to each, and a way on from each that is open."""
    assert {*OPEN, *FINAL} == set(State)
    assert not OPEN & FINAL
    assert set(TRANSITIONS.values()) == set(State)
    assert {state for state, _ in TRANSITIONS} >= {None, *OPEN}


def test_what_was_made_stays_made() -> None:
    """Nothing leads away from it; a rejection is left for a new claim alone."""
    assert [event for event in Event if (State.CREATED, event) in TRANSITIONS] == []
    assert [event for event in Event if (State.REJECTED, event) in TRANSITIONS] == [Event.CLAIM]


def test_nothing_is_in_the_ledger_before_it_is_claimed() -> None:
    """Whatever else happens to it."""
    assert [event for event in Event if (None, event) in TRANSITIONS] == [Event.CLAIM]


def test_what_may_have_gone_out_is_never_taken_as_not_sent() -> None:
    """From there a claim leads back to being sent, and no event to being pending."""
    for state, event in product((State.SENT, State.UNKNOWN), Event):
        assert TRANSITIONS.get((state, event)) is not State.PENDING


def test_only_what_is_sent_gets_an_answer_or_is_lost() -> None:
    """But that it was made is recorded by whoever learns of it."""
    assert sources(Event.LOST) == (State.SENT,)
    assert set(sources(Event.ANSWERED)) == OPEN
    assert sources(Event.REFUSED) == sources(Event.SENDING) == (State.PENDING, State.SENT)


def test_the_picture_shows_every_transition() -> None:
    """Each on a line of its own, with the beginning and the ends."""
    picture = as_mermaid().splitlines()

    assert picture[0] == "stateDiagram-v2"
    assert "    [*] --> PENDING: claim" in picture
    assert "    SENT --> UNKNOWN: lost" in picture
    assert picture[-2:] == ["    CREATED --> [*]", "    REJECTED --> [*]"]
    assert len(picture) == 1 + len(TRANSITIONS) + len(FINAL)
