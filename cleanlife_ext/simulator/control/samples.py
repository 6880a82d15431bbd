"""People who do not exist, with the wish to have their homes cleaned."""

import datetime as dt

from attrs import field, frozen

from cleanlife_ext.simulator.api import PartnerApi
from cleanlife_ext.simulator.slots import slots_of
from cleanlife_ext.simulator.times import RIYADH

_NAMES = ("Sara Al-Harbi", "نورة القحطاني", "Omar Siddiqui", "سلطان العتيبي", "Layla Haddad", "فهد الدوسري")
_PHONE = "+9665000"  # and five digits: numbers that are obviously nobody's
_DAYS_AHEAD = 14


@frozen
class Sample:
    """Who wants what, where; *days* in the order in which they would do."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    address_id: str
    service_id: str
    days: tuple[str, ...]


def sample(api: PartnerApi) -> Sample:
    """The next one: each time somebody else, and another service; from tomorrow on, so that its whole story is seen."""
    state = api.state
    number = len(state.contacts)
    services = [service.id for service in state.catalogue.services.values() if service.is_enabled]
    today = state.now().astimezone(RIYADH).date()
    days = (today + dt.timedelta(days=ahead) for ahead in range(1, _DAYS_AHEAD + 1))
    return Sample(
        name=_NAMES[number % len(_NAMES)],
        phone=f"{_PHONE}{number % 100_000:05d}",
        address_id=next(iter(state.catalogue.addresses)),
        service_id=services[number % len(services)],
        days=tuple(day.isoformat() for day in days if slots_of(day, state.now())),
    )
