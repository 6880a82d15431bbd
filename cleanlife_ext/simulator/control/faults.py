"""The simulator's faults, as JSON."""

from cleanlife_ext.simulator import refusals
from cleanlife_ext.simulator.control.actions import told
from cleanlife_ext.simulator.control.orders import Order
from cleanlife_ext.simulator.control.picture import rule_json
from cleanlife_ext.simulator.control.target import Target
from cleanlife_ext.simulator.faults import fault_from_json

_KNOWN = frozenset({"operation", "fault", "times", "after", "probability"})


def show(target: Target, _order: Order) -> object:
    """All that are not used up, oldest first."""
    return [rule_json(rule) for rule in target.simulator.faults]


def add(target: Target, order: Order) -> object:
    """One more."""
    given = dict(order.body)
    if unknown := sorted(given.keys() - _KNOWN):
        raise refusals.invalid([f"{unknown[0][:100]} should not exist; known are {', '.join(sorted(_KNOWN))}"])
    if missing := sorted({"operation", "fault"} - given.keys()):
        raise refusals.invalid([f"{missing[0]} should not be empty"])
    operation, fault = given.pop("operation"), given.pop("fault")
    with told():
        return rule_json(target.simulator.faults.add(operation, fault_from_json(fault), **given))


def clear(target: Target, order: Order) -> object:
    """None any more."""
    target.simulator.faults.clear()
    return show(target, order)


def remove(target: Target, order: Order) -> object:
    """One less."""
    found = [rule for rule in target.simulator.faults if str(rule.number) == order.id]
    if not found:
        raise refusals.not_found("Fault")
    target.simulator.faults.remove(found[0])
    return rule_json(found[0])
