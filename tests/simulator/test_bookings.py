"""Bookings: made, moved, cancelled and paid."""

from collections.abc import Callable

import pytest
from attrs import evolve
from simulator.calling import EVENING, MISSING_ID, MONDAY, MORNING, PARTNER_ID, SUNDAY, Caller, Clock, Reply

from cleanlife_ext.simulator.state import State

Book = Callable[..., Reply]


@pytest.mark.rule("payment.partner", "payment.pending", "booking.shape", "time.riyadh", "name.camel-case")
def test_a_partners_booking_is_in_progress_at_once(book: Book) -> None:
    """Payment pends until the partner confirms it; every documented field is there."""
    booking = book(externalReference="ORDER-1").data

    assert booking == {
        "bookingId": booking["bookingId"],
        "externalReference": "ORDER-1",
        "appointmentId": booking["appointmentId"],
        "status": "in progress",
        "paymentStatus": "PENDING",
        "trackingReference": "SA-0001",
        "date": "2026-06-14T00:00:00.000Z",
        "timeslot": {"startAt": "09:00", "endAt": "12:00", "endsAtNextDay": False},
        "appointment": {
            "id": booking["appointmentId"],
            "name": "SA-0001",
            "status": "Scheduled",
            "scheduledStartDateTime": "2026-06-14T09:00:00+03:00",
            "scheduledEndDateTime": "2026-06-14T12:00:00+03:00",
        },
    }


@pytest.mark.rule("payment.cleanos", "booking.no-appointment", "booking.tracking")
def test_a_cleanos_booking_waits_for_its_payment(book: Book, cleanos: Caller) -> None:
    """No appointment until then, and the booking's id to track it by."""
    booking = book(cleanos).data

    assert (booking["status"], booking["paymentStatus"]) == ("waiting payment", "PENDING")
    assert (booking["appointment"], booking["appointmentId"]) == (None, None)
    assert booking["trackingReference"] == booking["bookingId"]


@pytest.mark.rule("payment.free", "payment.not-required")
def test_a_cleanos_booking_that_is_free_is_in_progress_at_once(book: Book, cleanos: Caller, free_service: str) -> None:
    """A free service, or coupons that cover everything."""
    by_service = book(cleanos, serviceId=free_service).data
    by_coupon = book(cleanos, codes=["FIRSTVISIT"], timeslot=EVENING).data

    for booking in (by_service, by_coupon):
        assert (booking["status"], booking["paymentStatus"]) == ("in progress", "NOT_REQUIRED")
        assert booking["appointment"]


@pytest.mark.rule("reference.null")
def test_without_a_reference_there_is_none(book: Book) -> None:
    """Null in the answer, and left out of the request."""
    assert book().data["externalReference"] is None
    assert book(externalReference=None).messages == ["externalReference must be a string"]


@pytest.mark.rule("time.next-day")
def test_a_slot_that_reaches_midnight_ends_the_next_day(book: Book) -> None:
    """endsAtNextDay, and the end on Monday."""
    booking = book(timeslot={"startAt": "21:00", "endAt": "00:00"}).data

    assert booking["timeslot"]["endsAtNextDay"]
    assert booking["appointment"]["scheduledEndDateTime"] == "2026-06-15T00:00:00+03:00"


@pytest.mark.rule("time.forms")
def test_times_may_have_seconds(book: Book) -> None:
    """09:00:00 is 09:00; half a minute later is no slot."""
    assert book(timeslot={"startAt": "09:00:00", "endAt": "12:00:00"}).data["timeslot"]["startAt"] == "09:00"
    late = {"startAt": "09:00:30", "endAt": "12:00:30"}
    assert book(timeslot=late).refusal == (422, "TIMESLOT_NOT_AVAILABLE")


@pytest.mark.rule("null.booking")
def test_a_booking_accepts_null_for_what_is_optional(book: Book) -> None:
    """As the documentation's own sample sends it, with one team."""
    nothing = dict.fromkeys(("packageId", "promoCode", "contractCode", "discountCode", "userId"))

    assert book(**nothing, couponIds=[], codes=[], numberOfTeams=1, workType="REGULAR").data


