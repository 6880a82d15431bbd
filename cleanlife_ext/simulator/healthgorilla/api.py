"""The whole API as one function: a call goes in, an answer comes out.

front ─ size ─┬─ (getToken) oauth
              └─ token ─ rate ─ scope ─ reading ─ operation
"""

from attrs import evolve
from healthgorilla_traits import OPERATIONS

from cleanlife_ext.simulator import routes
from cleanlife_ext.simulator.calls import Answer, Call
from cleanlife_ext.simulator.faults import Faults
from cleanlife_ext.simulator.front import Arrived, Front
from cleanlife_ext.simulator.healthgorilla import gate, oauth, outcomes
from cleanlife_ext.simulator.healthgorilla.operations import PERFORM
from cleanlife_ext.simulator.healthgorilla.reading import read
from cleanlife_ext.simulator.healthgorilla.state import State
from cleanlife_ext.simulator.refusals import Refusal

TABLE = routes.table(OPERATIONS)
TOKEN = "getToken"  # noqa: S105 - the operation's name


class HealthGorillaApi(Front[State]):
    """Answers calls on a state, and writes down that it did."""

    def __init__(self, state: State, faults: Faults | None = None) -> None:
        super().__init__(state, TABLE, faults)

    def _request_id(self, call: Call) -> str:  # noqa: ARG002 - each has one of its own, also those that are repeated
        return self.state.ids.request_id()

    def _code_of(self, status: int, arrived: Arrived) -> str:
        return outcomes.token_code_of(status) if arrived.operation_id == TOKEN else outcomes.code_of(status)

    def _refused(self, refusal: Refusal, arrived: Arrived) -> Answer:
        if arrived.operation_id == TOKEN:
            return _labelled(outcomes.token_refused(refusal), arrived)
        answer = outcomes.refused(refusal)
        if isinstance(refusal, outcomes.KeyConflict) and self.state.settings.conflict_body == "empty":
            answer = outcomes.emptied(answer)
        return _labelled(answer, arrived)

    def _result(self, arrived: Arrived) -> Answer:
        return _labelled(self._performed(arrived), arrived)

    def _performed(self, arrived: Arrived) -> Answer:
        call, found, state = arrived.call, arrived.match, self.state
        gate.check_size(call)
        if found is not None and found.route.operation_id == TOKEN:
            return oauth.get_token(state, call)
        token = gate.admit(call, state)
        if found is None:
            allowed = TABLE.methods(call.path)
            raise outcomes.wrong_method(call.method, call.path, allowed) if allowed else outcomes.not_found("The path")
        rate = gate.count(state, token.client, found.route.operation_id)
        gate.check_scope(token, found.route.permission)
        answer = PERFORM[found.route.operation_id](state, read(call, found, token.client))
        return evolve(answer, headers={**answer.headers, **rate})


def _labelled(answer: Answer, arrived: Arrived) -> Answer:
    """*answer* with the ids of its request."""
    headers = {**answer.headers, "X-Hg-Request-Id": arrived.request_id}
    sent = arrived.call.headers.get("x-request-id")
    if sent:
        headers |= {"X-Request-Id": sent, "X-Correlation-Id": f"{sent}:{arrived.request_id}"}
    return evolve(answer, headers=headers)
