"""The whole API as one function: a call goes in, an answer comes out.

call ─ route ─ (faults) ─ gate ─ permission ─ reading ─ (faults) ─ operation ─ envelope ─ (faults) ─ answer
                                                                       │
                                                                     state
"""

import datetime as dt
import logging
from collections import deque
from collections.abc import Callable, Mapping

from attrs import frozen

from cleanlife_ext.simulator import envelopes, gate, refusals, routes
from cleanlife_ext.simulator.calls import NO_ANSWER, Answer, Call
from cleanlife_ext.simulator.faults import Fault, Faults, striking
from cleanlife_ext.simulator.faults.kinds import DropBeforeCommit, Html, LateCommit, Place, Status
from cleanlife_ext.simulator.operations import PERFORM, Perform
from cleanlife_ext.simulator.reading import read
from cleanlife_ext.simulator.recording import RecordedRequest, recorded
from cleanlife_ext.simulator.routes import Match
from cleanlife_ext.simulator.state import State

log = logging.getLogger(__name__)
MOST_REQUESTS = 10_000


class PartnerApi:
    """Answers calls on a state, and writes down that it did."""

    def __init__(self, state: State, perform: Mapping[str, Perform] = PERFORM, faults: Faults | None = None) -> None:
        self.state = state
        self.requests: deque[RecordedRequest] = deque(maxlen=MOST_REQUESTS)
        self._perform = perform
        self._faults = Faults() if faults is None else faults

    def answer(self, call: Call) -> Answer:
        """The answer to *call*; whatever happens, there is one, though it may be one that never arrives."""
        request_id = call.headers.get("x-request-id") or self.state.ids.request_id()
        found, at = routes.find(call.method, call.path), self.state.now()
        struck: list[Fault] = []
        fault = self._strike(found, Place.NETWORK, struck)
        answer = self._instead(fault, call, found, request_id)
        if answer is None:
            answer = striking.mannered(self._done(call, found, request_id, struck), fault)
        self.requests.append(recorded(call, found, answer, request_id, at, struck))
        return answer

    def _instead(self, fault: Fault | None, call: Call, found: Match | None, request_id: str) -> Answer | None:
        """The answer to a call that is not done, or not done now."""
        match fault:
            case Status():
                return envelopes.labelled(envelopes.failure(striking.refusal(fault), request_id), request_id)
            case Html():
                return striking.page(fault)
            case DropBeforeCommit():
                return NO_ANSWER
            case LateCommit(seconds=seconds):
                late = LateCall(lambda: self._done(call, found, request_id, []))
                self.state.agenda.plan(self.state.now() + dt.timedelta(seconds=seconds), late)
                return NO_ANSWER
            case _:
                return None

    def _done(self, call: Call, found: Match | None, request_id: str, struck: list[Fault]) -> Answer:
        try:
            answer = envelopes.success(self._result(call, found, struck))
        except refusals.Refusal as refusal:
            answer = envelopes.failure(refusal, request_id)
        except Exception:
            # A mistake of ours: the log gets the story, the client the documented error.
            log.exception("cleanlife.simulator.mistake", extra={"path": call.path})
            answer = envelopes.failure(refusals.internal_error(), request_id)
        return envelopes.labelled(answer, request_id)

    def _result(self, call: Call, found: Match | None, struck: list[Fault]) -> object:
        key = gate.admit(call, self.state.keys, self.state.throttle, self.state.now())
        if found is None:
            raise routes.nothing_there(call.method, call.path)
        gate.check_permission(key, found.route.permission)
        ask = read(call, found, key.partner)
        fault = self._strike(found, Place.WORLD, struck)
        if fault is not None:
            striking.befall(fault, self.state, ask)
        return self._perform[found.route.operation_id](self.state, ask)

    def _strike(self, found: Match | None, place: Place, struck: list[Fault]) -> Fault | None:
        fault = None if found is None else self._faults.strike(found.route.operation_id, place)
        if fault is not None:
            struck.append(fault)
        return fault


@frozen(eq=False)
class LateCall:
    """A call that is still to be done, though nobody waits for its answer any more."""

    perform: Callable[[], object]

    def happen(self, state: State) -> None:  # noqa: ARG002 - it knows its state
        """Do it, if it still can be done."""
        self.perform()
