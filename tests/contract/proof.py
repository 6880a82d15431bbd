"""The simulator keeps what `spec/cleanlife.yaml` says, as far as Schemathesis can tell: run by `nox -s contract`."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pytest
from conformance import OPERATIONS
from contract.run import Outcome, Witness, run, spec
from contract.walk import links, walk
from simulator.calling import Caller

from cleanlife_ext.simulator import Simulator
from cleanlife_ext.simulator.calls import Ask
from cleanlife_ext.simulator.operations import PERFORM
from cleanlife_ext.simulator.partners import Key
from cleanlife_ext.simulator.refusals import Refusal
from cleanlife_ext.simulator.slots import WINDOWS
from cleanlife_ext.simulator.state import State
from cleanlife_ext.simulator.times import RIYADH
from cleanlife_ext.simulator.webhooks import EVENTS

NOW = dt.datetime(2026, 6, 13, 8, tzinfo=RIYADH)
SUNDAY = dt.date(2026, 6, 14)
FEWEST = 5  # successes without which an operation is not believed to work


@pytest.fixture
def witness() -> Witness:
    """Nothing seen yet."""
    return Witness()


@pytest.fixture(params=["PARTNER", "CLEANOS"])
def simulator(request: pytest.FixtureRequest, witness: Witness) -> Simulator:
    """One of each kind of account, whose webhooks nobody accepts."""
    return Simulator(payment_responsibility=request.param, now=lambda: NOW, examine=witness, receive=witness.refuses)


def prepare(simulator: Simulator, bookings: int = 1) -> None:
    """Let a few things have happened already: contacts, bookings, and deliveries that failed."""
    call = Caller(simulator.answer, simulator.api_key)
    assert call.post("/webhooks/subscriptions", url="https://hooks.invalid/", events=EVENTS).data
    contacts = [call.post("/contacts", phone=f"+96650000000{number}", name="Sara").data["id"] for number in range(5)]
    for place in range(bookings):
        slot = WINDOWS[place % len(WINDOWS)]
        booked = call.post(
            "/bookings",
            contactId=contacts[0],
            addressId=simulator.addresses[0].id,
            serviceId=simulator.services[0].id,
            date=(SUNDAY + dt.timedelta(weeks=place)).isoformat(),
            timeslot={"startAt": slot.start_at, "endAt": slot.end_at},
            externalReference=f"ORDER-{place}",
        )
        assert booked.data
    simulator.clock.advance(hours=1)


def cannot_succeed(simulator: Simulator) -> set[str]:
    """Where CleanLife collects, there is no payment to confirm."""
    is_partner = simulator._api.state.keys[simulator.api_key].partner.payment_responsibility == "PARTNER"  # noqa: SLF001
    return set() if is_partner else {"confirmPayment"}


def test_no_call_is_a_violation(
    simulator: Simulator, witness: Witness, tmp_path: Path, seed: int, max_examples: int
) -> None:
    """All checks, all operations; and each operation succeeds often enough to be believed."""
    prepare(simulator, bookings=50)
    keys = [simulator.api_key, simulator.add_key()]

    outcome = run(simulator, tmp_path, keys=keys, seed=seed, max_examples=max_examples)

    tell(outcome, witness)
    assert outcome.exit_code == 0
    assert witness.wrong == []
    assert {name for name in OPERATIONS if witness.succeeded(name) < FEWEST} == cannot_succeed(simulator)


def test_no_chain_of_calls_is_a_violation(
    simulator: Simulator, witness: Witness, tmp_path: Path, seed: int, max_examples: int
) -> None:
    """Along the links of the spec, each of which is followed."""
    followed = walk(simulator, prepare, tmp_path, seed=seed, scenarios=max_examples)

    sys.stdout.writelines(f"{times:6} {link}\n" for link, times in followed.most_common())
    sys.stdout.write(f"{sum(witness.counts.values())} answers and webhooks\n")
    missed = links(spec()) - set(followed)
    assert witness.wrong == []
    assert {link for link in missed if "confirm-payment ->" not in link or not cannot_succeed(simulator)} == set()


def test_a_key_without_permissions_is_refused_as_documented(
    simulator: Simulator, witness: Witness, tmp_path: Path, seed: int
) -> None:
    """401 without a key and 403 with it, whatever is asked; nothing else."""
    outcome = run(simulator, tmp_path, keys=[simulator.add_key(permissions=[])], seed=seed, max_examples=10)

    assert outcome.exit_code == 0, outcome.report
    assert witness.wrong == []
    assert {status for name, status in witness.counts if name is not None} == {401, 403}


class AnyKey(dict[str, Key]):
    """Whatever is shown passes for the key."""

    def get(self, _text: object, _default: object = None) -> Key:
        return next(iter(self.values()))


def ill_mannered(_state: State, _ask: Ask) -> object:
    """Not what was agreed."""
    raise Refusal(418, "TEAPOT", "Short and stout")


def test_a_promise_that_is_broken_is_noticed(tmp_path: Path, seed: int) -> None:
    """A proof that cannot fail is none."""
    witness = Witness()
    simulator = Simulator(now=lambda: NOW, examine=witness, receive=witness.refuses)
    prepare(simulator)
    simulator._api.state.keys = AnyKey(simulator._api.state.keys)  # noqa: SLF001
    broken = {"listServices": ill_mannered, "listPricingTiers": lambda _state, _ask: [{"id": 7}]}
    simulator._api._perform = {**PERFORM, **broken}  # noqa: SLF001

    outcome = run(simulator, tmp_path, keys=[simulator.api_key], seed=seed, max_examples=5)

    assert outcome.exit_code == 1
    for finding in ("Undocumented status code", "Response violates schema", "accepts invalid authentication"):
        assert finding in outcome.report
    assert {wrong.partition(" ")[0] for wrong in witness.wrong} == set(broken)


def tell(outcome: Outcome, witness: Witness) -> None:
    """For people who want to see more than a dot."""
    sys.stdout.write(f"{outcome.report}\n{sum(witness.counts.values())} answers and webhooks\n")
    for name in OPERATIONS:
        asked, succeeded = witness.asked(name), witness.succeeded(name)
        sys.stdout.write(f"{name:26} {asked:6} calls {succeeded / max(asked, 1):6.0%} succeeded\n")
