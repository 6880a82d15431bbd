"""The whole API as one function: a call goes in, an answer comes out.

front ─ gate ─ permission ─ reading ─ (faults) ─ operation ─ envelope
                                                    │
                                                  state
"""

from collections.abc import Mapping

from cleanlife_ext.simulator import envelopes, gate, refusals, routes
from cleanlife_ext.simulator.calls import Answer, Call
from cleanlife_ext.simulator.faults import Faults, striking
from cleanlife_ext.simulator.faults.kinds import Place
from cleanlife_ext.simulator.front import Arrived, Front
from cleanlife_ext.simulator.operations import PERFORM, Perform
from cleanlife_ext.simulator.reading import read
from cleanlife_ext.simulator.state import State


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
        return self._perform[found.route.operation_id](self.state, ask)
