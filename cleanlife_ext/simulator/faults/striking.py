"""What faults do: to an answer on its way, and to the world."""

import datetime as dt
from decimal import Decimal
from email.utils import format_datetime
from http import HTTPStatus

from attrs import evolve

from cleanlife_ext.simulator.calls import AT_ONCE, DROPPED, Answer, Ask, Manner
from cleanlife_ext.simulator.catalogue import repriced
from cleanlife_ext.simulator.faults.kinds import (
    ChangePrice,
    Delay,
    Drip,
    DropAfterCommit,
    Fault,
    Html,
    Status,
    Truncate,
)
from cleanlife_ext.simulator.operations.bookings import asked_visit
from cleanlife_ext.simulator.refusals import Refusal
from cleanlife_ext.simulator.state import State

_PAGE = "<html>\n<head><title>{0}</title></head>\n<body>\n<center><h1>{0}</h1></center>\n</body>\n</html>\n"


def refusal(fault: Status, code: str, now: dt.datetime) -> Refusal:
    """What the API says instead of doing anything; *code*: where the fault has none."""
    headers = {} if fault.retry_after is None else {"Retry-After": _retry_after(fault.retry_after, fault, now)}
    return Refusal(fault.code, fault.error_code or code, "A fault was injected", headers=headers)


def _retry_after(seconds: int, fault: Status, now: dt.datetime) -> str:
    if not fault.as_date:
        return str(seconds)
    # A date has no parts of a second; it must not be over too early.
    then = now.astimezone(dt.UTC) + dt.timedelta(seconds=seconds)
    return format_datetime(then + dt.timedelta(microseconds=-then.microsecond % 1_000_000), usegmt=True)


def page(fault: Html) -> Answer:
    """What something in front of the API says, without having asked it."""
    try:
        phrase = HTTPStatus(fault.code).phrase
    except ValueError:  # No status of the standard.
        phrase = "Error"
    return Answer(fault.code, {}, html=_PAGE.format(f"{fault.code} {phrase}"))


def mannered(answer: Answer, fault: Fault | None) -> Answer:
    """*answer*, handed over in the manner that *fault* asks for."""
    return evolve(answer, manner=_manner(fault))


def _manner(fault: Fault | None) -> Manner:
    match fault:
        case DropAfterCommit():
            return DROPPED
        case Delay(seconds=seconds):
            return Manner(delay=seconds)
        case Truncate():
            return Manner(is_cut=True)
        case Drip(bytes_per_second=rate):
            return Manner(bytes_per_second=rate)
        case _:
            return AT_ONCE


def befall(fault: Fault, state: State, ask: Ask) -> None:
    """Change the world under the feet of *ask*."""
    if isinstance(fault, ChangePrice):
        state.catalogue = repriced(state.catalogue, Decimal(str(fault.factor)))
    elif (visit := asked_visit(state, ask)) is not None:
        state.diary.fill(visit)
