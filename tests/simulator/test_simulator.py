"""The object that users hold."""

import threading
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from cleanlife_traits import OPERATIONS
from simulator.calling import MORNING, SUNDAY, Caller, Clock

import cleanlife_ext.simulator
from cleanlife_ext.simulator import Simulator
from cleanlife_ext.simulator.inputs import BODIES, QUERIES
from cleanlife_ext.simulator.operations import PERFORM
from cleanlife_ext.simulator.partners import Partner


def order(simulator: Simulator, key: str, **more: object) -> Any:
    """Book Sunday morning, whatever it takes."""
    call = Caller(simulator.answer, key)
    contact = call.post("/contacts", phone="+966500000000", name="Sara").data
    return call.post(
        "/bookings",
        contactId=contact["id"],
        addressId=simulator.addresses[0].id,
        serviceId=simulator.services[0].id,
        date=SUNDAY,
        timeslot=MORNING,
        **more,
    ).data


def test_every_operation_of_the_spec_is_performed() -> None:
    """None missing, none too many, no rule for one that is not there."""
    assert set(PERFORM) == set(OPERATIONS)
    assert {*BODIES, *QUERIES} <= set(OPERATIONS)


def test_the_public_names_are_those_that_are_listed() -> None:
    """Sorted, and each of them there."""
    names = cleanlife_ext.simulator.__all__

    assert names == sorted(names)
    assert all(hasattr(cleanlife_ext.simulator, name) for name in names)


def test_equal_seeds_make_equal_worlds(clock: Clock) -> None:
    """Keys, catalogue and ids of bookings."""
    one, other = Simulator(now=clock), Simulator(now=clock)

    assert (one.api_key, one.addresses, one.services) == (other.api_key, other.addresses, other.services)
    assert order(one, one.api_key) == order(other, other.api_key)


def test_another_seed_makes_another_world() -> None:
    """Not one id in common."""
    one, other = Simulator(), Simulator(seed=1)

    assert one.api_key != other.api_key
    assert not {each.id for each in one.addresses} & {each.id for each in other.addresses}


def test_requests_do_not_disturb_the_ids_of_what_is_made(clock: Clock) -> None:
    """A test that asks once more still gets the same booking."""
    quiet, curious = Simulator(now=clock), Simulator(now=clock)
    Caller(curious.answer, curious.api_key).get("/services")

    assert order(quiet, quiet.api_key) == order(curious, curious.api_key)


def test_the_key_looks_like_one(simulator: Simulator) -> None:
    """It begins with pk_, and is shown by no key."""
    assert simulator.api_key.startswith("pk_")
    assert simulator.add_key().startswith("pk_simulator_")
    assert len({simulator.add_key() for _ in range(10)}) == 10


def test_a_further_key_is_a_further_partner(simulator: Simulator) -> None:
    """With its own bookings, and its own way of payment."""
    theirs = simulator.add_key(payment_responsibility="CLEANOS")

    assert order(simulator, theirs)["status"] == "waiting payment"
    assert order(simulator, simulator.api_key)["status"] == "in progress"
    assert Caller(simulator.answer, theirs).get("/bookings").body["meta"]["total"] == 1


def test_a_simulator_can_be_that_of_a_cleanos_partner(clock: Clock) -> None:
    """Further keys then are the same, unless they say otherwise."""
    simulator = Simulator(payment_responsibility="CLEANOS", now=clock)

    assert order(simulator, simulator.api_key)["status"] == "waiting payment"
    assert order(simulator, simulator.add_key())["status"] == "waiting payment"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"payment_responsibility": "NOBODY"}, "payment_responsibility"),
        ({"rate_limit": 0}, "rate_limit"),
        ({"permissions": ["partner_everything"]}, "permissions"),
        ({"allowed_ips": ["somewhere"]}, "somewhere"),
    ],
)
def test_a_key_that_cannot_be_is_refused(simulator: Simulator, options: dict[str, Any], named: str) -> None:
    """ValueError that names what is wrong."""
    with pytest.raises(ValueError, match=named):
        simulator.add_key(**options)


def test_an_unknown_way_of_payment_is_refused() -> None:
    """ValueError, before anything is made."""
    with pytest.raises(ValueError, match="payment_responsibility"):
        Simulator(payment_responsibility="partner")  # type: ignore[arg-type]


def test_a_request_is_remembered_without_its_key(simulator: Simulator) -> None:
    """Method, path, operation, status, id; the key is redacted."""
    reply = Caller(simulator.answer, simulator.api_key).get("/services", limit=5)

    request = simulator.requests[-1]
    assert (request.method, request.path, request.operation_id) == ("GET", "/v1/partners/services", "listServices")
    assert (request.status, request.request_id) == (200, reply.headers["X-Request-Id"])
    assert request.headers["x-api-key"] == "[redacted]"
    assert request.query == {"limit": "5"}
    assert simulator.api_key not in repr(request)


