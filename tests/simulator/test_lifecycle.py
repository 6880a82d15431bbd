"""Bookings move on: by time, by the customer, by the team, by CleanLife."""

import datetime as dt
from itertools import pairwise

import pytest
from simulator.calling import EIGHT_O_CLOCK, EVENING, MISSING_ID, MONDAY, SATURDAY, SUNDAY
from simulator.hooks import Shop

FORWARD = ["Scheduled", "Dispatched", "In Progress", "Completed"]


@pytest.fixture
def shop() -> Shop:
    """A shop that collects the money itself, and hears of everything."""
    shop = Shop()
    shop.subscribe()
    return shop


@pytest.fixture
def cleanos() -> Shop:
    """A shop for which CleanLife collects."""
    shop = Shop(payment_responsibility="CLEANOS")
    shop.subscribe()
    return shop


def status_of(shop: Shop, booking_id: str) -> tuple[str, str, str | None]:
    """Of the booking, of its payment, of its appointment."""
    booking = shop.booking(booking_id)
    return booking.status, booking.payment_status, booking.appointment and booking.appointment.status


def test_an_appointment_moves_on_with_time(shop: Shop) -> None:
    """Dispatched an hour before the visit, In Progress when it begins, Completed when it ends."""
    booking = shop.book()  # On Sunday, 09:00 to 12:00; it is Saturday, 08:00.

    seen = []
    for hours in (23, 1, 1, 3):
        shop.advance(hours=hours - 1 / 3600)
        seen.append(status_of(shop, booking)[2])
        shop.advance(seconds=1)
        seen.append(status_of(shop, booking)[2])

    # At 07:00 nothing; 08:00, 09:00 and 12:00 are exact to the second.
    assert seen == ["Scheduled", "Scheduled", *(each for step in range(3) for each in FORWARD[step : step + 2])]


@pytest.mark.rule("state.success")
def test_a_visit_that_is_over_makes_a_success(shop: Shop) -> None:
    """The payment is another matter."""
    booking = shop.book()

    shop.advance(days=2)

    assert status_of(shop, booking) == ("success", "PENDING", "Completed")


@pytest.mark.rule("event.appointment")
def test_each_step_is_told_at_its_moment_with_the_status_before(shop: Shop) -> None:
    """However far the clock is advanced at once."""
    shop.book()

    shop.advance(days=30)

    assert shop.inbox.changes == list(pairwise(FORWARD))
    assert [body["createdAt"] for body in shop.inbox.bodies] == [
        "2026-06-13T08:00:00+03:00",
        "2026-06-14T08:00:00+03:00",
        "2026-06-14T09:00:00+03:00",
        "2026-06-14T12:00:00+03:00",
    ]
    assert [event.previous_status for event in shop.simulator.events] == [None, *FORWARD[:-1]]


def test_a_visit_that_begins_within_the_hour_is_dispatched_at_once(shop: Shop) -> None:
    """Its time has passed already."""
    shop.advance(minutes=30)
    booking = shop.book(date=SATURDAY.isoformat())

    shop.settle()

    assert status_of(shop, booking)[2] == "Dispatched"


def test_steps_whose_time_has_passed_are_made_one_by_one() -> None:
    """When somebody's own clock jumps, and they settle."""
    shop = Shop(now=(clock := dt_clock()))
    shop.subscribe()
    booking = shop.book()
    clock.append(EIGHT_O_CLOCK + dt.timedelta(days=2))

    assert status_of(shop, booking)[2] == "Scheduled"
    shop.settle()

    assert status_of(shop, booking)[0] == "success"
    assert shop.inbox.changes == list(pairwise(FORWARD))


class Moments(list[dt.datetime]):
    """The last one is now."""

    def __call__(self) -> dt.datetime:
        return self[-1]


def dt_clock() -> Moments:
    """A clock that knows no other way than to be told."""
    return Moments([EIGHT_O_CLOCK])


@pytest.mark.rule("payment.failed", "event.payment-failed", "enum.payment-status")
def test_what_is_not_paid_for_in_half_an_hour_has_failed(cleanos: Shop) -> None:
    """And its team is free again."""
    booking = cleanos.book()
    cleanos.advance(minutes=29, seconds=59)
    assert status_of(cleanos, booking) == ("waiting payment", "PENDING", None)

    cleanos.advance(seconds=1)

    assert status_of(cleanos, booking) == ("failed", "FAILED", None)
    assert cleanos.inbox.events == ["booking.created", "booking.payment_failed"]
    for _ in range(2):  # As many as the district has teams.
        cleanos.book(date=SUNDAY)


def test_a_booking_that_was_paid_for_gets_its_appointment(cleanos: Shop) -> None:
    """Told as a change from no status at all; and from then on it moves on like any other."""
    booking = cleanos.book()

    paid = cleanos.simulator.pay(booking.upper())

    assert paid == cleanos.booking(booking)
    assert status_of(cleanos, booking) == ("in progress", "PAID", "Scheduled")
    assert paid.tracking_reference == "SA-0001"
    cleanos.advance(days=2)
    assert cleanos.inbox.changes == [(None, "Scheduled"), *pairwise(FORWARD)]
    assert status_of(cleanos, booking) == ("success", "PAID", "Completed")


def test_only_a_customer_who_owes_something_can_pay(shop: Shop, cleanos: Shop) -> None:
    """Whoever tries otherwise is told what to do instead."""
    with pytest.raises(ValueError, match="confirmPayment"):
        shop.simulator.pay(shop.book())
    booking = cleanos.book()
    cleanos.simulator.pay(booking)
    with pytest.raises(ValueError, match="'in progress', so there is nothing to pay"):
        cleanos.simulator.pay(booking)
    for unknown in (MISSING_ID, None):
        with pytest.raises(ValueError, match=r"no booking has the id .*simulator\.bookings"):
            cleanos.simulator.pay(unknown)  # type: ignore[arg-type]


