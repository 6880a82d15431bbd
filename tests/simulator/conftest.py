"""A state with two partners, each with a way to call it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from conformance import examine
from simulator.calling import CLEANOS_ID, MORNING, PARTNER_ID, SUNDAY, Caller, Clock, Reply

from cleanlife_ext.simulator import Answer, Call, Simulator
from cleanlife_ext.simulator.api import PartnerApi
from cleanlife_ext.simulator.ids import Ids
from cleanlife_ext.simulator.partners import Key, Partner
from cleanlife_ext.simulator.routes import PERMISSIONS
from cleanlife_ext.simulator.state import State

Book = Callable[..., Reply]


@pytest.fixture
def clock() -> Clock:
    """Saturday morning."""
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Simulator:
    """A fresh simulator of a PARTNER account."""
    return Simulator(now=clock, examine=examine)


@pytest.fixture
def state(clock: Clock) -> State:
    """The world, to be looked into and changed behind the API's back."""
    state = State(Ids(0), clock)
    for key, partner in (
        ("pk_partner", Partner(PARTNER_ID, "PARTNER")),
        ("pk_cleanos", Partner(CLEANOS_ID, "CLEANOS")),
    ):
        state.keys[key] = Key(key, partner, PERMISSIONS)
    return state


class ExaminedApi(PartnerApi):
    """The API, with each answer held against the spec."""

    def answer(self, call: Call) -> Answer:
        answer = super().answer(call)
        examine(self.requests[-1], answer)
        return answer


@pytest.fixture
def api(state: State) -> PartnerApi:
    """The API on that world."""
    return ExaminedApi(state)


@pytest.fixture
def call(api: PartnerApi) -> Caller:
    """Calls of the partner who collects the money itself."""
    return Caller(api.answer, "pk_partner")


@pytest.fixture
def cleanos(api: PartnerApi) -> Caller:
    """Calls of the partner for whom CleanLife collects."""
    return Caller(api.answer, "pk_cleanos")


@pytest.fixture
def address(state: State) -> str:
    """An address that teams drive to."""
    return next(iter(state.catalogue.addresses))


@pytest.fixture
def service(state: State) -> str:
    """A service that costs money."""
    return next(iter(state.catalogue.services))


@pytest.fixture
def free_service(state: State) -> str:
    """A service that costs nothing."""
    return next(each.id for each in state.catalogue.services.values() if each.price_per_hour == 0)


@pytest.fixture
def foreign_service(state: State) -> str:
    """A service that only other partners may book."""
    return next(each.id for each in state.catalogue.services.values() if not each.is_enabled)


@pytest.fixture
def booking_of(address: str, service: str) -> Callable[[Caller], Mapping[str, Any]]:
    """The body of a booking that will succeed, for whoever calls."""

    def body(call: Caller) -> Mapping[str, Any]:
        contact = call.post("/contacts", phone="+966500000000", name="Sara").data["id"]
        return {
            "contactId": contact,
            "addressId": address,
            "serviceId": service,
            "date": SUNDAY,
            "timeslot": MORNING,
        }

    return body


@pytest.fixture
def book(call: Caller, booking_of: Callable[[Caller], Mapping[str, Any]]) -> Book:
    """Book for Sunday morning, but for what is said otherwise."""

    def booked(by: Caller = call, **otherwise: object) -> Reply:
        return by.post("/bookings", **{**booking_of(by), **otherwise})

    return booked
