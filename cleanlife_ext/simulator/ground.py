"""What both simulated APIs stand on: time, ids, what is planned, and the webhooks on their way."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection

from cleanlife_ext.simulator.agenda import Agenda
from cleanlife_ext.simulator.ids import Ids
from cleanlife_ext.simulator.throttle import Throttle
from cleanlife_ext.simulator.webhooks.mishaps import HeldBack, Mishaps
from cleanlife_ext.simulator.webhooks.outbox import Outbox
from cleanlife_ext.simulator.webhooks.terms import Terms
from cleanlife_ext.simulator.webhooks.values import Delivery, WebhookRequest


class Ground(ABC):
    """The part of a state that is the same for every API.

    *terms*: how deliveries are tried. *served*: hosts and ports on which the simulator itself listens.
    """

    def __init__(
        self,
        ids: Ids,
        now: Callable[[], dt.datetime],
        terms: Terms,
        *,
        allow_http: bool,
        mishaps: Mishaps,
        served: Collection[tuple[str, int]],
    ) -> None:
        self.ids = ids
        self.now = now
        self.terms = terms
        self.agenda = Agenda()
        self.allow_http = allow_http
        self.mishaps = mishaps
        self.luck = ids.luck()
        self.served = served
        self.throttle = Throttle()
        self.deliveries = Outbox()
        self.held_back = HeldBack()

    @abstractmethod
    def outgoing(self, delivery: Delivery) -> WebhookRequest | str:
        """What is sent of *delivery* now, or why nothing is."""
