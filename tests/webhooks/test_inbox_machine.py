"""Deliveries come in, several take them up, some die: nothing is lost, and each booking is told in its order."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from webhooks.arriving import NOW, booking_of, came

from cleanlife_ext.webhooks import Inbox, InboxEntry, State
from cleanlife_ext.webhooks.inbox.claim import Claim, LostError
from cleanlife_ext.webhooks.inbox.states import OPEN, TRANSITIONS

LEASE = 60.0
STEPS = {(before, after) for (before, _), after in TRANSITIONS.items() if before is not None}
Place = tuple[float, int]  # When it happened, and as the how-manieth it came in.


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.inbox = Inbox(f"sqlite:///{Path(self.folder.name) / 'webhooks.db'}")
        self.now = NOW
        self.claims: list[Claim] = []
        self.places: dict[str, tuple[int | None, Place]] = {}
        self.rows: dict[str, InboxEntry] = {}

    def teardown(self) -> None:
        self.inbox.close()
        self.folder.cleanup()

    # What happens.

    @rule(number=st.integers(0, 11), booking=st.sampled_from([None, 1, 1, 2]), at=st.sampled_from([0, 1, 2, 5, 4000]))
    def arrive(self, number: int, booking: int | None, at: int) -> None:
        id = f"d{number}"
        before = self.rows.get(id)
        assert self.inbox.deliveries.accept(*came(id, booking, at=at), self.now) == before
        if before is None:
            self.places[id] = (booking, (at, len(self.places)))
            # One that was purged and comes again is another, behind all that are there.
            self.places[id] = (booking, (at, max(place[1] for _, place in self.places.values()) + 1))

    @rule()
    def claim(self) -> None:
        claim = self.inbox.deliveries.next(self.now, self.now + LEASE)
        free = [id for id in self.rows if self.may_be_taken(id)]
        if claim is None:
            assert free == []
        else:
            assert claim.entry.delivery_id in free
            assert claim.entry.attempts == self.rows[claim.entry.delivery_id].attempts + 1
            self.claims.append(claim)
        self.rows_go_the_ways_of_the_table()

    @precondition(lambda self: self.rows)
    @rule(which=st.integers(0, 11))
    def take(self, which: int) -> None:
        id = sorted(self.rows)[which % len(self.rows)]
        row = self.rows[id]
        claim = self.inbox.deliveries.take(id, self.now, self.now + LEASE)
        assert (claim is not None) == (row.state is State.WAITING or self.is_left(row))
        if claim is not None:
            self.claims.append(claim)
        self.rows_go_the_ways_of_the_table()

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 3), how=st.sampled_from(["done", "done", "failed", "given up", "died"]))
    def end(self, which: int, how: str) -> None:
        claim = self.claims.pop(which % len(self.claims))
        row = self.rows.get(claim.entry.delivery_id)
        is_mine = row is not None and row.state is State.PROCESSING and row.attempts == claim.entry.attempts
        try:
            if how == "done":
                self.inbox.deliveries.done(claim, self.now)
            elif how == "failed":
                self.inbox.deliveries.failed(claim, "no", self.now + 30)
            elif how == "given up":
                self.inbox.deliveries.given_up(claim, "no", self.now)
        except LostError:
            assert not is_mine
        else:
            assert is_mine or how == "died"
        self.rows_go_the_ways_of_the_table()

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 3))
    def renew(self, which: int) -> None:
        claim = self.claims[which % len(self.claims)]
        row = self.rows.get(claim.entry.delivery_id)
        is_mine = row is not None and row.state is State.PROCESSING and row.attempts == claim.entry.attempts
        assert self.inbox.deliveries.renew(claim, self.now + LEASE) == is_mine

    @rule(seconds=st.sampled_from([1, 29, 30, 60, 600]))
    def passes(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def revive(self) -> None:
        dead = [id for id, row in self.rows.items() if row.state is State.DEAD]
        self.claims = [claim for claim in self.claims if claim.entry.delivery_id not in dead]
        assert self.inbox.retry_dead() == len(dead)
        self.rows_go_the_ways_of_the_table()

    @rule(older=st.sampled_from([0.0, 30.0]))
    def purge(self, older: float) -> None:
        before = self.now - older
        gone = [
            id
            for id, row in self.rows.items()
            if row.state is State.DONE and row.ended_at is not None and row.ended_at.timestamp() < before
        ]
        assert self.inbox.deliveries.purge(before) == len(gone)
        for id in gone:
            del self.rows[id]
        self.claims = [claim for claim in self.claims if claim.entry.delivery_id not in gone]

    # What may happen.

    def is_left(self, row: InboxEntry) -> bool:
        return row.state is State.PROCESSING and row.due.timestamp() <= self.now

    def may_be_taken(self, id: str) -> bool:
        """By the rules, as one would tell them."""
        row, (booking, place) = self.rows[id], self.places[id]
        if row.state not in OPEN or row.due.timestamp() > self.now:
            return False
        others = [other for other in self.rows if other != id and self.places[other][0] == booking is not None]
        is_behind = any(self.rows[other].state in OPEN and self.places[other][1] < place for other in others)
        is_busy = any(
            self.rows[other].state is State.PROCESSING and not self.is_left(self.rows[other]) for other in others
        )
        return not is_behind and not is_busy

    # What always holds.

    @invariant()
    def rows_go_the_ways_of_the_table(self) -> None:
        found = {entry.delivery_id: entry for entry in self.inbox.entries()}
        assert set(found) >= set(self.rows)
        for id, after in found.items():
            before = self.rows.get(id)
            assert before is None or before.state is after.state or (before.state, after.state) in STEPS
            assert after.booking_id == ("" if self.places[id][0] is None else booking_of(self.places[id][0] or 0))
        self.rows = found

    @invariant()
    def they_are_counted(self) -> None:
        counts = self.inbox.counts()
        assert all(counts[state] == sum(row.state is state for row in self.rows.values()) for state in State)


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=int(os.environ.get("PROOF_INBOX", "20")), stateful_step_count=40, deadline=None
)