def test_a_status_can_be_set_by_hand(shop: Shop) -> None:
    """Forward in one leap; Completed makes a success."""
    booking = shop.book()

    assert shop.simulator.set_appointment_status(booking, "In Progress") == shop.booking(booking)
    shop.simulator.set_appointment_status(booking, "Completed")
    shop.advance(days=9)

    assert shop.inbox.changes == [("Scheduled", "In Progress"), ("In Progress", "Completed")]
    assert status_of(shop, booking)[0] == "success"


def test_time_goes_on_from_a_status_that_was_set_by_hand(shop: Shop) -> None:
    """A team that began a day early still ends with the visit."""
    booking = shop.book()
    shop.simulator.set_appointment_status(booking, "Dispatched")

    shop.advance(days=2)

    assert shop.inbox.changes == list(pairwise(FORWARD))


def test_what_was_set_by_hand_is_not_undone_by_a_time_that_has_passed(shop: Shop) -> None:
    """Back to Scheduled half an hour before the visit: next it begins."""
    booking = shop.book()
    shop.advance(hours=24, minutes=30)
    assert status_of(shop, booking)[2] == "Dispatched"

    shop.simulator.set_appointment_status(booking, "Scheduled")
    shop.settle()
    assert status_of(shop, booking)[2] == "Scheduled"
    shop.advance(minutes=30)

    assert shop.inbox.changes[-1] == ("Scheduled", "In Progress")


def test_the_end_of_the_visit_completes_what_was_set_by_hand(shop: Shop) -> None:
    """Not a minute before."""
    shop.advance(hours=1)
    booking = shop.book(date=SATURDAY.isoformat(), timeslot=EVENING)
    shop.advance(hours=9, minutes=30)
    shop.simulator.set_appointment_status(booking, "Scheduled")
    shop.simulator.set_appointment_status(booking, "In Progress")

    shop.advance(hours=2, minutes=29)
    assert status_of(shop, booking) == ("in progress", "PENDING", "In Progress")
    shop.advance(minutes=1)
    assert status_of(shop, booking) == ("success", "PENDING", "Completed")


def test_cancelled_by_hand_is_a_cancellation_by_cleanlife(shop: Shop) -> None:
    """With the event of a cancellation, and its team is free."""
    booking = shop.book()

    shop.simulator.set_appointment_status(booking, "Cancelled")
    shop.advance(days=2)

    assert status_of(shop, booking) == ("canceled", "CANCELLED", "Cancelled")
    assert shop.inbox.events == ["booking.created", "booking.cancelled"]


def test_the_same_status_again_is_nothing(shop: Shop) -> None:
    """No event, also where the story is over."""
    booking = shop.book()
    for status in ("Scheduled", "Completed", "Completed"):
        shop.simulator.set_appointment_status(booking, status)

    assert [event.name for event in shop.simulator.events].count("booking.appointment_status_changed") == 1


def test_a_status_that_cannot_be_set_is_refused(shop: Shop, cleanos: Shop) -> None:
    """ValueError with a way out."""
    done, waiting = shop.book(), cleanos.book()
    shop.simulator.set_appointment_status(done, "Completed")

    with pytest.raises(
        ValueError, match=r"one of Scheduled, Dispatched, In Progress, Completed, Cancelled; not 'Lost'"
    ):
        shop.simulator.set_appointment_status(done, "Lost")
    with pytest.raises(ValueError, match="is 'success', and its appointment stays 'Completed'"):
        shop.simulator.set_appointment_status(done, "Scheduled")
    with pytest.raises(ValueError, match=r"no appointment until it is paid for: call pay\("):
        cleanos.simulator.set_appointment_status(waiting, "Dispatched")
    cleanos.advance(hours=1)
    with pytest.raises(ValueError, match=r"'failed' and has no appointment$"):
        cleanos.simulator.set_appointment_status(waiting, "Dispatched")
    with pytest.raises(ValueError, match="no booking has the id"):
        shop.simulator.set_appointment_status(MISSING_ID, "Dispatched")


def test_a_visit_that_is_moved_begins_anew(shop: Shop) -> None:
    """The team that was on its way is Scheduled again, which the update itself tells; the old times mean nothing."""
    booking = shop.book()
    shop.advance(hours=24, minutes=30)

    shop.call.patch(f"/bookings/{booking}", date=MONDAY)
    shop.settle()

    assert status_of(shop, booking)[2] == "Scheduled"
    assert shop.inbox.events[-1] == "booking.updated"
    shop.advance(hours=23)
    assert status_of(shop, booking)[2] == "Scheduled"
    shop.advance(days=1)
    assert shop.inbox.changes == [("Scheduled", "Dispatched"), *pairwise(FORWARD)]


def test_other_changes_leave_the_appointment_alone(shop: Shop) -> None:
    """A note does not call a team back."""
    booking = shop.book()
    shop.advance(hours=24, minutes=30)

    shop.call.patch(f"/bookings/{booking}", notes="Ring twice")

    assert status_of(shop, booking)[2] == "Dispatched"
    shop.advance(minutes=30)
    assert status_of(shop, booking)[2] == "In Progress"


def test_a_booking_that_was_cancelled_moves_on_no_more(shop: Shop, cleanos: Shop) -> None:
    """Neither to its visit nor into failure."""
    for each in (shop, cleanos):
        booking = each.book()
        each.call.patch(f"/bookings/{booking}/cancel")
        each.advance(days=3)
        assert status_of(each, booking)[:2] == ("canceled", "CANCELLED")
        assert each.inbox.events == ["booking.created", "booking.cancelled"]
