"""What may go wrong on the way to a receiver, so that it can be tried."""

import datetime as dt
import random
from typing import Any

from attrs import Attribute, field, frozen

_MOST_SECONDS = 365 * 24 * 3600
LONGEST_HOLD = dt.timedelta(minutes=1)


def _number(most: float) -> Any:
    def check(_owner: object, attribute: "Attribute[float]", value: float) -> None:
        # A number that is none fails the comparison too.
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            message = f"{attribute.name} must be a number from 0 to {most:g}, not {str(value)[:50]}"
            raise ValueError(message)

    return check


@frozen(kw_only=True)
class Mishaps:
    """Shares of deliveries, from 0 to 1, to which something happens; one delivery may meet several.

    *duplicate*: sent a second time, with the same id, although it was accepted. *reorder*: held back until the next
    one of the same subscription, which is not held back itself, has gone out; at most a minute. *delay*: leave
    *delay_seconds* late. *drop*: never arrive; all attempts fail as lost connections, only a retry by hand really
    leaves.
    """

    duplicate: float = field(default=0, validator=_number(1))
    reorder: float = field(default=0, validator=_number(1))
    delay: float = field(default=0, validator=_number(1))
    drop: float = field(default=0, validator=_number(1))
    delay_seconds: float = field(default=30, validator=_number(_MOST_SECONDS))


NO_MISHAPS = Mishaps()


def checked_mishaps(value: Mishaps) -> Mishaps:
    """*value*, if it is what it has to be."""
    if not isinstance(value, Mishaps):
        raise ValueError("mishaps must be a Mishaps, for example Mishaps(duplicate=0.1)")  # noqa: TRY004
    return value


@frozen
class Fate:
    """What is going to happen to one delivery."""

    is_duplicated: bool = False
    is_held_back: bool = False
    is_dropped: bool = False
    delay: dt.timedelta = dt.timedelta(0)


UNHARMED = Fate()


def drawn(mishaps: Mishaps, source: random.Random) -> Fate:
    """The fate of the next delivery.

    Each takes as many numbers from *source* as any other, so that a share that is changed leaves the others alone.
    """
    duplicate, reorder, delay, drop = (source.random() for _ in range(4))
    return Fate(
        is_duplicated=duplicate < mishaps.duplicate,
        is_held_back=reorder < mishaps.reorder,
        is_dropped=drop < mishaps.drop,
        delay=dt.timedelta(seconds=mishaps.delay_seconds if delay < mishaps.delay else 0),
    )


class HeldBack:
    """Deliveries that wait until the next one of their subscription has gone out."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._behind: dict[str, str] = {}

    def may_hold(self, subscription_id: str) -> bool:
        """Whether nobody waits for the next one yet: if all were held back, none would be out of order."""
        return subscription_id not in self._waiting

    def hold(self, subscription_id: str, delivery_id: str) -> None:
        """Let this one wait for the next."""
        self._waiting[subscription_id] = delivery_id

    def follow(self, subscription_id: str, delivery_id: str) -> None:
        """This is the next one, if one waits."""
        if (waiting := self._waiting.pop(subscription_id, None)) is not None:
            self._behind[delivery_id] = waiting

    def released_by(self, subscription_id: str, delivery_id: str) -> str | None:
        """The one that has waited for this one, which has gone out, and no longer waits itself."""
        if self._waiting.get(subscription_id) == delivery_id:
            self.forget(subscription_id)
        return self._behind.pop(delivery_id, None)

    def forget(self, subscription_id: str) -> None:
        """Nothing comes next: the subscription is gone."""
        self._waiting.pop(subscription_id, None)
