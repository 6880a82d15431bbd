"""What every simulator has: a way in, a clock, faults, and a memory of what was asked and sent."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import Any, Generic, TypeVar

from starlette.types import ASGIApp

from cleanlife_ext.simulator import locks
from cleanlife_ext.simulator.app import app
from cleanlife_ext.simulator.calls import Answer, Call
from cleanlife_ext.simulator.clock import Clock, Time
from cleanlife_ext.simulator.faults import Faults
from cleanlife_ext.simulator.faults.kinds import Place
from cleanlife_ext.simulator.front import Front
from cleanlife_ext.simulator.recording import RecordedRequest
from cleanlife_ext.simulator.runner import Runner
from cleanlife_ext.simulator.times import utc_now
from cleanlife_ext.simulator.transport import InProcess
from cleanlife_ext.simulator.webhooks import Delivery, Mishaps
from cleanlife_ext.simulator.webhooks.mishaps import checked_mishaps
from cleanlife_ext.simulator.webhooks.sending import HttpSender, InProcessSender, Receive, Sender

Api = TypeVar("Api", bound=Front[Any])
Examine = Callable[[RecordedRequest, Answer], None]


class BaseSimulator(ABC, Generic[Api]):
    """An API on this machine, with a memory; which one, those who inherit say.

    *sender*: takes webhooks to where they are wanted, unless *receive* gets them.
    """

    def __init__(
        self,
        operations: Collection[str],
        sender: HttpSender,
        *,
        places: Collection[Place],
        seed: int,
        now: Callable[[], dt.datetime],
        examine: Examine | None,
        receive: Receive | None,
        mishaps: Mishaps,
    ) -> None:
        self._seed = seed
        self._examine = examine
        self._mishaps = checked_mishaps(mishaps)
        self._time = Time(now)
        self._served: set[tuple[str, int]] = set()
        self._lock = locks.lock()  # Guards everything below; no await happens while it is held.
        self._faults = Faults(operations, seed, self._lock, places=places)
        self._api = self._fresh()
        sending: Sender = sender if receive is None else InProcessSender(receive)
        self._runner = Runner(self._api.state, self._time, self._lock, sending, is_live=now is utc_now)
        self._clock = Clock(self._time, self._runner.advance)

    @property
    def app(self) -> ASGIApp:
        """The API as an ASGI application, for those who bring a server or none."""
        # Made anew each time, here and below: kept, it would hold its owner, which then were gone at some later time.
        return app(self.answer)

    @property
    def transport(self) -> InProcess:
        """The API without a socket: what both clients take as ``transport=``, with any address as their base URL."""
        return InProcess(self.answer)

    @property
    def faults(self) -> Faults:
        """What is to go wrong; see `cleanlife_ext.simulator.faults`."""
        return self._faults

    @property
    def clock(self) -> Clock:
        """The time, which can be advanced."""
        return self._clock

    @property
    def mishaps(self) -> Mishaps:
        """What happens to webhooks on their way; set it, and it holds for those that are made from then on."""
        mishaps: Mishaps = self._api.state.mishaps
        return mishaps

    @mishaps.setter
    def mishaps(self, value: Mishaps) -> None:
        with self._lock:
            self._api.state.mishaps = checked_mishaps(value)

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The last 10,000 requests, oldest first."""
        with self._lock:
            return tuple(self._api.requests)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Webhook deliveries, oldest first: those that are pending, and the last 10,000 that came to their end."""
        with self._lock:
            return tuple(self._api.state.deliveries.values())

    def answer(self, call: Call) -> Answer:
        """The answer to one call, without any HTTP around it; its *manner* says what would become of it there."""
        with self._lock:
            answer = self._api.answer(call)
            if self._examine is not None and not answer.manner.is_dropped:
                self._examine(self._api.requests[-1], answer)
            return answer

    def settle(self) -> None:
        """Wait until everything that is due now has happened, and every webhook that is due was sent.

        What that leads to is waited for too; retries that come later are not.
        """
        self._runner.settle()

    def reset(self) -> None:
        """Back to the seed data: the first credentials stay; further ones, faults and the request log are gone.

        So is the time that was advanced, and everything that was about to happen or on its way.
        """
        with self._lock:
            self._time.reset()
            self._faults.reset()
            self._api = self._fresh()
            self._runner.attend(self._api.state)

    @abstractmethod
    def _fresh(self) -> Api:
        """The API as it is at the beginning."""