def test_refused_requests_are_remembered_too(simulator: Simulator) -> None:
    """With no operation where none was meant."""
    Caller(simulator.answer).get("/nowhere")

    assert [(request.operation_id, request.status) for request in simulator.requests] == [(None, 401)]


def test_the_memory_of_requests_is_bounded(simulator: Simulator) -> None:
    """10,000 requests, and of each no more than a stranger should be able to leave."""
    caller = Caller(simulator.answer)
    caller.send(
        "GET", "/" + "x" * 5000, headers={f"x-{number}": "y" * (20 if number else 5000) for number in range(100)}
    )

    request = simulator.requests[-1]
    assert len(request.path) == 500
    assert len(request.headers) == 50
    assert {len(value) for value in request.headers.values()} <= {16, 20, 500}

    for _ in range(10_001):
        caller.get("/nowhere")
    assert len(simulator.requests) == 10_000


def test_what_was_made_can_be_looked_at(simulator: Simulator) -> None:
    """As values with snake_case names, which nobody can change."""
    booking = order(simulator, simulator.api_key, externalReference="ORDER-1")
    call = Caller(simulator.answer, simulator.api_key)
    call.post("/webhooks/subscriptions", url="https://hooks.shop.example/", events=["booking.created"])

    seen = simulator.bookings[0]
    assert (seen.id, seen.external_reference, seen.payment_status) == (booking["bookingId"], "ORDER-1", "PENDING")
    assert (seen.date.isoformat(), seen.timeslot.start_at) == (SUNDAY, "09:00")
    assert seen.tracking_reference == booking["trackingReference"]
    assert simulator.contacts[0].phone == "+966500000000"
    assert simulator.subscriptions[0].url == "https://hooks.shop.example/"
    assert simulator.deliveries == ()
    assert [event.name for event in simulator.events] == ["booking.created"]
    with pytest.raises(FrozenInstanceError):
        seen.status = "success"  # type: ignore[misc]


def test_no_person_and_no_secret_shows_in_a_repr(simulator: Simulator) -> None:
    """Names, phones, notes, secrets and keys stay out of logs."""
    booking = order(simulator, simulator.api_key)
    call = Caller(simulator.answer, simulator.api_key)
    call.patch(f"/bookings/{booking['bookingId']}", notes="The key is under the mat")
    made = call.post("/webhooks/subscriptions", url="https://hooks.shop.example/", events=["booking.created"]).data

    shown = repr((simulator.bookings, simulator.contacts, simulator.subscriptions, simulator.requests))
    for hidden in ("Sara", "500000000", "under the mat", made["secret"], simulator.api_key):
        assert hidden not in shown


def test_a_reset_brings_the_seed_data_back(simulator: Simulator) -> None:
    """The first key stays good, further keys are gone, and history repeats itself."""
    key, further = simulator.api_key, simulator.add_key()
    first = order(simulator, key)

    simulator.reset()

    assert simulator.api_key == key
    assert (simulator.bookings, simulator.contacts, simulator.requests, simulator.events) == ((), (), (), ())
    assert Caller(simulator.answer, further).get("/services").status == 401
    simulator.add_key()
    assert order(simulator, key) == first


def test_many_threads_book_one_slot_only_as_often_as_there_are_teams(simulator: Simulator) -> None:
    """The lock holds: no team comes twice, no reference is used twice."""
    call = Caller(simulator.answer, simulator.api_key)
    contact = call.post("/contacts", phone="+966500000000", name="Sara").data["id"]
    statuses: list[int] = []
    start = threading.Barrier(8)

    def book() -> None:
        start.wait()
        for _ in range(10):
            reply = call.post(
                "/bookings",
                contactId=contact,
                addressId=simulator.addresses[0].id,
                serviceId=simulator.services[0].id,
                date=SUNDAY,
                timeslot=MORNING,
                externalReference="ORDER-1",
            )
            statuses.append(reply.status)

    threads = [threading.Thread(target=book) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] + [409] * 79
    assert len(simulator.bookings) == 1


def test_a_partner_without_webhook_domains_may_use_any(simulator: Simulator) -> None:
    """None is not an empty list."""
    assert Partner("p", "PARTNER").webhook_domains is None
    call = Caller(simulator.answer, simulator.add_key(webhook_domains=[]))
    refused = call.post("/webhooks/subscriptions", url="https://hooks.shop.example/", events=["booking.created"])
    assert refused.messages == ["url host is not a registered webhook domain"]