@pytest.mark.rule("create.optional")
def test_a_booking_may_name_all_there_is(book: Book, state: State) -> None:
    """Every optional property at once."""
    package = next(iter(state.catalogue.packages))

    assert book(
        externalReference="x" * 150,
        packageId=package,
        customServices=[{"id": MISSING_ID}, {"id": MISSING_ID, "quantity": 2}],
        hours=3.0,
        numberOfTeams=2,
        workType="DEEP",
        userId=MISSING_ID,
        couponIds=[MISSING_ID],
        codes=["SUMMER10"],
        promoCode="P",
        contractCode="C",
        discountCode="D",
    ).data


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"contactId": "me"}, "contactId must be a UUID"),
        ({"addressId": ""}, "addressId should not be empty"),
        ({"serviceId": None}, "serviceId must be a UUID"),
        ({"date": "14.06.2026"}, "date must be a valid ISO 8601 date string"),
        ({"date": "2026-02-30"}, "date must be a valid ISO 8601 date string"),
        ({"date": 20260614}, "date must be a valid ISO 8601 date string"),
        ({"timeslot": None}, "timeslot must be an object"),
        ({"timeslot": {"endAt": "12:00"}}, "timeslot.startAt must be a string"),
        ({"timeslot": {"startAt": "9:00", "endAt": "12:00"}}, "timeslot.startAt must be a time as HH:MM or HH:MM:SS"),
        ({"timeslot": {"startAt": "09:00", "endAt": "24:00"}}, "timeslot.endAt must be a time as HH:MM or HH:MM:SS"),
        ({"externalReference": "x" * 151}, "externalReference must be shorter than or equal to 150 characters"),
        ({"externalReference": ""}, "externalReference should not be empty"),
        ({"externalReference": 1}, "externalReference must be a string"),
        ({"packageId": "p"}, "packageId must be a UUID"),
        ({"customServices": {}}, "customServices must be an array"),
        ({"customServices": [{}]}, "customServices.0.id must be a UUID"),
        (
            {"customServices": [{"id": MISSING_ID, "quantity": 0}]},
            "customServices.0.quantity must not be less than 1",
        ),
        ({"hours": 0}, "hours must not be less than 1"),
        ({"hours": 1.5}, "hours must be an integer number"),
        ({"hours": True}, "hours must be an integer number"),
        ({"numberOfTeams": 0}, "numberOfTeams must not be less than 1"),
        ({"workType": 1}, "workType must be a string"),
        ({"userId": "me"}, "userId must be a UUID"),
        ({"couponIds": [MISSING_ID] * 3}, "couponIds must contain no more than 2 elements"),
        ({"codes": "SUMMER10"}, "codes must be an array"),
        ({"promoCode": 1}, "promoCode must be a string"),
    ],
)
@pytest.mark.rule(
    "create.types",
    "create.required",
    "date.form",
    "uuid.v4",
    "reference.length",
    "message.start-at",
    "message.hours",
    "coupon.ids",
)
@pytest.mark.rule(
    "create.types",
    "create.required",
    "date.form",
    "uuid.v4",
    "reference.length",
    "message.start-at",
    "message.hours",
    "coupon.ids",
)
def test_a_booking_is_made_by_the_rules(book: Book, state: State, change: dict[str, object], message: str) -> None:
    """Each broken rule has its sentence, and nothing is booked."""
    assert book(**change).messages == [message]
    assert not state.registers[PARTNER_ID].all()


def test_a_number_too_long_for_a_float_is_still_a_number(book: Book) -> None:
    """400 digits of teams are too many, and that is all."""
    assert book(numberOfTeams=10**400).refusal == (422, "TIMESLOT_NOT_AVAILABLE")
    assert book(hours=10**400).data


@pytest.mark.rule("error.not-found")
def test_what_a_booking_names_must_exist(book: Book) -> None:
    """Contact, address, service and package: 404."""
    for name in ("contactId", "addressId", "serviceId", "packageId"):
        assert book(**{name: MISSING_ID}).refusal == (404, "RESOURCE_NOT_FOUND")
    assert book(addressId="home").refusal == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.rule("create.service")
def test_a_service_of_others_is_not_allowed(book: Book, foreign_service: str) -> None:
    """404 with its own code."""
    assert book(serviceId=foreign_service).refusal == (404, "SERVICE_NOT_ALLOWED")


def test_a_slot_that_does_not_exist_is_not_available(book: Book) -> None:
    """A made-up time, or a day that is over."""
    assert book(timeslot={"startAt": "10:00", "endAt": "11:00"}).refusal == (422, "TIMESLOT_NOT_AVAILABLE")
    assert book(date="2026-06-12").refusal == (422, "TIMESLOT_NOT_AVAILABLE")


@pytest.mark.rule("reference.duplicate", "reference.lookup")
def test_a_reference_is_used_once(book: Book, call: Caller) -> None:
    """The second creation is a 409 even if it is the same, and the first one can be looked up."""
    first = book(externalReference="ORDER-1").data

    assert book(externalReference="ORDER-1").refusal == (409, "DUPLICATE_EXTERNAL_REFERENCE")
    assert call.get("/bookings", externalReference="ORDER-1").data == [first]


