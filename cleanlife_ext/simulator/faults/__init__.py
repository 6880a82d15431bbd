"""What can go wrong between a client and the API, on demand.

    from cleanlife_ext.simulator import Simulator, faults

    simulator = Simulator()
    simulator.faults.add("createBooking", faults.drop_after_commit())

| fault                                   | is the call done?   | what the client gets                           |
|-----------------------------------------|---------------------|------------------------------------------------|
| `status(code, error_code, retry_after)` | no                  | the documented error, ``Retry-After`` if asked |
| `html(code)`                            | no                  | a page in HTML, as a proxy would send it       |
| `drop_before_commit()`                  | no                  | nothing: the connection is closed              |
| `late_commit(seconds)`                  | *seconds* later     | nothing: the connection is closed at once      |
| `drop_after_commit()`                   | yes                 | nothing: the connection is closed              |
| `fail_after_commit(code, html)`         | yes                 | a 5xx all the same, as an error or as a page   |
| `delay(seconds)`                        | yes, at once        | the answer, late                               |
| `truncate()`                            | yes                 | the whole's length, half of the body, the end  |
| `drip(bytes_per_second)`                | yes                 | the answer, its body at that rate              |
| `change_price(factor)`                  | yes, at new prices  | the answer                                     |
| `fill_slot()`                           | no: no team is left | 422 ``TIMESLOT_NOT_AVAILABLE``                 |

The last two change the world of CleanLife, which alone has prices and slots, so they strike where the operation is
performed, after key, permission and input were found to be good. All others are the network's and know no keys: they
strike every call whose operation is known, of either API, and an error is spelled as that API spells its own. Of the
rules of one of these two places, the first one that fires strikes.

- *late_commit* counts by the simulator's clock, makes all checks again at that time, and nobody sees the answer.
- *change_price* multiplies all prices, services' and packages', until the next reset; a price stays between 0.01 and
  1,000,000 SAR, and what is free stays free.
- *fill_slot* takes all teams that are left in the slot that the booking asks for, and keeps them until the next reset.

    kinds ─ rules ─ spelling (JSON) · striking (what they do)
"""

from cleanlife_ext.simulator.faults.kinds import (
    Fault,
    change_price,
    delay,
    drip,
    drop_after_commit,
    drop_before_commit,
    fail_after_commit,
    fill_slot,
    html,
    late_commit,
    status,
    truncate,
)
from cleanlife_ext.simulator.faults.rules import Faults, Rule
from cleanlife_ext.simulator.faults.spelling import fault_from_json, fault_to_json

__all__ = [
    "Fault",
    "Faults",
    "Rule",
    "change_price",
    "delay",
    "drip",
    "drop_after_commit",
    "drop_before_commit",
    "fail_after_commit",
    "fault_from_json",
    "fault_to_json",
    "fill_slot",
    "html",
    "late_commit",
    "status",
    "truncate",
]
