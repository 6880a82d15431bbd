"""The whole API as one function: a call goes in, an answer comes out.

front ─ gate ─ permission ─ reading ─ (faults) ─ operation ─ envelope
                                                    │
                                                  state
"""

import json
from collections.abc import Callable, Mapping
from functools import partial

from cleanlife_ext.simulator import envelopes, gate, refusals, routes
from cleanlife_ext.simulator.calls import Answer, Ask, Call
from cleanlife_ext.simulator.faults import Faults, striking
from cleanlife_ext.simulator.faults.kinds import Place
from cleanlife_ext.simulator.front import Arrived, Front
from cleanlife_ext.simulator.idempotency import KeyStore, Made, ReusedKeyError, Scope
from cleanlife_ext.simulator.operations import PERFORM, Perform
from cleanlife_ext.simulator.reading import read
from cleanlife_ext.simulator.state import State

# Planned by the vendor, and to be switched on: the one operation with keys, and their header.
CREATION, KEY_HEADER = "createBooking", "idempotency-key"


class PartnerApi(Front[State]):
    """Answers calls on a state, and writes down that it did."""

    def __init__(self, state: State, perform: Mapping[str, Perform] = PERFORM, faults: Faults | None = None) -> None:
        super().__init__(state, routes.TABLE, faults)
        self._perform = perform

    def _request_id(self, call: Call) -> str:
        return call.headers.get("x-request-id") or self.state.ids.request_id()

    def _code_of(self, status: int, arrived: Arrived) -> str:  # noqa: ARG002 - the same for all operations
        return refusals.code_of(status)

    def _refused(self, refusal: refusals.Refusal, arrived: Arrived) -> Answer:
        return envelopes.labelled(envelopes.failure(refusal, arrived.request_id), arrived.request_id)

    def _result(self, arrived: Arrived) -> Answer:
        return envelopes.labelled(envelopes.success(self._performed(arrived)), arrived.request_id)

    def _performed(self, arrived: Arrived) -> object:
        call, found = arrived.call, arrived.match
        key = gate.admit(call, self.state.keys, self.state.throttle, self.state.now())
        if found is None:
            raise routes.nothing_there(call.method, call.path)
        gate.check_permission(key, found.route.permission)
        ask = read(call, found, key.partner)
        fault = self.strike(arrived, Place.WORLD)
        if fault is not None:
            striking.befall(fault, self.state, ask)
        perform = partial(self._perform[found.route.operation_id], self.state, ask)
        sent_key = call.headers.get(KEY_HEADER)
        if self.state.answered is None or sent_key is None or found.route.operation_id != CREATION:
            return perform()
        return _once(self.state.answered, (ask.partner.id, call.path, sent_key), ask, perform)


def _once(answered: KeyStore[object], scope: Scope, ask: Ask, perform: Callable[[], object]) -> object:
    """What *perform* gave first, under the same key. What was found wrong before keeps no key."""
    payload = json.dumps(ask.body, sort_keys=True).encode()
    try:
        return answered.once(scope, payload, lambda: Made("", perform()))
    except ReusedKeyError:
        raise refusals.idempotency_conflict() from None
