"""What stands before both simulated APIs: faults strike here, and every request is written down.

call ─ match ─ (faults) ─ the API ─ (faults) ─ answer

Each API says how its requests are named, how one is done, and how it says that it has failed.
"""

import datetime as dt
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import evolve, field, frozen

from cleanlife_ext.simulator.calls import NO_ANSWER, Answer, Call
from cleanlife_ext.simulator.faults import Fault, Faults, striking
from cleanlife_ext.simulator.faults.kinds import DropBeforeCommit, FailAfterCommit, Html, LateCommit, Place, Status
from cleanlife_ext.simulator.ground import Ground
from cleanlife_ext.simulator.recording import RecordedRequest, recorded
from cleanlife_ext.simulator.refusals import Refusal
from cleanlife_ext.simulator.routes import Match, Table

log = logging.getLogger(__name__)
MOST_REQUESTS = 10_000
StateT = TypeVar("StateT", bound=Ground)


@frozen
class Arrived:
    """A call, the id that it has here, the operation that it means, and the faults that have struck it."""

    call: Call
    request_id: str
    match: Match | None
    struck: list[Fault] = field(factory=list[Fault])

    @property
    def operation_id(self) -> str | None:
        """The operation's id, if one is meant."""
        return None if self.match is None else self.match.route.operation_id


class Front(ABC, Generic[StateT]):
    """Answers calls on a state, as far as *faults* let it, and writes down that it did."""

    def __init__(self, state: StateT, table: Table, faults: Faults | None) -> None:
        self.state = state
        self.requests: deque[RecordedRequest] = deque(maxlen=MOST_REQUESTS)
        self._table = table
        self._faults = Faults(table.operations) if faults is None else faults

    def answer(self, call: Call) -> Answer:
        """The answer to *call*; whatever happens, there is one, though it may be one that never arrives."""
        arrived = Arrived(call, self._request_id(call), self._table.find(call.method, call.path))
        at = self.state.now()
        fault = self.strike(arrived, Place.NETWORK)
        answer = self._instead(fault, arrived)
        if answer is None:
            answer = self._handed_over(self._done(arrived), fault, arrived)
        self.requests.append(recorded(call, arrived.operation_id, answer, arrived.request_id, at, arrived.struck))
        return answer

    def strike(self, arrived: Arrived, place: Place) -> Fault | None:
        """The fault that strikes the call at this place, if any; it is remembered of the call."""
        fault = None if arrived.operation_id is None else self._faults.strike(arrived.operation_id, place)
        if fault is not None:
            arrived.struck.append(fault)
        return fault

    @abstractmethod
    def _request_id(self, call: Call) -> str:
        """The id under which this call is remembered."""

    @abstractmethod
    def _result(self, arrived: Arrived) -> Answer:
        """Do what is asked for; a `Refusal` leaves where that is not possible."""

    @abstractmethod
    def _refused(self, refusal: Refusal, arrived: Arrived) -> Answer:
        """*refusal*, as the API says it."""

    @abstractmethod
    def _code_of(self, status: int, arrived: Arrived) -> str:
        """The code that errors of this status have."""

    def _done(self, arrived: Arrived) -> Answer:
        try:
            return self._result(arrived)
        except Refusal as refusal:
            return self._refused(refusal, arrived)
        except Exception:
            # A mistake of ours: the log gets the story, the client the documented error.
            log.exception("cleanlife.simulator.mistake", extra={"path": arrived.call.path})
            return self._refused(Refusal(500, self._code_of(500, arrived), "Internal server error"), arrived)

    def _instead(self, fault: Fault | None, arrived: Arrived) -> Answer | None:
        """The answer to a call that is not done, or not done now."""
        match fault:
            case Status() | Html():
                return self._said(fault, arrived)
            case DropBeforeCommit():
                return NO_ANSWER
            case LateCommit(seconds=seconds):
                late = LateCall(lambda: self._done(evolve(arrived, struck=[])))
                self.state.agenda.plan(self.state.now() + dt.timedelta(seconds=seconds), late)
                return NO_ANSWER
            case _:
                return None

    def _said(self, fault: Status | Html, arrived: Arrived) -> Answer:
        if isinstance(fault, Html):
            return striking.page(fault)
        refusal = striking.refusal(fault, self._code_of(fault.code, arrived), self.state.now())
        answer = self._refused(refusal, arrived)
        return evolve(answer, is_empty=True) if fault.empty else answer

    def _handed_over(self, answer: Answer, fault: Fault | None, arrived: Arrived) -> Answer:
        if isinstance(fault, FailAfterCommit):
            return self._said(fault.answer, arrived)
        return striking.mannered(answer, fault)


@frozen(eq=False)
class LateCall:
    """A call that is still to be done, though nobody waits for its answer any more."""

    perform: Callable[[], object]

    def happen(self, state: Ground) -> None:  # noqa: ARG002 - it knows its state
        """Do it, if it still can be done."""
        self.perform()
