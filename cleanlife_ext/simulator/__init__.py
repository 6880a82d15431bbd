"""The CleanLife Partner API on this machine: stateful, deterministic, strict. (`healthgorilla` is the other one.)

A request passes these modules, in this order:

    server ─ app ─┬ front ─ api ─ gate ─ routes ─ reading ─ operations ─ envelopes
     transport ───┘   │      │               │         │
                  faults,    │               │         │
                  recording  │               │         │
                     partners,        inputs,      state ─ bookings, contacts, webhooks, slots, pricing, register
                     throttle         validation             catalogue, seed
                                                     shapes
                                                     agenda ─ lifecycle, webhooks ─ runner ─ background

Everything from `api` inward is plain Python on plain values; `app` and `server` bring HTTP to it, `transport` brings
both clients to it without a socket. How an answer is handed over (late, cut, not at all) is part of the answer. What
happens without a request stands on the `agenda`, and `runner` lets it happen when `clock` says that its time has come.
What steers all of it from outside, also by hand, is `control`.
What is not documented of the API, and was decided here, stands in the docstring of the module that decides it.
"""

from cleanlife_ext.simulator import faults
from cleanlife_ext.simulator.base import Examine
from cleanlife_ext.simulator.bookings import Appointment, Booking
from cleanlife_ext.simulator.calls import Answer, Call
from cleanlife_ext.simulator.catalogue import Address, Package, Service
from cleanlife_ext.simulator.clock import Clock
from cleanlife_ext.simulator.contacts import Contact
from cleanlife_ext.simulator.faults import Fault, Faults, Rule
from cleanlife_ext.simulator.healthgorilla import HealthGorillaServer, HealthGorillaSimulator
from cleanlife_ext.simulator.recording import RecordedRequest
from cleanlife_ext.simulator.server import Server
from cleanlife_ext.simulator.simulator import Simulator
from cleanlife_ext.simulator.slots import Timeslot, Visit
from cleanlife_ext.simulator.transport import InProcess
from cleanlife_ext.simulator.webhooks import Delivery, DeliveryAttempt, Event, Mishaps, Subscription, WebhookRequest

__all__ = [
    "Address",
    "Answer",
    "Appointment",
    "Booking",
    "Call",
    "Clock",
    "Contact",
    "Delivery",
    "DeliveryAttempt",
    "Event",
    "Examine",
    "Fault",
    "Faults",
    "HealthGorillaServer",
    "HealthGorillaSimulator",
    "InProcess",
    "Mishaps",
    "Package",
    "RecordedRequest",
    "Rule",
    "Server",
    "Service",
    "Simulator",
    "Subscription",
    "Timeslot",
    "Visit",
    "WebhookRequest",
    "faults",
]
