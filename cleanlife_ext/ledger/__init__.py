"""A record of bookings that outlives the process: each is made once, even if the process is killed.

```python
from cleanlife_ext import CleanLife
from cleanlife_ext.ledger import Ledger

with Ledger("sqlite:///bookings.db") as ledger, CleanLife(ledger=ledger) as client:
    booking = client.bookings.create(
        contact_id=contact.id, address_id=address, service_id=service.id,
        date=day, timeslot=slots[1], external_reference="ORDER-1",
    )
```
"""

from cleanlife_ext.ledger.entry import Entry
from cleanlife_ext.ledger.ledger import Ledger
from cleanlife_ext.ledger.reconciliation import Difference, Different, Missing, Unexpected
from cleanlife_ext.ledger.recovery import Recovered
from cleanlife_ext.ledger.states import State

__all__ = ["Difference", "Different", "Entry", "Ledger", "Missing", "Recovered", "State", "Unexpected"]
