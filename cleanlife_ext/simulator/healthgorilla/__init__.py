"""The Health Gorilla API on this machine, as far as its client uses it: stateful, deterministic, strict.

A request passes these modules, in this order:

    server ─ front ─ api ─┬─ oauth ─ assertions
                          └─ gate ─ reading ─ keys ─ patients, documents, jobs, subscriptions ─ outcomes
                               │       │                │        searching
                            clients  schemas          state ─ resources
                                                        │
                                                    notifications

`front` and whatever brings a request there is shared with the CleanLife API; so are clock, agenda, runner and the
sending of webhooks. The documentation leaves much open, and says some of it twice: `settings` are the switches.
"""

from cleanlife_ext.simulator.healthgorilla.jobs import Job
from cleanlife_ext.simulator.healthgorilla.resources import Resource
from cleanlife_ext.simulator.healthgorilla.server import HealthGorillaServer
from cleanlife_ext.simulator.healthgorilla.settings import Settings
from cleanlife_ext.simulator.healthgorilla.simulator import HealthGorillaSimulator

__all__ = ["HealthGorillaServer", "HealthGorillaSimulator", "Job", "Resource", "Settings"]
