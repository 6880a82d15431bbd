"""The whole API as one function: a call goes in, an answer comes out.

call ─ gate ─ route ─ permission ─ reading ─ operation ─ envelope ─ answer
                                                │
                                              state
"""

import logging
from collections import deque
from collections.abc import Mapping

from cleanlife_ext.simulator import envelopes, gate, refusals, routes
from cleanlife_ext.simulator.calls import Answer, Call
from cleanlife_ext.simulator.operations import PERFORM, Perform
from cleanlife_ext.simulator.reading import read
from cleanlife_ext.simulator.recording import RecordedRequest, recorded
from cleanlife_ext.simulator.routes import Match
from cleanlife_ext.simulator.state import State

log = logging.getLogger(__name__)
MOST_REQUESTS = 10_000


class PartnerApi:
    """Answers calls on a state, and writes down that it did."""

    def __init__(self, state: State, perform: Mapping[str, Perform] = PERFORM) -> None:
        self.state = state
        self.requests: deque[RecordedRequest] = deque(maxlen=MOST_REQUESTS)
        self._perform = perform

    def answer(self, call: Call) -> Answer:
        """The answer to *call*; whatever happens, there is one."""
        request_id = call.headers.get("x-request-id") or self.state.ids.request_id()
        match = routes.find(call.method, call.path)
        try:
            answer = envelopes.success(self._result(call, match))
        except refusals.Refusal as refusal:
            answer = envelopes.failure(refusal, request_id)
        except Exception:
            # A mistake of ours: the log gets the story, the client the documented error.
            log.exception("cleanlife.simulator.mistake", extra={"path": call.path})
            answer = envelopes.failure(refusals.internal_error(), request_id)
        self.requests.append(recorded(call, match, answer.status, request_id))
        return envelopes.labelled(answer, request_id)

    def _result(self, call: Call, match: Match | None) -> object:
        key = gate.admit(call, self.state.keys, self.state.throttle, self.state.now())
        if match is None:
            raise routes.nothing_there(call.method, call.path)
        gate.check_permission(key, match.route.permission)
        return self._perform[match.route.operation_id](self.state, read(call, match, key.partner))