def test_a_creation_sent_twice_is_a_duplicate_and_not_a_taken_slot(book: Book) -> None:
    """The reference is looked at first."""
    while book().status == 200:
        pass
    assert book(timeslot=EVENING, externalReference="ORDER-1").data

    assert book(externalReference="ORDER-1").refusal == (409, "DUPLICATE_EXTERNAL_REFERENCE")


@pytest.mark.rule("reference.not-saved")
def test_a_reference_is_not_saved_when_the_creation_fails(book: Book) -> None:
    """It may be used again."""
    assert book(externalReference="ORDER-1", date="2026-06-12").status == 422
    assert book(externalReference="ORDER-1").data


def test_a_cancelled_booking_keeps_its_reference(book: Book, call: Caller) -> None:
    """Cancelling does not free it."""
    booking = book(externalReference="ORDER-1").data
    call.patch(f"/bookings/{booking['bookingId']}/cancel")

    assert book(externalReference="ORDER-1").refusal == (409, "DUPLICATE_EXTERNAL_REFERENCE")


@pytest.mark.rule("reference.unique")
def test_two_partners_may_use_the_same_reference(book: Book, cleanos: Caller) -> None:
    """It is unique for each account."""
    assert book(externalReference="ORDER-1").data
    assert book(cleanos, externalReference="ORDER-1").data


@pytest.mark.rule("status.read")
def test_a_booking_can_be_followed_by_its_id(book: Book, call: Caller) -> None:
    """The status is the booking as it is now, however the id is written."""
    booking = book().data

    assert call.get(f"/bookings/{booking['bookingId'].upper()}/status").data == booking


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/status"), ("PATCH", ""), ("PATCH", "/cancel"), ("POST", "/confirm-payment")]
)
@pytest.mark.rule("error.not-found", "status.bad-id")
def test_a_booking_of_others_is_not_found(book: Book, cleanos: Caller, call: Caller, method: str, path: str) -> None:
    """Missing, another partner's, or an id that is none."""
    theirs = book(cleanos).data["bookingId"]

    assert call.send(method, f"/bookings/{theirs}{path}", json={}).refusal == (404, "RESOURCE_NOT_FOUND")
    assert call.send(method, f"/bookings/{MISSING_ID}{path}", json={}).refusal == (404, "RESOURCE_NOT_FOUND")
    assert call.send(method, f"/bookings/mine{path}", json={}).messages == ["bookingId must be a UUID"]


@pytest.mark.rule("update.keeps", "update.fields", "update.notes", "booking.tracking")
def test_a_booking_can_be_moved(book: Book, call: Caller) -> None:
    """Status, payment and tracking reference stay."""
    booking = book().data
    path = f"/bookings/{booking['bookingId']}"

    moved = call.patch(path, date=MONDAY, timeslot=EVENING, notes="Ring twice").data

    assert moved["date"] == "2026-06-15T00:00:00.000Z"
    assert moved["timeslot"]["startAt"] == "18:00"
    assert moved["appointment"]["scheduledStartDateTime"] == "2026-06-15T18:00:00+03:00"
    assert moved["appointment"]["scheduledEndDateTime"] == "2026-06-15T21:00:00+03:00"
    for name in ("status", "paymentStatus", "trackingReference", "appointmentId"):
        assert moved[name] == booking[name]
    assert call.get(f"{path}/status").data == moved


@pytest.mark.rule("state.update")
def test_a_booking_that_waits_for_payment_can_be_moved(book: Book, cleanos: Caller) -> None:
    """It has no appointment to move along."""
    booking = book(cleanos).data

    moved = cleanos.patch(f"/bookings/{booking['bookingId']}", timeslot=EVENING).data

    assert (moved["status"], moved["appointment"]) == ("waiting payment", None)
    assert moved["timeslot"]["startAt"] == "18:00"


@pytest.mark.rule("update.fields")
def test_the_day_alone_keeps_the_time(book: Book, call: Caller) -> None:
    """And the time alone the day, as the test above shows."""
    booking = book().data

    assert call.patch(f"/bookings/{booking['bookingId']}", date=MONDAY).data["timeslot"] == booking["timeslot"]


