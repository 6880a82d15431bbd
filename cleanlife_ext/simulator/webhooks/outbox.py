"""All deliveries that are remembered, found without walking through all of them."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator

from attrs import frozen

from cleanlife_ext.simulator.webhooks.values import Delivery

MOST_FINISHED = 10_000
_Drawer = tuple[str, str | None, str | None]


@frozen
class Search:
    """A partner's deliveries, newest first; None is no filter."""

    partner_id: str
    subscription_id: str | None = None
    status: str | None = None
    offset: int = 0
    limit: int = 20


class Outbox:
    """Deliveries by their id; those that are pending, and the last 10,000 that came to their end."""

    def __init__(self) -> None:
        self._deliveries: dict[str, Delivery] = {}
        self._finished: dict[str, None] = {}  # In the order in which they came to their end.
        # Numbers stand for deliveries in the drawers. They grow with time.
        self._numbers: dict[str, int] = {}
        self._ids: dict[int, str] = {}
        self._drawers: defaultdict[_Drawer, list[int]] = defaultdict(list)
        self._made = 0

    def get(self, delivery_id: str) -> Delivery | None:
        """The delivery with this id."""
        return self._deliveries.get(delivery_id)

    def values(self) -> Iterator[Delivery]:
        """Every delivery, oldest first."""
        return iter(self._deliveries.values())

    def newest(self) -> Iterator[Delivery]:
        """Every delivery, newest first."""
        return reversed(self._deliveries.values())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._deliveries)

    def __setitem__(self, delivery_id: str, delivery: Delivery) -> None:
        """Keep *delivery*, in place of what was known of it before."""
        before = self._deliveries.get(delivery_id)
        if before is None:
            self._made += 1
            self._numbers[delivery_id], self._ids[self._made] = self._made, delivery_id
        else:
            self._take_out(before)
        self._deliveries[delivery_id] = delivery
        for drawer in _drawers(delivery):
            insort(self._drawers[drawer], self._numbers[delivery_id])
        self._finished.pop(delivery_id, None)
        if delivery.status != "PENDING":
            self._finished[delivery_id] = None
            self._forget_the_oldest()

    def search(self, search: Search) -> tuple[int, list[Delivery]]:
        """How many deliveries were found in all, and those of the page."""
        numbers = self._drawers.get((search.partner_id, search.subscription_id, search.status), [])
        stop = max(len(numbers) - search.offset, 0)
        page = numbers[max(stop - search.limit, 0) : stop][::-1]
        return len(numbers), [self._deliveries[self._ids[number]] for number in page]

    def _forget_the_oldest(self) -> None:
        if len(self._finished) > MOST_FINISHED:
            oldest = next(iter(self._finished))
            del self._finished[oldest]
            self._take_out(self._deliveries.pop(oldest))
            del self._ids[self._numbers.pop(oldest)]

    def _take_out(self, delivery: Delivery) -> None:
        number = self._numbers[delivery.id]
        for drawer in _drawers(delivery):
            numbers = self._drawers[drawer]
            del numbers[bisect_left(numbers, number)]
            if not numbers:
                del self._drawers[drawer]


def _drawers(delivery: Delivery) -> list[_Drawer]:
    partner, subscription, status = delivery.partner_id, delivery.subscription_id, delivery.status
    return [
        (partner, None, None),
        (partner, subscription, None),
        (partner, None, status),
        (partner, subscription, status),
    ]
