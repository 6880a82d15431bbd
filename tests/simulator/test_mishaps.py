"""Webhooks that come twice, late, in another order, or not at all."""

from typing import Any

import pytest
from attrs import evolve
from simulator.calling import EIGHT_O_CLOCK
from simulator.hooks import SUBSCRIPTIONS, Shop

from cleanlife_ext.simulator import Delivery, Mishaps, Simulator
from cleanlife_ext.simulator.webhooks.outbox import MOST_FINISHED


def shop_with(*answers: int, **shares: float) -> Shop:
    """A shop whose webhooks meet these mishaps."""
    shop = Shop(*answers, mishaps=Mishaps(**shares))
    shop.subscribe(events=("booking.created",))
    return shop


def ids(shop: Shop) -> list[str]:
    """The ids of what was made."""
    return [delivery.id for delivery in shop.simulator.deliveries]


def arrived(shop: Shop) -> list[str]:
    """The ids of what came, in its order."""
    return [body["deliveryId"] for body in shop.inbox.bodies]


def test_a_duplicate_is_sent_though_the_first_was_accepted() -> None:
    """The same id, signed anew; what comes of it changes nothing but the count."""
    shop = shop_with(200, 500, duplicate=1)
    shop.book()
    shop.advance(days=1)

    assert arrived(shop) == ids(shop) * 2
    assert (shop.delivery.status, shop.delivery.attempt_count) == ("DELIVERED", 2)
    assert (shop.delivery.status_code, shop.delivery.error) == (200, None)
    assert [attempt.error for attempt in shop.delivery.attempts] == [None, "HTTP 500"]


def test_only_what_was_accepted_is_duplicated() -> None:
    """A failure is repeated anyhow."""
    shop = shop_with(500, duplicate=1)
    shop.book()
    shop.advance(days=1)

    assert (shop.delivery.status, shop.delivery.attempt_count) == ("FAILED", 4)


def test_a_duplicate_is_not_sent_to_a_subscription_that_is_gone() -> None:
    """Nor does the delivery fail because of that."""
    shop = Shop(mishaps=Mishaps(duplicate=1))
    path = f"{SUBSCRIPTIONS}/{shop.subscribe(events=('booking.created',))['id']}"

    def unsubscribe(_request: object) -> int:
        shop.call.delete(path)
        return 200

    shop.inbox.answers[:] = [unsubscribe]
    shop.book()
    shop.advance(days=1)

    assert (shop.delivery.status, shop.delivery.attempt_count) == ("DELIVERED", 1)


def test_a_duplicate_of_what_is_no_longer_remembered_comes_to_nothing() -> None:
    """Ten thousand others came to their end meanwhile: before it left, or while it was on its way."""
    shop = shop_with(duplicate=1)
    finished = finished_one("other")

    def be_forgotten(_request: object) -> int:
        state = shop.simulator._api.state  # noqa: SLF001 - it would take 10,000 requests
        for number in range(MOST_FINISHED):
            state.deliveries[f"{number}"] = evolve(finished, id=f"{number}")
        return 200

    # Of the first one the duplicate is on its way.
    shop.inbox.answers[:] = [200, be_forgotten]
    shop.book()
    shop.settle()
    assert len(shop.inbox.got) == 2

    # Of the next one it waits behind what goes to another subscription.
    shop.subscribe(events=("booking.created",))
    shop.inbox.answers[:] = [200, be_forgotten, 200]
    shop.book()
    shop.settle()

    first, _, second, third, *_ = arrived(shop)
    assert not {first, second} & set(ids(shop))
    assert arrived(shop).count(second) == 1
    assert third in ids(shop)


def finished_one(name: str) -> Delivery:
    """A delivery that came to its end."""
    return Delivery(name, "partner", "subscription", "booking.created", EIGHT_O_CLOCK, "DELIVERED")


def test_a_delayed_delivery_leaves_late() -> None:
    """By half a minute, or as long as is asked for."""
    shop = shop_with(delay=1)
    shop.book()
    shop.simulator.mishaps = Mishaps(delay=1, delay_seconds=90)
    shop.book()

    shop.advance(seconds=29)
    assert arrived(shop) == []
    shop.advance(seconds=1)
    assert arrived(shop) == ids(shop)[:1]
    shop.advance(seconds=60)
    assert arrived(shop) == ids(shop)
    assert [(each.attempts[0].at - EIGHT_O_CLOCK).total_seconds() for each in shop.simulator.deliveries] == [30, 90]