def test_moving_frees_the_old_slot_and_takes_the_new_one(book: Book, call: Caller) -> None:
    """As many can book again as moved away."""
    bookings = []
    while (reply := book()).status == 200:
        bookings.append(reply.data["bookingId"])

    call.patch(f"/bookings/{bookings[0]}", timeslot=EVENING)

    assert [book().status, book().status] == [200, 422]
    while book(timeslot=EVENING).status == 200:
        pass
    assert call.patch(f"/bookings/{bookings[1]}", timeslot=EVENING).refusal == (422, "TIMESLOT_NOT_AVAILABLE")


def test_a_full_slot_does_not_stand_in_its_own_bookings_way(book: Book, call: Caller) -> None:
    """Changing the notes needs no other team, nor does the same time said again."""
    last = book(numberOfTeams=2).data
    while book().status == 200:
        pass

    assert call.patch(f"/bookings/{last['bookingId']}", date=SUNDAY, timeslot=MORNING, notes="Ring").data == last


@pytest.mark.rule("update.pair")
def test_half_a_timeslot_is_none(book: Book, call: Caller) -> None:
    """Both ends belong together."""
    path = f"/bookings/{book().data['bookingId']}"

    assert call.patch(path, timeslot={"startAt": "18:00"}).messages == ["timeslot.endAt must be a string"]


def test_an_empty_update_changes_nothing(book: Book, call: Caller, state: State) -> None:
    """No event either."""
    booking = book(externalReference="ORDER-1").data

    same = call.patch(f"/bookings/{booking['bookingId']}").data

    assert same == booking
    assert [event.name for event in state.events] == ["booking.created"]


@pytest.mark.rule("reference.change")
def test_a_reference_can_be_changed_but_stays_unique(book: Book, call: Caller) -> None:
    """The old one is free again; one in use is a 409; one's own is none."""
    first = book(externalReference="ORDER-1").data["bookingId"]
    second = book(externalReference="ORDER-2").data["bookingId"]

    taken = call.patch(f"/bookings/{second}", externalReference="ORDER-1")
    assert taken.refusal == (409, "DUPLICATE_EXTERNAL_REFERENCE")
    assert call.patch(f"/bookings/{first}", externalReference="ORDER-1").data
    assert call.patch(f"/bookings/{first}", externalReference="ORDER-3").data["externalReference"] == "ORDER-3"
    assert call.patch(f"/bookings/{second}", externalReference="ORDER-1").data


@pytest.mark.parametrize("status", ["success", "canceled", "failed"])
@pytest.mark.rule("state.update")
def test_a_booking_whose_story_is_over_cannot_be_updated(book: Book, call: Caller, state: State, status: str) -> None:
    """422, whatever is asked."""
    booking = book().data["bookingId"]
    become(state, booking, status)

    assert call.patch(f"/bookings/{booking}", notes="Ring").refusal == (422, "BOOKING_NOT_UPDATABLE")


def become(state: State, booking_id: str, status: str) -> None:
    """Let a booking be in a status that takes time to reach."""
    booking = state.registers[PARTNER_ID].get(booking_id)
    assert booking
    state.keep(evolve(booking, status=status))


@pytest.mark.rule("cancel.reason", "state.cancelled")
def test_a_booking_can_be_cancelled_without_a_reason(book: Book, call: Caller, state: State) -> None:
    """Three spellings of one fact; the appointment stays in the answer."""
    booking = book().data

    cancelled = call.patch(f"/bookings/{booking['bookingId']}/cancel").data

    assert (cancelled["status"], cancelled["paymentStatus"]) == ("canceled", "CANCELLED")
    assert cancelled["appointment"] == {**booking["appointment"], "status": "Cancelled"}
    assert state.registers[PARTNER_ID].all()[0].cancellation_reason_id is None


def test_a_booking_without_appointment_can_be_cancelled(book: Book, cleanos: Caller) -> None:
    """There is nothing to call off."""
    booking = book(cleanos).data["bookingId"]

    assert cleanos.patch(f"/bookings/{booking}/cancel").data["appointment"] is None


@pytest.mark.rule("cancel.notes", "reasons.list")
def test_reason_and_notes_of_a_cancellation_are_kept(book: Book, call: Caller, state: State) -> None:
    """The reason is one of the list."""
    reason = call.get("/bookings/cancellation-reasons").data[0]
    booking = book().data["bookingId"]

    call.patch(f"/bookings/{booking}/cancel", reasonId=reason["id"], notes="Travelling")

    kept = state.registers[PARTNER_ID].all()[0]
    assert (kept.cancellation_reason_id, kept.notes) == (reason["id"], "Travelling")
    assert set(reason) == {"id", "nameEn", "nameAr"}


