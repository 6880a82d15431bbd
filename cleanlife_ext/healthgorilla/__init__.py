"""Health Gorilla, on the same engine: a spec with traits, and thin resources.

```python
from cleanlife_ext.healthgorilla import HealthGorilla

with HealthGorilla(client_id, client_secret) as client:
    patient = client.patients.create(
        {"resourceType": "Patient", "name": [{"family": "Doe", "given": ["Jo"]}],
         "identifier": [{"system": "urn:example:mrn", "value": "14456"}], "birthDate": "1992-03-10",
         "gender": "female", "address": [{"state": "CA", "postalCode": "90402"}]},
    )
    bundle = client.documents.retrieve(patient.id).wait(deadline=1800)
```

Needs `pip install 'cleanlife-ext[healthgorilla]'`. Errors are those of `cleanlife_ext`.
"""

from cleanlife_ext.engine.jobs import AsyncJob, Job
from cleanlife_ext.healthgorilla.client import AsyncHealthGorilla, HealthGorilla
from cleanlife_ext.healthgorilla.notifications import Notification, verify

__all__ = ["AsyncHealthGorilla", "AsyncJob", "HealthGorilla", "Job", "Notification", "verify"]