def test_what_is_held_back_goes_after_the_next_one() -> None:
    """As soon as that has gone out."""
    shop = shop_with(reorder=1)
    shop.book()
    shop.settle()
    assert arrived(shop) == []

    shop.simulator.mishaps = Mishaps()
    shop.book()
    shop.settle()

    first, second = ids(shop)
    assert arrived(shop) == [second, first]
    assert {each.attempt_count for each in shop.simulator.deliveries} == {1}


def test_what_is_held_back_waits_a_minute_at_most() -> None:
    """Then it goes, next one or none, and is not sent again when one comes."""
    shop = shop_with(500, reorder=1)
    shop.book()
    shop.advance(seconds=59)
    assert arrived(shop) == []
    shop.advance(seconds=1)
    assert arrived(shop) == ids(shop)

    shop.simulator.mishaps = Mishaps()
    shop.book()
    shop.settle()

    assert arrived(shop) == ids(shop)
    assert shop.simulator.deliveries[0].next_retry_at is not None


def test_what_is_held_back_for_a_subscription_that_is_gone_fails() -> None:
    """Like everything else that waits for it."""
    shop = shop_with(reorder=1)
    shop.book()
    shop.call.delete(f"{SUBSCRIPTIONS}/{shop.simulator.subscriptions[0].id}")
    shop.advance(minutes=1)

    assert (shop.delivery.status, shop.delivery.error) == ("FAILED", "subscription was deleted")


def test_a_dropped_delivery_never_arrives() -> None:
    """Lost connections, on schedule, until it has failed; a retry by hand really leaves."""
    shop = shop_with(drop=1)
    shop.book()
    shop.advance(hours=1)

    assert arrived(shop) == []
    assert (shop.delivery.status, shop.delivery.attempt_count, shop.delivery.status_code) == ("FAILED", 4, None)
    assert shop.delivery.error == "connection lost"
    assert [(each.at - EIGHT_O_CLOCK).total_seconds() for each in shop.delivery.attempts] == [0, 60, 360, 2160]
    assert shop.delivery.attempts[0].signature

    shop.simulator.retry(shop.delivery.id)
    shop.settle()
    assert (shop.delivery.status, arrived(shop)) == ("DELIVERED", ids(shop))


def test_equal_seeds_make_equal_mishaps() -> None:
    """A share is about kept, and one share does not change whom another one meets."""
    some, same, more = (
        Shop(mishaps=Mishaps(**shares)) for shares in ({"drop": 0.3}, {"drop": 0.3}, {"drop": 0.3, "delay": 1})
    )
    fates = []
    for shop in (some, same, more):
        for _ in range(8):
            shop.subscribe()
        for _ in range(25):
            shop.book()
        fates.append([delivery.fate.is_dropped for delivery in shop.simulator.deliveries])

    assert fates[0] == fates[1] == fates[2]
    assert 40 < sum(fates[0]) < 80


def test_everything_can_go_wrong_at_once() -> None:
    """And still each delivery comes to an end."""
    shop = shop_with(duplicate=0.5, reorder=0.5, delay=0.5, drop=0.5)
    for _ in range(40):
        shop.book()
    shop.advance(days=1)

    assert {each.status for each in shop.simulator.deliveries} == {"DELIVERED", "FAILED"}


def test_a_reset_brings_the_mishaps_back_that_were_asked_for_first() -> None:
    """Like everything else."""
    shop = shop_with(drop=0.25)
    shop.simulator.mishaps = Mishaps(drop=1)
    assert shop.simulator.mishaps == Mishaps(drop=1)

    shop.simulator.reset()

    assert shop.simulator.mishaps == Mishaps(drop=0.25)


@pytest.mark.parametrize(
    ("shares", "wrong"),
    [
        ({"drop": 1.1}, "drop must be a number from 0 to 1, not 1.1"),
        ({"duplicate": -0.1}, "duplicate must be"),
        ({"reorder": float("nan")}, "reorder must be"),
        ({"delay": "often"}, "delay must be"),
        ({"drop": True}, "drop must be"),
        ({"delay_seconds": -1}, "delay_seconds must be"),
        ({"delay_seconds": float("inf")}, "delay_seconds must be"),
    ],
)
def test_a_share_that_is_none_is_refused(shares: dict[str, Any], wrong: str) -> None:
    """ValueError that names it."""
    with pytest.raises(ValueError, match=wrong):
        Mishaps(**shares)


def test_mishaps_are_mishaps(simulator: Simulator) -> None:
    """A mapping will not do."""
    with pytest.raises(ValueError, match=r"Mishaps\(duplicate=0\.1\)"):
        simulator.mishaps = {"drop": 1}  # type: ignore[assignment]
    with pytest.raises(ValueError, match="mishaps must be"):
        Simulator(mishaps=None)  # type: ignore[arg-type]
