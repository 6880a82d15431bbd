"""The Health Gorilla API on this machine, as far as its client uses it: stateful, deterministic, strict.

A request passes these modules, in this order:

    server ─ front ─ api ─┬─ oauth ─ assertions
                          └─ gate ─ reading ─ once ─ patients, documents, jobs, subscriptions ─ creating ─ outcomes
                               │                        │      schemas, searching
                            clients                   state ─ resources
                                                        │
                                                    notifications

`front` and whatever brings a request there is shared with the CleanLife API; so are clock, agenda, runner and the
sending of webhooks. The documentation leaves much open, and says some of it twice: `settings` are the switches.

```python
from cleanlife_ext.healthgorilla import HealthGorilla
from cleanlife_ext.simulator import HealthGorillaSimulator, faults

simulator = HealthGorillaSimulator(job_takes=None, location="relative")
simulator.faults.add("createPatient", faults.fail_after_commit(502, html=True))
with simulator.serve() as server, HealthGorilla(base_url=server.base_url, **server.credentials) as client:
    patient = client.patients.create({"name": [{"family": "Doe", "given": ["Jo"]}]})
    job = client.patients.export_ccda(patient.id)
    simulator.finish(simulator.jobs[0].id)
    job.wait()

assert [each.id for each in simulator.patients] == [patient.id]  # Made once, though the first answer was an error.
```
"""

from cleanlife_ext.simulator.healthgorilla.jobs import Job
from cleanlife_ext.simulator.healthgorilla.resources import Resource
from cleanlife_ext.simulator.healthgorilla.server import HealthGorillaServer
from cleanlife_ext.simulator.healthgorilla.settings import Settings
from cleanlife_ext.simulator.healthgorilla.simulator import HealthGorillaSimulator

__all__ = ["HealthGorillaServer", "HealthGorillaSimulator", "Job", "Resource", "Settings"]