def test_an_unknown_reason_is_not_found(book: Book, call: Caller) -> None:
    """And the booking lives on."""
    path = f"/bookings/{book().data['bookingId']}"

    assert call.patch(f"{path}/cancel", reasonId=MISSING_ID).refusal == (404, "RESOURCE_NOT_FOUND")
    assert call.patch(f"{path}/cancel", reasonId="because").messages == ["reasonId must be a UUID"]
    assert call.get(f"{path}/status").data["status"] == "in progress"


@pytest.mark.rule("state.cancel-once")
def test_a_booking_is_cancelled_once(book: Book, call: Caller) -> None:
    """The second time is a 422."""
    path = f"/bookings/{book().data['bookingId']}/cancel"
    call.patch(path)

    assert call.patch(path).refusal == (422, "BOOKING_ALREADY_CANCELLED")


@pytest.mark.parametrize("status", ["success", "failed", "waiting payment"])
@pytest.mark.rule("state.cancel")
def test_no_other_status_stands_in_the_way_of_a_cancellation(
    book: Book, call: Caller, state: State, status: str
) -> None:
    """As documented, also after the end."""
    booking = book().data["bookingId"]
    become(state, booking, status)

    assert call.patch(f"/bookings/{booking}/cancel").data["status"] == "canceled"


def test_cancelling_frees_the_slot(book: Book, call: Caller) -> None:
    """Somebody else can have the team, once."""
    bookings = []
    while (reply := book()).status == 200:
        bookings.append(reply.data["bookingId"])

    call.patch(f"/bookings/{bookings[0]}/cancel")

    assert [book().status, book().status] == [200, 422]


@pytest.mark.rule("state.confirm", "state.confirm-once", "confirm.reference")
def test_the_partner_confirms_its_payment_once(book: Book, call: Caller) -> None:
    """PAID, while the status stays; the second time is a 422."""
    booking = book().data
    path = f"/bookings/{booking['bookingId']}/confirm-payment"

    assert call.post(path, paymentReference="x" * 255).data == {**booking, "paymentStatus": "PAID"}
    assert call.post(path).refusal == (422, "PAYMENT_ALREADY_CONFIRMED")


@pytest.mark.rule("confirm.reference")
def test_a_payment_reference_has_at_most_255_characters(book: Book, call: Caller) -> None:
    """One more is a 400."""
    path = f"/bookings/{book().data['bookingId']}/confirm-payment"

    assert call.post(path, paymentReference="x" * 256).messages == [
        "paymentReference must be shorter than or equal to 255 characters"
    ]


@pytest.mark.rule("state.confirm-mismatch")
def test_a_cleanos_partner_has_nothing_to_confirm(book: Book, cleanos: Caller) -> None:
    """Not even on a cancelled booking: this is looked at first."""
    path = f"/bookings/{book(cleanos).data['bookingId']}"
    cleanos.patch(f"{path}/cancel")

    assert cleanos.post(f"{path}/confirm-payment").refusal == (422, "PAYMENT_RESPONSIBILITY_MISMATCH")


@pytest.mark.parametrize("status", ["canceled", "failed"])
@pytest.mark.rule("state.confirm-dead")
def test_a_dead_booking_is_not_payable(book: Book, call: Caller, state: State, status: str) -> None:
    """Cancelled or failed."""
    booking = book().data["bookingId"]
    become(state, booking, status)

    assert call.post(f"/bookings/{booking}/confirm-payment").refusal == (422, "BOOKING_NOT_PAYABLE")


def test_a_completed_booking_can_still_be_paid(book: Book, call: Caller, state: State) -> None:
    """Only `canceled` and `failed` are excluded."""
    booking = book().data["bookingId"]
    become(state, booking, "success")

    assert call.post(f"/bookings/{booking}/confirm-payment").data["status"] == "success"


def test_each_change_of_a_booking_is_one_event(book: Book, call: Caller, state: State, clock: Clock) -> None:
    """Created, updated, confirmed, cancelled, with the booking as it was then."""
    path = f"/bookings/{book().data['bookingId']}"
    clock.advance(minutes=1)
    call.patch(path, notes="Ring")
    call.post(f"{path}/confirm-payment")
    call.patch(f"{path}/cancel")
    call.patch(f"{path}/cancel")

    assert [(event.name, event.booking.payment_status) for event in state.events] == [
        ("booking.created", "PENDING"),
        ("booking.updated", "PENDING"),
        ("booking.payment_confirmed", "PAID"),
        ("booking.cancelled", "CANCELLED"),
    ]
    assert state.events[-1].created_at == clock()
    assert state.events[1].booking.updated_at > state.events[1].booking.created_at
